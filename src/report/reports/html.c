/* html.c - the tree as HTML: one page that holds all it needs, or blocks for a page of the site. */
#include "report/reports/internal.h"

static const char style[] =
    "@page{size:A4;margin:18mm 16mm;@bottom-right{content:counter(page) ' of ' counter(pages)}}"
    ":root{color-scheme:light;--ink:#1b1f24;--soft:#57606a;--line:#d5dae0;--shade:#f3f5f7;--accent:#1d4f91;--mark:#8a5a00}"
    "*{box-sizing:border-box}body{font:14px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,'Liberation Sans',sans-serif;color:var(--ink);background:#fff;"
    "max-width:960px;margin:0 auto;padding:32px 20px;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}"
    ".cover{min-height:40vh;display:flex;flex-direction:column;justify-content:center;border-bottom:3px solid var(--accent);margin-bottom:32px}"
    ".cover h1{font-size:34px;line-height:1.2;margin:0 0 12px;color:var(--accent)}.cover p{margin:0 0 4px;color:var(--soft)}.cover .sub{font-size:18px;color:var(--ink);margin-bottom:16px}"
    "h2{font-size:22px;line-height:1.25;margin:44px 0 10px;border-top:1px solid var(--line);padding-top:18px;color:var(--accent);break-after:avoid}"
    "h3{font-size:17px;margin:28px 0 6px;break-after:avoid}h4{font-size:15px;margin:20px 0 4px;break-after:avoid}h5{font-size:14px;margin:14px 0 4px;color:var(--soft);break-after:avoid}"
    "p{margin:0 0 10px;white-space:pre-line}.lead{font-size:16px}.small{font-size:12px;color:var(--soft)}.center{text-align:center}a{color:var(--accent)}"
    "pre,code{font-family:ui-monospace,'DejaVu Sans Mono',monospace;font-size:12px}pre{white-space:pre-wrap;background:var(--shade);padding:8px}"
    "nav ol{list-style:none;padding:0;margin:0}nav li{margin:3px 0}nav .l2{padding-left:18px}nav .l3{padding-left:36px}"
    ".t{overflow-x:auto}table{border-collapse:collapse;width:100%;margin:6px 0 18px}caption{text-align:left;font-weight:600;padding:0 0 6px;break-after:avoid}"
    "th{font-weight:600;text-align:left;font-size:12px;background:var(--shade);vertical-align:bottom}th,td{padding:5px 8px;border-bottom:1px solid var(--line);vertical-align:top}td{white-space:pre-line}"
    ".n{text-align:right}.c{text-align:center}thead{display:table-header-group}tr{break-inside:avoid}dl{display:grid;grid-template-columns:minmax(120px,28%) 1fr;gap:4px 12px;margin:6px 0 18px}"
    "dt{color:var(--soft)}dd{margin:0;white-space:pre-line}.todo{border-left:3px solid var(--mark);padding-left:10px}.todo::before{content:'To be made your own. ';color:var(--mark);font-weight:600}"
    "figure{margin:10px 0 18px;text-align:center}figure svg{max-width:100%;height:auto}figcaption{font-size:12px;color:var(--soft)}hr{border:0;border-top:1px solid var(--line)}"
    ".muted{color:var(--soft)}.new{break-before:page}footer{margin-top:40px;border-top:1px solid var(--line);padding-top:8px;font-size:12px;color:var(--soft)}"
    "@media print{body{padding:0;max-width:none}.cover{min-height:85vh;break-after:page}nav{break-after:page}a{text-decoration:none}}"
    "@media(max-width:600px){dl{grid-template-columns:1fr}body{padding:20px 14px}}";

/* What has no place in a text: controls, and marks that turn its direction about (E2 80 AA..AE, E2 81 A6..A9). */
static size_t left_out(struct str s, size_t i)
{
    unsigned char c = (unsigned char)s.data[i], d = i + 1 < s.size ? (unsigned char)s.data[i + 1] : 0, f = i + 2 < s.size ? (unsigned char)s.data[i + 2] : 0;
    if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
        return 1;
    return c == 0xe2 && ((d == 0x80 && f >= 0xaa && f <= 0xae) || (d == 0x81 && f >= 0xa6 && f <= 0xa9)) ? 3 : 0;
}

