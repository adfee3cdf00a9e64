/*
 * csv.h - RFC 4180 writing and reading. A cell that begins as a formula does gets a leading ' so that no spreadsheet takes it for one.
 */
#ifndef BASE_CSV_H
#define BASE_CSV_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* It begins with = + - @ (or these as wide as CJK letters, which some spreadsheets take for the same), a tab or a line's end. */
bool csv_is_formula(struct str text);
/* Appends one cell, with a comma before it unless it is the first of its line. */
void csv_cell(struct buf *b, bool is_first, struct str text);
void csv_end_line(struct buf *b); /* CR LF */

/* Reading: quoted cells may hold separators, lines and doubled quotes; the separator is what the heading has most of, comma, semicolon or
 * tab; a byte order mark is passed over. At the end of the text `rest` is empty. */
struct csv_reader {
    struct str rest;
    int line, row_line; /* row_line: where the row that was read last begins, from 1 */
    size_t rows;        /* read so far, blank ones too: the number beside the last one in a spreadsheet, where the heading is row 1 */
    char separator;
};
void csv_reader_init(struct csv_reader *r, struct str text);
/* ERR_INVALID "line 3: ...", ERR_LIMIT. Cells lie in the text or in `a`. */
bool csv_read_row(struct csv_reader *r, struct arena *a, struct str *cells, size_t cells_max, size_t *ret_count, struct err *e) MUST_USE;

#endif
