#include "assess/assessment.h"

#include "assess/test_records.h"
#include "base/times.h"

static const int64_t NOW = INT64_C(1795305600000); /* 2026-11-22 */

static struct program *load(int64_t limit)
{
    struct program *p = program_load(db, a, limit, &e);
    ck_assert_msg(p, "%s", e.text);
    return p;
}
static struct assessment *assess(void)
{
    struct assessment *as = assessment_load(db, a, NOW, leaf, &e);
    ck_assert_msg(as, "%s", e.text);
    return as;
}
static const struct control_state *control(const struct assessment *as, const char *id)
{
    return &as->controls[assessment_control_index(str_of(id))];
}
static bool has_blocker(const struct assessment *as, const char *code, const char *item)
{
    for (size_t i = 0; i < as->blocker_count; i++)
        for (size_t j = 0; strcmp(as->blockers[i].code, code) == 0 && j <= as->blockers[i].item_count; j++)
            if (!item || (j < as->blockers[i].item_count && strcmp(as->blockers[i].items[j], item) == 0))
                return true;
    return false;
}

START_TEST(nothing_recorded_is_nothing_reached)
{
    struct assessment *as = assess();
    ck_assert_int_eq(as->readiness.score, 0);
    ck_assert(has_blocker(as, "scope_not_approved", NULL));
    ck_assert(has_blocker(as, "key_control_without_owner", "GOV-01"));
    for (size_t i = 0; i < content_control_count; i++)
        ck_assert(!as->controls[i].facts.has_owner && as->controls[i].score.value == 0);
}
END_TEST

START_TEST(an_adopted_control_with_an_owner_is_designed_and_no_longer_blocks)
{
    version_put("people", "P-0001", "active", "name", "'Ada'");
    version_put("control_records", "GOV-01", "proposed", "title, owner", "'t', 'P-0001'");
    ck_assert(control(assess(), "GOV-01")->score.value == 0);
    version_put("control_records", "GOV-01", "adopted", "title, owner", "'t', 'P-0001'");
    struct assessment *as = assess();
    ck_assert(control(as, "GOV-01")->score.value == 0.25);
    ck_assert(str_is(control(as, "GOV-01")->program->owner_name, "Ada"));
    ck_assert(!has_blocker(as, "key_control_without_owner", "GOV-01"));
    ck_assert(has_blocker(as, "key_control_without_owner", "GOV-02"));
    version_put("control_records", "GOV-01", "adopted", "title", "'t'"); /* the owner is taken off again */
    ck_assert(control(assess(), "GOV-01")->score.value == 0);
}
END_TEST

START_TEST(a_past_instant_shows_what_was_decided_by_then)
{
    version_put("control_records", "GOV-01", "adopted", "title, owner", "'t', 'P-0001'");
    int64_t then = leaf;
    version_put("control_records", "GOV-01", "retired", "title, owner", "'t', 'P-0001'");
    ck_assert_int_eq(load(then)->controls[assessment_control_index(STR("GOV-01"))].adoption, ADOPTION_ADOPTED);
    ck_assert_int_eq(load(leaf)->controls[assessment_control_index(STR("GOV-01"))].adoption, ADOPTION_RETIRED);
    ck_assert_int_eq(load(0)->controls[assessment_control_index(STR("GOV-01"))].adoption, ADOPTION_NONE);
}
END_TEST

START_TEST(only_performances_with_accepted_evidence_count)
{
    version_put("control_records", "GOV-02", "adopted", "title, owner", "'t', 'P-0001'");
    version_put("occurrences", "OCC-0001", "performed", "title, control, due_on, performed_on", "'o', 'GOV-02', '2026-11-01', '2026-11-01'");
    ck_assert_int_eq(load(leaf)->controls[assessment_control_index(STR("GOV-02"))].performed, 0);
    version_put("evidence_items", "EV-0001", "received", "title, occurrence", "'e', 'OCC-0001'");
    ck_assert(control(assess(), "GOV-02")->score.value == 0.25);
    version_put("evidence_items", "EV-0001", "accepted", "title, occurrence", "'e', 'OCC-0001'");
    struct assessment *as = assess();
    ck_assert(control(as, "GOV-02")->score.value >= 0.5);
    ck_assert_int_eq(control(as, "GOV-02")->live, LIVE_OK);
    version_put("evidence_items", "EV-0001", "rejected", "title, occurrence", "'e', 'OCC-0001'");
    ck_assert(control(assess(), "GOV-02")->score.value == 0.25);
}
END_TEST

START_TEST(a_missed_performance_makes_the_control_overdue)
{
    version_put("control_records", "GOV-02", "adopted", "title, owner", "'t', 'P-0001'");
    version_put("occurrences", "OCC-0001", "missed", "title, control, due_on", "'o', 'GOV-02', '2026-11-01'");
    ck_assert_int_eq(control(assess(), "GOV-02")->live, LIVE_OVERDUE);
    version_put("occurrences", "OCC-0002", "expected", "title, control, due_on", "'o', 'GOV-02', '2027-11-01'");
    ck_assert_int_eq(control(assess(), "GOV-02")->live, LIVE_OVERDUE);
}
END_TEST

