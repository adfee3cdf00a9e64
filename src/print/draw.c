/* draw.c - the list of what stands where, drawn: tags, texts, links, and what surrounds each page. */
#include "base/times.h"
#include "print/internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct drawing {
    struct print *p;
    cairo_surface_t *surface;
    cairo_t *cr;
    int page, page_total, before; /* pages drawn so far; all; those before the body */
};

static void source(const struct drawing *d, uint32_t colour)
{
    cairo.set_source_rgb(d->cr, (double)(colour >> 16 & 255) / 255, (double)(colour >> 8 & 255) / 255, (double)(colour & 255) / 255);
}

static void lines_draw(const struct drawing *d, const struct set_text *t, int first, int last, double x, double y, uint32_t colour)
{
    PangoLayoutIter *iter = pango.layout_get_iter(t->layout);
    source(d, colour);
    for (int i = 0; i < last; i++) {
        PangoRectangle logical;
        pango.layout_iter_get_line_extents(iter, NULL, &logical);
        if (i >= first) {
            cairo.move_to(d->cr, x + (double)logical.x / PANGO_SCALE, y + t->baselines[i] - t->tops[first]);
            pangocairo.show_layout_line(d->cr, pango.layout_get_line_readonly(t->layout, i));
        }
        if (!pango.layout_iter_next_line(iter))
            break;
    }
    pango.layout_iter_free(iter);
}

static const struct heading *heading_of(const struct print *p, struct str target)
{
    for (size_t i = 0; i < p->heading_count; i++)
        if (p->headings[i].id.size && str_equal(p->headings[i].id, str_slice(target, 1, target.size)))
            return &p->headings[i];
    return NULL;
}

/* Where a click leads; false: nowhere. */
static bool link_attributes(const struct drawing *d, struct str target, const char *rect, char *ret, size_t size)
{
    if (!str_starts(target, "#"))
        return snprintf(ret, size, "%s uri='%.*s'", rect, STR_ARGS(target)) < (int)size;
    const struct heading *h = heading_of(d->p, target);
    return h && snprintf(ret, size, "%s page=%d pos=[%.1f %.1f]", rect, d->before + h->page + 1, d->p->left, h->y) < (int)size;
}

static void links_draw(const struct drawing *d, const struct set_text *t, int first, int last, double x, double y)
{
    for (size_t k = 0; k < t->link_count; k++) {
        const struct link *link = &t->links[k];
        for (int i = first; i < last; i++) {
            PangoLayoutLine *line = pango.layout_get_line_readonly(t->layout, i);
            int from = link->from > line->start_index ? link->from : line->start_index;
            int end = line->start_index + line->length, to = link->to < end ? link->to : end, count = 0, *ranges = NULL;
            if (from >= to)
                continue;
            pango.layout_line_get_x_ranges(line, from, to, &ranges, &count);
            for (int r = 0; r < count; r++) {
                char rect[120], attributes[2400];
                double x0 = (double)ranges[2 * r] / PANGO_SCALE, x1 = (double)ranges[2 * r + 1] / PANGO_SCALE;
                snprintf(rect, sizeof(rect), "rect=[%.2f %.2f %.2f %.2f]", x + x0, y + t->tops[i] - t->tops[first], x1 - x0, t->tops[i + 1] - t->tops[i]);
                if (!link_attributes(d, link->target, rect, attributes, sizeof(attributes)))
                    continue;
                cairo.tag_begin(d->cr, CAIRO_TAG_LINK, attributes);
                cairo.tag_end(d->cr, CAIRO_TAG_LINK);
            }
            glib.free(ranges);
        }
    }
}

/* ---- figures ---- */

static double tenth(const struct json *o, const char *key, double otherwise)
{
    int64_t v = json_int(o, key, INT64_MIN);
    return v == INT64_MIN || v > 1000000 || v < -1000000 ? otherwise : (double)v / 10;
}

static bool colour_of(const struct json *o, const char *key, uint32_t *ret)
{
    uint64_t v;
    struct str s = json_text(o, key);
    if (s.size != 7 || s.data[0] != '#' || !str_to_uint64_base(str_slice(s, 1, 7), 16, &v))
        return false;
    *ret = (uint32_t)v;
    return true;
}

static void points_path(const struct drawing *d, const struct json *shape)
{
    const struct json *list = json_get(shape, "points");
    const struct json *v = list ? list->first : NULL;
    for (bool is_first = true; v && v->next; v = v->next->next, is_first = false) {
        double x = (double)v->integer / 10, y = (double)v->next->integer / 10;
        if (is_first)
            cairo.move_to(d->cr, x, y);
        else
            cairo.line_to(d->cr, x, y);
    }
}

