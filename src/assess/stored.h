/*
 * stored.h - what the projection holds of results and parameters, in the words of the test runner.
 */
#ifndef ASSESS_STORED_H
#define ASSESS_STORED_H

#include "assess/test_run.h"
#include "collect/captures.h"
#include "db/db.h"

/* Lets tests run over captures: providers and ages of `inputs`, whose subject is set. In `a`; `captures` must outlive them. */
void inputs_over_captures(struct arena *a, struct captures *captures, struct test_inputs *inputs);
/* The values in force as of a leaf (-1: none yet); ret_leaf is the newest parameter leaf up to there, -1 without one. */
bool parameter_values(struct db *projection, struct arena *a, int64_t leaf_limit, struct test_value **ret, size_t *ret_count,
                      int64_t *ret_leaf, struct err *e) MUST_USE;
/* The value of one as of a leaf; its default where nobody set it. `name` exists. */
struct str parameter_value(struct db *projection, struct arena *a, const char *name, int64_t leaf_limit, struct err *e);
/* The open results of a subject, sorted. */
bool results_open(struct db *projection, struct str subject, struct results *ret, struct err *e) MUST_USE;
/* The blob of an evaluation (see ops.h): empty when nothing changed. */
struct str results_difference(struct arena *a, int64_t at_ms, const struct results *before, const struct results *after,
                              size_t *ret_changed);

#endif
