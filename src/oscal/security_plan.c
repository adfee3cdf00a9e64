/* security_plan.c - the system as the registers of the scope describe it, and who meets which criterion with what. */
#include "oscal/internal.h"

static struct json *component_new(struct oscal *o, struct json *list, const char *kind, struct str id, const char *type,
                                  struct str title, struct str words, const char *state)
{
    struct json *v = oscal_push_uuid(o, list, kind, id);
    json_put_cstr(v, "type", type);
    oscal_put_line(o, v, "title", title);
    oscal_put_prose(o, v, "description", words.size ? words : title);
    json_put_cstr(json_put_object(v, "status"), "state", state);
    return v;
}

/* ---- what the system is ---- */

static struct str title_of(struct oscal *o)
{
    struct str name = oscal_value_text(o->organisation, "name");
    return name.size ? name : STR("The system");
}

static struct str list_text(struct oscal *o, const char *type, const char *flag,
                            struct str (*line)(struct oscal *o, const struct record *r))
{
    struct buf BUF_AUTO b;
    buf_init(&b, 4 << 20);
    struct record_list l = oscal_records(o, type);
    for (size_t i = 0; i < l.count; i++)
        if (!flag || oscal_value_is(l.items[i], flag))
            buf_printf(&b, "- %.*s\n", STR_ARGS(line(o, l.items[i])));
    return arena_str(o->arena, buf_view(&b));
}

static struct str boundary_line(struct oscal *o, const struct record *r)
{
    return arena_printf(o->arena, "%s: %.*s (%.*s). %.*s", oscal_value_is(r, "is_in") ? "Inside" : "Outside",
                        STR_ARGS(record_title(r)), STR_ARGS(oscal_choice_label(r, "kind")),
                        STR_ARGS(oscal_value_text(r, "reason")));
}

static struct str commitment_line(struct oscal *o, const struct record *r)
{
    return arena_printf(o->arena, "%.*s: %.*s", STR_ARGS(record_title(r)), STR_ARGS(oscal_value_text(r, "text")));
}

static void information_put(struct oscal *o, struct json *list, const char *kind, struct str id, struct str title,
                            struct str words)
{
    struct json *v = oscal_push_uuid(o, list, kind, id);
    oscal_put_line(o, v, "title", title);
    oscal_put_prose(o, v, "description", words.size ? words : title);
}

static void characteristics_put(struct oscal *o, struct json *body)
{
    struct json *v = json_put_object(body, "system-characteristics"), *id = json_push_object(json_put_array(v, "system-ids"));
    struct str what = oscal_value_text(o->organisation, "what"), boundary = oscal_value_text(o->scope, "boundary"),
               items = list_text(o, "boundary_item", NULL, boundary_line);
    json_put_cstr(id, "identifier-type", "http://ietf.org/rfc/rfc4122");
    json_put_str(id, "id", oscal_uuid(o, "system", STR("this")));
    oscal_put_line(o, v, "system-name", title_of(o));
    oscal_put_prose(o, v, "description", what.size ? what : STR("Nobody has described it yet."));
    if (o->scope)
        oscal_put_prop(o, v, "scope-state", o->scope->state);
    struct json *types = json_put_array(json_put_object(v, "system-information"), "information-types");
    struct record_list stores = oscal_records(o, "data_store");
    for (size_t i = 0; i < stores.count; i++) {
        information_put(o, types, "data_store", stores.items[i]->id, record_title(stores.items[i]),
                        oscal_value_text(stores.items[i], "what"));
        oscal_put_prop(o, types->last, "class", oscal_value_text(stores.items[i], "class"));
    }
    JSON_EACH (kind, o->organisation ? json_get(o->organisation->values, "data_kinds") : NULL)
        information_put(o, types, "data_kind", kind->text, arena_printf(o->arena, "Customers' data: %.*s", STR_ARGS(kind->text)),
                        STR(""));
    if (types->count == 0)
        information_put(o, types, "data_kind", STR(""), STR("Not said yet"),
                        STR("No data store and no kind of data is registered."));
    json_put_cstr(json_put_object(v, "status"), "state", "operational");
    struct str whole = arena_printf(o->arena, "%.*s\n\n%.*s", STR_ARGS(boundary), STR_ARGS(items));
    oscal_put_prose(o, json_put_object(v, "authorization-boundary"), "description",
                    str_trim(whole).size ? whole : STR("Nobody has drawn it yet."));
    struct str flows = oscal_value_text(o->organisation, "data_flows");
    if (flows.size)
        oscal_put_prose(o, json_put_object(v, "data-flow"), "description", flows);
    struct str promises = list_text(o, "commitment", "is_principal", commitment_line);
    if (promises.size)
        oscal_put_prose(o, v, "remarks", arena_printf(o->arena, "Principal commitments:\n\n%.*s", STR_ARGS(promises)));
}

