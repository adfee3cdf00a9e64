#include "assess/test_run.h"

#include "base/limits.h"
#include "base/times.h"

#include <assert.h>
#include <sqlite3.h>

enum { RESOURCE_BYTES_MAX = 1024, REASON_BYTES_MAX = 4096 };

/* A row of table_status that is not "complete". */
struct shortfall {
    struct str table, scope, missing, reason;
    bool is_none;
};

struct test_runner {
    const struct test_inputs *inputs;
    sqlite3 *db;
    struct arena *arena; /* shortfalls */
    struct shortfall *shortfalls;
    size_t shortfall_count;
    size_t shortfall_capacity;
    const char **asked; /* tables whose status was read */
    size_t asked_count, asked_capacity;
    bool has_status;       /* there is a table_status to ask */
    struct arena *scratch; /* of one test */
};

struct str test_value_of(const struct test_value *values, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(values[i].name, name))
            return values[i].value;
    const struct parameter *p = content_parameter(name);
    return p ? str_of(p->default_value) : (struct str){0};
}

/* Only what no shell reads in its own way: fix texts are there to be pasted into one. */
static bool is_plain(struct str value)
{
    for (size_t i = 0; i < value.size; i++) {
        char c = value.data[i];
        bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_word && (c == '\0' || !strchr("_./,@:+-", c)))
            return false;
    }
    return value.size > 0;
}

/* The declared parameter whose {name} stands at the beginning of `text`, data NULL: none. */
static struct str placeholder(const struct test *t, struct str text)
{
    for (size_t i = 0; i < t->parameters.count; i++) {
        struct str name = str_of(t->parameters.items[i]);
        if (text.size >= name.size + 2 && text.data[0] == '{' && text.data[name.size + 1] == '}' &&
            str_equal(str_slice(text, 1, name.size + 1), name))
            return name;
    }
    return (struct str){0};
}

struct str test_fix_text(struct arena *a, const struct test *t, const struct test_value *values, size_t count)
{
    struct buf b BUF_AUTO;
    buf_init(&b, 1 << 20);
    struct str fix = str_of(t->fix);
    for (size_t i = 0; i < fix.size;) {
        bool is_shell = i > 0 && fix.data[i - 1] == '$';
        struct str name = is_shell ? (struct str){0} : placeholder(t, str_slice(fix, i, fix.size));
        struct str value = name.data ? test_value_of(values, count, name) : (struct str){0};
        if (name.data && is_plain(value)) {
            buf_str(&b, value);
            i += name.size + 2;
        } else {
            buf_char(&b, fix.data[i++]);
        }
    }
    return arena_str(a, buf_view(&b));
}

static struct str column_str(sqlite3_stmt *s, int column)
{
    const void *text = sqlite3_column_text(s, column);
    return text ? str_make(text, (size_t)sqlite3_column_bytes(s, column)) : (struct str){0};
}

/* What stands in results is printable UTF-8: anything else is written as \xNN, and very long texts are cut. */
static struct str clean(struct arena *a, struct str s, size_t size_max)
{
    bool is_fine = s.size <= size_max && str_is_utf8(s);
    for (size_t i = 0; is_fine && i < s.size; i++)
        is_fine = (unsigned char)s.data[i] >= 0x20 || s.data[i] == '\n' || s.data[i] == '\t';
    if (is_fine)
        return s.data ? s : STR("");
    bool is_utf8 = str_is_utf8(s);
    size_t cut = is_utf8 ? str_prefix(s, size_max).size : s.size < size_max ? s.size : size_max;
    struct buf b BUF_AUTO;
    buf_init(&b, size_max * 4 + 16);
    for (size_t i = 0; i < cut; i++) {
        unsigned char c = (unsigned char)s.data[i];
        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f || (c >= 0x80 && !is_utf8))
            buf_printf(&b, "\\x%02x", c);
        else
            buf_char(&b, (char)c);
    }
    if (cut < s.size)
        buf_cstr(&b, " (cut)");
    return arena_str(a, buf_view(&b));
}

static void shortfall_add(struct test_runner *t, struct shortfall s)
{
    if (t->shortfall_count == t->shortfall_capacity)
        t->shortfalls = arena_grow(t->arena, t->shortfalls, t->shortfall_count, &t->shortfall_capacity, sizeof(struct shortfall));
    t->shortfalls[t->shortfall_count++] = s;
}

