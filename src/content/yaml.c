#include "content/yaml.h"

#include "base/limits.h"
#include <limits.h>
#include <yaml.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

struct anchor;

struct frame {
    struct yaml *node;
    struct yaml key; /* map: a key was read and waits for its value when key.key.data is set */
    size_t nodes;    /* below it, those behind aliases too */
    struct anchor *anchor;
};

/* A value that an alias may name. */
struct anchor {
    struct str name;
    struct yaml *node;
    size_t nodes;
    bool is_open; /* it is still being read */
    struct anchor *next;
};

struct yaml_reader {
    struct arena *arena;
    const char *file;
    int first_line;
    yaml_parser_t parser;
    struct frame stack[LIMIT_YAML_DEPTH];
    int depth;
    struct yaml *root;
    bool is_open_minded; /* a file that others wrote: see yaml_read_documents() */
    struct anchor *anchors;
    size_t anchor_count, aliased_nodes;
    struct err *e;
};

static int line_of(const struct yaml_reader *r, yaml_mark_t mark)
{
    return mark.line < INT_MAX / 2 ? (int)mark.line + r->first_line : INT_MAX / 2;
}

static int column_of(yaml_mark_t mark)
{
    return mark.column < INT_MAX / 2 ? (int)mark.column + 1 : INT_MAX / 2;
}

static bool refuse(const struct yaml_reader *r, yaml_mark_t mark, const char *what, const char *why)
{
    return err_set(r->e, ERR_INVALID, "%s:%d:%d: %s: %s", r->file, line_of(r, mark), column_of(mark), what, why);
}

static bool is_waiting_for_key(const struct yaml_reader *r)
{
    if (r->depth == 0)
        return false;
    const struct frame *top = &r->stack[r->depth - 1];
    return top->node->type == YAML_MAP && !top->key.key.data;
}

/* Takes a scalar as the next key of the innermost map. */
static bool key_accept(struct yaml_reader *r, const yaml_event_t *event)
{
    struct frame *top = &r->stack[r->depth - 1];
    struct str key = str_make(event->data.scalar.value, event->data.scalar.length);
    if (key.size == 0)
        return refuse(r, event->start_mark, "empty key", "every member of a map needs a name");
    bool is_merge = str_is(key, "<<") && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (is_merge && !r->is_open_minded)
        return refuse(r, event->start_mark, "merge key", "content says everything where it stands");
    if (top->node->count >= LIMIT_YAML_MEMBERS)
        return err_set(r->e, ERR_TOO_LARGE, "%s:%d:%d: map: more than %d members", r->file, line_of(r, event->start_mark), column_of(event->start_mark), LIMIT_YAML_MEMBERS);
    YAML_EACH (member, top->node) {
        if (!str_equal(member->key, key))
            continue;
        return err_set(r->e, ERR_INVALID, "%s:%d:%d: duplicate key: \"%.*s\" stands in line %d already", r->file,
                       line_of(r, event->start_mark), column_of(event->start_mark), (int)(key.size < 80 ? key.size : 80),
                       key.data, member->key_line);
    }
    top->key.key = arena_str(r->arena, key);
    top->key.key_line = line_of(r, event->start_mark);
    top->key.key_column = column_of(event->start_mark);
    return true;
}

static void member_append(struct yaml *map, struct yaml *member)
{
    member->next = NULL;
    if (map->last)
        map->last->next = member;
    else
        map->first = member;
    map->last = member;
    map->count++;
}

/* Puts a new value where the document expects one. */
static struct yaml *value_accept(struct yaml_reader *r, const yaml_event_t *event, enum yaml_type type)
{
    struct yaml *node = ARENA_NEW(r->arena, struct yaml);
    node->type = type;
    node->line = line_of(r, event->start_mark);
    node->column = column_of(event->start_mark);
    if (r->depth == 0 && r->is_open_minded) {
        member_append(r->root, node);
        return node;
    }
    if (r->depth == 0) {
        r->root = node;
        return node;
    }
    struct frame *top = &r->stack[r->depth - 1];
    top->nodes++;
    if (top->node->type == YAML_MAP) {
        node->key = top->key.key;
        node->key_line = top->key.key_line;
        node->key_column = top->key.key_column;
        top->key = (struct yaml){0};
    }
    member_append(top->node, node);
    return node;
}

static bool tag_accept(const struct yaml_reader *r, const yaml_event_t *event, const yaml_char_t *tag)
{
    bool is_own = tag && str_starts(str_of((const char *)tag), "tag:yaml.org,2002:");
    return !tag || (is_own && r->is_open_minded) || refuse(r, event->start_mark, "tag", "types are declared by the reader, not by the text");
}

/* Remembers the value under the name; NULL where it has none. */
static bool anchor_accept(struct yaml_reader *r, const yaml_event_t *event, const yaml_char_t *name, struct yaml *node, struct anchor **ret)
{
    *ret = NULL;
    if (!name)
        return true;
    if (++r->anchor_count > LIMIT_YAML_ANCHORS)
        return err_set(r->e, ERR_TOO_LARGE, "%s:%d:%d: anchors: more than %d", r->file, line_of(r, event->start_mark), column_of(event->start_mark), LIMIT_YAML_ANCHORS);
    struct anchor *x = ARENA_NEW(r->arena, struct anchor);
    *x = (struct anchor){.name = arena_str(r->arena, str_of((const char *)name)), .node = node, .nodes = 1, .is_open = node->type != YAML_TEXT, .next = r->anchors};
    *ret = r->anchors = x;
    return true;
}

