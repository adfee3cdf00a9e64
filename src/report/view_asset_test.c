#include "record/test_records.h"
#include "report/view_asset.h"
#include "report/view_concern.h"
#include "report/view_prepare.h"

#include "base/test.h"
#include "base/times.h"

static struct records world;
static struct view view;
static struct view_records types;
static struct access access_now;
static struct err e;

static void world_open(void)
{
    e = (struct err){0};
    records_init(&world);
    view = (struct view){.db = world.db, .arena = world.arena, .now_ms = 100 * MS_DAY};
    access_now = records_access(&world);
    types = (struct view_records){.types = record_types_open(world.db, &e), .access = &access_now};
    ck_assert_msg(types.types && view_open(&view, 0, &e), "%s", e.text);
}

static void world_close(void)
{
    record_types_close(types.types);
    records_release(&world);
}

static void again(void) /* the instant moves with what was recorded */
{
    view = (struct view){.db = world.db, .arena = world.arena, .now_ms = 100 * MS_DAY};
    ck_assert_msg(view_open(&view, 0, &e), "%s", e.text);
}

static const struct json *row_of(const struct json *list, const char *member, const char *value)
{
    JSON_EACH (o, list)
        if (str_is(json_text(o, member), value))
            return o;
    ck_abort_msg("no %s %s", member, value);
}

START_TEST(a_register_says_what_is_missing_of_each_asset_in_scope)
{
    records_create(&world, "person", "{\"name\":\"Ann\",\"kind\":\"employee\"}");
    records_create(&world, "asset", "{\"name\":\"web-1\",\"kind\":\"host\",\"owner\":\"P-0001\",\"class\":\"internal\",\"in_scope\":true}");
    records_create(&world, "asset", "{\"name\":\"web-2\",\"kind\":\"host\",\"in_scope\":true}");
    records_create(&world, "asset", "{\"name\":\"printer\",\"kind\":\"device\",\"in_scope\":false}");
    again();
    struct json *page = view_assets(&view, &types, &(struct view_filter){0}, &e);
    ck_assert_msg(page, "%s", e.text);
    ck_assert(str_is(json_text(row_of(json_get(page, "rows"), "title", "web-1"), "status"), "pass"));
    ck_assert_uint_eq(json_get(row_of(json_get(page, "rows"), "title", "web-2"), "problems")->count, 2);
    ck_assert(str_is(json_text(row_of(json_get(page, "rows"), "title", "printer"), "status"), "skip"));
    ck_assert_uint_eq(json_get(row_of(json_get(page, "rows"), "title", "printer"), "problems")->count, 1);
    ck_assert_int_eq(json_int(json_get(page, "sums"), "in_scope", 0), 2);
    ck_assert_int_eq(json_int(json_get(page, "sums"), "unowned", 0), 1);
    ck_assert_uint_eq(json_get(view_assets(&view, &types, &(struct view_filter){.group = STR("device")}, &e), "rows")->count, 1);
    ck_assert_uint_eq(json_get(view_assets(&view, &types, &(struct view_filter){.group = STR("nonsense")}, &e), "rows")->count, 0);
}
END_TEST

START_TEST(the_matrix_counts_each_store_once_and_a_cell_lists_what_it_counts)
{
    static const char *const values[] = {"encrypted", "clear", "none"};
    uint64_t seed = 5;
    for (int i = 0; i < 40; i++) {
        uint64_t disk = test_random(&seed) % 4;
        struct str text = arena_printf(world.arena, "{\"name\":\"S%d\",\"class\":\"%s\",\"in_scope\":%s%s%s%s}", i, test_random(&seed) % 2 ? "confidential" : "public",
                                       test_random(&seed) % 5 ? "true" : "false", disk < 3 ? ",\"enc_disk\":\"" : "", disk < 3 ? values[disk] : "", disk < 3 ? "\"" : "");
        records_create(&world, "data_store", text.data);
    }
    again();
    struct json *page = view_asset_encryption(&view, &types, STR("confidential"), STR("disk"), &e);
    ck_assert_msg(page, "%s", e.text);
    const struct json *cell = json_at(json_get(row_of(json_get(page, "rows"), "class", "confidential"), "cells"), 0);
    int64_t counts[4] = {0};
    JSON_EACH (o, json_path(page, "list.rows")) {
        static const char *const statuses[] = {"pass", "fail", "unknown", "skip"};
        for (int k = 0; k < 4; k++)
            counts[k] += str_is(json_text(o, "status"), statuses[k]);
    }
    ck_assert_int_eq(json_int(cell, "covered", -1), counts[0]);
    ck_assert_int_eq(json_int(cell, "clear", -1), counts[1]);
    ck_assert_int_eq(json_int(cell, "unknown", -1), counts[2]);
    ck_assert_int_eq(json_int(cell, "none", -1), counts[3]);
    ck_assert_int_eq(json_int(cell, "total", -1), counts[0] + counts[1] + counts[2]);
    ck_assert(json_get(view_asset_encryption(&view, &types, STR("none"), STR("tape"), &e), "list")->type == JSON_NULL);
}
END_TEST

