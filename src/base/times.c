#include "base/times.h"

#include <stdio.h>

int64_t day_of(int64_t at_ms)
{
    int64_t day = at_ms / MS_DAY;
    return at_ms % MS_DAY < 0 ? day - 1 : day;
}

/* Days and civil dates in eras of 400 years (146,097 days), counted from 0000-03-01 so that the leap day ends the year. */
int64_t day_of_date(struct date d)
{
    int64_t y = d.month <= 2 ? d.year - 1 : d.year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (d.month + (d.month > 2 ? -3 : 9)) + 2) / 5 + d.day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

struct date date_of_day(int64_t day)
{
    int64_t z = day + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t mp = (5 * day_of_year + 2) / 153;
    struct date d = {.day = (int)(day_of_year - (153 * mp + 2) / 5 + 1), .month = (int)(mp < 10 ? mp + 3 : mp - 9)};
    d.year = (int)(year_of_era + era * 400 + (d.month <= 2 ? 1 : 0));
    return d;
}

/* Lists format thousands of these a second: digits by hand take a tenth of printf's time. */
static char *put_digits(char *p, int64_t value, int count)
{
    for (int i = count - 1; i >= 0; i--, value /= 10)
        p[i] = (char)('0' + value % 10);
    return p + count;
}

static char *put_date(char *p, int64_t day)
{
    struct date d = date_of_day(day);
    if (d.year < 0 || d.year > 9999)
        return p + snprintf(p, TIME_TEXT_SIZE - 16, "%04d-%02d-%02d", d.year, d.month, d.day);
    p = put_digits(p, d.year, 4);
    *p++ = '-';
    p = put_digits(p, d.month, 2);
    *p++ = '-';
    return put_digits(p, d.day, 2);
}

char *time_format_date(int64_t at_ms, char ret_text[TIME_TEXT_SIZE])
{
    *put_date(ret_text, day_of(at_ms)) = 0;
    return ret_text;
}

char *time_format(int64_t at_ms, char ret_text[TIME_TEXT_SIZE])
{
    int64_t ms = at_ms - day_of(at_ms) * MS_DAY;
    char *p = put_date(ret_text, day_of(at_ms));
    *p++ = 'T';
    p = put_digits(p, ms / MS_HOUR, 2);
    *p++ = ':';
    p = put_digits(p, ms / MS_MINUTE % 60, 2);
    *p++ = ':';
    p = put_digits(p, ms / MS_SECOND % 60, 2);
    if (ms % 1000) {
        *p++ = '.';
        p = put_digits(p, ms % 1000, 3);
    }
    *p++ = 'Z';
    *p = 0;
    return ret_text;
}

/* `count` decimal digits, then `separator` (0: none). */
static bool take_digits(struct str *s, size_t count, char separator, int *ret_value)
{
    int64_t value;
    if (s->size < count || s->data[0] == '-' || !str_to_int64(str_slice(*s, 0, count), &value))
        return false;
    *s = str_slice(*s, count, s->size);
    *ret_value = (int)value;
    if (!separator)
        return true;
    if (!s->size || s->data[0] != separator)
        return false;
    *s = str_slice(*s, 1, s->size);
    return true;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && is_leap ? 29 : days[month - 1];
}

/* "Z", "+02:00", "-05:30". */
static bool parse_zone(struct str s, int64_t *ret_offset_ms)
{
    if (str_is(s, "Z") || str_is(s, "z")) {
        *ret_offset_ms = 0;
        return true;
    }
    if (s.size != 6 || (s.data[0] != '+' && s.data[0] != '-'))
        return false;
    int sign = s.data[0] == '-' ? -1 : 1;
    int hours, minutes;
    s = str_slice(s, 1, s.size);
    if (!take_digits(&s, 2, ':', &hours) || !take_digits(&s, 2, 0, &minutes) || hours > 23 || minutes > 59)
        return false;
    *ret_offset_ms = sign * (hours * MS_HOUR + minutes * MS_MINUTE);
    return true;
}

static bool parse_relative(struct str s, int64_t now_ms, int64_t *ret_at_ms)
{
    if (str_is(s, "now")) {
        *ret_at_ms = now_ms;
        return true;
    }
    if (!str_starts(s, "now-") || s.size < 6)
        return false;
    int64_t unit_ms, count;
    switch (s.data[s.size - 1]) {
    case 'd':
        unit_ms = MS_DAY;
        break;
    case 'h':
        unit_ms = MS_HOUR;
        break;
    case 'm':
        unit_ms = MS_MINUTE;
        break;
    case 's':
        unit_ms = MS_SECOND;
        break;
    default:
        return false;
    }
    struct str digits = str_slice(s, 4, s.size - 1);
    if (digits.data[0] == '-' || !str_to_int64(digits, &count) || count > 1000000)
        return false;
    *ret_at_ms = now_ms - count * unit_ms;
    return true;
}

