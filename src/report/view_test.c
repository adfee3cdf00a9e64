#include "assess/world.h"
#include "report/view_kept.h"
#include "report/view_parameters.h"

#include "base/test.h"

#define ONE "s:00112233445566778899aabbccddeeff"
#define TWO "s:aa112233445566778899aabbccddeeff"

static const int64_t now = 20000 * MS_DAY + 13 * MS_HOUR;

/* Two hosts, sixty days: everything passes but one test, which failed on web-1 for five days and broke again today on web-2. */
static void world_fill(struct world *w)
{
    world_init(w);
    world_subject(w, ONE, "web-1", 0);
    world_subject(w, TWO, "web-2", 0);
    const char *broken = content_tests[3].id;
    for (int day = 60; day >= 0; day--) {
        const char *hosts[] = {ONE, TWO};
        for (int h = 0; h < 2; h++) {
            for (size_t t = 0; t < content_test_count; t++) {
                bool is_bad = content_tests[t].id == broken && ((h == 0 && day <= 30 && day > 25) || (h == 1 && day == 0));
                world_result(w, content_tests[t].id, "r1", is_bad ? RESULT_FAIL : RESULT_PASS, is_bad ? "open to all" : "");
            }
            world_evaluate(w, hosts[h], now - day * MS_DAY - MS_HOUR);
        }
    }
}

static struct view view_of(struct world *w, int64_t at_ms)
{
    struct err e = {0};
    struct view v = {.db = w->db, .arena = w->arena, .now_ms = now};
    ck_assert_msg(view_open(&v, at_ms, &e), "%s", e.text);
    return v;
}

static void is_page(const struct json *page, const struct err *e)
{
    ck_assert_msg(page != NULL, "%s", e->text);
    ck_assert(json_text(page, "title").size > 0);
    ck_assert(json_get(page, "nav") && json_get(page, "as_of"));
    /* What was built is JSON: it parses again. */
    struct arena *a = arena_new("again", 64 << 20);
    struct buf b;
    struct err broken = {0};
    buf_init(&b, 32 << 20);
    json_write(&b, page);
    ck_assert_msg(json_parse(a, buf_view(&b), JSON_LIMITS_DEFAULT, &broken) != NULL, "%s", broken.text);
    buf_release(&b);
    arena_free(a);
}

START_TEST(an_empty_directory_shows_that_nothing_is_known)
{
    struct world w;
    struct err e = {0};
    world_init(&w);
    struct view v = view_of(&w, 0);
    struct json *page = view_overview(&v, &e);
    is_page(page, &e);
    ck_assert(!json_bool(page, "has_evidence"));
    ck_assert_int_eq(json_int(json_path(page, "readiness"), "score", -1), 0);
    ck_assert_int_eq(json_int(json_get(page, "tests"), "unknown", -1), (int64_t)content_test_count);
    ck_assert_str_eq(json_text(json_path(page, "next.0"), "command").data, "assay collect");
    world_release(&w);
}
END_TEST

START_TEST(every_page_is_built)
{
    struct world w;
    struct err e = {0};
    world_fill(&w);
    struct view v = view_of(&w, 0);
    is_page(view_overview(&v, &e), &e);
    is_page(view_criteria(&v, NULL, &e), &e);
    is_page(view_controls(&v, NULL, &e), &e);
    is_page(view_tests(&v, NULL, &e), &e);
    is_page(view_evidence(&v, NULL, &e), &e);
    is_page(view_parameters(&v, NULL, &e), &e);
    for (size_t i = 0; i < content_criterion_count; i++)
        is_page(view_criterion(&v, str_of(content_criteria[i].id), &e), &e);
    for (size_t i = 0; i < content_control_count; i += 7)
        is_page(view_control(&v, str_of(content_controls[i].id), &e), &e);
    for (size_t i = 0; i < content_test_count; i += 11)
        is_page(view_test(&v, str_of(content_tests[i].id), NULL, &e), &e);
    ck_assert(view_search_index(&v, &e) != NULL);
    ck_assert(view_criterion(&v, STR("CC99"), &e) == NULL);
    ck_assert_int_eq(e.code, ERR_NOT_FOUND);
    world_release(&w);
}
END_TEST

static void parameter_is_everywhere(struct world *w, int64_t at_ms, const char *value, const char *text)
{
    struct err e = {0};
    struct view v = view_of(w, at_ms);
    const struct json *page = view_parameter(&v, STR("password_length_min"), &e);
    is_page(page, &e);
    ck_assert(str_is(json_text(page, "value"), value));
    ck_assert(json_get(page, "policies")->count >= 2);
    JSON_EACH (policy, json_get(page, "policies"))
        ck_assert(str_find(json_text(policy, "text"), str_of(text)) >= 0);
    const struct json *control = view_control(&v, STR("AC-09"), &e), *test = view_test(&v, STR("password-length"), NULL, &e);
    ck_assert(str_find(json_text(control, "statement"), str_of(text)) >= 0);
    ck_assert(str_is(json_text(json_path(test, "parameters.0"), "value"), value));
}

