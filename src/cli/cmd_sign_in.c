/* cmd_sign_in.c - where else people may sign in: directories, providers, and this program's own address. */
#include "account/connect.h"
#include "account/source.h"
#include "cli/open_view.h"
#include "collect/captures.h"
#include "os/file.h"
#include "os/ipc.h"
#include "os/spawn.h"
#include <fcntl.h>
#include <unistd.h>

enum { FILE_MAX = 40 << 10 };

static const struct cli_option options[] = {
    {"secret-file", 0, "FILE", "the password of the account that searches, or the client's secret (its first line); kept sealed"},
    {"roles-file", 0, "FILE", "lines \"role: group\": what people of which groups are"},
    {"tls-ca", 0, "FILE", "authorities (PEM) that the other side must be under; otherwise the system's"},
    {0},
};

static int submit(struct cli_context *c, const struct op *op, const char *done)
{
    struct err e = {0};
    struct json *answer = NULL;
    struct keeper_client *k = keeper_open(c->data_dir, &e);
    bool ok = k && keeper_submit(k, c->arena, op, &answer, &e) && keeper_flush(k, &e);
    keeper_close(k);
    if (!ok)
        return cli_fail(&e);
    return c->json ? cli_print_json(answer) : cli_print(arena_printf(c->arena, "%s, leaf %lld\n", done, (long long)json_int(answer, "leaf", -1)));
}

/* "filter=(uid={login})" … behind the address. */
static bool settings_read(struct cli_context *c, const char *kind, const char *key, const char *value, int from, struct json **ret, struct err *e)
{
    struct json *settings = json_object(c->arena);
    json_put_cstr(settings, "kind", kind);
    json_put_cstr(settings, key, value);
    for (int i = from; i < c->argument_count; i++) {
        struct str rest = str_of(c->arguments[i]), name;
        if (!str_cut(&rest, '=', &name) || !name.size)
            return err_set(e, ERR_INVALID, "%.80s: write NAME=VALUE, for example base=ou=people,dc=example,dc=org", c->arguments[i]);
        const char *known = arena_str(c->arena, name).data;
        if (json_get(settings, known))
            return err_set(e, ERR_INVALID, "%.80s: is said twice", known);
        json_put_str(settings, known, rest);
    }
    static const char *const files[][2] = {{"roles-file", "roles"}, {"tls-ca", "ca"}};
    for (size_t i = 0; i < 2; i++) {
        struct str text;
        if (!cli_option(c, files[i][0]))
            continue;
        if (!cli_file_read(c, cli_option(c, files[i][0]), FILE_MAX, &text, e))
            return false;
        json_put_str(settings, files[i][1], text);
    }
    *ret = settings;
    return true;
}

static int set(struct cli_context *c, const char *kind, const char *id, const char *key, const char *value, int from)
{
    struct err e = {0};
    struct op op;
    struct json *settings;
    struct str secret = STR(""), text;
    const char *file = cli_option(c, "secret-file");
    if (!settings_read(c, kind, key, value, from, &settings, &e) || (file && !cli_file_read(c, file, FILE_MAX, &text, &e)))
        return cli_fail(&e);
    if (file && (!str_next_line(&text, &secret) || !secret.size))
        return cli_wrong_use(c, "--secret-file %.80s: it is empty", file);
    if (!identity_set_op(c->env, c->arena, str_of(id), settings, secret, STR("local:admin"), "cli", &op, &e))
        return cli_fail(&e);
    return submit(c, &op, strcmp(kind, "site") == 0 ? "links begin with it" : "people can sign in through it");
}

static int drop(struct cli_context *c, const char *id)
{
    struct op op;
    identity_remove_op(c->env, c->arena, str_of(id), STR("local:admin"), "cli", &op);
    return submit(c, &op, "removed");
}

static int list(struct cli_context *c)
{
    struct err e = {0};
    struct opened_view o = {0};
    struct identity_source all[SOURCES_MAX];
    struct buf BUF_AUTO b;
    size_t count = 0;
    buf_init(&b, 1 << 20);
    if (!open_view(c, NULL, &o, &e))
        return cli_fail(&e);
    struct json *rows = json_array(c->arena);
    bool ok = identity_sources_load(o.view.db, c->arena, all, &count, &e);
    for (size_t i = 0; ok && i < count; i++) {
        const struct json *s = all[i].settings;
        struct json *v = json_push_object(rows);
        const char *where = str_is(all[i].kind, "ldap") ? "url" : str_is(all[i].kind, "oidc") ? "issuer" : "base";
        json_put_str(v, "id", all[i].id);
        json_put(v, "settings", all[i].settings);
        json_put_bool(v, "has_secret", all[i].has_secret);
        put_padded(&b, all[i].id, 20);
        buf_printf(&b, " %-5.*s %.*s%s\n", STR_ARGS(all[i].kind), STR_ARGS(json_text(s, where)), all[i].has_secret ? "  (with a secret)" : "");
    }
    close_view(&o);
    if (!ok)
        return cli_fail(&e);
    if (c->json)
        return cli_print_json(rows);
    return cli_print(count ? buf_view(&b) : STR("People sign in here only: assay sign-in ldap ID URL, or oidc ID ISSUER\n"));
}

/* ---- trying ---- */

