/* second.c - what an account's credentials say: passwords, one-time passwords, recovery codes; and the page that asks for the second
 * factor. */
#include "crypto/otp.h"
#include "crypto/password.h"
#include "web/accounts/accounts.h"

struct str call_actor(struct call *c)
{
    return str_of(c->session.actor);
}

bool submit(struct call *c, const struct op *op, struct err *e)
{
    struct json *answer;
    return keeper_link_submit(c->site->keeper, c->arena, op, &answer, e);
}

struct account *own_account(struct call *c, struct err *e)
{
    struct str id = actor_account(call_actor(c));
    if (id.size == 0) {
        err_set(e, ERR_DENIED, "the local administrator has no account; make one and sign in with it");
        return NULL;
    }
    return account_get(c->view.db, c->arena, id, e);
}

const struct json *credential_secret(struct call *c, const struct credential *credential, struct err *e)
{
    struct str plain;
    if (!c->view.blobs.read(c->view.blobs.context, c->arena, (uint64_t)credential->leaf, credential->c.data, credential->x.data, &plain, e))
        return NULL;
    return json_parse(c->arena, plain, JSON_LIMITS_DEFAULT, e);
}

/* ---- passwords ---- */

struct password_look {
    struct call *c;
    struct str hash;
};

static bool password_look(void *context, const struct credential *credential, struct err *e)
{
    struct password_look *look = context;
    const struct json *secret = credential_secret(look->c, credential, e);
    if (secret)
        look->hash = json_text(secret, "hash");
    return secret != NULL;
}

bool password_is(struct call *c, struct str account, struct str password, struct err *e)
{
    struct password_look look = {c, STR("")};
    if (account.size && !credential_each(c->view.db, c->arena, account, "password", password_look, &look, e))
        return false;
    return password_matches(look.hash, password);
}

/* ---- one-time passwords and recovery codes ---- */

struct code_look {
    struct call *c;
    struct str typed;
    bool is_right;
    char credential[ACCOUNT_ID_SIZE];
};

static bool totp_look(void *context, const struct credential *credential, struct err *e)
{
    struct code_look *look = context;
    struct buf BUF_AUTO seed;
    uint64_t counter;
    buf_init(&seed, 256);
    const struct json *secret = look->is_right ? NULL : credential_secret(look->c, credential, e);
    if (!secret)
        return look->is_right;
    uint64_t last = sessions_otp_counter(look->c->site->sessions, credential->id);
    if (base32_decode(json_text(secret, "seed"), &seed) && totp_matches(buf_view(&seed), look->typed, look->c->now_ms, last, &counter))
        look->is_right = sessions_otp_use(look->c->site->sessions, credential->id, counter);
    return true;
}

static bool recovery_look(void *context, const struct credential *credential, struct err *e)
{
    struct code_look *look = context;
    const struct json *secret = look->is_right ? NULL : credential_secret(look->c, credential, e);
    if (!secret)
        return look->is_right;
    look->is_right = recovery_code_matches(secret, look->typed);
    memcpy(look->credential, credential->id, sizeof(look->credential));
    return true;
}

enum code_kind code_is(struct call *c, struct str account, struct str code, struct err *e)
{
    struct code_look look = {.c = c, .typed = code};
    if (!credential_each(c->view.db, c->arena, account, "totp", totp_look, &look, e))
        return CODE_WRONG;
    if (look.is_right)
        return CODE_TOTP;
    if (code.size < 12 || !credential_each(c->view.db, c->arena, account, "recovery", recovery_look, &look, e) || !look.is_right)
        return CODE_WRONG;
    /* Used up before it counts: when two come at once, the keeper refuses the second. */
    struct op op;
    struct str id = str_of(look.credential);
    credential_remove_op(c->site->env, c->arena, account, &id, 1, "used", account_actor(c->arena, account), "", &op);
    return submit(c, &op, e) ? CODE_RECOVERY : CODE_WRONG;
}

/* ---- the page ---- */

static bool show_code_form(struct call *c, int status, struct str back, struct str why, struct err *e)
{
    struct json *v = json_object(c->arena);
    struct str account = actor_account(call_actor(c));
    json_put_cstr(v, "title", "Second factor");
    json_put_str(v, "why", why);
    json_put_str(v, "back", call_own_path(back));
    json_put_bool(v, "has_totp", credential_count(c->view.db, account, "totp", e) > 0);
    json_put_bool(v, "has_recovery", credential_count(c->view.db, account, "recovery", e) > 0);
    if (e->code || !passkey_ask(c, v, account, e))
        return false;
    c->response->problem = why;
    return show_page(c, &page_kind_second, v, status, e);
}

bool handle_code_form(struct call *c, struct err *e)
{
    struct str back;
    if (!call_query(c, "back", &back, e))
        return false;
    if (!c->is_signed_in)
        return call_redirect(c, STR("/sign-in"));
    if (!c->needs_code)
        return call_redirect(c, arena_str(c->arena, call_own_path(back)));
    return call_view(c, e) && show_code_form(c, 200, back, STR(""), e);
}

bool handle_code(struct call *c, struct err *e)
{
    struct str code = form_text(c, "code"), back = form_text(c, "back"), passkey = form_text(c, "passkey");
    struct str account = actor_account(call_actor(c));
    struct err why = {0};
    char token[SESSION_TOKEN_SIZE], how[24];
    if (e->code || !call_view(c, e))
        return false;
    if (!c->is_signed_in || !c->needs_code)
        return call_redirect(c, STR("/sign-in"));
    if (!guess_may(c, "code", account, &why))
        return show_code_form(c, 429, back, arena_str(c->arena, str_of(why.text)), e);
    const char *kind = NULL;
    if (passkey.size)
        kind = passkey_is(c, account, passkey, e) ? "passkey" : NULL;
    else
        switch (code_is(c, account, code, e)) {
        case CODE_TOTP: kind = "totp"; break;
        case CODE_RECOVERY: kind = "recovery"; break;
        case CODE_WRONG: break;
        }
    if (e->code && e->code != ERR_DENIED)
        return false;
    *e = (struct err){0};
    guess_done(c, "code", account, kind != NULL);
    if (!kind)
        return show_code_form(c, 403, back, STR("this is not it; a code counts for half a minute, and once"), e);
    snprintf(how, sizeof(how), "%.*s+%s", (int)strcspn(c->session.how, "+"), c->session.how, kind);
    snprintf(c->session.how, sizeof(c->session.how), "%s", how);
    if (!session_note(c, &c->session, "second_factor", e) ||
        !sessions_renew(c->site->sessions, call_session_cookie(c->request), how, 2, token, e))
        return false;
    c->response->set_cookie[0] = session_cookie(c, token);
    memory_wipe(token, sizeof(token));
    return call_redirect(c, arena_str(c->arena, call_own_path(back)));
}
