/* catalog.c - the criteria as a catalog, what is chosen of them as a profile, and how they relate to other frameworks. */
#include "oscal/internal.h"

#include "content/crosswalk.h"

#include "report/view_parameters.h"

#include <ctype.h>

static void label_put(struct oscal *o, struct json *v, struct str label)
{
    struct json *p = json_push_object(json_put_array(v, "props")); /* OSCAL's own: no name space */
    json_put_cstr(p, "name", "label");
    oscal_put_line(o, p, "value", label);
}

static struct json *part_new(struct oscal *o, struct json *parts, struct str id, const char *name, const char *class,
                             struct str prose)
{
    struct json *p = json_push_object(parts);
    json_put_str(p, "id", id);
    json_put_cstr(p, "name", name);
    if (class) {
        json_put_cstr(p, "ns", OSCAL_NS);
        json_put_cstr(p, "class", class);
    }
    oscal_put_prose(o, p, "prose", prose);
    return p;
}

static void criterion_put(struct oscal *o, struct json *list, const struct criterion *c)
{
    struct json *v = json_push_object(list);
    struct str id = oscal_token(o, str_of(c->id));
    json_put_str(v, "id", id);
    json_put_cstr(v, "class", "criterion");
    oscal_put_line(o, v, "title", str_of(c->title));
    label_put(o, v, str_of(c->id));
    oscal_put_prop(o, v, "category", str_of(c->category));
    oscal_put_count(o, v, "points-of-focus", c->points_of_focus);
    if (c->coso_principle)
        oscal_put_count(o, v, "coso-principle", c->coso_principle);
    oscal_put_prop(o, v, "typical-frequency", str_of(c->typical_frequency));
    struct json *parts = json_put_array(v, "parts");
    part_new(o, parts, oscal_statement(o, c), "statement", NULL, str_of(c->summary));
    for (size_t i = 0; i < c->topics.count; i++)
        part_new(o, parts, arena_printf(o->arena, "%.*s_topic.%zu", STR_ARGS(id), i + 1), "guidance", "topic",
                 str_of(c->topics.items[i]));
    for (size_t i = 0; i < c->typical_evidence.count; i++)
        part_new(o, parts, arena_printf(o->arena, "%.*s_evidence.%zu", STR_ARGS(id), i + 1), "guidance", "evidence",
                 str_of(c->typical_evidence.items[i]));
    part_new(o, parts, arena_printf(o->arena, "%.*s_test", STR_ARGS(id)), "assessment-method", "operating-test",
             str_of(c->operating_test));
}

static void parameters_put(struct oscal *o, struct json *body)
{
    struct json *list = json_put_array(body, "params");
    for (size_t i = 0; i < content_parameter_count; i++) {
        const struct parameter *p = &content_parameters[i];
        struct json *v = json_push_object(list);
        json_put_str(v, "id", oscal_token(o, str_of(p->name)));
        oscal_put_prop(o, v, "unit", str_of(p->unit ? p->unit : ""));
        oscal_put_prop(o, v, "group", str_of(p->group));
        oscal_put_line(o, v, "label", str_of(p->label));
        oscal_put_prose(o, v, "usage", str_of(p->words));
        struct str value = str_trim(str_of(p->default_value));
        if (value.size)
            json_push_str(json_put_array(v, "values"), value);
    }
}

struct json *oscal_catalog(struct oscal *o)
{
    struct json *body, *root = oscal_document_new(o, OSCAL_CATALOG, "Trust services criteria in own words", &body);
    oscal_put_prose(o, (struct json *)(uintptr_t)json_get(body, "metadata"), "remarks",
                    STR("Titles, statements and topics are our own words about criteria of the AICPA (TSP section 100), which "
                        "alone hold; no text of theirs is in here."));
    parameters_put(o, body);
    struct json *groups = json_put_array(body, "groups"), *list = NULL;
    const char *series = "";
    for (size_t i = 0; i < content_criterion_count; i++) {
        const struct criterion *c = &content_criteria[i];
        if (strcmp(series, c->series) != 0) {
            struct json *g = json_push_object(groups);
            json_put_str(g, "id", arena_printf(o->arena, "series-%.*s", STR_ARGS(oscal_token(o, str_of(c->series)))));
            json_put_cstr(g, "class", "series");
            oscal_put_line(o, g, "title", str_of(c->series_title));
            label_put(o, g, str_of(c->series));
            list = json_put_array(g, "controls");
            series = c->series;
        }
        criterion_put(o, list, c);
    }
    return root;
}

/* ---- profile ---- */

static void values_put(struct oscal *o, struct json *body)
{
    struct json *list = json_put_array(json_put_object(body, "modify"), "set-parameters");
    for (size_t i = 0; i < content_parameter_count; i++) {
        struct str value = str_trim(view_parameter_value(&o->view, &content_parameters[i]));
        if (value.size == 0)
            continue;
        struct json *v = json_push_object(list);
        json_put_str(v, "param-id", oscal_token(o, str_of(content_parameters[i].name)));
        json_push_str(json_put_array(v, "values"), value);
    }
}

/* Criteria of a chosen category that do not apply, with the reason. */
static struct str left_out(struct oscal *o)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 1 << 20);
    for (size_t i = 0; i < content_criterion_count; i++) {
        if (!o->as->program->criterion_not_relevant[i])
            continue;
        const struct record *r = oscal_record(o, "criterion", str_of(content_criteria[i].id));
        buf_printf(&b, "%s does not apply: %.*s\n", content_criteria[i].id, STR_ARGS(oscal_value_text(r, "reason")));
    }
    return arena_str(o->arena, buf_view(&b));
}

