/* actions.c - what is to be done: gaps, deviations, and what management promised the auditor, each with its risk. */
#include "oscal/results.h"

static void item_put(struct oscal *o, struct json *body, const struct record *r, const char *kind, struct str words)
{
    struct json *v = oscal_push_uuid(o, (struct json *)(uintptr_t)json_get(body, "poam-items"), "item", r->id);
    oscal_put_line(o, v, "title", record_title(r));
    oscal_put_prose(o, v, "description", words.size ? words : record_title(r));
    oscal_put_prop(o, v, "record", r->id);
    oscal_put_prop(o, v, "kind", str_of(kind));
    oscal_put_prop(o, v, "state", r->state);
    json_put_str(json_push_object(json_put_array(v, "related-risks")), "risk-uuid", oscal_uuid(o, "risk", r->id));
}

static const char *gap_status(const struct record *r)
{
    return str_is(r->state, "accepted") ? "deviation-approved"
           : str_is(r->state, "closed") ? "closed"
           : str_is(r->state, "open")   ? "open"
                                        : "remediating";
}

static void gap_put(struct oscal *o, struct json *body, struct json *risks, const struct record *r)
{
    struct json *v = oscal_push_uuid(o, risks, "risk", r->id);
    oscal_put_line(o, v, "title", record_title(r));
    oscal_put_prose(o, v, "description", record_title(r));
    oscal_put_prose(
        o, v, "statement",
        arena_printf(o->arena, "%.*s. Severity: %.*s.", STR_ARGS(record_title(r)), STR_ARGS(oscal_choice_label(r, "severity"))));
    json_put_cstr(v, "status", gap_status(r));
    oscal_put_prop(o, v, "record", r->id);
    oscal_put_prop(o, v, "kind", oscal_value_text(r, "kind"));
    oscal_put_prop(o, v, "severity", oscal_value_text(r, "severity"));
    JSON_EACH (id, json_get(r->values, "controls"))
        oscal_put_prop(o, v, "control", id->text);
    JSON_EACH (id, json_get(r->values, "criteria"))
        oscal_put_prop(o, v, "criterion", id->text);
    oscal_put_prop(o, v, "test", oscal_value_text(r, "test"));
    json_put_str(v, "deadline", oscal_date_end(o, oscal_value_text(r, "due_on")));
    if (oscal_value_text(r, "plan").size)
        oscal_put_remediation(o, v, r->id, str_is(r->state, "closed") ? "completed" : "planned", STR("Plan"),
                              oscal_value_text(r, "plan"), oscal_value_text(r, "due_on"));
    item_put(o, body, r, "gap", oscal_value_text(r, "plan"));
}

struct json *oscal_actions(struct oscal *o)
{
    struct json *body, *root = oscal_document_new(o, OSCAL_ACTIONS, "Gaps, deviations and corrective actions", &body);
    json_put_cstr(json_put_object(body, "import-ssp"), "href", "system-security-plan.json");
    struct json *id = json_put_object(body, "system-id"), *risks = json_put_array(body, "risks"),
                *items = json_put_array(body, "poam-items");
    json_put_cstr(id, "identifier-type", "http://ietf.org/rfc/rfc4122");
    json_put_str(id, "id", oscal_uuid(o, "system", STR("this")));
    struct record_list gaps = oscal_records(o, "gap"), deviations = oscal_records(o, "deviation"),
                       exceptions = oscal_records(o, "audit_exception");
    for (size_t i = 0; i < gaps.count; i++)
        gap_put(o, body, risks, gaps.items[i]);
    for (size_t i = 0; i < deviations.count; i++) {
        oscal_push_deviation_risk(o, risks, deviations.items[i]);
        item_put(o, body, deviations.items[i], "deviation", oscal_value_text(deviations.items[i], "cause"));
    }
    for (size_t i = 0; i < exceptions.count; i++) {
        const struct record *x = exceptions.items[i], *response = oscal_response_to(o, x);
        if (str_is(x->state, "withdrawn") || (o->engagement && !oscal_is_engaged(o, x)))
            continue;
        oscal_push_exception_risk(o, risks, x, response);
        item_put(o, body, x, "exception",
                 response && !str_is(response->state, "draft") ? oscal_value_text(response, "action")
                                                               : oscal_value_text(x, "facts"));
    }
    if (items->count == 0) { /* the schema takes no empty plan */
        struct json *v = oscal_push_uuid(o, items, "item", STR(""));
        json_put_cstr(v, "title", "Nothing is registered");
        json_put_cstr(v, "description", "Up to this leaf there is no gap, no deviation and no exception of an auditor.");
        oscal_put_prop(o, v, "kind", STR("none"));
    }
    return root;
}
