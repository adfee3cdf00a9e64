/*
 * run_once.h - one assessment: collect a host, record the run, evaluate the tests over it, record the evaluation. What `assay
 * collect` and the schedule of `assay serve` both do.
 */
#ifndef ROLE_RUN_ONCE_H
#define ROLE_RUN_ONCE_H

#include "assess/after_run.h"
#include "collect/collect_run.h"

struct run_once {
    const struct collect_options *collect;
    struct collect_outcome collected;
    struct assess_outcome assessed;
};
/* r->collect in, the rest out (in `a`). r->assessed is filled only when true is returned; r->collected.run_leaf is above 0 once
 * the run is recorded. */
bool run_once(struct keeper_client *k, const struct data_dir *d, struct arena *a, struct run_once *r, struct err *e) MUST_USE;

#endif
