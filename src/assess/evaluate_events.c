/* evaluate_events.c - model M3: events that something has to follow within a time. */
#include "assess/evaluate.h"

#include "os/zone.h"

bool sla_read(struct str text, struct sla *ret)
{
    *ret = (struct sla){0};
    if (text.size > 3 && text.data[0] == 'P' && text.data[text.size - 1] == 'D' && text.data[text.size - 2] == 'B') {
        int64_t n;
        if (!str_to_int64(str_slice(text, 1, text.size - 2), &n) || n < 0 || n > 3650)
            return false;
        ret->business_days = n;
        ret->ms = -1;
        return true;
    }
    bool has_time = false;
    for (size_t i = 0; i < text.size; i++)
        has_time |= text.data[i] == 'T';
    ret->is_days = !has_time;
    return duration_parse(text, &ret->ms) && ret->ms >= 0;
}

/* Hours and minutes are exact; days go to the same time of the local day, or to a local day's end. */
int64_t event_deadline(const struct calendar *c, const struct event *event)
{
    const struct sla *sla = &event->sla;
    int64_t local_ms = zone_local_ms(event->zone, event->trigger_ms), day = day_of(local_ms);
    if (sla->ms < 0)
        return zone_instant_ms(event->zone, (calendar_add_business_days(c, day, (int)sla->business_days) + 1) * MS_DAY);
    if (sla->is_days)
        return zone_instant_ms(event->zone, (event->is_trigger_date ? (day + 1) * MS_DAY : local_ms) + sla->ms);
    return event->trigger_ms + sla->ms;
}

/* How long it was allowed to take. A day that is known as a date only is not part of it where days are counted. */
static int64_t event_allowed_ms(const struct event *x, int64_t due_ms)
{
    bool is_day = x->is_trigger_date && (x->sla.is_days || x->sla.ms < 0);
    return due_ms - (is_day ? zone_instant_ms(x->zone, (day_of(zone_local_ms(x->zone, x->trigger_ms)) + 1) * MS_DAY) : x->trigger_ms);
}

struct event_result {
    enum outcome outcome;
    int64_t late_ms, allowed_ms;
    bool is_aggravated;
};

static struct event_result event_judge(const struct event *x, const struct calendar *c, struct days in_force, int64_t at_ms)
{
    struct event_result r = {.outcome = OUTCOME_OUT_OF_WINDOW};
    int64_t day = day_of(zone_local_ms(x->zone, x->trigger_ms)), due = event_deadline(c, x);
    if (day < in_force.first || day > in_force.last)
        return r;
    r.outcome = OUTCOME_NOT_DUE;
    if (x->trigger_ms >= at_ms)
        return r;
    r.allowed_ms = event_allowed_ms(x, due);
    if (x->extended_dated_ms <= due && x->extended_to_ms != MS_NEVER)
        due = x->extended_to_ms;
    bool is_done = x->completed_ms <= at_ms && x->completed_ms != MS_NEVER;
    if ((is_done && x->completed_ms <= due) || (x->accepted_ms <= due && x->accepted_ms <= at_ms && x->accepted_ms != MS_NEVER)) {
        r.outcome = OUTCOME_MET;
        return r;
    }
    if (!is_done && due > at_ms)
        return r;
    r.outcome = is_done ? OUTCOME_LATE : OUTCOME_OVERDUE_OPEN;
    r.late_ms = is_done ? x->completed_ms - due : INT64_MAX;
    r.is_aggravated = x->is_aggravated || (x->used_ms != MS_NEVER && x->used_ms > due && x->used_ms <= at_ms);
    return r;
}

struct evaluation events_evaluate(const struct event *events, size_t count, const struct calendar *c, struct days in_force, int64_t at_ms, const struct evaluation_limits *limits)
{
    enum { FEW = 10 };
    struct evaluation r = {.conclusion = CONCLUSION_NO_OCCURRENCE};
    struct event_result deviating = {0};
    bool is_aggravated = false;
    for (size_t i = 0; i < count; i++) {
        struct event_result one = event_judge(&events[i], c, in_force, at_ms);
        r.outcomes[one.outcome]++;
        if (one.outcome != OUTCOME_LATE && one.outcome != OUTCOME_OVERDUE_OPEN)
            continue;
        deviating = one;
        is_aggravated |= one.is_aggravated;
    }
    r.deviations = r.outcomes[OUTCOME_LATE] + r.outcomes[OUTCOME_OVERDUE_OPEN];
    r.n = r.outcomes[OUTCOME_MET] + r.deviations;
    if (r.n == 0)
        return r;
    r.rate = (double)r.deviations / (double)r.n;
    int64_t minor_ms = deviating.allowed_ms > 2 * MS_DAY ? deviating.allowed_ms : 2 * MS_DAY;
    bool is_minor = r.n < FEW && r.deviations == 1 && deviating.late_ms <= minor_ms;
    if (r.deviations == 0)
        r.conclusion = CONCLUSION_OPERATED;
    else if (is_aggravated)
        r.conclusion = CONCLUSION_NOT_OPERATING;
    else
        r.conclusion = r.rate <= limits->tolerable_rate + 1e-12 || is_minor ? CONCLUSION_OPERATED_WITH_DEVIATIONS : CONCLUSION_NOT_OPERATING;
    return r;
}
