/*
 * text.h - views of bytes, numbers, hex, base64, and the restricted JSON of leaves.
 *
 * The JSON is checked as it is scanned: RFC 8785 form (no white space, keys sorted, shortest escapes), no floats, no null, keys of
 * [a-z0-9_]{1,32}, integers below 2^53, valid UTF-8, at most 6 deep. So one statement has one spelling, and a view of a value is
 * at the same time its canonical bytes: what was signed. Nothing is copied or allocated.
 */
#ifndef AV_TEXT_H
#define AV_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct av_text {
    const char *data;
    size_t size;
};
/* For "%.*s", at most `max` bytes. */
#define AV_SHOWN(t, max) (int)((t).size < (max) ? (t).size : (max)), (t).data

struct av_text av_text_of(const char *s);
/* Inline, like av_value below, so that lengths of constants are known: they run for every member of every leaf. */
static inline bool av_is(struct av_text t, const char *s)
{
    size_t size = __builtin_strlen(s);
    return t.size == size && __builtin_memcmp(t.data, s, size) == 0;
}
static inline bool av_starts(struct av_text t, const char *prefix)
{
    size_t size = __builtin_strlen(prefix);
    return t.size >= size && __builtin_memcmp(t.data, prefix, size) == 0;
}
bool av_same(struct av_text a, struct av_text b);
struct av_text av_behind(struct av_text t, size_t from); /* without its first bytes; empty when it is shorter */
/* Takes the next line off *rest; false when there is none that ends in LF. */
bool av_line(struct av_text *rest, struct av_text *ret);
/* What stands before `mark` goes to *ret, *rest keeps what stands behind; false when there is no mark. */
bool av_cut(struct av_text *rest, char mark, struct av_text *ret);
/* Decimal without sign and leading zeros, below 2^63. */
bool av_number(struct av_text t, uint64_t *ret);
/* Exactly 2 * size lower-case digits. */
bool av_is_hex(struct av_text t, size_t size);
bool av_hex(struct av_text t, uint8_t *ret, size_t size);
void av_hex_write(const uint8_t *bytes, size_t size, char *ret); /* 2 * size + 1 */
/* Standard base64 with padding, one spelling only. Returns the size, or -1 when malformed or over `size_max`. */
long av_base64(struct av_text t, uint8_t *ret, size_t size_max);
bool av_is_utf8(struct av_text t);

/* ---- JSON ---- */

enum { AV_MEMBERS_MAX = 48 };
struct av_object {
    const char *base;
    unsigned count;
    struct av_member {
        uint64_t order;                            /* the key's first eight bytes, as a number that sorts as they do */
        int64_t number;                            /* of an integer */
        uint32_t key, key_size, value, value_size; /* from base; values as written, strings with their quotes */
    } members[AV_MEMBERS_MAX];
};
/* Checks one whole object; NULL, or what is wrong with it. */
const char *av_object_read(struct av_text json, struct av_object *ret);
/* The next value of an array that was checked: start with the array itself. Of objects the second gives the members at once; false
 * where something else comes. */
bool av_array_next(struct av_text *rest, struct av_text *ret);
bool av_array_next_object(struct av_text *rest, struct av_object *ret);
/* Members: false (or an empty view) when absent or of another kind. A string is given as it stands between its quotes, escapes
 * and all: since the form is canonical, equal strings are equal bytes. */
static inline struct av_text av_member_key(const struct av_object *o, unsigned i)
{
    return (struct av_text){o->base + o->members[i].key, o->members[i].key_size};
}
static inline struct av_text av_member_value(const struct av_object *o, unsigned i)
{
    return (struct av_text){o->base + o->members[i].value, o->members[i].value_size};
}
static inline const struct av_member *av_member(const struct av_object *o, const char *key)
{
    for (unsigned i = 0; i < o->count; i++)
        if (av_is(av_member_key(o, i), key))
            return &o->members[i];
    return NULL;
}
static inline struct av_text av_value(const struct av_object *o, const char *key)
{
    const struct av_member *m = av_member(o, key);
    return m ? (struct av_text){o->base + m->value, m->value_size} : (struct av_text){"", 0};
}
/* Of a value that was checked. */
static inline bool av_is_integer(struct av_text value)
{
    return value.size > 0 && (value.data[0] == '-' || (uint8_t)(value.data[0] - '0') < 10);
}
static inline struct av_text av_unquote(struct av_text value)
{
    return value.size < 2 || value.data[0] != '"' ? (struct av_text){"", 0} : (struct av_text){value.data + 1, value.size - 2};
}
static inline struct av_text av_string(const struct av_object *o, const char *key)
{
    return av_unquote(av_value(o, key));
}
static inline bool av_has(const struct av_object *o, const char *key)
{
    return av_value(o, key).size > 0;
}
bool av_integer_of(struct av_text value, int64_t *ret);
static inline bool av_integer(const struct av_object *o, const char *key, int64_t *ret)
{
    const struct av_member *m = av_member(o, key);
    bool is_there = m && av_is_integer((struct av_text){o->base + m->value, m->value_size});
    return is_there ? *ret = m->number, true : false;
}
static inline bool av_hash_member(const struct av_object *o, const char *key, uint8_t ret[32])
{
    return av_hex(av_string(o, key), ret, 32);
}
/* Resolves the escapes of a string. -1 when over `size_max`. */
long av_unescape(struct av_text string, char *ret, size_t size_max);

#endif
