/* column.c - between rows and records. */
#include "record/internal.h"

enum { SQL_BYTES_MAX = 1 << 20 };

void query_init(struct query_text *q, struct arena *a)
{
    q->arena = a;
    q->count = 0;
    q->is_sorted = false;
    buf_init(&q->sql, SQL_BYTES_MAX);
}

void query_release(struct query_text *q)
{
    buf_release(&q->sql);
}

void query_arg(struct query_text *q, struct db_arg arg)
{
    if (q->count >= QUERY_ARGS_MAX) {
        q->sql.full = true;
        return;
    }
    q->args[++q->count] = arg;
    buf_printf(&q->sql, "?%zu", q->count);
}

struct db_row *query_run(struct query_text *q, struct db *db, struct err *e)
{
    if (q->sql.full) {
        err_set(e, ERR_LIMIT, "query: too long");
        return NULL;
    }
    return db_query_args(db, e, db_known(db, buf_view(&q->sql)), q->args, q->count);
}

void query_as_of(struct query_text *q, const char *alias, int64_t leaf_limit)
{
    if (leaf_limit == INT64_MAX) {
        buf_printf(&q->sql, "%s.to_leaf is null", alias);
        return;
    }
    buf_printf(&q->sql, "%s.from_leaf <= ", alias);
    query_arg(q, A(leaf_limit));
    buf_printf(&q->sql, " and (%s.to_leaf is null or %s.to_leaf > ?%zu)", alias, alias, q->count);
}

void put_record_columns(struct buf *b, const struct record_type *t, bool with_computed)
{
    buf_cstr(b, "r.id, r.version, r.state, r.from_leaf, r.from_t, r.changed_by, r.created_leaf, r.created_t, r.created_by, r.is_deleted");
    for (size_t i = 0; i < t->field_count; i++) {
        const struct record_field *f = &t->fields[i];
        if (f->type == FIELD_COMPUTED && with_computed)
            buf_printf(b, ", (%s)", f->sql);
        else if (field_is_stored(f->type))
            buf_printf(b, ", r.\"%s\"", f->id);
        if (f->type == FIELD_MONEY)
            buf_printf(b, ", r.\"%s_currency\"", f->id);
    }
}

static struct json *decimals_value(struct arena *a, struct str text, int decimals)
{
    char number[64];
    snprintf(number, sizeof(number), "%.*s", STR_ARGS(text));
    return json_new_str(a, arena_printf(a, "%.*f", decimals, strtod(number, NULL)));
}

static struct json *column_value(struct db_row *row, struct arena *a, const struct record_field *f, int column)
{
    enum field_type type = f->type == FIELD_COMPUTED ? f->sql_type : f->type;
    switch (type) {
    case FIELD_NUMBER:
        if (f->decimals)
            return decimals_value(a, db_text(row, column), f->decimals);
        return json_new_int(a, db_int(row, column));
    case FIELD_INSTANT:
    case FIELD_DURATION:
        return json_new_int(a, db_int(row, column));
    case FIELD_YES_NO:
        return json_new_bool(a, db_int(row, column) != 0);
    case FIELD_MONEY: {
        struct json *money = json_object(a);
        json_put_str(money, "currency", arena_str(a, db_text(row, column + 1)));
        json_put_int(money, "minor", db_int(row, column));
        return money;
    }
    default:
        return json_new_str(a, arena_str(a, db_text(row, column)));
    }
}

struct record *record_of_row(struct db_row *row, struct arena *a, const struct record_type *t, bool with_computed)
{
    struct record *r = ARENA_NEW(a, struct record);
    int column = 10;
    *r = (struct record){.type = t,
                         .id = arena_str(a, db_text(row, 0)),
                         .version = db_int(row, 1),
                         .state = arena_str(a, db_text(row, 2)),
                         .leaf = db_int(row, 3),
                         .t = db_int(row, 4),
                         .changed_by = arena_str(a, db_text(row, 5)),
                         .created_leaf = db_int(row, 6),
                         .created_t = db_int(row, 7),
                         .created_by = arena_str(a, db_text(row, 8)),
                         .is_deleted = db_int(row, 9) != 0,
                         .values = json_object(a)};
    for (size_t i = 0; i < t->field_count; i++) {
        const struct record_field *f = &t->fields[i];
        if (!field_is_stored(f->type) && !(f->type == FIELD_COMPUTED && with_computed))
            continue;
        if (!db_is_null(row, column))
            json_put(r->values, f->id, column_value(row, a, f, column));
        column += f->type == FIELD_MONEY ? 2 : 1;
    }
    return r;
}

static struct json *list_of(struct record *r, struct str field)
{
    const struct record_field *f = record_type_field(r->type, field);
    if (!f || !field_is_list(f->type))
        return NULL;
    struct json *list = (struct json *)(uintptr_t)json_get(r->values, f->id);
    return list ? list : json_put_array(r->values, f->id);
}

