#include "record/test_records.h"
#include "report/reports/internal.h"

#include "base/test.h"
#include "base/times.h"

static struct records world;
static struct view view;
static struct view_records types;
static struct access access_now;
static struct err e;

/* 2026-06-15 */
#define NOW (INT64_C(20619) * MS_DAY + 10 * MS_HOUR)

static void world_open(void)
{
    e = (struct err){0};
    records_init(&world);
    world.t = NOW - 1000 * 1000;
    world.step = "password";
    records_create(&world, "person", "{\"name\":\"Ann Field\",\"kind\":\"employee\",\"department\":\"Engineering\"}");
    ck_assert_msg(db_run(world.db, &e, "insert into account(id, leaf, t, login, name, email, person, kind, state, valid_until, roles, first_leaf) values('aud', 0, 0, 'aud', 'Ada', '', '', 'local', "
                                       "'active', 0, '[\"auditor\"]', 0)") &&
                      db_run(world.db, &e, "insert into account_role(account, role) values('aud', 'auditor')"), "%s", e.text);
}

static void world_close(void)
{
    record_types_close(types.types);
    types.types = NULL;
    records_release(&world);
}

static const struct json *made(const char *kind, const char *engagement)
{
    record_types_close(types.types);
    view = (struct view){.db = world.db, .arena = world.arena, .now_ms = NOW};
    access_now = records_access(&world);
    types = (struct view_records){.types = record_types_open(world.db, &e), .access = &access_now};
    ck_assert_msg(types.types && view_open(&view, 0, &e), "%s", e.text);
    struct json *page = report_make(&view, &types, &(struct report_options){.kind = str_of(kind), .engagement = str_of(engagement)}, &e);
    ck_assert_msg(page != NULL, "%s: %s", kind, e.text);
    return page;
}

static const struct json *check_of(const struct json *page, const char *code, const char *place)
{
    JSON_EACH (c, json_get(page, "checks"))
        if (str_is(json_text(c, "code"), code) && (!place || str_starts(json_text(c, "place"), place)))
            return c;
    return NULL;
}

static struct str html_of(const struct json *page)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 64 << 20);
    report_write_html(json_get(page, "document"), &b);
    return arena_str(world.arena, buf_view(&b));
}

static void change(const char *type, const char *id, const char *values)
{
    struct record *r = records_get(&world, type, id);
    struct record_change c = {.type = str_of(type), .id = str_of(id), .act = RECORD_CHANGE, .version = r->version, .set = records_json(&world, values)};
    ck_assert_msg(records_do(&world, &c, &e), "%s", e.text);
}

static void move(const char *type, const char *id, const char *transition, const char *values)
{
    struct record *r = records_get(&world, type, id);
    struct record_change c = {.type = str_of(type), .id = str_of(id), .act = RECORD_MOVE, .version = r->version, .transition = str_of(transition), .set = values ? records_json(&world, values) : NULL, .why = STR("a test")};
    ck_assert_msg(records_do(&world, &c, &e), "%s %s: %s", id, transition, e.text);
}

/* Adopted by Ann. */
static void adopt(const char *id, const char *values)
{
    struct access x = records_access(&world);
    struct record_change c = {.type = STR("control"), .id = str_of(id), .act = RECORD_CREATE, .set = records_json(&world, values)};
    record_defaults(records_type(&world, "control"), c.set, &x, world.t);
    ck_assert_msg(records_do(&world, &c, &e), "%s", e.text);
    move("control", id, "adopt", NULL);
}

/* ---- the wording guard ---- */

