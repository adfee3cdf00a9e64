/*
 * tpl.c - compiles the page templates (web/pages/NAME.html) to C at build time.
 *
 *     tpl OUTPUT.h DIR FILE.html...
 *
 * A file whose name begins with "_" is a partial, reached by include. Every other file NAME.html becomes DIR/page_NAME.c with
 * `void page_NAME(struct html *out, const struct json *v)`, which OUTPUT.h declares; what a file would say anyway is not written again, so that only what
 * changed is compiled. The language is written down in web/README.md; where a value stands
 * decides how it is escaped (tpl_html.h). Errors read "FILE:LINE: what".
 */
#include "base/arena.h"
#include "base/buf.h"
#include "tpl_expr.h"
#include "tpl_html.h"
#include <errno.h>
#include <stdarg.h>

enum { BLOCKS_MAX = 32, INCLUDES_MAX = 8 };

enum block_kind { BLOCK_IF, BLOCK_FOR };

struct block {
    enum block_kind kind;
    int line;
    const char *file;
    bool has_else;
    size_t variables;           /* in scope before the block */
    struct html_context before; /* where the block began */
    struct html_context branch; /* where its first branch ended */
    bool has_branch;
};

struct compiler {
    struct arena *arena;
    struct buf out;
    struct buf literal; /* text not yet emitted */
    struct html_context html;
    struct block blocks[BLOCKS_MAX];
    size_t block_count;
    struct tpl_scope scope;
    const char *file;
    int line;
    const char *includes[INCLUDES_MAX];
    size_t include_count;
    int serial;
    bool is_line_start;
};

