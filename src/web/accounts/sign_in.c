/* sign_in.c - signing in by password or one-time link, signing out, and the switch of the theme. */
#include "base/limits.h"
#include "base/times.h"
#include "web/accounts/elsewhere.h"


/* ---- sessions ---- */

bool session_note(struct call *c, const struct session *session, const char *what, struct err *e)
{
    struct op op = {.kind = "session", .actor = str_of(session->actor), .body = json_object(c->arena)};
    op_id_new(c->site->env, op.id);
    json_put_cstr(op.body, "id", session->id);
    json_put_cstr(op.body, "act", what);
    json_put_cstr(op.body, "how", session->how);
    struct json *answer;
    return keeper_link_submit(c->site->keeper, c->arena, &op, &answer, e);
}

static bool record_sign_in(void *context, const struct session *session, struct err *e)
{
    return session_note(context, session, "sign_in", e);
}

static struct str cookie(struct call *c, const char *name, struct str value, int64_t life_ms, bool is_http_only)
{
    const char *prefix = c->request->is_tls && is_http_only ? "__Host-" : "";
    return arena_printf(c->arena, "%s%s=%.*s; Path=/; Max-Age=%lld; SameSite=Lax%s%s", prefix, name, STR_ARGS(value),
                        (long long)(life_ms / MS_SECOND), is_http_only ? "; HttpOnly" : "", c->request->is_tls ? "; Secure" : "");
}

struct str session_cookie(struct call *c, const char *token)
{
    return cookie(c, "assay", arena_str(c->arena, str_of(token)), *token ? SESSION_LIFE_MS : 0, true);
}

struct str with_cookie(struct call *c, const char *name, struct str value, int64_t life_ms)
{
    return cookie(c, name, value, life_ms, true);
}

struct session session_like(struct call *c, const char *actor, const char *how, int factors)
{
    struct session like = {.factors = factors};
    snprintf(like.actor, sizeof(like.actor), "%s", actor);
    snprintf(like.how, sizeof(like.how), "%s", how);
    snprintf(like.peer, sizeof(like.peer), "%s", c->request->peer);
    size_t n = 0;
    for (size_t i = 0; i < c->request->user_agent.size && n + 1 < sizeof(like.agent); i++) {
        char letter = c->request->user_agent.data[i];
        like.agent[n++] = letter >= 0x20 && letter < 0x7f ? letter : '?';
    }
    return like;
}

/* ---- pages of this room ---- */

static bool show_form(struct call *c, int status, struct str token, struct str login, struct str why, struct err *e)
{
    struct str back, form_back = form_text(c, "back");
    if (!call_query(c, "back", &back, e))
        return false;
    struct json *v = json_object(c->arena);
    char actor[SESSION_ACTOR_SIZE] = "";
    struct err unknown = {0};
    /* Whose link it is decides what the page says; an invented one says nothing. */
    if (token.size && !sessions_link_actor(c->site->sessions, str_trim(token), actor, &unknown) && why.size == 0) {
        why = arena_str(c->arena, str_of(unknown.text));
        token = STR("");
        status = err_http_status(unknown.code);
    }
    json_put_cstr(v, "title", "Sign in");
    json_put_str(v, "token", token);
    json_put_bool(v, "is_invitation", actor[0] && strcmp(actor, "local:admin") != 0);
    json_put_str(v, "login", login);
    json_put_str(v, "why", why);
    json_put_str(v, "back", call_own_path(form_back.size ? form_back : back));
    if (token.size == 0 && call_view(c, &unknown)) {
        struct buf BUF_AUTO more;
        buf_init(&more, HTTP_TARGET_BYTES_MAX * 4);
        http_query_add(&more, "back", json_text(v, "back"));
        if (!put_providers(c, v, arena_str(c->arena, buf_view(&more)).data, e))
            return false;
    }
    if (!sign_in_page_more(c, v, e) || !show_page(c, &page_kind_sign_in, v, status, e))
        return false;
    c->response->problem = why;
    return true;
}

bool sign_in_refused(struct call *c, int status, struct str login, struct str why, struct err *e)
{
    return show_form(c, status, STR(""), login, why, e);
}

bool handle_sign_in_form(struct call *c, struct err *e)
{
    struct str token;
    if (!call_query(c, "token", &token, e))
        return false;
    if (c->is_signed_in && token.size == 0)
        return call_redirect(c, c->needs_code ? STR("/sign-in/code") : STR("/"));
    return show_form(c, 200, token, STR(""), STR(""), e);
}

