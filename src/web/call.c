#include "record/local_day.h"
#include "base/limits.h"
#include "base/times.h"
#include "web/records.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <unistd.h>

/* ---- workers ---- */

struct worker *worker_new(struct site *s)
{
    struct worker *w = calloc(1, sizeof(*w));
    if (w)
        w->site = s;
    return w;
}

static void worker_reset(struct worker *w)
{
    record_types_close(w->types);
    w->types = NULL;
    w->db = db_close(w->db);
    w->packs = pack_close(w->packs);
    w->ledger = ledger_reader_close(w->ledger);
}

void worker_free(struct worker *w)
{
    if (!w)
        return;
    worker_reset(w);
    record_types_forget();
    free(w);
}

/* The projection; a rebuild replaces its file, so it is opened again when it is another one. */
static struct db *worker_db(struct worker *w, struct err *e)
{
    if (w->db && !data_dir_projection_is_current(&w->site->dir, w->inode))
        worker_reset(w);
    if (!w->db) {
        w->inode = data_dir_projection_inode(&w->site->dir);
        w->db = data_dir_projection(&w->site->dir, e);
    }
    return w->db;
}

static void worker_end_reading(struct worker *w)
{
    if (w->db)
        db_rollback(w->db);
}

/* A reader stands on one checkpoint: a new one for each request that shows a proof. */
static struct ledger_reader *worker_ledger(struct worker *w)
{
    struct err e = {0};
    w->ledger = ledger_reader_close(w->ledger);
    int fd = data_dir_ledger(&w->site->dir, &e);
    if (fd < 0)
        return NULL;
    w->ledger = ledger_reader_open(fd, &e);
    if (!w->ledger)
        close(fd);
    return w->ledger;
}

