/* cmd_test.c - runs tests now: over this host, a tree, or the newest captures; stores nothing. Explains one. */
#include "assess/stored.h"
#include "base/limits.h"
#include "cli/open_view.h"
#include "cli/query_print.h"
#include "collect/captures.h"
#include "collect/live.h"
#include "db/db.h"
#include "table/vtab.h"

static const struct cli_option options[] = {
    {"explain", 0, NULL, "show a test's SQL, parameters, captures, rows, results and reasons"},
    {"stored", 0, NULL, "run over the newest captures instead of the host as it is now"},
    {"at", 0, "TIME", "over the captures as they were known at TIME"},
    {"root", 0, "DIR", "run over the tree DIR"},
    {"all", 'a', NULL, "list resources that pass, too"},
    {0},
};

/* Where the tables come from. */
struct subject_tables {
    struct test_inputs inputs;
    struct captures *captures; /* NULL: live */
    const char *words;         /* "this host, now" */
    struct opened_view opened;
    bool has_data; /* the data directory is open: parameters come from it */
    int64_t parameter_leaf;
};

static bool stored_open(struct cli_context *c, struct subject_tables *s, struct err *e)
{
    const struct blob_opener *blobs = blob_opener_direct(c->arena, c->data_dir, e);
    struct db *db = s->opened.view.db;
    struct err inner = {0};
    int64_t run = -1;
    if (!blobs)
        return false;
    DB_EACH (row, db, &inner, "select leaf, subject, taken_to from run where leaf <= ?1 order by leaf desc limit 1",
             A(s->opened.view.leaf_limit)) {
        run = db_int(row, 0);
        s->inputs.subject = arena_str(c->arena, db_text(row, 1));
        s->inputs.now_ms = db_int(row, 2);
    }
    if (inner.code) {
        *e = inner;
        return false;
    }
    if (run < 0)
        return err_set(e, ERR_NOT_FOUND, "nothing has been captured yet; begin with: assay collect");
    struct captures_options which = {.subject = s->inputs.subject, .run_leaf = run, .now_ms = s->opened.view.at_ms};
    s->captures = captures_open(db, blobs, &which, e);
    if (!s->captures)
        return false;
    inputs_over_captures(c->arena, s->captures, &s->inputs);
    s->words = arena_printf(c->arena, "the captures of run %lld", (long long)run).data;
    return true;
}

static bool live_tables_open(struct cli_context *c, struct subject_tables *s, struct err *e)
{
    const char *root = cli_option(c, "root");
    s->inputs.now_ms = env_now_ms(c->env);
    struct source *source = root ? source_tree(c->arena, root, s->inputs.now_ms, e) : source_live(c->arena, s->inputs.now_ms);
    if (!source)
        return false;
    s->inputs.subject = root ? str_of(root) : STR("host");
    s->inputs.time_limit_ms = LIMIT_WALK_TIME_MS; /* reading the host is part of the statement here */
    struct live *live = live_open(c->arena, source, s->inputs.subject);
    s->inputs.provider_count = live_providers(live, &s->inputs.providers);
    s->words = root ? root : "this host, now";
    return true;
}

static bool tables_open(struct cli_context *c, struct subject_tables *s, struct err *e)
{
    bool is_stored = cli_flag(c, "stored") || cli_option(c, "at");
    struct err none = {0};
    s->has_data = open_view(c, "at", &s->opened, &none);
    if (!s->has_data && (is_stored || none.code != ERR_NOT_FOUND)) {
        *e = none;
        return false;
    }
    struct test_value *values;
    if (s->has_data && !parameter_values(s->opened.view.db, c->arena, s->opened.view.leaf_limit, &values, &s->inputs.value_count,
                                         &s->parameter_leaf, e))
        return false;
    s->inputs.values = s->has_data ? values : NULL;
    return is_stored ? stored_open(c, s, e) : live_tables_open(c, s, e);
}

static void tables_close(struct subject_tables *s)
{
    captures_close(s->captures);
    if (s->has_data)
        close_view(&s->opened);
}

/* ---- results ---- */

