/* cmd_query.c - SQL over the live host, a tree, or what was captured. */
#include "cli/cli.h"
#include "cli/query_print.h"
#include "collect/captures.h"
#include "collect/live.h"
#include "keeper/data_dir.h"

static const struct cli_option options[] = {
    {"root", 0, "DIR", "ask the tree DIR instead of this running host"},
    {"at", 0, "TIME", "ask the captures as they were known at TIME (\"now\", \"now-3d\", 2026-11-21T10:00:00Z)"},
    {"capture", 0, "ID", "ask one capture only (a leaf's index, see assay collect)"},
    {"format", 0, "FORMAT", "table (default), csv or json"},
    {"time-limit", 0, "SECONDS", "give up after so long (default 60)"},
    {0},
};

/* A provider that notes whether the statement scanned its table. */
struct noted {
    const struct table_provider *inner;
    bool is_scanned;
};

static bool noted_pages(void *context, struct arena *a, const struct table_schema *schema, const struct hint *hints,
                        size_t hint_count, const struct table_page **ret_pages, size_t *ret_count, struct err *e)
{
    struct noted *n = context;
    n->is_scanned = true;
    return n->inner->pages(n->inner->context, a, schema, hints, hint_count, ret_pages, ret_count, e);
}

static void warn(struct arena *a, const char *table, const char *what, struct str why)
{
    struct str text = query_printable(a, why);
    fprintf(stderr, "assay: query: table %s %s: %.*s\n", table, what, STR_ARGS(text));
}

/* The first row of table_status that says what is missing of the table; a table without any row was not captured. */
static void warn_unread(struct arena *a, const char *table, const struct table_page *pages, size_t count)
{
    enum { TABLE, SCOPE, STATE, MISSING, REASON };
    bool is_told = false;
    for (size_t p = 0; p < count; p++)
        for (size_t r = 0; r < pages[p].rows->row_count; r++) {
            const struct rows *rows = pages[p].rows;
            enum table_state state = TABLE_NONE;
            if (!str_is(rows_cell(rows, r, TABLE)->text, table) || !table_state_parse(rows_cell(rows, r, STATE)->text, &state))
                continue;
            is_told = true;
            if (state == TABLE_COMPLETE)
                continue;
            const struct cell *reason = rows_cell(rows, r, REASON);
            warn(a, table, state == TABLE_NONE ? "could not be read" : "was read in part",
                 reason->type == CELL_TEXT ? reason->text : STR("no reason is known"));
            return;
        }
    if (!is_told)
        warn(a, table, "could not be read", STR("it was not captured yet"));
}

/* An empty answer must not look like an empty population: says of each scanned table that it is not complete. */
static void warn_scanned(struct arena *a, const struct noted *noted, size_t count)
{
    const struct table_provider *status = NULL;
    for (size_t i = 0; i < count; i++)
        if (noted[i].inner->schema == &table_status_schema)
            status = noted[i].inner;
    for (size_t i = 0; i < count; i++) {
        const char *table = noted[i].inner->schema->name;
        if (!noted[i].is_scanned || !status || noted[i].inner == status)
            continue;
        const struct hint hint = {.column = 0, .op = HINT_EQUAL, .value = {.type = CELL_TEXT, .text = str_of(table)}};
        const struct table_page *pages = NULL;
        size_t page_count = 0;
        struct err e = {0};
        if (status->pages(status->context, a, status->schema, &hint, 1, &pages, &page_count, &e))
            warn_unread(a, table, pages, page_count);
        else
            warn(a, table, "may not be complete", str_of(e.text));
    }
}

static bool query_tables(struct cli_context *c, struct db *db, const struct table_provider *providers, size_t count,
                         enum query_format format, struct err *e)
{
    struct noted *noted = arena_array(c->arena, count, sizeof(*noted));
    struct table_provider *noting = arena_array(c->arena, count, sizeof(*noting));
    for (size_t i = 0; i < count; i++) {
        noted[i] = (struct noted){.inner = &providers[i]};
        noting[i] = providers[i];
        noting[i].pages = noted_pages;
        noting[i].context = &noted[i];
    }
    if (!vtab_register(db_sqlite(db), noting, count, e))
        return false;
    sql_confine(db_sqlite(db));
    if (!query_print(db_sqlite(db), str_of(c->arguments[0]), format, e))
        return false;
    warn_scanned(c->arena, noted, count);
    return true;
}

