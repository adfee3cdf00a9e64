/* list.c - pages of records: filtered, sorted, as of a leaf, and only what may be read. */
#include "base/times.h"
#include "crypto/crypto.h"
#include "record/internal.h"

enum { PER_PAGE_MAX = 1000, PER_PAGE = 50, COUNTS_KEPT = 64, SORTED_COST = 15, PART = 200 };

/* Counting a hundred thousand rows takes longer than showing fifty of them, and the number stays while nothing changes. */
static _Thread_local struct kept_count {
    struct sha256 question;
    struct sha256 leaf; /* hash of the newest record leaf */
    int64_t newest, total;
    bool is_set;
} kept_counts[COUNTS_KEPT];

struct listing {
    struct db *db;
    const struct record_type *type;
    const struct record_query *query;
    struct query_text q;
    struct err *e;
};

/* ---- who may read ---- */

void query_or(struct query_text *q, bool *is_first)
{
    buf_cstr(&q->sql, *is_first ? "" : " or ");
    *is_first = false;
}

const char *query_each_now(const struct query_text *q)
{
    return q->is_now ? " and r.to_leaf is null" : "";
}

/* r.column = value, by the column's index unless another condition leads. */
static void put_is(struct query_text *q, const char *column, struct str value, bool *is_first)
{
    query_or(q, is_first);
    buf_printf(&q->sql, "(%sr.\"%s\" = ", q->is_led ? "+" : "", column);
    query_arg(q, A(value));
    buf_cstr(&q->sql, query_each_now(q));
    buf_char(&q->sql, ')');
}

/* What concerns the actor, of a type that is for everybody: access.c, is_own. */
static void put_own(struct query_text *q, const struct record_type *t, const struct access *x, bool *is_first)
{
    put_is(q, "created_by", access_who(x), is_first);
    if (x->person.size && strcmp(t->id, "person") == 0)
        put_is(q, "id", x->person, is_first);
    for (size_t i = 0; i < t->field_count && x->person.size; i++)
        if (t->fields[i].type == FIELD_PERSON)
            put_is(q, t->fields[i].id, x->person, is_first);
}

static void put_linked(struct query_text *q, const struct record_type *t, const struct record_field *f, const struct access *x, int64_t leaf_limit, bool *is_first)
{
    query_or(q, is_first);
    buf_cstr(&q->sql, "exists(select 1 from record_link l where l.type = ");
    query_arg(q, A(t->id));
    buf_cstr(&q->sql, " and l.id = r.id and l.field = ");
    query_arg(q, A(f->id));
    buf_cstr(&q->sql, " and l.target = ");
    query_arg(q, A(x->person));
    buf_cstr(&q->sql, " and ");
    query_as_of(q, "l", leaf_limit);
    buf_char(&q->sql, ')');
}

/* Nothing where the type's roles let the actor read everything; else a condition by the relations that match. Only such terms stand in it that an
 * index can find, where there is one: a constant among them would keep the database from asking the indexes. */
void query_access(struct query_text *q, const struct record_type *t, const struct access *x, int64_t leaf_limit)
{
    const struct strings *who = &t->may_read;
    bool is_first = true;
    if (access_reads_all(x, t))
        return;
    if (x->examined) {
        query_examined(q, t, x);
        return;
    }
    buf_cstr(&q->sql, " and (");
    for (size_t i = 0; i < who->count; i++) {
        if (strcmp(who->items[i], "@everyone") == 0)
            put_own(q, t, x, &is_first);
        const struct record_field *f = who->items[i][0] == '@' ? record_type_field(t, str_of(who->items[i] + 1)) : NULL;
        if (strcmp(who->items[i], "@folder") == 0) {
            query_folder(q, t, x, &is_first);
        } else if (strcmp(who->items[i], "@author") == 0) {
            put_is(q, "created_by", access_who(x), &is_first);
        } else if (strcmp(who->items[i], "@self") == 0 && strcmp(t->id, "person") == 0 && x->person.size) {
            put_is(q, "id", x->person, &is_first);
        } else if (f && f->type == FIELD_YES_NO && !x->is_own_only && (x->role_count > 0 || x->account.size > 0)) {
            query_or(q, &is_first);
            buf_printf(&q->sql, "r.\"%s\" = 1", f->id);
        } else if (f && x->person.size && (f->type == FIELD_PERSON || f->type == FIELD_REFERENCE)) {
            put_is(q, f->id, x->person, &is_first);
        } else if (f && x->person.size && f->type == FIELD_REFERENCES) {
            put_linked(q, t, f, x, leaf_limit, &is_first);
        }
    }
    buf_cstr(&q->sql, is_first ? "0)" : ")");
}

