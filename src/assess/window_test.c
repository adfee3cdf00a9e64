#include "assess/window.h"

#include "base/test.h"
#include "base/times.h"

/* The cases SC-01 to SC-06 of the domain's worked scenarios, in days from 2025-01-01 (day 0); segments are inclusive dates. */
static const struct interval year = {0, 365 * MS_DAY};

static struct stretch days(int64_t first, int64_t last, enum result_status s)
{
    return (struct stretch){first * MS_DAY, (last + 1) * MS_DAY, s};
}

static struct window_outcome evaluate_observed(struct arena *a, const struct stretch *s, size_t n, struct window_limits limits)
{
    struct interval *seen = arena_array(a, n, sizeof *seen);
    for (size_t i = 0; i < n; i++)
        seen[i] = (struct interval){s[i].from_ms, s[i].to_ms};
    /* A gap belongs to the stretch before it: the state is carried, then unknown. */
    struct stretch *carried = arena_array(a, n, sizeof *carried);
    for (size_t i = 0; i < n; i++)
        carried[i] = (struct stretch){s[i].from_ms, i + 1 < n ? s[i + 1].from_ms : year.to_ms, s[i].status};
    size_t count;
    struct stretch *known = stretches_observed(a, carried, n, seen, n, 3 * MS_DAY, year.to_ms, &count);
    struct subject_history h = {year, known, count};
    return window_evaluate(year, &h, 1, &limits);
}

START_TEST(a_failure_of_three_days_that_was_fixed_is_a_deviation)
{
    struct arena *a = arena_new("test", 1 << 20);
    struct stretch s[] = {days(0, 8, RESULT_PASS), days(9, 11, RESULT_FAIL), days(12, 364, RESULT_PASS)};
    struct window_outcome o = evaluate_observed(a, s, 3, WINDOW_LIMITS_DEFAULT);
    ck_assert_int_eq(o.conclusion, CONCLUSION_OPERATED_WITH_DEVIATIONS);
    ck_assert_int_eq(o.deviations, 1);
    ck_assert_int_eq(o.fail_ms, 3 * MS_DAY);
    ck_assert_int_eq(o.longest_fail_ms, 3 * MS_DAY);
    ck_assert_double_eq_tol(o.coverage, 1.0, 1e-9);
    ck_assert_double_eq_tol(o.fail_fraction, 0.0082, 1e-4);
    ck_assert_int_eq(o.last_pass_before_fail_ms, 9 * MS_DAY);
    ck_assert(!o.is_partial_period);
    arena_free(a);
}
END_TEST

START_TEST(seventeen_days_without_data_block_a_conclusion)
{
    struct arena *a = arena_new("test", 1 << 20);
    struct stretch s[] = {days(0, 150, RESULT_PASS), days(171, 364, RESULT_PASS)}; /* until 31 May, again from 21 June */
    struct window_outcome o = evaluate_observed(a, s, 2, WINDOW_LIMITS_DEFAULT);
    ck_assert_int_eq(o.conclusion, CONCLUSION_INSUFFICIENT_EVIDENCE);
    ck_assert_int_eq(o.unknown_ms, 17 * MS_DAY);
    ck_assert_int_eq(o.longest_unknown_ms, 17 * MS_DAY);
    ck_assert_int_eq(o.deviations, 0);
    ck_assert_double_eq_tol(o.coverage, 0.9534, 1e-4);
    arena_free(a);
}
END_TEST

START_TEST(alternate_evidence_closes_the_gap)
{
    struct arena *a = arena_new("test", 1 << 20);
    struct stretch s[] = {days(0, 150, RESULT_PASS), days(154, 170, RESULT_PASS), days(171, 364, RESULT_PASS)};
    struct window_outcome o = evaluate_observed(a, s, 3, WINDOW_LIMITS_DEFAULT);
    ck_assert_int_eq(o.conclusion, CONCLUSION_OPERATED);
    ck_assert_int_eq(o.unknown_ms, 0);
    arena_free(a);
}
END_TEST

START_TEST(a_failure_that_is_never_fixed_is_not_operating)
{
    struct arena *a = arena_new("test", 1 << 20);
    struct stretch s[] = {days(0, 272, RESULT_PASS), days(273, 364, RESULT_FAIL)};
    struct window_outcome o = evaluate_observed(a, s, 2, WINDOW_LIMITS_DEFAULT);
    ck_assert_int_eq(o.conclusion, CONCLUSION_NOT_OPERATING);
    ck_assert_int_eq(o.fail_ms, 92 * MS_DAY);
    ck_assert_double_eq_tol(o.fail_fraction, 0.2521, 1e-4);
    ck_assert(o.is_failing_at_end);
    arena_free(a);
}
END_TEST

