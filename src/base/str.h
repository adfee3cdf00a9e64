/*
 * str.h - a view of bytes: pointer and length, passed by value, owns nothing, may hold any byte and need not end in NUL.
 *
 *     struct str line;
 *     while (str_next_line(&text, &line)) { struct str key; if (str_cut(&line, '=', &key)) ... }
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *data;
    size_t size;
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
#define STR_ARGS(s) (int)(s).size, (s).data /* for "%.*s" */

static inline struct str str_of(const char *text) { return (struct str){text, text ? strlen(text) : 0}; }
static inline struct str str_make(const void *data, size_t size) { return (struct str){(const char *)data, size}; }

bool str_equal(struct str a, struct str b);
bool str_is(struct str a, const char *text);
/* Bytewise, a shorter prefix first; <0, 0, >0. */
int str_compare(struct str a, struct str b);
bool str_starts(struct str s, const char *prefix);
bool str_ends(struct str s, const char *suffix);
/* Offset of the first `needle` in `s`, or -1. */
ptrdiff_t str_find(struct str s, struct str needle);
ptrdiff_t str_find_char(struct str s, char c);
bool str_contains(struct str s, const char *needle);
/* Bytes [from, to) of s, clamped to its size. */
struct str str_slice(struct str s, size_t from, size_t to);
/* Without spaces, tabs, CR and LF at both ends. */
struct str str_trim(struct str s);
/* Takes what stands before the first `separator` into *ret_head and leaves in *s what stands behind it. Without a separator returns false,
 * *ret_head is all of *s and *s is empty. */
bool str_cut(struct str *s, char separator, struct str *ret_head);
/* The next line without its LF (and CR before it); false at the end. A last line without LF is returned. */
bool str_next_line(struct str *s, struct str *ret_line);
/* The next word separated by runs of spaces and tabs; false when none is left. */
bool str_next_word(struct str *s, struct str *ret_word);
/* Decimal, optional leading '-', nothing else, no overflow. */
bool str_to_int64(struct str s, int64_t *ret_value);
/* As above in base 8 or 16 (no prefix), unsigned. */
bool str_to_uint64_base(struct str s, unsigned base, uint64_t *ret_value);
bool str_is_utf8(struct str s);
/* At most that many bytes of UTF-8 text, no character cut in two. */
struct str str_prefix(struct str s, size_t size_max);
/* Lower-case hex of `size` bytes into `ret_hex` (2 * size + 1 bytes, NUL at the end). */
void hex_encode(const void *bytes, size_t size, char *ret_hex);
/* Exactly `size` bytes from 2 * size lower-case hex digits; false for anything else. */
bool hex_decode(struct str hex, void *ret_bytes, size_t size);

#endif
