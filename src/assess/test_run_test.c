#include "assess/test_run.h"

#include "assess/fixture.h"
#include "base/test.h"
#include "base/times.h"

static const struct column user_columns[] = {
    {"name", COLUMN_TEXT, "", "", COLUMN_KEY}, {"uid", COLUMN_INTEGER, "", "", 0}, {"seen", COLUMN_TIME, "", "", 0}};
static const struct table_schema users_schema = {.name = "users", .version = 1, .columns = user_columns, .column_count = 3};
static const struct column group_columns[] = {{"name", COLUMN_TEXT, "", "", 0}};
static const struct table_schema groups_schema = {.name = "groups", .version = 1, .columns = group_columns, .column_count = 1};

static const struct table_schema *find(struct str name)
{
    return str_is(name, "users") ? &users_schema : str_is(name, "groups") ? &groups_schema : NULL;
}

static const char *const both[] = {"users", "groups"};
#define TWO_USERS "{\"users\":[{\"name\":\"root\",\"uid\":0},{\"name\":\"eve\",\"uid\":7}]}"

/* Runs one SELECT over JSON tables; the results as one text "resource=status(reason);...". */
static struct str run_limited(struct arena *a, const char *tables, const char *sql, struct test test, int64_t time_limit_ms,
                              int64_t rows_max)
{
    struct err e = {0};
    struct json *json = json_parse(a, str_of(tables), JSON_LIMITS_DEFAULT, &e);
    ck_assert_msg(json != NULL, "%s", e.text);
    struct test_inputs inputs = {
        .subject = STR("host"), .now_ms = 5 * MS_DAY, .time_limit_ms = time_limit_ms, .rows_max = rows_max};
    struct table_provider *providers;
    ck_assert_msg(fixture_tables(a, json, both, 2, find, STR("host"), inputs.now_ms, &providers, &inputs.provider_count, &e),
                  "%s", e.text);
    inputs.providers = providers;
    struct test_value values[] = {{STR("limit_one"), STR("5")}, {STR("word_one"), STR("x")}};
    inputs.values = values;
    inputs.value_count = 2;
    struct test_runner *t = test_runner_new(&inputs, &e);
    ck_assert_msg(t != NULL, "%s", e.text);
    test.id = "t";
    test.sql = sql;
    struct results r;
    results_init(&r, a);
    test_run(t, &test, &r);
    test_runner_free(t);
    struct buf b;
    buf_init(&b, 1 << 20);
    for (size_t i = 0; i < r.count; i++)
        buf_printf(&b, "%.*s=%s(%.*s);", STR_ARGS(r.items[i].resource), result_status_name(r.items[i].status),
                   STR_ARGS(r.items[i].reason));
    struct str text = arena_str(a, buf_view(&b));
    buf_release(&b);
    return text;
}

static struct strings users_only(void)
{
    return (struct strings){both, 1};
}

static const char *run(struct arena *a, const char *tables, const char *sql)
{
    return run_limited(a, tables, sql, (struct test){.tables = users_only()}, 0, 0).data;
}

static struct arena *a;
static void fresh(void)
{
    a = arena_new("test", 64 << 20);
}

START_TEST(results_carry_resource_status_and_reason)
{
    fresh();
    ck_assert_str_eq(
        run(a, TWO_USERS,
            "select name as resource, case uid when 0 then 'fail' else 'pass' end as status, 'uid ' || uid as reason from users"),
        "eve=pass(uid 7);root=fail(uid 0);");
    arena_free(a);
}
END_TEST

START_TEST(other_columns_than_the_three_are_an_error_of_the_test)
{
    fresh();
    ck_assert_str_eq(run(a, TWO_USERS, "select name, 'pass', '' from users"),
                     "host=unknown(SQL error: a test returns the columns resource, status, reason);");
    arena_free(a);
}
END_TEST