/* ---- limits ---- */

static struct str guess_key(struct call *c, const char *what, struct str who)
{
    char *key = arena_strndup(c->arena, who.data, who.size);
    for (char *p = key; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p + 32);
    return arena_printf(c->arena, "%s %s", what, key);
}

/* Behind one address there may be a whole office. */
enum { ADDRESS_FREE = 4 * GUESS_FREE };

bool guess_may(struct call *c, const char *what, struct str who, struct err *e)
{
    int64_t now_ms = env_monotonic_ms(c->site->env);
    int64_t by_peer = guess_wait_ms(c->site->guesses, str_of(c->request->peer), ADDRESS_FREE, now_ms);
    int64_t by_who = who.size ? guess_wait_ms(c->site->guesses, guess_key(c, what, who), GUESS_FREE, now_ms) : 0;
    int64_t wait_ms = by_peer > by_who ? by_peer : by_who;
    if (!wait_ms)
        return true;
    c->response->retry_after_s = (int)((wait_ms + 999) / 1000);
    return err_set(e, ERR_LIMIT, "too many wrong attempts; the next one counts in %d seconds", c->response->retry_after_s);
}

void guess_done(struct call *c, const char *what, struct str who, bool is_right)
{
    int64_t now_ms = env_monotonic_ms(c->site->env);
    struct str key = guess_key(c, what, who);
    if (is_right) {
        guess_was_right(c->site->guesses, key);
        return;
    }
    guess_was_wrong(c->site->guesses, str_of(c->request->peer), ADDRESS_FREE, now_ms);
    if (who.size)
        guess_was_wrong(c->site->guesses, key, GUESS_FREE, now_ms);
}

/* ---- signing in ---- */

/* Whoever was signed in before in this browser is not any more: a new sign-in never shares a session. */
static void forget_old_session(struct call *c)
{
    if (c->is_signed_in)
        sessions_end(c->site->sessions, call_session_cookie(c->request));
}

static bool has_second_factor(struct call *c, struct str account, bool *ret, struct err *e)
{
    *ret = credential_count(c->view.db, account, "totp", e) + credential_count(c->view.db, account, "passkey", e) > 0;
    return e->code == ERR_NONE;
}

static struct str address_with_back(struct call *c, const char *path, struct str back)
{
    struct buf BUF_AUTO b;
    buf_init(&b, HTTP_TARGET_BYTES_MAX * 4);
    buf_cstr(&b, path);
    http_query_add(&b, "back", back);
    return arena_str(c->arena, buf_view(&b));
}

bool signed_in(struct call *c, const struct account *account, const char *how, int factors, struct str back, struct err *e)
{
    return signed_in_when(c, account, how, factors, true, back, e);
}

bool signed_in_when(struct call *c, const struct account *account, const char *how, int factors, bool was_asked, struct str back, struct err *e)
{
    char token[SESSION_TOKEN_SIZE];
    struct session like = session_like(c, account_actor(c->arena, str_of(account->id)).data, how, factors);
    like.is_unasked = !was_asked;
    bool has_second = false;
    if (!has_second_factor(c, str_of(account->id), &has_second, e) ||
        !sessions_begin(c->site->sessions, &like, record_sign_in, c, token, e))
        return false;
    forget_old_session(c);
    c->response->set_cookie[0] = session_cookie(c, token);
    memory_wipe(token, sizeof(token));
    struct str own = arena_str(c->arena, call_own_path(back));
    return call_redirect(c, factors < 2 && has_second ? address_with_back(c, "/sign-in/code", own) : own);
}

static bool by_link(struct call *c, struct str token, struct str back, struct err *e)
{
    char session_token[SESSION_TOKEN_SIZE], actor[SESSION_ACTOR_SIZE];
    struct err why = {0};
    struct session like = session_like(c, "", "link", 1);
    bool is_ok = sessions_link_actor(c->site->sessions, str_trim(token), actor, &why);
    bool is_invitation = is_ok && strcmp(actor, "local:admin") != 0;
    struct account *account = NULL;
    if (is_invitation) {
        if (!call_view(c, e))
            return false;
        account = account_get(c->view.db, c->arena, actor_account(str_of(actor)), &why);
        is_ok = account && account_is_in_force(account, c->now_ms);
        if (!is_ok && !why.code)
            err_set(&why, ERR_DENIED, "this account is disabled, or over");
    }
    if (!is_ok || !sessions_redeem(c->site->sessions, str_trim(token), &like, record_sign_in, c, session_token, &why)) {
        if (why.code != ERR_DENIED && why.code != ERR_LIMIT && why.code != ERR_UNAVAILABLE && why.code != ERR_NOT_FOUND) {
            *e = why;
            return false;
        }
        return show_form(c, err_http_status(why.code), why.code == ERR_DENIED ? STR("") : token, STR(""),
                         arena_str(c->arena, str_of(why.text)), e);
    }
    forget_old_session(c);
    c->response->set_cookie[0] = session_cookie(c, session_token);
    return call_redirect(c, is_invitation ? STR("/settings/sign-in?why=welcome") : arena_str(c->arena, call_own_path(back)));
}

