/* Several records at once: the API's list of changes, and what a list's page does with the rows that were chosen. Each is one operation: all of it or nothing. */
#include "pages.h"
#include "web/page_kinds.h"
#include "web/records.h"

enum { NUMBERED_TRIES = 3, CHOSEN_MAX = 1000 };

/* ---- the API ---- */

static bool batch_problems(struct call *c, const struct record_batch *b, struct err *e)
{
    const struct json *first = json_at(b->problems, 0);
    c->status = 422;
    c->problems = b->problems;
    return err_set(e, ERR_INVALID, "%.*s: %.*s", STR_ARGS(json_text(first, "field")), STR_ARGS(json_text(first, "why")));
}

static bool asks_again(struct call *c, const struct record_change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct record_type *t = record_types_find(c->records->types, changes[i].type);
        const struct record_transition *move = t && changes[i].act == RECORD_MOVE ? record_type_transition(t, changes[i].transition) : NULL;
        if (move && move->needs_step_up)
            return true;
    }
    return false;
}

/* Whoever reads a record and may not change it is refused here as by its own address: the keeper knows roles only. */
bool handle_api_changes(struct call *c, struct err *e)
{
    struct record_batch b;
    struct json *answer = NULL;
    struct str dry;
    if (!c->view.db && !call_view(c, e))
        return false;
    if (!c->json || c->json->type != JSON_OBJECT)
        return err_set(e, ERR_INVALID, "changes: send a JSON object with an array of that name");
    if (!call_query(c, "dry_run", &dry, e))
        return false;
    bool is_dry = str_is(dry, "1") || str_is(dry, "true"), is_done = false;
    for (int i = 0; i < NUMBERED_TRIES && !is_done; i++) {
        struct err again = {0};
        if (!record_batch_read(c->view.db, c->arena, json_get(c->json, "changes"), c->access, c->now_ms, &b, e))
            return false;
        if (b.problems->count)
            return batch_problems(c, &b, e);
        if (!is_dry && i == 0 && asks_again(c, b.changes, b.count) && !records_step_up(c))
            return true;
        is_done = is_dry || records_submit_all(c, b.changes, b.count, NULL, &answer, &again);
        if (!is_done && (again.code != ERR_CONFLICT || i + 1 == NUMBERED_TRIES || !view_open(&c->view, 0, e)))
            return (*e = again, false);
    }
    struct json *v = json_object(c->arena);
    json_put_int(v, "count", (int64_t)b.count);
    json_put_bool(v, "is_dry_run", is_dry);
    json_put_int(v, "leaf", json_int(answer, "leaf", -1));
    struct json *records = json_put_array(v, "records");
    JSON_EACH (r, json_get(answer, "records")) {
        struct json *o = json_push_object(records);
        json_put_str(o, "type", json_text(r, "type"));
        json_put_str(o, "id", json_text(r, "id"));
        json_put_int(o, "version", json_int(r, "ver", 0));
    }
    return call_json(c, v, e);
}

/* ---- rows that were chosen ---- */

/* "move.ID", "set.FIELD", "delete" or "export". */
struct bulk {
    struct call *call;
    const struct record_type *type;
    struct str what;
    enum record_act act;
    const struct record_transition *move;
    const struct record_field *field;
    bool is_export;
    struct record **rows;
    size_t count;
    struct json *problems; /* of what was typed */
};

static bool what_read(struct bulk *b, struct err *e)
{
    const struct record_type *t = b->type;
    b->what = form_value(&b->call->form, "do");
    if (str_is(b->what, "export")) {
        b->is_export = true;
    } else if (str_is(b->what, "delete")) {
        b->act = RECORD_DELETE;
    } else if (str_starts(b->what, "move.")) {
        b->act = RECORD_MOVE;
        b->move = record_type_transition(t, str_slice(b->what, 5, b->what.size));
    } else if (str_starts(b->what, "set.")) {
        b->act = RECORD_CHANGE;
        b->field = record_type_field(t, str_slice(b->what, 4, b->what.size));
        b->field = b->field && !b->field->is_retired && b->field->type != FIELD_COMPUTED && b->field->type != FIELD_FILES ? b->field : NULL;
    }
    return b->is_export || b->act == RECORD_DELETE || b->move || b->field || err_set(e, ERR_INVALID, "do: choose what is to be done with the rows");
}

