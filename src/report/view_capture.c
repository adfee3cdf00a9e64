/* One capture: its rows, the bytes that they were read from, where it stands in the ledger, and who relies on it. */
#include "report/view_internal.h"

#include "collect/captures.h"
#include "ledger/ledger.h"

enum { VERSIONS_MAX = 50, TEXT_SHOWN = 64 << 10, RAW_SHOWN = 256 << 10 };

/* The columns of a record's readings (collect/host/record.c) that people want to see. */
static const struct column reading_columns[] = {
    {"path", COLUMN_TEXT, "", "", 0},   {"op", COLUMN_TEXT, "", "", 0},    {"size", COLUMN_INTEGER, "", "", 0},
    {"digest", COLUMN_TEXT, "", "", 0}, {"error", COLUMN_TEXT, "", "", 0}, {"text", COLUMN_TEXT, "", "", 0},
};
static const struct table_schema reading_schema = {
    .name = "readings", .version = 1, .columns = reading_columns, .column_count = COLUMN_COUNT(reading_columns)};

static struct str cut(struct view *v, struct str s, size_t size_max, bool *ret_is_cut)
{
    *ret_is_cut = s.size > size_max;
    s = str_slice(s, 0, size_max);
    while (*ret_is_cut && s.size > 0 && !str_is_utf8(s) && size_max - s.size < 4)
        s.size--;
    return arena_str(v->arena, s);
}

static bool is_printable(struct str s)
{
    for (size_t i = 0; i < s.size; i++)
        if ((unsigned char)s.data[i] < 0x20 && s.data[i] != '\n' && s.data[i] != '\t' && s.data[i] != '\r')
            return false;
    return str_is_utf8(s);
}

static void record_put(struct view *v, struct json *page, struct str record)
{
    struct json *list = json_put_array(page, "record");
    ptrdiff_t split = str_find(record, STR("\n\n"));
    struct err ignored = {0};
    int version;
    struct rows *rows = split < 0 ? NULL
                                  : rows_decode(v->arena, &reading_schema,
                                                arena_str(v->arena, str_slice(record, 0, (size_t)split + 1)), &version, &ignored);
    struct str bytes = split < 0 ? (struct str){0} : str_slice(record, (size_t)split + 2, record.size);
    for (size_t i = 0; rows && i < rows->row_count; i++) {
        const struct cell *c = rows_cell(rows, i, 0);
        bool is_kept = c[2].type == CELL_INTEGER && c[3].type == CELL_NULL, is_cut = false;
        struct str content = is_kept ? str_slice(bytes, 0, (size_t)c[2].integer) : STR("");
        if (is_kept)
            bytes = str_slice(bytes, (size_t)c[2].integer, bytes.size);
        struct str shown = cut(v, content, TEXT_SHOWN, &is_cut);
        bool is_text = is_printable(shown);
        struct json *o = json_push_object(list);
        json_put_str(o, "path", c[0].text);
        json_put_str(o, "kind", c[1].text);
        json_put_int(o, "size", c[2].type == CELL_INTEGER ? c[2].integer : 0);
        json_put_str(o, "text", is_text ? shown : STR(""));
        json_put_bool(o, "is_cut", is_cut);
        json_put_bool(o, "is_text", is_text);
        json_put_str(o, "digest", c[3].type == CELL_TEXT ? c[3].text : STR(""));
        json_put_str(o, "error", c[4].type == CELL_TEXT ? c[5].text : STR(""));
    }
}

/* ---- rows ---- */

static struct json *cell_new(struct view *v, const struct column *column, const struct cell *c)
{
    if (c->type == CELL_NULL)
        return json_new_null(v->arena);
    if (c->type == CELL_TEXT)
        return json_new_str(v->arena, arena_str(v->arena, c->text));
    if (column->type == COLUMN_BOOL)
        return json_new_str(v->arena, c->integer ? STR("yes") : STR("no"));
    char text[TIME_TEXT_SIZE];
    if (column->type == COLUMN_TIME)
        return json_new_str(v->arena, arena_printf(v->arena, "%s", time_format(c->integer, text)));
    return json_new_str(v->arena, arena_printf(v->arena, "%lld", (long long)c->integer));
}

