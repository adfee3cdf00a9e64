/* What surrounds every page: navigation, instant, theme, the links of a list. In templates it is `page`. */
#include "base/times.h"
#include "os/program.h"
#include "report/view_due.h"
#include "web/records.h"

struct entry {
    const char *id, *label, *url, *icon;
};
static const struct entry entries[] = {
    {"overview", "Overview", "/", "overview"},         {"my", "My page", "/my", "person"}, {"handbook", "Handbook", "/handbook", "policies"},
    {"tasks", "Tasks", "/tasks", "tasks"},             {"calendar", "Calendar", "/calendar", "calendar"},
    {"scope", "Scope", "/scope", "scope"},             {"criteria", "Criteria", "/criteria", "criteria"},
    {"controls", "Controls", "/controls", "controls"}, {"tests", "Tests", "/tests", "tests"},
    {"gaps", "Gaps", "/gaps", "gaps"},                 {"evidence", "Evidence", "/evidence", "evidence"}, {"people", "People", "/people", "people"}, {"access", "Access reviews", "/access", "access"}, {"policies", "Policies", "/policies", "policies"},
    {"documents", "Documents", "/documents", "documents"},
    {"risks", "Risks", "/risks", "risks"},
    {"assets", "Assets and data", "/assets", "assets"},
    {"prepare", "Prepare", "/prepare", "tasks"},
    {"audit", "Audit", "/audit", "audit"}, {"reports", "Reports", "/reports", "documents"},
    {"training", "Training", "/training", "training"},
    {"parameters", "Parameters", "/parameters", "parameters"},
    {"settings", "Settings", "/settings/sign-in", "settings"},
};

/* Rooms of records, behind those that have pages of their own. */
static void shell_rooms(struct call *c, struct json *list, const struct page *page, const struct json *view)
{
    if (!c->records)
        return;
    struct json *rooms = json_array(c->arena);
    view_record_rooms(&c->view, c->records, rooms);
    struct str room = json_text(json_get(view, "type"), "room");
    JSON_EACH (r, rooms) {
        struct str id = json_text(r, "id");
        bool is_known = false;
        for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
            is_known |= str_is(id, entries[i].id);
        if (is_known)
            continue;
        struct json *o = json_push_object(list);
        json_put_str(o, "label", json_text(r, "label"));
        json_put_str(o, "url", json_text(r, "url"));
        json_put_str(o, "icon", json_text(r, "icon"));
        json_put_int(o, "count", json_int(r, "count", 0));
        json_put_bool(o, "is_current", str_equal(room, id));
    }
    struct json *all = json_push_object(list);
    json_put_cstr(all, "label", "All records");
    json_put_cstr(all, "url", "/records");
    json_put_cstr(all, "icon", "records");
    json_put_int(all, "count", 0);
    json_put_bool(all, "is_current", strcmp(page->nav, "records") == 0 && room.size == 0);
}

static bool may_enter(struct call *c, size_t i)
{
    const char *id = entries[i].id;
    bool is_theirs = strcmp(id, "my") == 0 || strcmp(id, "handbook") == 0 || strcmp(id, "settings") == 0 || (strcmp(id, "audit") == 0 && call_may(c, PERMISSION_EXAMINE));
    return is_theirs || call_may(c, PERMISSION_READ);
}

void shell_put_rooms(struct call *c, struct json *list)
{
    for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
        if (!may_enter(c, i))
            continue;
        bool is_settings = strcmp(entries[i].id, "settings") == 0 && call_may(c, PERMISSION_READ);
        struct json *o = json_push_object(list);
        json_put_cstr(o, "id", entries[i].id);
        json_put_cstr(o, "title", entries[i].label);
        json_put_cstr(o, "url", is_settings ? "/settings" : entries[i].url);
        json_put_cstr(o, "kind", "page");
    }
}

