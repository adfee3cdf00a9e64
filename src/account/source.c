/* source.c - directories and providers: what may be set, the operation, and who they let in as what. */
#include "account/source.h"
#include "account/internal.h"
#include "os/http_client.h"
#include "os/ldap_client.h"
#include <strings.h>

enum { ID_MAX = 40, SETTING_MAX = 400, LONG_MAX_BYTES = 40 << 10 };

enum { LDAP = 1, OIDC = 2, SITE = 4 };

/* kinds: which have it. `usual`: what it is where nothing was set. */
static const struct {
    const char *key;
    int kinds;
    const char *usual;
    bool is_long;
} known[] = {
    {"kind", LDAP | OIDC | SITE, "", false},
    {"label", LDAP | OIDC, "", false},
    {"ca", LDAP | OIDC, "", true},
    {"roles", LDAP | OIDC, "", true},
    {"default_roles", LDAP | OIDC, "", false},
    {"second", LDAP | OIDC, "", false},
    {"url", LDAP, "", false},
    {"tls", LDAP, "", false},
    {"bind_dn", LDAP, "", false},
    {"base", LDAP | SITE, "", false},
    {"filter", LDAP, "(uid={login})", false},
    {"group_base", LDAP, "", false},
    {"group_filter", LDAP, "", false},
    {"attr_login", LDAP, "uid", false},
    {"attr_name", LDAP, "cn", false},
    {"attr_mail", LDAP, "mail", false},
    {"attr_groups", LDAP, "memberOf", false},
    {"roster", LDAP, "", false},
    {"issuer", OIDC, "", false},
    {"client_id", OIDC, "", false},
    {"scope", OIDC, "openid profile email", false},
    {"claim_login", OIDC, "preferred_username", false},
    {"claim_name", OIDC, "name", false},
    {"claim_mail", OIDC, "email", false},
    {"claim_groups", OIDC, "groups", false},
};
enum { KNOWN_COUNT = sizeof(known) / sizeof(known[0]) };

static int known_find(struct str key)
{
    for (int i = 0; i < KNOWN_COUNT; i++)
        if (str_is(key, known[i].key))
            return i;
    return -1;
}

struct str identity_setting(const struct json *settings, const char *key)
{
    struct str text = json_text(settings, key);
    int i = known_find(str_of(key));
    return text.size || i < 0 ? text : str_of(known[i].usual);
}

/* ---- what may be set ---- */

static bool id_check(struct str id, struct err *e)
{
    bool ok = id.size > 0 && id.size <= ID_MAX;
    for (size_t i = 0; ok && i < id.size; i++)
        ok = (id.data[i] >= 'a' && id.data[i] <= 'z') || (id.data[i] >= '0' && id.data[i] <= '9') || id.data[i] == '-';
    return ok || err_set(e, ERR_INVALID, "id: a-z, 0-9 and '-', at most %d", ID_MAX);
}

static int kind_of(struct str kind)
{
    return str_is(kind, "ldap") ? LDAP : str_is(kind, "oidc") ? OIDC : str_is(kind, "site") ? SITE : 0;
}

static bool setting_check(const struct json *setting, int kind, struct err *e)
{
    int i = known_find(setting->key);
    if (i < 0 || setting->type != JSON_STRING || !(known[i].kinds & kind))
        return err_set(e, ERR_INVALID, "%.*s: there is no such setting", STR_ARGS(str_slice(setting->key, 0, 40)));
    if (setting->text.size > (known[i].is_long ? (size_t)LONG_MAX_BYTES : (size_t)SETTING_MAX) || !str_is_utf8(setting->text))
        return err_set(e, ERR_INVALID, "%s: UTF-8 of at most %d bytes", known[i].key, known[i].is_long ? LONG_MAX_BYTES : SETTING_MAX);
    for (size_t n = 0; !known[i].is_long && n < setting->text.size; n++)
        if ((unsigned char)setting->text.data[n] < ' ')
            return err_set(e, ERR_INVALID, "%s: one line, without control characters", known[i].key);
    return true;
}

static bool web_address_check(struct str url, const char *what, struct err *e)
{
    bool is_safe = str_starts(url, "https://") || str_starts(url, "http://127.0.0.1") || str_starts(url, "http://localhost") || str_starts(url, "http://[::1]");
    if (!http_client_url_check(url, e))
        return err_wrap(e, "%s", what);
    if (!is_safe || str_ends(url, "/") || str_contains(url, "?") || str_contains(url, "#"))
        return err_set(e, ERR_INVALID, "%s: https://…, without a slash at its end, ? and # (http:// only on this machine)", what);
    return true;
}

static bool ldap_check(const struct json *s, struct err *e)
{
    struct buf BUF_AUTO b;
    struct str groups = json_text(s, "group_filter"), tls = json_text(s, "tls");
    buf_init(&b, LDAP_FILTER_MAX);
    if (tls.size && !str_is(tls, "none"))
        return err_set(e, ERR_INVALID, "tls: nothing (TLS always), or none");
    if (!ldap_url_check(json_text(s, "url"), tls.size > 0, e))
        return false;
    struct str roster = json_text(s, "roster");
    if (roster.size && !str_is(roster, "nightly") && !str_is(roster, "nightly_full"))
        return err_set(e, ERR_INVALID, "roster: nothing, nightly, or nightly_full (it has everybody; name who is missing)");
    if (json_text(s, "base").size == 0)
        return err_set(e, ERR_INVALID, "base: where people are, for example ou=people,dc=example,dc=org");
    if (!ldap_filter_write(&b, identity_setting(s, "filter"), STR("x"), STR("x"), e))
        return false;
    if (!str_contains(identity_setting(s, "filter"), "{login}"))
        return err_set(e, ERR_INVALID, "filter: has no {login}, so it finds the same entry for everybody");
    return !groups.size || ldap_filter_write(&b, groups, STR("x"), STR("x"), e);
}

