/* The kinds of page, and the handler that shows one. */
#include "crypto/crypto.h"
#include "pages.h"
#include "report/view_due.h"
#include "report/view_policies.h"
#include "report/view_settings.h"
#include "report/view_room.h"
#include "web/page_kinds.h"
#include "web/records.h"
#include <strings.h>

enum { PAGE_BYTES_MAX = 16 << 20 };

/* ---- view models ---- */

static struct json *build_overview(struct call *c, struct err *e)
{
    struct json *v = view_overview(&c->view, e);
    if (!v || !c->records)
        return v;
    struct json *onboarding = view_onboarding(&c->view, c->access, e);
    if (!onboarding || !view_put_week(&c->view, c->records, v, e) || !view_put_audit(&c->view, v, e))
        return NULL;
    json_put(v, "onboarding", onboarding);
    return v;
}

static struct json *build_criteria(struct call *c, struct err *e)
{
    /* The tree wants all of them on one page. */
    if (!route_is_api(c->route))
        c->filter.per_page = 1000;
    return view_criteria(&c->view, &c->filter, e);
}

static struct json *build_criterion(struct call *c, struct err *e)
{
    struct json *v = view_criterion_room(&c->view, c->records, c->parameters[0], e);
    if (v)
        records_put_done(c, v);
    return v;
}

static struct json *build_controls(struct call *c, struct err *e)
{
    return view_controls(&c->view, &c->filter, e);
}

static struct json *build_tests(struct call *c, struct err *e)
{
    return view_tests(&c->view, &c->filter, e);
}

static struct json *build_test(struct call *c, struct err *e)
{
    return view_test(&c->view, c->parameters[0], &c->filter, e);
}

static struct json *build_evidence(struct call *c, struct err *e)
{
    return view_evidence(&c->view, &c->filter, e);
}

static struct json *build_capture(struct call *c, struct err *e)
{
    int64_t leaf;
    if (!str_to_int64(c->parameters[0], &leaf) || leaf < 0) {
        err_set(e, ERR_NOT_FOUND, "'%.*s' is not the number of a leaf", STR_ARGS(c->parameters[0]));
        return NULL;
    }
    return view_capture(&c->view, (uint64_t)leaf, &c->filter, e);
}

static void index_push(struct json *items, const char *id, struct str title, const char *kind, struct str url)
{
    struct json *o = json_push_object(items);
    json_put_cstr(o, "id", id);
    json_put_str(o, "title", title);
    json_put_str(o, "url", url);
    json_put_cstr(o, "kind", kind);
}

/* Lists of records, and what can be made or begun from anywhere. */
static void index_lists(struct call *c, struct json *items)
{
    for (size_t i = 0; i < record_types_count(c->records->types); i++) {
        const struct record_type *t = record_types_at(c->records->types, i);
        struct err ignored = {0};
        bool reads = access_matches(c->access, &t->may_read, NULL);
        bool makes = reads && !c->at_ms && record_allows(c->access, t, NULL, RECORD_CREATE, NULL, &ignored);
        if (reads)
            index_push(items, t->id, str_of(t->labels), "list", arena_printf(c->arena, "/records/%s", t->id));
        if (makes)
            index_push(items, "new", arena_printf(c->arena, "New: %s", t->label), "command", arena_printf(c->arena, "/records/%s/new", t->id));
        if (makes && call_may(c, PERMISSION_RECORDS))
            index_push(items, "import", arena_printf(c->arena, "Import %s", t->labels), "command", arena_printf(c->arena, "/records/%s/import", t->id));
    }
}

/* What everybody who works here may open: rooms, and the handbook, by title; with `words` by its text. */
static bool index_own(struct call *c, struct json *items, struct str words, struct err *e)
{
    struct view_filter f = {.q = words, .per_page = 100};
    if (!call_may(c, PERMISSION_OWN_PAGE))
        return true;
    struct json *handbook = view_handbook(&c->view, c->records, &f, e);
    JSON_EACH (p, handbook ? json_get(handbook, "rows") : NULL)
        index_push(items, arena_str(c->arena, json_text(p, "id")).data, json_text(p, "title"), "handbook", json_text(p, "url"));
    return handbook != NULL;
}

