#include "assess/risk.h"

#include "base/test.h"

/* A control by its effect and state in one word. */
static struct risk_control control(int l, int i, enum live_state live)
{
    return (struct risk_control){.likelihood = l, .impact = i, .live = live};
}

struct worked {
    struct risk_level inherent;
    size_t count;
    struct risk_control controls[5];
    struct risk_level residual;
    const char *why;
};

#define C(l, i, s) {.likelihood = l, .impact = i, .live = LIVE_##s}
static const struct worked worked[] = {
    {{4, 4}, 0, {{0}}, {4, 4}, "no control: what it is without them"},
    {{4, 4}, 1, {C(1, 0, OK)}, {3, 4}, "one step"},
    {{4, 4}, 1, {C(2, 0, OK)}, {2, 4}, "two steps at full effect"},
    {{4, 4}, 1, {C(2, 0, STALE)}, {3, 4}, "two steps by half are one"},
    {{4, 4}, 1, {C(1, 0, UNKNOWN)}, {4, 4}, "half a step is none"},
    {{4, 4}, 2, {C(1, 0, UNKNOWN), C(1, 0, DUE_SOON)}, {3, 4}, "two halves are one step"},
    {{4, 4}, 3, {C(1, 0, OK), C(1, 0, OVERDUE), C(0, 1, OK)}, {3, 3}, "1.5 steps are one"},
    {{4, 4}, 2, {C(2, 2, FAILING), C(1, 1, OK)}, {3, 3}, "a failing control counts for nothing"},
    {{5, 5}, 3, {C(2, 0, OK), C(2, 0, OK), C(2, 0, OK)}, {2, 5}, "likelihood falls by three at most"},
    {{5, 5}, 3, {C(0, 2, OK), C(0, 2, OK), C(0, 2, OK)}, {5, 3}, "impact falls by two at most"},
    {{2, 1}, 2, {C(2, 2, OK), C(2, 2, OK)}, {1, 1}, "nothing falls below one"},
    {{3, 5}, 4, {C(1, 0, NOT_STARTED), C(1, 0, NOT_STARTED), C(1, 1, NOT_IN_FORCE), C(0, 1, NOT_STARTED)}, {2, 4}, "what has not begun counts by half"},
    {{0, 4}, 1, {C(2, 2, OK)}, {0, 2}, "without a likelihood there is none afterwards"},
};

START_TEST(worked_cases_come_out_as_written)
{
    for (size_t i = 0; i < sizeof worked / sizeof worked[0]; i++) {
        const struct worked *w = &worked[i];
        struct risk_level r = risk_residual(w->inherent, w->controls, w->count).level;
        ck_assert_msg(r.likelihood == w->residual.likelihood && r.impact == w->residual.impact, "%s: %d × %d", w->why, r.likelihood, r.impact);
    }
}
END_TEST

START_TEST(what_did_not_operate_counts_for_nothing_even_if_it_is_fine_now)
{
    struct risk_control c = control(2, 0, LIVE_OK);
    c.is_not_operating = true;
    ck_assert_int_eq(risk_effect_halves(&c), 0);
    c = control(2, 0, LIVE_OK);
    c.is_gone = true;
    ck_assert_int_eq(risk_effect_halves(&c), 0);
}
END_TEST

