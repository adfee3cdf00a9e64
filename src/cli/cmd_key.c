/* cmd_key.c - the public keys, as C2SP vkey lines. */
#include "cli/cli.h"
#include "keeper/data_dir.h"

static int print_keys(struct cli_context *c, struct db *db, struct err *e)
{
    struct json *list = json_array(c->arena);
    struct buf BUF_AUTO text;
    buf_init(&text, 1 << 20);
    DB_EACH (row, db, e, "select role, name, vkey, leaf, retired_leaf from ledger_key order by leaf") {
        struct json *key = json_push_object(list);
        json_put_str(key, "role", arena_str(c->arena, db_text(row, 0)));
        json_put_str(key, "name", arena_str(c->arena, db_text(row, 1)));
        json_put_str(key, "vkey", arena_str(c->arena, db_text(row, 2)));
        json_put_int(key, "leaf", db_int(row, 3));
        if (!db_is_null(row, 4))
            json_put_int(key, "retired_leaf", db_int(row, 4));
        buf_str(&text, db_text(row, 2));
        buf_char(&text, '\n');
    }
    if (e->code)
        return cli_fail(e);
    return c->json ? cli_print_json(list) : cli_print(buf_view(&text));
}

static int run(struct cli_context *c)
{
    struct err e = {0};
    struct data_dir d;
    if (strcmp(c->arguments[0], "list") != 0)
        return cli_wrong_use(c, "no such thing to do with keys: %.40s", c->arguments[0]);
    if (!data_dir_open(&d, c->data_dir, &e))
        return cli_fail(&e);
    struct db *db = data_dir_projection(&d, &e);
    int status = db ? print_keys(c, db, &e) : cli_fail(&e);
    db_close(db);
    data_dir_close(&d);
    return status;
}

const struct cli_command cli_command_key = {
    .name = "key",
    .summary = "list the public keys, as lines that any C2SP verifier reads",
    .usage = "list",
    .example = "assay key list",
    .arguments_min = 1,
    .arguments_max = 1,
    .has_json = true,
    .run = run,
};
