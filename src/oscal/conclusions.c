/* conclusions.c - what an examination came to: its populations, the controls that were computed from them, and what auditors signed. */
#include "oscal/results.h"

#include "assess/audit_sample.h"

/* ---- populations ---- */

static void rows_resource_put(struct oscal *o, struct json *resources, struct json *observation, const struct record *p)
{
    const struct json *file = json_at(json_get(p->values, "files"), 0);
    if (!file)
        return;
    struct json *v = oscal_push_uuid(o, resources, "population-rows", p->id);
    oscal_put_line(o, v, "title", arena_printf(o->arena, "Rows of %.*s", STR_ARGS(record_title(p))));
    oscal_put_prop(o, v, "record", p->id);
    struct json *link = json_push_object(json_put_array(v, "rlinks")), *hash = json_push_object(json_put_array(link, "hashes"));
    json_put_str(link, "href", arena_printf(o->arena, "blobs/%.*s", STR_ARGS(json_text(file, "c")))); /* as in a bundle */
    json_put_cstr(hash, "algorithm", "SHA-256");
    json_put_str(hash, "value", oscal_value_text(p, "digest"));
    struct json *evidence = json_push_object(json_put_array(observation, "relevant-evidence"));
    json_put_str(evidence, "href", arena_printf(o->arena, "#%.*s", STR_ARGS(oscal_uuid(o, "population-rows", p->id))));
    oscal_put_prose(o, evidence, "description", STR("The rows as they were frozen, a line each"));
}

static struct str checked_words(struct oscal *o, const struct record *p)
{
    struct str completeness = oscal_value_text(p, "completeness"), accuracy = oscal_value_text(p, "accuracy");
    return arena_printf(o->arena, "%.*s, %.*s: %lld rows, %s.%s%.*s%s%.*s", STR_ARGS(oscal_value_text(p, "system")), STR_ARGS(record_title(p)), (long long)json_int(p->values, "rows", 0), population_ipe_words(p->state),
                        completeness.size ? "\n\nComplete: " : "", STR_ARGS(completeness), accuracy.size ? "\n\nAccurate: " : "", STR_ARGS(accuracy));
}

void oscal_put_populations(struct oscal *o, struct json *observations, struct json *resources)
{
    struct record_list all = oscal_records(o, "population");
    for (size_t i = 0; i < all.count; i++) {
        const struct record *p = all.items[i];
        if (!oscal_is_engaged(o, p) || str_is(p->state, "draft") || str_is(p->state, "replaced"))
            continue;
        struct json *v = oscal_push_uuid(o, observations, "population-observation", p->id);
        oscal_put_line(o, v, "title", record_title(p));
        oscal_put_prose(o, v, "description", checked_words(o, p));
        json_push_str(json_put_array(v, "methods"), STR("EXAMINE"));
        json_push_str(json_put_array(v, "types"), STR("control-objective"));
        oscal_put_prop(o, v, "record", p->id);
        oscal_put_prop(o, v, "state", p->state);
        oscal_put_prop(o, v, "produced-information", str_of(population_ipe(p->state)));
        oscal_put_prop(o, v, "complete-by", oscal_value_text(p, "completeness_by"));
        oscal_put_prop(o, v, "sha-256", oscal_value_text(p, "digest"));
        oscal_put_count(o, v, "rows", json_int(p->values, "rows", 0));
        JSON_EACH (control, json_get(p->values, "controls"))
            oscal_put_prop(o, v, "control", control->text);
        rows_resource_put(o, resources, v, p);
        json_put_str(v, "collected", oscal_instant(o, json_int(p->values, "run_at", p->t)));
    }
}

void oscal_put_fed(struct oscal *o, struct json *observation, size_t control)
{
    const struct population_result *r = o->fed ? &o->fed[control] : NULL;
    if (!r || !r->is_event_model)
        return;
    for (size_t i = 0; i < r->populations.count; i++)
        oscal_put_prop(o, observation, "population", str_of(r->populations.items[i]));
    oscal_put_prop(o, observation, "inputs-sha-256", r->inputs);
    oscal_put_prop(o, observation, "rules", STR(EVALUATION_RULES));
    if (r->has_population)
        oscal_put_prop(o, observation, "produced-information", r->is_failed ? STR("failed") : r->is_checked ? STR("complete_and_accurate") : STR("not_checked"));
}

/* ---- what was signed ---- */

static void opinion_put(struct oscal *o, struct json *v, const struct record *sheet)
{
    int64_t leaf = audit_leaf_of(o->view.db, "opinion", sheet->id, -1, o->e);
    if (leaf < 0)
        return;
    oscal_put_count(o, v, "opinion-leaf", leaf);
    struct str statement = db_one_text(o->arena, o->view.db, o->e, "select statement from audit_leaf where leaf = ?1", A(leaf));
    const struct json *s = statement.data ? json_parse(o->arena, statement, JSON_LIMITS_DEFAULT, o->e) : NULL;
    oscal_put_prop(o, v, "concluded-by", json_text(s, "by"));
    oscal_put_prop(o, v, "head", json_text(s, "cp"));
}

static void related_put(struct oscal *o, struct json *list, const char *member, const char *kind, struct str id)
{
    json_put_str(json_push_object(list), member, oscal_uuid(o, kind, id));
}

static void conclusion_put(struct oscal *o, struct json *findings, const struct record *s, size_t criterion, const struct record_list *exceptions)
{
    struct str conclusion = oscal_value_text(s, "conclusion"), population = oscal_value_text(s, "population");
    bool is_fine = str_is(conclusion, "no_exceptions"), is_known = is_fine || str_is(conclusion, "exceptions");
    const struct record *p = population.size ? oscal_record(o, "population", population) : NULL;
    struct json *v = json_push_object(findings);
    json_put_str(v, "uuid", oscal_uuid2(o, "conclusion", s->id, str_of(content_criteria[criterion].id)));
    oscal_put_line(o, v, "title", record_title(s));
    oscal_put_prose(o, v, "description", oscal_value_text(s, "conclusion_words"));
    oscal_put_prop(o, v, "record", s->id);
    oscal_put_prop(o, v, "control", oscal_value_text(s, "control"));
    oscal_put_prop(o, v, "auditor-conclusion", conclusion);
    opinion_put(o, v, s);
    oscal_put_target(o, v, criterion, is_fine, is_fine ? "pass" : is_known ? "fail" : "other");
    struct json *observations = json_put_array(v, "related-observations"), *risks = json_put_array(v, "related-risks");
    related_put(o, observations, "observation-uuid", "sheet", s->id);
    if (p && !str_is(p->state, "draft") && !str_is(p->state, "replaced"))
        related_put(o, observations, "observation-uuid", "population-observation", p->id);
    for (size_t i = 0; i < exceptions->count; i++)
        if (str_equal(oscal_value_text(exceptions->items[i], "sheet"), s->id) && !str_is(exceptions->items[i]->state, "withdrawn"))
            related_put(o, risks, "risk-uuid", "risk", exceptions->items[i]->id);
}

void oscal_put_conclusions(struct oscal *o, struct json *findings)
{
    struct record_list sheets = oscal_records(o, "test_sheet"), exceptions = oscal_records(o, "audit_exception");
    for (size_t i = 0; i < sheets.count; i++) {
        const struct record *s = sheets.items[i];
        const bool *wanted = oscal_is_engaged(o, s) && str_is(s->state, "locked") ? oscal_criteria_of_record(o, s) : NULL;
        for (size_t k = 0; wanted && k < content_criterion_count; k++)
            if (wanted[k])
                conclusion_put(o, findings, s, k, &exceptions);
    }
}
