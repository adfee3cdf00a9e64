/* types.c - the types in force: what is compiled in, and what the organisation laid over it. */
#include "record/internal.h"

enum { DEFINITIONS_BYTES_MAX = 256 << 20 };

struct record_types {
    struct arena *arena; /* of the overlays */
    const struct record_type **items;
    const struct record_type **ordered; /* by room, then label */
    size_t count;
    int64_t leaf; /* newest overlay; -1: none */
    char digest[65];
};

static bool newest_overlay(struct db *db, int64_t *ret_leaf, char ret_digest[65], struct err *e)
{
    struct err failed = {0};
    *ret_leaf = -1;
    ret_digest[0] = 0;
    DB_EACH (row, db, &failed, "select leaf, digest from record_definition order by leaf desc limit 1") {
        *ret_leaf = db_int(row, 0);
        snprintf(ret_digest, 65, "%.*s", STR_ARGS(db_text(row, 1)));
    }
    return failed.code ? (*e = failed, false) : true;
}

static int order_of(const void *x, const void *y)
{
    const struct record_type *a = *(const struct record_type *const *)x, *b = *(const struct record_type *const *)y;
    int order = strcmp(a->room, b->room);
    order = order ? order : strcmp(a->labels, b->labels);
    return order ? order : strcmp(a->id, b->id);
}

const struct record_type *record_type_digested(struct arena *a, const struct record_type *t, struct err *e)
{
    struct buf BUF_AUTO text;
    char hex[65];
    buf_init(&text, 4 << 20);
    if (!json_write_canonical(&text, record_type_json(a, t), e))
        return NULL;
    struct sha256 digest = sha256_of(buf_view(&text));
    struct record_type *copy = ARENA_NEW(a, struct record_type);
    hex_encode(digest.bytes, sizeof(digest.bytes), hex);
    *copy = *t;
    copy->digest = arena_strndup(a, hex, 64);
    return copy;
}

static bool overlay_add(struct record_types *t, struct str text, struct err *e)
{
    struct json *definition = json_parse(t->arena, arena_str(t->arena, text), JSON_LIMITS_DEFAULT, e);
    const struct record_type *type = definition ? record_type_of_json(t->arena, definition, e) : NULL;
    type = type ? record_type_digested(t->arena, type, e) : NULL;
    if (!type)
        return err_wrap(e, "a record type that was laid over");
    for (size_t i = 0; i < t->count; i++)
        if (strcmp(t->items[i]->id, type->id) == 0) {
            t->items[i] = type;
            return true;
        }
    t->items[t->count++] = type;
    return true;
}

static bool types_load(struct record_types *t, struct db *db, struct err *e)
{
    struct err failed = {0};
    arena_reset(t->arena);
    int64_t overlays = db_one_int(db, &failed, 0, "select count(distinct type) from record_definition");
    if (failed.code)
        return (*e = failed, false);
    t->items = arena_array(t->arena, content_record_type_count + (size_t)overlays, sizeof(*t->items));
    for (t->count = 0; t->count < content_record_type_count; t->count++)
        t->items[t->count] = &content_record_types[t->count];
    if (overlays > 0)
        DB_EACH (row, db, &failed,
                 "select definition from record_definition o where leaf = (select max(leaf) from record_definition where type = o.type) order by type")
            if (!overlay_add(t, db_text(row, 0), &failed))
                break;
    if (failed.code)
        return (*e = failed, false);
    t->ordered = arena_array(t->arena, t->count, sizeof(*t->ordered));
    memcpy(t->ordered, t->items, t->count * sizeof(*t->items));
    qsort(t->ordered, t->count, sizeof(*t->ordered), order_of);
    return newest_overlay(db, &t->leaf, t->digest, e);
}

struct record_types *record_types_open(struct db *db, struct err *e)
{
    struct record_types *t = calloc(1, sizeof(*t));
    if (!t) {
        err_set(e, ERR_LIMIT, "record types: no memory");
        return NULL;
    }
    t->arena = arena_new("record types", DEFINITIONS_BYTES_MAX);
    if (types_load(t, db, e))
        return t;
    record_types_close(t);
    return NULL;
}

void record_types_close(struct record_types *t)
{
    if (!t)
        return;
    arena_free(t->arena);
    free(t);
}

bool record_types_refresh(struct record_types *t, struct db *db, struct err *e)
{
    int64_t leaf;
    char digest[65];
    if (!newest_overlay(db, &leaf, digest, e))
        return false;
    return (leaf == t->leaf && strcmp(digest, t->digest) == 0) || types_load(t, db, e);
}

const struct record_type *record_types_find(struct record_types *t, struct str id)
{
    for (size_t i = 0; i < t->count; i++)
        if (str_is(id, t->items[i]->id))
            return t->items[i];
    return NULL;
}

size_t record_types_count(const struct record_types *t)
{
    return t->count;
}

const struct record_type *record_types_at(const struct record_types *t, size_t i)
{
    return i < t->count ? t->ordered[i] : NULL;
}

/* Operations are given a connection and nothing else. One set a thread is kept, and read again when what lies over it is another one; a
 * connection without overlays has what is compiled in, whichever it is. */
static _Thread_local struct record_types *kept;

struct record_types *record_types_of(struct db *db, struct err *e)
{
    if (!kept)
        return kept = record_types_open(db, e);
    return record_types_refresh(kept, db, e) ? kept : NULL;
}

const struct record_type *record_type_in_force(struct db *db, struct str id, struct err *e)
{
    struct record_types *types = record_types_of(db, e);
    const struct record_type *t = types ? record_types_find(types, id) : NULL;
    if (types && !t)
        err_set(e, ERR_NOT_FOUND, "record type %.*s: there is none (assay record types)", STR_ARGS(id));
    return t;
}

void record_types_forget(void)
{
    record_types_close(kept);
    kept = NULL;
}

/* ---- the past ---- */

bool record_types_as_of(struct db *db, const struct record_types *t, int64_t leaf_limit, struct err *e)
{
    enum { SQL_BYTES_MAX = 1 << 20 };
    static const char *const tables[] = {"link", "file"};
    struct buf BUF_AUTO sql;
    buf_init(&sql, SQL_BYTES_MAX);
    long long limit = (long long)leaf_limit;
    for (size_t i = 0; i < record_types_count(t); i++)
        record_type_view_as_of(record_types_at(t, i), leaf_limit, &sql);
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        buf_printf(&sql, "create temp view record_%s as select *, null as to_leaf from (select %s, from_leaf from main.record_%s where from_leaf <= %lld and (to_leaf is null or to_leaf > %lld));\n",
                   tables[i], i ? "type, id, field, place, name, media, size, digest, leaf, c, x" : "type, id, field, target_type, target, place", tables[i], limit, limit);
    buf_printf(&sql, "create temp view record_change as select * from main.record_change where leaf <= %lld;\n", limit);
    if (sql.full)
        return err_set(e, ERR_LIMIT, "record types: their views of the past");
    return db_shadow(db, buf_view(&sql).data, e);
}
