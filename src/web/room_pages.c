/* room_pages.c - what a change affects, what is complete, whether a criterion is relevant, and assessments that somebody else made. */
#include "pages.h"
#include "report/outside.h"
#include "report/view_room.h"
#include "web/page_kinds.h"
#include "web/records.h"

enum { ROWS_SHOWN = 200, NAME_BYTES_MAX = 200, REASON_BYTES_MAX = 4000 };

static struct json *build_impact(struct call *c, struct err *e)
{
    return view_impact(&c->view, c->records, c->parameters[0], c->parameters[1], e);
}

static struct json *build_completeness(struct call *c, struct err *e)
{
    return view_completeness(&c->view, c->records, e);
}

/* ?from= and ?to=: the days over which operation is shown. */
static bool read_days(struct call *c, struct err *e)
{
    struct str from = STR(""), to = STR("");
    return call_query(c, "from", &from, e) && call_query(c, "to", &to, e) && view_days(&c->view, str_trim(from), str_trim(to), e);
}

static struct json *build_control(struct call *c, struct err *e)
{
    struct json *v = read_days(c, e) ? view_control_room(&c->view, c->records, c->parameters[0], e) : NULL;
    if (v)
        records_put_done(c, v);
    return v;
}

static struct json *build_period(struct call *c, struct err *e)
{
    return read_days(c, e) ? view_period(&c->view, e) : NULL;
}

static struct json *build_topics(struct call *c, struct err *e)
{
    return view_topics(&c->view, c->records, e);
}

const struct page page_kind_topics = {.nav = "controls", .build = build_topics, .render = page_topics, .words = "Every topic of the programme: how mature it is, what fails, what is open"};
const struct page page_kind_control = {.nav = "controls", .build = build_control, .render = page_control, .words = "A control, with its operation over the days from and to"};
const struct page page_kind_period = {.nav = "controls", .build = build_period, .render = page_period, .words = "What the operation of every control comes to over the days from and to"};
const struct page page_kind_impact = {.nav = "controls", .build = build_impact, .render = page_impact, .words = "What a change of a control or system affects"};
const struct page page_kind_completeness = {.nav = "criteria", .build = build_completeness, .render = page_completeness, .words = "Policies, controls, criteria, documents: there or missing"};

/* ---- a criterion that is not relevant ---- */

bool handle_relevance(struct call *c, struct err *e)
{
    struct str reason = str_trim(form_value(&c->form, "reason"));
    const struct criterion *criterion = content_criterion(c->parameters[0]);
    if (!criterion)
        return err_set(e, ERR_NOT_FOUND, "criterion %.*s: there is none of this name", STR_ARGS(str_slice(c->parameters[0], 0, 40)));
    if (reason.size == 0 || reason.size > REASON_BYTES_MAX)
        return err_set(e, ERR_INVALID, reason.size ? "reason: at most %d bytes" : "reason: say why it is not relevant; the report prints it", REASON_BYTES_MAX);
    if (!call_view(c, e))
        return false;
    struct record_change change = {.type = STR("criterion"), .id = str_of(criterion->id), .act = RECORD_CREATE, .set = json_object(c->arena)};
    json_put_cstr(change.set, "title", criterion->title);
    json_put_bool(change.set, "is_relevant", false);
    json_put_str(change.set, "reason", reason);
    struct json *answer;
    return records_submit_all(c, &change, 1, NULL, &answer, e) && call_redirect(c, arena_printf(c->arena, "/criteria/%s?done=created", criterion->id));
}

/* ---- assessments of others ---- */

static const struct page page_import = {.nav = "gaps", .render = page_gap_import};

static struct json *import_page(struct call *c, struct err *e)
{
    struct json *nav = call_view(c, e) ? view_nav(&c->view, e) : NULL;
    if (!nav)
        return NULL;
    struct json *v = json_object(c->arena);
    json_put_cstr(v, "title", "Import an assessment");
    json_put(v, "nav", nav);
    json_put_str(v, "assessor", str_slice(str_trim(form_value(&c->form, "assessor")), 0, NAME_BYTES_MAX));
    return v;
}

