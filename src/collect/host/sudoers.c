/* sudoers.c - see sudoers.h: lines, includes, aliases. */
#include "collect/host/sudoers.h"
#include "collect/host/conf.h"
#include <stdlib.h>

enum {
    SUDOERS_DEPTH_MAX = 32,
    SUDOERS_FILES_MAX = 1000,
    SUDOERS_LINES_MAX = 200000,
    ALIAS_DEPTH_MAX = 16,
    LIST_ITEMS_MAX = 10000
};

/* The file being read, and the ones that include it. */
struct sudoers_file {
    struct str path;
    int depth;
    const struct sudoers_file *up;
};

static void read_file(struct sudoers *s, const struct sudoers_file *f);

/* ---- lines ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Where a comment begins: # that is not part of a uid (#1000, %#1000) and not quoted or escaped. */
static size_t comment_at(struct str text)
{
    bool is_quoted = false;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '\\')
            i++;
        else if (text.data[i] == '"')
            is_quoted = !is_quoted;
        else if (text.data[i] == '#' && !is_quoted && !(i + 1 < text.size && text.data[i + 1] >= '0' && text.data[i + 1] <= '9'))
            return i;
    }
    return text.size;
}

/* The argument of an include line; false if the line is none. "#include" is the older way to write "@include". */
static bool is_include(struct str line, bool *ret_is_folder, struct str *ret_path)
{
    if (line.size == 0 || (line.data[0] != '@' && line.data[0] != '#'))
        return false;
    struct str rest = str_slice(line, 1, line.size);
    *ret_is_folder = str_starts(rest, "includedir");
    size_t size = *ret_is_folder ? sizeof("includedir") - 1 : sizeof("include") - 1;
    if (!str_starts(rest, "include") || rest.size <= size || !is_blank(rest.data[size]))
        return false;
    *ret_path = conf_unquote(str_trim(str_slice(rest, size, rest.size)));
    return ret_path->size > 0;
}

static struct str folder_of(struct str path)
{
    size_t i = path.size;
    while (i > 0 && path.data[i - 1] != '/')
        i--;
    return str_slice(path, 0, i);
}

static bool is_open(const struct sudoers_file *f, struct str path)
{
    for (; f; f = f->up)
        if (str_equal(f->path, path))
            return true;
    return false;
}

static void include_file(struct sudoers *s, const struct sudoers_file *from, struct str path)
{
    struct sudoers_file f = {.path = path, .depth = from->depth + 1, .up = from};
    if (is_open(from, path) || f.depth > SUDOERS_DEPTH_MAX || s->files >= SUDOERS_FILES_MAX)
        gather_missing(s->gather, from->path, "what it includes", "includes are nested too deeply, or in a circle");
    else
        read_file(s, &f);
}

static void include_folder(struct sudoers *s, const struct sudoers_file *from, struct str folder)
{
    struct gather *g = s->gather;
    struct str *names;
    size_t count = 0;
    conf_list(g, folder.data, &names, &count);
    for (size_t i = 0; i < count; i++)
        if (!str_ends(names[i], "~") && str_find_char(names[i], '.') < 0)
            include_file(s, from, arena_printf(g->arena, "%.*s/%.*s", STR_ARGS(folder), STR_ARGS(names[i])));
}

static void include(struct sudoers *s, const struct sudoers_file *from, struct str path, bool is_folder)
{
    struct arena *a = s->gather->arena;
    struct str whole =
        path.data[0] == '/' ? arena_str(a, path) : arena_printf(a, "%.*s%.*s", STR_ARGS(folder_of(from->path)), STR_ARGS(path));
    if (is_folder)
        include_folder(s, from, whole);
    else
        include_file(s, from, whole);
}

static void add_line(struct sudoers *s, struct str text, struct str file, int64_t line)
{
    if (s->line_count == SUDOERS_LINES_MAX)
        return;
    if (s->line_count == s->line_capacity)
        s->lines = arena_grow(s->gather->arena, s->lines, s->line_count, &s->line_capacity, sizeof(*s->lines));
    s->lines[s->line_count++] = (struct sudoers_line){text, file, line};
    if (s->line_count == SUDOERS_LINES_MAX)
        gather_missing(s->gather, file, "further lines", "there are more lines than can be");
}

