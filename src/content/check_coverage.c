#include "content/check_internal.h"

#include "content/placeholder.h"

/* Where an entity is defined, for problems about a whole entity. */
static void problem_of(struct checker *k, enum entity entity, const char *id, const char *other_name, const char *other,
                       const char *why)
{
    for (size_t i = 0; i < k->defined.count; i++) {
        const struct mention *m = &k->defined.items[i];
        if (m->entity == entity && text_is(m->id, id)) {
            problem_at(k, m->file, m->line, m->column, "%s: %s%s%s", id, other_name, other, why);
            return;
        }
    }
}

/* Each topic has controls, and each of them serves the criterion. */
static void check_topics(struct checker *k, const struct criterion *criterion)
{
    if (criterion->topic_controls.count > 0 && criterion->topic_controls.count != criterion->topics.count)
        problem_of(k, ENTITY_CRITERION, criterion->id, "", "", "topic_controls has not as many lines as topics");
    for (size_t i = 0; i < criterion->topic_controls.count; i++) {
        struct str rest = str_of(criterion->topic_controls.items[i]), word;
        int64_t place = 0;
        if (!str_next_word(&rest, &word) || !str_to_int64(word, &place) || place != (int64_t)i + 1)
            problem_of(k, ENTITY_CRITERION, criterion->id, "topic_controls: ", criterion->topic_controls.items[i], " does not begin with the place of its topic");
        while (str_next_word(&rest, &word)) {
            bool is_known = false;
            for (size_t j = 0; j < criterion->all_controls.count; j++)
                is_known |= str_is(word, criterion->all_controls.items[j]);
            if (!is_known)
                problem_of(k, ENTITY_CRITERION, criterion->id, "topic control ", criterion->topic_controls.items[i], " is not in all_library_controls");
        }
    }
}

static void check_criteria(struct checker *k)
{
    const struct content *c = k->content;
    for (size_t i = 0; i < c->criterion_count; i++) {
        const struct criterion *criterion = &c->criteria[i];
        size_t named = 0;
        for (size_t j = 0; j < c->control_count; j++) {
            const struct control *control = &c->controls[j];
            bool is_named = strings_hold(control->criteria, criterion->id);
            named += is_named;
            if (is_named && !strings_hold(criterion->all_controls, control->id))
                problem_of(k, ENTITY_CRITERION, criterion->id, "control ", control->id,
                           " names it, but is not in all_library_controls");
            if (!is_named && strings_hold(criterion->all_controls, control->id))
                problem_of(k, ENTITY_CRITERION, criterion->id, "all_library_controls has ", control->id,
                           ", which does not name it");
        }
        check_topics(k, criterion);
        if (named == 0)
            problem_of(k, ENTITY_CRITERION, criterion->id, "", "", "no control covers it");
        for (size_t j = 0; j < criterion->typical_controls.count; j++)
            if (!strings_hold(criterion->all_controls, criterion->typical_controls.items[j]))
                problem_of(k, ENTITY_CRITERION, criterion->id, "typical control ", criterion->typical_controls.items[j],
                           " is not in all_library_controls");
    }
}

static void check_controls(struct checker *k)
{
    const struct content *c = k->content;
    for (size_t i = 0; i < c->control_count; i++) {
        const struct control *control = &c->controls[i];
        if (control->primary_criterion && !strings_hold(control->criteria, control->primary_criterion))
            problem_of(k, ENTITY_CONTROL, control->id, "primary criterion ", control->primary_criterion,
                       " is not among its criteria");
        for (size_t j = 0; j < c->policy_count; j++) {
            bool here = strings_hold(control->policies, c->policies[j].id),
                 there = strings_hold(c->policies[j].controls, control->id);
            if (here && !there)
                problem_of(k, ENTITY_CONTROL, control->id, "names policy ", c->policies[j].id, ", which does not name it");
            if (there && !here)
                problem_of(k, ENTITY_POLICY, c->policies[j].id, "names control ", control->id, ", which does not name it");
        }
        bool is_requested = c->request_count == 0;
        for (size_t j = 0; j < c->request_count && !is_requested; j++)
            is_requested = strings_hold(c->requests[j].controls, control->id);
        if (!is_requested)
            problem_of(k, ENTITY_CONTROL, control->id, "", "", "no request asks for its evidence");
    }
}

static void check_parameters_used(struct checker *k)
{
    const struct content *c = k->content;
    for (size_t i = 0; i < c->parameter_count; i++) {
        bool is_used = c->test_count == 0 || text_is(c->parameters[i].group, "Audit"); /* those of the audit are the program's own */
        for (size_t j = 0; j < c->test_count && !is_used; j++)
            is_used = strings_hold(c->tests[j].parameters, c->parameters[i].name);
        for (size_t j = 0; j < c->control_count && !is_used; j++)
            is_used = placeholder_in(c->controls[j].statement, c->parameters[i].name) || text_is(c->controls[j].cadence, c->parameters[i].name);
        for (size_t j = 0; j < c->policy_count && !is_used; j++)
            is_used = placeholder_in(c->policies[j].text, c->parameters[i].name);
        for (size_t j = 0; j < c->course_count && !is_used; j++)
            is_used = placeholder_in(c->courses[j].json, c->parameters[i].name);
        if (!is_used)
            problem_of(k, ENTITY_PARAMETER, c->parameters[i].name, "", "", "no test, control, policy or course uses it");
    }
}

/* A control that a parameter sets the pace of begins with the library's own. */
static void check_cadences(struct checker *k)
{
    const struct content *c = k->content;
    for (size_t i = 0; i < c->control_count; i++)
        for (size_t j = 0; j < c->parameter_count; j++)
            if (text_is(c->controls[i].cadence, c->parameters[j].name) && !text_is(c->controls[i].frequency, c->parameters[j].default_value))
                problem_of(k, ENTITY_CONTROL, c->controls[i].id, "its frequency is not the default of ", c->parameters[j].name, "");
}

/* What processing integrity is about: each of the five has a control that carries it, and controls carry no others. */
static void check_assertions(struct checker *k)
{
    static const char *const known[] = {"complete", "valid", "accurate", "timely", "authorized"};
    enum { KNOWN = sizeof known / sizeof known[0] };
    const struct content *c = k->content;
    bool is_carried[KNOWN] = {0}, is_wanted = false;
    for (size_t i = 0; i < c->control_count; i++) {
        const struct control *x = &c->controls[i];
        for (size_t j = 0; j < x->categories.count; j++)
            is_wanted |= text_is(x->categories.items[j], "processing_integrity");
        for (size_t j = 0; j < x->assertions.count; j++) {
            size_t a = 0;
            while (a < KNOWN && strcmp(x->assertions.items[j], known[a]) != 0)
                a++;
            if (a == KNOWN)
                problem_of(k, ENTITY_CONTROL, x->id, "\"assertions\" has no ", x->assertions.items[j], "");
            else
                is_carried[a] = true;
        }
    }
    for (size_t a = 0; a < KNOWN && is_wanted; a++)
        if (!is_carried[a])
            problem_of(k, ENTITY_CATEGORY, "processing_integrity", "no control carries the assertion ", known[a], "");
}

void check_coverage(struct checker *k)
{
    check_assertions(k);
    check_cadences(k);
    check_criteria(k);
    check_controls(k);
    check_parameters_used(k);
}
