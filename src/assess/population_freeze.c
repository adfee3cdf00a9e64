/* population_freeze.c - rows from a query or a file, and the change that freezes them. */
#include "assess/population.h"

#include "assess/engagement.h"
#include "base/csv.h"
#include "base/times.h"

/* ---- from a query ---- */

bool population_question(struct db *db, struct arena *a, struct record_types *types, const struct access *access, const struct population *p, int64_t now_ms, int64_t at_ms,
                         struct question *ret, struct err *e)
{
    struct engagement g;
    int64_t from_ms, to_ms;
    if (!engagement_read(db, a, p->engagement, INT64_MAX, &g, e))
        return false;
    if (!time_parse(p->from, 0, &from_ms) || !time_parse(p->to, 0, &to_ms) || to_ms < from_ms)
        return err_set(e, ERR_INVALID, "%.*s: its period ends before it begins", STR_ARGS(p->id));
    *ret = (struct question){.db = db, .types = types, .access = access, .leaf_limit = at_ms ? record_leaf_at(db, at_ms, e) : INT64_MAX, .now_ms = at_ms ? at_ms : now_ms,
                             .from = p->from, .to = p->to, .from_ms = zone_instant_ms(g.zone, from_ms), .to_ms = zone_instant_ms(g.zone, to_ms + MS_DAY)};
    return e->code == ERR_NONE;
}

bool population_freeze_query(const struct question *q, const struct population *p, struct arena *a, struct str *ret_rows, struct err *e)
{
    struct frozen_writer w;
    if (!str_is(p->kind, "query"))
        return err_set(e, ERR_INVALID, "%.*s: its rows come from a file of %.*s; bring that", STR_ARGS(p->id), STR_ARGS(str_slice(p->system, 0, 80)));
    return question_ask(q, p->query, &w, e) && frozen_end(&w, a, ret_rows, e);
}

/* ---- from a file ---- */

static bool heading_read(struct csv_reader *r, struct arena *a, struct frozen_writer *w, size_t *ret_count, struct err *e)
{
    struct str cells[FROZEN_COLUMNS_MAX];
    size_t count;
    if (!csv_read_row(r, a, cells, FROZEN_COLUMNS_MAX, &count, e))
        return false;
    for (size_t i = 0; i < count; i++)
        cells[i] = str_trim(cells[i]);
    while (count > 1 && cells[count - 1].size == 0) /* spreadsheets like to leave separators behind */
        count--;
    *ret_count = count;
    return frozen_begin(w, cells, count, e) || err_wrap(e, "line 1");
}

static bool line_take(struct frozen_writer *w, const struct csv_reader *r, const struct str *cells, size_t count, size_t columns, struct err *e)
{
    for (size_t i = columns; i < count; i++)
        if (str_trim(cells[i]).size > 0)
            return err_set(e, ERR_INVALID, "line %d: has more cells than the heading", r->row_line);
    for (size_t i = 0; i < columns; i++) {
        struct str cell = i < count ? str_trim(cells[i]) : STR("");
        if (cell.size > FROZEN_CELL_BYTES_MAX)
            return err_set(e, ERR_LIMIT, "line %d: a cell is over %d KiB", r->row_line, FROZEN_CELL_BYTES_MAX >> 10);
        if (cell.size > 0)
            frozen_text(w, cell);
        else
            frozen_null(w);
    }
    return frozen_row_end(w, e) || err_wrap(e, "line %d", r->row_line);
}

static bool lines_take(struct csv_reader *r, struct arena *own, struct frozen_writer *w, size_t columns, struct err *e)
{
    struct str *cells = arena_array(own, 4 * FROZEN_COLUMNS_MAX, sizeof *cells);
    struct arena *line = arena_new("line", (size_t)3 * POPULATION_CSV_BYTES_MAX);
    bool is_ok = true;
    while (is_ok && r->rest.size > 0) {
        size_t count = 0;
        is_ok = csv_read_row(r, line, cells, 4 * FROZEN_COLUMNS_MAX, &count, e);
        bool is_blank = count == 1 && str_trim(cells[0]).size == 0 && columns > 1;
        if (is_ok && !is_blank && !line_take(w, r, cells, count, columns, e))
            is_ok = false;
        if (arena_used(line) > 4 << 20)
            arena_reset(line);
    }
    arena_free(line);
    return is_ok;
}

bool population_freeze_csv(struct str text, struct arena *a, struct str *ret_rows, struct err *e)
{
    struct csv_reader r;
    struct frozen_writer w = {0};
    size_t columns;
    if (text.size == 0)
        return err_set(e, ERR_INVALID, "the file is empty");
    if (text.size > POPULATION_CSV_BYTES_MAX)
        return err_set(e, ERR_TOO_LARGE, "the file is over %d MiB", POPULATION_CSV_BYTES_MAX >> 20);
    if (!str_is_utf8(text) || memchr(text.data, 0, text.size))
        return err_set(e, ERR_INVALID, "the file is not UTF-8 text; export it as CSV, UTF-8");
    struct arena *own = arena_new("heading", (size_t)2 * POPULATION_CSV_BYTES_MAX);
    csv_reader_init(&r, text);
    bool is_begun = heading_read(&r, own, &w, &columns, e), is_ok = is_begun && lines_take(&r, own, &w, columns, e);
    arena_free(own);
    if (is_ok)
        return frozen_end(&w, a, ret_rows, e);
    if (is_begun)
        frozen_release(&w);
    return false;
}

/* ---- the change ---- */

static struct str columns_text(struct arena *a, const struct frozen *f)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 64 << 10);
    for (size_t i = 0; i < f->column_count; i++)
        buf_printf(&b, "%s%.*s", i ? ", " : "", STR_ARGS(f->columns[i]));
    return arena_str(a, buf_view(&b));
}

bool population_freeze_change(const struct env *env, struct arena *a, const struct population *p, const struct freezing *f, struct record_change *ret, struct err *e)
{
    struct frozen table;
    struct json *file, *set = json_object(a);
    struct op_blob *blobs = arena_array(a, 2, sizeof *blobs);
    if (!str_is(p->state, "draft"))
        return err_set(e, ERR_CONFLICT, "%.*s is frozen already; replace it by another one", STR_ARGS(p->id));
    if (!frozen_open(a, f->rows, &table, e) || !record_seal_file(env, a, arena_printf(a, "%.*s.ndjson", STR_ARGS(p->id)), FROZEN_MEDIA, f->rows, &blobs[0], &file, e))
        return false;
    *ret = (struct record_change){.type = STR("population"), .id = p->id, .act = RECORD_MOVE, .version = p->version, .transition = STR("freeze"), .set = set, .files = blobs, .file_count = 1};
    json_push(json_put_array(set, "files"), file);
    struct sha256 digest = sha256_of(f->rows);
    json_put_int(set, "rows", (int64_t)table.count);
    json_put_hex(set, "digest", digest.bytes, SHA256_SIZE);
    json_put_str(set, "columns", columns_text(a, &table));
    json_put_int(set, "run_at", f->now_ms);
    json_put_str(set, "run_by", f->by);
    if (f->as_of_leaf >= 0)
        json_put_int(set, "as_of_leaf", f->as_of_leaf);
    if (f->csv.size == 0)
        return true;
    if (!record_seal_file(env, a, f->csv_name.size ? f->csv_name : STR("population.csv"), "text/csv", f->csv, &blobs[1], &file, e))
        return false;
    json_push(json_put_array(set, "source_file"), file);
    ret->file_count = 2;
    return true;
}
