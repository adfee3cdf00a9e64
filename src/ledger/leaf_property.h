/*
 * leaf_property.h - one property of parsers of outside bytes, run by the unit test over mutated samples and by the fuzz target
 * over what the fuzzer finds: whatever parses as a leaf composes to the same bytes again, and nothing crashes.
 */
#ifndef LEDGER_LEAF_PROPERTY_H
#define LEDGER_LEAF_PROPERTY_H

#include "base/limits.h"
#include "ledger/internal.h"

#include <assert.h>

/* True if `bytes` is a leaf. */
static inline bool leaf_property(struct arena *scratch, struct str bytes)
{
    struct leaf leaf;
    struct err e = {0};
    if (!leaf_parse(scratch, bytes, &leaf, &e)) {
        assert(e.code == ERR_CORRUPT && e.text[0]);
        return false;
    }
    struct buf BUF_AUTO again;
    buf_init(&again, LIMIT_LEAF_BYTES);
    char type[16];
    snprintf(type, sizeof(type), "%.*s", STR_ARGS(leaf.type));
    bool is_composed = leaf_compose(type, leaf.json, leaf.signatures, &again, &e);
    assert(is_composed && str_equal(buf_view(&again), bytes));
    return true;
}

/* The other formats that a verifier reads: whatever parses must be inside the bytes. */
static inline bool note_property(struct str bytes)
{
    struct checkpoint c;
    struct str text, lines;
    struct err e = {0};
    struct note_key key;
    uint64_t offset = 0;
    uint32_t offsets[TILE_WIDTH + 1];
    struct ledger_state state;
    struct str note;
    bool is_note = checkpoint_parse(bytes, &c, &text, &lines, &e);
    if (is_note) {
        assert(text.data == bytes.data && lines.data + lines.size == bytes.data + bytes.size &&
               text.size + 1 + lines.size == bytes.size);
        struct note_key unknown = note_key_make("unknown", (struct ed25519_public){{2}});
        bool is_signed = note_verify(text, lines, &unknown, &e);
        assert(!is_signed);
    }
    (void)!note_key_parse(bytes, &key, &e);
    while (cp_log_record(bytes, &offset, &note))
        assert(note.data >= bytes.data && note.data + note.size <= bytes.data + bytes.size);
    if (bundle_split(bytes, 256, offsets))
        assert(offsets[256] <= bytes.size);
    (void)!state_decode(bytes, "o", &state);
    return is_note;
}

#endif
