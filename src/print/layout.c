/* layout.c - blocks to pages: what stands where, before anything is drawn. */
#include "print/internal.h"

enum { PIECE_BYTES = 12 << 10, DEPTH_MAX = 6 };

double flow_left(const struct print *p, const struct flow *f)
{
    return p->bottom - f->y;
}

bool flow_turn(struct print *p, struct flow *f)
{
    f->page++;
    f->y = p->top;
    if (f->page >= PRINT_PAGES_MAX)
        return print_fail(p, ERR_TOO_LARGE, "document: over %d pages", PRINT_PAGES_MAX);
    f->list->page_count = f->page + 1;
    return true;
}

struct item *item_add(struct print *p, struct flow *f, enum item_kind kind)
{
    struct item_list *l = f->list;
    if (l->count == l->capacity)
        l->items = arena_grow(p->a, l->items, l->count, &l->capacity, sizeof *l->items);
    struct item *i = &l->items[l->count++];
    *i = (struct item){.kind = kind, .page = f->page, .y = f->y, .x = p->left, .w = p->width};
    return i;
}

void tag_begin(struct print *p, struct flow *f, const char *tag)
{
    item_add(p, f, ITEM_BEGIN)->tag = tag;
}

void tag_end(struct print *p, struct flow *f, const char *tag)
{
    item_add(p, f, ITEM_END)->tag = tag;
}

static void lines_add(struct print *p, struct flow *f, const struct set_text *t, int first, int last, double x, uint32_t colour)
{
    struct item *i = item_add(p, f, ITEM_LINES);
    i->text = t;
    i->first = first;
    i->last = last;
    i->x = x;
    i->colour = colour;
    f->y += text_height(t, first, last);
}

/* How many lines fit; never one alone at the bottom or at the top of a page. */
static int lines_that_fit(const struct print *p, const struct flow *f, const struct set_text *t, int first)
{
    int last = first;
    while (last < t->line_count && text_height(t, first, last + 1) <= flow_left(p, f))
        last++;
    if (last == t->line_count)
        return last;
    if (t->line_count - last == 1 && last - first > 2)
        last--;
    return first == 0 && last - first < 2 ? first : last;
}

void flow_text(struct print *p, struct flow *f, const struct set_text *t, double x, uint32_t colour, double after)
{
    for (int first = 0; first < t->line_count && !p->failed;) {
        int last = lines_that_fit(p, f, t, first);
        if (last == first && f->y <= p->top + 1)
            last = first + 1; /* a line higher than a page */
        if (last > first)
            lines_add(p, f, t, first, last, x, colour);
        first = last;
        if (first < t->line_count && !flow_turn(p, f))
            return;
    }
    f->y += after;
}

static void need(struct print *p, struct flow *f, double height)
{
    if (flow_left(p, f) < height && f->y > p->top + 1)
        (void)flow_turn(p, f);
}

/* ---- blocks ---- */

static const struct {
    enum font font;
    const char *tag;
    double before, after, follows;
    uint32_t colour;
} looks[] = {{FONT_H1, "H1", 22, 9, 80, ACCENT}, {FONT_H2, "H2", 17, 6, 66, INK}, {FONT_H3, "H3", 12, 4, 54, INK}, {FONT_H4, "H4", 9, 3, 46, MUTED}};

static int64_t level_of(const struct json *block)
{
    int64_t level = json_int(block, "level", 1);
    return level < 1 ? 1 : level > 4 ? 4 : level;
}

/* How much of what follows a heading stands on its page: the beginning of a text; of a table its head and first row; whatever stands below a heading. */
static double follows(struct print *p, const struct json *heading, int depth)
{
    const struct json *next = heading->next;
    double least = looks[level_of(heading) - 1].follows;
    struct str type = next ? json_text(next, "type") : STR("");
    if (str_is(type, "table") || str_is(type, "facts")) {
        double table = table_least(p, next);
        return table > least ? table : least;
    }
    if (!str_is(type, "heading") || json_bool(next, "new_page") || depth > 3)
        return least;
    double below = looks[level_of(next) - 1].before + 20 + follows(p, next, depth + 1);
    return below > least ? below : least;
}

