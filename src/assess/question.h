/*
 * question.h - SQL that a person wrote over what was captured and what people recorded, as of a leaf, read-only and with limits: the way by which
 * populations are made.
 *
 * A statement sees the captured tables (table/table.h: users, packages, …) and a view of each record type that the asker may read all of, under the
 * type's table name (people, tasks, deviations …): its fields, id, state, version, changed_t, created_t; what has many values is a JSON array of ids. It
 * sees nothing else of the projection: no accounts, no credentials, no other types. Values are bound by name: :from and :to (days), :from_ms and :to_ms
 * (behind the last day), :now_ms, and each parameter of the programme by its name.
 *
 *     struct frozen_writer w;
 *     if (!question_ask(&q, sql, &w, &e)) ...        // rows in w; a query that runs away ends with ERR_TIMEOUT or ERR_LIMIT, and nothing is written
 */
#ifndef ASSESS_QUESTION_H
#define ASSESS_QUESTION_H

#include "assess/stored.h"
#include "record/frozen.h"
#include "record/record.h"

enum { QUESTION_SQL_BYTES_MAX = 64 << 10, QUESTION_TIME_LIMIT_MS = 20000 };

struct question {
    struct db *db;                /* the projection, from a file: it is opened once more, read-only */
    struct record_types *types;
    const struct access *access;
    struct captures *captures;    /* NULL: no captured tables */
    int64_t leaf_limit;           /* records as of this leaf; INT64_MAX: now */
    int64_t now_ms, from_ms, to_ms;
    struct str from, to;          /* "2026-01-01" */
    int64_t time_limit_ms;        /* 0: QUESTION_TIME_LIMIT_MS */
    size_t rows_max;              /* 0: FROZEN_ROWS_MAX; reaching it is an error unless is_part */
    bool is_part;                 /* the first rows are enough */
};
/* On success the writer holds the rows (frozen_end or frozen_release); on failure it was released. */
bool question_ask(const struct question *q, struct str sql, struct frozen_writer *ret, struct err *e) MUST_USE;
/* Names of the record tables that this asker can query: for people who write one. */
struct strings question_tables(const struct question *q, struct arena *a);

#endif