static bool links_read(struct db *db, struct record *r, struct arena *a, int64_t leaf_limit, struct err *e)
{
    struct err failed = {0};
    bool is_now = leaf_limit == INT64_MAX;
    const char *sql = is_now ? "select field, target from record_link where type=?1 and id=?2 and to_leaf is null and ?3 is not null order by field, place"
                             : "select field, target from record_link where type=?1 and id=?2 and from_leaf <= ?3 and (to_leaf is null or to_leaf > ?3) "
                               "order by field, place";
    DB_EACH (row, db, &failed, sql, A(r->type->id), A(r->id), A(is_now ? 0 : leaf_limit)) {
        struct json *list = list_of(r, db_text(row, 0));
        if (list)
            json_push_str(list, arena_str(a, db_text(row, 1)));
    }
    return failed.code ? (*e = failed, false) : true;
}

static bool files_read(struct db *db, struct record *r, struct arena *a, int64_t leaf_limit, struct err *e)
{
    struct err failed = {0};
    DB_EACH (row, db, &failed,
             "select field, c, digest, media, name, size, x from record_file where type=?1 and id=?2 and from_leaf <= ?3 and (to_leaf is null or to_leaf > ?3) "
             "order by field, place",
             A(r->type->id), A(r->id), A(leaf_limit)) {
        struct json *list = list_of(r, db_text(row, 0)), *file = list ? json_push_object(list) : NULL;
        if (!file)
            continue;
        json_put_str(file, "c", arena_str(a, db_text(row, 1)));
        json_put_str(file, "digest", arena_str(a, db_text(row, 2)));
        json_put_str(file, "media", arena_str(a, db_text(row, 3)));
        json_put_str(file, "name", arena_str(a, db_text(row, 4)));
        json_put_int(file, "size", db_int(row, 5));
        json_put_str(file, "x", arena_str(a, db_text(row, 6)));
    }
    return failed.code ? (*e = failed, false) : true;
}

bool record_lists_read(struct db *db, struct record *r, struct arena *a, int64_t leaf_limit, struct err *e)
{
    bool has_links = false, has_files = false;
    for (size_t i = 0; i < r->type->field_count; i++) {
        enum field_type type = r->type->fields[i].type;
        has_links = has_links || type == FIELD_CHOICES || type == FIELD_REFERENCES;
        has_files = has_files || type == FIELD_FILES;
    }
    return (!has_links || links_read(db, r, a, leaf_limit, e)) && (!has_files || files_read(db, r, a, leaf_limit, e));
}

struct db_arg column_arg(const struct record_field *f, const struct json *v, struct arena *a, struct db_arg *ret_currency)
{
    *ret_currency = DB_NULL;
    if (!v || v->type == JSON_NULL)
        return DB_NULL;
    switch (f->type) {
    case FIELD_NUMBER:
        if (f->decimals)
            return v->type == JSON_STRING ? A(v->text) : v->is_integer ? A(arena_printf(a, "%lld.0", (long long)v->integer)) : DB_NULL;
        return v->type == JSON_NUMBER && v->is_integer ? A(v->integer) : DB_NULL;
    case FIELD_INSTANT:
    case FIELD_DURATION:
        return v->type == JSON_NUMBER && v->is_integer ? A(v->integer) : DB_NULL;
    case FIELD_YES_NO:
        return v->type == JSON_BOOL ? A((int64_t)v->boolean) : DB_NULL;
    case FIELD_MONEY:
        if (v->type != JSON_OBJECT || !json_get(v, "minor"))
            return DB_NULL;
        *ret_currency = A(json_text(v, "currency"));
        return A(json_int(v, "minor", 0));
    case FIELD_COMPUTED:
    case FIELD_CHOICES:
    case FIELD_REFERENCES:
    case FIELD_FILES:
        return DB_NULL;
    default:
        return v->type == JSON_STRING ? A(v->text) : DB_NULL;
    }
}

/* ---- a set of texts ---- */

struct str text_lower(struct arena *a, struct str s)
{
    char *out = arena_alloc(a, s.size + 1);
    for (size_t i = 0; i < s.size; i++)
        out[i] = s.data[i] >= 'A' && s.data[i] <= 'Z' ? (char)(s.data[i] + 32) : s.data[i];
    out[s.size] = 0;
    return str_make(out, s.size);
}

static size_t slot_of(const struct name_set *s, struct str name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < name.size; i++)
        hash = (hash ^ (unsigned char)name.data[i]) * UINT64_C(0x100000001b3);
    size_t at = hash & (s->size - 1);
    while (s->slots[at].data && !str_equal(s->slots[at], name))
        at = (at + 1) & (s->size - 1);
    return at;
}

void name_set_init(struct name_set *s, struct arena *a, size_t count_max)
{
    size_t size = 16;
    while (size < 2 * count_max + 2)
        size *= 2;
    *s = (struct name_set){.arena = a, .size = size, .slots = arena_array(a, size, sizeof(struct str))};
}

bool name_set_add(struct name_set *s, struct str name)
{
    size_t at = slot_of(s, name);
    if (s->slots[at].data)
        return false;
    s->slots[at] = name;
    s->count++;
    return true;
}

bool name_set_has(const struct name_set *s, struct str name)
{
    return s->slots[slot_of(s, name)].data != NULL;
}
