/*
 * after_run.h - from the captures of a run to an `eval` leaf: evaluates all tests, compares with what is open, and submits the difference.
 *
 *     struct assess_run run = {.subject = ..., .run_leaf = ..., .taken_at_ms = ..., .providers = p, .provider_count = n};
 *     struct assess_outcome o;
 *     if (!assess_after_run(keeper, projection, env, arena, &run, &o, &e)) ...
 */
#ifndef ASSESS_AFTER_RUN_H
#define ASSESS_AFTER_RUN_H

#include "assess/test_run.h"
#include "keeper/keeper.h"

struct assess_run {
    struct str subject; /* "s:..." */
    int64_t run_leaf;
    int64_t taken_at_ms;
    const struct table_provider *providers; /* over the captures of this run; table_status among them */
    size_t provider_count;
};

struct assess_outcome {
    struct results results; /* the whole set */
    struct result_counts counts;
    size_t changed; /* lines of the difference */
    int64_t leaf;   /* of the evaluation */
};

/* The values in force as of a leaf (-1: none yet); ret_leaf is the newest parameter leaf up to there, -1 without one. */
bool parameter_values(struct db *projection, struct arena *a, int64_t leaf_limit, struct test_value **ret, size_t *ret_count, int64_t *ret_leaf,
                      struct err *e) MUST_USE;
/* The open results of a subject, sorted. */
bool results_open(struct db *projection, struct str subject, struct results *ret, struct err *e) MUST_USE;
/* The blob of an evaluation (see ops.h): empty when nothing changed. */
struct str results_difference(struct arena *a, int64_t at_ms, const struct results *before, const struct results *after, size_t *ret_changed);
bool assess_after_run(struct keeper_client *k, struct db *projection, const struct env *env, struct arena *a, const struct assess_run *run,
                      struct assess_outcome *ret, struct err *e) MUST_USE;

#endif
