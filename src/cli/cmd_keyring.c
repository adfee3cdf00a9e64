/* cmd_keyring.c - backups of the keys of blobs: a file set of their own, with an end. */
#include "base/times.h"
#include "cli/cli.h"
#include "keeper/keeper.h"
#include "keeper/key_backup.h"
#include "ledger/verify.h"
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

enum { POLL_MS = 50 };

static int backup(struct cli_context *c, const struct data_dir *d)
{
    struct err e = {0};
    struct key_backup b;
    char until[TIME_TEXT_SIZE];
    int64_t days = KEY_BACKUP_DAYS;
    if (cli_option(c, "days") && (!str_to_int64(str_of(cli_option(c, "days")), &days) || days < 1 || days > KEY_BACKUP_DAYS_MAX))
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
    return cli_print(
        arena_printf(c->arena,
                     "%llu keys in %.*s; delete it by %s, for an erasure is final only when no backup holds the key\n"
                     "They are wrapped: private/keys/master is needed beside them.\n",
                     (unsigned long long)b.keys, STR_ARGS(b.path), time_format(b.expires_at_ms, until)));
}

static int restore(struct cli_context *c, const struct data_dir *d)
{
    struct err e = {0};
    uint64_t added = 0, erased = 0;
    if (!keyring_import(d, c->arguments[1], cli_option(c, "master"), c->env, &added, &erased, &e))
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

/* ---- another master key ---- */

/* The check value of the new master key stands beside the old one's until the keeper has put it in its place. */
static bool check_add(const struct data_dir *d, const char *id, struct err *e)
{
    struct buf BUF_AUTO text, line;
    struct err absent = {0};
    buf_init(&text, 1 << 16);
    buf_init(&line, 256);
    if (!os_file_read(&os_file_real, d->fd, "private/keys/" KEY_CHECK_FILE, &text, &absent))
        return absent.code == ERR_NOT_FOUND || (*e = absent, false); /* a directory of an older version: the keeper writes it */
    buf_printf(&line, "master %s\n", id);
    if (str_find(buf_view(&text), buf_view(&line)) >= 0)
        return true;
    buf_str(&text, buf_view(&line));
    return os_file_replace(&os_file_real, d->fd, "private/keys/" KEY_CHECK_FILE, buf_view(&text), 0600, e);
}

/* private/keys/master.next: the one that an earlier call made, or a new one. */
static bool next_make(struct cli_context *c, const struct data_dir *d, char ret_id[KEY_CHECK_SIZE], struct err *e)
{
    uint8_t next[32];
    char text[66];
    struct err missing = {0};
    if (!keys_load_secret(d->fd, "master.next", next, &missing)) {
        if (missing.code != ERR_NOT_FOUND)
            return (*e = missing, false);
        env_random(c->env, next, sizeof(next));
        hex_encode(next, sizeof(next), text);
        text[64] = '\n';
        bool is_made = os_file_create_once(&os_file_real, d->fd, "private/keys/master.next", str_make(text, 65), 0600, e);
        memory_wipe(text, sizeof(text));
        if (!is_made)
            return false;
    }
    key_check_value("master", next, ret_id);
    memory_wipe(next, sizeof(next));
    return check_add(d, ret_id, e);
}

static bool wait_until_done(struct cli_context *c, struct keeper_client *k, struct err *e)
{
    bool shows = isatty(STDERR_FILENO) && !c->json;
    for (;;) {
        struct arena *a = arena_new("status", 1 << 20);
        struct json *status;
        char error[256] = "";
        bool ok = keeper_status(k, a, &status, e);
        const struct json *rewrap = ok ? json_get(status, "rewrap") : NULL;
        if (rewrap && json_get(rewrap, "error"))
            snprintf(error, sizeof(error), "%.*s", STR_ARGS(json_text(rewrap, "error")));
        if (rewrap && shows)
            fprintf(stderr, "\r%lld of %lld keys", (long long)json_int(rewrap, "done", 0), (long long)json_int(rewrap, "all", 0));
        arena_free(a);
        if (!ok || error[0] || !rewrap) {
            fputs(shows ? "\r\033[K" : "", stderr);
            return ok && error[0]
                       ? err_set(e, ERR_UNAVAILABLE, "%s; every key is as it was, and the next start tries again", error)
                       : ok;
        }
        poll(NULL, 0, POLL_MS);
    }
}

static int rewrap_report(struct cli_context *c, const struct data_dir *d, const char *id, struct err *e)
{
    struct db *db = data_dir_projection(d, e);
    int64_t leaf = -1, keys = 0, count = 0;
    if (!db)
        return cli_fail(e);
    DB_EACH (row, db, e,
             "select done_leaf, keys, (select count(*) from keyring_key where done_leaf is not null) from keyring_key where "
             "id=?1 and done_leaf is not null",
             A(id)) {
        leaf = db_int(row, 0);
        keys = db_int(row, 1);
        count = db_int(row, 2);
    }
    db_close(db);
    if (!e->code && leaf < 0)
        err_set(e, ERR_UNAVAILABLE, "the keys are not all wrapped under the new master key yet; the next start goes on");
    if (e->code)
        return cli_fail(e);
    if (c->json) {
        struct json *o = json_object(c->arena);
        json_put_int(o, "leaf", leaf);
        json_put_int(o, "keys", keys);
        json_put_cstr(o, "id", id);
        json_put_int(o, "generation", count + 1);
        return cli_print_json(o);
    }
    return cli_print(
        arena_printf(c->arena,
                     "leaf %lld: %lld keys are wrapped under a new master key (%s, the %lld. after the first); the old one is "
                     "destroyed\nBackups of keys from before can be restored with the master key of their time only: make a new "
                     "one, and a backup of the rest.\n",
                     (long long)leaf, (long long)keys, id, (long long)count));
}

static int rewrap(struct cli_context *c, const struct data_dir *d)
{
    struct err e = {0};
    char id[KEY_CHECK_SIZE];
    struct json *answer;
    struct keeper_client *k = keeper_open(c->data_dir, &e);
    bool ok = k && next_make(c, d, id, &e);
    if (ok) {
        struct op op = {.kind = "keyring", .actor = STR("local:admin"), .body = json_object(c->arena)};
        json_put_cstr(op.body, "id", id);
        op_id_of(arena_printf(c->arena, "keyring %s %s", d->origin, id), op.id);
        ok = keeper_submit(k, c->arena, &op, &answer, &e) && wait_until_done(c, k, &e) && keeper_flush(k, &e);
    }
    keeper_close(k);
    return ok ? rewrap_report(c, d, id, &e) : cli_fail(&e);
}

static int run(struct cli_context *c)
{
    struct err e = {0};
    struct data_dir d;
    const char *verb = c->arguments[0];
    bool is_backup = strcmp(verb, "backup") == 0, is_restore = strcmp(verb, "restore") == 0,
         is_rewrap = strcmp(verb, "rewrap") == 0;
    if (!is_backup && !is_restore && !is_rewrap && strcmp(verb, "list") != 0)
        return cli_wrong_use(c, "%.40s: backup, restore, rewrap or list", verb);
    if (c->argument_count != 1 + (is_backup || is_restore))
        return cli_wrong_use(c, is_backup || is_restore ? "%s wants a FILE" : "%s takes nothing", verb);
    if (!data_dir_open(&d, c->data_dir, &e))
        return cli_fail(&e);
    int status = is_backup ? backup(c, &d) : is_restore ? restore(c, &d) : is_rewrap ? rewrap(c, &d) : list(c, &d);
    data_dir_close(&d);
    return status;
}

const struct cli_command cli_command_keyring = {
    .name = "keyring",
    .summary = "back up the keys of blobs, apart from all else and with an end; wrap them under a new master key",
    .usage = "backup FILE [--days N] | restore FILE | list | rewrap",
    .example = "assay keyring backup /media/keys/2026-03.keys",
    .options = (const struct cli_option[]){{"days", 0, "N", "backup: how long it is kept (30); an erasure names the last day"},
                                           {"master", 0, "FILE",
                                            "restore: the master key of the time of that backup, if another followed it"},
                                           {0}},
    .details = "The keys are wrapped: private/keys/master, which is not in the file, is needed beside them. Restoring leaves out "
               "the keys\n"
               "of blobs that were erased since. A backup that has expired and is still there is named by assay doctor.\n"
               "`rewrap` makes a new master key, wraps every key anew and destroys the old one: beside a server or without, and "
               "whatever breaks it\n"
               "off, it goes on at the next start.",
    .arguments_min = 1,
    .arguments_max = 2,
    .has_json = true,
    .run = run,
};
