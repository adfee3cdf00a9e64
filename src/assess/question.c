/* question.c - see question.h. One connection for one statement: the projection's file read-only, views over it that nobody else can name. */
#include "assess/question.h"

#include "content/content.h"
#include "table/vtab.h"

#include <sqlite3.h>
#include <stdio.h>

enum { SECRET_SIZE = 34, VIEW_BYTES_MAX = 256 << 10 };

struct asking {
    const struct question *q;
    struct arena *arena;
    sqlite3 *db;
    char secret[SECRET_SIZE]; /* begins the names of the views that read the projection: what a statement cannot guess, it cannot pretend to be */
    const struct table_provider *providers;
    size_t provider_count;
    const char **names; /* of all that the projection holds */
    size_t name_count;
    struct sql_reads reads;
};

static bool is_view(const struct asking *s, const char *name)
{
    for (size_t i = 0; i < record_types_count(s->q->types); i++) {
        const struct record_type *t = record_types_at(s->q->types, i);
        if (strcmp(t->table, name) == 0)
            return access_reads_all(s->q->access, t);
    }
    return false;
}

/* A table or view of the projection itself. What is none of them, nor ours, is a name that the statement gave to something of its own. */
static bool is_projection(const struct asking *s, const char *name)
{
    for (size_t i = 0; i < s->name_count; i++)
        if (sqlite3_stricmp(s->names[i], name) == 0)
            return true;
    return false;
}

static bool names_read(struct asking *s, struct err *e)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(s->db, "select name from main.sqlite_master where type in ('table', 'view')", -1, &statement, NULL);
    size_t capacity = 0;
    while (code == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW) {
        if (s->name_count == capacity)
            s->names = arena_grow(s->arena, s->names, s->name_count, &capacity, sizeof *s->names);
        const char *name = (const char *)sqlite3_column_text(statement, 0);
        s->names[s->name_count++] = arena_strndup(s->arena, name, strlen(name));
    }
    sqlite3_finalize(statement);
    return s->name_count > 0 || err_set(e, ERR_UNAVAILABLE, "query: the projection cannot be read: %s", sqlite3_errmsg(s->db));
}

static bool may_read(void *context, const char *table, const char *inner)
{
    const struct asking *s = context;
    return (inner && strncmp(inner, s->secret, SECRET_SIZE - 1) == 0) || strncmp(table, s->secret, SECRET_SIZE - 1) == 0 || is_view(s, table) || !is_projection(s, table);
}

static bool is_list(enum field_type t)
{
    return t == FIELD_CHOICES || t == FIELD_REFERENCES || t == FIELD_FILES;
}

static void put_validity(struct buf *b, const char *alias, int64_t leaf_limit)
{
    if (leaf_limit == INT64_MAX)
        buf_printf(b, "%s.to_leaf is null", alias);
    else
        buf_printf(b, "%s.from_leaf <= %lld and (%s.to_leaf is null or %s.to_leaf > %lld)", alias, (long long)leaf_limit, alias, alias, (long long)leaf_limit);
}

static void put_list(struct buf *b, const struct record_type *t, const struct record_field *f, int64_t leaf_limit)
{
    bool is_file = f->type == FIELD_FILES;
    buf_printf(b, ", (select json_group_array(%s) from (select * from main.%s l where l.type = '%s' and l.id = r.id and l.field = '%s' and ", is_file ? "digest" : "target",
               is_file ? "record_file" : "record_link", t->id, f->id);
    put_validity(b, "l", leaf_limit);
    buf_printf(b, " order by l.place)) as \"%s\"", f->id);
}

static bool view_make(struct asking *s, const struct record_type *t, bool with_computed, struct err *e)
{
    struct buf BUF_AUTO b;
    int64_t limit = s->q->leaf_limit;
    buf_init(&b, VIEW_BYTES_MAX);
    buf_printf(&b, "create temp view \"%s%s\" as select r.id, r.version, r.state, r.from_leaf as changed_leaf, r.from_t as changed_t, r.changed_by, r.created_leaf, r.created_t, r.created_by",
               s->secret, t->table);
    for (size_t i = 0; i < t->field_count; i++) {
        const struct record_field *f = &t->fields[i];
        if (f->type == FIELD_COMPUTED && with_computed)
            buf_printf(&b, ", (%s) as \"%s\"", f->sql, f->id);
        else if (is_list(f->type))
            put_list(&b, t, f, limit);
        else if (f->type != FIELD_COMPUTED)
            buf_printf(&b, ", r.\"%s\"", f->id);
        if (f->type == FIELD_MONEY)
            buf_printf(&b, ", r.\"%s_currency\"", f->id);
    }
    buf_printf(&b, " from main.%s_versions r where ", t->table);
    put_validity(&b, "r", limit);
    buf_printf(&b, " and r.is_deleted = 0;\ncreate temp view \"%s\" as select * from temp.\"%s%s\";\n", t->table, s->secret, t->table);
    if (b.full || sqlite3_exec(s->db, b.data, NULL, NULL, NULL) != SQLITE_OK)
        return err_set(e, ERR_INTERNAL, "query: %s cannot be laid over the records: %s", t->table, sqlite3_errmsg(s->db));
    return true;
}