START_TEST(an_expected_performance_is_overdue_only_after_its_day)
{
    version_put("occurrences", "OCC-0001", "performed", "title, control, due_on, performed_on", "'o', 'GOV-02', '2026-08-01', '2026-08-01'");
    link_put("occurrence", "OCC-0001", "evidence", "EV-0001");
    version_put("evidence_items", "EV-0001", "accepted", "title", "'e'");
    version_put("occurrences", "OCC-0002", "expected", "title, control, due_on", "'o', 'GOV-02', '2026-11-22'");
    ck_assert_int_eq(control(assess(), "GOV-02")->live, LIVE_DUE_SOON);
    version_put("occurrences", "OCC-0002", "expected", "title, control, due_on", "'o', 'GOV-02', '2026-11-20'");
    ck_assert_int_eq(control(assess(), "GOV-02")->live, LIVE_OVERDUE);
}
END_TEST

START_TEST(what_does_not_apply_leaves_the_denominator_only_when_approved)
{
    size_t c = assessment_criterion_index(str_of(content_control(STR("GOV-01"))->primary_criterion));
    size_t before = assess()->criteria[c].key_count;
    version_put("control_records", "GOV-01", "na_asked", "title, na_reason", "'t', 'r'");
    ck_assert_uint_eq(assess()->criteria[c].key_count, before);
    version_put("control_records", "GOV-01", "not_applicable", "title, na_reason", "'t', 'r'");
    struct assessment *as = assess();
    ck_assert_uint_eq(as->criteria[c].key_count, before - 1);
    ck_assert_int_eq(control(as, "GOV-01")->live, LIVE_NOT_IN_FORCE);
}
END_TEST

START_TEST(chosen_categories_are_in_scope_and_security_always)
{
    version_put("categories", "CAT-0001", "proposed", "name, category, is_in", "'a', 'availability', 1");
    version_put("categories", "CAT-0002", "proposed", "name, category, is_in", "'s', 'security', 0");
    struct assessment *as = assess();
    for (size_t i = 0; i < as->category_count; i++) {
        const char *id = as->categories[i].category->id;
        ck_assert_int_eq(as->categories[i].is_in_scope, strcmp(id, "security") == 0 || strcmp(id, "availability") == 0);
    }
    version_put("criterion_records", "A1.1", "proposed", "title, is_relevant, reason", "'t', 0, 'r'");
    ck_assert(assess()->criteria[assessment_criterion_index(STR("A1.1"))].is_in_scope);
    version_put("criterion_records", "A1.1", "approved", "title, is_relevant, reason", "'t', 0, 'r'");
    ck_assert(!assess()->criteria[assessment_criterion_index(STR("A1.1"))].is_in_scope);
}
END_TEST

START_TEST(an_approved_scope_no_longer_blocks)
{
    version_put("scopes", "SCOPE-0001", "in_review", "name", "'Scope'");
    ck_assert(has_blocker(assess(), "scope_not_approved", NULL));
    version_put("scopes", "SCOPE-0001", "approved", "name", "'Scope'");
    ck_assert(!has_blocker(assess(), "scope_not_approved", NULL));
}
END_TEST

START_TEST(roles_of_the_organisation_replace_the_librarys)
{
    link_put("control", "GOV-01", "criteria_key", "CC9.9");
    link_put("control", "GOV-01", "criteria_supporting", "CC1.2");
    struct assessment *as = assess();
    const struct criterion_state *c = &as->criteria[assessment_criterion_index(STR("CC1.2"))];
    size_t index = assessment_control_index(STR("GOV-01")), supporting = 0;
    for (size_t i = 0; i < c->supporting_count; i++)
        supporting += c->supporting[i] == index;
    ck_assert_uint_eq(supporting, 1);
    for (size_t k = 0; k < content_criterion_count; k++)
        for (size_t i = 0; i < as->criteria[k].key_count; i++)
            ck_assert(as->criteria[k].key[i] != index);
}
END_TEST

START_TEST(a_claim_alone_is_capped_and_a_high_gap_holds_back)
{
    version_put("answers", "GOV-02-q1", "claimed", "question, control, answer", "'q', 'GOV-02', 'yes'");
    ck_assert(control(assess(), "GOV-02")->score.value == 0.25);
    ck_assert_int_eq(load(leaf)->claims, 1);
    version_put("gap_records", "GAP-0001", "open", "title, impact, likelihood", "'g', 3, 2");
    link_put("gap", "GAP-0001", "controls", "GOV-02");
    ck_assert(load(leaf)->controls[assessment_control_index(STR("GOV-02"))].has_high_finding);
    version_put("gap_records", "GAP-0001", "closed", "title, impact, likelihood", "'g', 3, 2");
    ck_assert(!load(leaf)->controls[assessment_control_index(STR("GOV-02"))].has_high_finding);
}
END_TEST

TEST_MAIN_WITH("program", setup, teardown, nothing_recorded_is_nothing_reached,
          an_adopted_control_with_an_owner_is_designed_and_no_longer_blocks,
          a_past_instant_shows_what_was_decided_by_then,
          only_performances_with_accepted_evidence_count,
          a_missed_performance_makes_the_control_overdue,
          an_expected_performance_is_overdue_only_after_its_day,
          what_does_not_apply_leaves_the_denominator_only_when_approved,
          chosen_categories_are_in_scope_and_security_always,
          an_approved_scope_no_longer_blocks,
          roles_of_the_organisation_replace_the_librarys,
          a_claim_alone_is_capped_and_a_high_gap_holds_back)
