/* markdown.c - what people type (a small part of Markdown) as blocks of the tree: paragraphs, lists, headings as bold lines, and runs within a line. */
#include "report/reports/internal.h"

enum { RUNS_MAX = 200 };

static bool is_escapable(char c)
{
    return strchr("\\`*_{}[]()#+-.!|<>~", c) != NULL;
}

static void run_push(struct json *list, struct str text, const char *mark, struct str link)
{
    if (text.size == 0)
        return;
    if (!mark && link.size == 0) {
        json_push_str(list, text);
        return;
    }
    struct json *run = json_push_object(list);
    json_put_str(run, "text", text);
    if (mark)
        json_put_bool(run, mark, true);
    if (link.size)
        json_put_str(run, "link", link);
}

/* Where the marked text ends, or 0. */
static size_t mark_end(struct str s, size_t from, struct str mark)
{
    if (from >= s.size || s.data[from] == ' ')
        return 0;
    ptrdiff_t at = str_find(str_slice(s, from, s.size), mark);
    return at > 0 ? from + (size_t)at : 0;
}

struct marked {
    struct str mark;
    const char *name;
};
static const struct marked marks[] = {{STR("**"), "bold"}, {STR("__"), "bold"}, {STR("`"), "code"}, {STR("*"), "italic"}};

/* A mark, or a link, at `at`: what it holds, and where the text goes on. */
static bool marked_at(struct str s, size_t at, struct str *ret_text, const char **ret_mark, struct str *ret_link, size_t *ret_next)
{
    *ret_link = STR("");
    *ret_mark = NULL;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        if (!str_starts(str_slice(s, at, s.size), marks[i].mark.data))
            continue;
        size_t from = at + marks[i].mark.size, end = mark_end(s, from, marks[i].mark);
        if (!end)
            return false;
        *ret_text = str_slice(s, from, end);
        *ret_mark = marks[i].name;
        *ret_next = end + marks[i].mark.size;
        return true;
    }
    if (s.data[at] != '[')
        return false;
    ptrdiff_t middle = str_find(str_slice(s, at, s.size), STR("]("));
    if (middle < 0)
        return false;
    size_t from = at + (size_t)middle + 2;
    ptrdiff_t close = str_find_char(str_slice(s, from, s.size), ')');
    if (close < 0)
        return false;
    *ret_text = str_slice(s, at + 1, at + (size_t)middle);
    *ret_link = str_slice(s, from, from + (size_t)close);
    *ret_next = from + (size_t)close + 1;
    return !str_contains(*ret_text, "\n") && !str_contains(*ret_link, " ");
}

/* A line or more as a text of the tree. */
static struct json *runs_of(struct arena *a, struct str s)
{
    struct json *list = json_array(a);
    struct buf BUF_AUTO plain;
    buf_init(&plain, s.size + 16);
    for (size_t i = 0; i < s.size;) {
        struct str text, link;
        const char *mark;
        size_t next;
        if (s.data[i] == '\\' && i + 1 < s.size && is_escapable(s.data[i + 1])) {
            buf_char(&plain, s.data[i + 1]);
            i += 2;
        } else if (list->count < RUNS_MAX && strchr("*_`[", s.data[i]) && marked_at(s, i, &text, &mark, &link, &next)) {
            run_push(list, arena_str(a, buf_view(&plain)), NULL, STR(""));
            buf_clear(&plain);
            run_push(list, text, mark, link);
            i = next;
        } else {
            buf_char(&plain, s.data[i++]);
        }
    }
    run_push(list, arena_str(a, buf_view(&plain)), NULL, STR(""));
    if (list->count == 0)
        return json_new_str(a, STR(""));
    if (list->count == 1 && list->first->type == JSON_STRING)
        return json_new_str(a, list->first->text);
    return list;
}

