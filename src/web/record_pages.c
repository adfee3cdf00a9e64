/* The pages of records, generic over their types: list, board, calendar, one, its form, and what the forms post. */
#include "pages.h"
#include "web/page_kinds.h"
#include "web/audit_sign.h"
#include "web/records.h"

/* ---- lists ---- */

static void put_links(struct call *c, const struct record_type *t, struct json *v)
{
    const char *path = arena_str(c->arena, c->request->path).data;
    struct str state = json_text(json_get(v, "query"), "state"), sort = json_text(json_get(v, "query"), "sort");
    JSON_EACH (column, (struct json *)(uintptr_t)json_get(v, "columns")) {
        struct str id = json_text(column, "id");
        bool is_down = sort.size && sort.data[0] == '-', is_this = str_equal(str_slice(sort, is_down, sort.size), id);
        json_put_cstr(column, "sorted", !is_this ? "" : is_down ? "descending" : "ascending");
        struct str next = is_this && !is_down ? arena_printf(c->arena, "-%.*s", STR_ARGS(id)) : id;
        json_put_str(column, "url", json_bool(column, "is_sortable") ? records_url(c, t, path, "sort", next) : STR(""));
    }
    bool is_filtered = json_text(json_get(v, "query"), "q").size || state.size || json_text(json_get(v, "query"), "where").size;
    JSON_EACH (s, (struct json *)(uintptr_t)json_get(v, "states")) {
        bool is_current = str_equal(json_text(s, "id"), state);
        json_put_bool(s, "is_current", is_current);
        json_put_str(s, "list_url", records_url(c, t, path, "state", is_current ? STR("") : json_text(s, "id")));
    }
    JSON_EACH (f, (struct json *)(uintptr_t)json_get(v, "filters")) {
        struct str value = STR("");
        struct err ignored = {0};
        const char *name = arena_printf(c->arena, "f.%.*s", STR_ARGS(json_text(f, "id"))).data;
        if (!call_query(c, name, &value, &ignored))
            value = STR("");
        json_put_cstr(f, "name", name);
        json_put_str(f, "value", value);
        JSON_EACH (choice, (struct json *)(uintptr_t)json_get(f, "choices"))
            json_put_bool(choice, "is_chosen", str_equal(json_text(choice, "id"), value));
    }
    struct str where = STR("");
    struct err ignored = {0};
    if (!call_query(c, "where", &where, &ignored))
        where = STR("");
    json_put_str(v, "where", where);
    json_put_bool(v, "is_filtered", is_filtered);
    json_put_str(v, "path", str_of(path));
    int64_t page = json_int(v, "page", 1), pages = json_int(v, "pages", 1), per_page = json_int(v, "per_page", 50), total = json_int(v, "total", 0);
    json_put_int(v, "first", total ? (page - 1) * per_page + 1 : 0);
    json_put_int(v, "last", page * per_page < total ? page * per_page : total);
    json_put_str(v, "previous", page > 1 ? records_url(c, t, path, "page", arena_printf(c->arena, "%lld", (long long)(page - 1))) : STR(""));
    json_put_str(v, "following", page < pages ? records_url(c, t, path, "page", arena_printf(c->arena, "%lld", (long long)(page + 1))) : STR(""));
    json_put_str(v, "csv", records_url(c, t, arena_printf(c->arena, "/records/%s/export.csv", t->id).data, "page", STR("")));
    json_put_str(v, "xlsx", records_url(c, t, arena_printf(c->arena, "/records/%s/export.xlsx", t->id).data, "page", STR("")));
    json_put_str(v, "list_url", records_url(c, t, arena_printf(c->arena, "/records/%s", t->id).data, "page", STR("")));
    json_put_str(v, "board_url", records_url(c, t, arena_printf(c->arena, "/records/%s/board", t->id).data, "page", STR("")));
    json_put_str(v, "calendar_url", records_url(c, t, arena_printf(c->arena, "/records/%s/calendar", t->id).data, "page", STR("")));
}

