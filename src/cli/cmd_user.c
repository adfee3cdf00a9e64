/* cmd_user.c - who may sign in: accounts, their roles, and one-time links. */
#include "account/account.h"
#include "account/source.h"
#include "base/times.h"
#include "cli/open_view.h"
#include "keeper/data_dir.h"
#include "web/session.h"
#include "web/web.h"
#include <stdio.h>

static const struct cli_option options[] = {
    {"url", 0, "URL", "where the web interface is; otherwise what assay sign-in site says, or http://127.0.0.1:8420"},
    {"name", 0, "TEXT", "add: full name"},
    {"email", 0, "ADDRESS", "add: e-mail"},
    {"person", 0, "ID", "add: the person's record"},
    {"roles", 0, "ROLES", "add: separated by commas"},
    {"until", 0, "DAY", "add, roles: the last day, 2026-11-30; an auditor needs one"},
    {"source", 0, "ID", "connect: the directory or provider (assay sign-in list)"},
    {"subject", 0, "TEXT", "connect: who it is there: a provider's sub; of a directory \"uuid …\", as try --json says"},
    {"kind", 0, "KIND", "add: signs in here (local), or through oidc or ldap"},
    {0},
};

struct user_command {
    struct cli_context *c;
    struct data_dir dir;
    struct db *db;
};

static bool open_all(struct cli_context *c, struct user_command *ret, struct err *e)
{
    *ret = (struct user_command){.c = c};
    if (!data_dir_open(&ret->dir, c->data_dir, e))
        return false;
    ret->db = data_dir_projection(&ret->dir, e);
    return ret->db != NULL;
}

static void close_all(struct user_command *u)
{
    db_close(u->db);
    if (u->dir.path[0])
        data_dir_close(&u->dir);
}

/* ---- links ---- */

/* As it was set; "" where it was not, or cannot be read: a link is made all the same. */
static const char *own_address(struct cli_context *c)
{
    struct user_command u;
    struct err e = {0};
    struct str base = open_all(c, &u, &e) ? site_base(u.db, c->arena, &e) : STR("");
    close_all(&u);
    return e.code ? "" : base.data;
}

static int print_link(struct cli_context *c, const char *data_dir, const char *actor, int64_t life_ms)
{
    struct err e = {0};
    char token[WEB_TOKEN_SIZE];
    const char *url = cli_option(c, "url");
    if (!url)
        url = own_address(c);
    if (!*url)
        url = "http://127.0.0.1:8420";
    if (strlen(url) > 300)
        return cli_wrong_use(c, "--url: at most 300 characters");
    if (!web_link_new(data_dir, c->env, actor, life_ms, token, &e))
        return cli_fail(&e);
    struct str text = arena_printf(c->arena, "%s/sign-in?token=%s", url, token);
    if (!c->json)
        return cli_print(arena_printf(c->arena, "%s\n", text.data));
    struct json *o = json_object(c->arena);
    json_put_str(o, "link", text);
    return cli_print_json(o);
}

static int link_local(struct cli_context *c)
{
    struct err e = {0};
    struct data_dir dir;
    if (!data_dir_open(&dir, c->data_dir, &e))
        return cli_fail(&e);
    int status = print_link(c, dir.path, "local:admin", LINK_LIFE_MS);
    data_dir_close(&dir);
    return status;
}

/* ---- operations ---- */

static bool record(struct cli_context *c, const struct op *op, struct err *e)
{
    struct json *answer;
    struct keeper_client *keeper = keeper_open(c->data_dir, e);
    bool is_recorded = keeper && keeper_submit(keeper, c->arena, op, &answer, e);
    if (is_recorded && !keeper_flush(keeper, e))
        is_recorded = err_wrap(e, "the change is recorded, but not signed");
    keeper_close(keeper);
    return is_recorded;
}

static struct strings split(struct arena *a, const char *text)
{
    const char **items = arena_array(a, strlen(text) + 2, sizeof(*items));
    struct str rest = str_of(text), part;
    size_t n = 0;
    for (bool is_more = rest.size > 0; is_more;) {
        is_more = str_cut(&rest, ',', &part);
        if (str_trim(part).size)
            items[n++] = arena_str(a, str_trim(part)).data;
    }
    return (struct strings){items, n};
}

static bool until_read(struct cli_context *c, int64_t *ret, struct err *e)
{
    const char *text = cli_option(c, "until");
    int64_t at_ms;
    if (!text)
        return true;
    if (strlen(text) != 10 || !time_parse(str_of(text), env_now_ms(c->env), &at_ms))
        return err_set(e, ERR_INVALID, "--until: %.40s is no day; write 2026-11-30", text);
    *ret = at_ms + MS_DAY;
    return true;
}

static struct str option_text(struct cli_context *c, const char *name)
{
    const char *value = cli_option(c, name);
    return value ? str_trim(str_of(value)) : STR("");
}

