/*
 * after_run.h - from the captures of a run to an `eval` leaf: evaluates all tests, compares with what is open, and submits the
 * difference.
 *
 *     struct assess_run run = {.subject = ..., .run_leaf = ..., .taken_at_ms = ..., .captures = c};
 *     struct assess_outcome o;
 *     if (!assess_after_run(keeper, projection, env, arena, &run, &o, &e)) ...
 */
#ifndef ASSESS_AFTER_RUN_H
#define ASSESS_AFTER_RUN_H

#include "assess/stored.h"
#include "keeper/keeper.h"

struct assess_run {
    struct str subject; /* "s:..." */
    int64_t run_leaf;
    int64_t taken_at_ms;
    struct captures *captures; /* as of this run */
};

struct assess_outcome {
    struct results results; /* the whole set */
    struct result_counts counts;
    size_t changed; /* lines of the difference */
    int64_t leaf;   /* of the evaluation */
};

bool assess_after_run(struct keeper_client *k, struct db *projection, const struct env *env, struct arena *a,
                      const struct assess_run *run, struct assess_outcome *ret, struct err *e) MUST_USE;

#endif
