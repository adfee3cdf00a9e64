/*
 * access_flags.h - what an access review points at in an account, and which people hold two rights that nobody should hold together. Pure.
 *
 * What is not known never makes an account look better: a last use that nobody knows is flagged as such, not taken for use.
 */
#ifndef ASSESS_ACCESS_FLAGS_H
#define ASSESS_ACCESS_FLAGS_H

#include "assess/extract.h"

enum access_flag {
    ACCESS_LEAVER = 1,         /* whoever it belongs to has left, and it is not known to be closed */
    ACCESS_DUTY_CONFLICT = 2,
    ACCESS_ORPHAN = 4,         /* a person's account, and nobody's */
    ACCESS_NO_OWNER = 8,       /* of a program or several people, not known to be closed, and nobody answers for it, or whoever does has left */
    ACCESS_DORMANT = 16,
    ACCESS_PRIVILEGED = 32,
    ACCESS_USE_UNKNOWN = 64,
    ACCESS_NOT_REVIEWED = 128, /* was there at the last review, and nobody decided on it */
    ACCESS_NEW = 256           /* came after the last review */
};
enum { ACCESS_FLAGS = 9 };
const char *access_flag_name(unsigned flag);  /* "leaver" */
const char *access_flag_words(unsigned flag); /* "has left" */
/* The flag of a name; 0: none. */
unsigned access_flag_of(struct str name);
/* "leaver dormant", in the order of weight. */
struct str access_flags_text(struct arena *a, unsigned flags);
int64_t access_flags_weight(unsigned flags);

struct access_account {
    enum account_kind kind;
    bool has_person, has_person_left, has_owner, has_owner_left;
    enum known privileged, enabled, never_used;
    int64_t last_used_day, created_day; /* DAY_NONE: not known */
    bool has_conflict;
    bool has_last_review, was_there_then, was_decided_then;
};
unsigned access_flags(const struct access_account *x, int64_t today, int64_t dormant_days);

/* ---- the duty matrix ---- */

struct duty_rule {
    struct str id, title;
    struct str left_system, left_right, right_system, right_right; /* systems: empty is any; rights: * stands for anything, whatever the case */
};
struct held {
    struct str holder;    /* whose rights count together: a person, or an account that belongs to nobody */
    struct str system;    /* id */
    struct str rights;    /* by commas */
    bool is_privileged;   /* holds the right "privileged", too */
    struct str conflicts; /* result: "SOD-0001 What is kept apart", by "; "; empty: none */
};
/* An account conflicts where one of its own rights is one side of a rule and its holder has another right that is the other side. */
void access_conflicts(struct arena *a, struct held *accounts, size_t count, const struct duty_rule *rules, size_t rule_count);
bool access_right_matches(struct str pattern, struct str right);

#endif
