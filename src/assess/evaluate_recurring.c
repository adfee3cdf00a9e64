/* evaluate_recurring.c - model M2: reviews, meetings, scans and jobs that are expected once in each period. */
#include "assess/evaluate.h"

/* One expected performance: of one entity, for one period. */
struct expected_one {
    size_t entity;
    struct period period; /* yearly ones: from the last time to twelve months after */
    int64_t deadline;     /* last day that is in time */
    int64_t length;       /* days of the period */
    int64_t first_done;   /* yearly ones: when it was done first after the last time; DAY_NONE: not */
};

enum { DAYS_OF_YEAR = 365 };

/* What one performance is for an expectation. Lower is better. */
static enum outcome performance_outcome(const struct performance *p, const struct expected_one *x)
{
    int64_t day = day_of(p->performed_ms), late_days = day - x->deadline;
    if (late_days * 2 > x->length && late_days > 0)
        return OUTCOME_MISSED;
    if (!p->is_evidenced)
        return OUTCOME_UNEVIDENCED;
    if (!p->is_complete)
        return OUTCOME_INCOMPLETE;
    return late_days > 0 ? OUTCOME_LATE : OUTCOME_ON_TIME;
}

/* Of several tries the best counts: what was done wrong and done again in time was done in time. */
static bool outcome_is_better(enum outcome a, enum outcome b)
{
    static const int rank[OUTCOMES] = {
        [OUTCOME_ON_TIME] = 0, [OUTCOME_LATE] = 1, [OUTCOME_UNEVIDENCED] = 2, [OUTCOME_INCOMPLETE] = 3, [OUTCOME_MISSED] = 4};
    return rank[a] < rank[b];
}

/* A yearly one is answered by whatever was done after the last time, until half a year late, and by the first that was done however late. */
static bool is_for(const struct recurring *r, const struct performance *p, const struct expected_one *x)
{
    if (p->entity != x->entity)
        return false;
    if (r->cadence != CADENCE_ANNUAL)
        return p->period_last == x->period.last;
    int64_t day = day_of(p->performed_ms);
    return day > x->period.first && (day <= x->deadline + x->length / 2 || day == x->first_done);
}

static enum outcome expected_outcome(const struct recurring *r, const struct expected_one *x, int64_t at_ms)
{
    enum outcome best = OUTCOME_MISSED;
    bool is_done = false;
    for (size_t i = 0; i < r->performance_count; i++) {
        const struct performance *p = &r->performances[i];
        if (p->performed_ms >= at_ms || !is_for(r, p, x))
            continue;
        enum outcome o = performance_outcome(p, x);
        best = !is_done || outcome_is_better(o, best) ? o : best;
        is_done = true;
    }
    return is_done ? best : (x->deadline + 1) * MS_DAY > at_ms ? OUTCOME_NOT_DUE : OUTCOME_MISSED;
}

static void expected_count(const struct recurring *r, const struct expected_one *x, int64_t at_ms, struct evaluation *ret)
{
    ret->outcomes[expected_outcome(r, x, at_ms)]++;
}

static void calendar_count(const struct recurring *r, struct days in_force, int64_t at_ms, struct evaluation *ret)
{
    for (size_t k = 0; k < r->entity_count; k++) {
        struct days of = days_meet(r->entities[k].scope, in_force);
        if (of.first > of.last)
            continue;
        for (struct period p = cadence_period(r->cadence, of.first); p.last <= of.last; p = cadence_period(r->cadence, p.last + 1)) {
            struct expected_one x = {.entity = k, .period = p, .deadline = p.last + r->grace_days, .length = p.last - p.first + 1};
            expected_count(r, &x, at_ms, ret);
        }
    }
}

static bool is_of(const struct recurring *r, size_t i, size_t entity, int64_t at_ms)
{
    return r->performances[i].entity == entity && r->performances[i].performed_ms < at_ms;
}

