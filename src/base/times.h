/*
 * times.h - instants and days. All instants are int64 milliseconds since 1970-01-01T00:00:00Z, UTC, without leap seconds.
 */
#ifndef BASE_TIMES_H
#define BASE_TIMES_H

#include "base/arena.h"
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

#define MS_SECOND INT64_C(1000)
#define MS_MINUTE (60 * MS_SECOND)
#define MS_HOUR (60 * MS_MINUTE)
#define MS_DAY (24 * MS_HOUR)

struct date {
    int year, month, day; /* proleptic Gregorian, month 1..12, day 1..31 */
};

enum { TIME_TEXT_SIZE = 32 };
/* "2026-11-21T21:33:30Z" (with ".123" before Z when milliseconds are not zero); returns ret_text. */
char *time_format(int64_t at_ms, char ret_text[TIME_TEXT_SIZE]);
/* "2026-11-21". */
char *time_format_date(int64_t at_ms, char ret_text[TIME_TEXT_SIZE]);
/* RFC 3339 date-time with zone, or a date alone (its start in UTC), or "now-3d", "now-2h" relative to now_ms. False for anything else. */
bool time_parse(struct str text, int64_t now_ms, int64_t *ret_at_ms);
/* ISO 8601 durations PnW, PnD, PTnH, PTnM, PTnS and their combinations; no years or months. */
bool duration_parse(struct str text, int64_t *ret_ms);
/* "3 days", "2 h 5 min", "40 s": for people, at most two units. */
char *duration_format(int64_t ms, char ret_text[TIME_TEXT_SIZE]);
/* Days since 1970-01-01, floor. */
int64_t day_of(int64_t at_ms);
/* "2026-11-21" of such a day. */
struct str day_text(struct arena *a, int64_t day);
struct date date_of_day(int64_t day);
int64_t day_of_date(struct date d);

#endif