/* ---- the question ---- */

/* Are the rows of one state read and sorted, or is the order's index followed until the page is full? That looks at
 * (rows of the page and before) * all / (rows of the state) entries, where reading and sorting a row costs as much as some dozen of them. */
static bool state_is_rare(struct listing *l, struct str state)
{
    struct err ignored = {0};
    const struct record_query *q = l->query;
    double rows = 0, all = 0, per_page = q->per_page > 0 ? (double)q->per_page : PER_PAGE;
    if (q->leaf_limit != INT64_MAX)
        return false;
    DB_EACH (row, l->db, &ignored, "select state, n from record_count where type=?1", A(l->type->id)) {
        all += (double)db_int(row, 1);
        rows += str_equal(db_text(row, 0), state) ? (double)db_int(row, 1) : 0;
    }
    return rows * rows * SORTED_COST < per_page * (q->page > 1 ? (double)q->page : 1) * all;
}

static bool put_state(struct listing *l)
{
    struct str state = l->query->state;
    if (state.size == 0)
        return true;
    bool is_id = record_type_state(l->type, state) != NULL;
    if (!is_id && !str_is(state, "open") && !str_is(state, "closed"))
        return err_set(l->e, ERR_INVALID, "%s: there is no state %.*s", l->type->id, STR_ARGS(str_slice(state, 0, 60)));
    if (!is_id)
        return filter_parse(l->type, str_is(state, "open") ? STR("state=open") : STR("state=closed"), NULL, 0, l->query->leaf_limit, &l->q, l->e);
    /* The state's own index has its rows in the order of their changes; any other order has an index that tells the state (record_type.c). */
    struct str sort = l->query->sort.size ? l->query->sort : str_of(l->type->sort ? l->type->sort : "");
    bool is_by_change = str_is(sort, "changed") || str_is(sort, "-changed");
    bool is_own = l->query->access && l->query->access->is_own_only && !access_reads_all(l->query->access, l->type); /* found by whose they are */
    buf_printf(&l->q.sql, " and %sr.state = ", is_own || (l->q.is_sorted && !is_by_change && !state_is_rare(l, state)) ? "+" : "");
    query_arg(&l->q, A(state));
    return true;
}

static bool put_where(struct listing *l)
{
    const struct record_query *query = l->query;
    buf_printf(&l->q.sql, " from %s_versions r where ", l->type->table);
    query_as_of(&l->q, "r", query->leaf_limit);
    buf_cstr(&l->q.sql, " and r.is_deleted = 0");
    if (query->q.size) {
        struct str match = text_match(l->q.arena, query->q, l->type->id);
        if (match.size == 0) {
            buf_cstr(&l->q.sql, " and 0");
        } else { /* cross: words first, then whose they are; the other way round asks for the words of each record */
            buf_cstr(&l->q.sql, " and r.id in (select h.id from record_text x cross join record_head h on h.n = x.rowid where x.record_text match ");
            query_arg(&l->q, A(match));
            buf_cstr(&l->q.sql, " and h.type = ");
            query_arg(&l->q, A(l->type->id));
            buf_char(&l->q.sql, ')');
        }
    }
    if (query->ids.size) {
        buf_cstr(&l->q.sql, " and r.id in (select value from json_each(");
        query_arg(&l->q, A(query->ids));
        buf_cstr(&l->q.sql, "))");
    }
    query_access(&l->q, l->type, query->access, query->leaf_limit);
    return put_state(l) && filter_parse(l->type, query->where, query->access, query->now_ms, query->leaf_limit, &l->q, l->e);
}

