#include "inspect/sheet.h"

#include "base/times.h"
#include "inspect/internal.h"

#include <stdlib.h>

/* ---- XML: tags one after the other; no entities but the five and numbers, and no declarations of others ---- */

struct tag {
    struct str name; /* without its prefix */
    struct str rest; /* attributes as they are written */
    struct str text; /* what stands between the tag before and this one */
    bool is_end, is_empty;
};

static struct str local_name(struct str name)
{
    ptrdiff_t colon = str_find_char(name, ':');
    return colon >= 0 ? str_slice(name, (size_t)colon + 1, name.size) : name;
}

/* The next tag; comments, declarations and the like are passed over. False: there is none. */
static bool tag_next(struct str *xml, struct tag *ret)
{
    for (;;) {
        const char *open = xml->size ? memchr(xml->data, '<', xml->size) : NULL;
        if (!open)
            return false;
        size_t at = (size_t)(open - xml->data);
        struct str text = str_slice(*xml, 0, at), rest = str_slice(*xml, at, xml->size);
        bool is_comment = str_starts(rest, "<!--");
        ptrdiff_t end = is_comment ? str_find(rest, STR("-->")) : str_find_char(rest, '>');
        if (end < 0)
            return false;
        *xml = str_slice(rest, (size_t)end + (is_comment ? 3 : 1), rest.size);
        if (is_comment || rest.size < 2 || rest.data[1] == '?' || rest.data[1] == '!')
            continue;
        struct str inside = str_slice(rest, 1, (size_t)end);
        *ret = (struct tag){.text = text, .is_end = inside.size && inside.data[0] == '/', .is_empty = str_ends(inside, "/")};
        inside = str_slice(inside, ret->is_end, inside.size - (ret->is_empty ? 1 : 0));
        size_t n = 0;
        while (n < inside.size && !strchr(" \t\r\n", inside.data[n]))
            n++;
        ret->name = local_name(str_slice(inside, 0, n));
        ret->rest = str_slice(inside, n, inside.size);
        return true;
    }
}

/* The value of an attribute, as it is written; data NULL: there is none. */
static struct str attribute(struct str rest, const char *name)
{
    while (rest.size) {
        size_t at = 0, n = 0;
        while (at < rest.size && strchr(" \t\r\n", rest.data[at]))
            at++;
        while (at + n < rest.size && !strchr("= \t\r\n", rest.data[at + n]))
            n++;
        struct str key = str_slice(rest, at, at + n);
        rest = str_slice(rest, at + n, rest.size);
        ptrdiff_t equal = str_find_char(rest, '=');
        if (equal < 0 || n == 0)
            return (struct str){0};
        rest = str_slice(rest, (size_t)equal + 1, rest.size);
        size_t quote = 0;
        while (quote < rest.size && rest.data[quote] != '"' && rest.data[quote] != '\'')
            quote++;
        if (quote == rest.size)
            return (struct str){0};
        struct str value = str_slice(rest, quote + 1, rest.size);
        ptrdiff_t end = str_find_char(value, rest.data[quote]);
        if (end < 0)
            return (struct str){0};
        if (str_is(key, name) || str_is(local_name(key), name))
            return str_slice(value, 0, (size_t)end);
        rest = str_slice(value, (size_t)end + 1, value.size);
    }
    return (struct str){0};
}

static size_t utf8_put(uint32_t c, char *out)
{
    size_t n = 0;
    if (c < 0x80) {
        out[n++] = (char)c;
    } else if (c < 0x800) {
        out[n++] = (char)(0xc0 | c >> 6);
        out[n++] = (char)(0x80 | (c & 63));
    } else if (c < 0x10000) {
        out[n++] = (char)(0xe0 | c >> 12);
        out[n++] = (char)(0x80 | (c >> 6 & 63));
        out[n++] = (char)(0x80 | (c & 63));
    } else {
        out[n++] = (char)(0xf0 | c >> 18);
        out[n++] = (char)(0x80 | (c >> 12 & 63));
        out[n++] = (char)(0x80 | (c >> 6 & 63));
        out[n++] = (char)(0x80 | (c & 63));
    }
    return n;
}

