/* assessment_plan.c - what is tested how and when: activities from the controls' tests and the auditor's sheets, tasks from
 * milestones, populations and samples. */
#include "oscal/results.h"

static void tool_put(struct oscal *o, struct json *assets)
{
    struct json *c = oscal_push_uuid(o, json_put_array(assets, "components"), "tool", STR("assay"));
    json_put_cstr(c, "type", "software");
    json_put_cstr(c, "title", "Assay");
    json_put_cstr(c, "description", "Collects evidence of hosts and people into a ledger that others can check, and tests it.");
    json_put_cstr(json_put_object(c, "status"), "state", "operational");
    struct json *p = oscal_push_uuid(o, json_put_array(assets, "assessment-platforms"), "platform", STR("assay"));
    json_put_str(json_push_object(json_put_array(p, "uses-components")), "component-uuid", json_text(c, "uuid"));
}

void oscal_put_assets(struct oscal *o, struct json *v)
{
    tool_put(o, json_put_object(v, "assessment-assets"));
}

void oscal_put_actor(struct oscal *o, struct json *v)
{
    struct json *actor = json_push_object(json_put_array(json_push_object(json_put_array(v, "origins")), "actors"));
    json_put_cstr(actor, "type", "tool");
    json_put_str(actor, "actor-uuid", oscal_uuid(o, "tool", STR("assay")));
}

bool *oscal_criteria_of_control(struct oscal *o, size_t control)
{
    bool *wanted = arena_array(o->arena, content_criterion_count + 1, sizeof *wanted);
    bool any = false;
    for (size_t i = 0; i < content_criterion_count; i++)
        any |= wanted[i] = o->in_scope[i] && oscal_control_serves(o, control, i);
    return any ? wanted : NULL;
}

bool *oscal_criteria_of_record(struct oscal *o, const struct record *r)
{
    bool *wanted = arena_array(o->arena, content_criterion_count + 1, sizeof *wanted);
    bool any = false;
    for (size_t i = 0; i < content_criterion_count; i++)
        any |= wanted[i] = oscal_value_has(r, "criteria", str_of(content_criteria[i].id));
    size_t control = assessment_control_index(o->as, oscal_value_text(r, "control"));
    return any ? wanted : control < o->as->control_count ? oscal_criteria_of_control(o, control) : NULL;
}

bool oscal_is_engaged(const struct oscal *o, const struct record *r)
{
    return o->engagement && str_equal(oscal_value_text(r, "engagement"), o->engagement->id);
}

/* ---- activities ---- */

static void control_activity_put(struct oscal *o, struct json *list, size_t index)
{
    const struct control_state *s = &o->as->controls[index];
    const struct control *c = s->control;
    const bool *wanted = oscal_criteria_of_control(o, index);
    if (!wanted || !oscal_control_is_shown(o, index))
        return;
    struct json *v = oscal_push_uuid(o, list, "activity", str_of(c->id));
    oscal_put_line(o, v, "title", oscal_title(o, c->id, c->title));
    struct str words = str_trim(
        arena_printf(o->arena, "%s\n\n%s", c->test_design ? c->test_design : "", c->test_operation ? c->test_operation : ""));
    oscal_put_prose(o, v, "description", words.size ? words : oscal_control_statement(o, c));
    oscal_put_prop(o, v, "control", str_of(c->id));
    oscal_put_prop(o, v, "method", c->model == MODEL_CONFIG_STATE ? STR("TEST") : STR("EXAMINE"));
    oscal_put_prop(o, v, "population", str_of(c->population ? c->population : ""));
    struct json *steps = json_put_array(v, "steps");
    for (size_t i = 0; i < s->test_count; i++) {
        const struct test *t = &content_tests[s->tests[i]];
        struct json *step = json_push_object(steps);
        json_put_str(step, "uuid", oscal_uuid2(o, "step", str_of(c->id), str_of(t->id)));
        oscal_put_line(o, step, "title", str_of(t->title));
        oscal_put_prose(o, step, "description", str_of(t->why));
        oscal_put_prop(o, step, "test", str_of(t->id));
    }
    oscal_put_reviewed(o, v, "related-controls", wanted);
}

static void sheet_activities_put(struct oscal *o, struct json *list)
{
    struct record_list sheets = oscal_records(o, "test_sheet");
    for (size_t i = 0; i < sheets.count; i++) {
        const struct record *r = sheets.items[i];
        const bool *wanted = oscal_is_engaged(o, r) ? oscal_criteria_of_record(o, r) : NULL;
        if (!wanted)
            continue;
        struct json *v = oscal_push_uuid(o, list, "activity", r->id);
        oscal_put_line(o, v, "title", record_title(r));
        oscal_put_prose(o, v, "description",
                        oscal_value_text(r, "procedure").size ? oscal_value_text(r, "procedure") : record_title(r));
        oscal_put_prop(o, v, "record", r->id);
        oscal_put_prop(o, v, "control", oscal_value_text(r, "control"));
        JSON_EACH (m, json_get(r->values, "method"))
            oscal_put_prop(o, v, "method", str_of(oscal_method_of(m->text)));
        oscal_put_reviewed(o, v, "related-controls", wanted);
    }
}

/* ---- tasks ---- */

static struct json *task_new(struct oscal *o, struct json *list, const struct record *r, const char *type, struct str words)
{
    struct json *v = oscal_push_uuid(o, list, "task", r->id);
    json_put_cstr(v, "type", type);
    oscal_put_line(o, v, "title", record_title(r));
    oscal_put_prose(o, v, "description", words);
    oscal_put_prop(o, v, "record", r->id);
    oscal_put_prop(o, v, "state", r->state);
    return v;
}

