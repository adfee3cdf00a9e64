/*
 * policy_book.h - the policies as one thing: those of the library and the organisation's own, their versions, who has to sign them and who has.
 *
 * Read once for a page, as of the view's instant, with one query for each kind of record: no query for each policy, none for each person.
 * Which signature counts: one under a version from `signs_from` to the one in force, with that version's digest. `signs_from` is the newest version
 * that was to be signed again (the first, when none was).
 */
#ifndef REPORT_POLICY_BOOK_H
#define REPORT_POLICY_BOOK_H

#include "report/view_record.h"

struct policy_version {
    struct str id, policy, title, state, digest, author;
    int64_t number, version;      /* of the policy; of the record */
    int64_t t, leaf;              /* of its newest step */
    int64_t published_t;          /* 0: never */
    bool is_material, has_document;
    struct str not_before;
    int64_t approvals;            /* how many it takes */
};

struct policy_entry {
    const struct policy *library; /* NULL: one of our own */
    struct str id, title, purpose, owner, audience, departments, cadence, review_on, category;
    struct str state;             /* of its record; "" not taken over */
    int64_t version, approvals;   /* of its record; 0: none */
    const struct policy_version *live, *open; /* in force; being written, decided on, or waiting for its day; NULL: none */
    size_t first, version_count;  /* of book.versions */
    int64_t signs_from, needed, signed_count;
};

struct policy_team {
    struct str kind, department;
    int64_t people;
};

struct people_book;
struct policy_book {
    struct view *v;
    struct policy_entry *entries; /* by id */
    size_t count;
    struct policy_version *versions; /* by policy, the newest first */
    size_t version_count;
    struct policy_team *teams;
    size_t team_count;
    int64_t *signed_by; /* entries × teams; NULL: not asked for */
    const struct people_book *people; /* beside it */
};

/* with_progress: who has to sign and who has. */
bool policy_book_read(struct view *v, bool with_progress, struct policy_book *ret, struct err *e) MUST_USE;
/* NULL: there is none. */
const struct policy_entry *policy_book_find(const struct policy_book *b, struct str id);
/* Who has still to sign it, by id, at most `max` of them: places of book.people. Of a book that was read with progress. */
size_t policy_book_missing(const struct policy_book *b, const struct policy_entry *p, size_t max, size_t *ret);
/* The version of this number; NULL: none. */
const struct policy_version *policy_book_version(const struct policy_book *b, const struct policy_entry *p, int64_t number);
/* Does the policy mean somebody who works as `kind` in `department`? */
bool policy_means(const struct policy_entry *p, struct str kind, struct str department);

/* A version with its texts: "text" (as written), "rendered" (frozen), "what_changed", "parameters", "document". */
struct record *policy_version_read(struct view *v, const struct view_records *r, struct str id, struct err *e);
/* What the version says: the frozen text; while it is a draft, the text with the values of now. */
struct str policy_version_text(struct view *v, const struct record *version);
/* The same for reading, searching and comparing: of a document of one's own the words that were found in it; "" while nobody has looked. */
struct str policy_version_words(struct view *v, const struct record *version);
/* SHA-256 of what is frozen, in hex: of the text's bytes, or of the document's. "" nothing is. */
struct str policy_digest(struct view *v, const struct record *version);
/* Values of the parameters that a text names, as JSON {"name":"12 characters"}. */
struct json *policy_parameters(struct view *v, struct str text);
/* Parameters whose value is another one now than in the text: [{"name","label","then","now","url"}]. */
struct json *policy_drift(struct view *v, const struct record *version);

/* ---- steps that are more than one record's ---- */

enum { POLICY_CHANGES_MAX = 4 };
/* Takes a policy of the library over, with its first draft. set: values of the policy's record (owner, approvers, approvals, audience …). */
size_t policy_take(struct view *v, const struct policy *library, struct json *set, struct record_change ret[POLICY_CHANGES_MAX]);
/* Freezes a draft and sends it for approval. */
bool policy_submit(struct view *v, const struct view_records *r, struct str version_id, struct str why, struct record_change *ret, struct err *e) MUST_USE;
/* Puts an approved version in force instead of the one that is, and sets the policy's next review. 0: it cannot be, and e says why. today: a day */
size_t policy_publish(struct view *v, const struct view_records *r, struct str version_id, int64_t today, struct record_change ret[POLICY_CHANGES_MAX], struct err *e);
/* The review found the text still right. */
bool policy_reviewed(struct view *v, const struct view_records *r, struct str policy, struct str why, int64_t today, struct record_change *ret, struct err *e) MUST_USE;
/* A person signs a version in force; `digest`: of the text that was shown. ret_is_signed: it was signed already, and nothing is to be done. */
bool policy_sign(struct view *v, const struct view_records *r, struct str person, struct str version_id, struct str digest, struct record_change *ret, bool *ret_is_signed,
                 struct err *e) MUST_USE;

#endif
