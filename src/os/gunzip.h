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

#endif
