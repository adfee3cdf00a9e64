#include "assess/calendar.h"

#include "base/test.h"

static int64_t day(int year, int month, int d)
{
    return day_of_date((struct date){year, month, d});
}

static const struct calendar NONE = {NULL, 0};

START_TEST(weekends_and_holidays_are_no_business_days)
{
    int64_t holidays[] = {day(2026, 12, 25), day(2027, 1, 1)};
    struct calendar c = {holidays, 2};
    ck_assert(calendar_is_business_day(&c, day(2026, 11, 20)));   /* a Friday */
    ck_assert(!calendar_is_business_day(&c, day(2026, 11, 21)));
    ck_assert(!calendar_is_business_day(&c, day(2026, 12, 25)));
    ck_assert_int_eq(calendar_business_day(&c, day(2026, 12, 25)), day(2026, 12, 28));
    ck_assert_int_eq(calendar_add_business_days(&c, day(2026, 12, 24), 5), day(2027, 1, 4));
    ck_assert_int_eq(calendar_add_business_days(&c, day(2026, 11, 20), 0), day(2026, 11, 20));
    ck_assert(calendar_is_business_day(&NONE, day(1969, 12, 31)));
    ck_assert(!calendar_is_business_day(&NONE, day(1969, 12, 28)));
}
END_TEST

START_TEST(months_end_where_they_have_no_such_day)
{
    ck_assert_int_eq(day_add_months(day(2027, 1, 31), 1), day(2027, 2, 28));
    ck_assert_int_eq(day_add_months(day(2028, 1, 31), 1), day(2028, 2, 29));
    ck_assert_int_eq(day_add_months(day(2026, 12, 15), 1), day(2027, 1, 15));
    ck_assert_int_eq(day_add_months(day(2028, 2, 29), 12), day(2029, 2, 28));
    ck_assert_int_eq(day_add_months(day(2027, 1, 15), -1), day(2026, 12, 15));
}
END_TEST

