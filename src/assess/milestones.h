/*
 * milestones.h - the days of an examination: made from templates (content/milestones.yaml), and forecast from what is late. Pure; rules of
 * soc2-domain.md 4.4.
 *
 * A milestone that is not reached is forecast for its planned day, or as long after the last of what it waits for as was planned, if that is later; one
 * that waits for requests as many days after its planned one as the latest of them is late. None is forecast for a day that has gone, and none for one on which nobody
 * works, but for those that the calendar brings by itself. More lateness never makes a forecast earlier (milestones_test.c holds that as a property).
 */
#ifndef ASSESS_MILESTONES_H
#define ASSESS_MILESTONES_H

#include "assess/evaluate.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"

/* content/milestones.yaml: [{"id","kind","base","days","side","title","fixed","requests","after":[id]}] */
const struct json *milestone_templates(struct arena *a, struct err *e);
/* The day that a template means for a window (Type 1: the as-of day alone). */
int64_t milestone_day(const struct json *template, struct days window, const struct calendar *c);

enum milestone_cause { CAUSE_NONE, CAUSE_TODAY, CAUSE_AFTER, CAUSE_REQUESTS };
struct milestone {
    int64_t planned;
    int64_t actual; /* DAY_NONE: not reached */
    bool is_dropped, is_fixed, waits_for_requests;
    const size_t *after; /* places in the array */
    size_t after_count;
    /* found by milestones_forecast */
    int64_t forecast;
    enum milestone_cause cause; /* of its being later than planned */
    size_t cause_place;         /* CAUSE_AFTER: which one */
    bool is_in_circle;          /* it waits for itself, by however many others */
};
/* requests_late_days: of the latest request that we owe an answer to; 0: none is late. */
void milestones_forecast(const struct calendar *c, struct milestone *items, size_t count, int64_t today, int64_t requests_late_days);

#endif