/* "&amp;" or "&#233;": its bytes, and how long it is written; 0: it is none. */
static size_t entity_read(struct str xml, char out[4], size_t *ret_bytes)
{
    static const struct {
        const char *text;
        char value;
    } known[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (str_starts(xml, known[i].text)) {
            out[0] = known[i].value;
            *ret_bytes = 1;
            return strlen(known[i].text);
        }
    ptrdiff_t end = str_find_char(str_slice(xml, 0, 12), ';');
    if (!str_starts(xml, "&#") || end < 3)
        return 0;
    bool is_hex = xml.data[2] == 'x';
    uint32_t c = 0;
    for (size_t i = is_hex ? 3 : 2; i < (size_t)end; i++) {
        char d = xml.data[i];
        uint32_t digit = d >= '0' && d <= '9' ? (uint32_t)(d - '0') : is_hex && d >= 'a' && d <= 'f' ? (uint32_t)(d - 'a') + 10 : is_hex && d >= 'A' && d <= 'F' ? (uint32_t)(d - 'A') + 10 : 99;
        if (digit == 99)
            return 0;
        c = c * (is_hex ? 16 : 10) + digit;
    }
    if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000) || (c < 0x20 && c != '\t' && c != '\n' && c != '\r'))
        return 0;
    *ret_bytes = utf8_put(c, out);
    return (size_t)end + 1;
}

static void text_put(struct buf *b, struct str xml)
{
    for (size_t i = 0; i < xml.size;) {
        char bytes[4];
        size_t n, used = xml.data[i] == '&' ? entity_read(str_slice(xml, i, i + 12), bytes, &n) : 0;
        if (used)
            buf_append(b, bytes, n);
        else if (xml.data[i] != '\r')
            buf_char(b, xml.data[i]);
        i += used ? used : 1;
    }
}

/* ---- the workbook ---- */

struct book {
    struct arena *a;
    struct job j;
    struct zip z;
    struct str *strings;
    size_t string_count, string_capacity;
    bool *is_date; /* of each cell format */
    size_t format_count, format_capacity;
    bool counts_from_1904;
    size_t text_bytes, cell_count;
    struct sheet *ret;
    struct err *e;
};

static bool wrong(struct book *b, const char *why)
{
    return err_set(b->e, ERR_INVALID, "workbook: %s", why);
}

static bool part_read(struct book *b, struct str name, bool is_needed, struct str *ret)
{
    const struct zip_entry *e = zip_find(&b->z, arena_str(b->a, name).data);
    *ret = STR("");
    if (!e)
        return !is_needed || err_set(b->e, ERR_INVALID, "workbook: the part %.*s is missing", STR_ARGS(str_slice(name, 0, 80)));
    if (e->size > SHEET_PART_BYTES)
        return err_set(b->e, ERR_TOO_LARGE, "workbook: %.*s is over %d MiB", STR_ARGS(str_slice(name, 0, 80)), SHEET_PART_BYTES >> 20);
    if (!zip_read(&b->j, e, SHEET_PART_BYTES, ret))
        return b->j.is_bomb ? err_set(b->e, ERR_TOO_LARGE, "workbook: it expands without end") : wrong(b, "it is damaged, or under a password");
    return str_is_utf8(*ret) || wrong(b, "its parts are not UTF-8");
}

/* The text of an <si> or <is>: all its <t>, but those that say how a word is spoken. */
static bool rich_read(struct book *b, struct str *xml, const char *ending, struct str *ret)
{
    struct tag t;
    struct buf BUF_AUTO text;
    bool in_text = false, is_spoken = false;
    buf_init(&text, SHEET_CELL_BYTES);
    while (tag_next(xml, &t)) {
        if (in_text && !is_spoken)
            text_put(&text, t.text);
        in_text = str_is(t.name, "t") && !t.is_end && !t.is_empty;
        if (str_is(t.name, "rPh"))
            is_spoken = !t.is_end && !t.is_empty;
        if (t.is_end && str_is(t.name, ending)) {
            b->text_bytes += text.size;
            *ret = arena_str(b->a, buf_view(&text));
            if (text.full)
                return err_set(b->e, ERR_TOO_LARGE, "workbook: a cell is over %d bytes", SHEET_CELL_BYTES);
            return b->text_bytes <= SHEET_TEXT_BYTES || err_set(b->e, ERR_TOO_LARGE, "workbook: over %d MiB of text", SHEET_TEXT_BYTES >> 20);
        }
    }
    return wrong(b, "it is cut off within a text");
}

