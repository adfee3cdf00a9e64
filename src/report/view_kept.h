/*
 * view_kept.h - what every page shows and only a new leaf or a new minute changes: kept between requests, for all threads of a process.
 *
 * The navigation tells how much needs attention, which takes the whole assessment: many times what the rest of a page costs. It is kept
 * under the newest leaf and the minute; the first page behind a leaf that may change it computes it anew, so that none shows what was.
 */
#ifndef REPORT_VIEW_KEPT_H
#define REPORT_VIEW_KEPT_H

#include "report/view.h"

struct view_kept *view_kept_new(void); /* NULL: no memory */
struct view_kept *view_kept_free(struct view_kept *k);

struct nav_facts {
    int64_t controls, tests, criteria, evidence; /* that need attention */
    int64_t last_run_ms, subjects;
    bool is_stale;
};
/* Those of the view: kept ones, or by `compute`, which fills ret from the view's assessment. */
bool view_kept_nav(struct view *v, bool (*compute)(struct view *v, struct nav_facts *ret, struct err *e), struct nav_facts *ret, struct err *e) MUST_USE;

/* What people owe, kept the same way: people_kept.h. */
struct people_kept;
struct people_kept *view_kept_people(struct view_kept *k);

#endif
