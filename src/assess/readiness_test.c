#include "assess/readiness.h"

#include "base/test.h"
#include "base/times.h"

static const int64_t now = 400 * MS_DAY;

static struct control_facts config_ok(void)
{
    return (struct control_facts){.model = MODEL_CONFIG_STATE,
                                  .at_ms = now,
                                  .tests_mapped = 2,
                                  .tests = {{[RESULT_PASS] = 2}},
                                  .has_recent_pass = true,
                                  .ok_since_ms = now - MS_HOUR,
                                  .max_staleness_ms = 3 * MS_DAY,
                                  .cadence_ms = MS_DAY,
                                  .window_asked = {now - 90 * MS_DAY, now}};
}

static void give_full_window(struct control_facts *f)
{
    f->ok_since_ms = now - 100 * MS_DAY;
    f->window = (struct window_outcome){
        .conclusion = CONCLUSION_OPERATED, .coverage = 1, .in_force = f->window_asked, .pass_ms = 90 * MS_DAY};
}

START_TEST(a_control_without_anything_scores_nothing_and_is_not_started)
{
    struct control_facts f = {.model = MODEL_CONFIG_STATE, .at_ms = now};
    ck_assert_int_eq(control_live_state(&f), LIVE_NOT_STARTED);
    ck_assert_double_eq_tol(control_score(&f).value, 0, 1e-9);
    f.model = MODEL_PERIODIC;
    ck_assert_int_eq(control_live_state(&f), LIVE_NOT_STARTED);
}
END_TEST

START_TEST(a_setting_climbs_from_implemented_over_a_cycle_to_a_full_window)
{
    struct control_facts f = config_ok();
    ck_assert_int_eq(control_live_state(&f), LIVE_OK);
    ck_assert_double_eq_tol(control_score(&f).value, 0.5, 1e-9);
    f.ok_since_ms = now - MS_DAY;
    ck_assert_double_eq_tol(control_score(&f).value, 0.75, 1e-9);
    give_full_window(&f);
    ck_assert_double_eq_tol(control_score(&f).value, 1.0, 1e-9);
    f.has_high_finding = true;
    ck_assert_double_eq_tol(control_score(&f).value, 0.5, 1e-9);
}
END_TEST

START_TEST(a_failing_test_caps_whatever_was_reached)
{
    struct control_facts f = config_ok();
    give_full_window(&f);
    f.tests.of[RESULT_FAIL] = 1;
    ck_assert_int_eq(control_live_state(&f), LIVE_FAILING);
    ck_assert_double_eq_tol(control_score(&f).value, 0.25, 1e-9);
}
END_TEST

START_TEST(a_stale_subject_makes_the_control_stale)
{
    struct control_facts f = config_ok();
    give_full_window(&f);
    f.tests.of[RESULT_PASS] = 1;
    f.tests_stale = 1;
    ck_assert_int_eq(control_live_state(&f), LIVE_STALE);
    ck_assert_double_eq_tol(control_score(&f).value, 0.5, 1e-9);
}
END_TEST

START_TEST(tests_that_pass_support_a_review_and_never_pass_for_it)
{
    struct control_facts f = config_ok();
    f.model = MODEL_PERIODIC;
    give_full_window(&f);
    ck_assert_int_eq(control_live_state(&f), LIVE_NOT_STARTED);
    ck_assert_double_eq_tol(control_score(&f).value, 0.25, 1e-9);
    f.tests.of[RESULT_FAIL] = 1;
    ck_assert_int_eq(control_live_state(&f), LIVE_FAILING);
}
END_TEST

START_TEST(a_review_is_ok_then_due_soon_then_overdue)
{
    struct control_facts f = {.model = MODEL_PERIODIC,
                              .at_ms = now,
                              .occurrences_valid = 1,
                              .last_occurrence_ms = now - 30 * MS_DAY,
                              .cadence_ms = 91 * MS_DAY};
    f.next_due_ms = now + 60 * MS_DAY;
    ck_assert_int_eq(control_live_state(&f), LIVE_OK);
    ck_assert_double_eq_tol(control_score(&f).value, 0.75, 1e-9);
    f.next_due_ms = now + 5 * MS_DAY;
    ck_assert_int_eq(control_live_state(&f), LIVE_DUE_SOON);
    f.next_due_ms = now - 1;
    ck_assert_int_eq(control_live_state(&f), LIVE_OVERDUE);
    ck_assert_double_eq_tol(control_score(&f).value, 0.5, 1e-9);
    f.last_occurrence_ms = now - 200 * MS_DAY;
    f.next_due_ms = now + 60 * MS_DAY;
    ck_assert_double_eq_tol(control_score(&f).value, 0.5, 1e-9); /* older than 1.5 cycles */
}
END_TEST

