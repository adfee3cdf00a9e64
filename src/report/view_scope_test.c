#include "record/test_records.h"
#include "report/view_scope.h"

#include "base/test.h"

static struct records world;
static struct view view;
static struct view_records types;
static struct access access_now;

static void world_open(void)
{
    struct err e = {0};
    records_init(&world);
    view = (struct view){.db = world.db, .arena = world.arena, .now_ms = 1000000};
    access_now = records_access(&world);
    types = (struct view_records){.types = record_types_open(world.db, &e), .access = &access_now};
    ck_assert_msg(types.types && view_open(&view, 0, &e), "%s", e.text);
}

static void world_close(void)
{
    record_types_close(types.types);
    records_release(&world);
}

static const struct json *category_of(const char *id)
{
    struct err e = {0};
    JSON_EACH (c, json_get(scope_content(&view, &e), "categories"))
        if (str_is(json_text(c, "id"), id))
            return c;
    ck_abort_msg("no category %s", id);
}

static struct scope_proposal propose(const char *category, const char *answers)
{
    struct scope_proposal p;
    scope_category_propose(world.arena, category_of(category), records_json(&world, answers), &p);
    return p;
}

START_TEST(security_is_in_without_a_question)
{
    struct scope_proposal p = propose("security", "{}");
    ck_assert(p.is_in && p.is_decided && p.rationale.size > 0);
}
END_TEST

START_TEST(one_decisive_yes_or_two_leaning_ones_put_a_category_in)
{
    ck_assert(propose("availability", "{\"AV-1\":\"yes\"}").is_in);
    ck_assert(propose("availability", "{\"AV-1\":\"no\",\"AV-2\":\"yes\",\"AV-3\":\"yes\"}").is_in);
    struct scope_proposal p = propose("availability", "{\"AV-1\":\"no\",\"AV-2\":\"yes\",\"AV-3\":\"no\"}");
    ck_assert(!p.is_in && p.is_decided);
    ck_assert(str_contains(p.rationale, "Customers depend on the service day by day."));
    ck_assert(str_contains(p.rationale, "Alone that does not call for the category."));
}
END_TEST

START_TEST(open_questions_that_could_turn_it_leave_it_undecided)
{
    ck_assert(!propose("availability", "{}").is_decided);
    ck_assert(!propose("availability", "{\"AV-1\":\"unsure\",\"AV-2\":\"no\",\"AV-3\":\"no\"}").is_decided);
    ck_assert(propose("availability", "{\"AV-1\":\"no\",\"AV-2\":\"no\"}").is_decided);
    ck_assert(str_starts(propose("availability", "{}").rationale, "Not decided yet"));
}
END_TEST

START_TEST(answers_are_read_back_as_they_were_written)
{
    struct json *answers = records_json(&world, "{\"AV-1\":\"yes\",\"AV-2\":\"unsure\",\"AV-3\":\"no\"}");
    struct json *again = scope_answers_read(world.arena, scope_answers_write(world.arena, category_of("availability"), answers));
    ck_assert_uint_eq(again->count, 3);
    JSON_EACH (a, answers)
        ck_assert(str_equal(json_text(again, arena_str(world.arena, a->key).data), a->text));
    ck_assert_uint_eq(scope_answers_read(world.arena, STR("- : yes.\nAV-1: yes.\n- AV-1: maybe.\n- AV-2 yes\n-"))->count, 0);
}
END_TEST

static struct str digest_at(int64_t leaf)
{
    static char hex[2][65];
    static int n;
    struct err e = {0};
    int64_t count;
    char *text = hex[n++ % 2];
    ck_assert_msg(scope_digest(&view, &types, leaf, text, &count, &e), "%s", e.text);
    return arena_str(world.arena, str_of(text));
}

static void act(enum record_act act_, const char *type, const char *id, int64_t version, const char *transition, const char *set, const char *actor)
{
    struct err e = {0};
    const char *was = world.actor;
    struct record_change c = {.type = str_of(type), .id = str_of(id), .act = act_, .version = version, .transition = str_of(transition), .set = records_json(&world, set), .why = STR("w")};
    world.actor = actor ? actor : was;
    world.step = "password";
    ck_assert_msg(records_do(&world, &c, &e), "%s", e.text);
    world.actor = was;
}

START_TEST(an_approval_changes_no_digest_and_everything_else_does)
{
    const char *item = records_create(&world, "boundary_item", "{\"name\":\"API\",\"kind\":\"software\",\"is_in\":true,\"reason\":\"It is the service.\"}");
    struct str before = digest_at(INT64_MAX);
    int64_t leaf = world.next - 1;
    act(RECORD_MOVE, "boundary_item", item, 1, "approve", "{}", "system:test");
    ck_assert(str_equal(before, digest_at(INT64_MAX)));
    act(RECORD_MOVE, "boundary_item", item, 2, "reopen", "{}", NULL);
    act(RECORD_CHANGE, "boundary_item", item, 3, "", "{\"reason\":\"Other\"}", NULL);
    ck_assert(!str_equal(before, digest_at(INT64_MAX)));
    ck_assert(str_equal(before, digest_at(leaf)));
}
END_TEST

