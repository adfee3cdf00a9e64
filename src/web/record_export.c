/* Records as CSV and XLSX, and the files they hold. */
#include "os/library.h"
#include "report/reports/report.h"
#include "web/records.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xlsxwriter.h>

enum { EXPORT_BYTES_MAX = 64 << 20, EXPORT_ROWS_MAX = 100000 };

static bool open_export(struct call *c, const struct record_type **t, struct record_query *q, struct err *e)
{
    if (!records_open(c, t, e) || !records_query(c, *t, q, e))
        return false;
    q->leaf_limit = c->view.is_past ? c->view.leaf_limit : INT64_MAX;
    q->access = c->access;
    q->now_ms = c->view.at_ms;
    return true;
}

static void attach(struct call *c, const char *name)
{
    c->response->disposition = arena_printf(c->arena, "attachment; filename=\"%s\"", name);
    c->response->cache = "private, no-cache";
}

bool handle_record_csv(struct call *c, struct err *e)
{
    const struct record_type *t;
    struct record_query q;
    if (!call_step_up(c))
        return true;
    if (!open_export(c, &t, &q, e))
        return false;
    struct buf BUF_AUTO b;
    buf_init(&b, EXPORT_BYTES_MAX);
    if (!record_csv_write(c->view.db, c->arena, t, &q, &b, e))
        return false;
    if (b.full)
        return err_set(e, ERR_TOO_LARGE, "the list is over %d MiB as CSV; filter it", EXPORT_BYTES_MAX >> 20);
    call_bytes(c, "text/csv; charset=utf-8", arena_str(c->arena, buf_view(&b)));
    attach(c, arena_printf(c->arena, "%s.csv", t->table).data);
    return true;
}

/* ---- XLSX: libxlsxwriter, where it is installed ---- */

#define XLSX_FUNCTIONS(F)                                                                                                        \
    F(workbook_, new_opt) F(workbook_, add_worksheet) F(workbook_, close) F(worksheet_, write_string) F(worksheet_, write_number) \
    F(worksheet_, freeze_panes)
static struct {
    XLSX_FUNCTIONS(LIBRARY_POINTER)
} xlsx;
static const char *const xlsx_names[] = {XLSX_FUNCTIONS(LIBRARY_NAME)};
static struct library xlsx_library = LIBRARY("libxlsxwriter.so.4", "libxlsxwriter4", xlsx_names, xlsx);

bool xlsx_prepare(struct err *e)
{
    return library_open(&xlsx_library, e) || err_wrap(e, "XLSX (CSV needs nothing)");
}

struct sheet {
    struct call *call;
    const struct record_type *type;
    lxw_worksheet *sheet;
    uint32_t row;
};

/* Texts are written as texts: nothing that was typed becomes a formula. */
static void write_text(struct sheet *s, uint16_t column, struct str text)
{
    enum { CELL_BYTES_MAX = 32000 };
    if (text.size)
        xlsx.write_string(s->sheet, s->row, column, arena_str(s->call->arena, str_prefix(text, CELL_BYTES_MAX)).data, NULL);
}

static bool each_row(void *context, const struct record *r, struct err *e)
{
    struct sheet *s = context;
    if (s->row >= EXPORT_ROWS_MAX)
        return err_set(e, ERR_TOO_LARGE, "the list has over %d rows; filter it, or take CSV", EXPORT_ROWS_MAX);
    s->row++;
    write_text(s, 0, r->id);
    const struct record_state *state = record_type_state(s->type, r->state);
    write_text(s, 1, state ? str_of(state->label) : r->state);
    uint16_t column = 2;
    for (size_t i = 0; i < s->type->field_count; i++) {
        const struct record_field *f = &s->type->fields[i];
        const struct json *value = json_get(r->values, f->id);
        if (f->is_retired)
            continue;
        if (value && value->type == JSON_NUMBER && value->is_integer && f->type == FIELD_NUMBER)
            xlsx.write_number(s->sheet, s->row, column, (double)value->integer, NULL);
        else
            write_text(s, column, record_value_text(s->call->arena, f, value));
        column++;
    }
    return true;
}

static bool write_rows(struct sheet *s, struct record_query *q, struct err *e)
{
    write_text(s, 0, STR("Id"));
    write_text(s, 1, STR("State"));
    uint16_t column = 2;
    for (size_t i = 0; i < s->type->field_count; i++)
        if (!s->type->fields[i].is_retired)
            write_text(s, column++, str_of(s->type->fields[i].label));
    xlsx.freeze_panes(s->sheet, 1, 0);
    q->per_page = 1000;
    int64_t total = 1;
    for (q->page = 1; (q->page - 1) * q->per_page < total; q->page++)
        if (!record_list(s->call->view.db, s->call->arena, s->type, q, each_row, s, &total, e))
            return false;
    return true;
}