static bool row_matches(const struct rows *rows, size_t row, struct str q)
{
    struct str word;
    while (str_next_word(&q, &word)) {
        bool is_found = false;
        for (size_t k = 0; k < rows->schema->column_count && !is_found; k++) {
            const struct cell *c = rows_cell(rows, row, k);
            char number[24];
            snprintf(number, sizeof number, "%lld", (long long)c->integer);
            is_found = c->type == CELL_TEXT ? text_matches(c->text, word)
                                            : c->type == CELL_INTEGER && text_matches(str_of(number), word);
        }
        if (!is_found)
            return false;
    }
    return true;
}

static void rows_put(struct view *v, struct json *page, const struct rows *rows, const struct view_filter *f)
{
    f = f ? f : &view_filter_none;
    struct json *o = json_put_object(page, "rows"), *list = json_put_array(o, "rows");
    int64_t total = 0, first = (filter_page(f) - 1) * filter_per_page(f);
    for (size_t i = 0; rows && i < rows->row_count; i++) {
        if (f->q.size > 0 && !row_matches(rows, i, f->q))
            continue;
        if (total >= first && total < first + filter_per_page(f)) {
            struct json *line = json_push(list, json_array(v->arena));
            for (size_t k = 0; k < rows->schema->column_count; k++)
                json_push(line, cell_new(v, &rows->schema->columns[k], rows_cell(rows, i, k)));
        }
        total++;
    }
    json_put_array(o, "groups");
    json_put_array(o, "statuses");
    list_put_page(v, o, f, total, rows ? (int64_t)rows->row_count : 0);
}

static void status_rows_put(struct view *v, struct json *page, const struct rows *status)
{
    static const char *const names[] = {"scope", "state", "missing", "reason"};
    struct json *list = json_put_array(page, "status_rows");
    for (size_t i = 0; status && i < status->row_count; i++) {
        struct json *o = json_push_object(list);
        for (size_t k = 0; k < 4; k++) {
            size_t column;
            const struct cell *c =
                table_column_find(status->schema, str_of(names[k]), &column) ? rows_cell(status, i, column) : NULL;
            json_put_str(o, names[k], c && c->type == CELL_TEXT ? arena_str(v->arena, c->text) : STR(""));
        }
    }
}

static void columns_put(struct json *page, const struct table_schema *schema)
{
    static const char *const types[] = {"text", "integer", "bool", "time"};
    struct json *list = json_put_array(page, "columns");
    for (size_t i = 0; schema && i < schema->column_count; i++) {
        struct json *o = json_push_object(list);
        json_put_cstr(o, "name", schema->columns[i].name);
        json_put_cstr(o, "type", types[schema->columns[i].type]);
        json_put_cstr(o, "unit", schema->columns[i].unit);
        json_put_cstr(o, "words", schema->columns[i].words);
    }
}

/* ---- the ledger ---- */

static void proof_put(struct view *v, struct json *page, uint64_t leaf)
{
    struct err e = {0};
    struct sha256 path[64];
    size_t count;
    struct str text;
    const struct checkpoint *head = v->ledger ? ledger_reader_head(v->ledger) : NULL;
    if (!head || leaf >= head->size || !ledger_reader_leaf(v->ledger, v->arena, leaf, &text, &e) ||
        !ledger_reader_inclusion(v->ledger, leaf, head->size, path, &count, &e)) {
        json_put_null(page, "proof");
        return;
    }
    struct sha256 hash = merkle_leaf_hash(text);
    struct json *o = json_put_object(page, "proof");
    json_put_int(o, "leaf", (int64_t)leaf);
    json_put_hex(o, "hash", hash.bytes, SHA256_SIZE);
    json_put_str(o, "leaf_text", text);
    json_put_int(o, "tree_size", (int64_t)head->size);
    json_put_hex(o, "root", head->root.bytes, SHA256_SIZE);
    struct json *list = json_put_array(o, "path");
    for (size_t i = 0; i < count; i++) {
        char hex[2 * SHA256_SIZE + 1];
        hex_encode(path[i].bytes, SHA256_SIZE, hex);
        json_push_str(list, arena_str(v->arena, str_of(hex)));
    }
    json_put_str(o, "checkpoint", arena_str(v->arena, ledger_reader_note(v->ledger)));
    json_put_str(o, "prove", arena_printf(v->arena, "assay prove %llu", (unsigned long long)leaf));
}

