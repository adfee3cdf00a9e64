/* bundle_proof.c - C2SP tlog-proof: a leaf's index, its path, and the checkpoint that it leads to. */
#include "ledger/bundle_internal.h"

bool proof_note(struct ledger_reader *r, int ledger_dir, struct buf *out, struct err *e)
{
    struct checkpoint c;
    struct str text, lines;
    struct err none = {0};
    const struct checkpoint *head = ledger_reader_head(r);
    buf_clear(out);
    if (os_file_read(&os_file_real, ledger_dir, "checkpoint.witnessed", out, &none) &&
        checkpoint_parse(buf_view(out), &c, &text, &lines, &none) && c.size <= head->size && strcmp(c.origin, head->origin) == 0)
        return true;
    buf_clear(out);
    buf_str(out, ledger_reader_note(r));
    return !out->full || err_set(e, ERR_TOO_LARGE, "the checkpoint is too large");
}

bool proof_write(struct ledger_reader *r, uint64_t index, struct str note, struct buf *out, struct err *e)
{
    struct checkpoint c;
    struct str text, lines;
    struct sha256 path[64];
    size_t count = 0;
    if (!checkpoint_parse(note, &c, &text, &lines, e))
        return false;
    if (index >= c.size)
        return err_set(e, ERR_INVALID, "leaf %llu: the checkpoint covers %llu leaves", (unsigned long long)index,
                       (unsigned long long)c.size);
    if (!ledger_reader_inclusion(r, index, c.size, path, &count, e))
        return false;
    buf_printf(out, "c2sp.org/tlog-proof@v1\nindex %llu\n", (unsigned long long)index);
    for (size_t i = 0; i < count; i++) {
        base64_encode(str_make(path[i].bytes, SHA256_SIZE), out);
        buf_char(out, '\n');
    }
    buf_char(out, '\n');
    buf_str(out, note);
    return !out->full || err_set(e, ERR_TOO_LARGE, "the proof is too large");
}