START_TEST(one_weak_subject_is_not_averaged_away)
{
    struct subject_history h[200];
    struct stretch good = days(0, 364, RESULT_PASS);
    for (size_t i = 0; i < 199; i++)
        h[i] = (struct subject_history){year, &good, 1};
    struct stretch weak[] = {days(0, 119, RESULT_PASS), days(120, 149, RESULT_FAIL), days(150, 364, RESULT_PASS)};
    h[199] = (struct subject_history){year, weak, 3};
    struct window_limits limits = WINDOW_LIMITS_DEFAULT;
    limits.max_fail_fraction = 0.02;
    struct window_outcome o = window_evaluate(year, h, 200, &limits);
    ck_assert_int_eq(o.conclusion, CONCLUSION_NOT_OPERATING);
    ck_assert_int_eq(o.deviations, 1);
    ck_assert_int_eq(o.longest_fail_ms, 30 * MS_DAY);
}
END_TEST

START_TEST(a_subject_that_came_late_makes_a_partial_period)
{
    struct stretch s = days(300, 364, RESULT_PASS);
    struct subject_history h = {{300 * MS_DAY, year.to_ms}, &s, 1};
    struct window_limits limits = WINDOW_LIMITS_DEFAULT;
    struct window_outcome o = window_evaluate(year, &h, 1, &limits);
    ck_assert_int_eq(o.conclusion, CONCLUSION_OPERATED);
    ck_assert(o.is_partial_period);
    ck_assert_double_eq_tol(o.coverage, 1.0, 1e-9);
}
END_TEST

START_TEST(nothing_observed_is_insufficient_and_never_a_pass)
{
    struct window_limits limits = WINDOW_LIMITS_DEFAULT;
    struct window_outcome o = window_evaluate(year, NULL, 0, &limits);
    ck_assert_int_eq(o.conclusion, CONCLUSION_INSUFFICIENT_EVIDENCE);
    struct subject_history silent = {year, NULL, 0};
    o = window_evaluate(year, &silent, 1, &limits);
    ck_assert_int_eq(o.conclusion, CONCLUSION_INSUFFICIENT_EVIDENCE);
    ck_assert_int_eq(o.unknown_ms, year.to_ms);
}
END_TEST

START_TEST(merging_takes_the_worst_at_each_instant)
{
    struct arena *a = arena_new("test", 1 << 20);
    struct stretch parts[] = {{0, 100, RESULT_PASS}, {20, 40, RESULT_FAIL}, {30, 60, RESULT_UNKNOWN}, {110, 120, RESULT_SKIP}};
    size_t n;
    struct stretch *m = stretches_merge(a, parts, 4, &n);
    static const struct stretch want[] = {
        {0, 20, RESULT_PASS}, {20, 40, RESULT_FAIL}, {40, 60, RESULT_UNKNOWN}, {60, 100, RESULT_PASS}, {100, 120, RESULT_SKIP}};
    ck_assert_uint_eq(n, 5);
    for (size_t i = 0; i < n; i++) {
        ck_assert_int_eq(m[i].from_ms, want[i].from_ms);
        ck_assert_int_eq(m[i].to_ms, want[i].to_ms);
        ck_assert_int_eq(m[i].status, want[i].status);
    }
    arena_free(a);
}
END_TEST

static enum result_status worst_at(const struct stretch *s, size_t count, int64_t at_ms)
{
    enum result_status worst = RESULT_SKIP;
    for (size_t i = 0; i < count; i++)
        if (s[i].from_ms <= at_ms && at_ms < s[i].to_ms && s[i].status > worst)
            worst = s[i].status;
    return worst;
}

START_TEST(merged_is_the_worst_of_all_parts_at_every_instant)
{
    uint64_t seed = 9;
    for (int round = 0; round < 2000; round++) {
        struct arena *a = arena_new("test", 4 << 20);
        struct stretch parts[40];
        size_t count = test_random(&seed) % 40, n;
        int64_t first = INT64_MAX, last = INT64_MIN;
        for (size_t i = 0; i < count; i++) {
            /* Half of the rounds: what several tests said over time, one behind the other. */
            int64_t from = round % 2 && i % 8 ? parts[i - 1].to_ms + (int64_t)(test_random(&seed) % 3) : (int64_t)(test_random(&seed) % 100);
            parts[i] = (struct stretch){from, from + (int64_t)(test_random(&seed) % 20), (enum result_status)(test_random(&seed) % 4)};
            first = parts[i].from_ms < parts[i].to_ms && from < first ? from : first;
            last = parts[i].from_ms < parts[i].to_ms && parts[i].to_ms > last ? parts[i].to_ms : last;
        }
        struct stretch *m = stretches_merge(a, parts, count, &n);
        ck_assert((n == 0) == (first == INT64_MAX));
        ck_assert(n == 0 || (m[0].from_ms == first && m[n - 1].to_ms == last));
        for (size_t i = 0; i < n; i++) {
            ck_assert(m[i].from_ms < m[i].to_ms && (i == 0 || (m[i].from_ms == m[i - 1].to_ms && m[i].status != m[i - 1].status)));
            for (int64_t t = m[i].from_ms; t < m[i].to_ms; t++)
                ck_assert_int_eq(m[i].status, worst_at(parts, count, t));
        }
        arena_free(a);
    }
}
END_TEST

