#include "os/zone.h"

#include "base/buf.h"
#include "base/cursor.h"
#include "base/times.h"
#include "os/file.h"

#include <fcntl.h>
#include <stdio.h>

enum { DAY_S = 86400, HOUR_S = 3600, TYPE_BYTES = 6 };

bool zone_name_is_valid(struct str s)
{
    bool ok = s.size > 0 && s.size < ZONE_NAME_MAX && s.data[0] != '/' && str_find(s, STR("..")) < 0;
    for (size_t i = 0; ok && i < s.size; i++)
        ok = (s.data[i] >= 'A' && s.data[i] <= 'Z') || (s.data[i] >= 'a' && s.data[i] <= 'z') || (s.data[i] >= '0' && s.data[i] <= '9') || str_find_char(STR("/_+-"), s.data[i]) >= 0;
    return ok;
}

/* ---- the rule at the end: "CET-1CEST,M3.5.0,M10.5.0/3" ---- */

static bool take_number(struct cursor *c, int64_t *ret)
{
    int digit, count = 0;
    *ret = 0;
    while ((digit = cursor_peek(c, 0)) >= '0' && digit <= '9' && count++ < 4) {
        *ret = *ret * 10 + digit - '0';
        cursor_skip(c, 1);
    }
    return count > 0;
}

/* [+-]hh[:mm[:ss]], in seconds. */
static bool take_time(struct cursor *c, int64_t *ret)
{
    int64_t part, unit = HOUR_S, sign = cursor_accept(c, "-") ? -1 : 1;
    (void)cursor_accept(c, "+");
    *ret = 0;
    do {
        if (!take_number(c, &part))
            return false;
        *ret += part * unit;
        unit /= 60;
    } while (unit > 0 && cursor_accept(c, ":"));
    *ret *= sign;
    return true;
}

/* Letters, or anything between < and >. */
static bool take_letters(struct cursor *c)
{
    bool is_quoted = cursor_accept(c, "<");
    int count = 0, at;
    while ((at = cursor_peek(c, 0)) >= 0 && (is_quoted ? at != '>' : (at >= 'A' && at <= 'Z') || (at >= 'a' && at <= 'z'))) {
        cursor_skip(c, 1);
        count++;
    }
    return count > 0 && (!is_quoted || cursor_accept(c, ">"));
}

struct change_day {
    int64_t month, week, weekday, time_s; /* week 5: the last one; weekday 0: Sunday */
};

static bool take_change(struct cursor *c, struct change_day *ret)
{
    *ret = (struct change_day){.time_s = 2 * HOUR_S};
    bool ok = cursor_accept(c, ",M") && take_number(c, &ret->month) && cursor_accept(c, ".") && take_number(c, &ret->week) && cursor_accept(c, ".") && take_number(c, &ret->weekday);
    ok = ok && ret->month >= 1 && ret->month <= 12 && ret->week >= 1 && ret->week <= 5 && ret->weekday <= 6;
    return ok && (!cursor_accept(c, "/") || take_time(c, &ret->time_s));
}

/* Seconds since the epoch on the place's own clock. */
static int64_t change_local_s(const struct change_day *d, int year)
{
    int64_t first = day_of_date((struct date){year, (int)d->month, 1});
    int64_t after = d->month == 12 ? day_of_date((struct date){year + 1, 1, 1}) : day_of_date((struct date){year, (int)d->month + 1, 1});
    int64_t weekday_of_first = ((first + 4) % 7 + 7) % 7; /* day 0 was a Thursday */
    int64_t day = first + (d->weekday - weekday_of_first + 7) % 7 + 7 * (d->week - 1);
    while (day >= after)
        day -= 7;
    return day * DAY_S + d->time_s;
}

static bool rule_seconds_east(struct str rule, int64_t at_s, int64_t *ret)
{
    struct cursor c = cursor_of(rule);
    int64_t west, summer_west;
    struct change_day to_summer, to_winter;
    if (!take_letters(&c) || !take_time(&c, &west))
        return false;
    *ret = -west;
    if (cursor_at_end(&c))
        return true;
    if (!take_letters(&c))
        return false;
    summer_west = west - HOUR_S;
    if (cursor_peek(&c, 0) != ',' && !take_time(&c, &summer_west))
        return false;
    if (!take_change(&c, &to_summer) || !take_change(&c, &to_winter))
        return false;
    int year = date_of_day(day_of((at_s - west) * MS_SECOND)).year;
    int64_t begins_s = change_local_s(&to_summer, year) + west, ends_s = change_local_s(&to_winter, year) + summer_west;
    bool is_summer = begins_s < ends_s ? at_s >= begins_s && at_s < ends_s : at_s >= begins_s || at_s < ends_s;
    *ret = is_summer ? -summer_west : -west;
    return true;
}

/* ---- the file ---- */

struct header {
    int version;
    uint32_t utc_count, standard_count, leap_count, time_count, type_count, letter_count;
};

static bool take_header(struct cursor *c, struct header *h)
{
    if (!cursor_accept(c, "TZif"))
        return false;
    h->version = cursor_u8(c);
    cursor_skip(c, 15);
    h->utc_count = cursor_u32be(c);
    h->standard_count = cursor_u32be(c);
    h->leap_count = cursor_u32be(c);
    h->time_count = cursor_u32be(c);
    h->type_count = cursor_u32be(c);
    h->letter_count = cursor_u32be(c);
    return !c->failed && h->time_count < ZONE_FILE_BYTES_MAX && h->type_count > 0 && h->type_count <= 256 && h->letter_count < ZONE_FILE_BYTES_MAX && h->leap_count < ZONE_FILE_BYTES_MAX &&
           h->utc_count <= 256 && h->standard_count <= 256;
}

