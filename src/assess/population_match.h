/*
 * population_match.h - two populations held against one another by key columns: what one has and the other lacks, and what they say differently. Pure:
 * rows in any order give the same differences in the same order, and with the sides changed the same ones the other way round.
 *
 * Keys are compared without the blanks around them and without the case of A to Z. A key that stands several times is matched as often as the other side
 * has it. A row whose key is empty is nobody's.
 */
#ifndef ASSESS_POPULATION_MATCH_H
#define ASSESS_POPULATION_MATCH_H

#include "assess/population.h"

enum { MATCH_COLUMNS_MAX = 8, MATCH_DIFFERENCES_MAX = 2000 };
enum match_kind { MATCH_MISSING_HERE, MATCH_MISSING_THERE, MATCH_DIFFERS };
const char *match_kind_name(enum match_kind k); /* "missing_here" */

struct match_side {
    const struct frozen *rows;
    size_t keys[MATCH_COLUMNS_MAX], values[MATCH_COLUMNS_MAX]; /* columns, one beside the other's of the same place */
};
struct match_difference {
    enum match_kind kind;
    struct str item;   /* the key as the side that has it writes it: "Ann Field" or "PAY · 17" */
    struct str detail; /* what differs, with both values; else "" */
    size_t row_here, row_there; /* 0: none */
};
struct match_counts {
    size_t here, there, matched, missing_here, missing_there, differing;
};
/* "name,left_on=last_day": columns of both, by commas; what stands behind = is the other's. ERR_INVALID names one that is not there. */
bool match_columns(struct str text, const struct frozen *here, const struct frozen *there, size_t *ret_here, size_t *ret_there, size_t *ret_count, struct err *e) MUST_USE;
/* In the order of keys. ERR_LIMIT: more than MATCH_DIFFERENCES_MAX, that is, not the same things. */
bool population_match(struct arena *a, const struct match_side *here, const struct match_side *there, size_t key_count, size_t value_count, struct match_difference **ret,
                      size_t *ret_count, struct match_counts *ret_counts, struct err *e) MUST_USE;

/* The changes that record what is not recorded yet between these two: numbered on from what there is. ret_known: how many were there. */
bool population_match_changes(struct db *db, struct arena *a, struct str here, struct str there, const struct match_difference *items, size_t count, struct record_change **ret,
                              size_t *ret_count, size_t *ret_known, struct err *e) MUST_USE;

/* ---- all of it, as a page and a command do it ---- */

struct reconciliation {
    struct match_difference *items;
    size_t count, known;          /* known: were recorded before */
    struct match_counts counts;
    struct record_change *changes; /* that record what is new */
    size_t change_count;
};
/* Two populations of one engagement, by columns as people name them. `big` takes the rows. ERR_INVALID: "keys: …" or "values: …". ERR_CONFLICT: one of them is
 * said to be complete and accurate, and something new differs: that is taken back first. */
bool population_reconcile(struct db *db, struct arena *a, struct arena *big, const struct blob_opener *blobs, const struct population *here, struct str other, struct str keys,
                          struct str values, struct reconciliation *ret, struct err *e) MUST_USE;

#endif