static struct json *results_json(struct cli_context *c, const struct subject_tables *s, const struct results *r)
{
    struct json *o = json_object(c->arena);
    json_put_str(o, "subject", s->inputs.subject);
    json_put_cstr(o, "over", s->words);
    json_put_int(o, "now", s->inputs.now_ms);
    struct json *list = json_put_array(o, "results");
    for (size_t i = 0; i < r->count; i++) {
        struct json *item = json_push_object(list);
        json_put_str(item, "test", r->items[i].test);
        json_put_str(item, "resource", r->items[i].resource);
        json_put_cstr(item, "status", result_status_name(r->items[i].status));
        json_put_str(item, "reason", r->items[i].reason);
    }
    struct result_counts counts = results_count(r->items, r->count);
    struct json *n = json_put_object(o, "counts");
    for (int k = 0; k < 4; k++)
        json_put_int(n, result_status_name((enum result_status)k), counts.of[k]);
    return o;
}

static void rows_put(struct buf *b, const struct results *r, struct str test, bool is_all, bool has_colour)
{
    for (int k = RESULT_FAIL; k >= RESULT_SKIP; k--)
        for (size_t i = 0; i < r->count; i++) {
            const struct result *one = &r->items[i];
            if (!str_equal(one->test, test) || (int)one->status != k || (!is_all && k < RESULT_UNKNOWN))
                continue;
            buf_cstr(b, "    ");
            put_shape(b, str_of(result_status_name(one->status)), has_colour);
            buf_printf(b, " %.*s", STR_ARGS(one->resource));
            if (one->reason.size > 0)
                buf_printf(b, ": %.*s", STR_ARGS(one->reason));
            buf_char(b, '\n');
        }
}

static void results_put(struct cli_context *c, struct buf *b, const struct results *r)
{
    bool has_colour = cli_has_colour();
    int64_t of[4] = {0};
    for (size_t i = 0; i < r->count;) {
        size_t end = i;
        while (end < r->count && str_equal(r->items[end].test, r->items[i].test))
            end++;
        struct result_counts counts = results_count(r->items + i, end - i);
        enum result_status worst = result_counts_worst(&counts);
        const struct test *t = content_test(r->items[i].test);
        put_shape(b, str_of(result_status_name(worst)), has_colour);
        buf_printf(b, " %-14s ", result_status_words(worst));
        put_padded(b, r->items[i].test, 30);
        buf_printf(b, " %s\n", t ? t->title : "");
        rows_put(b, r, r->items[i].test, cli_flag(c, "all"), has_colour);
        of[worst]++;
        i = end;
    }
    buf_printf(b, "\n%lld pass, %lld fail, %lld unknown, %lld not applicable\n", (long long)of[RESULT_PASS],
               (long long)of[RESULT_FAIL], (long long)of[RESULT_UNKNOWN], (long long)of[RESULT_SKIP]);
}

/* ---- explain ---- */

static void indented_put(struct buf *b, struct str text)
{
    struct str line;
    while (str_next_line(&text, &line))
        buf_printf(b, "    %.*s\n", STR_ARGS(line));
}

static void parameters_put(struct buf *b, const struct subject_tables *s, const struct test *t)
{
    if (t->parameters.count > 0)
        buf_cstr(b, "\nParameters\n");
    for (size_t i = 0; i < t->parameters.count; i++) {
        const struct parameter *p = content_parameter(str_of(t->parameters.items[i]));
        struct str value = test_value_of(s->inputs.values, s->inputs.value_count, str_of(t->parameters.items[i]));
        buf_printf(b, "    :%s = %.*s %s%s   %.*s\n", t->parameters.items[i], STR_ARGS(value), p ? p->unit : "",
                   p && str_is(value, p->default_value) ? " (default)" : " (set)", STR_ARGS(str_trim(str_of(p ? p->words : ""))));
    }
}

static void captures_put(struct buf *b, const struct subject_tables *s, const struct test *t)
{
    buf_printf(b, "\nTables, from %s\n", s->words);
    for (size_t i = 0; i < t->tables.count; i++) {
        const struct capture *c = s->captures ? captures_find(s->captures, s->inputs.subject, str_of(t->tables.items[i])) : NULL;
        if (c)
            buf_printf(b, "    %s: leaf %lld, %.*s, %lld rows, version %lld, confirmed by run %lld\n", t->tables.items[i],
                       (long long)c->leaf, STR_ARGS(c->state), (long long)c->row_count, (long long)c->version, (long long)c->run);
        else
            buf_printf(b, "    %s%s\n", t->tables.items[i], s->captures ? ": not captured" : "");
    }
}

static bool print_and_clear(struct buf *b, int *status)
{
    *status = cli_print(buf_view(b));
    buf_clear(b);
    return *status == 0;
}