static _Noreturn void fail(const struct compiler *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
static _Noreturn void fail(const struct compiler *c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s:%d: ", c->file, c->line);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(2);
}

static void flush_literal(struct compiler *c)
{
    if (c->literal.size == 0)
        return;
    buf_cstr(&c->out, "    html_raw(out, \"");
    for (size_t i = 0; i < c->literal.size; i++) {
        char ch = c->literal.data[i];
        if (ch == '\n')
            buf_cstr(&c->out, "\\n");
        else if (ch == '"' || ch == '\\' || ch == '?')
            buf_printf(&c->out, "\\%c", ch);
        else if ((unsigned char)ch < 0x20 || (unsigned char)ch >= 0x7f)
            buf_printf(&c->out, "\\%03o", (unsigned)(unsigned char)ch);
        else
            buf_char(&c->out, ch);
    }
    buf_printf(&c->out, "\", %zu);\n", c->literal.size);
    buf_clear(&c->literal);
}

static void emit_line(struct compiler *c)
{
    flush_literal(c);
    buf_printf(&c->out, "#line %d \"%s\"\n", c->line, c->file);
}

static void literal_char(struct compiler *c, char ch)
{
    /* Indentation is for the reader of the template. */
    bool is_space = ch == ' ' || ch == '\t';
    if (c->is_line_start && is_space && c->html.preserved == 0 && c->html.state != HTML_VALUE)
        return;
    c->is_line_start = ch == '\n';
    struct err e = {0};
    enum html_effect effect;
    if (!html_context_char(&c->html, ch, &effect, &e))
        fail(c, "%s", e.text);
    if (effect == HTML_SWALLOW)
        return;
    if (effect == HTML_KEEP_AT_THEN_EMIT) {
        flush_literal(c);
        buf_cstr(&c->out, "    html_keep_at(out);\n");
    }
    buf_char(&c->literal, ch);
}

/* ---- statements ---- */

static struct block *block_push(struct compiler *c, enum block_kind kind)
{
    if (c->block_count == BLOCKS_MAX)
        fail(c, "more than %d blocks inside each other", BLOCKS_MAX);
    struct block *b = &c->blocks[c->block_count++];
    *b = (struct block){.kind = kind, .line = c->line, .file = c->file, .variables = c->scope.count, .before = c->html};
    return b;
}

static struct block *block_top(struct compiler *c, const char *word)
{
    if (c->block_count == 0)
        fail(c, "'%s' without an open 'if' or 'for'", word);
    return &c->blocks[c->block_count - 1];
}

static void join(struct compiler *c, struct html_context *a, const struct html_context *b)
{
    struct err e = {0};
    if (!html_context_join(a, b, &e))
        fail(c, "%s", e.text);
}

static void statement_for(struct compiler *c, struct tpl_lexer *lexer)
{
    struct str name = tpl_name(lexer);
    tpl_word(lexer, "in");
    struct tpl_value list = tpl_path(lexer, &c->scope);
    tpl_done(lexer);
    block_push(c, BLOCK_FOR);
    int id = ++c->serial;
    buf_printf(&c->out,
               "    { int64_t i_%d = 0; for (const struct json *t_%d = html_first(%.*s); t_%d; t_%d = t_%d->next, i_%d++) {\n",
               id, id, STR_ARGS(list.code), id, id, id, id);
    buf_printf(&c->out, "    (void)i_%d;\n", id);
    tpl_scope_add(lexer, &c->scope, name, id, true);
}

static void statement_else(struct compiler *c, struct tpl_lexer *lexer)
{
    struct block *b = block_top(c, "else");
    if (b->kind != BLOCK_IF || b->has_else)
        fail(c, "'else' does not belong to an 'if' (opened on line %d)", b->line);
    if (b->has_branch)
        join(c, &b->branch, &c->html);
    else
        b->branch = c->html;
    b->has_branch = true;
    c->html = b->before;
    c->scope.count = b->variables;
    if (tpl_accept_word(lexer, "if")) {
        struct str condition = tpl_condition(lexer, &c->scope);
        buf_printf(&c->out, "    } else if (%.*s) {\n", STR_ARGS(condition));
    } else {
        b->has_else = true;
        buf_cstr(&c->out, "    } else {\n");
    }
    tpl_done(lexer);
}

static void statement_end(struct compiler *c, struct tpl_lexer *lexer)
{
    struct block *b = block_top(c, "end");
    tpl_done(lexer);
    if (b->kind == BLOCK_FOR) {
        join(c, &c->html, &b->before);
        buf_cstr(&c->out, "    } }\n");
    } else {
        if (b->has_branch)
            join(c, &c->html, &b->branch);
        if (!b->has_else)
            join(c, &c->html, &b->before);
        buf_cstr(&c->out, "    }\n");
    }
    c->scope.count = b->variables;
    c->block_count--;
}

static void compile_file(struct compiler *c, const char *path);

static void statement_include(struct compiler *c, struct tpl_lexer *lexer)
{
    struct str name = tpl_name(lexer);
    tpl_done(lexer);
    const char *slash = strrchr(c->file, '/');
    int folder = slash ? (int)(slash - c->file + 1) : 0;
    struct str path = arena_printf(c->arena, "%.*s_%.*s.html", folder, c->file, STR_ARGS(name));
    size_t variables = c->scope.count;
    size_t blocks = c->block_count;
    compile_file(c, path.data);
    if (c->block_count != blocks)
        fail(c, "the partial '%.*s' leaves a block open", STR_ARGS(name));
    c->scope.count = variables;
}

static void statement(struct compiler *c, struct str text)
{
    struct tpl_lexer lexer = {.text = text, .arena = c->arena, .file = c->file, .line = c->line};
    emit_line(c);
    if (tpl_accept_word(&lexer, "if")) {
        struct str condition = tpl_condition(&lexer, &c->scope);
        tpl_done(&lexer);
        block_push(c, BLOCK_IF);
        buf_printf(&c->out, "    if (%.*s) {\n", STR_ARGS(condition));
    } else if (tpl_accept_word(&lexer, "for")) {
        statement_for(c, &lexer);
    } else if (tpl_accept_word(&lexer, "else")) {
        statement_else(c, &lexer);
    } else if (tpl_accept_word(&lexer, "end")) {
        statement_end(c, &lexer);
    } else if (tpl_accept_word(&lexer, "include")) {
        statement_include(c, &lexer);
    } else if (tpl_accept_word(&lexer, "let")) {
        struct str name = tpl_name(&lexer);
        tpl_punctuation(&lexer, '=');
        struct tpl_value value = tpl_path(&lexer, &c->scope);
        tpl_done(&lexer);
        int id = ++c->serial;
        buf_printf(&c->out, "    const struct json *t_%d = %.*s;\n    (void)t_%d;\n", id, STR_ARGS(value.code), id);
        tpl_scope_add(&lexer, &c->scope, name, id, false);
    } else {
        fail(c, "statement '%.*s': known are if, else, else if, for, end, let, include", STR_ARGS(str_trim(text)));
    }
}

/* ---- values ---- */

static void value(struct compiler *c, struct str text)
{
    struct err e = {0};
    enum html_url url_before = c->html.url;
    if (!html_context_value(&c->html, &e))
        fail(c, "{{%.*s}}: %s", STR_ARGS(text), e.text);
    c->is_line_start = false;
    struct tpl_lexer lexer = {.text = text, .arena = c->arena, .file = c->file, .line = c->line};
    enum tpl_place place = TPL_TEXT;
    if (c->html.state == HTML_VALUE) {
        place = TPL_ATTRIBUTE;
        if (url_before == HTML_URL_START)
            place = TPL_URL_WHOLE;
        else if (url_before != HTML_URL_NONE)
            place = TPL_URL_PART;
    }
    struct str call = tpl_output(&lexer, &c->scope, place);
    if (place == TPL_URL_WHOLE && str_starts(str_trim(text), "asset "))
        c->html.url = HTML_URL_PATH; /* a fragment may follow: sprite.svg#name */
    emit_line(c);
    buf_printf(&c->out, "    %.*s;\n", STR_ARGS(call));
}

/* ---- files ---- */

static struct str read_file(struct compiler *c, const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        fail(c, "%s: %s", path, strerror(errno));
    struct buf b;
    buf_init(&b, 1 << 20);
    char chunk[4096];
    size_t n;
    while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
        buf_append(&b, chunk, n);
    fclose(f);
    if (b.full)
        fail(c, "%s: over 1 MiB", path);
    struct str text = arena_str(c->arena, buf_view(&b));
    buf_release(&b);
    return text;
}

/* What stands between `open` (already consumed) and `close` on this line. */
static struct str until(struct compiler *c, struct str line, size_t *at, const char *close)
{
    struct str rest = str_slice(line, *at, line.size);
    ptrdiff_t end = str_find(rest, str_of(close));
    if (end < 0)
        fail(c, "'%s' is missing on this line", close);
    *at += (size_t)end + strlen(close);
    return str_slice(rest, 0, (size_t)end);
}

static void compile_line(struct compiler *c, struct str line)
{
    c->is_line_start = true;
    struct str trimmed = str_trim(line);
    if (str_starts(trimmed, "%#"))
        return;
    if (str_starts(trimmed, "% ")) {
        statement(c, str_slice(trimmed, 1, trimmed.size));
        return;
    }
    for (size_t i = 0; i < line.size;) {
        struct str rest = str_slice(line, i, line.size);
        if (str_starts(rest, "{{")) {
            i += 2;
            value(c, until(c, line, &i, "}}"));
        } else if (str_starts(rest, "{%")) {
            i += 2;
            statement(c, until(c, line, &i, "%}"));
            c->is_line_start = false;
        } else {
            literal_char(c, line.data[i++]);
        }
    }
    literal_char(c, '\n');
}

static void compile_file(struct compiler *c, const char *path)
{
    struct str text = read_file(c, path);
    for (size_t i = 0; i < c->include_count; i++)
        if (strcmp(c->includes[i], path) == 0)
            fail(c, "%s includes itself", path);
    if (c->include_count == INCLUDES_MAX)
        fail(c, "more than %d files inside each other", INCLUDES_MAX);
    c->includes[c->include_count++] = path;
    const char *file = c->file;
    int line_before = c->line;
    c->file = path;
    c->line = 0;
    if (!str_is_utf8(text))
        fail(c, "not UTF-8");
    struct str line;
    while (str_next_line(&text, &line)) {
        c->line++;
        compile_line(c, line);
    }
    c->include_count--;
    if (file) {
        c->file = file;
        c->line = line_before;
    }
}

static bool is_in(const char *path, const struct buf *b)
{
    FILE *f = fopen(path, "rb");
    char *old = malloc(b->size + 1);
    bool is_same = f && old && fread(old, 1, b->size + 1, f) == b->size && memcmp(old, b->data, b->size) == 0;
    free(old);
    if (f)
        fclose(f);
    return is_same;
}

static void write_file(struct compiler *c, const char *path, const struct buf *b)
{
    if (is_in(path, b))
        return;
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(b->data, 1, b->size, f) != b->size || fclose(f) != 0)
        fail(c, "%s: %s", path, strerror(errno));
}