/* The version that the list showed: "3:GAP-0001". What has another one by now is refused, row by row. */
static bool row_add(struct bulk *b, struct str text, struct err *e)
{
    struct str id = text, digits;
    struct err failed = {0};
    int64_t version;
    if (!str_cut(&id, ':', &digits) || !str_to_int64(digits, &version) || id.size == 0)
        return err_set(e, ERR_INVALID, "row: '%.*s' names no row", STR_ARGS(str_slice(text, 0, 80)));
    struct record *r = record_get(b->call->view.db, b->call->arena, b->type, id, INT64_MAX, &failed);
    bool is_there = r && access_matches(b->call->access, &b->type->may_read, r);
    if (failed.code && failed.code != ERR_NOT_FOUND)
        return (*e = failed, false);
    if (!is_there)
        return err_set(e, ERR_NOT_FOUND, "%s %.*s: there is none", b->type->id, STR_ARGS(str_slice(id, 0, RECORD_ID_MAX)));
    r->version = version;
    b->rows[b->count++] = r;
    return true;
}

static bool each_matching(void *context, const struct record *record, struct err *e)
{
    struct bulk *b = context;
    struct record *copy = ARENA_NEW(b->call->arena, struct record);
    if (b->count == CHOSEN_MAX)
        return err_set(e, ERR_LIMIT, "more than %d records at once: filter the list", CHOSEN_MAX);
    *copy = *record;
    b->rows[b->count++] = copy;
    return true;
}

/* All that the list's own address finds. */
static bool rows_matching(struct bulk *b, struct err *e)
{
    struct call *c = b->call;
    struct http_request list = *c->request, *own = c->request;
    struct record_query q;
    list.query = form_value(&c->form, "query");
    c->request = &list;
    bool is_ok = records_query(c, b->type, &q, e);
    c->request = own;
    q.page = 1;
    q.per_page = CHOSEN_MAX + 1;
    q.per_page = q.per_page > 1000 ? 1000 : q.per_page;
    q.leaf_limit = INT64_MAX;
    q.access = c->access;
    q.now_ms = c->now_ms;
    int64_t total = 0;
    if (!is_ok || !record_list(c->view.db, c->arena, b->type, &q, each_matching, b, &total, e))
        return false;
    return total <= CHOSEN_MAX || err_set(e, ERR_LIMIT, "%lld records match, at most %d at once: filter the list", (long long)total, CHOSEN_MAX);
}

static bool rows_read(struct bulk *b, struct err *e)
{
    struct call *c = b->call;
    b->rows = arena_array(c->arena, CHOSEN_MAX + 1, sizeof(struct record *));
    if (form_find(&c->form, "all"))
        return rows_matching(b, e) && (b->count || err_set(e, ERR_INVALID, "row: nothing matches"));
    for (size_t i = 0; i < c->form.count; i++) {
        if (!str_is(c->form.fields[i].name, "row"))
            continue;
        if (b->count == CHOSEN_MAX)
            return err_set(e, ERR_LIMIT, "row: at most %d at once", CHOSEN_MAX);
        if (!row_add(b, c->form.fields[i].value, e))
            return false;
    }
    return b->count || err_set(e, ERR_INVALID, "row: choose at least one row of the list first");
}

/* ---- what they become ---- */

static struct json *typed_value(struct bulk *b, struct json **ret_typed)
{
    struct call *c = b->call;
    const char *name = arena_printf(c->arena, "v.%s", b->field->id).data;
    bool is_list = b->field->type == FIELD_CHOICES || b->field->type == FIELD_REFERENCES;
    struct json *list = json_array(c->arena), *set = json_object(c->arena), *typed = json_object(c->arena);
    for (size_t i = 0; i < c->form.count; i++)
        if (str_is(c->form.fields[i].name, name) && c->form.fields[i].value.size)
            json_push_str(list, c->form.fields[i].value);
    struct str first = list->count ? list->first->text : STR("");
    if (is_list && list->count > 1) {
        json_put(set, b->field->id, list);
        json_put_str(typed, b->field->id, first);
    } else {
        bool is_local = b->field->type == FIELD_INSTANT && first.size == 16; /* a datetime-local field, in UTC */
        json_put_str(set, b->field->id, is_local ? arena_printf(c->arena, "%.*s:00Z", STR_ARGS(first)) : first);
        json_put_str(typed, b->field->id, first);
    }
    *ret_typed = typed;
    return set;
}