START_TEST(changing_a_parameter_changes_policy_control_and_test)
{
    struct world w;
    struct err e = {0};
    world_fill(&w);
    parameter_is_everywhere(&w, 0, "12", "12 characters");
    struct op op = {.body = parameter_body(w.arena, STR("password_length_min"), STR("15"), STR("because"))};
    world_op(&w, &op_parameter_set, &op, (struct str){0}, now - MS_MINUTE);
    parameter_is_everywhere(&w, 0, "15", "15 characters");
    parameter_is_everywhere(&w, now - MS_HOUR / 2, "12", "12 characters"); /* as of before */
    struct view v = view_of(&w, 0);
    const struct json *history = json_path(view_parameter(&v, STR("password_length_min"), &e), "history.0");
    ck_assert(str_is(json_text(history, "reason"), "because"));
    ck_assert(str_is(json_text(json_get(history, "by"), "name"), "Local administrator"));
    ck_assert(view_parameter(&v, STR("no_such"), &e) == NULL);
    world_release(&w);
}
END_TEST

START_TEST(what_broke_today_is_told_and_what_was_mended_is_not_failing)
{
    struct world w;
    struct err e = {0};
    world_fill(&w);
    struct view v = view_of(&w, 0);
    const struct json *page = view_overview(&v, &e), *broke = json_path(page, "broke.0");
    ck_assert_uint_eq(json_get(page, "broke")->count, 1);
    ck_assert(str_is(json_text(json_get(broke, "test"), "id"), content_tests[3].id));
    ck_assert(str_is(json_text(json_get(broke, "subject"), "name"), "web-2"));
    ck_assert(str_is(json_text(broke, "reason"), "r1: open to all"));
    ck_assert_int_eq(json_int(json_get(page, "tests"), "fail", -1), 1);
    const struct json *test = view_test(&v, str_of(content_tests[3].id), NULL, &e), *row = json_path(test, "resources.rows.0");
    ck_assert(str_is(json_text(row, "status"), "fail"));
    ck_assert(str_is(json_text(json_get(row, "subject"), "name"), "web-2"));
    ck_assert_int_eq(json_int(json_get(row, "since"), "t", 0), now - MS_HOUR);
    world_release(&w);
}
END_TEST

START_TEST(the_past_is_shown_as_it_was_known)
{
    struct world w;
    struct err e = {0};
    world_fill(&w);
    struct view then = view_of(&w, now - 27 * MS_DAY);
    const struct json *page = view_overview(&then, &e);
    ck_assert_int_eq(json_int(json_get(page, "tests"), "fail", -1), 1);
    ck_assert(json_bool(json_get(page, "as_of"), "is_past"));
    const struct json *test = view_test(&then, str_of(content_tests[3].id), NULL, &e), *row = json_path(test, "resources.rows.0");
    ck_assert(str_is(json_text(json_get(row, "subject"), "name"), "web-1"));
    ck_assert(str_is(json_text(row, "status"), "fail"));
    ck_assert_int_eq(json_int(json_get(row, "since"), "t", 0), now - 30 * MS_DAY - MS_HOUR);
    struct view before = view_of(&w, now - 100 * MS_DAY);
    ck_assert(!json_bool(view_overview(&before, &e), "has_evidence"));
    struct view v = {.db = w.db, .arena = w.arena, .now_ms = now};
    ck_assert(!view_open(&v, now + 1, &e));
    world_release(&w);
}
END_TEST

START_TEST(the_strip_has_a_cell_for_each_day)
{
    struct world w;
    struct err e = {0};
    world_fill(&w);
    struct view v = view_of(&w, 0);
    const struct json *strip = json_get(view_test(&v, str_of(content_tests[3].id), NULL, &e), "strip");
    ck_assert_uint_eq(strip->count, 90);
    int64_t of[4] = {0}; /* none, pass, unknown, fail */
    JSON_EACH (cell, strip) {
        struct str state = json_text(cell, "state");
        of[str_is(state, "none") ? 0 : str_is(state, "pass") ? 1 : str_is(state, "unknown") ? 2 : 3]++;
    }
    ck_assert_int_eq(of[0], 29);
    ck_assert_int_eq(of[2], 0);
    ck_assert_int_eq(of[3], 7); /* from day 30 to the hour of day 25, and today */
    world_release(&w);
}
END_TEST

START_TEST(silence_makes_everything_unknown)
{
    struct world w;
    struct err e = {0};
    world_fill(&w);
    struct view v = {.db = w.db, .arena = w.arena, .now_ms = now + 20 * MS_DAY};
    ck_assert(view_open(&v, 0, &e));
    const struct json *page = view_overview(&v, &e);
    ck_assert_int_eq(json_int(json_get(page, "tests"), "pass", -1), 0);
    ck_assert_int_eq(json_int(json_get(page, "tests"), "unknown", -1), (int64_t)content_test_count);
    ck_assert(json_bool(json_get(page, "nav"), "is_stale"));
    JSON_EACH (state, json_path(page, "controls.states"))
        ck_assert(!str_is(json_text(state, "state"), "OK"));
    world_release(&w);
}
END_TEST