static int add(struct cli_context *c, const char *login)
{
    struct err e = {0};
    struct op op;
    char id[ACCOUNT_ID_SIZE];
    const char *roles = cli_option(c, "roles");
    struct account_change change = {.login = str_of(login),
                                    .name = option_text(c, "name"),
                                    .email = option_text(c, "email"),
                                    .person = option_text(c, "person"),
                                    .kind = cli_option(c, "kind") ? option_text(c, "kind") : STR("local"),
                                    .roles = split(c->arena, roles ? roles : "")};
    if (!roles)
        return cli_wrong_use(c, "add %.40s: say with --roles what they may: administrator, compliance_lead, owner, executive, employee, consultant, auditor, viewer",
                             login);
    if (!until_read(c, &change.valid_until_ms, &e) || !account_op(c->env, c->arena, &change, STR("local:admin"), "cli", &op, id, &e) ||
        !record(c, &op, &e))
        return cli_fail(&e);
    if (!str_is(change.kind, "local"))
        return cli_print(arena_printf(c->arena, "%s has an account now\n", login));
    if (!c->json && cli_print(arena_printf(c->arena, "%s has an account now; this link lets them in once, within three days:\n", login)) != 0)
        return 3;
    return print_link(c, c->data_dir, account_actor(c->arena, str_of(id)).data, INVITE_LIFE_MS);
}

struct listing {
    struct user_command *u;
    struct buf *out;
    struct json *rows;
};

static bool list_one(void *context, const struct account *a, struct err *e)
{
    struct listing *l = context;
    struct cli_context *c = l->u->c;
    bool is_in_force = account_is_in_force(a, env_now_ms(c->env));
    const char *state = is_in_force ? "in force" : a->is_disabled ? "disabled" : "over";
    int64_t second = credential_count(l->u->db, str_of(a->id), "totp", e) + credential_count(l->u->db, str_of(a->id), "passkey", e);
    char day[TIME_TEXT_SIZE] = "";
    if (a->valid_until_ms)
        time_format_date(a->valid_until_ms - 1, day);
    struct json *o = json_push_object(l->rows);
    json_put_str(o, "id", arena_str(c->arena, str_of(a->id)));
    json_put_str(o, "login", a->login);
    json_put_str(o, "name", a->name);
    json_put_cstr(o, "state", state);
    json_put_str(o, "kind", a->kind);
    json_put_str(o, "last_day", arena_str(c->arena, str_of(day)));
    json_put_bool(o, "has_second_factor", second > 0);
    struct json *roles = json_put_array(o, "roles");
    put_padded(l->out, a->login, 30);
    buf_char(l->out, ' ');
    put_padded(l->out, str_of(state), 9);
    buf_char(l->out, ' ');
    for (size_t i = 0; i < a->roles.count; i++) {
        json_push_str(roles, str_of(a->roles.items[i]));
        buf_printf(l->out, "%s%s", i ? "," : "", a->roles.items[i]);
    }
    buf_printf(l->out, "%s%s%s\n", day[0] ? " until " : "", day, second ? "" : " (no second factor)");
    return e->code == ERR_NONE;
}

static int list(struct user_command *u)
{
    struct err e = {0};
    struct buf BUF_AUTO out;
    buf_init(&out, 8 << 20);
    struct listing l = {u, &out, json_array(u->c->arena)};
    if (!account_each(u->db, u->c->arena, list_one, &l, &e))
        return cli_fail(&e);
    if (u->c->json)
        return cli_print_json(l.rows);
    return cli_print(out.size ? buf_view(&out) : STR("nobody has an account yet: assay user add\n"));
}

/* An account as it is, to be changed in one point. */
static struct account_change change_of(const struct account *a)
{
    return (struct account_change){.id = str_of(a->id),
                                   .login = a->login,
                                   .name = a->name,
                                   .email = a->email,
                                   .person = a->person,
                                   .kind = a->kind,
                                   .is_disabled = a->is_disabled,
                                   .valid_until_ms = a->valid_until_ms,
                                   .roles = a->roles,
                                   .link = a->link};
}

static int change(struct user_command *u, const struct account *account, const char *verb)
{
    struct err e = {0};
    struct cli_context *c = u->c;
    struct account_change to = change_of(account);
    struct op op;
    char id[ACCOUNT_ID_SIZE];
    if (strcmp(verb, "roles") == 0)
        to.roles = split(c->arena, c->arguments[2]);
    else
        to.is_disabled = strcmp(verb, "disable") == 0;
    if (!until_read(c, &to.valid_until_ms, &e) || !account_op(c->env, c->arena, &to, STR("local:admin"), "cli", &op, id, &e) || !record(c, &op, &e))
        return cli_fail(&e);
    return cli_print(arena_printf(c->arena, "%.*s is changed\n", STR_ARGS(account->login)));
}