void report_write_text(struct buf *b, struct str s)
{
    size_t from = 0;
    for (size_t i = 0; i < s.size;) {
        char c = s.data[i];
        const char *as = c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '"' ? "&quot;" : c == '\'' ? "&#39;" : NULL;
        size_t out = as ? 1 : left_out(s, i);
        if (out) {
            buf_append(b, s.data + from, i - from);
            if (as)
                buf_cstr(b, as);
            from = i + out;
        }
        i += out ? out : 1;
    }
    buf_append(b, s.data + from, s.size - from);
}

static bool target_is_safe(struct str s)
{
    return str_starts(s, "https://") || str_starts(s, "http://") || str_starts(s, "mailto:") || str_starts(s, "#");
}

static void run_put(struct buf *b, const struct json *run)
{
    if (run->type != JSON_OBJECT) {
        report_write_text(b, run->text);
        return;
    }
    struct str link = json_text(run, "link");
    bool is_link = link.size && target_is_safe(link);
    if (is_link) {
        buf_cstr(b, "<a href=\"");
        report_write_text(b, link);
        buf_cstr(b, "\">");
    }
    buf_cstr(b, json_bool(run, "bold") ? "<strong>" : "");
    buf_cstr(b, json_bool(run, "italic") ? "<em>" : "");
    buf_cstr(b, json_bool(run, "code") ? "<code>" : "");
    buf_cstr(b, json_bool(run, "muted") ? "<span class=\"muted\">" : "");
    report_write_text(b, json_text(run, "text"));
    buf_cstr(b, json_bool(run, "muted") ? "</span>" : "");
    buf_cstr(b, json_bool(run, "code") ? "</code>" : "");
    buf_cstr(b, json_bool(run, "italic") ? "</em>" : "");
    buf_cstr(b, json_bool(run, "bold") ? "</strong>" : "");
    buf_cstr(b, is_link ? "</a>" : "");
}

static void text_put(struct buf *b, const struct json *text)
{
    if (!text)
        return;
    if (text->type != JSON_ARRAY) {
        run_put(b, text);
        return;
    }
    JSON_EACH (run, text)
        run_put(b, run);
}

static void id_put(struct buf *b, struct str id)
{
    if (id.size == 0)
        return;
    buf_cstr(b, " id=\"");
    report_write_text(b, id);
    buf_char(b, '"');
}

/* ---- blocks ---- */

static void heading_html(struct buf *b, const struct json *block)
{
    int64_t level = json_int(block, "level", 1);
    level = level < 1 ? 2 : level > 4 ? 5 : level + 1; /* the title is the page's own */
    buf_printf(b, "<h%lld", (long long)level);
    id_put(b, json_text(block, "id"));
    buf_cstr(b, json_bool(block, "new_page") ? " class=\"new\">" : ">");
    text_put(b, json_get(block, "text"));
    buf_printf(b, "</h%lld>\n", (long long)level);
}

static void paragraph_html(struct buf *b, const struct json *block)
{
    struct str kind = json_text(block, "style");
    bool is_code = str_is(kind, "code"), is_known = str_is(kind, "lead") || str_is(kind, "small") || str_is(kind, "center");
    buf_cstr(b, is_code ? "<pre" : "<p");
    if (is_known || json_bool(block, "template"))
        buf_printf(b, " class=\"%s%s%.*s\"", json_bool(block, "template") ? "todo" : "", json_bool(block, "template") && is_known ? " " : "", is_known ? (int)kind.size : 0, kind.data);
    buf_char(b, '>');
    text_put(b, json_get(block, "text"));
    buf_cstr(b, is_code ? "</pre>\n" : "</p>\n");
}

static void list_html(struct buf *b, const struct json *block, int depth)
{
    const char *tag = json_bool(block, "ordered") ? "ol" : "ul";
    buf_printf(b, "<%s>", tag);
    JSON_EACH (item, json_get(block, "items")) {
        bool is_object = item->type == JSON_OBJECT && json_get(item, "text");
        buf_cstr(b, "<li>");
        text_put(b, is_object ? json_get(item, "text") : item);
        if (is_object && json_get(item, "items") && depth < 6)
            list_html(b, item, depth + 1);
        buf_cstr(b, "</li>");
    }
    buf_printf(b, "</%s>\n", tag);
}

static const char *align_of(const struct json *column)
{
    return str_is(json_text(column, "align"), "right") ? " class=\"n\"" : str_is(json_text(column, "align"), "center") ? " class=\"c\"" : "";
}