static void heading_put(struct print *p, struct flow *f, const struct json *block)
{
    int64_t level = level_of(block);
    const struct set_text *t = text_set(p, json_get(block, "text"), looks[level - 1].font, p->width, NULL, "heading");
    if (json_bool(block, "new_page") && f->y > p->top + 1 && !flow_turn(p, f))
        return;
    if (f->y > p->top + 1)
        f->y += looks[level - 1].before;
    need(p, f, text_height(t, 0, t->line_count) + looks[level - 1].after + follows(p, block, 0));
    if (p->heading_count == p->heading_capacity)
        p->headings = arena_grow(p->a, p->headings, p->heading_count, &p->heading_capacity, sizeof *p->headings);
    p->headings[p->heading_count] = (struct heading){.level = (int)level, .page = f->page, .y = f->y, .text = text_plain(p->a, json_get(block, "text")), .id = json_text(block, "id")};
    item_add(p, f, ITEM_MARK)->heading = p->heading_count++;
    tag_begin(p, f, looks[level - 1].tag);
    flow_text(p, f, t, p->left, looks[level - 1].colour, looks[level - 1].after);
    tag_end(p, f, looks[level - 1].tag);
}

/* The end of a piece of a long text: a space near the end, or the end of a character. */
static size_t piece_end(struct str s, size_t from)
{
    if (s.size - from <= PIECE_BYTES)
        return s.size;
    size_t end = from + PIECE_BYTES;
    for (size_t i = end; i > end - 400; i--)
        if (s.data[i] == ' ' || s.data[i] == '\n')
            return i;
    while (((unsigned char)s.data[end] & 0xc0) == 0x80)
        end--;
    return end;
}

static void paragraph_put(struct print *p, struct flow *f, const struct json *block)
{
    struct str style = json_text(block, "style");
    bool is_code = str_is(style, "code");
    enum font font = str_is(style, "small") ? FONT_SMALL : str_is(style, "lead") ? FONT_LEAD : is_code ? FONT_CODE : FONT_BODY;
    const char *align = str_is(style, "center") ? "center" : NULL;
    uint32_t colour = str_is(style, "small") ? MUTED : INK;
    const struct json *text = json_get(block, "text");
    struct str plain = text_plain(p->a, text);
    tag_begin(p, f, "P");
    if (json_bool(block, "keep"))
        need(p, f, 90);
    if (plain.size <= PIECE_BYTES) {
        flow_text(p, f, text_set(p, text, font, p->width, align, "paragraph"), p->left, colour, 7);
    } else {
        for (size_t from = 0; from < plain.size && !p->failed;) {
            size_t to = piece_end(plain, from);
            flow_text(p, f, text_set_str(p, str_slice(plain, from, to), font, p->width, align), p->left, colour, to < plain.size ? 1.6 : 7);
            from = to;
        }
    }
    tag_end(p, f, "P");
}

static void list_put(struct print *p, struct flow *f, const struct json *block, int depth)
{
    double indent = 16 * (depth + 1), x = p->left + indent;
    bool is_ordered = json_bool(block, "ordered");
    int64_t n = 0;
    tag_begin(p, f, "L");
    JSON_EACH (entry, json_get(block, "items")) {
        const struct json *items = entry->type == JSON_OBJECT ? json_get(entry, "items") : NULL;
        const struct json *text = entry->type == JSON_OBJECT && json_get(entry, "text") ? json_get(entry, "text") : entry;
        const struct set_text *t = text_set(p, text, FONT_BODY, p->width - indent, NULL, "list");
        const struct set_text *mark = text_set_str(p, is_ordered ? arena_printf(p->a, "%lld.", (long long)++n) : STR("\xe2\x80\xa2"), FONT_BODY, -1, NULL);
        need(p, f, text_height(t, 0, t->line_count < 2 ? t->line_count : 2));
        tag_begin(p, f, "LI");
        tag_begin(p, f, "Lbl");
        double y = f->y;
        lines_add(p, f, mark, 0, 1, x - 13, MUTED);
        f->y = y;
        tag_end(p, f, "Lbl");
        tag_begin(p, f, "LBody");
        tag_begin(p, f, "P");
        flow_text(p, f, t, x, INK, 3);
        tag_end(p, f, "P");
        if (items && depth < DEPTH_MAX)
            list_put(p, f, entry, depth + 1);
        tag_end(p, f, "LBody");
        tag_end(p, f, "LI");
        if (p->failed)
            return;
    }
    tag_end(p, f, "L");
    f->y += depth ? 0 : 4;
}

static void figure_put(struct print *p, struct flow *f, const struct json *block)
{
    double w = (double)json_int(block, "width", 0), h = (double)json_int(block, "height", 0);
    if (w < 1 || h < 1 || w > 4000 || h > 4000) {
        print_fail(p, ERR_INVALID, "figure: width and height are 1 to 4000 points");
        return;
    }
    double scale = w > p->width ? p->width / w : 1, room = p->bottom - p->top - 40;
    scale = h * scale > room ? room / h : scale;
    need(p, f, h * scale + 24);
    tag_begin(p, f, "Figure");
    struct item *i = item_add(p, f, ITEM_FIGURE);
    i->shapes = json_get(block, "shapes");
    i->scale = scale;
    i->x = p->left + (p->width - w * scale) / 2;
    f->y += h * scale + 6;
    const struct json *caption = json_get(block, "caption") ? json_get(block, "caption") : json_get(block, "alt");
    if (caption) {
        tag_begin(p, f, "Caption");
        flow_text(p, f, text_set(p, caption, FONT_SMALL, p->width, "center", "figure"), p->left, MUTED, 8);
        tag_end(p, f, "Caption");
    }
    tag_end(p, f, "Figure");
}

