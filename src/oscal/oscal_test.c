/* Every name in the eight documents leads to something, twice the same head gives the same bytes, and what is read back is what
 * was there. */
#include "oscal/oscal.h"
#include "record/test_records.h"

#include "base/test.h"
#include "base/times.h"

static struct records world;
static struct view view;
static struct record_types *types;

static void world_open(void)
{
    struct err e = {0};
    records_init(&world);
    world.t = INT64_C(1782864000000); /* 2026-07-01 */
    ck_assert(db_run(world.db, &e, "insert or replace into meta(key, value) values('origin', 'host/assay/0123456789abcdef')"));
    types = record_types_open(world.db, &e);
    ck_assert_msg(types != NULL, "%s", e.text);
}

static void world_close(void)
{
    record_types_close(types);
    records_release(&world);
}

static const char *create(const char *type, const char *values)
{
    world.actor = "system:test";
    const char *id = records_create(&world, type, values);
    world.actor = "local:admin";
    return id;
}

static void move(const char *type, const char *id, const char *transition, const char *set)
{
    struct err e = {0};
    struct record_change c = {.type = str_of(type),
                              .id = str_of(id),
                              .act = RECORD_MOVE,
                              .version = records_get(&world, type, id)->version,
                              .transition = str_of(transition),
                              .set = records_json(&world, set),
                              .why = STR("w")};
    world.actor = "system:other";
    world.step = "password";
    ck_assert_msg(records_do(&world, &c, &e), "%s %s: %s", id, transition, e.text);
    world.actor = "local:admin";
    world.step = NULL;
}

static void adopt(const char *control)
{
    struct err e = {0};
    struct record_change c = {.type = STR("control"),
                              .id = str_of(control),
                              .act = RECORD_CREATE,
                              .set = records_json(&world, "{\"title\":\"Ours\",\"owner\":\"P-0001\"}")};
    ck_assert_msg(records_do(&world, &c, &e), "%s", e.text);
    move("control", control, "adopt", "{}");
}