/* A computed value may look at what the asker may not: then the type comes without its computed values. */
static bool view_try(struct asking *s, const struct record_type *t, struct err *e)
{
    char text[400];
    sqlite3_stmt *statement = NULL;
    bool has_computed = false;
    for (size_t i = 0; i < t->field_count; i++)
        has_computed |= t->fields[i].type == FIELD_COMPUTED;
    if (!view_make(s, t, has_computed, e) || !has_computed)
        return e->code == ERR_NONE;
    snprintf(text, sizeof text, "select * from \"%s\"", t->table);
    sql_confine_reads(s->db, &s->reads);
    bool is_ok = sqlite3_prepare_v2(s->db, text, -1, &statement, NULL) == SQLITE_OK;
    sqlite3_finalize(statement);
    sqlite3_set_authorizer(s->db, NULL, NULL);
    if (is_ok)
        return true;
    snprintf(text, sizeof text, "drop view temp.\"%s\"; drop view temp.\"%s%s\"", t->table, s->secret, t->table);
    if (sqlite3_exec(s->db, text, NULL, NULL, NULL) != SQLITE_OK)
        return err_set(e, ERR_INTERNAL, "query: %s", sqlite3_errmsg(s->db));
    return view_make(s, t, false, e);
}

static bool asking_open(struct asking *s, struct err *e)
{
    uint8_t random[16];
    const char *path = sqlite3_db_filename(db_sqlite(s->q->db), "main");
    env_random(&env_system, random, sizeof random);
    s->secret[0] = '_';
    hex_encode(random, sizeof random, s->secret + 1);
    if (!path || !path[0])
        return err_set(e, ERR_UNSUPPORTED, "query: the projection is no file");
    if (sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return err_set(e, ERR_UNAVAILABLE, "query: the projection cannot be opened: %s", s->db ? sqlite3_errmsg(s->db) : "no memory");
    sqlite3_busy_timeout(s->db, 2000);
    if (sqlite3_exec(s->db, "pragma temp_store = memory; begin", NULL, NULL, NULL) != SQLITE_OK)
        return err_set(e, ERR_UNAVAILABLE, "query: %s", sqlite3_errmsg(s->db));
    if (!names_read(s, e))
        return false;
    s->reads = (struct sql_reads){may_read, s};
    s->provider_count = s->q->captures ? captures_providers(s->q->captures, &s->providers) : 0;
    if (s->provider_count && !vtab_register(s->db, s->providers, s->provider_count, e))
        return false;
    for (size_t i = 0; i < record_types_count(s->q->types); i++) {
        const struct record_type *t = record_types_at(s->q->types, i);
        if (access_reads_all(s->q->access, t) && !view_try(s, t, e))
            return false;
    }
    sql_confine_reads(s->db, &s->reads);
    sql_limit_time(s->db, s->q->time_limit_ms ? s->q->time_limit_ms : QUESTION_TIME_LIMIT_MS);
    return true;
}

/* ---- the statement ---- */

static bool sql_fail(const struct asking *s, struct err *e)
{
    int code = sqlite3_errcode(s->db);
    const char *why = sqlite3_errmsg(s->db);
    if ((code & 0xff) == SQLITE_INTERRUPT)
        return err_set(e, ERR_TIMEOUT, "query: not done within %lld s; ask for less, or join on keys",
                       (long long)(s->q->time_limit_ms ? s->q->time_limit_ms : QUESTION_TIME_LIMIT_MS) / 1000);
    if ((code & 0xff) == SQLITE_AUTH || strstr(why, "prohibited") || strstr(why, "not authorized"))
        return err_set(e, ERR_DENIED, "query: %s; it reads captured tables and records that your roles may read, and changes nothing", why);
    if (code == SQLITE_NOMEM || code == SQLITE_TOOBIG || code == SQLITE_FULL)
        return err_set(e, ERR_LIMIT, "query: takes too much memory; ask for less");
    if (strstr(why, "no such table"))
        return err_set(e, ERR_INVALID, "query: %s, or your roles may not read all of its records", why);
    return err_set(e, ERR_INVALID, "query: %s", why);
}

static bool value_bind(struct asking *s, sqlite3_stmt *statement, int i, struct err *e)
{
    const struct question *q = s->q;
    const char *name = sqlite3_bind_parameter_name(statement, i);
    if (!name || name[0] != ':')
        return err_set(e, ERR_INVALID, "query: values are named, like :from");
    const struct {
        const char *name;
        int64_t ms;
    } instants[] = {{"now_ms", q->now_ms}, {"from_ms", q->from_ms}, {"to_ms", q->to_ms}};
    for (size_t k = 0; k < 3; k++)
        if (strcmp(name + 1, instants[k].name) == 0)
            return sqlite3_bind_int64(statement, i, instants[k].ms) == SQLITE_OK;
    bool is_day = strcmp(name, ":from") == 0 || strcmp(name, ":to") == 0;
    if (!is_day && !content_parameter(str_of(name + 1)))
        return err_set(e, ERR_INVALID, "query: nothing is called %.60s; there are :from, :to, :from_ms, :to_ms, :now_ms and the parameters of the programme", name);
    struct str value = !is_day ? parameter_value(q->db, s->arena, name + 1, q->leaf_limit, e) : strcmp(name, ":from") == 0 ? q->from : q->to;
    int64_t number;
    if (e->code)
        return false;
    return (!is_day && str_to_int64(value, &number) ? sqlite3_bind_int64(statement, i, number)
                                                    : sqlite3_bind_text(statement, i, value.data, (int)value.size, SQLITE_STATIC)) == SQLITE_OK;
}

static void cell_take(sqlite3_stmt *statement, int i, struct frozen_writer *w)
{
    char text[40];
    switch (sqlite3_column_type(statement, i)) {
    case SQLITE_NULL:
        frozen_null(w);
        break;
    case SQLITE_INTEGER:
        frozen_int(w, sqlite3_column_int64(statement, i));
        break;
    case SQLITE_FLOAT:
        snprintf(text, sizeof text, "%.15g", sqlite3_column_double(statement, i));
        frozen_text(w, str_of(text));
        break;
    default: {
        const void *bytes = sqlite3_column_blob(statement, i);
        frozen_text(w, str_make(bytes ? bytes : "", (size_t)sqlite3_column_bytes(statement, i)));
    }
    }
}

static bool row_take(sqlite3_stmt *statement, int columns, struct frozen_writer *w, struct err *e)
{
    for (int i = 0; i < columns; i++) {
        if (sqlite3_column_bytes(statement, i) > FROZEN_CELL_BYTES_MAX)
            return err_set(e, ERR_LIMIT, "query: a value of column %d is over %d KiB", i + 1, FROZEN_CELL_BYTES_MAX >> 10);
        cell_take(statement, i, w);
    }
    return frozen_row_end(w, e);
}

static bool rows_take(struct asking *s, sqlite3_stmt *statement, struct frozen_writer *w, struct err *e)
{
    int columns = sqlite3_column_count(statement), code;
    struct str names[FROZEN_COLUMNS_MAX];
    size_t most = s->q->rows_max ? s->q->rows_max : FROZEN_ROWS_MAX;
    for (int i = 0; i < columns && i < FROZEN_COLUMNS_MAX; i++)
        names[i] = str_of(sqlite3_column_name(statement, i));
    if (!frozen_begin(w, names, (size_t)columns, e))
        return err_wrap(e, "query");
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        if (w->count == most && s->q->is_part)
            return true;
        if (!row_take(statement, columns, w, e))
            break;
    }
    if (!e->code && code != SQLITE_DONE)
        sql_fail(s, e);
    if (e->code)
        frozen_release(w);
    return e->code == ERR_NONE;
}

