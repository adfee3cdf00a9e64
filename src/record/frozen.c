/* frozen.c - the one text of a table whose rows came in any order; and what the keeper asks of a population. */
#include "record/frozen.h"

#include "base/limits.h"
#include "blob/blob.h"
#include "record/internal.h"

#include <assert.h>
#include <stdlib.h>

static const struct json_limits HEADING_LIMITS = {.depth_max = 4, .nodes_max = FROZEN_COLUMNS_MAX + 8};
static const struct json_limits ROW_LIMITS = {.depth_max = 4, .nodes_max = 4 * FROZEN_COLUMNS_MAX};

/* ---- writing ---- */

bool frozen_begin(struct frozen_writer *w, const struct str *columns, size_t count, struct err *e)
{
    *w = (struct frozen_writer){.column_count = count};
    buf_init(&w->text, FROZEN_BYTES_MAX);
    if (count == 0 || count > FROZEN_COLUMNS_MAX)
        return err_set(e, ERR_INVALID, "%zu columns: from 1 to %d are taken", count, FROZEN_COLUMNS_MAX);
    buf_cstr(&w->text, "{\"columns\":[");
    for (size_t i = 0; i < count; i++) {
        if (columns[i].size == 0 || columns[i].size > 200 || !str_is_utf8(columns[i])) {
            frozen_release(w);
            return err_set(e, ERR_INVALID, "column %zu has no name, or one that is too long", i + 1);
        }
        for (size_t k = 0; k < i; k++)
            if (str_equal(columns[i], columns[k])) {
                frozen_release(w);
                return err_set(e, ERR_INVALID, "two columns are called %.*s", STR_ARGS(columns[i]));
            }
        if (i > 0)
            buf_char(&w->text, ',');
        json_write_string(&w->text, columns[i]);
    }
    buf_cstr(&w->text, "]}\n");
    w->heading_size = w->text.size;
    return true;
}

static void cell_begin(struct frozen_writer *w)
{
    if (w->filled == 0) {
        if (w->count == w->capacity) {
            size_t more = w->capacity ? 2 * w->capacity : 1024;
            uint64_t *grown = realloc(w->lines, more * sizeof *grown);
            if (!grown) {
                w->text.full = true;
                return;
            }
            w->lines = grown;
            w->capacity = more;
        }
        w->lines[w->count] = w->text.size;
    }
    buf_char(&w->text, w->filled == 0 ? '[' : ',');
    w->filled++;
}

void frozen_null(struct frozen_writer *w)
{
    cell_begin(w);
    buf_cstr(&w->text, "null");
}

void frozen_int(struct frozen_writer *w, int64_t value)
{
    const int64_t EXACT = (int64_t)1 << 53;
    cell_begin(w);
    buf_printf(&w->text, value > -EXACT && value < EXACT ? "%lld" : "\"%lld\"", (long long)value);
}

void frozen_text(struct frozen_writer *w, struct str value)
{
    if (!value.data) {
        frozen_null(w);
        return;
    }
    cell_begin(w);
    if (str_is_utf8(value)) {
        json_write_string(&w->text, value);
        return;
    }
    buf_cstr(&w->text, "{\"hex\":\"");
    for (size_t i = 0; i < value.size; i++)
        buf_printf(&w->text, "%02x", (unsigned char)value.data[i]);
    buf_cstr(&w->text, "\"}");
}

bool frozen_row_end(struct frozen_writer *w, struct err *e)
{
    assert(w->filled == w->column_count);
    buf_cstr(&w->text, "]\n");
    w->filled = 0;
    if (w->text.full)
        return err_set(e, ERR_LIMIT, "the rows are over %d MiB: ask for fewer columns, or for a shorter period", FROZEN_BYTES_MAX >> 20);
    if (++w->count > FROZEN_ROWS_MAX)
        return err_set(e, ERR_LIMIT, "over %d rows: ask for a shorter period", FROZEN_ROWS_MAX);
    return true;
}

static int by_line(const void *x, const void *y)
{
    return str_compare(*(const struct str *)x, *(const struct str *)y);
}

