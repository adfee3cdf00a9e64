/*
 * people_once.h - joiners, movers, leavers, and the roster against the accounts: does what is due (assess/lifecycle.h, assess/reconcile_records.h). What the
 * schedule of `assay serve` and the commands do alike.
 */
#ifndef ROLE_PEOPLE_ONCE_H
#define ROLE_PEOPLE_ONCE_H

#include "base/env.h"
#include "keeper/keeper.h"

/* Where the last look ended: while nothing changed on the same day, the accounts are not compared again. Zero at first. */
struct people_seen {
    int64_t leaf, day;
};
/* ret_count: changes made. What is refused is said on standard error, once a process and key, and does not hold up the rest. */
bool people_submit(struct keeper_client *k, struct db *db, const struct env *env, int64_t today, struct people_seen *seen, size_t *ret_count, struct err *e) MUST_USE;

#endif