/* Reads what table_status says of a table, once. What cannot be asked about counts as not read at all. */
static void shortfalls_read(struct test_runner *t, const char *table)
{
    const char *sql = "select scope, state, missing, reason from table_status where tbl = ?1 order by 1, 2, 3, 4";
    for (size_t i = 0; i < t->asked_count; i++)
        if (strcmp(t->asked[i], table) == 0)
            return;
    if (t->asked_count == t->asked_capacity)
        t->asked = arena_grow(t->arena, t->asked, t->asked_count, &t->asked_capacity, sizeof(char *));
    t->asked[t->asked_count++] = arena_strndup(t->arena, table, strlen(table));
    struct str name = str_of(t->asked[t->asked_count - 1]);
    sqlite3_stmt *s = NULL;
    int rc = sqlite3_prepare_v2(t->db, sql, -1, &s, NULL);
    if (rc == SQLITE_OK)
        sqlite3_bind_text(s, 1, name.data, (int)name.size, SQLITE_STATIC);
    while (rc == SQLITE_OK || rc == SQLITE_ROW) {
        rc = sqlite3_step(s);
        struct str state = rc == SQLITE_ROW ? column_str(s, 1) : STR("complete");
        if (str_is(state, "complete"))
            continue;
        struct shortfall found = {.table = name,
                                  .scope = arena_str(t->arena, clean(t->arena, column_str(s, 0), RESOURCE_BYTES_MAX)),
                                  .missing = arena_str(t->arena, clean(t->arena, column_str(s, 2), REASON_BYTES_MAX)),
                                  .reason = arena_str(t->arena, clean(t->arena, column_str(s, 3), REASON_BYTES_MAX)),
                                  .is_none = !str_is(state, "partial")}; /* a state that we do not know is no state to rely on */
        shortfall_add(t, found);
    }
    if (rc != SQLITE_DONE) {
        struct str why = arena_printf(t->arena, "its status could not be asked: %s", sqlite3_errmsg(t->db));
        shortfall_add(t, (struct shortfall){.table = name, .scope = STR(""), .missing = STR(""), .reason = why, .is_none = true});
    }
    sqlite3_finalize(s);
}

static const struct table_provider *provider_find(const struct test_runner *t, const char *name)
{
    for (size_t i = 0; i < t->inputs->provider_count; i++)
        if (strcmp(t->inputs->providers[i].schema->name, name) == 0)
            return &t->inputs->providers[i];
    return NULL;
}

struct test_runner *test_runner_new(const struct test_inputs *inputs, struct err *e)
{
    struct arena *a = arena_new("tests", (size_t)64 << 20);
    struct test_runner *t = ARENA_NEW(a, struct test_runner);
    t->inputs = inputs;
    t->arena = a;
    t->scratch = arena_new("one test", (size_t)256 << 20);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(":memory:", &t->db, flags, NULL) != SQLITE_OK) {
        err_set(e, ERR_INTERNAL, "open SQLite in memory: %s", t->db ? sqlite3_errmsg(t->db) : "out of memory");
        return test_runner_free(t);
    }
    sqlite3_extended_result_codes(t->db, 1);
    if (!vtab_register(t->db, inputs->providers, inputs->provider_count, e))
        return test_runner_free(t);
    sql_confine(t->db);
    t->has_status = provider_find(t, table_status_schema.name) != NULL;
    return t;
}

struct test_runner *test_runner_free(struct test_runner *t)
{
    if (!t)
        return NULL;
    sqlite3_close_v2(t->db);
    arena_free(t->scratch);
    arena_free(t->arena);
    return NULL;
}