static bool put_order(struct listing *l)
{
    static const char *const common[][2] = {{"id", "id"}, {"state", "state"}, {"changed", "from_t"}, {"created", "created_t"}};
    struct str sort = l->query->sort.size ? l->query->sort : str_of(l->type->sort ? l->type->sort : "");
    bool is_down = sort.size && sort.data[0] == '-';
    struct str name = str_slice(sort, is_down, sort.size);
    const struct record_field *f = record_type_field(l->type, name);
    const char *column = NULL, *down = is_down ? " desc" : "";
    for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
        if (str_is(name, common[i][0]))
            column = common[i][1];
    if (name.size && ((!f && !column) || (f && field_is_list(f->type))))
        return err_set(l->e, ERR_INVALID, "%s: cannot be sorted by %.*s", l->type->id, STR_ARGS(str_slice(name, 0, 60)));
    if (f && f->type == FIELD_COMPUTED)
        buf_printf(&l->q.sql, " order by (%s)%s, r.id%s", f->sql, down, down);
    else if (f)
        buf_printf(&l->q.sql, " order by r.\"%s\"%s, r.id%s", f->id, down, down);
    else
        buf_printf(&l->q.sql, " order by r.%s%s%s%s", column ? column : "id", down, column && strcmp(column, "id") != 0 ? ", r.id" : "",
                   column && strcmp(column, "id") != 0 ? down : "");
    return true;
}

/* ---- how many ---- */

static bool question_of(struct listing *l, struct sha256 *ret_question, struct sha256 *ret_leaf, int64_t *ret_newest)
{
    struct sha256_stream *s = sha256_stream_new();
    struct err failed = {0};
    sha256_stream_add(s, l->q.sql.data, l->q.sql.size);
    for (size_t i = 1; i <= l->q.count; i++) {
        const struct db_arg *arg = &l->q.args[i];
        sha256_stream_add(s, &arg->type, sizeof(arg->type));
        sha256_stream_add(s, &arg->integer, sizeof(arg->integer));
        sha256_stream_add(s, &arg->bytes.size, sizeof(arg->bytes.size));
        if (arg->bytes.size)
            sha256_stream_add(s, arg->bytes.data, arg->bytes.size);
    }
    *ret_question = sha256_stream_end(s);
    *ret_newest = -1;
    DB_EACH (row, l->db, &failed, "select idx, hash from leaf where idx = (select max(leaf) from record_change)") {
        struct str hash = db_bytes(row, 1);
        *ret_newest = db_int(row, 0);
        if (hash.size != sizeof(ret_leaf->bytes))
            return false;
        memcpy(ret_leaf->bytes, hash.data, hash.size);
    }
    return !failed.code && *ret_newest >= 0;
}

/* Without any condition, or with a state alone, the engine counts as it goes along. */
static bool total_is_known(struct listing *l, int64_t *ret)
{
    const struct record_query *q = l->query;
    bool sees_all = access_reads_all(q->access, l->type);
    if (q->leaf_limit != INT64_MAX || q->where.size || q->q.size || q->ids.size || !sees_all)
        return false;
    *ret = 0;
    bool is_group = !record_type_state(l->type, q->state);
    DB_EACH (row, l->db, l->e, "select state, n from record_count where type=?1", A(l->type->id)) {
        const struct record_state *s = record_type_state(l->type, db_text(row, 0));
        if (s && (q->state.size == 0 || str_is(q->state, s->id) || (is_group && str_is(q->state, s->is_end ? "closed" : "open"))))
            *ret += db_int(row, 1);
    }
    return true;
}

