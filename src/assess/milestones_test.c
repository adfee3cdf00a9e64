#include "assess/milestones.h"

#include "base/test.h"
#include "base/times.h"

enum { ITEMS = 12, ROUNDS = 20000 };

static const struct calendar no_holidays = {0};

static int64_t day(int year, int month, int d)
{
    return day_of_date((struct date){year, month, d});
}

static struct milestone plain(int64_t planned)
{
    return (struct milestone){.planned = planned, .actual = DAY_NONE};
}

START_TEST(what_is_on_time_is_forecast_for_its_day)
{
    struct milestone m = plain(day(2027, 1, 6));
    milestones_forecast(&no_holidays, &m, 1, day(2026, 11, 22), 0);
    ck_assert_int_eq(m.forecast, m.planned);
    ck_assert_int_eq(m.cause, CAUSE_NONE);
}
END_TEST

START_TEST(a_day_on_which_nobody_works_moves_to_the_next_one)
{
    int64_t holidays[] = {day(2027, 1, 4)};
    struct calendar c = {holidays, 1};
    struct milestone m = plain(day(2027, 1, 2)); /* a Saturday; Monday is a holiday */
    milestones_forecast(&c, &m, 1, day(2026, 11, 22), 0);
    ck_assert_int_eq(m.forecast, day(2027, 1, 5));
}
END_TEST

START_TEST(lateness_of_what_comes_before_is_handed_on)
{
    size_t first[] = {0}, second[] = {1};
    struct milestone m[] = {plain(day(2026, 11, 2)), plain(day(2026, 12, 1)), plain(day(2027, 1, 4))};
    m[1].after = first;
    m[1].after_count = 1;
    m[2].after = second;
    m[2].after_count = 1;
    milestones_forecast(&no_holidays, m, 3, day(2026, 11, 23), 0); /* the first is 21 days late */
    ck_assert_int_eq(m[0].forecast, day(2026, 11, 23));
    ck_assert_int_eq(m[1].forecast, day(2026, 12, 22));
    ck_assert_int_eq(m[2].forecast, day(2027, 1, 25));
    ck_assert_int_eq(m[2].cause, CAUSE_AFTER);
    ck_assert_uint_eq(m[2].cause_place, 1);
    m[0].actual = day(2026, 11, 2);
    milestones_forecast(&no_holidays, m, 3, day(2026, 11, 23), 0);
    ck_assert_int_eq(m[2].forecast, day(2027, 1, 4));
}
END_TEST

START_TEST(time_to_spare_is_used_up_before_anything_moves)
{
    size_t both[] = {0, 1};
    struct milestone m[] = {plain(day(2026, 10, 1)), plain(day(2027, 1, 4)), plain(day(2027, 1, 18))};
    m[2].after = both;
    m[2].after_count = 2;
    milestones_forecast(&no_holidays, m, 3, day(2026, 11, 23), 0); /* the first is seven weeks late, and fourteen days after it is still early */
    ck_assert_int_eq(m[2].forecast, day(2027, 1, 18));
    ck_assert_int_eq(m[2].cause, CAUSE_NONE);
    milestones_forecast(&no_holidays, m, 3, day(2027, 1, 11), 0);
    ck_assert_int_eq(m[2].forecast, day(2027, 1, 25));
}
END_TEST

START_TEST(the_latest_request_moves_what_waits_for_requests)
{
    size_t first[] = {0};
    struct milestone m[] = {plain(day(2027, 2, 1)), plain(day(2027, 2, 15))};
    m[0].waits_for_requests = true;
    m[1].after = first;
    m[1].after_count = 1;
    milestones_forecast(&no_holidays, m, 2, day(2026, 11, 22), 14);
    ck_assert_int_eq(m[0].forecast, day(2027, 2, 15));
    ck_assert_int_eq(m[0].cause, CAUSE_REQUESTS);
    ck_assert_int_eq(m[1].forecast, day(2027, 3, 1));
}
END_TEST

START_TEST(what_the_calendar_brings_is_moved_by_nothing)
{
    size_t first[] = {0};
    struct milestone m[] = {plain(day(2026, 1, 5)), plain(day(2026, 12, 31))};
    m[1].is_fixed = true;
    m[1].after = first;
    m[1].after_count = 1;
    milestones_forecast(&no_holidays, m, 2, day(2027, 3, 1), 100);
    ck_assert_int_eq(m[1].forecast, day(2026, 12, 31));
}
END_TEST

