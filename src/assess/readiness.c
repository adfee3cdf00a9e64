#include "assess/readiness.h"

#include "base/times.h"

#include <assert.h>

enum { DUE_SOON_DAYS = 14, COVERAGE_FULL_PERCENT = 95 };

const char *live_state_name(enum live_state s)
{
    static const char *const names[] = {"OK",       "FAILING", "STALE",       "UNKNOWN",
                                        "DUE_SOON", "OVERDUE", "NOT_STARTED", "NOT_IN_FORCE"};
    return names[s];
}

const char *live_state_words(enum live_state s)
{
    static const char *const words[] = {"OK",       "Failing", "Stale",       "Unknown",
                                        "Due soon", "Overdue", "Not started", "Not in force"};
    return words[s];
}

enum result_status live_state_status(enum live_state s)
{
    static const enum result_status status[] = {RESULT_PASS, RESULT_FAIL, RESULT_UNKNOWN, RESULT_UNKNOWN,
                                                RESULT_PASS, RESULT_FAIL, RESULT_UNKNOWN, RESULT_SKIP};
    return status[s];
}

int64_t frequency_cycle_ms(const char *frequency)
{
    static const struct {
        const char *name;
        int64_t days;
    } cycles[] = {{"continuous", 1}, {"multiple_daily", 1}, {"daily", 1},         {"weekly", 7},  {"monthly", 30},
                  {"quarterly", 91}, {"semiannual", 182},   {"semi_annual", 182}, {"annual", 365}};
    for (size_t i = 0; i < sizeof cycles / sizeof cycles[0]; i++)
        if (strcmp(frequency, cycles[i].name) == 0)
            return cycles[i].days * MS_DAY;
    return 90 * MS_DAY;
}

static enum live_state config_live_state(const struct control_facts *f)
{
    int64_t fresh = f->tests.of[RESULT_PASS] + f->tests.of[RESULT_UNKNOWN] + f->tests.of[RESULT_SKIP];
    if (f->tests_mapped == 0 || (fresh == 0 && f->tests_stale == 0))
        return LIVE_NOT_STARTED;
    if (f->tests_stale > 0)
        return LIVE_STALE;
    if (f->tests.of[RESULT_UNKNOWN] > 0)
        return LIVE_UNKNOWN;
    return f->tests.of[RESULT_PASS] > 0 ? LIVE_OK : LIVE_NOT_IN_FORCE;
}

enum live_state control_live_state(const struct control_facts *f)
{
    if (f->is_out_of_force)
        return LIVE_NOT_IN_FORCE;
    if (f->tests.of[RESULT_FAIL] > 0)
        return LIVE_FAILING;
    if (f->model == MODEL_CONFIG_STATE)
        return config_live_state(f);
    /* Decision 23: tests that pass support these controls, and never pass for them. */
    if (f->has_bad_occurrence || (f->next_due_ms > 0 && f->next_due_ms < f->at_ms))
        return LIVE_OVERDUE;
    if (f->last_occurrence_ms == 0)
        return LIVE_NOT_STARTED;
    if (f->next_due_ms > 0 && f->next_due_ms - f->at_ms <= DUE_SOON_DAYS * MS_DAY)
        return LIVE_DUE_SOON;
    return LIVE_OK;
}

static bool is_good(enum conclusion c)
{
    return c == CONCLUSION_OPERATED || c == CONCLUSION_OPERATED_WITH_DEVIATIONS;
}

static bool has_full_window(const struct control_facts *f)
{
    if (f->model != MODEL_CONFIG_STATE)
        return f->occurrences_valid >= 3 && is_good(f->occurrences_conclusion);
    double in_force = (double)(f->window.in_force.to_ms - f->window.in_force.from_ms);
    double asked = (double)(f->window_asked.to_ms - f->window_asked.from_ms);
    double full = COVERAGE_FULL_PERCENT / 100.0;
    return asked > 0 && in_force >= full * asked && f->window.coverage * in_force >= full * asked &&
           is_good(f->window.conclusion);
}