static bool total_read(struct listing *l, int64_t *ret)
{
    struct sha256 question, leaf = {{0}};
    int64_t newest;
    if (total_is_known(l, ret))
        return l->e->code == ERR_NONE;
    query_init(&l->q, l->q.arena);
    buf_cstr(&l->q.sql, "select count(*)");
    bool ok = put_where(l);
    bool can_keep = ok && question_of(l, &question, &leaf, &newest);
    struct kept_count *kept = can_keep ? &kept_counts[question.bytes[0] % COUNTS_KEPT] : NULL;
    if (kept && kept->is_set && kept->newest == newest && sha256_equal(kept->question, question) && sha256_equal(kept->leaf, leaf)) {
        *ret = kept->total;
        query_release(&l->q);
        return true;
    }
    struct db_row *row = ok ? query_run(&l->q, l->db, l->e) : NULL;
    if (row && db_next(row, l->e))
        *ret = db_int(row, 0);
    db_row_release(&row);
    query_release(&l->q);
    ok = ok && l->e->code == ERR_NONE;
    if (ok && kept)
        *kept = (struct kept_count){question, leaf, newest, *ret, true};
    return ok;
}

/* ---- the page ---- */

/* Records come in parts: what their lists hold is asked once for each part. */
static bool part_give(struct listing *l, struct record *const *part, size_t count, bool (*each)(void *context, const struct record *r, struct err *e), void *context)
{
    if (!l->query->is_brief && !record_lists_read(l->db, part, count, l->q.arena, l->query->leaf_limit, l->e))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!each(context, part[i], l->e))
            return false;
    return true;
}

static bool rows_read(struct listing *l, bool (*each)(void *context, const struct record *r, struct err *e), void *context)
{
    struct record *part[PART];
    size_t count = 0;
    bool is_ok = true;
    struct db_row *row = query_run(&l->q, l->db, l->e);
    while (is_ok && row && db_next(row, l->e)) {
        part[count++] = l->query->is_brief ? record_of_brief_row(row, l->q.arena, l->type) : record_of_row(row, l->q.arena, l->type, true);
        if (count < PART)
            continue;
        is_ok = part_give(l, part, count, each, context);
        count = 0;
    }
    db_row_release(&row);
    return is_ok && l->e->code == ERR_NONE && part_give(l, part, count, each, context);
}

static bool page_read(struct listing *l, bool (*each)(void *context, const struct record *r, struct err *e), void *context)
{
    const struct record_query *query = l->query;
    int64_t per_page = query->per_page > 0 ? query->per_page : PER_PAGE, page = query->page > 0 ? query->page : 1;
    per_page = per_page > PER_PAGE_MAX && query->per_page != INT64_MAX ? PER_PAGE_MAX : per_page;
    if (page > 1 && page - 1 > INT64_MAX / per_page)
        page = 1;
    query_init(&l->q, l->q.arena);
    l->q.is_sorted = query->q.size == 0;
    buf_cstr(&l->q.sql, "select ");
    if (query->is_brief)
        put_brief_columns(&l->q.sql, l->type);
    else
        put_record_columns(&l->q.sql, l->type, true);
    /* Where many may match that no index has in this order, they are sorted without what a row shows: that is read of those on the page alone. */
    bool is_narrow = (query->where.size || query->q.size) && per_page <= PER_PAGE_MAX;
    if (is_narrow)
        buf_printf(&l->q.sql, " from %s_versions r where r.rowid in (select r.rowid", l->type->table);
    bool ok = put_where(l) && put_order(l);
    if (ok) {
        buf_cstr(&l->q.sql, " limit ");
        query_arg(&l->q, A(per_page));
        buf_cstr(&l->q.sql, " offset ");
        query_arg(&l->q, A((page - 1) * per_page));
        ok = !is_narrow || (buf_char(&l->q.sql, ')'), put_order(l));
    }
    ok = ok && rows_read(l, each, context);
    query_release(&l->q);
    return ok;
}

bool record_list(struct db *db, struct arena *a, const struct record_type *t, const struct record_query *q,
                 bool (*each)(void *context, const struct record *r, struct err *e), void *context, int64_t *ret_total, struct err *e)
{
    struct err failed = {0};
    struct listing l = {.db = db, .type = t, .query = q, .q = {.arena = a}, .e = &failed};
    int64_t total = 0;
    bool ok = (!ret_total || total_read(&l, &total)) && (q->per_page < 0 || page_read(&l, each, context));
    if (ret_total && ok)
        *ret_total = total;
    return ok ? true : failed.code ? (*e = failed, false) : err_set(e, ERR_INTERNAL, "%s: the list broke off", t->id);
}
