#include "base/csv.h"

enum { HEADING_BYTES_MAX = 64 << 10 };

bool csv_is_formula(struct str text)
{
    static const char *const starts[] = {"=", "+", "-", "@", "\t", "\r", "\n", "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0"};
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
        if (str_starts(text, starts[i]))
            return true;
    return false;
}

void csv_cell(struct buf *b, bool is_first, struct str text)
{
    if (!is_first)
        buf_char(b, ',');
    bool is_formula = csv_is_formula(text);
    bool has_special = is_formula;
    for (size_t i = 0; i < text.size && !has_special; i++)
        has_special = text.data[i] == ',' || text.data[i] == '"' || text.data[i] == '\n' || text.data[i] == '\r';
    if (!has_special) {
        buf_str(b, text);
        return;
    }
    buf_char(b, '"');
    if (is_formula)
        buf_char(b, '\'');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"')
            buf_char(b, '"');
        buf_char(b, text.data[i]);
    }
    buf_char(b, '"');
}

void csv_end_line(struct buf *b)
{
    buf_cstr(b, "\r\n");
}

/* ---- reading ---- */

void csv_reader_init(struct csv_reader *r, struct str text)
{
    if (str_starts(text, "\xef\xbb\xbf"))
        text = str_slice(text, 3, text.size);
    *r = (struct csv_reader){.rest = text, .line = 1, .separator = ','};
    size_t commas = 0, semicolons = 0, tabs = 0;
    for (size_t i = 0; i < text.size && i < HEADING_BYTES_MAX && text.data[i] != '\n'; i++) {
        commas += text.data[i] == ',';
        semicolons += text.data[i] == ';';
        tabs += text.data[i] == '\t';
    }
    if (semicolons > commas && semicolons >= tabs)
        r->separator = ';';
    else if (tabs > commas)
        r->separator = '\t';
}

static bool cell_read(struct csv_reader *r, struct arena *a, struct str *ret, bool *ret_last, struct err *e)
{
    struct str s = r->rest;
    size_t i = 0, size = 0;
    char *text = NULL;
    if (s.size && s.data[0] == '"') {
        int line = r->line;
        text = arena_alloc(a, 1);
        size_t end = 1;
        while (end < s.size && (s.data[end] != '"' || (end + 1 < s.size && s.data[end + 1] == '"')))
            end += s.data[end] == '"' ? 2 : 1;
        if (end >= s.size)
            return err_set(e, ERR_INVALID, "line %d: a quote is not closed", line);
        text = arena_alloc(a, end);
        for (i = 1; i < end; i++) {
            text[size++] = s.data[i];
            i += s.data[i] == '"';
            r->line += text[size - 1] == '\n';
        }
        i = end + 1;
        if (i < s.size && s.data[i] != r->separator && s.data[i] != '\n' && s.data[i] != '\r')
            return err_set(e, ERR_INVALID, "line %d: something stands behind a closing quote", r->line);
        *ret = str_make(text, size);
    } else {
        while (i < s.size && s.data[i] != r->separator && s.data[i] != '\n' && s.data[i] != '\r')
            i++;
        *ret = str_slice(s, 0, i);
    }
    *ret_last = i >= s.size || s.data[i] != r->separator;
    if (!*ret_last) {
        i++;
    } else {
        i += i < s.size && s.data[i] == '\r';
        if (i < s.size && s.data[i] == '\n') {
            i++;
            r->line++;
        }
    }
    r->rest = str_slice(s, i, s.size);
    return true;
}

bool csv_read_row(struct csv_reader *r, struct arena *a, struct str *cells, size_t cells_max, size_t *ret_count, struct err *e)
{
    size_t count = 0;
    bool is_last = false;
    r->row_line = r->line;
    r->rows++;
    while (!is_last) {
        struct str cell;
        if (!cell_read(r, a, &cell, &is_last, e))
            return false;
        if (count >= cells_max)
            return err_set(e, ERR_LIMIT, "line %d: more than %zu cells", r->row_line, cells_max);
        cells[count++] = cell;
    }
    *ret_count = count;
    return true;
}
