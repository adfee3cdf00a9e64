/* The room Audit: engagements are listed, opened, begun; milestones are reached. */
#include "assess/engagement_plan.h"
#include "pages.h"
#include "report/view_audit.h"
#include "web/page_kinds.h"
#include "web/records.h"

enum { WHY_BYTES_MAX = 4000 };

static struct json *offered(struct call *c, struct json *v)
{
    if (v && !route_is_api(c->route)) {
        records_put_done(c, v);
        json_put_bool(v, "may_write", call_may(c, PERMISSION_RECORDS) && !c->view.is_past);
    }
    return v;
}

static struct json *build_audit(struct call *c, struct err *e)
{
    return offered(c, view_audit(&c->view, c->records, e));
}

static struct json *build_engagement(struct call *c, struct err *e)
{
    return offered(c, view_engagement(&c->view, c->records, c->parameters[0], e));
}

static struct json *build_firms(struct call *c, struct err *e)
{
    return offered(c, view_audit_firms(&c->view, c->records, e));
}

const struct page page_kind_audit_firms = {.nav = "audit", .build = build_firms, .render = page_audit_firms, .words = "Firms considered, by the same questions and weighed scores, the chosen one first"};
const struct page page_kind_audit = {.nav = "audit", .build = build_audit, .render = page_audit, .words = "Engagements: examinations that ran, run and are planned, and what comes when"};
const struct page page_kind_engagement = {.nav = "audit", .build = build_engagement, .render = page_engagement, .words = "One engagement: scope, window, milestones, team, walkthroughs, what was carried over"};
static const struct page page_kind_audit_new = {.nav = "audit", .render = page_audit_new};

/* ---- opening one ---- */

static struct str *plan_member(struct engagement_plan *p, size_t i)
{
    return (struct str *)(void *)((char *)p + plan_fields[i].offset);
}

static bool plan_open(struct call *c, struct engagement_plan *p, struct str after, struct err *e)
{
    struct engagement g;
    if (after.size == 0)
        return plan_propose(c->view.db, c->arena, day_of(c->now_ms), p, e);
    return engagement_read(c->view.db, c->arena, after, INT64_MAX, &g, e) && engagement_may_read(&c->view, c->records, &g, e) && plan_propose_after(c->view.db, c->arena, &g, p, e);
}

/* What was typed lies over what was proposed; categories are those of the scope and nobody's to type. */
static void plan_typed(struct call *c, struct engagement_plan *p)
{
    for (size_t i = 0; i < plan_field_count; i++)
        if (form_find(&c->form, plan_fields[i].name))
            *plan_member(p, i) = str_trim(form_value(&c->form, plan_fields[i].name));
}

static bool plan_read_json(struct call *c, struct engagement_plan *p, struct err *e)
{
    const struct json *categories = json_get(c->json, "categories");
    for (size_t i = 0; i < plan_field_count; i++) {
        const struct json *value = json_get(c->json, plan_fields[i].name);
        if (value && value->type != JSON_STRING)
            return err_set(e, ERR_INVALID, "%s: text is needed", plan_fields[i].name);
        if (value)
            *plan_member(p, i) = str_trim(value->text);
    }
    if (!categories)
        return true;
    for (size_t i = 0; i < content_category_count; i++)
        p->categories[i] = content_categories[i].is_mandatory;
    JSON_EACH (one, categories) {
        bool is_known = false;
        for (size_t i = 0; i < content_category_count; i++) {
            bool is_it = one->type == JSON_STRING && str_is(one->text, content_categories[i].id);
            p->categories[i] |= is_it;
            is_known |= is_it;
        }
        if (!is_known)
            return err_set(e, ERR_INVALID, "categories: \"%.*s\" is none", STR_ARGS(str_slice(one->text, 0, 40)));
    }
    return true;
}

static struct json *plan_page(struct call *c, const struct engagement_plan *p, const struct json *problems, struct err *e)
{
    struct json *v = view_audit_new(&c->view, c->records, p, problems, e);
    return offered(c, v);
}

bool handle_audit_new(struct call *c, struct err *e)
{
    struct engagement_plan p;
    struct str after;
    if (!call_view(c, e) || !call_query(c, "after", &after, e) || !plan_open(c, &p, after, e))
        return false;
    struct json *v = plan_page(c, &p, NULL, e);
    return v && show_page(c, &page_kind_audit_new, v, 200, e);
}

static bool plan_write(struct call *c, const struct engagement_plan *p, struct json **ret_answer, struct err *e)
{
    struct record_change *changes;
    size_t count;
    return plan_changes(c->view.db, c->arena, p, &changes, &count, e) && records_submit_all(c, changes, count, NULL, ret_answer, e);
}

static void owner_default(struct call *c, struct engagement_plan *p)
{
    if (p->owner.size == 0)
        p->owner = c->access->person;
}

bool handle_audit_open(struct call *c, struct err *e)
{
    struct engagement_plan p;
    struct json *answer;
    if (!call_view(c, e) || !plan_open(c, &p, form_value(&c->form, "follows"), e))
        return false;
    plan_typed(c, &p);
    struct json *problems = plan_problems(c->view.db, c->arena, &p, e);
    if (!problems)
        return false;
    if (problems->count) {
        struct json *v = plan_page(c, &p, problems, e);
        return v && show_page(c, &page_kind_audit_new, v, 422, e);
    }
    owner_default(c, &p);
    return plan_write(c, &p, &answer, e) && call_redirect(c, arena_printf(c->arena, "/audit/%.*s?done=created", STR_ARGS(records_answer_id(answer))));
}

