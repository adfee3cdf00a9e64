/*
 * buf.h - a growing byte buffer that cannot be made without a maximum.
 *
 * Appending past the maximum sets `full` and appends nothing more; check once at the end. `data` always has a NUL behind `size`.
 *
 *     struct buf b; buf_init(&b, 1 << 20);
 *     buf_printf(&b, "%s=%d\n", key, value);
 *     if (b.full) ...
 *     buf_release(&b);
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/str.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
    char *data;
    size_t size;
    size_t capacity;
    size_t size_max;
    bool full;
};

void buf_init(struct buf *b, size_t size_max);
void buf_release(struct buf *b);
void buf_clear(struct buf *b); /* keeps the memory */
void buf_append(struct buf *b, const void *data, size_t size);
/* Room for `size` more bytes at b->data + b->size, for calls that write there by themselves and then add to b->size. False, and full,
 * when there is none. */
bool buf_reserve(struct buf *b, size_t size);
void buf_str(struct buf *b, struct str s);
void buf_cstr(struct buf *b, const char *text);
void buf_char(struct buf *b, char c);
void buf_int(struct buf *b, int64_t v); /* decimal */
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Big-endian integers, for frames. */
void buf_u16be(struct buf *b, uint16_t v);
void buf_u32be(struct buf *b, uint32_t v);
void buf_u64be(struct buf *b, uint64_t v);
static inline struct str buf_view(const struct buf *b) { return (struct str){b->data ? b->data : "", b->size}; }

#define BUF_AUTO __attribute__((cleanup(buf_release)))

#endif
