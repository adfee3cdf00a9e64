/* What the pages after the audit post: the report comes in as evidence, its exceptions become actions. */
#include "pages.h"
#include "report/view_audit.h"
#include "web/page_kinds.h"
#include "web/records.h"

enum { ACTIONS_MAX = 200, TITLE_BYTES_MAX = 180, TEXT_BYTES_MAX = 20000 };

static struct json *offered(struct call *c, struct json *v)
{
    if (v && !route_is_api(c->route)) {
        records_put_done(c, v);
        json_put_bool(v, "may_write", call_may(c, PERMISSION_RECORDS) && !c->view.is_past);
    }
    return v;
}

static struct json *build_after(struct call *c, struct err *e)
{
    return offered(c, view_audit_after(&c->view, c->records, c->parameters[0], e));
}

static struct json *build_trend(struct call *c, struct err *e)
{
    return offered(c, view_audit_trend(&c->view, c->records, e));
}

const struct page page_kind_audit_after = {.nav = "audit", .build = build_after, .render = page_audit_after, .words = "An engagement after its fieldwork: the report, actions, the next window"};
const struct page page_kind_audit_trend = {.nav = "audit", .build = build_trend, .render = page_audit_trend, .words = "Conclusions, exceptions and readiness from window to window"};

static bool engagement_open(struct call *c, struct engagement *ret, struct err *e)
{
    return call_view(c, e) && engagement_read(c->view.db, c->arena, c->parameters[0], INT64_MAX, ret, e) && engagement_may_read(&c->view, c->records, ret, e);
}

static bool after_done(struct call *c, const struct engagement *g, const char *what, const struct json *answer, struct err *e)
{
    if (route_is_api(c->route))
        return call_json(c, answer, e);
    return call_redirect(c, arena_printf(c->arena, "/audit/%.*s/after?done=%s", STR_ARGS(g->id), what));
}

/* ---- the report ---- */

static bool is_date(struct str text)
{
    int64_t at_ms;
    return text.size == 10 && time_parse(text, 0, &at_ms);
}

/* The report as a piece of evidence, about the days of the engagement. */
static bool report_evidence(struct call *c, const struct engagement *g, struct record_change *ret, struct str *ret_digest, struct err *e)
{
    const struct form_field *file = form_find(&c->form, "file");
    const char *why = NULL;
    struct json *value;
    struct op_blob *sealed = ARENA_NEW(c->arena, struct op_blob);
    if (!file || !file->is_file || file->value.size == 0)
        return err_set(e, ERR_INVALID, "file: choose the report as the firm sent it, a PDF");
    if (file->value.size > RECORD_FILE_BYTES)
        return err_set(e, ERR_TOO_LARGE, "file: over %d MiB", RECORD_FILE_BYTES >> 20);
    const char *media = upload_media_evidence(file->file_name, file->value, &why);
    if (!media || strcmp(media, "application/pdf") != 0)
        return err_set(e, ERR_INVALID, "file: %s", why ? why : "a PDF is needed");
    if (!record_seal_file(c->site->env, c->arena, file->file_name, media, file->value, sealed, &value, e))
        return false;
    *ret_digest = json_text(value, "digest");
    *ret = (struct record_change){.type = STR("evidence"), .act = RECORD_CREATE, .set = json_object(c->arena), .files = sealed, .file_count = 1};
    json_put_str(ret->set, "title", str_slice(arena_printf(c->arena, "Report of %.*s: %.*s", STR_ARGS(g->id), STR_ARGS(g->title)), 0, TITLE_BYTES_MAX));
    json_put_cstr(ret->set, "kind", "report");
    if (g->firm.size)
        json_put_str(ret->set, "source", arena_printf(c->arena, "%.*s", STR_ARGS(g->firm)));
    json_put_str(ret->set, "period_from", day_text(c->arena, g->window.first));
    json_put_str(ret->set, "period_to", day_text(c->arena, g->window.last));
    if (c->access->person.size)
        json_put_str(ret->set, "owner", c->access->person);
    json_push(json_put_array(ret->set, "files"), value);
    return true;
}

static bool opinion_read(struct call *c, const struct engagement *g, struct json *set, struct err *e)
{
    static const char *const names[][2] = {{"description", "opinion_description"}, {"design", "opinion_design"}, {"operation", "opinion_operation"}};
    struct str dated = str_trim(form_value(&c->form, "dated")), words = str_trim(form_value(&c->form, "words"));
    if (!is_date(dated))
        return err_set(e, ERR_INVALID, "dated: the date of the report, as 2027-03-01");
    if (words.size == 0 || words.size > TEXT_BYTES_MAX)
        return err_set(e, ERR_INVALID, "words: %s", words.size ? "too long" : "copy the opinion from the report");
    json_put_str(set, "report_dated", dated);
    json_put_str(set, "opinion_words", words);
    for (size_t i = 0; i < 3; i++) {
        struct str value = form_value(&c->form, names[i][0]);
        if (i == 2 && g->is_type1)
            continue;
        if (value.size == 0)
            return err_set(e, ERR_INVALID, "%s: say which opinion the report has", names[i][0]);
        json_put_str(set, names[i][1], value);
    }
    return true;
}