START_TEST(periods_are_those_of_the_calendar)
{
    static const struct {
        enum cadence cadence;
        struct date in, first, last;
    } cases[] = {
        {CADENCE_DAILY, {2026, 11, 22}, {2026, 11, 22}, {2026, 11, 22}},  {CADENCE_WEEKLY, {2026, 11, 22}, {2026, 11, 16}, {2026, 11, 22}},
        {CADENCE_WEEKLY, {2027, 1, 1}, {2026, 12, 28}, {2027, 1, 3}},     {CADENCE_MONTHLY, {2028, 2, 29}, {2028, 2, 1}, {2028, 2, 29}},
        {CADENCE_QUARTERLY, {2026, 11, 22}, {2026, 10, 1}, {2026, 12, 31}}, {CADENCE_SEMIANNUAL, {2026, 6, 30}, {2026, 1, 1}, {2026, 6, 30}},
        {CADENCE_ANNUAL, {2026, 11, 22}, {2026, 1, 1}, {2026, 12, 31}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct period p = cadence_period(cases[i].cadence, day_of_date(cases[i].in));
        ck_assert_int_eq(p.first, day_of_date(cases[i].first));
        ck_assert_int_eq(p.last, day_of_date(cases[i].last));
    }
}
END_TEST

START_TEST(each_day_belongs_to_one_period_and_periods_leave_no_hole)
{
    for (int c = CADENCE_DAILY; c <= CADENCE_ANNUAL; c++)
        for (int64_t d = day(2023, 12, 20); d < day(2029, 1, 10); d++) {
            struct period p = cadence_period((enum cadence)c, d), next = cadence_period((enum cadence)c, p.last + 1);
            ck_assert(p.first <= d && d <= p.last);
            ck_assert_int_eq(next.first, p.last + 1);
            ck_assert_int_eq(cadence_period((enum cadence)c, p.first).last, p.last);
        }
}
END_TEST

START_TEST(business_days_are_counted_as_one_by_one_with_any_holidays)
{
    uint32_t seed = 7;
    for (int round = 0; round < 200; round++) {
        int64_t holidays[12], start = day(2026, 1, 1) + round * 3;
        struct calendar c = {holidays, 0};
        for (int64_t d = start; d < start + 60 && c.count < 12; d++) {
            seed = seed * 1664525u + 1013904223u;
            if (seed >> 28 == 0)
                holidays[c.count++] = d;
        }
        for (int n = 0; n < 20; n++) {
            int64_t end = calendar_add_business_days(&c, start, n), counted = 0;
            for (int64_t d = start + 1; d <= end; d++)
                counted += calendar_is_business_day(&c, d);
            ck_assert_int_eq(counted, n);
            ck_assert(n == 0 || calendar_is_business_day(&c, end));
            ck_assert(calendar_business_day(&c, end) >= end);
        }
    }
}
END_TEST

START_TEST(what_recurs_comes_again_after_its_own_length_and_never_earlier)
{
    for (int c = CADENCE_DAILY; c <= CADENCE_ANNUAL; c++)
        for (int64_t d = day(2026, 1, 1); d < day(2029, 1, 1); d += 5) {
            static const int least[] = {0, 1, 7, 28, 90 - 1, 181, 365}, most[] = {0, 1, 7, 31, 92, 184, 366};
            int64_t next = cadence_next((enum cadence)c, d);
            ck_assert_int_ge(next - d, least[c]);
            ck_assert_int_le(next - d, most[c]);
            /* Twelve months are a year, however they are cut. */
            if (c == CADENCE_QUARTERLY && date_of_day(d).day <= 28) {
                int64_t year = d;
                for (int i = 0; i < 4; i++)
                    year = cadence_next(CADENCE_QUARTERLY, year);
                ck_assert_int_eq(year, cadence_next(CADENCE_ANNUAL, d));
            }
        }
}
END_TEST

START_TEST(each_expected_performance_is_registered_once_and_in_order)
{
    struct expected list[EXPECTED_MAX];
    for (int c = CADENCE_DAILY; c <= CADENCE_SEMIANNUAL; c++)
        for (int64_t from = day(2026, 1, 1); from < day(2026, 4, 1); from += 7) {
            struct expectation x = {(enum cadence)c, from, INT64_MAX, 0, from + 200};
            size_t count = expected_list(&NONE, &x, list);
            for (size_t i = 0; i < count; i++) {
                ck_assert(list[i].period.last >= from && list[i].period.last <= x.horizon);
                ck_assert(list[i].due >= list[i].period.last && list[i].grace >= list[i].due);
                ck_assert(calendar_is_business_day(&NONE, list[i].due) && calendar_is_business_day(&NONE, list[i].grace));
                ck_assert(i == 0 || list[i].period.first > list[i - 1].period.last);
            }
        }
}
END_TEST

START_TEST(a_quarterly_control_is_expected_for_each_quarter_that_ends_while_it_is_in_force)
{
    struct expected list[EXPECTED_MAX];
    struct expectation x = {CADENCE_QUARTERLY, day(2026, 11, 10), INT64_MAX, 0, day(2027, 7, 15)};
    ck_assert_uint_eq(expected_list(&NONE, &x, list), 3);
    ck_assert_int_eq(list[0].period.first, day(2026, 10, 1));
    ck_assert_int_eq(list[0].due, day(2026, 12, 31));
    ck_assert_int_eq(list[0].grace, day(2027, 1, 15));
    ck_assert_int_eq(list[2].due, day(2027, 6, 30));
    x.in_force_to = day(2027, 3, 30);
    ck_assert_uint_eq(expected_list(&NONE, &x, list), 1);
}
END_TEST

START_TEST(what_ends_on_a_free_day_is_due_on_the_next_business_day)
{
    struct expected list[EXPECTED_MAX];
    struct expectation x = {CADENCE_MONTHLY, day(2027, 1, 1), INT64_MAX, 0, day(2027, 2, 10)};
    ck_assert_uint_eq(expected_list(&NONE, &x, list), 1);
    ck_assert_int_eq(list[0].period.last, day(2027, 1, 31)); /* a Sunday */
    ck_assert_int_eq(list[0].due, day(2027, 2, 1));
}
END_TEST

START_TEST(a_daily_control_rests_on_free_days)
{
    struct expected list[EXPECTED_MAX];
    struct expectation x = {CADENCE_DAILY, day(2026, 11, 20), INT64_MAX, 0, day(2026, 11, 24)};
    ck_assert_uint_eq(expected_list(&NONE, &x, list), 3); /* Friday, Monday, Tuesday */
    ck_assert_int_eq(list[1].due, day(2026, 11, 23));
}
END_TEST

START_TEST(a_yearly_control_counts_from_the_last_time)
{
    struct expected list[EXPECTED_MAX];
    struct expectation x = {CADENCE_ANNUAL, day(2025, 3, 1), INT64_MAX, day(2025, 9, 10), day(2027, 1, 1)};
    ck_assert_uint_eq(expected_list(&NONE, &x, list), 1);
    ck_assert_int_eq(list[0].due, day(2026, 9, 10));
    x.last_performed = 0;
    ck_assert_uint_eq(expected_list(&NONE, &x, list), 1);
    ck_assert_int_eq(list[0].period.last, day(2026, 3, 1));
}
END_TEST

START_TEST(nothing_is_expected_of_what_has_no_interval)
{
    struct expected list[EXPECTED_MAX];
    struct expectation x = {cadence_of("per_event"), day(2026, 1, 1), INT64_MAX, 0, day(2027, 1, 1)};
    ck_assert_uint_eq(expected_list(&NONE, &x, list), 0);
    ck_assert_int_eq(cadence_of("continuous"), CADENCE_NONE);
    ck_assert_int_eq(cadence_of("annual"), CADENCE_ANNUAL);
    x = (struct expectation){CADENCE_DAILY, day(2020, 1, 1), INT64_MAX, 0, day(2027, 1, 1)};
    ck_assert_uint_eq(expected_list(&NONE, &x, list), EXPECTED_MAX);
}
END_TEST

TEST_MAIN("calendar", business_days_are_counted_as_one_by_one_with_any_holidays, what_recurs_comes_again_after_its_own_length_and_never_earlier,
          each_expected_performance_is_registered_once_and_in_order, weekends_and_holidays_are_no_business_days,
          months_end_where_they_have_no_such_day,
          periods_are_those_of_the_calendar,
          each_day_belongs_to_one_period_and_periods_leave_no_hole,
          a_quarterly_control_is_expected_for_each_quarter_that_ends_while_it_is_in_force,
          what_ends_on_a_free_day_is_due_on_the_next_business_day,
          a_daily_control_rests_on_free_days,
          a_yearly_control_counts_from_the_last_time,
          nothing_is_expected_of_what_has_no_interval)
