/* Requests of an engagement: the list, one of them, handing in, taking and sending back, comments; the room, and what was read. Pages and API alike. */
#include "assess/request_answer.h"
#include "base/csv.h"
#include "pages.h"
#include "report/view_requests.h"
#include "web/page_kinds.h"
#include "web/reads.h"
#include "web/records.h"

enum { COMMENT_BYTES_MAX = 8000, LIST_MAX = 200, ROWS_SHOWN = 200 };

static struct json *finish(struct call *c, struct json *v)
{
    if (v && !route_is_api(c->route))
        records_put_done(c, v);
    return v;
}

static struct json *build_requests(struct call *c, struct err *e)
{
    struct requests_filter f;
    if (!call_query(c, "show", &f.show, e) || !call_query(c, "owner", &f.owner, e) || !call_query(c, "kind", &f.kind, e) || !call_query(c, "q", &f.q, e))
        return NULL;
    return finish(c, view_requests(&c->view, c->records, c->parameters[0], &f, e));
}

static struct json *build_request(struct call *c, struct err *e)
{
    return finish(c, view_request(&c->view, c->records, c->parameters[0], c->parameters[1], e));
}

static struct json *build_room(struct call *c, struct err *e)
{
    return finish(c, view_audit_room(&c->view, c->records, c->parameters[0], e));
}

static struct json *build_log(struct call *c, struct err *e)
{
    struct str before;
    return call_query(c, "before", &before, e) ? finish(c, view_audit_log(&c->view, c->records, c->parameters[0], before, e)) : NULL;
}

const struct page page_kind_requests = {.nav = "audit", .build = build_requests, .render = page_requests, .words = "The auditor's requests: whose turn it is, what is late, what is done"};
const struct page page_kind_request = {.nav = "audit", .build = build_request, .render = page_request, .words = "One request with what was given, what was said, and what is there to answer it"};
const struct page page_kind_audit_room = {.nav = "audit", .build = build_room, .render = page_audit_room, .words = "What an auditor of this engagement may see"};
const struct page page_kind_audit_log = {.nav = "audit", .build = build_log, .render = page_audit_log, .words = "What was read in the room, by whom and when"};

/* What was read until now is on record before it is shown. */
bool handle_audit_log(struct call *c, struct err *e)
{
    struct err ignored = {0};
    if (!reads_flush(c->site, true, &ignored))
        ignored = (struct err){0}; /* shown later */
    return route_is_api(c->route) ? handle_api(c, e) : handle_page(c, e);
}

/* ---- what comes with a request ---- */

/* A value of the form, or of the JSON. */
static struct str wished(struct call *c, const char *name)
{
    return c->json ? json_text(c->json, name) : form_value(&c->form, name);
}

static struct strings wished_list(struct call *c, const char *name)
{
    const char **items = arena_array(c->arena, LIST_MAX, sizeof(*items));
    size_t count = 0;
    JSON_EACH (one, c->json ? json_get(c->json, name) : NULL)
        if (one->type == JSON_STRING && one->text.size && count < LIST_MAX)
            items[count++] = arena_str(c->arena, one->text).data;
    for (size_t i = 0; i < c->form.count && count < LIST_MAX; i++)
        if (!c->form.fields[i].is_file && str_is(c->form.fields[i].name, name) && c->form.fields[i].value.size)
            items[count++] = arena_str(c->arena, c->form.fields[i].value).data;
    return (struct strings){items, count};
}

static int64_t wished_version(struct call *c)
{
    int64_t version = 0;
    if (c->json)
        return json_int(c->json, "version", 0);
    return str_to_int64(form_value(&c->form, "version"), &version) ? version : 0;
}

