#include "assess/duties.h"

#include "assess/test_records.h"

static struct duty *items;
static size_t count;

static void due(int year, int month, int d)
{
    ck_assert_msg(duties_due(db, a, day_of_date((struct date){year, month, d}), &items, &count, &e), "%s", e.text);
}
static const struct duty *found(const char *key)
{
    for (size_t i = 0; i < count; i++)
        if (str_is(items[i].key, key))
            return &items[i];
    return NULL;
}
/* Adopted on 2026-11-02. */
static void adopt(const char *id, const char *frequency)
{
    version_put("control_records", id, "adopted", "title, owner, frequency", arena_printf(a, "'Review', 'P-0001', '%s'", frequency).data);
    ck_assert(db_run(db, &e, "update control_records_versions set from_t = 1793577600000"));
}

START_TEST(performances_of_adopted_controls_are_registered_ahead)
{
    adopt("AC-05", "quarterly");
    due(2026, 11, 22);
    const struct duty *d = found("occurrence/AC-05/2026-12-31");
    ck_assert_ptr_nonnull(d);
    ck_assert(str_is(json_text(d->change.set, "due_on"), "2026-12-31"));
    ck_assert(str_is(json_text(d->change.set, "grace_until"), "2027-01-15"));
    ck_assert(str_is(json_text(d->change.set, "owner"), "P-0001"));
    ck_assert_int_eq(d->change.act, RECORD_CREATE);
    size_t before = count;
    version_put("occurrences", "OCC-0001", "expected", "title, control, period_to", "'Review', 'AC-05', '2026-12-31'");
    due(2026, 11, 22);
    ck_assert_uint_eq(count, before - 1);
}
END_TEST

START_TEST(a_registered_performance_follows_holidays_that_are_listed_later)
{
    static const char *const columns = "title, control, period_from, period_to, due_on, grace_until";
    adopt("AC-05", "quarterly");
    version_put("occurrences", "OCC-0001", "expected", columns, "'Review', 'AC-05', '2026-10-01', '2026-12-31', '2026-12-31', '2027-01-15'");
    ck_assert(db_run(db, &e, "update occurrences_versions set changed_by = 'system:schedule'"));
    due(2026, 11, 22);
    ck_assert_ptr_null(found("follow/OCC-0001/2"));
    version_put("holidays", "HOL-0001", "listed", "name, on_date", "'New Year''s Eve', '2026-12-31'");
    due(2026, 11, 22);
    const struct duty *d = found("follow/OCC-0001/2");
    ck_assert_ptr_nonnull(d);
    ck_assert(d->change.act == RECORD_CHANGE && d->change.version == 2 && str_is(json_text(d->change.set, "due_on"), "2027-01-01"));
    due(2027, 1, 4); /* it has come: what was expected stays as it was */
    ck_assert_ptr_null(found("follow/OCC-0001/2"));
    ck_assert(db_run(db, &e, "update occurrences_versions set changed_by = 'local:admin'"));
    due(2026, 11, 22);
    ck_assert_ptr_null(found("follow/OCC-0001/2")); /* somebody has set another day */
}
END_TEST

START_TEST(a_control_without_a_frequency_of_its_own_follows_its_parameter)
{
    adopt("AC-05", "");
    due(2026, 11, 22);
    ck_assert_ptr_nonnull(found("occurrence/AC-05/2026-12-31"));
    ck_assert_ptr_null(found("occurrence/AC-05/2026-11-30"));
    ck_assert(db_script(db, "insert into parameter values(9, 'access_review_cadence', 'monthly', 0, 'x', 'x')", &e));
    due(2026, 11, 22);
    ck_assert_ptr_nonnull(found("occurrence/AC-05/2026-11-30"));
    ck_assert_ptr_nonnull(found("occurrence/AC-05/2026-12-31"));
}
END_TEST

