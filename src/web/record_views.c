/* Saved views: a list's filter under a name, for oneself or for everybody, as records of the type saved_view. */
#include "web/records.h"

enum { VIEWS_SHOWN = 40 };

/* The filter of a list's address in one order, whatever order it came in: so that two of them can be compared, and nothing else is kept. */
static struct str query_canonical(struct call *c, const struct record_type *t, struct str query)
{
    struct http_request other = *c->request, *own = c->request;
    other.query = query;
    c->request = &other;
    struct str url = records_url(c, t, "", "page", STR(""));
    c->request = own;
    return str_slice(url, url.size > 0, url.size);
}

struct views {
    struct call *call;
    const struct record_type *type;
    struct json *list;
    struct str query;
    bool is_kept; /* the filter at hand has a name already */
};

static bool each_view(void *context, const struct record *r, struct err *e)
{
    (void)e;
    struct views *x = context;
    struct arena *a = x->call->arena;
    struct str query = arena_str(a, json_text(r->values, "query"));
    bool is_current = str_equal(query_canonical(x->call, x->type, query), x->query);
    struct json *o = json_push_object(x->list);
    json_put_str(o, "id", r->id);
    json_put_str(o, "name", arena_str(a, record_title(r)));
    json_put_str(o, "url", arena_printf(a, "/records/%s%s%.*s", x->type->id, query.size ? "?" : "", STR_ARGS(query)));
    json_put_bool(o, "is_shared", json_bool(r->values, "is_shared"));
    json_put_bool(o, "is_mine", str_equal(r->created_by, access_who(x->call->access)));
    json_put_bool(o, "is_current", is_current);
    x->is_kept |= is_current;
    return true;
}

bool records_put_views(struct call *c, const struct record_type *t, struct json *v, struct err *e)
{
    const struct record_type *saved = record_types_find(c->records->types, STR("saved_view"));
    struct views x = {.call = c, .type = t, .list = json_put_array(v, "views"), .query = query_canonical(c, t, c->request->query)};
    struct err ignored = {0};
    if (!saved)
        return true;
    struct record_query q = {.where = arena_printf(c->arena, "of=%s", t->id), .sort = STR("name"), .page = 1, .per_page = VIEWS_SHOWN,
                             .leaf_limit = c->view.is_past ? c->view.leaf_limit : INT64_MAX, .access = c->access, .now_ms = c->now_ms};
    if (!record_list(c->view.db, c->arena, saved, &q, each_view, &x, NULL, e))
        return false;
    json_put_str(v, "view_query", x.query);
    json_put_bool(v, "may_save", !c->view.is_past && x.query.size && !x.is_kept && record_allows(c->access, saved, NULL, RECORD_CREATE, NULL, &ignored));
    return true;
}

bool handle_record_view(struct call *c, struct err *e)
{
    const struct record_type *t, *saved;
    c->at_ms = 0;
    c->at = STR("");
    if (!records_open(c, &t, e))
        return false;
    saved = record_types_find(c->records->types, STR("saved_view"));
    if (!saved || !record_allows(c->access, saved, NULL, RECORD_CREATE, NULL, e))
        return saved ? false : err_set(e, ERR_NOT_FOUND, "there are no saved views");
    struct json *set = json_object(c->arena), *answer;
    struct str query = query_canonical(c, t, form_value(&c->form, "query"));
    json_put_str(set, "name", str_trim(form_value(&c->form, "name")));
    json_put_cstr(set, "of", t->id);
    json_put_str(set, "query", query);
    json_put_bool(set, "is_shared", form_find(&c->form, "shared") != NULL);
    const struct json *problems = record_check(c->view.db, c->arena, saved, set, true, true, e), *first = json_at(problems, 0);
    if (!problems)
        return false;
    if (first)
        return err_set(e, ERR_INVALID, "%.*s: %.*s", STR_ARGS(json_text(first, "field")), STR_ARGS(json_text(first, "why")));
    struct record_change change = {.type = str_of(saved->id), .act = RECORD_CREATE, .set = set};
    char op[33];
    records_op_id(c, op);
    return records_submit_all(c, &change, 1, op, &answer, e) &&
           call_redirect(c, arena_printf(c->arena, "/records/%s%s%.*s%sdone=view", t->id, query.size ? "?" : "", STR_ARGS(query), query.size ? "&" : "?"));
}