/* Files of the form, sealed. */
static bool wished_files(struct call *c, struct request_answer *w, struct err *e)
{
    struct op_blob *files = arena_array(c->arena, c->form.count + 1, sizeof(*files));
    struct json *values = json_array(c->arena), *value;
    for (size_t i = 0; i < c->form.count; i++) {
        const struct form_field *file = &c->form.fields[i];
        const char *why = NULL;
        if (!file->is_file || !str_is(file->name, "file") || (file->file_name.size == 0 && file->value.size == 0))
            continue;
        const char *media = upload_media_evidence(file->file_name, file->value, &why);
        why = file->value.size == 0 ? "it is empty" : file->value.size > RECORD_FILE_BYTES ? "it is over 32 MiB" : why;
        if (why || !media)
            return err_set(e, ERR_INVALID, "file: %.*s: %s", STR_ARGS(file->file_name), why ? why : "programs are not taken");
        if (!record_seal_file(c->site->env, c->arena, file->file_name, media, file->value, &files[w->file_count], &value, e))
            return false;
        w->file_count++;
        json_push(values, value);
    }
    w->files = files;
    w->file_values = values;
    return true;
}

static bool open_request(struct call *c, struct record **ret, struct err *e)
{
    if (!call_view(c, e))
        return false;
    const struct record_type *t = record_types_find(c->records->types, STR("audit_request"));
    struct record *r = t ? record_get(c->view.db, c->arena, t, c->parameters[1], INT64_MAX, e) : NULL;
    if (!r)
        return false;
    if (r->is_deleted || !str_equal(json_text(r->values, "engagement"), c->parameters[0]) || !access_matches(c->access, &t->may_read, r))
        return err_set(e, ERR_NOT_FOUND, "request %.*s: there is none in this engagement", STR_ARGS(str_slice(c->parameters[1], 0, RECORD_ID_MAX)));
    *ret = r;
    return true;
}

static bool answer(struct call *c, const char *done, int status, struct err *e)
{
    if (!route_is_api(c->route))
        return call_redirect(c, arena_printf(c->arena, "/audit/%.*s/requests/%.*s?done=%s", STR_ARGS(c->parameters[0]), STR_ARGS(c->parameters[1]), done));
    struct err inner = {0};
    if (!view_open(&c->view, 0, &inner))
        return (*e = inner, false);
    struct json *v = view_request(&c->view, c->records, c->parameters[0], c->parameters[1], e);
    if (!v || !call_json(c, v, e))
        return false;
    c->response->status = status;
    return true;
}

/* ---- the list ---- */

static bool system_submit(void *context, struct op *op, struct json **ret_answer, struct err *e)
{
    struct call *c = context;
    return keeper_link_submit(c->site->keeper, c->arena, op, ret_answer, e);
}

static void advance(struct call *c)
{
    struct err ignored = {0};
    size_t done;
    if (!requests_advance(c->view.db, c->site->env, day_of(c->now_ms), system_submit, c, &done, &ignored))
        ignored = (struct err){0}; /* it is looked for once a minute anyway */
}

static bool list_make(struct call *c, size_t *ret_count, struct err *e)
{
    struct engagement g;
    struct engagement_scope scope;
    struct request_changes made;
    struct request_options o = {.today = day_of(c->now_ms)};
    struct json *said;
    struct str days = str_trim(wished(c, "days"));
    *ret_count = 0;
    if (days.size && (!str_to_int64(days, &o.days) || o.days < 0 || o.days > 366))
        return err_set(e, ERR_INVALID, "days: a number from 1 to 366, or nothing");
    if (!engagement_read(c->view.db, c->arena, c->parameters[0], INT64_MAX, &g, e) || !engagement_may_read(&c->view, c->records, &g, e) ||
        !engagement_scope(c->view.db, c->arena, &g, INT64_MAX, &scope, e) || !requests_plan(c->view.db, c->arena, &g, &scope, &o, &made, e))
        return false;
    *ret_count = made.count;
    return made.count == 0 || records_submit_all(c, made.changes, made.count, NULL, &said, e);
}

