/* The words of the library's policies: the build stops where one breaks a rule (policy_text.h), with file and line. */
#include "content/check_internal.h"
#include "content/policy_text.h"

static bool is_parameter(void *context, struct str name)
{
    const struct content *c = context;
    for (size_t i = 0; i < c->parameter_count; i++)
        if (str_is(name, c->parameters[i].name))
            return true;
    return false;
}

static bool is_control(void *context, struct str id)
{
    const struct content *c = context;
    for (size_t i = 0; i < c->control_count; i++)
        if (str_is(id, c->controls[i].id))
            return true;
    return false;
}

void check_policy(struct checker *k, struct policy *p, struct str text)
{
    struct policy_problem *problems = arena_array(k->arena, POLICY_PROBLEMS_MAX, sizeof *problems);
    const struct policy_rules rules = {.title = p->title, .sections = p->sections, .controls = p->controls, .is_parameter = is_parameter,
                                       .is_control = is_control, .context = k->content};
    p->text = arena_str(k->arena, text).data;
    size_t count = policy_lint(k->arena, text, &rules, problems);
    for (size_t i = 0; i < count; i++)
        problem_at(k, k->file, problems[i].line, 1, "%s: %s", p->id, problems[i].text);
}
