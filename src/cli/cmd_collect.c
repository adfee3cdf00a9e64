/* cmd_collect.c - one run now: read the host, record it, evaluate the tests over it. */
#include "cli/cli.h"
#include "role/run_once.h"
#include <unistd.h>

enum { RUN_ARENA_BYTES_MAX = 1 << 30 };

static const struct cli_option options[] = {
    {"root", 0, "DIR", "a tree that is not running (an image, a fixture) instead of this host"},
    {0},
};

/* One line that is written over, on a terminal only. */
static void show_progress(void *context, const struct host_table *table, size_t done)
{
    (void)context;
    fprintf(stderr, "\r\033[K%3zu  %s", done, table->schema->name);
    fflush(stderr);
}

static struct json *outcome_json(struct arena *a, const struct run_once *run, int64_t duration_ms)
{
    const struct collect_outcome *o = &run->collected;
    struct json *v = json_object(a);
    json_put_str(v, "subject", str_of(o->subject));
    json_put_cstr(v, "known_by", o->known_by);
    json_put_int(v, "run", o->run_leaf);
    json_put_int(v, "taken_at", o->taken_at_ms);
    json_put_int(v, "changed", (int64_t)o->changed);
    json_put_int(v, "ms", duration_ms);
    struct json *tables = json_put_array(v, "tables");
    for (size_t i = 0; i < o->table_count; i++) {
        const struct collect_table_outcome *t = &o->tables[i];
        struct json *row = json_push_object(tables);
        json_put_cstr(row, "table", t->table->schema->name);
        json_put_int(row, "rows", (int64_t)t->row_count);
        json_put_cstr(row, "state", table_state_name(t->state));
        json_put_bool(row, "changed", t->is_changed);
        json_put_int(row, "ms", t->duration_ms);
        json_put_str(row, "reason", t->reason);
    }
    struct json *results = json_put_object(v, "results");
    for (int s = 0; s < 4; s++)
        json_put_int(results, result_status_name((enum result_status)s), run->assessed.counts.of[s]);
    json_put_int(results, "changed", (int64_t)run->assessed.changed);
    json_put_int(v, "evaluation", run->assessed.leaf);
    return v;
}

static void print_tables(struct buf *out, const struct collect_outcome *o)
{
    size_t states[3] = {0};
    buf_printf(out, "%-22s %8s  %-8s  %-9s %8s  %s\n", "TABLE", "ROWS", "STATE", "CHANGED", "TIME", "");
    for (size_t i = 0; i < o->table_count; i++) {
        const struct collect_table_outcome *t = &o->tables[i];
        states[t->state]++;
        buf_printf(out, "%-22s %8llu  %-8s  %-9s %5lld ms  %.*s\n", t->table->schema->name, (unsigned long long)t->row_count,
                   table_state_name(t->state), t->is_changed ? "changed" : "-", (long long)t->duration_ms, STR_ARGS(t->reason));
    }
    buf_printf(out, "\n%zu tables: %zu complete, %zu partial, %zu not read; %zu changed\n", o->table_count,
               states[TABLE_COMPLETE], states[TABLE_PARTIAL], states[TABLE_NONE], o->changed);
}

static int print_outcome(struct cli_context *c, const struct run_once *run, int64_t duration_ms)
{
    if (c->json)
        return cli_print_json(outcome_json(c->arena, run, duration_ms));
    const struct collect_outcome *o = &run->collected;
    const int64_t *n = run->assessed.counts.of;
    struct buf BUF_AUTO out;
    buf_init(&out, 1 << 20);
    print_tables(&out, o);
    buf_printf(&out, "run %lld of %s (known by its %s), %lld ms\n", (long long)o->run_leaf, o->subject, o->known_by,
               (long long)duration_ms);
    buf_printf(&out, "tests: %lld pass, %lld fail, %lld unknown, %lld not applicable; %zu results changed (evaluation %lld)\n",
               (long long)n[RESULT_PASS], (long long)n[RESULT_FAIL], (long long)n[RESULT_UNKNOWN], (long long)n[RESULT_SKIP],
               run->assessed.changed, (long long)run->assessed.leaf);
    buf_cstr(&out, "\nNext: assay status\n");
    return cli_print(buf_view(&out));
}

static int run(struct cli_context *c)
{
    struct err e = {0};
    struct data_dir d;
    bool shows_progress = !c->json && isatty(STDERR_FILENO);
    struct collect_options collect = {
        .root = cli_option(c, "root"),
        .names = (const char *const *)(const void *)c->arguments,
        .name_count = (size_t)c->argument_count,
        .env = c->env,
        .progress = shows_progress ? show_progress : NULL,
    };
    struct run_once once = {.collect = &collect};
    if (!data_dir_open(&d, c->data_dir, &e))
        return cli_fail(&e);
    int64_t start_ms = env_monotonic_ms(c->env);
    struct arena *a = arena_new("run", RUN_ARENA_BYTES_MAX);
    struct keeper_client *k = keeper_open(c->data_dir, &e);
    bool is_ok = k && run_once(k, &d, a, &once, &e);
    if (shows_progress)
        fputs("\r\033[K", stderr);
    int status = is_ok ? print_outcome(c, &once, env_monotonic_ms(c->env) - start_ms) : cli_fail(&e);
    /* Durable, but under no checkpoint: a signer that refuses must not stay unheard. */
    if (is_ok && !keeper_flush(k, &e) && !err_wrap(&e, "the run is recorded, but not signed"))
        status = cli_fail(&e);
    keeper_close(k);
    arena_free(a);
    data_dir_close(&d);
    return status;
}

const struct cli_command cli_command_collect = {
    .name = "collect",
    .summary = "read this host, or a tree, into the ledger and evaluate the tests",
    .usage = "[--root DIR] [TABLE…]",
    .example = "assay collect",
    .options = options,
    .details =
        "All tables are read unless some are named. A table that could not be read fully is said so, and its tests are UNKNOWN;\n"
        "most tables are complete only for root. Reading changes nothing on the host. assay tables lists the tables.",
    .arguments_max = -1,
    .has_json = true,
    .run = run,
};
