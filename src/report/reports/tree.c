/* tree.c - putting blocks into the tree of a report. */
#include "report/reports/internal.h"

#include <stdarg.h>
#include <stdio.h>

struct json *report_heading(struct report *r, int level, struct str text, const char *id)
{
    return print_heading(r->document, level, text, str_of(id));
}

struct json *report_say(struct report *r, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct json *b = print_paragraph(r->document, arena_vprintf(r->a, format, arguments));
    va_end(arguments);
    return b;
}

struct json *report_small(struct report *r, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct json *b = print_paragraph(r->document, arena_vprintf(r->a, format, arguments));
    va_end(arguments);
    json_put_cstr(b, "style", "small");
    return b;
}

struct json *report_template(struct report *r, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct json *b = print_paragraph(r->document, arena_vprintf(r->a, format, arguments));
    va_end(arguments);
    json_put_bool(b, "template", true);
    return b;
}

void report_own(struct report *r, struct str markdown, struct str place, struct str url, const char *author)
{
    struct json *like = json_object(r->a);
    json_put_str(like, "own", place);
    json_put_str(like, "own_url", url);
    json_put_cstr(like, "author", author);
    report_markdown(r->a, (struct json *)(uintptr_t)json_get(r->document, "body"), markdown, like);
}

struct json *report_table(struct report *r, struct str caption, const char *columns)
{
    struct json *t = print_table(r->document, caption);
    struct str rest = str_of(columns), one;
    for (bool is_more = true; is_more;) {
        is_more = str_cut(&rest, '|', &one);
        bool is_right = str_starts(one, ">");
        int64_t width = 0;
        ptrdiff_t colon = str_find_char(one, ':');
        if (colon >= 0 && str_to_int64(str_slice(one, (size_t)colon + 1, one.size), &width))
            one.size = (size_t)colon;
        print_column(t, is_right ? str_slice(one, 1, one.size) : one, is_right ? "right" : "", (int)width);
    }
    return t;
}

void report_cell(struct json *row, struct str text)
{
    json_push_str(row, text.data ? text : STR(""));
}

void report_cell_int(struct json *row, int64_t n)
{
    json_push_str(row, arena_printf(row->arena, "%lld", (long long)n));
}

void report_cell_link(struct json *row, struct str text, const char *anchor)
{
    struct json *run = json_push_object(json_push(row, json_array(row->arena)));
    json_put_str(run, "text", text);
    json_put_cstr(run, "link", anchor);
}

void report_cell_status(struct json *row, const char *status, struct str words)
{
    static const char *const names[] = {"pass", "fail", "unknown", "skip"}, *const shapes[] = {"● ", "■ ", "◌ ", "– "};
    const char *shape = "";
    for (size_t i = 0; i < 4; i++)
        if (strcmp(names[i], status) == 0)
            shape = shapes[i];
    json_push_str(row, arena_printf(row->arena, "%s%.*s", shape, STR_ARGS(words)));
}

void report_table_is_own(struct json *table, const char *author)
{
    if (!json_get(table, "author"))
        json_put_cstr(table, "author", author);
}

struct str report_join(struct arena *a, const struct json *ids, const char *between)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 1 << 20);
    JSON_EACH (id, ids)
        buf_printf(&b, "%s%.*s", b.size ? between : "", STR_ARGS(id->text));
    return arena_str(a, buf_view(&b));
}

struct str report_join_strings(struct arena *a, struct strings list, const char *between)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 1 << 20);
    for (size_t i = 0; i < list.count; i++)
        buf_printf(&b, "%s%s", b.size ? between : "", list.items[i]);
    return arena_str(a, buf_view(&b));
}

struct str report_text(struct arena *a, const struct json *text)
{
    if (!text || text->type != JSON_ARRAY)
        return text ? text->text : STR("");
    struct buf BUF_AUTO b;
    buf_init(&b, 1 << 20);
    JSON_EACH (run, text)
        buf_str(&b, run->type == JSON_OBJECT ? json_text(run, "text") : run->text);
    return arena_str(a, buf_view(&b));
}

/* ---- one part of it ---- */

static struct json *copy_of(struct arena *a, const struct json *block)
{
    struct json *copy = ARENA_NEW(a, struct json);
    *copy = *block;
    copy->next = NULL;
    copy->key = STR("");
    return copy;
}

struct json *report_part(struct arena *a, const struct json *document, int64_t part)
{
    struct json *o = json_object(a), *parts = json_put_array(o, "parts"), *blocks = json_put_array(o, "blocks"), *headings = NULL;
    int64_t n = 0, count = 0;
    JSON_EACH (b, json_get(document, "body"))
        count += str_is(json_text(b, "type"), "heading") && json_int(b, "level", 1) == 1;
    part = part < 1 || part > count ? 1 : part;
    JSON_EACH (b, json_get(document, "body")) {
        bool is_heading = str_is(json_text(b, "type"), "heading");
        if (is_heading && json_int(b, "level", 1) == 1) {
            struct json *p = json_push_object(parts);
            json_put_int(p, "number", ++n);
            json_put_str(p, "title", json_text(b, "text"));
            json_put_str(p, "id", json_text(b, "id"));
            json_put_bool(p, "is_current", n == part);
            headings = json_put_array(p, "headings");
        } else if (is_heading && json_int(b, "level", 1) == 2 && headings && n == part) {
            struct json *h = json_push_object(headings);
            json_put_str(h, "title", json_text(b, "text"));
            json_put_str(h, "id", json_text(b, "id"));
        }
        if (n == part || (n == 0 && part == 1))
            json_push(blocks, copy_of(a, b));
    }
    return o;
}