static bool strings_read(struct book *b)
{
    struct str xml;
    struct tag t;
    if (!part_read(b, STR("xl/sharedStrings.xml"), false, &xml))
        return false;
    while (tag_next(&xml, &t)) {
        if (!str_is(t.name, "si") || t.is_end)
            continue;
        if (b->string_count >= SHEET_CELLS_MAX)
            return err_set(b->e, ERR_TOO_LARGE, "workbook: over %d texts", SHEET_CELLS_MAX);
        if (b->string_count == b->string_capacity)
            b->strings = arena_grow(b->a, b->strings, b->string_count, &b->string_capacity, sizeof(*b->strings));
        b->strings[b->string_count] = STR("");
        if (!t.is_empty && !rich_read(b, &xml, "si", &b->strings[b->string_count]))
            return false;
        b->string_count++;
    }
    return true;
}

/* A format of digits shows a day when it has y, m or d outside of quotes and brackets. */
static bool code_is_date(struct str code)
{
    bool is_quoted = false, is_bracketed = false;
    for (size_t i = 0; i < code.size; i++) {
        char c = code.data[i];
        if (str_starts(str_slice(code, i, code.size), "&quot;")) {
            is_quoted = !is_quoted;
            i += 5;
        } else if (c == '\\') {
            i++;
        } else if (c == '[' || c == ']') {
            is_bracketed = c == '[';
        } else if (!is_quoted && !is_bracketed && strchr("yYmMdD", c)) {
            return true;
        }
    }
    return false;
}

static bool styles_read(struct book *b)
{
    enum { FORMATS_MAX = 70000, CODES_MAX = 1000 };
    struct str xml;
    struct tag t;
    int64_t codes[CODES_MAX], id;
    size_t code_count = 0;
    bool in_cells = false;
    if (!part_read(b, STR("xl/styles.xml"), false, &xml))
        return false;
    while (tag_next(&xml, &t)) {
        if (str_is(t.name, "cellXfs"))
            in_cells = !t.is_end;
        if (str_is(t.name, "numFmt") && code_count < CODES_MAX && str_to_int64(attribute(t.rest, "numFmtId"), &id) && code_is_date(attribute(t.rest, "formatCode")))
            codes[code_count++] = id;
        if (!in_cells || !str_is(t.name, "xf") || t.is_end || b->format_count >= FORMATS_MAX)
            continue;
        if (b->format_count == b->format_capacity)
            b->is_date = arena_grow(b->a, b->is_date, b->format_count, &b->format_capacity, sizeof(*b->is_date));
        bool is_date = str_to_int64(attribute(t.rest, "numFmtId"), &id) && ((id >= 14 && id <= 17) || id == 22);
        for (size_t i = 0; i < code_count; i++)
            is_date = is_date || codes[i] == id;
        b->is_date[b->format_count++] = is_date;
    }
    return true;
}

/* The first sheet that is not hidden: its part. */
static bool sheet_find(struct book *b, struct str *ret_part)
{
    struct str xml, rels, id = {0}, target = {0};
    struct tag t;
    if (!part_read(b, STR("xl/workbook.xml"), true, &xml) || !part_read(b, STR("xl/_rels/workbook.xml.rels"), true, &rels))
        return false;
    while (tag_next(&xml, &t)) {
        if (str_is(t.name, "workbookPr") && !t.is_end)
            b->counts_from_1904 = str_is(attribute(t.rest, "date1904"), "1") || str_is(attribute(t.rest, "date1904"), "true");
        if (!str_is(t.name, "sheet") || t.is_end)
            continue;
        b->ret->sheets++;
        struct str state = attribute(t.rest, "state");
        if (id.size || str_is(state, "hidden") || str_is(state, "veryHidden"))
            continue;
        struct buf BUF_AUTO name;
        buf_init(&name, 400);
        text_put(&name, attribute(t.rest, "name"));
        b->ret->name = arena_str(b->a, buf_view(&name));
        id = attribute(t.rest, "id");
    }
    if (id.size == 0)
        return wrong(b, "it has no sheet that is shown");
    while (tag_next(&rels, &t))
        if (str_is(t.name, "Relationship") && str_equal(attribute(t.rest, "Id"), id))
            target = attribute(t.rest, "Target");
    if (target.size == 0 || str_contains(target, ".."))
        return wrong(b, "its first sheet is nowhere");
    *ret_part = str_starts(target, "/") ? str_slice(target, 1, target.size) : arena_printf(b->a, "xl/%.*s", STR_ARGS(target));
    return true;
}