static void index_pages(struct call *c, struct json *items)
{
    shell_put_rooms(c, items);
    if (call_may(c, PERMISSION_OWN_PAGE)) {
        index_push(items, "my-training", STR("My training"), "page", STR("/my/training"));
        index_push(items, "concern", STR("Report a concern"), "page", STR("/concern"));
    }
    index_push(items, "sign-in", STR("How I sign in"), "page", STR("/settings/sign-in"));
}

static struct json *build_index(struct call *c, struct err *e)
{
    bool reads = call_may(c, PERMISSION_READ);
    struct json *v = reads ? view_search_index(&c->view, e) : json_object(c->arena);
    if (!v)
        return NULL;
    struct json *items = reads ? (struct json *)(uintptr_t)json_get(v, "items") : json_put_array(v, "items");
    index_pages(c, items);
    if (!reads)
        index_push(items, "records", STR("My records"), "page", STR("/records"));
    else
        index_lists(c, items);
    return reads || index_own(c, items, STR(""), e) ? v : NULL;
}

static bool has_words(struct str title, struct str q)
{
    struct str word;
    while (str_next_word(&q, &word)) {
        bool is_found = false;
        for (size_t i = 0; !is_found && i + word.size <= title.size; i++)
            is_found = strncasecmp(title.data + i, word.data, word.size) == 0;
        if (!is_found)
            return false;
    }
    return true;
}

static int64_t found_lists(struct call *c, struct json *found)
{
    struct json *all = json_array(c->arena);
    int64_t count = 0;
    index_pages(c, all);
    if (call_may(c, PERMISSION_READ))
        index_lists(c, all);
    JSON_EACH (item, all)
        if (has_words(json_text(item, "title"), c->filter.q)) {
            index_push(found, "", json_text(item, "title"), arena_str(c->arena, json_text(item, "kind")).data, json_text(item, "url"));
            count++;
        }
    return count;
}

/* /search: the palette without scripts. */
static struct json *build_search(struct call *c, struct err *e)
{
    struct json *v = json_object(c->arena);
    json_put_cstr(v, "title", "Search");
    json_put_str(v, "q", c->filter.q);
    struct json *found = json_put_array(v, "found");
    int64_t total = 0; /* who may not read has the handbook and their own records alone */
    if (c->filter.q.size && call_may(c, PERMISSION_READ) && !view_search(&c->view, c->filter.q, 100, found, &total, e))
        return NULL;
    if (c->filter.q.size)
        total += found_lists(c, found);
    int64_t before = (int64_t)found->count;
    if (c->filter.q.size && !call_may(c, PERMISSION_READ) && !index_own(c, found, c->filter.q, e))
        return NULL;
    total += (int64_t)found->count - before;
    int64_t records = 0;
    if (c->filter.q.size && !view_record_search(&c->view, c->records, c->filter.q, 20, found, &records, e))
        return NULL;
    json_put_int(v, "total", total + records);
    json_put_bool(v, "is_own", !call_may(c, PERMISSION_READ));
    struct json *nav = view_nav(&c->view, e);
    if (!nav)
        return NULL;
    json_put(v, "nav", nav);
    return v;
}

/* ---- columns ---- */

static const struct list_column criteria_columns[] = {{"status", "State", "", false, NULL},
                                                      {"id", "Criterion", "", true, NULL},
                                                      {"title", "Title", "grow", false, NULL},
                                                      {"score", "Score", "n", true, NULL},
                                                      {"key", "Key controls", "n wide", false, NULL},
                                                      {"failing", "Failing", "n wide", false, NULL},
                                                      {"weakest", "Weakest", "wide", false, "weakest.id"}};
