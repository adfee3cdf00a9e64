/* apply.c - a leaf of record.change and its blob become rows, and nothing but they: what the type says by then decides only which columns
 * there are. A value that no longer fits its field stays in the history and leaves the column empty. */
#include "record/apply.h"
#include "record/internal.h"

enum { ANSWER_RECORDS_MAX = 100, DIFFERENCE_BYTES_MAX = 4 << 20 };

struct applying {
    struct db *db;
    struct arena *a;
    const struct leaf_view *leaf;
    const struct record_type *type; /* NULL: no longer there */
    struct str type_id, id, act, to, by;
    int64_t version, n; /* n: of record_head */
    struct str actor, via, why;
    struct json *set; /* of an erased blob: each field that the leaf names, null */
    bool is_erased;
    struct record *before, *after; /* after: what the new version says */
    struct err *e;
};

static bool corrupt(const struct applying *p, const char *what)
{
    return err_set(p->e, ERR_CORRUPT, "record %.*s %.*s: %s", STR_ARGS(p->type_id), STR_ARGS(p->id), what);
}

static bool content_read(struct applying *p, const struct blob_reader *blobs)
{
    const struct json *b = json_at(json_get(p->leaf->json, "b"), 0);
    struct str plain;
    struct err failed = {0};
    p->set = json_object(p->a);
    p->actor = json_text(p->leaf->json, "a");
    p->via = p->why = STR("");
    if (blobs->read(blobs->context, p->a, json_text(b, "c"), json_text(b, "x"), &plain, &failed)) {
        struct json *o = json_parse(p->a, plain, JSON_LIMITS_DEFAULT, p->e);
        struct json *set = (struct json *)(uintptr_t)json_get(o, "set");
        if (!o || !set || set->type != JSON_OBJECT)
            return o ? corrupt(p, "its blob has no values") : err_wrap(p->e, "record %.*s %.*s", STR_ARGS(p->type_id), STR_ARGS(p->id));
        p->set = set;
        p->actor = json_text(o, "by");
        p->via = json_text(o, "via");
        p->why = json_text(o, "why");
        return true;
    }
    if (failed.code != ERR_NOT_FOUND)
        return (*p->e = failed, false);
    p->is_erased = true;
    JSON_EACH (field, json_get(p->leaf->json, "f"))
        if (field->type == JSON_STRING)
            json_put_null(p->set, arena_strndup(p->a, field->text.data, field->text.size));
    return true;
}

/* ---- the version ---- */

static struct record *record_new(struct applying *p)
{
    struct record *r = ARENA_NEW(p->a, struct record);
    *r = (struct record){.type = p->type, .id = p->id, .values = json_object(p->a), .created_leaf = (int64_t)p->leaf->index, .created_t = p->leaf->t, .created_by = p->actor};
    return r;
}

/* What the version before the one in force said: what an undo brings back. Its lists were in force one leaf before this one began. */
static struct record *version_before(struct applying *p)
{
    struct record *r = record_read(p->db, p->a, p->type, p->id, p->before->leaf - 1, false, p->e);
    if (r)
        r->created_leaf = p->before->created_leaf;
    return r;
}

static struct json *member_of(const struct json *object, struct str key)
{
    JSON_EACH (member, object)
        if (str_equal(member->key, key))
            return member;
    return NULL;
}

/* Values of `from` with those of `set` laid over; in the order of the type. */
static struct json *values_over(struct applying *p, const struct json *from, const struct json *set)
{
    struct json *values = json_object(p->a);
    for (size_t i = 0; i < p->type->field_count; i++) {
        const struct record_field *f = &p->type->fields[i];
        const struct json *v = json_get(set, f->id);
        v = v ? v : json_get(from, f->id);
        if (v && v->type != JSON_NULL && f->type != FIELD_COMPUTED)
            json_put(values, f->id, value_copy(p->a, v));
    }
    return values;
}

static bool query_done(struct query_text *q, struct applying *p)
{
    struct db_row *row = query_run(q, p->db, p->e);
    bool ok = row && !db_next(row, p->e) && p->e->code == ERR_NONE;
    db_row_release(&row);
    query_release(q);
    return ok;
}

