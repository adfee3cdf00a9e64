/* Exceptions of the auditor, and what management answers. */
#include "assess/sampling.h"
#include "report/view_record_internal.h"
#include "report/view_sheets.h"
#include "report/view_sheets_internal.h"

static const char *cause_words(struct str cause)
{
    return str_is(cause, "isolated") ? "Isolated" : str_is(cause, "systematic") ? "Systematic" : str_is(cause, "intentional") ? "Intentional" : "not said yet";
}

static bool row_put(struct view *v, const struct view_records *r, struct json *o, const struct record *x, struct err *e)
{
    const struct record_type *responses = record_types_find(r->types, STR("response"));
    const struct json *values = x->values;
    struct str engagement = json_text(values, "engagement"), sheet = json_text(values, "sheet");
    bool is_answered = false;
    json_put_str(o, "id", x->id);
    json_put_str(o, "name", record_title(x));
    json_put_str(o, "url", audit_url(v, engagement, "exceptions", x->id));
    json_put_int(o, "version", x->version);
    json_put(o, "state", record_state_json(v, x->type, x->state));
    json_put_str(o, "control", json_text(values, "control"));
    put_link(v, o, "sheet", arena_str(v->arena, sheet).data, "", audit_url(v, engagement, "sheets", sheet));
    json_put_int(o, "items", json_int(values, "items", 0));
    json_put_int(o, "of", json_int(values, "of_items", 0));
    json_put_cstr(o, "cause_words", cause_words(json_text(values, "cause")));
    json_put_str(o, "due", json_text(values, "response_due_on"));
    json_put_null(o, "response");
    DB_EACH (row, v->db, e, "select id, state, title, owner, action_on from responses where exception = ?1", A(x->id)) {
        struct json *p = (struct json *)(uintptr_t)json_get(o, "response");
        struct str key = p->key;
        struct json *next = p->next;
        *p = *json_object(v->arena);
        p->key = key;
        p->next = next;
        json_put_str(p, "id", arena_str(v->arena, db_text(row, 0)));
        json_put(p, "state", record_state_json(v, responses, arena_str(v->arena, db_text(row, 1))));
        json_put_str(p, "title", arena_str(v->arena, db_text(row, 2)));
        json_put_str(p, "url", record_url(v, "response", db_text(row, 0)));
        is_answered = !str_is(db_text(row, 1), "draft");
    }
    json_put_bool(o, "is_unanswered", !is_answered && !str_is(x->state, "withdrawn"));
    return e->code == ERR_NONE;
}

struct json *view_exceptions(struct view *v, const struct view_records *r, struct str engagement, struct err *e)
{
    struct engagement g;
    struct json *page = engagement_page_new(v, r, STR("Exceptions"), engagement, "exceptions", &g, e);
    struct json *list = page ? json_put_array(page, "rows") : NULL;
    struct str ids[SHEET_LIST_MAX];
    size_t count = 0;
    int64_t unanswered = 0;
    if (!page)
        return NULL;
    DB_EACH (row, v->db, e, "select id from audit_exceptions where engagement = ?1 order by state = 'withdrawn', id limit 300", A(g.id))
        ids[count++] = arena_str(v->arena, db_text(row, 0));
    for (size_t i = 0; i < count && !e->code; i++) {
        struct err hidden = {0};
        struct record *x = audit_record(v, r, "audit_exception", g.id, ids[i], &hidden);
        struct json *o = x ? json_push_object(list) : NULL;
        if (x && !row_put(v, r, o, x, e))
            return NULL;
        unanswered += x && json_bool(o, "is_unanswered");
    }
    json_put_int(page, "unanswered", unanswered);
    return e->code ? NULL : page;
}

/* What the rate behind this exception's sample may be, at most. */
static bool projected_put(struct view *v, struct json *page, const struct record *x, struct err *e)
{
    struct sheet s;
    if (!sheet_read(v->db, v->arena, json_text(x->values, "sheet"), &s, e))
        return false;
    if (!s.is_sample || s.count.tested == 0 || s.is_unabsorbable) {
        json_put_null(page, "projected");
        json_put_cstr(page, "projected_why", s.is_unabsorbable ? "Its cause is not one that a rate absorbs: all items that it could have hit are in question." : "Nothing was sampled: what was looked at is all there is.");
        return true;
    }
    struct json *o = json_put_object(page, "projected");
    json_put_str(o, "rate", arena_printf(v->arena, "%.1f %%", 100.0 * (double)s.count.deviations / (double)s.count.tested));
    json_put_str(o, "upper", arena_printf(v->arena, "%.1f %%", 100 * s.count.upper_limit));
    json_put_str(o, "tolerable", arena_printf(v->arena, "%.1f %%", 100 * s.tolerable));
    json_put_bool(o, "is_within", s.count.upper_limit <= s.tolerable);
    json_put_cstr(page, "projected_why", "");
    return true;
}

struct json *view_exception(struct view *v, const struct view_records *r, struct str engagement, struct str id, struct err *e)
{
    struct engagement g;
    struct json *page = engagement_page_new(v, r, arena_printf(v->arena, "Exception %.*s", STR_ARGS(id)), engagement, "exceptions", &g, e);
    struct record *x = page ? audit_record(v, r, "audit_exception", g.id, id, e) : NULL;
    struct err hidden = {0};
    if (!x || !row_put(v, r, page, x, e) || !projected_put(v, page, x, e))
        return NULL;
    const struct json *o = x->values;
    struct json *record = view_record(v, r, x->type, x->id, true, e);
    if (!record)
        return NULL;
    json_put(page, "record", record);
    json_put_str(page, "prints", arena_printf(v->arena, "Exception: for %lld of %lld items tested, %.*s did not happen (%.*s).", (long long)json_int(o, "items", 0), (long long)json_int(o, "of_items", 0),
                                              STR_ARGS(json_text(o, "expected")), STR_ARGS(json_text(o, "facts"))));
    json_put_str(page, "effect", json_text(o, "effect"));
    json_put_str(page, "extension_words", json_text(o, "extension"));
    json_put_str(page, "deviation", json_text(o, "deviation"));
    struct str response = json_text(json_get(page, "response"), "id");
    const struct record_type *t = record_types_find(r->types, STR("response"));
    struct json *answer = response.size && t ? view_record(v, r, t, response, true, &hidden) : NULL;
    json_put(page, "response_record", answer ? answer : json_new_null(v->arena));
    json_put_bool(page, "may_respond", !response.size && audit_may(v, r, "response", NULL, RECORD_CREATE));
    json_put_str(page, "new_response", arena_printf(v->arena, "/records/response/new?v.exception=%.*s&back=%.*s", STR_ARGS(x->id), STR_ARGS(audit_url(v, g.id, "exceptions", x->id))));
    json_put_bool(page, "may", audit_may(v, r, "audit_exception", x, RECORD_CHANGE));
    return page;
}
