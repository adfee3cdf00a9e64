/*
 * engagement.h - one examination as the evaluation, populations, samples, requests and reports need it: its days, its categories, how much is looked at,
 * and which controls and criteria it speaks of.
 *
 * Reads the projection as of a leaf (INT64_MAX: now); changes nothing. Days are local dates of the engagement's time zone, since 1970 (base/times.h), and
 * inclusive; evaluate.h takes them as they are.
 *
 *     struct engagement g;
 *     struct engagement_scope scope;
 *     if (!engagement_read(db, a, id, INT64_MAX, &g, &e) || !engagement_scope(db, a, &g, INT64_MAX, &scope, &e)) ...
 *     for (size_t i = 0; i < scope.control_count; i++) { const struct engagement_control *c = &scope.controls[i]; c->control->model ... }
 */
#ifndef ASSESS_ENGAGEMENT_H
#define ASSESS_ENGAGEMENT_H

#include "assess/evaluate.h"
#include "assess/program.h"
#include "assess/sampling.h"
#include "os/zone.h"

struct engagement {
    struct str id, title, state;   /* "planning", "open", "fieldwork", "reporting", "issued", "closed", "ended" */
    int64_t version;
    bool is_type1;
    bool has_days;                 /* false: nobody has said when yet, and what follows is one day of nothing */
    int64_t as_of;                 /* Type 1: the day of which the report speaks; Type 2: DAY_NONE */
    struct days window;            /* Type 2; of a Type 1 the as-of day alone */
    struct str time_zone;          /* "UTC", "Europe/Berlin" */
    struct zone *zone;             /* its clock (os/zone.h); NULL: UTC */
    struct interval instants;      /* the window from its first instant there to behind its last one */
    int64_t evidence_until;        /* the last day on which evidence of the window is taken; DAY_NONE: none was set */
    int64_t report_on;             /* DAY_NONE */
    const bool *categories;        /* content_category_count, in its order; what is mandatory is always in */
    struct str firm, owner, follows; /* owner: id of a person; follows: id of the engagement before; "" none */
    struct strings auditors;       /* ids of persons */
    struct str profile;            /* as sampling.h names it: "frequency_table", "ten_percent", "attribute_90_10", "attribute_95_5", "full" */
    enum sample_risk risk;
    int confidence_percent, tolerable_percent;
    struct evaluation_limits limits; /* the defaults with its confidence and tolerable rate */
    int64_t scope_leaf;            /* the leaf of the approval of the scope that is examined; -1 while it is planned */
    struct str scope_digest;       /* "" */
};
/* ERR_NOT_FOUND: there is none. */
bool engagement_read(struct db *db, struct arena *a, struct str id, int64_t leaf_limit, struct engagement *ret, struct err *e) MUST_USE;
/* The one that matters most on a day: begun and neither issued nor ended, the nearest end first; else one that is planned. "" none. */
struct str engagement_current(struct db *db, struct arena *a, int64_t leaf_limit, struct err *e);
bool engagement_has_category(const struct engagement *g, const char *category);
/* Days of the window up to `today`, both counted; 0 before it begins. */
int64_t engagement_days_done(const struct engagement *g, int64_t today);
int64_t engagement_days(const struct engagement *g);

/* A control that management says is there, as the organisation words it (else in the library's words). */
struct engagement_control {
    const struct control *control; /* id, title, statement, model, frequency … */
    size_t index;                  /* of scope.program->controls, and of an assessment's controls as of the same leaf */
    enum control_role role;        /* key for any criterion in scope; else it makes up for another one; else supporting */
    struct strings key_for, supports; /* criteria in scope, by id */
    struct strings compensates;    /* controls in scope that it makes up for */
    struct days in_force;          /* the part of the window; never empty */
    bool is_partial;               /* ... and that is not all of it */
    struct str owner, owner_name;  /* "" nobody */
};
struct engagement_criterion {
    const struct criterion *criterion;
    const size_t *controls; /* places in scope.controls that serve it, key ones first */
    size_t control_count, key_count;
};
struct engagement_scope {
    const struct program *program;
    struct engagement_control *controls; /* adopted, and in force on some day of the window; the library's order, then the organisation's own */
    size_t control_count;
    struct engagement_criterion *criteria; /* of its categories, without those that are not relevant with an approved reason */
    size_t criterion_count;
    const struct criterion **not_relevant; /* those */
    size_t not_relevant_count;
};
bool engagement_scope(struct db *db, struct arena *a, const struct engagement *g, int64_t leaf_limit, struct engagement_scope *ret, struct err *e) MUST_USE;
/* NULL: not in scope. */
const struct engagement_control *engagement_control_find(const struct engagement_scope *s, struct str id);
const struct engagement_criterion *engagement_criterion_find(const struct engagement_scope *s, struct str id);
const char *control_role_name(enum control_role role); /* "key", "compensating", "supporting" */

/* ---- what a plan has to keep to ---- */

/* What is wrong with the days of a plan; NULL: nothing. A reason makes that good where `needs_reason`; else nothing does. */
struct plan_problem {
    const char *field, *why;
    bool needs_reason;
    const char *reason_field; /* where it is said */
};
enum { PLAN_PROBLEMS_MAX = 6, WINDOW_MONTHS_USUAL = 6, WINDOW_MONTHS_MIN = 3 };
/* `before`: the last window before this one, of another engagement; first > last: none. `others`: windows that it must not touch. */
size_t plan_check(bool is_type1, int64_t as_of, struct days window, struct days before, const struct days *others, size_t other_count, struct plan_problem ret[PLAN_PROBLEMS_MAX]);
/* The window that follows: it begins the day after and is as many months long; where those were no whole months, as many days. */
struct days window_next(struct days window);

#endif
