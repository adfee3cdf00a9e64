/* Lists as CSV: the columns of the page, all rows of the filter. */
#include "base/csv.h"
#include "web/site.h"

enum { CSV_BYTES_MAX = 16 << 20, CSV_PAGES_MAX = 100 };

static void csv_row(struct buf *b, const struct page *page, const struct json *row)
{
    for (size_t i = 0; i < page->column_count; i++) {
        const struct list_column *column = &page->columns[i];
        const struct json *cell = json_path(row, column->csv ? column->csv : column->id);
        char digits[24];
        struct str text = html_string(cell);
        if (cell && cell->type == JSON_NUMBER && cell->is_integer) {
            int n = snprintf(digits, sizeof(digits), "%lld", (long long)cell->integer);
            text = str_make(digits, (size_t)n);
        }
        csv_cell(b, i == 0, text);
    }
    csv_end_line(b);
}

bool handle_csv(struct call *c, struct err *e)
{
    const struct page *page = c->route->page;
    if (!call_filter(c, e) || !call_view(c, e))
        return false;
    c->filter.per_page = 1000;
    struct buf b;
    buf_init(&b, CSV_BYTES_MAX);
    for (size_t i = 0; i < page->column_count; i++)
        csv_cell(&b, i == 0, str_of(page->columns[i].label));
    csv_end_line(&b);
    bool is_ok = true;
    int64_t pages = 1;
    for (int64_t n = 1; is_ok && n <= pages && n <= CSV_PAGES_MAX; n++) {
        c->filter.page = n;
        struct json *v = page->build(c, e);
        is_ok = v != NULL;
        JSON_EACH (row, json_get(v, "rows"))
            csv_row(&b, page, row);
        pages = json_int(v, "pages", 1);
    }
    if (is_ok && b.full)
        is_ok = err_set(e, ERR_TOO_LARGE, "the list is over %d MiB as CSV", CSV_BYTES_MAX >> 20);
    if (is_ok) {
        call_bytes(c, "text/csv; charset=utf-8", arena_str(c->arena, buf_view(&b)));
        c->response->disposition = arena_printf(c->arena, "attachment; filename=\"assay-%s.csv\"", page->nav);
        c->response->cache = "private, no-cache";
    }
    buf_release(&b);
    return is_ok;
}