static bool packs_need(struct worker *w, struct err *e)
{
    if (w->packs)
        return true;
    int dir = openat(w->site->dir.fd, "blobs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return err_errno(e, errno, "blobs");
    w->packs = pack_open(&os_file_real, dir, false, e);
    close(dir);
    return w->packs != NULL;
}

static bool blob_read(void *context, struct arena *a, uint64_t leaf, const char *c, const char *x, struct str *ret_plain,
                      struct err *e)
{
    struct worker *w = context;
    struct str stored;
    struct keeper_blob blob;
    bool is_ok = packs_need(w, e) && keeper_link_blob_key(w->site->keeper, leaf, x, &blob, e) && pack_read_at(w->packs, a, blob.x, blob.place, &stored, e) &&
                 blob_open(a, stored, c, blob.x, blob.dek, LIMIT_BLOB_BYTES, ret_plain, e);
    memory_wipe(&blob, sizeof(blob));
    return is_ok;
}

bool call_blob(struct call *c, uint64_t leaf, const char *commitment, const char *x, struct str *ret_plain, struct err *e)
{
    return blob_read(c->worker, c->arena, leaf, commitment, x, ret_plain, e);
}

/* ---- what a request asks for ---- */

bool call_query(struct call *c, const char *name, struct str *ret, struct err *e)
{
    return http_form_value(c->arena, c->request->query, name, ret, NULL, e);
}

static bool query_int(struct call *c, const char *name, int64_t max, int64_t *ret, struct err *e)
{
    struct str text;
    if (!call_query(c, name, &text, e))
        return false;
    if (text.size && (!str_to_int64(text, ret) || *ret < 0 || *ret > max))
        return err_set(e, ERR_INVALID, "%s: a number from 0 to %lld is needed", name, (long long)max);
    return true;
}

bool call_filter(struct call *c, struct err *e)
{
    struct view_filter *f = &c->filter;
    struct str descending;
    if (!call_query(c, "q", &f->q, e) || !call_query(c, "status", &f->status, e) || !call_query(c, "group", &f->group, e) ||
        !call_query(c, "sort", &f->sort, e) || !call_query(c, "desc", &descending, e))
        return false;
    f->is_descending = str_is(descending, "1");
    f->per_page = route_is_api(c->route) ? 100 : 50;
    return query_int(c, "page", 1000000, &f->page, e) && query_int(c, "per_page", 1000, &f->per_page, e);
}

/* The types in force, and what who asks may do with records. */
static bool open_records(struct call *c, struct err *e)
{
    struct worker *w = c->worker;
    bool is_open = w->types ? record_types_refresh(w->types, w->db, e) : (w->types = record_types_open(w->db, e)) != NULL;
    if (!is_open)
        return false;
    c->access = ARENA_NEW(c->arena, struct access);
    c->records = ARENA_NEW(c->arena, struct view_records);
    *c->records = (struct view_records){.types = w->types, .access = c->access};
    if (!access_read(w->db, c->arena, str_of(c->session.actor), c->now_ms, c->access, e) || !examiner_access(c, c->access, e))
        return false;
    /* Without the permission to look at all records one sees one's own; without that to change them one changes one's own. */
    c->access->is_own_only = !(c->rights & PERMISSION_BIT(PERMISSION_READ));
    c->access->changes_own_only = !(c->rights & PERMISSION_BIT(PERMISSION_RECORDS));
    return true;
}

bool call_view(struct call *c, struct err *e)
{
    struct db *db = worker_db(c->worker, e);
    if (!db)
        return false;
    /* One snapshot for all that a page or a list says, and no lock for each of its hundred questions; call_run ends it. What writes has
     * none: it reads what it wrote. */
    bool only_reads = c->route->handler == handle_page || c->route->handler == handle_api;
    worker_end_reading(c->worker);
    if (only_reads && !db_begin(db, e))
        return false;
    c->view = (struct view){.db = db,
                            .arena = c->arena,
                            .now_ms = c->now_ms,
                            .blobs = {.read = blob_read, .context = c->worker},
                            .ledger = str_starts(str_of(c->route->path), "/evidence/") ||
                                              str_starts(str_of(c->route->path), "/api/v1/evidence/") ||
                                              str_contains(str_of(c->route->path), "/ledger/") || str_contains(str_of(c->route->path), "/receipts/") ||
                                              str_contains(str_of(c->route->path), "/samples") || c->route->handler == handle_audit_sheet ||
                                              c->route->handler == handle_activity
                                          ? worker_ledger(c->worker)
                                          : NULL};
    c->view.data = &c->site->dir;
    c->view.kept = c->site->kept;
    return view_open(&c->view, c->at_ms, e) && open_records(c, e);
}

bool call_as_of(struct call *c, struct err *e)
{
    return view_records_as_of(&c->view, c->records, e);
}

int64_t call_today(struct call *c)
{
    struct err ignored = {0};
    struct db *db = c->view.db ? c->view.db : worker_db(c->worker, &ignored);
    return db ? local_day(db, c->now_ms) : day_of(c->now_ms);
}

/* "2026-11-01T10:30", as a browser's field gives it, is taken as UTC. */
static bool read_at(struct call *c, struct err *e)
{
    if (!call_query(c, "at", &c->at, e))
        return false;
    c->at = str_trim(c->at);
    if (c->at.size == 0 || str_is(c->at, "now")) {
        c->at = STR("");
        return true;
    }
    struct str text = c->at;
    bool is_field = text.size == 16 && text.data[10] == 'T';
    if (is_field)
        text = arena_printf(c->arena, "%.*s:00Z", STR_ARGS(text));
    if (!time_parse(text, c->now_ms, &c->at_ms) || c->at_ms <= 0)
        return err_set(e, ERR_INVALID, "at: '%.*s' is no instant; write 2026-11-01, 2026-11-01T10:30:00Z or now-3d",
                       STR_ARGS(c->at));
    /* A day alone means all of it, so far as it has passed. */
    if (text.size == 10 && str_find_char(text, 'T') < 0) {
        int64_t end_ms = c->at_ms + MS_DAY - 1;
        c->at_ms = end_ms < c->now_ms ? end_ms : c->at_ms > c->now_ms ? c->at_ms : c->now_ms;
    }
    if (c->at_ms > c->now_ms)
        return err_set(e, ERR_INVALID, "at: %.*s lies in the future", STR_ARGS(c->at));
    return true;
}

struct str call_session_cookie(const struct http_request *r)
{
    return http_cookie(r, r->is_tls ? "__Host-assay" : "assay");
}

const char *call_theme(const struct http_request *r)
{
    struct str theme = http_cookie(r, "theme");
    return str_is(theme, "dark") ? "dark" : str_is(theme, "light") ? "light" : "auto";
}

struct str call_cache_key(const struct http_request *r, const struct session *session, char *ret_text, size_t size)
{
    int n = snprintf(ret_text, size, "%.*s\n%s\n%s", STR_ARGS(r->target), call_theme(r), session->id);
    return n > 0 && (size_t)n < size ? str_make(ret_text, (size_t)n) : (struct str){0};
}

struct str call_own_path(struct str path)
{
    if (path.size == 0 || path.size > 1024 || path.data[0] != '/')
        return STR("/");
    for (size_t i = 0; i < path.size; i++) {
        unsigned char c = (unsigned char)path.data[i];
        if (c <= 0x20 || c >= 0x7f || c == '\\' || (c == '/' && i == 1))
            return STR("/");
    }
    return path;
}

/* ---- answers ---- */

bool call_bytes(struct call *c, const char *type, struct str body)
{
    c->response->status = 200;
    c->response->type = type;
    c->response->body = body;
    return true;
}

bool call_redirect(struct call *c, struct str location)
{
    c->response->status = 303;
    c->response->location = location;
    return true;
}

/* Where a field stands in the body (RFC 6901): "changes[0].values.kind", a member of the body, or one of its values. */
static struct str pointer_of(struct call *c, struct str field)
{
    static const char *const beside[] = {"transition", "version", "why", "id", "to", "sure"};
    struct buf BUF_AUTO b;
    bool is_value = json_get(c->json, "values") || (c->route && str_starts(str_of(c->route->path), "/api/v1/records/"));
    for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++)
        is_value = is_value && !str_is(field, beside[i]);
    buf_init(&b, 4096);
    buf_cstr(&b, is_value && !str_starts(field, "changes[") ? "#/values/" : "#/");
    for (size_t i = 0; i < field.size; i++)
        if (field.data[i] != ']')
            buf_char(&b, field.data[i] == '[' || field.data[i] == '.' ? '/' : field.data[i]);
    return arena_str(c->arena, buf_view(&b));
}