START_TEST(a_difference_names_what_was_added_changed_and_taken_out)
{
    struct err e = {0};
    const char *one = records_create(&world, "system", "{\"name\":\"One\",\"kind\":\"host\"}");
    const char *two = records_create(&world, "system", "{\"name\":\"Two\",\"kind\":\"host\"}");
    int64_t then = world.next - 1;
    records_create(&world, "system", "{\"name\":\"Three\",\"kind\":\"host\"}");
    act(RECORD_CHANGE, "system", one, 1, "", "{\"environment\":\"staging\"}", NULL);
    act(RECORD_MOVE, "system", two, 1, "retire", "{}", NULL);
    struct json *list = scope_difference(&view, &types, then, INT64_MAX, &e);
    ck_assert_msg(list && list->count == 3, "%s", e.text);
    ck_assert(str_is(json_text(json_at(list, 0), "what"), "changed"));
    ck_assert(str_is(json_text(json_at(json_get(json_at(list, 0), "fields"), 0), "label"), "Environment"));
    ck_assert(str_is(json_text(json_at(list, 1), "what"), "removed"));
    ck_assert(str_is(json_text(json_at(list, 2), "what"), "added"));
    ck_assert_uint_eq(scope_difference(&view, &types, INT64_MAX, INT64_MAX, &e)->count, 0);
}
END_TEST

static int64_t suggested(const char *source, const char *name)
{
    struct err e = {0};
    int64_t n = 0;
    struct json *list = scope_suggestions(&view, &types, &e);
    ck_assert_msg(list != NULL, "%s", e.text);
    JSON_EACH (s, list)
        n += str_is(json_text(s, "source"), source) && (!name || str_is(json_text(s, "name"), name));
    return n;
}

START_TEST(what_was_decided_once_is_not_suggested_again)
{
    ck_assert_int_eq(suggested("usual", NULL), 0);
    records_create(&world, "organisation", "{\"name\":\"Example\",\"archetype\":\"saas\"}");
    ck_assert_int_eq(suggested("usual", "Offices"), 1);
    const char *item = records_create(&world, "boundary_item", "{\"name\":\"offices\",\"kind\":\"location\",\"is_in\":false,\"reason\":\"Empty\"}");
    ck_assert_int_eq(suggested("usual", "Offices"), 0);
    act(RECORD_MOVE, "boundary_item", item, 1, "remove", "{}", NULL);
    ck_assert_int_eq(suggested("usual", "Offices"), 0);
    records_create(&world, "system", "{\"name\":\"Mail\",\"kind\":\"application\",\"provider\":\"Post Ltd\"}");
    ck_assert_int_eq(suggested("vendor", "Post Ltd"), 1);
    records_create(&world, "subservice", "{\"name\":\"Post Ltd\",\"what\":\"Mail\",\"method\":\"carve_out\",\"rationale\":\"R\"}");
    ck_assert_int_eq(suggested("vendor", "Post Ltd"), 0);
}
END_TEST

static const struct json *area_of(const struct json *page, const char *id)
{
    JSON_EACH (a, json_get(page, "areas"))
        if (str_is(json_text(a, "area"), id))
            return a;
    ck_abort_msg("no area %s", id);
}

START_TEST(two_who_answer_for_one_area_are_flagged_and_hours_add_up)
{
    struct err e = {0};
    records_create(&world, "person", "{\"name\":\"Ann\",\"kind\":\"employee\"}");
    records_create(&world, "person", "{\"name\":\"Bob\",\"kind\":\"employee\"}");
    records_create(&world, "responsibility", "{\"work\":\"Incident response\",\"responsible\":\"P-0001\",\"accountable\":\"P-0001\",\"hours_a_week\":\"30.5\"}");
    struct json *page = view_scope_team(&view, &types, STR(""), &e);
    ck_assert_msg(page != NULL, "%s", e.text);
    ck_assert(str_is(json_text(area_of(page, "incidents"), "status"), "pass"));
    ck_assert(str_is(json_text(area_of(page, "legal"), "problem"), "Nobody yet"));
    records_create(&world, "responsibility", "{\"work\":\"incident response \",\"responsible\":\"P-0001\",\"accountable\":\"P-0002\",\"hours_a_week\":\"12\"}");
    page = view_scope_team(&view, &types, STR(""), &e);
    ck_assert(str_is(json_text(area_of(page, "incidents"), "status"), "fail"));
    ck_assert(str_is(json_text(json_at(json_get(page, "people"), 0), "hours"), "42.5"));
    ck_assert(json_bool(json_at(json_get(page, "people"), 0), "is_over"));
}
END_TEST

START_TEST(what_is_missing_names_one_step_each)
{
    struct err e = {0};
    struct json *page = view_scope(&view, &types, &e);
    ck_assert_msg(page != NULL, "%s", e.text);
    int64_t missing = 0;
    JSON_EACH (m, json_get(page, "checklist")) {
        bool is_fine = str_is(json_text(m, "status"), "pass");
        missing += !is_fine;
        ck_assert(is_fine || (json_text(m, "button").size && json_text(m, "url").size && json_text(m, "words").size));
    }
    ck_assert_int_eq(missing, json_int(page, "missing", -1));
    ck_assert_int_gt(missing, 5);
    records_create(&world, "organisation", "{\"name\":\"E\",\"relies_on_others\":false}");
    page = view_scope(&view, &types, &e);
    JSON_EACH (m, json_get(page, "checklist"))
        if (str_is(json_text(m, "id"), "subservices"))
            ck_assert(str_is(json_text(m, "status"), "pass"));
}
END_TEST

TEST_MAIN_WITH("view_scope", world_open, world_close,
          security_is_in_without_a_question, one_decisive_yes_or_two_leaning_ones_put_a_category_in, open_questions_that_could_turn_it_leave_it_undecided,
          answers_are_read_back_as_they_were_written, an_approval_changes_no_digest_and_everything_else_does,
          a_difference_names_what_was_added_changed_and_taken_out, what_was_decided_once_is_not_suggested_again,
          two_who_answer_for_one_area_are_flagged_and_hours_add_up, what_is_missing_names_one_step_each)
