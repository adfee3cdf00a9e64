#include "assess/gap_plan.h"

#include "base/test.h"

static const int64_t TODAY = 20000;

static struct arena *arena;

static struct gap_work gap(const char *id, int64_t severity, int64_t effort, int64_t lead)
{
    return (struct gap_work){.id = str_of(id), .severity = severity, .effort_days = effort, .lead_days = lead, .owner = GAP_NOBODY};
}

static void setup(void)
{
    arena = arena_new("test", (size_t)64 << 20);
}

static void teardown(void)
{
    arena_free(arena);
}

START_TEST(severity_comes_first_then_what_has_the_least_time_to_spare)
{
    struct gap_work g[] = {gap("A", 4, 14, 91), gap("B", 9, 2, 0), gap("C", 6, 2, 1), gap("D", 6, 14, 91)};
    struct gap_forecast f = gap_plan(arena, g, 4, TODAY, TODAY + 60);
    const size_t want[] = {1, 3, 2, 0};
    for (size_t i = 0; i < 4; i++)
        ck_assert_uint_eq(f.order[i], want[i]);
    ck_assert_int_eq(g[3].slack_days, 60 - 105);
    ck_assert_int_eq(g[1].slack_days, 58);
}
END_TEST

START_TEST(without_a_window_what_needs_longest_comes_first)
{
    struct gap_work g[] = {gap("A", 6, 2, 0), gap("B", 6, 30, 91)};
    ck_assert_uint_eq(gap_plan(arena, g, 2, TODAY, 0).order[0], 1);
}
END_TEST

START_TEST(a_quarterly_control_needs_a_quarter_and_an_event_nothing)
{
    ck_assert_int_eq(gap_lead_days("quarterly"), 91);
    ck_assert_int_eq(gap_lead_days("annual"), 91);
    ck_assert_int_eq(gap_lead_days("weekly"), 7);
    ck_assert_int_eq(gap_lead_days("per_event"), 0);
}
END_TEST

START_TEST(the_window_can_begin_when_the_last_high_gap_has_its_proof)
{
    struct gap_work g[] = {gap("A", 9, 2, 0), gap("B", 6, 14, 91), gap("C", 2, 30, 91)};
    g[0].owner = 1;
    g[1].owner = 1;
    g[2].owner = 2;
    struct gap_forecast f = gap_plan(arena, g, 3, TODAY, TODAY + 200);
    ck_assert_int_eq(f.ready_day, TODAY + 2 + 14 + 91);
    ck_assert_uint_eq(f.last, 1);
    ck_assert_int_eq(f.all_day, TODAY + 30 + 91);
    ck_assert_int_eq(f.effort_days, 46);
}
END_TEST

START_TEST(gaps_that_wait_for_each_other_are_named_and_nothing_is_forecast)
{
    struct gap_work g[] = {gap("A", 9, 2, 0), gap("B", 6, 2, 0), gap("C", 6, 2, 0)};
    const size_t on_b[] = {1}, on_a[] = {0};
    g[0].depends_on = on_b;
    g[0].depends_count = 1;
    g[1].depends_on = on_a;
    g[1].depends_count = 1;
    struct gap_forecast f = gap_plan(arena, g, 3, TODAY, 0);
    ck_assert_uint_eq(f.circles, 2);
    ck_assert_int_eq(f.ready_day, 0);
    ck_assert(g[0].is_in_circle && g[1].is_in_circle && !g[2].is_in_circle);
}
END_TEST

/* Gaps made up of a seed; each depends only on ones before it. */
static size_t gaps_make(uint64_t *seed, struct gap_work g[32], size_t depends[32][4])
{
    size_t count = 1 + test_random(seed) % 31;
    for (size_t i = 0; i < count; i++) {
        g[i] = gap(arena_printf(arena, "GAP-%04zu", i).data, (int64_t)((1 + test_random(seed) % 3) * (1 + test_random(seed) % 3)), (int64_t)(1 + test_random(seed) % 30), (int64_t)(test_random(seed) % 92));
        g[i].owner = (int64_t)(test_random(seed) % 4) - 1;
        g[i].due_day = test_random(seed) % 3 ? TODAY + (int64_t)(test_random(seed) % 100) : 0;
        g[i].depends_on = depends[i];
        for (size_t k = 0; i > 0 && k < test_random(seed) % 4; k++)
            depends[i][g[i].depends_count++] = test_random(seed) % i;
    }
    return count;
}

START_TEST(a_plan_never_overlaps_for_one_person_and_never_begins_too_early)
{
    uint64_t seed = 11;
    for (int round = 0; round < 500; round++) {
        struct gap_work g[32];
        size_t depends[32][4];
        size_t count = gaps_make(&seed, g, depends);
        struct gap_forecast f = gap_plan(arena, g, count, TODAY, TODAY + 90);
        ck_assert_uint_eq(f.circles, 0);
        for (size_t i = 0; i < count; i++) {
            ck_assert(g[i].start_day >= TODAY && g[i].done_day == g[i].start_day + g[i].effort_days && g[i].shown_day == g[i].done_day + g[i].lead_days);
            for (size_t k = 0; k < g[i].depends_count; k++)
                ck_assert(g[depends[i][k]].done_day <= g[i].start_day);
            for (size_t k = 0; k < i; k++)
                ck_assert(g[k].owner != g[i].owner || g[k].done_day <= g[i].start_day || g[i].done_day <= g[k].start_day);
            ck_assert(gap_level_of(g[i].severity) < GAP_HIGH || f.ready_day >= g[i].shown_day);
        }
        ck_assert(f.all_day >= f.ready_day);
    }
}
END_TEST

START_TEST(the_order_is_the_same_whatever_order_the_gaps_come_in)
{
    uint64_t seed = 12;
    for (int round = 0; round < 500; round++) {
        struct gap_work g[32], mixed[32];
        size_t depends[32][4];
        size_t count = gaps_make(&seed, g, depends);
        for (size_t i = 0; i < count; i++) {
            g[i].depends_count = 0;
            mixed[i] = g[i];
        }
        for (size_t i = count - 1; i > 0; i--) {
            size_t k = test_random(&seed) % (i + 1);
            struct gap_work x = mixed[i];
            mixed[i] = mixed[k];
            mixed[k] = x;
        }
        struct gap_forecast f = gap_plan(arena, g, count, TODAY, TODAY + 30), m = gap_plan(arena, mixed, count, TODAY, TODAY + 30);
        for (size_t i = 0; i < count; i++)
            ck_assert(str_equal(g[f.order[i]].id, mixed[m.order[i]].id));
        ck_assert_int_eq(f.ready_day, m.ready_day);
        for (size_t i = 1; i < count; i++) /* a total order by level, then time to spare */
            ck_assert(gap_level_of(g[f.order[i - 1]].severity) > gap_level_of(g[f.order[i]].severity) ||
                      (gap_level_of(g[f.order[i - 1]].severity) == gap_level_of(g[f.order[i]].severity) && g[f.order[i - 1]].slack_days <= g[f.order[i]].slack_days));
    }
}
END_TEST

TEST_MAIN_WITH("gap_plan", setup, teardown, severity_comes_first_then_what_has_the_least_time_to_spare, without_a_window_what_needs_longest_comes_first,
               a_quarterly_control_needs_a_quarter_and_an_event_nothing, the_window_can_begin_when_the_last_high_gap_has_its_proof,
               gaps_that_wait_for_each_other_are_named_and_nothing_is_forecast, a_plan_never_overlaps_for_one_person_and_never_begins_too_early,
               the_order_is_the_same_whatever_order_the_gaps_come_in)
