/*
 * reconcile_records.h - the roster, systems and accounts as the records say them, what does not agree, and the records of the differences: a new one is
 * opened, one that is mended goes, one that comes back opens again and its explanation with it ends.
 */
#ifndef ASSESS_RECONCILE_RECORDS_H
#define ASSESS_RECONCILE_RECORDS_H

#include "assess/lifecycle.h"
#include "assess/reconcile.h"

struct reconciliation {
    struct roster_facts facts;
    struct roster_difference *items;
    size_t count;
    struct roster_counts counts;
};
/* As of a leaf (INT64_MAX: now). */
bool reconciliation_load(struct db *db, struct arena *a, int64_t today, int64_t leaf_limit, struct reconciliation *ret, struct err *e) MUST_USE;
/* The newest leaf that the reconciliation stands on: where it is the same (and the day), nothing is due. */
int64_t reconciliation_newest(struct db *db, struct err *e);
/* As lifecycle_due: pieces of up to DIFFERENCES_AT_ONCE changes. Nothing before the first extract and the first person. */
enum { DIFFERENCES_AT_ONCE = 500 };
bool reconciliation_due(struct db *db, struct arena *a, int64_t today, struct lifecycle_work **ret, size_t *ret_count, struct err *e) MUST_USE;

#endif
