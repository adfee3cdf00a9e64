#include "assess/assessment.h"

#include "assess/test_records.h"
#include "base/times.h"

static const int64_t NOW = INT64_C(1795305600000); /* 2026-11-22 */

static struct program *load(int64_t limit)
{
    struct program *p = program_load(db, a, (struct interval){NOW - 90 * MS_DAY, NOW}, limit, &e);
    ck_assert_msg(p, "%s", e.text);
    return p;
}
static const struct control_program *control_at(int64_t limit, struct str id)
{
    struct program *p = load(limit);
    return &p->controls[program_control_index(p, id)];
}
static struct assessment *assess(void)
{
    struct assessment *as = assessment_load(db, a, NOW, leaf, &e);
    ck_assert_msg(as, "%s", e.text);
    return as;
}
static const struct control_state *control(const struct assessment *as, const char *id)
{
    return &as->controls[assessment_control_index(as, str_of(id))];
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
    ck_assert_int_eq(control_at(then, STR("GOV-01"))->adoption, ADOPTION_ADOPTED);
    ck_assert_int_eq(control_at(leaf, STR("GOV-01"))->adoption, ADOPTION_RETIRED);
    ck_assert_int_eq(control_at(0, STR("GOV-01"))->adoption, ADOPTION_NONE);
}
END_TEST

START_TEST(only_performances_with_accepted_evidence_count)
{
    version_put("control_records", "GOV-02", "adopted", "title, owner", "'t', 'P-0001'");
    version_put("occurrences", "OCC-0001", "performed", "title, control, due_on, performed_on", "'o', 'GOV-02', '2026-11-01', '2026-11-01'");
    ck_assert_int_eq(control_at(leaf, STR("GOV-02"))->performed, 0);
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
    size_t index = assessment_control_index(as, STR("GOV-01")), supporting = 0;
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
    ck_assert(control_at(leaf, STR("GOV-02"))->has_high_finding);
    version_put("gap_records", "GAP-0001", "closed", "title, impact, likelihood", "'g', 3, 2");
    ck_assert(!control_at(leaf, STR("GOV-02"))->has_high_finding);
}
END_TEST

static void own_put(const char *id, const char *state, const char *more, const char *values)
{
    version_put("control_records", id, state, arena_printf(a, "title, statement, owner, frequency%s", more).data,
                arena_printf(a, "'Own', 'We do it.', 'P-0001', 'monthly'%s", values).data);
}
static bool is_key_for(const struct assessment *as, const char *criterion, const char *id)
{
    const struct criterion_state *c = &as->criteria[assessment_criterion_index(str_of(criterion))];
    for (size_t i = 0; i < c->key_count; i++)
        if (strcmp(as->controls[c->key[i]].control->id, id) == 0)
            return true;
    return false;
}

START_TEST(a_control_of_our_own_is_judged_as_those_of_the_library)
{
    own_put("ACME-1", "proposed", "", "");
    link_put("control", "ACME-1", "criteria_key", "CC1.1");
    ck_assert(!is_key_for(assess(), "CC1.1", "ACME-1")); /* a proposal serves nothing yet */
    own_put("ACME-1", "adopted", "", "");
    struct assessment *as = assess();
    ck_assert_uint_eq(as->control_count, content_control_count + 1);
    ck_assert(is_key_for(as, "CC1.1", "ACME-1"));
    const struct control_state *c = control(as, "ACME-1");
    ck_assert_int_eq(c->control->model, MODEL_PERIODIC); /* it has a rhythm */
    ck_assert(c->score.value == 0.25);
    ck_assert_int_eq(c->design.result, DESIGN_NOT_IMPLEMENTED);
    version_put("occurrences", "OCC-0001", "performed", "title, control, due_on, performed_on", "'o', 'ACME-1', '2026-11-01', '2026-11-01'");
    version_put("evidence_items", "EV-0001", "accepted", "title, occurrence", "'e', 'OCC-0001'");
    c = control(as = assess(), "ACME-1");
    ck_assert(c->score.value >= 0.5);
    ck_assert_int_eq(c->design.result, DESIGN_IMPLEMENTED);
    ck_assert_int_eq(c->operation.conclusion, CONCLUSION_OPERATED);
    ck_assert(as->evidence_all > 0);
}
END_TEST

START_TEST(one_that_follows_a_control_of_the_library_takes_its_words_and_tests)
{
    size_t before = control(assess(), "AC-06")->test_count;
    version_put("control_records", "ACME-2", "adopted", "title, owner, library", "'Ours', 'P-0001', 'AC-06'");
    struct assessment *as = assess();
    ck_assert(before > 0);
    ck_assert_uint_eq(control(as, "ACME-2")->test_count, before);
    ck_assert_str_eq(control(as, "ACME-2")->control->statement, content_control(STR("AC-06"))->statement);
    ck_assert_str_eq(control(as, "ACME-2")->control->title, "Ours");
}
END_TEST