/* The account is this person's there: what they prove there counts here. */
static int connect_account(struct user_command *u, const struct account *account)
{
    struct err e = {0};
    struct cli_context *c = u->c;
    struct account_change to = change_of(account);
    struct identity_source source;
    char link[SOURCE_LINK_SIZE], id[ACCOUNT_ID_SIZE];
    struct op op;
    if (!cli_option(c, "source") || !cli_option(c, "subject"))
        return cli_wrong_use(c, "connect %.*s: say --source and --subject", STR_ARGS(account->login));
    if (!identity_source_get(u->db, c->arena, option_text(c, "source"), &source, &e))
        return cli_fail(&e);
    if (str_is(source.kind, "site"))
        return cli_wrong_use(c, "--source site: is only an address");
    identity_link(&source, option_text(c, "subject"), link);
    to.kind = source.kind;
    to.link = str_of(link);
    if (!account_op(c->env, c->arena, &to, STR("local:admin"), "cli", &op, id, &e) || !record(c, &op, &e))
        return cli_fail(&e);
    return cli_print(arena_printf(c->arena, "%.*s signs in through %.*s now\n", STR_ARGS(account->login), STR_ARGS(source.label)));
}

static bool reset_id(void *context, const struct credential *credential, struct err *e)
{
    struct json *ids = context;
    (void)e;
    json_push_str(ids, str_of(credential->id));
    return true;
}

static int reset(struct user_command *u, const struct account *account)
{
    struct err e = {0};
    struct cli_context *c = u->c;
    struct json *ids = json_array(c->arena);
    struct op op;
    if (!credential_each(u->db, c->arena, str_of(account->id), NULL, reset_id, ids, &e))
        return cli_fail(&e);
    struct str *list_of_ids = arena_array(c->arena, ids->count + 1, sizeof(*list_of_ids));
    size_t n = 0;
    JSON_EACH (one, ids)
        list_of_ids[n++] = one->text;
    credential_remove_op(c->env, c->arena, str_of(account->id), list_of_ids, n, "reset", STR("local:admin"), "cli", &op);
    if (n && !record(c, &op, &e))
        return cli_fail(&e);
    return print_link(c, u->dir.path, account_actor(c->arena, str_of(account->id)).data, INVITE_LIFE_MS);
}

static int of_account(struct cli_context *c, const char *verb, const char *login)
{
    struct err e = {0};
    struct user_command u;
    struct account *account = open_all(c, &u, &e) ? account_by_login(u.db, c->arena, str_of(login), &e) : NULL;
    int status;
    if (!account)
        status = cli_fail(&e);
    else if (strcmp(verb, "link") == 0)
        status = print_link(c, u.dir.path, account_actor(c->arena, str_of(account->id)).data, INVITE_LIFE_MS);
    else if (strcmp(verb, "reset") == 0)
        status = reset(&u, account);
    else if (strcmp(verb, "connect") == 0)
        status = connect_account(&u, account);
    else
        status = change(&u, account, verb);
    close_all(&u);
    return status;
}

static int run(struct cli_context *c)
{
    static const char *const verbs[] = {"link", "reset", "disable", "enable", "roles", "connect"};
    const char *verb = c->arguments[0];
    int wanted = strcmp(verb, "roles") == 0 ? 3 : 2;
    if (strcmp(verb, "link") == 0 && c->argument_count == 1)
        return link_local(c);
    if (strcmp(verb, "add") == 0)
        return c->argument_count == 2 ? add(c, c->arguments[1]) : cli_wrong_use(c, "add wants LOGIN");
    if (strcmp(verb, "list") == 0 && c->argument_count == 1) {
        struct err e = {0};
        struct user_command u;
        int status = open_all(c, &u, &e) ? list(&u) : cli_fail(&e);
        close_all(&u);
        return status;
    }
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (strcmp(verb, verbs[i]) == 0)
            return c->argument_count == wanted ? of_account(c, verb, c->arguments[1])
                                               : cli_wrong_use(c, "%s wants LOGIN%s", verb, wanted == 3 ? " ROLES" : "");
    return cli_wrong_use(c, "%.40s: add, list, roles, disable, enable, link, reset or connect", verb);
}

const struct cli_command cli_command_user = {
    .name = "user",
    .summary = "add and change accounts; make one-time sign-in links",
    .usage = "link [LOGIN] | add LOGIN --roles ROLES | list | roles LOGIN ROLES | disable LOGIN | enable LOGIN | reset LOGIN | connect LOGIN",
    .example = "assay user link",
    .options = options,
    .details = "A link works once: for the local administrator, who needs no account, within 15 minutes; for an account within three days. reset voids\n"
               "everything that an account signs in with, and makes such a link. Every change is a leaf of the ledger.",
    .arguments_min = 1,
    .arguments_max = 3,
    .has_json = true,
    .run = run,
};
