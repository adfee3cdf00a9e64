/* The period strip: one mark a day, as SVG that tells states apart by height and outline as well as by colour. */
#include "base/times.h"
#include "web/html.h"

enum { CELL_WIDTH = 8, STRIP_HEIGHT = 44, STRIP_TOP = 4, LABEL_Y = 41 };

struct shape {
    const char *state;
    int y, height;
};

/* Failing days stand taller than passing ones, unknown ones are hollow, days not in force a dot on the line. */
static const struct shape shapes[] = {{"pass", 10, 14}, {"fail", 4, 20}, {"unknown", 10, 14}, {"skip", 16, 2}, {"none", 16, 2}};

static const struct shape *shape_of(struct str state)
{
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
        if (str_is(state, shapes[i].state))
            return &shapes[i];
    return &shapes[4];
}

static bool date_of_cell(const struct json *cell, struct date *ret)
{
    int64_t at_ms;
    if (!time_parse(json_text(cell, "date"), 0, &at_ms))
        return false;
    *ret = date_of_day(day_of(at_ms));
    return true;
}

static void month_labels(struct html *h, const struct json *cells)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int x = 0;
    for (const struct json *cell = html_first(cells); cell; cell = cell->next, x += CELL_WIDTH) {
        struct date d;
        if (!date_of_cell(cell, &d) || d.day != 1)
            continue;
        buf_printf(h->out, "<path class=\"tick\" d=\"M%d 28v5\"/><text x=\"%d\" y=\"%d\">%s</text>", x, x, LABEL_Y,
                   months[d.month - 1]);
    }
}

void html_filter_strip(struct html *h, const struct json *v)
{
    int64_t width = html_count(v) * CELL_WIDTH;
    if (width == 0)
        return;
    buf_printf(h->out,
               "<svg class=\"strip\" viewBox=\"0 0 %lld %d\" role=\"img\" aria-label=\"One mark a day, %lld days; the table "
               "below says the same in words\">",
               (long long)width, STRIP_HEIGHT, (long long)html_count(v));
    buf_printf(h->out, "<path class=\"base\" d=\"M0 28.5H%lld\"/>", (long long)width);
    int x = 0;
    for (const struct json *cell = html_first(v); cell; cell = cell->next, x += CELL_WIDTH) {
        const struct shape *s = shape_of(json_text(cell, "state"));
        int inset = s->height == 2 ? 3 : 1;
        buf_printf(h->out, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"><title>", s->state, x + inset, s->y,
                   CELL_WIDTH - 2 * inset, s->height);
        html_text_str(h, json_text(cell, "words"));
        buf_cstr(h->out, "</title></rect>");
    }
    month_labels(h, v);
    buf_cstr(h->out, "</svg>");
}

static const char *state_words(struct str state)
{
    if (str_is(state, "pass"))
        return "Passing";
    if (str_is(state, "fail"))
        return "Failing";
    return str_is(state, "unknown") ? "Unknown" : "Not in force";
}

static void spell_row(struct html *h, struct str from, struct str to, int64_t days, struct str state)
{
    const char *shape = str_is(state, "none") || state.size == 0 ? "skip" : shape_of(state)->state;
    buf_printf(h->out, "<tr><td>%.*s</td><td>%.*s</td><td class=\"n\">%lld</td><td><span class=\"status %s\">%s</span></td></tr>",
               STR_ARGS(from), STR_ARGS(to), (long long)days, shape, state_words(state));
}

void html_filter_spells(struct html *h, const struct json *v)
{
    struct str from = STR(""), to = STR(""), state = STR("");
    int64_t days = 0;
    for (const struct json *cell = html_first(v); cell; cell = cell->next) {
        struct date d;
        if (!date_of_cell(cell, &d))
            continue;
        if (days && !str_equal(json_text(cell, "state"), state)) {
            spell_row(h, from, to, days, state);
            days = 0;
        }
        if (days == 0)
            from = json_text(cell, "date");
        state = json_text(cell, "state");
        to = json_text(cell, "date");
        days++;
    }
    if (days)
        spell_row(h, from, to, days, state);
}
