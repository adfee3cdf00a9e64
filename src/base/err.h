/*
 * err.h - how functions fail.
 *
 * What can fail returns bool (or a pointer, NULL for failure) and takes a `struct err *` that the caller owns. On failure the function
 * fills it with one code and one line of text: what failed, on what, why, and where it helps what to do. On success it is not touched.
 * `e` may not be NULL. Output parameters (`ret_x`) are written only on success.
 *
 *     struct err e = {0};
 *     if (!thing_open(&thing, path, &e))
 *         return err_wrap(&e, "open the thing");      // "open the thing: /x/y: Permission denied"
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

/* Each code maps to exactly one HTTP status (err_http_status) and one exit status (err_exit_status). */
enum err_code {
    ERR_NONE = 0,
    ERR_NOT_FOUND,   /* 404, exit 2: the named thing does not exist */
    ERR_EXISTS,      /* 409, exit 2: it exists already */
    ERR_INVALID,     /* 400, exit 2: input from outside is malformed or out of range */
    ERR_DENIED,      /* 403, exit 3: not permitted, by us or by the kernel */
    ERR_CONFLICT,    /* 409, exit 3: somebody else holds or has changed it */
    ERR_TOO_LARGE,   /* 413, exit 2: input over a cap of limits.h */
    ERR_LIMIT,       /* 429, exit 3: a cap on count, rate or memory is reached */
    ERR_TIMEOUT,     /* 504, exit 3 */
    ERR_UNAVAILABLE, /* 503, exit 3: disk, network or peer is not there */
    ERR_UNCERTAIN,   /* 500, exit 3: it may or may not have happened; ask again with the same operation id */
    ERR_CORRUPT,     /* 500, exit 1: stored bytes are damaged, a proof does not hold */
    ERR_UNSUPPORTED, /* 501, exit 2 */
    ERR_CANCELLED,   /* 499, exit 3 */
    ERR_INTERNAL     /* 500, exit 3 */
};

struct err {
    enum err_code code;
    char text[512]; /* one line of UTF-8, no trailing newline; control characters are replaced by '?' */
};

/* Fills `e` and returns false, so that `return err_set(e, ...)` reads as one step. */
bool err_set(struct err *e, enum err_code code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* As err_set, with ": " and the text of errno `number` at the end; the code is chosen from `number` (ENOENT gives ERR_NOT_FOUND,
 * EACCES and EPERM ERR_DENIED, ENOSPC, EROFS, EIO, EMFILE ERR_UNAVAILABLE, ELOOP and ENOTDIR ERR_INVALID, others ERR_INTERNAL). */
bool err_errno(struct err *e, int number, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Puts "what: " before the text that `e` holds. Returns false. */
bool err_wrap(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));
int err_exit_status(enum err_code code);
int err_http_status(enum err_code code);
/* The name used in JSON answers, as "not_found". */
const char *err_code_name(enum err_code code);
/* The inverse; ERR_INTERNAL for an unknown name. */
enum err_code err_code_from_name(const char *name);

#define MUST_USE __attribute__((warn_unused_result))

#endif
