/*
 * vtab.h - tables as SQLite virtual tables, over a live host or over captures, with the same columns.
 *
 * Every table also has the hidden columns subject, run_id, taken_at, received_at. Constraints on COLUMN_KEY columns are handed to the
 * provider as hints; the engine checks all constraints again, so a provider may ignore them.
 */
#ifndef TABLE_VTAB_H
#define TABLE_VTAB_H

#include "table/table.h"

struct sqlite3;

/* HINT_PREFIX comes from LIKE and GLOB. LIKE ignores the case of ASCII letters, so a provider must too: rows whose text does not start with
 * the value in any case may be left out. */
enum hint_op { HINT_EQUAL, HINT_PREFIX };
struct hint {
    size_t column;
    enum hint_op op;
    struct cell value; /* of the column's type; prefix: text before the first wildcard, may be empty */
};

/* One capture's worth of rows with what the hidden columns show. */
struct table_page {
    const struct rows *rows;
    struct str subject;
    struct str run_id;
    int64_t taken_at_ms;    /* 0: null */
    int64_t received_at_ms; /* 0: null */
};

struct table_provider {
    const struct table_schema *schema;
    /* Gives the pages to scan (usually one; one per subject over captures), allocated in `a`, which lives for the scan. */
    bool (*pages)(void *context, struct arena *a, const struct table_schema *schema, const struct hint *hints, size_t hint_count,
                  const struct table_page **ret_pages, size_t *ret_count, struct err *e);
    void *context;
    /* True: asked again for each scan, with hints. False: asked once a cursor without hints, and equality on any column is answered from
     * an index that the engine side builds (joins over captures). */
    bool uses_hints;
};

/* Registers `providers` as eponymous virtual tables on a connection; they must live as long as it. Declared INNOCUOUS. */
bool vtab_register(struct sqlite3 *db, const struct table_provider *providers, size_t count, struct err *e) MUST_USE;

/* For SQL that users or tests write: allows only SELECT, reads of registered tables and a list of functions; no ATTACH, PRAGMA, writes.
 * The connection should hold nothing but registered tables (DB_MEMORY). */
void sql_confine(struct sqlite3 *db);
/* The same over a connection that holds more: which tables a statement may read. `inner`: the view that reads it, NULL the statement itself;
 * a statement's own WITH can be called as it likes, and is `inner` too. `reads` has to live as long as the connection; NULL: every table. */
struct sql_reads {
    bool (*may_read)(void *context, const char *table, const char *inner);
    void *context;
};
void sql_confine_reads(struct sqlite3 *db, const struct sql_reads *reads);
/* Interrupts statements of `db` that run longer than time_limit_ms from now; 0 removes the limit. */
void sql_limit_time(struct sqlite3 *db, int64_t time_limit_ms);

#endif
