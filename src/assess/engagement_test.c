#include "assess/engagement_plan.h"

#include "assess/test_records.h"
#include "base/times.h"

enum { ROUNDS = 5000 };

static int64_t day(int year, int month, int d)
{
    return day_of_date((struct date){year, month, d});
}

static const struct days none = {1, 0};

static size_t check(struct days window, struct days before, struct plan_problem ret[PLAN_PROBLEMS_MAX])
{
    return plan_check(false, DAY_NONE, window, before, &before, 1, ret);
}

START_TEST(a_window_under_six_months_wants_a_reason_and_one_under_three_has_none)
{
    struct plan_problem p[PLAN_PROBLEMS_MAX];
    ck_assert_uint_eq(check((struct days){day(2026, 1, 1), day(2026, 6, 30)}, none, p), 0);
    ck_assert_uint_eq(check((struct days){day(2026, 1, 1), day(2026, 6, 29)}, none, p), 1);
    ck_assert(p[0].needs_reason && strcmp(p[0].reason_field, "short_reason") == 0);
    ck_assert_uint_eq(check((struct days){day(2026, 1, 1), day(2026, 3, 31)}, none, p), 1);
    ck_assert(p[0].needs_reason);
    ck_assert_uint_eq(check((struct days){day(2026, 1, 1), day(2026, 3, 30)}, none, p), 1);
    ck_assert(!p[0].needs_reason);
    ck_assert_uint_eq(check((struct days){day(2026, 6, 1), day(2026, 1, 1)}, none, p), 1);
    ck_assert(!p[0].needs_reason);
    ck_assert_uint_eq(plan_check(true, DAY_NONE, none, none, NULL, 0, p), 1);
    ck_assert_uint_eq(plan_check(true, day(2026, 1, 1), none, none, NULL, 0, p), 0);
}
END_TEST

START_TEST(windows_that_overlap_or_leave_days_out_want_a_reason)
{
    struct plan_problem p[PLAN_PROBLEMS_MAX];
    struct days before = {day(2025, 1, 1), day(2025, 12, 31)};
    ck_assert_uint_eq(check((struct days){day(2026, 1, 1), day(2026, 12, 31)}, before, p), 0);
    ck_assert_uint_eq(check((struct days){day(2026, 1, 2), day(2026, 12, 31)}, before, p), 1);
    ck_assert(p[0].needs_reason && strcmp(p[0].reason_field, "gap_reason") == 0);
    ck_assert_uint_eq(check((struct days){day(2025, 12, 31), day(2026, 12, 31)}, before, p), 1);
    ck_assert(p[0].needs_reason && strcmp(p[0].reason_field, "gap_reason") == 0);
}
END_TEST

START_TEST(the_next_window_begins_the_day_after_and_is_as_long)
{
    struct days year = window_next((struct days){day(2026, 1, 1), day(2026, 12, 31)});
    ck_assert(year.first == day(2027, 1, 1) && year.last == day(2027, 12, 31));
    struct days half = window_next((struct days){day(2026, 2, 1), day(2026, 7, 31)});
    ck_assert(half.first == day(2026, 8, 1) && half.last == day(2027, 1, 31));
    struct days odd = window_next((struct days){day(2026, 1, 10), day(2026, 7, 20)});
    ck_assert(odd.first == day(2026, 7, 21) && odd.last - odd.first == day(2026, 7, 20) - day(2026, 1, 10));
    uint64_t seed = 7;
    for (int i = 0; i < ROUNDS; i++) { /* whatever the windows, each day is in one of them */
        struct days w = {day(2024, 1, 1) + (int64_t)(test_random(&seed) % 1000), 0};
        w.last = w.first + 89 + (int64_t)(test_random(&seed) % 400);
        for (int k = 0; k < 4; k++) {
            struct days next = window_next(w);
            ck_assert_int_eq(next.first, w.last + 1);
            ck_assert(next.last > next.first);
            struct plan_problem p[PLAN_PROBLEMS_MAX];
            size_t count = plan_check(false, DAY_NONE, next, w, &w, 1, p);
            for (size_t n = 0; n < count; n++)
                ck_assert_str_ne(p[n].field, "window_from");
            w = next;
        }
    }
}
END_TEST

static void engagement_put(const char *id, const char *state, const char *from, const char *to)
{
    version_put("engagements", id, state, "title, kind, window_from, window_to, time_zone, firm", arena_printf(a, "'SOC 2', 'type2', '%s', '%s', 'Europe/Berlin', 'Reed'", from, to).data);
}

static void control_put(const char *id, const char *state, const char *columns, const char *values)
{
    version_put("control_records", id, state, columns, values);
}

