/*
 * view_population.h - view models of the populations of an engagement: which controls have one, one with its rows, what is checked of it, what it was held
 * against. As in view.h, view_record.h and view_audit.h.
 *
 *   POP   {"id","title","url",STATUS,"state","ipe":"not_checked","controls":[LINK],"system","kind_words","rows","from","to","run":TIME,"run_by","open":N (differences)}
 */
#ifndef REPORT_VIEW_POPULATION_H
#define REPORT_VIEW_POPULATION_H

#include "report/view_record.h"

enum { POPULATION_ROWS_SHOWN = 50, POPULATION_CELL_SHOWN = 200 };

/* {"title","as_of","nav","engagement","tabs","rows":[POP],"needed":N,"covered":N,"checked":N (controls whose performance is told by events),
 *  "missing":[{"id","title","url","owner","model_words","template":{"id","title","system","kind_words"} or null}],
 *  "library":[{"id","title","system","kind_words","controls":[ids],"words","is_taken"}],"from","to","may_create"} */
struct json *view_populations(struct view *v, const struct view_records *r, struct str engagement, struct err *e);

struct population_shown {
    struct str q;   /* rows that hold it, whatever the case; "" all */
    int64_t from;   /* the first row that is shown, from 1 */
    int64_t count;  /* 0: POPULATION_ROWS_SHOWN; at most 1000 */
};
/* {"title","as_of","nav","engagement","tabs",POP,"version","query","parameters","sla","roles","columns":[text],"digest","as_of_leaf","leaf_url","control_total","download",
 *  "is_frozen","may_change","is_import","check":{"is_possible","is_allowed","why_not"},"steps":[{"id","label"}] (that take a reason),"checks":[{"letter":"a","label","value",STATUS}] (a to h),
 *  "tamper":{STATUS,"why"},"sequence":null|{"words",STATUS},"traced":{"rows":[{"n","cells":[text]}],"numbers":"3 17"},"traced_words",
 *  "shown":{"q","from","count","total","found","after":N or 0,"rows":[{"n","cells":[text]}],"why":"" or why none},
 *  "differences":[{"id","number","item","kind","kind_words","detail","row_here","row_there","other":LINK,"state",STATUS,"explanation","version","url","may_explain"}],
 *  "others":[{"id","title","rows"}] (frozen ones of the engagement),"suggested":{"other","columns"},"evidence":[{"id","title"}]} */
struct json *view_population(struct view *v, const struct view_records *r, struct str engagement, struct str id, const struct population_shown *shown, struct err *e);

#endif