static void api_problem(struct call *c, int status, const char *code, struct str why)
{
    struct json *o = json_object(c->arena);
    json_put_cstr(o, "type", "about:blank");
    json_put_cstr(o, "title", http_status_words(status));
    json_put_int(o, "status", status);
    json_put_cstr(o, "code", code);
    json_put_str(o, "detail", why);
    if (c->problems) {
        struct json *errors = json_put_array(o, "errors");
        JSON_EACH (p, c->problems) {
            struct json *item = json_push_object(errors);
            json_put_str(item, "field", json_text(p, "field"));
            if (json_get(p, "row")) { /* of a file */
                json_put_int(item, "row", json_int(p, "row", 0));
                json_put_str(item, "column", json_text(p, "column"));
            } else {
                json_put_str(item, "pointer", pointer_of(c, json_text(p, "field")));
            }
            json_put_str(item, "detail", json_text(p, "why"));
        }
    }
    for (struct json *m = c->more ? c->more->first : NULL, *next; m; m = next) {
        next = m->next;
        m->next = NULL; /* it leaves its list */
        json_put(o, arena_str(c->arena, m->key).data, m);
    }
    struct buf b;
    buf_init(&b, 1 << 20);
    json_write(&b, o);
    buf_char(&b, '\n');
    c->response->body = arena_str(c->arena, buf_view(&b));
    c->response->type = "application/problem+json";
    buf_release(&b);
}