/* True, with the reason, if a declared table cannot be relied on at all. */
static bool tables_missing(struct test_runner *t, const struct test *test, struct str *ret_reason)
{
    for (size_t i = 0; i < test->tables.count; i++) {
        const char *name = test->tables.items[i];
        if (!provider_find(t, name)) {
            *ret_reason = arena_printf(t->scratch, "table %s could not be read: it was not captured", name);
            return true;
        }
        for (size_t k = 0; k < t->inputs->age_count; k++) {
            const struct table_age *age = &t->inputs->ages[k];
            char seen[TIME_TEXT_SIZE];
            if (!str_is(age->table, name) || t->inputs->now_ms - age->taken_at_ms <= TABLE_AGE_DAYS_MAX * MS_DAY)
                continue;
            *ret_reason = arena_printf(t->scratch, "table %s could not be read: it was last captured on %s, too long ago", name,
                                       time_format_date(age->taken_at_ms, seen));
            return true;
        }
        if (t->has_status)
            shortfalls_read(t, name);
        for (size_t k = 0; k < t->shortfall_count; k++) {
            const struct shortfall *s = &t->shortfalls[k];
            if (!s->is_none || !str_is(s->table, name))
                continue;
            struct str why = s->reason.size ? s->reason : s->missing.size ? s->missing : STR("no reason was given");
            *ret_reason = arena_printf(t->scratch, "table %s could not be read: %.*s", name, STR_ARGS(why));
            return true;
        }
    }
    return false;
}

static void partial_add(struct test_runner *t, const struct test *test, struct results *ret)
{
    for (size_t i = 0; i < test->tables.count; i++)
        for (size_t k = 0; k < t->shortfall_count; k++) {
            const struct shortfall *s = &t->shortfalls[k];
            const char *name = test->tables.items[i];
            if (s->is_none || !str_is(s->table, name))
                continue;
            struct str resource = s->scope.size ? arena_printf(t->scratch, "%s: %.*s", name, STR_ARGS(s->scope)) : str_of(name);
            struct str reason = arena_printf(t->scratch, "table %s was read in part: %.*s%s%.*s", name, STR_ARGS(s->missing),
                                             s->missing.size && s->reason.size ? ": " : "", STR_ARGS(s->reason));
            results_add(ret, str_of(test->id), resource, RESULT_UNKNOWN, reason);
        }
}

static bool bind_values(struct test_runner *t, const struct test *test, sqlite3_stmt *s, struct str *ret_reason)
{
    for (int i = 1; i <= sqlite3_bind_parameter_count(s); i++) {
        const char *name = sqlite3_bind_parameter_name(s, i);
        if (!name || name[0] != ':') {
            *ret_reason = STR("SQL error: only named parameters like :now_ms can be used");
            return false;
        }
        if (strcmp(name, ":now_ms") == 0) {
            sqlite3_bind_int64(s, i, t->inputs->now_ms);
            continue;
        }
        bool is_declared = false;
        for (size_t k = 0; k < test->parameters.count; k++)
            is_declared = is_declared || strcmp(test->parameters.items[k], name + 1) == 0;
        struct str value = test_value_of(t->inputs->values, t->inputs->value_count, str_of(name + 1));
        if (!value.data || !is_declared) {
            *ret_reason =
                arena_printf(t->scratch, "parameter %s is not %s", name + 1, value.data ? "declared in the header" : "known");
            return false;
        }
        const struct parameter *p = content_parameter(str_of(name + 1));
        int64_t number;
        if ((!p || strcmp(p->type, "integer") == 0) && str_to_int64(value, &number))
            sqlite3_bind_int64(s, i, number);
        else
            sqlite3_bind_text(s, i, value.data, (int)value.size, SQLITE_STATIC);
    }
    return true;
}

static sqlite3_stmt *prepare(struct test_runner *t, const struct test *test, struct str *ret_reason)
{
    static const char *const columns[] = {"resource", "status", "reason"};
    sqlite3_stmt *s = NULL;
    const char *tail = NULL;
    if (sqlite3_prepare_v2(t->db, test->sql, -1, &s, &tail) != SQLITE_OK) {
        *ret_reason = arena_printf(t->scratch, "SQL error: %s", sqlite3_errmsg(t->db));
        return NULL;
    }
    struct str rest = str_trim(str_of(tail ? tail : ""));
    if (!s) {
        *ret_reason = STR("SQL error: there is no statement");
    } else if (rest.size > 0) {
        *ret_reason = STR("SQL error: a test is one SELECT, and something stands behind it");
    } else if (!sqlite3_stmt_readonly(s)) {
        *ret_reason = STR("SQL error: a test may only read");
    } else {
        bool is_ok = sqlite3_column_count(s) == 3;
        for (int i = 0; is_ok && i < 3; i++)
            is_ok = sqlite3_stricmp(sqlite3_column_name(s, i), columns[i]) == 0;
        if (is_ok)
            return s;
        *ret_reason = STR("SQL error: a test returns the columns resource, status, reason");
    }
    sqlite3_finalize(s);
    return NULL;
}

