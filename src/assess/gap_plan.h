/*
 * gap_plan.h - which gap comes first, and when all of them are closed if people work at it from today. Pure; rules of soc2-domain.md 5.2.
 *
 * Severity is impact times likelihood, 1 to 9. Order: the level of severity first; within it what has the least time to spare before the
 * window begins, counting the work and the days until a first proof can be there (a quarterly control needs a quarter); then what is due
 * first; then by id, so that the order is the same whatever order the gaps come in.
 *
 * The forecast is a plan, not a promise: everybody works at one gap at a time, in this order, begins none before those that it depends
 * on are done, and does it in the time that its effort says. Gaps of nobody wait in one row, as if one person did them all.
 */
#ifndef ASSESS_GAP_PLAN_H
#define ASSESS_GAP_PLAN_H

#include "base/arena.h"
#include "base/str.h"

enum gap_level { GAP_LOW, GAP_MEDIUM, GAP_HIGH, GAP_CRITICAL };
enum gap_level gap_level_of(int64_t severity);
const char *gap_level_id(enum gap_level level);    /* "critical" */
const char *gap_level_words(enum gap_level level); /* "Critical" */
/* Days that an effort takes when nobody said how many: "s" 2, "m" 14, "l" 30. */
int64_t gap_effort_days(struct str effort);
/* Days from a control's beginning to its first proof, by its frequency: one cycle, at most a quarter; 0 for what comes with each event. */
int64_t gap_lead_days(const char *frequency);

enum { GAP_NOBODY = -1 };

struct gap_work {
    struct str id;
    int64_t severity;    /* 1..9 */
    int64_t effort_days; /* at least 1 */
    int64_t lead_days;
    int64_t due_day;     /* day number; 0: none */
    int64_t owner;       /* a number for each person; GAP_NOBODY */
    const size_t *depends_on; /* places in the array */
    size_t depends_count;
    /* found by gap_plan */
    int64_t slack_days;  /* until the window begins, less what is needed; may be negative */
    int64_t start_day, done_day; /* works on [start, done); 0 when it waits for itself */
    int64_t shown_day;   /* the first proof is there */
    bool is_in_circle;   /* it depends on itself, by however many others */
    bool is_late;        /* done after it is due */
};

struct gap_forecast {
    size_t *order;        /* places, most urgent first */
    int64_t ready_day;    /* every gap of level high and critical is shown; today when there is none; 0: some wait for each other */
    size_t last;          /* the gap that it waits for; SIZE_MAX: none */
    int64_t all_day;      /* the same for all gaps */
    int64_t effort_days;  /* sum */
    size_t circles, late;
};

/* Fills what is found, and the forecast. window_day 0: it is not known when the window begins; then what needs longest comes first. */
struct gap_forecast gap_plan(struct arena *a, struct gap_work *gaps, size_t count, int64_t today, int64_t window_day);

#endif
