#include "base/csv.h"

void csv_cell(struct buf *b, bool is_first, struct str text)
{
    if (!is_first)
        buf_char(b, ',');
    bool is_formula = text.size && strchr("=+-@\t", text.data[0]) != NULL;
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
