/* xlsx.c - the tree as a workbook: each table a sheet, the first one lists them. Texts are written as texts, so nothing that was typed becomes a formula. */
#include "report/reports/internal.h"

#include "os/library.h"
#include <xlsxwriter.h>

#define XLSX_FUNCTIONS(F)                                                                                                                        \
    F(workbook_, new_opt) F(workbook_, set_properties) F(workbook_, add_worksheet) F(workbook_, add_format) F(workbook_, close) F(worksheet_, write_string)                   \
    F(worksheet_, write_number) F(worksheet_, freeze_panes) F(worksheet_, set_column) F(worksheet_, autofilter) F(worksheet_, write_url)         \
    F(format_, set_bold) F(format_, set_text_wrap) F(format_, set_align) F(format_, set_bg_color)
static struct {
    XLSX_FUNCTIONS(LIBRARY_POINTER)
} xlsx;
static const char *const xlsx_names[] = {XLSX_FUNCTIONS(LIBRARY_NAME)};
static struct library xlsx_library = LIBRARY("libxlsxwriter.so.4", "libxlsxwriter4", xlsx_names, xlsx);

enum { CELL_BYTES_MAX = 32000, SHEET_NAME_MAX = 31, SHEETS_MAX = 400 };

bool report_xlsx_prepare(struct err *e)
{
    return library_open(&xlsx_library, e) || err_wrap(e, "XLSX (HTML, PDF and JSON need nothing)");
}

struct book {
    struct arena *a;
    lxw_workbook *book;
    lxw_format *head, *wrap, *bold;
    char names[SHEETS_MAX][SHEET_NAME_MAX + 1];
    size_t count;
};

/* A sheet's name: of "Governance: controls, tests and results" what stands first; at most 31 characters (bytes here), none of []:*?/\, no other's. */
static void name_make(struct book *k, struct str caption, char ret[SHEET_NAME_MAX + 1])
{
    size_t n = 0;
    struct str words = caption.size ? caption : STR("Table"), topic = {0};
    struct str s = str_prefix(str_cut(&words, ':', &topic) && topic.size ? topic : caption.size ? caption : STR("Table"), SHEET_NAME_MAX - 4);
    for (size_t i = 0; i < s.size; i++)
        ret[n++] = strchr("[]:*?/\\'", s.data[i]) || (unsigned char)s.data[i] < 0x20 ? ' ' : s.data[i];
    while (n > 0 && ret[n - 1] == ' ')
        n--;
    ret[n] = 0;
    for (size_t i = 0; i < k->count; i++)
        if (strcasecmp(k->names[i], ret) == 0) {
            snprintf(ret + n, (size_t)(SHEET_NAME_MAX + 1) - n, " %zu", k->count + 1);
            break;
        }
}

static void text_write(struct book *k, lxw_worksheet *s, uint32_t row, uint16_t column, struct str text, lxw_format *format)
{
    if (text.size)
        xlsx.write_string(s, row, column, arena_str(k->a, str_prefix(text, CELL_BYTES_MAX)).data, format);
}

static void columns_write(struct book *k, lxw_worksheet *s, const struct json *block, uint16_t *ret_count)
{
    uint16_t n = 0;
    JSON_EACH (c, json_get(block, "columns")) {
        size_t widest = report_text(k->a, json_get(c, "label")).size, seen = 0;
        JSON_EACH (row, json_get(block, "rows")) {
            size_t size = report_text(k->a, json_at(row, n)).size;
            widest = size > widest ? size : widest;
            if (++seen == 200)
                break;
        }
        xlsx.set_column(s, n, n, widest < 8 ? 10 : widest > 60 ? 60 : (double)widest + 2, NULL);
        text_write(k, s, 0, n++, report_text(k->a, json_get(c, "label")), k->head);
    }
    *ret_count = n;
}

static void table_write(struct book *k, lxw_worksheet *s, const struct json *block)
{
    uint16_t count;
    uint32_t at = 0;
    columns_write(k, s, block, &count);
    JSON_EACH (row, json_get(block, "rows")) {
        uint16_t n = 0;
        at++;
        JSON_EACH (cell, row) {
            struct str text = report_text(k->a, cell);
            int64_t number;
            const struct json *column = json_at(json_get(block, "columns"), n);
            if (str_is(json_text(column, "align"), "right") && str_to_int64(text, &number))
                xlsx.write_number(s, at, n, (double)number, NULL);
            else
                text_write(k, s, at, n, text, k->wrap);
            n++;
        }
    }
    xlsx.freeze_panes(s, 1, 0);
    if (count && at)
        xlsx.autofilter(s, 0, 0, at, (lxw_col_t)(count - 1));
}