/* In two pieces where the words are the ones that the program's own texts may not have. */
START_TEST(words_that_a_report_may_not_use_are_found)
{
    static const char *const wrong[] = {"Since May we are SOC 2 " "certified.", "Our SOC2-" "certification was renewed.", "We hold a " "certificate for SOC 2 Type II.", "The platform is SOC 2 Type 2 " "compliant!",
                                        "The AICPA has " "accredited us.", "We have a SOC 2 compliance " "certificate.", "We guarantee the security of all data.", "We passed our SOC 2 audit.",
                                        "Fine so far.\nHowever, we are fully " "compliant with SOC 2; nobody else is."};
    static const char *const fine[] = {"A SOC 2 report is an attestation report, not a " "certificate.", "Our provider is ISO 27001 " "certified and has a SOC 2 report.", "TLS " "certificates are renewed each quarter.",
                                       "The compliance manager reads each SOC 2 report.", "Employees of the SOC passed the training.", "Reasonable assurance is not a guarantee of security.",
                                       "PCI DSS " "compliant processors handle cards.", "The compliance of vendors is reviewed.", ""};
    const char *why;
    struct arena *a = world.arena;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ck_assert_msg(report_guard_text(a, str_of(wrong[i]), false, &why).data != NULL, "not found: %s", wrong[i]);
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++)
        ck_assert_msg(report_guard_text(a, str_of(fine[i]), false, &why).data == NULL, "found in: %s", fine[i]);
    ck_assert(str_is(report_guard_text(a, STR("We say: SOC 2 Type 2 " "compliant, yes."), false, &why), "SOC 2 Type 2 " "compliant"));
}
END_TEST

START_TEST(a_type_1_speaks_of_no_period_and_of_no_operation)
{
    static const char *const wrong[] = {"Controls operated effectively.", "Their operating effectiveness was shown.", "Throughout the period nothing failed.", "Changes during the audit period are listed.",
                                        "For the period from January to June.", "Controls operate effectively."};
    static const char *const fine[] = {"Data is kept for a retention period of 30 days.", "Access ends during the period of notice.", "Changes are deployed each week.", "The notice period is 30 days."};
    const char *why;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert_msg(report_guard_text(world.arena, str_of(wrong[i]), true, &why).data != NULL, "not found: %s", wrong[i]);
        ck_assert_msg(report_guard_text(world.arena, str_of(wrong[i]), false, &why).data == NULL, "a Type 2 may say: %s", wrong[i]);
    }
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++)
        ck_assert_msg(report_guard_text(world.arena, str_of(fine[i]), true, &why).data == NULL, "found in: %s", fine[i]);
}
END_TEST

/* ---- the self-check ---- */

START_TEST(placeholders_are_found_and_words_that_only_look_so_are_not)
{
    static const char *const wrong[] = {"TODO", "To be written: TBD", "Lorem ipsum dolor", "We are [your company] and plan.", "Since [...] we", "<insert name>", "At least {{password_length_min}} characters", "a [describe the flow]"};
    static const char *const fine[] = {"The mastodon lives", "See [our page](https://example.org/your-company)", "Orders [A to F] are kept", "x < y and y > z", "Acmena plant", "Version [2] of it"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ck_assert_msg(report_placeholder(str_of(wrong[i])).data != NULL, "not found: %s", wrong[i]);
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++)
        ck_assert_msg(report_placeholder(str_of(fine[i])).data == NULL, "found in: %s", fine[i]);
}
END_TEST

START_TEST(so_many_items_without_a_deviation_are_improbable)
{
    ck_assert(!report_is_improbable(0, 0));
    ck_assert(!report_is_improbable(298, 0)); /* 0.99^298 is just over one in twenty */
    ck_assert(report_is_improbable(299, 0));
    ck_assert(!report_is_improbable(5000, 1));
}
END_TEST

/* ---- the tree ---- */

START_TEST(markdown_becomes_blocks_and_nothing_of_it_becomes_markup)
{
    struct json *body = json_array(world.arena), *like = json_object(world.arena);
    struct buf BUF_AUTO b;
    report_markdown(world.arena, body, STR("# Head\nOne **bold** [link](https://example.org) `x<y`\n\n- first\n- second\n\n1. a\n2. b\n\n<script>alert(1)</script> & \xe2\x80\xae" "end\n[bad](javascript:alert)"), like);
    ck_assert_uint_eq(body->count, 5);
    buf_init(&b, 1 << 20);
    report_write_blocks(body, &b);
    struct str html = buf_view(&b);
    ck_assert(str_contains(html, "<strong>bold</strong>") && str_contains(html, "<a href=\"https://example.org\">link</a>") && str_contains(html, "<code>x&lt;y</code>"));
    ck_assert(str_contains(html, "<li>second</li>") && str_contains(html, "<ol>") && str_contains(html, "&lt;script&gt;"));
    ck_assert(!str_contains(html, "<script") && !str_contains(html, "javascript:") && !str_contains(html, "\xe2\x80\xae"));
    ck_assert(str_is(report_plain(world.arena, STR("## A **b**\n- `c`")), "A b\n- c"));
}
END_TEST