/* ---- cells ---- */

bool sheet_place(struct str name, size_t *ret_row, size_t *ret_column)
{
    size_t i = 0, column = 0;
    int64_t row;
    while (i < name.size && i < 3 && name.data[i] >= 'A' && name.data[i] <= 'Z')
        column = column * 26 + (size_t)(name.data[i++] - 'A') + 1;
    if (i == 0 || !str_to_int64(str_slice(name, i, name.size), &row) || row < 1 || row > 1048576 || name.data[i] == '+')
        return false;
    *ret_row = (size_t)row;
    *ret_column = column;
    return true;
}

static struct str serial_day(struct book *b, struct str number)
{
    enum { DAYS_TO_1970 = 25569, DAYS_1904 = 1462, SERIAL_MAX = 2958465 };
    char text[64], *end;
    if (number.size == 0 || number.size >= sizeof(text))
        return number;
    memcpy(text, number.data, number.size);
    text[number.size] = 0;
    double value = strtod(text, &end);
    if (*end || !(value >= 61) || value > SERIAL_MAX)
        return number;
    int64_t day = (int64_t)value, seconds = (int64_t)((value - (double)day) * 86400 + 0.5);
    int64_t unix_day = day - DAYS_TO_1970 + (b->counts_from_1904 ? DAYS_1904 : 0);
    struct str date = day_text(b->a, unix_day + seconds / 86400);
    seconds %= 86400;
    return seconds ? arena_printf(b->a, "%.*sT%02lld:%02lld:%02lld", STR_ARGS(date), (long long)(seconds / 3600), (long long)(seconds / 60 % 60), (long long)(seconds % 60)) : date;
}

struct cell {
    size_t row, column;
    struct str value;
};
struct cells {
    struct cell *items;
    size_t count, capacity;
};

static bool value_of(struct book *b, struct str type, int64_t style, struct str raw, struct str *ret)
{
    int64_t n;
    struct buf BUF_AUTO text;
    buf_init(&text, SHEET_CELL_BYTES);
    text_put(&text, raw);
    *ret = arena_str(b->a, str_trim(buf_view(&text)));
    if (text.full)
        return err_set(b->e, ERR_TOO_LARGE, "workbook: a cell is over %d bytes", SHEET_CELL_BYTES);
    if (str_is(type, "s")) {
        if (!str_to_int64(*ret, &n) || n < 0 || (size_t)n >= b->string_count)
            return wrong(b, "a cell names a text that is not there");
        *ret = b->strings[n];
    } else if (str_is(type, "b")) {
        *ret = str_is(*ret, "1") ? STR("TRUE") : STR("FALSE");
    } else if ((type.size == 0 || str_is(type, "n")) && style >= 0 && (size_t)style < b->format_count && b->is_date[style]) {
        *ret = serial_day(b, *ret);
    }
    return true;
}

static bool cell_keep(struct book *b, struct cells *c, size_t row, size_t column, struct str value)
{
    if (value.size == 0)
        return true;
    if (row > SHEET_ROWS_MAX)
        return err_set(b->e, ERR_TOO_LARGE, "workbook: row %zu holds something; %d rows are read", row, SHEET_ROWS_MAX);
    if (column > SHEET_COLUMNS_MAX)
        return err_set(b->e, ERR_TOO_LARGE, "workbook: over %d columns", SHEET_COLUMNS_MAX);
    b->text_bytes += value.size;
    if (c->count >= SHEET_CELLS_MAX || b->text_bytes > SHEET_TEXT_BYTES)
        return err_set(b->e, ERR_TOO_LARGE, "workbook: over %d cells, or %d MiB of text", SHEET_CELLS_MAX, SHEET_TEXT_BYTES >> 20);
    if (c->count == c->capacity)
        c->items = arena_grow(b->a, c->items, c->count, &c->capacity, sizeof(*c->items));
    c->items[c->count++] = (struct cell){row, column, value};
    b->ret->rows = row > b->ret->rows ? row : b->ret->rows;
    b->ret->columns = column > b->ret->columns ? column : b->ret->columns;
    return true;
}