static bool anchor_is_allowed(const struct yaml_reader *r, const yaml_event_t *event, const yaml_char_t *name)
{
    return !name || r->is_open_minded || refuse(r, event->start_mark, "anchor", "content is written out, so that a reader sees all of it in one place");
}

static bool scalar_accept(struct yaml_reader *r, const yaml_event_t *event)
{
    if (!anchor_is_allowed(r, event, event->data.scalar.anchor) || !tag_accept(r, event, event->data.scalar.tag))
        return false;
    if (is_waiting_for_key(r))
        return key_accept(r, event);
    struct yaml *node = value_accept(r, event, YAML_TEXT);
    node->is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    node->text = arena_str(r->arena, str_make(event->data.scalar.value, event->data.scalar.length));
    struct anchor *unused;
    return anchor_accept(r, event, event->data.scalar.anchor, node, &unused);
}

static bool container_begin(struct yaml_reader *r, const yaml_event_t *event, enum yaml_type type)
{
    bool is_map = type == YAML_MAP;
    const yaml_char_t *anchor = is_map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
    if (!anchor_is_allowed(r, event, anchor) || !tag_accept(r, event, is_map ? event->data.mapping_start.tag : event->data.sequence_start.tag))
        return false;
    if (is_waiting_for_key(r))
        return refuse(r, event->start_mark, "key", "a map or a list cannot be a key");
    if (r->depth == LIMIT_YAML_DEPTH)
        return err_set(r->e, ERR_TOO_LARGE, "%s:%d:%d: nesting: deeper than %d levels", r->file, line_of(r, event->start_mark),
                       column_of(event->start_mark), LIMIT_YAML_DEPTH);
    struct yaml *node = value_accept(r, event, type);
    struct frame *top = &r->stack[r->depth++];
    *top = (struct frame){.node = node};
    return anchor_accept(r, event, anchor, node, &top->anchor);
}

/* Copies the head of a value; both have the same members below. */
static void node_share(struct yaml *to, const struct yaml *from)
{
    to->type = from->type;
    to->is_plain = from->is_plain;
    to->text = from->text;
    to->count = from->count;
    to->first = from->first;
    to->last = from->last;
}

static bool alias_accept(struct yaml_reader *r, const yaml_event_t *event)
{
    struct str name = str_of((const char *)event->data.alias.anchor);
    const struct anchor *x = r->anchors;
    if (!r->is_open_minded)
        return refuse(r, event->start_mark, "alias", "content is written out, so that a reader sees all of it in one place");
    if (is_waiting_for_key(r))
        return refuse(r, event->start_mark, "key", "an alias cannot be a key");
    while (x && !str_equal(x->name, name))
        x = x->next;
    if (!x)
        return refuse(r, event->start_mark, "alias", "no anchor before it has this name");
    if (x->is_open)
        return refuse(r, event->start_mark, "alias", "it would contain itself");
    r->aliased_nodes += x->nodes;
    if (r->aliased_nodes > LIMIT_YAML_ALIASED)
        return err_set(r->e, ERR_TOO_LARGE, "%s:%d:%d: aliases: they stand for more than %d values", r->file, line_of(r, event->start_mark), column_of(event->start_mark),
                       LIMIT_YAML_ALIASED);
    node_share(value_accept(r, event, x->node->type), x->node);
    if (r->depth > 0)
        r->stack[r->depth - 1].nodes += x->nodes;
    return true;
}

/* The members of a map that is merged, where the map has none of the name itself. */
static void merge_from(struct yaml_reader *r, struct yaml *map, const struct yaml *from)
{
    YAML_EACH (member, from) {
        if (yaml_get(map, member->key.data))
            continue;
        struct yaml *copy = ARENA_NEW(r->arena, struct yaml);
        *copy = *member;
        member_append(map, copy);
    }
}

/* "<<: *base", "<<: [*one, *two]": what stands in the map itself comes first, then one map after the other. */
static bool merge_keys(struct yaml_reader *r, struct yaml *map)
{
    struct yaml own = {.type = YAML_MAP}, *merged = NULL, *next;
    if (!yaml_get(map, "<<"))
        return true;
    for (struct yaml *member = map->first; member; member = next) {
        next = member->next;
        if (str_is(member->key, "<<"))
            merged = member;
        else
            member_append(&own, member);
    }
    YAML_EACH (from, merged->type == YAML_LIST ? merged : NULL) {
        if (from->type != YAML_MAP)
            return err_set(r->e, ERR_INVALID, "%s:%d:%d: merge key: only maps can be merged", r->file, from->line, from->column);
        merge_from(r, &own, from);
    }
    if (merged->type == YAML_TEXT)
        return err_set(r->e, ERR_INVALID, "%s:%d:%d: merge key: only maps can be merged", r->file, merged->line, merged->column);
    if (merged->type == YAML_MAP)
        merge_from(r, &own, merged);
    map->first = own.first;
    map->last = own.last;
    map->count = own.count;
    return true;
}

