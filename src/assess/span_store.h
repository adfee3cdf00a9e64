/*
 * span_store.h - what tests said of subjects before now: closed spans, packed many to a row (test_span_chunk), in the order in which they ended.
 *
 * A year of a few hundred hosts is millions of them, and every page about a window reads them all: a row each costs a hundred bytes and a microsecond, packed
 * it is under twenty bytes and a fiftieth of that. Only the operation `eval` writes. Within a chunk instants and leaves are told as what they differ by.
 *
 *     struct span_reader r;
 *     struct stored_span s;
 *     span_chunk_open(&r, bytes);
 *     while (span_chunk_next(&r, &s)) ...
 *     if (r.is_damaged) ...
 */
#ifndef ASSESS_SPAN_STORE_H
#define ASSESS_SPAN_STORE_H

#include "assess/result.h"
#include "db/db.h"

struct stored_span {
    int64_t test; /* its row in test_name */
    enum result_status status;
    struct result_counts counts; /* resources by status */
    int64_t from_ms, to_ms;      /* half-open */
    int64_t from_leaf, to_leaf;
};

/* Appends them behind what the subject has; in the order of their ends, none of which lies before those that are there. */
bool spans_append(struct db *db, struct str subject, const struct stored_span *spans, size_t count, struct err *e) MUST_USE;
/* The row of a name in test_name, made where there is none. -1 on failure. */
int64_t test_name_row(struct db *db, struct str name, struct err *e);
/* Indexes of content_tests by row of test_name; SIZE_MAX for tests that this program no longer has. ret_count is one more than the last row. */
bool test_names_load(struct db *db, struct arena *a, const size_t **ret, size_t *ret_count, struct err *e) MUST_USE;

struct span_reader {
    const unsigned char *at, *end;
    int64_t to_ms, to_leaf;
    bool is_damaged;
};
/* The bytes have to stay where they are while they are read. */
void span_chunk_open(struct span_reader *r, struct str bytes);
/* False at the end, and where the bytes make no span: is_damaged. */
bool span_chunk_next(struct span_reader *r, struct stored_span *ret);

#endif
