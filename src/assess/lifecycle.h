/*
 * lifecycle.h - joiners, movers and leavers: what a person's record says becomes a checklist with a day for each step (content/lifecycle.yaml), steps
 * are proven by what other records and extracts of accounts show, and what is late is a deviation of its control.
 *
 * Reads the projection and says which changes are due; whoever asked submits each piece as one operation of `system:schedule`. A piece's key belongs
 * to it for ever: asked for again, it is the same operation. References between the changes of a piece are "new:N" (record_number).
 */
#ifndef ASSESS_LIFECYCLE_H
#define ASSESS_LIFECYCLE_H

#include "assess/calendar.h"
#include "record/record.h"

enum {
    LIFECYCLE_BACK_DAYS = 30, /* who began or left longer before their record came in was dealt with elsewhere */
    LIFECYCLE_SAME_DAYS = 60, /* a first or last day moved by less is the same event */
    LIFECYCLE_ANSWER_DAYS = 14
};

struct lifecycle_work {
    struct str key; /* "leaver/P-0001/3" */
    struct record_change *changes;
    size_t count, capacity;
};

/* All that is due on `today`, a local date. Some follow from others: ask again until there are none. */
bool lifecycle_due(struct db *db, struct arena *a, int64_t today, struct lifecycle_work **ret, size_t *ret_count, struct err *e) MUST_USE;

/* content/lifecycle.yaml as it was checked. */
const struct json *lifecycle_content(struct arena *a, struct err *e);
/* Is the kind of person in a list of it ("screened", "equipped", "accounted")? */
bool lifecycle_concerns(const struct json *content, const char *list, struct str kind);
/* The last day on which something is in time: `within` days (a number, or a parameter) after `day`. */
int64_t lifecycle_deadline(const struct calendar *c, int64_t day, int64_t within, bool is_business);
/* Hours from the end of the last day until `at_ms`, begun ones counted; 0 before. */
int64_t lifecycle_lag_hours(int64_t last_day, int64_t at_ms);

#endif
