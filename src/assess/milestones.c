#include "assess/milestones.h"

#include "content/content.h"

const struct json *milestone_templates(struct arena *a, struct err *e)
{
    const struct json *all = json_parse(a, str_of(content_milestones_json), JSON_LIMITS_DEFAULT, e);
    return all ? json_get(all, "milestones") : NULL;
}

int64_t milestone_day(const struct json *template, struct days window, const struct calendar *c)
{
    struct str base = json_text(template, "base");
    int64_t days = 0, length = window.last - window.first + 1;
    if (!str_to_int64(json_text(template, "days"), &days))
        days = 0; /* content is checked */
    int64_t day = str_is(base, "begin") ? window.first + days : str_is(base, "window") ? window.first + length * days / 100 : window.last + days;
    return str_is(json_text(template, "fixed"), "yes") ? day : calendar_business_day(c, day);
}

enum mark { MARK_NEW, MARK_OPEN, MARK_DONE };

struct forecasting {
    const struct calendar *calendar;
    struct milestone *items;
    size_t count;
    unsigned char *marks;
    int64_t today, requests_late;
};

static void later(struct milestone *m, int64_t day, enum milestone_cause cause, size_t place)
{
    if (day <= m->forecast)
        return;
    m->forecast = day;
    m->cause = cause;
    m->cause_place = place;
}

/* How long it takes once all that it waits for is there: as planned. What has time to spare before it moves nothing until that is used up. */
static int64_t duration_of(const struct forecasting *x, const struct milestone *m)
{
    int64_t last = DAY_NONE;
    for (size_t i = 0; i < m->after_count; i++) {
        const struct milestone *o = &x->items[m->after[i]];
        if (!o->is_dropped && o->planned > last)
            last = o->planned;
    }
    return last != DAY_NONE && m->planned > last ? m->planned - last : 0;
}

static void forecast_one(struct forecasting *x, size_t place)
{
    struct milestone *m = &x->items[place];
    x->marks[place] = MARK_OPEN;
    m->forecast = m->actual != DAY_NONE ? m->actual : m->planned;
    m->cause = CAUSE_NONE;
    m->cause_place = place;
    int64_t duration = duration_of(x, m);
    bool is_settled = m->actual != DAY_NONE || m->is_dropped || m->is_fixed;
    for (size_t i = 0; i < m->after_count; i++) {
        size_t other = m->after[i];
        if (x->marks[other] == MARK_NEW)
            forecast_one(x, other);
        const struct milestone *o = &x->items[other];
        if (x->marks[other] == MARK_OPEN) {
            m->is_in_circle = true;
            continue;
        }
        if (is_settled || o->is_dropped)
            continue;
        later(m, o->forecast + duration, CAUSE_AFTER, other);
    }
    if (!is_settled) {
        if (m->waits_for_requests)
            later(m, m->planned + (x->requests_late > 0 ? x->requests_late : 0), CAUSE_REQUESTS, place);
        later(m, x->today, CAUSE_TODAY, place);
        m->forecast = calendar_business_day(x->calendar, m->forecast);
    }
    x->marks[place] = MARK_DONE;
}

void milestones_forecast(const struct calendar *c, struct milestone *items, size_t count, int64_t today, int64_t requests_late_days)
{
    enum { MILESTONES_MAX = 1000 };
    unsigned char marks[MILESTONES_MAX] = {0};
    struct forecasting x = {c, items, count < MILESTONES_MAX ? count : MILESTONES_MAX, marks, today, requests_late_days};
    for (size_t i = 0; i < x.count; i++)
        items[i].is_in_circle = false;
    for (size_t i = 0; i < x.count; i++)
        if (marks[i] == MARK_NEW)
            forecast_one(&x, i);
}
