/*
 * policy_duties.h - what happens to policies because a day has come: a version that is approved comes into force on its day, the one before goes, the policy's
 * next review follows, and its owner gets a task for it. Part of duties_due (duties.h).
 */
#ifndef ASSESS_POLICY_DUTIES_H
#define ASSESS_POLICY_DUTIES_H

#include "assess/duties.h"

enum { POLICY_TASK_DAYS = 30 }; /* before the review is due */

bool policy_duties_due(struct db *db, struct arena *a, int64_t today, struct duty **ret, size_t *ret_count, struct err *e) MUST_USE;

#endif