/* Rooms that one may enter; Settings, where everybody's own sign-in is, come last. */
static void shell_nav(struct call *c, struct json *shell, const struct page *page, const struct json *view)
{
    struct json *list = json_put_array(shell, "nav");
    const struct json *attention = json_path(view, "nav.attention");
    size_t count = sizeof(entries) / sizeof(entries[0]);
    int64_t mine = 0, all = 0;
    struct err ignored = {0};
    if (c->records && !view_due_counts(&c->view, c->records, &mine, &all, &ignored))
        mine = all = 0; /* the page itself says what is wrong */
    for (size_t i = 0; i < count; i++) {
        if (!may_enter(c, i))
            continue;
        const struct entry *e = &entries[i];
        if (i == count - 1 && call_may(c, PERMISSION_READ))
            shell_rooms(c, list, page, view);
        struct json *o = json_push_object(list);
        json_put_cstr(o, "label", e->label);
        json_put_cstr(o, "url", i == count - 1 && call_may(c, PERMISSION_READ) ? "/settings" : e->url);
        json_put_cstr(o, "icon", e->icon);
        bool is_my = strcmp(e->id, "my") == 0, is_due = strcmp(e->id, "tasks") == 0;
        json_put_int(o, "count", is_my ? mine : is_due && call_may(c, PERMISSION_READ) ? all : json_int(attention, e->id, 0));
        bool is_room = str_is(json_text(json_get(view, "type"), "room"), e->id);
        json_put_bool(o, "is_current", strcmp(page->nav, e->id) == 0 || is_room);
    }
}

/* The address at hand without its instant, to come back to or to ask for another instant of. */
static struct str self_address(struct call *c)
{
    struct buf b;
    buf_init(&b, HTTP_TARGET_BYTES_MAX + 64);
    buf_str(&b, c->request->path);
    struct str rest = c->request->query, pair;
    bool is_more = rest.size > 0, is_first = true;
    while (is_more) {
        is_more = str_cut(&rest, '&', &pair);
        if (pair.size == 0 || str_starts(pair, "at="))
            continue;
        buf_char(&b, is_first ? '?' : '&');
        buf_str(&b, pair);
        is_first = false;
    }
    struct str s = arena_str(c->arena, buf_view(&b));
    buf_release(&b);
    return s;
}

/* ---- lists ---- */

static void add_if(struct buf *b, const char *name, struct str value, const char *changed, struct str changed_value)
{
    struct str v = strcmp(name, changed) == 0 ? changed_value : value;
    if (v.size)
        http_query_add(b, name, v);
}

struct str list_url(struct call *c, const char *path, const char *changed, struct str value)
{
    const struct view_filter *f = &c->filter;
    struct buf b;
    buf_init(&b, HTTP_TARGET_BYTES_MAX);
    buf_cstr(&b, path);
    bool changes_sort = strcmp(changed, "sort") == 0 || strcmp(changed, "unsort") == 0;
    add_if(&b, "q", f->q, changed, value);
    add_if(&b, "status", f->status, changed, value);
    add_if(&b, "group", f->group, changed, value);
    add_if(&b, "sort", f->sort, changes_sort ? "sort" : "", value);
    if (changes_sort ? strcmp(changed, "unsort") == 0 : f->is_descending)
        http_query_add(&b, "desc", STR("1"));
    static const char *const further[] = {"person", "kind", "severity", "owner", "team", "manager", "by", "cell", "band", "need", "state", "treatment"}; /* filters that some lists have beside these */
    for (size_t i = 0; i < sizeof(further) / sizeof(further[0]); i++) {
        struct str further_value;
        struct err ignored = {0};
        if (call_query(c, further[i], &further_value, &ignored) && further_value.size)
            http_query_add(&b, further[i], further_value);
    }
    if (strcmp(changed, "page") == 0)
        http_query_add(&b, "page", value);
    struct str s = arena_str(c->arena, buf_view(&b));
    buf_release(&b);
    return s;
}