/* ---- the description ---- */

START_TEST(each_criterion_of_the_description_says_something_or_that_there_is_none)
{
    const char *g = records_create(&world, "engagement", "{\"title\":\"2026\",\"kind\":\"type2\",\"window_from\":\"2026-01-01\",\"window_to\":\"2026-06-30\",\"categories\":[\"security\"],\"firm\":\"Reed LLP\"}");
    const struct json *page = made("type2", g);
    static const char *const open[] = {"DC 1", "DC 2", "DC 4", "DC 5", "DC 6", "DC 7", "DC 9"};
    for (size_t i = 0; i < sizeof open / sizeof open[0]; i++)
        ck_assert_msg(check_of(page, "dc_empty", open[i]), "%s", open[i]);
    records_create(&world, "service", "{\"name\":\"Planner\",\"what\":\"Plans routes.\",\"is_in\":true}");
    records_create(&world, "user_control", "{\"title\":\"Leavers\",\"text\":\"Take away accounts.\",\"criteria\":[\"CC6.2\"]}");
    records_create(&world, "report_section", "{\"title\":\"None\",\"engagement\":\"ENG-0001\",\"part\":\"dc7\",\"is_none\":true}");
    records_create(&world, "report_section", "{\"title\":\"None\",\"engagement\":\"ENG-0001\",\"part\":\"dc6\",\"is_none\":true}");
    page = made("type2", g);
    ck_assert(!check_of(page, "dc_empty", "DC 1") && !check_of(page, "dc_empty", "DC 6") && !check_of(page, "dc_empty", "DC 7") && check_of(page, "dc_empty", "DC 9"));
    ck_assert(check_of(page, "dc_contradiction", "DC 6") && !check_of(page, "dc_contradiction", "DC 7"));
    ck_assert(check_of(page, "dc_draft", "SEC-0001"));
    ck_assert(str_contains(html_of(page), "The system uses no subservice organisation."));
    ck_assert(str_contains(html_of(page), "belongs to Reed LLP"));
}
END_TEST

START_TEST(sections_have_to_agree_with_the_dates_and_with_the_registers)
{
    const char *g = records_create(&world, "engagement", "{\"title\":\"2026\",\"kind\":\"type2\",\"window_from\":\"2026-01-01\",\"window_to\":\"2026-06-30\",\"categories\":[\"security\"],\"firm\":\"Reed LLP\"}");
    records_create(&world, "report_section", "{\"title\":\"Ours\",\"engagement\":\"ENG-0001\",\"part\":\"assertion\",\"text\":\"We confirm it for 2025-01-01 to 2025-12-31.\"}");
    records_create(&world, "subservice", "{\"name\":\"Cloud\",\"what\":\"Servers\",\"method\":\"carve_out\",\"rationale\":\"Its own report\"}");
    records_create(&world, "user_control", "{\"title\":\"Advice\",\"text\":\"Be careful.\"}");
    records_create(&world, "incident", "{\"title\":\"Outage\",\"severity\":\"sev1\",\"happened_on\":\"2026-03-03\"}");
    records_create(&world, "incident", "{\"title\":\"Long ago\",\"severity\":\"sev1\",\"happened_on\":\"2025-03-03\"}");
    records_create(&world, "incident", "{\"title\":\"Small\",\"severity\":\"sev4\",\"happened_on\":\"2026-03-03\"}");
    adopt("GOV-01", "{\"title\":\"Code\",\"owner\":\"P-0001\",\"effective_from\":\"2026-04-01\"}");
    const struct json *page = made("type2", g);
    ck_assert(check_of(page, "dates", "SEC-0001") && check_of(page, "csoc", "SUB-0001") && check_of(page, "csoc_monitoring", "SUB-0001") && check_of(page, "cuec", "CUEC-0001"));
    ck_assert(check_of(page, "incident_left_out", "INC-0001") && !check_of(page, "incident_left_out", "INC-0002") && !check_of(page, "incident_left_out", "INC-0003"));
    ck_assert(check_of(page, "partial_period", "GOV-01"));
    change("report_section", "SEC-0001", "{\"text\":\"We confirm it for 2026-01-01 to 2026-06-30.\"}");
    change("subservice", "SUB-0001", "{\"controls_assumed\":\"Entry is limited.\",\"monitoring\":[\"VEN-06\"]}");
    change("user_control", "CUEC-0001", "{\"criteria\":[\"CC6.1\"]}");
    change("incident", "INC-0001", "{\"left_out\":\"No user was affected.\"}");
    records_create(&world, "significant_change", "{\"title\":\"A code\",\"happened_on\":\"2026-04-01\",\"kind\":\"control\",\"controls\":[\"GOV-01\"]}");
    page = made("type2", g);
    static const char *const gone[] = {"csoc", "csoc_monitoring", "cuec", "incident_left_out", "partial_period"};
    for (size_t i = 0; i < sizeof gone / sizeof gone[0]; i++)
        ck_assert_msg(!check_of(page, gone[i], NULL) || str_is(json_text(check_of(page, gone[i], NULL), "level"), "fine"), "%s", gone[i]);
    ck_assert(str_is(json_text(check_of(page, "dates", NULL), "level"), "fine"));
}
END_TEST

