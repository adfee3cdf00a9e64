/* Limits against published values; and what must hold for any input: order changes nothing, splitting changes nothing, unknown never helps, looking
 * later never takes a hard deviation back. */
#include "assess/evaluate.h"
#include "assess/sampling.h"
#include "base/test.h"

#include <math.h>

enum { ROUNDS = 500 };
static uint64_t state = 42;

static uint64_t below(uint64_t n)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % n;
}

static struct evaluation_limits LIMITS;
static const struct calendar NO_HOLIDAYS = {0};
static const struct days YEAR = {20089, 20453}; /* 2025 */

START_TEST(upper_limits_are_the_published_ones)
{
    static const struct {
        int64_t n, d;
        double percent;
    } KNOWN[] = {{25, 1, 14.7}, {38, 1, 9.9}, {40, 1, 9.4}, {40, 2, 12.8}, {60, 1, 6.3}, {60, 2, 8.6}};
    for (size_t i = 0; i < sizeof(KNOWN) / sizeof(KNOWN[0]); i++)
        ck_assert(fabs(100 * rate_upper_limit(KNOWN[i].n, KNOWN[i].d, 0.9) - KNOWN[i].percent) < 0.06);
    static const int64_t NEEDED[] = {22, 38, 52, 65};
    for (int64_t d = 0; d < 4; d++)
        ck_assert_int_eq(rate_sample_needed(d, 0.9, 0.1, 1000), NEEDED[d]);
}
END_TEST

START_TEST(attribute_samples_of_large_populations_are_the_tabled_ones)
{
    static const struct {
        const char *profile;
        int64_t size;
    } KNOWN[] = {{"attribute_90_10", 22}, {"attribute_90_5", 45}, {"attribute_95_10", 29}, {"attribute_95_5", 59}};
    struct err e = {0};
    for (size_t i = 0; i < sizeof(KNOWN) / sizeof(KNOWN[0]); i++) {
        struct sample_plan p = {.profile = str_of(KNOWN[i].profile), .population = 1000000};
        int64_t size;
        ck_assert_msg(sample_size(&p, &size, &e), "%s", e.text);
        ck_assert_int_eq(size, KNOWN[i].size);
    }
}
END_TEST

START_TEST(a_sample_is_never_larger_than_its_population)
{
    static const char *const PROFILES[] = {"frequency_table", "ten_percent", "full", "attribute_90_10", "attribute_95_5"};
    struct err e = {0};
    for (int i = 0; i < ROUNDS; i++) {
        struct sample_plan p = {.profile = str_of(PROFILES[below(5)]), .population = (int64_t)below(500), .risk = (enum sample_risk)below(3), .deviations = (int64_t)below(4)};
        int64_t size;
        ck_assert_msg(sample_size(&p, &size, &e), "%s", e.text);
        ck_assert(size >= 0 && size <= p.population);
    }
}
END_TEST

/* ---- recurring ---- */

enum { TRIES = 14 };
struct history {
    struct performance p[TRIES];
    struct recurring_entity entity;
    struct recurring r;
};

static void history_make(struct history *h)
{
    static const enum cadence CADENCES[] = {CADENCE_WEEKLY, CADENCE_MONTHLY, CADENCE_QUARTERLY, CADENCE_SEMIANNUAL, CADENCE_ANNUAL};
    enum cadence c = CADENCES[below(5)];
    h->entity = (struct recurring_entity){.scope = {INT64_MIN, INT64_MAX}, .last_performed = below(2) ? YEAR.first - (int64_t)below(500) : DAY_NONE};
    h->r = (struct recurring){.cadence = c, .grace_days = cadence_grace_days(c), .entities = &h->entity, .entity_count = 1, .performances = h->p, .cutoff_ms = MS_NEVER};
    h->r.performance_count = below(TRIES);
    for (size_t i = 0; i < h->r.performance_count; i++) {
        int64_t day = YEAR.first - 40 + (int64_t)below(480), late = (int64_t)below(60);
        h->p[i] = (struct performance){0, cadence_period(c, day).last, (day + late) * MS_DAY, below(8) > 0, below(8) > 0};
    }
}

START_TEST(the_order_of_performances_is_irrelevant)
{
    for (int i = 0; i < ROUNDS; i++) {
        struct history h;
        history_make(&h);
        struct evaluation before = recurring_evaluate(&h.r, YEAR, (YEAR.last + 60) * MS_DAY, &LIMITS);
        for (size_t k = h.r.performance_count; k > 1; k--) {
            size_t other = below(k);
            struct performance p = h.p[k - 1];
            h.p[k - 1] = h.p[other];
            h.p[other] = p;
        }
        struct evaluation after = recurring_evaluate(&h.r, YEAR, (YEAR.last + 60) * MS_DAY, &LIMITS);
        ck_assert_int_eq(before.conclusion, after.conclusion);
        ck_assert_int_eq(before.deviations, after.deviations);
    }
}
END_TEST

START_TEST(missing_evidence_never_improves_a_conclusion)
{
    for (int i = 0; i < ROUNDS; i++) {
        struct history h;
        history_make(&h);
        if (h.r.performance_count == 0 || h.r.cadence == CADENCE_ANNUAL)
            continue;
        struct evaluation before = recurring_evaluate(&h.r, YEAR, (YEAR.last + 60) * MS_DAY, &LIMITS);
        h.p[below(h.r.performance_count)].is_evidenced = false;
        struct evaluation after = recurring_evaluate(&h.r, YEAR, (YEAR.last + 60) * MS_DAY, &LIMITS);
        ck_assert(after.conclusion >= before.conclusion || before.conclusion == CONCLUSION_NOT_OPERATING);
        ck_assert(after.outcomes[OUTCOME_ON_TIME] <= before.outcomes[OUTCOME_ON_TIME]);
    }
}
END_TEST

