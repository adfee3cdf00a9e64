/* What is in the scope as of a leaf: its records, their digest, and the difference between two instants. */
#include "crypto/crypto.h"
#include "report/view_scope_internal.h"

enum { ROWS_MAX = 20000, PAGE = 1000, TEXT_MAX = 64 << 20 };

const char *const scope_types[] = {"organisation", "scope", "service", "system", "boundary_item", "category", "commitment", "subservice", "responsibility", NULL};

struct reading {
    struct scope_rows *rows;
    bool is_all;
};

/* Not by the filter "open": some types have a state of that name, and it would be meant. */
static bool each_row(void *context, const struct record *record, struct err *e)
{
    struct reading *reading = context;
    struct scope_rows *rows = reading->rows;
    const struct record_state *state = reading->is_all ? NULL : record_type_state(rows->type, record->state);
    if (state && state->is_end)
        return true;
    if (rows->count == ROWS_MAX)
        return err_set(e, ERR_TOO_LARGE, "%s: over %d", rows->type->labels, ROWS_MAX);
    rows->items[rows->count++] = *record;
    return true;
}

bool scope_rows_read(struct view *v, const struct view_records *r, const char *type, int64_t leaf_limit, bool is_all, struct scope_rows *ret, struct err *e)
{
    *ret = (struct scope_rows){.type = record_types_find(r->types, str_of(type))};
    if (!ret->type)
        return err_set(e, ERR_NOT_FOUND, "'%s' is no type of records", type);
    struct reading reading = {ret, is_all};
    int64_t total = 0;
    for (int64_t page = 1; page == 1 || (page - 1) * PAGE < total; page++) {
        struct record_query q = {.state = STR(""), .sort = STR("id"), .page = page, .per_page = PAGE, .leaf_limit = leaf_limit, .now_ms = v->at_ms};
        struct record *old = ret->items;
        ret->items = arena_array(v->arena, ret->count + PAGE, sizeof *ret->items);
        for (size_t i = 0; i < ret->count; i++)
            ret->items[i] = old[i];
        if (!record_list(v->db, v->arena, ret->type, &q, each_row, &reading, &total, e))
            return false;
    }
    return true;
}

/* ---- digest ---- */

static bool is_left_out(const struct record_type *t, const struct record_field *f)
{
    return f->type == FIELD_COMPUTED || (strcmp(t->id, "scope") == 0 && strcmp(f->id, "digest") == 0);
}

static struct json *copy(struct arena *a, const struct json *node)
{
    struct json *c = arena_alloc(a, sizeof *c);
    *c = *node;
    c->next = NULL;
    return c;
}

static bool line_write(struct view *v, const struct record *record, struct buf *b, struct err *e)
{
    struct json *line = json_object(v->arena), *values = json_object(v->arena);
    for (size_t i = 0; i < record->type->field_count; i++) {
        const struct record_field *f = &record->type->fields[i];
        const struct json *value = json_get(record->values, f->id);
        if (value && value->type != JSON_NULL && !is_left_out(record->type, f))
            json_put(values, f->id, copy(v->arena, value));
    }
    json_put_str(line, "id", record->id);
    json_put_cstr(line, "type", record->type->id);
    json_put(line, "values", values);
    if (!json_write_canonical(b, line, e))
        return false;
    buf_char(b, '\n');
    return !b->full || err_set(e, ERR_TOO_LARGE, "the scope is over %d MiB", TEXT_MAX >> 20);
}

bool scope_digest(struct view *v, const struct view_records *r, int64_t leaf_limit, char ret_hex[65], int64_t *ret_count, struct err *e)
{
    struct buf BUF_AUTO b;
    buf_init(&b, TEXT_MAX);
    *ret_count = 0;
    for (size_t k = 0; scope_types[k]; k++) {
        struct scope_rows rows;
        if (!scope_rows_read(v, r, scope_types[k], leaf_limit, false, &rows, e))
            return false;
        for (size_t i = 0; i < rows.count; i++)
            if (!line_write(v, &rows.items[i], &b, e))
                return false;
        *ret_count += (int64_t)rows.count;
    }
    struct sha256 digest = sha256_of(buf_view(&b));
    hex_encode(digest.bytes, sizeof digest.bytes, ret_hex);
    return true;
}

/* ---- difference ---- */

struct comparing {
    struct view *v;
    const struct view_records *r;
    struct json *list;
};

static void put_difference(struct comparing *x, const struct record *record, const char *what, const char *words, const char *status, struct json *fields)
{
    struct view *v = x->v;
    struct json *o = json_push_object(x->list);
    json_put_cstr(o, "type_label", record->type->label);
    json_put_str(o, "id", record->id);
    json_put_str(o, "title", record_title(record));
    json_put_str(o, "url", record_url(v, record->type->id, record->id));
    json_put_cstr(o, "what", what);
    json_put_cstr(o, "what_words", words);
    json_put_cstr(o, "status", status);
    json_put_cstr(o, "status_words", words);
    json_put(o, "fields", fields ? fields : json_array(v->arena));
}

static void compare_one(struct comparing *x, const struct record *was, const struct record *is)
{
    struct json *fields = json_array(x->v->arena);
    for (size_t i = 0; i < is->type->field_count; i++) {
        const struct record_field *f = &is->type->fields[i];
        const struct json *old = json_get(was->values, f->id), *now = json_get(is->values, f->id);
        if (is_left_out(is->type, f) || view_record_equal(old, now))
            continue;
        struct json *o = json_push_object(fields);
        json_put_cstr(o, "id", f->id);
        json_put_cstr(o, "label", f->label);
        json_put(o, "old", view_record_cell(x->v, x->r, f, old, true));
        json_put(o, "new", view_record_cell(x->v, x->r, f, now, true));
    }
    if (fields->count)
        put_difference(x, is, "changed", "Changed", "unknown", fields);
}

static void compare_rows(struct comparing *x, const struct scope_rows *was, const struct scope_rows *is)
{
    size_t i = 0, k = 0;
    while (i < was->count || k < is->count) {
        int order = i == was->count ? 1 : k == is->count ? -1 : str_compare(was->items[i].id, is->items[k].id);
        if (order < 0)
            put_difference(x, &was->items[i], "removed", "Taken out", "fail", NULL);
        else if (order > 0)
            put_difference(x, &is->items[k], "added", "Added", "pass", NULL);
        else
            compare_one(x, &was->items[i], &is->items[k]);
        i += order <= 0;
        k += order >= 0;
    }
}

struct json *scope_difference(struct view *v, const struct view_records *r, int64_t from_leaf, int64_t to_leaf, struct err *e)
{
    struct comparing x = {.v = v, .r = r, .list = json_array(v->arena)};
    for (size_t k = 0; scope_types[k]; k++) {
        struct scope_rows was, is;
        if (!scope_rows_read(v, r, scope_types[k], from_leaf, false, &was, e) || !scope_rows_read(v, r, scope_types[k], to_leaf, false, &is, e))
            return NULL;
        if (record_may_read_type(r, is.type))
            compare_rows(&x, &was, &is);
    }
    return x.list;
}
