#include "report/view_due.h"

#include "assess/test_records.h"
#include "base/times.h"

/* How many messages this person finds on that day; as of this leaf, 0: now. */
static int64_t told_at(const char *person, const char *day, int64_t at_leaf)
{
    int64_t now = 0;
    struct view *v = ARENA_NEW(a, struct view);
    ck_assert(time_parse(str_of(day), 0, &now));
    now += 12 * MS_HOUR;
    *v = (struct view){.db = db, .arena = a, .now_ms = now, .at_ms = now, .leaf_limit = at_leaf ? at_leaf : INT64_MAX - 1, .is_past = at_leaf != 0};
    struct json *page = json_object(a);
    ck_assert_msg(view_put_messages(v, str_of(person), page, &e), "%s", e.text);
    return (int64_t)json_get(page, "messages")->count;
}
static int64_t told(const char *person, const char *day)
{
    return told_at(person, day, 0);
}
static void message(const char *id, const char *state, const char *departments, const char *from, const char *until)
{
    version_put("awareness_messages", id, state, "title, text, department, shown_from, shown_until", arena_printf(a, "'T', 'X', %s, '%s', '%s'", departments, from, until).data);
}
static void people_put(void)
{
    version_put("people", "P-1", "active", "name, department", "'Ann', 'Sales'");
    version_put("people", "P-2", "active", "name, department", "'Bob', 'Engineering'");
    version_put("people", "P-3", "active", "name", "'Cat'");
}

START_TEST(a_message_is_there_from_its_first_to_its_last_day_once_it_was_sent)
{
    people_put();
    message("AW-1", "draft", "null", "2026-11-10", "2026-11-20");
    ck_assert_int_eq(told("P-1", "2026-11-15"), 0);
    message("AW-1", "sent", "null", "2026-11-10", "2026-11-20");
    int64_t sent = leaf;
    ck_assert_int_eq(told("P-1", "2026-11-09"), 0);
    ck_assert_int_eq(told("P-1", "2026-11-10"), 1);
    ck_assert_int_eq(told("P-1", "2026-11-20"), 1);
    ck_assert_int_eq(told("P-1", "2026-11-21"), 0);
    message("AW-1", "ended", "null", "2026-11-10", "2026-11-20");
    ck_assert_int_eq(told("P-1", "2026-11-15"), 0);
    ck_assert_int_eq(told_at("P-1", "2026-11-15", sent), 1); /* what was said stays said */
    ck_assert_int_eq(told_at("P-1", "2026-11-15", sent - 1), 0);
}
END_TEST

START_TEST(departments_are_named_in_any_case_and_with_any_spaces)
{
    people_put();
    message("AW-1", "sent", "'  '", "2026-11-10", "2026-11-20");
    message("AW-2", "sent", "'legal , sales,Support'", "2026-11-10", "2026-11-20");
    message("AW-3", "sent", "'Engineer'", "2026-11-10", "2026-11-20");
    ck_assert_int_eq(told("P-1", "2026-11-15"), 2);
    ck_assert_int_eq(told("P-2", "2026-11-15"), 1);
    ck_assert_int_eq(told("P-3", "2026-11-15"), 1);
    ck_assert_int_eq(told("", "2026-11-15"), 1);
}
END_TEST

START_TEST(only_so_many_are_shown_the_newest_first)
{
    people_put();
    message("AW-9", "sent", "'Engineering'", "2026-11-14", "2026-11-20"); /* not theirs, and takes no place */
    for (int i = 0; i < VIEW_MESSAGES_MAX + 3; i++)
        message(arena_printf(a, "AW-%d", 10 + i).data, "sent", "null", "2026-11-10", "2026-11-20");
    ck_assert_int_eq(told("P-1", "2026-11-15"), VIEW_MESSAGES_MAX);
}
END_TEST

TEST_MAIN_WITH("view_messages", setup, teardown, a_message_is_there_from_its_first_to_its_last_day_once_it_was_sent, departments_are_named_in_any_case_and_with_any_spaces,
               only_so_many_are_shown_the_newest_first)
