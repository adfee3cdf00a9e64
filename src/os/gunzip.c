#include "os/gunzip.h"
#include "os/library.h"
#define ZLIB_CONST
#include <zlib.h>

enum { PIECE_BYTES = 64 << 10, WINDOW_GZIP = 15 + 16 };

#define Z_FUNCTIONS(F) F(inflate, Init2_) F(inflate, End) F(, crc32)
static struct {
    Z_FUNCTIONS(LIBRARY_POINTER)
    __typeof__(inflate) *run;
} z;
static const char *const z_names[] = {Z_FUNCTIONS(LIBRARY_NAME) "inflate"};
static struct library z_library = LIBRARY("libz.so.1", "zlib1g", z_names, z);

bool gunzip_prepare(struct err *e)
{
    return library_open(&z_library, e);
}

bool gunzip(struct str bytes, struct buf *out, struct err *e)
{
    if (!gunzip_prepare(e))
        return false;
    if (bytes.size > UINT32_MAX)
        return err_set(e, ERR_TOO_LARGE, "gzip: too many bytes");
    z_stream s = {.next_in = (const Bytef *)bytes.data, .avail_in = (uInt)bytes.size};
    if (z.Init2_(&s, WINDOW_GZIP, ZLIB_VERSION, (int)sizeof(s)) != Z_OK)
        return err_set(e, ERR_LIMIT, "gzip: no memory");
    int result = Z_OK;
    static _Thread_local unsigned char piece[PIECE_BYTES];
    while (result == Z_OK && !out->full) {
        s.next_out = piece;
        s.avail_out = sizeof(piece);
        result = z.run(&s, Z_NO_FLUSH);
        buf_append(out, piece, sizeof(piece) - s.avail_out);
    }
    bool is_whole = result == Z_STREAM_END && s.avail_in == 0;
    z.End(&s);
    if (out->full)
        return err_set(e, ERR_TOO_LARGE, "gzip: more than %zu bytes inside", out->size_max);
    return is_whole || err_set(e, ERR_INVALID, "gzip: the bytes are damaged or not whole");
}

uint32_t crc32_of(uint32_t crc, struct str bytes)
{
    uLong now = crc;
    while (bytes.size > 0) {
        size_t n = bytes.size > 1 << 30 ? 1 << 30 : bytes.size;
        now = z.crc32(now, (const Bytef *)bytes.data, (uInt)n);
        bytes = str_slice(bytes, n, bytes.size);
    }
    return (uint32_t)now;
}

bool inflate_part(struct str bytes, enum inflate_form form, uint64_t size_max, struct buf *out, struct inflated *ret, struct err *e)
{
    static const int windows[] = {[INFLATE_RAW] = -15, [INFLATE_ZLIB] = 15, [INFLATE_GZIP] = WINDOW_GZIP};
    if (!gunzip_prepare(e))
        return false;
    if (bytes.size > UINT32_MAX)
        return err_set(e, ERR_TOO_LARGE, "inflate: too many bytes");
    z_stream s = {.next_in = (const Bytef *)bytes.data, .avail_in = (uInt)bytes.size};
    *ret = (struct inflated){0};
    if (z.Init2_(&s, windows[form], ZLIB_VERSION, (int)sizeof(s)) != Z_OK)
        return err_set(e, ERR_LIMIT, "inflate: no memory");
    int result = Z_OK;
    static _Thread_local unsigned char piece[PIECE_BYTES];
    while (result == Z_OK && !ret->is_too_large) {
        s.next_out = piece;
        s.avail_out = sizeof(piece);
        result = z.run(&s, Z_NO_FLUSH);
        struct str got = str_make(piece, sizeof(piece) - s.avail_out);
        ret->crc = crc32_of(ret->crc, got);
        ret->size += got.size;
        ret->is_too_large = ret->size > size_max;
        if (out && !out->full && out->size + got.size <= out->size_max)
            buf_str(out, got);
        else if (out && !out->full)
            buf_str(out, str_slice(got, 0, out->size_max - out->size));
    }
    ret->used = bytes.size - s.avail_in;
    ret->is_whole = result == Z_STREAM_END;
    z.End(&s);
    return true;
}