static bool ask(struct cli_context *c, const struct json *request, struct json **ret, struct err *e)
{
    struct os_child child = OS_CHILD_NONE;
    int pair[2];
    if (!ipc_pair(pair, e))
        return false;
    bool ok = os_spawn(&(struct os_spawn){.role = "connect", .fds = &pair[1], .fd_count = 1}, &child, e);
    close(pair[1]);
    ok = ok && connect_ask(pair[0], c->arena, request, ret, e);
    close(pair[0]);
    os_child_end(&child, 2000);
    return ok;
}

static bool request_make(struct cli_context *c, struct db *db, struct identity_source *s, const char *login, struct json *request, struct err *e)
{
    struct str secret;
    struct keeper_client *k = s->has_secret ? keeper_open(c->data_dir, e) : NULL;
    struct blob_opener *blobs = k ? blob_opener_keeper(c->arena, c->data_dir, k, e) : NULL;
    bool ok = !s->has_secret || (blobs && blobs->open(blobs->context, c->arena, (uint64_t)s->leaf, s->c.data, s->x.data, &secret, e));
    (void)db;
    if (ok && s->has_secret)
        json_put_str(request, "secret", arena_str(c->arena, secret));
    keeper_close(k);
    json_put_cstr(request, "what", str_is(s->kind, "ldap") ? "ldap" : "begin");
    json_put_cstr(request, "login", login ? login : "");
    json_put(request, "c", s->settings);
    return ok;
}

static int answer_print(struct cli_context *c, const struct identity_source *s, const struct json *answer)
{
    struct err e = {0};
    const struct json *who = json_get(answer, "who");
    struct strings roles;
    bool is_ruled;
    if (c->json)
        return cli_print_json(answer);
    if (!who)
        return cli_print(STR("the provider is there and its document is in order\n"));
    if (!identity_roles(c->arena, s->settings, json_get(who, "groups"), &roles, &is_ruled, &e))
        return cli_fail(&e);
    struct buf BUF_AUTO b;
    buf_init(&b, 1 << 20);
    buf_printf(&b, "%.*s, %.*s, %.*s%s\n", STR_ARGS(json_text(who, "login")), STR_ARGS(json_text(who, "name")), STR_ARGS(json_text(who, "email")),
               json_bool(who, "is_off") ? ", locked" : "");
    JSON_EACH (group, json_get(who, "groups"))
        buf_printf(&b, "  in %.*s\n", STR_ARGS(group->text));
    for (size_t i = 0; i < roles.count; i++)
        buf_printf(&b, "  is %s\n", roles.items[i]);
    if (!roles.count)
        buf_cstr(&b, "  is nothing here, so not let in\n");
    return cli_print(buf_view(&b));
}

static int try(struct cli_context *c, const char *id, const char *login)
{
    struct err e = {0};
    struct opened_view o = {0};
    struct identity_source s;
    struct json *request = json_object(c->arena), *answer = NULL;
    if (!open_view(c, NULL, &o, &e))
        return cli_fail(&e);
    bool ok = identity_source_get(o.view.db, c->arena, str_of(id), &s, &e);
    if (ok && str_is(s.kind, "site"))
        ok = err_set(&e, ERR_INVALID, "site: is only an address");
    else if (ok && str_is(s.kind, "ldap") && !login)
        ok = err_set(&e, ERR_INVALID, "try %.40s: whom to look for?", id);
    ok = ok && request_make(c, o.view.db, &s, login, request, &e) && ask(c, request, &answer, &e);
    close_view(&o);
    return ok ? answer_print(c, &s, answer) : cli_fail(&e);
}

static int run(struct cli_context *c)
{
    const char *what = c->arguments[0], *first = c->argument_count > 1 ? c->arguments[1] : NULL, *second = c->argument_count > 2 ? c->arguments[2] : NULL;
    if (strcmp(what, "list") == 0 && !first)
        return list(c);
    if (strcmp(what, "ldap") == 0 && second)
        return set(c, "ldap", first, "url", second, 3);
    if (strcmp(what, "oidc") == 0 && second)
        return set(c, "oidc", first, "issuer", second, 3);
    if (strcmp(what, "site") == 0 && first && !second)
        return set(c, "site", SOURCE_SITE, "base", first, 2);
    if (strcmp(what, "remove") == 0 && first && !second)
        return drop(c, first);
    if (strcmp(what, "try") == 0 && first && c->argument_count <= 3)
        return try(c, first, second);
    return cli_wrong_use(c, "%.40s: list, ldap ID URL, oidc ID ISSUER, site URL, remove ID or try ID [LOGIN]", what);
}

const struct cli_command cli_command_sign_in = {
    .name = "sign-in",
    .summary = "let people sign in through a directory (LDAP) or a provider (OpenID Connect)",
    .usage = "list | ldap ID URL NAME=VALUE… | oidc ID ISSUER NAME=VALUE… | site URL | remove ID | try ID [LOGIN]",
    .example = "assay sign-in ldap corp ldaps://ldap.example.org base=ou=people,dc=example,dc=org default_roles=employee",
    .options = options,
    .details = "site says under which address people reach this program: links begin with it, and providers send people back to it. Settings of a directory: base,\n"
               "filter, bind_dn, attr_login, attr_name, attr_mail, attr_groups, group_base, group_filter, tls; of a provider: client_id, scope, claim_login,\n"
               "claim_name, claim_mail, claim_groups; of both: label, default_roles, second. doc/accounts.md says what each means.",
    .arguments_min = 1,
    .arguments_max = 30,
    .has_json = true,
    .run = run,
};