static void range_put(struct oscal *o, struct json *v, struct str from, struct str to)
{
    if (!from.size || !to.size)
        return;
    struct json *range = json_put_object(json_put_object(v, "timing"), "within-date-range");
    json_put_str(range, "start", oscal_date_start(o, from));
    json_put_str(range, "end", oscal_date_end(o, to));
}

static void records_put(struct oscal *o, struct json *list)
{
    struct record_list milestones = oscal_records(o, "milestone"), populations = oscal_records(o, "population"),
                       samples = oscal_records(o, "sample");
    for (size_t i = 0; i < milestones.count; i++) {
        const struct record *r = milestones.items[i];
        if (oscal_is_engaged(o, r))
            json_put_str(
                json_put_object(json_put_object(task_new(o, list, r, "milestone", oscal_value_text(r, "note")), "timing"),
                                "on-date"),
                "date", oscal_date_start(o, oscal_value_text(r, "planned_on")));
    }
    for (size_t i = 0; i < populations.count; i++) {
        const struct record *r = populations.items[i];
        if (!oscal_is_engaged(o, r))
            continue;
        struct json *v = task_new(o, list, r, "action", oscal_value_text(r, "query"));
        oscal_put_prop(o, v, "kind", STR("population"));
        oscal_put_prop(o, v, "source", oscal_value_text(r, "system"));
        oscal_put_count(o, v, "rows", json_int(r->values, "rows", 0));
        oscal_put_prop(o, v, "sha256", oscal_value_text(r, "digest"));
        range_put(o, v, oscal_value_text(r, "period_from"), oscal_value_text(r, "period_to"));
    }
    for (size_t i = 0; i < samples.count; i++) {
        const struct record *r = samples.items[i], *of = oscal_record(o, "population", oscal_value_text(r, "population"));
        if (!oscal_is_engaged(o, r))
            continue;
        struct json *v = task_new(o, list, r, "action", oscal_value_text(r, "size_reason"));
        oscal_put_prop(o, v, "kind", STR("sample"));
        oscal_put_prop(o, v, "profile", oscal_value_text(r, "profile"));
        oscal_put_count(o, v, "size", json_int(r->values, "size", 0));
        oscal_put_prop(o, v, "commitment", oscal_value_text(r, "commitment"));
        if (of && oscal_is_engaged(o, of))
            json_put_str(json_push_object(json_put_array(v, "dependencies")), "task-uuid", oscal_uuid(o, "task", of->id));
    }
}

/* The whole work as one task over the window. */
static void work_put(struct oscal *o, struct json *list, const struct json *activities)
{
    struct json *v = oscal_push_uuid(o, list, "task", STR("work"));
    bool is_planned = o->engagement && o->about.has_days;
    json_put_cstr(v, "type", "action");
    json_put_cstr(v, "title", "Tests of controls");
    range_put(o, v, day_text(o->arena, is_planned ? o->about.window.first : day_of(o->as->window.from_ms)),
              day_text(o->arena, is_planned ? o->about.window.last : day_of(o->as->window.to_ms - 1)));
    struct json *of = json_put_array(v, "associated-activities");
    JSON_EACH (activity, activities) {
        struct json *a = json_push_object(of);
        json_put_str(a, "activity-uuid", json_text(activity, "uuid"));
        oscal_push_system(o, json_put_array(a, "subjects"));
    }
}

void oscal_push_system(struct oscal *o, struct json *list)
{
    struct json *s = json_push_object(list), *one = json_push_object(json_put_array(s, "include-subjects"));
    json_put_cstr(s, "type", "component");
    json_put_str(one, "subject-uuid", oscal_uuid(o, "system", STR("this")));
    json_put_cstr(one, "type", "component");
}

static void terms_put(struct oscal *o, struct json *body)
{
    const struct record *g = o->engagement;
    if (!g)
        return;
    struct json *part =
        oscal_push_uuid(o, json_put_array(json_put_object(body, "terms-and-conditions"), "parts"), "terms", g->id);
    json_put_cstr(part, "name", "sampling");
    json_put_cstr(part, "ns", OSCAL_NS);
    json_put_cstr(part, "title", "Sample sizes");
    oscal_put_prose(o, part, "prose",
                    arena_printf(o->arena, "%.*s; confidence %lld %%, tolerable rate %lld %%.",
                                 STR_ARGS(oscal_choice_label(g, "profile")), (long long)json_int(g->values, "confidence", 90),
                                 (long long)json_int(g->values, "tolerable_rate", 10)));
}

struct json *oscal_assessment_plan(struct oscal *o)
{
    struct json *body, *root = oscal_document_new(o, OSCAL_ASSESSMENT_PLAN, "Test plan", &body);
    json_put_cstr(json_put_object(body, "import-ssp"), "href", "system-security-plan.json");
    struct json *activities = json_put_array(json_put_object(body, "local-definitions"), "activities");
    for (size_t i = 0; i < o->as->control_count; i++)
        control_activity_put(o, activities, i);
    sheet_activities_put(o, activities);
    terms_put(o, body);
    oscal_put_reviewed(o, body, "reviewed-controls", NULL);
    struct json *subjects = json_put_array(body, "assessment-subjects");
    oscal_push_system(o, subjects);
    struct json *hosts = json_push_object(subjects), *list = json_put_array(hosts, "include-subjects");
    if (o->as->subject_count)
        json_put_cstr(hosts, "type", "inventory-item");
    for (size_t i = 0; i < o->as->subject_count; i++)
        oscal_push_host(o, list, i);
    oscal_put_assets(o, body);
    struct json *tasks = json_put_array(body, "tasks");
    records_put(o, tasks);
    work_put(o, tasks, activities);
    return root;
}
