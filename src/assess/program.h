/*
 * program.h - what people decided and did, as the assessment needs it: who owns which control, what does not apply, which categories
 * are in scope, what was performed with evidence. Read from the records (content/records/), as of a leaf.
 *
 * Controls are those of the library and the organisation's own. One of its own that says which control of the library it follows takes
 * from there whatever it leaves open, the tests included.
 *
 * Nothing here raises a score by being absent: a control without a record has no owner, is not adopted and was never performed.
 */
#ifndef ASSESS_PROGRAM_H
#define ASSESS_PROGRAM_H

#include "assess/window.h"
#include "content/content.h"
#include "db/db.h"

enum control_adoption {
    ADOPTION_NONE,     /* nobody has said anything, or it is only proposed */
    ADOPTION_ADOPTED,
    ADOPTION_NA,       /* does not apply, and somebody else approved that */
    ADOPTION_RETIRED
};

/* What people performed of what was due within the window (soc2-domain 4.5, M2). What is not due yet counts nowhere. */
struct performances {
    int64_t expected;    /* due within the window, and what was performed in it without being asked for */
    int64_t late;
    int64_t missed;
    int64_t unevidenced; /* said to be performed; no evidence that anybody accepted */
};

struct control_program {
    enum control_adoption adoption;
    bool is_own;                              /* no control of the library: as->controls has it behind those */
    const char *library;                      /* the control of the library that one of its own follows; NULL: none, or it is that one */
    struct str state;                         /* of its record: "proposed", ...; empty: there is none */
    struct strings compensates;               /* controls that it makes up for */
    const char *covers;                       /* topics of criteria that the library's mapping does not have: "CC6.1.3 CC6.1.4"; NULL */
    struct strings tests;                     /* tests that help with it, beside those of the library */
    struct str owner, owner_name;             /* id and name of a person; empty: nobody */
    const char *frequency;                    /* the organisation's own; NULL: the library's */
    struct strings key_for, supports;         /* criteria; both empty: as the library says */
    bool has_roles;                           /* one of them is set */
    int64_t effective_from_ms, effective_to_ms; /* 0: open */
    bool is_claimed;                          /* an answer says that it is done, without evidence */
    int64_t performed;                        /* performances with accepted evidence, and accepted evidence of its own */
    int64_t performed_late;
    int64_t missed;
    struct performances in_window;
    int64_t first_performed_ms, last_performed_ms, next_due_ms;   /* 0: never, none */
    bool is_last_missed;                      /* the newest performance that was due is missed */
    bool has_population;                      /* a list of what it had to work on was frozen, and nobody found it wrong */
    bool has_high_finding;                    /* a gap of severity high or critical is open */
};

enum scope_state { SCOPE_NONE, SCOPE_DRAFT, SCOPE_IN_REVIEW, SCOPE_APPROVED };

struct program {
    const struct control **definitions;       /* what each control is: the library's in its order, as the organisation words them; then its own, by id */
    struct control_program *controls;
    size_t control_count;
    enum scope_state scope;
    bool has_categories;                      /* somebody chose: then in_scope tells, else only what is mandatory is in */
    bool *category_in_scope;                  /* content_category_count */
    bool *criterion_not_relevant;             /* content_criterion_count; with approved reason */
    int64_t risk_assessed_ms;                 /* a yearly risk assessment was closed; 0: never */
    int64_t claims;                           /* answers without evidence */
    bool is_now;                              /* no leaf came after those asked about */
};

/* `window`: in which performances are counted. */
struct program *program_load(struct db *db, struct arena *a, struct interval window, int64_t leaf_limit, struct err *e);
/* SIZE_MAX: there is none. */
size_t program_control_index(const struct program *p, struct str id);
/* Was a yearly risk assessment closed within the twelve months before? */
bool risk_assessment_is_current(const struct program *p, int64_t at_ms);
enum control_model control_model_of(struct str name, enum control_model otherwise);

#endif
