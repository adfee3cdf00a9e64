/* confine.c - what SQL that users or tests write may do, and for how long. */
#include "table/vtab.h"
#include <sqlite3.h>
#include <stdlib.h>

/* Sorted, lower case. Nothing that reads a file, makes large values out of nothing, or differs from run to run. */
static const char *const functions_allowed[] = {
    "->",
    "->>",
    "abs",
    "avg",
    "ceil",
    "ceiling",
    "char",
    "coalesce",
    "count",
    "cume_dist",
    "date",
    "datetime",
    "dense_rank",
    "exp",
    "first_value",
    "floor",
    "format",
    "glob",
    "group_concat",
    "hex",
    "ifnull",
    "iif",
    "instr",
    "json",
    "json_array",
    "json_array_length",
    "json_each",
    "json_extract",
    "json_group_array",
    "json_group_object",
    "json_object",
    "json_quote",
    "json_tree",
    "json_type",
    "json_valid",
    "julianday",
    "lag",
    "last_value",
    "lead",
    "length",
    "like",
    "likelihood",
    "likely",
    "ln",
    "log",
    "log10",
    "log2",
    "lower",
    "ltrim",
    "max",
    "min",
    "mod",
    "nth_value",
    "ntile",
    "nullif",
    "percent_rank",
    "pow",
    "power",
    "printf",
    "quote",
    "rank",
    "replace",
    "round",
    "row_number",
    "rtrim",
    "sign",
    "sqrt",
    "strftime",
    "substr",
    "substring",
    "sum",
    "time",
    "total",
    "trim",
    "trunc",
    "typeof",
    "unicode",
    "unixepoch",
    "unlikely",
    "upper",
};

static int compare_names(const void *key, const void *item)
{
    return sqlite3_stricmp(key, *(const char *const *)item);
}

static bool is_function_allowed(const char *name)
{
    size_t count = sizeof(functions_allowed) / sizeof(functions_allowed[0]);
    return name && bsearch(name, functions_allowed, count, sizeof(functions_allowed[0]), compare_names);
}

/* The engine's own tables tell of the engine, not of the host. */
static bool is_table_allowed(const char *name)
{
    static const char *const refused[] = {"sqlite_", "pragma_", "dbstat", "bytecode", "tables_used"};
    for (size_t i = 0; name && i < sizeof(refused) / sizeof(refused[0]); i++)
        if (sqlite3_strnicmp(name, refused[i], (int)strlen(refused[i])) == 0)
            return false;
    return name != NULL;
}

static int authorize(void *context, int action, const char *first, const char *second, const char *database, const char *inner)
{
    const struct sql_reads *reads = context;
    (void)database;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE:
        return SQLITE_OK;
    case SQLITE_READ:
        return is_table_allowed(first) && (!reads || reads->may_read(reads->context, first, inner)) ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_FUNCTION:
        return is_function_allowed(second) ? SQLITE_OK : SQLITE_DENY;
    default:
        return SQLITE_DENY;
    }
}

void sql_confine(struct sqlite3 *db)
{
    sql_confine_reads(db, NULL);
}

void sql_confine_reads(struct sqlite3 *db, const struct sql_reads *reads)
{
    enum { VALUE_BYTES_MAX = 16 << 20, SQL_BYTES_MAX = 1 << 20, DEPTH_MAX = 200 };
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, VALUE_BYTES_MAX);
    sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, SQL_BYTES_MAX);
    sqlite3_limit(db, SQLITE_LIMIT_EXPR_DEPTH, DEPTH_MAX);
    sqlite3_limit(db, SQLITE_LIMIT_WORKER_THREADS, 0);
    sqlite3_stmt *s = NULL; /* connects the engine's own table functions, whose declaration the authorizer would refuse */
    sqlite3_prepare_v2(db, "SELECT 1 FROM json_each('[]'), json_tree('[]')", -1, &s, NULL);
    sqlite3_finalize(s);
    sqlite3_set_authorizer(db, authorize, (void *)(uintptr_t)reads);
}

static int64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The deadline stands in the pointer itself: nothing to own, nothing to free. */
static int is_late(void *deadline_ms)
{
    return monotonic_ms() > (int64_t)(intptr_t)deadline_ms;
}

void sql_limit_time(struct sqlite3 *db, int64_t time_limit_ms)
{
    enum { INSTRUCTIONS_BETWEEN_LOOKS = 10000 };
    _Static_assert(sizeof(intptr_t) >= sizeof(int64_t), "a deadline in milliseconds fits a pointer");
    if (time_limit_ms <= 0)
        sqlite3_progress_handler(db, 0, NULL, NULL);
    else
        sqlite3_progress_handler(db, INSTRUCTIONS_BETWEEN_LOOKS, is_late, (void *)(intptr_t)(monotonic_ms() + time_limit_ms));
}
