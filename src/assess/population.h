/*
 * population.h - populations of an examination: the library they are made from, freezing one, reading its rows, and what is checked of it before anybody
 * may conclude from it (soc2-domain.md 4.1, information produced by the entity).
 *
 * A population is a record (content/records/population.yaml); its rows are a file of that record (record/frozen.h): row N there is item N everywhere.
 * Freezing runs the query, or reads the CSV file, and hands rows, count and digest to the keeper in one operation, which counts and hashes them itself.
 * Nothing here looks at the clock.
 *
 *     population_read(db, a, id, INT64_MAX, &p, &e);
 *     population_freeze_query(&question, &p, a, &rows, &e);                 // or population_freeze_csv
 *     population_freeze_change(env, a, &p, &facts, &change, &e);            // one record_change; submit it as any other
 */
#ifndef ASSESS_POPULATION_H
#define ASSESS_POPULATION_H

#include "assess/question.h"
#include "collect/captures.h"
#include "record/frozen.h"

enum { POPULATION_CSV_BYTES_MAX = FROZEN_BYTES_MAX, POPULATION_TRACED_MIN = 2, POPULATION_TRACED_MAX = 5, POPULATIONS_MAX = 500, SEQUENCE_HOLES_SHOWN = 20 };

/* ---- the library ---- */

struct population_template {
    struct str id, title, system, sql, ask, complete, sla; /* sql "" for an import; sla "": the control's own */
    struct strings controls, columns;
    bool is_import, is_second; /* is_second: another source to hold one against, no control is evaluated from it */
    struct str against;        /* id of another one, ""; and the columns by which both name the same thing */
    struct strings against_columns;
};
bool population_library(struct arena *a, const struct population_template **ret, size_t *ret_count, struct err *e) MUST_USE;
/* NULL: there is none. */
const struct population_template *population_template_find(const struct population_template *all, size_t count, struct str id);
/* The best one for a control: NULL where the library has none. */
const struct population_template *population_template_of(const struct population_template *all, size_t count, struct str control);
/* The change that makes a draft of it; parameters in its sla are put in as they are now. */
bool population_draft(struct db *db, struct arena *a, const struct population_template *t, struct str engagement, struct str from, struct str to, struct record_change *ret,
                      struct err *e) MUST_USE;

/* ---- one ---- */

struct population {
    struct str id, title, state, engagement, library, kind, system, query, parameters, from, to, roles, sla, control_total;
    struct str run_by, columns, digest, completeness_by, completeness, accuracy_rows, accuracy, reconciled_with;
    int64_t version, run_at, as_of_leaf, rows, expected_rows; /* -1: not said */
    struct strings controls;
    struct str c, x;      /* of the rows' blob; "" not frozen */
    int64_t leaf;         /* that holds it */
    struct sha256 seed;   /* hash of that leaf: what rows are drawn by, which nobody could choose */
};
/* ERR_NOT_FOUND. */
bool population_read(struct db *db, struct arena *a, struct str id, int64_t leaf_limit, struct population *ret, struct err *e) MUST_USE;
/* Those of an engagement that were not replaced, by id. */
bool populations_of(struct db *db, struct arena *a, struct str engagement, int64_t leaf_limit, struct population **ret, size_t *ret_count, struct err *e) MUST_USE;
bool population_is_frozen(const struct population *p); /* has rows */
/* "ticket" for "id" in "id=ticket date=opened"; the role itself where nothing is said of it. */
struct str population_role(const struct population *p, struct str role);

/* ---- freezing ---- */

/* Sets what a query of this population is asked with: its days, their instants in the engagement's time zone, the leaf of `at_ms` (0: now). The caller
 * sets captures and time_limit_ms. */
bool population_question(struct db *db, struct arena *a, struct record_types *types, const struct access *access, const struct population *p, int64_t now_ms, int64_t at_ms,
                         struct question *ret, struct err *e) MUST_USE;
bool population_freeze_query(const struct question *q, const struct population *p, struct arena *a, struct str *ret_rows, struct err *e) MUST_USE;
/* A CSV file with a heading: cells become texts, empty ones null. ERR_INVALID names the line. */
bool population_freeze_csv(struct str text, struct arena *a, struct str *ret_rows, struct err *e) MUST_USE;

struct freezing {
    struct str rows;              /* as the two above gave them */
    struct str csv, csv_name;     /* kept beside them; "" none */
    struct str by;                /* who, as people read it */
    int64_t now_ms, as_of_leaf;
};
bool population_freeze_change(const struct env *env, struct arena *a, const struct population *p, const struct freezing *f, struct record_change *ret, struct err *e) MUST_USE;

/* ---- rows, and what is checked of them ---- */

/* Opens, checks against the record's digest (the tamper check). ERR_CORRUPT: other bytes than were frozen. */
bool population_rows(const struct blob_opener *blobs, struct arena *a, const struct population *p, struct frozen *ret, struct err *e) MUST_USE;

/* 2 to 5 rows (fewer where there are fewer), the same each time: drawn by the hash of the leaf that froze them. Ascending. */
size_t population_draw(const struct population *p, size_t ret[POPULATION_TRACED_MAX]);

struct population_sequence {
    bool is_sequence;      /* every id ends in digits behind one and the same beginning, and no holes would have been more than the rows */
    int64_t first, last, holes, duplicates;
    int64_t shown[SEQUENCE_HOLES_SHOWN];
    size_t shown_count;
    struct str prefix;
};
/* By the column that is the id. is_sequence false: it has none, or ids are no numbers. */
bool population_sequence(const struct frozen *f, struct arena *a, struct str column, struct population_sequence *ret) MUST_USE;

/* not_checked, complete_and_accurate, failed: what the state means for information produced by the entity. */
const char *population_ipe(struct str state);
const char *population_ipe_words(struct str state);

#endif