/* One row: a new record, or (is_closed) what was in force until this leaf. */
static bool version_insert(struct applying *p, const struct record *r, bool is_closed)
{
    struct query_text q;
    query_init(&q, p->a);
    const struct db_arg head[] = {A(r->id),
                                  A(r->version),
                                  A(r->state),
                                  A(r->leaf),
                                  A(r->t),
                                  is_closed ? A((int64_t)p->leaf->index) : DB_NULL,
                                  is_closed ? A(p->leaf->t) : DB_NULL,
                                  A(r->created_leaf),
                                  A(r->created_t),
                                  A(r->created_by),
                                  A(r->changed_by),
                                  A((int64_t)r->is_deleted)};
    buf_printf(&q.sql, "insert into %s_versions(id, version, state, from_leaf, from_t, to_leaf, to_t, created_leaf, created_t, created_by, changed_by, is_deleted",
               p->type->table);
    for (size_t i = 0; i < p->type->field_count; i++) {
        const struct record_field *f = &p->type->fields[i];
        if (field_is_stored(f->type))
            buf_printf(&q.sql, f->type == FIELD_MONEY ? ", \"%s\", \"%s_currency\"" : ", \"%s\"", f->id, f->id);
    }
    buf_cstr(&q.sql, ") values(");
    for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++) {
        buf_cstr(&q.sql, i ? ", " : "");
        query_arg(&q, head[i]);
    }
    for (size_t i = 0; i < p->type->field_count; i++) {
        const struct record_field *f = &p->type->fields[i];
        struct db_arg currency, value = column_arg(f, json_get(r->values, f->id), p->a, &currency);
        if (!field_is_stored(f->type))
            continue;
        buf_cstr(&q.sql, ", ");
        query_arg(&q, value);
        if (f->type != FIELD_MONEY)
            continue;
        buf_cstr(&q.sql, ", ");
        query_arg(&q, currency);
    }
    buf_char(&q.sql, ')');
    return query_done(&q, p);
}

static void put_set(struct query_text *q, const char *column, struct db_arg value)
{
    buf_printf(&q->sql, ", \"%s\" = ", column);
    query_arg(q, value);
}

/* The row in force stays and is changed: so only the indexes of what differs are written, where a new row would be put into all of them
 * and the old one taken out (a type has a dozen). One row by a unique index takes no savepoint of its own, at each of which the full text
 * would write out what it has gathered: hence `indexed by`. */
static bool version_change(struct applying *p)
{
    const struct record *r = p->after;
    struct query_text q;
    query_init(&q, p->a);
    buf_printf(&q.sql, "update %s_versions indexed by %s_now set version = ", p->type->table, p->type->table);
    query_arg(&q, A(r->version));
    put_set(&q, "from_leaf", A(r->leaf));
    put_set(&q, "from_t", A(r->t));
    put_set(&q, "changed_by", A(r->changed_by));
    if (!str_equal(r->state, p->before->state))
        put_set(&q, "state", A(r->state));
    if (r->is_deleted != p->before->is_deleted)
        put_set(&q, "is_deleted", A((int64_t)r->is_deleted));
    for (size_t i = 0; i < p->type->field_count; i++) {
        const struct record_field *f = &p->type->fields[i];
        if (!field_is_stored(f->type) || value_equal(json_get(r->values, f->id), json_get(p->before->values, f->id)))
            continue;
        struct db_arg currency, value = column_arg(f, json_get(r->values, f->id), p->a, &currency);
        put_set(&q, f->id, value);
        if (f->type == FIELD_MONEY)
            put_set(&q, arena_printf(p->a, "%s_currency", f->id).data, currency);
    }
    buf_cstr(&q.sql, " where id = ");
    query_arg(&q, A(p->id));
    buf_cstr(&q.sql, " and to_leaf is null");
    return query_done(&q, p);
}

/* ---- lists ---- */

