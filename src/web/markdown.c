/* markdown.c - the elements that Markdown may become, one by one. */
#include "web/markdown.h"
#include "os/library.h"
#include "web/html.h"

#include <md4c.h>

#define MD4C_FUNCTIONS(F) F(md_, parse)
static struct {
    MD4C_FUNCTIONS(LIBRARY_POINTER)
} md4c;
static const char *const md4c_names[] = {MD4C_FUNCTIONS(LIBRARY_NAME)};
static struct library md4c_library = LIBRARY("libmd4c.so.0", "libmd4c0", md4c_names, md4c);

enum { DEPTH_MAX = 16, URL_BYTES_MAX = 2000, HEADING_FIRST = 3, HEADING_LEVELS = 6 };

struct writing {
    struct html html;
    int depth;
    int image; /* inside so many images: their words only */
    bool links[DEPTH_MAX + 1];
    int link_depth;
    unsigned headings[HEADING_LEVELS + 1]; /* on the page, of the text's level; 0: none is open there */
};

bool markdown_prepare(struct err *e)
{
    return library_open(&md4c_library, e) || err_wrap(e, "Markdown is shown as plain text");
}

/* ---- addresses ---- */

static bool is_control_or_blank(unsigned char c)
{
    return c <= 0x20 || c == 0x7f || c == '\\' || c == '<' || c == '>' || c == '"' || c == '`';
}

bool markdown_url_is_safe(struct str url)
{
    static const char *const schemes[] = {"http://", "https://", "mailto:"};
    if (url.size == 0 || url.size > URL_BYTES_MAX)
        return false;
    for (size_t i = 0; i < url.size; i++)
        if (is_control_or_blank((unsigned char)url.data[i]))
            return false;
    if (url.data[0] == '/')
        return url.size == 1 || url.data[1] != '/';
    for (size_t s = 0; s < sizeof(schemes) / sizeof(schemes[0]); s++) {
        size_t n = strlen(schemes[s]), i = 0;
        while (i < n && i < url.size && (url.data[i] >= 'A' && url.data[i] <= 'Z' ? url.data[i] + 32 : url.data[i]) == schemes[s][i])
            i++;
        if (i == n && url.size > n)
            return true;
    }
    return false;
}

/* The address as it is meant: entities are not expected in one, but for &amp;. */
static bool address_read(const MD_ATTRIBUTE *a, struct buf *out)
{
    for (size_t i = 0; a->text && a->substr_offsets[i] < a->size; i++) {
        struct str part = str_make(a->text + a->substr_offsets[i], a->substr_offsets[i + 1] - a->substr_offsets[i]);
        if (a->substr_types[i] == MD_TEXT_ENTITY && !str_is(part, "&amp;"))
            return false;
        if (a->substr_types[i] == MD_TEXT_NULLCHAR)
            return false;
        if (a->substr_types[i] == MD_TEXT_ENTITY)
            buf_char(out, '&');
        else
            buf_str(out, part);
    }
    return !out->full && markdown_url_is_safe(buf_view(out));
}

/* ---- elements ---- */

static void put(struct writing *w, const char *text)
{
    buf_cstr(w->html.out, text);
}

static const char *block_name(MD_BLOCKTYPE type)
{
    switch (type) {
    case MD_BLOCK_QUOTE:
        return "blockquote";
    case MD_BLOCK_UL:
        return "ul";
    case MD_BLOCK_OL:
        return "ol";
    case MD_BLOCK_LI:
        return "li";
    case MD_BLOCK_P:
        return "p";
    case MD_BLOCK_THEAD:
        return "thead";
    case MD_BLOCK_TBODY:
        return "tbody";
    case MD_BLOCK_TR:
        return "tr";
    case MD_BLOCK_TH:
        return "th";
    case MD_BLOCK_TD:
        return "td";
    default:
        return NULL;
    }
}

static bool is_container(MD_BLOCKTYPE type)
{
    return type == MD_BLOCK_QUOTE || type == MD_BLOCK_UL || type == MD_BLOCK_OL || type == MD_BLOCK_LI;
}

/* The first heading of a text follows the page's own, below which it stands, and none skips a level, whichever the text begins with. */
static unsigned heading_place(struct writing *w, unsigned level)
{
    unsigned place = HEADING_FIRST;
    for (unsigned above = 1; above < level; above++)
        if (w->headings[above])
            place = w->headings[above] + 1;
    w->headings[level] = place > HEADING_LEVELS ? HEADING_LEVELS : place;
    for (unsigned below = level + 1; below <= HEADING_LEVELS; below++)
        w->headings[below] = 0;
    return w->headings[level];
}

