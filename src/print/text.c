/* text.c - texts: runs to a layout of pango, without what has no place on paper. */
#include "print/internal.h"

#include <stdlib.h>

enum { LINKS_MAX = 64 };

/* One character of UTF-8; 0 bytes: the text is damaged here. */
static size_t character(struct str s, size_t at, uint32_t *ret)
{
    const unsigned char *d = (const unsigned char *)s.data + at;
    size_t left = s.size - at, n = d[0] < 0x80 ? 1 : d[0] >= 0xf0 && d[0] < 0xf5 ? 4 : d[0] >= 0xe0 ? 3 : d[0] >= 0xc2 ? 2 : 0;
    if (n == 0 || n > left || !str_is_utf8(str_make(d, n)))
        return 0;
    static const uint32_t masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t c = d[0] & masks[n];
    for (size_t i = 1; i < n; i++)
        c = c << 6 | (d[i] & 0x3f);
    *ret = c;
    return n;
}

/* Controls, marks that turn the direction about, and what is no character. */
static bool is_left_out(uint32_t c)
{
    return (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f ||
           c == 0x61c || c == 0xfeff || (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef) || (c >= 0xe0000 && c <= 0xe007f) || (c >= 0xfff9 && c <= 0xfffb);
}

static void clean_put(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.size;) {
        uint32_t c = 0;
        size_t n = character(s, i, &c);
        if (n == 0)
            buf_cstr(b, "\xef\xbf\xbd");
        else if (c == '\t')
            buf_char(b, ' ');
        else if (c == 0x2028 || c == 0x2029)
            buf_char(b, '\n');
        else if (!is_left_out(c))
            buf_append(b, s.data + i, n);
        i += n ? n : 1;
    }
}

struct str text_clean(struct arena *a, struct str text)
{
    struct buf b BUF_AUTO;
    buf_init(&b, 3 * text.size + 16);
    clean_put(&b, text);
    return arena_str(a, buf_view(&b));
}

struct str text_plain(struct arena *a, const struct json *text)
{
    struct buf b BUF_AUTO;
    buf_init(&b, PRINT_DOCUMENT_BYTES);
    if (text && text->type != JSON_ARRAY)
        clean_put(&b, text->text);
    JSON_EACH (run, text && text->type == JSON_ARRAY ? text : NULL)
        clean_put(&b, run->type == JSON_OBJECT ? json_text(run, "text") : run->text);
    return arena_str(a, buf_view(&b));
}

static void attribute_add(PangoAttrList *list, PangoAttribute *attribute, size_t from, size_t to)
{
    attribute->start_index = (guint)from;
    attribute->end_index = (guint)to;
    pango.attr_list_insert(list, attribute);
}

static bool target_is_safe(struct str target)
{
    bool is_known = str_starts(target, "https://") || str_starts(target, "http://") || str_starts(target, "mailto:") || str_starts(target, "#");
    for (size_t i = 0; is_known && i < target.size; i++)
        is_known = (unsigned char)target.data[i] > ' ' && (unsigned char)target.data[i] < 0x7f && target.data[i] != '\'' && target.data[i] != '\\';
    return is_known && target.size < 2000;
}

struct runs {
    struct buf text;
    PangoAttrList *attributes;
    struct link *links;
    size_t link_count;
};

static void run_put(struct print *p, struct runs *r, const struct json *run)
{
    size_t from = r->text.size;
    if (run->type != JSON_OBJECT) {
        clean_put(&r->text, run->text);
        return;
    }
    struct str target = json_text(run, "link");
    clean_put(&r->text, json_text(run, "text"));
    size_t to = r->text.size;
    if (json_bool(run, "bold"))
        attribute_add(r->attributes, pango.attr_weight_new(PANGO_WEIGHT_BOLD), from, to);
    if (json_bool(run, "italic"))
        attribute_add(r->attributes, pango.attr_style_new(PANGO_STYLE_ITALIC), from, to);
    if (json_bool(run, "code"))
        attribute_add(r->attributes, pango.attr_family_new("DejaVu Sans Mono"), from, to);
    if (json_bool(run, "muted"))
        attribute_add(r->attributes, pango.attr_foreground_new(0x5b5b, 0x6666, 0x7575), from, to);
    if (target.size == 0 || to == from || !target_is_safe(target))
        return;
    attribute_add(r->attributes, pango.attr_foreground_new(0x1d1d, 0x4f4f, 0x9191), from, to);
    attribute_add(r->attributes, pango.attr_underline_new(PANGO_UNDERLINE_SINGLE), from, to);
    if (!r->links)
        r->links = arena_array(p->a, LINKS_MAX, sizeof *r->links);
    if (r->link_count < LINKS_MAX)
        r->links[r->link_count++] = (struct link){(int)from, (int)to, target};
}

