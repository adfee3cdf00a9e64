/* table.c - tables: how wide the columns are, heads on every page, rows that stay whole. */
#include "print/internal.h"

enum { SAMPLE_ROWS = 60, SHORT_ROWS = 8 };
#define PAD_X 4.0
#define PAD_Y 3.0

struct table {
    const struct json *columns, *rows;
    size_t count;
    double widths[PRINT_COLUMNS_MAX];
    const char *aligns[PRINT_COLUMNS_MAX];
    const struct set_text *head[PRINT_COLUMNS_MAX];
    const struct set_text *caption;
    double head_height;
    double caption_height;
    double whole; /* rows alone, of a short one; of others 0 */
    double first; /* its first row */
    bool has_head;
};

/* The word of the most bytes in a text of a cell: rows that are not measured have their word measured alone. */
static void word_note(struct print *p, const struct json *cell, struct str *ret_longest)
{
    struct str rest = cell->type == JSON_STRING ? cell->text : text_plain(p->a, cell), word;
    while (str_next_word(&rest, &word))
        if (word.size > ret_longest->size)
            *ret_longest = word;
}

static void sample_measure(struct print *p, const struct table *t, double *words, double *wholes)
{
    size_t total = t->rows ? t->rows->count : 0, every = total / SAMPLE_ROWS + 1, n = 0;
    struct str longest[PRINT_COLUMNS_MAX] = {0};
    double word, whole;
    JSON_EACH (row, t->rows) {
        bool is_measured = n++ % every == 0;
        size_t i = 0;
        JSON_EACH (cell, row) {
            if (i == t->count)
                break;
            if (is_measured) {
                text_measure(p, cell, FONT_CELL, &word, &whole);
                words[i] = word > words[i] ? word : words[i];
                wholes[i] = whole > wholes[i] ? whole : wholes[i];
            } else {
                word_note(p, cell, &longest[i]);
            }
            i++;
        }
    }
    for (size_t i = 0; i < t->count; i++) {
        struct json text = {.type = JSON_STRING, .text = longest[i], .arena = p->a};
        if (longest[i].size == 0)
            continue;
        text_measure(p, &text, FONT_CELL, &word, &whole);
        words[i] = word > words[i] ? word : words[i];
    }
}

/* The widths come to `room`, none above the one level that makes them do so: what is narrow keeps its words whole, and only what is widest gives way. */
static void widths_level(double *widths, size_t count, double room)
{
    bool is_capped[PRINT_COLUMNS_MAX] = {false};
    double level = 0;
    for (size_t round = 0; round <= count; round++) {
        double rest = room;
        size_t open = 0;
        for (size_t i = 0; i < count; i++) {
            rest -= is_capped[i] ? 0 : widths[i];
            open += is_capped[i];
        }
        level = open ? rest / (double)open : 0;
        bool is_more = false;
        double widest = -1;
        for (size_t i = 0; i < count; i++)
            if (!is_capped[i] && widths[i] > widest)
                widest = widths[i];
        for (size_t i = 0; i < count; i++)
            if (!is_capped[i] && widths[i] == widest && (open == 0 || widest > level))
                is_capped[i] = is_more = true;
        if (!is_more)
            break;
    }
    for (size_t i = 0; i < count; i++)
        if (is_capped[i])
            widths[i] = level;
}

/* A column whose width was asked for still holds its longest word, as long as others have more than theirs. */
static void widths_mend(struct table *t, const double *min)
{
    double lack = 0, spare = 0;
    for (size_t i = 0; i < t->count; i++) {
        double over = t->widths[i] - min[i];
        lack += over < 0 ? -over : 0;
        spare += over > 0 ? over : 0;
    }
    if (lack <= 0 || spare <= 0)
        return;
    double moved = lack < spare ? lack : spare;
    for (size_t i = 0; i < t->count; i++) {
        double over = t->widths[i] - min[i];
        t->widths[i] -= over > 0 ? over * moved / spare : over * moved / lack;
    }
}