/* Random histories: order of parts and subjects never matters, and what is unknown never counts as a pass. */
START_TEST(order_never_matters_and_unknown_is_never_pass)
{
    uint64_t seed = 7;
    for (int round = 0; round < 300; round++) {
        struct arena *a = arena_new("test", 4 << 20);
        struct stretch parts[3][12], turned[3][12];
        struct subject_history h[3], back[3];
        for (size_t s = 0; s < 3; s++) {
            for (size_t i = 0; i < 12; i++) {
                int64_t from = (int64_t)(test_random(&seed) % 300);
                parts[s][i] = days(from, from + (int64_t)(test_random(&seed) % 60), (enum result_status)(test_random(&seed) % 4));
                turned[s][11 - i] = parts[s][i];
            }
            h[s].scope = back[2 - s].scope = year;
            h[s].stretches = stretches_merge(a, parts[s], 12, &h[s].count);
            back[2 - s].stretches = stretches_merge(a, turned[s], 12, &back[2 - s].count);
        }
        struct window_limits limits = WINDOW_LIMITS_DEFAULT;
        struct window_outcome one = window_evaluate(year, h, 3, &limits), two = window_evaluate(year, back, 3, &limits);
        ck_assert_int_eq(one.conclusion, two.conclusion);
        ck_assert_int_eq(one.pass_ms, two.pass_ms);
        ck_assert_int_eq(one.unknown_ms, two.unknown_ms);
        ck_assert_int_eq(one.deviations, two.deviations);
        /* Turn some passes into unknown: coverage and pass time may only fall, and no conclusion gets better. */
        for (size_t s = 0; s < 3; s++)
            for (size_t i = 0; i < h[s].count; i++)
                if (h[s].stretches[i].status == RESULT_PASS && test_random(&seed) % 3 == 0) {
                    struct stretch *copy = arena_array(a, h[s].count, sizeof *copy);
                    memcpy(copy, h[s].stretches, h[s].count * sizeof *copy);
                    copy[i].status = RESULT_UNKNOWN;
                    h[s].stretches = copy;
                }
        struct window_outcome dimmed = window_evaluate(year, h, 3, &limits);
        ck_assert_int_le(dimmed.pass_ms, one.pass_ms);
        ck_assert(dimmed.coverage <= one.coverage + 1e-9);
        ck_assert(one.conclusion == CONCLUSION_NOT_OPERATING || dimmed.conclusion >= one.conclusion);
        arena_free(a);
    }
}
END_TEST

START_TEST(what_was_observed_does_not_hold_over_a_gap)
{
    struct arena *a = arena_new("cut", 1 << 20);
    const struct stretch seen[] = {{0, 10, RESULT_PASS}, {10, 20, RESULT_FAIL}, {20, 30, RESULT_SKIP}, {40, 50, RESULT_PASS}};
    const struct interval gaps[] = {{5, 12}, {14, 16}, {22, 24}, {28, 45}, {49, INT64_MAX}};
    const struct stretch expected[] = {{0, 5, RESULT_PASS},      {5, 12, RESULT_UNKNOWN}, {12, 14, RESULT_FAIL}, {14, 16, RESULT_UNKNOWN},
                                       {16, 20, RESULT_FAIL},    {20, 30, RESULT_SKIP},   {40, 45, RESULT_UNKNOWN}, {45, 49, RESULT_PASS},
                                       {49, 50, RESULT_UNKNOWN}};
    size_t count;
    struct stretch *cut = stretches_cut(a, seen, 4, gaps, 5, &count);
    ck_assert_uint_eq(count, sizeof(expected) / sizeof(expected[0]));
    for (size_t i = 0; i < count; i++)
        ck_assert(cut[i].from_ms == expected[i].from_ms && cut[i].to_ms == expected[i].to_ms && cut[i].status == expected[i].status);
    cut = stretches_cut(a, seen, 4, gaps, 0, &count);
    ck_assert_uint_eq(count, 4);
    arena_free(a);
}
END_TEST

TEST_MAIN("window", a_failure_of_three_days_that_was_fixed_is_a_deviation, seventeen_days_without_data_block_a_conclusion,
          alternate_evidence_closes_the_gap, a_failure_that_is_never_fixed_is_not_operating,
          one_weak_subject_is_not_averaged_away, a_subject_that_came_late_makes_a_partial_period,
          nothing_observed_is_insufficient_and_never_a_pass, merging_takes_the_worst_at_each_instant, merged_is_the_worst_of_all_parts_at_every_instant,
          order_never_matters_and_unknown_is_never_pass, what_was_observed_does_not_hold_over_a_gap)
