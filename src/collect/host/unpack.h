/*
 * unpack.h - decompression in pieces: LZ4 frames (liblz4), gzip (zlib), xz (liblzma), or plain bytes.
 *
 * Output goes to a sink in pieces of up to 256 KiB, so that a list of 50 MB needs no memory for it. What a small input blows up
 * to is bounded by `size_max`.
 *
 * Each library is opened when the first file needs it.
 *
 *     struct unpack *u = unpack_new(unpack_kind_of(name), LIMIT_READ_FILE_BYTES, sink, context);
 *     bool ok = unpack_feed(u, piece, e) && ... && unpack_end(u, e);
 *     unpack_free(u);
 */
#ifndef COLLECT_HOST_UNPACK_H
#define COLLECT_HOST_UNPACK_H

#include "base/err.h"
#include "base/str.h"

enum unpack_kind { UNPACK_PLAIN, UNPACK_LZ4, UNPACK_GZIP, UNPACK_XZ };

struct unpack;
/* By the end of the name; ret_stem is the name without it. Plain for every other end. */
enum unpack_kind unpack_kind_of(struct str name, struct str *ret_stem);
/* `sink` returns false to stop: feeding then fails with ERR_CANCELLED. */
struct unpack *unpack_new(enum unpack_kind kind, size_t size_max, bool (*sink)(void *context, struct str piece), void *context);
/* ERR_CORRUPT for bytes that are not of this format, ERR_TOO_LARGE; ERR_UNSUPPORTED: the library for it is not installed. */
bool unpack_feed(struct unpack *u, struct str piece, struct err *e) MUST_USE;
/* Says whether the input was whole: ERR_CORRUPT if it ends too early. */
bool unpack_end(struct unpack *u, struct err *e) MUST_USE;
struct unpack *unpack_free(struct unpack *u);

#endif