/* A little of everything that the models speak of. */
static const char *company(void)
{
    create("person", "{\"name\":\"Ann\",\"kind\":\"employee\"}");
    adopt("AC-04");
    create(
        "organisation",
        "{\"name\":\"Example\\u00a0Ltd \",\"what\":\"Does things.\",\"data_flows\":\"In and out\",\"data_kinds\":[\"contact\"]}");
    create("scope", "{\"name\":\"Scope\",\"boundary\":\"All of it\",\"owner\":\"P-0001\"}");
    create("category", "{\"name\":\"Availability\",\"category\":\"availability\",\"is_in\":true,\"rationale\":\"Promised.\"}");
    create("boundary_item", "{\"name\":\"API\",\"kind\":\"software\",\"is_in\":true,\"reason\":\"Ours.\"}");
    create("system", "{\"name\":\"Shop\",\"kind\":\"application\"}");
    create("system", "{\"name\":\"Wiki\",\"kind\":\"tool\",\"is_in\":false}");
    create("service", "{\"name\":\"Shop as a service\",\"what\":\"Sells\",\"systems\":[\"SYS-0001\"]}");
    create("asset", "{\"name\":\"web-1\",\"kind\":\"host\",\"system\":\"SYS-0001\"}");
    create("asset", "{\"name\":\"wiki-1\",\"kind\":\"host\",\"system\":\"SYS-0002\"}");
    create("data_store", "{\"name\":\"Orders\",\"class\":\"confidential\"}");
    create("commitment", "{\"title\":\"Up\",\"text\":\"99.9 %\",\"category\":\"availability\",\"source\":\"sla\"}");
    create(
        "subservice",
        "{\"name\":\"Cloud\",\"what\":\"Hosts\",\"rationale\":\"Own "
        "report\",\"controls_assumed\":\"Doors\\n\\nFire\",\"criteria\":[\"CC6.4\",\"A1.2\"],\"report_until\":\"2026-03-31\"}");
    create("gap", "{\"title\":\"No  "
                  "review\",\"kind\":\"missing\",\"controls\":[\"AC-04\"],\"criteria\":[\"CC6.2\"],\"plan\":\"Begin\",\"due_on\":"
                  "\"2026-09-01\"}");
    create("deviation", "{\"title\":\"Late\",\"control\":\"AC-04\",\"happened_on\":\"2026-05-02\",\"response\":\"Sorry\"}");
    create("evidence",
           "{\"title\":\"List\",\"period_from\":\"2026-01-01\",\"period_to\":\"2026-06-30\",\"controls\":[\"AC-04\"]}");
    const char *engagement = create("engagement", "{\"title\":\"Type 2, "
                                                  "2026\",\"kind\":\"type2\",\"window_from\":\"2026-01-01\",\"window_to\":\"2026-"
                                                  "12-31\",\"categories\":[\"security\"],\"firm\":\"CPA\"}");
    create("milestone", "{\"title\":\"Kick-off\",\"engagement\":\"ENG-0001\",\"planned_on\":\"2026-01-10\"}");
    create("population",
           "{\"title\":\"Leavers\",\"engagement\":\"ENG-0001\",\"controls\":[\"AC-04\"],\"system\":\"HR\",\"query\":\"all\","
           "\"parameters\":\"none\",\"period_from\":\"2026-01-01\",\"period_to\":\"2026-06-30\"}");
    create("sample", "{\"title\":\"Of "
                     "leavers\",\"engagement\":\"ENG-0001\",\"population\":\"POP-0001\",\"profile\":\"ten_percent\",\"size\":3}");
    create("test_sheet", "{\"title\":\"Access "
                         "ends\",\"engagement\":\"ENG-0001\",\"control\":\"AC-04\",\"criteria\":[\"CC6.2\",\"CC6.3\"],\"method\":"
                         "[\"inquiry\",\"inspection\",\"observation\"],\"procedure\":\"Read\",\"evidence\":[\"EV-0001\"]}");
    create("audit_exception", "{\"title\":\"Two "
                              "late\",\"engagement\":\"ENG-0001\",\"sheet\":\"TS-0001\",\"control\":\"AC-04\",\"items\":2,\"of_"
                              "items\":25,\"expected\":\"A day\",\"facts\":\"Three days\"}");
    create("response", "{\"title\":\"Automated\",\"exception\":\"AEX-0001\",\"cause\":\"By hand\",\"effect\":\"None "
                       "seen\",\"action\":\"Automate\",\"action_on\":\"2026-10-01\",\"owner\":\"P-0001\"}");
    move("response", "RSP-0001", "give", "{}");
    create("report_section",
           "{\"title\":\"Assertion\",\"engagement\":\"ENG-0001\",\"part\":\"assertion\",\"text\":\"We assert.\"}");
    move("report_section", "SEC-0001", "approve", "{}");
    return engagement;
}

static struct oscal *open_at(int64_t now_ms, const char *engagement)
{
    struct err e = {0};
    view = (struct view){.db = world.db, .arena = world.arena, .now_ms = now_ms};
    ck_assert_msg(view_open(&view, 0, &e), "%s", e.text);
    struct oscal *o = oscal_open(&view, types, NULL, str_of(engagement), &e);
    ck_assert_msg(o != NULL, "%s", e.text);
    return o;
}

static struct json *exported(struct oscal *o, enum oscal_model m)
{
    struct err e = {0};
    struct json *v = oscal_export(o, m, &e);
    ck_assert_msg(v != NULL, "%s: %s", oscal_model_name(m), e.text);
    return v;
}

static struct str text_of(const struct json *v)
{
    struct buf BUF_AUTO b;
    buf_init(&b, OSCAL_BYTES_MAX);
    json_write(&b, v);
    ck_assert(!b.full);
    return arena_str(world.arena, buf_view(&b));
}

/* ---- all names ---- */

enum { NAMES_MAX = 40000 };
struct names {
    struct str items[NAMES_MAX];
    size_t count;
};
static struct names uuids[OSCAL_MODELS], controls, parts, parameters, roles[OSCAL_MODELS];

static bool has(const struct names *n, struct str name)
{
    for (size_t i = 0; i < n->count; i++)
        if (str_equal(n->items[i], name))
            return true;
    return false;
}

static void add(struct names *n, struct str name)
{
    ck_assert(n->count < NAMES_MAX);
    n->items[n->count++] = name;
}

