/* The populations of an engagement: what there is, which controls lack one, and the library. */
#include "report/view_population.h"

#include "assess/population.h"
#include "report/view_audit.h"
#include "report/view_population_internal.h"
#include "report/view_record_internal.h"

static struct str url_of_population(struct view *v, const struct population *p)
{
    return arena_printf(v->arena, "/audit/%.*s/populations/%.*s", STR_ARGS(p->engagement), STR_ARGS(p->id));
}

static const char *kind_words(bool is_import)
{
    return is_import ? "File of the system" : "Query";
}

void population_put(struct view *v, struct json *o, const struct population *p, struct err *e)
{
    bool is_import = str_is(p->kind, "import");
    json_put_str(o, "id", p->id);
    json_put_str(o, "name", p->title);
    json_put_str(o, "url", url_of_population(v, p));
    json_put_str(o, "state", p->state);
    json_put_cstr(o, "status", str_is(p->state, "checked") ? "pass" : str_is(p->state, "failed") ? "fail" : str_is(p->state, "replaced") ? "skip" : "unknown");
    json_put_cstr(o, "status_words", str_is(p->state, "replaced") ? "Replaced" : population_ipe_words(p->state));
    json_put_cstr(o, "ipe", population_ipe(p->state));
    json_put_str(o, "library", p->library);
    struct json *list = json_put_array(o, "controls");
    for (size_t i = 0; i < p->controls.count; i++) {
        const struct control *c = content_control(str_of(p->controls.items[i]));
        (void)push_link(v, list, p->controls.items[i], c ? c->title : "", arena_printf(v->arena, "/controls/%s", p->controls.items[i]));
    }
    json_put_str(o, "system", p->system);
    json_put_cstr(o, "kind_words", kind_words(is_import));
    json_put_int(o, "rows_count", p->rows);
    json_put_str(o, "from", p->from);
    json_put_str(o, "to", p->to);
    put_time(v, o, "run", p->run_at > 0 ? p->run_at : 0);
    json_put_str(o, "run_by", p->run_by);
    json_put_int(o, "open", db_one_int(v->db, e, 0, "select count(*) from population_differences where (population = ?1 or other = ?1) and state = 'open'", A(p->id)));
}

struct listing {
    struct view *v;
    const struct population *all;
    size_t count;
    const struct population_template *library;
    size_t library_count;
};

/* The best state of a control's populations: 0 none, 1 there, 2 complete and accurate. */
static int coverage(const struct listing *l, const char *control)
{
    int best = 0;
    for (size_t i = 0; i < l->count; i++) {
        const struct population_template *t = population_template_find(l->library, l->library_count, l->all[i].library);
        for (size_t k = 0; !(t && t->is_second) && k < l->all[i].controls.count; k++)
            if (strcmp(l->all[i].controls.items[k], control) == 0) {
                int is = str_is(l->all[i].state, "checked") ? 2 : 1;
                best = is > best ? is : best;
            }
    }
    return best;
}

static void template_put(struct json *o, const char *key, const struct population_template *t)
{
    if (!t) {
        json_put_null(o, key);
        return;
    }
    struct json *x = json_put_object(o, key);
    json_put_str(x, "id", t->id);
    json_put_str(x, "title", t->title);
    json_put_str(x, "system", t->system);
    json_put_cstr(x, "kind_words", kind_words(t->is_import));
}

static void missing_put(const struct listing *l, struct json *page, const struct engagement_scope *scope)
{
    struct json *list = json_put_array(page, "missing");
    int64_t needed = 0, covered = 0, checked = 0;
    for (size_t i = 0; i < scope->control_count; i++) {
        const struct engagement_control *c = &scope->controls[i];
        if (c->control->model != MODEL_EVENT_SLA && c->control->model != MODEL_EVENT_ATTRIBUTES)
            continue;
        int is = coverage(l, c->control->id);
        needed++;
        covered += is > 0;
        checked += is == 2;
        if (is > 0)
            continue;
        struct json *o = push_link(l->v, list, c->control->id, c->control->title, url_control(l->v, c->control));
        json_put_str(o, "owner", c->owner_name);
        json_put_cstr(o, "model_words", control_model_words(c->control->model));
        template_put(o, "template", population_template_of(l->library, l->library_count, str_of(c->control->id)));
    }
    json_put_int(page, "needed", needed);
    json_put_int(page, "covered", covered);
    json_put_int(page, "checked", checked);
}

static void library_put(const struct listing *l, struct json *page)
{
    struct json *list = json_put_array(page, "library");
    for (size_t i = 0; i < l->library_count; i++) {
        const struct population_template *t = &l->library[i];
        struct json *o = json_push_object(list);
        bool is_taken = false;
        for (size_t k = 0; k < l->count; k++)
            is_taken |= str_equal(l->all[k].library, t->id);
        json_put_str(o, "id", t->id);
        json_put_str(o, "title", t->title);
        json_put_str(o, "system", t->system);
        json_put_cstr(o, "kind_words", kind_words(t->is_import));
        put_strings(o, "controls", t->controls);
        json_put_str(o, "words", t->is_import ? t->ask : STR(""));
        json_put_str(o, "complete", t->complete);
        json_put_bool(o, "is_second", t->is_second);
        json_put_bool(o, "is_taken", is_taken);
    }
}

struct json *view_populations(struct view *v, const struct view_records *r, struct str engagement, struct err *e)
{
    struct engagement g;
    struct engagement_scope scope;
    struct population *all;
    struct listing l = {.v = v};
    struct err why = {0};
    struct json *page = engagement_page_new(v, r, STR("Populations"), engagement, "populations", &g, e);
    const struct record_type *t = record_types_find(r->types, STR("population"));
    if (!page || !engagement_scope(v->db, v->arena, &g, view_record_limit(v), &scope, e) || !populations_of(v->db, v->arena, g.id, view_record_limit(v), &all, &l.count, e) ||
        !population_library(v->arena, &l.library, &l.library_count, e))
        return NULL;
    l.all = all;
    struct json *rows = json_put_array(page, "rows");
    for (size_t i = 0; i < l.count; i++)
        population_put(v, json_push_object(rows), &all[i], e);
    missing_put(&l, page, &scope);
    library_put(&l, page);
    json_put_str(page, "from", g.has_days ? day_text(v->arena, g.window.first) : STR(""));
    json_put_str(page, "to", g.has_days ? day_text(v->arena, g.window.last) : STR(""));
    json_put_bool(page, "may_create", !v->is_past && g.has_days && t && record_allows(r->access, t, NULL, RECORD_CREATE, NULL, &why));
    return e->code ? NULL : page;
}
