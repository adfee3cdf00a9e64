/* codec.c - the canonical encoding of rows, and its strict reader. */
#include "base/cursor.h"
#include "base/json.h"
#include "base/limits.h"
#include "table/table.h"
#include <stdlib.h>

/* ---- writing ---- */

static void encode_hex(struct buf *out, struct str bytes)
{
    static const char digits[] = "0123456789abcdef";
    buf_cstr(out, "{\"hex\":\"");
    for (size_t i = 0; i < bytes.size; i++) {
        char pair[2] = {digits[(uint8_t)bytes.data[i] >> 4], digits[(uint8_t)bytes.data[i] & 15]};
        buf_append(out, pair, 2);
    }
    buf_cstr(out, "\"}");
}

static void encode_int(struct buf *out, int64_t value)
{
    char digits[24];
    size_t i = sizeof(digits);
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do
        digits[--i] = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    if (value < 0)
        digits[--i] = '-';
    buf_append(out, digits + i, sizeof(digits) - i);
}

static void encode_cell(struct buf *out, const struct cell *c)
{
    switch (c->type) {
    case CELL_NULL:
        buf_append(out, "null", 4);
        return;
    case CELL_INTEGER:
        encode_int(out, c->integer);
        return;
    case CELL_TEXT:
        if (str_is_utf8(c->text))
            json_write_string(out, c->text);
        else
            encode_hex(out, c->text);
        return;
    }
}

static void encode_row(struct buf *out, const struct cell *cells, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_char(out, i ? ',' : '[');
        encode_cell(out, &cells[i]);
    }
    buf_append(out, "]\n", 2);
}

static void encode_header(const struct table_schema *schema, struct buf *out)
{
    buf_cstr(out, "{\"columns\":[");
    for (size_t i = 0; i < schema->column_count; i++)
        buf_printf(out, "%s\"%s\"", i ? "," : "", schema->columns[i].name);
    buf_printf(out, "],\"table\":\"%s\",\"version\":%d}\n", schema->name, schema->version);
}

