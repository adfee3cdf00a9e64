/* cmd_token.c - what programs sign in with: tokens of accounts, with their scope and end. */
#include "account/account.h"
#include "base/times.h"
#include "cli/open_view.h"
#include "keeper/data_dir.h"

static const struct cli_option options[] = {
    {"label", 0, "TEXT", "add: what it is for"},
    {"scope", 0, "PERMISSIONS", "add: what it may, separated by commas: read, run, records, export, audit, users, settings, keys"},
    {"days", 0, "N", "add: for how long, 90 unless given, at most 365"},
    {0},
};

struct listing {
    struct cli_context *c;
    struct db *db;
    struct buf *out;
    struct json *rows;
};

static bool list_one(void *context, const struct token *t, struct err *e)
{
    struct listing *l = context;
    struct arena *a = l->c->arena;
    char end[TIME_TEXT_SIZE];
    const char *state = t->is_revoked ? "revoked" : env_now_ms(l->c->env) >= t->expires_ms ? "over" : "in force";
    struct account *account = account_get(l->db, a, str_of(t->id[0] ? t->account : ""), e);
    if (!account)
        return false;
    time_format_date(t->expires_ms, end);
    struct json *o = json_push_object(l->rows);
    json_put_str(o, "id", arena_str(a, str_of(t->id)));
    json_put_str(o, "login", account->login);
    json_put_str(o, "label", t->label);
    json_put(o, "scope", permissions_json(a, t->scope));
    json_put_cstr(o, "state", state);
    json_put_str(o, "until", arena_str(a, str_of(end)));
    buf_printf(l->out, "%s ", t->id);
    put_padded(l->out, account->login, 24);
    buf_char(l->out, ' ');
    put_padded(l->out, str_of(state), 9);
    buf_printf(l->out, " until %s  %.*s\n", end, STR_ARGS(t->label));
    return true;
}

static int list(struct cli_context *c, struct db *db)
{
    struct err e = {0};
    struct buf BUF_AUTO out;
    buf_init(&out, 8 << 20);
    struct listing l = {c, db, &out, json_array(c->arena)};
    if (!token_each(db, c->arena, STR(""), list_one, &l, &e))
        return cli_fail(&e);
    return c->json ? cli_print_json(l.rows) : cli_print(out.size ? buf_view(&out) : STR("there are no tokens\n"));
}

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

static int add(struct cli_context *c, struct db *db, const char *login)
{
    struct err e = {0};
    uint32_t scope, rights;
    int64_t days = 90, now_ms = env_now_ms(c->env);
    char text[TOKEN_TEXT_SIZE];
    struct op op;
    const char *label = cli_option(c, "label"), *scope_text = cli_option(c, "scope"), *days_text = cli_option(c, "days");
    if (!label || !scope_text)
        return cli_wrong_use(c, "add wants --label and --scope");
    if (days_text && (!str_to_int64(str_of(days_text), &days) || days < 1 || days > 365))
        return cli_wrong_use(c, "--days: from 1 to 365");
    struct account *account = account_by_login(db, c->arena, str_of(login), &e);
    if (!account || !permissions_parse(str_of(scope_text), &scope, &e) ||
        !actor_permissions(db, account_actor(c->arena, str_of(account->id)), now_ms, &rights, &e))
        return cli_fail(&e);
    if (scope & ~rights) {
        err_set(&e, ERR_DENIED, "--scope: %s may not do all of that; a token never may more than its account", login);
        return cli_fail(&e);
    }
    if (!token_op(c->env, c->arena, str_of(account->id), str_of(label), scope, now_ms + days * MS_DAY, STR("local:admin"), "cli", &op, text, &e) ||
        !record(c, &op, &e))
        return cli_fail(&e);
    struct json *o = json_object(c->arena);
    json_put_cstr(o, "token", text);
    return c->json ? cli_print_json(o) : cli_print(arena_printf(c->arena, "%s\n", text));
}

static int revoke(struct cli_context *c, const char *id)
{
    struct err e = {0};
    struct op op;
    token_revoke_op(c->env, c->arena, str_of(id), STR("local:admin"), &op);
    if (!record(c, &op, &e))
        return cli_fail(&e);
    return cli_print(arena_printf(c->arena, "token %s is revoked\n", id));
}

static int run(struct cli_context *c)
{
    struct err e = {0};
    struct data_dir dir;
    const char *verb = c->arguments[0];
    bool is_list = strcmp(verb, "list") == 0, is_add = strcmp(verb, "add") == 0, is_revoke = strcmp(verb, "revoke") == 0;
    if (!is_list && !is_add && !is_revoke)
        return cli_wrong_use(c, "%.40s: add, list or revoke", verb);
    if (c->argument_count != (is_list ? 1 : 2))
        return cli_wrong_use(c, "%s wants %s", verb, is_list ? "nothing more" : is_add ? "LOGIN" : "ID");
    if (is_revoke)
        return revoke(c, c->arguments[1]);
    if (!data_dir_open(&dir, c->data_dir, &e))
        return cli_fail(&e);
    struct db *db = data_dir_projection(&dir, &e);
    int status = !db ? cli_fail(&e) : is_list ? list(c, db) : add(c, db, c->arguments[1]);
    db_close(db);
    data_dir_close(&dir);
    return status;
}

const struct cli_command cli_command_token = {
    .name = "token",
    .summary = "make, list and revoke the tokens that programs use the API with",
    .usage = "add LOGIN --label TEXT --scope PERMISSIONS [--days N] | list | revoke ID",
    .example = "assay token list",
    .options = options,
    .details = "A token is shown once, when it is made; only its digest is kept. It acts as its account, with no more than its scope:\n"
               "curl -H \"Authorization: Bearer asy_…\" http://127.0.0.1:8420/api/v1/overview",
    .arguments_min = 1,
    .arguments_max = 2,
    .has_json = true,
    .run = run,
};