bool frozen_end(struct frozen_writer *w, struct arena *a, struct str *ret, struct err *e)
{
    size_t size = w->text.size, at = w->heading_size, count = w->count;
    if (w->text.full) {
        frozen_release(w);
        return err_set(e, ERR_LIMIT, "the rows are over %d MiB", FROZEN_BYTES_MAX >> 20);
    }
    struct str *lines = malloc((count + 1) * sizeof *lines);
    if (!lines) {
        frozen_release(w);
        return err_set(e, ERR_LIMIT, "no memory for %zu rows", count);
    }
    for (size_t i = 0; i < count; i++) /* without its LF, which would take part in the order */
        lines[i] = str_make(w->text.data + w->lines[i], (i + 1 < count ? w->lines[i + 1] : size) - w->lines[i] - 1);
    qsort(lines, count, sizeof *lines, by_line);
    char *text = arena_alloc(a, size + 1);
    memcpy(text, w->text.data, at);
    for (size_t i = 0; i < count; i++) {
        memcpy(text + at, lines[i].data, lines[i].size);
        at += lines[i].size;
        text[at++] = '\n';
    }
    free(lines);
    frozen_release(w);
    *ret = str_make(text, size);
    return true;
}

void frozen_release(struct frozen_writer *w)
{
    buf_release(&w->text);
    free(w->lines);
    w->lines = NULL;
}

/* ---- checking ---- */

/* The line up to its LF, which has to be there. */
static bool line_next(struct str *rest, struct str *ret)
{
    const char *end = memchr(rest->data, '\n', rest->size);
    if (!end)
        return false;
    *ret = str_make(rest->data, (size_t)(end - rest->data));
    *rest = str_slice(*rest, ret->size + 1, rest->size);
    return true;
}

static bool heading_check(struct str line, struct err *e)
{
    struct err failed = {0};
    struct buf BUF_AUTO again;
    struct arena *a = arena_new("heading", 1 << 20);
    struct json *o = line.size < 64 << 10 ? json_parse(a, line, HEADING_LIMITS, &failed) : NULL;
    const struct json *columns = json_get(o, "columns");
    buf_init(&again, 64 << 10);
    bool is_ok = o && o->count == 1 && columns && columns->type == JSON_ARRAY && columns->count > 0 && columns->count <= FROZEN_COLUMNS_MAX &&
                 json_write_canonical(&again, o, &failed) && str_equal(buf_view(&again), line);
    JSON_EACH (c, is_ok ? columns : NULL)
        is_ok &= c->type == JSON_STRING && c->text.size > 0;
    arena_free(a);
    return is_ok || err_set(e, ERR_INVALID, "line 0: no heading {\"columns\":[…]}");
}

bool frozen_check(struct str text, int64_t *ret_rows, struct sha256 *ret_digest, struct err *e)
{
    struct str rest = text, line, before = STR("");
    int64_t rows = 0;
    if (text.size > FROZEN_BYTES_MAX)
        return err_set(e, ERR_TOO_LARGE, "over %d MiB", FROZEN_BYTES_MAX >> 20);
    if (!str_is_utf8(text))
        return err_set(e, ERR_INVALID, "the rows are not UTF-8");
    if (!line_next(&rest, &line) || !heading_check(line, e))
        return e->code == ERR_NONE && err_set(e, ERR_INVALID, "line 0: no heading");
    while (rest.size > 0) {
        rows++;
        if (!line_next(&rest, &line) || line.size < 2 || line.data[0] != '[' || line.data[line.size - 1] != ']')
            return err_set(e, ERR_INVALID, "line %lld: no row", (long long)rows);
        if (str_compare(before, line) > 0)
            return err_set(e, ERR_INVALID, "line %lld: stands before the one that comes before it", (long long)rows);
        if (rows > FROZEN_ROWS_MAX)
            return err_set(e, ERR_LIMIT, "over %d rows", FROZEN_ROWS_MAX);
        before = line;
    }
    *ret_rows = rows;
    *ret_digest = sha256_of(text);
    return true;
}

/* ---- reading ---- */

