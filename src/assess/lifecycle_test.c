#include "assess/lifecycle.h"

#include "assess/test_records.h"

static struct lifecycle_work *items;
static size_t count;

static void due(int month, int day)
{
    ck_assert_msg(lifecycle_due(db, a, day_of_date((struct date){2026, month, day}), &items, &count, &e), "%s", e.text);
}
static const struct lifecycle_work *found(const char *key)
{
    for (size_t i = 0; i < count; i++)
        if (str_starts(items[i].key, key)) /* behind it comes the version */
            return &items[i];
    return NULL;
}
static const struct json *step(const struct lifecycle_work *w, const char *kind)
{
    for (size_t i = 0; i < w->count; i++)
        if (str_is(json_text(w->changes[i].set, "kind"), kind) && str_is(w->changes[i].type, "lifecycle_step"))
            return w->changes[i].set;
    return NULL;
}
static void system_put(void)
{
    version_put("systems", "SYS-0001", "in_use", "name, kind, owner, is_in", "'IdP', 'identity', 'P-0009', 1");
}
static void extract_put(const char *id, const char *day)
{
    version_put("account_extracts", id, "taken", "system, taken_at", arena_printf(a, "'SYS-0001', strftime('%%s', '%s') * 1000", day).data);
}

START_TEST(a_first_day_opens_one_checklist_with_the_days_of_the_parameters)
{
    system_put();
    version_put("people", "P-0001", "active", "name, kind, manager, started_on", "'Ada', 'employee', 'P-0002', '2026-11-20'"); /* a Friday */
    due(11, 18);
    const struct lifecycle_work *w = found("joiner/P-0001/");
    ck_assert_ptr_nonnull(w);
    ck_assert(str_is(json_text(step(w, "background_check"), "due_on"), "2026-11-20"));
    ck_assert(str_is(json_text(step(w, "give_access"), "due_on"), "2026-11-23"));
    ck_assert(str_is(json_text(step(w, "give_access"), "owner"), "P-0009"));
    ck_assert(str_is(json_text(step(w, "device"), "owner"), "P-0002"));
    ck_assert(str_is(json_text(step(w, "training"), "due_on"), "2026-12-20"));
    ck_assert(str_is(json_text(w->changes[0].set, "due_on"), "2026-12-20"));
    version_put("lifecycles", "JML-0001", "open", "kind, person, event_on", "'joiner', 'P-0001', '2026-11-20'");
    due(11, 18);
    ck_assert_ptr_null(found("joiner/P-0001/"));
}
END_TEST

START_TEST(access_of_whoever_leaves_involuntarily_ends_on_the_last_day)
{
    system_put();
    version_put("holidays", "HOL-0001", "listed", "name, on_date", "'x', '2026-11-23'");
    version_put("people", "P-0001", "active", "name, kind, left_on", "'Ada', 'employee', '2026-11-20'");
    version_put("people", "P-0002", "active", "name, kind, left_on, is_involuntary", "'Bob', 'employee', '2026-11-20', 1");
    due(11, 18);
    ck_assert(str_is(json_text(step(found("leaver/P-0001/"), "remove_access"), "due_on"), "2026-11-24"));
    ck_assert(str_is(json_text(step(found("leaver/P-0002/"), "remove_access"), "due_on"), "2026-11-20"));
    ck_assert_ptr_null(found("leave/P-0001/"));
    due(11, 21);
    ck_assert_ptr_nonnull(found("leave/P-0001/"));
}
END_TEST

START_TEST(a_day_that_moves_moves_the_deadlines_and_one_that_goes_drops_the_checklist)
{
    version_put("people", "P-0001", "active", "name, kind, left_on", "'Ada', 'employee', '2026-11-27'");
    version_put("lifecycles", "JML-0001", "open", "kind, person, event_on", "'leaver', 'P-0001', '2026-11-20'");
    version_put("lifecycle_steps", "ST-0001", "open", "lifecycle, person, kind, template, due_on", "'JML-0001', 'P-0001', 'return', 'return', '2026-12-04'");
    due(11, 18);
    const struct lifecycle_work *w = found("day/JML-0001/");
    ck_assert_ptr_nonnull(w);
    ck_assert_uint_eq(w->count, 2);
    ck_assert(str_is(json_text(w->changes[1].set, "due_on"), "2026-12-11"));
    version_put("people", "P-0001", "active", "name, kind", "'Ada', 'employee'");
    due(11, 18);
    w = found("back/JML-0001/");
    ck_assert_ptr_nonnull(w);
    ck_assert(str_is(w->changes[0].transition, "drop") && str_is(w->changes[1].transition, "drop"));
}
END_TEST