START_TEST(looking_later_never_takes_a_missed_performance_back_without_a_performance)
{
    for (int i = 0; i < ROUNDS; i++) {
        struct history h;
        history_make(&h);
        h.r.performance_count = 0;
        int64_t last = -1;
        for (int64_t at = YEAR.first; at < YEAR.last + 400; at += 11) {
            struct evaluation e = recurring_evaluate(&h.r, YEAR, at * MS_DAY, &LIMITS);
            ck_assert(e.hard >= last);
            last = e.hard;
        }
    }
}
END_TEST

/* ---- events ---- */

START_TEST(an_overdue_event_stays_a_deviation)
{
    for (int i = 0; i < ROUNDS; i++) {
        static const char *const SLAS[] = {"PT72H", "P30D", "P1BD", "P5BD"};
        struct event x = {.trigger_ms = (YEAR.first + (int64_t)below(365)) * MS_DAY,
                          .is_trigger_date = true,
                          .completed_ms = MS_NEVER,
                          .extended_dated_ms = MS_NEVER,
                          .extended_to_ms = MS_NEVER,
                          .accepted_ms = MS_NEVER,
                          .used_ms = MS_NEVER};
        ck_assert(sla_read(str_of(SLAS[below(4)]), &x.sla));
        x.completed_ms = below(2) ? x.trigger_ms + (int64_t)below(60) * MS_DAY : MS_NEVER;
        bool was_late = false;
        for (int64_t at = YEAR.first; at < YEAR.last + 100; at += 3) {
            struct evaluation e = events_evaluate(&x, 1, &NO_HOLIDAYS, YEAR, at * MS_DAY, &LIMITS);
            ck_assert(!was_late || e.deviations == 1);
            was_late = e.deviations == 1;
        }
    }
}
END_TEST

START_TEST(a_business_day_deadline_skips_weekends_and_holidays)
{
    static const int64_t LABOUR_DAY[] = {20332}; /* Monday 2025-09-01 */
    struct calendar c = {LABOUR_DAY, 1};
    struct event friday = {.trigger_ms = 20329 * MS_DAY, .is_trigger_date = true};
    ck_assert(sla_read(STR("P1BD"), &friday.sla));
    ck_assert_int_eq(event_deadline(&c, &friday), 20334 * MS_DAY); /* the end of Tuesday */
}
END_TEST

START_TEST(what_is_no_duration_is_refused)
{
    static const char *const BAD[] = {"", "P", "1D", "PBD", "P-1BD", "P1.5BD", "PT", "P1Y", "P99999BD", "tomorrow"};
    struct sla sla;
    for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++)
        ck_assert_msg(!sla_read(str_of(BAD[i]), &sla), "%s", BAD[i]);
}
END_TEST

/* ---- documents ---- */

START_TEST(splitting_a_documents_life_into_versions_changes_nothing)
{
    for (int i = 0; i < ROUNDS; i++) {
        int64_t approved = YEAR.first - (int64_t)below(500), reviewed = approved + (int64_t)below(500);
        struct document_version whole = {.approved = approved, .reviewed = &reviewed, .review_count = 1, .withdrawn = DAY_NONE};
        struct document_version parts[] = {{.approved = approved, .withdrawn = DAY_NONE}, {.approved = reviewed, .withdrawn = DAY_NONE}};
        struct evaluation one = document_evaluate(&whole, 1, YEAR, (YEAR.last + 1) * MS_DAY, &LIMITS);
        struct evaluation two = document_evaluate(parts, 2, YEAR, (YEAR.last + 1) * MS_DAY, &LIMITS);
        ck_assert_int_eq(one.uncovered_days, two.uncovered_days);
        ck_assert_int_eq(one.conclusion, two.conclusion);
    }
}
END_TEST

START_TEST(a_population_not_shown_complete_lets_nothing_better_stand)
{
    for (int c = CONCLUSION_OPERATED; c <= CONCLUSION_NOT_OPERATING; c++) {
        struct evaluation e = {.conclusion = (enum conclusion)c};
        evaluation_population(&e, false);
        ck_assert(e.conclusion >= CONCLUSION_INSUFFICIENT_EVIDENCE && (e.flags & FLAG_POPULATION_NOT_COMPLETE));
    }
}
END_TEST

int main(void)
{
    LIMITS = EVALUATION_LIMITS_DEFAULT;
    Suite *s = suite_create("evaluate");
    TCase *c = tcase_create("evaluate");
    tcase_add_test(c, upper_limits_are_the_published_ones);
    tcase_add_test(c, attribute_samples_of_large_populations_are_the_tabled_ones);
    tcase_add_test(c, a_sample_is_never_larger_than_its_population);
    tcase_add_test(c, the_order_of_performances_is_irrelevant);
    tcase_add_test(c, missing_evidence_never_improves_a_conclusion);
    tcase_add_test(c, looking_later_never_takes_a_missed_performance_back_without_a_performance);
    tcase_add_test(c, an_overdue_event_stays_a_deviation);
    tcase_add_test(c, a_business_day_deadline_skips_weekends_and_holidays);
    tcase_add_test(c, what_is_no_duration_is_refused);
    tcase_add_test(c, splitting_a_documents_life_into_versions_changes_nothing);
    tcase_add_test(c, a_population_not_shown_complete_lets_nothing_better_stand);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
