/* cmd_backup.c - one file that holds the whole data directory. */
#include "cli/cli.h"
#include "keeper/backup.h"
#include <stdio.h>
#include <unistd.h>

static void progress(uint64_t bytes)
{
    static uint64_t said;
    if (isatty(STDERR_FILENO) && bytes - said >= 64u << 20) {
        said = bytes;
        fprintf(stderr, "\r%llu MiB", (unsigned long long)(bytes >> 20));
    }
}

static int run(struct cli_context *c)
{
    struct err e = {0};
    struct backup_report r;
    char root[65];
    if (!backup_write(c->data_dir, c->arguments[0], cli_flag(c, "with-keyring"), progress, &r, &e))
        return cli_fail(&e);
    if (!backup_note(c->data_dir, c->env, &r, &e)) {
        fprintf(stderr, "assay: backup: it is written, but not noted in the data directory: %s\n", e.text);
        e = (struct err){0};
    }
    hex_encode(r.head.root.bytes, SHA256_SIZE, root);
    if (c->json) {
        struct json *o = json_object(c->arena);
        json_put_cstr(o, "file", c->arguments[0]);
        json_put_int(o, "size", (int64_t)r.head.size);
        json_put_cstr(o, "root", root);
        json_put_int(o, "members", (int64_t)r.members);
        json_put_int(o, "bytes", (int64_t)r.bytes);
        json_put_bool(o, "keyring", r.with_keyring);
        return cli_print_json(o);
    }
    return cli_print(arena_printf(c->arena,
                                  "%s: %llu leaves, %llu files, %llu bytes\nhead  %llu:%s\n%s", c->arguments[0],
                                  (unsigned long long)r.head.size, (unsigned long long)r.members, (unsigned long long)r.bytes,
                                  (unsigned long long)r.head.size, root,
                                  r.with_keyring ? "It holds the keys of the blobs: what is erased later can be read with it.\n"
                                                 : "The keys of the blobs are not in it; beside it belongs: assay keyring backup FILE\n"));
}

const struct cli_command cli_command_backup = {
    .name = "backup",
    .summary = "write the whole data directory to one file, beside a running server",
    .usage = "[--with-keyring] FILE",
    .example = "assay backup /backup/assay-$(date +%F).tar",
    .options = (const struct cli_option[]){{"with-keyring", 0, NULL, "also the keys of the blobs: then erasing reaches this file only when you delete it"},
                                           {0}},
    .details = "FILE is a tar archive that no command overwrites. It holds the private keys: keep it where you would keep them. The keyring has "
               "backups of its own that expire (assay keyring backup), so that what was erased does not come back from an old file. See: assay "
               "restore.",
    .arguments_min = 1,
    .arguments_max = 1,
    .has_json = true,
    .run = run,
};