void records_put_done(struct call *c, struct json *v)
{
    static const char *const known[][2] = {{"deleted", "Deleted. It stays in the history, and can be brought back."},
                                           {"created", "Created."},
                                           {"taken", "Taken from the library. Look at its query, then freeze it."},
                                           {"frozen", "Frozen: rows, query and digest stay as they are. Somebody else checks whether they are complete and accurate."},
                                           {"checked", "Complete and accurate, as recorded."},
                                           {"reconciled", "What differs is numbered below. Each is explained, or is a deviation."},
                                           {"agree", "Both sources agree."},
                                           {"explained", "Recorded."},
                                           {"changed", "Changed."},
                                           {"moved", "Done."},
                                           {"undone", "The last change is undone."},
                                           {"voted", "Your agreement is recorded; others have to agree as well."},
                                           {"returned", "It says again what it said then."},
                                           {"imported", "Imported."},
                                           {"bulk", "Done with all of them, as one operation."},
                                           {"view", "The view is kept."},
                                           {"adopted", "Adopted: it has an owner, and counts from now on."},
                                           {"task", "The task is made."},
                                           {"baseline", "The baseline is taken."},
                                           {"library", "Adopted as proposals. Each counts once somebody has decided it."},
                                           {"asked", "Asked for. An executive who does not own the risk decides."},
                                           {"treated", "The treatment is in progress, with its first task."},
                                           {"answered", "The answers are kept. Look at each proposal, and change its reason where you know better."},
                                           {"locked", "The answers are kept, but for categories that are approved already: open those again to change them."},
                                           {"registered", "Registered."},
                                           {"approved", "Approved."},
                                           {"requests", "The list is made: each request has an owner and a day, both can be changed."},
                                           {"norequests", "Nothing was made: every request of the list that fits is here already."},
                                           {"submitted", "Handed in. The auditor looks at it."},
                                           {"said", "Said. It stays as it is written."},
                                           {"attached", "Attached."},
                                           {"shared", "Shared: the auditor reads the draft as it is now."},
                                           {"unshared", "The auditor sees no draft any more."},
                                           {"part", "Approved, but for those that you made yourself: they take another person."},
                                           {"sent", "Sent for approval. Somebody else approves it here."},
                                           {"rejected", "Sent back."},
                                           {"same", "Nothing was changed: everything is as it was."}};
    put_done(c, v, known, sizeof(known) / sizeof(known[0]));
}

static void put_op(struct call *c, struct json *v)
{
    char op[33];
    op_id_new(c->site->env, op);
    json_put_str(v, "op", arena_str(c->arena, str_of(op)));
}

static struct json *build_list(struct call *c, struct err *e)
{
    const struct record_type *t;
    struct record_query q;
    bool is_page = !route_is_api(c->route);
    if (!records_open(c, &t, e) || !records_query(c, t, &q, e))
        return NULL;
    struct json *v = view_record_list(&c->view, c->records, t, &q, is_page, e);
    if (v && is_page) {
        put_links(c, t, v);
        records_put_done(c, v);
        put_op(c, v);
        if (!records_put_views(c, t, v, e))
            return NULL;
    }
    return v;
}

static struct json *build_board(struct call *c, struct err *e)
{
    const struct record_type *t;
    struct record_query q;
    if (!records_open(c, &t, e) || !records_query(c, t, &q, e))
        return NULL;
    struct json *v = view_record_board(&c->view, c->records, t, &q, e);
    if (v)
        json_put_str(v, "list_url", records_url(c, t, arena_printf(c->arena, "/records/%s", t->id).data, "page", STR("")));
    if (v)
        json_put_str(v, "calendar_url", records_url(c, t, arena_printf(c->arena, "/records/%s/calendar", t->id).data, "page", STR("")));
    return v;
}

static struct json *build_calendar(struct call *c, struct err *e)
{
    const struct record_type *t;
    struct record_query q;
    struct str month;
    if (!records_open(c, &t, e) || !records_query(c, t, &q, e) || !call_query(c, "month", &month, e))
        return NULL;
    struct json *v = view_record_calendar(&c->view, c->records, t, &q, month, e);
    if (v)
        json_put_str(v, "list_url", records_url(c, t, arena_printf(c->arena, "/records/%s", t->id).data, "page", STR("")));
    if (v)
        json_put_str(v, "board_url", records_url(c, t, arena_printf(c->arena, "/records/%s/board", t->id).data, "page", STR("")));
    return v;
}

static struct json *build_rooms(struct call *c, struct err *e)
{
    return view_record_types(&c->view, c->records, e);
}

/* ---- one ---- */