static bool oidc_check(const struct json *s, struct err *e)
{
    struct str issuer = json_text(s, "issuer");
    /* Some issuers end with a slash, and are only themselves with it. */
    if (str_ends(issuer, "/"))
        issuer = str_slice(issuer, 0, issuer.size - 1);
    if (!web_address_check(issuer, "issuer", e))
        return false;
    if (json_text(s, "client_id").size == 0)
        return err_set(e, ERR_INVALID, "client_id: the name under which the provider knows this program");
    struct str scope = identity_setting(s, "scope"), word;
    bool has_openid = false;
    while (str_next_word(&scope, &word))
        has_openid |= str_is(word, "openid");
    return has_openid || err_set(e, ERR_INVALID, "scope: openid must be in it");
}

bool identity_source_check(struct str id, const struct json *settings, struct err *e)
{
    int kind = kind_of(json_text(settings, "kind"));
    struct str second = json_text(settings, "second");
    if (!id_check(id, e))
        return false;
    if (!kind || (kind == SITE) != str_is(id, SOURCE_SITE))
        return err_set(e, ERR_INVALID, "kind: ldap or oidc (site for the id site)");
    JSON_EACH (setting, settings)
        if (!setting_check(setting, kind, e))
            return false;
    if (kind == SITE)
        return web_address_check(json_text(settings, "base"), "base", e);
    if (second.size && !str_is(second, "trusted"))
        return err_set(e, ERR_INVALID, "second: nothing, or trusted");
    struct arena *a = arena_new("identity", 4 << 20);
    struct strings roles;
    bool is_ruled, ok = (kind == LDAP ? ldap_check(settings, e) : oidc_check(settings, e)) && identity_roles(a, settings, NULL, &roles, &is_ruled, e);
    arena_free(a);
    return ok;
}

/* ---- roles ---- */

/* Names in a directory have no case; those of a provider do. */
static bool group_is(struct str a, struct str b, bool has_case)
{
    return a.size == b.size && (has_case ? memcmp(a.data, b.data, a.size) : strncasecmp(a.data, b.data, a.size)) == 0;
}

static void role_add(struct arena *a, const char **items, size_t *count, struct str role)
{
    for (size_t i = 0; i < *count; i++)
        if (str_is(role, items[i]))
            return;
    if (*count < ACCOUNT_ROLES_MAX)
        items[(*count)++] = arena_str(a, role).data;
}

bool identity_roles(struct arena *a, const struct json *settings, const struct json *groups, struct strings *ret, bool *ret_is_ruled,
                    struct err *e)
{
    bool has_case = str_is(json_text(settings, "kind"), "oidc");
    const char **items = arena_array(a, ACCOUNT_ROLES_MAX, sizeof(*items));
    size_t count = 0;
    struct str text = json_text(settings, "roles"), line, usual = json_text(settings, "default_roles"), role;
    *ret_is_ruled = false;
    while (str_next_line(&text, &line)) {
        line = str_trim(line);
        if (line.size == 0)
            continue;
        bool is_pair = str_cut(&line, ':', &role);
        struct str group = str_trim(line);
        role = str_trim(role);
        if (!is_pair || role.size == 0 || group.size == 0)
            return err_set(e, ERR_INVALID, "roles: lines of the form \"role: group\", one each");
        *ret_is_ruled = true;
        JSON_EACH (have, groups)
            if (have->type == JSON_STRING && group_is(have->text, group, has_case))
                role_add(a, items, &count, role);
    }
    for (bool is_more = usual.size > 0; is_more;) {
        is_more = str_cut(&usual, ',', &role);
        if (str_trim(role).size)
            role_add(a, items, &count, str_trim(role));
    }
    *ret = (struct strings){items, count};
    return true;
}

struct json *identity_roles_named(struct arena *a, const struct json *settings)
{
    struct json *list = json_array(a);
    struct str text = json_text(settings, "roles"), line, usual = json_text(settings, "default_roles"), role;
    while (str_next_line(&text, &line))
        if (str_trim(line).size && str_cut(&line, ':', &role))
            json_push_str(list, str_trim(role));
    for (bool is_more = usual.size > 0; is_more;) {
        is_more = str_cut(&usual, ',', &role);
        if (str_trim(role).size)
            json_push_str(list, str_trim(role));
    }
    return list;
}

void identity_link(const struct identity_source *source, struct str subject, char ret[SOURCE_LINK_SIZE])
{
    bool is_oidc = str_is(source->kind, "oidc");
    struct buf BUF_AUTO b;
    buf_init(&b, 64 << 10);
    buf_printf(&b, "%.*s\n%.*s\n", STR_ARGS(source->kind), STR_ARGS(is_oidc ? json_text(source->settings, "issuer") : source->id));
    buf_str(&b, subject);
    struct sha256 digest = sha256_of(buf_view(&b));
    hex_encode(digest.bytes, sizeof(digest.bytes), ret);
}
