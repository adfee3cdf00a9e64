/*
 * oidc.c - who somebody is, as an OpenID Connect provider says (Core 1.0): discovery, the authorization code flow with PKCE (RFC 7636,
 * S256), the provider's keys, the ID token, and userinfo where the token does not say everything.
 */
#include "account/connect.h"
#include "account/source.h"
#include "crypto/jwt.h"
#include "os/http_client.h"

enum { ANSWER_BYTES_MAX = 256 << 10, CONNECT_MS = 2500, TOTAL_MS = 3500, URL_BYTES_MAX = 4000 };

struct provider {
    struct arena *arena;
    const struct json *settings;
    struct str issuer;
    struct http_client *client;
    const struct json *document; /* of discovery */
};

/* ---- asking ---- */

static const struct json *answer_json(struct provider *p, const struct http_call *call, int *ret_status, struct err *e)
{
    struct http_answer answer = {0};
    struct err broken = {0};
    const struct json *v = NULL;
    if (http_client_send(p->client, call, &answer, e)) {
        *ret_status = answer.status;
        v = json_parse(p->arena, arena_str(p->arena, buf_view(&answer.body)), (struct json_limits){.depth_max = 12, .nodes_max = 10000}, &broken);
        if (!v || v->type != JSON_OBJECT) {
            v = NULL;
            err_set(e, ERR_UNAVAILABLE, "%.300s: answers %d without JSON", call->url, answer.status);
        }
    }
    http_answer_release(&answer);
    return v;
}

static const struct json *get_json(struct provider *p, struct str url, const char *header, struct err *e)
{
    struct http_call call = {.url = arena_str(p->arena, url).data, .accept = "application/json", .ca_pem = json_text(p->settings, "ca"), .header = header,
                             .answer_bytes_max = ANSWER_BYTES_MAX, .connect_ms = CONNECT_MS, .total_ms = TOTAL_MS};
    int status = 0;
    const struct json *v = answer_json(p, &call, &status, e);
    if (v && status != 200) {
        err_set(e, ERR_UNAVAILABLE, "%.300s: answers %d", call.url, status);
        return NULL;
    }
    return v;
}

/* An address of the document; over TLS wherever the issuer itself is. */
static struct str endpoint(const struct provider *p, const char *name)
{
    struct str url = json_text(p->document, name);
    struct err wrong = {0};
    bool is_safe = str_starts(url, "https://") || (str_starts(p->issuer, "http://") && str_starts(url, "http://"));
    return is_safe && http_client_url_check(url, &wrong) ? url : STR("");
}

static bool provider_open(struct provider *p, struct arena *a, const struct json *request, struct err *e)
{
    *p = (struct provider){.arena = a, .settings = json_get(request, "c")};
    p->issuer = json_text(p->settings, "issuer");
    struct str base = str_ends(p->issuer, "/") ? str_slice(p->issuer, 0, p->issuer.size - 1) : p->issuer;
    p->client = http_client_new(e);
    p->document = p->client ? get_json(p, arena_printf(a, "%.*s/.well-known/openid-configuration", STR_ARGS(base)), NULL, e) : NULL;
    if (!p->document)
        return false;
    if (!str_equal(json_text(p->document, "issuer"), p->issuer))
        return err_set(e, ERR_DENIED, "the provider calls itself %.*s, and is set as %.*s: both must be the same, letter by letter",
                       STR_ARGS(str_slice(json_text(p->document, "issuer"), 0, 150)), STR_ARGS(str_slice(p->issuer, 0, 150)));
    if (!endpoint(p, "authorization_endpoint").size || !endpoint(p, "token_endpoint").size || !endpoint(p, "jwks_uri").size)
        return err_set(e, ERR_UNAVAILABLE, "%.*s: its document lacks an endpoint, or names one without TLS", STR_ARGS(p->issuer));
    return true;
}

/* ---- forms ---- */

static void percent_write(struct buf *b, struct str text)
{
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-._~", c));
        if (is_plain)
            buf_char(b, (char)c);
        else
            buf_printf(b, "%%%02X", c);
    }
}

static void field_add(struct buf *b, const char *name, struct str value)
{
    buf_printf(b, "&%s=", name);
    percent_write(b, value);
}

/* ---- to the provider ---- */

