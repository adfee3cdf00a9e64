/*
 * subject_now.h - what every test says of one subject now (its test_span rows) as one text in the projection, so that "where do we
 * stand" reads one row a host instead of one a host and test.
 *
 * The text has a line each test, in the order of their names: "test status pass fail unknown skip from_leaf from_t\n". The operation that
 * changes test_span writes it again; nobody else does.
 *
 *     struct subject_now_line line;
 *     while (subject_now_next(&text, &line)) ...
 *     if (text.size > 0) ...                                  // damaged
 */
#ifndef ASSESS_SUBJECT_NOW_H
#define ASSESS_SUBJECT_NOW_H

#include "assess/result.h"
#include "db/db.h"

struct subject_now_line {
    struct str test;
    enum result_status status;
    struct result_counts counts;
    int64_t from_leaf, from_ms;
};

bool subject_now_write(struct db *db, struct str subject, struct err *e) MUST_USE;
/* Takes a line off the text. False at its end, and where it cannot be read: then the text is not empty. */
bool subject_now_next(struct str *text, struct subject_now_line *ret);

#endif