struct control_score control_score(const struct control_facts *f)
{
    enum live_state live = control_live_state(f);
    bool is_config = f->model == MODEL_CONFIG_STATE;
    bool is_ok = live == LIVE_OK || live == LIVE_DUE_SOON;
    bool is_supported = !is_config && f->tests.of[RESULT_PASS] > 0;
    bool is_implemented = is_config ? f->has_recent_pass : f->occurrences_valid >= 1;
    bool is_cycled = is_implemented && is_ok && !f->has_high_finding &&
                     (is_config ? f->ok_since_ms > 0 && f->at_ms - f->ok_since_ms >= f->cadence_ms : f->occurrences_valid >= 1);
    bool is_full = is_cycled && has_full_window(f);
    int64_t newest_ms = is_config ? 0 : f->last_occurrence_ms;
    bool is_old = is_config ? live == LIVE_STALE : newest_ms > 0 && 2 * (f->at_ms - newest_ms) > 3 * f->cadence_ms;
    struct control_score s = {
        .levels = {{0, "nothing is recorded", true},
                   {0.25, is_config ? "designed: written, owned, approved" : "designed, or supported by tests",
                    f->is_designed || f->is_claimed || is_supported},
                   {0.5,
                    is_config ? "implemented: a test passed in the last 90 days"
                              : "implemented: one occurrence with valid evidence",
                    is_implemented},
                   {0.75, "operated for one full cycle, and no high finding is open", is_cycled},
                   {1, is_config ? "90 days with 95 % coverage, concluded as operated" : "three cycles, concluded as operated",
                    is_full}},
        .caps = {{0.25, "a test fails now", f->tests.of[RESULT_FAIL] > 0},
                 {0.25, "there is only a claim, no evidence", f->is_claimed && !is_implemented},
                 {0.5, "the newest evidence is older than it may be", is_old},
                 {0.5, "its population is not shown to be complete", f->has_population_failure}}};
    for (size_t i = 0; i < SCORE_LEVELS; i++)
        if (s.levels[i].is_met)
            s.value = s.levels[i].value;
    for (size_t i = 0; i < SCORE_CAPS; i++)
        if (s.caps[i].is_met && s.value > s.caps[i].value)
            s.value = s.caps[i].value;
    return s;
}

/* ---- design and operation ---- */

const char *design_result_name(enum design_result r)
{
    static const char *const names[] = {"DESIGN_DEFICIENT", "NOT_IMPLEMENTED", "DESIGNED_AND_IMPLEMENTED"};
    return names[r];
}

const char *design_result_words(enum design_result r)
{
    static const char *const words[] = {"Design deficient", "Designed, not implemented", "Designed and implemented"};
    return words[r];
}

void control_design_judge(struct control_design *d)
{
    bool is_designed = d->serves_criterion && d->has_owner && d->is_documented && d->has_right_frequency;
    d->result = !is_designed ? DESIGN_DEFICIENT : d->is_implemented ? DESIGN_IMPLEMENTED : DESIGN_NOT_IMPLEMENTED;
}

enum conclusion performances_conclude(const struct performances *p)
{
    enum { SAMPLE_LARGE = 20 };
    int64_t hard = p->missed, all = p->missed + p->late, n = p->expected;
    if (n == 0)
        return CONCLUSION_NO_OCCURRENCE;
    if (10 * hard > n || (n >= SAMPLE_LARGE && 10 * all > n))
        return CONCLUSION_NOT_OPERATING;
    if (p->unevidenced > 0)
        return CONCLUSION_INSUFFICIENT_EVIDENCE;
    return all == 0 ? CONCLUSION_OPERATED : CONCLUSION_OPERATED_WITH_DEVIATIONS;
}

