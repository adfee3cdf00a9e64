/*
 * lateness.h - how long after it was observed evidence may be sealed before it counts as late (W51, "late by" on the pages).
 *
 * What a program collects by itself gets here within minutes: later than that says that it was held back, or that a clock is wrong.
 * What people bring (an upload, with the day that they say it is of) takes days; a week is what a weekly routine needs, and what is uploaded in
 * bulk before an audit is far beyond.
 */
#ifndef LEDGER_LATENESS_H
#define LEDGER_LATENESS_H

#include "base/str.h"
#include "base/times.h"

#define LATE_AUTOMATIC_MS (15 * MS_MINUTE)
#define LATE_BY_HAND_MS   (7 * MS_DAY)

static inline bool lateness_is_by_hand(struct str leaf_type)
{
    return str_is(leaf_type, "upload") || str_is(leaf_type, "decision");
}

static inline int64_t lateness_limit_ms(struct str leaf_type)
{
    return lateness_is_by_hand(leaf_type) ? LATE_BY_HAND_MS : LATE_AUTOMATIC_MS;
}

#endif