static void gather(const struct json *v, enum oscal_model m, const char *of)
{
    if (v->type == JSON_OBJECT && json_get(v, "uuid")) {
        ck_assert_msg(!has(&uuids[m], json_text(v, "uuid")), "%s: uuid %.*s of %s twice", oscal_model_name(m),
                      STR_ARGS(json_text(v, "uuid")), of);
        add(&uuids[m], json_text(v, "uuid"));
    }
    struct str id = json_text(v, "id");
    if (id.size && strcmp(of, "controls") == 0)
        add(&controls, id);
    else if (id.size && strcmp(of, "parts") == 0)
        add(&parts, id);
    else if (id.size && strcmp(of, "params") == 0)
        add(&parameters, id);
    else if (id.size && strcmp(of, "roles") == 0)
        add(&roles[m], id);
    JSON_EACH (child, v->type == JSON_OBJECT || v->type == JSON_ARRAY ? v : NULL)
        gather(child, m, v->type == JSON_OBJECT ? arena_str(world.arena, child->key).data : of);
}

/* What a document may name by uuid: its own, and those of the documents that it imports. */
static bool is_named(enum oscal_model m, struct str uuid)
{
    static const int imports[OSCAL_MODELS] = {[OSCAL_RESULTS] = OSCAL_ASSESSMENT_PLAN,
                                              [OSCAL_ASSESSMENT_PLAN] = OSCAL_SECURITY_PLAN,
                                              [OSCAL_ACTIONS] = OSCAL_SECURITY_PLAN};
    for (int at = (int)m;; at = imports[at]) {
        if (has(&uuids[at], uuid))
            return true;
        if (imports[at] == 0)
            return false;
    }
}

static bool is_file(struct str href)
{
    enum oscal_model m;
    return str_ends(href, ".json") && oscal_model_of(str_slice(href, 0, href.size - 5), &m);
}

static void text_check(const struct json *v, enum oscal_model m, const char *key)
{
    struct str s = v->text, k = str_of(key);
    bool ok = true;
    if (str_ends(k, "-uuid") || str_ends(k, "-uuids"))
        ok = is_named(m, s);
    else if (str_is(k, "href"))
        ok = str_starts(s, "#") ? has(&uuids[m], str_slice(s, 1, s.size))
                                : is_file(s) || str_starts(s, "https://") || str_starts(s, "blobs/");
    else if (str_is(k, "source"))
        ok = is_file(s);
    else if (str_is(k, "control-id") || str_is(k, "with-ids"))
        ok = has(&controls, s);
    else if (str_is(k, "statement-id") || str_is(k, "target-id"))
        ok = has(&parts, s);
    else if (str_is(k, "param-id"))
        ok = has(&parameters, s);
    else if (str_is(k, "role-id") || str_is(k, "role-ids"))
        ok = has(&roles[m], s);
    ck_assert_msg(ok, "%s: %s \"%.*s\" leads nowhere", oscal_model_name(m), key, STR_ARGS(s));
    ck_assert_msg(s.size > 0, "%s: %s is empty", oscal_model_name(m), key);
}

static void check(const struct json *v, enum oscal_model m, const char *key)
{
    if (v->type == JSON_STRING)
        text_check(v, m, key);
    if (v->type != JSON_OBJECT && v->type != JSON_ARRAY)
        return;
    ck_assert_msg(v->count > 0, "%s: %s is empty", oscal_model_name(m), key);
    JSON_EACH (child, v)
        check(child, m, v->type == JSON_OBJECT ? arena_str(world.arena, child->key).data : key);
}

static void all_lead_somewhere(struct oscal *o)
{
    struct json *docs[OSCAL_MODELS];
    for (int m = 0; m < OSCAL_MODELS; m++) {
        docs[m] = exported(o, (enum oscal_model)m);
        gather(docs[m], (enum oscal_model)m, "");
    }
    for (int m = 0; m < OSCAL_MODELS; m++)
        check(docs[m], (enum oscal_model)m, "");
    JSON_EACH (mapping, json_path(docs[OSCAL_MAPPING], "mapping-collection.mappings"))
        JSON_EACH (map, json_get(mapping, "maps"))
            JSON_EACH (source, json_get(map, "sources"))
                ck_assert(has(&controls, json_text(source, "id-ref")));
}