/* The first day after `day` on which it was done; DAY_NONE: none. `is_valid`: only what counts, since only that begins the next year. */
static int64_t done_after(const struct recurring *r, size_t entity, int64_t day, bool is_valid, int64_t at_ms)
{
    int64_t found = DAY_NONE;
    for (size_t i = 0; i < r->performance_count; i++) {
        const struct performance *p = &r->performances[i];
        int64_t done = day_of(p->performed_ms);
        if (is_of(r, i, entity, at_ms) && done > day && (found == DAY_NONE || done < found) && (!is_valid || (p->is_evidenced && p->is_complete)))
            found = done;
    }
    return found;
}

/* The last valid time before `day`, told as such or among the performances; DAY_NONE: not known. */
static int64_t done_before(const struct recurring *r, size_t entity, int64_t day, int64_t at_ms)
{
    int64_t found = r->entities[entity].last_performed;
    for (size_t i = 0; i < r->performance_count; i++) {
        const struct performance *p = &r->performances[i];
        int64_t done = day_of(p->performed_ms);
        if (is_of(r, i, entity, at_ms) && done < day && done > found && p->is_evidenced && p->is_complete)
            found = done;
    }
    return found;
}

/* Twelve months after the last time, and so on from each performance. Without a last time: at the end of the interval, or twelve months after
 * the entity came into scope where that is within the interval. */
static void annual_count_of(const struct recurring *r, size_t k, struct days in_force, int64_t at_ms, struct evaluation *ret)
{
    const struct recurring_entity *x = &r->entities[k];
    struct days of = days_meet(x->scope, in_force);
    if (of.first > of.last)
        return;
    int64_t last = done_before(r, k, of.first, at_ms);
    bool is_new = x->scope.first > in_force.first;
    int64_t from = last != DAY_NONE ? last : of.first - 1;
    int64_t due = last != DAY_NONE ? day_add_months(last, 12) : is_new ? day_add_months(of.first, 12) : of.last;
    while (from < of.last) {
        int64_t first_done = done_after(r, k, from, false, at_ms), valid = done_after(r, k, from, true, at_ms);
        if (due > of.last && (first_done == DAY_NONE || first_done > of.last))
            return;
        struct expected_one one = {
            .entity = k, .period = {from, due}, .deadline = due + r->grace_days, .length = DAYS_OF_YEAR, .first_done = first_done};
        expected_count(r, &one, at_ms, ret);
        from = valid != DAY_NONE ? valid : due;
        due = day_add_months(from, 12);
    }
}

static enum conclusion conclude(const struct evaluation *r, bool is_curable, const struct evaluation_limits *limits)
{
    enum { FEW = 20 };
    double n = (double)r->n, tolerable = limits->tolerable_rate + 1e-12;
    if (r->n == 0)
        return CONCLUSION_NO_OCCURRENCE;
    if ((double)r->hard / n > tolerable)
        return CONCLUSION_NOT_OPERATING;
    if (is_curable && r->outcomes[OUTCOME_UNEVIDENCED] > 0)
        return CONCLUSION_INSUFFICIENT_EVIDENCE;
    if (r->deviations == 0)
        return CONCLUSION_OPERATED;
    return r->n >= FEW && (double)r->deviations / n > tolerable ? CONCLUSION_NOT_OPERATING : CONCLUSION_OPERATED_WITH_DEVIATIONS;
}

struct evaluation recurring_evaluate(const struct recurring *r, struct days in_force, int64_t at_ms, const struct evaluation_limits *limits)
{
    struct evaluation ret = {0};
    bool is_curable = at_ms <= r->cutoff_ms;
    if (r->cadence == CADENCE_ANNUAL)
        for (size_t k = 0; k < r->entity_count; k++)
            annual_count_of(r, k, in_force, at_ms, &ret);
    else
        calendar_count(r, in_force, at_ms, &ret);
    for (int i = 0; i < OUTCOMES; i++)
        ret.n += i == OUTCOME_NOT_DUE ? 0 : ret.outcomes[i];
    ret.hard = ret.outcomes[OUTCOME_MISSED] + ret.outcomes[OUTCOME_INCOMPLETE] + (is_curable ? 0 : ret.outcomes[OUTCOME_UNEVIDENCED]);
    ret.deviations = ret.hard + ret.outcomes[OUTCOME_LATE];
    ret.rate = ret.n ? (double)ret.deviations / (double)ret.n : 0;
    ret.conclusion = conclude(&ret, is_curable, limits);
    return ret;
}