struct str report_plain(struct arena *a, struct str markdown)
{
    struct buf BUF_AUTO b;
    struct str line;
    buf_init(&b, markdown.size * 2 + 64);
    while (str_next_line(&markdown, &line)) {
        line = str_trim(line);
        while (str_starts(line, "#"))
            line = str_slice(line, 1, line.size);
        struct json *runs = runs_of(a, str_trim(line));
        if (b.size && line.size)
            buf_char(&b, '\n');
        if (runs->type == JSON_STRING)
            buf_str(&b, runs->text);
        JSON_EACH (run, runs->type == JSON_ARRAY ? runs : NULL)
            buf_str(&b, run->type == JSON_OBJECT ? json_text(run, "text") : run->text);
    }
    return arena_str(a, buf_view(&b));
}

/* ---- lines to blocks ---- */

struct reading {
    struct arena *a;
    struct json *body, *list;
    const struct json *like;
    struct buf paragraph;
    bool is_ordered;
};

static struct json *block_new(struct reading *x, const char *type)
{
    struct json *b = json_push_object(x->body);
    json_put_cstr(b, "type", type);
    JSON_EACH (m, x->like) {
        struct json *copy = ARENA_NEW(x->a, struct json);
        *copy = *m;
        copy->next = NULL;
        json_put(b, arena_str(x->a, m->key).data, copy);
    }
    return b;
}

static void paragraph_end(struct reading *x)
{
    struct str text = str_trim(buf_view(&x->paragraph));
    if (text.size)
        json_put(block_new(x, "paragraph"), "text", runs_of(x->a, arena_str(x->a, text)));
    buf_clear(&x->paragraph);
}

/* "- ", "* ", "1. ": what stands behind it. */
static bool item_of(struct str line, bool *ret_ordered, struct str *ret)
{
    size_t i = 0;
    if ((str_starts(line, "- ") || str_starts(line, "* ") || str_starts(line, "+ "))) {
        *ret_ordered = false;
        *ret = str_trim(str_slice(line, 2, line.size));
        return true;
    }
    while (i < line.size && i < 4 && line.data[i] >= '0' && line.data[i] <= '9')
        i++;
    if (i == 0 || i + 1 >= line.size || (line.data[i] != '.' && line.data[i] != ')') || line.data[i + 1] != ' ')
        return false;
    *ret_ordered = true;
    *ret = str_trim(str_slice(line, i + 2, line.size));
    return true;
}

static void item_put(struct reading *x, struct str text, bool is_ordered)
{
    paragraph_end(x);
    if (!x->list || x->is_ordered != is_ordered) {
        struct json *b = block_new(x, "list");
        json_put_bool(b, "ordered", is_ordered);
        x->list = json_put_array(b, "items");
        x->is_ordered = is_ordered;
    }
    json_push(x->list, runs_of(x->a, text));
}

static void line_put(struct reading *x, struct str line)
{
    struct str trimmed = str_trim(line), item;
    bool is_ordered;
    if (trimmed.size == 0) {
        paragraph_end(x);
        x->list = NULL;
    } else if (str_starts(trimmed, "#")) {
        paragraph_end(x);
        x->list = NULL;
        while (str_starts(trimmed, "#"))
            trimmed = str_slice(trimmed, 1, trimmed.size);
        struct json *b = block_new(x, "paragraph");
        json_put_bool(b, "keep", true);
        run_push(json_put_array(b, "text"), str_trim(trimmed), "bold", STR(""));
    } else if (item_of(trimmed, &is_ordered, &item)) {
        item_put(x, item, is_ordered);
    } else {
        if (x->list && x->paragraph.size == 0 && line.size && line.data[0] != ' ')
            x->list = NULL;
        if (x->paragraph.size)
            buf_char(&x->paragraph, '\n');
        buf_str(&x->paragraph, trimmed);
    }
}

void report_markdown(struct arena *a, struct json *body, struct str markdown, const struct json *like)
{
    struct reading x = {.a = a, .body = body, .like = like};
    struct str line;
    markdown = arena_str(a, markdown);
    buf_init(&x.paragraph, markdown.size + 64);
    while (str_next_line(&markdown, &line))
        line_put(&x, line);
    paragraph_end(&x);
    buf_release(&x.paragraph);
}
