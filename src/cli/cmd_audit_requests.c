/* assay audit requests: what the auditor asks for, how long it waits and whose turn it is; out to the firm's form and in from it. */
#include "assess/engagement.h"
#include "assess/request_answer.h"
#include "base/csv.h"
#include "cli/cmd_audit.h"
#include "cli/cmd_records.h"
#include "cli/open_view.h"
#include "inspect/sheet.h"
#include "report/reports/report.h"
#include "report/view_requests.h"
#include "role/inspect_once.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>


struct requests_cli {
    struct cli_context *c;
    struct keeper_client *keeper; /* NULL: reading only */
    struct record_cli r;
    struct opened_view v;
    struct engagement g;
};

static bool cli_open(struct requests_cli *x, struct cli_context *c, bool writes, struct err *e)
{
    *x = (struct requests_cli){.c = c, .r = {.data = {.fd = -1}}, .keeper = writes ? keeper_open(c->data_dir, e) : NULL};
    return (!writes || x->keeper) && record_cli_open(c, false, &x->r, e) && open_view(c, "at", &x->v, e) &&
           engagement_read(x->r.db, c->arena, str_of(c->arguments[1]), INT64_MAX, &x->g, e);
}

static void cli_close(struct requests_cli *x)
{
    if (x->v.view.db)
        close_view(&x->v);
    records_close(&x->r);
    keeper_close(x->keeper);
}

/* ---- the list ---- */

static void counts_print(struct buf *b, const struct json *page)
{
    const struct json *n = json_get(page, "counts");
    buf_printf(b, "\n%lld wait for the organisation, %lld for the auditor, %lld are done (%lld %%); %lld late\n", (long long)json_int(n, "management", 0), (long long)json_int(n, "auditor", 0),
               (long long)json_int(n, "done", 0), (long long)json_int(page, "percent_done", 0), (long long)json_int(n, "late", 0));
    if (json_int(n, "management", 0) + json_int(n, "auditor", 0) == 0)
        return;
    buf_cstr(b, "\nhow long        organisation  auditor\n");
    JSON_EACH (a, json_get(page, "ageing")) {
        put_padded(b, json_text(a, "words"), 16);
        buf_printf(b, "%12lld %8lld\n", (long long)json_int(a, "management", 0), (long long)json_int(a, "auditor", 0));
    }
    buf_cstr(b, "\nowner                             open     late   oldest\n");
    JSON_EACH (o, json_get(page, "by_owner")) {
        put_padded(b, json_text(o, "name"), 30);
        buf_printf(b, " %7lld %8lld %5lld d\n", (long long)json_int(o, "open", 0), (long long)json_int(o, "late", 0), (long long)json_int(o, "oldest_days", 0));
    }
}

static void list_print(struct buf *b, const struct json *page)
{
    JSON_EACH (q, json_get(page, "rows")) {
        const struct json *state = json_get(q, "state"), *owner = json_get(q, "owner");
        put_shape(b, json_text(state, "status"), false);
        buf_char(b, ' ');
        put_padded(b, json_text(q, "id"), 10);
        put_padded(b, json_text(state, "label"), 11);
        put_padded(b, json_text(q, "due"), 11);
        put_padded(b, json_int(q, "late_days", 0) > 0 ? arena_printf(page->arena, "%lld d late", (long long)json_int(q, "late_days", 0)) : STR(""), 11);
        put_padded(b, json_text(owner, "name"), 20);
        buf_printf(b, " %.*s\n", STR_ARGS(json_text(q, "title")));
    }
    if (json_int(page, "total", 0) == 0)
        buf_cstr(b, "No request here.\n");
    counts_print(b, page);
}

static int list_run(struct requests_cli *x)
{
    struct err e = {0};
    const char *show = cli_option(x->c, "show"), *q = cli_option(x->c, "q");
    static const char *const known[] = {"waiting", "late", "submitted", "done", "all"};
    struct requests_filter f = {.show = str_of(show ? show : ""), .owner = STR(""), .kind = STR(""), .q = str_of(q ? q : "")};
    struct view_records records = {.types = x->r.types, .access = &x->r.access};
    bool is_known = !show;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        is_known |= str_is(f.show, known[i]);
    if (!is_known)
        return cli_wrong_use(x->c, "--show %.40s: waiting, late, submitted, done or all", show);
    return cli_show(x->c, view_requests(&x->v.view, &records, x->g.id, &f, &e), list_print, &e);
}

/* ---- out ---- */

static bool csv_save(struct arena *a, const struct json *rows, const char *path, struct err *e)
{
    struct str text;
    if (!request_rows_text(a, rows, &text, e))
        return false;
    if (strcmp(path, "-") == 0)
        return cli_print(text) == 0;
    return os_file_replace(&os_file_real, AT_FDCWD, path, text, 0600, e) || err_wrap(e, "%s", path);
}