bool handle_gap_import_form(struct call *c, struct err *e)
{
    struct json *v = import_page(c, e);
    if (!v)
        return false;
    json_put_bool(v, "has_file", false);
    json_put_cstr(v, "problem", "");
    return show_page(c, &page_import, v, 200, e);
}

static void preview_put(struct json *v, const struct outside *o, struct str text)
{
    json_put_int(v, "findings", (int64_t)o->findings);
    json_put_int(v, "answers", (int64_t)o->answers);
    json_put_int(v, "same", (int64_t)o->same);
    json_put_int(v, "count", (int64_t)o->count);
    json_put_int(v, "problem_count", (int64_t)o->problems->count);
    json_put_str(v, "text", text);
    struct json *rows = json_put_array(v, "rows");
    JSON_EACH (r, o->rows) {
        if (rows->count == ROWS_SHOWN)
            break;
        struct json *row = json_push_object(rows);
        json_put_int(row, "row", json_int(r, "row", 0));
        json_put_str(row, "kind", json_text(r, "kind"));
        json_put_str(row, "act", json_text(r, "act"));
        json_put_str(row, "id", json_text(r, "id"));
        json_put_str(row, "title", json_text(r, "title"));
        json_put_str(row, "words", json_text(r, "words"));
    }
    json_put(v, "problems", o->problems);
}

bool handle_gap_import(struct call *c, struct err *e)
{
    struct json *v = import_page(c, e), *answer;
    const struct form_field *file = form_find(&c->form, "file");
    struct str text = file && file->is_file && file->value.size ? file->value : form_value(&c->form, "text");
    struct outside o;
    struct err why = {0};
    if (!v)
        return false;
    bool is_read = text.size ? outside_read(&c->view, text, json_text(v, "assessor"), &o, &why) : err_set(&why, ERR_INVALID, "file: choose a CSV or JSON file");
    bool is_asked = is_read && str_is(form_value(&c->form, "go"), "import") && o.problems->count == 0 && o.count > 0;
    if (is_asked && records_submit_all(c, o.changes, o.count, NULL, &answer, &why))
        return call_redirect(c, STR("/gaps/register?done=imported"));
    json_put_bool(v, "has_file", is_read);
    json_put_str(v, "problem", arena_str(c->arena, str_of(why.text)));
    if (is_read)
        preview_put(v, &o, text);
    return show_page(c, &page_import, v, why.code || (is_read && o.problems->count) ? 422 : 200, e);
}

/* POST text/csv or application/json; ?dry_run=1 only says what would happen. */
bool handle_api_gap_import(struct call *c, struct err *e)
{
    struct str dry, by;
    struct outside o;
    struct json *answer = NULL;
    if (!call_view(c, e) || !call_query(c, "dry_run", &dry, e) || !call_query(c, "by", &by, e))
        return false;
    if (c->request->body.size == 0)
        return err_set(e, ERR_INVALID, "send the assessment as text/csv or application/json");
    if (!outside_read(&c->view, c->request->body, str_slice(by, 0, NAME_BYTES_MAX), &o, e))
        return false;
    if (o.problems->count)
        return records_refuse_rows(c, o.problems, e);
    bool is_dry = str_is(dry, "1") || str_is(dry, "true");
    if (!is_dry && o.count && !records_submit_all(c, o.changes, o.count, NULL, &answer, e))
        return false;
    struct json *v = json_object(c->arena);
    json_put_bool(v, "is_dry_run", is_dry);
    json_put_int(v, "leaf", json_int(answer, "leaf", -1));
    json_put_int(v, "findings", (int64_t)o.findings);
    json_put_int(v, "answers", (int64_t)o.answers);
    json_put_int(v, "same", (int64_t)o.same);
    json_put(v, "rows", o.rows);
    return call_json(c, v, e);
}
