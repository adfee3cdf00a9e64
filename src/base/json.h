/*
 * json.h - the one JSON of the program: a tree in an arena, strict RFC 8259 parsing, and two writers (as built, and RFC 8785).
 *
 * Parsing refuses: duplicate keys, invalid UTF-8, lone surrogates, a byte order mark, depth over the limit, anything behind the value.
 * Numbers keep their lexeme; an integer that fits int64 is exact. Nodes and strings live in the arena (strings without escapes point
 * into the input, which must live as long). Key order is kept. Building functions copy nothing: views must outlive the tree; use
 * arena_str where they would not.
 *
 *     struct json *v = json_parse(arena, text, JSON_LIMITS_DEFAULT, &e);
 *     struct str title = json_text(v, "title");          // "" when absent or no string
 *     struct json *o = json_object(arena);
 *     json_put_str(o, "id", STR("CC6.1"));  json_put_int(o, "n", 3);  json_write(&buf, o);
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
    enum json_type type;
    bool boolean;
    bool is_integer;     /* number: `integer` is exact */
    int64_t integer;
    struct str text;     /* string: decoded bytes; number: lexeme */
    struct str key;      /* in an object: the member's name */
    size_t count;        /* array, object: members */
    struct json *first;  /* array, object: first member, then `next` */
    struct json *last;
    struct json *next;
    struct arena *arena; /* array, object made by json_array/json_object/json_parse: where members are allocated */
};

struct json_limits {
    size_t depth_max;
    size_t nodes_max;
};
#define JSON_LIMITS_DEFAULT ((struct json_limits){.depth_max = 64, .nodes_max = 4u << 20})

/* NULL on failure (ERR_INVALID "line L column C: ..." or ERR_TOO_LARGE). */
struct json *json_parse(struct arena *a, struct str text, struct json_limits limits, struct err *e) MUST_USE;

/* Reading. All accept NULL and the wrong type, and then give the empty answer (NULL, "", 0, false). */
const struct json *json_get(const struct json *object, const char *key);
const struct json *json_at(const struct json *array, size_t index);
/* Dotted path of keys and decimal indexes: "controls.0.title". */
const struct json *json_path(const struct json *v, const char *path);
struct str json_text(const struct json *object, const char *key);
int64_t json_int(const struct json *object, const char *key, int64_t otherwise);
bool json_bool(const struct json *object, const char *key);
#define JSON_EACH(item, container) for (struct json *item = (container) ? (container)->first : NULL; item; item = item->next)

/* Building. */
struct json *json_object(struct arena *a);
struct json *json_array(struct arena *a);
struct json *json_put(struct json *object, const char *key, struct json *value); /* returns value; key must be new and outlive the tree */
struct json *json_put_str(struct json *object, const char *key, struct str value);
struct json *json_put_cstr(struct json *object, const char *key, const char *value); /* NULL gives null */
struct json *json_put_int(struct json *object, const char *key, int64_t value);
struct json *json_put_bool(struct json *object, const char *key, bool value);
struct json *json_put_null(struct json *object, const char *key);
struct json *json_put_hex(struct json *object, const char *key, const void *bytes, size_t size); /* lower-case hex string */
struct json *json_put_object(struct json *object, const char *key);
struct json *json_put_array(struct json *object, const char *key);
struct json *json_push(struct json *array, struct json *value); /* returns value */
struct json *json_push_str(struct json *array, struct str value);
struct json *json_push_int(struct json *array, int64_t value);
struct json *json_push_object(struct json *array);
struct json *json_new_str(struct arena *a, struct str value);
struct json *json_new_int(struct arena *a, int64_t value);
struct json *json_new_bool(struct arena *a, bool value);
struct json *json_new_null(struct arena *a);
struct json *json_copy(struct arena *a, const struct json *v); /* all of it, texts too: owes nothing to where it was */

/* Writing. A string that is not UTF-8 is written with U+FFFD for each bad byte. */
void json_write(struct buf *b, const struct json *v);        /* compact, members in order */
void json_write_pretty(struct buf *b, const struct json *v); /* two spaces */
/* RFC 8785: members sorted by UTF-16 code units, shortest escapes. Numbers must be integers with |n| < 2^53: otherwise ERR_INVALID. */
bool json_write_canonical(struct buf *b, const struct json *v, struct err *e) MUST_USE;
/* One JSON string with quotes. */
void json_write_string(struct buf *b, struct str s);

#endif
