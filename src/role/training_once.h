/*
 * training_once.h - what follows by itself in training: assignments of campaigns that run, renewals, leavers, managers who are told. What the schedule does.
 */
#ifndef ROLE_TRAINING_ONCE_H
#define ROLE_TRAINING_ONCE_H

#include "base/env.h"
#include "keeper/keeper.h"

/* ret_count: changes made. False: the keeper is away. */
bool training_submit(struct keeper_client *k, struct db *db, const struct env *env, int64_t today, size_t *ret_count, struct err *e) MUST_USE;

#endif
