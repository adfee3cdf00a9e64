/* cmd_prove.c - C2SP tlog-proof files: one leaf each, for a reader who has nothing but the log's key. */
#include "cli/cli.h"
#include "keeper/data_dir.h"
#include "ledger/bundle.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const struct cli_option options[] = {
    {"out", 'o', "DIR", "where to write N.tlog-proof and N.leaf; otherwise the proof of one leaf goes to standard output"},
    {0},
};

static bool save(int dir, uint64_t index, const char *suffix, struct str bytes, struct err *e)
{
    char name[64];
    snprintf(name, sizeof(name), "%llu.%s", (unsigned long long)index, suffix);
    return os_file_replace(&os_file_real, dir, name, bytes, 0644, e);
}

static bool prove(struct cli_context *c, struct ledger_reader *r, int ledger_dir, int out_dir, const char *argument, struct err *e)
{
    int64_t index = -1;
    struct str leaf;
    struct buf BUF_AUTO note, proof;
    struct err first = {0};
    buf_init(&note, 1 << 20);
    buf_init(&proof, 1 << 20);
    if (!str_to_int64(str_of(argument), &index) || index < 0)
        return err_set(e, ERR_INVALID, "%.40s is no leaf number", argument);
    if (!ledger_reader_leaf(r, c->arena, (uint64_t)index, &leaf, e) || !proof_note(r, ledger_dir, &note, e))
        return false;
    if (!proof_write(r, (uint64_t)index, buf_view(&note), &proof, &first)) { /* newer than what was witnessed */
        buf_clear(&proof);
        if (!proof_write(r, (uint64_t)index, ledger_reader_note(r), &proof, e))
            return false;
    }
    if (out_dir < 0)
        return (fwrite(proof.data, 1, proof.size, stdout) == proof.size && fflush(stdout) == 0) || err_errno(e, errno, "standard output");
    return save(out_dir, (uint64_t)index, "tlog-proof", buf_view(&proof), e) && save(out_dir, (uint64_t)index, "leaf", leaf, e);
}

static int run(struct cli_context *c)
{
    struct err e = {0};
    struct data_dir d;
    const char *out = cli_option(c, "out");
    int out_dir = -1;
    if (!out && c->argument_count > 1)
        return cli_wrong_use(c, "several proofs want -o DIR");
    if (!data_dir_open(&d, c->data_dir, &e))
        return cli_fail(&e);
    int ledger_dir = data_dir_ledger(&d, &e);
    struct ledger_reader *r = ledger_dir >= 0 ? ledger_reader_open(ledger_dir, &e) : NULL;
    bool ok = r != NULL && (!out || os_dir_make(&os_file_real, AT_FDCWD, out, 0755, &e));
    if (ok && out && (out_dir = open(out, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        ok = err_errno(&e, errno, "%s", out);
    for (int i = 0; ok && i < c->argument_count; i++)
        ok = prove(c, r, ledger_dir, out_dir, c->arguments[i], &e);
    if (out_dir >= 0)
        close(out_dir);
    ledger_reader_close(r);
    if (ledger_dir >= 0)
        close(ledger_dir);
    data_dir_close(&d);
    return ok ? 0 : cli_fail(&e);
}

const struct cli_command cli_command_prove = {
    .name = "prove",
    .summary = "write proofs that leaves are in the ledger (C2SP tlog-proof)",
    .usage = "LEAF… [-o DIR]",
    .example = "assay prove 70 -o proofs",
    .options = options,
    .details = "Under the newest witnessed checkpoint that covers the leaf, else under the newest. Check one with: assay-verify --log "
               "VKEY --proof 70.tlog-proof --leaf 70.leaf, or with any C2SP client.",
    .arguments_min = 1,
    .arguments_max = -1,
    .run = run,
};
