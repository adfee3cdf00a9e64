/*
 * engagement_plan.h - opening an engagement: what is proposed, what is wrong with it, and the records that it becomes with its milestones. The page,
 * the command and the API all open one through here.
 *
 *     struct engagement_plan p;
 *     plan_propose(db, a, today, &p, &e);                     // the window after the last one, categories of the scope, the firm that was chosen
 *     p.title = ...;
 *     struct json *problems = plan_problems(db, a, &p, &e);   // empty: it may be opened
 *     plan_changes(db, a, &p, &changes, &count, &e);   // one operation: the engagement, then its milestones
 */
#ifndef ASSESS_ENGAGEMENT_PLAN_H
#define ASSESS_ENGAGEMENT_PLAN_H

#include "assess/engagement.h"
#include "assess/milestones.h"
#include "record/record.h"

struct engagement_plan {
    struct str title, kind;        /* "type1", "type2" */
    struct str as_of, from, to;    /* "2026-12-31"; "" not said */
    struct str short_reason, gap_reason;
    struct str time_zone, firm, owner, follows;
    struct str report_on, evidence_until; /* "": by the templates */
    bool *categories;              /* content_category_count */
};
/* The names of its fields as forms, JSON and problems have them. */
struct plan_field {
    const char *name;
    size_t offset; /* of a struct str in struct engagement_plan */
};
extern const struct plan_field plan_fields[];
extern const size_t plan_field_count;

bool plan_propose(struct db *db, struct arena *a, int64_t today, struct engagement_plan *ret, struct err *e) MUST_USE;
/* A plan that is proposed for the time after an engagement: a Type 1 is followed by a Type 2 from the day after it. */
bool plan_propose_after(struct db *db, struct arena *a, const struct engagement *g, struct engagement_plan *ret, struct err *e) MUST_USE;
/* [{"field","why","needs_reason","reason_field" or ""}]; what has its reason is none. */
struct json *plan_problems(struct db *db, struct arena *a, const struct engagement_plan *p, struct err *e);
/* What is said although it may be opened: [{"field","why"}], the reasons given, and a scope that nobody approved. */
struct json *plan_warnings(struct db *db, struct arena *a, const struct engagement_plan *p, struct err *e);
/* The changes of one operation; references in it are numbered. */
bool plan_changes(struct db *db, struct arena *a, const struct engagement_plan *p, struct record_change **ret, size_t *ret_count, struct err *e) MUST_USE;
/* Milestones that the templates of its kind have and the engagement has not. */
bool plan_milestones(struct db *db, struct arena *a, const struct engagement *g, struct record_change **ret, size_t *ret_count, struct err *e) MUST_USE;

#endif