/* What stands between <c> and </c>. */
static bool cell_read(struct book *b, struct str *xml, const struct tag *c, struct str *ret)
{
    struct tag t;
    int64_t style = -1;
    struct str type = attribute(c->rest, "t");
    bool in_value = false, ok = true;
    *ret = STR("");
    if (!str_to_int64(attribute(c->rest, "s"), &style))
        style = -1;
    while (ok && tag_next(xml, &t)) {
        if (in_value)
            ok = value_of(b, type, style, t.text, ret);
        in_value = str_is(t.name, "v") && !t.is_end && !t.is_empty;
        if (ok && str_is(t.name, "is") && !t.is_end && !t.is_empty)
            ok = rich_read(b, xml, "is", ret);
        if (str_is(t.name, "c") && t.is_end)
            return ok;
    }
    return ok && wrong(b, "it is cut off within a cell");
}

static bool rows_read(struct book *b, struct str part, struct cells *cells)
{
    struct str xml, value;
    struct tag t;
    size_t row = 0, column = 0, named_row, named_column;
    int64_t n;
    if (!part_read(b, part, true, &xml))
        return false;
    while (tag_next(&xml, &t)) {
        if (str_is(t.name, "row") && !t.is_end) {
            row = str_to_int64(attribute(t.rest, "r"), &n) && n >= 1 && n <= 1048576 ? (size_t)n : row + 1;
            column = 0;
        }
        if (!str_is(t.name, "c") || t.is_end)
            continue;
        column++;
        if (sheet_place(attribute(t.rest, "r"), &named_row, &named_column)) {
            row = named_row;
            column = named_column;
        }
        value = STR("");
        if ((!t.is_empty && !cell_read(b, &xml, &t, &value)) || !cell_keep(b, cells, row ? row : 1, column, value))
            return false;
    }
    return true;
}

bool sheet_cells_read(struct arena *a, struct str bytes, struct sheet *ret, struct err *e)
{
    struct inspected found = {0};
    struct book b = {.a = a, .j = {.a = a, .name = STR("import.xlsx"), .bytes = bytes, .found = &found}, .ret = ret, .e = e};
    struct cells cells = {0};
    struct str part;
    *ret = (struct sheet){.name = STR("")};
    if (!gunzip_prepare(e))
        return false;
    if (str_starts(bytes, "\xd0\xcf\x11\xe0"))
        return err_set(e, ERR_UNSUPPORTED, "workbook: under a password, or of Excel before 2007: save it as .xlsx without a password");
    if (!zip_open(&b.j, &b.z) || b.j.is_bomb)
        return wrong(&b, "it is no .xlsx file, or a damaged one");
    if (!sheet_find(&b, &part) || !strings_read(&b) || !styles_read(&b) || !rows_read(&b, part, &cells))
        return false;
    if (ret->rows * ret->columns > 4 * (size_t)SHEET_CELLS_MAX)
        return err_set(e, ERR_TOO_LARGE, "workbook: %zu rows and %zu columns", ret->rows, ret->columns);
    ret->cells = arena_array(a, ret->rows * ret->columns + 1, sizeof(*ret->cells));
    for (size_t i = 0; i < ret->rows * ret->columns; i++)
        ret->cells[i] = STR("");
    for (size_t i = 0; i < cells.count; i++)
        ret->cells[(cells.items[i].row - 1) * ret->columns + cells.items[i].column - 1] = cells.items[i].value;
    return true;
}

struct json *sheet_json(struct arena *a, const struct sheet *s)
{
    struct json *o = json_object(a);
    json_put_str(o, "name", s->name);
    json_put_int(o, "sheets", (int64_t)s->sheets);
    struct json *rows = json_put_array(o, "rows");
    for (size_t i = 0; i < s->rows; i++) {
        struct json *row = json_push(rows, json_array(a));
        for (size_t k = 0; k < s->columns; k++)
            json_push_str(row, sheet_cell(s, i, k));
    }
    return o;
}