struct json *view_leaf(struct view *v, uint64_t leaf, struct err *e)
{
    if (leaf > (uint64_t)INT64_MAX || (int64_t)leaf > v->leaf_limit) {
        err_set(e, ERR_NOT_FOUND, "leaf %llu: there is none yet", (unsigned long long)leaf);
        return NULL;
    }
    struct json *page = page_new(v, arena_printf(v->arena, "Leaf %llu", (unsigned long long)leaf), e);
    if (page)
        json_put_int(page, "leaf", (int64_t)leaf);
    if (page)
        proof_put(v, page, leaf);
    return page;
}

/* ---- the page ---- */

static void used_by_put(struct view *v, struct json *page, const struct assessment *as, struct str table)
{
    struct json *list = json_put_array(page, "used_by");
    for (size_t i = 0; i < content_test_count; i++)
        for (size_t k = 0; k < content_tests[i].tables.count; k++)
            if (str_is(table, content_tests[i].tables.items[k])) {
                struct json *o = json_push_object(list);
                json_put_cstr(o, "id", content_tests[i].id);
                json_put_cstr(o, "title", content_tests[i].title);
                put_status(o, as->tests[i].status);
                json_put_str(o, "url", url_test(v, &content_tests[i]));
            }
}

static bool versions_put(struct view *v, struct json *page, const struct capture *c, struct err *e)
{
    struct json *list = json_put_array(page, "versions");
    DB_EACH (row, v->db, e,
             "select leaf, taken_at, row_count, case when exists(select 1 from erasure as e where e.target = capture.leaf and e.x = "
             "capture.x) then 'erased' else state end from capture where subject = ?1 and tbl = ?2 and leaf <= ?3 order by leaf "
             "desc limit ?4",
             A(c->subject), A(c->table), A(v->leaf_limit), A(VERSIONS_MAX)) {
        struct json *o = json_push_object(list);
        json_put_int(o, "leaf", db_int(row, 0));
        put_time(v, o, "taken", db_int(row, 1));
        json_put_int(o, "rows", db_int(row, 2));
        json_put_str(o, "state", arena_str(v->arena, db_text(row, 3)));
        json_put_bool(o, "is_this", db_int(row, 0) == c->leaf);
        json_put_str(o, "url", arena_printf(v->arena, "/evidence/%lld", (long long)db_int(row, 0)));
    }
    return e->code == ERR_NONE;
}

static bool facts_put(struct view *v, struct json *page, const struct capture *c, struct err *e)
{
    const struct host_table *t = host_table_find(c->table);
    json_put_int(page, "leaf", c->leaf);
    json_put_str(page, "table", c->table);
    json_put_cstr(page, "words", t ? t->schema->words : "");
    json_put_cstr(page, "criteria", t ? t->schema->criteria : "");
    json_put(page, "subject", subject_new(v, c->subject));
    json_put_str(page, "state", c->state);
    put_status_as(page, state_status(c->state), c->erased_by >= 0 ? "Erased" : state_words(c->state));
    json_put_str(page, "note", c->reason);
    json_put_int(page, "version", c->version);
    json_put_int(page, "row_count", c->row_count);
    json_put_str(page, "commitment", c->c);
    json_put_str(page, "name_of_bytes", c->x);
    json_put_bool(page, "is_erased", c->erased_by >= 0);
    json_put_int(page, "erased_by", c->erased_by);
    json_put_bool(page, "is_record_erased", c->record_erased_by >= 0);
    json_put_int(page, "record_erased_by", c->record_erased_by);
    DB_EACH (
        row, v->db, e,
        "select c.run, c.taken_at, c.t, c.digest, r.collector from capture c left join run r on r.leaf = c.run where c.leaf = ?1",
        A(c->leaf)) {
        json_put_int(page, "run", db_int(row, 0));
        put_time(v, page, "taken", db_int(row, 1));
        put_time(v, page, "received", db_int(row, 2));
        struct str digest = db_bytes(row, 3);
        json_put_hex(page, "digest", digest.data, digest.size);
        json_put_str(page, "collector", arena_str(v->arena, db_text(row, 4)));
    }
    /* The newest run that saw it unchanged: known for the newest capture of its table only. */
    bool is_newest = db_one_int(v->db, e, 0, "select max(leaf) from capture where subject = ?1 and tbl = ?2 and leaf <= ?3",
                                A(c->subject), A(c->table), A(v->leaf_limit)) == c->leaf;
    put_time(v, page, "confirmed", is_newest ? c->received_at_ms : 0);
    return e->code == ERR_NONE;
}

