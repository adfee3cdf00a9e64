/*
 * duties.h - what the program does by itself because a day has come: registers the performances that controls owe, marks those that were missed and
 * opens their deviations, makes the next task of a row, tells somebody of a late one, ends exceptions.
 *
 * Reads the projection and says which changes are due; whoever asked submits them as `system:schedule`. Each has a key that belongs to it for ever, so
 * that the same duty, asked for again (after a crash, by a second server), is the same operation.
 */
#ifndef ASSESS_DUTIES_H
#define ASSESS_DUTIES_H

#include "assess/calendar.h"
#include "record/record.h"

#define DUTY_ACTOR "system:schedule"

struct duty {
    struct str key; /* "occurrence/GOV-02/2026-12-31" */
    struct record_change change;
};

enum { DUTY_HORIZON_DAYS = 100, DUTY_ANSWER_DAYS = 14 };

/* The organisation's holidays. */
bool calendar_load(struct db *db, struct arena *a, struct calendar *ret, struct err *e) MUST_USE;
/* All that is due on `today`, a local date. Some follow from others (a deviation from a missed performance): ask again until there are none. */
bool duties_due(struct db *db, struct arena *a, int64_t today, struct duty **ret, size_t *ret_count, struct err *e) MUST_USE;

#endif