static struct json *build_one(struct call *c, struct err *e)
{
    const struct record_type *t;
    if (!records_open(c, &t, e))
        return NULL;
    bool is_page = !route_is_api(c->route);
    struct json *v = view_record(&c->view, c->records, t, c->parameters[1], is_page, e);
    if (v && strcmp(t->id, "document") == 0 && !documents_put_one(c, t, c->parameters[1], v, e))
        return NULL;
    if (v && is_page) {
        char op[33];
        op_id_new(c->site->env, op);
        json_put_str(v, "op", arena_str(c->arena, str_of(op)));
        records_put_done(c, v);
    }
    return v;
}

static struct json *build_leaf(struct call *c, struct err *e)
{
    int64_t leaf;
    if (!str_to_int64(c->parameters[0], &leaf) || leaf < 0) {
        err_set(e, ERR_NOT_FOUND, "'%.*s' is not the number of a leaf", STR_ARGS(str_slice(c->parameters[0], 0, 80)));
        return NULL;
    }
    return view_leaf(&c->view, (uint64_t)leaf, e);
}

/* Where to go afterwards: a page of the room that led here; "" the record itself. */
static struct str back_of(struct call *c)
{
    struct str back = form_value(&c->form, "back");
    struct err ignored = {0};
    if (back.size == 0 && !call_query(c, "back", &back, &ignored))
        return STR("");
    return back.size ? call_own_path(back) : STR("");
}

/* Every form is a new one: not kept. */
static bool show(struct call *c, const struct page *page, struct json *v, int status, struct err *e)
{
    if (!v)
        return false;
    put_op(c, v);
    json_put_str(v, "back", back_of(c));
    return show_page(c, page, v, status, e);
}

static const struct page page_form = {.nav = "records", .render = page_record_form};
static const struct page page_conflict = {.nav = "records", .render = page_record_conflict};

/* A form shows what is, never the past. */
static bool open_now(struct call *c, const struct record_type **t, struct err *e)
{
    c->at_ms = 0;
    c->at = STR("");
    return records_open(c, t, e);
}

/* A link may fill in what is known where it stands: ?v.FIELD=VALUE. */
static bool read_given(struct call *c, const struct record_type *t, struct json *given, struct err *e)
{
    for (size_t i = 0; i < t->field_count; i++) {
        struct str value;
        if (!call_query(c, arena_printf(c->arena, "v.%s", t->fields[i].id).data, &value, e))
            return false;
        if (value.size)
            json_put_str(given, t->fields[i].id, value);
    }
    return true;
}

bool handle_record_new(struct call *c, struct err *e)
{
    const struct record_type *t;
    struct view_typed typed = {.values = json_object(c->arena), .why = STR("")};
    if (!open_now(c, &t, e) || !record_allows(c->access, t, NULL, RECORD_CREATE, NULL, e) || !read_given(c, t, (struct json *)(uintptr_t)typed.values, e))
        return false;
    return show(c, &page_form, view_record_form(&c->view, c->records, t, NULL, &typed, e), 200, e);
}

bool handle_record_edit(struct call *c, struct err *e)
{
    const struct record_type *t;
    struct record *r;
    if (!open_now(c, &t, e) || !records_current(c, t, &r, e) || !record_allows(c->access, t, r, RECORD_CHANGE, NULL, e))
        return false;
    return show(c, &page_form, view_record_form(&c->view, c->records, t, r, NULL, e), 200, e);
}

/* ---- what forms post ---- */

static bool done(struct call *c, const struct record_type *t, struct str id, const char *what)
{
    struct str back = back_of(c);
    if (back.size)
        return call_redirect(c, arena_printf(c->arena, "%.*s%cdone=%s", STR_ARGS(back), str_find_char(back, '?') < 0 ? '?' : '&', what));
    return call_redirect(c, arena_printf(c->arena, "/records/%s/%.*s?done=%s", t->id, STR_ARGS(id), what));
}

/* The form again, with what was typed and what is wrong. */
static bool show_again(struct call *c, const struct record_type *t, struct record_wish *w, struct err *e)
{
    struct view_typed typed = {.values = w->typed, .problems = w->problems, .why = w->change.why};
    return show(c, &page_form, view_record_form(&c->view, c->records, t, w->current, &typed, e), 422, e);
}

static bool show_conflict(struct call *c, struct record_wish *w, struct err *e)
{
    struct json *v = view_record_conflict(&c->view, c->records, w->base, w->current, w->change.set, e);
    if (v)
        json_put_str(v, "why", w->change.why);
    return show(c, &page_conflict, v, 409, e);
}

