#include "base/test.h"

#include "assess/population.h"
#include "record/test_records.h"

#include <unistd.h>

static struct records w;
static struct err e;
static char path[64];

static void start(void)
{
    e = (struct err){0};
    snprintf(path, sizeof path, "/tmp/assay-question-%d.db", (int)getpid());
    unlink(path);
    records_init(&w);
    db_close(w.db);
    w.db = db_open(path, DB_WRITE, &e);
    ck_assert_msg(w.db && db_script(w.db, content_schema_sql, &e), "%s", e.text);
}

static void stop(void)
{
    records_release(&w);
    unlink(path);
    for (const char *tail = "wal shm"; *tail; tail += tail[3] ? 4 : 3) {
        char other[80];
        snprintf(other, sizeof other, "%s-%.3s", path, tail);
        unlink(other);
    }
}

static bool ask_as(const struct access *x, const char *sql, int64_t leaf_limit, struct frozen *ret)
{
    struct frozen_writer writer;
    struct str text;
    struct question q = {.db = w.db, .types = record_types_of(w.db, &e), .access = x, .leaf_limit = leaf_limit, .now_ms = 5000, .from = STR("2026-01-01"), .to = STR("2026-06-30"),
                         .time_limit_ms = 400};
    e = (struct err){0};
    return question_ask(&q, str_of(sql), &writer, &e) && frozen_end(&writer, w.arena, &text, &e) && frozen_open(w.arena, text, ret, &e);
}

static bool ask(const char *sql, struct frozen *ret)
{
    struct access x = records_access(&w);
    return ask_as(&x, sql, INT64_MAX, ret);
}

static struct str first(const struct frozen *f)
{
    struct str cells[FROZEN_COLUMNS_MAX] = {STR("(none)")};
    frozen_row(f, w.arena, 1, cells, NULL);
    return cells[0];
}

START_TEST(records_are_asked_as_of_a_leaf)
{
    struct frozen f;
    start();
    const char *ann = records_create(&w, "person", "{\"name\":\"Ann\",\"started_on\":\"2026-02-01\"}");
    int64_t then = w.next - 1;
    records_create(&w, "person", "{\"name\":\"Bob\"}");
    ck_assert_msg(ask("select name, state from people where started_on between :from and :to", &f), "%s", e.text);
    ck_assert_int_eq(f.count, 1);
    ck_assert(str_is(first(&f), "Ann") && frozen_column(&f, STR("state")) == 1);
    ck_assert_msg(ask("select count(*) as n, :now_ms as t, :access_removal_business_days as days from people", &f), "%s", e.text);
    ck_assert(str_is(first(&f), "2"));
    struct access x = records_access(&w);
    ck_assert_msg(ask_as(&x, "select count(*) as n from people", then, &f), "%s", e.text);
    ck_assert(str_is(first(&f), "1"));
    records_create(&w, "task", arena_printf(w.arena, "{\"title\":\"T\",\"owner\":\"%s\",\"due_on\":\"2026-01-01\",\"evidence\":[]}", ann).data);
    ck_assert_msg(ask("select t.title, p.name, t.evidence from tasks t join people p on p.id = t.owner", &f), "%s", e.text);
    ck_assert_int_eq(f.count, 1);
    stop();
}
END_TEST

START_TEST(what_is_not_for_the_asker_cannot_be_read_in_any_way)
{
    static const char *const sql[] = {
        "select * from account", "select * from main.account", "select hash from token", "select * from people_versions", "select * from main.people_versions", "select * from main.people",
        "select * from record_link", "select sql from sqlite_master", "select name from temp.sqlite_master", "select * from sqlite_temp_schema", "select * from pragma_database_list",
        "with people as (select login as name from account) select name from people", "with x as (select * from people_versions) select * from x",
        "select * from concerns", "select load_extension('x')", "select readfile('/etc/passwd')", "select randomblob(10)",
        "delete from people_versions", "insert into people_versions(id) values('x')", "create table x(y)", "attach '/etc/passwd' as x", "pragma table_info(account)",
        "select 1 as a; select 2", "", "select", "select ?1 as a", "select :nothing as a", "select 1 as a, 2 as a", "explain select 1", "vacuum into '/tmp/x'"};
    struct frozen f;
    start();
    for (size_t i = 0; i < sizeof sql / sizeof sql[0]; i++)
        ck_assert_msg(!ask(sql[i], &f) && e.code, "%s", sql[i]);
    struct access nobody = {.actor = STR("account:1"), .account = STR("1"), .person = STR("")};
    ck_assert(!ask_as(&nobody, "select * from people", INT64_MAX, &f));
    ck_assert(!ask_as(&nobody, "select * from tasks", INT64_MAX, &f) && strstr(e.text, "query: "));
    stop();
}
END_TEST

START_TEST(a_statement_that_runs_away_ends_with_a_clear_line)
{
    struct frozen f;
    start();
    ck_assert(!ask("with recursive n(i) as (select 1 union all select i + 1 from n where i < 100000000000) select count(*) as c from n", &f));
    ck_assert_msg(e.code == ERR_TIMEOUT, "%s", e.text);
    ck_assert(!ask("with recursive n(i) as (select 1 union all select i + 1 from n) select i, printf('%1000d', i) as t from n", &f));
    ck_assert(e.code == ERR_LIMIT || e.code == ERR_TIMEOUT);
    ck_assert(!ask("select printf('%100000d', 1) as t", &f));
    ck_assert_int_eq(e.code, ERR_LIMIT);
    stop();
}
END_TEST

START_TEST(every_query_of_the_library_can_be_asked)
{
    const struct population_template *all;
    struct frozen f;
    size_t count;
    start();
    ck_assert(population_library(w.arena, &all, &count, &e) && count > 40);
    ck_assert_msg(ask("select id from gap_records", &f), "%s", e.text);
    for (size_t i = 0; i < count; i++) {
        if (all[i].is_import || str_contains(all[i].sql, "from users u"))
            continue; /* captured tables are not here */
        ck_assert_msg(ask(arena_str(w.arena, all[i].sql).data, &f), "%.*s: %s", STR_ARGS(all[i].id), e.text);
    }
    stop();
}
END_TEST

TEST_MAIN("question", records_are_asked_as_of_a_leaf, what_is_not_for_the_asker_cannot_be_read_in_any_way, a_statement_that_runs_away_ends_with_a_clear_line,
          every_query_of_the_library_can_be_asked)
