/* dump.c - the projection as text: the same rows give the same bytes, whatever the order in which they were written. */
#include "keeper/projection.h"
#include <sqlite3.h>

enum { DUMP_LINE_BYTES_MAX = 64 << 20, DUMP_PIECE_BYTES = 256 << 10, DUMP_TABLES_MAX = 256 };

static void dump_hex(struct buf *b, struct str bytes)
{
    buf_cstr(b, "{\"hex\":\"");
    for (size_t i = 0; i < bytes.size; i++)
        buf_printf(b, "%02x", (uint8_t)bytes.data[i]);
    buf_cstr(b, "\"}");
}

static void dump_value(struct buf *b, sqlite3_stmt *row, int column)
{
    switch (sqlite3_column_type(row, column)) {
    case SQLITE_INTEGER:
        buf_printf(b, "%lld", (long long)sqlite3_column_int64(row, column));
        break;
    case SQLITE_FLOAT:
        buf_printf(b, "%.17g", sqlite3_column_double(row, column));
        break;
    case SQLITE_NULL:
        buf_cstr(b, "null");
        break;
    default: {
        struct str bytes = str_make(sqlite3_column_blob(row, column), (size_t)sqlite3_column_bytes(row, column));
        if (sqlite3_column_type(row, column) == SQLITE_TEXT && str_is_utf8(bytes))
            json_write_string(b, bytes);
        else
            dump_hex(b, bytes);
    }
    }
}

static bool dump_table(sqlite3 *sqlite, const char *table, struct buf *b, bool (*write)(void *, struct str, struct err *),
                       void *context, struct err *e)
{
    sqlite3_stmt *row = NULL;
    char *sql = sqlite3_mprintf("select * from \"%w\" limit 0", table);
    bool ok = sqlite3_prepare_v2(sqlite, sql, -1, &row, NULL) == SQLITE_OK;
    sqlite3_free(sql);
    int columns = ok ? sqlite3_column_count(row) : 0;
    sqlite3_finalize(row);
    /* Ordered by every column from the left: keys stand first in our tables, and no two rows are equal. */
    struct buf BUF_AUTO select;
    buf_init(&select, 1 << 16);
    sql = sqlite3_mprintf("select * from \"%w\" order by 1", table);
    buf_cstr(&select, sql);
    sqlite3_free(sql);
    for (int i = 2; i <= columns; i++)
        buf_printf(&select, ",%d", i);
    row = NULL;
    ok = ok && sqlite3_prepare_v2(sqlite, select.data, (int)select.size, &row, NULL) == SQLITE_OK;
    int step = SQLITE_DONE;
    while (ok && (step = sqlite3_step(row)) == SQLITE_ROW) {
        buf_char(b, '[');
        json_write_string(b, str_of(table));
        for (int i = 0; i < columns; i++) {
            buf_char(b, ',');
            dump_value(b, row, i);
        }
        buf_cstr(b, "]\n");
        if (b->full)
            ok = err_set(e, ERR_LIMIT, "dump: a row of %s is over %d bytes", table, DUMP_LINE_BYTES_MAX);
        if (ok && b->size > DUMP_PIECE_BYTES) {
            ok = write(context, buf_view(b), e);
            buf_clear(b);
        }
    }
    if (ok && step != SQLITE_DONE)
        ok = err_set(e, ERR_CORRUPT, "dump: %s: %s", table, sqlite3_errmsg(sqlite));
    else if (!ok && !e->code)
        err_set(e, ERR_CORRUPT, "dump: %s: %s", table, sqlite3_errmsg(sqlite));
    sqlite3_finalize(row);
    return ok;
}

bool projection_dump(struct db *db, bool (*write)(void *context, struct str text, struct err *e), void *context, struct err *e)
{
    struct arena *a = arena_new("dump", 16 << 20);
    struct buf BUF_AUTO b;
    buf_init(&b, DUMP_LINE_BYTES_MAX);
    const char *tables[DUMP_TABLES_MAX];
    size_t count = 0;
    bool ok = db_begin(db, e); /* one snapshot */
    if (ok) {
        DB_EACH (row, db, e,
                 "select name from sqlite_schema where type='table' and name not like 'sqlite\\_%' escape '\\' and "
                 "name <> 'record_text' and name not like 'record\\_text\\_%' escape '\\' order by name") {
            struct str name = db_text(row, 0);
            if (count < DUMP_TABLES_MAX)
                tables[count++] = arena_strndup(a, name.data, name.size);
        }
        ok = e->code == ERR_NONE;
    }
    for (size_t i = 0; ok && i < count; i++)
        ok = dump_table(db_sqlite(db), tables[i], &b, write, context, e);
    ok = ok && (b.size == 0 || write(context, buf_view(&b), e));
    db_rollback(db);
    arena_free(a);
    return ok;
}
