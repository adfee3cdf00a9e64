#include "ledger/internal.h"

#include "base/cursor.h"

#include <assert.h>

enum { NOTE_BYTES_MAX = 1 << 20 };

static const char dash[] = "\xe2\x80\x94 "; /* U+2014 and a space */

/* Bytes of the Unicode space at s[i], 0 when there is none. White_Space beyond ASCII: U+0085 A0 1680 2000-200A 2028 2029 202F
 * 205F 3000. */
static size_t unicode_space(struct str s, size_t i)
{
    const uint8_t *p = (const uint8_t *)s.data + i;
    size_t left = s.size - i;
    if (left >= 2 && p[0] == 0xc2 && (p[1] == 0x85 || p[1] == 0xa0))
        return 2;
    if (left < 3)
        return 0;
    if ((p[0] == 0xe1 && p[1] == 0x9a && p[2] == 0x80) || (p[0] == 0xe3 && p[1] == 0x80 && p[2] == 0x80))
        return 3;
    if (p[0] == 0xe2 && p[1] == 0x80 && ((p[2] >= 0x80 && p[2] <= 0x8a) || p[2] == 0xa8 || p[2] == 0xa9 || p[2] == 0xaf))
        return 3;
    return p[0] == 0xe2 && p[1] == 0x81 && p[2] == 0x9f ? 3 : 0;
}

bool note_name_is_valid(struct str name)
{
    if (name.size == 0 || name.size > 255 || !str_is_utf8(name))
        return false;
    for (size_t i = 0; i < name.size; i++) {
        uint8_t c = (uint8_t)name.data[i];
        if (c <= ' ' || c == '+' || c == 0x7f || unicode_space(name, i))
            return false;
    }
    return true;
}

struct note_key note_key_make_typed(const char *name, uint8_t type, struct ed25519_public public_key)
{
    struct note_key key = {.type = type, .public_key = public_key};
    snprintf(key.name, sizeof(key.name), "%s", name);
    uint8_t tail[2 + ED25519_KEY_SIZE] = {'\n', type};
    memcpy(tail + 2, public_key.bytes, ED25519_KEY_SIZE);
    struct sha256 h = sha256_of2(str_of(key.name), str_make(tail, sizeof(tail)));
    key.id = (uint32_t)h.bytes[0] << 24 | (uint32_t)h.bytes[1] << 16 | (uint32_t)h.bytes[2] << 8 | h.bytes[3];
    return key;
}

struct note_key note_key_make(const char *name, struct ed25519_public public_key)
{
    return note_key_make_typed(name, NOTE_KEY_ED25519, public_key);
}

