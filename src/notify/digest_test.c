#include "notify/digest.h"

#include "base/times.h"
#include "assess/test_records.h"

static struct digest *digests;
static size_t count;

static int64_t day(int year, int month, int d)
{
    return day_of_date((struct date){year, month, d});
}
static void collect(int64_t today)
{
    const struct record_type **types = arena_array(a, content_record_type_count, sizeof *types);
    for (size_t i = 0; i < content_record_type_count; i++)
        types[i] = &content_record_types[i];
    ck_assert_msg(digests_due(db, a, types, content_record_type_count, today, &digests, &count, &e), "%s", e.text);
}
static void people(void)
{
    version_put("people", "P-0001", "active", "name, email", "'Ada', 'ada@example.org'");
    version_put("people", "P-0002", "active", "name, email", "'Bob', 'bob@example.org'");
    version_put("people", "P-0003", "left", "name, email", "'Eve', 'eve@example.org'");
}
static void task(const char *id, const char *owner, const char *due)
{
    version_put("tasks", id, "open", "title, owner, due_on", arena_printf(a, "'Task %s', '%s', '%s'", id, owner, due).data);
}

START_TEST(a_digest_goes_out_only_on_a_day_on_which_a_reminder_fires)
{
    people();
    task("TASK-0001", "P-0001", "2026-11-25");
    collect(day(2026, 11, 21));
    ck_assert_uint_eq(count, 0);
    collect(day(2026, 11, 22));
    ck_assert_uint_eq(count, 1);
    ck_assert(str_is(digests[0].email, "ada@example.org"));
    ck_assert(str_is(digests[0].items[0].text, "Task TASK-0001 is due on 2026-11-25"));
    collect(day(2026, 11, 28));
    ck_assert_uint_eq(count, 1);
    collect(day(2026, 11, 29));
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(what_is_due_within_a_week_comes_along)
{
    people();
    task("TASK-0001", "P-0001", "2026-11-22");
    task("TASK-0002", "P-0001", "2026-11-29");
    task("TASK-0003", "P-0001", "2026-12-20");
    task("TASK-0004", "P-0001", "2026-11-10");
    task("TASK-0005", "P-0002", "2026-11-29");
    collect(day(2026, 11, 22));
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(digests[0].item_count, 3);
    ck_assert(str_is(digests[0].items[0].id, "TASK-0004"));
    struct buf text BUF_AUTO, subject BUF_AUTO;
    buf_init(&text, 1 << 16);
    buf_init(&subject, 1000);
    digest_write(&digests[0], day(2026, 11, 22), STR("https://assay.example.org"), &text, &subject);
    ck_assert(str_is(buf_view(&subject), "3 due, 1 overdue"));
    ck_assert(str_find(buf_view(&text), STR("OVERDUE\n- 2026-11-10  Task TASK-0004 (12 days late)\n  https://assay.example.org/records/task/TASK-0004\n")) > 0);
    ck_assert(str_find(buf_view(&text), STR("TODAY\n- 2026-11-22  Task TASK-0001 is due on 2026-11-22\n")) > 0);
}
END_TEST

START_TEST(done_things_and_people_who_left_are_left_alone)
{
    people();
    version_put("tasks", "TASK-0001", "done", "title, owner, due_on", "'t', 'P-0001', '2026-11-22'");
    task("TASK-0002", "P-0003", "2026-11-22");
    task("TASK-0003", "P-0099", "2026-11-22");
    collect(day(2026, 11, 22));
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(who_stands_in_is_told_while_somebody_is_away)
{
    version_put("people", "P-0001", "active", "name, email, delegate, away_from, away_until", "'Ada', 'ada@example.org', 'P-0002', '2026-11-20', '2026-11-30'");
    version_put("people", "P-0002", "active", "name, email", "'Bob', 'bob@example.org'");
    task("TASK-0001", "P-0001", "2026-11-22");
    collect(day(2026, 11, 22));
    ck_assert_uint_eq(count, 2);
    task("TASK-0001", "P-0001", "2026-12-10");
    collect(day(2026, 12, 10));
    ck_assert_uint_eq(count, 1);
}
END_TEST

START_TEST(what_is_late_is_escalated_after_its_days)
{
    people();
    version_put("tasks", "TASK-0001", "open", "title, owner, due_on, escalate_to, escalate_days", "'t', 'P-0001', '2026-11-10', 'P-0002', 5");
    collect(day(2026, 11, 14));
    ck_assert_uint_eq(count, 0);
    collect(day(2026, 11, 15));
    ck_assert_uint_eq(count, 1);
    ck_assert(str_is(digests[0].name, "Bob"));
    ck_assert(digests[0].items[0].is_escalated && str_is(digests[0].items[0].owner_name, "Ada"));
}
END_TEST

TEST_MAIN_WITH("digest", setup, teardown, a_digest_goes_out_only_on_a_day_on_which_a_reminder_fires, what_is_due_within_a_week_comes_along,
               done_things_and_people_who_left_are_left_alone, who_stands_in_is_told_while_somebody_is_away, what_is_late_is_escalated_after_its_days)
