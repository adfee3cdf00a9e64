#include "assess/risk_duties.h"

#include "assess/test_records.h"
#include "base/times.h"

static struct duty *items;
static size_t count;
static int64_t next_leaf = 1000;

static void due(int year, int month, int d)
{
    int64_t today = day_of_date((struct date){year, month, d});
    ck_assert_msg(risk_duties_due(db, a, &env_system, today * MS_DAY, today, NULL, &items, &count, &e), "%s", e.text);
}
static const struct duty *found(const char *key)
{
    for (size_t i = 0; i < count; i++)
        if (str_is(items[i].key, key))
            return &items[i];
    return NULL;
}
/* A leaf of the history, with the state that it led to. */
static void change(const char *type, const char *id, const char *act, const char *transition, const char *from, const char *to)
{
    next_leaf++;
    ck_assert_msg(db_run(db, &e,
                         "insert into record_change(leaf, type, id, version, act, transition, actor, via, step, from_state, to_state, why, difference, is_erased, t) "
                         "values(?1, ?2, ?3, 1, ?4, ?5, 'account:1', '', '', ?6, ?7, '', '[]', 0, 1793577600000)",
                         A(next_leaf), A(type), A(id), A(act), A(transition), A(from), A(to)), "%s", e.text);
}
static void decided(const char *id, const char *category, const char *review_on)
{
    version_put("risks", id, "assessed", "title, category, owner, inherent_l, inherent_i, review_on", arena_printf(a, "'A risk', '%s', 'P-0001', 4, 4, '%s'", category, review_on).data);
    change("risk", id, "move", "decide", "proposed", "assessed");
}

