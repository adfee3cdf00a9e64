#include "web/form.h"
#include "base/cursor.h"
#include "web/http.h"
#include <strings.h>

struct reader {
    struct arena *arena;
    struct form *form;
    size_t capacity;
};

static struct form_field *field_add(struct reader *r, struct err *e)
{
    struct form *f = r->form;
    if (f->count == FORM_FIELDS_MAX) {
        err_set(e, ERR_TOO_LARGE, "the form has more than %d fields", FORM_FIELDS_MAX);
        return NULL;
    }
    if (f->count == r->capacity)
        f->fields = arena_grow(r->arena, f->fields, f->count, &r->capacity, sizeof(*f->fields));
    f->fields[f->count] = (struct form_field){.media = "", .file_name = STR("")};
    return &f->fields[f->count++];
}

static bool check_value(const struct form_field *f, struct err *e)
{
    if (f->name.size > FORM_NAME_BYTES)
        return err_set(e, ERR_TOO_LARGE, "a field's name is over %d bytes", FORM_NAME_BYTES);
    if (f->is_file)
        return true;
    if (f->value.size > FORM_VALUE_BYTES)
        return err_set(e, ERR_TOO_LARGE, "%.*s: over %d MiB", STR_ARGS(f->name), FORM_VALUE_BYTES >> 20);
    if (memchr(f->value.data, 0, f->value.size) || !str_is_utf8(f->value))
        return err_set(e, ERR_INVALID, "%.*s: not UTF-8 text", STR_ARGS(f->name));
    return true;
}

static bool read_urlencoded(struct reader *r, struct str body, struct err *e)
{
    struct str pair;
    bool is_more = body.size > 0;
    while (is_more) {
        is_more = str_cut(&body, '&', &pair);
        if (pair.size == 0)
            continue;
        struct str value = pair, name;
        str_cut(&value, '=', &name);
        struct form_field *f = field_add(r, e);
        if (!f || !http_form_decode(r->arena, name, &f->name, e) || !http_form_decode(r->arena, value, &f->value, e) ||
            !check_value(f, e))
            return false;
    }
    return true;
}

/* ---- multipart ---- */

/* The value of NAME="value" or NAME=value in a header's parameters; {NULL, 0}: none. */
static struct str parameter(struct str rest, const char *name)
{
    struct str part;
    size_t size = strlen(name);
    while (rest.size) {
        /* Up to the next ";" outside of quotes. */
        size_t end = 0;
        bool is_quoted = false;
        while (end < rest.size && (is_quoted || rest.data[end] != ';'))
            is_quoted ^= rest.data[end++] == '"';
        part = str_trim(str_slice(rest, 0, end));
        rest = str_slice(rest, end < rest.size ? end + 1 : end, rest.size);
        if (part.size <= size || strncasecmp(part.data, name, size) != 0 || part.data[size] != '=')
            continue;
        struct str value = str_slice(part, size + 1, part.size);
        if (value.size >= 2 && value.data[0] == '"' && value.data[value.size - 1] == '"')
            value = str_slice(value, 1, value.size - 1);
        return value;
    }
    return (struct str){0};
}

static bool is_media(struct str s)
{
    ptrdiff_t slash = str_find_char(s, '/');
    if (s.size > 100 || slash <= 0 || (size_t)slash + 1 == s.size)
        return false;
    for (size_t i = 0; i < s.size; i++) {
        char c = s.data[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_plain && !strchr("/+-._", c))
            return false;
    }
    return true;
}

struct str form_file_name(struct arena *a, struct str name)
{
    for (size_t i = name.size; i > 0; i--)
        if (name.data[i - 1] == '/' || name.data[i - 1] == '\\') {
            name = str_slice(name, i, name.size);
            break;
        }
    if (!str_is_utf8(name))
        return STR("file");
    name = str_prefix(name, FORM_FILE_NAME_BYTES);
    char *out = arena_alloc(a, name.size + 1);
    size_t n = 0;
    for (size_t i = 0; i < name.size; i++) {
        unsigned char c = (unsigned char)name.data[i];
        /* Bytes E2 80 AA..AE and E2 81 A6..A9 turn the direction of writing: "fdp.exe" reads as "exe.pdf". */
        bool turns = c == 0xe2 && i + 2 < name.size &&
                     (((unsigned char)name.data[i + 1] == 0x80 && (unsigned char)name.data[i + 2] >= 0xaa &&
                       (unsigned char)name.data[i + 2] <= 0xae) ||
                      ((unsigned char)name.data[i + 1] == 0x81 && (unsigned char)name.data[i + 2] >= 0xa6 &&
                       (unsigned char)name.data[i + 2] <= 0xa9));
        if (turns)
            i += 2;
        else
            out[n++] = c < 0x20 || c == 0x7f || strchr("\"<>|*?:", c) ? '_' : (char)c;
    }
    struct str clean = str_trim(str_make(out, n));
    while (clean.size && clean.data[0] == '.')
        clean = str_slice(clean, 1, clean.size);
    return clean.size ? clean : STR("file");
}