START_TEST(no_rows_are_never_a_pass)
{
    fresh();
    const char *sql = "select name as resource, 'pass' as status, '' as reason from users";
    ck_assert_str_eq(run(a, "{}", sql), "host=unknown(the test found nothing to look at, and nothing is never a pass);");
    struct test t = {.tables = users_only(), .empty = EMPTY_NOT_APPLICABLE};
    ck_assert_str_eq(run_limited(a, "{}", sql, t, 0, 0).data, "host=skip(there is nothing here that the test applies to);");
    arena_free(a);
}
END_TEST

START_TEST(a_table_that_could_not_be_read_makes_the_test_unknown)
{
    fresh();
    const char *tables = "{\"users\":[{\"name\":\"root\"}],\"table_status\":[{\"tbl\":\"users\",\"scope\":\"\",\"state\":"
                         "\"none\",\"reason\":\"Permission denied\"}]}";
    const char *sql = "select name as resource, 'pass' as status, '' as reason from users";
    ck_assert_str_eq(run(a, tables, sql), "host=unknown(table users could not be read: Permission denied);");
    struct test t = {.tables = users_only(), .empty = EMPTY_NOT_APPLICABLE};
    ck_assert_str_eq(run_limited(a, tables, sql, t, 0, 0).data,
                     "host=unknown(table users could not be read: Permission denied);");
    static const char *const missing[] = {"processes"};
    ck_assert_str_eq(run_limited(a, tables, sql, (struct test){.tables = {missing, 1}}, 0, 0).data,
                     "host=unknown(table processes could not be read: it was not captured);");
    arena_free(a);
}
END_TEST

START_TEST(a_partial_table_keeps_its_rows_and_says_what_is_missing)
{
    fresh();
    const char *tables =
        "{\"users\":[{\"name\":\"root\"}],\"table_status\":["
        "{\"tbl\":\"users\",\"scope\":\"/etc/x\",\"state\":\"partial\",\"missing\":\"hash\",\"reason\":\"Permission denied\"},"
        "{\"tbl\":\"groups\",\"scope\":\"\",\"state\":\"partial\"}]}";
    ck_assert_str_eq(run(a, tables, "select name as resource, 'pass' as status, '' as reason from users"),
                     "root=pass();users: /etc/x=unknown(table users was read in part: hash: Permission denied);");
    struct test t = {.tables = users_only(), .empty = EMPTY_NOT_APPLICABLE};
    ck_assert_str_eq(
        run_limited(a, tables, "select name as resource, 'pass' as status, '' as reason from users where 0", t, 0, 0).data,
        "users: /etc/x=unknown(table users was read in part: hash: Permission denied);");
    arena_free(a);
}
END_TEST

START_TEST(errors_of_the_sql_are_unknown_and_named)
{
    fresh();
    ck_assert_str_eq(run(a, TWO_USERS, "selekt 1"), "host=unknown(SQL error: near \"selekt\": syntax error);");
    ck_assert_str_eq(run(a, TWO_USERS, ""), "host=unknown(SQL error: there is no statement);");
    ck_assert(
        strstr(run(a, TWO_USERS, "select nope as resource, 'pass' as status, '' as reason from users"), "no such column: nope"));
    ck_assert(strstr(run(a, TWO_USERS, "select 'a' as resource, 'pass' as status, '' as reason; select 1"), "one SELECT"));
    arena_free(a);
}
END_TEST

START_TEST(a_test_that_writes_or_attaches_is_refused)
{
    fresh();
    static const char *const bad[] = {"create table x(y)",
                                      "delete from users",
                                      "insert into users values(1,2,3)",
                                      "attach '/tmp/x' as y",
                                      "pragma user_version=3",
                                      "select load_extension('x') as resource, 'pass' as status, '' as reason",
                                      "drop table users",
                                      "vacuum"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *text = run(a, TWO_USERS, bad[i]);
        ck_assert_msg(strncmp(text, "host=unknown(SQL error: ", 24) == 0, "%s: %s", bad[i], text);
    }
    arena_free(a);
}
END_TEST

