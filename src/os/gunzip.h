/*
 * gunzip.h - reading gzip (RFC 1952), as HTTP bodies come: one member, everything limited. zlib does the work, opened at the
 * first use (library.h).
 */
#ifndef OS_GUNZIP_H
#define OS_GUNZIP_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* Opens the library, for who gives up files afterwards. ERR_UNSUPPORTED. */
bool gunzip_prepare(struct err *e) MUST_USE;
/* Appends the plain bytes to `out`. ERR_INVALID: not whole gzip bytes; ERR_TOO_LARGE: more than `out` takes. */
bool gunzip(struct str bytes, struct buf *out, struct err *e) MUST_USE;

/* Raw deflate, as in ZIP archives, or with zlib's frame, as in PDF and PNG. */
enum inflate_form { INFLATE_RAW, INFLATE_ZLIB, INFLATE_GZIP };
struct inflated {
    uint64_t size;    /* bytes that came out */
    size_t used;      /* bytes that were read for it */
    uint32_t crc;     /* CRC-32 of what came out */
    bool is_whole;    /* its end was found */
    bool is_too_large; /* stopped at size_max */
};
/* Inflates at most size_max bytes. `out` (may be NULL) gets what fits into it and is never an error when full. False only when zlib is not
 * there; what is wrong with the bytes stands in `ret`. */
bool inflate_part(struct str bytes, enum inflate_form form, uint64_t size_max, struct buf *out, struct inflated *ret, struct err *e) MUST_USE;
/* CRC-32 of ISO 3309, going on from `crc` (0 at the start). gunzip_prepare before. */
uint32_t crc32_of(uint32_t crc, struct str bytes);

#endif
