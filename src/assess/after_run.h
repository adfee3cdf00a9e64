/*
 * after_run.h - from the captures of a run to an `eval` leaf: has all tests evaluated, compares with what is open, and submits the
 * difference. Evaluating is a step of its own, because it runs in a process that may do nothing else (the worker).
 *
 *     struct assess_run run = {.subject = ..., .run_leaf = ..., .taken_at_ms = ..., .evaluate = ask_the_worker, .context = w};
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
    /* Evaluates all tests over the captures of this run, with the parameters in force as of `parameter_leaf` (-1: none yet). */
    bool (*evaluate)(void *context, int64_t parameter_leaf, struct results *ret, struct err *e);
    void *context;
};

/* What stands behind `evaluate`: all tests over the captures as of the run, sorted and complete in `ret`. */
bool assess_evaluate(struct db *projection, struct captures *captures, struct str subject, int64_t taken_at_ms, int64_t parameter_leaf,
                     struct results *ret, struct err *e) MUST_USE;
/* Results between processes: the canonical lines of result.h. ERR_CORRUPT for anything else. */
void results_encode(const struct results *r, struct buf *out);
bool results_decode(struct str lines, struct results *ret, struct err *e) MUST_USE;

struct assess_outcome {
    struct results results; /* the whole set */
    struct result_counts counts;
    size_t changed; /* lines of the difference */
    int64_t leaf;   /* of the evaluation */
};

bool assess_after_run(struct keeper_client *k, struct db *projection, const struct env *env, struct arena *a,
                      const struct assess_run *run, struct assess_outcome *ret, struct err *e) MUST_USE;

#endif
