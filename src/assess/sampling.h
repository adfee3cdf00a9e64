/*
 * sampling.h - how many items an auditor looks at, and what the deviations in them say about the rest. Pure; tables and rules of
 * soc2-domain.md 4.2 and 4.3.
 *
 * No standard fixes sample sizes: the profile is the auditor's to choose. A sample is never larger than its population.
 */
#ifndef ASSESS_SAMPLING_H
#define ASSESS_SAMPLING_H

#include "base/err.h"
#include "base/str.h"

#include <stdint.h>

enum sample_risk { RISK_LOW, RISK_MODERATE, RISK_HIGH };

struct sample_plan {
    struct str profile;  /* "frequency_table", "ten_percent", "full", "attribute_90_10": confidence and tolerable rate in percent */
    int64_t population;  /* occurrences within the window */
    enum sample_risk risk;
    bool is_automated;   /* tested once per configuration */
    int64_t variants;    /* of the configuration, for high risk; 0: one */
    int64_t deviations;  /* of attribute profiles: how many are expected */
};

/* ERR_INVALID: no such profile, or numbers that make no sense. */
bool sample_size(const struct sample_plan *plan, int64_t *ret_size, struct err *e) MUST_USE;

/* One-sided upper limit of the rate behind d deviations in n items (Clopper and Pearson 1934, exact binomial). n 0: 1. */
double rate_upper_limit(int64_t n, int64_t d, double confidence);

/* The smallest n for which d deviations still leave the upper limit at or under `tolerable`; `most` + 1 when that takes more than `most`. */
int64_t rate_sample_needed(int64_t d, double confidence, double tolerable, int64_t most);

#endif