bool time_parse(struct str s, int64_t now_ms, int64_t *ret_at_ms)
{
    if (str_starts(s, "now"))
        return parse_relative(s, now_ms, ret_at_ms);
    struct date d;
    if (!take_digits(&s, 4, '-', &d.year) || !take_digits(&s, 2, '-', &d.month) || !take_digits(&s, 2, 0, &d.day))
        return false;
    if (d.month < 1 || d.month > 12 || d.day < 1 || d.day > days_in_month(d.year, d.month))
        return false;
    int64_t at_ms = day_of_date(d) * MS_DAY;
    if (s.size == 0) {
        *ret_at_ms = at_ms;
        return true;
    }
    if (s.data[0] != 'T' && s.data[0] != 't' && s.data[0] != ' ')
        return false;
    s = str_slice(s, 1, s.size);
    int hours, minutes, seconds;
    if (!take_digits(&s, 2, ':', &hours) || !take_digits(&s, 2, ':', &minutes) || !take_digits(&s, 2, 0, &seconds))
        return false;
    if (hours > 23 || minutes > 59 || seconds > 60)
        return false;
    at_ms += hours * MS_HOUR + minutes * MS_MINUTE + seconds * MS_SECOND;
    if (s.size && s.data[0] == '.') {
        int64_t scale = 100;
        size_t i = 1;
        for (; i < s.size && s.data[i] >= '0' && s.data[i] <= '9'; i++, scale /= 10)
            at_ms += (s.data[i] - '0') * scale;
        if (i == 1)
            return false;
        s = str_slice(s, i, s.size);
    }
    int64_t offset_ms;
    if (!parse_zone(s, &offset_ms))
        return false;
    *ret_at_ms = at_ms - offset_ms;
    return true;
}

bool duration_parse(struct str s, int64_t *ret_ms)
{
    if (!str_starts(s, "P") || s.size < 2)
        return false;
    int64_t total = 0;
    bool in_time = false, has_part = false;
    size_t i = 1;
    while (i < s.size) {
        if (s.data[i] == 'T' && !in_time) {
            in_time = true;
            i++;
            continue;
        }
        size_t from = i;
        while (i < s.size && s.data[i] >= '0' && s.data[i] <= '9')
            i++;
        int64_t count, unit_ms;
        if (i == from || i == s.size || !str_to_int64(str_slice(s, from, i), &count))
            return false;
        char unit = s.data[i++];
        if (!in_time && (unit == 'W' || unit == 'D'))
            unit_ms = unit == 'W' ? 7 * MS_DAY : MS_DAY;
        else if (in_time && (unit == 'H' || unit == 'M' || unit == 'S'))
            unit_ms = unit == 'H' ? MS_HOUR : unit == 'M' ? MS_MINUTE : MS_SECOND;
        else
            return false;
        if (__builtin_mul_overflow(count, unit_ms, &count) || __builtin_add_overflow(total, count, &total))
            return false;
        has_part = true;
    }
    if (!has_part)
        return false;
    *ret_ms = total;
    return true;
}

char *duration_format(int64_t ms, char ret_text[TIME_TEXT_SIZE])
{
    static const struct {
        int64_t ms;
        const char *one, *many;
    } units[] = {{MS_DAY, "day", "days"}, {MS_HOUR, "h", "h"}, {MS_MINUTE, "min", "min"}, {MS_SECOND, "s", "s"}};
    if (ms < 0)
        ms = -ms;
    if (ms < MS_SECOND) {
        snprintf(ret_text, TIME_TEXT_SIZE, "%d ms", (int)ms);
        return ret_text;
    }
    size_t u = 0;
    while (ms < units[u].ms)
        u++;
    long long first = ms / units[u].ms;
    int n = snprintf(ret_text, TIME_TEXT_SIZE, "%lld %s", first, first == 1 ? units[u].one : units[u].many);
    long long second = u < 3 ? (ms % units[u].ms) / units[u + 1].ms : 0;
    if (second && first < 10)
        snprintf(ret_text + n, (size_t)(TIME_TEXT_SIZE - n), " %lld %s", second, units[u + 1].many);
    return ret_text;
}

struct str day_text(struct arena *a, int64_t day)
{
    char text[TIME_TEXT_SIZE];
    return arena_str(a, str_of(time_format_date(day * MS_DAY, text)));
}