bool connect_oidc_begin(struct arena *a, const struct json *request, struct json *answer, struct err *e)
{
    struct provider p;
    struct buf BUF_AUTO b;
    buf_init(&b, URL_BYTES_MAX);
    bool ok = provider_open(&p, a, request, e);
    if (ok) {
        struct str to = endpoint(&p, "authorization_endpoint");
        buf_str(&b, to);
        buf_cstr(&b, str_find_char(to, '?') < 0 ? "?response_type=code" : "&response_type=code");
        field_add(&b, "client_id", json_text(p.settings, "client_id"));
        field_add(&b, "redirect_uri", json_text(request, "redirect"));
        field_add(&b, "scope", identity_setting(p.settings, "scope"));
        field_add(&b, "state", json_text(request, "state"));
        field_add(&b, "nonce", json_text(request, "nonce"));
        field_add(&b, "code_challenge", json_text(request, "challenge"));
        buf_cstr(&b, "&code_challenge_method=S256");
        if (json_bool(request, "again"))
            buf_cstr(&b, "&prompt=login&max_age=0");
        ok = !b.full || err_set(e, ERR_TOO_LARGE, "the provider's address is too long");
    }
    if (ok)
        json_put_str(answer, "url", arena_str(a, buf_view(&b)));
    http_client_free(p.client);
    return ok;
}

/* ---- and back ---- */

/* RFC 6749 2.3.1: both are form-encoded before they go into the header. */
static const char *basic_header(struct provider *p, struct str secret)
{
    struct buf BUF_AUTO pair, BUF_AUTO text;
    buf_init(&pair, URL_BYTES_MAX);
    buf_init(&text, 2 * URL_BYTES_MAX);
    percent_write(&pair, json_text(p->settings, "client_id"));
    buf_char(&pair, ':');
    percent_write(&pair, secret);
    base64_encode(buf_view(&pair), &text);
    return arena_printf(p->arena, "Authorization: Basic %.*s", STR_ARGS(buf_view(&text))).data;
}

/* The provider takes the secret in the form only. */
static bool takes_post_only(const struct provider *p)
{
    bool has_basic = false, has_post = false;
    JSON_EACH (method, json_get(p->document, "token_endpoint_auth_methods_supported")) {
        has_basic |= str_is(method->text, "client_secret_basic");
        has_post |= str_is(method->text, "client_secret_post");
    }
    return has_post && !has_basic;
}

static const struct json *tokens_get(struct provider *p, const struct json *request, struct err *e)
{
    struct buf BUF_AUTO b;
    struct str secret = json_text(request, "secret");
    bool is_post = takes_post_only(p);
    int status = 0;
    buf_init(&b, 64 << 10);
    buf_cstr(&b, "grant_type=authorization_code");
    field_add(&b, "code", json_text(request, "code"));
    field_add(&b, "redirect_uri", json_text(request, "redirect"));
    field_add(&b, "code_verifier", json_text(request, "verifier"));
    if (!secret.size || is_post)
        field_add(&b, "client_id", json_text(p->settings, "client_id"));
    if (secret.size && is_post)
        field_add(&b, "client_secret", secret);
    struct http_call call = {.url = arena_str(p->arena, endpoint(p, "token_endpoint")).data, .accept = "application/json",
                             .content_type = "application/x-www-form-urlencoded", .body = buf_view(&b), .ca_pem = json_text(p->settings, "ca"),
                             .header = secret.size && !is_post ? basic_header(p, secret) : NULL, .answer_bytes_max = ANSWER_BYTES_MAX,
                             .connect_ms = CONNECT_MS, .total_ms = TOTAL_MS};
    const struct json *v = answer_json(p, &call, &status, e);
    if (v && status != 200) {
        struct str why = str_slice(json_text(v, "error"), 0, 60);
        err_set(e, str_is(why, "invalid_grant") ? ERR_DENIED : ERR_UNAVAILABLE, "the provider refuses the code: %.*s", STR_ARGS(why));
        return NULL;
    }
    return v;
}

/* A member of this very name, or a path: "realm_access.roles". */
static const struct json *claim(const struct provider *p, const struct json *claims, const struct json *more, const char *setting)
{
    const char *name = arena_str(p->arena, identity_setting(p->settings, setting)).data;
    const struct json *v = json_get(claims, name);
    v = v ? v : json_path(claims, name);
    v = v || !more ? v : json_get(more, name);
    return v || !more ? v : json_path(more, name);
}

static struct str claim_text(const struct provider *p, const struct json *claims, const struct json *more, const char *setting)
{
    const struct json *v = claim(p, claims, more, setting);
    return v && v->type == JSON_STRING ? v->text : STR("");
}

