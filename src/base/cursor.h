/*
 * cursor.h - the only reader of wire and file formats. Every read is bounds-checked; the first failing read makes the cursor `failed`,
 * and all later reads return zero or an empty view. Check `failed` once, after a group of reads; `offset` says where it stood.
 *
 *     struct cursor c = cursor_of(bytes);
 *     uint16_t size = cursor_u16be(&c);
 *     struct str body = cursor_take(&c, size);
 *     if (c.failed || !cursor_at_end(&c)) return err_set(e, ERR_CORRUPT, "frame at %zu: short", c.offset);
 */
#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H

#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

struct cursor {
    struct str bytes;
    size_t offset;
    bool failed;
};

static inline struct cursor cursor_of(struct str bytes) { return (struct cursor){bytes, 0, false}; }
size_t cursor_left(const struct cursor *c);
bool cursor_at_end(const struct cursor *c);
uint8_t cursor_u8(struct cursor *c);
uint16_t cursor_u16be(struct cursor *c);
uint32_t cursor_u32be(struct cursor *c);
uint64_t cursor_u64be(struct cursor *c);
uint16_t cursor_u16le(struct cursor *c);
uint32_t cursor_u32le(struct cursor *c);
uint64_t cursor_u64le(struct cursor *c);
struct str cursor_take(struct cursor *c, size_t size);
void cursor_skip(struct cursor *c, size_t size);
/* Up to the next LF, which is consumed and not returned; fails when there is none. */
struct str cursor_line(struct cursor *c);
/* The byte `ahead` positions on, or -1 past the end; consumes nothing, never fails. */
int cursor_peek(const struct cursor *c, size_t ahead);
/* True and consumed if the next bytes are `literal`; otherwise nothing happens. */
bool cursor_accept(struct cursor *c, const char *literal);

#endif
