/* table.c - rows in memory. */
#include "table/table.h"
#include "base/limits.h"
#include <assert.h>

struct rows *rows_new(struct arena *a, const struct table_schema *schema)
{
    struct rows *r = ARENA_NEW(a, struct rows);
    r->schema = schema;
    r->arena = a;
    return r;
}

void row_begin(struct rows *r)
{
    size_t column_count = r->schema->column_count;
    assert(r->filled == 0);
    if (r->row_count == r->row_capacity)
        r->cells = arena_grow(r->arena, r->cells, r->row_count, &r->row_capacity, column_count * sizeof(struct cell));
}

static struct cell *next_cell(struct rows *r)
{
    assert(r->filled < r->schema->column_count);
    return &r->cells[r->row_count * r->schema->column_count + r->filled++];
}

void row_text(struct rows *r, struct str value)
{
    struct cell *c = next_cell(r);
    if (!value.data) {
        *c = (struct cell){.type = CELL_NULL};
        return;
    }
    *c = (struct cell){.type = CELL_TEXT, .text = arena_str(r->arena, value)};
}

void row_cstr(struct rows *r, const char *value)
{
    row_text(r, str_of(value));
}

void row_int(struct rows *r, int64_t value)
{
    *next_cell(r) = (struct cell){.type = CELL_INTEGER, .integer = value};
}

void row_bool(struct rows *r, bool value)
{
    row_int(r, value ? 1 : 0);
}

void row_null(struct rows *r)
{
    *next_cell(r) = (struct cell){.type = CELL_NULL};
}

void row_cell(struct rows *r, struct cell value)
{
    *next_cell(r) = value;
}

void row_end(struct rows *r)
{
    assert(r->filled == r->schema->column_count);
    r->filled = 0;
    if (r->row_count >= LIMIT_TABLE_ROWS)
        r->is_over_limit = true;
    else
        r->row_count++;
}

bool table_column_find(const struct table_schema *schema, struct str name, size_t *ret_index)
{
    for (size_t i = 0; i < schema->column_count; i++)
        if (str_is(name, schema->columns[i].name)) {
            *ret_index = i;
            return true;
        }
    return false;
}

const char *table_state_name(enum table_state s)
{
    switch (s) {
    case TABLE_COMPLETE:
        return "complete";
    case TABLE_PARTIAL:
        return "partial";
    case TABLE_NONE:
        break;
    }
    return "none";
}

bool table_state_parse(struct str name, enum table_state *ret)
{
    for (enum table_state s = TABLE_COMPLETE; s <= TABLE_NONE; s++)
        if (str_is(name, table_state_name(s))) {
            *ret = s;
            return true;
        }
    return false;
}

static const struct column status_columns[] = {
    {"tbl", COLUMN_TEXT, "", "The table.", COLUMN_KEY},
    {"scope", COLUMN_TEXT, "", "Which part of it: a path, a user; empty for the whole table."},
    {"state", COLUMN_TEXT, "", "complete (read fully), partial (something is missing) or none (not read at all)."},
    {"missing", COLUMN_TEXT, "", "What is missing; null when nothing is."},
    {"reason", COLUMN_TEXT, "", "Why it is missing; null when nothing is."},
};

const struct table_schema table_status_schema = {
    .name = "table_status",
    .version = 1,
    .words =
        "How well each table was read: one row for a table that was read fully, otherwise one row for each part that is missing. "
        "A test whose table is not complete concludes UNKNOWN for what is missing.",
    .criteria = "CC4.1",
    .example = "SELECT tbl, scope, missing, reason FROM table_status WHERE state <> 'complete'",
    .columns = status_columns,
    .column_count = COLUMN_COUNT(status_columns),
};
