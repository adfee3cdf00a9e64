#include "assess/evaluate.h"

#include "assess/sampling.h"

const char *outcome_name(enum outcome o)
{
    static const char *const names[] = {"ON_TIME", "MET", "LATE", "MISSED", "INCOMPLETE", "UNEVIDENCED", "OVERDUE_OPEN", "NOT_DUE", "OUT_OF_WINDOW"};
    return names[o];
}

const char *flag_name(unsigned flag)
{
    return flag == FLAG_PARTIAL_PERIOD ? "PARTIAL_PERIOD" : flag == FLAG_CONTROL_REPLACED ? "CONTROL_REPLACED" : "POPULATION_NOT_COMPLETE";
}

struct days days_meet(struct days a, struct days b)
{
    return (struct days){a.first > b.first ? a.first : b.first, a.last < b.last ? a.last : b.last};
}

size_t days_left(struct days of, struct days without, struct days ret[2])
{
    size_t count = 0;
    struct days met = days_meet(of, without);
    if (met.first > met.last) {
        ret[0] = of;
        return of.first <= of.last;
    }
    if (of.first < met.first)
        ret[count++] = (struct days){of.first, met.first - 1};
    if (met.last < of.last)
        ret[count++] = (struct days){met.last + 1, of.last};
    return count;
}

/* ---- M4 ---- */

enum { EXTENDED_MAX = 65 }; /* a sample is extended once, and not beyond this */

static enum conclusion sample_conclude(const struct attributes *t, struct evaluation *r, const struct evaluation_limits *limits)
{
    r->upper_limit = rate_upper_limit(t->tested, t->deviations, limits->confidence);
    if (t->deviations == 0)
        return CONCLUSION_OPERATED;
    if (r->upper_limit <= limits->tolerable_rate)
        return CONCLUSION_OPERATED_WITH_DEVIATIONS;
    int64_t needed = rate_sample_needed(t->deviations, limits->confidence, limits->tolerable_rate, EXTENDED_MAX);
    if (t->is_extended || r->rate > limits->tolerable_rate || needed > EXTENDED_MAX || needed <= t->tested)
        return CONCLUSION_NOT_OPERATING;
    r->extend_to = needed < t->population || t->population == 0 ? needed : t->population;
    return CONCLUSION_EXTEND_SAMPLE;
}

struct evaluation attributes_evaluate(const struct attributes *t, const struct evaluation_limits *limits)
{
    struct evaluation r = {.conclusion = CONCLUSION_NO_OCCURRENCE, .n = t->tested, .deviations = t->deviations};
    if (t->tested == 0 && t->population > 0)
        r.conclusion = CONCLUSION_INSUFFICIENT_EVIDENCE; /* there were some, and nobody looked */
    if (t->tested == 0)
        return r;
    r.rate = (double)t->deviations / (double)t->tested;
    if (t->deviations > 0 && t->is_unabsorbable)
        r.conclusion = CONCLUSION_NOT_OPERATING;
    else if (t->is_sample && t->tested < t->population)
        r.conclusion = sample_conclude(t, &r, limits);
    else if (t->deviations == 0)
        r.conclusion = CONCLUSION_OPERATED;
    else
        r.conclusion = r.rate <= limits->tolerable_rate ? CONCLUSION_OPERATED_WITH_DEVIATIONS : CONCLUSION_NOT_OPERATING;
    if (!t->is_sample && t->tested < t->population) /* of the rest nothing is known, and nobody drew these for it */
        r.conclusion = conclusion_worse(r.conclusion, CONCLUSION_INSUFFICIENT_EVIDENCE);
    return r;
}

/* ---- M5 ---- */

enum { DOCUMENT_YEAR_DAYS = 365 };

static bool version_covers(const struct document_version *v, int64_t day, int64_t age_max)
{
    if (v->approved == DAY_NONE || v->approved > day || (v->withdrawn != DAY_NONE && v->withdrawn <= day))
        return false;
    if (day - v->approved <= age_max)
        return true;
    for (size_t i = 0; i < v->review_count; i++)
        if (v->reviewed[i] <= day && day - v->reviewed[i] <= age_max)
            return true;
    return false;
}