static void shape_text(const struct drawing *d, const struct json *shape)
{
    uint32_t colour = INK;
    struct str align = json_text(shape, "align");
    double size = tenth(shape, "size", 9), w;
    (void)colour_of(shape, "fill", &colour);
    const struct set_text *t = text_set(d->p, json_get(shape, "text"), json_bool(shape, "bold") ? FONT_BOLD : FONT_BODY, -1, NULL, "figure");
    int wide, high;
    pango.layout_get_size(t->layout, &wide, &high);
    w = (double)wide / PANGO_SCALE * size / 9;
    double x = tenth(shape, "x", 0) - (str_is(align, "center") ? w / 2 : str_is(align, "right") ? w : 0);
    cairo.save(d->cr);
    cairo.translate(d->cr, x, tenth(shape, "y", 0));
    cairo.scale(d->cr, size / 9, size / 9);
    lines_draw(d, t, 0, t->line_count, 0, 0, colour);
    cairo.restore(d->cr);
}

static void shape_draw(const struct drawing *d, const struct json *shape)
{
    struct str kind = json_text(shape, "kind");
    uint32_t fill = 0, stroke = 0;
    double x = tenth(shape, "x", 0), y = tenth(shape, "y", 0), r = tenth(shape, "r", 0), w = tenth(shape, "w", 0), h = tenth(shape, "h", 0);
    if (str_is(kind, "text")) {
        shape_text(d, shape);
        return;
    }
    cairo.new_path(d->cr);
    if (str_is(kind, "circle")) {
        cairo.arc(d->cr, x, y, r, 0, 2 * M_PI);
    } else if (str_is(kind, "rect") && r > 0) {
        cairo.arc(d->cr, x + w - r, y + r, r, -M_PI / 2, 0);
        cairo.arc(d->cr, x + w - r, y + h - r, r, 0, M_PI / 2);
        cairo.arc(d->cr, x + r, y + h - r, r, M_PI / 2, M_PI);
        cairo.arc(d->cr, x + r, y + r, r, M_PI, 1.5 * M_PI);
        cairo.close_path(d->cr);
    } else if (str_is(kind, "rect")) {
        cairo.rectangle(d->cr, x, y, w, h);
    } else {
        points_path(d, shape);
    }
    if (str_is(kind, "area"))
        cairo.close_path(d->cr);
    if (!str_is(kind, "line") && colour_of(shape, "fill", &fill)) {
        source(d, fill);
        cairo.fill_preserve(d->cr);
    }
    if (colour_of(shape, "stroke", &stroke)) {
        source(d, stroke);
        cairo.set_line_width(d->cr, tenth(shape, "width", 1));
        cairo.stroke(d->cr);
    }
    cairo.new_path(d->cr);
}

static void figure_draw(const struct drawing *d, const struct item *i)
{
    cairo.save(d->cr);
    cairo.translate(d->cr, i->x, i->y);
    cairo.scale(d->cr, i->scale, i->scale);
    JSON_EACH (shape, i->shapes)
        shape_draw(d, shape);
    cairo.restore(d->cr);
}

/* ---- items ---- */

static void entry_draw(const struct drawing *d, const struct item *i)
{
    const struct heading *h = &d->p->headings[i->heading];
    char attributes[160];
    int page = d->before + h->page + 1;
    struct str number = arena_printf(d->p->a, "%d", page);
    snprintf(attributes, sizeof(attributes), "page=%d pos=[%.1f %.1f]", page, d->p->left, h->y);
    cairo.tag_begin(d->cr, CAIRO_TAG_LINK, attributes);
    lines_draw(d, i->text, 0, i->text->line_count, i->x, i->y, INK);
    const struct set_text *t = text_set_str(d->p, number, FONT_BODY, 50, "right");
    lines_draw(d, t, 0, t->line_count, d->p->left + d->p->width - 50, i->y, MUTED);
    cairo.tag_end(d->cr, CAIRO_TAG_LINK);
}

static void mark_draw(struct drawing *d, const struct item *i)
{
    struct print *p = d->p;
    struct heading *h = &p->headings[i->heading];
    int parent = 0; /* the root */
    char attributes[120];
    for (size_t k = i->heading; k-- > 0 && parent == 0;)
        if (p->headings[k].level < h->level)
            parent = p->headings[k].outline;
    snprintf(attributes, sizeof(attributes), "page=%d pos=[%.1f %.1f]", d->before + h->page + 1, p->left, h->y);
    h->outline = cairo.pdf_surface_add_outline(d->surface, parent, arena_str(p->a, h->text).data, attributes, CAIRO_PDF_OUTLINE_FLAG_OPEN);
}

static void item_draw(struct drawing *d, const struct item *i)
{
    switch (i->kind) {
    case ITEM_BEGIN:
        cairo.tag_begin(d->cr, i->tag, NULL);
        break;
    case ITEM_END:
        cairo.tag_end(d->cr, i->tag);
        break;
    case ITEM_LINES:
        if (i->text->link_count)
            cairo.tag_begin(d->cr, "Span", NULL); /* cairo 1.16 leaves out the text of what has parts */
        lines_draw(d, i->text, i->first, i->last, i->x, i->y, i->colour);
        if (i->text->link_count)
            cairo.tag_end(d->cr, "Span");
        links_draw(d, i->text, i->first, i->last, i->x, i->y);
        break;
    case ITEM_RULE:
    case ITEM_BOX:
        source(d, i->colour);
        cairo.rectangle(d->cr, i->x, i->y, i->w, i->h > 0 ? i->h : 0.7);
        cairo.fill(d->cr);
        break;
    case ITEM_FIGURE:
        figure_draw(d, i);
        break;
    case ITEM_MARK:
        mark_draw(d, i);
        break;
    case ITEM_ENTRY:
        entry_draw(d, i);
        break;
    }
}