/* M5: a document holds for a year and a month of grace after its last review. */
static struct operation document_operation(const struct control_facts *f)
{
    enum { HOLDS_DAYS = 365 + 30 };
    struct interval in = f->in_force;
    if (f->last_occurrence_ms == 0)
        return (struct operation){CONCLUSION_INSUFFICIENT_EVIDENCE, false, "no version of the document with accepted evidence"};
    int64_t from = f->first_occurrence_ms > in.from_ms ? f->first_occurrence_ms : in.from_ms, to = f->last_occurrence_ms + HOLDS_DAYS * MS_DAY;
    to = to < in.to_ms ? to : in.to_ms;
    int64_t all = in.to_ms - in.from_ms, bare = all - (to > from ? to - from : 0);
    if (bare <= 0)
        return (struct operation){CONCLUSION_OPERATED, false, "a reviewed version was in force all the time"};
    return 10 * bare <= all ? (struct operation){CONCLUSION_OPERATED_WITH_DEVIATIONS, false, "no reviewed version was in force for up to a tenth of the time"}
                            : (struct operation){CONCLUSION_NOT_OPERATING, false, "no reviewed version was in force for more than a tenth of the time"};
}

static const char *performances_why(enum conclusion c)
{
    switch (c) {
    case CONCLUSION_OPERATED:
        return "every performance that was due has accepted evidence";
    case CONCLUSION_OPERATED_WITH_DEVIATIONS:
        return "performances were late, or one of many was missed";
    case CONCLUSION_EXTEND_SAMPLE:
    case CONCLUSION_INSUFFICIENT_EVIDENCE:
        return "performances are claimed without accepted evidence";
    case CONCLUSION_NOT_OPERATING:
        return "more than a tenth of the performances that were due were missed";
    case CONCLUSION_NO_OCCURRENCE:
        return "no performance was due in the window";
    }
    return "";
}

struct operation control_operation(const struct control_facts *f)
{
    struct operation o = {CONCLUSION_INSUFFICIENT_EVIDENCE, false, ""};
    bool is_part = f->in_force.from_ms > f->window_asked.from_ms || f->in_force.to_ms < f->window_asked.to_ms;
    if (f->in_force.from_ms >= f->in_force.to_ms) {
        return (struct operation){CONCLUSION_NO_OCCURRENCE, true, "it was not in force at any time of the window"};
    } else if (f->model == MODEL_CONFIG_STATE) {
        bool is_seen = f->tests_mapped > 0 && f->window.in_force.from_ms < f->window.in_force.to_ms;
        o.conclusion = is_seen ? f->window.conclusion : CONCLUSION_INSUFFICIENT_EVIDENCE;
        o.is_partial_period = is_seen && f->window.is_partial_period;
        o.why = is_seen ? "as its tests observed it" : f->tests_mapped > 0 ? "its tests observed nothing yet" : "no test observes it";
    } else if (f->model == MODEL_DOCUMENT) {
        o = document_operation(f);
    } else if (f->model == MODEL_PERIODIC) {
        o.conclusion = performances_conclude(&f->performances);
        o.why = performances_why(o.conclusion);
    } else {
        o.why = f->performances.expected > 0 ? "there is no complete list of the events that it should have met" : "no event and no complete list of events is known";
    }
    o.is_partial_period |= is_part;
    return o;
}

int control_maturity(const struct control_facts *f, double score, enum conclusion operation)
{
    if (!f->is_designed)
        return f->has_owner || f->is_claimed || f->occurrences_valid > 0 || f->tests.of[RESULT_PASS] > 0 ? 1 : 0;
    if (score < 0.75)
        return 2;
    return operation != CONCLUSION_OPERATED ? 3 : score < 1 ? 4 : 5;
}

const char *maturity_words(int level)
{
    static const char *const words[] = {"absent", "ad hoc", "written and owned", "operated for a cycle", "operated without a deviation", "so for three cycles"};
    return words[level < 0 ? 0 : level > MATURITY_MAX ? MATURITY_MAX : level];
}

struct criterion_score criterion_score(const double *scores, size_t count, size_t topics_without_control)
{
    struct criterion_score c = {0};
    if (count == 0)
        return c;
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += scores[i];
        if (scores[i] < scores[c.weakest])
            c.weakest = i;
    }
    c.min = scores[c.weakest];
    c.mean = sum / (double)count;
    c.value = 0.5 * c.min + 0.5 * c.mean;
    c.is_capped_by_topics = topics_without_control > 0 && c.value > 0.4;
    if (c.is_capped_by_topics)
        c.value = 0.4;
    return c;
}