/* Joins physical lines that end in a backslash. */
static bool next_logical(struct arena *a, struct str *text, int64_t *number, int64_t *ret_first, struct str *ret)
{
    struct str line, joined = STR("");
    bool is_continued = true;
    *ret_first = *number + 1;
    for (bool is_first = true; is_continued; is_first = false) {
        if (!str_next_line(text, &line)) {
            *ret = joined;
            return !is_first;
        }
        ++*number;
        is_continued = line.size && line.data[line.size - 1] == '\\';
        if (is_continued)
            line.size--;
        if (is_first)
            joined = line;
        else if (joined.size + line.size < CONF_FILE_BYTES_MAX)
            joined = arena_printf(a, "%.*s %.*s", STR_ARGS(joined), STR_ARGS(line));
    }
    *ret = joined;
    return true;
}

static void read_file(struct sudoers *s, const struct sudoers_file *f)
{
    struct gather *g = s->gather;
    struct str text, line, target;
    struct err e = {0};
    s->files++;
    if (!source_read(g->source, g->arena, f->path.data, CONF_FILE_BYTES_MAX, &text, &e)) {
        gather_missing(g, f->path, "the rules in it", e.text);
        return;
    }
    int64_t number = 0, first = 0;
    bool is_folder = false;
    while (next_logical(g->arena, &text, &number, &first, &line) && s->line_count < SUDOERS_LINES_MAX) {
        line = str_trim(line);
        if (is_include(line, &is_folder, &target)) {
            include(s, f, target, is_folder);
            continue;
        }
        line = str_trim(str_slice(line, 0, comment_at(line)));
        if (line.size)
            add_line(s, line, f->path, first);
    }
}

/* ---- cutting ---- */

bool sudoers_cut(struct str *text, char separator, struct str *ret_head)
{
    bool is_quoted = false;
    int depth = 0;
    for (size_t i = 0; i < text->size; i++) {
        char c = text->data[i];
        if (c == '\\')
            i++;
        else if (c == '"')
            is_quoted = !is_quoted;
        else if (!is_quoted && c == '(')
            depth++;
        else if (!is_quoted && c == ')' && depth > 0)
            depth--;
        else if (c == separator && !is_quoted && depth == 0) {
            *ret_head = str_slice(*text, 0, i);
            *text = str_slice(*text, i + 1, text->size);
            return true;
        }
    }
    *ret_head = *text;
    *text = STR("");
    return false;
}

/* ---- aliases ---- */

static bool is_alias_kind(struct str word, struct str *ret_kind)
{
    static const char *const kinds[] = {"User_Alias", "Runas_Alias", "Host_Alias", "Cmnd_Alias"};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (str_is(word, kinds[i])) {
            *ret_kind = word;
            return true;
        }
    if (!str_is(word, "Cmd_Alias"))
        return false;
    *ret_kind = STR("Cmnd_Alias");
    return true;
}

static bool is_alias_name(struct str name)
{
    bool is_ok = name.size && name.data[0] >= 'A' && name.data[0] <= 'Z';
    for (size_t i = 0; is_ok && i < name.size; i++)
        is_ok =
            (name.data[i] >= 'A' && name.data[i] <= 'Z') || (name.data[i] >= '0' && name.data[i] <= '9') || name.data[i] == '_';
    return is_ok;
}

static void add_alias(struct sudoers *s, struct str kind, struct str definition)
{
    struct arena *a = s->gather->arena;
    struct sudoers_alias alias = {.kind = kind};
    size_t capacity = 0;
    struct str item;
    if (!sudoers_cut(&definition, '=', &alias.name))
        return;
    alias.name = str_trim(alias.name);
    while (definition.size && alias.member_count < LIST_ITEMS_MAX) {
        sudoers_cut(&definition, ',', &item);
        if (alias.member_count == capacity)
            alias.members = arena_grow(a, alias.members, alias.member_count, &capacity, sizeof(*alias.members));
        alias.members[alias.member_count++] = str_trim(item);
    }
    if (s->alias_count == s->alias_capacity)
        s->aliases = arena_grow(a, s->aliases, s->alias_count, &s->alias_capacity, sizeof(*s->aliases));
    s->aliases[s->alias_count++] = alias;
}

static int compare_aliases(const void *a, const void *b)
{
    const struct sudoers_alias *x = a, *y = b;
    int order = str_compare(x->name, y->name);
    return order ? order : str_compare(x->kind, y->kind);
}

