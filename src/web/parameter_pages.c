/* parameter_pages.c - parameters: looking, changing, and for those that take two people proposing and deciding. */
#include "assess/ops.h"
#include "pages.h"
#include "report/view_parameters.h"
#include "web/accounts/accounts.h"
#include "web/page_kinds.h"

static struct json *build_parameters(struct call *c, struct err *e)
{
    return view_parameters(&c->view, &c->filter, e);
}

/* What the form was sent with stays in it. */
static struct json *parameter_view(struct call *c, struct str wrong, struct err *e)
{
    struct json *v = view_parameter(&c->view, c->parameters[0], e);
    struct str done;
    if (!v || !call_query(c, "done", &done, e))
        return NULL;
    json_put_bool(v, "may_change", call_may(c, PERMISSION_SETTINGS) && !c->view.is_past);
    json_put_str(v, "wrong", wrong);
    json_put_str(v, "typed", wrong.size ? form_text(c, "value") : json_text(v, "value"));
    json_put_str(v, "typed_why", wrong.size ? form_text(c, "why") : STR(""));
    json_put_cstr(v, "done", str_is(done, "set") ? "Changed: policy, control and tests have the new value; tests use it from the next run on."
                             : str_is(done, "proposed") ? "Proposed. Somebody else decides; until then the former value holds."
                             : str_is(done, "refused")  ? "The proposal is refused or withdrawn."
                                                        : "");
    return v;
}

static struct json *build_parameter(struct call *c, struct err *e)
{
    return parameter_view(c, STR(""), e);
}

static bool parameter_refused(struct call *c, struct err *e)
{
    if (route_is_api(c->route) || (e->code != ERR_INVALID && e->code != ERR_DENIED && e->code != ERR_EXISTS && e->code != ERR_CONFLICT))
        return false;
    struct str why = arena_str(c->arena, str_of(e->text));
    int status = err_http_status(e->code);
    *e = (struct err){0};
    struct json *v = parameter_view(c, why, e);
    c->response->problem = why;
    return v && show_view(c, &page_kind_parameter, v, status, e);
}

static bool parameter_done(struct call *c, const char *done, struct err *e)
{
    struct json *answer = json_object(c->arena);
    json_put_str(answer, "name", c->parameters[0]);
    json_put_cstr(answer, "done", done);
    return answer_done(c, answer, arena_printf(c->arena, "/parameters/%.*s?done=%s", STR_ARGS(c->parameters[0]), done), e);
}

bool handle_parameter_set(struct call *c, struct err *e)
{
    struct str name = c->parameters[0], value = str_trim(form_text(c, "value")), why = str_trim(form_text(c, "why"));
    if (!call_view(c, e))
        return false;
    if (!content_parameter(name))
        return err_set(e, ERR_NOT_FOUND, "parameter %.*s: there is none of this name", STR_ARGS(str_slice(name, 0, 80)));
    bool ok = parameter_check(name, value, e);
    if (ok && why.size == 0)
        ok = err_set(e, ERR_INVALID, "why: a change needs a reason: who asked for it, and what for");
    struct op op = {.kind = parameter_kind(name), .actor = call_actor(c), .body = parameter_body(c->arena, name, value, why)};
    op_id_new(c->site->env, op.id);
    if (!ok || !submit(c, &op, e))
        return parameter_refused(c, e);
    return parameter_done(c, strcmp(op.kind, "parameter.set") == 0 ? "set" : "proposed", e);
}

bool handle_parameter_decide(struct call *c, struct err *e)
{
    struct str act = form_text(c, "act"), why = str_trim(form_text(c, "why"));
    int64_t proposal = c->json ? json_int(c->json, "proposal", -1) : -1;
    if (!c->json && !str_to_int64(form_value(&c->form, "proposal"), &proposal))
        return err_set(e, ERR_INVALID, "proposal: the form does not say which one");
    if (!call_step_up(c))
        return true;
    if (!call_view(c, e))
        return false;
    bool is_approved = str_is(act, "approve");
    struct op op = {.kind = "parameter.decide", .actor = call_actor(c), .body = parameter_decision_body(c->arena, proposal, is_approved, why)};
    op_id_new(c->site->env, op.id);
    if (c->step && c->step[0])
        json_put_cstr(op.body, "step", c->step);
    bool ok = is_approved || str_is(act, "refuse") || err_set(e, ERR_INVALID, "act: approve or refuse");
    if (ok && why.size == 0)
        ok = err_set(e, ERR_INVALID, "why: a decision needs a reason");
    if (!ok || !submit(c, &op, e))
        return parameter_refused(c, e);
    return parameter_done(c, is_approved ? "set" : "refused", e);
}

static const struct list_column parameter_columns[] = {{"label", "Parameter", "grow", false, NULL},     {"name", "Name", "wide", false, NULL},
                                                       {"value", "Value", "", false, NULL},             {"unit", "Unit", "wide", false, NULL},
                                                       {"default", "Default", "wide", false, NULL},     {"group", "Group", "wide", false, NULL},
                                                       {"changed", "Changed", "wide", false, "changed.text"}};
#define COLUMNS(list) .columns = (list), .column_count = sizeof(list) / sizeof((list)[0])

const struct page page_kind_parameters = {.nav = "parameters", .build = build_parameters, .render = page_parameters, COLUMNS(parameter_columns), .words = "Values of the organisation"};
const struct page page_kind_parameter = {.nav = "parameters", .build = build_parameter, .render = page_parameter, .words = "One value, what uses it, and its history"};
