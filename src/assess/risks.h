/*
 * risks.h - all risks as of an instant: what people decided of each (records), and what remains of it with its controls as they live now (risk.h).
 *
 *     struct risk_set *all = risks_load(db, arena, assessment, &e);   // the assessment says which instant
 *
 * Residual is never stored: it follows from the records and the assessment of the same leaf, so any past instant gives what was true then.
 */
#ifndef ASSESS_RISKS_H
#define ASSESS_RISKS_H

#include "assess/assessment.h"
#include "assess/risk.h"

struct risk_mapped {
    struct str id;        /* of the control */
    size_t control;       /* place in the assessment; SIZE_MAX: there is none of that name any more */
    struct risk_control effect;
};

struct risk_row {
    struct str id, title, category, state, owner, owner_name, library, treatment, decision;
    struct str review_on, due_on, reopened_by, reopened_why, reopened_on; /* dates as "2026-11-30"; empty: none */
    int64_t leaf, t;                 /* of the version in force */
    int64_t decided_leaf, decided_t; /* when somebody decided last; -1: never */
    struct risk_level inherent;
    struct risk_mapped *controls;
    size_t control_count;
    struct strings criteria, systems, subservices;
    bool is_closed, is_proposed;
    bool is_sensitive;               /* confidentiality or privacy, by its category or its criteria */
    enum risk_band own_appetite, appetite;
    struct risk_residual residual;
    struct risk_cover cover;
    struct str acceptance, accepted_until, plan, plan_due; /* what covers it; empty: nothing does */
    enum risk_need need;
};

struct risk_set {
    const struct assessment *as;
    struct risk_policy policy;
    struct risk_row *rows; /* by id */
    size_t count;
};

struct risk_set *risks_load(struct db *db, struct arena *a, const struct assessment *as, struct err *e);
/* NULL: there is none. */
struct risk_row *risks_find(const struct risk_set *s, struct str id);
/* What a control of the assessment does now, with the steps that `mapped` gives it. */
struct risk_control risk_control_of(const struct assessment *as, size_t control, int likelihood, int impact);

/* Is there a risk whose controls would have to be asked about? Cheap; before the assessment of every minute. */
bool risks_are_decided(struct db *db, struct err *e);

#endif