/* Digests in front of a command hold a colon too: "sha256:... /bin/ls". Definitions are separated by colons followed by a name
 * and =. */
static void read_aliases(struct sudoers *s)
{
    for (size_t i = 0; i < s->line_count; i++) {
        struct str rest = s->lines[i].text, word, kind, part;
        if (!str_next_word(&rest, &word) || !is_alias_kind(word, &kind))
            continue;
        while (rest.size) {
            struct str definition;
            sudoers_cut(&rest, ':', &definition);
            while (rest.size) { /* a colon inside: what follows has no = of its own */
                struct str look = rest;
                if (sudoers_cut(&look, '=', &part) && is_alias_name(str_trim(part)))
                    break;
                struct str more;
                sudoers_cut(&rest, ':', &more);
                definition = str_make(definition.data, (size_t)(more.data + more.size - definition.data));
            }
            add_alias(s, kind, definition);
        }
    }
    if (s->alias_count)
        qsort(s->aliases, s->alias_count, sizeof(*s->aliases), compare_aliases);
}

bool sudoers_read(struct gather *g, struct sudoers *ret, struct err *e)
{
    struct str text;
    *ret = (struct sudoers){.gather = g};
    struct err unread = {0};
    if (!source_read(g->source, g->arena, "/etc/sudoers", CONF_FILE_BYTES_MAX, &text, &unread)) {
        if (unread.code == ERR_NOT_FOUND)
            return true;
        *e = unread;
        return false;
    }
    ret->is_there = true;
    read_file(ret, &(struct sudoers_file){.path = STR("/etc/sudoers")});
    read_aliases(ret);
    return true;
}

/* ---- resolving ---- */

static const struct sudoers_alias *find_alias(const struct sudoers *s, const char *kind, struct str name)
{
    struct sudoers_alias key = {.kind = str_of(kind), .name = name};
    return s->alias_count ? bsearch(&key, s->aliases, s->alias_count, sizeof(key), compare_aliases) : NULL;
}

/* The aliases that are being resolved: one inside itself stands for nothing. */
struct alias_chain {
    const struct sudoers_alias *alias;
    int depth;
    const struct alias_chain *up;
};

static bool is_being_resolved(const struct alias_chain *c, const struct sudoers_alias *alias)
{
    for (; c; c = c->up)
        if (c->alias == alias || c->depth >= ALIAS_DEPTH_MAX)
            return true;
    return false;
}

/* Negation of a word of a negated alias turns it back. */
static void resolve(struct sudoers *s, const char *kind, struct str word, bool is_negated, const struct alias_chain *up,
                    struct sudoers_list *ret)
{
    word = str_trim(word);
    while (word.size && word.data[0] == '!') {
        is_negated = !is_negated;
        word = str_trim(str_slice(word, 1, word.size));
    }
    if (word.size == 0 || ret->count >= LIST_ITEMS_MAX)
        return;
    const struct sudoers_alias *alias = find_alias(s, kind, word);
    if (alias) {
        struct alias_chain here = {alias, up ? up->depth + 1 : 0, up};
        for (size_t i = 0; i < alias->member_count && !is_being_resolved(up, alias); i++)
            resolve(s, kind, alias->members[i], is_negated, &here, ret);
        return;
    }
    if (ret->count == ret->capacity)
        ret->items = arena_grow(s->gather->arena, ret->items, ret->count, &ret->capacity, sizeof(*ret->items));
    ret->items[ret->count++] = (struct sudoers_item){word, is_negated};
}

void sudoers_resolve(struct sudoers *s, const char *kind, struct str word, struct sudoers_list *ret)
{
    resolve(s, kind, word, false, NULL, ret);
}

void sudoers_resolve_all(struct sudoers *s, const char *kind, struct str list, struct sudoers_list *ret)
{
    struct str item;
    while (list.size) {
        sudoers_cut(&list, ',', &item);
        sudoers_resolve(s, kind, item, ret);
    }
}

struct str sudoers_join(struct arena *a, const struct sudoers_list *list)
{
    struct buf BUF_AUTO out;
    buf_init(&out, 1 << 20);
    for (size_t i = 0; i < list->count; i++)
        buf_printf(&out, "%s%s%.*s", i ? "," : "", list->items[i].is_negated ? "!" : "", STR_ARGS(list->items[i].text));
    return arena_str(a, buf_view(&out));
}
