#include "base/test.h"
#include "record/test_records.h"

static struct records w;
static struct err e;

static void start(void)
{
    records_init(&w);
    e = (struct err){0};
}

static struct record_change creation(const char *type, const char *values)
{
    struct access x = records_access(&w);
    struct json *set = records_json(&w, values);
    record_defaults(records_type(&w, type), set, &x, w.t);
    return (struct record_change){.type = str_of(type), .act = RECORD_CREATE, .set = set};
}

static struct record_change deletion(const char *type, const char *id, int64_t version)
{
    return (struct record_change){.type = str_of(type), .id = str_of(id), .act = RECORD_DELETE, .version = version, .set = json_object(w.arena), .why = STR("x")};
}

static bool do_all(const struct record_change *changes, size_t count)
{
    e = (struct err){0};
    return records_do_all(&w, changes, count, &e);
}

static bool do_one(struct record_change c)
{
    return do_all(&c, 1);
}

START_TEST(what_others_refer_to_is_not_deleted_from_under_them)
{
    start();
    records_create(&w, "person", "{\"name\":\"Ann\"}");
    records_create(&w, "gap", "{\"title\":\"One\",\"kind\":\"missing\",\"owner\":\"P-0001\"}");
    ck_assert(!do_one(deletion("person", "P-0001", 1)) && e.code == ERR_CONFLICT);
    ck_assert_msg(strstr(e.text, "gap GAP-0001 (Owner) refer to it"), "%s", e.text);
    struct record_change freed[] = {{.type = STR("gap"), .id = STR("GAP-0001"), .act = RECORD_CHANGE, .version = 1, .set = records_json(&w, "{\"owner\":null}")},
                                    deletion("person", "P-0001", 1)};
    ck_assert_msg(do_all(freed, 2), "%s", e.text);
    ck_assert(!do_one(creation("gap", "{\"title\":\"Two\",\"kind\":\"missing\",\"owner\":\"P-0001\"}")) && strstr(e.text, "owner: there is no person P-0001"));
    records_release(&w);
}
END_TEST

START_TEST(an_end_that_leaves_open_records_behind_is_asked_about)
{
    start();
    records_create(&w, "person", "{\"name\":\"Ann\",\"left_on\":\"2026-01-01\"}");
    records_create(&w, "task", "{\"title\":\"One\",\"owner\":\"P-0001\",\"due_on\":\"2026-12-01\"}");
    struct record_change leave = {.type = STR("person"), .id = STR("P-0001"), .act = RECORD_MOVE, .version = 1, .transition = STR("leave"), .set = json_object(w.arena)};
    ck_assert(!do_one(leave) && e.code == ERR_CONFLICT);
    ck_assert_msg(strstr(e.text, "sure: task TASK-0001 (Who) refer to it"), "%s", e.text);
    leave.is_sure = true;
    ck_assert_msg(do_one(leave), "%s", e.text);
    records_create(&w, "person", "{\"name\":\"Bob\",\"left_on\":\"2026-01-01\"}");
    records_create(&w, "task", "{\"title\":\"Two\",\"owner\":\"P-0002\",\"due_on\":\"2026-12-01\",\"done_on\":\"2026-01-01\"}");
    struct record_change finish = {.type = STR("task"), .id = STR("TASK-0002"), .act = RECORD_MOVE, .version = 1, .transition = STR("finish"), .set = json_object(w.arena)};
    ck_assert_msg(do_one(finish), "%s", e.text);
    leave.id = STR("P-0002");
    leave.is_sure = false;
    ck_assert_msg(do_one(leave), "%s", e.text); /* what is done asks for nobody */
    records_release(&w);
}
END_TEST

START_TEST(one_operation_makes_parents_and_children)
{
    start();
    struct record_change both[] = {creation("gap", "{\"title\":\"One\",\"kind\":\"missing\",\"owner\":\"new:2\"}"), creation("person", "{\"name\":\"Ann\",\"manager\":\"new:3\"}"),
                                   creation("person", "{\"name\":\"Bob\",\"manager\":\"new:2\"}")};
    ck_assert_msg(record_number(w.db, w.arena, both, 3, &e), "%s", e.text);
    struct access x = records_access(&w);
    struct json *problems = record_try(w.db, w.arena, both, 3, &x, &e);
    ck_assert_msg(problems && problems->count == 0, "%s", e.text);
    ck_assert_msg(do_all(both, 3), "%s", e.text);
    ck_assert(str_is(json_text(records_get(&w, "gap", "GAP-0001")->values, "owner"), "P-0001"));
    ck_assert(str_is(json_text(records_get(&w, "person", "P-0001")->values, "manager"), "P-0002"));
    struct record_change late[] = {creation("person", "{\"name\":\"Cid\"}"), creation("person", "{\"name\":\"Dan\",\"manager\":\"new:1\"}")};
    ck_assert(record_number(w.db, w.arena, late, 2, &e));
    records_create(&w, "person", "{\"name\":\"Quicker\"}");
    ck_assert(!do_all(late, 2) && e.code == ERR_CONFLICT && strstr(e.text, "is not the next id, which is P-0004"));
    struct record_change wrong[] = {creation("gap", "{\"title\":\"Two\",\"kind\":\"missing\",\"owner\":\"new:1\"}"), creation("gap", "{\"title\":\"Three\",\"kind\":\"missing\",\"owner\":\"new:9\"}")};
    e = (struct err){0};
    ck_assert(record_number(w.db, w.arena, wrong, 2, &e));
    problems = record_try(w.db, w.arena, wrong, 2, &x, &e);
    ck_assert(problems && problems->count == 2 && json_int(json_at(problems, 1), "change", -1) == 1 && str_is(json_text(json_at(problems, 1), "field"), "owner"));
    records_release(&w);
}
END_TEST

