#include "assess/calendar.h"

#include <string.h>

/* 1970-01-01 was a Thursday. 0 is Monday. */
static int weekday(int64_t day)
{
    int64_t n = (day + 3) % 7;
    return (int)(n < 0 ? n + 7 : n);
}

bool calendar_is_business_day(const struct calendar *c, int64_t day)
{
    if (weekday(day) >= 5)
        return false;
    size_t low = 0, high = c->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (c->holidays[middle] == day)
            return false;
        if (c->holidays[middle] < day)
            low = middle + 1;
        else
            high = middle;
    }
    return true;
}

int64_t calendar_business_day(const struct calendar *c, int64_t day)
{
    enum { DAYS_MAX = 400 }; /* a calendar of holidays only ends somewhere */
    for (int i = 0; i < DAYS_MAX; i++)
        if (calendar_is_business_day(c, day + i))
            return day + i;
    return day;
}

int64_t calendar_add_business_days(const struct calendar *c, int64_t day, int n)
{
    for (; n > 0; n--)
        day = calendar_business_day(c, day + 1);
    return day;
}

static const struct {
    const char *frequency;
    int months, grace_days;
} cadences[] = {
    [CADENCE_NONE] = {"", 0, 0},           [CADENCE_DAILY] = {"daily", 0, 1},           [CADENCE_WEEKLY] = {"weekly", 0, 3},
    [CADENCE_MONTHLY] = {"monthly", 1, 7}, [CADENCE_QUARTERLY] = {"quarterly", 3, 15},  [CADENCE_SEMIANNUAL] = {"semiannual", 6, 20},
    [CADENCE_ANNUAL] = {"annual", 12, 30},
};

enum cadence cadence_of(const char *frequency)
{
    for (int i = CADENCE_DAILY; i <= CADENCE_ANNUAL; i++)
        if (strcmp(frequency, cadences[i].frequency) == 0)
            return (enum cadence)i;
    return CADENCE_NONE;
}

int cadence_grace_days(enum cadence c)
{
    return cadences[c].grace_days;
}

int64_t day_add_months(int64_t day, int n)
{
    struct date d = date_of_day(day);
    int months = d.year * 12 + d.month - 1 + n;
    int64_t first = day_of_date((struct date){months / 12, months % 12 + 1, 1});
    int64_t next = day_of_date((struct date){(months + 1) / 12, (months + 1) % 12 + 1, 1});
    int64_t same = first + d.day - 1;
    return same < next ? same : next - 1;
}

struct period cadence_period(enum cadence c, int64_t day)
{
    if (c == CADENCE_NONE || c == CADENCE_DAILY)
        return (struct period){day, day};
    if (c == CADENCE_WEEKLY)
        return (struct period){day - weekday(day), day - weekday(day) + 6};
    struct date d = date_of_day(day);
    int months = cadences[c].months;
    int64_t first = day_of_date((struct date){d.year, (d.month - 1) / months * months + 1, 1});
    return (struct period){first, day_add_months(first, months) - 1};
}

int64_t cadence_next(enum cadence c, int64_t day)
{
    return c == CADENCE_NONE ? day : c == CADENCE_DAILY ? day + 1 : c == CADENCE_WEEKLY ? day + 7 : day_add_months(day, cadences[c].months);
}

static bool expected_add(const struct calendar *c, const struct expectation *x, struct period p, struct expected *ret, size_t *count)
{
    if (p.last > x->horizon || p.last > x->in_force_to || *count == EXPECTED_MAX)
        return false;
    int64_t due = calendar_business_day(c, p.last);
    ret[(*count)++] = (struct expected){p, due, calendar_business_day(c, due + cadences[x->cadence].grace_days)};
    return true;
}

size_t expected_list(const struct calendar *c, const struct expectation *x, struct expected ret[EXPECTED_MAX])
{
    size_t count = 0;
    if (x->cadence == CADENCE_NONE)
        return 0;
    if (x->cadence == CADENCE_ANNUAL) {
        int64_t from = x->last_performed > x->in_force_from ? x->last_performed : x->in_force_from;
        expected_add(c, x, (struct period){from, day_add_months(from, 12)}, ret, &count);
        return count;
    }
    struct period p = cadence_period(x->cadence, x->in_force_from);
    for (;; p = cadence_period(x->cadence, p.last + 1)) {
        bool is_idle_day = x->cadence == CADENCE_DAILY && !calendar_is_business_day(c, p.last);
        if (!is_idle_day && !expected_add(c, x, p, ret, &count))
            return count;
        if (p.last > x->horizon)
            return count;
    }
}
