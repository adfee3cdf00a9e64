/* cmd_dump.c - the projection as canonical JSON lines: two dumps are compared byte by byte. */
#include "cli/cli.h"
#include "keeper/data_dir.h"
#include "keeper/projection.h"
#include <errno.h>

static bool write_out(void *context, struct str text, struct err *e)
{
    (void)context;
    return fwrite(text.data, 1, text.size, stdout) == text.size ? true : err_errno(e, errno, "standard output");
}

static int run(struct cli_context *c)
{
    struct err e = {0};
    struct data_dir d;
    if (!data_dir_open(&d, c->data_dir, &e))
        return cli_fail(&e);
    struct db *db = data_dir_projection(&d, &e);
    bool ok = db && projection_dump(db, write_out, NULL, &e);
    if (ok && fflush(stdout) != 0)
        ok = err_errno(&e, errno, "standard output");
    db_close(db);
    data_dir_close(&d);
    return ok ? 0 : cli_fail(&e);
}

const struct cli_command cli_command_dump = {
    .name = "dump",
    .summary = "print the whole projection as canonical JSON lines",
    .usage = "",
    .example = "assay dump | sha256sum",
    .details = "Each line is [table, column…]. The same ledger gives the same bytes, also after assay rebuild.",
    .run = run,
};
