#include "db/db.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Prepared statements are kept by the address of their text: SQL is written as literals, so the address is the identity. */
enum { CACHE_SLOTS = 512, KNOWN_MAX = 256, KNOWN_SLOTS = 1024 };

struct db_row {
    struct db *db;
    sqlite3_stmt *statement;
    bool is_busy;
};

struct db {
    sqlite3 *sqlite;
    enum db_mode mode;
    struct {
        const char *sql;
        struct db_row row;
    } cache[CACHE_SLOTS];
    char *known[KNOWN_SLOTS]; /* texts of db_known, open addressing */
    size_t known_count;
};

static bool db_fail(struct db *db, struct err *e, const char *what)
{
    int code = sqlite3_extended_errcode(db->sqlite);
    enum err_code kind;
    switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
        kind = ERR_CONFLICT;
        break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        kind = ERR_CONFLICT;
        break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        kind = ERR_CORRUPT;
        break;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
        kind = ERR_UNAVAILABLE;
        break;
    case SQLITE_INTERRUPT:
        kind = ERR_TIMEOUT;
        break;
    default:
        kind = ERR_INTERNAL;
    }
    int number = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN ? sqlite3_system_errno(db->sqlite) : 0;
    if (number == ENOSPC || (code & 0xff) == SQLITE_FULL || code == SQLITE_IOERR_SHMSIZE)
        return err_set(e, ERR_UNAVAILABLE, "database: %.80s: the disk is full", what);
    if (number)
        return err_set(e, kind, "database: %.80s: %s: %s", what, sqlite3_errmsg(db->sqlite), strerror(number));
    return err_set(e, kind, "database: %.80s: %s", what, sqlite3_errmsg(db->sqlite));
}

static bool db_configure(struct db *db, struct err *e)
{
    sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    sqlite3_busy_timeout(db->sqlite, 5000);
    if (db->mode == DB_WRITE)
        return db_script(db,
                         "pragma journal_mode=wal; pragma synchronous=normal; pragma foreign_keys=on; pragma cache_size=-8000;"
                         "pragma wal_autocheckpoint=2000; pragma journal_size_limit=67108864",
                         e);
    if (db->mode == DB_READ)
        return db_script(db, "pragma temp_store=memory; pragma query_only=on; pragma cache_size=-4000; pragma mmap_size=2147418112", e);
    return true;
}

/* On a read-only disk SQLite cannot make the shared memory of its write-ahead log. If that log is empty (the last writer closed in
 * order), the file alone is the whole database and can be read as one that nobody changes. */
static bool db_reopen_immutable(struct db *db, const char *path, struct err *e)
{
    char wal[4096], uri[8192];
    struct stat facts;
    int n = snprintf(wal, sizeof(wal), "%s-wal", path);
    if (n < 0 || (size_t)n >= sizeof(wal) || (stat(wal, &facts) == 0 && facts.st_size > 0))
        return err_set(e, ERR_UNAVAILABLE, "database %s: the disk is read-only and the last writer did not close in order", path);
    size_t size = 0;
    memcpy(uri, "file:", 5);
    for (size += 5; *path && size < sizeof(uri) - 32; path++) /* RFC 3986: what has a meaning in a URI is written as %XX */
        size += (size_t)snprintf(uri + size, 4, strchr("%?#", *path) ? "%%%02x" : "%c", (unsigned char)*path);
    memcpy(uri + size, "?immutable=1", 13);
    sqlite3_close_v2(db->sqlite);
    db->sqlite = NULL;
    if (sqlite3_open_v2(uri, &db->sqlite, SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL) != SQLITE_OK)
        return db_fail(db, e, "read-only disk");
    return db_configure(db, e);
}

struct db *db_open(const char *path, enum db_mode mode, struct err *e)
{
    struct db *db = calloc(1, sizeof(*db));
    if (!db) {
        err_set(e, ERR_LIMIT, "database %s: no memory", path);
        return NULL;
    }
    db->mode = mode;
    int flags = SQLITE_OPEN_NOMUTEX | (mode == DB_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    int code = sqlite3_open_v2(mode == DB_MEMORY ? ":memory:" : path, &db->sqlite, flags, NULL);
    if (code != SQLITE_OK) {
        if (db->sqlite)
            db_fail(db, e, path);
        else
            err_set(e, ERR_LIMIT, "database %s: no memory", path);
        return db_close(db);
    }
    if (db_configure(db, e))
        return db;
    if (mode == DB_READ && sqlite3_errcode(db->sqlite) == SQLITE_CANTOPEN && access(path, R_OK) == 0 && access(path, W_OK) != 0 &&
        errno == EROFS && db_reopen_immutable(db, path, e)) {
        *e = (struct err){0};
        return db;
    }
    return db_close(db);
}

struct db *db_close(struct db *db)
{
    if (!db)
        return NULL;
    for (size_t i = 0; i < CACHE_SLOTS; i++)
        sqlite3_finalize(db->cache[i].row.statement);
    for (size_t i = 0; i < KNOWN_SLOTS; i++)
        free(db->known[i]);
    sqlite3_close_v2(db->sqlite);
    free(db);
    return NULL;
}

bool db_script(struct db *db, const char *sql, struct err *e)
{
    if (sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL) != SQLITE_OK)
        return db_fail(db, e, sql);
    return true;
}

