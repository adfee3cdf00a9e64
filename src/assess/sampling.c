#include "assess/sampling.h"

#include <math.h>

/* ---- tables ---- */

static const struct {
    int64_t up_to; /* occurrences */
    int64_t size[3];
} FREQUENCY_TABLE[] = {
    {1, {1, 1, 1}}, {4, {2, 2, 3}}, {12, {2, 3, 5}}, {52, {5, 8, 15}}, {365, {15, 25, 40}}, {INT64_MAX, {25, 40, 60}},
};
enum { TEN_PERCENT_MIN = 3, TEN_PERCENT_MAX = 30 };

static int64_t frequency_size(const struct sample_plan *p)
{
    if (p->is_automated)
        return p->risk == RISK_HIGH && p->variants > 1 ? p->variants : 1;
    size_t row = 0;
    while (p->population > FREQUENCY_TABLE[row].up_to)
        row++;
    return FREQUENCY_TABLE[row].size[p->risk];
}

static int64_t ten_percent_size(int64_t population)
{
    int64_t n = population / 10 + (population % 10 != 0);
    return n < TEN_PERCENT_MIN ? TEN_PERCENT_MIN : n > TEN_PERCENT_MAX ? TEN_PERCENT_MAX : n;
}

/* ---- exact limits ---- */

/* ln of n over k. */
static double ln_choose(int64_t n, int64_t k)
{
    int sign;
    return lgamma_r((double)n + 1, &sign) - lgamma_r((double)k + 1, &sign) - lgamma_r((double)(n - k) + 1, &sign);
}

/* Probability of at most d deviations in n items when each deviates with probability p. */
static double binomial_at_most(int64_t n, int64_t d, double p)
{
    double sum = 0;
    if (p <= 0)
        return 1;
    if (p >= 1)
        return d >= n ? 1 : 0;
    for (int64_t k = 0; k <= d && k <= n; k++)
        sum += exp(ln_choose(n, k) + (double)k * log(p) + (double)(n - k) * log1p(-p));
    return sum;
}

double rate_upper_limit(int64_t n, int64_t d, double confidence)
{
    double low = 0, high = 1;
    if (n <= 0 || d >= n)
        return 1;
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        if (binomial_at_most(n, d, middle) > 1 - confidence)
            low = middle;
        else
            high = middle;
    }
    return high;
}

int64_t rate_sample_needed(int64_t d, double confidence, double tolerable, int64_t most)
{
    int64_t low = d + 1, high = most + 1;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (rate_upper_limit(middle, d, confidence) <= tolerable)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Probability of at most d deviations in n of N items of which K deviate, drawn without putting back. */
static double hypergeometric_at_most(int64_t N, int64_t K, int64_t n, int64_t d)
{
    double sum = 0;
    for (int64_t k = 0; k <= d && k <= n && k <= K; k++)
        if (n - k <= N - K)
            sum += exp(ln_choose(K, k) + ln_choose(N - K, n - k) - ln_choose(N, n));
    return sum;
}

/* The smallest n with which more than d deviations would be seen, with the confidence wanted, if the rate were at the tolerable one. */
static int64_t attribute_size(int64_t N, double confidence, double tolerable, int64_t d)
{
    int64_t K = (int64_t)ceil((double)N * tolerable - 1e-9);
    int64_t low = 0, high = N;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (hypergeometric_at_most(N, K, middle, d) <= 1 - confidence + 1e-12)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* "attribute_90_10". */
static bool attribute_read(struct str profile, double *ret_confidence, double *ret_tolerable)
{
    struct str rest = profile, confidence;
    int64_t c, t;
    if (!str_starts(rest, "attribute_"))
        return false;
    rest = str_slice(rest, 10, rest.size);
    size_t at = 0;
    while (at < rest.size && rest.data[at] != '_')
        at++;
    confidence = str_slice(rest, 0, at);
    if (at == rest.size || !str_to_int64(confidence, &c) || !str_to_int64(str_slice(rest, at + 1, rest.size), &t) || c < 50 || c > 99 || t < 1 || t > 50)
        return false;
    *ret_confidence = (double)c / 100;
    *ret_tolerable = (double)t / 100;
    return true;
}

enum { SAMPLE_POPULATION_MAX = 1000000000, SAMPLE_DEVIATIONS_MAX = 10000 };

bool sample_size(const struct sample_plan *p, int64_t *ret, struct err *e)
{
    double confidence, tolerable;
    if (p->population < 0 || p->variants < 0 || p->deviations < 0)
        return err_set(e, ERR_INVALID, "population, variants and deviations are not negative");
    if (p->population > SAMPLE_POPULATION_MAX || p->deviations > SAMPLE_DEVIATIONS_MAX)
        return err_set(e, ERR_INVALID, "population: at most %d; deviations: at most %d", SAMPLE_POPULATION_MAX, SAMPLE_DEVIATIONS_MAX);
    if (str_is(p->profile, "full"))
        *ret = p->population;
    else if (str_is(p->profile, "frequency_table"))
        *ret = frequency_size(p);
    else if (str_is(p->profile, "ten_percent"))
        *ret = ten_percent_size(p->population);
    else if (attribute_read(p->profile, &confidence, &tolerable))
        *ret = attribute_size(p->population, confidence, tolerable, p->deviations);
    else
        return err_set(e, ERR_INVALID, "profile: there is no '%.*s'; known are frequency_table, ten_percent, full and attribute_CONFIDENCE_TOLERABLE",
                       STR_ARGS(str_slice(p->profile, 0, 40)));
    if (*ret > p->population)
        *ret = p->population;
    return true;
}