static void error_answer(struct call *c, int status, const char *code, struct str why)
{
    struct http_response *r = c->response;
    *r = (struct http_response){.status = status, .problem = why, .retry_after_s = status == 503 ? 2 : 0};
    if (c->route && route_is_api(c->route)) {
        api_problem(c, status, code, why);
        return;
    }
    struct json *v = json_object(c->arena);
    json_put_cstr(v, "title", http_status_words(status));
    json_put_int(v, "status", status);
    json_put_str(v, "why", why);
    struct buf b;
    buf_init(&b, 256 << 10);
    shell_render(c, &page_kind_error, v, &b);
    r->type = "text/html; charset=utf-8";
    r->body = arena_str(c->arena, buf_view(&b));
    buf_release(&b);
}

void call_error(struct call *c, int status, struct str why)
{
    error_answer(c, status, "denied", why);
}

void call_problem(struct call *c, int status, const char *code, struct str why)
{
    error_answer(c, status, code, why);
}

/* ---- cross-site requests ---- */

/* Origin, where a browser sends it, must name the host that was asked; Sec-Fetch-Site must not say that another site asked. */
static bool origin_is_ours(const struct http_request *r)
{
    if (r->fetch_site.size && !str_is(r->fetch_site, "same-origin") && !str_is(r->fetch_site, "none"))
        return false;
    if (r->origin.size == 0)
        return true; /* no browser: it has no cookies of others to misuse */
    struct str host = r->origin;
    if (str_starts(host, "http://"))
        host = str_slice(host, 7, host.size);
    else if (str_starts(host, "https://"))
        host = str_slice(host, 8, host.size);
    return str_equal(host, r->host);
}

static bool check_csrf(struct call *c, struct err *e)
{
    if (c->route->csrf == CSRF_SAFE || c->is_token) /* a token is never sent by a browser on its own */
        return true;
    if (!origin_is_ours(c->request))
        return err_set(e, ERR_DENIED, "this request came from another site");
    if (c->route->csrf == CSRF_ORIGIN)
        return true;
    struct str token = form_value(&c->form, "csrf");
    if (token.size == 0)
        token = c->request->csrf_token;
    struct str want = str_of(c->session.csrf);
    unsigned difference = token.size != want.size;
    for (size_t i = 0; i < want.size && i < token.size; i++)
        difference |= (unsigned)(token.data[i] ^ want.data[i]);
    if (difference)
        return err_set(e, ERR_DENIED, "the form has no valid token; load the page again and repeat");
    return true;
}

/* JSON and CSV are for the API; a page's form never comes as such, so that no other site can make a browser send one unasked. */
static bool read_body(struct call *c, struct err *e)
{
    const struct http_request *r = c->request;
    if (!http_method_changes(r->method) || r->body.size == 0)
        return true;
    if (r->content_encoding.size && !str_is(r->content_encoding, "identity")) {
        c->status = 415;
        return err_set(e, ERR_UNSUPPORTED, "bodies are taken as they are, not compressed");
    }
    if (c->route->handler == handle_cosignature) /* signed itself, and no form */
        return true;
    bool is_api = route_is_api(c->route);
    if (is_api && str_starts(r->content_type, "application/json")) {
        c->json = json_parse(c->arena, r->body, (struct json_limits){.depth_max = 16, .nodes_max = 1 << 20}, e);
        return c->json || err_wrap(e, "the body is not JSON");
    }
    if (is_api && str_starts(r->content_type, "text/csv"))
        return true;
    if (form_read(c->arena, r->content_type, r->body, &c->form, e))
        return true;
    c->status = e->code == ERR_UNSUPPORTED ? 415 : 0;
    return false;
}