static void scope_read(const char *id, struct engagement *g, struct engagement_scope *s)
{
    ck_assert_msg(db_run(db, &e, "insert or replace into leaf(idx, type, t, st, sq, hash) values(?1, 'record', 0, 's', ?1, x'')", A(leaf)), "%s", e.text);
    ck_assert_msg(engagement_read(db, a, str_of(id), INT64_MAX, g, &e) && engagement_scope(db, a, g, INT64_MAX, s, &e), "%s", e.text);
}

START_TEST(an_engagement_reads_its_days_and_what_is_left_open_has_defaults)
{
    struct engagement g;
    engagement_put("ENG-0001", "open", "2026-01-01", "2026-12-31");
    link_put("engagement", "ENG-0001", "categories", "availability");
    link_put("engagement", "ENG-0001", "auditors", "P-0007");
    ck_assert_msg(engagement_read(db, a, STR("ENG-0001"), INT64_MAX, &g, &e), "%s", e.text);
    ck_assert(g.has_days && g.window.first == day(2026, 1, 1) && g.window.last == day(2026, 12, 31));
    ck_assert_int_eq(g.instants.to_ms - g.instants.from_ms, 365 * MS_DAY);
    ck_assert_int_eq(g.window.first * MS_DAY - g.instants.from_ms, MS_HOUR); /* Berlin: it begins an hour before it does in UTC */
    engagement_put("ENG-0003", "open", "2026-01-01", "2026-06-30");
    struct engagement half;
    ck_assert_msg(engagement_read(db, a, STR("ENG-0003"), INT64_MAX, &half, &e), "%s", e.text);
    ck_assert_int_eq(half.instants.to_ms - half.instants.from_ms, 181 * MS_DAY - MS_HOUR); /* the clock was put forward */
    ck_assert(engagement_has_category(&g, "security") && engagement_has_category(&g, "availability") && !engagement_has_category(&g, "privacy"));
    ck_assert(g.confidence_percent == 90 && g.tolerable_percent == 10 && g.risk == RISK_MODERATE && str_is(g.profile, "frequency_table"));
    ck_assert(g.scope_leaf == -1 && g.evidence_until == DAY_NONE);
    ck_assert_uint_eq(g.auditors.count, 1);
    ck_assert(engagement_days_done(&g, day(2025, 12, 31)) == 0 && engagement_days_done(&g, day(2026, 1, 1)) == 1 && engagement_days_done(&g, day(2027, 5, 1)) == 365);
    ck_assert(!engagement_read(db, a, STR("ENG-0009"), INT64_MAX, &g, &e) && e.code == ERR_NOT_FOUND);
}
END_TEST

START_TEST(what_is_adopted_and_in_force_within_the_window_is_in_scope)
{
    struct engagement g;
    struct engagement_scope s;
    engagement_put("ENG-0001", "open", "2026-01-01", "2026-12-31");
    control_put("AC-04", "adopted", "title, owner", "'Leavers', 'P-0001'");
    control_put("AC-06", "adopted", "effective_from", "'2026-07-01'");
    control_put("AC-02", "adopted", "effective_to", "'2025-12-31'");
    control_put("AC-03", "proposed", "", "");
    control_put("AC-05", "not_applicable", "", "");
    control_put("CHG-01", "retired", "effective_to", "'2026-03-31'");
    scope_read("ENG-0001", &g, &s);
    const struct engagement_control *c = engagement_control_find(&s, STR("AC-04"));
    ck_assert(c && !c->is_partial && str_is(c->owner, "P-0001"));
    c = engagement_control_find(&s, STR("AC-06"));
    ck_assert(c && c->is_partial && c->in_force.first == day(2026, 7, 1));
    c = engagement_control_find(&s, STR("CHG-01"));
    ck_assert(c && c->is_partial && c->in_force.last == day(2026, 3, 31));
    ck_assert_ptr_null(engagement_control_find(&s, STR("AC-02")));
    ck_assert_ptr_null(engagement_control_find(&s, STR("AC-03")));
    ck_assert_ptr_null(engagement_control_find(&s, STR("AC-05")));
    ck_assert_ptr_nonnull(engagement_criterion_find(&s, STR("CC6.1")));
    ck_assert_ptr_null(engagement_criterion_find(&s, STR("A1.1")));
}
END_TEST

