/*
 * db.h - the one database interface: SQL text with ?1..?n, typed arguments, cursors that close themselves. Today's driver is SQLite.
 *
 * One connection per thread and never across fork. A connection opened DB_READ never writes. SQL stays plain (engineering.md 1.4).
 *
 *     struct db *db = db_open(path, DB_READ, &e);
 *     if (!db_run(db, &e, "update stream set sq=?1 where st=?2", A(sq), A(name))) ...
 *     DB_EACH(row, db, &e, "select idx, type from leaf where st=?1", A(name)) { int64_t idx = db_int(row, 0); ... }
 *     if (e.code) ...      // the loop ends early on failure and fills e
 */
#ifndef DB_DB_H
#define DB_DB_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include <stdint.h>

struct db;
struct db_row; /* a running statement standing on a row */

enum db_mode {
    DB_READ,   /* must exist; read-only */
    DB_WRITE,  /* created when missing; WAL, synchronous=NORMAL, foreign keys on */
    DB_MEMORY  /* path ignored */
};

enum db_arg_type { DB_ARG_NULL, DB_ARG_INT, DB_ARG_TEXT, DB_ARG_BLOB };
struct db_arg {
    enum db_arg_type type;
    int64_t integer;
    struct str bytes;
};

static inline struct db_arg db_arg_int(int64_t v) { return (struct db_arg){.type = DB_ARG_INT, .integer = v}; }
static inline struct db_arg db_arg_str(struct str v)
{
    return v.data ? (struct db_arg){.type = DB_ARG_TEXT, .bytes = v} : (struct db_arg){.type = DB_ARG_NULL};
}
static inline struct db_arg db_arg_cstr(const char *v) { return db_arg_str(str_of(v)); }
static inline struct db_arg db_arg_self(struct db_arg v) { return v; }
/* int types and bool bind as integer, struct str and char * as text (NULL data as null), struct db_arg (BLOB, NULL below) as itself. */
#define A(v)                                                                                                                     \
    _Generic((v), struct str: db_arg_str, char *: db_arg_cstr, const char *: db_arg_cstr, struct db_arg: db_arg_self,            \
        default: db_arg_int)(v)
static inline struct db_arg db_blob(const void *data, size_t size)
{
    return (struct db_arg){.type = DB_ARG_BLOB, .bytes = str_make(data, size)};
}
#define DB_NULL ((struct db_arg){.type = DB_ARG_NULL})
#define DB_ARGS(...) ((const struct db_arg[]){DB_NULL, ##__VA_ARGS__}), (sizeof((const struct db_arg[]){DB_NULL, ##__VA_ARGS__}) / sizeof(struct db_arg) - 1)

struct db *db_open(const char *path, enum db_mode mode, struct err *e) MUST_USE;
struct db *db_close(struct db *db);
/* Several statements, no arguments: schema. */
bool db_script(struct db *db, const char *sql, struct err *e) MUST_USE;
bool db_run_args(struct db *db, struct err *e, const char *sql, const struct db_arg *args, size_t count) MUST_USE;
#define db_run(db, e, sql, ...) db_run_args(db, e, sql, DB_ARGS(__VA_ARGS__) )
/* Cursor. Statements are cached by the address of `sql` (use literals). */
struct db_row *db_query_args(struct db *db, struct err *e, const char *sql, const struct db_arg *args, size_t count);
#define db_query(db, e, sql, ...) db_query_args(db, e, sql, DB_ARGS(__VA_ARGS__))
bool db_next(struct db_row *row, struct err *e); /* false at the end or on failure (e filled) */
void db_row_release(struct db_row **row);
int64_t db_int(struct db_row *row, int column);
struct str db_text(struct db_row *row, int column); /* valid until the next db_next; data NULL for null */
struct str db_bytes(struct db_row *row, int column);
bool db_is_null(struct db_row *row, int column);
/* Runs "create temp view NAME as ..." statements, also over a connection that only reads: whatever asks for NAME gets these rows, until the transaction is
 * rolled back or the connection closes. */
bool db_shadow(struct db *db, const char *sql, struct err *e) MUST_USE;
int64_t db_rowid(struct db *db);
/* The first column of the first row, or `otherwise` when there is no row or it is null. On failure e is filled and `otherwise` returned. */
int64_t db_one_int_args(struct db *db, struct err *e, int64_t otherwise, const char *sql, const struct db_arg *args, size_t count);
#define db_one_int(db, e, otherwise, sql, ...) db_one_int_args(db, e, otherwise, sql, DB_ARGS(__VA_ARGS__))
struct str db_one_text_args(struct arena *a, struct db *db, struct err *e, const char *sql, const struct db_arg *args, size_t count);
#define db_one_text(a, db, e, sql, ...) db_one_text_args(a, db, e, sql, DB_ARGS(__VA_ARGS__)) /* {NULL,0} when none */
#define DB_EACH(row, db, e, sql, ...)                                                                                            \
    for (struct db_row *row __attribute__((cleanup(db_row_release))) = db_query(db, e, sql, ##__VA_ARGS__);                      \
         row && db_next(row, e);)

/* SQL that is put together at run time: the same text gives the same address, as a literal has, so that its statement is kept. Valid
 * for one statement at least; NULL for `sql` is not allowed. */
const char *db_known(struct db *db, struct str sql);

bool db_begin(struct db *db, struct err *e) MUST_USE; /* immediate for DB_WRITE, deferred for DB_READ */
bool db_commit(struct db *db, struct err *e) MUST_USE;
void db_rollback(struct db *db);
bool db_savepoint(struct db *db, struct err *e) MUST_USE; /* one level */
bool db_savepoint_keep(struct db *db, struct err *e) MUST_USE;
void db_savepoint_undo(struct db *db);
/* For code that needs the engine itself (virtual tables, authorizer): the sqlite3 handle. Only src/table and src/assess may ask. */
struct sqlite3 *db_sqlite(struct db *db);

#endif