static void list_columns(struct call *c, struct json *list, const struct page *page, const char *path)
{
    struct json *columns = json_put_array(list, "columns");
    for (size_t i = 0; i < page->column_count; i++) {
        const struct list_column *column = &page->columns[i];
        struct json *o = json_push_object(columns);
        bool is_sorted = str_is(c->filter.sort, column->id);
        json_put_cstr(o, "label", column->label);
        json_put_cstr(o, "class", column->class);
        json_put_cstr(o, "sorted", !is_sorted ? "" : c->filter.is_descending ? "descending" : "ascending");
        if (!column->is_sortable)
            json_put_cstr(o, "url", "");
        else
            json_put_str(o, "url",
                         list_url(c, path, is_sorted && !c->filter.is_descending ? "unsort" : "sort", str_of(column->id)));
    }
}

static void list_choices(struct call *c, struct json *list, const struct json *source, const char *path, const char *filter,
                         const char *id_key)
{
    struct json *choices = json_put_array(list, filter);
    struct str current = strcmp(filter, "status") == 0 ? c->filter.status : c->filter.group;
    int to_choose = current.size ? 2 : 0;
    for (const struct json *row = html_first(source); row; row = row->next)
        to_choose += json_int(row, "count", 0) > 0;
    if (to_choose < 2) /* all rows are of one kind: nothing to choose */
        return;
    for (const struct json *row = html_first(source); row; row = row->next) {
        struct json *o = json_push_object(choices);
        struct str id = json_text(row, id_key);
        bool is_current = str_equal(id, current);
        json_put_str(o, "id", id);
        json_put_str(o, "words", json_text(row, "words"));
        json_put_int(o, "count", json_int(row, "count", 0));
        json_put_bool(o, "is_current", is_current);
        json_put_str(o, "url", list_url(c, path, filter, is_current ? STR("") : id));
    }
}

static void list_paging(struct call *c, struct json *list, const struct json *source, const char *path)
{
    int64_t page = json_int(source, "page", 1), pages = json_int(source, "pages", 1), per_page = json_int(source, "per_page", 50);
    int64_t total = json_int(source, "total", 0);
    int64_t first = total ? (page - 1) * per_page + 1 : 0;
    int64_t last = page * per_page < total ? page * per_page : total;
    json_put_int(list, "first", first);
    json_put_int(list, "last", last);
    json_put_int(list, "total", total);
    json_put_int(list, "all", json_int(source, "all", total));
    json_put_int(list, "page", page);
    json_put_int(list, "pages", pages);
    json_put_str(list, "before",
                 page > 1 ? list_url(c, path, "page", arena_printf(c->arena, "%lld", (long long)(page - 1))) : STR(""));
    json_put_str(list, "after",
                 page < pages ? list_url(c, path, "page", arena_printf(c->arena, "%lld", (long long)(page + 1))) : STR(""));
}

/* The list of a page: the view itself, or the part of it that is one. */
static const struct json *list_of(const struct json *view)
{
    static const char *const places[] = {"resources", "rows"};
    if (json_get(view, "per_page"))
        return view;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        if (json_get(json_get(view, places[i]), "per_page"))
            return json_get(view, places[i]);
    return NULL;
}

static void shell_list(struct call *c, struct json *shell, const struct page *page, const struct json *view)
{
    const struct json *source = list_of(view);
    if (!source)
        return;
    const char *path = arena_str(c->arena, c->request->path).data;
    struct json *list = json_put_object(shell, "list");
    json_put_cstr(list, "path", path);
    json_put_str(list, "q", c->filter.q);
    json_put_str(list, "status_now", c->filter.status);
    json_put_str(list, "group_now", c->filter.group);
    json_put_str(list, "sort_now", c->filter.sort);
    json_put_bool(list, "is_descending", c->filter.is_descending);
    json_put_bool(list, "is_filtered", c->filter.q.size || c->filter.status.size || c->filter.group.size);
    list_columns(c, list, page, path);
    list_choices(c, list, json_get(source, "statuses"), path, "status", "status");
    list_choices(c, list, json_get(source, "groups"), path, "group", "id");
    list_paging(c, list, source, path);
    const char *csv = arena_printf(c->arena, "%s.csv", path).data;
    bool has_csv = false;
    for (size_t i = 0; i < route_count && page->column_count; i++)
        has_csv |= strcmp(routes[i].path, csv) == 0;
    json_put_str(list, "csv", has_csv ? list_url(c, csv, "page", STR("")) : STR(""));
}

