/* examine.c - the table of what an auditor may see (content/auditor.yaml), and who is bounded by it. */
#include "record/examine.h"

#include "record/internal.h"

#include <pthread.h>

enum { TYPES_MAX = 100, TABLE_ARENA_BYTES_MAX = 4 << 20, ENGAGEMENTS_MAX = 100 };

enum rows { ROWS_ALL, ROWS_ENGAGEMENT, ROWS_OF, ROWS_GIVEN };

struct seen_type {
    struct str type, by;
    enum rows rows;
    const struct json *states; /* NULL: whatever its state */
};

static struct table {
    const struct json *json;
    struct seen_type types[TYPES_MAX];
    size_t count;
} table;
static pthread_once_t once = PTHREAD_ONCE_INIT;

struct examined {
    struct str engagements[ENGAGEMENTS_MAX];
    size_t count;
    struct name_set given;      /* ids of evidence */
    struct name_set exceptions; /* "exception" and the like: what `of` asks; "type id" */
    struct json *given_ids, *of_ids; /* the same for SQL */
};

static void table_read(void)
{
    static const char *const names[] = {"all", "engagement", "of", "given"};
    struct err e = {0};
    struct arena *a = arena_new("what an auditor sees", TABLE_ARENA_BYTES_MAX); /* for good */
    table.json = json_parse(a, str_of(content_auditor_json), (struct json_limits){.depth_max = 6, .nodes_max = 20000}, &e);
    JSON_EACH (item, json_get(table.json, "types")) {
        struct seen_type *t = &table.types[table.count];
        if (table.count == TYPES_MAX)
            break;
        *t = (struct seen_type){.type = json_text(item, "type"), .by = arena_str(a, json_text(item, "by")), .rows = ROWS_GIVEN, .states = json_get(item, "states")};
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
            if (str_is(json_text(item, "rows"), names[i]))
                t->rows = (enum rows)i;
        table.count++;
    }
}

const struct json *examine_table(void)
{
    pthread_once(&once, table_read);
    return table.json;
}

static const struct seen_type *seen_type(const struct record_type *t)
{
    pthread_once(&once, table_read);
    for (size_t i = 0; i < table.count; i++)
        if (str_is(table.types[i].type, t->id))
            return &table.types[i];
    return NULL;
}

/* The role reads the type at all: its own file names it, or everybody. */
static bool type_lets(const struct record_type *t)
{
    for (size_t i = 0; i < t->may_read.count; i++)
        if (strcmp(t->may_read.items[i], "auditor") == 0 || strcmp(t->may_read.items[i], "@everyone") == 0)
            return true;
    return false;
}

bool examine_knows(const struct access *x, const struct record_type *t)
{
    return !x->examined || (seen_type(t) && type_lets(t));
}

bool examine_sees_all(const struct access *x, const struct record_type *t)
{
    const struct seen_type *s = seen_type(t);
    return !x->examined || (s && type_lets(t) && s->rows == ROWS_ALL && !s->states);
}

bool examine_is_between(const struct record_type *t)
{
    const struct seen_type *s = seen_type(t);
    return s && (s->rows == ROWS_ENGAGEMENT || s->rows == ROWS_OF);
}

bool examine_has(const struct access *x, struct str engagement)
{
    for (size_t i = 0; x->examined && i < x->examined->count; i++)
        if (str_equal(x->examined->engagements[i], engagement))
            return true;
    return false;
}

static bool state_is_in(const struct seen_type *s, struct str state)
{
    JSON_EACH (one, s->states)
        if (str_equal(one->text, state))
            return true;
    return !s->states;
}

bool examine_sees(const struct access *x, const struct record *r)
{
    const struct seen_type *s = seen_type(r->type);
    if (!x->examined)
        return true;
    if (!s || !type_lets(r->type) || !state_is_in(s, r->state))
        return false;
    switch (s->rows) {
    case ROWS_ALL:
        return true;
    case ROWS_ENGAGEMENT:
        return examine_has(x, strcmp(r->type->id, "engagement") == 0 ? r->id : json_text(r->values, "engagement"));
    case ROWS_OF:
        return name_set_has(&x->examined->exceptions, json_text(r->values, s->by.data));
    case ROWS_GIVEN:
        return name_set_has(&x->examined->given, r->id);
    }
    return false;
}