START_TEST(the_auditors_results_stand_as_the_auditor_wrote_them_and_answers_apart)
{
    const char *ada = records_create(&world, "person", "{\"name\":\"Ada\",\"kind\":\"contractor\"}");
    struct err none = {0};
    ck_assert_msg(db_run(world.db, &none, "update account set person = ?1 where id = 'aud'", A(ada)), "%s", none.text);
    const char *g = records_create(&world, "engagement", arena_printf(world.arena, "{\"title\":\"2026\",\"kind\":\"type2\",\"window_from\":\"2026-01-01\",\"window_to\":\"2026-06-30\","
                                                                      "\"categories\":[\"security\"],\"firm\":\"Reed LLP\",\"auditors\":[\"%s\"]}", ada).data);
    adopt("AC-05", "{\"title\":\"Access review\",\"owner\":\"P-0001\"}");
    world.actor = "account:aud";
    records_create(&world, "test_sheet", "{\"title\":\"Reviews\",\"engagement\":\"ENG-0001\",\"control\":\"AC-05\",\"criteria\":[\"CC6.2\"],\"method\":[\"inspection\"],\"procedure\":\"Read the review of each quarter.\","
                                         "\"items_tested\":400,\"conclusion\":\"no_exceptions\",\"conclusion_words\":\"None\",\"preparer\":\"P-0001\",\"prepared_on\":\"2026-06-10\"}");
    world.actor = "local:admin";
    const struct json *page = made("type2", g);
    ck_assert(str_contains(html_of(page), "The auditor has not put a test here yet.")); /* a sheet that is being written is nobody's yet */
    ck_assert(check_of(page, "tests_missing", NULL));
    ck_assert_msg(db_run(world.db, &none, "update test_sheets_versions set state = 'prepared' where to_leaf is null"), "%s", none.text);
    page = made("type2", g);
    ck_assert(str_contains(html_of(page), "No exceptions noted.") && str_contains(html_of(page), "Inspected: Read the review of each quarter.") && !check_of(page, "tests_missing", NULL));
    ck_assert(check_of(page, "improbable", NULL) && !check_of(page, "population", NULL)); /* reviews are what the calendar asks for */
    world.actor = "account:aud";
    records_create(&world, "audit_exception", "{\"title\":\"One late\",\"engagement\":\"ENG-0001\",\"sheet\":\"TS-0001\",\"control\":\"AC-05\",\"items\":1,\"of_items\":2,\"expected\":\"signed in time\",\"facts\":\"Q1, 2026-04-20\"}");
    world.actor = "local:admin";
    page = made("type2", g);
    ck_assert(str_contains(html_of(page), "Exception AEX-0001: for 1 of 2 items tested, this did not happen: signed in time (Q1, 2026-04-20)"));
    ck_assert(!check_of(page, "improbable", NULL) && check_of(page, "response", "AEX-0001"));
    ck_assert(str_contains(html_of(page), "Unaudited: nothing in this section was examined"));
}
END_TEST