START_TEST(a_claim_without_evidence_stays_a_claim)
{
    struct control_facts f = {.model = MODEL_DOCUMENT, .at_ms = now, .is_claimed = true};
    ck_assert_double_eq_tol(control_score(&f).value, 0.25, 1e-9);
}
END_TEST

START_TEST(one_weak_criterion_caps_readiness) /* SC-52 */
{
    static const double a[] = {1, 0.75, 1}, b[] = {0.25, 0.75}, c[] = {1, 1};
    double s[] = {criterion_score(a, 3, 0).value, criterion_score(b, 2, 0).value, criterion_score(c, 2, 0).value};
    ck_assert_double_eq_tol(s[0], 0.8333, 1e-4);
    ck_assert_double_eq_tol(s[1], 0.375, 1e-9);
    ck_assert_double_eq_tol(s[2], 1, 1e-9);
    struct readiness r = readiness_evaluate(s, 3, 0);
    ck_assert_int_eq(r.score, 63);
    ck_assert_int_eq(r.band, BAND_NOT_READY);
    ck_assert_uint_eq(r.worst_count, 3);
    ck_assert_uint_eq(r.worst[0], 1);
    ck_assert_uint_eq(r.worst[1], 0);
    ck_assert_uint_eq(r.worst[2], 2);
}
END_TEST

START_TEST(bands_need_every_criterion_and_no_blocker) /* SC-53 in kind */
{
    static const double fine[] = {0.75, 1, 0.8}, risky[] = {0.5, 1};
    ck_assert_int_eq(readiness_evaluate(fine, 3, 0).band, BAND_READY);
    ck_assert_int_eq(readiness_evaluate(fine, 3, 1).band, BAND_AT_RISK);
    ck_assert_int_eq(readiness_evaluate(risky, 2, 0).band, BAND_AT_RISK);
    ck_assert_int_eq(readiness_evaluate(NULL, 0, 0).score, 0);
    static const double one[] = {1};
    ck_assert(criterion_score(one, 1, 1).is_capped_by_topics);
    ck_assert_double_eq_tol(criterion_score(one, 1, 1).value, 0.4, 1e-9);
    ck_assert_double_eq_tol(criterion_score(NULL, 0, 0).value, 0, 1e-9);
}
END_TEST

START_TEST(criterion_rollup_follows_its_precedence) /* SC-36, SC-38, SC-39 */
{
    struct control_conclusion compensated[] = {{ROLE_KEY, CONCLUSION_OPERATED, false, 0},
                                               {ROLE_KEY, CONCLUSION_NOT_OPERATING, false, 0},
                                               {ROLE_COMPENSATING, CONCLUSION_OPERATED, false, 1}};
    ck_assert_int_eq(criterion_evaluate(compensated, 3), CRITERION_MET_WITH_EXCEPTIONS);
    ck_assert_int_eq(criterion_evaluate(compensated, 2), CRITERION_NOT_MET_SIGNAL);
    struct control_conclusion gap[] = {{ROLE_KEY, CONCLUSION_OPERATED, false, 0}, {ROLE_KEY, CONCLUSION_OPERATED, true, 0}};
    ck_assert_int_eq(criterion_evaluate(gap, 2), CRITERION_PERIOD_GAP);
    struct control_conclusion silent[] = {{ROLE_KEY, CONCLUSION_NO_OCCURRENCE, false, 0}};
    ck_assert_int_eq(criterion_evaluate(silent, 1), CRITERION_DESIGN_ONLY);
    ck_assert_int_eq(criterion_evaluate(NULL, 0), CRITERION_DESIGN_ONLY);
    ck_assert_int_eq(criterion_evaluate(gap, 1), CRITERION_MET);
}
END_TEST

/* Losing knowledge never raises a score, and no score comes from nothing. */
START_TEST(absence_never_raises_a_score)
{
    uint64_t seed = 3;
    for (int i = 0; i < 2000; i++) {
        struct control_facts f = config_ok();
        if (test_random(&seed) % 2)
            give_full_window(&f);
        f.model = test_random(&seed) % 3 ? MODEL_CONFIG_STATE : MODEL_EVENT_SLA;
        f.tests = (struct result_counts){
            {[RESULT_PASS] = (int64_t)(test_random(&seed) % 4), [RESULT_UNKNOWN] = (int64_t)(test_random(&seed) % 2)}};
        f.has_recent_pass = f.tests.of[RESULT_PASS] > 0;
        double before = control_score(&f).value;
        if (f.tests.of[RESULT_PASS] > 0) {
            f.tests.of[RESULT_PASS]--;
            f.tests.of[RESULT_UNKNOWN]++;
            f.ok_since_ms = 0;
            f.has_recent_pass = f.tests.of[RESULT_PASS] > 0;
            ck_assert(control_score(&f).value <= before);
        }
        f.tests.of[RESULT_PASS] = 0;
        f.has_recent_pass = false;
        ck_assert(control_score(&f).value <= 0.0 + 1e-9);
    }
}
END_TEST

