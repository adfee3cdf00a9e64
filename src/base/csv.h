/*
 * csv.h - RFC 4180 writing (and, when imports come, reading). A cell starting with = + - @ or a tab gets a leading ' so that no
 * spreadsheet takes it for a formula.
 */
#ifndef BASE_CSV_H
#define BASE_CSV_H

#include "base/buf.h"
#include "base/str.h"

/* Appends one cell, with a comma before it unless it is the first of its line. */
void csv_cell(struct buf *b, bool is_first, struct str text);
void csv_end_line(struct buf *b); /* CR LF */

#endif
