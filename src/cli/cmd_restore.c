/* cmd_restore.c - a data directory from a backup, checked before anybody relies on it; and leave to go on writing. */
#include "cli/cli.h"
#include "keeper/backup.h"
#include "keeper/key_backup.h"
#include "keeper/rebuild.h"
#include "keeper/verify_all.h"
#include "role/role.h"
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static bool check(struct cli_context *c, const char *dir, const struct checkpoint *seen, struct verify_report *r, struct err *e)
{
    size_t kind_count;
    const struct op_kind *kinds = role_op_kinds(&kind_count);
    struct verify_options o = {.last_seen = seen};
    if (!verify_all(dir, &o, kinds, kind_count, c->arena, r, e))
        return false;
    return r->is_ok ? true
                    : err_set(e, ERR_CORRUPT, "%s: %s %s; see: assay verify %s", dir, r->findings[0].code, r->findings[0].text, dir);
}

/* The newest head that anybody outside has seen is not newer than ours, and ours continues it. */
static int confirm(struct cli_context *c, struct err *e)
{
    struct data_dir d;
    struct verify_report r;
    struct checkpoint seen = {.size = 0};
    const char *head = cli_option(c, "confirm");
    bool is_blind = cli_flag(c, "nobody-else-has-seen-it");
    if (head && is_blind)
        return cli_wrong_use(c, "either --confirm SIZE:ROOT or --nobody-else-has-seen-it, not both");
    if (head && !checkpoint_name_parse(str_of(head), &seen))
        return cli_wrong_use(c, "--confirm %.80s: wants SIZE:ROOT of the newest head that a witness, a mirror or an auditor has seen", head);
    if (!data_dir_open(&d, c->data_dir, e))
        return cli_fail(e);
    bool ok = check(c, c->data_dir, is_blind ? NULL : &seen, &r, e);
    if (ok && !is_blind && seen.size < r.size)
        fprintf(stderr, "note: the head confirmed has %llu leaves, this directory %llu\n", (unsigned long long)seen.size,
                (unsigned long long)r.size);
    ok = ok && backup_confirm(&d, e);
    data_dir_close(&d);
    return ok ? cli_print(STR("This directory may be written to again.\n")) : cli_fail(e);
}

static bool fill(struct cli_context *c, bool has_keys, struct verify_report *r, struct err *e)
{
    struct data_dir d;
    struct rebuild_report rebuilt;
    size_t kind_count;
    const struct op_kind *kinds = role_op_kinds(&kind_count);
    const char *keyring = cli_option(c, "keyring");
    uint64_t added = 0, erased = 0;
    if (!data_dir_open(&d, c->data_dir, e))
        return false;
    bool ok = !keyring || keyring_import(&d, keyring, NULL, c->env, &added, &erased, e);
    data_dir_close(&d);
    return ok && (!(has_keys || keyring) || (keeper_rebuild(c->data_dir, kinds, kind_count, c->env, &rebuilt, e) && check(c, c->data_dir, NULL, r, e)));
}

static int run(struct cli_context *c)
{
    struct err e = {0};
    struct backup_report b;
    struct verify_report r = {0};
    if (cli_option(c, "confirm") || cli_flag(c, "nobody-else-has-seen-it"))
        return c->argument_count == 0 ? confirm(c, &e) : cli_wrong_use(c, "confirming takes no file");
    if (c->argument_count != 1)
        return cli_wrong_use(c, "which file?");
    if (cli_option(c, "keyring") && access(cli_option(c, "keyring"), R_OK) != 0) /* before anything is made */
        return cli_fail((err_errno(&e, errno, "%s", cli_option(c, "keyring")), &e));
    fprintf(stderr, "extracting %s\n", c->arguments[0]);
    if (!backup_extract(c->arguments[0], c->data_dir, &b, &e))
        return cli_fail(&e);
    char keyring[PATH_MAX], root[65];
    snprintf(keyring, sizeof(keyring), "%s/private/keyring/keys", c->data_dir);
    bool has_keys = access(keyring, F_OK) == 0 || cli_option(c, "keyring");
    fprintf(stderr, "checking every leaf, tile and blob\n");
    if (!fill(c, has_keys, &r, &e))
        return cli_fail(&e);
    hex_encode(b.head.root.bytes, SHA256_SIZE, root);
    if (c->json) {
        struct json *o = json_object(c->arena);
        json_put_int(o, "size", (int64_t)b.head.size);
        json_put_cstr(o, "root", root);
        json_put_int(o, "members", (int64_t)b.members);
        json_put_bool(o, "keyring", has_keys);
        json_put_bool(o, "verified", r.is_ok);
        return cli_print_json(o);
    }
    return cli_print(arena_printf(
        c->arena,
        "%s: %llu leaves, head %llu:%s\n%sIt can be read, and is not written to: leaves signed after this backup would be contradicted. Ask "
        "a witness, a\nmirror or an auditor for the newest head they saw, then:\n    assay restore --data %s --confirm SIZE:ROOT\n",
        c->data_dir, (unsigned long long)b.head.size, (unsigned long long)b.head.size, root,
        has_keys ? "Everything in it was checked and holds.\n"
                 : "The keys of its blobs are not here: assay keyring restore FILE, then assay rebuild and assay verify.\n",
        c->data_dir));
}

const struct cli_command cli_command_restore = {
    .name = "restore",
    .summary = "make a data directory from a backup, check it, and keep it from being written to until that is safe",
    .usage = "[--keyring FILE] FILE | --confirm SIZE:ROOT",
    .example = "assay restore --data /srv/assay --keyring keys.bak assay.tar",
    .options = (const struct cli_option[]){
        {"keyring", 0, "FILE", "the keys of the blobs, from: assay keyring backup"},
        {"confirm", 0, "SIZE:ROOT", "the newest head that anybody outside has seen: go on from here if it is not newer"},
        {"nobody-else-has-seen-it", 0, NULL, "go on although no witness, mirror or auditor ever saw a head"},
        {0}},
    .details = "The directory (--data) must not exist. What was signed after the backup is known to witnesses, mirrors and auditors: a ledger that "
               "goes on from an older state contradicts itself before their eyes, which is the one thing it must never do. So the newest head they "
               "saw has to be shown first. If it is newer than the backup, the missing leaves are lost here: keep this directory for reading, and "
               "begin a new ledger with assay init.",
    .arguments_max = 1,
    .has_json = true,
    .run = run,
};
