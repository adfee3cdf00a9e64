#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int exit_status;
    int http_status;
} codes[] = {
    [ERR_NONE] = {"none", 0, 200},
    [ERR_NOT_FOUND] = {"not_found", 2, 404},
    [ERR_EXISTS] = {"exists", 2, 409},
    [ERR_INVALID] = {"invalid", 2, 400},
    [ERR_DENIED] = {"denied", 3, 403},
    [ERR_CONFLICT] = {"conflict", 3, 409},
    [ERR_TOO_LARGE] = {"too_large", 2, 413},
    [ERR_LIMIT] = {"limit", 3, 429},
    [ERR_TIMEOUT] = {"timeout", 3, 504},
    [ERR_UNAVAILABLE] = {"unavailable", 3, 503},
    [ERR_UNCERTAIN] = {"uncertain", 3, 500},
    [ERR_CORRUPT] = {"corrupt", 1, 500},
    [ERR_UNSUPPORTED] = {"unsupported", 2, 501},
    [ERR_CANCELLED] = {"cancelled", 3, 499},
    [ERR_INTERNAL] = {"internal", 3, 500},
};

enum { CODE_COUNT = sizeof(codes) / sizeof(codes[0]) };

/* One line: whatever came from outside may hold control characters. */
static void clean_text(struct err *e)
{
    for (char *p = e->text; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = '?';
}

bool err_set(struct err *e, enum err_code code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char text[sizeof(e->text)];
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    e->code = code;
    memcpy(e->text, text, sizeof(text));
    clean_text(e);
    return false;
}

static enum err_code code_of_errno(int number)
{
    switch (number) {
    case ENOENT:
        return ERR_NOT_FOUND;
    case EEXIST:
        return ERR_EXISTS;
    case EACCES:
    case EPERM:
        return ERR_DENIED;
    case ENOSPC:
    case EROFS:
    case EIO:
    case EMFILE:
    case ENFILE:
    case EDQUOT:
    case EFBIG:
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE:
        return ERR_UNAVAILABLE;
    case ELOOP:
    case ENOTDIR:
    case EISDIR:
    case ENAMETOOLONG:
        return ERR_INVALID;
    case ETIMEDOUT:
        return ERR_TIMEOUT;
    default:
        return ERR_INTERNAL;
    }
}

bool err_errno(struct err *e, int number, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char text[sizeof(e->text)];
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    char reason[128];
    return err_set(e, code_of_errno(number), "%.380s: %s", text, strerror_r(number, reason, sizeof(reason)));
}

bool err_wrap(struct err *e, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char text[200];
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    struct err inner = *e;
    return err_set(e, inner.code, "%s: %s", text, inner.text);
}

int err_exit_status(enum err_code code)
{
    return (unsigned)code < CODE_COUNT ? codes[code].exit_status : 3;
}

int err_http_status(enum err_code code)
{
    return (unsigned)code < CODE_COUNT ? codes[code].http_status : 500;
}

const char *err_code_name(enum err_code code)
{
    return (unsigned)code < CODE_COUNT ? codes[code].name : "internal";
}

enum err_code err_code_from_name(const char *name)
{
    for (int i = 0; i < CODE_COUNT; i++)
        if (strcmp(codes[i].name, name) == 0)
            return (enum err_code)i;
    return ERR_INTERNAL;
}