static void surround_draw(const struct drawing *d)
{
    struct print *p = d->p;
    double half = p->width / 2 - 6, number = 70; /* "1000 of 1000" */
    const struct set_text *texts[] = {text_set_str(p, json_text(p->document, "title"), FONT_SMALL, half, NULL), text_set_str(p, json_text(p->document, "header"), FONT_SMALL, half, "right"),
                                      text_set_str(p, json_text(p->document, "footer"), FONT_SMALL, p->width - number - 6, NULL),
                                      text_set_str(p, arena_printf(p->a, "%d of %d", d->page + 1, d->page_total), FONT_SMALL, number, "right")};
    const double xs[] = {p->left, p->left + p->width - half, p->left, p->left + p->width - number}, ys[] = {p->top - 34, p->top - 34, p->bottom + 20, p->bottom + 20};
    for (int i = 0; i < 4; i++)
        lines_draw(d, texts[i], 0, texts[i]->line_count > 1 ? 1 : texts[i]->line_count, xs[i], ys[i], MUTED);
    source(d, LINE);
    cairo.rectangle(d->cr, p->left, p->top - 18, p->width, 0.5);
    cairo.rectangle(d->cr, p->left, p->bottom + 14, p->width, 0.5);
    cairo.fill(d->cr);
}

static void page_end(struct drawing *d, bool is_cover)
{
    if (!is_cover)
        surround_draw(d);
    cairo.show_page(d->cr);
    d->page++;
}

static void list_draw(struct drawing *d, const struct item_list *l, bool is_cover)
{
    int page = 0;
    for (size_t i = 0; i < l->count; i++) {
        for (; page < l->items[i].page; page++)
            page_end(d, is_cover);
        item_draw(d, &l->items[i]);
    }
    for (; page < l->page_count; page++)
        page_end(d, is_cover);
}

static cairo_status_t pdf_write(void *context, const unsigned char *data, unsigned int size)
{
    struct buf *b = context;
    buf_append(b, data, size);
    return b->full ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

static void metadata_put(const struct drawing *d)
{
    const struct json *o = d->p->document;
    static const struct {
        cairo_pdf_metadata_t what;
        const char *key;
    } texts[] = {{CAIRO_PDF_METADATA_TITLE, "title"}, {CAIRO_PDF_METADATA_SUBJECT, "subject"}, {CAIRO_PDF_METADATA_AUTHOR, "author"}};
    char created[TIME_TEXT_SIZE];
    for (size_t i = 0; i < 3; i++)
        if (json_text(o, texts[i].key).size)
            cairo.pdf_surface_set_metadata(d->surface, texts[i].what, text_clean(d->p->a, json_text(o, texts[i].key)).data);
    int64_t at = json_int(o, "created", 0);
    time_format(at - at % MS_SECOND, created);
    cairo.pdf_surface_set_metadata(d->surface, CAIRO_PDF_METADATA_CREATOR, "Assay");
    cairo.pdf_surface_set_metadata(d->surface, CAIRO_PDF_METADATA_CREATE_DATE, created);
    cairo.pdf_surface_set_metadata(d->surface, CAIRO_PDF_METADATA_MOD_DATE, created);
}

bool draw_document(struct print *p, struct buf *out)
{
    struct drawing d = {.p = p, .before = p->cover.page_count + p->contents.page_count};
    d.page_total = d.before + p->body.page_count;
    d.surface = cairo.pdf_surface_create_for_stream(pdf_write, out, p->page_w, p->page_h);
    cairo.pdf_surface_restrict_to_version(d.surface, CAIRO_PDF_VERSION_1_5);
    d.cr = cairo.create(d.surface);
    metadata_put(&d);
    cairo.tag_begin(d.cr, "Document", NULL);
    list_draw(&d, &p->cover, true);
    list_draw(&d, &p->contents, false);
    list_draw(&d, &p->body, false);
    cairo.tag_end(d.cr, "Document");
    cairo.surface_finish(d.surface);
    cairo_status_t status = cairo.status(d.cr);
    status = status == CAIRO_STATUS_SUCCESS ? cairo.surface_status(d.surface) : status;
    const char *why = cairo.status_to_string(status);
    cairo.destroy(d.cr);
    cairo.surface_destroy(d.surface);
    if (out->full)
        return print_fail(p, ERR_TOO_LARGE, "document: the PDF is over %d MiB", PRINT_PDF_BYTES >> 20);
    return status == CAIRO_STATUS_SUCCESS || print_fail(p, ERR_INTERNAL, "cairo: %s", why);
}
