/*
 * record.c - the bytes that a table was read from, kept so that its parser can run again.
 *
 * A record is the canonical rows (table/table.h) of `readings_schema`, an empty line, and then the bytes of the readings in the
 * order of the rows. The same question asked twice is kept once.
 */
#include "base/limits.h"
#include "collect/host/source_inner.h"
#include "crypto/crypto.h"
#include "table/table.h"
#include <stdlib.h>

static const struct column columns[] = {
    {"path", COLUMN_TEXT, "", "What was asked for."},
    {"op", COLUMN_TEXT, "", "file, head, list, stat, lstat or link."},
    {"size_max", COLUMN_INTEGER, "bytes", "Of a head or slice."},
    {"size", COLUMN_INTEGER, "bytes", "Of the bytes."},
    {"digest", COLUMN_TEXT, "", "SHA-256, when the bytes are not kept."},
    {"error", COLUMN_TEXT, "", "Why it failed: the code."},
    {"text", COLUMN_TEXT, "", "Why it failed: the words."},
    {"kind", COLUMN_INTEGER, "", "Facts of a stat."},
    {"mode", COLUMN_INTEGER, "", ""},
    {"uid", COLUMN_INTEGER, "", ""},
    {"gid", COLUMN_INTEGER, "", ""},
    {"file_size", COLUMN_INTEGER, "bytes", ""},
    {"mtime", COLUMN_TIME, "", ""},
    {"ctime", COLUMN_TIME, "", ""},
    {"device", COLUMN_INTEGER, "", ""},
    {"inode", COLUMN_INTEGER, "", ""},
    {"links", COLUMN_INTEGER, "", ""},
    {"slice_at", COLUMN_INTEGER, "bytes", "Offset of a slice; negative: from the end."},
};

static const struct table_schema readings_schema = {.name = "readings",
                                                    .version = 1,
                                                    .words = "",
                                                    .criteria = "",
                                                    .example = "",
                                                    .columns = columns,
                                                    .column_count = COLUMN_COUNT(columns)};

static const char *const op_names[] = {"file", "head", "list", "stat", "lstat", "link", "slice"};

static bool parse_op(struct str name, enum read_op *ret)
{
    for (size_t op = 0; op < sizeof(op_names) / sizeof(op_names[0]); op++)
        if (str_is(name, op_names[op])) {
            *ret = (enum read_op)op;
            return true;
        }
    return false;
}

static int compare_readings(const void *a, const void *b)
{
    const struct reading *x = a, *y = b;
    int order = str_compare(x->path, y->path);
    if (order == 0)
        order = (x->op > y->op) - (x->op < y->op);
    if (order == 0)
        order = (x->offset > y->offset) - (x->offset < y->offset);
    if (order == 0)
        order = (x->size_max > y->size_max) - (x->size_max < y->size_max);
    return order;
}

void record_add(struct source *s, const struct reading *r)
{
    if (!s->is_recording)
        return;
    if (s->reading_count == s->reading_capacity)
        s->readings = arena_grow(s->records, s->readings, s->reading_count, &s->reading_capacity, sizeof(*r));
    struct reading *kept = &s->readings[s->reading_count++];
    *kept = *r;
    kept->path = arena_str(s->records, r->path);
    if (r->op != READ_HEAD && r->op != READ_SLICE)
        kept->size_max = 0;
    if (r->bytes.size <= LIMIT_CAPTURED_FILE_BYTES) {
        kept->bytes = arena_str(s->records, r->bytes);
        return;
    }
    struct sha256 digest = sha256_of(r->bytes);
    hex_encode(digest.bytes, sizeof(digest.bytes), kept->digest);
    kept->bytes = STR("");
}

