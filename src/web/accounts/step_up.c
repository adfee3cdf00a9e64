/* step_up.c - asking once more who somebody is, before what matters. */
#include "base/times.h"
#include "web/accounts/elsewhere.h"

struct strings form_list(struct call *c, const char *name)
{
    const struct json *list = json_get(c->json, name);
    const char **items = arena_array(c->arena, c->form.count + (list ? list->count : 0) + 1, sizeof(*items));
    size_t n = 0;
    JSON_EACH (item, list)
        if (item->type == JSON_STRING && item->text.size)
            items[n++] = arena_str(c->arena, item->text).data;
    for (size_t i = 0; i < c->form.count; i++)
        if (str_is(c->form.fields[i].name, name) && c->form.fields[i].value.size)
            items[n++] = arena_str(c->arena, c->form.fields[i].value).data;
    return (struct strings){items, n};
}

struct str form_text(struct call *c, const char *name)
{
    const struct json *v = c->json ? json_get(c->json, name) : NULL;
    return !c->json ? form_value(&c->form, name) : v && (v->type == JSON_STRING || v->type == JSON_NUMBER) ? v->text : STR("");
}

static const char *last_of(const char *how)
{
    const char *plus = strchr(how, '+');
    return plus ? plus + 1 : how;
}

/* The password that this account signs in with, wherever that is kept. */
static bool own_password_is(struct call *c, struct str id, struct str password, struct err *e)
{
    struct account *account = account_get(c->view.db, c->arena, id, e);
    if (account && str_is(account->kind, "ldap"))
        return directory_password_is(c, account, password, e);
    return account && password_is(c, id, password, e);
}

/* What else than codes and passkeys this account is asked for. */
static bool put_ways(struct call *c, struct json *v, struct str id, struct err *e)
{
    struct account *account = id.size ? account_get(c->view.db, c->arena, id, e) : NULL;
    bool is_directory = account && str_is(account->kind, "ldap");
    json_put_bool(v, "has_password", account && (is_directory || credential_count(c->view.db, id, "password", e) > 0));
    json_put_bool(v, "has_totp", account && credential_count(c->view.db, id, "totp", e) > 0);
    return !e->code && (!account || !str_is(account->kind, "oidc") || put_providers(c, v, "?again=1&back=/settings/sign-in", e));
}

/* The answer in the form at hand: NULL when there is none, "" when it is wrong. */
static const char *answered(struct call *c, struct err *e)
{
    struct str password = form_text(c, "step_password"), code = form_text(c, "step_code");
    struct str passkey = form_text(c, "step_passkey"), link = form_text(c, "step_link");
    struct str account = actor_account(call_actor(c));
    struct err wrong = {0};
    if (e->code || (!password.size && !code.size && !passkey.size && !link.size))
        return NULL;
    if (link.size && account.size == 0)
        return sessions_link_use(c->site->sessions, str_trim(link), call_actor(c), &wrong) ? "link" : "";
    if (account.size == 0 || !guess_may(c, "code", account, e))
        return "";
    const char *kind = "";
    if (passkey.size)
        kind = passkey_is(c, account, passkey, &wrong) ? "passkey" : "";
    else if (code.size)
        kind = code_is(c, account, code, &wrong) == CODE_TOTP ? "totp" : "";
    else
        kind = own_password_is(c, account, password, &wrong) ? "password" : "";
    guess_done(c, "code", account, *kind != 0);
    return kind;
}

static bool show_confirm(struct call *c, struct str why, struct err *e)
{
    struct str account = actor_account(call_actor(c));
    struct json *v = json_object(c->arena);
    json_put_cstr(v, "title", "Confirm that it is you");
    json_put_str(v, "why", why);
    json_put_str(v, "action", c->request->target);
    json_put_bool(v, "is_local", account.size == 0);
    struct json *list = json_put_array(v, "fields");
    for (size_t i = 0; i < c->form.count; i++) {
        const struct form_field *field = &c->form.fields[i];
        if (str_starts(field->name, "step_") || str_is(field->name, "csrf"))
            continue;
        struct json *o = json_push_object(list);
        json_put_str(o, "name", field->name);
        json_put_str(o, "value", field->value);
    }
    return put_ways(c, v, account, e) && passkey_ask(c, v, account, e) && show_page(c, &page_kind_confirm, v, 403, e);
}