START_TEST(every_reference_leads_to_something)
{
    company();
    all_lead_somewhere(open_at(world.t + MS_DAY, ""));
}
END_TEST

START_TEST(every_reference_of_an_engagement_leads_to_something)
{
    const char *engagement = company();
    struct oscal *o = open_at(world.t, engagement);
    all_lead_somewhere(o);
    const struct json *result = json_path(exported(o, OSCAL_RESULTS), "assessment-results.results.0");
    ck_assert(str_is(json_text(result, "start"), "2026-01-01T00:00:00Z"));
    ck_assert_uint_eq(json_get(result, "attestations")->count, 1);
    bool has_exception = false;
    JSON_EACH (f, json_get(result, "findings"))
        has_exception |= str_is(json_text(f, "title"), "Two late") && str_is(json_path(f, "target.target-id")->text, "cc6.2_smt");
    ck_assert(has_exception);
    const struct json *plan = json_path(exported(o, OSCAL_ASSESSMENT_PLAN), "assessment-plan.local-definitions.activities");
    ck_assert_msg(plan->count == 2, "the one control that is adopted, and the sheet");
    JSON_EACH (c, json_path(result, "reviewed-controls.control-selections.0.include-controls"))
        ck_assert_msg(!str_starts(json_text(c, "control-id"), "a1"), "availability is in scope, but not of this engagement");
}
END_TEST

static const struct json *prop_of(const struct json *v, const char *name)
{
    JSON_EACH (p, json_get(v, "props"))
        if (str_is(json_text(p, "name"), name))
            return p;
    return NULL;
}

START_TEST(what_was_checked_and_signed_is_a_conclusion)
{
    struct err e = {0};
    const char *engagement = company();
    ck_assert_msg(db_run(world.db, &e, "update populations_versions set state = 'checked', rows = 412, digest = ?1, completeness = 'Payroll names the same', completeness_by = 'source'",
                         A("6666666666666666666666666666666666666666666666666666666666666666")) &&
                      db_run(world.db, &e, "update test_sheets_versions set state = 'locked', population = 'POP-0001', conclusion = 'exceptions', conclusion_words = 'Exception: for 2 of 25 items tested, …'"),
                  "%s", e.text);
    struct oscal *o = open_at(world.t, engagement);
    all_lead_somewhere(o);
    const struct json *result = json_path(exported(o, OSCAL_RESULTS), "assessment-results.results.0"), *population = NULL, *finding = NULL;
    JSON_EACH (v, json_get(result, "observations"))
        population = prop_of(v, "produced-information") && prop_of(v, "record") ? v : population;
    ck_assert(population && str_is(json_text(prop_of(population, "produced-information"), "value"), "complete_and_accurate") && str_is(json_text(prop_of(population, "rows"), "value"), "412"));
    size_t count = 0;
    JSON_EACH (v, json_get(result, "findings"))
        if (prop_of(v, "auditor-conclusion")) {
            finding = v;
            count++;
        }
    ck_assert_uint_eq(count, 2); /* CC6.2 and CC6.3 */
    ck_assert(str_is(json_path(finding, "target.status.state")->text, "not-satisfied") && json_get(finding, "related-observations")->count == 2 && json_get(finding, "related-risks")->count == 1);
}
END_TEST

START_TEST(a_ledger_without_anything_gives_all_documents)
{
    create("person", "{\"name\":\"Ann\",\"kind\":\"employee\"}");
    all_lead_somewhere(open_at(world.t, ""));
}
END_TEST

START_TEST(a_window_that_has_not_begun_has_a_plan_and_no_findings)
{
    create("engagement", "{\"title\":\"Next\",\"kind\":\"type2\",\"window_from\":\"2027-01-01\",\"window_to\":\"2027-12-31\","
                         "\"categories\":[\"security\"],\"firm\":\"CPA\"}");
    struct oscal *o = open_at(world.t, "ENG-0001");
    all_lead_somewhere(o);
    const struct json *result = json_path(exported(o, OSCAL_RESULTS), "assessment-results.results.0");
    ck_assert(str_is(json_text(result, "start"), "2027-01-01T00:00:00Z") && !json_get(result, "findings") &&
              !json_get(result, "end"));
}
END_TEST

