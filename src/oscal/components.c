/* components.c - controls, policies and tests as a component definition. */
#include "oscal/internal.h"

/* What a component does for each criterion that it serves. */
static struct json *implementation_new(struct oscal *o, struct json *component, struct str id, const char *words)
{
    struct json *v = oscal_push_uuid(o, json_put_array(component, "control-implementations"), "control-implementation", id);
    json_put_cstr(v, "source", "catalog.json");
    json_put_cstr(v, "description", words);
    return json_put_array(v, "implemented-requirements");
}

static struct json *requirement_put(struct oscal *o, struct json *list, struct str id, const char *criterion, struct str words)
{
    struct json *v = json_push_object(list);
    json_put_str(v, "uuid", oscal_uuid2(o, "implemented-requirement", id, str_of(criterion)));
    json_put_str(v, "control-id", oscal_token(o, str_of(criterion)));
    oscal_put_prose(o, v, "description", words);
    return v;
}

static void control_put(struct oscal *o, struct json *list, size_t index)
{
    const struct control_state *s = &o->as->controls[index];
    const struct control *c = s->control;
    struct str id = str_of(c->id), words = oscal_control_statement(o, c);
    struct json *v = oscal_push_uuid(o, list, "control", id);
    json_put_cstr(v, "type", "process-procedure");
    oscal_put_line(o, v, "title", oscal_title(o, c->id, c->title));
    oscal_put_prose(o, v, "description", words);
    oscal_put_prop(o, v, "control", id);
    oscal_put_prop(o, v, "family", str_of(c->family));
    oscal_put_prop(o, v, "type", str_of(c->type));
    oscal_put_prop(o, v, "nature", str_of(c->nature));
    oscal_put_prop(o, v, "frequency", str_of(s->program->frequency ? s->program->frequency : c->frequency));
    oscal_put_prop(o, v, "is-adopted", s->program->adoption == ADOPTION_ADOPTED ? STR("yes") : STR("no"));
    oscal_put_role(o, v, str_of(c->owner_role ? c->owner_role : ""));
    struct json *requirements = implementation_new(o, v, id, "The criteria that this control serves");
    for (size_t i = 0; i < content_criterion_count; i++)
        if (oscal_control_serves(o, index, i))
            oscal_put_prop(o, requirement_put(o, requirements, id, content_criteria[i].id, words), "role",
                           oscal_control_is_key_for(o, index, i) ? STR("key") : STR("supporting"));
}

static void policy_put(struct oscal *o, struct json *list, const struct policy *p)
{
    struct json *v = oscal_push_uuid(o, list, "policy", str_of(p->id));
    json_put_cstr(v, "type", "policy");
    oscal_put_line(o, v, "title", oscal_title(o, p->id, p->title));
    oscal_put_prose(o, v, "description", str_of(p->purpose));
    oscal_put_prop(o, v, "policy", str_of(p->id));
    oscal_put_role(o, v, str_of(p->owner));
    for (size_t i = 0; i < o->as->control_count; i++)
        for (size_t k = 0; k < p->controls.count; k++)
            if (oscal_control_is_shown(o, i) && strcmp(p->controls.items[k], o->as->controls[i].control->id) == 0)
                oscal_push_link(
                    o, v, arena_printf(o->arena, "#%.*s", STR_ARGS(oscal_uuid(o, "control", str_of(p->controls.items[k])))).data,
                    "related");
    struct json *requirements = implementation_new(o, v, str_of(p->id), "The criteria that this policy serves");
    for (size_t i = 0; i < p->criteria.count; i++)
        requirement_put(o, requirements, str_of(p->id), p->criteria.items[i], str_of(p->purpose));
}

static void test_put(struct oscal *o, struct json *list, const struct test *t)
{
    struct json *v = oscal_push_uuid(o, list, "test", str_of(t->id));
    json_put_cstr(v, "type", "validation");
    oscal_put_line(o, v, "title", str_of(t->title));
    oscal_put_prose(o, v, "description", str_of(t->why));
    oscal_put_prop(o, v, "test", str_of(t->id));
    oscal_put_prop(o, v, "topic", str_of(t->topic));
    oscal_put_prop(o, v, "severity", str_of(t->severity));
    oscal_put_prop(o, v, "sha256", str_of(t->digest));
    for (size_t i = 0; i < t->control_count; i++) {
        size_t control = assessment_control_index(o->as, str_of(t->controls[i].control));
        if (control < o->as->control_count && oscal_control_is_shown(o, control))
            oscal_push_link(
                o, v, arena_printf(o->arena, "#%.*s", STR_ARGS(oscal_uuid(o, "control", str_of(t->controls[i].control)))).data,
                "validates");
    }
}

struct json *oscal_components(struct oscal *o)
{
    struct json *body, *root = oscal_document_new(o, OSCAL_COMPONENTS, "Controls, policies and tests", &body),
                       *list = json_put_array(body, "components");
    for (size_t i = 0; i < o->as->control_count; i++)
        if (oscal_control_is_shown(o, i))
            control_put(o, list, i);
    for (size_t i = 0; i < content_policy_count; i++)
        policy_put(o, list, &content_policies[i]);
    for (size_t i = 0; i < content_test_count; i++)
        test_put(o, list, &content_tests[i]);
    return root;
}