bool handle_requests_make(struct call *c, struct err *e)
{
    size_t count;
    if (!call_view(c, e) || !list_make(c, &count, e))
        return false;
    if (!route_is_api(c->route))
        return call_redirect(c, arena_printf(c->arena, "/audit/%.*s/requests?done=%s", STR_ARGS(c->parameters[0]), count ? "requests" : "norequests"));
    struct json *o = json_object(c->arena);
    json_put_int(o, "made", (int64_t)count);
    return call_json(c, o, e);
}

/* ---- one ---- */

bool handle_request_submit(struct call *c, struct err *e)
{
    struct record *r;
    struct json *said;
    if (!open_request(c, &r, e))
        return false;
    struct request_answer w = {.id = r->id, .version = wished_version(c), .text = wished(c, "answer"), .evidence = wished_list(c, "evidence"), .policies = wished_list(c, "policy_versions"),
                               .registers = wished_list(c, "registers")};
    struct record_change change;
    w.has_text = w.text.size > 0 || form_find(&c->form, "answer");
    if (!wished_files(c, &w, e) || !request_answer_change(c->view.db, c->site->env, c->arena, c->records->types, c->access, c->now_ms, &w, &change, e) ||
        !records_submit_all(c, &change, 1, NULL, &said, e))
        return false;
    return answer(c, "submitted", 200, e);
}

/* accept, return, withdraw. */
static bool request_move(struct call *c, struct str transition, const char *done, struct err *e)
{
    struct record *r;
    struct json *said;
    if (!open_request(c, &r, e))
        return false;
    struct record_change change = {.type = STR("audit_request"), .id = r->id, .act = RECORD_MOVE, .version = wished_version(c), .transition = transition, .set = json_object(c->arena),
                                   .why = str_trim(wished(c, "why"))};
    change.version = change.version ? change.version : r->version;
    if (!records_submit_all(c, &change, 1, NULL, &said, e))
        return false;
    advance(c);
    return answer(c, done, 200, e);
}

bool handle_request_move(struct call *c, struct err *e)
{
    return request_move(c, wished(c, "transition"), "moved", e);
}

bool handle_request_accept(struct call *c, struct err *e)
{
    return request_move(c, STR("accept"), "moved", e);
}

bool handle_request_return(struct call *c, struct err *e)
{
    return request_move(c, STR("return"), "moved", e);
}

bool handle_request_comment(struct call *c, struct err *e)
{
    struct record *r;
    struct json *said;
    if (!open_request(c, &r, e))
        return false;
    struct str text = str_trim(wished(c, "text")), first, rest = text;
    if (text.size == 0 || text.size > COMMENT_BYTES_MAX)
        return err_set(e, ERR_INVALID, "text: a comment has 1 to %d bytes", COMMENT_BYTES_MAX);
    str_next_line(&rest, &first);
    first = str_trim(str_slice(first, 0, 180));
    while (first.size && !str_is_utf8(first))
        first.size--;
    struct record_change change = {.type = STR("audit_comment"), .act = RECORD_CREATE, .set = json_object(c->arena)};
    json_put_str(change.set, "title", first);
    json_put_str(change.set, "text", text);
    json_put_str(change.set, "engagement", c->parameters[0]);
    json_put_str(change.set, "request", r->id);
    json_put_cstr(change.set, "side", c->access->examined ? "auditor" : "management");
    return records_submit_all(c, &change, 1, NULL, &said, e) && answer(c, "said", 201, e);
}

