/*
 * form.h - what a form sends: application/x-www-form-urlencoded, or multipart/form-data (RFC 7578, RFC 2046 5.1) when it has files.
 *
 * Values are UTF-8 without NUL; files are any bytes and are views of the body. File names lose their directories and whatever a
 * file system or a terminal takes for more than a letter. Strict: no preamble, no nesting, no transfer encodings, every part named.
 */
#ifndef WEB_FORM_H
#define WEB_FORM_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum {
    FORM_FIELDS_MAX = 2000,         /* of one form: a field sent over and over costs no more than this */
    FORM_PART_HEAD_BYTES = 4 << 10, /* header lines of one part */
    FORM_NAME_BYTES = 200,
    FORM_FILE_NAME_BYTES = 255,
    FORM_VALUE_BYTES = 4 << 20, /* of one value that is no file */
};

struct form_field {
    struct str name, value; /* value: a file's bytes */
    bool is_file;
    struct str file_name; /* "" where no file was chosen */
    const char *media;    /* as the browser says; "application/octet-stream" where it says nothing sensible */
};

struct form {
    struct form_field *fields;
    size_t count;
};

/* ERR_INVALID: not such a form; ERR_TOO_LARGE: over one of the limits, which is named; ERR_UNSUPPORTED: another media type. */
bool form_read(struct arena *a, struct str content_type, struct str body, struct form *ret, struct err *e) MUST_USE;
/* The first field of that name, or NULL. */
const struct form_field *form_find(const struct form *f, const char *name);
/* Its value; "" when absent or a file. */
struct str form_value(const struct form *f, const char *name);
/* A name as it may be kept and offered again for download; "file" where nothing is left of it. */
struct str form_file_name(struct arena *a, struct str name);

#endif
