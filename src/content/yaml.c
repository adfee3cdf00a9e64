#include "content/yaml.h"

#include "base/limits.h"
#include <limits.h>
#include <yaml.h>

struct frame {
    struct yaml *node;
    struct yaml key; /* map: a key was read and waits for its value when key.key.data is set */
};

struct yaml_reader {
    struct arena *arena;
    const char *file;
    int first_line;
    yaml_parser_t parser;
    struct frame stack[LIMIT_YAML_DEPTH];
    int depth;
    struct yaml *root;
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
    if (str_is(key, "<<") && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        return refuse(r, event->start_mark, "merge key", "content says everything where it stands");
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

/* Puts a new value where the document expects one. */
static struct yaml *value_accept(struct yaml_reader *r, const yaml_event_t *event, enum yaml_type type)
{
    struct yaml *node = ARENA_NEW(r->arena, struct yaml);
    node->type = type;
    node->line = line_of(r, event->start_mark);
    node->column = column_of(event->start_mark);
    if (r->depth == 0) {
        r->root = node;
        return node;
    }
    struct frame *top = &r->stack[r->depth - 1];
    if (top->node->type == YAML_MAP) {
        node->key = top->key.key;
        node->key_line = top->key.key_line;
        node->key_column = top->key.key_column;
        top->key = (struct yaml){0};
    }
    if (top->node->last)
        top->node->last->next = node;
    else
        top->node->first = node;
    top->node->last = node;
    top->node->count++;
    return node;
}

static bool scalar_accept(struct yaml_reader *r, const yaml_event_t *event)
{
    if (event->data.scalar.anchor)
        return refuse(r, event->start_mark, "anchor", "content is written out, so that a reader sees all of it in one place");
    if (event->data.scalar.tag)
        return refuse(r, event->start_mark, "tag", "types are declared by the reader, not by the text");
    if (is_waiting_for_key(r))
        return key_accept(r, event);
    struct yaml *node = value_accept(r, event, YAML_TEXT);
    node->is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    node->text = arena_str(r->arena, str_make(event->data.scalar.value, event->data.scalar.length));
    return true;
}

static bool container_begin(struct yaml_reader *r, const yaml_event_t *event, enum yaml_type type)
{
    bool is_map = type == YAML_MAP;
    if (is_map ? event->data.mapping_start.anchor != NULL : event->data.sequence_start.anchor != NULL)
        return refuse(r, event->start_mark, "anchor", "content is written out, so that a reader sees all of it in one place");
    if (is_map ? event->data.mapping_start.tag != NULL : event->data.sequence_start.tag != NULL)
        return refuse(r, event->start_mark, "tag", "types are declared by the reader, not by the text");
    if (is_waiting_for_key(r))
        return refuse(r, event->start_mark, "key", "a map or a list cannot be a key");
    if (r->depth == LIMIT_YAML_DEPTH)
        return err_set(r->e, ERR_TOO_LARGE, "%s:%d:%d: nesting: deeper than %d levels", r->file, line_of(r, event->start_mark),
                       column_of(event->start_mark), LIMIT_YAML_DEPTH);
    struct yaml *node = value_accept(r, event, type);
    r->stack[r->depth++] = (struct frame){.node = node};
    return true;
}

static bool document_begin(struct yaml_reader *r, const yaml_event_t *event)
{
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
        return refuse(r, event->start_mark, "alias", "content is written out, so that a reader sees all of it in one place");
    case YAML_SCALAR_EVENT:
        return scalar_accept(r, event);
    case YAML_SEQUENCE_START_EVENT:
        return container_begin(r, event, YAML_LIST);
    case YAML_MAPPING_START_EVENT:
        return container_begin(r, event, YAML_MAP);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        r->depth--;
        return true;
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

struct yaml *yaml_read(struct arena *a, const char *file, int first_line, struct str text, struct err *e)
{
    if (text.size > LIMIT_YAML_BYTES) {
        err_set(e, ERR_TOO_LARGE, "%s:%d:1: file: %zu bytes, the limit is %d", file, first_line, text.size, LIMIT_YAML_BYTES);
        return NULL;
    }
    if (str_starts(text, "\xef\xbb\xbf")) {
        err_set(e, ERR_INVALID, "%s:%d:1: byte order mark: content is UTF-8 without one", file, first_line);
        return NULL;
    }
    struct yaml_reader r = {.arena = a, .file = file, .first_line = first_line, .e = e};
    if (!yaml_parser_initialize(&r.parser)) {
        err_set(e, ERR_LIMIT, "%s: out of memory", file);
        return NULL;
    }
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text.data, text.size);
    bool is_read = read_events(&r);
    yaml_parser_delete(&r.parser);
    if (is_read && !r.root)
        is_read = err_set(e, ERR_INVALID, "%s:%d:1: document: the file is empty", file, first_line);
    return is_read ? r.root : NULL;
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
