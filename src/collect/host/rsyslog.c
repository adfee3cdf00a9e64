#include "collect/host/rsyslog.h"
#include "collect/host/conf.h"
#include <ctype.h>

struct parser {
    struct arena *arena;
    struct str text;
    size_t at;
    int64_t line; /* where `at` stands */
    struct str file;
    struct str selector; /* of the last statement: "&" repeats it */
    rsyslog_visit *visit;
    void *context;
};

static int peek(const struct parser *p)
{
    return p->at < p->text.size ? (unsigned char)p->text.data[p->at] : -1;
}

static void step(struct parser *p)
{
    if (p->text.data[p->at] == '\n')
        p->line++;
    p->at++;
}

/* To the end of the line; a backslash at its end continues it, for it is joined then. */
static struct str take_line(struct parser *p)
{
    size_t from = p->at;
    bool is_joined = false;
    while (peek(p) >= 0) {
        if (peek(p) == '\n') {
            size_t back = p->at;
            while (back > from &&
                   (p->text.data[back - 1] == ' ' || p->text.data[back - 1] == '\t' || p->text.data[back - 1] == '\r'))
                back--;
            if (back == from || p->text.data[back - 1] != '\\')
                break;
            is_joined = true;
        }
        step(p);
    }
    struct str line = str_slice(p->text, from, p->at);
    if (peek(p) >= 0)
        step(p);
    if (!is_joined)
        return str_trim(line);
    char *copy = arena_strndup(p->arena, line.data, line.size);
    for (size_t i = 0; i < line.size; i++)
        if (copy[i] == '\n' || (copy[i] == '\\' && i + 1 < line.size && isspace((unsigned char)copy[i + 1])))
            copy[i] = ' ';
    return str_trim(str_make(copy, line.size));
}

/* The text between the parentheses; `at` stands behind "(" and is left behind ")". Quotes hold parentheses, # begins a comment.
 */
static struct str take_parameters(struct parser *p)
{
    size_t from = p->at;
    int depth = 1;
    char quote = 0;
    while (peek(p) >= 0) {
        char c = (char)peek(p);
        if (quote) {
            if (c == '\\' && p->at + 1 < p->text.size)
                step(p);
            else if (c == quote)
                quote = 0;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '#') {
            while (peek(p) >= 0 && peek(p) != '\n')
                step(p);
            continue;
        } else if (c == '(') {
            depth++;
        } else if (c == ')' && --depth == 0) {
            struct str inside = str_slice(p->text, from, p->at);
            step(p);
            return inside;
        }
        step(p);
    }
    return str_slice(p->text, from, p->at);
}

static bool is_object_name(struct str name)
{
    static const char *const names[] = {"action",  "global",     "module", "input",    "ruleset",      "template",
                                        "include", "main_queue", "parser", "timezone", "lookup_table", "dyn_stats"};
    for (size_t i = 0; i < COLUMN_COUNT(names); i++)
        if (conf_equal_nocase(name, names[i]))
            return true;
    return false;
}

static void emit(struct parser *p, enum rsyslog_kind kind, struct str name, struct str text, int64_t line)
{
    struct rsyslog_statement s = {kind, name, p->selector, str_trim(text), p->file, line};
    p->visit(p->context, &s);
}

/* Where in a line "action(" or another object begins; SIZE_MAX if none does. */
static size_t find_object(struct str line, struct str *ret_name)
{
    for (size_t i = 0; i < line.size && line.data[i] != '#'; i++) {
        if (!isalpha((unsigned char)line.data[i]) || (i && (isalnum((unsigned char)line.data[i - 1]) || line.data[i - 1] == '_')))
            continue;
        size_t end = i;
        while (end < line.size && (isalnum((unsigned char)line.data[end]) || line.data[end] == '_'))
            end++;
        size_t open = end;
        while (open < line.size && (line.data[open] == ' ' || line.data[open] == '\t'))
            open++;
        *ret_name = str_slice(line, i, end);
        if (open < line.size && line.data[open] == '(' && is_object_name(*ret_name))
            return i;
    }
    return SIZE_MAX;
}

/* "auth.* /var/log/auth.log", ":msg, contains, \"x\" /var/log/x", "if $y then /var/log/y": selector and action. */
static void emit_legacy(struct parser *p, struct str line, int64_t number)
{
    struct str selector = STR(""), action = line;
    if (line.data[0] == '&') {
        selector = p->selector;
        action = str_trim(str_slice(line, 1, line.size));
    } else if (str_starts(line, "if ")) {
        ptrdiff_t then = str_find(line, STR(" then "));
        if (then < 0) {
            p->selector = str_trim(str_slice(line, 3, line.size));
            return; /* a block follows */
        }
        selector = str_trim(str_slice(line, 3, (size_t)then));
        action = str_trim(str_slice(line, (size_t)then + 6, line.size));
    } else if (line.data[0] == ':' && !str_starts(line, ":om")) {
        size_t end = line.size;
        while (end > 0 && line.data[end - 1] != '"')
            end--;
        selector = str_slice(line, 0, end);
        action = str_trim(str_slice(line, end, line.size));
    } else if (line.data[0] != '/' && line.data[0] != '-' && line.data[0] != '@' && line.data[0] != ':' && line.data[0] != '|') {
        struct str left = line;
        if (!str_next_word(&left, &selector))
            return;
        action = str_trim(left);
        if (action.size == 0) { /* "stop", "}" */
            action = selector;
            selector = p->selector;
        }
    } else {
        selector = p->selector; /* an action alone, in a block */
    }
    p->selector = selector;
    if (action.size && action.data[0] != '{' && action.data[0] != '}')
        emit(p, RSYSLOG_ACTION, STR(""), action, number);
}