START_TEST(a_test_that_runs_for_ever_times_out)
{
    fresh();
    ck_assert_str_eq(run_limited(a, TWO_USERS,
                                 "with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) as resource, "
                                 "'pass' as status, '' as reason from n",
                                 (struct test){.tables = users_only()}, 50, 0)
                         .data,
                     "host=unknown(timed out: the test ran longer than 50 ms);");
    /* The connection is fine afterwards. */
    ck_assert_str_eq(run(a, TWO_USERS, "select 'x' as resource, 'pass' as status, '' as reason"), "x=pass();");
    arena_free(a);
}
END_TEST

START_TEST(too_many_resources_are_unknown_and_none_of_them_counts)
{
    fresh();
    ck_assert_str_eq(run_limited(a, TWO_USERS, "select name as resource, 'pass' as status, '' as reason from users",
                                 (struct test){.tables = users_only()}, 0, 1)
                         .data,
                     "host=unknown(more than 1 resources, the limit of one test);");
    arena_free(a);
}
END_TEST

START_TEST(a_broken_row_spoils_the_whole_test)
{
    fresh();
    ck_assert_str_eq(run(a, TWO_USERS, "select name as resource, 'ok' as status, '' as reason from users"),
                     "host=unknown(the test is broken: \"ok\" is no status (pass, fail, unknown, skip));");
    ck_assert_str_eq(run(a, TWO_USERS, "select nullif(name, 'eve') as resource, 'pass' as status, '' as reason from users"),
                     "host=unknown(the test is broken: a row has no resource);");
    arena_free(a);
}
END_TEST

START_TEST(of_a_resource_that_comes_twice_the_worse_stands)
{
    fresh();
    ck_assert_str_eq(
        run(a, TWO_USERS,
            "select 'x' as resource, case uid when 0 then 'fail' else 'pass' end as status, name as reason from users"),
        "x=fail(root);");
    arena_free(a);
}
END_TEST

START_TEST(a_table_that_was_last_seen_too_long_ago_makes_the_test_unknown)
{
    fresh();
    struct err e = {0};
    struct json *json = json_parse(a, STR(TWO_USERS), JSON_LIMITS_DEFAULT, &e);
    struct table_provider *providers;
    struct table_age ages[] = {{STR("groups"), 0}, {STR("users"), 10 * MS_DAY}};
    struct test_inputs inputs = {.subject = STR("host"), .now_ms = 13 * MS_DAY, .ages = ages, .age_count = 2};
    ck_assert(fixture_tables(a, json, both, 2, find, STR("host"), inputs.now_ms, &providers, &inputs.provider_count, &e));
    inputs.providers = providers;
    struct test test = {
        .id = "t", .tables = users_only(), .sql = "select name as resource, 'pass' as status, '' as reason from users"};
    for (int late = 0; late < 2; late++) {
        struct results r;
        results_init(&r, a);
        inputs.now_ms += late;
        ck_assert(test_run_all(&inputs, &test, 1, &r, &e));
        ck_assert_int_eq(r.items[0].status, late ? RESULT_UNKNOWN : RESULT_PASS);
        if (late)
            ck_assert(
                str_is(r.items[0].reason, "table users could not be read: it was last captured on 1970-01-11, too long ago"));
    }
    arena_free(a);
}
END_TEST

START_TEST(now_and_declared_parameters_are_bound_and_others_refused)
{
    fresh();
    static const char *const names[] = {"limit_one", "word_one"};
    struct test t = {.tables = users_only(), .parameters = {names, 2}};
    ck_assert_str_eq(run_limited(a, TWO_USERS,
                                 "select :now_ms as resource, 'pass' as status, (:limit_one + 1) || :word_one as reason", t, 0, 0)
                         .data,
                     "432000000=pass(6x);");
    ck_assert_str_eq(run_limited(a, TWO_USERS, "select 'a' as resource, 'pass' as status, :limit_two as reason", t, 0, 0).data,
                     "host=unknown(parameter limit_two is not known);");
    t.parameters.count = 1;
    ck_assert_str_eq(run_limited(a, TWO_USERS, "select 'a' as resource, 'pass' as status, :word_one as reason", t, 0, 0).data,
                     "host=unknown(parameter word_one is not declared in the header);");
    arena_free(a);
}
END_TEST

