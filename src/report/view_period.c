/* What the operation of the controls comes to over days of one's choice; over the window of an engagement with what its populations say. */
#include "report/view_internal.h"

#include "assess/population_events.h"

/* In the order in which a reader wants them: the worst first. */
static const enum conclusion worst_first[] = {CONCLUSION_NOT_OPERATING,           CONCLUSION_INSUFFICIENT_EVIDENCE, CONCLUSION_EXTEND_SAMPLE,
                                              CONCLUSION_OPERATED_WITH_DEVIATIONS, CONCLUSION_NO_OCCURRENCE,         CONCLUSION_OPERATED};
enum { CONCLUSIONS = sizeof worst_first / sizeof worst_first[0] };

void put_fed(struct view *v, struct json *page)
{
    if (!v->fed || v->fed_by.size == 0) {
        json_put_null(page, "engagement");
        return;
    }
    struct json *o = json_put_object(page, "engagement");
    json_put_str(o, "id", v->fed_by);
    json_put_str(o, "url", arena_printf(v->arena, "/audit/%.*s/populations", STR_ARGS(v->fed_by)));
    json_put_cstr(o, "rules", EVALUATION_RULES);
}

void put_fed_control(struct view *v, struct json *o, size_t control)
{
    const struct population_result *r = v->fed && control != SIZE_MAX && v->fed[control].is_event_model ? &v->fed[control] : NULL;
    struct json *list = json_put_array(o, "populations"), *flags = json_put_array(o, "flags");
    for (size_t i = 0; r && i < r->populations.count; i++)
        (void)push_link(v, list, r->populations.items[i], r->populations.items[i], arena_printf(v->arena, "/audit/%.*s/populations/%s", STR_ARGS(v->fed_by), r->populations.items[i]));
    for (unsigned flag = 1; r && flag < 1u << FLAGS; flag <<= 1)
        if (r->evaluation.flags & flag)
            json_push_str(flags, str_of(flag_name(flag)));
    json_put_str(o, "inputs", r ? r->inputs : STR(""));
    json_put_bool(o, "is_of_population", r != NULL);
}

static bool counts(const struct assessment *as, size_t control)
{
    return as->program->controls[control].adoption == ADOPTION_ADOPTED || control_is_in_scope(as, control);
}

static void control_push(struct view *v, struct json *list, const struct assessment *as, size_t index)
{
    const struct control_state *c = &as->controls[index];
    const struct operation *p = &c->operation;
    bool is_setting = c->control->model == MODEL_CONFIG_STATE;
    struct json *o = push_link(v, list, c->control->id, c->control->title, url_control(v, c->control));
    json_put_str(o, "owner", c->program->owner_name);
    json_put_cstr(o, "model_words", control_model_words(c->control->model));
    json_put_bool(o, "is_adopted", c->program->adoption == ADOPTION_ADOPTED);
    json_put_bool(o, "is_key", control_is_key(as, index));
    json_put_cstr(o, "conclusion", conclusion_name(p->conclusion));
    put_status_as(o, conclusion_status(p->conclusion), conclusion_words(p->conclusion));
    json_put_cstr(o, "why", p->why);
    json_put_bool(o, "is_partial_period", p->is_partial_period);
    put_fed_control(v, o, index);
    json_put_int(o, "expected", is_setting ? 0 : c->facts.performances.expected);
    json_put_int(o, "deviations", is_setting ? c->facts.window.deviations
                                             : c->facts.performances.missed + c->facts.performances.late + c->facts.performances.unevidenced);
}

static void controls_put(struct view *v, struct json *page, const struct assessment *as)
{
    int64_t count[CONCLUSIONS] = {0};
    struct json *kinds = json_put_array(page, "conclusions"), *list = json_put_array(page, "controls");
    for (size_t k = 0; k < CONCLUSIONS; k++)
        for (size_t i = 0; i < as->control_count; i++)
            if (as->controls[i].operation.conclusion == worst_first[k] && counts(as, i)) {
                count[k]++;
                control_push(v, list, as, i);
            }
    for (size_t k = 0; k < CONCLUSIONS; k++) {
        struct json *o = json_push_object(kinds);
        json_put_cstr(o, "conclusion", conclusion_name(worst_first[k]));
        put_status_as(o, conclusion_status(worst_first[k]), conclusion_words(worst_first[k]));
        json_put_int(o, "count", count[k]);
    }
}

static void criteria_put(struct view *v, struct json *page, const struct assessment *as)
{
    enum criterion_status *all = arena_array(v->arena, content_criterion_count + 1, sizeof *all);
    size_t count = 0;
    struct json *list = json_put_array(page, "criteria");
    for (size_t i = 0; i < content_criterion_count; i++) {
        const struct criterion_state *c = &as->criteria[i];
        if (!c->is_in_scope)
            continue;
        all[count++] = c->signal;
        struct json *o = push_link(v, list, c->criterion->id, c->criterion->title, url_criterion(v, c->criterion));
        json_put_cstr(o, "signal", criterion_status_name(c->signal));
        put_status_as(o, criterion_signal_status(c->signal), criterion_status_words(c->signal));
    }
    enum opinion_signal s = opinion_evaluate(all, count, EVALUATION_LIMITS_DEFAULT.pervasive_share);
    struct json *o = json_put_object(page, "signal");
    json_put_cstr(o, "id", opinion_signal_name(s));
    put_status_as(o, s == SIGNAL_UNQUALIFIED ? RESULT_PASS : s == SIGNAL_DISCLAIMER ? RESULT_UNKNOWN : RESULT_FAIL, opinion_signal_words(s));
}

struct json *view_period(struct view *v, struct err *e)
{
    const struct assessment *as = view_over_days(v, e);
    struct json *page = as ? page_new(v, STR("Controls over a period"), e) : NULL;
    if (!page)
        return NULL;
    put_days_of(v, page, as);
    put_fed(v, page);
    struct json *limits = json_put_object(page, "thresholds");
    struct evaluation_limits l = EVALUATION_LIMITS_DEFAULT;
    struct engagement g;
    if (v->fed && engagement_read(v->db, v->arena, v->fed_by, v->leaf_limit, &g, e))
        l = g.limits;
    put_decimal(limits, "confidence", l.confidence);
    put_decimal(limits, "tolerable_rate", l.tolerable_rate);
    criteria_put(v, page, as);
    controls_put(v, page, as);
    return e->code ? NULL : page;
}
