/* Signing in by one-time link, signing out, and the switch of the theme. */
#include "base/times.h"
#include "web/site.h"

/* What the ledger keeps of a session: that it began or ended, by whom; the name is a hash's beginning. */
static bool record_session(struct call *c, const struct session *session, const char *what, struct err *e)
{
    struct op op = {.kind = "session", .actor = str_of(session->actor), .body = json_object(c->arena)};
    op_id_new(c->site->env, op.id);
    json_put_cstr(op.body, "id", session->id);
    json_put_cstr(op.body, "act", what);
    struct json *answer;
    return keeper_link_submit(c->site->keeper, c->arena, &op, &answer, e);
}

static bool record_sign_in(void *context, const struct session *session, struct err *e)
{
    return record_session(context, session, "sign_in", e);
}

static bool show_form(struct call *c, int status, struct str token, struct str why, struct err *e)
{
    struct str back;
    if (!call_query(c, "back", &back, e))
        return false;
    struct json *v = json_object(c->arena);
    json_put_cstr(v, "title", "Sign in");
    json_put_str(v, "token", token);
    json_put_str(v, "why", why);
    json_put_str(v, "back", call_own_path(back));
    struct buf b;
    buf_init(&b, 64 << 10);
    shell_render(c, &page_kind_sign_in, v, &b);
    call_bytes(c, "text/html; charset=utf-8", arena_str(c->arena, buf_view(&b)));
    c->response->status = status;
    c->response->problem = why;
    buf_release(&b);
    return true;
}

bool handle_sign_in_form(struct call *c, struct err *e)
{
    struct str token;
    if (!call_query(c, "token", &token, e))
        return false;
    if (c->is_signed_in && token.size == 0)
        return call_redirect(c, STR("/"));
    return show_form(c, 200, token, STR(""), e);
}

static struct str cookie(struct call *c, const char *name, struct str value, int64_t life_ms, bool is_http_only)
{
    const char *prefix = c->request->is_tls && is_http_only ? "__Host-" : "";
    return arena_printf(c->arena, "%s%s=%.*s; Path=/; Max-Age=%lld; SameSite=Lax%s%s", prefix, name, STR_ARGS(value),
                        (long long)(life_ms / MS_SECOND), is_http_only ? "; HttpOnly" : "", c->request->is_tls ? "; Secure" : "");
}

bool handle_sign_in(struct call *c, struct err *e)
{
    struct str token, back;
    if (!http_form_value(c->arena, c->request->body, "token", &token, NULL, e) ||
        !http_form_value(c->arena, c->request->body, "back", &back, NULL, e))
        return false;
    char session_token[SESSION_TOKEN_SIZE];
    struct err why = {0};
    if (!sessions_redeem(c->site->sessions, str_trim(token), record_sign_in, c, session_token, &why)) {
        bool is_expected = why.code == ERR_DENIED || why.code == ERR_LIMIT || why.code == ERR_UNAVAILABLE;
        if (!is_expected) {
            *e = why;
            return false;
        }
        struct str kept = why.code == ERR_DENIED ? STR("") : token;
        return show_form(c, err_http_status(why.code), kept, arena_str(c->arena, str_of(why.text)), e);
    }
    if (c->is_signed_in) /* the old session ends: a new sign-in never shares one */
        sessions_end(c->site->sessions, call_session_cookie(c->request));
    c->response->set_cookie[0] = cookie(c, "assay", arena_str(c->arena, str_of(session_token)), SESSION_LIFE_MS, true);
    return call_redirect(c, arena_str(c->arena, call_own_path(back)));
}

bool handle_sign_out(struct call *c, struct err *e)
{
    (void)e;
    struct err why = {0};
    sessions_end(c->site->sessions, call_session_cookie(c->request));
    /* The session is over whether or not the keeper is there to record it. */
    if (!record_session(c, &c->session, "sign_out", &why))
        c->response->problem = arena_str(c->arena, str_of(why.text));
    c->response->set_cookie[0] = cookie(c, "assay", STR(""), 0, true);
    return call_redirect(c, STR("/sign-in"));
}

bool handle_theme(struct call *c, struct err *e)
{
    struct str theme, back;
    if (!http_form_value(c->arena, c->request->body, "theme", &theme, NULL, e) ||
        !http_form_value(c->arena, c->request->body, "back", &back, NULL, e))
        return false;
    if (!str_is(theme, "light") && !str_is(theme, "dark") && !str_is(theme, "auto"))
        return err_set(e, ERR_INVALID, "theme is light, dark or auto");
    c->response->set_cookie[0] = cookie(c, "theme", theme, 365 * MS_DAY, false);
    if (back.size == 0) /* a script asked, and has switched by itself */
        return call_bytes(c, "text/plain; charset=utf-8", theme);
    return call_redirect(c, arena_str(c->arena, call_own_path(back)));
}