bool handle_audit_intake(struct call *c, struct err *e)
{
    struct engagement g;
    struct record_change changes[2] = {0};
    struct str digest;
    struct json *answer;
    if (!engagement_open(c, &g, e))
        return false;
    if (!g.has_days)
        return err_set(e, ERR_CONFLICT, "the engagement says no days that a report could be about");
    changes[1] = (struct record_change){.type = STR("engagement"), .id = g.id, .act = RECORD_MOVE, .version = g.version, .transition = STR("intake"), .set = json_object(c->arena)};
    if (!report_evidence(c, &g, &changes[0], &digest, e) || !opinion_read(c, &g, changes[1].set, e))
        return false;
    if (!records_step_up(c))
        return true;
    json_put_str(changes[1].set, "report_evidence", STR("new:1"));
    json_put_str(changes[1].set, "report_digest", digest);
    if (!record_number(c->view.db, c->arena, changes, 2, e) || !records_submit_all(c, changes, 2, NULL, &answer, e))
        return false;
    records_tell_schedule(c);
    return after_done(c, &g, "moved", answer, e);
}

/* ---- exceptions become actions ---- */

static bool is_chosen(const struct form *form, struct str id)
{
    for (size_t i = 0; i < form->count; i++)
        if (str_is(form->fields[i].name, "exception") && str_equal(form->fields[i].value, id))
            return true;
    return false;
}

static void action_make(struct call *c, const struct engagement *g, struct db_row *row, struct str owner, struct str due, struct record_change *ret)
{
    struct str plan = db_text(row, 4);
    *ret = (struct record_change){.type = STR("gap"), .act = RECORD_CREATE, .set = json_object(c->arena)};
    json_put_str(ret->set, "title", str_slice(arena_printf(c->arena, "%.*s: %.*s", STR_ARGS(g->id), STR_ARGS(db_text(row, 1))), 0, TITLE_BYTES_MAX));
    json_put_cstr(ret->set, "kind", "operation");
    json_put_int(ret->set, "impact", 2);
    json_put_int(ret->set, "likelihood", str_is(db_text(row, 3), "isolated") ? 2 : 3);
    json_put_cstr(ret->set, "effort", "m");
    json_put_cstr(ret->set, "source", "auditor");
    json_put_str(ret->set, "audit_exception", arena_str(c->arena, db_text(row, 0)));
    json_push_str(json_put_array(ret->set, "controls"), arena_str(c->arena, db_text(row, 2)));
    json_put_str(ret->set, "owner", db_is_null(row, 5) ? owner : arena_str(c->arena, db_text(row, 5)));
    json_put_str(ret->set, "due_on", db_is_null(row, 6) ? due : arena_str(c->arena, db_text(row, 6)));
    if (plan.size)
        json_put_str(ret->set, "plan", arena_str(c->arena, plan));
}

/* What management's response says already (action, owner, day) is taken from there. */
bool handle_audit_actions(struct call *c, struct err *e)
{
    struct engagement g;
    struct str owner = form_value(&c->form, "owner"), due = form_value(&c->form, "due_on");
    struct record_change *changes = arena_array(c->arena, ACTIONS_MAX, sizeof *changes);
    struct json *answer;
    size_t count = 0;
    if (!engagement_open(c, &g, e))
        return false;
    if (owner.size == 0 || !is_date(due))
        return err_set(e, ERR_INVALID, owner.size ? "due_on: a date is needed, as 2026-12-01" : "owner: choose a person");
    DB_EACH (row, c->view.db, e,
             "select x.id, x.title, x.control, coalesce(x.cause, ''), coalesce(p.action, ''), p.owner, p.action_on from audit_exceptions x left join responses p on p.exception = x.id "
             "where x.engagement = ?1 and x.state <> 'withdrawn' and not exists(select 1 from gap_records k where k.audit_exception = x.id) order by x.id limit 200",
             A(g.id))
        if (is_chosen(&c->form, db_text(row, 0)))
            action_make(c, &g, row, owner, due, &changes[count++]);
    if (e->code || count == 0)
        return e->code == ERR_NONE && err_set(e, ERR_INVALID, "exception: choose at least one that has no action yet");
    return records_submit_all(c, changes, count, NULL, &answer, e) && after_done(c, &g, "created", answer, e);
}