START_TEST(an_extract_later_than_the_last_day_proves_and_contradicts)
{
    system_put();
    version_put("people", "P-0001", "left", "name, kind, left_on", "'Ada', 'employee', '2026-11-10'");
    version_put("lifecycles", "JML-0001", "open", "kind, person, event_on", "'leaver', 'P-0001', '2026-11-10'");
    version_put("lifecycle_steps", "ST-0001", "open", "title, lifecycle, person, kind, system, due_on, control", "'t', 'JML-0001', 'P-0001', 'remove_access', 'SYS-0001', '2026-11-11', 'AC-04'");
    version_put("system_accounts", "ACC-0001", "present", "key, system, name, person, extract, enabled", "'k', 'SYS-0001', 'ada', 'P-0001', 'EXT-0001', 1");
    extract_put("EXT-0001", "2026-11-09");
    due(11, 11);
    ck_assert_ptr_null(found("prove/ST-0001/"));
    ck_assert_ptr_null(found("deviation/step/ST-0001"));
    due(11, 12);
    ck_assert_ptr_nonnull(found("deviation/step/ST-0001"));
    version_put("system_accounts", "ACC-0001", "gone", "key, system, name, person, extract, enabled, gone_on", "'k', 'SYS-0001', 'ada', 'P-0001', 'EXT-0002', 1, '2026-11-13'");
    extract_put("EXT-0002", "2026-11-13");
    due(11, 13);
    const struct lifecycle_work *w = found("prove/ST-0001/");
    ck_assert_ptr_nonnull(w);
    ck_assert_int_eq(json_int(w->changes[0].set, "lag", 0), 48);
    version_put("lifecycle_steps", "ST-0001", "claimed", "title, lifecycle, person, kind, system, due_on, control, done_at, lag",
                "'t', 'JML-0001', 'P-0001', 'remove_access', 'SYS-0001', '2026-11-11', 'AC-04', strftime('%s', '2026-11-11') * 1000, 0");
    version_put("system_accounts", "ACC-0001", "present", "key, system, name, person, extract, enabled", "'k', 'SYS-0001', 'ada', 'P-0001', 'EXT-0002', 1");
    due(11, 13);
    ck_assert_ptr_nonnull(found("contradict/ST-0001/"));
}
END_TEST

START_TEST(a_checklist_is_done_when_its_last_step_is)
{
    version_put("people", "P-0001", "active", "name, kind, started_on", "'Ada', 'employee', '2026-11-10'");
    version_put("lifecycles", "JML-0001", "open", "kind, person, event_on", "'joiner', 'P-0001', '2026-11-10'");
    version_put("lifecycle_steps", "ST-0001", "proven", "lifecycle, person, kind, done_at", "'JML-0001', 'P-0001', 'nda', 1793577600000");
    version_put("lifecycle_steps", "ST-0002", "open", "lifecycle, person, kind, due_on", "'JML-0001', 'P-0001', 'other', '2026-12-01'");
    due(11, 11);
    ck_assert_uint_eq(count, 0);
    version_put("lifecycle_steps", "ST-0002", "claimed", "lifecycle, person, kind, due_on, done_at", "'JML-0001', 'P-0001', 'other', '2026-12-01', 1793577600000");
    due(11, 11);
    ck_assert_ptr_nonnull(found("claim/JML-0001/"));
    version_put("lifecycle_steps", "ST-0002", "proven", "lifecycle, person, kind, due_on, done_at", "'JML-0001', 'P-0001', 'other', '2026-12-01', 1793577600000");
    due(11, 11);
    ck_assert_ptr_nonnull(found("finish/JML-0001/"));
}
END_TEST

TEST_MAIN_WITH("lifecycle", setup, teardown, a_first_day_opens_one_checklist_with_the_days_of_the_parameters, access_of_whoever_leaves_involuntarily_ends_on_the_last_day,
               a_day_that_moves_moves_the_deadlines_and_one_that_goes_drops_the_checklist, an_extract_later_than_the_last_day_proves_and_contradicts, a_checklist_is_done_when_its_last_step_is)
