/* export.c - one export: the instant is the newest leaf's, the window the engagement's or the last 90 days. */
#include "oscal/internal.h"

static const struct record *first_of(struct oscal *o, const char *type)
{
    struct record_list l = oscal_records(o, type);
    return l.count ? l.items[0] : NULL;
}

/* Of an engagement its own criteria, as far as they are relevant. */
static bool scope_read(struct oscal *o, struct err *e)
{
    o->in_scope = arena_array(o->arena, content_criterion_count + 1, sizeof *o->in_scope);
    if (o->engagement && !engagement_scope(o->view.db, o->arena, &o->about, o->view.leaf_limit, &o->scope_of, e))
        return false;
    for (size_t i = 0; i < content_criterion_count; i++)
        o->in_scope[i] = o->engagement ? engagement_criterion_find(&o->scope_of, str_of(content_criteria[i].id)) != NULL
                                       : o->as->criteria[i].is_in_scope;
    return true;
}

/* The engagement's days, as far as they have come. */
static bool window_set(struct oscal *o, struct err *e)
{
    if (!engagement_read(o->view.db, o->arena, o->engagement->id, o->view.leaf_limit, &o->about, e))
        return false;
    int64_t today = day_of(o->view.at_ms), first = o->about.window.first,
            last = o->about.window.last < today ? o->about.window.last : today;
    o->is_before = !o->about.has_days || first > today; /* the last 90 days then tell of design alone */
    if (o->is_before)
        return true;
    if (last - first >= WINDOW_DAYS_MAX)
        return err_set(e, ERR_INVALID, "%.*s: its window is over %d days", STR_ARGS(o->engagement->id), WINDOW_DAYS_MAX);
    o->view.first_day = first;
    o->view.last_day = last;
    return true;
}

/* Over the window; of an engagement with what its populations tell of controls of events. */
static struct assessment *assessed(struct oscal *o, struct err *e)
{
    const struct view *v = &o->view;
    struct blob_opener opener = {.open = v->blobs.read, .context = v->blobs.context};
    struct population_result *fed;
    if (!v->last_day)
        return assessment_load(v->db, o->arena, v->at_ms, v->leaf_limit, e);
    struct assessment *as = assessment_load_in(v->db, o->arena, v->at_ms, v->first_day, v->last_day, o->engagement ? o->about.zone : NULL, v->leaf_limit, e);
    if (!as || !o->engagement || o->about.is_type1)
        return as;
    if (!population_feed(v->db, o->arena, v->blobs.read ? &opener : NULL, &o->about, as, &fed, e))
        return NULL;
    o->fed = fed;
    return as;
}

struct oscal *oscal_open(const struct view *v, struct record_types *types, const struct access *access, struct str engagement,
                         struct err *e)
{
    struct err inner = {0};
    struct oscal *o = ARENA_NEW(v->arena, struct oscal);
    *o = (struct oscal){.view = *v, .arena = v->arena, .types = types, .access = access, .e = &inner};
    o->view.at_ms = o->view.now_ms = db_one_int(v->db, &inner, 0, "select t from leaf where idx = ?1", A(v->leaf_limit));
    o->view.assessment = o->view.over_days = NULL;
    o->view.values = NULL;
    o->origin = db_one_text(o->arena, v->db, &inner, "select value from meta where key = 'origin'");
    o->origin = o->origin.data ? o->origin : STR("");
    if (!inner.code && o->view.at_ms <= 0)
        err_set(&inner, ERR_NOT_FOUND, "the ledger is empty: there is nothing to export");
    if (!inner.code && engagement.size && !(o->engagement = oscal_record(o, "engagement", engagement)))
        err_set(&inner, ERR_NOT_FOUND, "engagement %.*s: there is none", STR_ARGS(str_slice(engagement, 0, 60)));
    o->stamp = oscal_instant(o, o->view.at_ms);
    if (!inner.code && (!o->engagement || window_set(o, &inner))) {
        o->organisation = first_of(o, "organisation");
        o->scope = first_of(o, "scope");
        o->as = inner.code ? NULL : assessed(o, &inner);
    }
    if (inner.code || !scope_read(o, &inner)) {
        *e = inner;
        return NULL;
    }
    o->e = NULL;
    return o;
}

struct json *oscal_export(struct oscal *o, enum oscal_model m, struct err *e)
{
    static struct json *(*const writers[OSCAL_MODELS])(struct oscal * o) = {
        [OSCAL_CATALOG] = oscal_catalog,
        [OSCAL_PROFILE] = oscal_profile,
        [OSCAL_COMPONENTS] = oscal_components,
        [OSCAL_SECURITY_PLAN] = oscal_security_plan,
        [OSCAL_ASSESSMENT_PLAN] = oscal_assessment_plan,
        [OSCAL_RESULTS] = oscal_results,
        [OSCAL_ACTIONS] = oscal_actions,
        [OSCAL_MAPPING] = oscal_mapping,
    };
    struct err inner = {0};
    o->e = &inner;
    struct json *v = writers[m](o);
    o->e = NULL;
    if (inner.code) {
        *e = inner;
        return NULL;
    }
    oscal_tidy(v);
    return v;
}