START_TEST(lists_search_filter_sort_and_page)
{
    struct world w;
    struct err e = {0};
    world_fill(&w);
    struct view v = view_of(&w, 0);
    struct view_filter failing = {.status = STR("fail")};
    const struct json *list = view_tests(&v, &failing, &e);
    ck_assert_int_eq(json_int(list, "total", -1), 1);
    ck_assert_int_eq(json_int(list, "all", -1), (int64_t)content_test_count);
    struct view_filter words = {.q = STR("SSH root"), .per_page = 1};
    list = view_tests(&v, &words, &e);
    ck_assert_int_ge(json_int(list, "total", -1), 1);
    ck_assert_uint_eq(json_get(list, "rows")->count, 1);
    struct view_filter up = {.sort = STR("id"), .per_page = 1000},
                       down = {.sort = STR("id"), .is_descending = true, .per_page = 1000};
    const struct json *a = json_get(view_controls(&v, &up, &e), "rows"), *b = json_get(view_controls(&v, &down, &e), "rows");
    ck_assert(str_equal(json_text(a->first, "id"), json_text(b->last, "id")));
    ck_assert_uint_eq(a->count, content_control_count);
    world_release(&w);
}
END_TEST

START_TEST(a_year_of_daily_runs_that_pass_brings_settings_to_one)
{
    struct world w;
    struct err e = {0};
    world_init(&w);
    world_subject(&w, ONE, "web-1", 0);
    for (int day = 120; day >= 0; day--) {
        for (size_t t = 0; t < content_test_count; t++)
            world_result(&w, content_tests[t].id, "r", RESULT_PASS, "");
        world_evaluate(&w, ONE, now - day * MS_DAY);
    }
    struct view v = view_of(&w, 0);
    int settings = 0;
    JSON_EACH (c, json_get(view_controls(&v, &(struct view_filter){.per_page = 1000}, &e), "rows")) {
        bool is_tested = json_int(json_get(c, "tests"), "total", 0) > 0,
             is_setting = str_is(json_text(c, "model"), "config_state");
        if (is_tested && is_setting) {
            ck_assert(str_is(json_text(c, "state"), "OK"));
            ck_assert_int_eq(json_int(c, "score", -1), 1);
            settings++;
        } else if (is_tested) {
            ck_assert(str_is(json_text(c, "state"), "NOT_STARTED")); /* decision 23 */
        }
    }
    ck_assert_int_gt(settings, 5);
    world_release(&w);
}
END_TEST

/* What is kept between requests never outlives what was written, whatever the minute. */
START_TEST(what_was_written_is_in_the_navigation_at_once)
{
    struct world w;
    struct err e = {0};
    world_fill(&w);
    struct view_kept *kept = view_kept_new();
    struct view before = view_of(&w, 0);
    before.kept = kept;
    int64_t broken = json_int(json_get(view_nav(&before, &e), "attention"), "tests", -1);
    ck_assert_int_eq(broken, json_int(json_get(view_nav(&before, &e), "attention"), "tests", -2));
    for (size_t t = 0; t < content_test_count; t++)
        world_result(&w, content_tests[t].id, "r1", RESULT_FAIL, "written just now");
    world_evaluate(&w, ONE, now - 1);
    struct view after = view_of(&w, 0);
    after.kept = kept;
    ck_assert_int_eq(json_int(json_get(view_nav(&after, &e), "attention"), "tests", -1), (int64_t)content_test_count);
    ck_assert_int_lt(broken, (int64_t)content_test_count);
    /* The past does not come from there, and does not go there. */
    struct view past = view_of(&w, now - 20 * MS_DAY);
    past.kept = kept;
    ck_assert_int_lt(json_int(json_get(view_nav(&past, &e), "attention"), "tests", -1), (int64_t)content_test_count);
    struct view again = view_of(&w, 0);
    again.kept = kept;
    ck_assert_int_eq(json_int(json_get(view_nav(&again, &e), "attention"), "tests", -1), (int64_t)content_test_count);
    view_kept_free(kept);
    world_release(&w);
}
END_TEST

TEST_MAIN("views", what_was_written_is_in_the_navigation_at_once, an_empty_directory_shows_that_nothing_is_known, every_page_is_built,
          changing_a_parameter_changes_policy_control_and_test,
          what_broke_today_is_told_and_what_was_mended_is_not_failing, the_past_is_shown_as_it_was_known,
          the_strip_has_a_cell_for_each_day, silence_makes_everything_unknown, lists_search_filter_sort_and_page,
          a_year_of_daily_runs_that_pass_brings_settings_to_one)
