#include "print/internal.h"

#include <stdarg.h>
#include <stdio.h>

enum { ARENA_BYTES_MAX = 512 << 20 };

bool print_fail(struct print *p, enum err_code code, const char *format, ...)
{
    char text[300];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (!p->failed)
        err_set(p->e, code, "%s", text);
    p->failed = true;
    return false;
}

static void fonts_open(struct print *p)
{
    static const char *const names[FONT_COUNT] = {[FONT_BODY] = "DejaVu Sans 9", [FONT_SMALL] = "DejaVu Sans 7.5", [FONT_LEAD] = "DejaVu Sans 11", [FONT_CODE] = "DejaVu Sans Mono 8",
                                                  [FONT_BOLD] = "DejaVu Sans Bold 9", [FONT_H1] = "DejaVu Sans Bold 17", [FONT_H2] = "DejaVu Sans Bold 13", [FONT_H3] = "DejaVu Sans Bold 10.5",
                                                  [FONT_H4] = "DejaVu Sans Bold 9", [FONT_COVER] = "DejaVu Sans Bold 30", [FONT_COVER_SUB] = "DejaVu Sans 14", [FONT_CELL] = "DejaVu Sans 8",
                                                  [FONT_CELL_HEAD] = "DejaVu Sans Bold 8"};
    struct str language = json_text(p->document, "language");
    p->fonts = pangocairo.font_map_new();
    p->context = pango.font_map_create_context(p->fonts);
    pangocairo.context_set_resolution(p->context, 72);
    cairo_font_options_t *options = cairo.font_options_create();
    cairo.font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo.font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo.font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    pangocairo.context_set_font_options(p->context, options);
    cairo.font_options_destroy(options);
    pango.context_set_round_glyph_positions(p->context, FALSE);
    pango.context_set_language(p->context, pango.language_from_string(language.size && language.size < 20 ? arena_str(p->a, language).data : "en"));
    p->descriptions = arena_array(p->a, FONT_COUNT, sizeof *p->descriptions);
    for (int i = 0; i < FONT_COUNT; i++)
        p->descriptions[i] = pango.font_description_from_string(names[i]);
}

static void fonts_close(struct print *p)
{
    for (size_t i = 0; i < p->layout_count; i++)
        gobject.unref(p->layouts[i]);
    for (int i = 0; i < FONT_COUNT; i++)
        pango.font_description_free(p->descriptions[i]);
    gobject.unref(p->context);
    gobject.unref(p->fonts);
}

static void paper(struct print *p)
{
    bool is_letter = str_is(json_text(p->document, "page"), "Letter"), is_wide = json_bool(p->document, "landscape");
    double w = is_letter ? 612 : 595.28, h = is_letter ? 792 : 841.89;
    p->page_w = is_wide ? h : w;
    p->page_h = is_wide ? w : h;
    p->left = 56;
    p->width = p->page_w - 2 * p->left;
    p->top = 76;
    p->bottom = p->page_h - 68;
}

bool print_prepare(struct err *e)
{
    return print_libraries_open(e);
}

bool print_pdf(const struct json *document, struct buf *out, struct err *e)
{
    struct print p = {.document = document, .e = e};
    if (!print_libraries_open(e))
        return false;
    if (json_text(document, "title").size == 0 || !json_get(document, "body"))
        return err_set(e, ERR_INVALID, "document: title and body are needed");
    p.a = arena_new("a document", ARENA_BYTES_MAX);
    paper(&p);
    fonts_open(&p);
    bool ok = layout_body(&p) && layout_cover(&p) && layout_contents(&p, json_int(document, "contents", 0)) && draw_document(&p, out);
    fonts_close(&p);
    arena_free(p.a);
    return ok && pdf_finish(out, json_text(document, "language"), json_text(document, "title"), e);
}

/* ---- making a document ---- */

struct json *print_document(struct arena *a, struct str title, int64_t created_ms)
{
    struct json *d = json_object(a);
    json_put_str(d, "title", title);
    json_put_int(d, "created", created_ms);
    json_put_cstr(d, "language", "en");
    json_put_array(d, "body");
    return d;
}

struct json *print_block(struct json *document, const char *type)
{
    struct json *b = json_push_object((struct json *)(uintptr_t)json_get(document, "body"));
    json_put_cstr(b, "type", type);
    return b;
}

struct json *print_heading(struct json *document, int level, struct str text, struct str id)
{
    struct json *b = print_block(document, "heading");
    json_put_int(b, "level", level);
    json_put_str(b, "text", text);
    json_put_str(b, "id", id);
    return b;
}

struct json *print_paragraph(struct json *document, struct str text)
{
    struct json *b = print_block(document, "paragraph");
    json_put_str(b, "text", text);
    return b;
}

struct json *print_table(struct json *document, struct str caption)
{
    struct json *b = print_block(document, "table");
    json_put_str(b, "caption", caption);
    json_put_array(b, "columns");
    json_put_array(b, "rows");
    return b;
}

void print_column(struct json *table, struct str label, const char *align, int width_percent)
{
    struct json *c = json_push_object((struct json *)(uintptr_t)json_get(table, "columns"));
    json_put_str(c, "label", label);
    json_put_cstr(c, "align", align);
    json_put_int(c, "width", width_percent);
}

struct json *print_row(struct json *block)
{
    struct json *rows = (struct json *)(uintptr_t)json_get(block, "rows");
    rows = rows ? rows : json_put_array(block, "rows");
    return json_push(rows, json_array(block->arena));
}

void print_fact(struct json *facts, struct str name, struct str value)
{
    struct json *row = print_row(facts);
    json_push_str(row, name);
    json_push_str(row, value);
}