static bool statement_run(struct asking *s, struct str sql, struct frozen_writer *ret, struct err *e)
{
    sqlite3_stmt *statement = NULL;
    const char *tail = NULL;
    if (sqlite3_prepare_v2(s->db, sql.data, (int)sql.size, &statement, &tail) != SQLITE_OK)
        return sql_fail(s, e);
    struct str rest = str_trim(str_make(tail, sql.size - (size_t)(tail - sql.data)));
    bool is_ok = statement && sqlite3_column_count(statement) > 0 && !sqlite3_stmt_isexplain(statement) && rest.size == 0;
    if (!is_ok)
        err_set(e, ERR_INVALID, "query: has to be one SELECT%s", rest.size ? "; something stands behind it" : "");
    for (int i = 1; is_ok && i <= sqlite3_bind_parameter_count(statement); i++)
        is_ok = value_bind(s, statement, i, e);
    is_ok = is_ok && rows_take(s, statement, ret, e);
    sqlite3_finalize(statement);
    return is_ok;
}

bool question_ask(const struct question *q, struct str sql, struct frozen_writer *ret, struct err *e)
{
    struct asking s = {.q = q, .arena = arena_new("query", 64 << 20)};
    bool is_ok = false;
    *ret = (struct frozen_writer){0};
    if (sql.size == 0 || sql.size > QUESTION_SQL_BYTES_MAX || !str_is_utf8(sql) || memchr(sql.data, 0, sql.size))
        err_set(e, ERR_INVALID, "query: is UTF-8 of 1 byte to %d KiB", QUESTION_SQL_BYTES_MAX >> 10);
    else
        is_ok = asking_open(&s, e) && statement_run(&s, sql, ret, e);
    sqlite3_close(s.db);
    arena_free(s.arena);
    return is_ok;
}

struct strings question_tables(const struct question *q, struct arena *a)
{
    size_t count = record_types_count(q->types);
    const char **items = arena_array(a, count + 1, sizeof *items);
    struct strings list = {.items = items};
    for (size_t i = 0; i < count; i++)
        if (access_reads_all(q->access, record_types_at(q->types, i)))
            items[list.count++] = record_types_at(q->types, i)->table;
    return list;
}
