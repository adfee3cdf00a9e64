/* What a change touches: of a control or of a system. Shown before somebody changes one, so that nobody learns of it from the auditor. */
#include "assess/risks.h"
#include "report/gap_book.h"
#include "report/view_room.h"

enum { ITEMS_SHOWN_MAX = 40 };

struct impact {
    struct view *v;
    const struct view_records *records;
    const struct assessment *as;
    struct json *groups, *people;
    int64_t total;
};

static struct json *group_new(struct impact *x, const char *label, const char *words)
{
    struct json *o = json_push_object(x->groups);
    json_put_cstr(o, "label", label);
    json_put_cstr(o, "words", words);
    return json_put_array(o, "items");
}

static void person_add(struct impact *x, struct str id)
{
    if (id.size == 0)
        return;
    JSON_EACH (there, x->people)
        if (str_equal(json_text(there, "id"), id))
            return;
    struct json *holder = json_object(x->v->arena);
    put_person(x->v, holder, "person", id);
    struct json *o = json_push_object(x->people);
    json_put_str(o, "id", id);
    json_put_str(o, "name", json_text(json_get(holder, "person"), "name"));
}

static struct json *item_add(struct impact *x, struct json *items, struct str id, struct str title, struct str url)
{
    struct json *o = json_push_object(items);
    json_put_str(o, "id", id);
    json_put_str(o, "title", title);
    json_put_str(o, "url", url);
    x->total++;
    return o;
}

struct naming {
    struct impact *impact;
    struct json *items;
};

static bool each_naming(void *context, const struct record *record, struct err *e)
{
    (void)e;
    struct naming *n = context;
    struct impact *x = n->impact;
    const struct record_type *t = record->type;
    struct json *state = record_state_json(x->v, t, record->state), *o = item_add(x, n->items, record->id, record_title(record), record_url(x->v, t->id, record->id));
    struct str owner = t->owner_field[0] ? json_text(record->values, t->owner_field) : STR("");
    json_put_str(o, "status", json_text(state, "status").size ? json_text(state, "status") : STR("skip"));
    json_put_str(o, "status_words", json_text(state, "label"));
    put_person(x->v, o, "owner", owner);
    json_put_str(o, "due", t->due_field[0] ? json_text(record->values, t->due_field) : STR(""));
    person_add(x, owner);
    return true;
}

static bool names(const struct record_field *f, const char *target)
{
    return (f->type == FIELD_REFERENCE || f->type == FIELD_REFERENCES) && f->target && strcmp(f->target, target) == 0;
}

/* Every open record of any type that names it: what the types say, not a list kept here. */
static bool records_touched(struct impact *x, const char *target, struct str id, struct err *e)
{
    for (size_t i = 0; i < record_types_count(x->records->types); i++) {
        const struct record_type *t = record_types_at(x->records->types, i);
        for (size_t k = 0; record_may_read_type(x->records, t) && k < t->field_count; k++) {
            struct naming n = {x, json_array(x->v->arena)};
            int64_t total = 0;
            struct record_query q = {.state = STR("open"), .where = arena_printf(x->v->arena, "%s=\"%.*s\"", t->fields[k].id, STR_ARGS(id)), .page = 1,
                                     .per_page = ITEMS_SHOWN_MAX, .leaf_limit = view_record_limit(x->v), .access = x->records->access, .now_ms = x->v->at_ms};
            if (!names(&t->fields[k], target))
                continue;
            if (!record_list(x->v->db, x->v->arena, t, &q, each_naming, &n, &total, e))
                return false;
            if (n.items->count == 0)
                continue;
            struct json *o = json_push_object(x->groups);
            json_put_cstr(o, "label", t->labels);
            json_put_str(o, "words", arena_printf(x->v->arena, "They name it as %s.", t->fields[k].label));
            json_put(o, "items", n.items);
        }
    }
    return true;
}

static void item_plain(struct json *o, enum result_status s, const char *words)
{
    put_status_as(o, s, words);
    json_put_null(o, "owner");
    json_put_str(o, "due", STR(""));
}

static void criteria_touched(struct impact *x, size_t control)
{
    struct json *items = group_new(x, "Criteria", "Their score and signal rest on it.");
    for (size_t i = 0; i < content_criterion_count; i++) {
        const struct criterion_state *c = &x->as->criteria[i];
        const char *role = NULL, *words;
        for (size_t k = 0; k < c->key_count; k++)
            role = c->key[k] == control ? c->key_count == 1 ? "its only key control" : "key" : role;
        for (size_t k = 0; !role && k < c->supporting_count; k++)
            role = c->supporting[k] == control ? "supporting" : role;
        for (size_t k = 0; !role && k < c->compensating_count; k++)
            role = c->compensating[k] == control ? "compensating" : role;
        if (!role || !c->is_in_scope)
            continue;
        enum result_status s = criterion_status_now(x->as, c, &words);
        struct str title = arena_printf(x->v->arena, "%s (%s)", c->criterion->title, role);
        item_plain(item_add(x, items, str_of(c->criterion->id), title, url_criterion(x->v, c->criterion)), s, words);
    }
}

/* Those of the register with what remains of each; before there is one, the library's. */
static void risks_touched(struct impact *x, const char *control)
{
    struct json *group = group_new(x, "Risks of the register", "It lowers them; with it, what remains of them changes.");
    struct err ignored = {0};
    struct risk_set *set = risks_load(x->v->db, x->v->arena, x->as, &ignored);
    size_t count = 0;
    for (size_t i = 0; set && i < set->count; i++)
        for (size_t k = 0; !set->rows[i].is_closed && k < set->rows[i].control_count; k++)
            if (str_is(set->rows[i].controls[k].id, control)) {
                const struct risk_row *r = &set->rows[i];
                const char *words = arena_printf(x->v->arena, "%s remains", risk_band_words(risk_band_of(risk_score(r->residual.level)))).data;
                item_plain(item_add(x, group, r->id, r->title, url_of(x->v, "risks", r->id)), risk_need_status(r->need), words);
                count++;
            }
    for (size_t i = 0; count == 0 && i < content_risk_count; i++)
        for (size_t k = 0; k < content_risks[i].controls.count; k++)
            if (strcmp(content_risks[i].controls.items[k], control) == 0)
                item_plain(item_add(x, group, str_of(content_risks[i].id), str_of(content_risks[i].title), STR("")), RESULT_SKIP, "In the library");
}