static void parse_statement(struct parser *p)
{
    int64_t number = p->line;
    size_t from = p->at;
    struct str rest = str_slice(p->text, p->at, p->text.size), line, name;
    (void)str_next_line(&rest, &line);
    size_t at = find_object(line, &name);
    if (line.data[0] == '$') {
        line = take_line(p);
        struct str key, value;
        if (conf_key_value(str_slice(line, 1, line.size), &key, &value))
            emit(p, RSYSLOG_DIRECTIVE, key, value, number);
        return;
    }
    if (at == SIZE_MAX) {
        line = take_line(p);
        if (line.size && line.data[0] != '{' && line.data[0] != '}')
            emit_legacy(p, line, number);
        return;
    }
    struct str before = str_trim(str_slice(line, 0, at));
    if (str_starts(before, "if "))
        before = str_trim(str_slice(before, 3, before.size));
    if (str_ends(before, " then"))
        before = str_trim(str_slice(before, 0, before.size - 5));
    if (before.size && before.data[0] != '&' && before.data[0] != '{' && before.data[0] != '}')
        p->selector = before;
    while (p->at < from + at)
        step(p);
    while (peek(p) != '(')
        step(p);
    step(p);
    emit(p, RSYSLOG_OBJECT, name, take_parameters(p), number);
}

void rsyslog_parse(struct arena *a, struct str text, struct str file, rsyslog_visit *visit, void *context)
{
    struct parser p = {
        .arena = a, .text = text, .line = 1, .file = file, .selector = STR(""), .visit = visit, .context = context};
    while (peek(&p) >= 0) {
        int c = peek(&p);
        if (c == '#') {
            while (peek(&p) >= 0 && peek(&p) != '\n')
                step(&p);
        } else if (c == '\0' || isspace(c) || c == '{' || c == '}') {
            step(&p);
        } else {
            parse_statement(&p);
        }
    }
}

bool rsyslog_parameter(struct arena *a, struct str parameters, const char *name, struct str *ret_value)
{
    size_t i = 0;
    while (i < parameters.size) {
        char c = parameters.data[i];
        if (c == '#') {
            while (i < parameters.size && parameters.data[i] != '\n')
                i++;
            continue;
        }
        if (!isalpha((unsigned char)c)) {
            i++;
            continue;
        }
        size_t end = i;
        while (end < parameters.size && (isalnum((unsigned char)parameters.data[end]) || strchr("._-", parameters.data[end])) &&
               parameters.data[end])
            end++;
        struct str key = str_slice(parameters, i, end);
        while (end < parameters.size && isspace((unsigned char)parameters.data[end]))
            end++;
        if (end >= parameters.size || parameters.data[end] != '=') {
            i = end > i ? end : i + 1;
            continue;
        }
        end++;
        while (end < parameters.size && isspace((unsigned char)parameters.data[end]))
            end++;
        size_t from = end;
        char quote =
            end < parameters.size && (parameters.data[end] == '"' || parameters.data[end] == '\'') ? parameters.data[end] : 0;
        end += quote != 0;
        while (end < parameters.size && (quote ? parameters.data[end] != quote : !isspace((unsigned char)parameters.data[end])))
            end += quote && parameters.data[end] == '\\' && end + 1 < parameters.size ? 2 : 1;
        if (conf_equal_nocase(key, name)) {
            *ret_value = arena_str(a, quote ? str_slice(parameters, from + 1, end) : str_slice(parameters, from, end));
            return true;
        }
        i = end + (quote != 0);
    }
    return false;
}

struct including {
    struct gather *gather;
    rsyslog_visit *visit;
    void *context;
    int depth;
    int files_left; /* files that include each other would be read for ever */
};

static void read_file(struct including *i, const char *path);

static void visit_or_include(void *context, const struct rsyslog_statement *s)
{
    struct including *i = context;
    struct str pattern;
    struct conf_paths paths;
    bool is_old = s->kind == RSYSLOG_DIRECTIVE && conf_equal_nocase(s->name, "IncludeConfig");
    bool is_new = s->kind == RSYSLOG_OBJECT && conf_equal_nocase(s->name, "include");
    if (!is_old && !is_new) {
        i->visit(i->context, s);
        return;
    }
    if (is_new && !rsyslog_parameter(i->gather->arena, s->text, "file", &pattern))
        return;
    if (is_old)
        pattern = s->text;
    if (pattern.size == 0 || pattern.data[0] != '/')
        return;
    if (str_ends(pattern, "/")) /* a directory: all that it holds */
        pattern = arena_printf(i->gather->arena, "%.*s*", STR_ARGS(pattern));
    conf_glob(i->gather, arena_str(i->gather->arena, pattern).data, &paths);
    for (size_t n = 0; n < paths.count; n++)
        read_file(i, paths.items[n].data);
}

static void read_file(struct including *i, const char *path)
{
    struct str text;
    if (i->depth >= CONF_INCLUDE_DEPTH_MAX) {
        gather_missing(i->gather, str_of(path), "file", "includes are nested too deeply");
        return;
    }
    if (!conf_read(i->gather, path, &text))
        return;
    if (i->files_left-- <= 0) {
        gather_missing(i->gather, str_of(path), "file", "too many files are included");
        return;
    }
    i->depth++;
    rsyslog_parse(i->gather->arena, text, str_of(path), visit_or_include, i);
    i->depth--;
}

void rsyslog_read(struct gather *g, const char *path, rsyslog_visit *visit, void *context)
{
    struct including i = {.gather = g, .visit = visit, .context = context, .files_left = 1000};
    read_file(&i, path);
}
