#include "record/due.h"
#include "base/test.h"
#include "base/times.h"
#include "record/test_records.h"

static struct records test_records;
static struct due_item *items;
static size_t count;

static void setup(void)
{
    records_init(&test_records);
    ck_assert_str_eq(records_create(&test_records, "person", "{\"name\":\"Ada\",\"kind\":\"employee\"}"), "P-0001");
    ck_assert_str_eq(records_create(&test_records, "person", "{\"name\":\"Bob\",\"kind\":\"employee\"}"), "P-0002");
}
static void teardown(void)
{
    records_release(&test_records);
}
static int64_t day(int year, int month, int d)
{
    return day_of_date((struct date){year, month, d});
}
static const char *task(const char *owner, const char *due)
{
    return records_create(&test_records, "task", arena_printf(test_records.arena, "{\"title\":\"Do it\",\"owner\":\"%s\",\"due_on\":\"%s\"}", owner, due).data);
}
static void find(struct due_query q)
{
    struct err e = {0};
    const struct record_type **types = arena_array(test_records.arena, content_record_type_count, sizeof(*types));
    for (size_t i = 0; i < content_record_type_count; i++)
        types[i] = &content_record_types[i];
    if (q.to_day == 0)
        q.to_day = day(9999, 12, 30);
    if (q.leaf_limit == 0)
        q.leaf_limit = INT64_MAX;
    ck_assert_msg(due_list(test_records.db, test_records.arena, types, content_record_type_count, &q, &items, &count, &e), "%s", e.text);
    int64_t counted;
    ck_assert_msg(due_count(test_records.db, test_records.arena, types, content_record_type_count, &q, 1000, &counted, &e), "%s", e.text);
    ck_assert_int_eq(counted, (int64_t)count);
}

START_TEST(all_types_are_listed_by_day)
{
    task("P-0001", "2026-12-05");
    task("P-0002", "2026-12-01");
    records_create(&test_records, "goal", "{\"title\":\"Half the gaps\",\"metric\":\"gaps\",\"baseline\":\"10.00\",\"target\":\"5.00\",\"owner\":\"P-0001\",\"due_on\":\"2026-12-03\"}");
    find((struct due_query){0});
    ck_assert_uint_eq(count, 3);
    ck_assert(str_is(items[0].id, "TASK-0002") && str_is(items[0].owner_name, "Bob"));
    ck_assert_str_eq(items[1].type->id, "goal");
    ck_assert_int_eq(items[2].due_day, day(2026, 12, 5));
}
END_TEST

START_TEST(person_type_and_days_narrow_it)
{
    task("P-0001", "2026-12-05");
    task("P-0001", "2026-12-06");
    task("P-0002", "2026-12-05");
    find((struct due_query){.person = STR("P-0001")});
    ck_assert_uint_eq(count, 2);
    find((struct due_query){.from_day = day(2026, 12, 5), .to_day = day(2026, 12, 5)});
    ck_assert_uint_eq(count, 2);
    find((struct due_query){.from_day = day(2026, 12, 7)});
    ck_assert_uint_eq(count, 0);
    find((struct due_query){.type = STR("gap")});
    ck_assert_uint_eq(count, 0);
    find((struct due_query){.from_day = day(2026, 12, 6), .to_day = day(2026, 12, 5)});
    ck_assert_uint_eq(count, 0);
}
END_TEST

/* Whether counted by what is kept of a type, by its rows, or of what one may read. */
START_TEST(days_have_as_many_as_are_listed_on_them)
{
    enum { DAYS = 40 };
    struct access ada = {.actor = STR("account:1"), .account = STR("1"), .person = STR("P-0001"), .roles = {"employee"}, .role_count = 1};
    const struct access *readers[] = {NULL, &ada};
    int64_t first = day(2026, 12, 1);
    struct err e = {0};
    for (int n = 0; n < 60; n++)
        task(n % 3 ? "P-0001" : "P-0002", arena_printf(test_records.arena, "2026-12-%02d", 1 + n * n % 31).data);
    struct record_types *types = record_types_open(test_records.db, &e);
    size_t type_count;
    const struct record_type **list = due_types(test_records.arena, types, &type_count);
    for (int who = 0; who < 2; who++)
        for (int64_t limit = 0; limit < 2; limit++) {
            int64_t found[DAYS] = {0}, total = 0;
            struct due_query q = {.from_day = first - 3, .to_day = first - 3 + DAYS - 1, .access = readers[who], .leaf_limit = limit ? test_records.next - 20 : INT64_MAX};
            for (size_t i = 0; i < type_count; i++)
                ck_assert_msg(due_days(test_records.db, test_records.arena, list[i], &q, found, &e), "%s", e.text);
            for (int64_t k = 0; k < DAYS; k++) {
                struct due_query one = q;
                one.from_day = one.to_day = q.from_day + k;
                ck_assert_msg(due_list(test_records.db, test_records.arena, list, type_count, &one, &items, &count, &e), "%s", e.text);
                ck_assert_int_eq(found[k], (int64_t)count);
                total += found[k];
            }
            ck_assert_int_gt(total, 20);
        }
    for (size_t i = 1; i < type_count; i++)
        ck_assert(strcmp(list[i - 1]->id, list[i]->id) < 0);
    record_types_close(types);
}
END_TEST