static bool list_insert(struct applying *p, const struct record_field *f, const struct json *list)
{
    int64_t place = 0, index = (int64_t)p->leaf->index;
    JSON_EACH (item, list) {
        bool ok;
        if (f->type == FIELD_FILES)
            ok = db_run(p->db, p->e,
                        "insert into record_file(type, id, field, place, name, media, size, c, x, leaf, from_leaf, digest) values(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, "
                        "?9, ifnull((select min(leaf) from record_file where x=?9), ?10), ?10, ?11)",
                        A(p->type->id), A(p->id), A(f->id), A(place), A(json_text(item, "name")), A(json_text(item, "media")), A(json_int(item, "size", 0)),
                        A(json_text(item, "c")), A(json_text(item, "x")), A(index), A(json_text(item, "digest")));
        else
            ok = item->type != JSON_STRING ||
                 db_run(p->db, p->e, "insert into record_link(type, id, field, place, target_type, target, from_leaf) values(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                        A(p->type->id), A(p->id), A(f->id), A(place), A(f->type == FIELD_REFERENCES ? f->target : ""), A(item->text), A(index));
        if (!ok)
            return false;
        place++;
    }
    return true;
}

static bool lists_put(struct applying *p)
{
    int64_t index = (int64_t)p->leaf->index;
    for (size_t i = 0; i < p->type->field_count; i++) {
        const struct record_field *f = &p->type->fields[i];
        const struct json *now = json_get(p->after->values, f->id), *before = p->before ? json_get(p->before->values, f->id) : NULL;
        if (!field_is_list(f->type) || value_equal(now, before))
            continue;
        if (before && f->type == FIELD_FILES &&
            !db_run(p->db, p->e, "update record_file set to_leaf=?4 where type=?1 and id=?2 and field=?3 and to_leaf is null", A(p->type->id), A(p->id), A(f->id), A(index)))
            return false;
        if (before && f->type != FIELD_FILES &&
            !db_run(p->db, p->e, "update record_link set to_leaf=?4 where type=?1 and id=?2 and field=?3 and to_leaf is null", A(p->type->id), A(p->id), A(f->id), A(index)))
            return false;
        if (now && now->type == JSON_ARRAY && !list_insert(p, f, now))
            return false;
    }
    return true;
}

bool record_values_lay(struct db *db, struct arena *a, struct record *r, const struct json *values, struct err *e)
{
    struct leaf_view leaf = {.index = (uint64_t)r->leaf, .t = r->t};
    struct applying p = {.db = db, .a = a, .leaf = &leaf, .type = r->type, .type_id = str_of(r->type->id), .id = r->id, .before = r, .e = e};
    struct record after = *r;
    after.values = values_over(&p, r->values, values);
    p.after = &after;
    return version_change(&p) && lists_put(&p);
}

/* ---- around it ---- */

static bool count_add(struct applying *p, struct str state, int64_t n)
{
    return db_run(p->db, p->e, "insert into record_count(type, state, n) values(?1, ?2, ?3) on conflict(type, state) do update set n = n + excluded.n", A(p->type_id),
                  A(state), A(n));
}

/* What a record is counted by: the fields that its type names, as their columns have them. */
static void tally_of(struct applying *p, const struct record *r, struct db_arg ret[RECORD_COUNTED_MAX])
{
    for (size_t i = 0; i < RECORD_COUNTED_MAX; i++) {
        const char *name = i < p->type->counted.count ? p->type->counted.items[i] : "";
        const struct record_field *f = record_type_field(p->type, str_of(name));
        struct db_arg currency, value = f ? column_arg(f, json_get(r->values, f->id), p->a, &currency) : strcmp(name, "state") == 0 ? A(r->state) : DB_NULL;
        ret[i] = value.type == DB_ARG_INT ? A(arena_printf(p->a, "%lld", (long long)value.integer)) : value.type == DB_ARG_TEXT ? value : A("");
    }
}

static bool tally_add(struct applying *p, const struct db_arg key[RECORD_COUNTED_MAX], int64_t n)
{
    return db_run(p->db, p->e,
                  "insert into record_tally(type, a, b, c, d, e, f, n) values(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) on conflict(type, a, b, c, d, e, f) do update set n = n + excluded.n",
                  A(p->type_id), key[0], key[1], key[2], key[3], key[4], key[5], A(n)) &&
           (n > 0 || db_run(p->db, p->e, "delete from record_tally where type=?1 and a=?2 and b=?3 and c=?4 and d=?5 and e=?6 and f=?7 and n=0", A(p->type_id), key[0], key[1],
                            key[2], key[3], key[4], key[5]));
}

static bool tallies_put(struct applying *p, bool was, bool is)
{
    struct db_arg before[RECORD_COUNTED_MAX], after[RECORD_COUNTED_MAX];
    if (p->type->counted.count == 0)
        return true;
    bool is_same = was && is;
    if (was)
        tally_of(p, p->before, before);
    if (is)
        tally_of(p, p->after, after);
    for (size_t i = 0; is_same && i < RECORD_COUNTED_MAX; i++)
        is_same = str_equal(before[i].bytes, after[i].bytes);
    return is_same || ((!was || tally_add(p, before, -1)) && (!is || tally_add(p, after, 1)));
}

static bool counts_put(struct applying *p)
{
    bool was = p->before && !p->before->is_deleted, is = !p->after->is_deleted;
    if (!tallies_put(p, was, is))
        return false;
    if (was && is && str_equal(p->before->state, p->after->state))
        return true;
    return (!was || count_add(p, p->before->state, -1)) && (!is || count_add(p, p->after->state, 1));
}

static int64_t number_of(struct str id)
{
    size_t digits = 0;
    int64_t n = -1;
    while (digits < id.size && id.data[id.size - 1 - digits] >= '0' && id.data[id.size - 1 - digits] <= '9')
        digits++;
    return digits > 0 && digits < id.size && id.data[id.size - 1 - digits] == '-' && str_to_int64(str_slice(id, id.size - digits, id.size), &n) ? n : -1;
}

static bool head_put(struct applying *p)
{
    struct err failed = {0};
    int64_t number = p->type && p->type->prefix && p->type->prefix[0] ? number_of(p->id) : -1;
    bool is_deleted = p->after && p->after->is_deleted;
    if (str_is(p->act, "create")) {
        if (!db_run(p->db, p->e, "insert into record_head(type, id, number, is_deleted) values(?1, ?2, ?3, 0)", A(p->type_id), A(p->id), number < 0 ? DB_NULL : A(number)))
            return false;
        p->n = db_rowid(p->db);
        return true;
    }
    p->n = db_one_int(p->db, &failed, -1, "select n from record_head where type=?1 and id=?2", A(p->type_id), A(p->id));
    if (failed.code)
        return (*p->e = failed, false);
    bool was_deleted = p->before && p->before->is_deleted;
    return is_deleted == was_deleted || db_run(p->db, p->e, "update record_head set is_deleted=?2 where n=?1", A(p->n), A((int64_t)is_deleted));
}

static bool is_searched_changed(const struct applying *p)
{
    if (!p->before || p->before->is_deleted != p->after->is_deleted)
        return true;
    for (size_t i = 0; i < p->type->field_count; i++) {
        const struct record_field *f = &p->type->fields[i];
        bool is_title = p->type->title_field && strcmp(f->id, p->type->title_field) == 0;
        if ((f->is_searched || is_title || f->type == FIELD_FILES) && !value_equal(json_get(p->before->values, f->id), json_get(p->after->values, f->id)))
            return true;
    }
    return false;
}

/* {field: [old, new]} of what is not the same any more; an undo or a deletion as well, by values. */
static void difference_put(struct applying *p, struct buf *out)
{
    struct json *difference = json_object(p->a);
    const struct json *set = p->set;
    if (str_is(p->act, "undo") && p->before && p->after) {
        struct json *both = json_object(p->a);
        for (size_t i = 0; i < p->type->field_count; i++) {
            const char *id = p->type->fields[i].id;
            const struct json *v = json_get(p->after->values, id);
            if (!value_equal(v, json_get(p->before->values, id)))
                json_put(both, id, v ? value_copy(p->a, v) : json_new_null(p->a));
        }
        set = both;
    }
    JSON_EACH (v, set) {
        const struct json *old = p->before ? member_of(p->before->values, v->key) : NULL;
        if (value_equal(old, v))
            continue;
        struct json *pair = json_array(p->a);
        json_push(pair, old ? value_copy(p->a, old) : json_new_null(p->a));
        json_push(pair, value_copy(p->a, v));
        json_put(difference, arena_strndup(p->a, v->key.data, v->key.size), pair);
    }
    json_write(out, difference);
}

static bool change_put(struct applying *p)
{
    struct buf BUF_AUTO difference;
    buf_init(&difference, DIFFERENCE_BYTES_MAX);
    difference_put(p, &difference);
    struct str from = p->before ? p->before->state : STR("");
    return db_run(p->db, p->e,
                  "insert into record_change(leaf, type, id, version, act, transition, actor, via, step, from_state, to_state, why, difference, is_erased, t) "
                  "values(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
                  A((int64_t)p->leaf->index), A(p->type_id), A(p->id), A(p->version), A(p->act), A(p->by), A(p->actor), A(p->via), A(json_text(p->leaf->json, "step")),
                  A(from), A(p->to), A(p->why), A(buf_view(&difference)), A((int64_t)p->is_erased), A(p->leaf->t));
}

static bool version_make(struct applying *p)
{
    bool is_create = str_is(p->act, "create"), is_undo = str_is(p->act, "undo");
    if (!is_create) {
        p->before = record_read(p->db, p->a, p->type, p->id, INT64_MAX, false, p->e);
        if (!p->before)
            return false;
        if (p->before->version != p->version - (str_is(p->act, "vote") ? 0 : 1))
            return corrupt(p, "a version is missing");
    }
    if (str_is(p->act, "vote"))
        return true;
    struct record *from = is_create ? record_new(p) : is_undo ? version_before(p) : p->before;
    if (!from)
        return false;
    p->after = record_new(p);
    p->after->values = values_over(p, from->values, p->set);
    if (!is_create) {
        p->after->created_leaf = p->before->created_leaf;
        p->after->created_t = p->before->created_t;
        p->after->created_by = p->before->created_by;
    }
    p->after->version = p->version;
    p->after->state = p->to;
    p->after->leaf = (int64_t)p->leaf->index;
    p->after->t = p->leaf->t;
    p->after->changed_by = p->actor;
    p->after->is_deleted = str_is(p->act, "delete");
    return (is_create ? version_insert(p, p->after, false) : version_insert(p, p->before, true) && version_change(p)) && lists_put(p) && counts_put(p);
}

/* The text of the files that it has now, where it was taken out (document.text); what is erased has none. */
static bool words_of(struct applying *p, const struct blob_reader *blobs, struct str *ret)
{
    struct err failed = {0};
    *ret = STR("");
    for (size_t i = 0; i < p->type->field_count; i++) {
        const struct record_field *f = &p->type->fields[i];
        JSON_EACH (file, f->type == FIELD_FILES ? json_get(p->after->values, f->id) : NULL) {
            struct str c = STR(""), x = STR(""), plain;
            DB_EACH (row, p->db, &failed, "select text_c, text_x from document_text where x = ?1 and id = ?2 and text_x is not null", A(json_text(file, "x")), A(p->id)) {
                c = arena_str(p->a, db_text(row, 0));
                x = arena_str(p->a, db_text(row, 1));
            }
            if (x.size && !failed.code && blobs->read(blobs->context, p->a, c, x, &plain, &failed))
                *ret = ret->size ? arena_printf(p->a, "%.*s\n%.*s", STR_ARGS(*ret), STR_ARGS(plain)) : plain;
            if (failed.code == ERR_NOT_FOUND)
                failed = (struct err){0};
        }
    }
    return failed.code ? (*p->e = failed, false) : true;
}

bool record_change_apply(struct db *projection, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs, struct err *e)
{
    struct applying p = {.db = projection,
                         .a = a,
                         .leaf = leaf,
                         .type_id = json_text(leaf->json, "type"),
                         .id = json_text(leaf->json, "id"),
                         .act = json_text(leaf->json, "act"),
                         .to = json_text(leaf->json, "to"),
                         .by = json_text(leaf->json, "by"),
                         .version = json_int(leaf->json, "ver", 0),
                         .e = e};
    struct err failed = {0};
    struct str words;
    if (p.id.size == 0 || p.version < 1)
        return corrupt(&p, "malformed");
    p.type = record_type_in_force(projection, p.type_id, &failed);
    if (!p.type && failed.code != ERR_NOT_FOUND)
        return (*e = failed, false);
    return content_read(&p, blobs) && (!p.type || version_make(&p)) && head_put(&p) && change_put(&p) &&
           (!p.after || !is_searched_changed(&p) || (words_of(&p, blobs, &words) && text_put(projection, a, p.type, p.n, p.after, words, e)));
}

bool record_change_answer(struct db *projection, struct arena *a, const struct leaf_view *leaf, struct json *ret_answer, struct err *e)
{
    const struct json *nth = json_get(leaf->json, "nth"), *place = json_at(nth, 0), *count = json_at(nth, 1);
    int64_t changes = count && count->is_integer ? count->integer : 1, last = (int64_t)leaf->index;
    struct err failed = {0};
    if (place && place->integer + 1 < changes) /* the operation's answer is that of its last leaf */
        return true;
    json_put_int(ret_answer, "count", changes);
    struct json *records = json_put_array(ret_answer, "records");
    DB_EACH (row, projection, &failed, "select type, id, version, act from record_change where leaf > ?1 and leaf <= ?2 order by leaf limit ?3", A(last - changes), A(last),
             A(ANSWER_RECORDS_MAX)) {
        struct json *r = json_push_object(records);
        json_put_str(r, "type", arena_str(a, db_text(row, 0)));
        json_put_str(r, "id", arena_str(a, db_text(row, 1)));
        json_put_int(r, "ver", db_int(row, 2));
        json_put_str(r, "act", arena_str(a, db_text(row, 3)));
    }
    return failed.code ? (*e = failed, false) : true;
}