START_TEST(what_is_not_adopted_or_not_periodic_owes_nothing)
{
    version_put("control_records", "AC-05", "proposed", "title, frequency", "'Review', 'quarterly'");
    adopt("AC-02", "daily"); /* a setting: machines test it */
    adopt("GOV-02", "per_event");
    due(2026, 11, 22);
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(a_performance_is_missed_after_its_grace_and_opens_one_deviation)
{
    version_put("occurrences", "OCC-0001", "expected", "title, control, due_on, grace_until, owner", "'Review', 'AC-05', '2026-11-02', '2026-11-20', 'P-0001'");
    due(2026, 11, 20);
    ck_assert_uint_eq(count, 0);
    due(2026, 11, 21);
    ck_assert_uint_eq(count, 1);
    ck_assert(str_is(items[0].change.transition, "miss") && items[0].change.version == 1);
    version_put("occurrences", "OCC-0001", "missed", "title, control, due_on, owner", "'Review', 'AC-05', '2026-11-02', 'P-0001'");
    due(2026, 11, 21);
    const struct duty *d = found("deviation/OCC-0001");
    ck_assert_ptr_nonnull(d);
    ck_assert(str_is(json_text(d->change.set, "title"), "Not performed: Review"));
    ck_assert(str_is(json_text(d->change.set, "due_on"), "2026-12-07"));
    version_put("deviations", "DEV-0001", "open", "title, occurrence", "'x', 'OCC-0001'");
    due(2026, 11, 21);
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(a_recurring_task_makes_the_next_one_when_it_is_done)
{
    version_put("tasks", "TASK-0001", "open", "title, owner, due_on, recurrence, counted_from, on_business_day", "'t', 'P-0001', '2026-10-31', 'monthly', 'due', 1");
    due(2026, 11, 22);
    ck_assert_uint_eq(count, 0);
    version_put("tasks", "TASK-0001", "done", "title, owner, due_on, done_on, recurrence, counted_from, on_business_day",
                "'t', 'P-0001', '2026-10-31', '2026-11-15', 'monthly', 'due', 1");
    due(2026, 11, 22);
    ck_assert_uint_eq(count, 1);
    ck_assert(str_is(json_text(items[0].change.set, "due_on"), "2026-11-30"));
    ck_assert(str_is(json_text(items[0].change.set, "follows"), "TASK-0001"));
    version_put("tasks", "TASK-0001", "done", "title, owner, due_on, done_on, recurrence, counted_from, on_business_day",
                "'t', 'P-0001', '2026-10-31', '2026-11-15', 'monthly', 'done', 0");
    due(2026, 11, 22);
    ck_assert(str_is(json_text(items[0].change.set, "due_on"), "2026-12-15"));
    due(2027, 3, 1); /* found late: one follows, not four */
    ck_assert_uint_eq(count, 1);
    ck_assert(str_is(json_text(items[0].change.set, "due_on"), "2027-03-15"));
}
END_TEST

START_TEST(a_late_task_is_escalated_once_to_who_answers_for_its_owner)
{
    version_put("people", "P-0001", "active", "name, manager", "'Ada', 'P-0009'");
    version_put("tasks", "TASK-0001", "open", "title, owner, due_on, escalate_days", "'t', 'P-0001', '2026-11-18', 3");
    due(2026, 11, 20);
    ck_assert_uint_eq(count, 0);
    due(2026, 11, 21);
    ck_assert_uint_eq(count, 1);
    ck_assert(str_is(items[0].key, "escalate/TASK-0001/2026-11-18") && items[0].change.act == RECORD_CHANGE);
    ck_assert(str_is(json_text(items[0].change.set, "escalated_to"), "P-0009"));
    ck_assert(str_is(json_text(items[0].change.set, "escalated_on"), "2026-11-21"));
    version_put("tasks", "TASK-0001", "open", "title, owner, due_on, escalate_days, escalated_to, escalated_on", "'t', 'P-0001', '2026-11-18', 3, 'P-0009', '2026-11-21'");
    due(2026, 11, 30);
    ck_assert_uint_eq(count, 0);
    /* put off, and late again */
    version_put("tasks", "TASK-0001", "open", "title, owner, due_on, escalate_days, escalated_to, escalated_on", "'t', 'P-0001', '2026-12-01', 3, 'P-0009', '2026-11-21'");
    due(2026, 12, 4);
    ck_assert_uint_eq(count, 1);
    version_put("tasks", "TASK-0001", "open", "title, owner, due_on, escalate_to", "'t', 'P-0001', '2026-11-18', 'P-0005'");
    due(2026, 12, 4);
    ck_assert(str_is(json_text(items[0].change.set, "escalated_to"), "P-0005"));
}
END_TEST

START_TEST(what_falls_due_while_somebody_is_away_goes_to_their_stand_in)
{
    version_put("people", "P-0001", "active", "name, delegate, away_from, away_until", "'Ada', 'P-0002', '2026-12-01', '2026-12-10'");
    version_put("tasks", "TASK-0001", "open", "title, owner, due_on", "'t', 'P-0001', '2026-12-05'");
    version_put("tasks", "TASK-0002", "open", "title, owner, due_on", "'later', 'P-0001', '2026-12-11'");
    due(2026, 11, 30);
    ck_assert_uint_eq(count, 0);
    due(2026, 12, 1);
    ck_assert_uint_eq(count, 1);
    ck_assert(str_is(items[0].key, "delegate/TASK-0001/2026-12-01"));
    ck_assert(str_is(json_text(items[0].change.set, "delegate"), "P-0002") && str_is(json_text(items[0].change.set, "delegate_until"), "2026-12-10"));
    version_put("tasks", "TASK-0001", "open", "title, owner, due_on, delegate, delegate_until", "'t', 'P-0001', '2026-12-05', 'P-0002', '2026-12-10'");
    due(2026, 12, 2);
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(exceptions_end_the_day_after_they_expire)
{
    version_put("exceptions", "EXC-0001", "approved", "title, expires_on", "'x', '2026-11-22'");
    due(2026, 11, 22);
    ck_assert_uint_eq(count, 0);
    due(2026, 11, 23);
    ck_assert_uint_eq(count, 1);
    ck_assert(str_is(items[0].change.transition, "end"));
}
END_TEST

START_TEST(holidays_move_what_is_due)
{
    version_put("holidays", "HOL-0001", "listed", "name, on_date", "'New Year', '2026-12-31'");
    adopt("AC-05", "quarterly");
    due(2026, 11, 22);
    ck_assert(str_is(json_text(found("occurrence/AC-05/2026-12-31")->change.set, "due_on"), "2027-01-01"));
}
END_TEST

TEST_MAIN_WITH("duties", setup, teardown, performances_of_adopted_controls_are_registered_ahead, a_registered_performance_follows_holidays_that_are_listed_later,
          a_control_without_a_frequency_of_its_own_follows_its_parameter,
          what_is_not_adopted_or_not_periodic_owes_nothing,
          a_performance_is_missed_after_its_grace_and_opens_one_deviation,
          a_recurring_task_makes_the_next_one_when_it_is_done,
          what_falls_due_while_somebody_is_away_goes_to_their_stand_in,
          a_late_task_is_escalated_once_to_who_answers_for_its_owner,
          exceptions_end_the_day_after_they_expire,
          holidays_move_what_is_due)
