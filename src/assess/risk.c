#include "assess/risk.h"

enum { HALVES = 2, SP800_FACTOR = 4 };

enum risk_band risk_band_of(int score)
{
    return score <= 0 ? RISK_BAND_NONE : score <= 4 ? RISK_BAND_LOW : score <= 9 ? RISK_BAND_MODERATE : score <= 14 ? RISK_BAND_HIGH : RISK_BAND_VERY_HIGH;
}

const char *risk_band_name(enum risk_band b)
{
    static const char *const names[] = {"", "low", "moderate", "high", "very_high"};
    return names[b];
}

const char *risk_band_words(enum risk_band b)
{
    static const char *const words[] = {"Not assessed", "Low", "Moderate", "High", "Very high"};
    return words[b];
}

enum result_status risk_band_status(enum risk_band b, enum risk_band appetite)
{
    return b == RISK_BAND_NONE ? RESULT_UNKNOWN : b <= appetite ? RESULT_PASS : RESULT_FAIL;
}

bool risk_band_parse(struct str name, enum risk_band *ret)
{
    for (int i = RISK_BAND_LOW; i <= RISK_BAND_VERY_HIGH; i++)
        if (str_is(name, risk_band_name((enum risk_band)i))) {
            *ret = (enum risk_band)i;
            return true;
        }
    return false;
}

int risk_sp800_value(int score)
{
    return score * SP800_FACTOR;
}

const char *risk_sp800_band(int score)
{
    int value = risk_sp800_value(score);
    return value <= 4 ? "very low" : value <= 20 ? "low" : value <= 79 ? "moderate" : value <= 95 ? "high" : "very high";
}

int risk_effect_halves(const struct risk_control *c)
{
    if (c->is_gone || c->live == LIVE_FAILING || c->is_not_operating)
        return 0;
    return c->live == LIVE_OK ? HALVES : 1;
}

const char *risk_effect_words(const struct risk_control *c)
{
    if (c->is_gone)
        return "there is no such control: counts for nothing";
    if (c->live == LIVE_FAILING)
        return "failing: counts for nothing";
    if (c->is_not_operating)
        return "did not operate over the last 90 days: counts for nothing";
    return c->live == LIVE_OK ? "OK: counts in full" : "not OK: counts by half";
}

static int steps_of(int halves, int max)
{
    int steps = halves / HALVES;
    return steps > max ? max : steps;
}

static int lowered(int level, int steps)
{
    return level <= 0 ? 0 : level - steps < 1 ? 1 : level - steps;
}

struct risk_residual risk_residual(struct risk_level inherent, const struct risk_control *controls, size_t count)
{
    struct risk_residual r = {0};
    for (size_t i = 0; i < count && i < 10000; i++) {
        int halves = risk_effect_halves(&controls[i]);
        r.halves_l += controls[i].likelihood * halves;
        r.halves_i += controls[i].impact * halves;
    }
    r.steps_l = steps_of(r.halves_l, RISK_STEPS_L_MAX);
    r.steps_i = steps_of(r.halves_i, RISK_STEPS_I_MAX);
    r.level = (struct risk_level){lowered(inherent.likelihood, r.steps_l), lowered(inherent.impact, r.steps_i)};
    return r;
}

enum risk_band risk_appetite(const struct risk_policy *p, enum risk_band own, bool is_sensitive)
{
    return own != RISK_BAND_NONE ? own : is_sensitive ? p->appetite_sensitive : p->appetite;
}

enum risk_need risk_need(struct risk_level residual, enum risk_band appetite, const struct risk_cover *cover)
{
    int score = risk_score(residual);
    if (score <= 0)
        return RISK_NEED_VALUES;
    if (risk_band_of(score) <= appetite)
        return RISK_NEED_NOTHING;
    return cover->is_treated || (cover->is_accepted && score <= cover->accepted_score) ? RISK_NEED_COVERED : RISK_NEED_TREATMENT;
}

const char *risk_need_name(enum risk_need n)
{
    static const char *const names[] = {"values", "nothing", "covered", "treatment"};
    return names[n];
}

const char *risk_need_words(enum risk_need n)
{
    static const char *const words[] = {"Not assessed", "Within the appetite", "Above it, covered", "Above it, open"};
    return words[n];
}

enum result_status risk_need_status(enum risk_need n)
{
    return n == RISK_NEED_NOTHING ? RESULT_PASS : n == RISK_NEED_TREATMENT ? RESULT_FAIL : RESULT_UNKNOWN;
}