START_TEST(the_same_head_gives_the_same_bytes_whatever_the_clock_says)
{
    const char *engagement = company();
    struct str one[OSCAL_MODELS];
    for (int m = 0; m < OSCAL_MODELS; m++)
        one[m] = text_of(exported(open_at(world.t, engagement), (enum oscal_model)m));
    for (int m = OSCAL_MODELS - 1; m >= 0; m--)
        ck_assert(str_equal(one[m], text_of(exported(open_at(world.t + 40 * MS_DAY, engagement), (enum oscal_model)m))));
    struct str before =
        json_path(exported(open_at(world.t, ""), OSCAL_ACTIONS), "plan-of-action-and-milestones.poam-items.0.uuid")->text;
    create("gap", "{\"title\":\"Another\",\"kind\":\"missing\"}");
    const struct json *after = exported(open_at(world.t, ""), OSCAL_ACTIONS);
    ck_assert_msg(str_equal(before, json_path(after, "plan-of-action-and-milestones.poam-items.0.uuid")->text),
                  "a thing keeps its uuid");
    ck_assert(!str_equal(text_of(after), one[OSCAL_ACTIONS]));
}
END_TEST

START_TEST(who_may_not_read_a_record_does_not_export_it)
{
    struct err e = {0};
    struct access nobody = {.actor = STR("account:0011223344556677")};
    company();
    view = (struct view){.db = world.db, .arena = world.arena, .now_ms = world.t};
    ck_assert(view_open(&view, 0, &e));
    struct oscal *o = oscal_open(&view, types, &nobody, STR(""), &e);
    ck_assert_msg(o != NULL, "%s", e.text);
    ck_assert(!str_contains(text_of(exported(o, OSCAL_ACTIONS)), "Begin"));
    ck_assert(!oscal_open(&view, types, &nobody, STR("ENG-0001"), &e) && e.code == ERR_NOT_FOUND);
}
END_TEST

/* ---- reading ---- */

#define UUID "11111111-1111-4111-8111-111111111111"
#define METADATA                                             \
    "\"uuid\":\"" UUID "\",\"metadata\":{\"title\":\"Rules " \
    "800-53\",\"last-modified\":\"2026-01-01T00:00:00Z\",\"version\":\"1\",\"oscal-version\":\"1.1.2\"}"

static struct oscal_import imported(const char *text)
{
    struct err e = {0};
    struct oscal_import i;
    view = (struct view){.db = world.db, .arena = world.arena, .now_ms = world.t};
    ck_assert(view_open(&view, 0, &e));
    struct access x = records_access(&world);
    ck_assert_msg(oscal_import_read(&view, types, &x, &env_system, STR("file.json"), str_of(text), &i, &e), "%s", e.text);
    return i;
}

static void apply(struct oscal_import *i)
{
    struct err e = {0};
    ck_assert_msg(records_do_all(&world, i->changes, i->count, &e), "%s", e.text);
}

START_TEST(our_own_catalog_read_again_changes_nothing)
{
    company();
    struct str text = text_of(exported(open_at(world.t, ""), OSCAL_CATALOG));
    struct oscal_import i = imported(text.data);
    ck_assert_uint_eq(i.count, 0);
    ck_assert_uint_eq(i.taken, 0);
    ck_assert_uint_eq(i.same, 61);
}
END_TEST