/* The changes of the rows; those that would change nothing are left out. */
static bool changes_make(struct bulk *b, struct record_change **ret, size_t *ret_count, struct json **ret_typed, struct err *e)
{
    struct call *c = b->call;
    struct json *set = json_object(c->arena);
    struct record_change *changes = arena_array(c->arena, b->count, sizeof(*changes));
    *ret_typed = json_object(c->arena);
    b->problems = json_array(c->arena);
    if (b->field) {
        set = typed_value(b, ret_typed);
        b->problems = record_check(c->view.db, c->arena, b->type, set, true, false, e);
        if (!b->problems)
            return false;
    }
    size_t n = 0;
    for (size_t i = 0; i < b->count; i++) {
        struct json *own = b->field ? record_reduce(c->arena, b->rows[i], set) : json_object(c->arena);
        if (b->field && own->count == 0)
            continue;
        changes[n++] = (struct record_change){.type = str_of(b->type->id),
                                              .id = b->rows[i]->id,
                                              .act = b->act,
                                              .version = b->rows[i]->version,
                                              .transition = b->move ? str_of(b->move->id) : STR(""),
                                              .set = own,
                                              .why = str_trim(form_value(&c->form, "why")),
                                              .is_sure = form_find(&c->form, "sure") != NULL};
    }
    *ret = changes;
    *ret_count = n;
    return true;
}

/* ---- the page between ---- */

static const struct page page_bulk = {.nav = "records", .render = page_record_bulk};

static struct str what_words(const struct bulk *b)
{
    struct arena *a = b->call->arena;
    return b->move ? str_of(b->move->label) : b->field ? arena_printf(a, "Set \"%s\"", b->field->label) : STR("Delete");
}

static const struct json *problem_of(const struct json *problems, const struct record_change *changes, struct str id)
{
    JSON_EACH (p, problems)
        if (str_equal(changes[json_int(p, "change", 0)].id, id))
            return p;
    return NULL;
}

static void put_rows(struct bulk *b, struct json *v, const struct json *refused, const struct record_change *changes)
{
    struct json *rows = json_put_array(v, "rows");
    int64_t fine = 0;
    bool asks_sure = false;
    for (size_t i = 0; i < b->count; i++) {
        const struct json *p = problem_of(refused, changes, b->rows[i]->id);
        bool is_sure_problem = str_is(json_text(p, "field"), "sure");
        struct json *o = json_push_object(rows);
        json_put_str(o, "id", b->rows[i]->id);
        json_put_int(o, "version", b->rows[i]->version);
        json_put_str(o, "title", record_title(b->rows[i]));
        json_put_str(o, "url", arena_printf(b->call->arena, "/records/%s/%.*s", b->type->id, STR_ARGS(b->rows[i]->id)));
        json_put_str(o, "why", json_text(p, "why"));
        json_put_bool(o, "is_fine", !p);
        json_put_bool(o, "is_chosen", !p || is_sure_problem);
        fine += !p;
        asks_sure |= is_sure_problem;
    }
    json_put_int(v, "fine", fine);
    json_put_int(v, "refused", (int64_t)b->count - fine);
    json_put_bool(v, "asks_sure", asks_sure);
}