START_TEST(a_fix_shows_the_values_in_force_and_leaves_the_shell_alone)
{
    fresh();
    static const char *const names[] = {"limit_one", "word_one", "evil_one"};
    struct test_value values[] = {
        {STR("limit_one"), STR("20")}, {STR("word_one"), STR("root,ada")}, {STR("evil_one"), STR("$(reboot)")}};
    struct test t = {
        .id = "t",
        .parameters = {names, 3},
        .fix = "a {limit_one}, $(( {limit_one} * 60 )) \"{word_one},NAME\" {evil_one} ${limit_one} {limit_two} {print} {"};
    ck_assert_str_eq(test_fix_text(a, &t, values, 3).data,
                     "a 20, $(( 20 * 60 )) \"root,ada,NAME\" {evil_one} ${limit_one} {limit_two} {print} {");
    static const char *const length[] = {"password_length_min"};
    t = (struct test){.id = "t", .parameters = {length, 1}, .fix = "{password_length_min}"};
    ck_assert_str_eq(test_fix_text(a, &t, NULL, 0).data, content_parameter(STR("password_length_min"))->default_value);
    arena_free(a);
}
END_TEST

START_TEST(texts_that_are_no_utf8_or_control_the_terminal_are_made_harmless)
{
    fresh();
    ck_assert_str_eq(
        run(a, TWO_USERS, "select cast(x'61ff62' as text) as resource, 'fail' as status, char(27) || '[31m' as reason"),
        "a\\xffb=fail(\\x1b[31m);");
    arena_free(a);
}
END_TEST

/* The same inputs in any order of rows give the same results, byte for byte. */
START_TEST(the_order_of_rows_never_matters)
{
    uint64_t seed = 11;
    for (int round = 0; round < 40; round++) {
        fresh();
        struct buf one, two;
        buf_init(&one, 1 << 16);
        buf_init(&two, 1 << 16);
        char rows[20][64];
        for (int i = 0; i < 20; i++)
            snprintf(rows[i], sizeof rows[i], "{\"name\":\"u%d\",\"uid\":%d}", (int)(test_random(&seed) % 12),
                     (int)(test_random(&seed) % 4));
        for (int i = 0; i < 20; i++) {
            buf_printf(&one, "%s%s", i ? "," : "{\"users\":[", rows[i]);
            buf_printf(&two, "%s%s", i ? "," : "{\"users\":[", rows[19 - i]);
        }
        buf_cstr(&one, "]}");
        buf_cstr(&two, "]}");
        const char *sql = "select name as resource, case uid when 0 then 'fail' when 1 then 'unknown' when 2 then 'skip' else "
                          "'pass' end as status, 'uid ' || uid as reason from users";
        ck_assert_str_eq(run(a, one.data, sql), run(a, two.data, sql));
        buf_release(&one);
        buf_release(&two);
        arena_free(a);
    }
}
END_TEST

TEST_MAIN("test_run", results_carry_resource_status_and_reason, other_columns_than_the_three_are_an_error_of_the_test,
          no_rows_are_never_a_pass, a_table_that_could_not_be_read_makes_the_test_unknown,
          a_partial_table_keeps_its_rows_and_says_what_is_missing, errors_of_the_sql_are_unknown_and_named,
          a_test_that_writes_or_attaches_is_refused, a_test_that_runs_for_ever_times_out,
          too_many_resources_are_unknown_and_none_of_them_counts, a_broken_row_spoils_the_whole_test,
          of_a_resource_that_comes_twice_the_worse_stands, a_table_that_was_last_seen_too_long_ago_makes_the_test_unknown,
          now_and_declared_parameters_are_bound_and_others_refused, a_fix_shows_the_values_in_force_and_leaves_the_shell_alone,
          texts_that_are_no_utf8_or_control_the_terminal_are_made_harmless, the_order_of_rows_never_matters)