START_TEST(a_catalog_becomes_requirements_and_the_next_one_only_what_differs)
{
    static const char first[] =
        "{\"catalog\":{" METADATA ",\"groups\":[{\"id\":\"ps\",\"title\":\"People\",\"controls\":["
        "{\"id\":\"ps-6\",\"title\":\"Agreements\",\"props\":[{\"name\":\"label\",\"value\":\"PS-6\"}],\"params\":[{\"id\":"
        "\"p1\",\"label\":\"how often\"}],"
        "\"parts\":[{\"name\":\"statement\",\"prose\":\"Sign:\",\"parts\":[{\"name\":\"item\",\"props\":[{\"name\":\"label\","
        "\"value\":\"a.\"}],\"prose\":\"again {{ insert: param, p1 }}.\"}]}],"
        "\"controls\":[{\"id\":\"ps-6.1\",\"title\":\"Within\"}]},"
        "{\"id\":\"ps-9\",\"title\":\"Gone\",\"props\":[{\"name\":\"status\",\"value\":\"withdrawn\"}]}]}]}}";
    struct oscal_import i = imported(first);
    ck_assert_uint_eq(i.count, 2);
    ck_assert(str_is(json_text(i.changes[0].set, "statement"), "Sign:\na. again [how often]."));
    ck_assert(str_is(json_text(i.changes[0].set, "number"), "PS-6") && str_is(json_text(i.changes[0].set, "family"), "People"));
    ck_assert_msg(json_get(i.changes[0].set, "criteria") != NULL, "the crosswalk knows PS-6");
    ck_assert(str_is(json_text(json_at(i.rows, 1), "pointer"), "/catalog/groups/0/controls/0/controls/0"));
    apply(&i);
    ck_assert_uint_eq(imported(first).count, 0);
    char *later = arena_strndup(world.arena, first, sizeof first - 1);
    memcpy(strstr(later, "Within"), "Inside", 6);
    i = imported(later);
    ck_assert_uint_eq(i.count, 1);
    ck_assert(i.changes[0].act == RECORD_CHANGE && str_is(json_text(i.changes[0].set, "title"), "Inside"));
}
END_TEST

#define RESULTS(findings)                                                                                                  \
    "{\"assessment-results\":{" METADATA ",\"import-ap\":{\"href\":\"#x\"},\"results\":[{\"uuid\":\"" UUID                 \
    "\",\"title\":\"R\",\"description\":\"d\","                                                                            \
    "\"start\":\"2026-01-01T00:00:00Z\",\"end\":\"2026-03-31T00:00:00Z\",\"reviewed-controls\":{},"                        \
    "\"observations\":[{\"uuid\":\"22222222-2222-4222-8222-222222222222\",\"title\":\"Seen\",\"description\":\"so\","      \
    "\"methods\":[\"TEST\"],\"collected\":\"2026-01-02T00:00:00Z\"}],"                                                     \
    "\"risks\":[{\"uuid\":\"33333333-3333-4333-8333-333333333333\",\"title\":\"Bad\",\"description\":\"d\",\"statement\":" \
    "\"could be\",\"status\":\"open\",\"deadline\":\"2026-09-01T00:00:00Z\"}],"                                            \
    "\"findings\":[" findings "]}]}}"
#define FINDING(uuid, props, target, state)                                                                                  \
    "{\"uuid\":\"" uuid "\",\"title\":\"F " target "\",\"description\":\"d\"," props                                         \
    "\"target\":{\"type\":\"statement-id\",\"target-id\":\"" target "\",\"status\":{\"state\":\"" state "\"}},"              \
    "\"related-observations\":[{\"observation-uuid\":\"22222222-2222-4222-8222-222222222222\"}],\"related-risks\":[{\"risk-" \
    "uuid\":\"33333333-3333-4333-8333-333333333333\"}]}"

START_TEST(findings_become_gaps_and_deviations_and_the_file_is_evidence)
{
    static const char text[] =
        RESULTS(FINDING("44444444-4444-4444-8444-444444444444", "", "ac-6.1_obj", "not-satisfied") "," FINDING(
            "55555555-5555-4555-8555-555555555555", "\"props\":[{\"name\":\"control\",\"value\":\"AC-04\"}],", "cc6.2_smt",
            "not-satisfied"));
    struct oscal_import i = imported(text);
    ck_assert_uint_eq(i.count, 3);
    ck_assert(str_is(i.changes[0].type, "evidence") && str_is(json_text(i.changes[0].set, "period_to"), "2026-03-31"));
    ck_assert(str_is(i.changes[1].type, "gap") && str_is(json_text(i.changes[1].set, "due_on"), "2026-09-01") &&
              str_contains(json_text(i.changes[1].set, "plan"), "Seen"));
    ck_assert(str_is(i.changes[2].type, "deviation") && str_is(json_text(i.changes[2].set, "control"), "AC-04"));
    apply(&i);
    ck_assert(str_is(json_text(records_get(&world, "gap", "GAP-0001")->values, "found_in"), "EV-0001"));
    i = imported(text);
    ck_assert_uint_eq(i.count, 0);
    ck_assert_uint_eq(i.same, 2);
}
END_TEST

