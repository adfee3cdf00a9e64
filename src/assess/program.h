/*
 * program.h - what people decided and did, as the assessment needs it: who owns which control, what does not apply, which categories
 * are in scope, what was performed with evidence. Read from the records (content/records/), as of a leaf.
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

struct control_program {
    enum control_adoption adoption;
    struct str owner, owner_name;             /* id and name of a person; empty: nobody */
    const char *frequency;                    /* the organisation's own; NULL: the library's */
    struct strings key_for, supports;         /* criteria; both empty: as the library says */
    bool has_roles;                           /* one of them is set */
    int64_t effective_from_ms, effective_to_ms; /* 0: open */
    bool is_claimed;                          /* an answer says that it is done, without evidence */
    int64_t performed;                        /* performances with accepted evidence, and accepted evidence of its own */
    int64_t performed_late;
    int64_t missed;
    int64_t last_performed_ms, next_due_ms;   /* 0: never, none */
    bool is_last_missed;                      /* the newest performance that was due is missed */
    bool has_high_finding;                    /* a gap of severity high or critical is open */
};

enum scope_state { SCOPE_NONE, SCOPE_DRAFT, SCOPE_IN_REVIEW, SCOPE_APPROVED };

struct program {
    struct control_program *controls;         /* content_control_count */
    enum scope_state scope;
    bool has_categories;                      /* somebody chose: then in_scope tells, else only what is mandatory is in */
    bool *category_in_scope;                  /* content_category_count */
    bool *criterion_not_relevant;             /* content_criterion_count; with approved reason */
    int64_t claims;                           /* answers without evidence */
};

struct program *program_load(struct db *db, struct arena *a, int64_t leaf_limit, struct err *e);

#endif
