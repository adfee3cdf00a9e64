/*
 * calendar.h - business days, calendar periods and due dates. Pure; days are days since 1970-01-01 (base/times.h), local dates of whoever asks.
 *
 * Rules of soc2-domain.md 4.5: a recurring control is expected once in each calendar period whose end lies in the time that it is in force; it is due
 * at the period's end, and late after a grace of its own. A yearly one is due twelve months after the last time.
 */
#ifndef ASSESS_CALENDAR_H
#define ASSESS_CALENDAR_H

#include "base/times.h"

#include <stddef.h>

struct calendar {
    const int64_t *holidays; /* sorted */
    size_t count;
};

/* Monday to Friday, and no holiday. */
bool calendar_is_business_day(const struct calendar *c, int64_t day);
/* The day itself, or the next business day. */
int64_t calendar_business_day(const struct calendar *c, int64_t day);
/* The n-th business day after `day`; n 0: the day itself. */
int64_t calendar_add_business_days(const struct calendar *c, int64_t day, int n);

enum cadence { CADENCE_NONE, CADENCE_DAILY, CADENCE_WEEKLY, CADENCE_MONTHLY, CADENCE_QUARTERLY, CADENCE_SEMIANNUAL, CADENCE_ANNUAL };

/* "daily" … "annual"; anything else ("continuous", "per_event") is CADENCE_NONE: nothing is expected at intervals. */
enum cadence cadence_of(const char *frequency);
int cadence_grace_days(enum cadence c);

struct period {
    int64_t first, last; /* both belong to it */
};
/* The day, ISO week, month, quarter, half year or year that holds `day`. */
struct period cadence_period(enum cadence c, int64_t day);
/* The same day n months on; the month's last where it has no such day. */
int64_t day_add_months(int64_t day, int n);
/* When something that recurs is due next: one cadence after `day`. */
int64_t cadence_next(enum cadence c, int64_t day);

/* ---- what is expected of a control ---- */

struct expected {
    struct period period;
    int64_t due, grace; /* the last days on which it is in time, and late but taken */
};
struct expectation {
    enum cadence cadence;
    int64_t in_force_from, in_force_to; /* to: INT64_MAX while it goes on */
    int64_t last_performed;             /* yearly ones count from here; 0: never */
    int64_t horizon;                    /* what is due up to here is registered */
};
enum { EXPECTED_MAX = 400 };
/* All that is to be registered, in the order of time. Returns how many. */
size_t expected_list(const struct calendar *c, const struct expectation *x, struct expected ret[EXPECTED_MAX]);

#endif
