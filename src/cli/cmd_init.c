/* cmd_init.c - makes a data directory: keys, an empty ledger, the projection, and the leaves that register the keys. */
#include "cli/cli.h"
#include "keeper/data_dir.h"
#include "keeper/kinds.h"

static int run(struct cli_context *c)
{
    struct err e = {0};
    struct data_dir d;
    struct data_dir_init o = {.path = c->data_dir, .host_name = cli_option(c, "name"), .env = c->env};
    bool is_new = data_dir_init(&o, &e);
    if (!is_new && e.code != ERR_EXISTS)
        return cli_fail(&e);
    if (!data_dir_open(&d, c->data_dir, &e))
        return cli_fail(&e);
    /* A complete directory is left alone; one whose keys were never registered is completed. */
    struct err missing = {0};
    struct db *db = is_new ? NULL : data_dir_projection(&d, &missing);
    if (db && db_one_int(db, &missing, 0, "select count(*) from ledger_key") >= 3) {
        db_close(db);
        data_dir_close(&d);
        return cli_fail(&e);
    }
    db_close(db);
    struct keeper_client *k = keeper_open(c->data_dir, &e);
    bool ok = k && keeper_register_keys(k, &d, &e) && keeper_flush(k, &e);
    keeper_close(k);
    int status = ok ? 0 : cli_fail(&e);
    if (ok && c->json) {
        struct json *json = json_object(c->arena);
        json_put_cstr(json, "data", d.path);
        json_put_cstr(json, "origin", d.origin);
        status = cli_print_json(json);
    } else if (ok) {
        status = cli_print(
            arena_printf(c->arena, "%s: ready\norigin %s\n\nNext: assay --data %s collect\n", d.path, d.origin, d.path));
    }
    data_dir_close(&d);
    return status;
}

const struct cli_command cli_command_init = {
    .name = "init",
    .summary = "create a data directory: keys, ledger, database",
    .usage = "[--name HOST]",
    .example = "assay --data ./data init",
    .options =
        (const struct cli_option[]){{"name", 0, "HOST", "first part of the ledger's name; otherwise this host's name"}, {0}},
    .details = "The directory must be empty or missing. An init that was broken off is completed by the next one.\n"
               "Keys lie in private/keys; assay doctor says how to keep them better.",
    .has_json = true,
    .run = run,
};
