#include "base/buf.h"
#include "base/test.h"
#include "base/times.h"
#include "os/file.h"
#include "os/zone.h"

#include <fcntl.h>
#include <time.h>

static int64_t second_of(const char *text)
{
    int64_t at_ms;
    ck_assert(time_parse(str_of(text), 0, &at_ms));
    return at_ms / MS_SECOND;
}

START_TEST(clocks_go_as_the_place_says_also_in_years_that_the_file_does_not_list)
{
    static const struct {
        const char *zone, *at;
        int hours;
    } known[] = {{"Europe/Berlin", "2026-01-15T12:00:00Z", 1},  {"Europe/Berlin", "2026-07-15T12:00:00Z", 2},
                 {"Europe/Berlin", "2026-03-29T00:59:59Z", 1},  {"Europe/Berlin", "2026-03-29T01:00:00Z", 2},
                 {"Europe/Berlin", "2051-10-29T00:59:59Z", 2},  {"Europe/Berlin", "2051-10-29T01:00:00Z", 1},
                 {"America/New_York", "2026-11-01T05:59:59Z", -4}, {"America/New_York", "2026-11-01T06:00:00Z", -5},
                 {"Australia/Sydney", "2050-01-01T00:00:00Z", 11}, {"Australia/Sydney", "2050-07-01T00:00:00Z", 10},
                 {"Asia/Tokyo", "2026-07-01T00:00:00Z", 9},     {"Pacific/Kiritimati", "2060-07-01T00:00:00Z", 14}, {"UTC", "2026-07-01T00:00:00Z", 0}};
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        ck_assert_msg(zone_seconds_east(str_of(known[i].zone), second_of(known[i].at)) == known[i].hours * 3600, "%s %s", known[i].zone, known[i].at);
}
END_TEST

/* The C library is the oracle: a few hundred instants in every kind of zone. */
START_TEST(they_go_as_the_c_library_says)
{
    static const char *const zones[] = {"Europe/Lisbon", "America/Santiago", "Africa/Casablanca", "Asia/Kathmandu", "Europe/Dublin", "America/St_Johns", "Pacific/Chatham", "Asia/Tehran"};
    for (size_t z = 0; z < sizeof(zones) / sizeof(zones[0]); z++) {
        setenv("TZ", zones[z], 1);
        tzset();
        for (time_t at = -1000000000; at < 2140000000; at += 7654321) {
            struct tm local;
            localtime_r(&at, &local);
            ck_assert_msg(zone_seconds_east(str_of(zones[z]), at) == local.tm_gmtoff, "%s at %lld: %lld, not %ld", zones[z], (long long)at,
                          (long long)zone_seconds_east(str_of(zones[z]), at), local.tm_gmtoff);
        }
    }
}
END_TEST

START_TEST(what_is_no_zone_is_utc_and_a_damaged_file_is_refused)
{
    static const char *const names[] = {"", "Mars/Olympus", "../../../etc/passwd", "/etc/passwd", "Europe", "Europe/Ber lin"};
    struct err e = {0};
    struct buf BUF_AUTO b;
    int64_t east;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        ck_assert_int_eq(zone_seconds_east(str_of(names[i]), 1790000000), 0);
    buf_init(&b, ZONE_FILE_BYTES_MAX);
    ck_assert(os_file_read(&os_file_real, AT_FDCWD, "/usr/share/zoneinfo/Europe/Berlin", &b, &e));
    struct str whole = buf_view(&b);
    for (size_t size = 0; size < whole.size; size++) { /* cut off anywhere: an answer or a refusal, never a read beyond */
        struct err why = {0};
        char *copy = malloc(size + 1);
        memcpy(copy, whole.data, size);
        bool ok = zone_bytes_seconds_east(str_make(copy, size), 1790000000, &east, &why);
        ck_assert(ok || why.code == ERR_CORRUPT);
        free(copy);
    }
    ck_assert(!zone_bytes_seconds_east(STR("no zone"), 0, &east, &e) && e.code == ERR_CORRUPT);
}
END_TEST

START_TEST(a_clock_that_is_read_once_says_the_same_and_goes_back)
{
    static const char *const zones[] = {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia"};
    struct arena *a = arena_new("zones", 8 << 20);
    for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
        struct zone *z = zone_open(a, str_of(zones[i]));
        ck_assert(z != NULL);
        for (int64_t at = second_of("2025-01-01T00:00:00Z"); at < second_of("2027-12-31T00:00:00Z"); at += 2111) {
            int64_t local = zone_local_ms(z, at * MS_SECOND), back = zone_instant_ms(z, local);
            ck_assert_int_eq(local, (at + zone_seconds_east(str_of(zones[i]), at)) * MS_SECOND);
            ck_assert_msg(zone_local_ms(z, back) == local && back <= at * MS_SECOND, "%s at %lld", zones[i], (long long)at); /* an hour that comes twice: the first */
        }
    }
    ck_assert(zone_open(a, STR("UTC")) == NULL && zone_open(a, STR("Mars/Olympus")) == NULL && zone_local_ms(NULL, 7) == 7 && zone_instant_ms(NULL, 7) == 7);
    arena_free(a);
}
END_TEST

START_TEST(days_of_a_place_are_as_long_as_its_clocks_say)
{
    static const struct {
        const char *zone, *day;
        int hours;
    } days[] = {{"Europe/Berlin", "2026-03-28", 24}, {"Europe/Berlin", "2026-03-29", 23}, {"Europe/Berlin", "2026-10-25", 25}, {"America/New_York", "2026-03-08", 23},
                {"America/New_York", "2026-11-01", 25}, {"America/Havana", "2026-03-08", 23}, {"UTC", "2026-03-29", 24}};
    struct arena *a = arena_new("zones", 8 << 20);
    for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
        struct zone *z = zone_open(a, str_of(days[i].zone));
        int64_t at_ms = second_of(days[i].day) * MS_SECOND;
        ck_assert_msg(zone_instant_ms(z, at_ms + MS_DAY) - zone_instant_ms(z, at_ms) == days[i].hours * MS_HOUR, "%s %s", days[i].zone, days[i].day);
    }
    struct zone *berlin = zone_open(a, STR("Europe/Berlin"));
    ck_assert_int_eq(zone_instant_ms(berlin, second_of("2026-03-29T02:30:00Z") * MS_SECOND), second_of("2026-03-29T01:00:00Z") * MS_SECOND); /* never shown */
    ck_assert_int_eq(zone_instant_ms(berlin, second_of("2026-10-25T02:30:00Z") * MS_SECOND), second_of("2026-10-25T00:30:00Z") * MS_SECOND); /* shown twice */
    arena_free(a);
}
END_TEST

TEST_MAIN("zone", a_clock_that_is_read_once_says_the_same_and_goes_back, days_of_a_place_are_as_long_as_its_clocks_say, clocks_go_as_the_place_says_also_in_years_that_the_file_does_not_list, they_go_as_the_c_library_says, what_is_no_zone_is_utc_and_a_damaged_file_is_refused)
