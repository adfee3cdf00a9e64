/*
 * provider.c - OpenID Connect as the browser sees it: away to the provider, and back with a code.
 *
 * A sign-in is bound to its browser by a random text in a cookie of ten minutes. State is a challenge about that text (given by us, once, five
 * minutes); nonce and PKCE verifier are digests of it, so that nothing has to be kept here.
 */
#include "base/times.h"
#include "crypto/webauthn.h"
#include "web/accounts/challenge.h"
#include "web/accounts/elsewhere.h"

enum { BINDING_SIZE = 64, FRESH_MS = 5 * 60 * 1000, COOKIE_LIFE_MS = 10 * 60 * 1000, CODE_BYTES_MAX = 4000 };

static const char COOKIE[] = "assay-with";

/* base64url of SHA-256("what:binding"): 43 characters. */
static struct str derived(struct call *c, const char *what, struct str binding)
{
    struct sha256 digest = sha256_of(arena_printf(c->arena, "%s:%.*s", what, STR_ARGS(binding)));
    return base64url_encode(c->arena, str_make(digest.bytes, sizeof(digest.bytes)));
}

static struct str about(struct call *c, const struct identity_source *source, struct str binding)
{
    return arena_printf(c->arena, "with %.*s %.*s", STR_ARGS(source->id), STR_ARGS(derived(c, "state", binding)));
}

/* Where the provider sends people back to: what was set, never what a request says of itself. */
static bool redirect_address(struct call *c, const struct identity_source *source, struct str *ret, struct err *e)
{
    struct str base = site_base(c->view.db, c->arena, e);
    if (!base.size)
        return e->code ? false : err_set(e, ERR_UNAVAILABLE, "the address of this program is not set; an administrator sets it: assay sign-in site https://…");
    *ret = arena_printf(c->arena, "%.*s/sign-in/with/%.*s/back", STR_ARGS(base), STR_ARGS(source->id));
    return true;
}

static bool source_open(struct call *c, struct identity_source *ret, struct err *e)
{
    if (!call_view(c, e) || !identity_source_get(c->view.db, c->arena, c->parameters[0], ret, e))
        return false;
    return str_is(ret->kind, "oidc") || err_set(e, ERR_NOT_FOUND, "%.*s is no provider", STR_ARGS(ret->label));
}

/* What the page says for a failure; false: not one for the sign-in page. */
static bool refused(struct call *c, const struct identity_source *source, const struct err *why, struct err *e)
{
    if (why->code == ERR_INTERNAL || why->code == ERR_CORRUPT)
        return (*e = *why, false);
    bool is_ours = why->code == ERR_LIMIT || why->code == ERR_DENIED || why->code == ERR_EXISTS || why->code == ERR_INVALID;
    struct str text = arena_str(c->arena, str_of(why->text));
    if (!is_ours)
        text = arena_printf(c->arena, "%.*s does not answer as it should, so nobody can sign in through it; accounts with a password here, passkeys and "
                                      "one-time links work as ever", STR_ARGS(source->label));
    bool ok = sign_in_refused(c, is_ours ? err_http_status(why->code) : 503, STR(""), text, e);
    c->response->problem = arena_str(c->arena, str_of(why->text));
    return ok;
}

/* ---- away ---- */

static bool ask_begin(struct call *c, const struct identity_source *source, struct str binding, struct str redirect, struct json **ret, struct err *e)
{
    struct json *request = json_object(c->arena);
    struct str again;
    uint8_t state[CHALLENGE_SIZE];
    if (!call_query(c, "again", &again, e))
        return false;
    challenge_make(c->site->challenges, c->site->env, about(c, source, binding), state);
    struct sha256 challenge = sha256_of(derived(c, "verifier", binding));
    json_put_cstr(request, "what", "begin");
    json_put_str(request, "redirect", redirect);
    json_put_str(request, "state", base64url_encode(c->arena, str_make(state, sizeof(state))));
    json_put_str(request, "nonce", derived(c, "nonce", binding));
    json_put_str(request, "challenge", base64url_encode(c->arena, str_make(challenge.bytes, sizeof(challenge.bytes))));
    json_put_bool(request, "again", again.size > 0);
    return elsewhere_ask(c, source, request, ret, e);
}

/* Cookies belong to a name: whoever came by another one of this machine goes on under the one that was set. */
static bool is_at_other_name(struct call *c, struct str base, struct err *e)
{
    struct str host = base, been;
    str_cut(&host, '/', &been);
    str_cut(&host, '/', &been);
    return call_query(c, "here", &been, e) && been.size == 0 && !str_equal(host, c->request->host);
}

