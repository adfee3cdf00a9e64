/* query_print.h - the answer of a SELECT on standard output, as a table for people, CSV or JSON; rows are printed as they come.
 */
#ifndef CLI_QUERY_PRINT_H
#define CLI_QUERY_PRINT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct sqlite3;

enum query_format { QUERY_TABLE, QUERY_CSV, QUERY_JSON };
bool query_format_parse(struct str name, enum query_format *ret);
/* Runs the one statement in `sql`. ERR_INVALID with the engine's words when it is no valid SELECT or fails, ERR_LIMIT after
 * LIMIT_QUERY_ROWS rows, ERR_UNAVAILABLE when standard output fails. */
bool query_print(struct sqlite3 *db, struct str sql, enum query_format format, struct err *e) MUST_USE;
/* What a terminal may see of `text`, in `a`: no control characters, no broken UTF-8. */
struct str query_printable(struct arena *a, struct str text);

#endif