static int export_run(struct requests_cli *x, const char *path)
{
    struct err e = {0};
    struct json *rows = request_rows(x->r.db, x->c->arena, x->r.types, x->g.id, &x->r.access, x->r.now_ms, &e);
    bool is_xlsx = str_ends(str_of(path), ".xlsx");
    if (!is_xlsx && !str_ends(str_of(path), ".csv") && strcmp(path, "-") != 0)
        return cli_wrong_use(x->c, "--export takes a name that ends with .xlsx or .csv, or - for CSV on standard output");
    if (!rows || !(is_xlsx ? report_rows_xlsx(rows, path, NULL, &e) : csv_save(x->c->arena, rows, path, &e)))
        return cli_fail(&e);
    if (strcmp(path, "-") != 0)
        fprintf(stderr, "%s: %zu requests\n", path, rows->count - 1);
    return 0;
}

/* ---- in ---- */

/* A workbook is read by a process that may do nothing else. */
static bool rows_read(struct requests_cli *x, const char *path, struct json **ret, struct err *e)
{
    struct str bytes;
    struct os_child child = OS_CHILD_NONE;
    int fd = -1;
    if (!cli_file_read(x->c, path, REQUEST_LIST_BYTES_MAX, &bytes, e))
        return false;
    if (!str_starts(bytes, "PK") && !str_starts(bytes, "\xd0\xcf\x11\xe0"))
        return (*ret = request_rows_csv(x->c->arena, bytes, e)) != NULL;
    struct json *sheet = inspect_start(&child, &fd, e) ? sheet_ask(fd, x->c->arena, bytes, e) : NULL;
    os_child_end(&child, 1000);
    *ret = sheet ? (struct json *)(uintptr_t)json_get(sheet, "rows") : NULL;
    return *ret || (e->code == ERR_NONE && err_set(e, ERR_INVALID, "its first sheet is empty"));
}

static struct json *import_json(struct cli_context *c, const struct request_import *in, bool is_dry)
{
    struct json *o = json_object(c->arena);
    json_put(o, "columns", in->columns);
    json_put(o, "plan", in->plan);
    json_put(o, "problems", in->problems);
    json_put_int(o, "made", (int64_t)in->made);
    json_put_int(o, "changed", (int64_t)in->changed);
    json_put_int(o, "same", (int64_t)in->same);
    json_put_int(o, "unknown", (int64_t)in->unknown);
    json_put_bool(o, "is_dry_run", is_dry);
    return o;
}

static int import_tell(struct cli_context *c, const struct request_import *in, bool is_dry)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 4 << 20);
    if (c->json)
        return cli_print_json(import_json(c, in, is_dry));
    JSON_EACH (k, in->columns)
        buf_printf(&b, "column %-3.*s %.*s: %.*s\n", STR_ARGS(json_text(k, "column")), STR_ARGS(json_text(k, "heading")),
                   STR_ARGS(json_text(k, "label").size ? json_text(k, "label") : json_bool(k, "is_kept") ? STR("into the words of the request") : STR("left out")));
    buf_printf(&b, "%zu new, %zu changed, %zu as they are%s%s\n", in->made, in->changed, in->same, in->unknown ? ", some with an id that is not here" : "",
               is_dry ? "; nothing was stored, as --dry-run says" : "");
    return cli_print(buf_view(&b));
}

static int import_run(struct requests_cli *x, const char *path)
{
    struct err e = {0};
    struct request_import in;
    struct json *rows, *answer;
    struct op op;
    bool is_dry = cli_flag(x->c, "dry-run");
    if ((!rows_read(x, path, &rows, &e) && !err_wrap(&e, "%s", path)) ||
        !request_import_read(x->r.db, x->c->arena, x->r.types, &x->g, rows, NULL, &x->r.access, x->r.now_ms, &in, &e))
        return cli_fail(&e);
    JSON_EACH (p, in.problems)
        fprintf(stderr, "%s: row %lld, %.*s: %.*s\n", path, (long long)json_int(p, "row", 0), STR_ARGS(json_text(p, "column")), STR_ARGS(json_text(p, "why")));
    if (in.problems->count) {
        err_set(&e, ERR_INVALID, "%s: %zu problem%s; nothing was stored", path, in.problems->count, in.problems->count == 1 ? "" : "s");
        return cli_fail(&e);
    }
    if (!is_dry && in.count &&
        (!record_op(x->c->env, x->c->arena, in.changes, in.count, &x->r.access, &op, &e) || !keeper_submit(x->keeper, x->c->arena, &op, &answer, &e) || !keeper_flush(x->keeper, &e)))
        return cli_fail(&e);
    return import_tell(x->c, &in, is_dry);
}

int audit_requests_run(struct cli_context *c)
{
    struct err e = {0};
    struct requests_cli x;
    const char *out = cli_option(c, "export"), *in = cli_option(c, "import");
    if (c->argument_count != 2)
        return cli_wrong_use(c, "requests takes the id of an engagement");
    if (out && in)
        return cli_wrong_use(c, "--export or --import, not both");
    int status = !cli_open(&x, c, in && !cli_flag(c, "dry-run"), &e) ? cli_fail(&e) : out ? export_run(&x, out) : in ? import_run(&x, in) : list_run(&x);
    cli_close(&x);
    return status;
}
