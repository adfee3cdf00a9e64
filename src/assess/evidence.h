/*
 * evidence.h - what the machine says about evidence that somebody brought: each file by its bytes (inspect/inspect.h), then what only shows beside
 * other records: its period, the same file elsewhere, nothing new since last time.
 *
 * Who has the bytes looked at (role/inspect_once.h) asks evidence_waiting for what is due, evidence_conclude for the conclusions, and submits
 * op_evidence_check. Every conclusion is "pass", "problem" or "unknown", with its reason; unknown is never a pass, and no conclusion decides: a
 * reviewer does.
 *
 * Leaf: record {"k":"evidence.check","type":"evidence_check","id":"EV-0001","ver":2,"cnt":{"pass","problem","unknown"},"by":"inspect 1"}, with a blob
 * {"checks":[{"x","check","status","why"}],"files":[{"x","media","words","text_digest","text_size"}]}: names of files may be personal, so they lie
 * there. The text itself is not kept: erasing a file has to leave nothing of it.
 */
#ifndef ASSESS_EVIDENCE_H
#define ASSESS_EVIDENCE_H

#include "inspect/inspect.h"
#include "record/record.h"

enum {
    EVIDENCE_LATE_DAYS = 31,       /* what is about a period may be written down so long after it */
    EVIDENCE_SOON_DAYS = 30,       /* "expires soon" */
    EVIDENCE_VALID_DAYS = 365      /* where no control says how often */
};
#define EVIDENCE_ACTOR "system:inspector"

extern const struct op_kind op_evidence_check;

/* Evidence whose newest version with other content has not been looked at yet, oldest first, at most `max`; changed at since_t or later. */
bool evidence_waiting(struct db *db, struct arena *a, int64_t since_t, size_t max, struct str **ret_ids, size_t *ret_count, struct err *e) MUST_USE;

struct evidence_file {
    struct str x, c, name, digest; /* of record_file */
    int64_t leaf;                  /* that holds its blob */
    struct inspected found;
    struct str text_digest;        /* "" where its text is not known */
    size_t text_size;
};
/* The files of a record now; at most 20. */
bool evidence_files(struct db *db, struct arena *a, struct str id, struct evidence_file **ret, size_t *ret_count, struct err *e) MUST_USE;
/* The operation's blob: conclusions about each file and about the whole. NULL on failure. */
struct json *evidence_conclude(struct db *db, struct arena *a, const struct record *r, const struct evidence_file *files, size_t count, struct err *e);
bool evidence_op(const struct env *env, struct arena *a, const struct record *r, const struct json *conclusions, struct op *ret, struct err *e) MUST_USE;

/* Until when evidence counts: what it says itself, else one and a half intervals of its controls after the period, else a year. A day, or
 * INT64_MIN where it has no period. */
int64_t evidence_expires(struct db *db, const struct record *r, struct err *e);

#endif
