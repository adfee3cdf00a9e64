/* The API of records: types, records, changes, moves, history. What is asked is JSON; what is wrong is a problem that names the field. */
#include "web/audit_sign.h"
#include "web/records.h"

/* ---- reading ---- */

bool handle_api_record_types(struct call *c, struct err *e)
{
    if (!call_view(c, e))
        return false;
    struct json *v = json_object(c->arena), *list = json_put_array(v, "types");
    for (size_t i = 0; i < record_types_count(c->records->types); i++)
        json_push(list, view_record_type(&c->view, c->records, record_types_at(c->records->types, i)));
    return call_json(c, v, e);
}

bool handle_api_record_type(struct call *c, struct err *e)
{
    const struct record_type *t;
    return records_open(c, &t, e) && call_json(c, view_record_type(&c->view, c->records, t), e);
}

static bool not_modified(struct call *c, struct str etag)
{
    if (!c->request->if_none_match.size || str_find(c->request->if_none_match, etag) < 0)
        return false;
    c->response->status = 304;
    return true;
}

bool handle_api_record(struct call *c, struct err *e)
{
    const struct record_type *t;
    struct json *v = records_open(c, &t, e) ? view_record(&c->view, c->records, t, c->parameters[1], false, e) : NULL;
    if (!v)
        return false;
    c->response->etag = json_text(v, "etag");
    c->response->cache = "private, no-cache";
    return not_modified(c, c->response->etag) || call_json(c, v, e);
}

bool handle_api_history(struct call *c, struct err *e)
{
    const struct record_type *t;
    if (!records_open(c, &t, e) || !view_record(&c->view, c->records, t, c->parameters[1], false, e))
        return false;
    struct json *history = view_record_history(&c->view, c->records, t, c->parameters[1], e);
    if (!history)
        return false;
    struct json *v = json_object(c->arena);
    json_put(v, "history", history);
    return call_json(c, v, e);
}

/* ---- changing ---- */

/* 422 with the fields, as "errors" (RFC 9457 3). */
static bool wrong_input(struct call *c, struct record_wish *w, struct err *e)
{
    c->status = 422;
    c->problems = w->problems;
    const struct json *first = json_at(w->problems, 0);
    return err_set(e, ERR_INVALID, "%.*s: %.*s", STR_ARGS(json_text(first, "field")), STR_ARGS(json_text(first, "why")));
}

/* 412 with what is there now, and how it differs from what was meant to be. */
static bool precondition_failed(struct call *c, struct record_wish *w, struct err *e)
{
    c->status = 412;
    c->more = json_object(c->arena);
    struct json *fields = json_put_array(c->more, "difference");
    JSON_EACH (mine, w->change.set) {
        const char *key = arena_str(c->arena, mine->key).data;
        const struct json *theirs = json_get(w->current->values, key);
        if (view_record_equal(mine, theirs))
            continue;
        struct json *o = json_push_object(fields);
        json_put_cstr(o, "field", key);
        struct json *copy = arena_alloc(c->arena, sizeof(*copy));
        *copy = theirs ? *theirs : (struct json){.type = JSON_NULL};
        copy->next = NULL;
        json_put(o, "theirs", copy);
        copy = arena_alloc(c->arena, sizeof(*copy));
        *copy = *mine;
        copy->next = NULL;
        json_put(o, "mine", copy);
    }
    json_put(c->more, "current", view_record_json(&c->view, w->current));
    return err_set(e, ERR_CONFLICT, "version %lld is in force, not the one that was meant", (long long)w->current->version);
}

static bool answer_record(struct call *c, const struct record_type *t, struct str id, int status, struct err *e)
{
    /* As of now, which is after the change. */
    struct err inner = {0};
    if (!view_open(&c->view, 0, &inner))
        return *e = inner, false;
    struct record *r = record_get(c->view.db, c->arena, t, id, INT64_MAX, e);
    if (!r || !call_json(c, view_record_json(&c->view, r), e))
        return false;
    c->response->status = status;
    c->response->etag = arena_printf(c->arena, "\"%lld\"", (long long)r->version);
    if (status == 201)
        c->response->location = arena_printf(c->arena, "/api/v1/records/%s/%.*s", t->id, STR_ARGS(id));
    return true;
}

/* What only the keeper found, "control AC-06: owner: has to be filled in before …", names its field as well. */
static bool refused(struct call *c, const struct record_type *t, struct err *e)
{
    struct str why = arena_str(c->arena, str_of(e->text)), field = STR("");
    bool has_prefix = e->code == ERR_INVALID && str_starts(why, t->id) && str_cut(&why, ':', &field) && str_cut(&why, ':', &field);
    field = str_trim(field);
    if (!has_prefix || (!record_type_field(t, field) && !str_is(field, "why") && !str_is(field, "id")))
        return false;
    struct json *p = json_push_object(c->problems = json_array(c->arena));
    json_put_str(p, "field", field);
    json_put_str(p, "why", str_trim(why));
    c->status = 422;
    return err_set(e, ERR_INVALID, "%.*s: %.*s", STR_ARGS(field), STR_ARGS(str_trim(why)));
}

