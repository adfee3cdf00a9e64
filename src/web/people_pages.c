/* people_pages.c - the room People: who owes what, joiners, movers and leavers, the roster against the accounts, and what their forms post. */
#include "account/source.h"
#include "base/times.h"
#include "pages.h"
#include "report/people.h"
#include "report/roster.h"
#include "web/accounts/elsewhere.h"
#include "web/page_kinds.h"
#include "web/records.h"

enum { TEXT_BYTES_MAX = 4000, PEOPLE_AT_ONCE = 200 };

static struct json *offered(struct call *c, struct json *v)
{
    if (!v)
        return NULL;
    records_put_done(c, v);
    bool is_lead = access_has_role(c->access, "compliance_lead") || access_has_role(c->access, "administrator");
    json_put_bool(v, "may_write", call_may(c, PERMISSION_RECORDS) && !c->view.is_past);
    json_put_bool(v, "may_lead", is_lead && call_may(c, PERMISSION_RECORDS) && !c->view.is_past);
    return v;
}

static struct json *build_people(struct call *c, struct err *e)
{
    struct people_filter more = {0};
    if (!call_query(c, "kind", &more.kind, e) || !call_query(c, "team", &more.team, e) || !call_query(c, "manager", &more.manager, e))
        return NULL;
    return offered(c, view_people(&c->view, c->records, &c->filter, &more, e));
}

static struct json *build_person(struct call *c, struct err *e)
{
    return offered(c, view_person(&c->view, c->records, c->parameters[0], e));
}

static struct json *build_joiners(struct call *c, struct err *e)
{
    struct str kind;
    return call_query(c, "kind", &kind, e) ? offered(c, view_joiners(&c->view, c->records, &c->filter, kind, e)) : NULL;
}

static struct json *build_lifecycle(struct call *c, struct err *e)
{
    return offered(c, view_lifecycle(&c->view, c->records, c->parameters[0], e));
}

static struct json *build_reconcile(struct call *c, struct err *e)
{
    return offered(c, view_reconcile(&c->view, c->records, &c->filter, e));
}

static void put_no_plan(struct json *v)
{
    json_put_cstr(v, "problem", "");
    json_put_cstr(v, "stash", "");
    json_put_cstr(v, "directory", "");
    json_put_null(v, "plan");
}

static struct json *build_roster(struct call *c, struct err *e)
{
    struct json *v = offered(c, view_roster(&c->view, c->records, e));
    if (v && !route_is_api(c->route))
        put_no_plan(v);
    return v;
}

/* ---- steps and differences ---- */

static bool record_open(struct call *c, const char *type, struct str id, struct record **ret, struct err *e)
{
    if (!call_view(c, e))
        return false;
    const struct record_type *t = record_types_find(c->records->types, str_of(type));
    struct record *r = t ? record_get(c->view.db, c->arena, t, id, INT64_MAX, e) : NULL;
    if (!r)
        return t ? false : err_set(e, ERR_NOT_FOUND, "there are no records of the type %s", type);
    if (r->is_deleted || !access_matches(c->access, &t->may_read, r))
        return err_set(e, ERR_NOT_FOUND, "%s %.*s: there is none of this name that you may read", t->label, STR_ARGS(r->id));
    *ret = r;
    return true;
}

static bool move_one(struct call *c, const struct record *r, const char *transition, struct json *set, struct str why, const char *path, struct err *e)
{
    struct json *answer;
    struct record_change change = {.type = str_of(r->type->id), .id = r->id, .act = RECORD_MOVE, .version = r->version, .transition = str_of(transition), .set = set, .why = why};
    return records_submit_all(c, &change, 1, NULL, &answer, e) && call_redirect(c, str_of(path));
}