/* ---- a run that was asked for ---- */

/* Behind "run now": waiting until every host of the test was assessed after the asking. */
static void shell_asked(struct call *c, struct json *shell, const struct json *view)
{
    struct str text;
    struct err e = {0};
    int64_t asked_ms;
    if (!call_query(c, "asked", &text, &e) || !str_to_int64(text, &asked_ms) || asked_ms <= 0)
        return;
    int64_t newest_ms = 0;
    for (const struct json *s = html_first(json_get(view, "subjects")); s; s = s->next) {
        int64_t at_ms = json_int(json_get(s, "last_run"), "t", 0);
        newest_ms = at_ms > newest_ms ? at_ms : newest_ms;
    }
    bool is_done = newest_ms > asked_ms;
    bool is_late = !is_done && c->now_ms - asked_ms > MS_MINUTE;
    struct json *asked = json_put_object(shell, "asked");
    json_put_int(asked, "at", asked_ms);
    json_put_cstr(asked, "state", is_done ? "done" : is_late ? "late" : "waiting");
}

/* Who is signed in, by the name they sign in with. */
static struct str actor_name(struct call *c)
{
    struct err e = {0};
    if (!c->is_signed_in || c->needs_code)
        return STR("");
    if (strncmp(c->session.actor, "account:", 8) != 0)
        return str_of(c->session.actor);
    struct str login = {0};
    if (c->view.db)
        login = db_one_text(c->arena, c->view.db, &e, "select login from account where id = ?1", A(c->session.actor + 8));
    return login.data ? login : STR("signed in");
}

struct json *shell_build(struct call *c, const struct page *page, const struct json *view)
{
    struct json *shell = json_object(c->arena);
    json_put_str(shell, "title", json_text(view, "title"));
    json_put_cstr(shell, "version", PROGRAM_VERSION);
    json_put_cstr(shell, "theme", call_theme(c->request));
    json_put_cstr(shell, "csrf", c->session.csrf);
    json_put_str(shell, "actor", actor_name(c));
    json_put_str(shell, "origin", json_text(json_get(view, "nav"), "origin"));
    json_put_bool(shell, "is_stale", json_bool(json_get(view, "nav"), "is_stale"));
    json_put_int(shell, "last_run", json_int(json_path(view, "nav.last_run"), "t", 0));
    json_put_bool(shell, "is_readonly", !keeper_link_is_up(c->site->keeper));
    json_put_bool(shell, "can_run", c->site->options->control_fd > 0);
    json_put_bool(shell, "is_past", c->at.size > 0);
    json_put_str(shell, "as_auditor_of", c->is_preview ? examiner_of(c) : STR(""));
    json_put_str(shell, "at", c->at);
    json_put_int(shell, "at_ms", c->at_ms);
    json_put_int(shell, "now_ms", c->now_ms);
    char today[TIME_TEXT_SIZE];
    json_put_str(shell, "today", arena_str(c->arena, str_of(time_format_date(c->now_ms, today))));
    json_put_str(shell, "self", self_address(c));
    json_put_str(shell, "path", c->request->path);
    json_put_str(shell, "here", c->request->method == HTTP_GET ? c->request->target : STR("/"));
    shell_nav(c, shell, page, view);
    shell_list(c, shell, page, view);
    shell_asked(c, shell, view);
    return shell;
}

void shell_render(struct call *c, const struct page *page, const struct json *view, struct buf *out)
{
    struct html h = {.out = out, .shell = shell_build(c, page, view), .as = c->is_preview ? examiner_of(c) : STR(""), .at = c->at, .now_ms = c->at_ms ? c->at_ms : c->now_ms};
    page->render(&h, view);
    if (h.missing_count && c->response->problem.size == 0)
        c->response->problem =
            arena_printf(c->arena, "template: %s and %zu more are not in the view", h.missing, h.missing_count - 1);
}