struct evaluation document_evaluate(const struct document_version *versions, size_t count, struct days in_force, int64_t at_ms, const struct evaluation_limits *limits)
{
    struct evaluation r = {.conclusion = CONCLUSION_NO_OCCURRENCE};
    struct days looked = days_meet(in_force, (struct days){in_force.first, day_of(at_ms - 1)});
    for (int64_t day = looked.first; day <= looked.last; day++) {
        bool is_covered = false;
        for (size_t i = 0; i < count && !is_covered; i++)
            is_covered = version_covers(&versions[i], day, DOCUMENT_YEAR_DAYS + limits->document_grace_days);
        r.in_force_days++;
        r.uncovered_days += !is_covered;
    }
    if (r.in_force_days == 0)
        return r;
    r.n = r.in_force_days;
    r.deviations = r.uncovered_days > 0;
    r.rate = (double)r.uncovered_days / (double)r.in_force_days;
    r.conclusion = r.uncovered_days == 0                ? CONCLUSION_OPERATED
                   : r.rate <= limits->tolerable_rate ? CONCLUSION_OPERATED_WITH_DEVIATIONS
                                                      : CONCLUSION_NOT_OPERATING;
    return r;
}

/* ---- for all models ---- */

enum conclusion conclusion_worse(enum conclusion a, enum conclusion b)
{
    return a > b ? a : b;
}

void evaluation_population(struct evaluation *e, bool is_complete)
{
    if (is_complete)
        return;
    e->flags |= FLAG_POPULATION_NOT_COMPLETE;
    e->conclusion = conclusion_worse(e->conclusion, CONCLUSION_INSUFFICIENT_EVIDENCE);
    e->extend_to = 0;
}

void evaluation_period(struct evaluation *e, struct days window, struct days in_force, const struct evaluation *predecessor, struct days predecessor_in_force)
{
    struct days open[2];
    size_t count = days_left(window, in_force, open);
    if (count == 0)
        return;
    bool is_covered = predecessor != NULL;
    for (size_t i = 0; i < count; i++)
        is_covered &= predecessor_in_force.first <= open[i].first && predecessor_in_force.last >= open[i].last;
    e->flags |= is_covered ? FLAG_CONTROL_REPLACED : FLAG_PARTIAL_PERIOD;
    if (predecessor)
        e->conclusion = conclusion_worse(e->conclusion, predecessor->conclusion);
}

const char *type1_name(enum type1_result r)
{
    static const char *const names[] = {"DESIGNED_AND_IMPLEMENTED", "DESIGN_DEFICIENT", "NOT_IMPLEMENTED"};
    return names[r];
}

const char *opinion_signal_name(enum opinion_signal s)
{
    static const char *const names[] = {"unqualified", "qualified", "adverse", "disclaimer"};
    return names[s];
}

const char *opinion_signal_words(enum opinion_signal s)
{
    static const char *const words[] = {"Nothing that would modify an opinion", "Some criteria would modify an opinion", "Too many criteria are not met", "Too much cannot be concluded"};
    return words[s];
}

bool criterion_is_affected(enum criterion_status s)
{
    return s == CRITERION_NOT_MET_SIGNAL || s == CRITERION_PERIOD_GAP || s == CRITERION_CANNOT_CONCLUDE;
}

enum opinion_signal opinion_evaluate(const enum criterion_status *criteria, size_t count, double pervasive_share)
{
    size_t not_met = 0, unknown = 0;
    for (size_t i = 0; i < count; i++) {
        not_met += criteria[i] == CRITERION_NOT_MET_SIGNAL || criteria[i] == CRITERION_PERIOD_GAP;
        unknown += criteria[i] == CRITERION_CANNOT_CONCLUDE;
    }
    double pervasive = pervasive_share * (double)count - 1e-9;
    if (not_met > 0 && (double)not_met >= pervasive)
        return SIGNAL_ADVERSE;
    if (unknown > 0 && (double)unknown >= pervasive)
        return SIGNAL_DISCLAIMER;
    return not_met + unknown > 0 ? SIGNAL_QUALIFIED : SIGNAL_UNQUALIFIED;
}