/* Files without handing in yet. */
bool handle_request_attach(struct call *c, struct err *e)
{
    struct record *r;
    struct json *said;
    struct request_answer w = {0};
    if (!open_request(c, &r, e) || !wished_files(c, &w, e))
        return false;
    if (w.file_count == 0)
        return err_set(e, ERR_INVALID, "file: send multipart/form-data with one or more of this name");
    struct json *set = json_object(c->arena), *list = json_put_array(set, "files");
    JSON_EACH (file, json_get(r->values, "files")) {
        struct json *copy = json_push_object(list);
        JSON_EACH (m, file)
            json_put(copy, arena_str(c->arena, m->key).data, m->type == JSON_NUMBER ? json_new_int(c->arena, m->integer) : json_new_str(c->arena, m->text));
    }
    while (w.file_values->first) {
        struct json *value = w.file_values->first;
        ((struct json *)(uintptr_t)w.file_values)->first = value->next;
        value->next = NULL;
        json_push(list, value);
    }
    struct record_change change = {.type = STR("audit_request"), .id = r->id, .act = RECORD_CHANGE, .version = r->version, .set = set, .files = w.files, .file_count = w.file_count};
    return records_submit_all(c, &change, 1, NULL, &said, e) && answer(c, "attached", 201, e);
}

/* ---- out ---- */

bool handle_requests_export(struct call *c, struct err *e)
{
    struct engagement g;
    struct str bytes;
    bool is_xlsx = str_ends(str_of(c->route->path), ".xlsx");
    if (!call_view(c, e) || !engagement_read(c->view.db, c->arena, c->parameters[0], INT64_MAX, &g, e) || !engagement_may_read(&c->view, c->records, &g, e))
        return false;
    struct json *rows = request_rows(c->view.db, c->arena, c->records->types, g.id, c->access, c->now_ms, e);
    if (!rows)
        return false;
    if (!(is_xlsx ? xlsx_of_rows(c, rows, &bytes, e) : request_rows_text(c->arena, rows, &bytes, e)))
        return false;
    call_bytes(c, is_xlsx ? "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" : "text/csv; charset=utf-8", bytes);
    c->response->disposition = arena_printf(c->arena, "attachment; filename=\"requests-%.*s.%s\"", STR_ARGS(g.id), is_xlsx ? "xlsx" : "csv");
    c->response->cache = "private, no-cache";
    return true;
}

/* ---- in ---- */

/* A workbook is read by the process that may do nothing else, and goes on as text. */
static bool workbook_to_text(struct call *c, struct str *bytes, struct err *e)
{
    if (!str_starts(*bytes, "PK") && !str_starts(*bytes, "\xd0\xcf\x11\xe0"))
        return true;
    struct json *sheet = site_sheet(c->site, c->arena, *bytes, e);
    if (!sheet)
        return false;
    if (!request_rows_text(c->arena, json_get(sheet, "rows"), bytes, e))
        return false;
    return bytes->size || err_set(e, ERR_INVALID, "file: the first sheet is empty");
}

static bool import_read(struct call *c, struct str text, const struct json *mapping, struct request_import *ret, struct err *e)
{
    struct engagement g;
    struct json *rows;
    if (!engagement_read(c->view.db, c->arena, c->parameters[0], INT64_MAX, &g, e) || !engagement_may_read(&c->view, c->records, &g, e))
        return false;
    rows = request_rows_csv(c->arena, text, e);
    return rows && request_import_read(c->view.db, c->arena, c->records->types, &g, rows, mapping, c->access, c->now_ms, ret, e);
}

static void import_put(struct json *v, const struct request_import *in)
{
    json_put_int(v, "header_row", (int64_t)in->header_row);
    json_put_int(v, "made", (int64_t)in->made);
    json_put_int(v, "changed", (int64_t)in->changed);
    json_put_int(v, "same", (int64_t)in->same);
    json_put_int(v, "unknown", (int64_t)in->unknown);
    json_put(v, "columns", in->columns);
    json_put(v, "plan", in->plan);
    json_put(v, "problems", in->problems);
}