static struct db_row *row_prepare(struct db *db, const char *sql, struct db_row *row, unsigned flags, struct err *e)
{
    if (sqlite3_prepare_v3(db->sqlite, sql, -1, flags, &row->statement, NULL) != SQLITE_OK) {
        db_fail(db, e, sql);
        return NULL;
    }
    row->db = db;
    return row;
}

/* A cached statement that is not in use, or a new one that its release frees. */
static struct db_row *row_get(struct db *db, const char *sql, struct err *e)
{
    size_t at = (size_t)(((uintptr_t)sql * UINT64_C(0x9e3779b97f4a7c15)) >> 55) % CACHE_SLOTS;
    for (size_t probe = 0; probe < 8; probe++, at = (at + 1) % CACHE_SLOTS) {
        /* A text that was built at run time may stand where another one stood: then the old one's place is taken. */
        struct db_row *old = &db->cache[at].row;
        if (db->cache[at].sql == sql && !old->is_busy && strcmp(sqlite3_sql(old->statement), sql) == 0)
            return old;
        if (db->cache[at].sql == sql && !old->is_busy) {
            sqlite3_finalize(old->statement);
            *old = (struct db_row){0};
            db->cache[at].sql = NULL;
        }
        if (!db->cache[at].sql) {
            struct db_row *row = row_prepare(db, sql, &db->cache[at].row, SQLITE_PREPARE_PERSISTENT, e);
            if (row)
                db->cache[at].sql = sql;
            return row;
        }
    }
    struct db_row *row = calloc(1, sizeof(*row));
    if (!row) {
        err_set(e, ERR_LIMIT, "database: no memory");
        return NULL;
    }
    if (!row_prepare(db, sql, row, 0, e)) {
        free(row);
        return NULL;
    }
    return row;
}

static bool is_cached(const struct db_row *row)
{
    const char *p = (const char *)row, *from = (const char *)row->db->cache;
    return p >= from && p < from + sizeof(row->db->cache);
}

void db_row_release(struct db_row **row)
{
    struct db_row *r = *row;
    *row = NULL;
    if (!r)
        return;
    if (!is_cached(r)) {
        sqlite3_finalize(r->statement);
        free(r);
        return;
    }
    sqlite3_reset(r->statement);
    sqlite3_clear_bindings(r->statement);
    r->is_busy = false;
}

static int bind_one(sqlite3_stmt *statement, int at, const struct db_arg *arg)
{
    switch (arg->type) {
    case DB_ARG_INT:
        return sqlite3_bind_int64(statement, at, arg->integer);
    case DB_ARG_TEXT:
        return sqlite3_bind_text64(statement, at, arg->bytes.data, arg->bytes.size, SQLITE_TRANSIENT, SQLITE_UTF8);
    case DB_ARG_BLOB:
        return sqlite3_bind_blob64(statement, at, arg->bytes.data ? arg->bytes.data : "", arg->bytes.size, SQLITE_TRANSIENT);
    default:
        return sqlite3_bind_null(statement, at);
    }
}

struct db_row *db_query_args(struct db *db, struct err *e, const char *sql, const struct db_arg *args, size_t count)
{
    struct db_row *row = row_get(db, sql, e);
    if (!row)
        return NULL;
    row->is_busy = true;
    for (size_t i = 0; i < count; i++) /* args[0] only keeps the array from being empty */
        if (bind_one(row->statement, (int)i + 1, &args[i + 1]) != SQLITE_OK) {
            db_fail(db, e, sql);
            db_row_release(&row);
            return NULL;
        }
    return row;
}

bool db_next(struct db_row *row, struct err *e)
{
    int code = sqlite3_step(row->statement);
    if (code == SQLITE_ROW)
        return true;
    if (code != SQLITE_DONE)
        db_fail(row->db, e, sqlite3_sql(row->statement));
    return false;
}

bool db_shadow(struct db *db, const char *sql, struct err *e)
{
    if (db->mode != DB_READ)
        return db_script(db, sql, e);
    struct err failed = {0};
    bool ok = db_script(db, "pragma query_only=off", e) && db_script(db, sql, e);
    return db_script(db, "pragma query_only=on", ok ? e : &failed) && ok; /* the file itself is open for reading only, whatever this says */
}

