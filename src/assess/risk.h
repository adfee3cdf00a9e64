/*
 * risk.h - what remains of a risk with its controls as they are now, and whether that may stay. Pure; rules of soc2-domain.md 5.3.
 *
 * Likelihood and impact are 1 to 5; their product is 1–4 low, 5–9 moderate, 10–14 high, 15–25 very high. Each control that is mapped to the risk lowers
 * likelihood or impact by 0 to 2 steps at full effect. Its effect counts in full while its live state is OK, not at all while it is FAILING or its
 * window says NOT_OPERATING, and by half in every other state. Of the sum only whole steps count: at most 3 on likelihood, 2 on impact, and nothing
 * falls below 1. So what is unknown never improves anything, and a control that gets worse never makes a risk smaller (risk_test.c holds both).
 */
#ifndef ASSESS_RISK_H
#define ASSESS_RISK_H

#include "assess/readiness.h"

enum { RISK_LEVELS = 5, RISK_EFFECT_MAX = 2, RISK_STEPS_L_MAX = 3, RISK_STEPS_I_MAX = 2, RISK_ACCEPTANCE_MONTHS_MAX = 12 };

enum risk_band { RISK_BAND_NONE, RISK_BAND_LOW, RISK_BAND_MODERATE, RISK_BAND_HIGH, RISK_BAND_VERY_HIGH }; /* NONE: not assessed */
enum risk_band risk_band_of(int score);              /* L × I; 0: not assessed */
const char *risk_band_name(enum risk_band b);        /* "very_high"; "" */
const char *risk_band_words(enum risk_band b);       /* "Very high"; "Not assessed" */
enum result_status risk_band_status(enum risk_band b, enum risk_band appetite); /* pass within the appetite, fail above, unknown without a level */
bool risk_band_parse(struct str name, enum risk_band *ret);

/* NIST SP 800-30, semi-quantitative, for exports: L × I × 4 of 100. */
int risk_sp800_value(int score);
const char *risk_sp800_band(int score); /* "very low" 0–4, "low" 5–20, "moderate" 21–79, "high" 80–95, "very high" 96–100 */

struct risk_control {
    int likelihood, impact; /* steps at full effect, 0 to 2 */
    enum live_state live;
    bool is_not_operating;  /* what its window concludes */
    bool is_gone;           /* there is no such control any more: no effect */
};
/* In halves of its effect: 2 in full, 1, 0. */
int risk_effect_halves(const struct risk_control *c);
/* Which clause says so: "OK: counts in full". */
const char *risk_effect_words(const struct risk_control *c);

struct risk_level {
    int likelihood, impact; /* 1 to 5; 0: not assessed */
};
static inline int risk_score(struct risk_level r)
{
    return r.likelihood * r.impact;
}
struct risk_residual {
    struct risk_level level;
    int halves_l, halves_i; /* sums of what counts, in half steps */
    int steps_l, steps_i;   /* whole ones, within the caps */
};
struct risk_residual risk_residual(struct risk_level inherent, const struct risk_control *controls, size_t count);

/* ---- may it stay? ---- */

struct risk_policy {
    enum risk_band appetite;           /* moderate */
    enum risk_band appetite_sensitive; /* low: confidentiality and privacy */
};
#define RISK_POLICY_DEFAULT ((struct risk_policy){RISK_BAND_MODERATE, RISK_BAND_LOW})
/* own: what the record says, RISK_BAND_NONE nothing. */
enum risk_band risk_appetite(const struct risk_policy *p, enum risk_band own, bool is_sensitive);

/* What covers a risk above its appetite. */
struct risk_cover {
    bool is_treated;    /* a treatment is in progress and not late */
    bool is_accepted;   /* an acceptance is in force today */
    int accepted_score; /* ... up to this L × I */
};
enum risk_need {
    RISK_NEED_VALUES,    /* no likelihood or impact yet */
    RISK_NEED_NOTHING,   /* within the appetite */
    RISK_NEED_COVERED,   /* above it, and treated or accepted */
    RISK_NEED_TREATMENT  /* above it, and neither */
};
enum risk_need risk_need(struct risk_level residual, enum risk_band appetite, const struct risk_cover *cover);
const char *risk_need_name(enum risk_need n);  /* "treatment" */
const char *risk_need_words(enum risk_need n);
enum result_status risk_need_status(enum risk_need n);

#endif
