/*
 * window.h - model M1 (config_state) over an interval: what tests observed becomes a conclusion. Pure; rules of
 * soc2-domain.md 4.5.
 *
 * A subject's history is a list of stretches [from, to) with the state that was observed. What lies inside the subject's scope
 * and in no stretch is unknown; errors and missing results are unknown too, never a pass. `skip` stretches leave the subject's
 * scope. Measures are exact in milliseconds; a day is 24 hours.
 */
#ifndef ASSESS_WINDOW_H
#define ASSESS_WINDOW_H

#include "assess/result.h"

struct interval {
    int64_t from_ms, to_ms; /* half-open */
};

struct stretch {
    int64_t from_ms, to_ms;
    enum result_status status;
};

/* One subject (host, account ...): sorted stretches that do not overlap; everything outside of `scope` is left out. */
struct subject_history {
    struct interval scope;
    const struct stretch *stretches;
    size_t count;
};

struct window_limits {
    double min_coverage;      /* 0.90 */
    int64_t max_unknown_ms;   /* 14 days: a longer unknown run blocks a conclusion */
    double max_fail_fraction; /* 0.05; the control may say otherwise */
    int64_t max_fail_ms;      /* 7 days; the control may say otherwise */
};
#define WINDOW_LIMITS_DEFAULT \
    ((struct window_limits){  \
        .min_coverage = 0.90, .max_unknown_ms = 14 * MS_DAY, .max_fail_fraction = 0.05, .max_fail_ms = 7 * MS_DAY})

/* In the order of precedence of 4.5 (4), best first. */
enum conclusion {
    CONCLUSION_OPERATED,
    CONCLUSION_NO_OCCURRENCE,
    CONCLUSION_OPERATED_WITH_DEVIATIONS,
    CONCLUSION_EXTEND_SAMPLE, /* not concluded yet: more items are to be looked at */
    CONCLUSION_INSUFFICIENT_EVIDENCE,
    CONCLUSION_NOT_OPERATING
};
const char *conclusion_name(enum conclusion c);  /* "OPERATED_WITH_DEVIATIONS" */
const char *conclusion_words(enum conclusion c); /* "Operated, with deviations" */

struct window_outcome {
    enum conclusion conclusion;
    bool is_partial_period; /* the subjects' scopes together do not cover the window */
    bool is_failing_at_end;
    int64_t pass_ms, fail_ms, unknown_ms; /* summed over subjects */
    double coverage;                      /* (pass + fail) / all; 0 when there is nothing */
    double fail_fraction;                 /* fail / (pass + fail); 0 when there is nothing */
    int64_t longest_fail_ms;              /* of any one subject */
    int64_t longest_unknown_ms;
    int64_t deviations;               /* maximal failure runs, summed over subjects */
    int64_t last_pass_before_fail_ms; /* the conservative start of the first exposure; -1 none */
    struct interval in_force;         /* what the scopes cover of the window; empty when nothing */
};

struct window_outcome window_evaluate(struct interval window, const struct subject_history *subjects, size_t count,
                                      const struct window_limits *limits);
/* The same one subject after the other, so that nobody has to hold all their histories: begin, add each, end. */
struct window_outcome window_begin(void);
void window_add(struct window_outcome *o, struct interval window, const struct subject_history *subject);
void window_end(struct window_outcome *o, struct interval window, const struct window_limits *limits);

/* Merges what several tests say of one subject into one history: at each instant the worst counts, `skip` and silence do not
 * count. `parts` may overlap and come in any order; quickest where those of one test follow one another in time. Returns sorted stretches
 * in `a` without two equal neighbours; `skip` where nothing counts (also between parts). */
struct stretch *stretches_merge(struct arena *a, const struct stretch *parts, size_t count, size_t *ret_count);

/* Carries observations over gaps: of `s` only what lies within `observed` plus max_staleness after each of its intervals is
 * known; the rest becomes unknown (skip stays). `observed` is sorted. */
struct stretch *stretches_observed(struct arena *a, const struct stretch *s, size_t count, const struct interval *observed,
                                   size_t observed_count, int64_t max_staleness_ms, int64_t at_ms, size_t *ret_count);

/* What was observed does not hold over gaps: inside of them everything but skip is unknown. `gaps` are sorted and do not overlap. */
struct stretch *stretches_cut(struct arena *a, const struct stretch *s, size_t count, const struct interval *gaps, size_t gap_count,
                              size_t *ret_count);

#endif
