#include "ledger/cosignature.h"

#include "base/cursor.h"

#include <assert.h>

enum { LINE_BYTES_MAX = 8192 };

static void message_of(struct str text, uint64_t time_s, struct buf *out)
{
    buf_printf(out, "cosignature/v1\ntime %llu\n", (unsigned long long)time_s);
    buf_str(out, text);
}

void cosignature_sign_line(const struct note_key *key, const struct ed25519_private *private_key, struct str text,
                           uint64_t time_s, struct buf *out)
{
    assert(key->type == NOTE_KEY_COSIGNATURE && time_s > 0 && time_s <= INT64_MAX);
    struct buf BUF_AUTO message, BUF_AUTO signature;
    uint8_t bytes[ED25519_SIGNATURE_SIZE];
    buf_init(&message, text.size + 64);
    buf_init(&signature, COSIGNATURE_SIZE);
    message_of(text, time_s, &message);
    ed25519_sign(private_key, buf_view(&message), bytes);
    buf_u64be(&signature, time_s);
    buf_append(&signature, bytes, sizeof(bytes));
    note_line_format(key, buf_view(&signature), out);
}

/* True if `signature` (behind the key id) is by `key` over `text`. */
static bool signature_holds(const struct note_key *key, struct str text, struct str signature, uint64_t *ret_time_s)
{
    struct cursor c = cursor_of(signature);
    uint64_t time_s = cursor_u64be(&c);
    struct str bytes = cursor_take(&c, ED25519_SIGNATURE_SIZE);
    if (c.failed || !cursor_at_end(&c) || time_s > INT64_MAX)
        return false;
    struct buf BUF_AUTO message;
    buf_init(&message, text.size + 64);
    message_of(text, time_s, &message);
    *ret_time_s = time_s;
    return ed25519_verify(&key->public_key, buf_view(&message), (const uint8_t *)bytes.data);
}

bool cosignature_find(struct str text, struct str lines, const struct note_key *key, struct str *ret_line, uint64_t *ret_time_s,
                      struct err *e)
{
    if (key->type != NOTE_KEY_COSIGNATURE)
        return err_set(e, ERR_UNSUPPORTED, "%s is no cosigner's key", key->name);
    struct buf BUF_AUTO bytes;
    buf_init(&bytes, LINE_BYTES_MAX);
    struct str newest = {NULL, 0};
    uint64_t newest_s = 0;
    struct cursor c = cursor_of(lines);
    for (int n = 0; n < NOTE_LINES_MAX && !cursor_at_end(&c); n++) {
        struct str line = cursor_line(&c), name;
        if (c.failed || !note_line_parse(line, &name, &bytes))
            return err_set(e, ERR_CORRUPT, "signature line %d is malformed", n + 1);
        struct cursor id = cursor_of(buf_view(&bytes));
        if (!str_is(name, key->name) || cursor_u32be(&id) != key->id)
            continue;
        uint64_t time_s = 0;
        if (!signature_holds(key, text, str_slice(buf_view(&bytes), 4, bytes.size), &time_s))
            return err_set(e, ERR_CORRUPT, "the cosignature by %s does not hold", key->name);
        if (newest.data && time_s <= newest_s)
            continue;
        newest = str_make(line.data, line.size + 1); /* with the LF that cursor_line took */
        newest_s = time_s;
    }
    if (!newest.data)
        return err_set(e, ERR_NOT_FOUND, "no cosignature by %s", key->name);
    if (ret_line)
        *ret_line = newest;
    if (ret_time_s)
        *ret_time_s = newest_s;
    return true;
}
