/* table.c - tables: how wide the columns are, heads on every page, rows that stay whole. */
#include "print/internal.h"

enum { SAMPLE_ROWS = 60 };
#define PAD_X 4.0
#define PAD_Y 3.0

struct table {
    const struct json *columns, *rows;
    size_t count;
    double widths[PRINT_COLUMNS_MAX];
    const char *aligns[PRINT_COLUMNS_MAX];
    const struct set_text *head[PRINT_COLUMNS_MAX];
    double head_height;
    bool has_head;
};

static void sample_measure(struct print *p, const struct table *t, double *words, double *wholes)
{
    size_t total = t->rows ? t->rows->count : 0, every = total / SAMPLE_ROWS + 1, n = 0;
    JSON_EACH (row, t->rows) {
        if (n++ % every != 0)
            continue;
        size_t i = 0;
        JSON_EACH (cell, row) {
            double word, whole;
            if (i == t->count)
                break;
            text_measure(p, cell, FONT_CELL, &word, &whole);
            words[i] = word > words[i] ? word : words[i];
            wholes[i] = whole > wholes[i] ? whole : wholes[i];
            i++;
        }
    }
}

/* Each column gets its longest word, and of what is left as much as its texts ask for. */
static void widths_share(const struct print *p, struct table *t, const double *words, const double *wholes)
{
    double room = p->width, least = 0, more = 0, fixed = 0, min[PRINT_COLUMNS_MAX], want[PRINT_COLUMNS_MAX];
    for (size_t i = 0; i < t->count; i++) {
        int64_t percent = json_int(json_at(t->columns, i), "width", 0);
        t->widths[i] = percent > 0 && percent <= 100 ? room * (double)percent / 100 : 0;
        fixed += t->widths[i];
        double cap = room * 0.4;
        min[i] = (words[i] < cap ? words[i] : cap) + 2 * PAD_X + 0.5;
        want[i] = wholes[i] + 2 * PAD_X + 0.5;
        want[i] = want[i] < min[i] ? min[i] : want[i] > room ? room : want[i];
        if (t->widths[i] == 0) {
            least += min[i];
            more += want[i] - min[i];
        }
    }
    if (fixed > room)
        for (size_t i = 0; i < t->count; i++)
            t->widths[i] *= room / (fixed + 0.001);
    double left = room - (fixed < room ? fixed : room), spare = left - least;
    for (size_t i = 0; i < t->count; i++) {
        if (t->widths[i] > 0)
            continue;
        if (spare < 0)
            t->widths[i] = left > 0 ? min[i] * left / least : 20;
        else if (more <= spare)
            t->widths[i] = want[i] + (least + more > 0 ? (spare - more) * want[i] / (least + more) : 0);
        else
            t->widths[i] = min[i] + spare * (want[i] - min[i]) / more;
    }
}

static double cells_set(struct print *p, const struct table *t, const struct json *row, enum font font, const struct set_text **ret)
{
    double height = 0;
    size_t i = 0;
    JSON_EACH (cell, row) {
        if (i == t->count)
            break;
        const struct json *text = font == FONT_CELL_HEAD ? json_get(cell, "label") : cell;
        double width = t->widths[i] - 2 * PAD_X;
        ret[i] = text_set(p, text, font, width > 4 ? width : 4, t->aligns[i], "table");
        double h = text_height(ret[i], 0, ret[i]->line_count);
        height = h > height ? h : height;
        i++;
    }
    for (; i < t->count; i++)
        ret[i] = NULL;
    return height + 2 * PAD_Y;
}

static void cell_lines(struct print *p, struct flow *f, const struct set_text *t, int first, int last, double x, double y, const char *tag)
{
    if (tag)
        tag_begin(p, f, tag);
    if (t && last > first) {
        struct item *i = item_add(p, f, ITEM_LINES);
        i->text = t;
        i->first = first;
        i->last = last;
        i->x = x + PAD_X;
        i->y = y + PAD_Y;
        i->w = 0;
        i->colour = INK;
    }
    if (tag)
        tag_end(p, f, tag);
}

/* Repeated ones are not read out once more. */
static void head_put(struct print *p, struct flow *f, const struct table *t, bool is_first)
{
    double x = p->left;
    if (!t->has_head)
        return;
    struct item *box = item_add(p, f, ITEM_BOX);
    box->h = t->head_height;
    box->colour = SHADE;
    if (is_first)
        tag_begin(p, f, "TR");
    for (size_t i = 0; i < t->count; i++) {
        cell_lines(p, f, t->head[i], 0, t->head[i] ? t->head[i]->line_count : 0, x, f->y, is_first ? "TH" : NULL);
        x += t->widths[i];
    }
    if (is_first)
        tag_end(p, f, "TR");
    f->y += t->head_height;
}

static bool table_turn(struct print *p, struct flow *f, const struct table *t)
{
    if (!flow_turn(p, f))
        return false;
    head_put(p, f, t, false);
    return true;
}

static void row_rule(struct print *p, struct flow *f)
{
    struct item *rule = item_add(p, f, ITEM_RULE);
    rule->colour = LINE;
    rule->h = 0.5;
}