static void compile_page(struct compiler *c, const char *path, const char *directory, struct buf *header)
{
    const char *slash = strrchr(path, '/');
    struct str name = str_of(slash ? slash + 1 : path);
    if (str_starts(name, "_"))
        return;
    if (!str_ends(name, ".html"))
        fail(c, "%s: a template's name ends in .html", path);
    name = str_slice(name, 0, name.size - 5);
    buf_printf(header, "void page_%.*s(struct html *out, const struct json *v);\n", STR_ARGS(name));
    buf_clear(&c->out);
    buf_printf(&c->out, "/* Made by tools/tpl.c: do not edit. */\n#include \"web/html.h\"\n\nvoid page_%.*s(struct html *out, const struct json *v);\n\n", STR_ARGS(name));
    buf_printf(&c->out, "void page_%.*s(struct html *out, const struct json *v)\n{\n    (void)v;\n", STR_ARGS(name));
    memset(&c->html, 0, sizeof(c->html));
    c->scope.count = 0;
    c->file = NULL;
    compile_file(c, path);
    flush_literal(c);
    c->file = path;
    struct err e = {0};
    if (c->block_count) {
        c->line = c->blocks[c->block_count - 1].line;
        fail(c, "this block has no 'end'");
    }
    if (!html_context_end(&c->html, &e))
        fail(c, "%s", e.text);
    buf_cstr(&c->out, "}\n");
    write_file(c, arena_printf(c->arena, "%s/page_%.*s.c", directory, STR_ARGS(name)).data, &c->out);
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: tpl OUTPUT.h DIR FILE.html...\n");
        return 2;
    }
    struct compiler *c = calloc(1, sizeof(*c));
    if (!c)
        return 3;
    c->file = "tpl";
    c->arena = arena_new("templates", 64 << 20);
    buf_init(&c->out, 16 << 20);
    buf_init(&c->literal, 1 << 20);
    struct buf header;
    buf_init(&header, 1 << 20);
    buf_cstr(&header, "/* Made by tools/tpl.c: do not edit. */\n#pragma once\n#include \"web/html.h\"\n");
    for (int i = 3; i < argc; i++)
        compile_page(c, argv[i], argv[2], &header);
    c->file = "tpl";
    c->line = 0;
    write_file(c, argv[1], &header);
    buf_release(&header);
    buf_release(&c->literal);
    buf_release(&c->out);
    arena_free(c->arena);
    free(c);
    return 0;
}