static bool api_problems(struct call *c, const struct json *problems, struct err *e)
{
    c->problems = json_array(c->arena);
    JSON_EACH (p, problems) {
        struct json *o = json_push_object(c->problems);
        json_put_str(o, "field", json_text(p, "field"));
        struct str reason = json_text(p, "reason_field");
        json_put_str(o, "why", reason.size ? arena_printf(c->arena, "%.*s (%.*s)", STR_ARGS(json_text(p, "why")), STR_ARGS(reason)) : json_text(p, "why"));
    }
    c->status = 422;
    return err_set(e, ERR_INVALID, "%zu problem%s with the plan", problems->count, problems->count == 1 ? "" : "s");
}

/* POST {"kind","title","from","to","as_of","firm","time_zone","short_reason","gap_reason","owner","follows","report_on","evidence_until","categories"}: what is left out is proposed. */
bool handle_api_audit_open(struct call *c, struct err *e)
{
    struct engagement_plan p;
    struct json *answer;
    struct str follows = c->json ? json_text(c->json, "follows") : form_value(&c->form, "follows");
    if (c->json && c->json->type != JSON_OBJECT)
        return err_set(e, ERR_INVALID, "an object is needed");
    if (!call_view(c, e) || !plan_open(c, &p, follows, e) || (c->json && !plan_read_json(c, &p, e)))
        return false;
    if (!c->json)
        plan_typed(c, &p);
    struct json *problems = plan_problems(c->view.db, c->arena, &p, e);
    if (!problems || problems->count)
        return problems && api_problems(c, problems, e);
    owner_default(c, &p);
    if (!plan_write(c, &p, &answer, e))
        return false;
    struct json *v = view_engagement(&c->view, c->records, records_answer_id(answer), e);
    c->response->status = 201;
    return v && call_json(c, v, e);
}

/* ---- planning ends ---- */

static bool engagement_open(struct call *c, struct engagement *ret, struct err *e)
{
    return call_view(c, e) && engagement_read(c->view.db, c->arena, c->parameters[0], INT64_MAX, ret, e) && engagement_may_read(&c->view, c->records, ret, e);
}

static bool engagement_done(struct call *c, const struct engagement *g, const char *what, const struct json *answer, struct err *e)
{
    if (route_is_api(c->route))
        return call_json(c, answer, e);
    return call_redirect(c, arena_printf(c->arena, "/audit/%.*s?done=%s", STR_ARGS(g->id), what));
}

bool handle_audit_begin(struct call *c, struct err *e)
{
    struct engagement g;
    struct record_change change = {.type = STR("engagement"), .act = RECORD_MOVE, .transition = STR("begin"), .set = json_object(c->arena)};
    struct json *answer;
    int64_t leaf;
    char digest[65];
    if (!engagement_open(c, &g, e) || !engagement_snapshot(&c->view, c->records, &leaf, digest, e))
        return false;
    if (!records_step_up(c))
        return true;
    change.id = g.id;
    change.version = g.version;
    change.why = str_slice(str_trim(form_value(&c->form, "why")), 0, WHY_BYTES_MAX);
    if (g.scope_leaf != leaf)
        json_put_int(change.set, "scope_leaf", leaf);
    if (!str_is(g.scope_digest, digest))
        json_put_str(change.set, "scope_digest", arena_str(c->arena, str_of(digest)));
    return records_submit_all(c, &change, 1, NULL, &answer, e) && engagement_done(c, &g, "moved", answer, e);
}

/* ---- milestones ---- */

bool handle_audit_milestones(struct call *c, struct err *e)
{
    struct engagement g;
    struct record_change *changes;
    size_t count;
    struct json *answer = json_object(c->arena);
    if (!engagement_open(c, &g, e) || !plan_milestones(c->view.db, c->arena, &g, &changes, &count, e))
        return false;
    if (count && !records_submit_all(c, changes, count, NULL, &answer, e))
        return false;
    return engagement_done(c, &g, count ? "created" : "same", answer, e);
}

bool handle_audit_reach(struct call *c, struct err *e)
{
    struct engagement g;
    struct record_change change = {.type = STR("milestone"), .act = RECORD_MOVE, .transition = STR("reach"), .set = json_object(c->arena)};
    struct str on = str_trim(form_value(&c->form, "on"));
    struct json *answer;
    int64_t at_ms;
    if (!engagement_open(c, &g, e))
        return false;
    if (on.size == 0)
        on = day_text(c->arena, day_of(c->now_ms));
    if (on.size != 10 || !time_parse(on, 0, &at_ms) || day_of(at_ms) > day_of(c->now_ms))
        return err_set(e, ERR_INVALID, "on: no day up to today: write 2026-11-20");
    change.id = form_value(&c->form, "milestone");
    change.version = db_one_int(c->view.db, e, 0, "select version from milestones where id = ?1 and engagement = ?2", A(change.id), A(g.id));
    if (e->code || change.version == 0)
        return e->code == ERR_NONE && err_set(e, ERR_NOT_FOUND, "milestone: this engagement has none of that id");
    json_put_str(change.set, "actual_on", on);
    return records_submit_all(c, &change, 1, NULL, &answer, e) && engagement_done(c, &g, "moved", answer, e);
}