bool handle_with(struct call *c, struct err *e)
{
    struct identity_source source;
    struct str redirect, back;
    struct err why = {0};
    struct json *answer;
    char binding[BINDING_SIZE + 1];
    uint8_t chance[BINDING_SIZE / 2];
    if (!source_open(c, &source, e) || !call_query(c, "back", &back, e))
        return false;
    struct str own = arena_str(c->arena, call_own_path(back)), base = site_base(c->view.db, c->arena, e);
    if (base.size && is_at_other_name(c, base, e)) {
        struct buf BUF_AUTO b;
        buf_init(&b, HTTP_TARGET_BYTES_MAX * 4);
        buf_printf(&b, "%.*s/sign-in/with/%.*s?here=1", STR_ARGS(base), STR_ARGS(source.id));
        http_query_add(&b, "back", own);
        return call_redirect(c, arena_str(c->arena, buf_view(&b)));
    }
    env_random(c->site->env, chance, sizeof(chance));
    hex_encode(chance, sizeof(chance), binding);
    if (e->code)
        return false;
    if (!redirect_address(c, &source, &redirect, &why) || !ask_begin(c, &source, str_of(binding), redirect, &answer, &why))
        return refused(c, &source, &why, e);
    c->response->set_cookie[0] = with_cookie(c, COOKIE, arena_printf(c->arena, "%s.%.*s", binding, STR_ARGS(base64url_encode(c->arena, own))), COOKIE_LIFE_MS);
    return call_redirect(c, json_text(answer, "url"));
}

/* ---- and back ---- */

static bool ask_end(struct call *c, const struct identity_source *source, struct str binding, struct json **ret, struct err *e)
{
    struct str state, code, error, issuer, bytes, redirect;
    if (!call_query(c, "state", &state, e) || !call_query(c, "code", &code, e) || !call_query(c, "error", &error, e) || !call_query(c, "iss", &issuer, e) ||
        !redirect_address(c, source, &redirect, e))
        return false;
    if (!base64url_decode(c->arena, state, &bytes) || binding.size != BINDING_SIZE ||
        !challenge_use(c->site->challenges, c->site->env, about(c, source, binding), bytes))
        return err_set(e, ERR_DENIED, "this sign-in took too long, or began in another browser; begin anew");
    if (issuer.size && !str_equal(issuer, json_text(source->settings, "issuer"))) /* RFC 9207: an answer of another provider */
        return err_set(e, ERR_DENIED, "this answer comes from another provider; begin anew");
    if (error.size || !code.size || code.size > CODE_BYTES_MAX)
        return err_set(e, ERR_DENIED, "%.*s has not let you in (%.*s)", STR_ARGS(source->label), STR_ARGS(error.size ? str_slice(error, 0, 60) : STR("no code")));
    struct json *request = json_object(c->arena);
    json_put_cstr(request, "what", "end");
    json_put_str(request, "redirect", redirect);
    json_put_str(request, "code", code);
    json_put_str(request, "nonce", derived(c, "nonce", binding));
    json_put_str(request, "verifier", derived(c, "verifier", binding));
    return elsewhere_ask(c, source, request, ret, e);
}

/* A provider may remember somebody for weeks: that is no answer to "is it still you?" unless it says when it asked. */
static bool was_asked_now(struct call *c, const struct json *who)
{
    int64_t asked_ms = json_int(who, "auth_ms", 0);
    return asked_ms > 0 && asked_ms <= c->now_ms + FRESH_MS && c->now_ms - asked_ms < FRESH_MS;
}

bool handle_with_back(struct call *c, struct err *e)
{
    struct identity_source source;
    struct str rest = arena_str(c->arena, http_cookie(c->request, c->request->is_tls ? "__Host-assay-with" : COOKIE)), binding, back = STR("/");
    struct err why = {0};
    struct json *answer;
    struct account *account;
    if (!source_open(c, &source, e))
        return false;
    if (str_cut(&rest, '.', &binding) && !base64url_decode(c->arena, rest, &back))
        back = STR("/");
    c->response->set_cookie[1] = with_cookie(c, COOKIE, STR(""), 0);
    /* No limit on guessing: state and code are random texts that nobody guesses. */
    if (!ask_end(c, &source, binding, &answer, &why))
        return refused(c, &source, &why, e);
    const struct json *who = json_get(answer, "who");
    if (!elsewhere_account(c, &source, who, &account, &why))
        return refused(c, &source, &why, e);
    return signed_in_when(c, account, "oidc", (int)json_int(who, "factors", 1), was_asked_now(c, who), back, e);
}