bool frozen_open(struct arena *a, struct str text, struct frozen *ret, struct err *e)
{
    struct sha256 digest;
    int64_t rows;
    struct str rest = text;
    *ret = (struct frozen){.text = text};
    if (!frozen_check(text, &rows, &digest, e))
        return false;
    ret->count = (size_t)rows;
    ret->lines = arena_array(a, ret->count + 1, sizeof *ret->lines);
    for (size_t i = 0; i <= ret->count; i++)
        (void)line_next(&rest, &ret->lines[i]);
    struct json *o = json_parse(a, ret->lines[0], HEADING_LIMITS, e);
    const struct json *columns = json_get(o, "columns");
    if (!o)
        return false;
    ret->columns = arena_array(a, columns->count, sizeof *ret->columns);
    JSON_EACH (c, columns)
        ret->columns[ret->column_count++] = c->text;
    return true;
}

static struct str cell_text(struct arena *a, const struct json *c)
{
    switch (c->type) {
    case JSON_STRING:
    case JSON_NUMBER:
        return c->text;
    case JSON_BOOL:
        return c->boolean ? STR("true") : STR("false");
    case JSON_OBJECT:
        return arena_printf(a, "0x%.*s", STR_ARGS(json_text(c, "hex")));
    default:
        return STR("");
    }
}

bool frozen_row(const struct frozen *f, struct arena *a, size_t row, struct str *ret_cells, bool *ret_is_null)
{
    struct err ignored = {0};
    struct json *list = row >= 1 && row <= f->count ? json_parse(a, f->lines[row], ROW_LIMITS, &ignored) : NULL;
    if (!list)
        return false;
    const struct json *c = list->first;
    for (size_t i = 0; i < f->column_count; i++, c = c ? c->next : NULL) {
        ret_cells[i] = c ? cell_text(a, c) : STR("");
        if (ret_is_null)
            ret_is_null[i] = !c || c->type == JSON_NULL;
    }
    return true;
}

size_t frozen_column(const struct frozen *f, struct str name)
{
    for (size_t i = 0; i < f->column_count; i++)
        if (str_equal(f->columns[i], name))
            return i;
    return SIZE_MAX;
}

/* ---- what the keeper asks ---- */

/* What the freezing finds, and nobody types in. */
static bool is_found(struct str field)
{
    static const char *const names[] = {"files", "source_file", "rows", "digest", "columns", "run_at", "run_by", "as_of_leaf"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (str_is(field, names[i]))
            return true;
    return false;
}

static const char *rows_refusal(struct arena *a, const struct json *set, const struct op_blob *blob)
{
    struct err e = {0};
    struct sha256 digest;
    struct str plain;
    int64_t rows;
    char hex[65];
    struct arena *own = arena_new("frozen rows", (size_t)3 * LIMIT_BLOB_BYTES);
    bool is_ok = blob_open(own, blob->ciphertext, blob->c, blob->x, blob->dek, FROZEN_BYTES_MAX, &plain, &e) && frozen_check(plain, &rows, &digest, &e);
    arena_free(own);
    if (!is_ok)
        return arena_printf(a, "files: %s", e.text).data;
    hex_encode(digest.bytes, SHA256_SIZE, hex);
    const struct json *said = json_get(set, "rows");
    if (!said || said->type != JSON_NUMBER || !said->is_integer || said->integer != rows)
        return arena_printf(a, "rows: there are %lld", (long long)rows).data;
    if (!str_is(json_text(set, "digest"), hex))
        return "digest: is not that of the rows";
    return str_is(json_text(json_at(json_get(set, "files"), 0), "digest"), hex) ? NULL : "files: another digest than that of the rows";
}

const char *frozen_refusal(struct arena *a, const struct record *r, int act, struct str transition, const struct json *set, const struct op_blob *files, size_t count)
{
    bool is_freezing = act == RECORD_MOVE && str_is(transition, "freeze");
    if (act == RECORD_UNDO && r && !str_is(r->state, "draft"))
        return "files: what was frozen stays so; replace it by another one";
    if (!is_freezing) {
        JSON_EACH (v, set)
            if (is_found(v->key))
                return arena_printf(a, "%.*s: comes with freezing it, and stays", STR_ARGS(v->key)).data;
        return NULL;
    }
    const struct json *list = json_get(set, "files"), *one = json_at(list, 0);
    if (!one || list->count != 1 || !str_is(json_text(one, "media"), FROZEN_MEDIA))
        return "files: its rows are one file";
    for (size_t i = 0; i < count; i++)
        if (str_is(json_text(one, "x"), files[i].x))
            return rows_refusal(a, set, &files[i]);
    return "files: the rows have to come with it";
}
