/*
 * risk_duties.h - what the program does about risks by itself: acceptances end, what makes a decision old opens the risk again and gives its owner a task, a
 * yearly assessment that was closed becomes the performance of its control, with evidence.
 *
 * As duties.h: reads the projection and says which changes are due, each under a key that is its own for ever. What opens a risk again, in this order: its
 * acceptance ended; a control got worse and what remains is above the appetite and uncovered; a test of high severity of one of its controls began to fail; a
 * concern or incident was filed; something that it names, or something new of its kind, changed; its review date passed. Each only if it came after the last decision.
 */
#ifndef ASSESS_RISK_DUTIES_H
#define ASSESS_RISK_DUTIES_H

#include "assess/duties.h"

enum { RISK_REVIEW_DAYS = 7, RISK_KNOWN_MAX = 512 };

/* What was there when risks were looked at last: where nothing came since and the day is the same, nothing opens a risk again, and nobody asks the assessment. */
struct risk_news {
    int64_t evaluation, change, day;
    struct {
        char id[24];
        int64_t leaf; /* of the decision */
        int score;    /* what remained then: it never changes again */
    } known[RISK_KNOWN_MAX];
    size_t known_count;
};
/* at_ms: now. news: kept by the caller from one time to the next, zeroed at first; NULL: look in any case. */
bool risk_duties_due(struct db *db, struct arena *a, const struct env *env, int64_t at_ms, int64_t today, struct risk_news *news, struct duty **ret, size_t *ret_count,
                     struct err *e) MUST_USE;

#endif