static struct json *import_page(struct call *c, struct err *e)
{
    struct engagement g;
    struct json *v = engagement_page_new(&c->view, c->records, STR("Import requests"), c->parameters[0], "requests", &g, e);
    const struct record_type *t = record_types_find(c->records->types, STR("audit_request"));
    if (!v || !t)
        return NULL;
    struct json *fields = json_put_array(v, "fields");
    static const char *const taken[] = {"firm_id", "title", "details", "kind", "phase", "controls", "criteria", "owner", "asked_on", "due_on", "template"};
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        struct json *o = json_push_object(fields);
        json_put_cstr(o, "id", taken[i]);
        json_put_cstr(o, "label", record_type_field(t, str_of(taken[i]))->label);
    }
    return v;
}

static bool import_show(struct call *c, struct json *v, int status, struct err *e)
{
    static const struct page shown = {.nav = "audit", .render = page_requests_import};
    struct buf BUF_AUTO b;
    buf_init(&b, 8 << 20);
    examiner_trim(c, v);
    shell_render(c, &shown, v, &b);
    if (b.full)
        return err_set(e, ERR_TOO_LARGE, "this page is over 8 MiB");
    call_bytes(c, "text/html; charset=utf-8", arena_str(c->arena, buf_view(&b)));
    c->response->status = status;
    return true;
}

bool handle_requests_import_form(struct call *c, struct err *e)
{
    struct json *v = call_view(c, e) ? import_page(c, e) : NULL;
    if (!v)
        return false;
    json_put_bool(v, "has_file", false);
    json_put_cstr(v, "why", "");
    return import_show(c, v, 200, e);
}

bool handle_requests_import(struct call *c, struct err *e)
{
    struct str text;
    char stash[33] = "";
    struct request_import in;
    struct err why = {0};
    struct json *v = call_view(c, e) ? import_page(c, e) : NULL, *said;
    if (!v)
        return false;
    struct form_field *file = (struct form_field *)(uintptr_t)form_find(&c->form, "file");
    bool is_read = (!file || workbook_to_text(c, &file->value, &why)) && records_import_text(c, &text, stash, &why) && import_read(c, text, records_mapping_of(c), &in, &why);
    json_put_bool(v, "has_file", is_read);
    if (is_read && str_is(form_value(&c->form, "go"), "import") && in.problems->count == 0 && in.count > 0 && records_submit_all(c, in.changes, in.count, stash, &said, &why))
        return call_redirect(c, arena_printf(c->arena, "/audit/%.*s/requests?show=all&done=imported", STR_ARGS(c->parameters[0])));
    json_put_str(v, "why", arena_str(c->arena, str_of(why.text)));
    json_put_str(v, "stash", arena_str(c->arena, str_of(stash)));
    if (is_read)
        import_put(v, &in);
    return import_show(c, v, !is_read || in.problems->count || why.code ? 422 : 200, e);
}

/* POST text/csv, or multipart/form-data with file (CSV or XLSX); ?dry_run=1 says what would happen. */
bool handle_api_requests_import(struct call *c, struct err *e)
{
    struct str dry, text = c->request->body;
    struct request_import in;
    struct json *said = NULL;
    const struct form_field *file = form_find(&c->form, "file");
    if (!call_view(c, e) || !call_query(c, "dry_run", &dry, e))
        return false;
    if (file)
        text = file->value;
    else if (!str_starts(c->request->content_type, "text/csv")) {
        c->status = 415;
        return err_set(e, ERR_UNSUPPORTED, "send text/csv, or multipart/form-data with file: CSV or XLSX");
    }
    if (!workbook_to_text(c, &text, e) || !import_read(c, text, NULL, &in, e))
        return false;
    bool is_dry = str_is(dry, "1") || str_is(dry, "true");
    if (in.problems->count && !is_dry)
        return records_refuse_rows(c, in.problems, e);
    if (!is_dry && in.count && !records_submit_all(c, in.changes, in.count, NULL, &said, e))
        return false;
    struct json *o = json_object(c->arena);
    import_put(o, &in);
    json_put_bool(o, "is_dry_run", is_dry);
    return call_json(c, o, e);
}