static const struct list_column controls_columns[] = {{"state", "State", "", true, "status_words"},
                                                      {"id", "Control", "", true, NULL},
                                                      {"title", "Title", "grow", false, NULL},
                                                      {"owner", "Owner", "wide", true, NULL},
                                                      {"tests", "Tests", "n wide", false, "tests.total"},
                                                      {"score", "Score", "n", true, NULL},
                                                      {"since", "Since", "n wide", false, "since.text"}};
static const struct list_column tests_columns[] = {
    {"status", "State", "", true, "status_words"}, {"title", "Test", "grow", true, NULL},
    {"topic", "Topic", "wide", true, NULL},        {"severity", "Severity", "wide", true, NULL},
    {"fail", "Failing", "n", false, NULL},         {"unknown", "Unknown", "n wide", false, NULL},
    {"pass", "Passing", "n wide", false, NULL},    {"since", "Since", "n wide", true, "since.text"}};
static const struct list_column evidence_columns[] = {{"state", "State", "", true, "status_words"},
                                                      {"table", "What", "grow", true, "title"},
                                                      {"subject", "Source", "wide", false, "subject.name"},
                                                      {"period", "About", "wide", false, NULL},
                                                      {"taken", "Taken", "n wide", true, "taken.text"},
                                                      {"received", "Received", "n", true, "received.text"},
                                                      {"digest", "Digest", "wide", false, NULL},
                                                      {"used_by", "Used by", "wide", false, NULL}};

#define COLUMNS(list) .columns = (list), .column_count = sizeof(list) / sizeof((list)[0])

/* What a text looks like, for the form in which it is typed: a piece of a page. */
bool handle_markdown(struct call *c, struct err *e)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 4 << 20);
    struct html h = {.out = &b};
    html_filter_markdown(&h, json_new_str(c->arena, form_value(&c->form, "text")));
    if (b.full)
        return err_set(e, ERR_TOO_LARGE, "text: too long to be shown");
    return call_bytes(c, "text/html; charset=utf-8", arena_str(c->arena, buf_view(&b)));
}


const struct page page_kind_overview = {
    .nav = "overview", .build = build_overview, .render = page_overview, .words = "Readiness, blockers, what to do next"};
const struct page page_kind_criteria = {.nav = "criteria",
                                        .build = build_criteria,
                                        .render = page_criteria,
                                        COLUMNS(criteria_columns),
                                        .words = "A list of criteria with their scores"};
const struct page page_kind_criterion = {
    .nav = "criteria", .build = build_criterion, .render = page_criterion, .words = "A criterion with its controls"};
const struct page page_kind_controls = {.nav = "controls",
                                        .build = build_controls,
                                        .render = page_controls,
                                        COLUMNS(controls_columns),
                                        .words = "A list of controls with their states"};
const struct page page_kind_tests = {.nav = "tests",
                                     .build = build_tests,
                                     .render = page_tests,
                                     COLUMNS(tests_columns),
                                     .words = "A list of tests with their results"};
const struct page page_kind_test = {
    .nav = "tests", .build = build_test, .render = page_test, .words = "A test and its resources"};
const struct page page_kind_evidence = {.nav = "evidence",
                                        .build = build_evidence,
                                        .render = page_evidence,
                                        COLUMNS(evidence_columns),
                                        .words = "A list of captures"};
const struct page page_kind_capture = {
    .nav = "evidence", .build = build_capture, .render = page_capture, .words = "A capture: rows, bytes, proof"};