/* ---- what it consists of ---- */

static const char *component_type(struct str kind)
{
    static const char *const types[][2] = {{"application", "software"}, {"database", "software"},  {"host", "hardware"},
                                           {"network", "network"},      {"storage", "hardware"},   {"identity", "service"},
                                           {"pipeline", "service"},     {"monitoring", "service"}, {"endpoint", "hardware"},
                                           {"tool", "software"}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (str_is(kind, types[i][0]))
            return types[i][1];
    return "system";
}

static const char *life_of(const struct record *r)
{
    const struct record_state *s = record_type_state(r->type, r->state);
    return s && s->is_end ? "disposition" : str_is(r->state, "planned") ? "under-development" : "operational";
}

static void systems_put(struct oscal *o, struct json *list)
{
    struct record_list l = oscal_records(o, "system");
    for (size_t i = 0; i < l.count; i++) {
        const struct record *r = l.items[i];
        if (!oscal_value_is(r, "is_in"))
            continue;
        struct json *v = component_new(o, list, "system", r->id, component_type(oscal_value_text(r, "kind")), record_title(r),
                                       oscal_value_text(r, "note"), life_of(r));
        oscal_put_prop(o, v, "record", r->id);
        oscal_put_prop(o, v, "environment", oscal_value_text(r, "environment"));
        oscal_put_prop(o, v, "data-class", oscal_value_text(r, "data_class"));
        oscal_put_prop(o, v, "provider", oscal_value_text(r, "provider"));
    }
    l = oscal_records(o, "service");
    for (size_t i = 0; i < l.count; i++)
        if (oscal_value_is(l.items[i], "is_in"))
            oscal_put_prop(o,
                           component_new(o, list, "service", l.items[i]->id, "service", record_title(l.items[i]),
                                         oscal_value_text(l.items[i], "what"), life_of(l.items[i])),
                           "record", l.items[i]->id);
}

static void vendor_put(struct oscal *o, struct json *body, struct json *components, struct json *leveraged,
                       const struct record *r)
{
    struct str party = oscal_party_add(o, body, "party", r->id, record_title(r)), until = oscal_value_text(r, "report_until");
    struct json *v =
        component_new(o, components, "subservice", r->id, "service", record_title(r), oscal_value_text(r, "what"), life_of(r));
    oscal_put_prop(o, v, "record", r->id);
    oscal_put_prop(o, v, "method", oscal_value_text(r, "method"));
    oscal_put_prose(o, v, "remarks", oscal_value_text(r, "rationale"));
    if (!until.size)
        return;
    struct json *a = oscal_push_uuid(o, leveraged, "leveraged", r->id); /* their report, as far as it reaches */
    oscal_put_line(o, a, "title", arena_printf(o->arena, "Report of %.*s", STR_ARGS(record_title(r))));
    json_put_str(a, "party-uuid", party);
    json_put_str(a, "date-authorized", until);
}

static void hosts_put(struct oscal *o, struct json *list)
{
    struct record_list systems = oscal_records(o, "system"), assets = oscal_records(o, "asset");
    for (size_t i = 0; i < o->as->subject_count; i++) {
        const struct subject_state *s = &o->as->subjects[i];
        struct json *v = oscal_push_uuid(o, list, "host", s->id), *of = json_put_array(v, "implemented-components");
        oscal_put_prose(o, v, "description", arena_printf(o->arena, "%.*s %.*s", STR_ARGS(s->kind), STR_ARGS(s->name)));
        oscal_put_prop(o, v, "subject", s->id);
        oscal_put_prop(o, v, "name", s->name);
        for (size_t k = 0; k < systems.count; k++)
            if (oscal_value_is(systems.items[k], "is_in") && s->id.size &&
                str_equal(oscal_value_text(systems.items[k], "subject"), s->id))
                json_put_str(json_push_object(of), "component-uuid", oscal_uuid(o, "system", systems.items[k]->id));
    }
    for (size_t i = 0; i < assets.count; i++) {
        const struct record *r = assets.items[i], *system = oscal_record(o, "system", oscal_value_text(r, "system"));
        struct json *v = oscal_push_uuid(o, list, "asset", r->id);
        oscal_put_prose(o, v, "description", record_title(r));
        oscal_put_prop(o, v, "record", r->id);
        oscal_put_prop(o, v, "kind", oscal_value_text(r, "kind"));
        oscal_put_prop(o, v, "environment", oscal_value_text(r, "environment"));
        if (system && oscal_value_is(system, "is_in"))
            json_put_str(json_push_object(json_put_array(v, "implemented-components")), "component-uuid",
                         oscal_uuid(o, "system", system->id));
    }
}

static void implementation_put(struct oscal *o, struct json *body)
{
    struct json *v = json_put_object(body, "system-implementation"), *leveraged = json_put_array(v, "leveraged-authorizations"),
                *components = json_put_array(v, "components");
    component_new(o, components, "system", STR("this"), "this-system", title_of(o), oscal_value_text(o->organisation, "what"),
                  "operational");
    systems_put(o, components);
    struct record_list vendors = oscal_records(o, "subservice");
    for (size_t i = 0; i < vendors.count; i++)
        if (!str_is(vendors.items[i]->state, "ended"))
            vendor_put(o, body, components, leveraged, vendors.items[i]);
    for (size_t i = 0; i < o->as->control_count; i++) {
        const struct control *c = o->as->controls[i].control;
        if (!oscal_control_is_shown(o, i))
            continue;
        struct json *k =
            component_new(o, components, "control", str_of(c->id), "process-procedure", oscal_title(o, c->id, c->title),
                          oscal_control_statement(o, c),
                          o->as->program->controls[i].adoption == ADOPTION_ADOPTED ? "operational" : "under-development");
        oscal_put_prop(o, k, "control", str_of(c->id));
        oscal_put_role(o, k, str_of(c->owner_role ? c->owner_role : ""));
    }
    hosts_put(o, json_put_array(v, "inventory-items"));
}

/* ---- who meets which criterion ---- */

static struct json *by_component(struct oscal *o, struct json *list, const char *kind, struct str id, const struct criterion *c,
                                 struct str words)
{
    struct json *v = json_push_object(list);
    json_put_str(v, "component-uuid", oscal_uuid(o, kind, id));
    json_put_str(v, "uuid", oscal_uuid2(o, "by-component", id, str_of(c->id)));
    oscal_put_prose(o, v, "description", words);
    return v;
}

/* What is done with it so far. */
static const char *progress_of(const struct oscal *o, size_t control)
{
    if (o->as->program->controls[control].adoption != ADOPTION_ADOPTED)
        return "planned";
    return o->as->controls[control].design.result == DESIGN_IMPLEMENTED ? "implemented" : "partial";
}

static void vendors_put(struct oscal *o, struct json *list, const struct record_list *vendors, const struct criterion *c)
{
    for (size_t i = 0; i < vendors->count; i++) {
        const struct record *r = vendors->items[i];
        struct str rest = oscal_value_text(r, "controls_assumed"), line;
        if (str_is(r->state, "ended") || !oscal_value_has(r, "criteria", str_of(c->id)))
            continue;
        struct json *v = by_component(o, list, "subservice", r->id, c, oscal_value_text(r, "what"));
        oscal_put_prop(o, v, "method", oscal_value_text(r, "method"));
        struct json *inherited = json_put_array(v, "inherited");
        for (size_t n = 0; str_next_line(&rest, &line); n++)
            if (str_trim(line).size) {
                struct json *h = json_push_object(inherited);
                json_put_str(h, "uuid", oscal_uuid2(o, "inherited", r->id, arena_printf(o->arena, "%s %zu", c->id, n)));
                oscal_put_prose(o, h, "description", line);
            }
    }
}

static void requirements_put(struct oscal *o, struct json *body)
{
    struct json *v = json_put_object(body, "control-implementation"), *list = json_put_array(v, "implemented-requirements");
    struct record_list vendors = oscal_records(o, "subservice");
    json_put_cstr(v, "description",
                  "For each criterion in scope, the controls that serve it, and what is left to subservice organisations.");
    for (size_t i = 0; i < content_criterion_count; i++) {
        const struct criterion *c = &content_criteria[i];
        if (!o->in_scope[i])
            continue;
        struct json *r = oscal_push_uuid(o, list, "requirement", str_of(c->id));
        json_put_str(r, "control-id", oscal_token(o, str_of(c->id)));
        struct json *s = oscal_push_uuid(o, json_put_array(r, "statements"), "statement", str_of(c->id)),
                    *by = json_put_array(s, "by-components");
        json_put_str(s, "statement-id", oscal_statement(o, c));
        for (size_t k = 0; k < o->as->control_count; k++) {
            if (!oscal_control_is_shown(o, k) || !oscal_control_serves(o, k, i))
                continue;
            const struct control *control = o->as->controls[k].control;
            struct json *b = by_component(o, by, "control", str_of(control->id), c, oscal_control_statement(o, control));
            oscal_put_prop(o, b, "role", oscal_control_is_key_for(o, k, i) ? STR("key") : STR("supporting"));
            json_put_cstr(json_put_object(b, "implementation-status"), "state", progress_of(o, k));
        }
        vendors_put(o, by, &vendors, c);
    }
}

struct json *oscal_security_plan(struct oscal *o)
{
    struct json *body, *root = oscal_document_new(o, OSCAL_SECURITY_PLAN, "System description", &body);
    json_put_cstr(json_put_object(body, "import-profile"), "href", "profile.json");
    characteristics_put(o, body);
    implementation_put(o, body);
    requirements_put(o, body);
    return root;
}