/* What the keeper refused belongs to the form where it is about the input. */
static bool refused(struct call *c, const struct record_type *t, struct record_wish *w, struct err *refusal, struct err *e)
{
    if (refusal->code == ERR_CONFLICT && w->current) {
        struct err gone = {0};
        struct record *newest = record_get(c->view.db, c->arena, t, w->current->id, INT64_MAX, &gone);
        if (newest && newest->version != w->change.version) {
            w->current = newest;
            return show_conflict(c, w, e);
        }
    }
    if (refusal->code == ERR_INVALID || refusal->code == ERR_EXISTS || refusal->code == ERR_CONFLICT) {
        struct json *p = json_push_object(w->problems);
        json_put_cstr(p, "field", refusal->code == ERR_EXISTS ? "id" : "");
        json_put_str(p, "why", arena_str(c->arena, str_of(refusal->text)));
        return show_again(c, t, w, e);
    }
    *e = *refusal;
    return false;
}

/* Choices of the conflict page: take.FIELD is "theirs" or "mine". */
static void drop_theirs(struct call *c, const struct record_type *t, struct json *set)
{
    struct json *kept = json_object(c->arena), *next;
    for (struct json *v = set->first; v; v = next) {
        next = v->next;
        v->next = NULL; /* it leaves its list */
        const struct record_field *f = record_type_field(t, v->key);
        const char *name = f ? arena_printf(c->arena, "take.%s", f->id).data : "";
        if (f && !str_is(form_value(&c->form, name), "theirs"))
            json_put(kept, f->id, v);
    }
    *set = *kept;
}

static bool save(struct call *c, const struct record_type *t, struct record *current, struct err *e)
{
    struct record_wish w;
    if (!records_wish_form(c, t, current, &w, e))
        return false;
    drop_theirs(c, t, w.change.set);
    if (w.problems->count)
        return show_again(c, t, &w, e);
    if (current && w.change.set->count == 0)
        return done(c, t, current->id, "same");
    if (w.is_late)
        return show_conflict(c, &w, e);
    struct json *answer;
    struct err refusal = {0};
    if (!records_submit(c, &w, &answer, &refusal))
        return refused(c, t, &w, &refusal, e);
    return done(c, t, current ? current->id : records_answer_id(answer), current ? "changed" : "created");
}

bool handle_record_create(struct call *c, struct err *e)
{
    const struct record_type *t;
    if (!open_now(c, &t, e) || !record_allows(c->access, t, NULL, RECORD_CREATE, NULL, e))
        return false;
    return save(c, t, NULL, e);
}

bool handle_record_change(struct call *c, struct err *e)
{
    const struct record_type *t;
    struct record *r;
    if (!open_now(c, &t, e) || !records_current(c, t, &r, e) || !record_allows(c->access, t, r, RECORD_CHANGE, NULL, e))
        return false;
    return save(c, t, r, e);
}

/* The version that the page with the button showed. */
static bool read_act(struct call *c, enum record_act act, const struct record_type **ret_type, struct record **ret_record, struct record_wish *w, struct err *e)
{
    if (!open_now(c, ret_type, e) || !records_current(c, *ret_type, ret_record, e))
        return false;
    *w = (struct record_wish){.current = *ret_record, .base = *ret_record, .problems = json_array(c->arena)};
    w->change = (struct record_change){.type = str_of((*ret_type)->id), .id = (*ret_record)->id, .act = act, .why = str_trim(form_value(&c->form, "why"))};
    w->change.set = json_object(c->arena);
    if (!str_to_int64(form_value(&c->form, "version"), &w->change.version))
        return err_set(e, ERR_INVALID, "version: the form does not say which version it was made from");
    w->change.is_sure = form_find(&c->form, "sure") != NULL;
    records_op_id(c, w->op_id);
    return true;
}

bool handle_record_move(struct call *c, struct err *e)
{
    const struct record_type *t;
    struct record *r;
    struct record_wish w;
    if (!read_act(c, RECORD_MOVE, &t, &r, &w, e))
        return false;
    const struct record_transition *move = record_type_transition(t, form_value(&c->form, "transition"));
    if (!move)
        return err_set(e, ERR_INVALID, "transition: there is no such step for %s", t->labels);
    if (move->needs_reason && w.change.why.size == 0)
        return err_set(e, ERR_INVALID, "why: \"%s\" takes a reason", move->label);
    if (move->needs_step_up && !records_step_up(c))
        return true;
    w.change.transition = str_of(move->id);
    struct json *answer;
    bool is_answered = false;
    if (!audit_sign_ask(c, &w.change, arena_printf(c->arena, "/records/%s/%.*s", t->id, STR_ARGS(r->id)), &is_answered, e) || is_answered)
        return is_answered;
    if (!records_submit(c, &w, &answer, e))
        return false;
    bool is_vote = str_is(json_text(json_at(json_get(answer, "records"), 0), "act"), "vote");
    return done(c, t, r->id, is_vote ? "voted" : "moved");
}

