/*
 * access_review.h - what a campaign of access review does by itself: it opens when AC-05 is due, freezes the extracts as lines with their flags, hands
 * lines of whoever is away to their stand-in, gives tasks when all is decided, compares later extracts line by line, and leaves the evidence.
 *
 * Reads the projection and says which operation is due next; whoever asked submits it as `system:schedule`. Each has a key of its own, so that asking
 * twice is the same operation. People decide lines and sign (content/records/access_line.yaml, access_review.yaml have the rules).
 *
 *     access_advance(db, env, today, submit, context, &e);         // until nothing is due; called once a minute, and after what people do
 */
#ifndef ASSESS_ACCESS_REVIEW_H
#define ASSESS_ACCESS_REVIEW_H

#include "assess/access_flags.h"

struct access_work {
    struct str key; /* "access-lines/AR-0001/SYS-0001/0" */
    struct record_change *changes;
    size_t count;
};

/* The next operation; ret->count 0: nothing is due. */
bool access_due(struct db *db, const struct env *env, struct arena *a, int64_t today, struct access_work *ret, struct err *e) MUST_USE;
bool access_advance(struct db *db, const struct env *env, int64_t today, extract_submit *submit, void *context, size_t *ret_done, struct err *e) MUST_USE;

/* The five attributes of a review as they are now: {"population_complete",…,"on_time"}; null: cannot be told yet. NULL on failure. */
struct json *access_attributes(struct db *db, struct arena *a, struct str review, struct err *e);
/* The review as a case for `assay evaluate`: {"scenarios":[{"kind":"control","control":{"id":"AC-05",…},"instances":[{"system","attributes",…}]}]} */
struct json *access_case(struct db *db, struct arena *a, struct str review, struct err *e);

/* Shared by access_review.c and access_carry.c. */
struct access_working {
    struct db *db;
    const struct env *env;
    struct arena *a;
    int64_t today;
    struct str today_text;
    struct access_work *work;
    size_t capacity;
};
struct record_change *access_change(struct access_working *w, const char *type, enum record_act act, struct str id, int64_t version);
bool access_carry_due(struct access_working *w, struct err *e) MUST_USE; /* access_carry.c */
int64_t access_day(struct str text);                                     /* DAY_NONE for what is no date */
int64_t access_parameter(struct access_working *w, const char *name, struct err *e);

#endif