START_TEST(what_breaks_the_rules_is_refused_by_place_and_words)
{
    struct err refused = {0};
    records_create(&world, "service", "{\"name\":\"Planner\",\"what\":\"Plans routes and is SOC 2 " "certified.\",\"is_in\":true}");
    const struct json *page = made("type1", "");
    ck_assert(json_bool(page, "is_refused") && !report_is_allowed(page, &refused));
    ck_assert_int_eq(refused.code, ERR_CONFLICT);
    ck_assert_msg(strstr(refused.text, "SVC-0001 Planner: \"SOC 2 " "certified\""), "%s", refused.text);
    change("service", "SVC-0001", "{\"what\":\"It operated effectively.\"}");
    ck_assert(check_of(made("type1", ""), "type1_wording", "SVC-0001") && !json_bool(made("type2", ""), "is_refused"));
    change("service", "SVC-0001", "{\"what\":\"Plans [...] routes.\"}");
    page = made("type1", "");
    ck_assert(!json_bool(page, "is_refused") && check_of(page, "placeholder", "SVC-0001") && check_of(page, "template", NULL));
}
END_TEST

START_TEST(a_type_1_has_no_tests_and_never_a_period)
{
    records_create(&world, "organisation", "{\"name\":\"Example\",\"as_of\":\"2026-06-01\"}");
    const struct json *page = made("type1", "");
    struct str html = html_of(page);
    ck_assert(!str_contains(html, "Test performed") && !str_contains(html, "throughout the period") && !str_contains(html, "operated effectively"));
    ck_assert(str_contains(html, "as of 2026-06-01") && !json_bool(page, "is_refused"));
}
END_TEST

START_TEST(a_type_1_tells_nothing_that_came_after_its_day)
{
    records_create(&world, "organisation", "{\"name\":\"Example\",\"as_of\":\"2026-06-01\"}");
    adopt("AC-05", "{\"title\":\"Access review\",\"owner\":\"P-0001\",\"effective_from\":\"2026-05-01\"}");
    adopt("AC-06", "{\"title\":\"Privileged access\",\"owner\":\"P-0001\",\"effective_from\":\"2026-06-02\"}");
    records_create(&world, "incident", "{\"title\":\"Early outage\",\"severity\":\"sev2\",\"happened_on\":\"2026-06-01\",\"in_description\":true,\"text\":\"It was out.\"}");
    records_create(&world, "incident", "{\"title\":\"Late outage\",\"severity\":\"sev2\",\"happened_on\":\"2026-06-02\"}");
    const struct json *page = made("type1", "");
    struct str html = html_of(page);
    ck_assert(str_contains(html, "AC-05") && !str_contains(html, "AC-06") && str_contains(html, "that meet it: 1 in all"));
    ck_assert(str_contains(html, "Early outage") && !str_contains(html, "Late outage") && !check_of(page, "incident_left_out", NULL));
    ck_assert(check_of(page, "as_of", NULL)); /* the registers are those of today */
}
END_TEST

START_TEST(one_reason_for_many_controls_is_none)
{
    static const char *const ids[] = {"AC-07", "AC-11", "NET-02", "NET-05", "END-03"};
    for (size_t i = 0; i < 5; i++) {
        struct access x = records_access(&world);
        struct record_change c = {.type = STR("control"), .id = str_of(ids[i]), .act = RECORD_CREATE, .set = records_json(&world, "{\"title\":\"One\",\"na_reason\":\"Another control does that.\"}")};
        struct err none = {0};
        record_defaults(records_type(&world, "control"), c.set, &x, world.t);
        ck_assert_msg(records_do(&world, &c, &e), "%s", e.text);
        ck_assert_msg(db_run(world.db, &none, "update control_records_versions set state = 'not_applicable' where to_leaf is null"), "%s", none.text);
        ck_assert((check_of(made("soa", ""), "repeated", "AC-07") != NULL) == (i == 4));
    }
}
END_TEST

/* ---- letters ---- */

START_TEST(gaps_that_are_planned_are_disclosed_and_told_one_by_one)
{
    records_create(&world, "gap", "{\"title\":\"Reports are not read\",\"kind\":\"operation\",\"impact\":2,\"likelihood\":2,\"effort\":\"s\",\"owner\":\"P-0001\",\"due_on\":\"2026-06-14\",\"plan\":\"Once a year.\"}");
    move("gap", "GAP-0001", "plan", NULL);
    ck_assert(str_contains(html_of(made("representation", "")), "Reports are not read"));
    struct str html = html_of(made("gap", ""));
    ck_assert(str_contains(html, "Once a year.") && str_contains(html, "2026-06-14, past"));
}
END_TEST

