/* Requests: which, when and for whom; what a list says when it comes back; ages. */
#include "assess/request_answer.h"
#include "base/test.h"
#include "content/content.h"
#include "record/test_records.h"

static struct records w;
static struct err e;

static void setup(void)
{
    records_init(&w);
    e = (struct err){0};
    records_create(&w, "person", "{\"name\":\"Olga\",\"email\":\"olga@example.org\"}");
    records_create(&w, "person", "{\"name\":\"Ivan\",\"email\":\"ivan@example.org\"}");
    records_create(&w, "engagement", "{\"title\":\"Mine\",\"kind\":\"type2\",\"categories\":[\"security\"],\"window_from\":\"2026-01-01\",\"window_to\":\"2026-12-31\",\"owner\":\"P-0002\"}");
}

static void teardown(void)
{
    records_release(&w);
}

static struct request_changes plan(int64_t today)
{
    struct engagement g;
    struct engagement_scope scope;
    struct request_changes made;
    struct request_options o = {.today = today};
    ck_assert_msg(engagement_read(w.db, w.arena, STR("ENG-0001"), INT64_MAX, &g, &e) && engagement_scope(w.db, w.arena, &g, INT64_MAX, &scope, &e) &&
                      requests_plan(w.db, w.arena, &g, &scope, &o, &made, &e),
                  "%s", e.text);
    return made;
}

static int64_t day_at(const char *text)
{
    int64_t at_ms = 0;
    ck_assert(time_parse(str_of(text), 0, &at_ms));
    return day_of(at_ms);
}

START_TEST(the_list_is_made_once_by_categories_and_type)
{
    struct request_changes made = plan(day_at("2026-02-02"));
    ck_assert_uint_gt(made.count, 60);
    ck_assert_uint_lt(made.count, content_request_count);
    for (size_t i = 0; i < made.count; i++) {
        struct str template = json_text(made.changes[i].set, "template");
        ck_assert(str_is(json_text(made.changes[i].set, "owner"), "P-0002"));
        for (size_t k = 0; k < content_request_count; k++)
            if (str_is(template, content_requests[k].id)) {
                bool is_type2 = false;
                for (size_t n = 0; n < content_requests[k].report_types.count; n++)
                    is_type2 |= strcmp(content_requests[k].report_types.items[n], "type2") == 0;
                ck_assert_msg(is_type2, "%s", content_requests[k].id);
            }
        ck_assert_msg(!str_starts(template, "PBC-115"), "privacy is not in scope");
    }
    ck_assert_msg(records_do_all(&w, made.changes, made.count, &e), "%s", e.text);
    ck_assert_uint_eq(plan(day_at("2026-02-03")).count, 0);
}
END_TEST

START_TEST(a_day_is_never_too_near_and_a_business_day_and_follows_the_window)
{
    struct calendar none = {0};
    static const char *const kinds[] = {"document", "population", "sample", "config"}, *const phases[] = {"planning", "fieldwork", "reporting"};
    for (int seed = 0; seed < 2000; seed++) {
        int64_t first = 20000 + seed * 7 % 900, last = first + seed % 400, today = first - 100 + seed * 13 % 700;
        const char *kind = kinds[seed % 4], *phase = phases[seed % 3];
        struct days window = {first, last};
        int64_t due = request_due_day(kind, phase, seed % 2, window, DAY_NONE, today, &none);
        ck_assert_int_ge(due, today + REQUEST_DAYS_MIN);
        ck_assert(calendar_is_business_day(&none, due));
        ck_assert_int_ge(request_due_day(kind, phase, seed % 2, window, DAY_NONE, today + 1, &none), due - 3); /* later asked, not earlier due */
        int64_t planned = last + seed % 50;
        int64_t by_milestone = request_due_day(kind, phase, seed % 2, window, planned, today, &none);
        ck_assert(by_milestone >= planned && (by_milestone <= planned + 3 || by_milestone <= today + REQUEST_DAYS_MIN + 3));
    }
    int64_t far = day_at("2026-01-05");
    ck_assert_str_eq(day_text(w.arena, request_due_day("population", "fieldwork", false, (struct days){far, day_at("2026-12-31")}, DAY_NONE, far, &none)).data, "2027-01-07");
}
END_TEST

