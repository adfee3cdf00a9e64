/*
 * request_answer.h - what is handed in with a request, as one change; and lists of requests as rows: to the firm's form and back.
 *
 * Rows are what a CSV file or an Excel sheet holds (inspect/sheet.h), the words of its headings say what its columns are. Nothing is written here:
 *
 *     struct request_import in;
 *     if (!request_import_read(db, a, types, &engagement, rows, mapping, access, now, &in, &e)) ...
 *     in.problems                                    // every one by row and column; empty: record_op(in.changes) does it
 *     in.columns                                     // what each was taken for; what no field takes goes into the words of the request, so nothing is lost
 */
#ifndef ASSESS_REQUEST_ANSWER_H
#define ASSESS_REQUEST_ANSWER_H

#include "assess/requests.h"

struct request_answer {
    struct str id, text;
    bool has_text;
    int64_t version;
    struct strings evidence, policies, registers; /* added to what is given already */
    const struct op_blob *files;                  /* sealed, with their values in file_values */
    const struct json *file_values;               /* array; NULL: none */
    size_t file_count;
};
/* The move "submit" with all of it. Registers become files: CSV of what `x` may read of them, as they are now. */
bool request_answer_change(struct db *db, const struct env *env, struct arena *a, struct record_types *types, const struct access *x, int64_t now_ms,
                           const struct request_answer *w, struct record_change *ret, struct err *e) MUST_USE;

/* [[heading…],[cell…]…] of an engagement's requests, as `x` may read them: Id, Firm's number, From the list, Request, Exactly, Kind, Phase, Criteria, Controls, Owner,
 * Asked on, Due on, State, Answer, Sent back, Last comment. */
struct json *request_rows(struct db *db, struct arena *a, struct record_types *types, struct str engagement, const struct access *x, int64_t now_ms, struct err *e);

struct request_import {
    struct record_change *changes;
    size_t *rows;         /* of the file, from 1: where each change is from */
    size_t count;
    size_t made, changed, same, unknown; /* rows; unknown: with an id that is not here */
    size_t header_row;    /* from 1 */
    struct json *columns; /* [{"column":"B","heading","field" or "","label","is_kept":its text goes into the words}] */
    struct json *plan;    /* [{"row","act":"new"|"changed"|"same"|"unknown","id","title","fields":[label]}] */
    struct json *problems; /* [{"row","column","why"}] */
};
/* rows: array of arrays of texts. mapping: {"heading": field or ""} instead of what the words of a heading say; NULL: none. */
bool request_import_read(struct db *db, struct arena *a, struct record_types *types, const struct engagement *g, const struct json *rows, const struct json *mapping,
                         const struct access *x, int64_t now_ms, struct request_import *ret, struct err *e) MUST_USE;
/* The same rows from CSV text. NULL: it is none. */
struct json *request_rows_csv(struct arena *a, struct str text, struct err *e);
/* And such rows as CSV text. ERR_TOO_LARGE. */
enum { REQUEST_LIST_BYTES_MAX = 24 << 20 };
bool request_rows_text(struct arena *a, const struct json *rows, struct str *ret, struct err *e) MUST_USE;
/* The field that the words of a heading mean; "" none; "-": one of ours that is not read back. */
const char *request_heading_field(struct str heading);

#endif
