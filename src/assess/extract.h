/*
 * extract.h - lists of accounts: read from a file of a system or from captured tables, matched to people, compared with what was known.
 *
 *     struct extract x;
 *     extract_read_csv(a, text, mapping, &x);                       // or extract_read_host(captures, subject, ...)
 *     if (x.problems->count) ...                                    // [{"row","column","why"}]; nothing is written
 *     extract_match(&x, people, person_count);                      // who each account belongs to, and by which rule
 *     extract_plan(db, a, types, &x, &facts, &plan, &e);            // the changes: extract, accounts, those gone
 *
 * Reading, matching and comparing are pure. A text column that a file does not have is not known, and changes nothing about an account that is there.
 * Keys are the system's id, a slash and the account's name; names are compared as written, but for those that differ by case alone, which are refused.
 */
#ifndef ASSESS_EXTRACT_H
#define ASSESS_EXTRACT_H

#include "assess/evaluate.h"
#include "collect/captures.h"
#include "record/record.h"

enum {
    EXTRACT_ROWS_MAX = 100000,
    EXTRACT_BYTES_MAX = 64 << 20,
    EXTRACT_OP_CHANGES_MAX = 8000, /* what is more goes in further operations */
    EXTRACT_GONE_SHARE = 2         /* more than one of so many gone at once, and it takes a second yes */
};

enum known { KNOWN_NOT, KNOWN_NO, KNOWN_YES };

enum account_kind { ACCOUNT_PERSON, ACCOUNT_SERVICE, ACCOUNT_SHARED, ACCOUNT_KIND_NOT_SAID };
enum account_match { MATCH_NONE, MATCH_EMAIL, MATCH_EMPLOYEE_NO, MATCH_LOGIN, MATCH_NAME, MATCH_HAND };
const char *account_kind_name(enum account_kind k);  /* "person", "service", "shared" */
const char *account_match_name(enum account_match m);

struct extract_row {
    size_t row; /* of the file, from 1 without the heading */
    struct str name, display, email, employee_no, rights, owner_text, granted_text; /* data NULL: not told */
    enum account_kind kind;
    enum known privileged, enabled, second_factor, never_used;
    int64_t last_used_day, created_day; /* DAY_NONE: not known */
    struct str person;                  /* id; empty: nobody */
    enum account_match match;
    struct str owner, granted_by;       /* ids */
};

struct extract {
    struct arena *arena;
    struct extract_row *rows;
    size_t count, capacity;
    struct json *problems; /* [{"row","column","why"}]; row 0: the file */
    struct json *columns;  /* [{"heading","target","label"}], target "" left out */
    struct str digest;     /* SHA-256 of what it was read from, hex */
};

/* What a column can be. */
struct extract_target {
    const char *id, *label;
};
extern const struct extract_target extract_targets[];
extern const size_t extract_target_count;

/* mapping (may be NULL): {"Heading":"target" or ""}; what it does not name is found by the names that usual systems give. */
void extract_read_csv(struct arena *a, struct str text, const struct json *mapping, struct extract *ret);
/* The accounts of a captured host: users, their groups, sudo rules, keys and last sign-ins. ret_captures: "users:123 groups:124", leaves.
 * ret_taken_ms: when the users were captured. ERR_NOT_FOUND: no capture; ERR_UNAVAILABLE: incomplete, with the reason. */
bool extract_read_host(struct captures *c, struct str subject, struct arena *a, struct extract *ret, struct str *ret_captures, int64_t *ret_taken_ms,
                       struct err *e) MUST_USE;

struct extract_person {
    struct str id, name, email, employee_no, login; /* empty: not known */
};
/* E-mail, then employee number, then login (or the part of the e-mail before the @, where one person alone has it), then full name where one
 * person alone has it. Accounts of programs are matched by e-mail alone. Order of people and rows does not matter. */
void extract_match(struct extract *x, const struct extract_person *people, size_t count);
/* Everybody on the roster, those that left as well. */
bool extract_people(struct db *db, struct arena *a, struct record_types *types, struct extract_person **ret, size_t *ret_count, struct err *e) MUST_USE;

struct extract_facts {
    struct str system;   /* id */
    const char *source;  /* "csv", "table" */
    struct str query, complete, taken_by, subject, captures;
    int64_t taken_ms;
    struct str file_name, file; /* kept with it; empty: none */
};
struct extract_plan {
    struct record_change *changes; /* the first makes the extract; "new:1" refers to it */
    size_t count;
    int64_t added, changed, gone, present, matched; /* present: before */
    bool needs_yes; /* so many are gone that the list may have been filtered */
};
/* Fails with ERR_INVALID where the system is unknown or retired. */
bool extract_plan(struct db *db, struct arena *a, struct record_types *types, const struct extract *x, const struct extract_facts *f, struct extract_plan *ret,
                  struct err *e) MUST_USE;
/* The facts as people and scripts see them before anything is written. */
struct json *extract_plan_json(struct arena *a, const struct extract *x, const struct extract_plan *p);

/* Sends it: one operation, or several of EXTRACT_OP_CHANGES_MAX, and one that says that all is read: until then the extract is "being read in" and
 * nothing stands on it. Broken off, it is taken up by bringing the same list again: what is recorded already is no change any more. ret_id: of the extract. */
typedef bool extract_submit(void *context, struct op *op, struct json **ret_answer, struct err *e);
bool extract_write(struct db *db, const struct env *env, struct arena *a, const struct extract_facts *f, struct extract_plan *p, const struct access *x, extract_submit *submit,
                   void *context, struct str *ret_id, struct err *e) MUST_USE;

#endif