START_TEST(roles_follow_from_what_a_control_serves)
{
    struct engagement g;
    struct engagement_scope s;
    engagement_put("ENG-0001", "open", "2026-01-01", "2026-12-31");
    control_put("AC-04", "adopted", "", "");
    control_put("OWN-1", "adopted", "title, statement", "'Ours', 'Done'");
    control_put("OWN-2", "adopted", "title, statement", "'Makes up', 'Done'");
    control_put("OWN-3", "adopted", "title, statement", "'Of no use', 'Done'");
    control_put("OWN-4", "adopted", "title, statement", "'Elsewhere', 'Done'");
    link_put("control", "OWN-1", "criteria_supporting", "CC6.2");
    link_put("control", "OWN-2", "compensates", "AC-04");
    link_put("control", "OWN-4", "compensates", "AC-02");
    scope_read("ENG-0001", &g, &s);
    ck_assert_int_eq(engagement_control_find(&s, STR("AC-04"))->role, ROLE_KEY);
    ck_assert_int_eq(engagement_control_find(&s, STR("OWN-1"))->role, ROLE_SUPPORTING);
    const struct engagement_control *c = engagement_control_find(&s, STR("OWN-2"));
    ck_assert(c && c->role == ROLE_COMPENSATING && c->compensates.count == 1);
    ck_assert_ptr_null(engagement_control_find(&s, STR("OWN-3")));
    ck_assert_ptr_null(engagement_control_find(&s, STR("OWN-4")));
    const struct engagement_criterion *k = engagement_criterion_find(&s, STR("CC6.2"));
    ck_assert(k && k->control_count >= 2 && k->key_count >= 1);
    for (size_t i = 0; i < k->key_count; i++)
        ck_assert_int_eq(s.controls[k->controls[i]].role, ROLE_KEY);
}
END_TEST

START_TEST(a_plan_follows_the_last_window_and_its_records_refer_to_each_other)
{
    struct engagement_plan p;
    struct record_change *changes;
    size_t count;
    engagement_put("ENG-0001", "open", "2026-01-01", "2026-12-31");
    version_put("categories", "CAT-0001", "approved", "name, category, is_in, rationale", "'A', 'availability', 1, 'x'");
    ck_assert_msg(plan_propose(db, a, day(2026, 11, 22), &p, &e), "%s", e.text);
    ck_assert(str_is(p.from, "2027-01-01") && str_is(p.to, "2027-12-31") && str_is(p.follows, "ENG-0001") && str_is(p.firm, "Reed") && str_is(p.time_zone, "Europe/Berlin"));
    struct json *problems = plan_problems(db, a, &p, &e);
    ck_assert(problems && problems->count == 0);
    p.from = STR("2027-01-08");
    problems = plan_problems(db, a, &p, &e);
    ck_assert(problems && problems->count == 1 && str_is(json_text(problems->first, "reason_field"), "gap_reason"));
    p.gap_reason = STR("The system was sold");
    problems = plan_problems(db, a, &p, &e);
    ck_assert(problems && problems->count == 0);
    ck_assert_msg(plan_changes(db, a, &p, &changes, &count, &e), "%s", e.text);
    ck_assert_uint_gt(count, 10);
    ck_assert(str_is(changes[0].type, "engagement") && json_get(changes[0].set, "categories")->count == 2 && json_text(changes[0].set, "report_on").size == 10);
    struct str id = changes[0].id.size ? changes[0].id : STR("ENG-0002");
    for (size_t i = 1; i < count; i++) {
        ck_assert(str_is(changes[i].type, "milestone") && str_equal(json_text(changes[i].set, "engagement"), id));
        JSON_EACH (after, json_get(changes[i].set, "after"))
            ck_assert_msg(str_starts(after->text, "MS-"), "%s", after->text.data);
    }
}
END_TEST

START_TEST(a_title_that_was_proposed_names_the_type_that_is_opened)
{
    static const struct {
        const char *title, *kind, *wanted;
    } cases[] = {{"SOC 2 Type 2, 2027", "type1", "SOC 2 Type 1, 2026"}, {"SOC 2 Type 2, 2027", "type2", "SOC 2 Type 2, 2027"}, {"SOC 2 Type 1, 2026", "type2", "SOC 2 Type 2, 2027"},
                 {"SOC 2 Type 2, 2027 and more", "type1", "SOC 2 Type 2, 2027 and more"}, {"Ours", "type1", "Ours"}};
    struct engagement_plan p;
    struct record_change *changes;
    size_t count;
    engagement_put("ENG-0001", "open", "2026-01-01", "2026-12-31");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_msg(plan_propose(db, a, day(2026, 11, 22), &p, &e), "%s", e.text);
        p.title = str_of(cases[i].title);
        p.kind = str_of(cases[i].kind);
        p.as_of = STR("2026-12-31");
        ck_assert_msg(plan_changes(db, a, &p, &changes, &count, &e), "%s", e.text);
        ck_assert_msg(str_is(json_text(changes[0].set, "title"), cases[i].wanted), "%zu: %s", i, json_text(changes[0].set, "title").data);
    }
}
END_TEST

TEST_MAIN_WITH("engagement", setup, teardown, a_window_under_six_months_wants_a_reason_and_one_under_three_has_none, windows_that_overlap_or_leave_days_out_want_a_reason,
               the_next_window_begins_the_day_after_and_is_as_long, an_engagement_reads_its_days_and_what_is_left_open_has_defaults,
               what_is_adopted_and_in_force_within_the_window_is_in_scope, roles_follow_from_what_a_control_serves, a_plan_follows_the_last_window_and_its_records_refer_to_each_other,
               a_title_that_was_proposed_names_the_type_that_is_opened)