const char *band_name(enum band b)
{
    static const char *const names[] = {"READY", "AT_RISK", "NOT_READY"};
    return names[b];
}

const char *band_words(enum band b)
{
    static const char *const words[] = {"Ready", "At risk", "Not ready"};
    return words[b];
}

struct readiness readiness_evaluate(const double *criteria, size_t count, size_t blockers)
{
    struct readiness r = {.band = BAND_NOT_READY};
    if (count == 0)
        return r;
    double sum = 0;
    r.min = criteria[0];
    for (size_t i = 0; i < count; i++) {
        sum += criteria[i];
        r.min = criteria[i] < r.min ? criteria[i] : r.min;
        size_t k = r.worst_count < 3 ? r.worst_count++ : 3;
        while (k > 0 && criteria[i] < criteria[r.worst[k - 1]]) {
            if (k < 3)
                r.worst[k] = r.worst[k - 1];
            k--;
        }
        if (k < 3)
            r.worst[k] = i;
    }
    r.mean = sum / (double)count;
    double value = r.mean < r.min + 0.25 ? r.mean : r.min + 0.25;
    r.score = (int)(100 * value + 0.5 + 1e-9); /* sums of quarters: 62.5 must not come out as 62.4999 */
    if (r.score > 100)
        r.score = 100;
    if (r.min >= 0.75 && blockers == 0)
        r.band = BAND_READY;
    else if (r.min >= 0.5)
        r.band = BAND_AT_RISK;
    return r;
}

const char *criterion_status_name(enum criterion_status s)
{
    static const char *const names[] = {"NOT_MET_SIGNAL", "CANNOT_CONCLUDE",     "PERIOD_GAP",
                                        "DESIGN_ONLY",    "MET_WITH_EXCEPTIONS", "MET"};
    return names[s];
}

const char *criterion_status_words(enum criterion_status s)
{
    static const char *const words[] = {"A key control did not operate",      "Cannot be concluded: evidence is missing", "Part of the period is not covered",
                                        "Only the design: nothing was due yet", "Met, with exceptions",                     "Met"};
    return words[s];
}

static bool is_compensated(const struct control_conclusion *controls, size_t count, size_t index)
{
    for (size_t i = 0; i < count; i++)
        if (controls[i].role == ROLE_COMPENSATING && controls[i].compensates == index && is_good(controls[i].conclusion) &&
            !controls[i].is_partial_period)
            return true;
    return false;
}

enum criterion_status criterion_evaluate(const struct control_conclusion *controls, size_t count)
{
    bool has_not_met = false, has_unknown = false, has_gap = false, has_occurrence = false, has_exception = false;
    for (size_t i = 0; i < count; i++) {
        const struct control_conclusion *c = &controls[i];
        bool has_deviation = c->conclusion == CONCLUSION_OPERATED_WITH_DEVIATIONS || c->conclusion == CONCLUSION_NOT_OPERATING;
        has_exception |= has_deviation && c->role != ROLE_COMPENSATING; /* those show where they are used */
        if (c->role != ROLE_KEY)
            continue;
        bool is_covered = is_compensated(controls, count, i);
        bool is_open = c->conclusion == CONCLUSION_INSUFFICIENT_EVIDENCE || c->conclusion == CONCLUSION_EXTEND_SAMPLE;
        bool needs_cover = c->conclusion == CONCLUSION_NOT_OPERATING || is_open || c->is_partial_period;
        has_not_met |= c->conclusion == CONCLUSION_NOT_OPERATING && !is_covered;
        has_unknown |= is_open && !is_covered;
        has_gap |= c->is_partial_period && !is_covered;
        has_occurrence |= c->conclusion != CONCLUSION_NO_OCCURRENCE;
        has_exception |= needs_cover && is_covered;
    }
    if (has_not_met)
        return CRITERION_NOT_MET_SIGNAL;
    if (has_unknown)
        return CRITERION_CANNOT_CONCLUDE;
    if (has_gap)
        return CRITERION_PERIOD_GAP;
    if (!has_occurrence)
        return CRITERION_DESIGN_ONLY;
    return has_exception ? CRITERION_MET_WITH_EXCEPTIONS : CRITERION_MET;
}
