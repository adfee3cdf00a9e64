/* host_run_test.c - one table that hangs, dies or wants too much costs that table, never the run. */
#include "base/test.h"
#include "collect/captures.h"
#include "collect/host_run.h"
#include <signal.h>
#include <unistd.h>

static const struct column columns[] = {{"n", COLUMN_INTEGER, "", "A number."}};
#define SCHEMA(id)                                   \
    static const struct table_schema id##_schema = { \
        .name = #id, .version = 1, .words = "", .criteria = "", .example = "", .columns = columns, .column_count = 1}
#define TABLE(id, limit_ms)               \
    SCHEMA(id);                           \
    static const struct host_table id = { \
        .schema = &id##_schema, .origin = FROM_FILES, .time_limit_ms = (limit_ms), .works_on_tree = true, .gather = id##_gather}

static bool good_gather(struct gather *g, struct err *e)
{
    (void)e;
    row_begin(g->rows);
    row_int(g->rows, 42);
    row_end(g->rows);
    return true;
}

static bool hangs_gather(struct gather *g, struct err *e)
{
    (void)e;
    while (g)
        pause();
    return true;
}

static bool dies_gather(struct gather *g, struct err *e)
{
    (void)g;
    (void)e;
    signal(SIGTERM, SIG_DFL);
    raise(SIGTERM);
    return true;
}

static bool eats_gather(struct gather *g, struct err *e)
{
    (void)e;
    while (g)
        arena_alloc(g->arena, 1 << 20);
    return true;
}

static bool refused_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_DENIED, "open /etc/shadow: Permission denied");
}

static bool partial_gather(struct gather *g, struct err *e)
{
    gather_missing(g, STR("/a"), "rows", "the disk is on fire");
    return good_gather(g, e);
}

TABLE(good, 0);
TABLE(hangs, 200);
TABLE(dies, 0);
TABLE(eats, 0);
TABLE(refused, 0);
TABLE(partial, 0);

struct told {
    size_t count;
    char text[4096];
    size_t begun;
    size_t stop_after;
};

static bool keep(void *context, const struct collected_table *t, struct err *e)
{
    struct told *told = context;
    size_t used = strlen(told->text);
    struct str rows, status;
    struct err broken = {0};
    ck_assert_msg(capture_split(t->plain, &rows, &status, &broken), "%s", broken.text);
    ck_assert(str_contains(status, "\"table_status\""));
    snprintf(told->text + used, sizeof(told->text) - used, "%s %s %llu %.*s\n", t->table->schema->name,
             table_state_name(t->state), (unsigned long long)t->row_count, STR_ARGS(t->reason));
    told->count++;
    return !told->stop_after || told->count < told->stop_after || err_set(e, ERR_CANCELLED, "that is enough");
}

static void begins(void *context, const struct host_table *t)
{
    (void)t;
    ((struct told *)context)->begun++;
}

static bool run_over(const struct host_table *const *tables, size_t count, const char *root, struct told *told, struct err *e)
{
    struct host_run run = {.root = root,
                           .env = &env_system,
                           .tables = tables,
                           .table_count = count,
                           .now_ms = 1,
                           .each = keep,
                           .begins = begins,
                           .context = told};
    return host_run(&run, e);
}

START_TEST(a_table_that_fails_costs_only_itself)
{
    const struct host_table *const tables[] = {&good, &hangs, &good, &dies, &partial, &eats, &refused, &good};
    struct told told = {0};
    struct err e = {0};
    ck_assert_msg(run_over(tables, 8, NULL, &told, &e), "%s", e.text);
    ck_assert_str_eq(told.text, "good complete 1 \n"
                                "hangs none 0 reading it took longer than its limit of 2200 ms\n"
                                "good complete 1 \n"
                                "dies none 0 reading it ended the process that read it: signal 15 (Terminated)\n"
                                "partial partial 1 the disk is on fire\n"
                                "eats none 0 reading it needs more than 1 GiB of memory\n"
                                "refused none 0 open /etc/shadow: Permission denied\n"
                                "good complete 1 \n");
    ck_assert_uint_eq(told.begun, 8);
}
END_TEST

START_TEST(a_root_that_is_none_is_refused)
{
    const struct host_table *const tables[] = {&good};
    struct told told = {0};
    struct err e = {0};
    ck_assert(!run_over(tables, 1, "/nothing/here", &told, &e));
    ck_assert_int_eq(e.code, ERR_NOT_FOUND);
    ck_assert(!run_over(tables, 1, "/etc/passwd", &told, &e));
    ck_assert_int_eq(e.code, ERR_INVALID);
    ck_assert_uint_eq(told.count, 0);
}
END_TEST

START_TEST(who_is_told_can_end_the_run)
{
    const struct host_table *const tables[] = {&good, &good, &hangs};
    struct told told = {.stop_after = 2};
    struct err e = {0};
    ck_assert(!run_over(tables, 3, NULL, &told, &e));
    ck_assert_int_eq(e.code, ERR_CANCELLED);
    ck_assert_uint_eq(told.count, 2);
}
END_TEST

START_TEST(tables_are_named_or_all)
{
    struct arena *a = arena_new("test", 1 << 20);
    struct err e = {0};
    const struct host_table *const *list;
    size_t count = 0;
    ck_assert(host_run_tables(a, NULL, 0, &list, &count, &e));
    ck_assert_uint_gt(count, 45);
    for (size_t i = 0; i < count; i++)
        ck_assert(!list[i]->is_live_only);
    ck_assert(host_run_tables(a, (const char *const[]){"users", "groups"}, 2, &list, &count, &e));
    ck_assert_uint_eq(count, 2);
    ck_assert(!host_run_tables(a, (const char *const[]){"nonsense"}, 1, &list, &count, &e));
    ck_assert_int_eq(e.code, ERR_NOT_FOUND);
    ck_assert(!host_run_tables(a, (const char *const[]){"files"}, 1, &list, &count, &e));
    ck_assert_int_eq(e.code, ERR_INVALID);
    arena_free(a);
}
END_TEST

TEST_MAIN("host_run", a_table_that_fails_costs_only_itself, a_root_that_is_none_is_refused, who_is_told_can_end_the_run,
          tables_are_named_or_all)