START_TEST(the_summary_for_general_use_has_an_assertion_of_its_own)
{
    const char *g = records_create(&world, "engagement", "{\"title\":\"2026\",\"kind\":\"type2\",\"window_from\":\"2026-01-01\",\"window_to\":\"2026-06-30\",\"categories\":[\"security\"],\"firm\":\"Reed LLP\"}");
    records_create(&world, "report_section", "{\"title\":\"A\",\"engagement\":\"ENG-0001\",\"part\":\"assertion\",\"text\":\"The exceptions that section IV tells of.\"}");
    ck_assert(!str_contains(html_of(made("soc3", g)), "section IV") && check_of(made("soc3", g), "template", NULL));
    records_create(&world, "report_section", "{\"title\":\"B\",\"engagement\":\"ENG-0001\",\"part\":\"general_use\",\"text\":\"Ours for everybody.\"}");
    ck_assert(str_contains(html_of(made("soc3", g)), "Ours for everybody.") && !check_of(made("soc3", g), "template", NULL));
}
END_TEST

START_TEST(a_bridge_letter_is_refused_where_a_register_says_otherwise)
{
    ck_assert(check_of(made("bridge", ""), "bridge_report", NULL));
    const char *g = records_create(&world, "engagement", "{\"title\":\"2025\",\"kind\":\"type2\",\"window_from\":\"2025-07-01\",\"window_to\":\"2026-04-30\",\"categories\":[\"security\"],\"firm\":\"Reed LLP\"}");
    ck_assert(json_bool(made("bridge", g), "is_refused")); /* not issued */
    struct err none = {0};
    ck_assert_msg(db_run(world.db, &none, "update engagements_versions set state = 'issued' where to_leaf is null"), "%s", none.text);
    const struct json *page = made("bridge", "");
    ck_assert(!json_bool(page, "is_refused") && check_of(page, "bridge", NULL) && !check_of(page, "bridge_length", NULL));
    ck_assert(str_contains(html_of(page), "2026-05-01 to 2026-06-15"));
    records_create(&world, "significant_change", "{\"title\":\"Other cloud\",\"happened_on\":\"2026-04-30\",\"kind\":\"infrastructure\"}"); /* in the report */
    ck_assert(!json_bool(made("bridge", ""), "is_refused"));
    records_create(&world, "significant_change", "{\"title\":\"Third cloud\",\"happened_on\":\"2026-05-01\",\"kind\":\"infrastructure\"}");
    records_create(&world, "incident", "{\"title\":\"Outage\",\"severity\":\"sev2\",\"happened_on\":\"2026-05-20\"}");
    page = made("bridge", "");
    ck_assert(json_bool(page, "is_refused") && check_of(page, "bridge_change", "CHG-0002 Third cloud") && check_of(page, "bridge_incident", "INC-0001 Outage") && !check_of(page, "bridge_change", "CHG-0001"));
    ck_assert_msg(db_run(world.db, &none, "update engagements_versions set window_to = '2026-02-28' where to_leaf is null"), "%s", none.text);
    ck_assert(check_of(made("bridge", ""), "bridge_length", NULL)); /* over three months */
}
END_TEST

/* The first heading with nothing below it, {NULL,0}: none. */
static struct str bare_heading(const struct json *page)
{
    const struct json *last = NULL;
    JSON_EACH (b, json_get(json_get(page, "document"), "body")) {
        bool is_heading = str_is(json_text(b, "type"), "heading"), is_empty_list = str_is(json_text(b, "type"), "list") && json_get(b, "items")->count == 0;
        if (last && is_heading && json_int(b, "level", 0) <= json_int(last, "level", 0))
            return report_text(world.arena, json_get(last, "text"));
        last = is_heading ? b : is_empty_list ? last : NULL;
    }
    return last ? report_text(world.arena, json_get(last, "text")) : (struct str){0};
}

