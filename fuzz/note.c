/* Notes, their keys and signature lines: what is read is written as it was. */
#include "ledger/cosignature.h"
#include "target.h"

static void lines_property(struct str lines)
{
    struct str line, name;
    while (str_next_line(&lines, &line)) {
        struct buf BUF_AUTO bytes, again;
        buf_init(&bytes, 1 << 16);
        buf_init(&again, 1 << 16);
        if (!note_line_parse(line, &name, &bytes))
            continue;
        assert(bytes.size >= 4 && name.size < 256);
        buf_cstr(&again, "\xe2\x80\x94 ");
        buf_str(&again, name);
        buf_char(&again, ' ');
        base64_encode(buf_view(&bytes), &again);
        assert(str_equal(buf_view(&again), line));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_make(data, size), rest = text, line;
    struct err e = {0};
    lines_property(text);
    while (str_next_line(&rest, &line)) {
        struct note_key key, again;
        struct buf BUF_AUTO vkey;
        buf_init(&vkey, 4096);
        if (!note_key_parse(line, &key, &e)) {
            assert(e.code != ERR_NONE && e.text[0]);
            continue;
        }
        note_key_format(&key, &vkey);
        assert(str_equal(buf_view(&vkey), str_trim(line))); /* people paste keys with spaces around */
        again = note_key_make_typed(key.name, key.type, key.public_key);
        assert(again.id == key.id);
        bool is_signed = note_verify(text, text, &key, &e) || cosignature_find(text, text, &key, NULL, NULL, &e);
        (void)is_signed; /* a fuzzer that holds a private key may sign */
    }
    return 0;
}