static int block_enter(MD_BLOCKTYPE type, void *detail, void *context)
{
    struct writing *w = context;
    if (is_container(type) && ++w->depth > DEPTH_MAX)
        return 0;
    const char *name = block_name(type);
    if (type == MD_BLOCK_H) {
        buf_printf(w->html.out, "<h%u>", heading_place(w, ((MD_BLOCK_H_DETAIL *)detail)->level));
    } else if (type == MD_BLOCK_OL && ((MD_BLOCK_OL_DETAIL *)detail)->start != 1) {
        buf_printf(w->html.out, "<ol start=\"%u\">", ((MD_BLOCK_OL_DETAIL *)detail)->start);
    } else if (type == MD_BLOCK_HR) {
        put(w, "<hr>");
    } else if (type == MD_BLOCK_CODE) {
        put(w, "<pre class=\"code\" tabindex=\"0\"><code>");
    } else if (type == MD_BLOCK_TABLE) {
        put(w, "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table\"><table class=\"list\">");
    } else if (name) {
        buf_printf(w->html.out, type == MD_BLOCK_TH ? "<%s scope=\"col\">" : type == MD_BLOCK_UL ? "<%s class=\"dots\">" : "<%s>", name);
    }
    return 0;
}

static int block_leave(MD_BLOCKTYPE type, void *detail, void *context)
{
    struct writing *w = context;
    if (is_container(type) && w->depth-- > DEPTH_MAX)
        return 0;
    const char *name = block_name(type);
    if (type == MD_BLOCK_H) {
        buf_printf(w->html.out, "</h%u>\n", w->headings[((MD_BLOCK_H_DETAIL *)detail)->level]);
    } else if (type == MD_BLOCK_CODE) {
        put(w, "</code></pre>\n");
    } else if (type == MD_BLOCK_TABLE) {
        put(w, "</table></div>\n");
    } else if (name) {
        buf_printf(w->html.out, "</%s>\n", name);
    }
    return 0;
}

static const char *span_name(MD_SPANTYPE type)
{
    return type == MD_SPAN_EM ? "em" : type == MD_SPAN_STRONG ? "strong" : type == MD_SPAN_CODE ? "code" : type == MD_SPAN_DEL ? "del" : NULL;
}

static void link_begin(struct writing *w, const MD_SPAN_A_DETAIL *link)
{
    struct buf BUF_AUTO address;
    buf_init(&address, URL_BYTES_MAX + 1);
    bool is_link = address_read(&link->href, &address) && w->link_depth < DEPTH_MAX;
    if (w->link_depth < DEPTH_MAX)
        w->links[w->link_depth] = is_link;
    w->link_depth++;
    if (!is_link)
        return;
    put(w, "<a href=\"");
    html_text_str(&w->html, buf_view(&address));
    put(w, address.data[0] == '/' ? "\">" : "\" rel=\"noopener noreferrer nofollow\">");
}

static int span_enter(MD_SPANTYPE type, void *detail, void *context)
{
    struct writing *w = context;
    const char *name = span_name(type);
    w->image += type == MD_SPAN_IMG;
    if (w->image)
        return 0;
    if (type == MD_SPAN_A)
        link_begin(w, detail);
    else if (name)
        buf_printf(w->html.out, "<%s>", name);
    return 0;
}

static int span_leave(MD_SPANTYPE type, void *detail, void *context)
{
    (void)detail;
    struct writing *w = context;
    const char *name = span_name(type);
    if (w->image) {
        w->image -= type == MD_SPAN_IMG;
        return 0;
    }
    if (type == MD_SPAN_A) {
        w->link_depth--;
        if (w->link_depth < DEPTH_MAX && w->links[w->link_depth])
            put(w, "</a>");
    } else if (name) {
        buf_printf(w->html.out, "</%s>", name);
    }
    return 0;
}

/* "&amp;", "&#233;": as the library found it, and nothing that is not one. */
static void put_entity(struct writing *w, struct str text)
{
    bool is_one = text.size > 2 && text.size < 40 && text.data[0] == '&' && text.data[text.size - 1] == ';';
    for (size_t i = 1; is_one && i + 1 < text.size; i++) {
        char c = text.data[i];
        is_one = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c == '#' && i == 1);
    }
    if (is_one)
        buf_str(w->html.out, text);
    else
        html_text_str(&w->html, text);
}

static int text_put(MD_TEXTTYPE type, const MD_CHAR *text, MD_SIZE size, void *context)
{
    struct writing *w = context;
    struct str s = str_make(text, size);
    switch (type) {
    case MD_TEXT_NULLCHAR:
        put(w, "\xef\xbf\xbd");
        break;
    case MD_TEXT_BR:
        put(w, "<br>\n");
        break;
    case MD_TEXT_SOFTBR:
        put(w, "\n");
        break;
    case MD_TEXT_ENTITY:
        put_entity(w, s);
        break;
    default:
        html_text_str(&w->html, s);
        break;
    }
    return 0;
}

bool markdown_write(struct str text, struct buf *out)
{
    struct err ignored = {0};
    struct writing w = {.html = {.out = out}};
    const MD_PARSER parser = {.flags = MD_FLAG_NOHTML | MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH | MD_FLAG_PERMISSIVEURLAUTOLINKS,
                              .enter_block = block_enter,
                              .leave_block = block_leave,
                              .enter_span = span_enter,
                              .leave_span = span_leave,
                              .text = text_put};
    return library_open(&md4c_library, &ignored) && text.size < UINT32_MAX && md4c.parse(text.data, (MD_SIZE)text.size, &parser, &w) == 0;
}
