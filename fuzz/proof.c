/* A C2SP tlog-proof: what is read is written as it was. */
#include "base/buf.h"
#include "crypto/crypto.h"
#include "target.h"
#include "verify/av.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct av_hash path[64];
    struct av_checkpoint c;
    uint64_t index = 0;
    int count = 0;
    const char *fault = av_proof_read((struct av_text){(const char *)data, size}, &index, path, &count, &c);
    if (fault) {
        assert(fault[0]);
        return 0;
    }
    struct str rest = str_make(data, size), line;
    struct buf BUF_AUTO again;
    buf_init(&again, 1 << 20);
    bool has_line = str_next_line(&rest, &line);
    assert(has_line);
    buf_cstr(&again, "c2sp.org/tlog-proof@v1\n");
    has_line = str_next_line(&rest, &line);
    assert(has_line);
    if (str_starts(line, "extra ")) {
        buf_str(&again, line);
        buf_char(&again, '\n');
    }
    buf_printf(&again, "index %llu\n", (unsigned long long)index);
    for (int i = 0; i < count; i++) {
        base64_encode(str_make(path[i].bytes, sizeof(path[i].bytes)), &again);
        buf_char(&again, '\n');
    }
    buf_char(&again, '\n');
    buf_append(&again, c.text.data, c.text.size);
    buf_char(&again, '\n');
    buf_append(&again, c.lines.data, c.lines.size);
    assert(again.full || str_equal(buf_view(&again), str_make(data, size)));
    struct av_hash leaf = {{0}};
    (void)av_inclusion_holds(index, c.size, leaf, path, count, &c.root);
    return 0;
}
