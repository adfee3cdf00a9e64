#include "base/test.h"
#include "base/times.h"

START_TEST(instants_survive_formatting_and_parsing)
{
    uint64_t seed = 1;
    for (int i = 0; i < 20000; i++) {
        int64_t at = (int64_t)(test_random(&seed) % UINT64_C(250000000000000)), back;
        char text[TIME_TEXT_SIZE];
        ck_assert(time_parse(str_of(time_format(at, text)), 0, &back));
        ck_assert_int_eq(at, back);
    }
}
END_TEST

START_TEST(known_instants)
{
    int64_t at;
    ck_assert(time_parse(STR("2026-11-21T21:33:30Z"), 0, &at));
    ck_assert_int_eq(at, INT64_C(1795296810000));
    ck_assert(time_parse(STR("2026-11-21T23:33:30.5+02:00"), 0, &at));
    ck_assert_int_eq(at, INT64_C(1795296810500));
    ck_assert(time_parse(STR("2024-02-29"), 0, &at));
    ck_assert(time_parse(STR("now-3d"), 10 * MS_DAY, &at) && at == 7 * MS_DAY);
    const char *bad[] = {"2023-02-29", "2026-13-01", "2026-01-01T24:00:00Z", "2026-01-01T10:00:00", "x", "now+1d", "", "2026-1-1"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(!time_parse(str_of(bad[i]), 0, &at), "%s", bad[i]);
}
END_TEST

START_TEST(days_before_1970_count_down)
{
    ck_assert_int_eq(day_of(-1), -1);
    for (int64_t day = -800000; day < 800000; day += 13)
        ck_assert_int_eq(day_of_date(date_of_day(day)), day);
}
END_TEST

START_TEST(durations_are_read_and_written)
{
    int64_t ms;
    ck_assert(duration_parse(STR("P3D"), &ms) && ms == 3 * MS_DAY);
    ck_assert(duration_parse(STR("P1WT2H5M1S"), &ms) && ms == 7 * MS_DAY + 2 * MS_HOUR + 5 * MS_MINUTE + MS_SECOND);
    const char *bad[] = {"P", "PT", "P1Y", "3D", "P1H", "PT1D", "P-1D", "P99999999999999999999D"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(!duration_parse(str_of(bad[i]), &ms), "%s", bad[i]);
    char text[TIME_TEXT_SIZE];
    ck_assert_str_eq(duration_format(2 * MS_HOUR + 5 * MS_MINUTE, text), "2 h 5 min");
    ck_assert_str_eq(duration_format(MS_DAY, text), "1 day");
    ck_assert_str_eq(duration_format(40 * MS_SECOND, text), "40 s");
}
END_TEST

TEST_MAIN("times", instants_survive_formatting_and_parsing, known_instants, days_before_1970_count_down, durations_are_read_and_written)
