/*
 * library.h - shared libraries that only one role or one table needs: opened (dlopen) by the first use, so that every other command
 * starts without them and without what they pull in (libmicrohttpd brings a whole TLS library). The types of the functions come from
 * the library's own header, so the compiler checks each call as if it were linked.
 *
 *     #define XZ_FUNCTIONS(F) F(lzma_, stream_decoder) F(lzma_, code) F(lzma_, end)
 *     static struct { XZ_FUNCTIONS(LIBRARY_POINTER) } xz;
 *     static const char *const xz_names[] = {XZ_FUNCTIONS(LIBRARY_NAME)};
 *     static struct library xz_library = LIBRARY("liblzma.so.5", "liblzma5", xz_names, xz);
 *
 *     if (!library_open(&xz_library, e)) ...
 *     xz.code(&stream, LZMA_RUN);
 *
 * Any thread may open; a library stays open until the process ends. A process that gives up files (jail.h) opens what it needs before.
 */
#ifndef OS_LIBRARY_H
#define OS_LIBRARY_H

#include "base/err.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct library {
    const char *file;         /* its soname: the interface that the header describes */
    const char *package;      /* what Debian calls it, for who has to install it */
    const char *const *names; /* of the functions */
    void *pointers;           /* one each, in the same order */
    size_t count;
    atomic_bool is_open;
};

#define LIBRARY_POINTER(prefix, name) __typeof__(prefix##name) *name;
#define LIBRARY_NAME(prefix, name) #prefix #name,
#define LIBRARY(soname, debian, name_list, table)                                                                                \
    {                                                                                                                            \
        .file = (soname), .package = (debian), .names = (name_list), .pointers = &(table),                                       \
        .count = sizeof(name_list) / sizeof((name_list)[0])                                                                      \
    }

/* Fills the table; at once when that is done already. ERR_UNSUPPORTED: the library is not installed, or lacks a function. */
bool library_open(struct library *l, struct err *e) MUST_USE;

#endif
