/* Checkpoints: two readers agree on what one is and what it says, and writing it gives the signed text again. */
#include "ledger/ledger.h"
#include "target.h"
#include "verify/av.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str note = str_make(data, size), text, lines;
    struct checkpoint c;
    struct av_checkpoint other;
    struct err e = {0};
    bool ours = checkpoint_parse(note, &c, &text, &lines, &e);
    const char *fault = av_checkpoint_read((struct av_text){note.data, note.size}, &other);
    assert(ours || (e.code != ERR_NONE && e.text[0]));
    if (!ours || fault)
        return 0;
    assert(other.size == c.size && memcmp(&other.root, &c.root, sizeof(c.root)) == 0);
    assert(str_equal(str_make(other.origin.data, other.origin.size), str_of(c.origin)));
    assert(other.text.data == text.data && other.text.size == text.size && other.lines.data == lines.data);
    struct buf BUF_AUTO again;
    buf_init(&again, 4096);
    checkpoint_text(&c, &again);
    assert(str_equal(str_slice(text, 0, again.size), buf_view(&again))); /* lines of extensions may follow */
    return 0;
}