static bool submit(struct call *c, const struct record_type *t, struct record_wish *w, int status, struct err *e)
{
    struct json *answer;
    if (w->problems->count)
        return wrong_input(c, w, e);
    if (w->is_late)
        return precondition_failed(c, w, e);
    bool is_answered = false;
    if (!audit_sign_ask(c, &w->change, STR(""), &is_answered, e) || is_answered)
        return is_answered;
    if (!records_submit(c, w, &answer, e)) {
        struct err gone = {0};
        struct record *newest = w->current ? record_get(c->view.db, c->arena, t, w->current->id, INT64_MAX, &gone) : NULL;
        if (e->code == ERR_CONFLICT && newest && newest->version != w->change.version) {
            w->current = newest;
            return precondition_failed(c, w, e);
        }
        return refused(c, t, e);
    }
    return answer_record(c, t, w->current ? w->current->id : records_answer_id(answer), status, e);
}

/* Opens what the address names, as it is now. */
static bool open_change(struct call *c, const struct record_type **t, struct record **r, struct record_wish *w, struct err *e)
{
    if (c->at_ms)
        return err_set(e, ERR_INVALID, "at: the past is not changed");
    return records_open(c, t, e) && records_current(c, *t, r, e) && records_wish_json(c, *t, *r, w, e);
}

bool handle_api_create(struct call *c, struct err *e)
{
    const struct record_type *t;
    struct record_wish w;
    if (!records_open(c, &t, e) || !record_allows(c->access, t, NULL, RECORD_CREATE, NULL, e) || !records_wish_json(c, t, NULL, &w, e))
        return false;
    return submit(c, t, &w, 201, e);
}

bool handle_api_change(struct call *c, struct err *e)
{
    const struct record_type *t;
    struct record *r;
    struct record_wish w;
    if (!open_change(c, &t, &r, &w, e) || !record_allows(c->access, t, r, RECORD_CHANGE, NULL, e))
        return false;
    if (!w.problems->count && !w.is_late && w.change.set->count == 0)
        return answer_record(c, t, r->id, 200, e);
    return submit(c, t, &w, 200, e);
}

bool handle_api_move(struct call *c, struct err *e)
{
    const struct record_type *t;
    struct record *r;
    struct record_wish w;
    if (!open_change(c, &t, &r, &w, e))
        return false;
    const struct record_transition *move = record_type_transition(t, w.change.transition);
    if (!move) {
        struct json *p = json_push_object(w.problems);
        json_put_cstr(p, "field", "transition");
        json_put_str(p, "why", w.change.transition.size ? STR("there is no such step") : STR("is required"));
        return wrong_input(c, &w, e);
    }
    w.change.act = RECORD_MOVE;
    if (!record_allows(c->access, t, r, RECORD_MOVE, move, e))
        return false;
    if (move->needs_step_up && !records_step_up(c))
        return true;
    return submit(c, t, &w, 200, e);
}

bool handle_api_undo(struct call *c, struct err *e)
{
    const struct record_type *t;
    struct record *r;
    struct record_wish w;
    if (!open_change(c, &t, &r, &w, e) || !record_allows(c->access, t, r, RECORD_UNDO, NULL, e))
        return false;
    const struct json *to = json_get(c->json, "to");
    if (!to) {
        w.change.act = RECORD_UNDO;
        w.change.set = json_object(c->arena);
        return submit(c, t, &w, 200, e);
    }
    if (w.problems->count || w.is_late)
        return submit(c, t, &w, 200, e);
    if (!record_return(c, t, r, to->integer, &w, e))
        return w.problems->count ? wrong_input(c, &w, e) : false;
    return w.change.set->count ? submit(c, t, &w, 200, e) : answer_record(c, t, r->id, 200, e);
}

bool handle_api_delete(struct call *c, struct err *e)
{
    const struct record_type *t;
    struct record *r;
    struct record_wish w;
    struct str why;
    if (!open_change(c, &t, &r, &w, e) || !call_query(c, "why", &why, e) || !record_allows(c->access, t, r, RECORD_DELETE, NULL, e))
        return false;
    w.change.act = RECORD_DELETE;
    w.change.set = json_object(c->arena);
    w.change.why = w.change.why.size ? w.change.why : why;
    if (w.change.why.size == 0) {
        struct json *p = json_push_object(w.problems);
        json_put_cstr(p, "field", "why");
        json_put_cstr(p, "why", "deleting takes a reason");
    }
    return submit(c, t, &w, 200, e);
}