START_TEST(a_population_that_was_accepted_asks_for_its_sample_once)
{
    struct str key;
    struct request_changes next;
    records_create(&w, "audit_request", "{\"title\":\"All leavers\",\"engagement\":\"ENG-0001\",\"kind\":\"population\",\"template\":\"PBC-024\",\"controls\":[\"AC-08\"],\"owner\":\"P-0001\"}");
    ck_assert(requests_due(w.db, w.arena, 20500, &key, &next, &e) && next.count == 0);
    ck_assert(db_run(w.db, &e, "update audit_requests_versions set state = 'accepted' where id = 'REQ-0001'"));
    ck_assert(requests_due(w.db, w.arena, 20500, &key, &next, &e) && next.count == 1);
    ck_assert(str_is(json_text(next.changes[0].set, "follows"), "REQ-0001") && str_is(json_text(next.changes[0].set, "kind"), "sample") && str_is(json_text(next.changes[0].set, "owner"), "P-0001"));
    ck_assert_msg(records_do_all(&w, next.changes, 1, &e), "%s", e.text);
    ck_assert(requests_due(w.db, w.arena, 20501, &key, &next, &e) && next.count == 0);
}
END_TEST

START_TEST(a_sample_that_is_in_the_list_already_is_joined_to_its_population)
{
    struct str key;
    struct request_changes next;
    records_create(&w, "audit_request", "{\"title\":\"All leavers\",\"engagement\":\"ENG-0001\",\"kind\":\"population\",\"template\":\"PBC-022\",\"controls\":[\"AC-04\"]}");
    records_create(&w, "audit_request", "{\"title\":\"For sampled leavers\",\"engagement\":\"ENG-0001\",\"kind\":\"sample\",\"template\":\"PBC-023\",\"controls\":[\"AC-04\"]}");
    ck_assert(db_run(w.db, &e, "update audit_requests_versions set state = 'accepted' where id = 'REQ-0001'"));
    ck_assert(requests_due(w.db, w.arena, 20500, &key, &next, &e) && next.count == 1);
    ck_assert(next.changes[0].act == RECORD_CHANGE && str_is(next.changes[0].id, "REQ-0002"));
}
END_TEST

/* ---- lists that come back ---- */

static struct request_import import(const char *csv)
{
    struct engagement g;
    struct request_import in;
    struct access x;
    struct record_types *types = record_types_of(w.db, &e);
    struct json *rows = request_rows_csv(w.arena, str_of(csv), &e);
    ck_assert_msg(types && rows && access_read(w.db, w.arena, STR("local:admin"), w.t, &x, &e) && engagement_read(w.db, w.arena, STR("ENG-0001"), INT64_MAX, &g, &e) &&
                      request_import_read(w.db, w.arena, types, &g, rows, NULL, &x, 1775000000000, &in, &e),
                  "%s", e.text);
    return in;
}

START_TEST(headings_are_known_by_their_words)
{
    ck_assert_str_eq(request_heading_field(STR("Due Date")), "due_on");
    ck_assert_str_eq(request_heading_field(STR("  PBC #: ")), "firm_id");
    ck_assert_str_eq(request_heading_field(STR("REQUEST_DESCRIPTION")), "title");
    ck_assert_str_eq(request_heading_field(STR("Status")), "-");
    ck_assert_str_eq(request_heading_field(STR("")), "");
    ck_assert_str_eq(request_heading_field(STR("|")), "");
    ck_assert_str_eq(request_heading_field(STR("Sampling lead")), "");
}
END_TEST