static const int rank[] = {[CONCLUSION_OPERATED] = 0, [CONCLUSION_NO_OCCURRENCE] = 1, [CONCLUSION_OPERATED_WITH_DEVIATIONS] = 2,
                           [CONCLUSION_INSUFFICIENT_EVIDENCE] = 3, [CONCLUSION_NOT_OPERATING] = 4};

START_TEST(one_more_missed_performance_never_betters_the_conclusion)
{
    uint64_t seed = 4;
    for (int round = 0; round < 20000; round++) {
        struct performances p = {.expected = (int64_t)(test_random(&seed) % 60)};
        p.missed = p.expected ? (int64_t)(test_random(&seed) % (uint64_t)(p.expected + 1)) : 0;
        p.late = p.expected > p.missed ? (int64_t)(test_random(&seed) % (uint64_t)(p.expected - p.missed + 1)) : 0;
        int64_t rest = p.expected - p.missed - p.late;
        p.unevidenced = rest > 0 ? (int64_t)(test_random(&seed) % (uint64_t)(rest + 1)) : 0;
        enum conclusion before = performances_conclude(&p);
        ck_assert(before != CONCLUSION_OPERATED || (p.missed == 0 && p.late == 0 && p.unevidenced == 0));
        if (p.expected == 0 || p.missed == p.expected)
            continue;
        struct performances worse = p;
        worse.missed++;
        if (worse.unevidenced > 0 && rest == p.unevidenced) /* it was one that was only said to be done */
            worse.unevidenced--;
        ck_assert_int_ge(rank[performances_conclude(&worse)], p.unevidenced == worse.unevidenced ? rank[before] : 2);
    }
}
END_TEST

START_TEST(compensation_never_worsens_a_criterion_and_needs_one_that_operated_all_the_time)
{
    uint64_t seed = 5;
    for (int round = 0; round < 20000; round++) {
        struct control_conclusion all[6];
        size_t keys = 1 + test_random(&seed) % 5;
        for (size_t i = 0; i < keys; i++)
            all[i] = (struct control_conclusion){ROLE_KEY, (enum conclusion)(test_random(&seed) % 5), test_random(&seed) % 4 == 0, 0};
        enum criterion_status before = criterion_evaluate(all, keys);
        all[keys] = (struct control_conclusion){ROLE_COMPENSATING, (enum conclusion)(test_random(&seed) % 5), test_random(&seed) % 4 == 0, test_random(&seed) % keys};
        enum criterion_status after = criterion_evaluate(all, keys + 1);
        bool is_good = all[keys].conclusion == CONCLUSION_OPERATED || all[keys].conclusion == CONCLUSION_OPERATED_WITH_DEVIATIONS;
        if (!is_good || all[keys].is_partial_period)
            ck_assert_int_eq(after, before);
        else
            ck_assert(after >= before || after == CRITERION_DESIGN_ONLY || after == CRITERION_MET_WITH_EXCEPTIONS);
        ck_assert(after != CRITERION_MET || before == CRITERION_MET); /* what was made up for is an exception */
    }
}
END_TEST

START_TEST(a_design_needs_all_of_its_attributes)
{
    for (unsigned bits = 0; bits < 32; bits++) {
        struct control_design d = {bits & 1, bits & 2, bits & 4, bits & 8, bits & 16, DESIGN_DEFICIENT};
        control_design_judge(&d);
        ck_assert_int_eq(d.result, (bits & 15) != 15 ? DESIGN_DEFICIENT : bits & 16 ? DESIGN_IMPLEMENTED : DESIGN_NOT_IMPLEMENTED);
    }
}
END_TEST

TEST_MAIN("readiness", one_more_missed_performance_never_betters_the_conclusion,
          compensation_never_worsens_a_criterion_and_needs_one_that_operated_all_the_time, a_design_needs_all_of_its_attributes, a_control_without_anything_scores_nothing_and_is_not_started,
          a_setting_climbs_from_implemented_over_a_cycle_to_a_full_window, a_failing_test_caps_whatever_was_reached,
          a_stale_subject_makes_the_control_stale, tests_that_pass_support_a_review_and_never_pass_for_it,
          a_review_is_ok_then_due_soon_then_overdue, a_claim_without_evidence_stays_a_claim, one_weak_criterion_caps_readiness,
          bands_need_every_criterion_and_no_blocker, criterion_rollup_follows_its_precedence, absence_never_raises_a_score)