static bool show(struct bulk *b, const struct json *refused, const struct record_change *changes, const struct json *typed, struct str why, int status, struct err *e)
{
    struct call *c = b->call;
    struct view_typed form = {.values = typed, .problems = b->problems, .why = form_value(&c->form, "why")};
    struct str title = arena_printf(c->arena, "%.*s: %zu %s", STR_ARGS(what_words(b)), b->count, b->count == 1 ? b->type->label : b->type->labels);
    struct json *v = view_record_bulk(&c->view, c->records, b->type, title, b->field, &form, e);
    if (!v)
        return false;
    char op[33];
    op_id_new(c->site->env, op);
    json_put_str(v, "what", b->what);
    json_put_str(v, "what_words", what_words(b));
    json_put_str(v, "op", arena_str(c->arena, str_of(op)));
    json_put_str(v, "back", call_own_path(form_value(&c->form, "back")));
    json_put_str(v, "refusal", why);
    json_put_str(v, "why", form.why);
    json_put_bool(v, "needs_reason", (b->move && b->move->needs_reason) || b->act == RECORD_DELETE);
    json_put_bool(v, "needs_step_up", b->move && b->move->needs_step_up);
    put_rows(b, v, refused, changes);
    return show_page(c, &page_bulk, v, status, e);
}

static bool chosen_export(struct bulk *b, struct err *e)
{
    struct call *c = b->call;
    struct buf BUF_AUTO ids, out;
    struct json *list = json_array(c->arena);
    for (size_t i = 0; i < b->count; i++)
        json_push_str(list, b->rows[i]->id);
    buf_init(&ids, 1 << 20);
    buf_init(&out, 64 << 20);
    json_write(&ids, list);
    struct record_query q = {.ids = buf_view(&ids), .leaf_limit = INT64_MAX, .access = c->access, .now_ms = c->now_ms};
    if (!record_csv_write(c->view.db, c->arena, b->type, &q, &out, e))
        return false;
    call_bytes(c, "text/csv; charset=utf-8", arena_str(c->arena, buf_view(&out)));
    c->response->disposition = arena_printf(c->arena, "attachment; filename=\"%s.csv\"", b->type->table);
    return true;
}

static bool done(struct bulk *b, size_t count)
{
    struct call *c = b->call;
    struct str back = call_own_path(form_value(&c->form, "back"));
    if (!str_starts(back, "/records/"))
        back = arena_printf(c->arena, "/records/%s", b->type->id);
    return call_redirect(c, arena_printf(c->arena, "%.*s%sdone=%s", STR_ARGS(back), str_find_char(back, '?') >= 0 ? "&" : "?", count ? "bulk" : "same"));
}

static bool bulk_do(struct bulk *b, struct err *e)
{
    struct call *c = b->call;
    struct record_change *changes;
    struct json *typed, *answer, *refused;
    struct err why = {0};
    size_t count = 0;
    char op[33];
    bool is_asked = str_is(form_value(&c->form, "go"), "1");
    if (!changes_make(b, &changes, &count, &typed, e))
        return false;
    if (b->problems->count || (b->field && !is_asked)) {
        b->problems = is_asked ? b->problems : json_array(c->arena);
        return show(b, NULL, changes, typed, STR(""), is_asked ? 422 : 200, e);
    }
    if (count == 0)
        return done(b, 0);
    for (size_t i = 0; i < count && !is_asked; i++) /* a reason is asked for below, not row by row */
        changes[i].why = changes[i].why.size ? changes[i].why : STR("later");
    refused = record_try(c->view.db, c->arena, changes, count, c->access, e);
    if (!refused)
        return false;
    if (!is_asked || refused->count)
        return show(b, refused, changes, typed, STR(""), is_asked ? 422 : 200, e);
    if (b->move && b->move->needs_step_up && !records_step_up(c))
        return true;
    records_op_id(c, op);
    if (!records_submit_all(c, changes, count, op, &answer, &why))
        return show(b, NULL, changes, typed, arena_str(c->arena, str_of(why.text)), 409, e);
    return done(b, count);
}

bool handle_record_bulk(struct call *c, struct err *e)
{
    struct bulk b = {.call = c};
    c->at_ms = 0;
    c->at = STR("");
    if (!records_open(c, &b.type, e) || !what_read(&b, e) || !rows_read(&b, e))
        return false;
    if (b.is_export && !call_step_up(c))
        return true;
    return b.is_export ? chosen_export(&b, e) : bulk_do(&b, e);
}