static bool container_end(struct yaml_reader *r)
{
    struct frame *top = &r->stack[--r->depth];
    if (r->depth > 0)
        r->stack[r->depth - 1].nodes += top->nodes;
    if (top->anchor)
        *top->anchor = (struct anchor){.name = top->anchor->name, .node = top->node, .nodes = top->nodes + 1, .next = top->anchor->next};
    return !r->is_open_minded || top->node->type != YAML_MAP || merge_keys(r, top->node);
}

static bool document_begin(struct yaml_reader *r, const yaml_event_t *event)
{
    if (r->is_open_minded) {
        r->anchors = NULL; /* they hold within their document */
        return true;
    }
    if (event->data.document_start.version_directive ||
        event->data.document_start.tag_directives.start != event->data.document_start.tag_directives.end)
        return refuse(r, event->start_mark, "directive", "content has none");
    if (r->root)
        return refuse(r, event->start_mark, "document", "a file holds exactly one");
    return true;
}

static bool event_accept(struct yaml_reader *r, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return document_begin(r, event);
    case YAML_ALIAS_EVENT:
        return alias_accept(r, event);
    case YAML_SCALAR_EVENT:
        return scalar_accept(r, event);
    case YAML_SEQUENCE_START_EVENT:
        return container_begin(r, event, YAML_LIST);
    case YAML_MAPPING_START_EVENT:
        return container_begin(r, event, YAML_MAP);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return container_end(r);
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return true;
    }
    return true;
}

static bool parser_refused(const struct yaml_reader *r)
{
    const yaml_parser_t *p = &r->parser;
    if (p->error == YAML_MEMORY_ERROR)
        return err_set(r->e, ERR_LIMIT, "%s: out of memory", r->file);
    if (p->error == YAML_READER_ERROR)
        return err_set(r->e, ERR_INVALID, "%s:%d:%d: text: %s at byte %zu", r->file, line_of(r, p->mark), column_of(p->mark),
                       p->problem ? p->problem : "unreadable", p->problem_offset);
    return err_set(r->e, ERR_INVALID, "%s:%d:%d: syntax: %s%s%s", r->file, line_of(r, p->problem_mark),
                   column_of(p->problem_mark), p->problem ? p->problem : "not YAML", p->context ? ", " : "",
                   p->context ? p->context : "");
}

static bool read_events(struct yaml_reader *r)
{
    for (;;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&r->parser, &event))
            return parser_refused(r);
        bool is_accepted = event_accept(r, &event);
        bool is_end = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
        if (!is_accepted || is_end)
            return is_accepted;
    }
}

static struct yaml *read_all(struct yaml_reader *r, struct str text)
{
    if (text.size > LIMIT_YAML_BYTES) {
        err_set(r->e, ERR_TOO_LARGE, "%s:%d:1: file: %zu bytes, the limit is %d", r->file, r->first_line, text.size, LIMIT_YAML_BYTES);
        return NULL;
    }
    if (!yaml_parser_initialize(&r->parser)) {
        err_set(r->e, ERR_LIMIT, "%s: out of memory", r->file);
        return NULL;
    }
    yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r->parser, (const unsigned char *)text.data, text.size);
    bool is_read = read_events(r);
    yaml_parser_delete(&r->parser);
    if (is_read && (!r->root || (r->is_open_minded && r->root->count == 0)))
        is_read = err_set(r->e, ERR_INVALID, "%s:%d:1: document: the file is empty", r->file, r->first_line);
    return is_read ? r->root : NULL;
}

struct yaml *yaml_read(struct arena *a, const char *file, int first_line, struct str text, struct err *e)
{
    struct yaml_reader r = {.arena = a, .file = file, .first_line = first_line, .e = e};
    if (str_starts(text, BYTE_ORDER_MARK)) {
        err_set(e, ERR_INVALID, "%s:%d:1: byte order mark: content is UTF-8 without one", file, first_line);
        return NULL;
    }
    return read_all(&r, text);
}

struct yaml *yaml_read_documents(struct arena *a, const char *file, struct str text, struct err *e)
{
    struct yaml_reader r = {.arena = a, .file = file, .first_line = 1, .is_open_minded = true, .e = e, .root = ARENA_NEW(a, struct yaml)};
    *r.root = (struct yaml){.type = YAML_LIST, .line = 1, .column = 1};
    return read_all(&r, str_starts(text, BYTE_ORDER_MARK) ? str_slice(text, strlen(BYTE_ORDER_MARK), text.size) : text);
}

const struct yaml *yaml_get(const struct yaml *map, const char *key)
{
    if (!map || map->type != YAML_MAP)
        return NULL;
    YAML_EACH (member, map)
        if (str_is(member->key, key))
            return member;
    return NULL;
}

struct str yaml_text(const struct yaml *map, const char *key)
{
    const struct yaml *member = yaml_get(map, key);
    return member && member->type == YAML_TEXT ? member->text : STR("");
}