bool handle_record_delete(struct call *c, struct err *e)
{
    const struct record_type *t;
    struct record *r;
    struct record_wish w;
    if (!read_act(c, RECORD_DELETE, &t, &r, &w, e))
        return false;
    if (w.change.why.size == 0)
        return err_set(e, ERR_INVALID, "why: deleting takes a reason");
    struct json *answer;
    return records_submit(c, &w, &answer, e) && call_redirect(c, arena_printf(c->arena, "/records/%s?done=deleted", t->id));
}

/* What it said at a leaf of its history, where it says something else now. Files that are gone stay gone: their bytes would have to come again. */
static struct json *values_then(struct call *c, const struct record *now, const struct record *then)
{
    struct json *set = json_object(c->arena);
    for (size_t i = 0; i < now->type->field_count; i++) {
        const struct record_field *f = &now->type->fields[i];
        const struct json *was = json_get(then->values, f->id), *is = json_get(now->values, f->id);
        if (f->is_retired || f->type == FIELD_COMPUTED || f->type == FIELD_FILES || view_record_equal(was, is))
            continue;
        struct json *copy = ARENA_NEW(c->arena, struct json);
        *copy = was ? *was : (struct json){.type = JSON_NULL};
        copy->next = NULL;
        json_put(set, f->id, copy);
    }
    return set;
}

bool record_return(struct call *c, const struct record_type *t, struct record *r, int64_t leaf, struct record_wish *w, struct err *e)
{
    struct record *then = record_get(c->view.db, c->arena, t, r->id, leaf, e);
    if (!then || !record_allows(c->access, t, r, RECORD_CHANGE, NULL, e))
        return false;
    w->change.act = RECORD_CHANGE;
    w->change.set = values_then(c, r, then);
    w->change.why = w->change.why.size ? w->change.why : arena_printf(c->arena, "As in version %lld", (long long)then->version);
    struct json *problems = record_check_of(c->view.db, c->arena, t, r, w->change.set, false, NULL, 0, e);
    const struct json *first = json_at(problems, 0);
    if (!first)
        return problems != NULL;
    w->problems = problems;
    return err_set(e, ERR_CONFLICT, "%.*s: %.*s", STR_ARGS(json_text(first, "field")), STR_ARGS(json_text(first, "why")));
}

bool handle_record_undo(struct call *c, struct err *e)
{
    const struct record_type *t;
    struct record *r;
    struct record_wish w;
    struct json *answer;
    int64_t leaf;
    struct str to = form_value(&c->form, "to");
    if (!read_act(c, RECORD_UNDO, &t, &r, &w, e))
        return false;
    if (to.size && (!str_to_int64(to, &leaf) || leaf < 0))
        return err_set(e, ERR_INVALID, "to: the leaf of a version is needed");
    if (to.size && !record_return(c, t, r, leaf, &w, e))
        return false;
    if (to.size && w.change.set->count == 0)
        return done(c, t, r->id, "same");
    return records_submit(c, &w, &answer, e) && done(c, t, r->id, to.size ? "returned" : "undone");
}

const struct page page_kind_rooms = {.nav = "records", .build = build_rooms, .render = page_records, .words = "Types of records by room, with how many are open"};
const struct page page_kind_leaf = {.nav = "evidence", .build = build_leaf, .render = page_leaf, .words = "A leaf of the ledger with its proof"};
const struct page page_kind_record_list = {.nav = "records", .build = build_list, .render = page_record_list, .words = "A page of records of one type"};
const struct page page_kind_record_board = {.nav = "records", .build = build_board, .render = page_record_board, .words = "Records in columns"};
const struct page page_kind_record_calendar = {
    .nav = "records", .build = build_calendar, .render = page_record_calendar, .words = "Records on the days of a month"};
const struct page page_kind_record = {.nav = "records", .build = build_one, .render = page_record, .words = "A record with its values, state and version"};