static void control_touched(struct impact *x, size_t index)
{
    const struct control_state *c = &x->as->controls[index];
    criteria_touched(x, index);
    struct json *tests = group_new(x, "Tests", "They look at it; a change of how it works may make them fail, or look at the wrong thing.");
    for (size_t i = 0; i < c->test_count; i++) {
        const struct test_state *t = &x->as->tests[c->tests[i]];
        item_plain(item_add(x, tests, str_of(t->test->id), str_of(t->test->title), url_test(x->v, t->test)), t->status, result_status_words(t->status));
    }
    struct json *policies = group_new(x, "Policies", "They say that it is so: look whether they still do.");
    for (size_t i = 0; i < content_policy_count; i++)
        for (size_t k = 0; k < c->control->policies.count; k++)
            if (strcmp(c->control->policies.items[k], content_policies[i].id) == 0)
                item_plain(item_add(x, policies, str_of(content_policies[i].id), str_of(content_policies[i].title), url_of(x->v, "policies", str_of(content_policies[i].id))), RESULT_SKIP, "Policy");
    risks_touched(x, c->control->id);
    struct json *requests = group_new(x, "Auditor's requests", "What the auditor asks for because of it.");
    for (size_t i = 0; i < content_request_count; i++)
        for (size_t k = 0; k < content_requests[i].controls.count; k++)
            if (strcmp(content_requests[i].controls.items[k], c->control->id) == 0)
                item_plain(item_add(x, requests, str_of(content_requests[i].id), str_of(content_requests[i].request), STR("")), RESULT_SKIP, content_requests[i].kind);
    person_add(x, c->program->owner);
}

/* A system's controls, and what each of them touches of the criteria. */
static void system_touched(struct impact *x, struct str id)
{
    struct err ignored = {0};
    struct json *controls = group_new(x, "Controls", "They work on this system: each owner should know of the change before it is made.");
    DB_EACH (row, x->v->db, &ignored,
             "select l.id from record_link l where l.type = 'control' and l.field = 'systems' and l.target = ?1 and l.from_leaf <= ?2 and (l.to_leaf is null or l.to_leaf > ?2) order by l.id",
             A(id), A(x->v->leaf_limit)) {
        size_t i = assessment_control_index(x->as, db_text(row, 0));
        if (i == SIZE_MAX)
            continue;
        const struct control_state *c = &x->as->controls[i];
        struct json *o = item_add(x, controls, str_of(c->control->id), str_of(c->control->title), url_control(x->v, c->control));
        put_status_as(o, live_state_status(c->live), live_state_words(c->live));
        put_person(x->v, o, "owner", c->program->owner);
        json_put_str(o, "due", STR(""));
        person_add(x, c->program->owner);
        criteria_touched(x, i);
    }
}

/* Groups in which nothing stands are left out. */
static struct json *groups_kept(struct view *v, struct json *groups)
{
    struct json *kept = json_array(v->arena), *next;
    for (struct json *g = groups->first; g; g = next) {
        next = g->next;
        g->next = NULL;
        if (json_get(g, "items")->count)
            json_push(kept, g);
    }
    return kept;
}

struct json *view_impact(struct view *v, const struct view_records *r, struct str kind, struct str id, struct err *e)
{
    struct impact x = {.v = v, .records = r, .as = view_assessment(v, e), .groups = json_array(v->arena), .people = json_array(v->arena)};
    bool is_control = str_is(kind, "control"), is_system = str_is(kind, "system");
    size_t control = x.as && is_control ? assessment_control_index(x.as, id) : SIZE_MAX;
    struct str name = STR("");
    if (!x.as)
        return NULL;
    if (control != SIZE_MAX)
        name = str_of(x.as->controls[control].control->title);
    else if (is_system)
        name = db_one_text(v->arena, v->db, e, "select name from systems where id = ?1", A(id));
    if (!name.size) {
        err_set(e, ERR_NOT_FOUND, "'%.*s %.*s': no control or system is called that", STR_ARGS(str_slice(kind, 0, 40)), STR_ARGS(str_slice(id, 0, 80)));
        return NULL;
    }
    struct json *page = page_new(v, arena_printf(v->arena, "What a change of %.*s affects", STR_ARGS(id)), e);
    if (!page)
        return NULL;
    if (is_control)
        control_touched(&x, control);
    else
        system_touched(&x, id);
    if (!records_touched(&x, is_control ? "control" : "system", id, e))
        return NULL;
    json_put_str(page, "kind", kind);
    json_put_cstr(page, "kind_words", is_control ? "Control" : "System");
    json_put_str(page, "id", id);
    json_put_str(page, "name", name);
    json_put_str(page, "url", is_control ? url_of(v, "controls", id) : record_url(v, "system", id));
    json_put_int(page, "total", x.total);
    json_put(page, "groups", groups_kept(v, x.groups));
    json_put(page, "people", x.people);
    const struct record_type *task = record_types_find(r->types, STR("task"));
    struct err why = {0};
    json_put_bool(page, "may_create", task && !v->is_past && r->access && record_allows(r->access, task, NULL, RECORD_CREATE, NULL, &why));
    return page;
}