/* Where the ID token does not say who it is or in what groups, userinfo may; of the same subject only (Core 5.3.4). */
static const struct json *userinfo_get(struct provider *p, const struct json *claims, const struct json *tokens, struct err *e)
{
    struct str access = json_text(tokens, "access_token"), url = endpoint(p, "userinfo_endpoint");
    bool is_needed = !claim(p, claims, NULL, "claim_login") || !claim(p, claims, NULL, "claim_groups") || !claim(p, claims, NULL, "claim_mail");
    for (size_t i = 0; i < access.size; i++)
        if (access.data[i] <= ' ' || access.data[i] >= 0x7f)
            return NULL;
    if (!is_needed || !access.size || access.size > JWT_BYTES_MAX || !url.size)
        return NULL;
    const struct json *more = get_json(p, url, arena_printf(p->arena, "Authorization: Bearer %.*s", STR_ARGS(access)).data, e);
    if (more && !str_equal(json_text(more, "sub"), json_text(claims, "sub"))) {
        err_set(e, ERR_DENIED, "userinfo: is about somebody else");
        return NULL;
    }
    return more;
}

static bool is_verified_mail(const struct json *claims, const struct json *more)
{
    const struct json *v = json_get(claims, "email_verified");
    v = v || !more ? v : json_get(more, "email_verified");
    return v && v->type == JSON_BOOL && v->boolean;
}

static int factors_of(const struct provider *p, const struct json *claims)
{
    bool has_said_so = false;
    JSON_EACH (method, json_get(claims, "amr"))
        has_said_so |= str_is(method->text, "mfa"); /* RFC 8176 */
    return has_said_so || str_is(json_text(p->settings, "second"), "trusted") ? 2 : 1;
}

static bool who_put(struct provider *p, const struct json *claims, const struct json *more, struct json *answer, struct err *e)
{
    struct str login = claim_text(p, claims, more, "claim_login");
    const struct json *groups = claim(p, claims, more, "claim_groups");
    if (!login.size)
        return err_set(e, ERR_DENIED, "the provider does not say a name to sign in with (claim %.*s)", STR_ARGS(identity_setting(p->settings, "claim_login")));
    /* Whoever may type any address at the provider must not become its owner here. */
    if (str_is(identity_setting(p->settings, "claim_login"), "email") && !is_verified_mail(claims, more))
        return err_set(e, ERR_DENIED, "the provider has not verified the mail address that is the name here");
    struct json *who = json_put_object(answer, "who");
    json_put_str(who, "subject", json_text(claims, "sub"));
    json_put_str(who, "login", login);
    json_put_str(who, "name", claim_text(p, claims, more, "claim_name"));
    json_put_str(who, "email", is_verified_mail(claims, more) ? claim_text(p, claims, more, "claim_mail") : STR(""));
    json_put_bool(who, "is_off", false);
    json_put_int(who, "factors", factors_of(p, claims));
    json_put_int(who, "auth_ms", json_int(claims, "auth_time", 0) * 1000);
    struct json *list = json_put_array(who, "groups");
    size_t n = 0;
    if (groups && groups->type == JSON_STRING)
        json_push_str(list, groups->text);
    JSON_EACH (one, groups && groups->type == JSON_ARRAY ? groups : NULL)
        if (one->type == JSON_STRING && n++ < SOURCE_GROUPS_MAX)
            json_push_str(list, one->text);
    return true;
}

bool connect_oidc_end(struct arena *a, const struct json *request, struct json *answer, struct err *e)
{
    struct provider p;
    const struct json *tokens = provider_open(&p, a, request, e) ? tokens_get(&p, request, e) : NULL;
    const struct json *keys = tokens ? get_json(&p, endpoint(&p, "jwks_uri"), NULL, e) : NULL;
    struct jwt_expect expect = {.issuer = p.issuer, .audience = json_text(p.settings, "client_id"), .nonce = json_text(request, "nonce"),
                                .now_ms = env_now_ms(&env_system)};
    const struct json *claims = keys ? jwt_verify(a, json_text(tokens, "id_token"), keys, &expect, e) : NULL;
    const struct json *more = claims ? userinfo_get(&p, claims, tokens, e) : NULL;
    bool ok = claims && !e->code && who_put(&p, claims, more, answer, e);
    http_client_free(p.client);
    return ok;
}