static int compare_lines(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

void rows_encode(const struct rows *r, struct buf *out)
{
    encode_header(r->schema, out);
    if (r->row_count == 0)
        return;
    struct buf BUF_AUTO text;
    buf_init(&text, out->size_max);
    size_t *ends = calloc(r->row_count, sizeof(*ends));
    struct str *lines = calloc(r->row_count, sizeof(*lines));
    if (!ends || !lines)
        abort();
    for (size_t i = 0; i < r->row_count; i++) {
        encode_row(&text, rows_cell(r, i, 0), r->schema->column_count);
        ends[i] = text.size;
    }
    size_t start = 0;
    for (size_t i = 0; i < r->row_count; start = ends[i++])
        lines[i] = str_make(text.data + start, ends[i] - start);
    qsort(lines, r->row_count, sizeof(*lines), compare_lines);
    for (size_t i = 0; i < r->row_count; i++)
        buf_str(out, lines[i]);
    out->full = out->full || text.full;
    free(lines);
    free(ends);
}

/* ---- reading ---- */

enum { HEADER_COLUMNS_MAX = 256 };

struct header {
    struct str table;
    struct str columns[HEADER_COLUMNS_MAX];
    size_t column_count;
    int version;
};

static bool decode_header(struct arena *a, struct str line, struct header *ret, struct err *e)
{
    struct json *v = json_parse(a, line, JSON_LIMITS_DEFAULT, e);
    if (!v)
        return err_set(e, ERR_CORRUPT, "rows, line 1: no header");
    const struct json *columns = json_get(v, "columns");
    int64_t version = json_int(v, "version", -1);
    if (!columns || columns->type != JSON_ARRAY || columns->count == 0 || columns->count > HEADER_COLUMNS_MAX || version < 0 ||
        version > INT32_MAX || v->count != 3)
        return err_set(e, ERR_CORRUPT, "rows, line 1: a malformed header");
    ret->table = json_text(v, "table");
    ret->version = (int)version;
    ret->column_count = columns->count;
    struct buf BUF_AUTO again;
    buf_init(&again, line.size + 64);
    buf_cstr(&again, "{\"columns\":[");
    size_t i = 0;
    JSON_EACH (column, columns) {
        ret->columns[i] = column->text;
        buf_cstr(&again, i++ ? "," : "");
        json_write_string(&again, column->type == JSON_STRING ? column->text : STR(""));
    }
    buf_cstr(&again, "],\"table\":");
    json_write_string(&again, ret->table);
    buf_printf(&again, ",\"version\":%d}", ret->version);
    return str_equal(buf_view(&again), line) || err_set(e, ERR_CORRUPT, "rows, line 1: the header is not canonical");
}

static int hex_digit(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool decode_hex(struct arena *a, struct cursor *c, struct str *ret)
{
    struct str left = str_make(c->bytes.data + c->offset, cursor_left(c));
    ptrdiff_t end = str_find_char(left, '"');
    if (end < 0 || end % 2)
        return false;
    char *bytes = arena_alloc(a, (size_t)end / 2 + 1);
    for (size_t i = 0; i < (size_t)end; i += 2) {
        int high = hex_digit(left.data[i]), low = hex_digit(left.data[i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i / 2] = (char)(high << 4 | low);
    }
    cursor_skip(c, (size_t)end);
    *ret = str_make(bytes, (size_t)end / 2);
    return cursor_accept(c, "\"}");
}

static bool decode_escape(struct cursor *c, char *ret)
{
    int code = 0;
    switch (cursor_u8(c)) {
    case '"':
        *ret = '"';
        return true;
    case '\\':
        *ret = '\\';
        return true;
    case 'b':
        *ret = '\b';
        return true;
    case 'f':
        *ret = '\f';
        return true;
    case 'n':
        *ret = '\n';
        return true;
    case 'r':
        *ret = '\r';
        return true;
    case 't':
        *ret = '\t';
        return true;
    case 'u':
        for (int i = 0; i < 4; i++) {
            int digit = hex_digit(cursor_u8(c));
            if (digit < 0)
                return false;
            code = code << 4 | digit;
        }
        *ret = (char)code;
        return code < 0x80; /* canonical JSON escapes control characters only */
    default:
        return false;
    }
}

/* Behind the opening quote. A text without escapes is a view into the input. */
static bool decode_string(struct arena *a, struct cursor *c, struct str *ret)
{
    const char *data = c->bytes.data + c->offset;
    size_t left = cursor_left(c), i = 0;
    while (i < left && data[i] != '"' && data[i] != '\\')
        i++;
    if (i < left && data[i] == '"') {
        *ret = str_make(data, i);
        cursor_skip(c, i + 1);
        return true;
    }
    while (i < left && (data[i] != '"'))
        i += data[i] == '\\' ? 2 : 1;
    if (i >= left)
        return false;
    char *out = arena_alloc(a, i + 1);
    size_t size = 0, end = c->offset + i;
    while (c->offset < end) {
        char byte = (char)cursor_u8(c);
        if (byte == '\\' && !decode_escape(c, &byte))
            return false;
        out[size++] = byte;
    }
    *ret = str_make(out, size);
    return cursor_accept(c, "\"");
}

static bool decode_cell(struct arena *a, struct cursor *c, struct cell *ret)
{
    *ret = (struct cell){.type = CELL_NULL};
    if (cursor_accept(c, "null"))
        return true;
    if (cursor_accept(c, "\"")) {
        ret->type = CELL_TEXT;
        return decode_string(a, c, &ret->text);
    }
    if (cursor_accept(c, "{\"hex\":\"")) {
        ret->type = CELL_TEXT;
        return decode_hex(a, c, &ret->text);
    }
    size_t size = 0;
    while (size < 21 && (cursor_peek(c, size) == '-' || (cursor_peek(c, size) >= '0' && cursor_peek(c, size) <= '9')))
        size++;
    ret->type = CELL_INTEGER;
    return str_to_int64(cursor_take(c, size), &ret->integer);
}

static bool decode_line(struct arena *a, struct str line, struct cell *cells, size_t count)
{
    struct cursor c = cursor_of(line);
    for (size_t i = 0; i < count; i++)
        if (!cursor_accept(&c, i ? "," : "[") || !decode_cell(a, &c, &cells[i]))
            return false;
    return cursor_accept(&c, "]") && cursor_at_end(&c) && !c.failed;
}

struct decoding {
    struct rows *rows;
    struct header header;
    size_t *target; /* for each column of the header: its place in the schema, or SIZE_MAX */
    struct cell *cells;
    struct buf again; /* the line as we would write it: anything else is not canonical */
    struct str last_line;
};

static bool decode_row(struct decoding *d, struct str line, size_t number, struct err *e)
{
    struct rows *r = d->rows;
    if (!decode_line(r->arena, line, d->cells, d->header.column_count))
        return err_set(e, ERR_CORRUPT, "rows of %s, line %zu: malformed", r->schema->name, number);
    buf_clear(&d->again);
    encode_row(&d->again, d->cells, d->header.column_count);
    if (!str_equal(str_slice(buf_view(&d->again), 0, d->again.size - 1), line))
        return err_set(e, ERR_CORRUPT, "rows of %s, line %zu: not canonical", r->schema->name, number);
    if (number > 2 && str_compare(d->last_line, line) > 0)
        return err_set(e, ERR_CORRUPT, "rows of %s, line %zu: out of order", r->schema->name, number);
    d->last_line = line;
    row_begin(r);
    size_t column_count = r->schema->column_count;
    struct cell *row = &r->cells[r->row_count * column_count];
    for (size_t i = 0; i < column_count; i++)
        row[i] = (struct cell){.type = CELL_NULL};
    for (size_t i = 0; i < d->header.column_count; i++)
        if (d->target[i] != SIZE_MAX)
            row[d->target[i]] = d->cells[i];
    r->filled = column_count;
    row_end(r);
    return true;
}

static bool line_next(struct str *bytes, struct str *ret_line)
{
    ptrdiff_t end = str_find_char(*bytes, '\n');
    if (end < 0)
        return false;
    *ret_line = str_slice(*bytes, 0, (size_t)end);
    *bytes = str_slice(*bytes, (size_t)end + 1, bytes->size);
    return true;
}

static bool decode_all(struct decoding *d, struct str bytes, struct err *e)
{
    struct arena *a = d->rows->arena;
    const struct table_schema *schema = d->rows->schema;
    struct str line;
    if (!line_next(&bytes, &line))
        return err_set(e, ERR_CORRUPT, "rows of %s, line 1: no header", schema->name);
    if (!decode_header(a, line, &d->header, e))
        return false;
    if (!str_is(d->header.table, schema->name))
        return err_set(e, ERR_CORRUPT, "rows, line 1: of table %.*s, expected %s", STR_ARGS(d->header.table), schema->name);
    d->target = arena_array(a, d->header.column_count, sizeof(*d->target));
    d->cells = arena_array(a, d->header.column_count, sizeof(*d->cells));
    for (size_t i = 0; i < d->header.column_count; i++)
        if (!table_column_find(schema, d->header.columns[i], &d->target[i]))
            d->target[i] = SIZE_MAX;
    size_t number = 2;
    for (; line_next(&bytes, &line); number++)
        if (!decode_row(d, line, number, e))
            return false;
    return bytes.size == 0 || err_set(e, ERR_CORRUPT, "rows of %s, line %zu: no end of line", schema->name, number);
}

struct rows *rows_decode(struct arena *a, const struct table_schema *schema, struct str bytes, int *ret_version, struct err *e)
{
    struct decoding d = {.rows = rows_new(a, schema)};
    buf_init(&d.again, LIMIT_BLOB_BYTES);
    bool is_ok = decode_all(&d, bytes, e);
    buf_release(&d.again);
    if (!is_ok)
        return NULL;
    *ret_version = d.header.version;
    return d.rows;
}