/* One answer for everything that is wrong, and the same work: nobody learns who has an account. */
static bool by_password(struct call *c, struct str login, struct str password, struct str back, struct err *e)
{
    struct err why = {0};
    bool is_right = false;
    if (!call_view(c, e))
        return false;
    if (!guess_may(c, "login", login, &why))
        return show_form(c, 429, STR(""), login, arena_str(c->arena, str_of(why.text)), e);
    struct account *account = account_by_login(c->view.db, c->arena, login, &why);
    if (!account && why.code != ERR_NOT_FOUND)
        return (*e = why, false);
    bool is_local = account && str_is(account->kind, "local");
    is_right = password_is(c, is_local ? str_of(account->id) : STR(""), password, e);
    if (e->code)
        return false;
    if (!is_local && has_directory(c, e))
        return by_directory(c, login, password, back, e);
    is_right = is_right && account_is_in_force(account, c->now_ms);
    guess_done(c, "login", login, is_right);
    if (!is_right)
        return show_form(c, 403, STR(""), login, STR(SIGN_IN_WRONG), e);
    if (signed_in(c, account, "password", 1, back, e))
        return true;
    if (e->code != ERR_UNAVAILABLE)
        return false;
    struct str text = arena_str(c->arena, str_of(e->text));
    *e = (struct err){0};
    return show_form(c, 503, STR(""), login, text, e);
}

static bool by_passkey(struct call *c, struct str answer, struct str back, struct err *e)
{
    struct err why = {0};
    if (!call_view(c, e))
        return false;
    bool may = guess_may(c, "passkey", STR(""), &why);
    struct account *account = may ? passkey_account(c, answer, &why) : NULL;
    if (account)
        return signed_in(c, account, "passkey", 2, back, e);
    if (why.code != ERR_DENIED && why.code != ERR_LIMIT)
        return (*e = why, false);
    if (may)
        guess_done(c, "passkey", STR(""), false);
    return show_form(c, err_http_status(why.code), STR(""), STR(""), arena_str(c->arena, str_of(why.text)), e);
}

bool handle_sign_in(struct call *c, struct err *e)
{
    struct str token = form_text(c, "token"), back = form_text(c, "back"), login = form_text(c, "login");
    struct str password = form_text(c, "password");
    struct str passkey = form_text(c, "passkey");
    if (passkey.size)
        return by_passkey(c, passkey, back, e);
    if (token.size || (!login.size && !password.size))
        return by_link(c, token, back, e);
    return by_password(c, str_trim(login), password, back, e);
}

bool handle_sign_out(struct call *c, struct err *e)
{
    (void)e;
    struct err why = {0};
    if (!c->is_signed_in || c->is_token)
        return call_redirect(c, STR("/sign-in"));
    sessions_end(c->site->sessions, call_session_cookie(c->request));
    /* The session is over whether or not the keeper is there to record it. */
    if (!session_note(c, &c->session, "sign_out", &why))
        c->response->problem = arena_str(c->arena, str_of(why.text));
    c->response->set_cookie[0] = session_cookie(c, "");
    return call_redirect(c, STR("/sign-in"));
}

bool handle_theme(struct call *c, struct err *e)
{
    struct str theme = form_text(c, "theme"), back = form_text(c, "back");
    if (!str_is(theme, "light") && !str_is(theme, "dark") && !str_is(theme, "auto"))
        return err_set(e, ERR_INVALID, "theme is light, dark or auto");
    c->response->set_cookie[0] = cookie(c, "theme", theme, 365 * MS_DAY, false);
    if (back.size == 0) /* a script asked, and has switched by itself */
        return call_bytes(c, "text/plain; charset=utf-8", theme);
    return call_redirect(c, arena_str(c->arena, call_own_path(back)));
}