/* The first rows of each table that the test reads, as the engine gives them. */
static int rows_print(struct cli_context *c, const struct subject_tables *s, const struct test *t, struct buf *b)
{
    int status = 0;
    struct err e = {0};
    struct db *db = db_open(NULL, DB_MEMORY, &e);
    if (!db || !vtab_register(db_sqlite(db), s->inputs.providers, s->inputs.provider_count, &e)) {
        db_close(db);
        return cli_fail(&e);
    }
    for (size_t i = 0; i < t->tables.count && status == 0; i++) {
        buf_printf(b, "\nRows of %s (the first 10)\n", t->tables.items[i]);
        struct str sql = arena_printf(c->arena, "SELECT * FROM \"%s\" LIMIT 10", t->tables.items[i]);
        if (print_and_clear(b, &status) && !query_print(db_sqlite(db), sql, QUERY_TABLE, &e))
            status = cli_fail(&e);
    }
    db_close(db);
    return status;
}

static int explain(struct cli_context *c, const struct subject_tables *s, const struct test *t, const struct results *r)
{
    struct buf b BUF_AUTO;
    int status;
    buf_init(&b, (size_t)64 << 20);
    buf_printf(&b, "%s: %s\nseverity %s, topic %s\n\nWhy\n", t->id, t->title, t->severity, t->topic);
    indented_put(&b, str_of(t->why));
    buf_cstr(&b, "\nControls\n");
    for (size_t i = 0; i < t->control_count; i++)
        buf_printf(&b, "    %s: %.*s\n", t->controls[i].control, STR_ARGS(str_trim(str_of(t->controls[i].reason))));
    parameters_put(&b, s, t);
    buf_printf(&b, "    :now_ms = %lld\n\nSQL\n", (long long)s->inputs.now_ms);
    indented_put(&b, str_of(t->sql));
    buf_printf(&b, "    If it finds nothing: %s\n", t->empty == EMPTY_NOT_APPLICABLE ? "not applicable" : "unknown");
    captures_put(&b, s, t);
    if (!print_and_clear(&b, &status))
        return status;
    status = rows_print(c, s, t, &b);
    if (status != 0)
        return status;
    buf_cstr(&b, "\nResults\n");
    rows_put(&b, r, str_of(t->id), true, cli_has_colour());
    buf_cstr(&b, "\nHow to fix\n");
    indented_put(&b, test_fix_text(c->arena, t, s->inputs.values, s->inputs.value_count));
    print_and_clear(&b, &status);
    return status;
}

/* ---- the command ---- */

static bool wanted_run(struct cli_context *c, struct subject_tables *s, struct results *ret, struct err *e)
{
    struct test_runner *runner = test_runner_new(&s->inputs, e);
    if (!runner)
        return false;
    for (int i = 0; i < c->argument_count; i++)
        test_run(runner, content_test(str_of(c->arguments[i])), ret);
    for (size_t i = 0; i < content_test_count && c->argument_count == 0; i++)
        test_run(runner, &content_tests[i], ret);
    results_finish(ret, 0);
    test_runner_free(runner);
    return true;
}

static int run(struct cli_context *c)
{
    struct err e = {0};
    struct subject_tables s = {0};
    struct results r;
    if (cli_flag(c, "explain") && c->argument_count != 1)
        return cli_wrong_use(c, "--explain wants one test's id");
    for (int i = 0; i < c->argument_count; i++)
        if (!content_test(str_of(c->arguments[i])))
            return cli_wrong_use(c, "%s: there is no test of this name", c->arguments[i]);
    results_init(&r, c->arena);
    int status;
    if (!tables_open(c, &s, &e) || !wanted_run(c, &s, &r, &e)) {
        status = cli_fail(&e);
    } else if (c->json) {
        status = cli_print_json(results_json(c, &s, &r));
    } else if (cli_flag(c, "explain")) {
        status = explain(c, &s, content_test(str_of(c->arguments[0])), &r);
    } else {
        struct buf b BUF_AUTO;
        buf_init(&b, (size_t)64 << 20);
        results_put(c, &b, &r);
        status = cli_print(buf_view(&b));
    }
    struct result_counts counts = results_count(r.items, r.count);
    tables_close(&s);
    return status == 0 && counts.of[RESULT_FAIL] > 0 ? 1 : status;
}

const struct cli_command cli_command_test = {
    .name = "test",
    .summary = "run tests now, over this host or what was captured; explain one",
    .usage = "[--stored | --at TIME | --root DIR] [--explain] [--all] [ID…]",
    .example = "assay test --explain password-length",
    .options = options,
    .details = "Stores nothing: assay collect captures, tests and records. Exit status 1 when a test fails.",
    .arguments_max = -1,
    .has_json = true,
    .run = run,
};