static void table_html(struct buf *b, const struct json *block)
{
    const struct json *columns = json_get(block, "columns");
    buf_cstr(b, "<div class=\"t\" tabindex=\"0\" role=\"group\" aria-label=\"");
    struct json *caption = (struct json *)(uintptr_t)json_get(block, "caption");
    report_write_text(b, caption && caption->type == JSON_STRING && caption->text.size ? caption->text : STR("Table"));
    buf_cstr(b, "\"><table");
    id_put(b, json_text(block, "id"));
    buf_char(b, '>');
    if (json_get(block, "caption")) {
        buf_cstr(b, "<caption>");
        text_put(b, json_get(block, "caption"));
        buf_cstr(b, "</caption>");
    }
    buf_cstr(b, "<thead><tr>");
    JSON_EACH (c, columns) {
        buf_printf(b, "<th scope=\"col\"%s>", align_of(c));
        text_put(b, json_get(c, "label"));
        buf_cstr(b, "</th>");
    }
    buf_cstr(b, "</tr></thead><tbody>\n");
    JSON_EACH (row, json_get(block, "rows")) {
        buf_cstr(b, "<tr>");
        const struct json *c = columns ? columns->first : NULL;
        JSON_EACH (cell, row) {
            buf_printf(b, "<td%s>", align_of(c));
            text_put(b, cell);
            buf_cstr(b, "</td>");
            c = c ? c->next : NULL;
        }
        buf_cstr(b, "</tr>\n");
    }
    buf_cstr(b, "</tbody></table></div>\n");
}

static void facts_html(struct buf *b, const struct json *block)
{
    buf_cstr(b, "<dl>");
    JSON_EACH (row, json_get(block, "rows")) {
        buf_cstr(b, "<dt>");
        text_put(b, json_at(row, 0));
        buf_cstr(b, "</dt><dd>");
        text_put(b, json_at(row, 1));
        buf_cstr(b, "</dd>");
    }
    buf_cstr(b, "</dl>\n");
}

static void tenths_put(struct buf *b, const char *name, int64_t tenths)
{
    buf_printf(b, " %s=\"%s%lld.%lld\"", name, tenths < 0 ? "-" : "", (long long)(llabs(tenths) / 10), (long long)(llabs(tenths) % 10));
}

static void colour_put(struct buf *b, const char *name, struct str colour)
{
    bool is_fine = colour.size == 7 && colour.data[0] == '#';
    for (size_t i = 1; is_fine && i < 7; i++)
        is_fine = strchr("0123456789abcdefABCDEF", colour.data[i]) != NULL;
    buf_printf(b, " %s=\"%.*s\"", name, is_fine ? 7 : 4, is_fine ? colour.data : "none");
}

static void points_put(struct buf *b, const struct json *points)
{
    size_t i = 0;
    buf_cstr(b, " points=\"");
    JSON_EACH (p, points)
        buf_printf(b, "%s%lld.%lld", i++ ? (i % 2 == 0 ? "," : " ") : "", (long long)(p->integer / 10), (long long)(llabs(p->integer) % 10));
    buf_char(b, '"');
}

static void shape_html(struct buf *b, const struct json *s)
{
    struct str kind = json_text(s, "kind");
    bool is_text = str_is(kind, "text"), is_rect = str_is(kind, "rect"), is_circle = str_is(kind, "circle"), is_line = str_is(kind, "line");
    const char *tag = is_rect ? "rect" : is_circle ? "circle" : is_text ? "text" : is_line ? "polyline" : "polygon";
    buf_printf(b, "<%s", tag);
    if (is_rect || is_text) {
        tenths_put(b, "x", json_int(s, "x", 0));
        tenths_put(b, "y", json_int(s, "y", 0));
    }
    if (is_rect) {
        tenths_put(b, "width", json_int(s, "w", 0));
        tenths_put(b, "height", json_int(s, "h", 0));
        tenths_put(b, "rx", json_int(s, "r", 0));
    } else if (is_circle) {
        tenths_put(b, "cx", json_int(s, "x", 0));
        tenths_put(b, "cy", json_int(s, "y", 0));
        tenths_put(b, "r", json_int(s, "r", 0));
    } else if (is_text) {
        tenths_put(b, "font-size", json_int(s, "size", 90));
        struct str align = json_text(s, "align");
        buf_printf(b, " text-anchor=\"%s\"", str_is(align, "center") ? "middle" : str_is(align, "right") ? "end" : "start");
    } else {
        points_put(b, json_get(s, "points"));
    }
    colour_put(b, "fill", is_text && !json_get(s, "fill") ? STR("#1b1f24") : json_text(s, "fill"));
    if (json_get(s, "stroke")) {
        colour_put(b, "stroke", json_text(s, "stroke"));
        tenths_put(b, "stroke-width", json_int(s, "width", 10));
    }
    buf_char(b, '>');
    if (is_text)
        report_write_text(b, json_text(s, "text"));
    buf_printf(b, "</%s>", tag);
}

