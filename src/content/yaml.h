/*
 * yaml.h - the strict YAML that content is written in: maps, lists and texts, each with the line and column where it stands.
 *
 * A subset of YAML 1.1 read from libyaml's events. Nothing is guessed: every scalar is a text, so `no`, `1.10` and `2026-01-01`
 * stay what was typed; whoever reads a field says what type it has. Refused, with position: anchors, aliases, tags, merge keys,
 * directives, more than one document, duplicate and empty keys, keys that are not scalars, text that is not UTF-8, a byte order
 * mark, nesting deeper than LIMIT_YAML_DEPTH, input over LIMIT_YAML_BYTES. Nodes live in the arena; the input need not outlive
 * the call.
 *
 * yaml_read_documents() is for files that others write with tools of their own: there nothing of that is refused but what has no meaning.
 *
 *     struct yaml *root = yaml_read(arena, "content/risks.yaml", 1, text, &e);    // "content/risks.yaml:3:5: duplicate key: ..."
 *     YAML_EACH(item, yaml_get(root, "risks")) ... yaml_text(item, "title") ...
 */
#ifndef CONTENT_YAML_H
#define CONTENT_YAML_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum yaml_type { YAML_TEXT, YAML_LIST, YAML_MAP };

struct yaml {
    enum yaml_type type;
    bool is_plain;            /* text: written without quotes and not as a block */
    struct str text;          /* text: decoded, NUL behind it */
    struct str key;           /* in a map: the member's key, NUL behind it */
    int key_line, key_column; /* from 1; 0 when not in a map */
    int line, column;         /* where the value begins, from 1 */
    size_t count;             /* list, map: members */
    struct yaml *first, *last, *next;
};

#define YAML_EACH(item, container) \
    for (const struct yaml *item = (container) ? (container)->first : NULL; item; item = item->next)

/* `file` is only for messages; `first_line` is the number of text's first line in it (a header inside another file: not 1).
 * NULL: ERR_INVALID or ERR_TOO_LARGE, text "file:line:column: what: why". */
struct yaml *yaml_read(struct arena *a, const char *file, int first_line, struct str text, struct err *e) MUST_USE;

/* A list of the file's documents, of which there is at least one. Anchors, aliases, merge keys, directives, the tags of YAML's own types (!!str ...)
 * and a byte order mark are understood; an alias holds the same members as its anchor, so that many aliases of aliases are refused as ERR_TOO_LARGE. */
struct yaml *yaml_read_documents(struct arena *a, const char *file, struct str text, struct err *e) MUST_USE;

/* The member of a map; NULL when absent or `map` is NULL or no map. */
const struct yaml *yaml_get(const struct yaml *map, const char *key);
/* The text of a member; "" when absent or no text. */
struct str yaml_text(const struct yaml *map, const char *key);

#endif