const struct reading *record_find(const struct source *s, const struct reading *question)
{
    size_t low = 0, high = s->reading_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_compare(s->readings[middle].path, question->path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    const struct reading *best = NULL;
    for (; low < s->reading_count && str_equal(s->readings[low].path, question->path); low++) {
        const struct reading *r = &s->readings[low];
        bool is_same_slice = r->offset == question->offset && r->size_max == question->size_max;
        if (r->op == question->op && (r->op != READ_HEAD || r->size_max >= question->size_max) &&
            (r->op != READ_SLICE || is_same_slice))
            return r;
        if (question->op == READ_HEAD && (r->op == READ_FILE || (r->op == READ_HEAD && r->size_bytes < r->size_max)))
            best = r; /* the whole file was read, by another call */
    }
    return best;
}

/* ---- writing ---- */

static void add_row(struct rows *rows, const struct reading *r)
{
    bool is_stat = r->op == READ_STAT || r->op == READ_LSTAT;
    bool has_facts = (is_stat || r->op == READ_SLICE) && !r->error.code;
    bool has_bytes = !is_stat && !r->error.code;
    const struct file_facts *f = &r->facts;
    const int64_t facts[] = {(int64_t)f->kind, (int64_t)f->mode, (int64_t)f->uid,    (int64_t)f->gid,   f->size_bytes,
                             f->mtime_ms,      f->ctime_ms,      (int64_t)f->device, (int64_t)f->inode, (int64_t)f->links};
    row_begin(rows);
    row_text(rows, r->path);
    row_cstr(rows, op_names[r->op]);
    row_int(rows, (int64_t)r->size_max);
    has_bytes ? row_int(rows, (int64_t)r->size_bytes) : row_null(rows);
    row_cstr(rows, r->digest[0] ? r->digest : NULL);
    row_cstr(rows, r->error.code ? err_code_name(r->error.code) : NULL);
    row_cstr(rows, r->error.code ? r->error.text : NULL);
    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
        has_facts ? row_int(rows, facts[i]) : row_null(rows);
    r->op == READ_SLICE ? row_int(rows, r->offset) : row_null(rows);
    row_end(rows);
}

/* Sorted, without the questions that were asked before. */
static size_t tidy(struct source *s)
{
    size_t count = 0;
    if (s->reading_count)
        qsort(s->readings, s->reading_count, sizeof(*s->readings), compare_readings);
    for (size_t i = 0; i < s->reading_count; i++)
        if (i == 0 || compare_readings(&s->readings[count - 1], &s->readings[i]) != 0)
            s->readings[count++] = s->readings[i];
    return s->reading_count = count;
}

void source_record(struct source *s, struct buf *out, bool *ret_is_complete)
{
    size_t count = tidy(s);
    *ret_is_complete = true;
    struct arena *a = arena_new("a record", (size_t)1 << 30);
    struct rows *rows = rows_new(a, &readings_schema);
    for (size_t i = 0; i < count; i++) {
        add_row(rows, &s->readings[i]);
        *ret_is_complete = *ret_is_complete && !s->readings[i].digest[0];
    }
    rows_encode(rows, out);
    buf_char(out, '\n');
    /* Encoding sorted the lines; the bytes follow the order of the lines, so it is read off them again. */
    struct err e = {0};
    int version = 0;
    struct rows *sorted =
        rows_decode(a, &readings_schema, arena_str(a, str_slice(buf_view(out), 0, out->size - 1)), &version, &e);
    for (size_t i = 0; sorted && i < sorted->row_count; i++) {
        struct reading key = {.path = rows_cell(sorted, i, 0)->text,
                              .size_max = (size_t)rows_cell(sorted, i, 2)->integer,
                              .offset = rows_cell(sorted, i, 17)->integer};
        if (!parse_op(rows_cell(sorted, i, 1)->text, &key.op))
            continue;
        const struct reading *r = bsearch(&key, s->readings, count, sizeof(key), compare_readings);
        if (r)
            buf_str(out, r->bytes);
    }
    arena_free(a);
}

void source_paths(struct source *s, struct arena *a, struct str **ret_paths, size_t *ret_count)
{
    size_t count = tidy(s), distinct = 0;
    struct str *paths = arena_array(a, count, sizeof(*paths));
    for (size_t i = 0; i < count; i++)
        if (!s->readings[i].error.code && (distinct == 0 || !str_equal(paths[distinct - 1], s->readings[i].path)))
            paths[distinct++] = arena_str(a, s->readings[i].path);
    *ret_paths = paths;
    *ret_count = distinct;
}

/* ---- reading ---- */

static bool parse_row(const struct rows *rows, size_t row, struct str *left, struct reading *ret, struct err *e)
{
    const struct cell *c = rows_cell(rows, row, 0);
    if (!parse_op(c[1].text, &ret->op) || c[0].type != CELL_TEXT || c[2].integer < 0 || c[3].integer < 0)
        return err_set(e, ERR_CORRUPT, "record, reading %zu: malformed", row);
    ret->path = c[0].text;
    ret->size_max = (size_t)c[2].integer;
    ret->size_bytes = (uint64_t)c[3].integer;
    ret->offset = c[17].integer;
    if (c[5].type == CELL_TEXT) {
        char name[40];
        snprintf(name, sizeof(name), "%.*s", STR_ARGS(c[5].text));
        err_set(&ret->error, err_code_from_name(name), "%.*s", STR_ARGS(c[6].text));
        return true;
    }
    ret->facts = (struct file_facts){.kind = (enum file_kind)c[7].integer,
                                     .mode = (mode_t)c[8].integer,
                                     .uid = (uid_t)c[9].integer,
                                     .gid = (gid_t)c[10].integer,
                                     .size_bytes = c[11].integer,
                                     .mtime_ms = c[12].integer,
                                     .ctime_ms = c[13].integer,
                                     .device = (uint64_t)c[14].integer,
                                     .inode = (uint64_t)c[15].integer,
                                     .links = (uint64_t)c[16].integer};
    if (c[4].type == CELL_TEXT) {
        snprintf(ret->digest, sizeof(ret->digest), "%.*s", STR_ARGS(c[4].text));
        return true;
    }
    if (ret->size_bytes > left->size)
        return err_set(e, ERR_CORRUPT, "record, reading %zu: its bytes are missing", row);
    ret->bytes = str_slice(*left, 0, ret->size_bytes);
    *left = str_slice(*left, ret->size_bytes, left->size);
    return true;
}

bool record_parse(struct source *s, struct arena *a, struct str record, struct err *e)
{
    ptrdiff_t end = str_find(record, STR("\n\n"));
    if (end < 0)
        return err_set(e, ERR_CORRUPT, "record: no end of its list of readings");
    int version = 0;
    struct str left = str_slice(record, (size_t)end + 2, record.size);
    const struct rows *rows = rows_decode(a, &readings_schema, str_slice(record, 0, (size_t)end + 1), &version, e);
    if (!rows)
        return err_wrap(e, "record");
    s->readings = arena_array(a, rows->row_count, sizeof(*s->readings));
    for (size_t i = 0; i < rows->row_count; i++)
        if (!parse_row(rows, i, &left, &s->readings[i], e))
            return false;
    if (left.size)
        return err_set(e, ERR_CORRUPT, "record: %zu bytes too many", left.size);
    s->reading_count = rows->row_count;
    if (s->reading_count)
        qsort(s->readings, s->reading_count, sizeof(*s->readings), compare_readings);
    return true;
}

bool source_record_is_whole(const struct source *s)
{
    for (size_t i = 0; i < s->reading_count; i++)
        if (s->readings[i].digest[0])
            return false;
    return true;
}