const struct page page_kind_search = {.nav = "search", .build = build_search, .render = page_search, .words = "What was found"};
const struct page page_kind_index = {.nav = "search", .build = build_index, .words = "Names and addresses of everything"};
const struct page page_kind_error = {.nav = "", .render = page_error};
const struct page page_kind_sign_in = {.nav = "", .render = page_sign_in};
const struct page page_kind_second = {.nav = "", .render = page_second};
const struct page page_kind_confirm = {.nav = "settings", .render = page_confirm};
const struct page page_kind_self = {.nav = "settings", .render = page_self, .words = "One's own ways to sign in, sessions and tokens"};
const struct page page_kind_totp = {.nav = "settings", .render = page_totp};
const struct page page_kind_once = {.nav = "settings", .render = page_once};
const struct page page_kind_users = {.nav = "settings", .render = page_users, .words = "The accounts"};
const struct page page_kind_user = {.nav = "settings", .render = page_user, .words = "One account"};
const struct page page_kind_sources = {.nav = "settings", .render = page_sources, .words = "Directories and providers to sign in through"};
const struct page page_kind_source = {.nav = "settings", .render = page_source, .words = "One directory or provider"};
const struct page page_kind_roles = {.nav = "settings", .render = page_roles, .words = "Roles and what they may"};
const struct page page_kind_activity = {.nav = "settings", .render = page_activity, .words = "What administrators did"};

/* ---- showing one ---- */

void call_keep(struct call *c, const struct cache_state *state)
{
    struct http_response *r = c->response;
    struct sha256 digest = sha256_of(r->body);
    char hex[25];
    hex_encode(digest.bytes, 12, hex);
    r->etag = arena_printf(c->arena, "\"%s\"", hex);
    r->cache = "private, no-cache";
    if (state->data_version < 0 || (c->permissions & PERMISSION_BIT(PERMISSION_EXAMINE)))
        return; /* each time an auditor looks is noted (examiner.c) */
    char key_text[CACHE_KEY_MAX];
    struct str key = call_cache_key(c->request, &c->session, key_text, sizeof(key_text));
    struct http_response short_answer = {.status = 304, .etag = r->etag, .cache = r->cache};
    struct http_shared *page = key.data ? http_shared_new(r) : NULL;
    struct http_shared *not_modified = page ? http_shared_new(&short_answer) : NULL;
    if (page && not_modified)
        cache_put(c->site->cache, key, state, r->etag, page, not_modified);
    else
        http_shared_drop(page);
}

bool call_kept(struct call *c, const struct cache_state *state)
{
    char key_text[CACHE_KEY_MAX];
    struct str key = call_cache_key(c->request, &c->session, key_text, sizeof(key_text));
    if (key.data && state->data_version >= 0)
        c->response->shared = cache_get_new(c->site->cache, key, state);
    return c->response->shared != NULL;
}

bool show_page(struct call *c, const struct page *page, const struct json *view, int status, struct err *e)
{
    struct buf BUF_AUTO b;
    buf_init(&b, PAGE_BYTES_MAX);
    shell_render(c, page, view, &b);
    if (b.full)
        return err_set(e, ERR_TOO_LARGE, "this page is over %d MiB", PAGE_BYTES_MAX >> 20);
    call_bytes(c, "text/html; charset=utf-8", arena_str(c->arena, buf_view(&b)));
    c->response->status = status;
    return true;
}

bool handle_page(struct call *c, struct err *e)
{
    const struct page *page = c->route->page;
    struct cache_state state;
    site_state(c->site, c->now_ms, &state); /* before reading: a change meanwhile makes the page old */
    if (call_kept(c, &state))
        return true;
    if (!call_filter(c, e) || !call_view(c, e))
        return false;
    struct json *v = page->build(c, e);
    if (!v)
        return false;
    examiner_trim(c, v);
    if (!show_page(c, page, v, 200, e))
        return false;
    call_keep(c, &state);
    return true;
}

void put_done(struct call *c, struct json *view, const char *const (*known)[2], size_t count)
{
    struct str done = STR("");
    struct err ignored = {0};
    const char *words = "";
    if (!call_query(c, "done", &done, &ignored))
        done = STR("");
    for (size_t i = 0; i < count; i++)
        words = str_is(done, known[i][0]) ? known[i][1] : words;
    json_put_cstr(view, "done", words);
}
