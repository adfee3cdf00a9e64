/* query_print.c - see query_print.h. */
#include "cli/query_print.h"
#include "base/csv.h"
#include "base/json.h"
#include "base/limits.h"
#include "cli/cli.h"
#include <sqlite3.h>

enum { ROWS_FOR_WIDTHS = 1000, WIDTH_MAX = 60, FLUSH_BYTES = 64 << 10, COLUMNS_MAX = 200 };

bool query_format_parse(struct str name, enum query_format *ret)
{
    static const char *const names[] = {"table", "csv", "json"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (str_is(name, names[i])) {
            *ret = (enum query_format)i;
            return true;
        }
    return false;
}

struct printing {
    sqlite3_stmt *statement;
    enum query_format format;
    struct buf out;
    struct arena *arena; /* rows that wait for the widths */
    struct str (*waiting)[COLUMNS_MAX];
    int column_count;
    size_t widths[COLUMNS_MAX];
    size_t row_count;
    size_t waiting_count;
    bool is_failed;
};

static struct str cell_text(sqlite3_stmt *s, int column)
{
    const void *text = sqlite3_column_text(s, column);
    return str_make(text, text ? (size_t)sqlite3_column_bytes(s, column) : 0);
}

struct str query_printable(struct arena *a, struct str text)
{
    char *out = arena_strndup(a, text.data ? text.data : "", text.size);
    bool is_utf8 = str_is_utf8(text);
    for (size_t i = 0; i < text.size; i++) {
        bool is_c1 = is_utf8 && (uint8_t)out[i] == 0xc2 && (uint8_t)out[i + 1] >= 0x80 && (uint8_t)out[i + 1] < 0xa0;
        if ((uint8_t)out[i] < 0x20 || out[i] == 0x7f || (!is_utf8 && (uint8_t)out[i] >= 0x80))
            out[i] = '?';
        else if (is_c1)
            out[i] = out[i + 1] = '?';
    }
    return str_make(out, text.size);
}

/* Columns on the screen, counting code points. */
static size_t width_of(struct str text)
{
    size_t width = 0;
    for (size_t i = 0; i < text.size; i++)
        width += ((uint8_t)text.data[i] & 0xc0) != 0x80;
    return width;
}

static void flush(struct printing *p)
{
    if (p->out.size && cli_print(buf_view(&p->out)) != 0)
        p->is_failed = true;
    buf_clear(&p->out);
}

static void line_of(struct printing *p, const struct str *cells)
{
    for (int i = 0; i < p->column_count; i++) {
        size_t width = width_of(cells[i]);
        buf_str(&p->out, cells[i]);
        for (; i + 1 < p->column_count && width < p->widths[i] + 2; width++)
            buf_char(&p->out, ' ');
        if (i + 1 < p->column_count && width > p->widths[i] + 1 && width_of(cells[i]) > p->widths[i])
            buf_cstr(&p->out, "  ");
    }
    buf_char(&p->out, '\n');
    if (p->out.size > FLUSH_BYTES)
        flush(p);
}

static void print_waiting(struct printing *p)
{
    if (p->format != QUERY_TABLE || !p->waiting)
        return;
    struct str header[COLUMNS_MAX], rule[COLUMNS_MAX];
    static const char dashes[] = "------------------------------------------------------------";
    for (int i = 0; i < p->column_count; i++) {
        header[i] = str_of(sqlite3_column_name(p->statement, i));
        if (p->widths[i] < header[i].size)
            p->widths[i] = header[i].size;
        rule[i] = str_make(dashes, p->widths[i] < sizeof(dashes) ? p->widths[i] : sizeof(dashes) - 1);
    }
    line_of(p, header);
    line_of(p, rule);
    for (size_t i = 0; i < p->waiting_count; i++)
        line_of(p, p->waiting[i]);
    p->waiting = NULL;
}

static void table_row(struct printing *p)
{
    struct str cells[COLUMNS_MAX];
    for (int i = 0; i < p->column_count; i++)
        cells[i] = query_printable(p->arena, cell_text(p->statement, i));
    if (!p->waiting) {
        line_of(p, cells);
        arena_reset(p->arena);
        return;
    }
    for (int i = 0; i < p->column_count; i++) {
        size_t width = width_of(cells[i]);
        if (width > p->widths[i])
            p->widths[i] = width < WIDTH_MAX ? width : WIDTH_MAX;
    }
    memcpy(p->waiting[p->waiting_count++], cells, sizeof(cells));
    if (p->waiting_count == ROWS_FOR_WIDTHS)
        print_waiting(p);
}

static void json_row(struct printing *p)
{
    buf_cstr(&p->out, p->row_count == 1 ? "[\n" : ",\n");
    for (int i = 0; i < p->column_count; i++) {
        buf_cstr(&p->out, i ? ", " : "  {");
        json_write_string(&p->out, str_of(sqlite3_column_name(p->statement, i)));
        buf_cstr(&p->out, ": ");
        int type = sqlite3_column_type(p->statement, i);
        if (type == SQLITE_NULL)
            buf_cstr(&p->out, "null");
        else if (type == SQLITE_INTEGER || type == SQLITE_FLOAT)
            buf_str(&p->out, cell_text(p->statement, i));
        else
            json_write_string(&p->out, cell_text(p->statement, i));
    }
    buf_char(&p->out, '}');
}

static void csv_row(struct printing *p)
{
    for (int i = 0; i < p->column_count; i++)
        csv_cell(&p->out, i == 0, cell_text(p->statement, i));
    csv_end_line(&p->out);
}

static void print_row(struct printing *p)
{
    p->row_count++;
    if (p->format == QUERY_JSON)
        json_row(p);
    else if (p->format == QUERY_CSV)
        csv_row(p);
    else
        table_row(p);
    if (p->out.size > FLUSH_BYTES)
        flush(p);
}

static bool print_rows(struct printing *p, sqlite3 *db, struct err *e)
{
    if (p->format == QUERY_CSV) {
        for (int i = 0; i < p->column_count; i++)
            csv_cell(&p->out, i == 0, str_of(sqlite3_column_name(p->statement, i)));
        csv_end_line(&p->out);
    }
    int rc;
    while ((rc = sqlite3_step(p->statement)) == SQLITE_ROW && p->row_count < LIMIT_QUERY_ROWS && !p->is_failed)
        print_row(p);
    if (p->is_failed)
        return err_set(e, ERR_UNAVAILABLE, "query: standard output does not take the answer");
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return err_set(e, rc == SQLITE_INTERRUPT ? ERR_TIMEOUT : ERR_INVALID, "query: %s", sqlite3_errmsg(db));
    print_waiting(p);
    if (p->format == QUERY_JSON)
        buf_cstr(&p->out, p->row_count ? "\n]\n" : "[]\n");
    flush(p);
    return rc == SQLITE_DONE || err_set(e, ERR_LIMIT, "query: more than %d rows; ask for less", LIMIT_QUERY_ROWS);
}

bool query_print(struct sqlite3 *db, struct str sql, enum query_format format, struct err *e)
{
    struct printing p = {.format = format};
    const char *tail = NULL;
    if (sqlite3_prepare_v2(db, sql.data, (int)sql.size, &p.statement, &tail) != SQLITE_OK)
        return err_set(e, ERR_INVALID, "query: %s", sqlite3_errmsg(db));
    struct str rest = str_trim(str_make(tail, (size_t)(sql.data + sql.size - tail)));
    p.column_count = sqlite3_column_count(p.statement);
    bool is_ok = false;
    if (!p.statement || p.column_count == 0) {
        err_set(e, ERR_INVALID, "query: there is no SELECT");
    } else if (rest.size) {
        err_set(e, ERR_INVALID, "query: one statement at a time; there is more at \"%.*s\"",
                (int)(rest.size < 40 ? rest.size : 40), rest.data);
    } else if (p.column_count > COLUMNS_MAX) {
        err_set(e, ERR_LIMIT, "query: more than %d columns", COLUMNS_MAX);
    } else {
        buf_init(&p.out, (size_t)64 << 20);
        p.arena = arena_new("rows to print", (size_t)1 << 30);
        p.waiting = format == QUERY_TABLE ? arena_array(p.arena, ROWS_FOR_WIDTHS, sizeof(*p.waiting)) : NULL;
        is_ok = print_rows(&p, db, e);
        arena_free(p.arena);
        buf_release(&p.out);
    }
    sqlite3_finalize(p.statement);
    return is_ok;
}
