/* Diagrams of courses as inline SVG: boxes in a row, layers, two sides, points in time. As narrow as a phone, in the colours of the page, with the same in words below. */
#include "web/html.h"

enum { WIDTH = 340, LINE_HEIGHT = 16, LINES_MAX = 8, PAD = 10 };

struct lines {
    struct str items[LINES_MAX];
    size_t count;
};

static size_t characters(struct str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.size; i++)
        n += ((unsigned char)s.data[i] & 0xc0) != 0x80;
    return n;
}

/* Breaks at spaces; a word that is longer than a line has one of its own. */
static struct lines wrap(struct str text, size_t max)
{
    struct lines l = {0};
    struct str rest = text, word;
    const char *begin = NULL, *end = NULL;
    while (str_next_word(&rest, &word)) {
        if (begin && l.count < LINES_MAX - 1 && characters(str_make(begin, (size_t)(word.data + word.size - begin))) > max) {
            l.items[l.count++] = str_make(begin, (size_t)(end - begin));
            begin = NULL;
        }
        begin = begin ? begin : word.data;
        end = word.data + word.size;
    }
    if (begin)
        l.items[l.count++] = str_make(begin, (size_t)(end - begin));
    return l;
}

static void text_put(struct html *h, int x, int y, const char *class, const struct lines *l)
{
    for (size_t i = 0; i < l->count; i++) {
        buf_printf(h->out, "<text class=\"%s\" x=\"%d\" y=\"%d\">", class, x, y + (int)i * LINE_HEIGHT);
        html_text_str(h, l->items[i]);
        buf_cstr(h->out, "</text>");
    }
}

static int box_put(struct html *h, int x, int y, int width, const char *class, struct str text)
{
    struct lines l = wrap(text, (size_t)((width - 2 * PAD) / 7));
    int height = (int)l.count * LINE_HEIGHT + 2 * PAD - 2;
    buf_printf(h->out, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"5\"/>", class, x, y, width, height);
    text_put(h, x + width / 2, y + PAD + 11, "middle", &l);
    return height;
}

static int flow_put(struct html *h, const struct json *items)
{
    int y = 1;
    for (const struct json *item = html_first(items); item; item = item->next) {
        y += box_put(h, 1, y, WIDTH - 2, "box", html_string(item));
        if (item->next) {
            buf_printf(h->out, "<path class=\"arrow\" d=\"M%d %dv16m-5 -6l5 6l5 -6\"/>", WIDTH / 2, y + 2);
            y += 20;
        }
    }
    return y + 1;
}

static int layers_put(struct html *h, const struct json *items)
{
    int y = 1, inset = 0;
    for (const struct json *item = html_first(items); item; item = item->next) {
        y += box_put(h, 1 + inset, y, WIDTH - 2 - 2 * inset, item->next ? "box" : "box core", html_string(item)) + 4;
        inset += 12;
    }
    return y;
}

static int compare_put(struct html *h, const struct json *items)
{
    int side = 0, bottom = 0, width = WIDTH / 2 - 4;
    for (const struct json *item = html_first(items); item && side < 2; item = item->next, side++) {
        int x = side ? WIDTH / 2 + 3 : 1, y = 1;
        y += box_put(h, x, y, width, side ? "box" : "box core", json_text(item, "side")) + 18;
        for (const struct json *point = html_first(json_get(item, "points")); point; point = point->next) {
            struct lines l = wrap(html_string(point), 21);
            buf_printf(h->out, "<circle class=\"dot\" cx=\"%d\" cy=\"%d\" r=\"2.5\"/>", x + 4, y - 4);
            text_put(h, x + 13, y, "start", &l);
            y += (int)l.count * LINE_HEIGHT + 8;
        }
        bottom = y > bottom ? y : bottom;
    }
    return bottom - 6;
}

static int timeline_put(struct html *h, const struct json *items)
{
    int y = 18, last = 18;
    for (const struct json *item = html_first(items); item; item = item->next) {
        struct lines at = wrap(json_text(item, "at"), 12), what = wrap(json_text(item, "what"), 31);
        size_t lines = at.count > what.count ? at.count : what.count;
        text_put(h, 90, y, "end", &at);
        text_put(h, 118, y, "start", &what);
        buf_printf(h->out, "<circle class=\"dot\" cx=\"104\" cy=\"%d\" r=\"4\"/>", y - 4);
        last = y;
        y += (int)lines * LINE_HEIGHT + 14;
    }
    buf_printf(h->out, "<path class=\"arrow\" d=\"M104 14V%d\"/>", last - 4);
    return y - 8;
}

/* The same in words: for who does not see the picture, and for print. */
static void words_put(struct html *h, const struct json *items, bool is_ordered)
{
    buf_cstr(h->out, is_ordered ? "<ol>" : "<ul>");
    for (const struct json *item = html_first(items); item; item = item->next) {
        buf_cstr(h->out, "<li>");
        if (item->type != JSON_OBJECT) {
            html_text_str(h, html_string(item));
        } else {
            html_text_str(h, json_text(item, json_get(item, "at") ? "at" : "side"));
            buf_cstr(h->out, ": ");
            html_text_str(h, json_text(item, "what"));
        }
        for (const struct json *point = html_first(json_get(item, "points")); point; point = point->next) {
            html_text_str(h, html_string(point));
            buf_cstr(h->out, point->next ? "; " : "");
        }
        buf_cstr(h->out, "</li>");
    }
    buf_cstr(h->out, is_ordered ? "</ol>" : "</ul>");
}

void html_filter_diagram(struct html *h, const struct json *v)
{
    struct str kind = json_text(v, "kind");
    const struct json *items = json_get(v, "items");
    bool is_ordered = !str_is(kind, "compare");
    if (!html_first(items))
        return;
    struct html inside = *h;
    struct buf b BUF_AUTO;
    buf_init(&b, 256 << 10);
    inside.out = &b;
    int height = str_is(kind, "layers") ? layers_put(&inside, items) : str_is(kind, "compare") ? compare_put(&inside, items) : str_is(kind, "timeline") ? timeline_put(&inside, items) : flow_put(&inside, items);
    buf_printf(h->out, "<figure class=\"diagram\"><svg viewBox=\"0 0 %d %d\" role=\"img\" focusable=\"false\"><title>", WIDTH, height);
    html_text_str(h, json_text(v, "title"));
    buf_cstr(h->out, "</title><desc>A picture; what it shows stands below in words.</desc>");
    buf_str(h->out, buf_view(&b));
    buf_cstr(h->out, "</svg><figcaption>");
    html_text_str(h, json_text(v, "title"));
    buf_cstr(h->out, "<details><summary>The picture in words</summary>");
    words_put(h, items, is_ordered);
    buf_cstr(h->out, "</details></figcaption></figure>");
}
