/* dates.c - days in text, as people and systems write them. Where day and month could be either, the date is left out: a wrong date would
 * say that evidence lies outside its period. */
#include "inspect/internal.h"
#include "base/times.h"
#include <stdlib.h>
#include <strings.h>

enum { YEAR_MIN = 1990, YEAR_MAX = 2099 };

bool date_valid(int year, int month, int day, int64_t *ret_day)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < YEAR_MIN || year > YEAR_MAX || month < 1 || month > 12 || day < 1)
        return false;
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (day > lengths[month - 1] + (month == 2 && is_leap))
        return false;
    *ret_day = day_of_date((struct date){year, month, day});
    return true;
}

static bool is_digit(struct str s, size_t i)
{
    return i < s.size && s.data[i] >= '0' && s.data[i] <= '9';
}

static bool is_letter(struct str s, size_t i)
{
    return i < s.size && ((s.data[i] >= 'a' && s.data[i] <= 'z') || (s.data[i] >= 'A' && s.data[i] <= 'Z'));
}

/* A number of at most `digits_max` digits at *i; -1: none, or a longer one. */
static int number_at(struct str s, size_t *i, int digits_max)
{
    int value = 0, digits = 0;
    while (is_digit(s, *i) && digits <= digits_max) {
        value = value * 10 + (s.data[*i] - '0');
        (*i)++;
        digits++;
    }
    return digits == 0 || digits > digits_max ? -1 : value;
}

bool date_compact(struct str text, int64_t *ret_day)
{
    int digits = 0, number = 0;
    for (size_t i = 0; i < text.size && digits < 8; i++) {
        if (!is_digit(text, i) && !strchr("-:./", text.data[i]))
            return false;
        if (is_digit(text, i)) {
            number = number * 10 + (text.data[i] - '0');
            digits++;
        }
    }
    return digits == 8 && date_valid(number / 10000, number / 100 % 100, number % 100, ret_day);
}

/* "January", "Jan", "Jan."; 0: none. Moves behind it. */
static int month_at(struct str s, size_t *i)
{
    static const char *const names[] = {"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"};
    size_t n = 0;
    while (is_letter(s, *i + n))
        n++;
    if (n < 3 || n > 9)
        return 0;
    for (int m = 0; m < 12; m++) {
        size_t whole = strlen(names[m]);
        bool is_short = n == 3 || (n == 4 && m == 8); /* Sept */
        if ((n == whole || is_short) && n <= whole && strncasecmp(s.data + *i, names[m], n) == 0) {
            *i += n;
            if (*i < s.size && s.data[*i] == '.')
                (*i)++;
            return m + 1;
        }
    }
    return 0;
}

static void skip_gap(struct str s, size_t *i)
{
    while (*i < s.size && (s.data[*i] == ' ' || s.data[*i] == ',' || s.data[*i] == '-'))
        (*i)++;
}

/* "2026-11-02", "02.11.2026", "11/24/2026", "2 November 2026". `i` stands on the first digit. */
static bool date_at_digit(struct str s, size_t i, int64_t *ret_day)
{
    size_t from = i;
    int first = number_at(s, &i, 4), second, third;
    size_t width = i - from;
    if (first < 0 || i >= s.size)
        return false;
    char mark = s.data[i];
    if (width <= 2 && (mark == ' ' || mark == '-' || mark == '.' || is_letter(s, i))) {
        size_t k = i;
        while (k < s.size && k < i + 3 && (s.data[k] == '.' || s.data[k] == ' ' || s.data[k] == '-'))
            k++;
        if (k == i && is_letter(s, k) && k + 2 < s.size && (strncasecmp(s.data + k, "st ", 3) == 0 || strncasecmp(s.data + k, "nd ", 3) == 0 ||
                                                            strncasecmp(s.data + k, "rd ", 3) == 0 || strncasecmp(s.data + k, "th ", 3) == 0))
            k += 3;
        int month = month_at(s, &k);
        skip_gap(s, &k);
        if (month && (third = number_at(s, &k, 4)) > 0)
            return date_valid(third, month, first, ret_day);
    }
    if (mark != '-' && mark != '.' && mark != '/')
        return false;
    i++;
    if ((second = number_at(s, &i, 2)) < 0 || i >= s.size || s.data[i] != mark)
        return false;
    i++;
    size_t last = i;
    if ((third = number_at(s, &i, 4)) < 0)
        return false;
    if (width == 4)
        return i - last <= 2 && date_valid(first, second, third, ret_day);
    if (i - last != 4)
        return false;
    if (mark == '.')
        return date_valid(third, second, first, ret_day);
    if (first > 12)
        return date_valid(third, second, first, ret_day);
    if (second > 12 || first == second)
        return date_valid(third, first, second, ret_day);
    return false;
}

/* "November 2, 2026" */
static bool date_at_letter(struct str s, size_t i, int64_t *ret_day)
{
    int month = month_at(s, &i);
    if (!month)
        return false;
    skip_gap(s, &i);
    int day = number_at(s, &i, 2);
    if (day < 1)
        return false;
    if (is_letter(s, i) && is_letter(s, i + 1))
        i += 2; /* 2nd */
    skip_gap(s, &i);
    int year = number_at(s, &i, 4);
    return year > 0 && date_valid(year, month, day, ret_day);
}

static int day_compare(const void *pa, const void *pb)
{
    int64_t a = *(const int64_t *)pa, b = *(const int64_t *)pb;
    return a < b ? -1 : a > b;
}

void dates_find(struct arena *a, struct str text, int64_t **ret_days, size_t *ret_count)
{
    int64_t *days = arena_array(a, INSPECT_DATES_MAX, sizeof *days), day;
    size_t count = 0;
    for (size_t i = 0; i < text.size && count < INSPECT_DATES_MAX; i++) {
        bool is_start = i == 0 || (!is_digit(text, i - 1) && !is_letter(text, i - 1));
        bool is_first_digit = is_digit(text, i) && (i == 0 || (!is_digit(text, i - 1) && text.data[i - 1] != '.'));
        if (!(is_first_digit && date_at_digit(text, i, &day)) && !(is_start && is_letter(text, i) && date_at_letter(text, i, &day)))
            continue;
        bool is_known = false;
        for (size_t k = 0; k < count && !is_known; k++)
            is_known = days[k] == day;
        if (!is_known)
            days[count++] = day;
    }
    qsort(days, count, sizeof *days, day_compare);
    *ret_days = days;
    *ret_count = count;
}