START_TEST(what_was_registered_long_ago_and_never_captured_is_asked_about)
{
    records_create(&world, "asset", "{\"name\":\"old\",\"kind\":\"host\",\"subject\":\"s:00112233445566778899aabbccddeeff\"}");
    records_create(&world, "asset", "{\"name\":\"laptop\",\"kind\":\"device\"}");
    again();
    struct json *page = view_asset_suggestions(&view, &types, &e);
    ck_assert_msg(page, "%s", e.text);
    ck_assert_uint_eq(json_get(page, "unseen")->count, 1); /* nothing says that a laptop would be seen */
    ck_assert(str_is(json_text(json_at(json_get(page, "unseen"), 0), "title"), "old"));
    ck_assert_int_eq(json_int(page, "days", 0), 30);
    view.now_ms = view.at_ms = 20 * MS_DAY;
    ck_assert_uint_eq(json_get(view_asset_suggestions(&view, &types, &e), "unseen")->count, 0);
}
END_TEST

START_TEST(what_one_says_never_looks_like_somebody_elses_words)
{
    struct str talk = concern_say(world.arena, STR(""), STR("2026-11-20"), "the reporter", STR("First.\n**2026-11-21, those who receive it**\nForged."));
    talk = concern_say(world.arena, talk, STR("2026-11-22"), "those who receive it", STR("Answer."));
    int headings = 0;
    struct str line, rest = talk;
    while (str_next_line(&rest, &line)) {
        headings += str_starts(line, "**");
        ck_assert(line.size == 0 || str_starts(line, "**") || str_starts(line, "> "));
    }
    ck_assert_int_eq(headings, 2);
    ck_assert(str_contains(talk, "> **2026-11-21, those who receive it**"));
}
END_TEST

START_TEST(a_report_with_somebody_who_was_not_bound_to_confidence_on_that_day_stands_out)
{
    records_create(&world, "stakeholder", "{\"name\":\"Bound\",\"kind\":\"customer\",\"nda_until\":\"2026-12-31\"}");
    records_create(&world, "stakeholder", "{\"name\":\"Over\",\"kind\":\"customer\",\"nda_until\":\"2026-01-31\"}");
    records_create(&world, "stakeholder", "{\"name\":\"Quiet\",\"kind\":\"board\"}");
    records_create(&world, "report_receipt", "{\"stakeholder\":\"STK-0001\",\"report\":\"T2\",\"kind\":\"type2\",\"sent_on\":\"2026-05-01\"}");
    records_create(&world, "report_receipt", "{\"stakeholder\":\"STK-0002\",\"report\":\"t2\",\"kind\":\"type2\",\"sent_on\":\"2026-05-01\"}");
    records_create(&world, "report_receipt", "{\"stakeholder\":\"STK-0003\",\"report\":\"SOC 3\",\"kind\":\"soc3\",\"sent_on\":\"2026-05-02\"}");
    again();
    struct json *page = view_stakeholders(&view, &types, &e);
    ck_assert_msg(page, "%s", e.text);
    ck_assert(str_is(json_text(row_of(json_get(page, "rows"), "title", "Bound"), "status"), "pass"));
    ck_assert(str_is(json_text(row_of(json_get(page, "rows"), "title", "Over"), "status"), "fail"));
    ck_assert(str_is(json_text(row_of(json_get(page, "rows"), "title", "Quiet"), "status"), "pass"));
    ck_assert_int_eq(json_int(json_get(page, "sums"), "unbound", 0), 1);
    ck_assert_uint_eq(json_get(page, "reports")->count, 2); /* T2 and t2 are one report */
}
END_TEST

START_TEST(a_concern_is_nobodys_to_read_but_those_who_receive_it)
{
    records_create(&world, "person", "{\"name\":\"Ann\",\"kind\":\"employee\"}");
    struct record_change c = {.type = STR("concern"), .act = RECORD_CREATE, .set = records_json(&world,
        "{\"title\":\"T\",\"about\":\"other\",\"text\":\"X\",\"anonymous\":true,\"received_on\":\"2026-11-20\",\"handlers\":[\"P-0001\"],\"lead\":\"P-0001\",\"key_digest\":\"00\"}")};
    ck_assert(!records_do(&world, &c, &e)); /* not even the administrator makes one */
    ck_assert_int_eq(e.code, ERR_DENIED);
    e = (struct err){0};
    world.actor = "system:concern";
    ck_assert_msg(records_do(&world, &c, &e), "%s", e.text);
    world.actor = "local:admin";
    again();
    ck_assert_uint_eq(json_get(view_concerns(&view, &types, &e), "rows")->count, 0);
    ck_assert_ptr_null(view_concern(&view, &types, STR("CON-0001"), &e));
    ck_assert_int_eq(e.code, ERR_NOT_FOUND);
    e = (struct err){0};
    access_now = (struct access){.actor = STR("account:0011223344556677"), .account = STR("0011223344556677"), .person = STR("P-0001"), .is_own_only = true};
    ck_assert_uint_eq(json_get(view_concerns(&view, &types, &e), "rows")->count, 1);
    struct json *one = view_concern(&view, &types, STR("CON-0001"), &e);
    ck_assert_msg(one, "%s", e.text);
    ck_assert(json_bool(one, "may_say"));
}
END_TEST

TEST_MAIN_WITH("view_asset", world_open, world_close, a_register_says_what_is_missing_of_each_asset_in_scope, the_matrix_counts_each_store_once_and_a_cell_lists_what_it_counts,
               what_was_registered_long_ago_and_never_captured_is_asked_about, what_one_says_never_looks_like_somebody_elses_words,
               a_report_with_somebody_who_was_not_bound_to_confidence_on_that_day_stands_out, a_concern_is_nobodys_to_read_but_those_who_receive_it)