static size_t rest_bytes(const struct header *h, size_t time_bytes)
{
    return h->letter_count + h->leap_count * (time_bytes + 4) + h->standard_count + h->utc_count;
}

bool zone_bytes_seconds_east(struct str file, int64_t at_s, int64_t *ret, struct err *e)
{
    struct cursor c = cursor_of(file);
    struct header h;
    if (!take_header(&c, &h) || h.version < '2')
        return err_set(e, ERR_CORRUPT, "time zone: no file of the tz database with 64 bits");
    cursor_skip(&c, h.time_count * 5 + h.type_count * TYPE_BYTES + rest_bytes(&h, 4));
    if (!take_header(&c, &h))
        return err_set(e, ERR_CORRUPT, "time zone: its second part is missing");
    struct cursor times = cursor_of(cursor_take(&c, h.time_count * 8));
    struct str which = cursor_take(&c, h.time_count), types = cursor_take(&c, h.type_count * TYPE_BYTES);
    cursor_skip(&c, rest_bytes(&h, 8));
    if (c.failed)
        return err_set(e, ERR_CORRUPT, "time zone: short");
    size_t before = 0; /* changes that have been */
    while (before < h.time_count && (int64_t)cursor_u64be(&times) <= at_s)
        before++;
    struct str rule = cursor_accept(&c, "\n") ? cursor_line(&c) : STR("");
    if (before == h.time_count && rule.size > 0 && !c.failed && rule_seconds_east(rule, at_s, ret))
        return true;
    size_t type = before ? (uint8_t)which.data[before - 1] : 0;
    if (type >= h.type_count)
        return err_set(e, ERR_CORRUPT, "time zone: there is no clock %zu", type);
    struct cursor t = cursor_of(str_slice(types, type * TYPE_BYTES, (type + 1) * TYPE_BYTES));
    *ret = (int32_t)cursor_u32be(&t);
    return true;
}

static bool file_read(struct str name, struct buf *file)
{
    char path[128];
    struct err ignored = {0};
    snprintf(path, sizeof(path), "/usr/share/zoneinfo/%.*s", STR_ARGS(name));
    return zone_name_is_valid(name) && os_file_read(&os_file_real, AT_FDCWD, path, file, &ignored);
}

int64_t zone_seconds_east(struct str name, int64_t at_s)
{
    struct err ignored = {0};
    struct buf BUF_AUTO file;
    int64_t east = 0;
    buf_init(&file, ZONE_FILE_BYTES_MAX);
    return file_read(name, &file) && zone_bytes_seconds_east(buf_view(&file), at_s, &east, &ignored) ? east : 0;
}

/* ---- for many questions ---- */

enum { DAYS_KEPT = 1024 };

struct zone {
    struct str file;
    struct {
        int64_t day;      /* UTC */
        int64_t east_s;   /* at its beginning */
        bool is_known, has_change;
    } days[DAYS_KEPT];
};

static int64_t file_east_s(const struct zone *z, int64_t at_s)
{
    struct err ignored = {0};
    int64_t east = 0;
    return zone_bytes_seconds_east(z->file, at_s, &east, &ignored) ? east : 0;
}

struct zone *zone_open(struct arena *a, struct str name)
{
    struct buf BUF_AUTO file;
    int64_t east;
    struct err ignored = {0};
    buf_init(&file, ZONE_FILE_BYTES_MAX);
    if (str_is(name, "UTC") || !file_read(name, &file) || !zone_bytes_seconds_east(buf_view(&file), 0, &east, &ignored))
        return NULL;
    struct zone *z = ARENA_NEW(a, struct zone);
    z->file = arena_str(a, buf_view(&file));
    return z;
}

static int64_t east_s(struct zone *z, int64_t at_s)
{
    int64_t day = day_of(at_s * MS_SECOND);
    size_t place = (size_t)(day & (DAYS_KEPT - 1));
    if (!z->days[place].is_known || z->days[place].day != day) {
        z->days[place].day = day;
        z->days[place].east_s = file_east_s(z, day * DAY_S);
        z->days[place].has_change = file_east_s(z, (day + 1) * DAY_S - 1) != z->days[place].east_s;
        z->days[place].is_known = true;
    }
    return z->days[place].has_change ? file_east_s(z, at_s) : z->days[place].east_s;
}

static int64_t second_of(int64_t ms)
{
    return (ms - ((ms % MS_SECOND) + MS_SECOND) % MS_SECOND) / MS_SECOND;
}

int64_t zone_local_ms(struct zone *z, int64_t at_ms)
{
    return z ? at_ms + east_s(z, second_of(at_ms)) * MS_SECOND : at_ms;
}

int64_t zone_instant_ms(struct zone *z, int64_t local_ms)
{
    if (!z)
        return local_ms;
    int64_t before_ms = local_ms - east_s(z, second_of(local_ms) - DAY_S) * MS_SECOND, after_ms = local_ms - east_s(z, second_of(local_ms) + DAY_S) * MS_SECOND;
    int64_t first_ms = before_ms < after_ms ? before_ms : after_ms, last_ms = before_ms < after_ms ? after_ms : before_ms;
    if (zone_local_ms(z, first_ms) == local_ms)
        return first_ms;
    if (zone_local_ms(z, last_ms) == local_ms)
        return last_ms;
    while (last_ms - first_ms > 1) { /* skipped: the first instant whose clock is past it */
        int64_t middle_ms = first_ms + (last_ms - first_ms) / 2;
        if (zone_local_ms(z, middle_ms) >= local_ms)
            last_ms = middle_ms;
        else
            first_ms = middle_ms;
    }
    return last_ms;
}