static bool query_live(struct cli_context *c, struct db *db, enum query_format format, struct err *e)
{
    const char *root = cli_option(c, "root");
    struct source *s = root ? source_tree(c->arena, root, env_now_ms(c->env), e) : source_live(c->arena, env_now_ms(c->env));
    if (!s)
        return false;
    struct live *live = live_open(c->arena, s, STR(""));
    const struct table_provider *providers;
    size_t count = live_providers(live, &providers);
    return query_tables(c, db, providers, count, format, e);
}

static bool query_captures(struct cli_context *c, struct db *db, const struct captures_options *which, enum query_format format,
                           struct err *e)
{
    struct data_dir d;
    if (!data_dir_open(&d, c->data_dir, e))
        return false;
    struct db *projection = data_dir_projection(&d, e);
    const struct blob_opener *blobs = projection ? blob_opener_direct(c->arena, d.path, e) : NULL;
    struct captures *captures = blobs ? captures_open(projection, blobs, which, e) : NULL;
    bool is_ok = false;
    if (captures) {
        const struct table_provider *providers;
        size_t count = captures_providers(captures, &providers);
        is_ok = query_tables(c, db, providers, count, format, e);
    }
    captures_close(captures);
    db_close(projection);
    data_dir_close(&d);
    return is_ok;
}

/* What the options ask for. False: they do not go together, or do not read. */
static bool read_options(struct cli_context *c, struct captures_options *ret, bool *ret_is_live, struct err *e)
{
    const char *root = cli_option(c, "root"), *at = cli_option(c, "at"), *capture = cli_option(c, "capture");
    if ((root != NULL) + (at != NULL) + (capture != NULL) > 1)
        return err_set(e, ERR_INVALID, "query: --root, --at and --capture exclude each other");
    *ret_is_live = !at && !capture;
    if (!cli_instant(c, "at", &ret->at_ms, e))
        return false;
    if (capture && (!str_to_int64(str_of(capture), &ret->capture_leaf) || ret->capture_leaf < 1))
        return err_set(e, ERR_INVALID, "query: --capture %s is no leaf's index", capture);
    return true;
}

static int run(struct cli_context *c)
{
    enum query_format format = c->json ? QUERY_JSON : QUERY_TABLE;
    const char *named = cli_option(c, "format");
    if (named && !query_format_parse(str_of(named), &format))
        return cli_wrong_use(c, "--format is table, csv or json, not \"%s\"", named);
    int64_t seconds = 60;
    const char *limit = cli_option(c, "time-limit");
    if (limit && (!str_to_int64(str_of(limit), &seconds) || seconds <= 0 || seconds > 86400))
        return cli_wrong_use(c, "--time-limit is a number of seconds from 1 to 86400");
    struct err e = {0};
    struct captures_options which = {0};
    bool is_live = true;
    if (!read_options(c, &which, &is_live, &e))
        return cli_fail(&e);
    struct db *db = db_open(NULL, DB_MEMORY, &e);
    if (!db)
        return cli_fail(&e);
    sql_limit_time(db_sqlite(db), seconds * 1000);
    bool is_ok = is_live ? query_live(c, db, format, &e) : query_captures(c, db, &which, format, &e);
    db_close(db);
    return is_ok ? 0 : cli_fail(&e);
}

const struct cli_command cli_command_query = {
    .name = "query",
    .summary = "ask tables with SQL: this host now, a tree, or what was captured",
    .usage = "[--root DIR | --at TIME | --capture ID] [--format table|csv|json] SQL",
    .example = "assay query \"SELECT username, shell FROM users WHERE uid = 0\"",
    .options = options,
    .details =
        "Only SELECT is allowed. assay tables lists the tables and what their columns mean. Tables of files, such as files, are\n"
        "walked only below the path that is asked for: WHERE path LIKE '/etc/%'. A scanned table that could not be read, or only in\n"
        "part, is named on standard error.",
    .arguments_min = 1,
    .arguments_max = 1,
    .has_json = true,
    .run = run,
};