bool call_step_up(struct call *c)
{
    struct err e = {0};
    if (c->is_token)
        return c->step = "token", true; /* asked for when the token was made, for this scope */
    if (c->now_ms - c->session.stepped_up_at_ms <= SESSION_STEP_UP_MS && c->session.stepped_up_at_ms)
        return c->step = arena_str(c->arena, str_of(last_of(c->session.how))).data, true;
    bool is_ready = c->view.db || call_view(c, &e);
    const char *kind = is_ready ? answered(c, &e) : NULL;
    if (kind && *kind) {
        sessions_stepped_up(c->site->sessions, c->session.id);
        return c->step = kind, true;
    }
    struct str why = kind ? arena_str(c->arena, str_of(e.code == ERR_LIMIT ? e.text : "this is not it")) : STR("");
    if (e.code == ERR_LIMIT)
        e = (struct err){0};
    c->response->problem = STR("step-up");
    if (route_is_api(c->route))
        call_problem(c, 403, "step_up_required", STR("This takes that you were asked again within five minutes: send step_password, step_code or step_passkey along."));
    else if (e.code || !show_confirm(c, why, &e))
        call_problem(c, err_http_status(e.code), err_code_name(e.code), arena_str(c->arena, str_of(e.text)));
    return false;
}

/* ---- what only people do ---- */

bool only_people(struct call *c, struct err *e)
{
    return !c->is_token || err_set(e, ERR_DENIED, "a token cannot change how people sign in");
}

struct str how_words(struct call *c, const char *how)
{
    static const char *const words[][2] = {{"link", "one-time link"}, {"password", "password"}, {"totp", "one-time code"},
                                           {"recovery", "recovery code"}, {"passkey", "passkey"}, {"token", "token"},
                                           {"oidc", "OpenID Connect"}, {"ldap", "LDAP"}, {"cli", "command line"}};
    struct buf BUF_AUTO b;
    struct str rest = str_of(how), part;
    buf_init(&b, 200);
    for (bool is_more = rest.size > 0; is_more;) {
        is_more = str_cut(&rest, '+', &part);
        buf_cstr(&b, b.size ? " and " : "");
        struct str word = part;
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
            word = str_is(part, words[i][0]) ? str_of(words[i][1]) : word;
        buf_str(&b, word);
    }
    return arena_str(c->arena, buf_view(&b));
}

/* ---- answering ---- */

static bool answer_view(struct call *c, const struct json *v)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 4 << 20);
    json_write(&b, v);
    buf_char(&b, '\n');
    return call_bytes(c, "application/json", arena_str(c->arena, buf_view(&b)));
}

bool answer_done(struct call *c, struct json *answer, struct str page, struct err *e)
{
    (void)e;
    return route_is_api(c->route) ? answer_view(c, answer) : call_redirect(c, page);
}

struct json *room_view(struct call *c, const char *title, struct err *e)
{
    if (!c->view.db && !call_view(c, e))
        return NULL;
    struct json *v = json_object(c->arena), *nav = view_nav(&c->view, e);
    if (!nav)
        return NULL;
    json_put_cstr(v, "title", title);
    json_put(v, "nav", nav);
    json_put_cstr(v, "room", c->route->path);
    json_put_bool(v, "may_users", call_may(c, PERMISSION_USERS));
    json_put_bool(v, "may_audit", call_may(c, PERMISSION_AUDIT));
    return v;
}

bool show_view(struct call *c, const struct page *page, struct json *view, int status, struct err *e)
{
    if (!route_is_api(c->route))
        return show_page(c, page, view, status, e);
    answer_view(c, view);
    c->response->status = status;
    return true;
}

struct json *put_instant(struct call *c, struct json *o, const char *key, int64_t ms)
{
    char text[TIME_TEXT_SIZE];
    if (!ms)
        return json_put_null(o, key);
    struct json *t = json_put_object(o, key);
    json_put_int(t, "t", ms);
    json_put_str(t, "text", arena_str(c->arena, str_of(time_format(ms, text))));
    return t;
}

bool sessions_begin_anew(struct call *c, struct str account, const char *how, int factors, struct err *e)
{
    char token[SESSION_TOKEN_SIZE];
    sessions_end_of(c->site->sessions, account_actor(c->arena, account), NULL, c->session.id);
    if (c->is_token || !str_equal(actor_account(call_actor(c)), account))
        return true;
    if (!sessions_renew(c->site->sessions, call_session_cookie(c->request), how, factors, token, e))
        return false;
    struct identity who;
    c->response->set_cookie[0] = session_cookie(c, token);
    if (sessions_find(c->site->sessions, str_of(token), &who.session))
        c->session = who.session; /* the page that is the answer has the new one's CSRF token */
    memory_wipe(token, sizeof(token));
    return true;
}
