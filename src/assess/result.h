/*
 * result.h - what a test says of a resource: pass, fail, unknown or skip, and the reason.
 *
 * `unknown` is everything that could not be observed: missing tables, errors, timeouts. `skip` is shown as "not applicable".
 * Texts are UTF-8 without control characters other than LF and TAB (test_run makes them so) and live in the arena of their set.
 * The canonical form of a set is its JSON lines ["test","resource","status","reason"], sorted by test and resource: same facts,
 * same bytes. Digests of result sets are taken over it.
 */
#ifndef ASSESS_RESULT_H
#define ASSESS_RESULT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/crypto.h"
#include <stdint.h>

enum result_status { RESULT_SKIP, RESULT_PASS, RESULT_UNKNOWN, RESULT_FAIL }; /* in this order: a larger one is worse */

const char *result_status_name(enum result_status s);  /* "pass", "fail", "unknown", "skip" */
const char *result_status_words(enum result_status s); /* "Pass", "Fail", "Unknown", "Not applicable" */
bool result_status_parse(struct str name, enum result_status *ret);

/* The reason of results that are unknown because what evaluation (leaf) found was erased. */
#define ERASED_REASON "what evaluation %lld found was erased"

struct result {
    struct str test;
    struct str resource;
    enum result_status status;
    struct str reason;
};

/* An array in an arena. `items` of a finished set are sorted by test, then resource, bytewise, without duplicates of the pair. */
struct results {
    struct arena *arena;
    struct result *items;
    size_t count;
    size_t capacity;
};

struct result_counts {
    int64_t of[4]; /* by enum result_status */
};

void results_init(struct results *r, struct arena *a);
/* Copies the texts into the set's arena. */
void results_add(struct results *r, struct str test, struct str resource, enum result_status status, struct str reason);
/* Sorts [from, count); of two with the same test and resource the worse stays (then the one whose reason sorts first). */
void results_finish(struct results *r, size_t from);
int result_compare(const struct result *a, const struct result *b); /* by test, then resource */
bool result_same(const struct result *a, const struct result *b);   /* all four members */
struct result_counts results_count(const struct result *items, size_t count);
/* fail > unknown > pass > skip; skip for no result at all. */
enum result_status result_counts_worst(const struct result_counts *c);
/* Appends one line of the canonical form; `sign` "+" or "-" (without status and reason) makes the lines of a change, NULL of a
 * set. */
void result_write(struct buf *b, const char *sign, const struct result *r);
struct sha256 results_digest(const struct result *items, size_t count);

#endif