START_TEST(what_somebody_stands_in_for_is_theirs_while_the_owner_is_away)
{
    records_create(&test_records, "person", "{\"name\":\"Cem\",\"kind\":\"employee\",\"delegate\":\"P-0002\",\"away_from\":\"2026-12-01\",\"away_until\":\"2026-12-10\"}");
    task("P-0003", "2026-12-05");
    records_create(&test_records, "task", "{\"title\":\"Given\",\"owner\":\"P-0001\",\"due_on\":\"2026-12-06\",\"delegate\":\"P-0002\",\"delegate_until\":\"2026-12-07\"}");
    find((struct due_query){.person = STR("P-0002")});
    ck_assert_uint_eq(count, 0); /* alone */
    find((struct due_query){.person = STR("P-0002"), .today = day(2026, 11, 30)});
    ck_assert_uint_eq(count, 1);
    find((struct due_query){.person = STR("P-0002"), .today = day(2026, 12, 1)});
    ck_assert_uint_eq(count, 2);
    ck_assert(str_is(items[0].owner_name, "Cem"));
    find((struct due_query){.person = STR("P-0002"), .today = day(2026, 12, 8)});
    ck_assert_uint_eq(count, 1);
    find((struct due_query){.person = STR("P-0002"), .today = day(2026, 12, 11)});
    ck_assert_uint_eq(count, 0);
    find((struct due_query){.person = STR("P-0001"), .today = day(2026, 12, 1)});
    ck_assert_uint_eq(count, 1); /* it stays the owner's, too */
}
END_TEST

START_TEST(what_is_done_is_due_as_of_the_leaf_before)
{
    struct err e = {0};
    const char *id = task("P-0001", "2026-12-05");
    int64_t before = test_records.next - 1;
    struct record_change done = {.type = STR("task"), .id = str_of(id), .act = RECORD_MOVE, .version = 1, .transition = STR("finish"),
                                 .set = records_json(&test_records, "{\"done_on\":\"2026-12-01\"}")};
    ck_assert_msg(records_do(&test_records, &done, &e), "%s", e.text);
    find((struct due_query){0});
    ck_assert_uint_eq(count, 0);
    find((struct due_query){.leaf_limit = before});
    ck_assert_uint_eq(count, 1);
    find((struct due_query){.leaf_limit = before - 1});
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(only_what_may_be_read)
{
    task("P-0001", "2026-12-05");
    task("P-0002", "2026-12-05");
    struct access ada = {.actor = STR("account:1"), .account = STR("1"), .person = STR("P-0001"), .roles = {"employee"}, .role_count = 1};
    find((struct due_query){.access = &ada});
    ck_assert_uint_eq(count, 1);
    ck_assert(str_is(items[0].owner, "P-0001"));
    struct access auditor = {.actor = STR("account:2"), .account = STR("2"), .roles = {"auditor"}, .role_count = 1};
    find((struct due_query){.access = &auditor});
    ck_assert_uint_eq(count, 2);
    struct access nobody = {.actor = STR("account:3"), .account = STR("3")};
    find((struct due_query){.access = &nobody});
    ck_assert_uint_eq(count, 0);
}
END_TEST

TEST_MAIN_WITH("due", setup, teardown, all_types_are_listed_by_day, person_type_and_days_narrow_it, what_somebody_stands_in_for_is_theirs_while_the_owner_is_away, what_is_done_is_due_as_of_the_leaf_before,
               only_what_may_be_read, days_have_as_many_as_are_listed_on_them)