/* Each column gets its longest word, and of what is left as much as its texts ask for. */
static void widths_share(const struct print *p, struct table *t, const double *words, const double *wholes)
{
    double room = p->width, least = 0, more = 0, fixed = 0, all = 0, min[PRINT_COLUMNS_MAX], want[PRINT_COLUMNS_MAX];
    for (size_t i = 0; i < t->count; i++) {
        int64_t percent = json_int(json_at(t->columns, i), "width", 0);
        t->widths[i] = percent > 0 && percent <= 100 ? room * (double)percent / 100 : 0;
        fixed += t->widths[i];
        double cap = room * 0.4;
        min[i] = (words[i] < cap ? words[i] : cap) + 2 * PAD_X + 0.5;
        all += min[i];
        want[i] = wholes[i] + 2 * PAD_X + 0.5;
        want[i] = want[i] < min[i] ? min[i] : want[i] > room ? room : want[i];
        if (t->widths[i] == 0) {
            least += min[i];
            more += want[i] - min[i];
        }
    }
    if (all > room) {
        memcpy(t->widths, min, t->count * sizeof *min);
        widths_level(t->widths, t->count, room);
        return;
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
    widths_mend(t, min);
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

/* How high its first row is, and a short one as a whole. */
static void rows_measure(struct print *p, struct table *t)
{
    const struct set_text *cells[PRINT_COLUMNS_MAX];
    bool is_short = t->rows && t->rows->count <= SHORT_ROWS;
    JSON_EACH (row, t->rows) {
        double height = cells_set(p, t, row, FONT_CELL, cells);
        t->first = t->first > 0 ? t->first : height;
        if (!is_short)
            return;
        t->whole += height;
    }
}

/* NULL after print_fail. */
static const struct table *table_measure(struct print *p, const struct json *block)
{
    struct table *t = ARENA_NEW(p->a, struct table);
    double words[PRINT_COLUMNS_MAX] = {0}, wholes[PRINT_COLUMNS_MAX] = {0};
    *t = (struct table){.columns = json_get(block, "columns"), .rows = json_get(block, "rows")};
    t->count = t->columns ? t->columns->count : 0;
    if (t->count == 0 || t->count > PRINT_COLUMNS_MAX) {
        print_fail(p, ERR_INVALID, "table: 1 to %d columns", PRINT_COLUMNS_MAX);
        return NULL;
    }
    for (size_t i = 0; i < t->count; i++) {
        const struct json *column = json_at(t->columns, i);
        t->aligns[i] = json_text(column, "align").size ? arena_str(p->a, json_text(column, "align")).data : NULL;
        t->has_head |= text_plain(p->a, json_get(column, "label")).size > 0;
        text_measure(p, json_get(column, "label"), FONT_CELL_HEAD, &words[i], &wholes[i]);
    }
    sample_measure(p, t, words, wholes);
    widths_share(p, t, words, wholes);
    t->head_height = t->has_head ? cells_set(p, t, t->columns, FONT_CELL_HEAD, t->head) : 0;
    if (json_get(block, "caption") && text_plain(p->a, json_get(block, "caption")).size) {
        t->caption = text_set(p, json_get(block, "caption"), FONT_BOLD, p->width, NULL, "table");
        t->caption_height = text_height(t->caption, 0, t->caption->line_count) + 4;
    }
    rows_measure(p, t);
    return p->failed ? NULL : t;
}

static const struct json *facts_as_table(struct print *p, const struct json *block);

/* The heading before it asks first: measured once. */
static const struct table *table_ready(struct print *p, const struct json *block)
{
    if (p->ready_for != block) {
        p->ready = table_measure(p, str_is(json_text(block, "type"), "facts") ? facts_as_table(p, block) : block);
        p->ready_for = block;
    }
    return p->ready;
}

double table_least(struct print *p, const struct json *block)
{
    const struct table *t = table_ready(p, block);
    double page = p->bottom - p->top;
    if (!t)
        return 0;
    double least = t->whole > 0 && t->whole < page / 3 ? t->whole : t->first < page / 3 ? t->first : 40;
    return t->caption_height + t->head_height + least + 1;
}

void layout_table(struct print *p, struct flow *f, const struct json *block)
{
    const struct table *t = table_ready(p, block);
    if (!t || (flow_left(p, f) < table_least(p, block) && f->y > p->top + 1 && !flow_turn(p, f)))
        return;
    if (t->caption) {
        tag_begin(p, f, "P");
        flow_text(p, f, t->caption, p->left, INK, 4);
        tag_end(p, f, "P");
    }
    tag_begin(p, f, "Table");
    head_put(p, f, t, true);
    JSON_EACH (row, t->rows) {
        row_put(p, f, t, row);
        if (p->failed)
            return;
    }
    tag_end(p, f, "Table");
    f->y += 10;
}

static const struct json *facts_as_table(struct print *p, const struct json *block)
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
    return table;
}
