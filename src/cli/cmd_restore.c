/* cmd_restore.c - a data directory from a backup, checked before anybody relies on it; and leave to go on writing. */
#include "cli/cli.h"
#include "keeper/backup.h"
#include "keeper/key_backup.h"
#include "keeper/rebuild.h"
#include "keeper/verify_all.h"
#include "role/role.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static bool check(struct cli_context *c, const char *dir, const struct checkpoint *seen, struct verify_report *r, struct err *e)
{
    size_t kind_count;
    const struct op_kind *kinds = role_op_kinds(&kind_count);
    struct verify_options o = {.last_seen = seen};
    if (!verify_all(dir, &o, kinds, kind_count, c->arena, r, e))
        return false;
    return r->is_ok
               ? true
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
        return cli_wrong_use(
            c, "--confirm %.80s: wants SIZE:ROOT of the newest head that a witness, a mirror or an auditor has seen", head);
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

/* ---- making one ---- */

struct restoring {
    struct cli_context *c;
    char part[PATH_MAX]; /* what is extracted and checked; in its place when it holds */
    bool has_keys;
    struct backup_report backup;
    struct verify_report report;
};

static void tell(const char *what, const char *of)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "%s%s\n", what, of);
}

static bool keys_import(struct restoring *r, struct err *e)
{
    struct data_dir d;
    const char *keyring = cli_option(r->c, "keyring");
    uint64_t added = 0, erased = 0;
    if (!keyring)
        return true;
    if (!data_dir_open(&d, r->part, e))
        return false;
    bool ok = keyring_import(&d, keyring, NULL, r->c->env, &added, &erased, e);
    data_dir_close(&d);
    return ok;
}

static bool fill(struct restoring *r, struct err *e)
{
    struct rebuild_report rebuilt;
    size_t kind_count;
    const struct op_kind *kinds = role_op_kinds(&kind_count);
    char keyring[PATH_MAX + 32];
    snprintf(keyring, sizeof(keyring), "%s/private/keyring/keys", r->part);
    r->has_keys = access(keyring, F_OK) == 0 || cli_option(r->c, "keyring");
    if (!keys_import(r, e))
        return false;
    if (!r->has_keys)
        return true;
    tell("checking every leaf, tile and blob", "");
    return keeper_rebuild(r->part, kinds, kind_count, r->c->env, &rebuilt, e) && check(r->c, r->part, NULL, &r->report, e);
}

/* Under its own name, on disk. An empty directory may stand there. */
static bool put_in_place(const struct restoring *r, struct err *e)
{
    char parent[PATH_MAX];
    const char *slash = strrchr(r->part, '/');
    snprintf(parent, sizeof(parent), "%.*s", slash ? (int)(slash - r->part) + 1 : 1, slash ? r->part : ".");
    if (rename(r->part, r->c->data_dir) != 0)
        return err_errno(e, errno, "%s", r->c->data_dir);
    int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = (fd >= 0 && fsync(fd) == 0) || err_errno(e, errno, "sync %s", parent);
    if (fd >= 0)
        close(fd);
    return ok;
}

/* DIR.part beside it; what an earlier restore left there goes. */
static bool part_prepare(struct restoring *r, struct err *e)
{
    const char *dir = r->c->data_dir;
    size_t size = strlen(dir);
    while (size > 1 && dir[size - 1] == '/')
        size--;
    if ((size_t)snprintf(r->part, sizeof(r->part), "%.*s.part", (int)size, dir) >= sizeof(r->part))
        return err_set(e, ERR_INVALID, "%.100s...: the name is too long", dir);
    if (access(dir, F_OK) == 0 && rmdir(dir) != 0) /* only an empty one is taken */
        return errno == ENOTEMPTY || errno == EEXIST
                   ? err_set(e, ERR_EXISTS, "%s: is not empty; name a directory that is not there yet", dir)
                   : err_errno(e, errno, "%s", dir);
    return backup_discard(r->part, e);
}

static bool restore(struct restoring *r, struct err *e)
{
    const char *file = r->c->arguments[0], *keyring = cli_option(r->c, "keyring");
    struct err left = {0};
    if (keyring && access(keyring, R_OK) != 0) /* before anything is made */
        return err_errno(e, errno, "%s", keyring);
    if (access(file, R_OK) != 0)
        return err_errno(e, errno, "%s", file);
    if (!part_prepare(r, e))
        return false;
    tell("extracting ", file);
    if (backup_extract(file, r->part, &r->backup, e) && fill(r, e) && put_in_place(r, e))
        return true;
    if (!backup_discard(r->part, &left))
        err_wrap(e, "%s, and %s is left", left.text, r->part);
    return false;
}

static int report(struct restoring *r)
{
    struct cli_context *c = r->c;
    char root[65];
    hex_encode(r->backup.head.root.bytes, SHA256_SIZE, root);
    if (c->json) {
        struct json *o = json_object(c->arena);
        json_put_int(o, "size", (int64_t)r->backup.head.size);
        json_put_cstr(o, "root", root);
        json_put_int(o, "members", (int64_t)r->backup.members);
        json_put_bool(o, "keyring", r->has_keys);
        json_put_bool(o, "verified", r->report.is_ok);
        return cli_print_json(o);
    }
    return cli_print(arena_printf(
        c->arena,
        "%s: %llu leaves, head %llu:%s\n%sIt can be read, and is not written to: leaves signed after this backup would be "
        "contradicted. Ask a witness, a\nmirror or an auditor for the newest head they saw, then:\n    assay restore --data %s "
        "--confirm SIZE:ROOT\n",
        c->data_dir, (unsigned long long)r->backup.head.size, (unsigned long long)r->backup.head.size, root,
        r->has_keys ? "Everything in it was checked and holds.\n"
                    : "The keys of its blobs are not here: assay keyring restore FILE, then assay rebuild and assay verify.\n",
        c->data_dir));
}

static int run(struct cli_context *c)
{
    struct err e = {0};
    struct restoring *r = ARENA_NEW(c->arena, struct restoring);
    *r = (struct restoring){.c = c};
    if (cli_option(c, "confirm") || cli_flag(c, "nobody-else-has-seen-it"))
        return c->argument_count == 0 ? confirm(c, &e) : cli_wrong_use(c, "confirming takes no file");
    if (c->argument_count != 1)
        return cli_wrong_use(c, "which file?");
    return restore(r, &e) ? report(r) : cli_fail(&e);
}

const struct cli_command cli_command_restore = {
    .name = "restore",
    .summary = "make a data directory from a backup, check it, and keep it from being written to until that is safe",
    .usage = "[--keyring FILE] FILE | --confirm SIZE:ROOT",
    .example = "assay restore --data /srv/assay --keyring keys.bak assay.tar",
    .options =
        (const struct cli_option[]){
            {"keyring", 0, "FILE", "the keys of the blobs, from: assay keyring backup"},
            {"confirm", 0, "SIZE:ROOT", "the newest head that anybody outside has seen: go on from here if it is not newer"},
            {"nobody-else-has-seen-it", 0, NULL, "go on although no witness, mirror or auditor ever saw a head"},
            {0}},
    .details = "The directory (--data) must not exist; when something fails, nothing is left of it (tar extracts what FILE "
               "holds). What was signed after the backup is known to witnesses, mirrors and auditors: a ledger that "
               "goes on from an older state contradicts itself before their eyes, which is the one thing it must never do. So "
               "the newest head they "
               "saw has to be shown first. If it is newer than the backup, the missing leaves are lost here: keep this directory "
               "for reading, and "
               "begin a new ledger with assay init.",
    .arguments_max = 1,
    .has_json = true,
    .run = run,
};