START_TEST(the_statement_is_the_one_in_force_at_the_instant)
{
    version_put("control_records", "GOV-01", "adopted", "title, statement, owner", "'t', 'First words.', 'P-0001'");
    int64_t then = leaf;
    version_put("control_records", "GOV-01", "adopted", "title, statement, owner", "'t', 'Other words.', 'P-0001'");
    size_t i = assessment_control_index(assess(), STR("GOV-01"));
    ck_assert_str_eq(load(then)->definitions[i]->statement, "First words.");
    ck_assert_str_eq(load(leaf)->definitions[i]->statement, "Other words.");
    ck_assert_str_eq(load(0)->definitions[i]->statement, content_controls[i].statement);
}
END_TEST

START_TEST(what_is_not_in_force_is_shown_and_not_judged)
{
    own_put("ACME-3", "adopted", ", effective_from", ", '2027-01-01'");
    link_put("control", "ACME-3", "criteria_key", "CC1.1");
    struct assessment *as = assess();
    ck_assert_int_eq(control(as, "ACME-3")->live, LIVE_NOT_IN_FORCE);
    ck_assert(!is_key_for(as, "CC1.1", "ACME-3"));
    ck_assert_int_eq(control(as, "ACME-3")->operation.conclusion, CONCLUSION_NO_OCCURRENCE);
    own_put("ACME-3", "adopted", ", effective_from", ", '2026-11-01'");
    as = assess();
    ck_assert(is_key_for(as, "CC1.1", "ACME-3"));
    ck_assert(control(as, "ACME-3")->operation.is_partial_period);
    own_put("ACME-3", "adopted", ", effective_to", ", '2026-11-10'");
    ck_assert(!is_key_for(assess(), "CC1.1", "ACME-3"));
}
END_TEST

START_TEST(a_control_that_makes_up_for_another_counts_when_it_operated_itself)
{
    const char *id = content_criteria[0].id;
    size_t c = assessment_criterion_index(str_of(id));
    own_put("ACME-4", "adopted", "", "");
    link_put("control", "ACME-4", "criteria_key", id);
    version_put("occurrences", "OCC-0001", "missed", "title, control, due_on", "'o', 'ACME-4', '2026-11-01'");
    for (size_t i = 0; i < content_control_count; i++) /* leave it as the only key control */
        if (is_key_for(assess(), id, content_controls[i].id))
            version_put("control_records", content_controls[i].id, "not_applicable", "title", "'t'");
    ck_assert_int_eq(assess()->criteria[c].signal, CRITERION_NOT_MET_SIGNAL);
    own_put("ACME-5", "adopted", "", "");
    version_put("occurrences", "OCC-0002", "performed", "title, control, due_on, performed_on", "'o', 'ACME-5', '2026-11-01', '2026-11-01'");
    link_put("occurrence", "OCC-0002", "evidence", "EV-0002");
    version_put("evidence_items", "EV-0002", "accepted", "title", "'e'");
    ck_assert_int_eq(assess()->criteria[c].signal, CRITERION_NOT_MET_SIGNAL); /* it does not say what it makes up for */
    link_put("control", "ACME-5", "compensates", "ACME-4");
    struct assessment *as = assess();
    ck_assert_int_eq(as->criteria[c].signal, CRITERION_MET_WITH_EXCEPTIONS);
    ck_assert_uint_eq(as->criteria[c].compensating_count, 1);
    version_put("occurrences", "OCC-0002", "missed", "title, control, due_on", "'o', 'ACME-5', '2026-11-01'");
    ck_assert_int_eq(assess()->criteria[c].signal, CRITERION_NOT_MET_SIGNAL); /* it failed, too */
}
END_TEST

START_TEST(a_topic_is_covered_once_a_control_of_it_is_adopted)
{
    size_t c = assessment_criterion_index(STR("CC3.3"));
    ck_assert_uint_eq(assess()->criteria[c].topics_open, content_criteria[c].topics.count);
    version_put("control_records", "RSK-03", "adopted", "title, owner", "'t', 'P-0001'");
    ck_assert_uint_eq(assess()->criteria[c].topics_open, 0);
    version_put("control_records", "RSK-03", "not_applicable", "title", "'t'");
    own_put("ACME-6", "adopted", ", covers", ", 'CC3.3.1 CC3.3.5'");
    link_put("control", "ACME-6", "criteria_supporting", "CC3.3");
    const struct criterion_state *s = &assess()->criteria[c];
    ck_assert(s->topic_is_covered[0] && s->topic_is_covered[4] && !s->topic_is_covered[1]);
}
END_TEST

TEST_MAIN_WITH("program", setup, teardown, a_control_of_our_own_is_judged_as_those_of_the_library,
          one_that_follows_a_control_of_the_library_takes_its_words_and_tests,
          the_statement_is_the_one_in_force_at_the_instant,
          what_is_not_in_force_is_shown_and_not_judged,
          a_control_that_makes_up_for_another_counts_when_it_operated_itself,
          a_topic_is_covered_once_a_control_of_it_is_adopted, nothing_recorded_is_nothing_reached,
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
