/*
 * sheet.h - the auditor's test of one control: item by attribute, what it counts to, how the report says it (soc2-domain.md 3.5, 4.1, 4.3).
 *
 * `attributes` has a line each: "A: approved before the change". `results` has a line an item:
 *   17 A=yes B=no C=na e=EV-0001,EV-0002 : what was seen
 * An item counts when every attribute is marked and one of them is not "na"; it deviates when one is "no". Items that were replaced do not count, and
 * those that were picked for a reason (target) are told apart: they are never projected.
 */
#ifndef ASSESS_SHEET_H
#define ASSESS_SHEET_H

#include "assess/audit_sample.h"
#include "assess/evaluate.h"

enum { SHEET_ATTRIBUTES_MAX = 16, SHEET_ITEMS_MAX = 2000, SHEET_EVIDENCE_MAX = 8, SHEETS_OF_CONTROL_MAX = 50 };

enum sheet_mark { MARK_OPEN, MARK_YES, MARK_NO, MARK_NA };
const char *sheet_mark_name(enum sheet_mark m); /* "", "yes", "no", "na" */

struct sheet_attribute {
    char letter;
    struct str words;
};
struct sheet_row {
    int64_t item;
    enum sheet_mark marks[SHEET_ATTRIBUTES_MAX];
    struct str evidence; /* ids, by commas */
    struct str note;
};
struct sheet_grid {
    struct sheet_attribute attributes[SHEET_ATTRIBUTES_MAX];
    size_t attribute_count;
    struct sheet_row *rows;
    size_t row_count;
};
/* ERR_INVALID: names the line. Either text may be empty. */
bool sheet_grid_read(struct arena *a, struct str attributes, struct str results, struct sheet_grid *ret, struct err *e) MUST_USE;
struct str sheet_grid_write(struct arena *a, const struct sheet_grid *g);
const struct sheet_row *sheet_row_find(const struct sheet_grid *g, int64_t item);
bool sheet_row_is_done(const struct sheet_grid *g, const struct sheet_row *r);
bool sheet_row_deviates(const struct sheet_grid *g, const struct sheet_row *r);

/* What a sheet comes to. */
struct sheet_count {
    int64_t planned;           /* items of the sample that count; 0 without a sample */
    int64_t tested, deviations;
    int64_t targeted, targeted_deviations;
    int64_t open;              /* items that are not marked to the end */
    double upper_limit;        /* of the rate behind a sample; 0: all were looked at, or none */
};
/* items NULL: no sample; every row counts. */
struct sheet_count sheet_count(const struct sheet_grid *g, const struct sample_items *items, double confidence);

/* One sheet, with what it stands on. */
struct sheet {
    struct record *record;
    struct str engagement, control;
    struct sheet_grid grid;
    struct sheet_count count;
    struct record *sample;     /* NULL: none */
    struct sample_items items; /* of it */
    struct sampling_frame population; /* record NULL: none */
    bool is_sample;            /* a part of the population was looked at */
    bool is_extended, is_unabsorbable; /* a cause is systematic or intentional */
    struct str cause;          /* the gravest of its exceptions: "", "isolated", "systematic", "intentional" */
    int64_t exceptions, exception_items; /* that stand (not withdrawn), and how many items they tell of */
    double confidence, tolerable;
    struct str conclusion;     /* computed: "no_exceptions", "exceptions", "not_tested", "could_not"; "" while items are open */
};
bool sheet_read(struct db *db, struct arena *a, struct str id, struct sheet *ret, struct err *e) MUST_USE;
/* The same of a record that is not stored yet. */
bool sheet_read_record(struct db *db, struct arena *a, struct record *r, struct sheet *ret, struct err *e) MUST_USE;
/* 3.5, never softer: from the conclusion, the counts and the exceptions' own words. ERR_CONFLICT: an exception is missing, or a reason. */
bool sheet_words(struct db *db, struct arena *a, const struct sheet *s, struct str *ret, struct err *e) MUST_USE;
/* What a sheet says once it is prepared, into `set`: conclusion, words, counts, upper limit, and whose it is. ERR_CONFLICT as sheet_words. */
bool sheet_prepared(struct db *db, struct arena *a, const struct sheet *s, struct str person, int64_t day, struct json *set, struct err *e) MUST_USE;
/* 4.3: how many items the one extension takes, 0 when there may be none; ret_why says it. */
int64_t sheet_extension(struct arena *a, const struct sheet *s, struct str *ret_why);

/* What the evaluation of the period takes from the auditor's tests: the sheets of the control in the engagement that were signed off as of a leaf (INT64_MAX:
 * now), by id. `ret_input` is M4's, of all of them together. Items whose population nobody froze are the population themselves. */
bool sheets_of_control(struct db *db, struct arena *a, struct str engagement, struct str control, int64_t leaf_limit, struct sheet **ret, size_t *ret_count, struct attributes *ret_input,
                       struct err *e) MUST_USE;

/* Attributes that the library proposes for a control: its computation's, else what its test looks at; lines "A: …". */
struct str sheet_attributes_of(struct arena *a, const struct control *c);

/* ---- who writes what, and in which order: audit_guard.c ---- */

/* record.change as the keeper does it: what auditors and management write of an examination is held apart whatever the types say, each step is computed
 * again from the ledger's order, and the leaves draw, close and opinion are written with the records that they belong to. */
bool audit_change_make(struct db *projection, const struct leaf_source *leaves, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e);
extern const struct op_kind op_audit_draw, op_audit_close, op_audit_opinion; /* what those leaves are in the projection */

#endif