static void refuses(const char *text, enum err_code code, const char *why)
{
    struct err e = {0};
    struct oscal_document d;
    ck_assert_msg(!oscal_document_read(world.arena, str_of(text), &d, &e), "%s: was taken", text);
    ck_assert_msg(e.code == code && strstr(e.text, why), "%s", e.text);
}

START_TEST(what_is_wrong_is_named_by_its_pointer)
{
    refuses("", ERR_INVALID, "line 1");
    refuses("<catalog/>", ERR_UNSUPPORTED, "XML");
    refuses("[]", ERR_INVALID, "none of OSCAL's models");
    refuses("{\"profile\":{}}", ERR_UNSUPPORTED, "/profile: ");
    refuses("{\"catalog\":[]}", ERR_INVALID, "/catalog: is no object");
    refuses("{\"catalog\":{}}", ERR_INVALID, "/catalog/uuid: is missing");
    refuses("{\"catalog\":{\"uuid\":\"x\"}}", ERR_INVALID, "/catalog/uuid: is no UUID");
    refuses("{\"catalog\":{\"uuid\":\"" UUID "\"}}", ERR_INVALID, "/catalog/metadata: is missing");
    refuses("{\"catalog\":{" METADATA "}}", ERR_INVALID, "/catalog: has no control");
    refuses("{\"catalog\":{" METADATA ",\"controls\":[1]}}", ERR_INVALID, "/catalog/controls/0: is no object");
    refuses("{\"catalog\":{" METADATA ",\"groups\":[{\"title\":\"G\",\"controls\":[{\"id\":\"a b\",\"title\":\"T\"}]}]}}",
            ERR_INVALID, "/catalog/groups/0/controls/0/id: is no token");
    refuses("{\"catalog\":{" METADATA ",\"controls\":[{\"id\":\"a\",\"title\":\"T\"},{\"id\":\"a\",\"title\":\"T\"}]}}",
            ERR_INVALID, "/catalog/controls/1/id: \"a\" is the id of another");
    refuses("{\"catalog\":{" METADATA
            ",\"controls\":[{\"id\":\"a\",\"title\":\"T\",\"parts\":[{\"name\":\"statement\",\"prose\":1}]}]}}",
            ERR_INVALID, "/catalog/controls/0/parts/0/prose: is no text");
    refuses("{\"assessment-results\":{" METADATA "}}", ERR_INVALID, "/assessment-results/results: there is none");
    refuses(RESULTS(FINDING("44444444-4444-4444-8444-444444444444", "", "x", "perhaps")), ERR_INVALID,
            "/assessment-results/results/0/findings/0/target/status/state: ");
    static const char dangling[] = RESULTS("{\"uuid\":\"44444444-4444-4444-8444-444444444444\",\"title\":\"F\",\"description\":"
                                           "\"d\",\"target\":{\"target-id\":\"x\",\"status\":{\"state\":\"satisfied\"}},"
                                           "\"related-risks\":[{\"risk-uuid\":\"" UUID "\"}]}");
    refuses(dangling, ERR_INVALID, "/assessment-results/results/0/findings/0/related-risks/0/risk-uuid: names nothing");
}
END_TEST

TEST_MAIN_WITH("oscal", world_open, world_close, every_reference_leads_to_something,
               what_was_checked_and_signed_is_a_conclusion, every_reference_of_an_engagement_leads_to_something, a_ledger_without_anything_gives_all_documents,
               a_window_that_has_not_begun_has_a_plan_and_no_findings, the_same_head_gives_the_same_bytes_whatever_the_clock_says,
               who_may_not_read_a_record_does_not_export_it, our_own_catalog_read_again_changes_nothing,
               a_catalog_becomes_requirements_and_the_next_one_only_what_differs,
               findings_become_gaps_and_deviations_and_the_file_is_evidence, what_is_wrong_is_named_by_its_pointer)