START_TEST(every_kind_is_made_of_nothing_and_says_what_is_missing)
{
    for (size_t i = 0; i < report_kind_count; i++) {
        const struct json *page = made(report_kinds[i].id, "");
        struct str bare = bare_heading(page);
        ck_assert_msg(!bare.data, "%s: nothing stands below \"%.*s\"", report_kinds[i].id, STR_ARGS(bare));
        ck_assert_msg(json_get(json_get(page, "document"), "body")->count > 0, "%s", report_kinds[i].id);
        ck_assert_msg(str_contains(html_of(page), "</html>"), "%s", report_kinds[i].id);
    }
}
END_TEST

static struct str plain(const struct json *text)
{
    struct str all = STR("");
    if (text && text->type == JSON_STRING)
        return text->text;
    JSON_EACH (run, text && text->type == JSON_ARRAY ? text : NULL)
        all = arena_printf(world.arena, "%.*s%.*s", STR_ARGS(all), STR_ARGS(run->type == JSON_STRING ? run->text : json_text(run, "text")));
    return all;
}

/* The cells of a column of the table with this caption, one after the other. */
static struct str column_text(const struct json *page, const char *caption, const char *label)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 1 << 20);
    JSON_EACH (block, json_get(json_get(page, "document"), "body")) {
        size_t at = 0;
        if (!str_is(plain(json_get(block, "caption")), caption))
            continue;
        JSON_EACH (c, json_get(block, "columns")) {
            if (str_is(plain(json_get(c, "label")), label))
                JSON_EACH (row, json_get(block, "rows"))
                    buf_printf(&b, "%.*s|", STR_ARGS(plain(json_at(row, at))));
            at++;
        }
    }
    return arena_str(world.arena, buf_view(&b));
}

START_TEST(every_column_says_what_its_head_promises)
{
    records_create(&world, "gap", "{\"title\":\"Leavers stay\",\"kind\":\"operation\",\"impact\":3,\"likelihood\":3,\"effort\":\"m\",\"owner\":\"P-0001\",\"due_on\":\"2026-08-01\",\"controls\":[\"AC-04\"]}");
    records_create(&world, "category", "{\"name\":\"Privacy\",\"category\":\"privacy\",\"is_in\":false,\"rationale\":\"We promise nothing about it\"}");
    adopt("GOV-01", "{\"title\":\"A code of conduct\",\"owner\":\"P-0001\",\"effective_from\":\"2027-01-01\"}");
    const struct json *gaps = made("gap", "");
    static const char *const heads[] = {"No.", "Gap", "What", "Severity", "Kind", "Owner", "Due", "Work done", "Controls", "State"};
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        ck_assert_msg(column_text(gaps, "Gaps", heads[i]).size > 1, "%s", heads[i]);
    ck_assert(str_contains(column_text(gaps, "Gaps", "Controls"), "AC-04"));
    const struct json *soa = made("soa", "");
    ck_assert(str_contains(column_text(soa, "Criteria", "Why"), "We promise nothing about it"));
    struct str states = column_text(soa, "Statement of applicability", "State");
    ck_assert_msg(str_contains(states, "\u2013 Not in force|") && !str_contains(states, "\u25cf Not in force|"), "%.*s", STR_ARGS(str_slice(states, 0, 200)));
}
END_TEST

TEST_MAIN_WITH("report", world_open, world_close, words_that_a_report_may_not_use_are_found, a_type_1_speaks_of_no_period_and_of_no_operation, placeholders_are_found_and_words_that_only_look_so_are_not,
               so_many_items_without_a_deviation_are_improbable, markdown_becomes_blocks_and_nothing_of_it_becomes_markup, each_criterion_of_the_description_says_something_or_that_there_is_none,
               sections_have_to_agree_with_the_dates_and_with_the_registers, the_auditors_results_stand_as_the_auditor_wrote_them_and_answers_apart, what_breaks_the_rules_is_refused_by_place_and_words,
               a_type_1_has_no_tests_and_never_a_period, a_type_1_tells_nothing_that_came_after_its_day, one_reason_for_many_controls_is_none, gaps_that_are_planned_are_disclosed_and_told_one_by_one,
               the_summary_for_general_use_has_an_assertion_of_its_own, a_bridge_letter_is_refused_where_a_register_says_otherwise, every_kind_is_made_of_nothing_and_says_what_is_missing,
               every_column_says_what_its_head_promises)