START_TEST(nothing_is_due_without_a_reason)
{
    decided("R-0001", "access", "2027-06-01");
    due(2026, 11, 22);
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(a_risk_whose_review_date_has_passed_is_opened_again_once)
{
    decided("R-0001", "access", "2026-11-21");
    due(2026, 11, 21);
    ck_assert_uint_eq(count, 0);
    due(2026, 11, 22);
    ck_assert_uint_eq(count, 1);
    const struct duty *d = found("risk/R-0001/1");
    ck_assert_ptr_nonnull(d);
    ck_assert(str_is(d->change.transition, "reopen") && str_is(json_text(d->change.set, "reopened_by"), "review"));
    version_put("risks", "R-0001", "review", "title, category, owner, reopened_why", "'A risk', 'access', 'P-0001', 'late'");
    change("risk", "R-0001", "move", "reopen", "assessed", "review");
    due(2026, 11, 22);
    ck_assert_uint_eq(count, 1); /* the task of whoever owns it */
    ck_assert(str_is(items[0].change.type, "task") && str_is(json_text(items[0].change.set, "owner"), "P-0001"));
    version_put("tasks", "TASK-0001", "open", "title, risk", "'x', 'R-0001'");
    ck_assert(db_run(db, &e, "update tasks_versions set created_leaf = 5001"));
    due(2026, 11, 22);
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(an_executive_has_a_task_for_what_waits_for_them_and_for_what_is_about_to_end)
{
    decided("R-0001", "access", "2027-06-01");
    version_put("risk_acceptances", "ACPT-0001", "asked", "title, risk, owner, executive, accepted_l, accepted_i, expires_on", "'bear it', 'R-0001', 'P-0001', 'P-0009', 4, 4, '2027-11-01'");
    due(2026, 11, 22);
    ck_assert_uint_eq(count, 1);
    ck_assert(str_is(items[0].change.type, "task") && str_is(json_text(items[0].change.set, "owner"), "P-0009"));
    ck_assert(str_is(json_text(items[0].change.set, "title"), "Decide whether to accept ACPT-0001: bear it"));
    version_put("tasks", "TASK-0001", "open", "title, risk", "'Decide whether to accept ACPT-0001: bear it', 'R-0001'");
    due(2026, 11, 22);
    ck_assert_uint_eq(count, 0); /* told once */
    version_put("risk_acceptances", "ACPT-0001", "accepted", "title, risk, owner, executive, accepted_l, accepted_i, expires_on", "'bear it', 'R-0001', 'P-0001', 'P-0009', 4, 4, '2027-11-01'");
    due(2026, 11, 23);
    ck_assert_uint_eq(count, 1);
    ck_assert(str_is(items[0].change.transition, "finish") && str_is(items[0].change.id, "TASK-0001"));
    version_put("tasks", "TASK-0001", "done", "title, risk", "'Decide whether to accept ACPT-0001: bear it', 'R-0001'");
    due(2027, 5, 1);
    ck_assert_uint_eq(count, 0);
    ck_assert(db_run(db, &e, "update risks_versions set review_on = '2028-06-01'"));
    due(2027, 10, 3);
    ck_assert_uint_eq(count, 1);
    ck_assert(str_is(json_text(items[0].change.set, "title"), "Accept anew, or have treated: ACPT-0001: bear it") && str_is(json_text(items[0].change.set, "due_on"), "2027-11-01"));
}
END_TEST

START_TEST(an_acceptance_that_is_over_ends_and_opens_its_risk)
{
    decided("R-0001", "access", "2027-06-01");
    version_put("risk_acceptances", "ACPT-0001", "accepted", "title, risk, accepted_l, accepted_i, expires_on", "'x', 'R-0001', 4, 4, '2026-11-21'");
    due(2026, 11, 21);
    ck_assert_uint_eq(count, 0);
    due(2026, 11, 22);
    ck_assert_uint_eq(count, 1);
    ck_assert(str_is(items[0].change.transition, "expire"));
    version_put("risk_acceptances", "ACPT-0001", "expired", "title, risk, accepted_l, accepted_i, expires_on", "'x', 'R-0001', 4, 4, '2026-11-21'");
    change("risk_acceptance", "ACPT-0001", "move", "expire", "accepted", "expired");
    due(2026, 11, 22);
    const struct duty *d = found("risk/R-0001/1");
    ck_assert_ptr_nonnull(d);
    ck_assert(str_is(json_text(d->change.set, "reopened_by"), "acceptance"));
    change("risk", "R-0001", "move", "decide", "review", "assessed"); /* decided anew: what was before is old */
    due(2026, 11, 22);
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(a_change_of_what_it_names_and_new_things_of_its_kind_open_it)
{
    decided("R-0001", "access", "2027-06-01");
    decided("R-0002", "change", "2027-06-01");
    decided("R-0003", "vendor", "2027-06-01");
    ck_assert(db_run(db, &e, "insert into record_link(type, id, field, target_type, target, place, from_leaf) values('risk', 'R-0001', 'systems', 'system', 'SYS-0001', 0, 1)"));
    change("system", "SYS-0009", "change", "", "in_use", "in_use");
    due(2026, 11, 22);
    ck_assert_uint_eq(count, 0);
    change("system", "SYS-0001", "change", "", "in_use", "in_use");
    due(2026, 11, 22);
    ck_assert_uint_eq(count, 1);
    ck_assert(str_is(json_text(found("risk/R-0001/1")->change.set, "reopened_by"), "change"));
    change("system", "SYS-0010", "create", "", "", "in_use");
    change("subservice", "SUB-0001", "create", "", "", "proposed");
    due(2026, 11, 22);
    ck_assert_uint_eq(count, 3);
    ck_assert_ptr_nonnull(found("risk/R-0002/2"));
    ck_assert_ptr_nonnull(found("risk/R-0003/3"));
}
END_TEST

START_TEST(a_concern_opens_risks_of_fraud_and_is_not_named)
{
    decided("R-0001", "fraud", "2027-06-01");
    decided("R-0002", "access", "2027-06-01");
    version_put("concerns", "CON-0001", "received", "title", "'x'");
    ck_assert(db_run(db, &e, "update concerns_versions set created_leaf = 9000"));
    due(2026, 11, 22);
    ck_assert_uint_eq(count, 1);
    const struct json *set = found("risk/R-0001/1")->change.set;
    ck_assert(str_is(json_text(set, "reopened_by"), "report") && str_find(json_text(set, "reopened_why"), STR("CON")) < 0);
    items = NULL;
    decided("R-0003", "incident", "2027-06-01");
    change("incident", "INC-0001", "create", "", "", "open");
    due(2026, 11, 22);
    ck_assert_ptr_nonnull(found(arena_printf(a, "risk/R-0003/%lld", (long long)leaf).data));
}
END_TEST

START_TEST(a_yearly_assessment_that_was_closed_is_evidence_and_then_the_performance)
{
    version_put("risk_campaigns", "RA-0001", "closed", "title, kind, owner", "'Yearly', 'annual', 'P-0001'");
    ck_assert(db_run(db, &e, "update risk_campaigns_versions set from_t = 1795305600000, created_t = 1795132800000"));
    version_put("occurrences", "OCC-0001", "expected", "title, control, period_from, period_to, due_on", "'x', 'RSK-01', '2026-01-01', '2026-12-31', '2026-12-31'");
    due(2026, 11, 22);
    ck_assert_uint_eq(count, 1);
    ck_assert(str_is(items[0].change.type, "evidence") && items[0].change.file_count == 1);
    version_put("evidence_items", "EV-0001", "received", "title, link", "'x', '/risks/campaigns/RA-0001'");
    due(2026, 11, 22);
    ck_assert_uint_eq(count, 1);
    ck_assert(str_is(items[0].change.transition, "perform") && str_is(items[0].change.id, "OCC-0001"));
    link_put("occurrence", "OCC-0001", "evidence", "EV-0001");
    due(2026, 11, 22);
    ck_assert_uint_eq(count, 0);
}
END_TEST

TEST_MAIN_WITH("risk_duties", setup, teardown, nothing_is_due_without_a_reason, a_risk_whose_review_date_has_passed_is_opened_again_once, an_executive_has_a_task_for_what_waits_for_them_and_for_what_is_about_to_end, an_acceptance_that_is_over_ends_and_opens_its_risk,
               a_change_of_what_it_names_and_new_things_of_its_kind_open_it, a_concern_opens_risks_of_fraud_and_is_not_named,
               a_yearly_assessment_that_was_closed_is_evidence_and_then_the_performance)
