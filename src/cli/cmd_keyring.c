/* cmd_keyring.c - backups of the keys of blobs: a file set of their own, with an end. */
#include "base/times.h"
#include "cli/cli.h"
#include "keeper/key_backup.h"

static int backup(struct cli_context *c, const struct data_dir *d)
{
    struct err e = {0};
    struct key_backup b;
    char until[TIME_TEXT_SIZE];
    int64_t days = KEY_BACKUP_DAYS;
    if (cli_option(c, "days") &&
        (!str_to_int64(str_of(cli_option(c, "days")), &days) || days < 1 || days > KEY_BACKUP_DAYS_MAX))
        return cli_wrong_use(c, "--days is a number from 1 to %d", KEY_BACKUP_DAYS_MAX);
    if (!keyring_export(d, c->arena, c->arguments[1], env_now_ms(c->env), (int)days, &b, &e))
        return cli_fail(&e);
    if (c->json) {
        struct json *o = json_object(c->arena);
        json_put_str(o, "path", b.path);
        json_put_int(o, "keys", (int64_t)b.keys);
        json_put_int(o, "made", b.made_at_ms);
        json_put_int(o, "expires", b.expires_at_ms);
        return cli_print_json(o);
    }
    return cli_print(arena_printf(c->arena,
                                  "%llu keys in %.*s; delete it by %s, for an erasure is final only when no backup holds the key\n"
                                  "They are wrapped: private/keys/master is needed beside them.\n",
                                  (unsigned long long)b.keys, STR_ARGS(b.path), time_format(b.expires_at_ms, until)));
}

static int restore(struct cli_context *c, const struct data_dir *d)
{
    struct err e = {0};
    uint64_t added = 0, erased = 0;
    if (!keyring_import(d, c->arguments[1], &added, &erased, &e))
        return cli_fail(&e);
    if (c->json) {
        struct json *o = json_object(c->arena);
        json_put_int(o, "added", (int64_t)added);
        json_put_int(o, "erased", (int64_t)erased);
        return cli_print_json(o);
    }
    return cli_print(arena_printf(c->arena, "%llu keys put back; %llu left out, whose blobs were erased since\n",
                                  (unsigned long long)added, (unsigned long long)erased));
}

static int list(struct cli_context *c, const struct data_dir *d)
{
    struct err e = {0};
    struct key_backup *backups;
    size_t count;
    struct buf BUF_AUTO b;
    int64_t now_ms = env_now_ms(c->env);
    struct json *out = json_array(c->arena);
    char made[TIME_TEXT_SIZE], expires[TIME_TEXT_SIZE];
    buf_init(&b, 4 << 20);
    if (!key_backup_list(d, c->arena, &backups, &count, &e))
        return cli_fail(&e);
    for (size_t i = 0; i < count; i++) {
        struct json *o = json_push_object(out);
        json_put_str(o, "path", backups[i].path);
        json_put_int(o, "keys", (int64_t)backups[i].keys);
        json_put_int(o, "made", backups[i].made_at_ms);
        json_put_int(o, "expires", backups[i].expires_at_ms);
        json_put_bool(o, "is_overdue", key_backup_is_overdue(&backups[i], now_ms));
        buf_printf(&b, "%s  until %s  %llu keys  %.*s%s\n", time_format(backups[i].made_at_ms, made),
                   time_format(backups[i].expires_at_ms, expires), (unsigned long long)backups[i].keys, STR_ARGS(backups[i].path),
                   key_backup_is_overdue(&backups[i], now_ms) ? "  (expired: delete it)" : "");
    }
    if (count == 0)
        buf_cstr(&b, "no backup of the keys was made here\n");
    return c->json ? cli_print_json(out) : cli_print(buf_view(&b));
}

static int run(struct cli_context *c)
{
    struct err e = {0};
    struct data_dir d;
    const char *verb = c->arguments[0];
    bool is_backup = strcmp(verb, "backup") == 0, is_restore = strcmp(verb, "restore") == 0;
    if (!is_backup && !is_restore && strcmp(verb, "list") != 0)
        return cli_wrong_use(c, "%.40s: backup, restore or list", verb);
    if (c->argument_count != 1 + (is_backup || is_restore))
        return cli_wrong_use(c, is_backup || is_restore ? "%s wants a FILE" : "%s takes nothing", verb);
    if (!data_dir_open(&d, c->data_dir, &e))
        return cli_fail(&e);
    int status = is_backup ? backup(c, &d) : is_restore ? restore(c, &d) : list(c, &d);
    data_dir_close(&d);
    return status;
}

const struct cli_command cli_command_keyring = {
    .name = "keyring",
    .summary = "back up the keys of blobs, apart from all else and with an end",
    .usage = "backup FILE [--days N] | restore FILE | list",
    .example = "assay keyring backup /media/keys/2026-03.keys",
    .options = (const struct cli_option[]){{"days", 0, "N", "backup: how long it is kept (30); an erasure names the last day"}, {0}},
    .details = "The keys are wrapped: private/keys/master, which is not in the file, is needed beside them. Restoring leaves out the keys\n"
               "of blobs that were erased since. A backup that has expired and is still there is named by assay doctor.",
    .arguments_min = 1,
    .arguments_max = 2,
    .has_json = true,
    .run = run,
};
