/*
 * requests.h - what an auditor asks for: the list made from content/requests.yaml, when each is due and whose it is, what is there already to answer it,
 * sample requests that follow populations, and how long things wait.
 *
 * Reads the projection; says which changes would do it. Whoever asked submits them: a page, a command, the schedule (for what follows by itself).
 *
 *     struct request_changes made;
 *     requests_plan(db, a, &engagement, &scope, &options, &made, &e);            // "make the list": what is not there yet; again: nothing
 *     struct json *found = requests_suggest(db, a, &engagement, id, today, &e);  // evidence, policies, registers; nothing is sent by itself
 */
#ifndef ASSESS_REQUESTS_H
#define ASSESS_REQUESTS_H

#include "assess/engagement.h"
#include "assess/extract.h"
#include "record/record.h"

enum { REQUESTS_MAX = 2000, REQUEST_DAYS_MIN = 14, SAMPLE_DAYS = 7, SUGGESTIONS_MAX = 50, AGE_BUCKETS = 4 };

struct request_changes {
    struct record_change *changes;
    size_t count;
};

/* ---- the list ---- */

/* Does the library's request belong in this examination? Its report types hold the engagement's, a criterion of it is in scope, and where it names
 * controls, not all of them were said not to apply. */
bool request_fits(const struct request *q, bool is_type1, const bool *criteria_in_scope, const struct strings *not_applicable);
/* The day by which it is due: fieldwork two weeks after the end (populations one), planning when three quarters of the window have gone, reporting six weeks
 * after it; a Type 1 counts from its day. `planned`: the milestone that says otherwise, DAY_NONE: none. Never before `today` and two weeks; a business day. */
int64_t request_due_day(const char *kind, const char *phase, bool is_type1, struct days window, int64_t planned, int64_t today, const struct calendar *c);

struct request_options {
    int64_t today;
    int64_t days; /* due so many days from today, for all; 0: by milestones and the rules above */
};
/* The changes that make what the list lacks, in the library's order. */
bool requests_plan(struct db *db, struct arena *a, const struct engagement *g, const struct engagement_scope *scope, const struct request_options *o,
                   struct request_changes *ret, struct err *e) MUST_USE;

/* ---- what is there already ---- */

/* [{"kind":"evidence"|"policy"|"register","id","title","why","url","is_given"}]: evidence that is accepted and not expired, of the request's controls or
 * brought for it, about time of the window; versions in force of policies that speak to its controls; registers that content/auditor.yaml names. */
struct json *requests_suggest(struct db *db, struct arena *a, const struct engagement *g, struct str id, int64_t today, struct err *e);

/* ---- what follows by itself ---- */

/* The next operation, as access_due says it: a population that was accepted asks for its sample. ret_key "": nothing. */
bool requests_due(struct db *db, struct arena *a, int64_t today, struct str *ret_key, struct request_changes *ret, struct err *e) MUST_USE;
bool requests_advance(struct db *db, const struct env *env, int64_t today, extract_submit *submit, void *context, size_t *ret_done, struct err *e) MUST_USE;

/* ---- ageing ---- */

/* 0: up to a week, 1: two, 2: a month, 3: longer. */
size_t request_age_bucket(int64_t days);
extern const char *const request_age_words[AGE_BUCKETS];
/* Whose turn it is: "management" (open, returned), "auditor" (submitted), "" (done). */
const char *request_side(struct str state);

#endif