static bool read_back(struct call *c, const char *path, struct str *ret, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat facts;
    if (fd < 0 || fstat(fd, &facts) != 0 || facts.st_size > EXPORT_BYTES_MAX) {
        if (fd >= 0)
            close(fd);
        return err_set(e, ERR_UNAVAILABLE, "XLSX: the file could not be read back");
    }
    char *bytes = arena_alloc(c->arena, (size_t)facts.st_size + 1);
    ssize_t got = pread(fd, bytes, (size_t)facts.st_size, 0);
    close(fd);
    if (got != facts.st_size)
        return err_set(e, ERR_UNAVAILABLE, "XLSX: the file could not be read back");
    *ret = str_make(bytes, (size_t)got);
    return true;
}

bool xlsx_of_rows(struct call *c, const struct json *rows, struct str *ret, struct err *e)
{
    char id[33];
    op_id_new(c->site->env, id);
    const char *dir = arena_printf(c->arena, "%s/db", c->site->dir.path).data, *path = arena_printf(c->arena, "%s/export-%s.tmp", dir, id).data;
    bool is_ok = report_rows_xlsx(rows, path, dir, e) && read_back(c, path, ret, e);
    unlink(path);
    return is_ok;
}

bool handle_record_xlsx(struct call *c, struct err *e)
{
    const struct record_type *t;
    struct record_query q;
    if (!call_step_up(c))
        return true;
    if (!open_export(c, &t, &q, e) || !xlsx_prepare(e))
        return false;
    char id[33];
    op_id_new(c->site->env, id);
    char *dir = (char *)(uintptr_t)arena_printf(c->arena, "%s/db", c->site->dir.path).data;
    const char *path = arena_printf(c->arena, "%s/export-%s.tmp", dir, id).data;
    lxw_workbook_options options = {.constant_memory = LXW_TRUE, .tmpdir = dir};
    lxw_workbook *book = xlsx.new_opt(path, &options);
    struct sheet s = {.call = c, .type = t, .sheet = book ? xlsx.add_worksheet(book, NULL) : NULL};
    if (!s.sheet)
        return err_set(e, ERR_INTERNAL, "XLSX: no worksheet could be made");
    bool is_ok = write_rows(&s, &q, e);
    int failed = xlsx.close(book);
    if (is_ok && failed)
        is_ok = err_set(e, ERR_UNAVAILABLE, "XLSX: the file could not be written (%d)", failed);
    struct str bytes = STR("");
    is_ok = is_ok && read_back(c, path, &bytes, e);
    unlink(path);
    if (is_ok) {
        call_bytes(c, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", bytes);
        attach(c, arena_printf(c->arena, "%s.xlsx", t->table).data);
    }
    return is_ok;
}

/* ---- files ---- */

static struct str header_name(struct call *c, struct str name)
{
    char *out = arena_alloc(c->arena, name.size + 1);
    for (size_t i = 0; i < name.size; i++) {
        unsigned char b = (unsigned char)name.data[i];
        out[i] = b < 0x20 || b >= 0x7f || b == '"' || b == '\\' || b == '%' ? '_' : (char)b;
    }
    return str_make(out, name.size);
}

/* RFC 6266: a plain name for all, and the real one as UTF-8. */
struct str record_disposition(struct call *c, struct str name)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 2048);
    buf_printf(&b, "attachment; filename=\"%.*s\"; filename*=UTF-8''", STR_ARGS(header_name(c, name)));
    for (size_t i = 0; i < name.size; i++) {
        unsigned char ch = (unsigned char)name.data[i];
        bool is_plain = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') || strchr("-._", ch);
        if (is_plain)
            buf_char(&b, (char)ch);
        else
            buf_printf(&b, "%%%02X", ch);
    }
    return arena_str(c->arena, buf_view(&b));
}

bool handle_record_file(struct call *c, struct err *e)
{
    const struct record_type *t;
    if (!records_open(c, &t, e))
        return false;
    /* Who may read the record, as of the instant shown, may read its files. */
    struct json *v = view_record(&c->view, c->records, t, c->parameters[1], false, e);
    if (!v)
        return false;
    struct err inner = {0};
    int64_t limit = c->view.is_past ? c->view.leaf_limit : INT64_MAX, leaf = -1;
    struct str name = STR(""), commitment = STR(""), x = STR("");
    DB_EACH (row, c->view.db, &inner,
             "select leaf, name, c, x from record_file where type = ?1 and id = ?2 and x = ?3 and from_leaf <= ?4 and (to_leaf is null or to_leaf > ?4)",
             A(t->id), A(c->parameters[1]), A(c->parameters[2]), A(limit)) {
        leaf = db_int(row, 0);
        name = arena_str(c->arena, db_text(row, 1));
        commitment = arena_str(c->arena, db_text(row, 2));
        x = arena_str(c->arena, db_text(row, 3));
    }
    if (inner.code)
        return *e = inner, false;
    if (leaf < 0)
        return err_set(e, ERR_NOT_FOUND, "%s %.*s has no such file", t->label, STR_ARGS(c->parameters[1]));
    struct str bytes;
    if (!call_blob(c, (uint64_t)leaf, commitment.data, x.data, &bytes, e))
        return false;
    call_bytes(c, "application/octet-stream", bytes);
    c->response->is_sandboxed = true;
    c->response->disposition = record_disposition(c, name);
    c->response->cache = "private, no-cache";
    return true;
}