bool handle_people_step(struct call *c, struct err *e)
{
    struct record *step;
    struct str go = form_value(&c->form, "go"), on = form_value(&c->form, "done_on"), why = str_trim(form_value(&c->form, "why"));
    if (!record_open(c, "lifecycle_step", c->parameters[0], &step, e))
        return false;
    const char *path = call_may(c, PERMISSION_READ) ? arena_printf(c->arena, "/people/joiners/%.*s?done=moved", STR_ARGS(json_text(step->values, "lifecycle"))).data : "/my";
    struct json *set = json_object(c->arena);
    if (str_is(go, "drop") || str_is(go, "reopen")) {
        if (why.size == 0 || why.size > TEXT_BYTES_MAX)
            return err_set(e, ERR_INVALID, "why: say why; it stands in the history");
        if (str_is(go, "reopen"))
            json_put_null(set, "done_at");
        return move_one(c, step, str_is(go, "drop") ? "drop" : "reopen", set, why, path, e);
    }
    int64_t at_ms = c->now_ms;
    if (on.size && !time_parse(on, c->now_ms, &at_ms))
        return err_set(e, ERR_INVALID, "done_on: a date is needed, as 2026-12-01");
    if (at_ms > c->now_ms)
        return err_set(e, ERR_INVALID, "done_on: that day has not come yet");
    json_put_int(set, "done_at", on.size && day_of(at_ms) == call_today(c) ? c->now_ms : at_ms);
    return move_one(c, step, "claim", set, why, path, e);
}

bool handle_people_difference(struct call *c, struct err *e)
{
    struct record *difference;
    struct str words = str_trim(form_value(&c->form, "explanation"));
    if (!record_open(c, "difference", c->parameters[0], &difference, e))
        return false;
    if (words.size == 0 || words.size > TEXT_BYTES_MAX)
        return err_set(e, ERR_INVALID, "explanation: %s", words.size ? "at most 4000 bytes" : "say why this is as it should be; the auditor reads it");
    struct json *set = json_object(c->arena);
    json_put_str(set, "explanation", words);
    return move_one(c, difference, "explain", set, STR(""), "/people/reconcile?done=moved", e);
}

/* ---- last days ---- */

static bool leaver_add(struct call *c, struct str id, struct str on, bool is_involuntary, struct record_change *ret, struct err *e)
{
    struct record *person;
    if (!record_open(c, "person", id, &person, e))
        return false;
    *ret = (struct record_change){.type = STR("person"), .id = person->id, .act = RECORD_CHANGE, .version = person->version, .set = json_object(c->arena),
                                  .why = STR("last day named on the page People")};
    json_put_str(ret->set, "left_on", on);
    if (is_involuntary)
        json_put_bool(ret->set, "is_involuntary", true);
    return true;
}

bool handle_people_leave(struct call *c, struct err *e)
{
    struct str on = form_value(&c->form, "on"), back = call_own_path(form_value(&c->form, "back"));
    int64_t at_ms;
    size_t count = 0;
    struct record_change *changes = arena_array(c->arena, PEOPLE_AT_ONCE, sizeof *changes);
    if (on.size != 10 || !time_parse(on, c->now_ms, &at_ms))
        return err_set(e, ERR_INVALID, "on: the last day is needed, as 2026-12-01");
    for (size_t i = 0; i < c->form.count; i++) {
        if (!str_is(c->form.fields[i].name, "person"))
            continue;
        if (count == PEOPLE_AT_ONCE)
            return err_set(e, ERR_LIMIT, "person: at most %d at once", PEOPLE_AT_ONCE);
        if (!leaver_add(c, c->form.fields[i].value, on, str_is(form_value(&c->form, "involuntary"), "yes"), &changes[count++], e))
            return false;
    }
    if (count == 0)
        return err_set(e, ERR_INVALID, "person: choose at least one");
    struct json *answer;
    struct str path = str_is(back, "/") ? STR("/people/joiners") : back;
    return records_submit_all(c, changes, count, NULL, &answer, e) && call_redirect(c, arena_printf(c->arena, "%.*s%cdone=changed", STR_ARGS(path), str_find_char(path, '?') < 0 ? '?' : '&'));
}