static void content_put(struct view *v, struct json *page, struct captures *captures, const struct capture *c,
                        const struct view_filter *f)
{
    const struct host_table *t = host_table_find(c->table);
    const struct rows *rows = NULL, *status = NULL;
    struct str raw = STR(""), record = STR("");
    struct err e = {0};
    bool is_cut = false;
    bool is_readable = v->blobs.read && t && c->erased_by < 0 && captures_rows(captures, c, &rows, &status, &e) &&
                       captures_bytes(captures, v->arena, c, &raw, &record, &e);
    json_put_bool(page, "is_readable", is_readable);
    json_put_str(page, "unreadable",
                 c->erased_by >= 0 ? arena_printf(v->arena, "erased by leaf %lld", (long long)c->erased_by)
                 : is_readable    ? STR("")
                 : !v->blobs.read ? STR("its bytes are sealed here")
                                  : arena_printf(v->arena, "%s", t ? e.text : "this program has no such table"));
    columns_put(page, t ? t->schema : NULL);
    rows_put(v, page, rows, f);
    status_rows_put(v, page, status);
    record_put(v, page, record);
    json_put_str(page, "raw", cut(v, raw, RAW_SHOWN, &is_cut));
    json_put_bool(page, "raw_is_cut", is_cut);
}

static struct capture capture_copy(struct view *v, const struct capture *c)
{
    struct capture copy = *c;
    copy.subject = arena_str(v->arena, c->subject);
    copy.table = arena_str(v->arena, c->table);
    copy.state = arena_str(v->arena, c->state);
    copy.reason = arena_str(v->arena, c->reason);
    copy.c = arena_str(v->arena, c->c);
    copy.x = arena_str(v->arena, c->x);
    return copy;
}

struct json *view_capture(struct view *v, uint64_t leaf, const struct view_filter *f, struct err *e)
{
    const struct assessment *as = view_assessment(v, e);
    if (!as)
        return NULL;
    if ((int64_t)leaf > v->leaf_limit || leaf > INT64_MAX) {
        err_set(e, ERR_NOT_FOUND, "capture %llu: not known at this instant", (unsigned long long)leaf);
        return NULL;
    }
    struct blob_opener opener = {v->blobs.read, v->blobs.context};
    struct captures *captures = captures_open(v->db, &opener, &(struct captures_options){.capture_leaf = (int64_t)leaf}, e);
    if (!captures)
        return NULL;
    const struct capture *items;
    struct err inner = {0};
    struct json *page = NULL;
    if (captures_list(captures, &items) != 1) {
        err_set(e, ERR_NOT_FOUND, "capture %llu: there is none", (unsigned long long)leaf);
    } else {
        struct capture c = capture_copy(v, &items[0]);
        page = page_new(
            v, arena_printf(v->arena, "%.*s of %.*s", STR_ARGS(c.table), STR_ARGS(json_text(subject_new(v, c.subject), "name"))),
            e);
        if (page && (!facts_put(v, page, &c, &inner) || !versions_put(v, page, &c, &inner))) {
            *e = inner;
            page = NULL;
        }
        if (page) {
            content_put(v, page, captures, &items[0], f);
            proof_put(v, page, leaf);
            used_by_put(v, page, as, c.table);
        }
    }
    captures_close(captures);
    return page;
}