START_TEST(bands_begin_and_end_where_the_scale_says)
{
    static const struct {
        int score;
        const char *band, *sp800;
    } cases[] = {{1, "low", "very low"},   {2, "low", "low"},          {4, "low", "low"},       {5, "moderate", "low"},    {6, "moderate", "moderate"}, {9, "moderate", "moderate"},
                 {10, "high", "moderate"}, {12, "high", "moderate"},   {15, "very_high", "moderate"}, {16, "very_high", "moderate"}, {20, "very_high", "high"},   {25, "very_high", "very high"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_str_eq(risk_band_name(risk_band_of(cases[i].score)), cases[i].band);
        ck_assert_str_eq(risk_sp800_band(cases[i].score), cases[i].sp800);
    }
    ck_assert_int_eq(risk_band_of(0), RISK_BAND_NONE);
}
END_TEST

START_TEST(the_appetite_is_the_records_own_else_stricter_for_what_is_sensitive)
{
    struct risk_policy p = RISK_POLICY_DEFAULT;
    ck_assert_int_eq(risk_appetite(&p, RISK_BAND_NONE, false), RISK_BAND_MODERATE);
    ck_assert_int_eq(risk_appetite(&p, RISK_BAND_NONE, true), RISK_BAND_LOW);
    ck_assert_int_eq(risk_appetite(&p, RISK_BAND_HIGH, true), RISK_BAND_HIGH);
}
END_TEST

START_TEST(above_the_appetite_only_treatment_or_an_acceptance_up_to_that_level_covers)
{
    struct risk_cover none = {0}, treated = {.is_treated = true}, accepted = {.is_accepted = true, .accepted_score = 12};
    struct risk_level high = {3, 4}, higher = {4, 4}, low = {2, 2};
    ck_assert_int_eq(risk_need(low, RISK_BAND_LOW, &none), RISK_NEED_NOTHING);
    ck_assert_int_eq(risk_need(high, RISK_BAND_MODERATE, &none), RISK_NEED_TREATMENT);
    ck_assert_int_eq(risk_need(high, RISK_BAND_HIGH, &none), RISK_NEED_NOTHING);
    ck_assert_int_eq(risk_need(high, RISK_BAND_MODERATE, &treated), RISK_NEED_COVERED);
    ck_assert_int_eq(risk_need(high, RISK_BAND_MODERATE, &accepted), RISK_NEED_COVERED);
    ck_assert_int_eq(risk_need(higher, RISK_BAND_MODERATE, &accepted), RISK_NEED_TREATMENT);
    ck_assert_int_eq(risk_need((struct risk_level){0, 3}, RISK_BAND_MODERATE, &treated), RISK_NEED_VALUES);
}
END_TEST

/* ---- properties ---- */

enum { CASES = 20000, CONTROLS_MAX = 8 };

static size_t any_controls(uint64_t *seed, struct risk_control *ret)
{
    size_t count = test_random(seed) % (CONTROLS_MAX + 1);
    for (size_t i = 0; i < count; i++)
        ret[i] = (struct risk_control){.likelihood = (int)(test_random(seed) % 3),
                                       .impact = (int)(test_random(seed) % 3),
                                       .live = (enum live_state)(test_random(seed) % LIVE_STATES),
                                       .is_not_operating = test_random(seed) % 8 == 0,
                                       .is_gone = test_random(seed) % 16 == 0};
    return count;
}

static struct risk_level any_level(uint64_t *seed)
{
    return (struct risk_level){(int)(test_random(seed) % 5) + 1, (int)(test_random(seed) % 5) + 1};
}

START_TEST(what_remains_is_at_least_one_and_at_most_what_was_and_falls_by_the_caps_at_most)
{
    uint64_t seed = 1;
    struct risk_control c[CONTROLS_MAX];
    for (int n = 0; n < CASES; n++) {
        struct risk_level inherent = any_level(&seed);
        struct risk_level r = risk_residual(inherent, c, any_controls(&seed, c)).level;
        ck_assert(r.likelihood >= 1 && r.likelihood <= inherent.likelihood && inherent.likelihood - r.likelihood <= RISK_STEPS_L_MAX);
        ck_assert(r.impact >= 1 && r.impact <= inherent.impact && inherent.impact - r.impact <= RISK_STEPS_I_MAX);
        ck_assert(risk_band_of(risk_score(r)) <= risk_band_of(risk_score(inherent)));
    }
}
END_TEST

/* Worse: OK before all others, FAILING after them; not operating or gone is as bad as failing. */
static void make_worse(uint64_t *seed, struct risk_control *c)
{
    switch (test_random(seed) % 4) {
    case 0:
        c->live = LIVE_FAILING;
        break;
    case 1:
        c->is_not_operating = true;
        break;
    case 2:
        c->is_gone = true;
        break;
    default:
        if (c->live == LIVE_OK) /* what is unknown is no better than what is fine */
            c->live = (enum live_state)(LIVE_STALE + (int)(test_random(seed) % (LIVE_STATES - LIVE_STALE)));
    }
}

START_TEST(a_control_that_gets_worse_or_unknown_never_makes_a_risk_smaller)
{
    uint64_t seed = 2;
    struct risk_control c[CONTROLS_MAX];
    for (int n = 0; n < CASES; n++) {
        struct risk_level inherent = any_level(&seed);
        size_t count = any_controls(&seed, c);
        struct risk_level before = risk_residual(inherent, c, count).level;
        for (size_t i = 0; i < count; i++)
            if (test_random(&seed) % 2)
                make_worse(&seed, &c[i]);
        struct risk_level after = risk_residual(inherent, c, count).level;
        ck_assert(after.likelihood >= before.likelihood && after.impact >= before.impact);
        ck_assert_int_ge(risk_score(after), risk_score(before));
    }
}
END_TEST

START_TEST(another_control_or_a_stronger_one_never_makes_a_risk_larger)
{
    uint64_t seed = 3;
    struct risk_control c[CONTROLS_MAX + 1];
    for (int n = 0; n < CASES; n++) {
        struct risk_level inherent = any_level(&seed);
        size_t count = any_controls(&seed, c);
        struct risk_level before = risk_residual(inherent, c, count).level;
        c[count] = control((int)(test_random(&seed) % 3), (int)(test_random(&seed) % 3), (enum live_state)(test_random(&seed) % LIVE_STATES));
        struct risk_level after = risk_residual(inherent, c, count + 1).level;
        ck_assert(after.likelihood <= before.likelihood && after.impact <= before.impact);
        for (size_t i = 0; i < count; i++) /* a worse beginning never ends better, with the same controls */
            ck_assert(risk_residual((struct risk_level){5, 5}, c, count).level.likelihood >= before.likelihood);
    }
}
END_TEST

START_TEST(a_stricter_appetite_or_less_cover_never_lets_more_stay)
{
    uint64_t seed = 4;
    for (int n = 0; n < CASES; n++) {
        struct risk_level r = any_level(&seed);
        struct risk_cover cover = {test_random(&seed) % 2, test_random(&seed) % 2, (int)(test_random(&seed) % 26)}, none = {0};
        enum risk_band a = (enum risk_band)(1 + test_random(&seed) % 4), stricter = (enum risk_band)(1 + test_random(&seed) % (uint64_t)a);
        ck_assert_int_ge(risk_need(r, stricter, &cover), risk_need(r, a, &cover));
        ck_assert_int_ge(risk_need(r, a, &none), risk_need(r, a, &cover));
    }
}
END_TEST

TEST_MAIN("risk", worked_cases_come_out_as_written, what_did_not_operate_counts_for_nothing_even_if_it_is_fine_now, bands_begin_and_end_where_the_scale_says,
          the_appetite_is_the_records_own_else_stricter_for_what_is_sensitive, above_the_appetite_only_treatment_or_an_acceptance_up_to_that_level_covers,
          what_remains_is_at_least_one_and_at_most_what_was_and_falls_by_the_caps_at_most, a_control_that_gets_worse_or_unknown_never_makes_a_risk_smaller,
          another_control_or_a_stronger_one_never_makes_a_risk_larger, a_stricter_appetite_or_less_cover_never_lets_more_stay)
