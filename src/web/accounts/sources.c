/* sources.c - Settings → Sign-in elsewhere: directories, providers, and this program's own address. */
#include "web/accounts/elsewhere.h"

static const char HOME[] = "/settings/sources";

/* ---- views ---- */

static const struct source_field {
    const char *kinds, *key, *label, *hint, *shape; /* shape: "text", "area", "secret", "check" (its value: trusted) */
    bool is_more; /* for the few whose other side is unusual */
} fields[] = {
    {"ldap oidc", "label", "Name on the sign-in page", "As people call it: Company account", "text", false},
    {"ldap", "url", "Address", "ldaps://ldap.example.org, or ldap://ldap.example.org with StartTLS", "text", false},
    {"ldap", "base", "Where people are", "ou=people,dc=example,dc=org", "text", false},
    {"ldap", "filter", "Filter that finds one person", "(uid={login}) unless given; Active Directory: (sAMAccountName={login})", "text", false},
    {"ldap", "bind_dn", "Account that searches", "cn=assay,ou=services,dc=example,dc=org; empty: anonymously", "text", false},
    {"oidc", "issuer", "Issuer", "https://id.example.org, exactly as the provider calls itself", "text", false},
    {"oidc", "client_id", "Client id", "The name under which the provider knows this program", "text", false},
    {"ldap oidc", "secret", "Its password or secret", "Kept sealed and never shown; empty leaves the one that is there", "secret", false},
    {"oidc", "scope", "Scopes", "openid profile email unless given", "text", true},
    {"ldap oidc", "roles", "Roles of groups", "One a line, role: group. Where there are any, they rule at every sign-in", "area", false},
    {"ldap oidc", "default_roles", "Roles of everybody", "employee; empty: only who is in one of the groups is let in", "text", false},
    {"ldap", "roster", "Read its people every night", "nightly; nightly_full where it has everybody, so that who is missing is named; empty: when somebody asks", "text", true},
    {"ldap", "attr_groups", "Attribute of groups", "memberOf unless given", "text", true},
    {"ldap", "group_filter", "Or a filter that finds groups", "(member={dn})", "text", true},
    {"ldap", "group_base", "Where groups are", "Below the place where people are unless given", "text", true},
    {"ldap", "attr_login", "Attribute of the name to sign in with", "uid unless given", "text", true},
    {"ldap", "attr_name", "Attribute of the full name", "cn unless given", "text", true},
    {"ldap", "attr_mail", "Attribute of the mail address", "mail unless given", "text", true},
    {"oidc", "claim_groups", "Claim of groups", "groups unless given; a path like realm_access.roles is taken", "text", true},
    {"oidc", "claim_login", "Claim of the name to sign in with", "preferred_username unless given", "text", true},
    {"oidc", "claim_name", "Claim of the full name", "name unless given", "text", true},
    {"oidc", "claim_mail", "Claim of the mail address", "email unless given", "text", true},
    {"ldap oidc", "second", "It has asked for a second factor itself", "Otherwise this program asks for one of its own", "check", true},
    {"ldap oidc", "ca", "Authorities (PEM)", "That its certificate must be under; empty: those of this machine", "area", true},
};
enum { FIELD_COUNT = sizeof(fields) / sizeof(fields[0]) };

static void put_fields(struct json *v, const char *key, const char *kind, const char *prefix, const struct json *settings)
{
    struct json *list = json_put_array(v, key);
    for (int i = 0; i < FIELD_COUNT; i++) {
        const struct source_field *f = &fields[i];
        if (!str_contains(str_of(f->kinds), kind))
            continue;
        struct json *o = json_push_object(list);
        json_put_cstr(o, "key", f->key);
        json_put_str(o, "id", arena_printf(v->arena, "%s%s", prefix, f->key));
        json_put_cstr(o, "label", f->label);
        json_put_cstr(o, "hint", f->hint);
        json_put_bool(o, "is_area", strcmp(f->shape, "area") == 0);
        json_put_bool(o, "is_secret", strcmp(f->shape, "secret") == 0);
        json_put_bool(o, "is_check", strcmp(f->shape, "check") == 0);
        json_put_bool(o, "is_more", f->is_more);
        json_put_str(o, "value", json_text(settings, f->key));
    }
}

/* What was typed, where a form was refused; but never a secret. */
static struct json *typed(struct call *c)
{
    struct json *settings = json_object(c->arena);
    for (int i = 0; i < FIELD_COUNT; i++)
        if (strcmp(fields[i].shape, "secret") != 0 && form_text(c, fields[i].key).size)
            json_put_str(settings, fields[i].key, form_text(c, fields[i].key));
    if (form_text(c, "tls").size)
        json_put_str(settings, "tls", form_text(c, "tls")); /* the page only keeps it */
    return settings;
}