static bool row_add(struct test_runner *t, const struct test *test, sqlite3_stmt *s, struct results *ret, struct str *ret_reason)
{
    struct str resource = column_str(s, 0);
    struct str word = column_str(s, 1);
    enum result_status status;
    if (resource.size == 0) {
        *ret_reason = STR("the test is broken: a row has no resource");
        return false;
    }
    if (!result_status_parse(word, &status)) {
        *ret_reason = arena_printf(t->scratch, "the test is broken: \"%.*s\" is no status (pass, fail, unknown, skip)",
                                   STR_ARGS(clean(t->scratch, word, 40)));
        return false;
    }
    results_add(ret, str_of(test->id), clean(t->scratch, resource, RESOURCE_BYTES_MAX), status,
                clean(t->scratch, column_str(s, 2), REASON_BYTES_MAX));
    return true;
}

/* Runs the statement to its end. False, with the reason, if no row of it may be used. */
static bool rows_add(struct test_runner *t, const struct test *test, sqlite3_stmt *s, struct results *ret, struct str *ret_reason)
{
    int64_t limit_ms = t->inputs->time_limit_ms ? t->inputs->time_limit_ms : LIMIT_TEST_TIME_MS;
    int64_t rows_max = t->inputs->rows_max ? t->inputs->rows_max : LIMIT_TEST_ROWS;
    int64_t rows = 0;
    int rc;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        if (++rows > rows_max) {
            *ret_reason = arena_printf(t->scratch, "more than %lld resources, the limit of one test", (long long)rows_max);
            return false;
        }
        if (!row_add(t, test, s, ret, ret_reason))
            return false;
    }
    if (rc == SQLITE_DONE)
        return true;
    if ((rc & 0xff) == SQLITE_INTERRUPT)
        *ret_reason = arena_printf(t->scratch, "timed out: the test ran longer than %lld ms", (long long)limit_ms);
    else
        *ret_reason = arena_printf(t->scratch, "SQL error: %s", sqlite3_errmsg(t->db));
    return false;
}

static bool statement_run(struct test_runner *t, const struct test *test, struct results *ret, struct str *ret_reason)
{
    sql_limit_time(t->db, t->inputs->time_limit_ms ? t->inputs->time_limit_ms : LIMIT_TEST_TIME_MS);
    sqlite3_stmt *s = prepare(t, test, ret_reason);
    bool is_ok = s && bind_values(t, test, s, ret_reason) && rows_add(t, test, s, ret, ret_reason);
    sqlite3_finalize(s);
    sql_limit_time(t->db, 0);
    return is_ok;
}

void test_run(struct test_runner *t, const struct test *test, struct results *ret)
{
    size_t first = ret->count;
    struct str reason = {0};
    arena_reset(t->scratch);
    if (tables_missing(t, test, &reason)) {
        results_add(ret, str_of(test->id), t->inputs->subject, RESULT_UNKNOWN, reason);
        return;
    }
    if (!statement_run(t, test, ret, &reason)) {
        ret->count = first; /* half a population is no population */
        results_add(ret, str_of(test->id), t->inputs->subject, RESULT_UNKNOWN, clean(t->scratch, reason, REASON_BYTES_MAX));
        return;
    }
    partial_add(t, test, ret);
    if (ret->count == first) {
        bool is_skip = test->empty == EMPTY_NOT_APPLICABLE;
        results_add(ret, str_of(test->id), t->inputs->subject, is_skip ? RESULT_SKIP : RESULT_UNKNOWN,
                    is_skip ? STR("there is nothing here that the test applies to")
                            : STR("the test found nothing to look at, and nothing is never a pass"));
    }
    results_finish(ret, first);
    assert(ret->count > first);
}

bool test_run_all(const struct test_inputs *inputs, const struct test *tests, size_t count, struct results *ret, struct err *e)
{
    struct test_runner *t = test_runner_new(inputs, e);
    if (!t)
        return false;
    for (size_t i = 0; i < count; i++)
        test_run(t, &tests[i], ret);
    results_finish(ret, 0);
    test_runner_free(t);
    return true;
}
