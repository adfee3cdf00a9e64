/*
 * table.h - typed rows parsed from captures: schemas, rows in memory, and their one canonical encoding.
 *
 * Canonical rows: JSON lines; a header line {"columns":[...],"table":"users","version":1}, then one array a row, in bytewise order of the
 * lines. Texts that are not UTF-8 stand as {"hex":"..."}, null is allowed. Same facts, same bytes: digests are compared on them.
 *
 *     struct rows *r = rows_new(arena, &users_schema);
 *     row_begin(r); row_cstr(r, "root"); row_int(r, 0); ... row_end(r);      // one value a column, in the schema's order
 *     rows_encode(r, &buf);
 */
#ifndef TABLE_TABLE_H
#define TABLE_TABLE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include <stdint.h>

enum column_type {
    COLUMN_TEXT,
    COLUMN_INTEGER, /* unit says of what */
    COLUMN_BOOL,    /* 0 or 1 */
    COLUMN_TIME     /* milliseconds UTC */
};

enum column_flag {
    COLUMN_KEY = 1,      /* equality (and for texts, prefix LIKE and GLOB) on it is pushed down to the gather function */
    COLUMN_PERSONAL = 2, /* names a person */
};

struct column {
    const char *name; /* [a-z][a-z0-9_]* */
    enum column_type type;
    const char *unit; /* "bytes", "days", "" */
    const char *words; /* one sentence for people */
    unsigned flags;
};

struct table_schema {
    const char *name;
    int version; /* goes up whenever the parser's output for the same bytes changes */
    const char *words;    /* one or two sentences: what a row is, where it is read */
    const char *criteria; /* "CC6.1, CC6.3" */
    const char *example;  /* a SELECT that answers a real question */
    const struct column *columns;
    size_t column_count;
};
#define COLUMN_COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum cell_type { CELL_NULL, CELL_TEXT, CELL_INTEGER };
struct cell {
    enum cell_type type;
    int64_t integer;
    struct str text; /* any bytes */
};

struct rows {
    const struct table_schema *schema;
    struct arena *arena;
    struct cell *cells; /* row_count * column_count */
    size_t row_count;
    size_t row_capacity;
    size_t filled;     /* cells of the row being built */
    bool is_over_limit; /* LIMIT_TABLE_ROWS reached: further rows were dropped (the table is then partial) */
};

struct rows *rows_new(struct arena *a, const struct table_schema *schema);
void row_begin(struct rows *r);
void row_text(struct rows *r, struct str value); /* copied; data NULL gives null */
void row_cstr(struct rows *r, const char *value); /* copied; NULL gives null */
void row_int(struct rows *r, int64_t value);
void row_bool(struct rows *r, bool value);
void row_null(struct rows *r);
void row_cell(struct rows *r, struct cell value); /* not copied */
void row_end(struct rows *r); /* asserts that every column was given */
static inline const struct cell *rows_cell(const struct rows *r, size_t row, size_t column)
{
    return &r->cells[row * r->schema->column_count + column];
}

void rows_encode(const struct rows *r, struct buf *out);
/* Columns are matched by name, so rows of an older or newer version can be read: missing ones are null, unknown ones are left out.
 * ret_version is the version in the header. Texts may be views into `bytes`, which must live as long as the rows. ERR_CORRUPT with the line number for anything that rows_encode does not write. */
struct rows *rows_decode(struct arena *a, const struct table_schema *schema, struct str bytes, int *ret_version, struct err *e) MUST_USE;

/* table_status: one row per table and scope of a capture. */
extern const struct table_schema table_status_schema; /* tbl, scope, state, missing, reason */
enum table_state { TABLE_COMPLETE, TABLE_PARTIAL, TABLE_NONE };
const char *table_state_name(enum table_state s); /* "complete", "partial", "none" */
bool table_state_parse(struct str name, enum table_state *ret);

bool table_column_find(const struct table_schema *schema, struct str name, size_t *ret_index);

#endif