static void figure_html(struct buf *b, const struct json *block)
{
    long long w = (long long)json_int(block, "width", 1), h = (long long)json_int(block, "height", 1);
    buf_printf(b, "<figure><svg role=\"img\" viewBox=\"0 0 %lld %lld\" width=\"%lld\" height=\"%lld\" aria-label=\"", w, h, w, h);
    report_write_text(b, json_text(block, "alt"));
    buf_cstr(b, "\">");
    JSON_EACH (s, json_get(block, "shapes"))
        shape_html(b, s);
    buf_cstr(b, "</svg><figcaption>");
    text_put(b, json_get(block, "caption") ? json_get(block, "caption") : json_get(block, "alt"));
    buf_cstr(b, "</figcaption></figure>\n");
}

static void block_html(struct buf *b, const struct json *block)
{
    static const struct {
        const char *type;
        void (*put)(struct buf *b, const struct json *block);
    } kinds[] = {{"heading", heading_html}, {"paragraph", paragraph_html}, {"table", table_html}, {"facts", facts_html}, {"figure", figure_html}};
    struct str type = json_text(block, "type");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (str_is(type, kinds[i].type))
            kinds[i].put(b, block);
    if (str_is(type, "list"))
        list_html(b, block, 0);
    else if (str_is(type, "rule"))
        buf_cstr(b, "<hr>\n");
}

void report_write_blocks(const struct json *blocks, struct buf *out)
{
    JSON_EACH (block, blocks)
        block_html(out, block);
}

/* ---- the page ---- */

static void cover_html(struct buf *b, const struct json *document)
{
    const struct json *cover = json_get(document, "cover");
    buf_cstr(b, "<header class=\"cover\"><h1>");
    text_put(b, cover ? json_get(cover, "title") : json_get(document, "title"));
    buf_cstr(b, "</h1>");
    if (cover && json_get(cover, "subtitle")) {
        buf_cstr(b, "<p class=\"sub\">");
        text_put(b, json_get(cover, "subtitle"));
        buf_cstr(b, "</p>");
    }
    JSON_EACH (line, json_get(cover, "lines")) {
        buf_cstr(b, "<p>");
        text_put(b, line);
        buf_cstr(b, "</p>");
    }
    buf_cstr(b, "</header>\n");
}

static void contents_html(struct buf *b, const struct json *document)
{
    int64_t depth = json_int(document, "contents", 0);
    if (depth < 1)
        return;
    buf_cstr(b, "<nav aria-label=\"Contents\"><h2>Contents</h2><ol>");
    JSON_EACH (block, json_get(document, "body")) {
        int64_t level = json_int(block, "level", 1);
        if (!str_is(json_text(block, "type"), "heading") || level > depth || json_text(block, "id").size == 0)
            continue;
        buf_printf(b, "<li class=\"l%lld\"><a href=\"#", (long long)level);
        report_write_text(b, json_text(block, "id"));
        buf_cstr(b, "\">");
        text_put(b, json_get(block, "text"));
        buf_cstr(b, "</a></li>");
    }
    buf_cstr(b, "</ol></nav>\n");
}

void report_write_html(const struct json *document, struct buf *out)
{
    struct str language = json_text(document, "language");
    buf_printf(out, "<!doctype html><html lang=\"%.*s\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>",
               language.size ? (int)language.size : 2, language.size ? language.data : "en");
    text_put(out, json_get(document, "title"));
    buf_printf(out, "</title><style>%s</style></head><body>\n", style);
    cover_html(out, document);
    contents_html(out, document);
    buf_cstr(out, "<main>\n");
    report_write_blocks(json_get(document, "body"), out);
    buf_cstr(out, "</main>\n<footer>");
    text_put(out, json_get(document, "footer"));
    buf_cstr(out, "</footer></body></html>\n");
}
