/*
 * roster_once.h - directories (LDAP) that are asked every night who works here: sources of assay sign-in whose setting `roster` says so. What is new becomes
 * changes of people's records, as by `assay people sync`; the same answer again changes nothing.
 */
#ifndef ROLE_ROSTER_ONCE_H
#define ROLE_ROSTER_ONCE_H

#include "base/env.h"
#include "keeper/data_dir.h"
#include "keeper/keeper.h"

enum { ROSTER_HOUR = 2 }; /* where the organisation is: from then on, once a day */

struct roster_nights {
    int fd;              /* to a process of the role connect */
    int64_t asked_day;   /* all were asked on this day; 0: not since this process began */
    int64_t again_ms;    /* monotonic: after one did not answer */
};
/* What goes wrong with one directory is said once on standard error, and asked again later; false: the keeper or the database is away. */
bool rosters_submit(struct roster_nights *n, struct keeper_client *k, const struct data_dir *d, struct db *db, const struct env *env, int64_t today, int hour, struct err *e) MUST_USE;

#endif
