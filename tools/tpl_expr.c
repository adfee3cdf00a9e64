#include "tpl_expr.h"
#include <stdarg.h>

static _Noreturn void fail(const struct tpl_lexer *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
static _Noreturn void fail(const struct tpl_lexer *l, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s:%d: ", l->file, l->line);
    vfprintf(stderr, format, args);
    fprintf(stderr, " in '%.*s'\n", STR_ARGS(str_trim(l->text)));
    va_end(args);
    exit(2);
}

/* ---- words ---- */

static int peek(struct tpl_lexer *l)
{
    while (l->at < l->text.size && (l->text.data[l->at] == ' ' || l->text.data[l->at] == '\t'))
        l->at++;
    return l->at < l->text.size ? (unsigned char)l->text.data[l->at] : -1;
}

static bool is_letter(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static struct str take_name(struct tpl_lexer *l)
{
    size_t start = l->at;
    while (l->at < l->text.size && (is_letter(l->text.data[l->at]) || is_digit(l->text.data[l->at])))
        l->at++;
    return str_slice(l->text, start, l->at);
}

struct str tpl_name(struct tpl_lexer *l)
{
    if (!is_letter(peek(l)))
        fail(l, "a name is missing at column %zu", l->at + 1);
    return take_name(l);
}

bool tpl_accept_word(struct tpl_lexer *l, const char *word)
{
    peek(l);
    size_t start = l->at;
    if (str_is(take_name(l), word) && (l->at == l->text.size || l->text.data[l->at] != '.'))
        return true;
    l->at = start;
    return false;
}

void tpl_word(struct tpl_lexer *l, const char *word)
{
    if (!tpl_accept_word(l, word))
        fail(l, "'%s' is missing", word);
}

static bool accept(struct tpl_lexer *l, const char *text)
{
    peek(l);
    if (!str_starts(str_slice(l->text, l->at, l->text.size), text))
        return false;
    l->at += strlen(text);
    return true;
}

void tpl_punctuation(struct tpl_lexer *l, char c)
{
    char text[2] = {c, 0};
    if (!accept(l, text))
        fail(l, "'%c' is missing", c);
}

void tpl_done(struct tpl_lexer *l)
{
    if (peek(l) != -1)
        fail(l, "nothing may follow column %zu", l->at + 1);
}

void tpl_scope_add(struct tpl_lexer *l, struct tpl_scope *scope, struct str name, int id, bool is_loop)
{
    if (scope->count == TPL_VARIABLES_MAX)
        fail(l, "more than %d variables", TPL_VARIABLES_MAX);
    if (str_is(name, "page") || str_is(name, "v"))
        fail(l, "'%.*s' is taken", STR_ARGS(name));
    scope->variables[scope->count++] = (struct tpl_variable){name, id, is_loop};
}

/* A quoted text as a C string literal; only printable ASCII and UTF-8 without escapes. */
static struct str take_string(struct tpl_lexer *l)
{
    size_t start = ++l->at;
    while (l->at < l->text.size && l->text.data[l->at] != '"' && l->text.data[l->at] != '\\')
        l->at++;
    if (l->at == l->text.size || l->text.data[l->at] == '\\')
        fail(l, "a text in \"quotes\" does not end (and has no escapes)");
    struct str s = str_slice(l->text, start, l->at++);
    return s;
}

/* ---- paths ---- */

static const struct tpl_variable *variable_find(const struct tpl_scope *scope, struct str name)
{
    for (size_t i = scope->count; i-- > 0;)
        if (str_equal(scope->variables[i].name, name))
            return &scope->variables[i];
    return NULL;
}

static struct tpl_value pseudo(struct tpl_lexer *l, struct str code, const struct tpl_variable *variable, bool is_variable_itself)
{
    struct str word = tpl_name(l);
    if (str_is(word, "count"))
        return (struct tpl_value){TPL_INTEGER, arena_printf(l->arena, "html_count(%.*s)", STR_ARGS(code))};
    if (str_is(word, "key"))
        return (struct tpl_value){TPL_STRING, arena_printf(l->arena, "html_key(%.*s)", STR_ARGS(code))};
    bool is_loop = variable && variable->is_loop && is_variable_itself;
    if (str_is(word, "index") && is_loop)
        return (struct tpl_value){TPL_INTEGER, arena_printf(l->arena, "(i_%d + 1)", variable->id)};
    if (str_is(word, "first") && is_loop)
        return (struct tpl_value){TPL_INTEGER, arena_printf(l->arena, "(i_%d == 0)", variable->id)};
    fail(l, "'@%.*s': known are @count, @key, and of a loop variable @index and @first", STR_ARGS(word));
}

static bool take_optional(struct tpl_lexer *l)
{
    if (l->at < l->text.size && l->text.data[l->at] == '?') {
        l->at++;
        return true;
    }
    return false;
}

static struct tpl_value path(struct tpl_lexer *l, const struct tpl_scope *scope)
{
    peek(l);
    size_t start = l->at;
    struct str name = tpl_name(l);
    const struct tpl_variable *variable = variable_find(scope, name);
    bool is_itself = true;
    struct str code;
    struct str names[16];
    size_t count = 0;
    if (variable)
        code = arena_printf(l->arena, "t_%d", variable->id);
    else if (str_is(name, "page"))
        code = STR("out->shell");
    else if (str_is(name, "v"))
        code = STR("v");
    else {
        code = STR("v");
        names[count++] = name;
        is_itself = false;
    }
    struct str special = {0};
    while (l->at < l->text.size && l->text.data[l->at] == '.') {
        l->at++;
        if (l->at < l->text.size && l->text.data[l->at] == '@') {
            special = str_slice(l->text, l->at++, l->text.size);
            break;
        }
        if (count == 16)
            fail(l, "the path is too deep");
        names[count] = take_name(l);
        if (names[count++].size == 0)
            fail(l, "a name is missing behind '.'");
    }
    struct str whole = str_slice(l->text, start, l->at);
    const char *slash = strrchr(l->file, '/');
    bool is_optional = !special.size && take_optional(l);
    for (size_t i = 0; i < count; i++) {
        is_itself = false;
        if (is_digit(names[i].data[0]))
            code = arena_printf(l->arena, "json_at(%.*s, %.*s)", STR_ARGS(code), STR_ARGS(names[i]));
        else if (is_optional || special.size)
            code = arena_printf(l->arena, "json_get(%.*s, \"%.*s\")", STR_ARGS(code), STR_ARGS(names[i]));
        else
            code = arena_printf(l->arena, "html_get(out, %.*s, \"%.*s\", \"%s:%d: %.*s\")", STR_ARGS(code), STR_ARGS(names[i]),
                                slash ? slash + 1 : l->file, l->line, STR_ARGS(whole));
    }
    return special.size ? pseudo(l, code, variable, is_itself) : (struct tpl_value){TPL_JSON, code};
}

struct tpl_value tpl_path(struct tpl_lexer *l, const struct tpl_scope *scope)
{
    struct tpl_value v = path(l, scope);
    if (v.type != TPL_JSON)
        fail(l, "a path into the view is needed here");
    return v;
}

static struct tpl_value operand(struct tpl_lexer *l, const struct tpl_scope *scope)
{
    int c = peek(l);
    if (c == '"') {
        struct str s = take_string(l);
        return (struct tpl_value){TPL_STRING, arena_printf(l->arena, "STR(\"%.*s\")", STR_ARGS(s))};
    }
    if (is_digit(c) || c == '-') {
        size_t start = l->at++;
        while (l->at < l->text.size && is_digit(l->text.data[l->at]))
            l->at++;
        return (struct tpl_value){TPL_INTEGER,
                                  arena_printf(l->arena, "INT64_C(%.*s)", STR_ARGS(str_slice(l->text, start, l->at)))};
    }
    return path(l, scope);
}

/* ---- conditions ---- */

static struct str truth(struct tpl_lexer *l, struct tpl_value v)
{
    if (v.type == TPL_JSON)
        return arena_printf(l->arena, "html_is_true(%.*s)", STR_ARGS(v.code));
    if (v.type == TPL_STRING)
        return arena_printf(l->arena, "(%.*s).size", STR_ARGS(v.code));
    return v.code;
}

static struct str as_integer(struct tpl_lexer *l, struct tpl_value v)
{
    if (v.type == TPL_STRING)
        fail(l, "a text is compared with a number");
    return v.type == TPL_INTEGER ? v.code : arena_printf(l->arena, "html_integer(%.*s)", STR_ARGS(v.code));
}

static struct str as_text(struct tpl_lexer *l, struct tpl_value v)
{
    if (v.type == TPL_INTEGER)
        fail(l, "a number is compared with a text");
    return v.type == TPL_STRING ? v.code : arena_printf(l->arena, "html_string(%.*s)", STR_ARGS(v.code));
}

static struct str comparison(struct tpl_lexer *l, const struct tpl_scope *scope)
{
    static const char *const operators[] = {"==", "!=", "<=", ">=", "<", ">"};
    struct tpl_value left = operand(l, scope);
    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        if (!accept(l, operators[i]))
            continue;
        struct tpl_value right = operand(l, scope);
        bool is_number = left.type == TPL_INTEGER || right.type == TPL_INTEGER || i >= 2;
        if (is_number)
            return arena_printf(l->arena, "(%.*s %s %.*s)", STR_ARGS(as_integer(l, left)), operators[i],
                                STR_ARGS(as_integer(l, right)));
        if (left.type != TPL_STRING && right.type != TPL_STRING) /* both are the view's: numbers or texts */
            return arena_printf(l->arena, "%shtml_equal(%.*s, %.*s)", i == 1 ? "!" : "", STR_ARGS(left.code), STR_ARGS(right.code));
        return arena_printf(l->arena, "%sstr_equal(%.*s, %.*s)", i == 1 ? "!" : "", STR_ARGS(as_text(l, left)),
                            STR_ARGS(as_text(l, right)));
    }
    return truth(l, left);
}

static struct str conjunction(struct tpl_lexer *l, const struct tpl_scope *scope)
{
    struct str code = {0};
    do {
        bool is_negated = tpl_accept_word(l, "not");
        struct str one = comparison(l, scope);
        code = arena_printf(l->arena, "%.*s%s%s(%.*s)", STR_ARGS(code), code.size ? " && " : "", is_negated ? "!" : "",
                            STR_ARGS(one));
    } while (tpl_accept_word(l, "and"));
    return code;
}

struct str tpl_condition(struct tpl_lexer *l, const struct tpl_scope *scope)
{
    struct str code = {0};
    do {
        struct str one = conjunction(l, scope);
        code = arena_printf(l->arena, "%.*s%s(%.*s)", STR_ARGS(code), code.size ? " || " : "", STR_ARGS(one));
    } while (tpl_accept_word(l, "or"));
    return code;
}

/* ---- values ---- */

static const struct filter {
    const char *name;
    int arguments;
    bool is_markup; /* makes elements: text only */
} filters[] = {
    {"date", 0, false},  {"day", 0, false},   {"ago", 0, false},    {"number", 0, false}, {"pct", 0, false},  {"score", 0, false},
    {"bytes", 0, false}, {"short", 0, false}, {"plural", 2, false}, {"upper", 0, false},  {"word", 0, false}, {"time", 0, true},
    {"since", 0, true},  {"status", 0, true}, {"mark", 0, true},    {"prose", 0, true},   {"meter", 0, true}, {"strip", 0, true}, {"diagram", 0, true},
    {"spells", 0, true}, {"gauge", 0, true},  {"markdown", 0, true},  {"blocks", 0, true},  {"slug", 0, false},
};

static struct str filtered(struct tpl_lexer *l, struct tpl_value v, enum tpl_place place)
{
    struct str name = tpl_name(l);
    for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
        const struct filter *f = &filters[i];
        if (!str_is(name, f->name))
            continue;
        if (f->is_markup && place != TPL_TEXT)
            fail(l, "filter '%s' makes elements: it may not stand in an attribute", f->name);
        if (place == TPL_URL_WHOLE)
            fail(l, "a filter may not make a whole URL");
        if (v.type == TPL_STRING)
            fail(l, "filter '%s' takes a path or a number", f->name);
        struct str value =
            v.type == TPL_INTEGER ? arena_printf(l->arena, "html_number_node(out, %.*s)", STR_ARGS(v.code)) : v.code;
        struct str code = arena_printf(l->arena, "html_filter_%s(out, %.*s", f->name, STR_ARGS(value));
        for (int n = 0; n < f->arguments; n++) {
            if (peek(l) != '"')
                fail(l, "filter '%s' takes %d texts", f->name, f->arguments);
            struct str s = take_string(l);
            code = arena_printf(l->arena, "%.*s, \"%.*s\"", STR_ARGS(code), STR_ARGS(s));
        }
        return arena_printf(l->arena, "%.*s)", STR_ARGS(code));
    }
    fail(l, "filter '%.*s' is not known", STR_ARGS(name));
}

struct str tpl_output(struct tpl_lexer *l, const struct tpl_scope *scope, enum tpl_place place)
{
    static const char *const calls[] = {"html_text", "html_text", "html_url", "html_url_part"};
    if (tpl_accept_word(l, "asset")) {
        if ((place != TPL_URL_WHOLE && place != TPL_ATTRIBUTE) || peek(l) != '"')
            fail(l, "asset \"name\" makes a whole attribute");
        struct str s = take_string(l);
        tpl_done(l);
        return arena_printf(l->arena, "html_asset(out, \"%.*s\")", STR_ARGS(s));
    }
    struct tpl_value v = operand(l, scope);
    struct str code;
    if (accept(l, "|"))
        code = filtered(l, v, place);
    else if (v.type == TPL_INTEGER)
        code = arena_printf(l->arena, "html_int(out, %.*s)", STR_ARGS(v.code));
    else if (v.type == TPL_STRING)
        code = arena_printf(l->arena, "%s_str(out, %.*s)", calls[place], STR_ARGS(v.code));
    else
        code = arena_printf(l->arena, "%s(out, %.*s)", calls[place], STR_ARGS(v.code));
    tpl_done(l);
    return code;
}
