/*
 * draw.h - which items of a frozen population are looked at, so that neither side can have chosen them (ledger.md 6.2). Pure.
 *
 *   commitment = SHA-256(nonce)                            the auditor's, before the population is frozen
 *   seed       = HMAC-SHA-256(key nonce, root of the ledger's head behind the close)
 *   hash(n)    = SHA-256(seed || u64be n)                  of item n: row n of the population's file, counted from 1
 *   sample     = the items with the smallest hashes; of each stratum its own; a replacement or an extension takes the next ones
 *
 * Who keeps the ledger does not know the nonce, who knows the nonce does not know the root: once both are fixed, anybody can draw again.
 */
#ifndef LEDGER_DRAW_H
#define LEDGER_DRAW_H

#include "base/arena.h"
#include "base/err.h"
#include "crypto/crypto.h"

enum { DRAW_NONCE_MIN = 16, DRAW_NONCE_MAX = 64, DRAW_STRATA_MAX = 1000, DRAW_LABEL_MAX = 100 };
#define DRAW_ROWS_MAX INT64_C(20000000)

enum draw_method { DRAW_RANDOM, DRAW_SYSTEMATIC, DRAW_FULL };
const char *draw_method_name(enum draw_method m); /* "random", "systematic", "full" */
bool draw_method_of(struct str name, enum draw_method *ret);

/* Of the nonce as typed: 16 to 64 bytes in lower-case hex. False: it is not that. */
bool draw_commitment(struct str nonce_hex, struct sha256 *ret) MUST_USE;
bool draw_seed(struct str nonce_hex, struct sha256 root, struct sha256 *ret) MUST_USE;
struct sha256 draw_hash(struct sha256 seed, int64_t item);

struct draw {
    enum draw_method method;
    struct sha256 seed;
    int64_t rows;            /* items 1 to rows */
    int64_t size;
    const uint32_t *stratum; /* of item n at [n - 1]; NULL: all are one */
    uint32_t strata;         /* how many; 1 without */
};
/* How many of each stratum: in proportion, at least one of each, no more than it has; they sum up to `size`, or to the number of strata where that is
 * more. `rows` and `ret` have a place for each. */
void draw_strata_sizes(const int64_t *rows, uint32_t strata, int64_t size, int64_t *ret);
/* The items in the order drawn: by stratum, then by hash; systematic ones by number. In `a`. */
bool draw_items(struct arena *a, const struct draw *d, int64_t **ret, size_t *ret_count, struct err *e) MUST_USE;
/* The next `count` items that are not among `taken`, by hash; of one stratum, or of all (UINT32_MAX). Fewer where there are no more. */
bool draw_next(struct arena *a, const struct draw *d, const int64_t *taken, size_t taken_count, uint32_t stratum, size_t count, int64_t **ret, size_t *ret_count,
               struct err *e) MUST_USE;

/* SHA-256 over the items, "17\n3\n", in the order drawn: what the ledger says of them. */
struct sha256 draw_digest(const int64_t *items, size_t count);

/* Strata of a population's file (record/frozen.h: a heading {"columns":[…]}, then an array a row): the value of `column` in each, or of "column:month" its
 * first seven characters ("2026-03"). Labels are sorted bytewise, so that the order of rows does not name them. ERR_INVALID: no such column, too many. */
struct draw_strata {
    uint32_t *of; /* of item n at [n - 1] */
    struct str *labels;
    int64_t *rows;
    uint32_t count;
};
bool draw_strata_read(struct arena *a, struct str file, int64_t rows, struct str column, struct draw_strata *ret, struct err *e) MUST_USE;

#endif