bool db_run_args(struct db *db, struct err *e, const char *sql, const struct db_arg *args, size_t count)
{
    struct db_row *row = db_query_args(db, e, sql, args, count);
    if (!row)
        return false;
    int code;
    while ((code = sqlite3_step(row->statement)) == SQLITE_ROW)
        ;
    bool ok = code == SQLITE_DONE || db_fail(db, e, sql);
    db_row_release(&row);
    return ok;
}

int64_t db_int(struct db_row *row, int column)
{
    return sqlite3_column_int64(row->statement, column);
}

struct str db_text(struct db_row *row, int column)
{
    const char *text = (const char *)sqlite3_column_text(row->statement, column);
    return str_make(text, text ? (size_t)sqlite3_column_bytes(row->statement, column) : 0);
}

struct str db_bytes(struct db_row *row, int column)
{
    const void *bytes = sqlite3_column_blob(row->statement, column);
    return str_make(bytes, bytes ? (size_t)sqlite3_column_bytes(row->statement, column) : 0);
}

bool db_is_null(struct db_row *row, int column)
{
    return sqlite3_column_type(row->statement, column) == SQLITE_NULL;
}

int64_t db_rowid(struct db *db)
{
    return sqlite3_last_insert_rowid(db->sqlite);
}

int64_t db_one_int_args(struct db *db, struct err *e, int64_t otherwise, const char *sql, const struct db_arg *args, size_t count)
{
    struct db_row *row = db_query_args(db, e, sql, args, count);
    int64_t value = row && db_next(row, e) && !db_is_null(row, 0) ? db_int(row, 0) : otherwise;
    db_row_release(&row);
    return value;
}

struct str db_one_text_args(struct arena *a, struct db *db, struct err *e, const char *sql, const struct db_arg *args, size_t count)
{
    struct db_row *row = db_query_args(db, e, sql, args, count);
    struct str value = {0};
    if (row && db_next(row, e) && !db_is_null(row, 0))
        value = arena_str(a, db_text(row, 0));
    db_row_release(&row);
    return value;
}

bool db_begin(struct db *db, struct err *e)
{
    return db_script(db, db->mode == DB_READ ? "begin" : "begin immediate", e);
}

bool db_commit(struct db *db, struct err *e)
{
    return db_script(db, "commit", e);
}

void db_rollback(struct db *db)
{
    if (!sqlite3_get_autocommit(db->sqlite))
        sqlite3_exec(db->sqlite, "rollback", NULL, NULL, NULL);
}

bool db_savepoint(struct db *db, struct err *e)
{
    return db_script(db, "savepoint one", e);
}

bool db_savepoint_keep(struct db *db, struct err *e)
{
    return db_script(db, "release one", e);
}

void db_savepoint_undo(struct db *db)
{
    if (!sqlite3_get_autocommit(db->sqlite))
        sqlite3_exec(db->sqlite, "rollback to one; release one", NULL, NULL, NULL);
}

struct sqlite3 *db_sqlite(struct db *db)
{
    return db->sqlite;
}

/* ---- SQL made at run time ---- */

/* Forgets all texts and the statements made of them, but those that run just now. */
static void known_forget(struct db *db)
{
    for (size_t i = 0; i < KNOWN_SLOTS; i++) {
        bool is_busy = false;
        for (size_t at = 0; db->known[i] && at < CACHE_SLOTS; at++) {
            if (db->cache[at].sql != db->known[i])
                continue;
            is_busy = is_busy || db->cache[at].row.is_busy;
            if (db->cache[at].row.is_busy)
                continue;
            sqlite3_finalize(db->cache[at].row.statement);
            db->cache[at].row = (struct db_row){0};
            db->cache[at].sql = NULL;
        }
        if (!db->known[i] || is_busy)
            continue;
        free(db->known[i]);
        db->known[i] = NULL;
        db->known_count--;
    }
}

const char *db_known(struct db *db, struct str sql)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < sql.size; i++)
        hash = (hash ^ (unsigned char)sql.data[i]) * UINT64_C(0x100000001b3);
    size_t at = hash % KNOWN_SLOTS;
    for (; db->known[at]; at = (at + 1) % KNOWN_SLOTS)
        if (str_is(sql, db->known[at]))
            return db->known[at];
    if (db->known_count >= KNOWN_MAX) {
        known_forget(db);
        for (at = hash % KNOWN_SLOTS; db->known[at]; at = (at + 1) % KNOWN_SLOTS)
            if (str_is(sql, db->known[at])) /* a hole may have hidden it; it is there all the same */
                return db->known[at];
    }
    char *text = malloc(sql.size + 1);
    if (!text)
        abort();
    memcpy(text, sql.data, sql.size);
    text[sql.size] = 0;
    db->known[at] = text;
    db->known_count++;
    return text;
}