/* ---- the roster ---- */

/* Everybody of a directory, as a file. */
static bool directory_read(struct call *c, struct str id, struct str *ret, struct err *e)
{
    struct identity_source source;
    struct json *request = json_object(c->arena), *answer;
    if (!identity_source_get(c->view.db, c->arena, id, &source, e))
        return false;
    if (!str_is(source.kind, "ldap"))
        return err_set(e, ERR_INVALID, "directory: %.*s is no directory", STR_ARGS(id));
    json_put_cstr(request, "what", "people");
    if (!elsewhere_ask(c, &source, request, &answer, e))
        return false;
    *ret = roster_of_directory(c->arena, json_get(answer, "people"));
    return ret->size > 0 || err_set(e, ERR_TOO_LARGE, "the directory has too many entries");
}

/* The text of the file or directory, and where it is from. */
static bool source_read(struct call *c, struct roster_source *s, struct str *text, char stash[33], struct err *e)
{
    struct str directory = form_value(&c->form, "directory"), name = form_value(&c->form, "name");
    const struct form_field *file = form_find(&c->form, "file");
    s->is_full = str_is(form_value(&c->form, "full"), "yes");
    s->mapping = records_mapping_of(c);
    if (directory.size) {
        s->source = arena_printf(c->arena, "directory %.*s", STR_ARGS(directory));
        return directory_read(c, directory, text, e);
    }
    s->source = file && file->is_file && file->file_name.size ? arena_str(c->arena, str_slice(file->file_name, 0, 120)) : name.size ? str_slice(name, 0, 120) : STR("pasted");
    return records_import_text(c, text, stash, e);
}

bool handle_people_roster(struct call *c, struct err *e)
{
    struct roster_source s = {0};
    struct roster_plan plan;
    struct str text;
    char stash[33] = "";
    struct err why = {0};
    struct json *v, *answer;
    if (!call_view(c, e) || !(v = offered(c, view_roster(&c->view, c->records, e))))
        return false;
    const struct record_type *t = record_types_find(c->records->types, STR("person"));
    if (!record_allows(c->access, t, NULL, RECORD_CREATE, NULL, e))
        return false;
    bool is_read = source_read(c, &s, &text, stash, &why) && roster_read(c->view.db, c->arena, t, text, &s, c->access, c->now_ms, &plan, &why);
    bool is_asked = is_read && str_is(form_value(&c->form, "go"), "import") && plan.csv.problems->count == 0;
    if (is_asked && plan.count == 0)
        return call_redirect(c, STR("/people/roster?done=same"));
    if (is_asked && records_submit_all(c, plan.changes, plan.count, NULL, &answer, &why))
        return call_redirect(c, STR("/people/roster?done=imported"));
    json_put_str(v, "problem", arena_str(c->arena, str_of(why.text)));
    json_put_str(v, "stash", arena_str(c->arena, str_of(stash)));
    json_put_str(v, "directory", form_value(&c->form, "directory"));
    if (is_read)
        json_put(v, "plan", roster_plan_json(c->arena, &s, &plan));
    else
        json_put_null(v, "plan");
    return show_page(c, &page_kind_roster, v, !is_read || why.code || plan.csv.problems->count ? 422 : 200, e);
}

