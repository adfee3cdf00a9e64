/* settings_pages.c - Settings as one room, where notices go, and the first steps of whoever asks. */
#include "notify/channel.h"
#include "pages.h"
#include "report/view_settings.h"
#include "web/accounts/accounts.h"
#include "web/page_kinds.h"
#include "web/records.h"

/* What the tabs of Settings ask. */
static struct json *with_tabs(struct call *c, struct json *v)
{
    if (!v)
        return NULL;
    json_put_cstr(v, "room", c->route->path);
    json_put_bool(v, "may_users", call_may(c, PERMISSION_USERS));
    json_put_bool(v, "may_audit", call_may(c, PERMISSION_AUDIT));
    return v;
}

static struct json *build_settings(struct call *c, struct err *e)
{
    return with_tabs(c, view_settings(&c->view, e));
}

/* ---- notifications ---- */

static struct json *notifications_view(struct call *c, struct str wrong, struct err *e)
{
    static const char *const fields[] = {"url", "from", "user", "base", "id"};
    struct json *v = with_tabs(c, view_notifications(&c->view, e));
    struct str done;
    if (!v || !call_query(c, "done", &done, e))
        return NULL;
    struct json *typed = json_put_object(v, "typed");
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        json_put_str(typed, fields[i], wrong.size ? form_text(c, fields[i]) : STR(""));
    JSON_EACH (channel, json_get(v, "channels"))
        for (size_t i = 0; !wrong.size && json_bool(channel, "is_mail") && i < 4; i++)
            json_put_str(typed, arena_printf(c->arena, "mail_%s", fields[i]).data, json_text(channel, fields[i]));
    json_put_bool(v, "may_change", call_may(c, PERMISSION_SETTINGS) && !c->view.is_past);
    json_put_str(v, "wrong", wrong);
    json_put_cstr(v, "done", str_is(done, "set")      ? "Set. Send a test to see that it arrives."
                             : str_is(done, "removed") ? "Removed: nothing goes there any more."
                             : str_is(done, "test")    ? "The test is on its way; what came of it stands here in a few seconds."
                                                       : "");
    return v;
}

static struct json *build_notifications(struct call *c, struct err *e)
{
    return notifications_view(c, STR(""), e);
}

static bool channel_op(struct call *c, struct str act, struct op *op, struct err *e)
{
    static const char *const settings[] = {"url", "from", "user", "base"};
    struct str id = str_trim(form_text(c, "id")), secret = form_text(c, "secret");
    *op = (struct op){.kind = str_is(act, "test") ? "notify.trial" : "notify.channel", .actor = call_actor(c), .body = json_object(c->arena)};
    op_id_new(c->site->env, op->id);
    json_put_str(op->body, "id", id);
    if (str_is(act, "test"))
        return true;
    if (!str_is(act, "set") && !str_is(act, "remove"))
        return err_set(e, ERR_INVALID, "act: set, remove or test");
    json_put_str(op->body, "act", act);
    if (str_is(act, "remove"))
        return true;
    struct json *kept = json_put_object(op->body, "c");
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        if (str_trim(form_text(c, settings[i])).size)
            json_put_str(kept, settings[i], str_trim(form_text(c, settings[i])));
    return channel_check(id, kept, e) && (secret.size == 0 || op_blob_seal(c->site->env, c->arena, op, "text/plain", secret, e));
}

bool handle_notifications(struct call *c, struct err *e)
{
    struct str act = form_text(c, "act");
    struct op op;
    if (!call_view(c, e))
        return false;
    if (channel_op(c, act, &op, e) && submit(c, &op, e)) {
        const char *done = str_is(act, "set") ? "set" : str_is(act, "remove") ? "removed" : "test";
        struct json *answer = json_object(c->arena);
        json_put_cstr(answer, "done", done);
        return answer_done(c, answer, arena_printf(c->arena, "/settings/notifications?done=%s", done), e);
    }
    if (route_is_api(c->route) || (e->code != ERR_INVALID && e->code != ERR_NOT_FOUND && e->code != ERR_EXISTS && e->code != ERR_LIMIT))
        return false;
    struct str why = arena_str(c->arena, str_of(e->text));
    int status = err_http_status(e->code);
    *e = (struct err){0};
    struct json *v = notifications_view(c, why, e);
    c->response->problem = why;
    return v && show_view(c, &page_kind_notifications, v, status, e);
}

/* ---- first steps ---- */

static struct json *build_onboarding(struct call *c, struct err *e)
{
    struct json *v = view_onboarding(&c->view, c->access, e), *nav = v ? view_nav(&c->view, e) : NULL;
    if (!nav)
        return NULL;
    json_put_cstr(v, "title", "First steps");
    json_put(v, "nav", nav);
    return v;
}

bool handle_onboarding(struct call *c, struct err *e)
{
    if (!call_view(c, e))
        return false;
    bool is_aside = str_is(form_text(c, "act"), "aside");
    struct str id = onboarding_id(c->arena, c->access);
    struct record_change change = {.type = STR("onboarding"), .id = id, .set = json_object(c->arena)};
    struct str state = db_one_text(c->arena, c->view.db, e, "select state from onboarding_aside where id = ?1", A(id));
    change.version = db_one_int(c->view.db, e, 0, "select version from onboarding_aside where id = ?1", A(id));
    if (e->code)
        return false;
    change.act = change.version ? RECORD_MOVE : RECORD_CREATE;
    change.transition = change.version == 0 ? STR("") : is_aside ? STR("put_aside") : STR("show");
    if (!change.version)
        json_put_str(change.set, "title", id);
    bool is_so = change.version ? str_is(state, "aside") == is_aside : !is_aside;
    struct json *answer = json_object(c->arena);
    if (!is_so && !records_submit_all(c, &change, 1, NULL, &answer, e))
        return false;
    return answer_done(c, answer, str_is(c->form.count ? form_text(c, "back") : STR(""), "") ? STR("/") : call_own_path(form_text(c, "back")), e);
}

const struct page page_kind_settings = {.nav = "settings", .build = build_settings, .render = page_settings, .words = "How everything is set up"};
const struct page page_kind_notifications = {.nav = "settings", .build = build_notifications, .render = page_notifications, .words = "Where notices go"};
const struct page page_kind_onboarding = {.nav = "overview", .build = build_onboarding, .render = page_onboarding, .words = "The first steps of who asks"};
