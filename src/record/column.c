/* column.c - between rows and records. */
#include "record/internal.h"

enum { SQL_BYTES_MAX = 1 << 20 };

void query_init(struct query_text *q, struct arena *a)
{
    q->arena = a;
    q->args = NULL;
    q->count = q->capacity = 0;
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
    if (q->count + 1 >= q->capacity)
        q->args = arena_grow(q->arena, q->args, q->capacity ? q->count + 1 : 0, &q->capacity, sizeof(*q->args));
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
    q->is_now = leaf_limit == INT64_MAX;
    if (q->is_now) {
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

static const struct record_field *title_field(const struct record_type *t)
{
    const struct record_field *f = t->title_field && t->title_field[0] ? record_type_field(t, str_of(t->title_field)) : NULL;
    return f && (field_is_stored(f->type) || f->type == FIELD_COMPUTED) ? f : NULL;
}

void put_brief_columns(struct buf *b, const struct record_type *t)
{
    const struct record_field *f = title_field(t);
    buf_cstr(b, "r.id, r.state, ");
    if (f)
        buf_printf(b, f->type == FIELD_COMPUTED ? "(%s)" : "r.\"%s\"", f->type == FIELD_COMPUTED ? f->sql : f->id);
    else
        buf_cstr(b, "null");
}

struct record *record_of_brief_row(struct db_row *row, struct arena *a, const struct record_type *t)
{
    const struct record_field *f = title_field(t);
    struct record *r = ARENA_NEW(a, struct record);
    *r = (struct record){.type = t, .id = arena_str(a, db_text(row, 0)), .state = arena_str(a, db_text(row, 1)), .values = json_object(a)};
    if (f && !db_is_null(row, 2))
        json_put(r->values, f->id, column_value(row, a, f, 2));
    return r;
}

/* ---- lists ---- */

static struct json *list_of(struct record *r, struct str field)
{
    const struct record_field *f = record_type_field(r->type, field);
    if (!f || !field_is_list(f->type))
        return NULL;
    struct json *list = (struct json *)(uintptr_t)json_get(r->values, f->id);
    return list ? list : json_put_array(r->values, f->id);
}

/* The rows of record_link or record_file that belong to these records, by id. */
static struct db_row *belongings(struct query_text *q, struct db *db, const char *columns, const char *table, struct record *const *records, size_t count,
                                 int64_t leaf_limit, struct err *e)
{
    buf_printf(&q->sql, "select l.id, l.field, %s from %s l where l.type = ", columns, table);
    query_arg(q, A(records[0]->type->id));
    if (count == 1) {
        buf_cstr(&q->sql, " and l.id = ");
        query_arg(q, A(records[0]->id));
    } else { /* one argument for all, so that the statement is the same for any number of them */
        struct json *ids = json_array(q->arena);
        struct buf BUF_AUTO text;
        buf_init(&text, 1 << 20);
        for (size_t i = 0; i < count; i++)
            json_push_str(ids, records[i]->id);
        json_write(&text, ids);
        buf_cstr(&q->sql, " and l.id in (select value from json_each(");
        query_arg(q, A(arena_str(q->arena, buf_view(&text))));
        buf_cstr(&q->sql, "))");
    }
    buf_cstr(&q->sql, " and ");
    query_as_of(q, "l", leaf_limit);
    buf_cstr(&q->sql, " order by l.id, l.field, l.place");
    return query_run(q, db, e);
}

static struct record *owner_of(struct record *const *records, size_t count, struct str id, size_t *at)
{
    for (size_t n = 0; n < count; n++, *at = (*at + 1) % count) /* most often the one of the row before */
        if (str_equal(records[*at]->id, id))
            return records[*at];
    return NULL;
}

static void file_put(struct json *list, struct arena *a, struct db_row *row)
{
    struct json *file = json_push_object(list);
    json_put_str(file, "c", arena_str(a, db_text(row, 2)));
    json_put_str(file, "digest", arena_str(a, db_text(row, 3)));
    json_put_str(file, "media", arena_str(a, db_text(row, 4)));
    json_put_str(file, "name", arena_str(a, db_text(row, 5)));
    json_put_int(file, "size", db_int(row, 6));
    json_put_str(file, "x", arena_str(a, db_text(row, 7)));
}

static bool belongings_read(struct db *db, struct record *const *records, size_t count, struct arena *a, int64_t leaf_limit, bool is_files, struct err *e)
{
    struct query_text q;
    struct err failed = {0};
    size_t at = 0;
    query_init(&q, a);
    struct db_row *row = belongings(&q, db, is_files ? "l.c, l.digest, l.media, l.name, l.size, l.x" : "l.target", is_files ? "record_file" : "record_link",
                                    records, count, leaf_limit, &failed);
    while (row && db_next(row, &failed)) {
        struct record *r = owner_of(records, count, db_text(row, 0), &at);
        struct json *list = r ? list_of(r, db_text(row, 1)) : NULL;
        if (list && is_files)
            file_put(list, a, row);
        else if (list)
            json_push_str(list, arena_str(a, db_text(row, 2)));
    }
    db_row_release(&row);
    query_release(&q);
    return failed.code ? (*e = failed, false) : true;
}

bool record_lists_read(struct db *db, struct record *const *records, size_t count, struct arena *a, int64_t leaf_limit, struct err *e)
{
    bool has_links = false, has_files = false;
    for (size_t i = 0; count && i < records[0]->type->field_count; i++) {
        enum field_type type = records[0]->type->fields[i].type;
        has_links = has_links || type == FIELD_CHOICES || type == FIELD_REFERENCES;
        has_files = has_files || type == FIELD_FILES;
    }
    return (!has_links || belongings_read(db, records, count, a, leaf_limit, false, e)) &&
           (!has_files || belongings_read(db, records, count, a, leaf_limit, true, e));
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
