/*
 * reconcile.h - the roster held against the lists of accounts. Pure: rows in any order give the same differences in the same order, each with a key that
 * belongs to it for ever, so that an explanation stays with what it explains and hides nothing else.
 *
 * An account is one that is there: in the newest extract of its system. What the extract says can no longer sign in is no live account.
 */
#ifndef ASSESS_RECONCILE_H
#define ASSESS_RECONCILE_H

#include "base/arena.h"
#include "base/str.h"

enum difference_kind { DIFFERENCE_ORPHAN, DIFFERENCE_LEAVER, DIFFERENCE_MISSING, DIFFERENCE_EARLY, DIFFERENCE_DUPLICATE, DIFFERENCE_NAME, DIFFERENCE_KINDS };
extern const char *const difference_ids[DIFFERENCE_KINDS]; /* "orphan", … as in content/lifecycle.yaml */

struct roster_person {
    struct str id, name, kind, department, team;
    int64_t first_day, last_day; /* 0: not known */
    bool has_left;               /* their record says so */
};
struct roster_system {
    struct str id, name;
    struct str account_for, account_teams; /* whose accounts are expected: "everybody", "some", "nobody", "" nothing said */
    int64_t taken_ms;                      /* of its newest extract; 0: none, then nothing can be missing */
};
struct roster_account {
    struct str id, system, name, display, person; /* person: as matched, empty: nobody */
    struct str kind;                              /* "person", "service", "shared" */
    struct str owner;
    int64_t created_day; /* 0: not known */
    bool is_live;
};
struct roster_facts {
    const struct roster_person *persons;
    size_t person_count;
    const struct roster_system *systems;
    size_t system_count;
    const struct roster_account *accounts;
    size_t account_count;
    int64_t today;
    bool (*is_accounted)(void *context, struct str kind); /* do people of this kind have accounts at all? NULL: all do */
    void *context;
};
struct roster_difference {
    struct str key; /* "leaver/SYS-0001/ann" */
    enum difference_kind kind;
    const struct roster_person *person;   /* NULL: none */
    const struct roster_system *system;
    const struct roster_account *account; /* NULL: none */
    int64_t lag_hours;                    /* of a leaver: from the end of the last day until the extract */
    struct str words;                     /* what differs, for people */
};
struct roster_counts {
    size_t accounts, live, matched, unmatched; /* matched + unmatched = accounts */
    size_t persons, present, left;             /* present + left = persons */
    size_t differences[DIFFERENCE_KINDS], total;
};

/* Sorted by key. */
void roster_reconcile(struct arena *a, const struct roster_facts *f, struct roster_difference **ret, size_t *ret_count, struct roster_counts *ret_counts);

/* Is somebody of this department and team expected to have an account? account_teams: names of either, by commas, whatever their case. */
bool account_is_expected(struct str account_for, struct str account_teams, struct str department, struct str team);
/* Do two names mean the same person? Words in any order and case, an initial for a word; one name in the other is enough. Accents count. */
bool names_agree(struct str a, struct str b);

#endif