START_TEST(a_firms_list_becomes_requests_and_nothing_of_it_is_lost)
{
    struct request_import in = import("Reed & Partners,,,,\r\nPBC list 2026,,,,\r\nRef,Request Description,Due date,Owner,Sampling lead\r\n"
                                      "A-1,\"Board minutes, all of them\",30.11.2026,olga@example.org,Ann\r\nA-2,Access list,2026-12-01,Ivan,\r\n,,,,\r\n");
    ck_assert_uint_eq(in.problems->count, 0);
    ck_assert_uint_eq(in.header_row, 3);
    ck_assert_uint_eq(in.made, 2);
    const struct json *set = in.changes[0].set;
    ck_assert(str_is(json_text(set, "firm_id"), "A-1") && str_is(json_text(set, "due_on"), "2026-11-30") && str_is(json_text(set, "owner"), "P-0001"));
    ck_assert(str_is(json_text(set, "details"), "Sampling lead: Ann"));
    ck_assert_msg(records_do_all(&w, in.changes, in.count, &e), "%s", e.text);
    in = import("Ref,Request Description,Due date,Owner,Sampling lead\r\nA-1,\"Board minutes, all of them\",30.11.2026,olga@example.org,Ann\r\nA-2,Access list of the cloud,2026-12-01,Ivan,\r\n");
    ck_assert_uint_eq(in.same, 1);
    ck_assert_uint_eq(in.changed, 1);
    ck_assert_uint_eq(in.made, 0);
    ck_assert_msg(in.rows[0] == 3 && str_is(in.changes[0].id, "REQ-0002"), "by the firm's number");
}
END_TEST

START_TEST(every_problem_is_told_by_row_and_column)
{
    struct request_import in = import("Id,Request,Due on,Owner,Controls,Criteria,Kind,Mood\r\n"
                                      "REQ-9999,Unknown,2026-12-01,,,,,\r\n"
                                      ",Ambiguous,03/04/2026,nobody@example.org,XX-99,CC99,painting,fine\r\n"
                                      ",,2026-12-01,,,,,\r\n");
    struct {
        int64_t row;
        const char *column;
    } expected[] = {{2, "Id"}, {3, "Due on"}, {3, "Owner"}, {3, "Controls"}, {3, "Criteria"}, {3, "Kind"}, {4, "Request"}};
    ck_assert_uint_eq(in.problems->count, sizeof(expected) / sizeof(expected[0]));
    size_t i = 0;
    JSON_EACH (p, in.problems) {
        ck_assert_int_eq(json_int(p, "row", 0), expected[i].row);
        ck_assert_msg(str_is(json_text(p, "column"), expected[i].column), "%zu: %.*s", i, STR_ARGS(json_text(p, "column")));
        i++;
    }
    ck_assert_uint_eq(in.unknown, 1);
}
END_TEST

START_TEST(what_goes_out_comes_back_unchanged)
{
    struct access x;
    struct engagement g;
    struct request_import in;
    struct record_types *types = record_types_of(w.db, &e);
    struct request_changes made = plan(day_at("2026-02-02"));
    ck_assert_msg(records_do_all(&w, made.changes, made.count, &e), "%s", e.text);
    ck_assert(access_read(w.db, w.arena, STR("local:admin"), w.t, &x, &e) && engagement_read(w.db, w.arena, STR("ENG-0001"), INT64_MAX, &g, &e));
    struct json *rows = request_rows(w.db, w.arena, types, STR("ENG-0001"), &x, 1775000000000, &e);
    ck_assert_msg(rows && request_import_read(w.db, w.arena, types, &g, rows, NULL, &x, 1775000000000, &in, &e), "%s", e.text);
    ck_assert_msg(in.problems->count == 0, "%.*s", STR_ARGS(json_text(json_at(in.problems, 0), "why")));
    ck_assert_uint_eq(in.same, made.count);
    ck_assert_uint_eq(in.count, 0);
}
END_TEST

START_TEST(an_age_has_one_bucket_and_a_state_one_side)
{
    for (int64_t d = 0; d < 200; d++)
        ck_assert(request_age_bucket(d) <= request_age_bucket(d + 1) && request_age_bucket(d) < AGE_BUCKETS);
    ck_assert_str_eq(request_side(STR("open")), "management");
    ck_assert_str_eq(request_side(STR("returned")), "management");
    ck_assert_str_eq(request_side(STR("submitted")), "auditor");
    ck_assert_str_eq(request_side(STR("accepted")), "");
}
END_TEST

TEST_MAIN_WITH("requests", setup, teardown, the_list_is_made_once_by_categories_and_type, a_day_is_never_too_near_and_a_business_day_and_follows_the_window,
               a_population_that_was_accepted_asks_for_its_sample_once, a_sample_that_is_in_the_list_already_is_joined_to_its_population, headings_are_known_by_their_words,
               a_firms_list_becomes_requests_and_nothing_of_it_is_lost, every_problem_is_told_by_row_and_column, what_goes_out_comes_back_unchanged, an_age_has_one_bucket_and_a_state_one_side)