static void source_put(struct call *c, struct json *o, const struct identity_source *s, struct str base)
{
    bool is_ldap = str_is(s->kind, "ldap");
    json_put_str(o, "id", s->id);
    json_put_str(o, "kind", s->kind);
    json_put_cstr(o, "kind_words", is_ldap ? "Directory (LDAP)" : "Provider (OpenID Connect)");
    json_put_str(o, "label", s->label);
    json_put_str(o, "where", json_text(s->settings, is_ldap ? "url" : "issuer"));
    json_put_bool(o, "has_secret", s->has_secret);
    json_put_str(o, "tls", json_text(s->settings, "tls"));
    json_put_str(o, "url", arena_printf(c->arena, "%s/%.*s", HOME, STR_ARGS(s->id)));
    json_put_str(o, "redirect", is_ldap ? STR("") : arena_printf(c->arena, "%.*s/sign-in/with/%.*s/back", STR_ARGS(base), STR_ARGS(s->id)));
}

static struct json *sources_view(struct call *c, struct str why, struct err *e)
{
    struct identity_source all[SOURCES_MAX];
    size_t count;
    struct json *v = room_view(c, "Sign-in elsewhere", e);
    if (!v || !identity_sources_load(c->view.db, c->arena, all, &count, e))
        return NULL;
    struct str base = site_base(c->view.db, c->arena, e), kind = form_text(c, "kind");
    struct json *rows = json_put_array(v, "rows");
    for (size_t i = 0; i < count; i++)
        if (!str_is(all[i].kind, "site"))
            source_put(c, json_push_object(rows), &all[i], base);
    json_put_str(v, "base", str_is(kind, "site") && form_text(c, "base").size ? form_text(c, "base") : base);
    json_put_bool(v, "has_base", base.size > 0);
    json_put_bool(v, "has_secret", false); /* a new one */
    json_put_str(v, "why", why);
    json_put_str(v, "typed_id", form_text(c, "id"));
    json_put_str(v, "typed_kind", kind);
    put_fields(v, "ldap_fields", "ldap", "ldap-", str_is(kind, "ldap") ? typed(c) : NULL);
    put_fields(v, "oidc_fields", "oidc", "oidc-", str_is(kind, "oidc") ? typed(c) : NULL);
    struct json *roles = roles_json(c->view.db, c->arena, e);
    if (roles)
        json_put(v, "roles", roles);
    return e->code ? NULL : v;
}

bool handle_sources(struct call *c, struct err *e)
{
    struct json *v = sources_view(c, STR(""), e);
    return v && show_view(c, &page_kind_sources, v, 200, e);
}

static struct json *source_view(struct call *c, struct str id, struct str why, struct str tried, const struct json *settings, struct err *e)
{
    struct identity_source s;
    struct json *v = room_view(c, "Sign-in elsewhere", e);
    if (!v || !identity_source_get(c->view.db, c->arena, id, &s, e))
        return NULL;
    if (str_is(s.kind, "site"))
        return err_set(e, ERR_NOT_FOUND, "site: is no directory and no provider"), NULL;
    source_put(c, v, &s, site_base(c->view.db, c->arena, e));
    put_fields(v, "fields", arena_str(c->arena, s.kind).data, "f-", settings ? settings : s.settings);
    json_put_str(v, "why", why);
    json_put_str(v, "tried", tried);
    return e->code ? NULL : v;
}

bool handle_source(struct call *c, struct err *e)
{
    struct json *v = source_view(c, c->parameters[0], STR(""), STR(""), NULL, e);
    return v && show_view(c, &page_kind_source, v, 200, e);
}

/* ---- changes ---- */

static bool sources_refused(struct call *c, struct str id, struct err *e)
{
    if (route_is_api(c->route) || (e->code != ERR_INVALID && e->code != ERR_DENIED && e->code != ERR_LIMIT && e->code != ERR_NOT_FOUND))
        return false;
    struct str why = arena_str(c->arena, str_of(e->text));
    struct identity_source s;
    struct err missing = {0};
    int status = err_http_status(e->code);
    *e = (struct err){0};
    bool is_one = !str_is(id, SOURCE_SITE) && identity_source_get(c->view.db, c->arena, id, &s, &missing);
    struct json *v = is_one ? source_view(c, id, why, STR(""), typed(c), e) : sources_view(c, why, e);
    c->response->problem = why;
    return v && show_view(c, is_one ? &page_kind_source : &page_kind_sources, v, status, e);
}