struct json *oscal_profile(struct oscal *o)
{
    struct json *body, *root = oscal_document_new(o, OSCAL_PROFILE, "Scope", &body);
    oscal_put_prose(o, (struct json *)(uintptr_t)json_get(body, "metadata"), "remarks", left_out(o));
    struct json *import = json_push_object(json_put_array(body, "imports"));
    json_put_cstr(import, "href", "catalog.json");
    struct json *ids = json_put_array(json_push_object(json_put_array(import, "include-controls")), "with-ids");
    for (size_t i = 0; i < content_criterion_count; i++)
        if (o->in_scope[i])
            json_push_str(ids, oscal_token(o, str_of(content_criteria[i].id)));
    json_put_bool(json_put_object(body, "merge"), "as-is", true);
    values_put(o, body);
    return root;
}

/* ---- mapping ---- */

static const struct framework {
    const char *key, *title, *url; /* url: of its catalog in OSCAL; NULL: there is none, it is named in the back matter */
} frameworks[] = {
    {"iso27001_2022", "ISO/IEC 27001:2022, Annex A", NULL},
    {"iso27001_2022_clauses", "ISO/IEC 27001:2022, clauses", NULL},
    {"nist_csf_2", "NIST Cybersecurity Framework 2.0",
     "https://raw.githubusercontent.com/usnistgov/oscal-content/main/nist.gov/CSF/v2.0/json/NIST_CSF_v2.0_catalog.json"},
    {"nist_800_53r5", "NIST SP 800-53 Revision 5",
     "https://raw.githubusercontent.com/usnistgov/oscal-content/main/nist.gov/SP800-53/rev5/json/"
     "NIST_SP-800-53_rev5_catalog.json"},
    {"hipaa", "HIPAA, 45 CFR Part 164", NULL},
    {"gdpr", "Regulation (EU) 2016/679 (GDPR)", NULL},
    {"ccm4", "CSA Cloud Controls Matrix 4", NULL},
};

/* As their own catalogs write it: "AC-2(1)" → "ac-2.1" in SP 800-53; elsewhere as it is printed. */
static struct str target_id(struct oscal *o, const struct framework *f, struct str id)
{
    if (strcmp(f->key, "nist_800_53r5") != 0)
        return str_trim(id);
    char *out = arena_alloc(o->arena, id.size + 1);
    size_t n = 0;
    for (size_t i = 0; i < id.size; i++)
        if (id.data[i] != ')')
            out[n++] = id.data[i] == '(' ? '.' : (char)tolower((unsigned char)id.data[i]);
    return str_make(out, n);
}

static void side_put(struct json *map, const char *key, struct str id)
{
    struct json *v = json_push_object(json_put_array(map, key));
    json_put_cstr(v, "type", "control");
    json_put_str(v, "id-ref", id);
}

/* How sure we are of a pair, where somebody has said so. */
static void confidence_put(struct json *map, const struct json *levels, struct str id)
{
    JSON_EACH (level, levels)
        JSON_EACH (other, level)
            if (str_equal(other->text, id))
                json_put_str(json_put_object(map, "confidence-score"), "category", level->key);
}

static void maps_put(struct oscal *o, struct json *mapping, const struct framework *f, const struct json *confidence)
{
    struct json *list = json_put_array(mapping, "maps");
    for (size_t i = 0; i < content_criterion_count; i++) {
        const struct criterion *c = &content_criteria[i];
        const struct json *all = json_parse(o->arena, str_of(c->crosswalk_json), JSON_LIMITS_DEFAULT, o->e);
        JSON_EACH (id, json_get(all, f->key)) {
            struct json *map = json_push_object(list);
            json_put_str(map, "uuid", oscal_uuid2(o, f->key, str_of(c->id), id->text));
            json_put_cstr(map, "relationship", "intersects-with");
            side_put(map, "sources", oscal_token(o, str_of(c->id)));
            side_put(map, "targets", target_id(o, f, id->text));
            confidence_put(map, json_get(json_get(confidence, c->id), f->key), id->text);
        }
    }
}

struct json *oscal_mapping(struct oscal *o)
{
    struct json *body, *root = oscal_document_new(o, OSCAL_MAPPING, "Criteria and other frameworks", &body);
    const struct json *confidence =
        json_get(json_parse(o->arena, str_of(content_crosswalk_json), JSON_LIMITS_DEFAULT, o->e), "confidence");
    struct json *p = json_put_object(body, "provenance");
    json_put_cstr(p, "method", "human");
    json_put_cstr(p, "matching-rationale", "semantic");
    json_put_cstr(p, "status", "draft");
    json_put_cstr(
        p, "mapping-description",
        "Our own reading: where a pair stands, what serves the one usually bears on the other. None replaces the other.");
    struct json *mappings = json_put_array(body, "mappings"),
                *resources = json_put_array(json_put_object(body, "back-matter"), "resources");
    for (size_t i = 0; i < sizeof frameworks / sizeof frameworks[0]; i++) {
        const struct framework *f = &frameworks[i];
        struct json *m = oscal_push_uuid(o, mappings, "mapping", str_of(f->key)), *source = json_put_object(m, "source-resource"),
                    *target = json_put_object(m, "target-resource");
        json_put_cstr(source, "type", "catalog");
        json_put_cstr(source, "href", "catalog.json");
        json_put_cstr(target, "type", "catalog");
        struct json *r = oscal_push_uuid(o, resources, "framework", str_of(f->key));
        json_put_cstr(r, "title", f->title);
        if (f->url)
            json_put_cstr(json_push_object(json_put_array(r, "rlinks")), "href", f->url);
        json_put_str(target, "href", arena_printf(o->arena, "#%.*s", STR_ARGS(json_text(r, "uuid"))));
        maps_put(o, m, f, confidence);
    }
    return root;
}