int64_t examine_first_leaf(struct db *db, struct arena *a, const struct access *x, const struct record *r, struct err *e)
{
    const struct seen_type *s = seen_type(r->type);
    if (!x->examined || !s || !s->states)
        return 0;
    struct buf BUF_AUTO b;
    struct err failed = {0};
    buf_init(&b, 64 << 10);
    json_write(&b, s->states);
    int64_t leaf = db_one_int(db, &failed, INT64_MAX, db_known(db, arena_printf(a, "select min(from_leaf) from %s_versions where id = ?1 and state in (select value from json_each(?2))", r->type->table)),
                              A(r->id), A(buf_view(&b)));
    if (failed.code)
        *e = failed;
    return leaf;
}

/* ---- the same as SQL ---- */

static void put_list(struct query_text *q, const struct json *list)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 4 << 20);
    json_write(&b, list);
    query_arg(q, A(arena_str(q->arena, buf_view(&b))));
}

static const struct json *engagements_json(struct query_text *q, const struct access *x)
{
    struct json *list = json_array(q->arena);
    for (size_t i = 0; i < x->examined->count; i++)
        json_push_str(list, x->examined->engagements[i]);
    return list;
}

void query_examined(struct query_text *q, const struct record_type *t, const struct access *x)
{
    const struct seen_type *s = seen_type(t);
    if (!s || !type_lets(t)) {
        buf_cstr(&q->sql, " and 0");
        return;
    }
    if (s->states) {
        buf_cstr(&q->sql, " and r.state in (select value from json_each(");
        put_list(q, s->states);
        buf_cstr(&q->sql, "))");
    }
    if (s->rows == ROWS_ALL)
        return;
    const char *column = s->rows == ROWS_GIVEN || strcmp(t->id, "engagement") == 0 ? "id" : s->rows == ROWS_OF ? s->by.data : "engagement";
    buf_printf(&q->sql, " and r.\"%s\" in (select value from json_each(", column);
    put_list(q, s->rows == ROWS_GIVEN ? x->examined->given_ids : s->rows == ROWS_OF ? x->examined->of_ids : engagements_json(q, x));
    buf_cstr(&q->sql, "))");
}

/* ---- who it is ---- */

static void set_fill(struct arena *a, struct name_set *set, const struct json *ids)
{
    name_set_init(set, a, ids->count + 1);
    JSON_EACH (id, ids)
        name_set_add(set, id->text);
}

static bool table_is_there(struct db *db, const char *name)
{
    struct err ignored = {0};
    return db_one_int(db, &ignored, 0, "select count(*) from sqlite_schema where name = ?1", A(name)) > 0;
}

/* What management named in a request when it was handed in, or in a response that was given: never what an auditor cites, who would see by citing. */
#define GIVEN                                                                                                                              \
    "select l.target from record_link l join audit_requests_versions v on v.id = l.id and v.state in ('submitted', 'accepted') and "        \
    "v.engagement in (select value from json_each(?1)) and l.from_leaf <= v.from_leaf and (l.to_leaf is null or l.to_leaf > v.from_leaf) "  \
    "where l.type = 'audit_request' and l.field = 'evidence' "                                                                              \
    "union select l.target from record_link l join responses p on p.id = l.id and p.state in ('given', 'done', 'verified') "                \
    "join audit_exceptions x on x.id = p.exception and x.engagement in (select value from json_each(?1)) "                                  \
    "where l.type = 'response' and l.field = 'evidence' and l.to_leaf is null"

static bool sets_read(struct db *db, struct arena *a, struct examined *x, struct err *e)
{
    struct buf BUF_AUTO b;
    struct err failed = {0};
    struct json *mine = json_array(a);
    buf_init(&b, 1 << 20);
    for (size_t i = 0; i < x->count; i++)
        json_push_str(mine, x->engagements[i]);
    json_write(&b, mine);
    x->given_ids = json_array(a);
    x->of_ids = json_array(a);
    if (x->count) {
        DB_EACH (row, db, &failed, GIVEN, A(buf_view(&b)))
            json_push_str(x->given_ids, arena_str(a, db_text(row, 0)));
        if (!failed.code)
            DB_EACH (row, db, &failed, "select id from audit_exceptions where engagement in (select value from json_each(?1))", A(buf_view(&b)))
                json_push_str(x->of_ids, arena_str(a, db_text(row, 0)));
    }
    set_fill(a, &x->given, x->given_ids);
    set_fill(a, &x->exceptions, x->of_ids);
    return failed.code ? (*e = failed, false) : true;
}