/* A row as high as half a page and more goes on where the page ends. */
static void row_split(struct print *p, struct flow *f, const struct table *t, const struct set_text **cells)
{
    int at[PRINT_COLUMNS_MAX] = {0};
    for (bool is_more = true; is_more && !p->failed;) {
        double x = p->left, used = 0, room = flow_left(p, f) - 2 * PAD_Y;
        bool is_moved = false;
        is_more = false;
        for (size_t i = 0; i < t->count; i++) {
            int last = at[i];
            while (cells[i] && last < cells[i]->line_count && (text_height(cells[i], at[i], last + 1) <= room || (!is_moved && last == at[i] && f->y <= p->top + t->head_height + 1)))
                last++;
            cell_lines(p, f, cells[i], at[i], last, x, f->y, "TD");
            double h = cells[i] && last > at[i] ? text_height(cells[i], at[i], last) : 0;
            used = h > used ? h : used;
            is_moved |= last > at[i];
            at[i] = last;
            is_more |= cells[i] && last < cells[i]->line_count;
            x += t->widths[i];
        }
        f->y += used + 2 * PAD_Y;
        if (is_more && !table_turn(p, f, t))
            return;
    }
}

static void row_put(struct print *p, struct flow *f, const struct table *t, const struct json *row)
{
    const struct set_text *cells[PRINT_COLUMNS_MAX];
    double height = cells_set(p, t, row, FONT_CELL, cells), page = p->bottom - p->top - t->head_height;
    bool is_split = height > page || (height > page / 2 && height > flow_left(p, f));
    if (!is_split && height > flow_left(p, f) && !table_turn(p, f, t))
        return;
    if (is_split && flow_left(p, f) < 60 && !table_turn(p, f, t))
        return;
    tag_begin(p, f, "TR");
    if (is_split) {
        row_split(p, f, t, cells);
    } else {
        double x = p->left;
        for (size_t i = 0; i < t->count; i++) {
            cell_lines(p, f, cells[i], 0, cells[i] ? cells[i]->line_count : 0, x, f->y, "TD");
            x += t->widths[i];
        }
        f->y += height;
    }
    tag_end(p, f, "TR");
    row_rule(p, f);
}

void layout_table(struct print *p, struct flow *f, const struct json *block)
{
    struct table t = {.columns = json_get(block, "columns"), .rows = json_get(block, "rows")};
    double words[PRINT_COLUMNS_MAX] = {0}, wholes[PRINT_COLUMNS_MAX] = {0};
    t.count = t.columns ? t.columns->count : 0;
    if (t.count == 0 || t.count > PRINT_COLUMNS_MAX) {
        print_fail(p, ERR_INVALID, "table: 1 to %d columns", PRINT_COLUMNS_MAX);
        return;
    }
    for (size_t i = 0; i < t.count; i++) {
        const struct json *column = json_at(t.columns, i);
        t.aligns[i] = json_text(column, "align").size ? arena_str(p->a, json_text(column, "align")).data : NULL;
        t.has_head |= text_plain(p->a, json_get(column, "label")).size > 0;
        text_measure(p, json_get(column, "label"), FONT_CELL_HEAD, &words[i], &wholes[i]);
    }
    sample_measure(p, &t, words, wholes);
    widths_share(p, &t, words, wholes);
    t.head_height = t.has_head ? cells_set(p, &t, t.columns, FONT_CELL_HEAD, t.head) : 0;
    if (json_get(block, "caption") && text_plain(p->a, json_get(block, "caption")).size) {
        const struct set_text *caption = text_set(p, json_get(block, "caption"), FONT_BOLD, p->width, NULL, "table");
        if (flow_left(p, f) < text_height(caption, 0, caption->line_count) + t.head_height + 40 && f->y > p->top + 1 && !flow_turn(p, f))
            return;
        tag_begin(p, f, "P");
        flow_text(p, f, caption, p->left, INK, 4);
        tag_end(p, f, "P");
    }
    if (flow_left(p, f) < t.head_height + 32 && f->y > p->top + 1 && !flow_turn(p, f))
        return;
    tag_begin(p, f, "Table");
    head_put(p, f, &t, true);
    JSON_EACH (row, t.rows) {
        row_put(p, f, &t, row);
        if (p->failed)
            return;
    }
    tag_end(p, f, "Table");
    f->y += 10;
}

void layout_facts(struct print *p, struct flow *f, const struct json *block)
{
    struct json *table = json_object(p->a), *columns = json_put_array(table, "columns"), *rows = json_put_array(table, "rows");
    for (int i = 0; i < 2; i++) {
        struct json *column = json_push_object(columns);
        json_put_cstr(column, "label", "");
        json_put_int(column, "width", i ? 72 : 28);
    }
    JSON_EACH (row, json_get(block, "rows")) {
        struct json *o = json_push(rows, json_array(p->a)), *run = json_push_object(json_push(o, json_array(p->a)));
        json_put_str(run, "text", text_plain(p->a, json_at(row, 0)));
        json_put_bool(run, "muted", true);
        const struct json *value = json_at(row, 1);
        if (value && value->type == JSON_ARRAY) {
            struct json *copy = json_push(o, json_array(p->a));
            copy->first = value->first;
            copy->last = value->last;
            copy->count = value->count;
        } else {
            json_push_str(o, value ? value->text : STR(""));
        }
    }
    layout_table(p, f, table);
}
