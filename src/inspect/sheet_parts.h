/* sheet_parts.h - for tests: an archive of parts that are written "NAME LF size LF bytes", one after the other. */
#ifndef INSPECT_SHEET_PARTS_H
#define INSPECT_SHEET_PARTS_H

#include "inspect/internal.h"

static inline void put16(struct buf *b, unsigned n)
{
    buf_char(b, (char)(n & 255));
    buf_char(b, (char)(n >> 8 & 255));
}

static inline void put32(struct buf *b, size_t n)
{
    put16(b, (unsigned)(n & 0xffff));
    put16(b, (unsigned)(n >> 16 & 0xffff));
}

static inline void head_put(struct buf *b, bool is_local, struct str name, struct str data, size_t from)
{
    buf_append(b, is_local ? "PK\x03\x04" : "PK\x01\x02", 4);
    put16(b, 20);
    if (!is_local)
        put16(b, 20);
    put32(b, 0); /* flags, method: stored */
    put32(b, 0);
    put32(b, crc32_of(0, data));
    put32(b, data.size);
    put32(b, data.size);
    put16(b, (unsigned)name.size);
    put16(b, 0);
    if (!is_local) {
        put16(b, 0);
        put32(b, 0);
        put32(b, 0);
        put32(b, from);
    }
    buf_str(b, name);
}

static inline void parts_zip(struct buf *b, struct str parts)
{
    struct buf BUF_AUTO directory;
    struct str name, size;
    size_t count = 0;
    buf_init(&directory, 1 << 20);
    while (count < 100 && str_cut(&parts, '\n', &name) && str_cut(&parts, '\n', &size)) {
        int64_t n;
        if (!str_to_int64(size, &n) || n < 0 || name.size > 200)
            break;
        struct str data = str_slice(parts, 0, (size_t)n < parts.size ? (size_t)n : parts.size);
        parts = str_slice(parts, data.size, parts.size);
        head_put(&directory, false, name, data, b->size);
        head_put(b, true, name, data, 0);
        buf_str(b, data);
        count++;
    }
    size_t from = b->size;
    buf_str(b, buf_view(&directory));
    buf_append(b, "PK\x05\x06", 4);
    put32(b, 0);
    put16(b, (unsigned)count);
    put16(b, (unsigned)count);
    put32(b, directory.size);
    put32(b, from);
    put16(b, 0);
}

#endif