static bool source_submit(struct call *c, struct str id, struct err *e)
{
    struct str kind = form_text(c, "kind");
    struct json *settings = str_is(kind, "site") ? json_object(c->arena) : typed(c);
    struct op op;
    json_put_str(settings, "kind", kind);
    if (str_is(kind, "site"))
        json_put_str(settings, "base", str_trim(form_text(c, "base")));
    return !e->code && identity_set_op(c->site->env, c->arena, id, settings, form_text(c, "secret"), call_actor(c), c->step, &op, e) && submit(c, &op, e);
}

bool handle_source_set(struct call *c, struct err *e)
{
    struct str id = str_trim(form_text(c, "id"));
    if (!only_people(c, e))
        return false;
    if (!call_step_up(c))
        return true;
    if (!call_view(c, e))
        return false;
    if (!source_submit(c, id, e))
        return sources_refused(c, id, e);
    struct json *answer = json_object(c->arena);
    json_put_str(answer, "id", id);
    return answer_done(c, answer, str_is(id, SOURCE_SITE) ? STR(HOME) : arena_printf(c->arena, "%s/%.*s", HOME, STR_ARGS(id)), e);
}

bool handle_source_remove(struct call *c, struct err *e)
{
    struct op op;
    if (!only_people(c, e))
        return false;
    if (!call_step_up(c))
        return true;
    if (!call_view(c, e))
        return false;
    identity_remove_op(c->site->env, c->arena, c->parameters[0], call_actor(c), c->step, &op);
    if (!submit(c, &op, e))
        return sources_refused(c, c->parameters[0], e);
    return answer_done(c, json_object(c->arena), STR(HOME), e);
}

/* ---- trying ---- */

static struct str roles_words(struct call *c, const struct identity_source *s, const struct json *who, struct err *e)
{
    struct strings roles;
    bool is_ruled;
    struct buf BUF_AUTO b;
    buf_init(&b, 8192);
    if (!identity_roles(c->arena, s->settings, json_get(who, "groups"), &roles, &is_ruled, e))
        return STR("");
    for (size_t i = 0; i < roles.count; i++)
        buf_printf(&b, "%s%s", i ? ", " : "", roles.items[i]);
    return roles.count ? arena_str(c->arena, buf_view(&b)) : STR("none, so not let in");
}

/* What it says of somebody, without a password; or that a provider is there. */
static bool source_try(struct call *c, struct identity_source *ret, struct str *ret_words, struct err *e)
{
    struct json *request = json_object(c->arena), *answer;
    struct str login = str_trim(form_text(c, "login"));
    if (!identity_source_get(c->view.db, c->arena, c->parameters[0], ret, e))
        return false;
    bool is_ldap = str_is(ret->kind, "ldap");
    if (is_ldap && !login.size)
        return err_set(e, ERR_INVALID, "login: whom to look for");
    json_put_cstr(request, "what", is_ldap ? "ldap" : "begin");
    json_put_str(request, "login", login);
    if (!elsewhere_ask(c, ret, request, &answer, e))
        return false;
    const struct json *who = json_get(answer, "who");
    *ret_words = !is_ldap ? STR("The provider is there and its document is in order.")
                          : arena_printf(c->arena, "Found %.*s (%.*s), %zu groups, roles: %.*s%s.", STR_ARGS(json_text(who, "login")), STR_ARGS(json_text(who, "name")),
                                         json_get(who, "groups") ? json_get(who, "groups")->count : 0, STR_ARGS(roles_words(c, ret, who, e)),
                                         json_bool(who, "is_off") ? "; locked there" : "");
    return !e->code;
}

bool handle_source_try(struct call *c, struct err *e)
{
    struct identity_source s;
    struct str words = STR(""), why = STR("");
    struct err failed = {0};
    if (!only_people(c, e))
        return false;
    if (!call_view(c, e))
        return false;
    if (!source_try(c, &s, &words, &failed)) {
        if (failed.code == ERR_NOT_FOUND || failed.code == ERR_INTERNAL || failed.code == ERR_CORRUPT)
            return (*e = failed, false);
        why = arena_str(c->arena, str_of(failed.text));
    }
    struct json *v = source_view(c, c->parameters[0], why, words, NULL, e);
    c->response->problem = why;
    return v && show_view(c, &page_kind_source, v, why.size ? err_http_status(failed.code) : 200, e);
}