static PangoLayout *layout_new(struct print *p, const struct json *text, enum font font, struct runs *r)
{
    buf_init(&r->text, 3 * PRINT_TEXT_BYTES + 16);
    r->attributes = pango.attr_list_new();
    if (text && text->type == JSON_ARRAY)
        JSON_EACH (run, text)
            run_put(p, r, run);
    else if (text)
        run_put(p, r, text);
    /* A ligature hides its letters from readers of the structure. */
    attribute_add(r->attributes, pango.attr_font_features_new("liga=0, clig=0, dlig=0"), 0, G_MAXUINT);
    attribute_add(r->attributes, pango.attr_insert_hyphens_new(FALSE), 0, G_MAXUINT); /* a digest has none */
    PangoLayout *layout = pango.layout_new(p->context);
    if (p->layout_count == p->layout_capacity)
        p->layouts = arena_grow(p->a, p->layouts, p->layout_count, &p->layout_capacity, sizeof *p->layouts);
    p->layouts[p->layout_count++] = layout;
    pango.layout_set_font_description(layout, p->descriptions[font]);
    pango.layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    pango.layout_set_text(layout, r->text.data ? r->text.data : "", (int)r->text.size);
    pango.layout_set_attributes(layout, r->attributes);
    pango.attr_list_unref(r->attributes);
    return layout;
}

void text_measure(struct print *p, const struct json *text, enum font font, double *ret_word, double *ret_whole)
{
    struct runs r = {0};
    int w, h;
    PangoLayout *layout = layout_new(p, text, font, &r);
    pango.layout_get_size(layout, &w, &h);
    *ret_whole = (double)w / PANGO_SCALE;
    pango.layout_set_wrap(layout, PANGO_WRAP_WORD);
    pango.layout_set_width(layout, 0);
    pango.layout_get_size(layout, &w, &h);
    *ret_word = (double)w / PANGO_SCALE;
    p->layout_count--;
    gobject.unref(layout);
    buf_release(&r.text);
}

const struct set_text *text_set(struct print *p, const struct json *text, enum font font, double width, const char *align, const char *what)
{
    struct runs r = {0};
    struct set_text *t = ARENA_NEW(p->a, struct set_text);
    t->layout = layout_new(p, text, font, &r);
    if (r.text.full || r.text.size > PRINT_TEXT_BYTES)
        print_fail(p, ERR_TOO_LARGE, "%s: a text is over %d KiB", what, PRINT_TEXT_BYTES >> 10);
    buf_release(&r.text);
    t->links = r.links;
    t->link_count = r.link_count;
    pango.layout_set_width(t->layout, width < 0 ? -1 : (int)(width * PANGO_SCALE));
    pango.layout_set_spacing(t->layout, (int)(1.6 * PANGO_SCALE));
    if (align && strcmp(align, "right") == 0)
        pango.layout_set_alignment(t->layout, PANGO_ALIGN_RIGHT);
    else if (align && strcmp(align, "center") == 0)
        pango.layout_set_alignment(t->layout, PANGO_ALIGN_CENTER);
    t->line_count = pango.layout_get_line_count(t->layout);
    t->tops = arena_array(p->a, (size_t)t->line_count + 1, sizeof *t->tops);
    t->baselines = arena_array(p->a, (size_t)t->line_count + 1, sizeof *t->baselines);
    PangoLayoutIter *iter = pango.layout_get_iter(t->layout);
    int i = 0, y0, y1 = 0;
    do {
        pango.layout_iter_get_line_yrange(iter, &y0, &y1);
        t->tops[i] = (double)y0 / PANGO_SCALE;
        t->baselines[i++] = (double)pango.layout_iter_get_baseline(iter) / PANGO_SCALE;
    } while (i < t->line_count && pango.layout_iter_next_line(iter));
    t->line_count = i;
    t->tops[i] = (double)y1 / PANGO_SCALE;
    pango.layout_iter_free(iter);
    return t;
}

const struct set_text *text_set_str(struct print *p, struct str text, enum font font, double width, const char *align)
{
    return text_set(p, json_new_str(p->a, text), font, width, align, "text");
}

double text_height(const struct set_text *t, int first, int last)
{
    return t->tops[last] - t->tops[first];
}