static void block_put(struct print *p, struct flow *f, const struct json *block)
{
    struct str type = json_text(block, "type");
    if (str_is(type, "heading"))
        heading_put(p, f, block);
    else if (str_is(type, "paragraph"))
        paragraph_put(p, f, block);
    else if (str_is(type, "list"))
        list_put(p, f, block, 0);
    else if (str_is(type, "table"))
        layout_table(p, f, block);
    else if (str_is(type, "facts"))
        layout_table(p, f, block);
    else if (str_is(type, "figure"))
        figure_put(p, f, block);
    else if (str_is(type, "page_break"))
        (void)(f->y > p->top + 1 && flow_turn(p, f));
    else if (str_is(type, "space"))
        f->y += (double)(json_int(block, "height", 10) % 2000);
    else if (str_is(type, "rule")) {
        item_add(p, f, ITEM_RULE)->colour = LINE;
        f->y += 8;
    } else
        print_fail(p, ERR_INVALID, "block: there is no type \"%.*s\"", STR_ARGS(str_slice(type, 0, 40)));
}

bool layout_body(struct print *p)
{
    struct flow f = {.list = &p->body, .y = p->top};
    int64_t n = 0;
    p->body.page_count = 1;
    JSON_EACH (block, json_get(p->document, "body")) {
        n++;
        block_put(p, &f, block);
        if (p->failed)
            return err_wrap(p->e, "block %lld", (long long)n);
    }
    return true;
}

bool layout_cover(struct print *p)
{
    const struct json *cover = json_get(p->document, "cover");
    if (!cover)
        return true;
    struct flow f = {.list = &p->cover, .y = p->top + (p->bottom - p->top) * 0.28};
    p->cover.page_count = 1;
    tag_begin(p, &f, "P");
    flow_text(p, &f, text_set(p, json_get(cover, "title"), FONT_COVER, p->width, NULL, "cover"), p->left, ACCENT, 14);
    tag_end(p, &f, "P");
    struct item *rule = item_add(p, &f, ITEM_RULE);
    rule->colour = ACCENT;
    rule->w = 90;
    rule->h = 2;
    f.y += 18;
    if (json_get(cover, "subtitle")) {
        tag_begin(p, &f, "P");
        flow_text(p, &f, text_set(p, json_get(cover, "subtitle"), FONT_COVER_SUB, p->width, NULL, "cover"), p->left, INK, 26);
        tag_end(p, &f, "P");
    }
    JSON_EACH (line, json_get(cover, "lines")) {
        tag_begin(p, &f, "P");
        flow_text(p, &f, text_set(p, line, FONT_BODY, p->width, NULL, "cover"), p->left, MUTED, 5);
        tag_end(p, &f, "P");
    }
    return !p->failed;
}

/* One line each; the number of the page is set when all pages are known. */
bool layout_contents(struct print *p, int64_t depth)
{
    struct flow f = {.list = &p->contents, .y = p->top};
    bool is_any = false;
    for (size_t i = 0; i < p->heading_count; i++)
        is_any |= p->headings[i].level <= depth;
    if (!is_any)
        return true;
    p->contents.page_count = 1;
    tag_begin(p, &f, "H1");
    flow_text(p, &f, text_set_str(p, STR("Contents"), FONT_H1, p->width, NULL), p->left, ACCENT, 12);
    tag_end(p, &f, "H1");
    tag_begin(p, &f, "TOC");
    for (size_t i = 0; i < p->heading_count && !p->failed; i++) {
        const struct heading *h = &p->headings[i];
        if (h->level > depth)
            continue;
        double indent = 14 * (h->level - 1);
        const struct set_text *t = text_set_str(p, h->text, h->level == 1 ? FONT_BOLD : FONT_BODY, p->width - indent - 60, NULL);
        double height = text_height(t, 0, t->line_count);
        if (h->level == 1)
            f.y += 4;
        need(p, &f, height);
        tag_begin(p, &f, "TOCI");
        struct item *entry = item_add(p, &f, ITEM_ENTRY);
        entry->heading = i;
        entry->text = t;
        entry->x = p->left + indent;
        entry->h = height;
        f.y += height + 3;
        tag_end(p, &f, "TOCI");
    }
    tag_end(p, &f, "TOC");
    return !p->failed;
}