START_TEST(an_undo_brings_nothing_back_that_points_nowhere)
{
    start();
    records_create(&w, "person", "{\"name\":\"Ann\"}");
    records_create(&w, "gap", "{\"title\":\"One\",\"kind\":\"missing\",\"owner\":\"P-0001\"}");
    struct record_change freed[] = {{.type = STR("gap"), .id = STR("GAP-0001"), .act = RECORD_CHANGE, .version = 1, .set = records_json(&w, "{\"owner\":null}")},
                                    deletion("person", "P-0001", 1)};
    ck_assert_msg(do_all(freed, 2), "%s", e.text);
    struct record_change undo = {.type = STR("gap"), .id = STR("GAP-0001"), .act = RECORD_UNDO, .version = 2, .set = json_object(w.arena)};
    ck_assert(!do_one(undo) && e.code == ERR_CONFLICT && strstr(e.text, "owner: there is no person P-0001"));
    records_release(&w);
}
END_TEST

static struct record_csv csv_read(const char *type, const char *text)
{
    struct record_csv csv;
    struct access x = records_access(&w);
    e = (struct err){0};
    ck_assert_msg(record_csv_read(w.db, w.arena, records_type(&w, type), str_of(text), NULL, &x, w.t, &csv, &e), "%s", e.text);
    return csv;
}

START_TEST(rows_of_a_file_refer_to_one_another_and_to_what_is_there)
{
    start();
    records_create(&w, "person", "{\"name\":\"Boss\",\"email\":\"Boss@Example.org\"}");
    struct record_csv csv = csv_read("person", "key,name,email,kind,manager,delegate\n7,Ann,ann@example.org,employee,boss@example.org,8\n8,Bob,bob@example.org,employee,ANN@example.org,Boss\n");
    ck_assert_msg(csv.problems->count == 0, "%s", csv.problems->count ? json_text(json_at(csv.problems, 0), "why").data : "");
    ck_assert_msg(do_all(csv.changes, csv.row_count), "%s", e.text);
    struct record *ann = records_get(&w, "person", "P-0002"), *bob = records_get(&w, "person", "P-0003");
    ck_assert(str_is(json_text(ann->values, "manager"), "P-0001") && str_is(json_text(ann->values, "delegate"), "P-0003"));
    ck_assert(str_is(json_text(bob->values, "manager"), "P-0002") && str_is(json_text(bob->values, "delegate"), "P-0001"));
    csv = csv_read("gap", "title,kind,owner\nOne,missing,BOSS@example.ORG\nTwo,missing,Ann\nThree,missing,nobody@example.org\n");
    ck_assert(csv.problems->count == 1 && json_int(json_at(csv.problems, 0), "row", 0) == 4 && str_is(json_text(json_at(csv.problems, 0), "column"), "owner"));
    records_create(&w, "person", "{\"name\":\"Ann\"}");
    csv = csv_read("gap", "title,kind,owner\nTwo,missing,Ann\n");
    ck_assert(csv.problems->count == 1 && strstr(json_text(json_at(csv.problems, 0), "why").data, "several are called Ann"));
    records_release(&w);
}
END_TEST

START_TEST(unique_texts_differ_in_more_than_their_case)
{
    start();
    records_create(&w, "person", "{\"name\":\"Ann\",\"email\":\"ann@example.org\"}");
    ck_assert(!do_one(creation("person", "{\"name\":\"Ann\",\"email\":\"ANN@Example.ORG\"}")) && strstr(e.text, "email: P-0001 has this one already"));
    struct record_change twice[] = {creation("person", "{\"name\":\"B\",\"email\":\"b@example.org\"}"), creation("person", "{\"name\":\"C\",\"email\":\"B@example.org\"}")};
    ck_assert(!do_all(twice, 2) && strstr(e.text, "another record of this operation has the same"));
    struct record_csv csv = csv_read("person", "name,email,kind\nD,d@example.org,employee\nE,D@example.org,employee\n");
    ck_assert(csv.problems->count == 1 && json_int(json_at(csv.problems, 0), "row", 0) == 3);
    struct record_change own = {.type = STR("person"), .id = STR("P-0001"), .act = RECORD_CHANGE, .version = 1, .set = records_json(&w, "{\"email\":\"Ann@example.org\"}")};
    ck_assert_msg(do_one(own), "%s", e.text);
    records_release(&w);
}
END_TEST

TEST_MAIN("refer", what_others_refer_to_is_not_deleted_from_under_them, an_end_that_leaves_open_records_behind_is_asked_about,
          one_operation_makes_parents_and_children, an_undo_brings_nothing_back_that_points_nowhere,
          rows_of_a_file_refer_to_one_another_and_to_what_is_there, unique_texts_differ_in_more_than_their_case)