bool examine_read(struct db *db, struct arena *a, struct access *x, struct err *e)
{
    struct err failed = {0};
    x->examined = NULL;
    if (!access_has_role(x, "auditor"))
        return true;
    struct examined *found = ARENA_NEW(a, struct examined);
    bool is_there = table_is_there(db, "engagements_versions");
    if (x->person.size && is_there)
        DB_EACH (row, db, &failed,
                 "select l.id from record_link l join engagements g on g.id = l.id where l.type = 'engagement' and l.field = 'auditors' and l.target = ?1 and l.to_leaf is null order by l.id",
                 A(x->person))
            if (found->count < ENGAGEMENTS_MAX)
                found->engagements[found->count++] = arena_str(a, db_text(row, 0));
    x->examined = found;
    if (failed.code || !sets_read(db, a, found, &failed))
        return (*e = failed, false);
    return true;
}

void examine_narrow(struct db *db, struct arena *a, struct access *x, struct str engagement)
{
    if (!x->examined)
        return;
    struct examined *one = ARENA_NEW(a, struct examined);
    struct err ignored = {0};
    one->count = examine_has(x, engagement);
    one->engagements[0] = engagement;
    x->examined = one;
    if (!sets_read(db, a, one, &ignored))
        one->count = 0;
}

bool examine_preview(struct db *db, struct arena *a, struct str engagement, int64_t now_ms, struct access *ret, struct err *e)
{
    struct err failed = {0};
    int64_t is_there = db_one_int(db, &failed, 0, "select count(*) from engagements where id = ?1", A(engagement));
    struct str account = db_one_text(a, db, &failed,
                                     "select a.id from record_link l join account a on a.person = l.target and a.state = 'active' and (ifnull(a.valid_until, 0) = 0 or a.valid_until > ?2) "
                                     "join account_role o on o.account = a.id and o.role = 'auditor' "
                                     "where l.type = 'engagement' and l.field = 'auditors' and l.id = ?1 and l.to_leaf is null order by a.id limit 1",
                                     A(engagement), A(now_ms));
    if (failed.code)
        return (*e = failed, false);
    if (!is_there)
        return err_set(e, ERR_NOT_FOUND, "engagement %.*s: there is none", STR_ARGS(str_slice(engagement, 0, RECORD_ID_MAX)));
    if (account.data) {
        if (!access_read(db, a, arena_printf(a, "account:%.*s", STR_ARGS(account)), now_ms, ret, e))
            return false;
    } else {
        *ret = (struct access){.actor = STR("account:auditor"), .account = STR(""), .person = STR(""), .roles = {"auditor"}, .role_count = 1};
        struct examined *x = ARENA_NEW(a, struct examined);
        x->engagements[x->count++] = engagement;
        ret->examined = x;
    }
    examine_narrow(db, a, ret, engagement);
    return true;
}

/* ---- addresses ---- */

static bool address_fits(struct str pattern, struct str path)
{
    struct str want, have;
    bool is_more_wanted = true, is_more = true;
    while (is_more_wanted && is_more) {
        is_more_wanted = str_cut(&pattern, '/', &want);
        if (str_is(want, "*"))
            return true;
        is_more = str_cut(&path, '/', &have);
        bool is_any = want.size && want.data[0] == ':' && have.size && have.data[0] == ':';
        if (!is_any && !str_equal(want, have))
            return false;
    }
    return is_more_wanted == is_more;
}

bool examine_address(struct str method, struct str path)
{
    JSON_EACH (item, json_get(examine_table(), "addresses")) {
        const struct json *methods = json_get(item, "methods");
        bool takes = !methods && str_is(method, "GET");
        JSON_EACH (one, methods)
            takes = takes || str_equal(one->text, method);
        if (takes && address_fits(json_text(item, "at"), path))
            return true;
    }
    return false;
}

const struct json *examine_answers(struct str request)
{
    JSON_EACH (item, json_get(examine_table(), "answers"))
        JSON_EACH (id, json_get(item, "requests"))
            if (str_equal(id->text, request))
                return json_get(item, "types");
    return NULL;
}

bool side_is_auditor(struct db *db, struct str actor, struct err *e)
{
    struct err failed = {0};
    if (!str_starts(actor, "account:"))
        return false;
    int64_t n = db_one_int(db, &failed, 0, "select count(*) from account_role where account = ?1 and role = 'auditor'", A(str_slice(actor, 8, actor.size)));
    if (failed.code)
        *e = failed;
    return n > 0;
}