/* POST text/csv ?source=NAME&full=1&dry_run=1, or ?directory=ID with an empty body. */
bool handle_api_people_roster(struct call *c, struct err *e)
{
    struct str dry, full, name, directory, text = c->request->body;
    struct roster_plan plan;
    struct json *answer = NULL;
    if (!call_view(c, e) || !call_query(c, "dry_run", &dry, e) || !call_query(c, "full", &full, e) || !call_query(c, "source", &name, e) || !call_query(c, "directory", &directory, e))
        return false;
    struct roster_source s = {.is_full = str_is(full, "1") || str_is(full, "true"), .source = name.size ? str_slice(name, 0, 120) : STR("API")};
    const struct record_type *t = record_types_find(c->records->types, STR("person"));
    if (directory.size) {
        s.source = arena_printf(c->arena, "directory %.*s", STR_ARGS(str_slice(directory, 0, 60)));
        if (!directory_read(c, directory, &text, e))
            return false;
    }
    if (!record_allows(c->access, t, NULL, RECORD_CREATE, NULL, e) || !roster_read(c->view.db, c->arena, t, text, &s, c->access, c->now_ms, &plan, e))
        return false;
    bool is_dry = str_is(dry, "1") || str_is(dry, "true");
    if (plan.csv.problems->count && !is_dry)
        return records_refuse_rows(c, plan.csv.problems, e);
    if (!is_dry && plan.count && !records_submit_all(c, plan.changes, plan.count, NULL, &answer, e))
        return false;
    struct json *v = roster_plan_json(c->arena, &s, &plan);
    json_put_bool(v, "is_dry_run", is_dry);
    json_put_int(v, "leaf", json_int(answer, "leaf", -1));
    return call_json(c, v, e);
}

/* ---- kinds of page ---- */

static const struct list_column people_columns[] = {
    {"name", "Person", "grow", true, NULL},      {"status", "State", "", false, "status_words"}, {"team", "Team", "wide", true, NULL},          {"manager", "Manager", "wide", false, "manager.name"},
    {"policies", "Policies", "n wide", false, NULL},  {"training", "Training", "n wide", false, NULL},     {"device", "Device", "wide", false, NULL},     {"check", "Checked", "wide", false, NULL},
    {"steps", "Steps", "n wide", false, NULL},        {"access", "Access lines", "n wide", false, NULL}, {"late", "Overdue", "n", true, NULL},       {"total", "All", "n", true, NULL}};
static const struct list_column joiners_columns[] = {
    {"status", "State", "", false, "status_words"}, {"title", "Who", "grow", false, NULL},   {"event_on", "Day", "", true, NULL},
    {"due_on", "All done by", "wide", false, NULL}, {"done", "Steps", "n", false, NULL},     {"lag", "Lag, hours", "n wide", false, NULL}, {"owner", "Owner", "wide", false, "owner.name"}};
static const struct list_column reconcile_columns[] = {
    {"id", "Number", "", true, NULL},             {"status", "State", "", false, "status_words"}, {"title", "Difference", "grow", false, NULL}, {"system", "System", "wide", false, "system.name"},
    {"found_on", "Found on", "wide", true, NULL}, {"due_on", "By", "wide", false, NULL},          {"lag", "Lag, hours", "n wide", false, NULL}, {"explanation", "Explanation", "wide", false, NULL}};
#define COLUMNS(list) .columns = list, .column_count = sizeof(list) / sizeof((list)[0])

const struct page page_kind_people = {.nav = "people", .build = build_people, .render = page_people, COLUMNS(people_columns), .words = "Who still owes what, by person and by manager"};
const struct page page_kind_person = {.nav = "people", .build = build_person, .render = page_person, .words = "One person: what they owe, their accounts and devices"};
const struct page page_kind_joiners = {.nav = "people", .build = build_joiners, .render = page_joiners, COLUMNS(joiners_columns), .words = "Joiners, movers and leavers with their clocks"};
const struct page page_kind_lifecycle = {.nav = "people", .build = build_lifecycle, .render = page_lifecycle, .words = "One joiner, mover or leaver with its steps"};
const struct page page_kind_reconcile = {.nav = "people", .build = build_reconcile, .render = page_reconcile, COLUMNS(reconcile_columns), .words = "The roster against the lists of accounts: numbered differences"};
const struct page page_kind_roster = {.nav = "people", .build = build_roster, .render = page_roster, .words = "Rosters taken in, and who was missing in the newest"};
