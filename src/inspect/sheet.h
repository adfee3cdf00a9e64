/*
 * sheet.h - the cells of an Excel workbook (ECMA-376): its first visible sheet as rows of texts, for what people import. The bytes are hostile until
 * shown otherwise, so who calls sits in a jail (role/inspect.c); everything is bounded, and nothing is computed: of a formula its stored value is taken.
 *
 * Texts are as they stand there, numbers as digits ("12.5"), days as 2026-11-02 (with a time: 2026-11-02T10:30:00), yes and no as TRUE and FALSE,
 * errors as #N/A. Rows and cells that the file leaves out are empty; empty rows at the end are not given.
 *
 *     struct sheet s;
 *     if (!sheet_cells_read(arena, bytes, &s, &e)) ... e says why
 *     sheet_cell(&s, 0, 2)                                   // row 1, column C
 */
#ifndef INSPECT_SHEET_H
#define INSPECT_SHEET_H

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"

enum {
    SHEET_ROWS_MAX = 20000,
    SHEET_COLUMNS_MAX = 200,
    SHEET_CELLS_MAX = 400000,          /* that hold something */
    SHEET_CELL_BYTES = 32767,          /* what Excel takes, of one cell */
    SHEET_TEXT_BYTES = 8 << 20,        /* of all cells */
    SHEET_PART_BYTES = 64 << 20,       /* of one part, expanded */
    SHEET_JSON_BYTES = 24 << 20
};

struct sheet {
    struct str name;
    size_t sheets;          /* of the workbook */
    size_t rows, columns;
    struct str *cells;      /* rows * columns */
};

/* ERR_INVALID: it is no workbook, or broken; ERR_TOO_LARGE: more than the limits; ERR_UNSUPPORTED: encrypted. */
bool sheet_cells_read(struct arena *a, struct str bytes, struct sheet *ret, struct err *e) MUST_USE;
static inline struct str sheet_cell(const struct sheet *s, size_t row, size_t column)
{
    return row < s->rows && column < s->columns ? s->cells[row * s->columns + column] : STR("");
}
/* "B12" is row 12, column 2; false: no such name. */
bool sheet_place(struct str name, size_t *ret_row, size_t *ret_column);
/* {"name","sheets","rows":[[text]]} */
struct json *sheet_json(struct arena *a, const struct sheet *s);

/* The same by the process that looks, over its socket: for who must not read such bytes itself. NULL on failure; ERR_UNAVAILABLE, ERR_TIMEOUT: it is away. */
struct json *sheet_ask(int fd, struct arena *a, struct str bytes, struct err *e);

#endif