static bool call_prepare(struct call *c, struct err *e)
{
    struct str raw[ROUTE_PARAMETERS_MAX] = {{0}};
    const char *allow;
    bool is_listed = route_find(c->request->method, c->request->path, raw, &allow) == c->route;
    for (size_t i = 0; is_listed && i < ROUTE_PARAMETERS_MAX; i++)
        if (raw[i].size && !http_decode_segment(c->arena, raw[i], &c->parameters[i], e))
            return false;
    return read_body(c, e) && check_csrf(c, e) && read_at(c, e);
}

/* The actor is known and may not: for want of a second factor, or at all. */
static void refuse(struct call *c)
{
    bool would_help = c->session.factors < 2 && (c->rights & PERMISSION_BIT(permission_full(c->route->permit)));
    bool leads = would_help && !route_is_api(c->route) && !http_method_changes(c->request->method);
    if (leads && c->needs_code) {
        struct buf b;
        buf_init(&b, HTTP_TARGET_BYTES_MAX * 4);
        buf_cstr(&b, "/sign-in/code");
        http_query_add(&b, "back", c->request->target);
        call_redirect(c, arena_str(c->arena, buf_view(&b)));
        buf_release(&b);
    } else if (!would_help && str_is(c->request->path, "/") && call_may(c, PERMISSION_OWN_PAGE)) {
        call_redirect(c, call_may(c, PERMISSION_EXAMINE) ? STR("/audit") : STR("/settings/sign-in")); /* who sees the own page only has it for a first page */
    } else if (leads) {
        call_redirect(c, STR("/settings/sign-in?why=second"));
    } else if (would_help) {
        call_problem(c, 403, "second_factor_required", STR("This takes a second factor."));
    } else {
        call_problem(c, 403, "denied", arena_printf(c->arena, "This takes the permission %s, which your roles do not have.",
                                                    permission_name(c->route->permit)));
    }
}

void call_run(struct site *s, struct worker *w, struct http_request *r, struct http_response *ret)
{
    struct call *c = ARENA_NEW(r->arena, struct call);
    *c = (struct call){.site = s, .worker = w, .request = r, .response = ret, .route = r->route, .arena = r->arena};
    c->now_ms = env_now_ms(s->env);
    struct identity who;
    site_identify(s, r, &who);
    c->is_signed_in = who.is_signed_in;
    c->is_token = who.is_token;
    c->needs_code = who.needs_code;
    c->session = who.session;
    c->permissions = who.permissions;
    c->rights = who.rights;
    c->step = "";
    jmp_buf trap;
    struct err e = {0};
    if (setjmp(trap)) {
        worker_end_reading(w);
        static const char text[] = "This page needs more memory than one request may use.\n";
        *ret = (struct http_response){.status = 500,
                                      .type = "text/plain; charset=utf-8",
                                      .body = STR(text),
                                      .is_constant = true,
                                      .problem = STR("memory limit")};
        return;
    }
    arena_trap(c->arena, &trap);
    if (c->route->permit != PERMISSION_PUBLIC && !c->is_signed_in)
        call_error(c, 401, STR("Your session is over."));
    else if (!examiner_begin(c, &e))
        error_answer(c, err_http_status(e.code), err_code_name(e.code), arena_str(c->arena, str_of(e.text)));
    else if (!examiner_lets(c))
        refuse(c);
    else if (!call_prepare(c, &e) || !examiner_open(c, &e) || !c->route->handler(c, &e))
        error_answer(c, c->status ? c->status : err_http_status(e.code), err_code_name(e.code), arena_str(c->arena, str_of(e.text)));
    else
        examiner_note(c);
    arena_trap(c->arena, NULL);
    worker_end_reading(w);
    if (http_method_changes(r->method) && c->is_signed_in)
        cache_forget(s->cache, str_of(c->session.id));
}