static bool front_write(struct book *k, const struct json *document, struct err *e)
{
    lxw_worksheet *s = xlsx.add_worksheet(k->book, "Report");
    uint32_t row = 0;
    if (!s)
        return err_set(e, ERR_INTERNAL, "XLSX: no worksheet could be made");
    snprintf(k->names[k->count++], SHEET_NAME_MAX + 1, "Report");
    xlsx.set_column(s, 0, 0, 36, NULL);
    xlsx.set_column(s, 1, 1, 90, NULL);
    const struct json *cover = json_get(document, "cover");
    text_write(k, s, row++, 0, report_text(k->a, json_get(document, "title")), k->bold);
    text_write(k, s, row++, 0, report_text(k->a, json_get(cover, "subtitle")), NULL);
    JSON_EACH (line, json_get(cover, "lines"))
        text_write(k, s, row++, 0, report_text(k->a, line), NULL);
    text_write(k, s, ++row, 0, STR("Sheet"), k->head);
    text_write(k, s, row, 1, STR("Section of the report"), k->head);
    struct book shadow = {.a = k->a, .count = k->count};
    memcpy(shadow.names, k->names, sizeof k->names);
    struct str heading = STR("");
    JSON_EACH (block, json_get(document, "body")) {
        if (str_is(json_text(block, "type"), "heading"))
            heading = report_text(k->a, json_get(block, "text"));
        if (!str_is(json_text(block, "type"), "table") || shadow.count >= SHEETS_MAX)
            continue;
        char *name = shadow.names[shadow.count], link[SHEET_NAME_MAX + 24];
        struct str caption = report_text(k->a, json_get(block, "caption"));
        name_make(&shadow, caption.size ? caption : heading, name);
        shadow.count++;
        snprintf(link, sizeof link, "internal:'%s'!A1", name);
        row++;
        xlsx.write_url(s, row, 0, link, NULL);
        text_write(k, s, row, 0, str_of(name), NULL);
        text_write(k, s, row, 1, heading, NULL);
    }
    return true;
}

static bool sheets_write(struct book *k, const struct json *document, struct err *e)
{
    struct str heading = STR("");
    JSON_EACH (block, json_get(document, "body")) {
        if (str_is(json_text(block, "type"), "heading"))
            heading = report_text(k->a, json_get(block, "text"));
        if (!str_is(json_text(block, "type"), "table"))
            continue;
        if (k->count >= SHEETS_MAX)
            return err_set(e, ERR_TOO_LARGE, "XLSX: over %d tables", SHEETS_MAX);
        struct str caption = report_text(k->a, json_get(block, "caption"));
        name_make(k, caption.size ? caption : heading, k->names[k->count]);
        lxw_worksheet *s = xlsx.add_worksheet(k->book, k->names[k->count]);
        if (!s)
            return err_set(e, ERR_INTERNAL, "XLSX: no worksheet \"%s\" could be made", k->names[k->count]);
        k->count++;
        table_write(k, s, block);
    }
    return true;
}

bool report_write_xlsx(const struct json *document, const char *path, const char *scratch, struct arena *a, struct err *e)
{
    if (!report_xlsx_prepare(e))
        return false;
    lxw_workbook_options options = {.constant_memory = LXW_FALSE, .tmpdir = (char *)(uintptr_t)scratch};
    struct book *k = ARENA_NEW(a, struct book);
    k->a = a;
    k->book = xlsx.new_opt(path, &options);
    if (!k->book)
        return err_set(e, ERR_INTERNAL, "XLSX: no workbook could be made");
    lxw_doc_properties properties = {.created = (time_t)(json_int(document, "created", 0) / 1000)}; /* else it would be the time of writing */
    xlsx.set_properties(k->book, &properties);
    k->head = xlsx.add_format(k->book);
    k->bold = xlsx.add_format(k->book);
    k->wrap = xlsx.add_format(k->book);
    xlsx.set_bold(k->head);
    xlsx.set_bold(k->bold);
    xlsx.set_bg_color(k->head, 0xf3f5f7);
    xlsx.set_text_wrap(k->head);
    xlsx.set_text_wrap(k->wrap);
    xlsx.set_align(k->wrap, LXW_ALIGN_VERTICAL_TOP);
    bool is_ok = front_write(k, document, e) && sheets_write(k, document, e);
    int failed = xlsx.close(k->book);
    if (is_ok && failed)
        is_ok = err_set(e, ERR_UNAVAILABLE, "XLSX: the file could not be written (%d)", failed);
    return is_ok;
}

bool report_rows_xlsx(const struct json *rows, const char *path, const char *scratch, struct err *e)
{
    if (!report_xlsx_prepare(e))
        return false;
    lxw_workbook_options options = {.constant_memory = LXW_TRUE, .tmpdir = (char *)(uintptr_t)scratch};
    struct book k = {.a = rows->arena, .book = xlsx.new_opt(path, &options)};
    lxw_worksheet *sheet = k.book ? xlsx.add_worksheet(k.book, NULL) : NULL;
    uint32_t at = 0;
    if (!sheet)
        return err_set(e, ERR_INTERNAL, "XLSX: no worksheet could be made");
    xlsx.freeze_panes(sheet, 1, 0);
    JSON_EACH (row, rows) {
        uint16_t column = 0;
        JSON_EACH (cell, row)
            text_write(&k, sheet, at, column++, cell->text, NULL);
        at++;
    }
    int failed = xlsx.close(k.book);
    return !failed || err_set(e, ERR_UNAVAILABLE, "XLSX: the file could not be written (%d)", failed);
}
