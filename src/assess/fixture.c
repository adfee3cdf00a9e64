#include "assess/fixture.h"

#include "base/times.h"

struct fixture_page {
    struct table_page page;
};

static bool fixture_pages(void *context, struct arena *a, const struct table_schema *schema, const struct hint *hints,
                          size_t hint_count, const struct table_page **ret_pages, size_t *ret_count, struct err *e)
{
    (void)a;
    (void)schema;
    (void)hints;
    (void)hint_count;
    (void)e;
    struct fixture_page *f = context;
    *ret_pages = &f->page;
    *ret_count = 1;
    return true;
}

struct table_provider fixture_provider(struct arena *a, const struct rows *rows, struct str subject, int64_t taken_at_ms)
{
    struct fixture_page *f = ARENA_NEW(a, struct fixture_page);
    f->page = (struct table_page){
        .rows = rows, .subject = subject, .run_id = STR("1"), .taken_at_ms = taken_at_ms, .received_at_ms = taken_at_ms};
    return (struct table_provider){.schema = rows->schema, .pages = fixture_pages, .context = f};
}

static bool cell_add(struct rows *r, const struct column *column, const struct json *value, int64_t now_ms, struct err *e)
{
    int64_t at_ms;
    bool wants_text = column->type == COLUMN_TEXT;
    if (!value || value->type == JSON_NULL) {
        row_null(r);
    } else if (value->type == JSON_STRING && wants_text) {
        row_text(r, value->text);
    } else if (value->type == JSON_STRING && column->type == COLUMN_TIME && time_parse(value->text, now_ms, &at_ms)) {
        row_int(r, at_ms);
    } else if (value->type == JSON_BOOL && column->type == COLUMN_BOOL) {
        row_bool(r, value->boolean);
    } else if (value->type == JSON_NUMBER && value->is_integer && !wants_text) {
        row_int(r, value->integer);
    } else {
        return err_set(e, ERR_INVALID, "column %s: a value of another type than the table's", column->name);
    }
    return true;
}

static bool row_add(struct rows *r, const struct json *row, int64_t now_ms, struct err *e)
{
    size_t ignored;
    JSON_EACH (member, row)
        if (!table_column_find(r->schema, member->key, &ignored))
            return err_set(e, ERR_INVALID, "there is no column %.*s", STR_ARGS(member->key));
    row_begin(r);
    for (size_t i = 0; i < r->schema->column_count; i++)
        if (!cell_add(r, &r->schema->columns[i], json_get(row, r->schema->columns[i].name), now_ms, e))
            return false;
    row_end(r);
    return true;
}

static bool table_add(struct arena *a, const struct json *tables, const struct table_schema *schema, struct str subject,
                      int64_t now_ms, struct table_provider *ret, struct err *e)
{
    struct rows *r = rows_new(a, schema);
    int number = 0;
    JSON_EACH (row, json_get(tables, schema->name)) {
        number++;
        if (row->type != JSON_OBJECT)
            return err_set(e, ERR_INVALID, "table %s, row %d: not an object", schema->name, number);
        if (!row_add(r, row, now_ms, e))
            return err_wrap(e, "table %s, row %d", schema->name, number);
    }
    *ret = fixture_provider(a, r, subject, now_ms);
    return true;
}

bool fixture_tables(struct arena *a, const struct json *tables, const char *const *wanted, size_t wanted_count,
                    fixture_schema_find *find, struct str subject, int64_t now_ms, struct table_provider **ret, size_t *ret_count,
                    struct err *e)
{
    struct table_provider *p = arena_array(a, wanted_count + 1, sizeof *p);
    JSON_EACH (member, tables) {
        bool is_known = str_is(member->key, table_status_schema.name);
        for (size_t i = 0; i < wanted_count; i++)
            is_known = is_known || str_is(member->key, wanted[i]);
        if (!is_known)
            return err_set(e, ERR_INVALID, "table %.*s is not declared by the test", STR_ARGS(member->key));
    }
    for (size_t i = 0; i < wanted_count; i++) {
        const struct table_schema *schema = find(str_of(wanted[i]));
        if (!schema)
            return err_set(e, ERR_INVALID, "there is no table %s", wanted[i]);
        if (!table_add(a, tables, schema, subject, now_ms, &p[i], e))
            return false;
    }
    if (!table_add(a, tables, &table_status_schema, subject, now_ms, &p[wanted_count], e))
        return false;
    *ret = p;
    *ret_count = wanted_count + 1;
    return true;
}