bool note_key_parse(struct str vkey, struct note_key *ret, struct err *e)
{
    struct str name, hash, rest = str_trim(vkey);
    if (!str_cut(&rest, '+', &name) || !str_cut(&rest, '+', &hash) || !note_name_is_valid(name))
        return err_set(e, ERR_INVALID, "verifier key: not of the form name+hash+key");
    uint8_t id[4];
    struct buf BUF_AUTO key;
    buf_init(&key, NOTE_SIGNATURE_BYTES_MAX);
    if (!hex_decode(hash, id, sizeof(id)) || !base64_decode(rest, &key) || key.size == 0)
        return err_set(e, ERR_INVALID, "verifier key %.*s: hash or key is malformed", STR_ARGS(name));
    uint8_t type = (uint8_t)key.data[0];
    if (type != NOTE_KEY_ED25519 && type != NOTE_KEY_COSIGNATURE)
        return err_set(e, ERR_UNSUPPORTED,
                       "verifier key %.*s: signature type %u, only Ed25519 (1) and cosignature/v1 (4) are known", STR_ARGS(name),
                       type);
    if (key.size != 1 + ED25519_KEY_SIZE)
        return err_set(e, ERR_INVALID, "verifier key %.*s: hash or key is malformed", STR_ARGS(name));
    struct ed25519_public public_key;
    char name_text[256];
    memcpy(public_key.bytes, key.data + 1, ED25519_KEY_SIZE);
    snprintf(name_text, sizeof(name_text), "%.*s", STR_ARGS(name));
    struct note_key made = note_key_make_typed(name_text, type, public_key);
    if (made.id != ((uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 | (uint32_t)id[2] << 8 | id[3]))
        return err_set(e, ERR_INVALID, "verifier key %.*s: the hash does not belong to the key", STR_ARGS(name));
    if (ed25519_is_low_order(&public_key))
        return err_set(e, ERR_INVALID, "verifier key %.*s: a point of low order, under which anybody can sign", STR_ARGS(name));
    if (!ed25519_is_canonical(&public_key))
        return err_set(e, ERR_INVALID, "verifier key %.*s: not the one spelling of its point", STR_ARGS(name));
    *ret = made;
    return true;
}

void note_key_format(const struct note_key *key, struct buf *out)
{
    uint8_t bytes[1 + ED25519_KEY_SIZE] = {key->type};
    memcpy(bytes + 1, key->public_key.bytes, ED25519_KEY_SIZE);
    buf_printf(out, "%s+%08x+", key->name, key->id);
    base64_encode(str_make(bytes, sizeof(bytes)), out);
}

void note_line_format(const struct note_key *key, struct str signature, struct buf *out)
{
    struct buf BUF_AUTO bytes;
    buf_init(&bytes, NOTE_SIGNATURE_BYTES_MAX);
    buf_u32be(&bytes, key->id);
    buf_str(&bytes, signature);
    buf_printf(out, "%s%s ", dash, key->name);
    base64_encode(buf_view(&bytes), out);
    buf_char(out, '\n');
}

void note_sign_line(const struct note_key *key, const struct ed25519_private *private_key, struct str text, struct buf *out)
{
    assert(key->type == NOTE_KEY_ED25519);
    uint8_t signature[ED25519_SIGNATURE_SIZE];
    ed25519_sign(private_key, text, signature);
    note_line_format(key, str_make(signature, sizeof(signature)), out);
}

bool note_line_parse(struct str line, struct str *ret_name, struct buf *ret_bytes)
{
    if (!str_starts(line, dash))
        return false;
    struct str rest = str_slice(line, sizeof(dash) - 1, line.size), name;
    buf_clear(ret_bytes);
    if (!str_cut(&rest, ' ', &name) || !note_name_is_valid(name) || !base64_decode(rest, ret_bytes) || ret_bytes->size < 5)
        return false;
    *ret_name = name;
    return true;
}

bool note_verify(struct str text, struct str signature_lines, const struct note_key *key, struct err *e)
{
    if (key->type != NOTE_KEY_ED25519)
        return err_set(e, ERR_UNSUPPORTED, "%s is a cosigner's key, which signs checkpoints with a time and nothing else",
                       key->name);
    struct buf BUF_AUTO signature;
    buf_init(&signature, NOTE_SIGNATURE_BYTES_MAX);
    bool is_found = false;
    struct cursor c = cursor_of(signature_lines);
    for (int n = 0; n < NOTE_LINES_MAX && !cursor_at_end(&c); n++) {
        struct str line = cursor_line(&c), name;
        if (c.failed || !note_line_parse(line, &name, &signature))
            return err_set(e, ERR_CORRUPT, "signature line %d is malformed", n + 1);
        struct cursor bytes = cursor_of(buf_view(&signature));
        if (!str_is(name, key->name) || cursor_u32be(&bytes) != key->id)
            continue; /* an unknown key's line says nothing, whatever is in it */
        if (signature.size != 4 + ED25519_SIGNATURE_SIZE ||
            !ed25519_verify(&key->public_key, text, (const uint8_t *)signature.data + 4))
            return err_set(e, ERR_CORRUPT, "the signature by %s does not hold", key->name);
        is_found = true;
    }
    return is_found || err_set(e, ERR_CORRUPT, "no signature by %s", key->name);
}

/* The first line that claims to be by `key`; false when there is none before a malformed one. */
static bool line_find(struct str signature_lines, const struct note_key *key, struct str *ret)
{
    struct buf BUF_AUTO signature;
    buf_init(&signature, NOTE_SIGNATURE_BYTES_MAX);
    struct cursor c = cursor_of(signature_lines);
    for (int n = 0; n < NOTE_LINES_MAX && !cursor_at_end(&c); n++) {
        struct str line = cursor_line(&c), name;
        if (c.failed || !note_line_parse(line, &name, &signature))
            return false;
        struct cursor bytes = cursor_of(buf_view(&signature));
        if (str_is(name, key->name) && cursor_u32be(&bytes) == key->id) {
            *ret = line;
            return true;
        }
    }
    return false;
}

bool note_has_line(struct str signature_lines, const struct note_key *key)
{
    struct str line;
    return line_find(signature_lines, key, &line);
}

void note_line_copy(struct str signature_lines, const struct note_key *key, struct buf *out)
{
    struct str line;
    if (!line_find(signature_lines, key, &line))
        return;
    buf_str(out, line);
    buf_char(out, '\n');
}

bool checkpoint_name_parse(struct str name, struct checkpoint *ret)
{
    struct str size;
    uint64_t n;
    if (!str_cut(&name, ':', &size) || !decimal_parse(size, &n) || !hex_decode(name, ret->root.bytes, SHA256_SIZE))
        return false;
    ret->size = n;
    return true;
}

void checkpoint_text(const struct checkpoint *c, struct buf *out)
{
    buf_printf(out, "%s\n%llu\n", c->origin, (unsigned long long)c->size);
    base64_encode(str_make(c->root.bytes, SHA256_SIZE), out);
    buf_char(out, '\n');
}

/* Splits a note at its last empty line. */
static bool note_split(struct str note, struct str *ret_text, struct str *ret_lines)
{
    if (note.size == 0 || note.size > NOTE_BYTES_MAX || note.data[note.size - 1] != '\n' || !str_is_utf8(note))
        return false;
    ptrdiff_t end = -1;
    for (size_t i = 0; i < note.size; i++) {
        if ((uint8_t)note.data[i] < ' ' && note.data[i] != '\n')
            return false;
        if (note.data[i] == '\n' && i + 1 < note.size && note.data[i + 1] == '\n')
            end = (ptrdiff_t)i + 1;
    }
    if (end < 1 || (size_t)end + 1 >= note.size)
        return false;
    *ret_text = str_slice(note, 0, (size_t)end);
    *ret_lines = str_slice(note, (size_t)end + 1, note.size);
    return true;
}

bool decimal_parse(struct str line, uint64_t *ret_size)
{
    int64_t size = 0;
    if (line.size == 0 || line.data[0] < '0' || line.data[0] > '9' || (line.data[0] == '0' && line.size > 1) ||
        !str_to_int64(line, &size))
        return false;
    *ret_size = (uint64_t)size;
    return true;
}

bool checkpoint_parse(struct str note, struct checkpoint *ret, struct str *ret_text, struct str *ret_lines, struct err *e)
{
    struct str text, lines;
    if (!note_split(note, &text, &lines))
        return err_set(e, ERR_CORRUPT, "checkpoint: not a signed note");
    struct cursor c = cursor_of(text);
    struct str origin = cursor_line(&c), size = cursor_line(&c), root = cursor_line(&c);
    struct checkpoint made = {.size = 0};
    struct buf BUF_AUTO hash;
    buf_init(&hash, SHA256_SIZE);
    if (c.failed || origin.size == 0 || origin.size >= sizeof(made.origin) || !decimal_parse(size, &made.size) ||
        !base64_decode(root, &hash) || hash.size != SHA256_SIZE)
        return err_set(e, ERR_CORRUPT, "checkpoint: the lines origin, size, root are malformed");
    while (!cursor_at_end(&c))
        if (cursor_line(&c).size == 0)
            return err_set(e, ERR_CORRUPT, "checkpoint: an empty extension line");
    memcpy(made.origin, origin.data, origin.size);
    memcpy(made.root.bytes, hash.data, SHA256_SIZE);
    *ret = made;
    *ret_text = text;
    *ret_lines = lines;
    return true;
}