START_TEST(a_circle_is_told_and_ends)
{
    size_t second[] = {1}, first[] = {0};
    struct milestone m[] = {plain(day(2027, 1, 4)), plain(day(2027, 1, 5))};
    m[0].after = second;
    m[1].after = first;
    m[0].after_count = m[1].after_count = 1;
    milestones_forecast(&no_holidays, m, 2, day(2026, 11, 22), 0);
    ck_assert(m[0].is_in_circle || m[1].is_in_circle);
}
END_TEST

/* Plans at random: what is later (a milestone reached later, a request that is later, a later day on which one looks) makes no forecast earlier. */
START_TEST(more_lateness_never_makes_a_forecast_earlier)
{
    uint64_t seed = 11;
    for (int round = 0; round < ROUNDS; round++) {
        struct milestone m[ITEMS], later[ITEMS];
        size_t after[ITEMS][3];
        int64_t today = day(2026, 6, 1) + (int64_t)(test_random(&seed) % 200);
        for (size_t i = 0; i < ITEMS; i++) {
            m[i] = plain(day(2026, 6, 1) + (int64_t)(test_random(&seed) % 200));
            m[i].after = after[i];
            m[i].after_count = i ? test_random(&seed) % 3 : 0;
            for (size_t k = 0; k < m[i].after_count; k++)
                after[i][k] = test_random(&seed) % i;
            m[i].is_fixed = test_random(&seed) % 8 == 0;
            m[i].waits_for_requests = test_random(&seed) % 3 == 0;
            if (test_random(&seed) % 4 == 0 && m[i].planned <= today)
                m[i].actual = m[i].planned + (int64_t)(test_random(&seed) % 5);
        }
        int64_t late = (int64_t)(test_random(&seed) % 20);
        for (size_t i = 0; i < ITEMS; i++)
            later[i] = m[i];
        milestones_forecast(&no_holidays, m, ITEMS, today, late);
        size_t one = test_random(&seed) % ITEMS;
        if (later[one].actual != DAY_NONE)
            later[one].actual += (int64_t)(test_random(&seed) % 30);
        milestones_forecast(&no_holidays, later, ITEMS, today + (int64_t)(test_random(&seed) % 10), late + (int64_t)(test_random(&seed) % 10));
        for (size_t i = 0; i < ITEMS; i++) {
            ck_assert_msg(later[i].forecast >= m[i].forecast, "round %d, milestone %zu: %lld after %lld", round, i, (long long)later[i].forecast, (long long)m[i].forecast);
            if (m[i].actual == DAY_NONE && !m[i].is_fixed)
                ck_assert(m[i].forecast >= m[i].planned && m[i].forecast >= today && calendar_is_business_day(&no_holidays, m[i].forecast));
        }
    }
}
END_TEST

START_TEST(templates_have_their_days_in_order)
{
    struct arena *a = arena_new("test", 1 << 20);
    struct err e = {0};
    const struct json *all = milestone_templates(a, &e);
    struct days window = {day(2026, 1, 1), day(2026, 12, 31)};
    ck_assert_msg(all && all->count > 20, "%s", e.text);
    JSON_EACH (t, all) {
        struct days w = str_is(json_text(t, "kind"), "type1") ? (struct days){window.last, window.last} : window;
        JSON_EACH (id, json_get(t, "after"))
            JSON_EACH (other, all)
                if (str_equal(json_text(other, "id"), id->text))
                    ck_assert_msg(milestone_day(other, w, &no_holidays) <= milestone_day(t, w, &no_holidays), "%s", json_text(t, "id").data);
        if (str_is(json_text(t, "id"), "t2_next"))
            ck_assert_int_eq(milestone_day(t, w, &no_holidays), day(2027, 1, 1)); /* a holiday for most, and still the day */
        if (str_is(json_text(t, "id"), "t2_planning"))
            ck_assert_int_eq(milestone_day(t, w, &no_holidays), day(2026, 7, 2));
    }
    arena_free(a);
}
END_TEST

TEST_MAIN("milestones", what_is_on_time_is_forecast_for_its_day, a_day_on_which_nobody_works_moves_to_the_next_one, lateness_of_what_comes_before_is_handed_on,
          time_to_spare_is_used_up_before_anything_moves, the_latest_request_moves_what_waits_for_requests, what_the_calendar_brings_is_moved_by_nothing, a_circle_is_told_and_ends, more_lateness_never_makes_a_forecast_earlier,
          templates_have_their_days_in_order)