static bool read_part_line(struct reader *r, struct form_field *f, struct str line, struct err *e)
{
    struct str value = line, name;
    if (!str_cut(&value, ':', &name))
        return err_set(e, ERR_INVALID, "a part of the form has a line without a colon");
    value = str_trim(value);
    if (name.size == 19 && strncasecmp(name.data, "content-disposition", 19) == 0) {
        if (f->name.data || !str_starts(value, "form-data"))
            return err_set(e, ERR_INVALID, "a part of the form is not form-data");
        struct str field = parameter(value, "name"), file = parameter(value, "filename");
        if (!field.data || !str_is_utf8(field))
            return err_set(e, ERR_INVALID, "a part of the form has no name");
        f->name = field;
        f->is_file = file.data != NULL;
        if (f->is_file)
            f->file_name = file.size ? form_file_name(r->arena, file) : STR("");
    } else if (name.size == 12 && strncasecmp(name.data, "content-type", 12) == 0) {
        struct str media;
        str_cut(&value, ';', &media);
        media = str_trim(media);
        f->media = is_media(media) ? arena_str(r->arena, media).data : "";
    } else if (name.size == 25 && strncasecmp(name.data, "content-transfer-encoding", 25) == 0) {
        return err_set(e, ERR_INVALID, "parts of a form have no transfer encoding (RFC 7578 4.7)");
    }
    return true;
}

static bool read_part_head(struct reader *r, struct cursor *c, struct form_field *f, struct err *e)
{
    size_t start = c->offset;
    for (;;) {
        struct str line = cursor_line(c);
        if (c->failed || line.size == 0 || line.data[line.size - 1] != '\r')
            return err_set(e, ERR_INVALID, "the head of a part of the form ends early");
        if (c->offset - start > FORM_PART_HEAD_BYTES)
            return err_set(e, ERR_TOO_LARGE, "the head of a part of the form is over %d bytes", FORM_PART_HEAD_BYTES);
        line.size--;
        if (line.size == 0)
            break;
        if (!read_part_line(r, f, line, e))
            return false;
    }
    if (!f->name.data)
        return err_set(e, ERR_INVALID, "a part of the form has no name");
    if (f->is_file && !*f->media)
        f->media = "application/octet-stream";
    return true;
}

static bool read_multipart(struct reader *r, struct str boundary, struct str body, struct err *e)
{
    struct cursor c = cursor_of(body);
    struct str delimiter = arena_printf(r->arena, "\r\n--%.*s", STR_ARGS(boundary));
    if (!cursor_accept(&c, delimiter.data + 2))
        return err_set(e, ERR_INVALID, "the form does not begin with its boundary");
    while (!cursor_accept(&c, "--")) {
        if (!cursor_accept(&c, "\r\n"))
            return err_set(e, ERR_INVALID, "a boundary of the form is followed by something else");
        struct form_field *f = field_add(r, e);
        if (!f || !read_part_head(r, &c, f, e))
            return false;
        struct str rest = str_slice(body, c.offset, body.size);
        ptrdiff_t end = str_find(rest, delimiter);
        if (end < 0)
            return err_set(e, ERR_INVALID, "the form ends without its boundary");
        f->value = cursor_take(&c, (size_t)end);
        cursor_skip(&c, delimiter.size);
        if (c.failed || !check_value(f, e))
            return c.failed ? err_set(e, ERR_INVALID, "the form ends early") : false;
    }
    cursor_accept(&c, "\r\n");
    return cursor_at_end(&c) || err_set(e, ERR_INVALID, "something stands behind the form's last boundary");
}

bool form_read(struct arena *a, struct str content_type, struct str body, struct form *ret, struct err *e)
{
    struct form form = {0};
    struct reader r = {.arena = a, .form = &form};
    struct str rest = content_type, media;
    str_cut(&rest, ';', &media);
    media = str_trim(media);
    bool is_ok;
    if (media.size == 33 && strncasecmp(media.data, "application/x-www-form-urlencoded", 33) == 0) {
        is_ok = read_urlencoded(&r, body, e);
    } else if (media.size == 19 && strncasecmp(media.data, "multipart/form-data", 19) == 0) {
        struct str boundary = parameter(rest, "boundary");
        if (boundary.size == 0 || boundary.size > 70)
            return err_set(e, ERR_INVALID, "the form's boundary has %zu bytes; 1 to 70 are allowed", boundary.size);
        is_ok = read_multipart(&r, boundary, body, e);
    } else {
        return err_set(e, ERR_UNSUPPORTED, "a form is sent as application/x-www-form-urlencoded or multipart/form-data");
    }
    if (is_ok)
        *ret = form;
    return is_ok;
}

const struct form_field *form_find(const struct form *f, const char *name)
{
    for (size_t i = 0; i < f->count; i++)
        if (str_is(f->fields[i].name, name))
            return &f->fields[i];
    return NULL;
}

struct str form_value(const struct form *f, const char *name)
{
    const struct form_field *field = form_find(f, name);
    return field && !field->is_file ? field->value : STR("");
}
