/* Reports: which there are, one of them part by part with what is missing, and as files. */
#include "pages.h"
#include "report/reports/report.h"
#include "web/page_kinds.h"
#include "web/records.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REPORT_FILE_BYTES = 96 << 20, CHECKS_SHOWN = 100 };
static const struct {
    const char *id, *label, *type;
} formats[] = {{"pdf", "PDF", "application/pdf"},
               {"html", "HTML", "text/html; charset=utf-8"},
               {"xlsx", "XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
               {"json", "JSON", "application/json"}};
enum { FORMATS = sizeof formats / sizeof formats[0] };

/* "/audit/:id/reports…" or "/reports…", also below /api/v1. */
static bool is_of_engagement(const struct call *c)
{
    return strstr(c->route->path, "/audit/") != NULL;
}

static struct json *build_reports(struct call *c, struct err *e)
{
    struct json *v = report_list(&c->view, c->records, is_of_engagement(c) ? c->parameters[0] : STR(""), e);
    if (v)
        records_put_done(c, v);
    return v;
}

static struct json *made(struct call *c, struct err *e)
{
    struct report_options o = {.kind = c->parameters[is_of_engagement(c)], .engagement = is_of_engagement(c) ? c->parameters[0] : STR(""), .is_page = true};
    if (!call_query(c, "to", &o.to, e))
        return NULL;
    return report_make(&c->view, c->records, &o, e);
}

/* A page shows one part at a time: a report of 150 pages is no page of a site. */
static void part_put(struct call *c, struct json *v)
{
    struct str text = STR("");
    struct err ignored = {0};
    int64_t number = 1;
    if (!call_query(c, "part", &text, &ignored) || !str_to_int64(text, &number))
        number = 1;
    struct json *part = report_part(c->arena, json_get(v, "document"), number);
    static const char *const members[] = {"parts", "blocks"};
    for (size_t i = 0; i < 2; i++) {
        struct json *copy = ARENA_NEW(c->arena, struct json);
        *copy = *json_get(part, members[i]);
        copy->next = NULL;
        json_put(v, members[i], copy);
    }
}

static struct json *build_report(struct call *c, struct err *e)
{
    struct json *v = made(c, e);
    if (!v || route_is_api(c->route))
        return v;
    struct str base = is_of_engagement(c) ? arena_printf(c->arena, "/audit/%.*s/reports/%.*s", STR_ARGS(c->parameters[0]), STR_ARGS(c->parameters[1]))
                                          : arena_printf(c->arena, "/reports/%.*s", STR_ARGS(c->parameters[0]));
    records_put_done(c, v);
    part_put(c, v);
    json_put_str(v, "base", base);
    struct json *files = json_put_array(v, "files"), *shown = json_put_array(v, "shown"), *fine = json_put_array(v, "fine");
    for (size_t i = 0; i < FORMATS; i++) {
        struct json *o = json_push_object(files);
        json_put_cstr(o, "label", formats[i].label);
        json_put_str(o, "url", arena_printf(c->arena, "%.*s/file?format=%s", STR_ARGS(base), formats[i].id));
    }
    JSON_EACH (check, json_get(v, "checks")) {
        struct json *list = str_is(json_text(check, "level"), "fine") ? fine : shown;
        if (list->count >= CHECKS_SHOWN)
            continue;
        struct json *copy = ARENA_NEW(c->arena, struct json);
        *copy = *check;
        copy->next = NULL;
        json_push(list, copy);
    }
    json_put_int(v, "more", json_int(json_get(v, "counts"), "refused", 0) + json_int(json_get(v, "counts"), "open", 0) + json_int(json_get(v, "counts"), "warning", 0) - (int64_t)shown->count);
    return v;
}

const struct page page_kind_reports = {.nav = "reports", .build = build_reports, .render = page_reports, .words = "The reports that can be made"};
const struct page page_kind_report = {.nav = "reports", .build = build_report, .render = page_report, .words = "A report, with what is missing in it"};

/* ---- files ---- */

static bool read_back(struct call *c, const char *path, struct str *ret, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat facts;
    bool ok = fd >= 0 && fstat(fd, &facts) == 0 && facts.st_size <= REPORT_FILE_BYTES;
    char *bytes = ok ? arena_alloc(c->arena, (size_t)facts.st_size + 1) : NULL;
    ok = ok && pread(fd, bytes, (size_t)facts.st_size, 0) == facts.st_size;
    if (fd >= 0)
        close(fd);
    if (!ok)
        return err_set(e, ERR_UNAVAILABLE, "XLSX: the file could not be read back");
    *ret = str_make(bytes, (size_t)facts.st_size);
    return true;
}

static bool xlsx_make(struct call *c, const struct json *document, struct str *ret, struct err *e)
{
    char id[33];
    op_id_new(c->site->env, id);
    const char *dir = arena_printf(c->arena, "%s/db", c->site->dir.path).data, *path = arena_printf(c->arena, "%s/report-%s.tmp", dir, id).data;
    bool ok = report_write_xlsx(document, path, dir, c->arena, e) && read_back(c, path, ret, e);
    unlink(path);
    return ok;
}

static bool bytes_make(struct call *c, const char *format, const struct json *page, struct str *ret, struct err *e)
{
    const struct json *document = json_get(page, "document");
    struct buf BUF_AUTO b;
    buf_init(&b, REPORT_FILE_BYTES);
    if (strcmp(format, "pdf") == 0)
        return site_print(c->site, c->arena, document, ret, e);
    if (strcmp(format, "xlsx") == 0)
        return xlsx_make(c, document, ret, e);
    if (strcmp(format, "html") == 0)
        report_write_html(document, &b);
    else
        json_write_pretty(&b, page);
    if (b.full)
        return err_set(e, ERR_TOO_LARGE, "%s: over %d MiB", format, REPORT_FILE_BYTES >> 20);
    *ret = arena_str(c->arena, buf_view(&b));
    return true;
}

bool handle_report_file(struct call *c, struct err *e)
{
    struct str format, bytes;
    size_t i = 0;
    if (!call_query(c, "format", &format, e))
        return false;
    while (i < FORMATS && !str_is(format, formats[i].id))
        i++;
    if (i == FORMATS)
        return err_set(e, ERR_INVALID, "format: html, pdf, xlsx or json");
    if (!call_step_up(c))
        return true;
    struct json *page = call_view(c, e) ? made(c, e) : NULL;
    if (!page || (strcmp(formats[i].id, "json") != 0 && !report_is_allowed(page, e)) || !bytes_make(c, formats[i].id, page, &bytes, e))
        return false;
    c->response->disposition = arena_printf(c->arena, "attachment; filename=\"%.*s\"", STR_ARGS(report_file_name(c->arena, page, formats[i].id)));
    c->response->cache = "private, no-cache";
    return call_bytes(c, formats[i].type, bytes);
}
