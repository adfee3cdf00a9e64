#include "content/check_internal.h"

#include "base/times.h"
#include "content/placeholder.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct field category_fields[] = {
    FIELD("id", MEMBER_TEXT, category, id),
    FIELD("name", MEMBER_TEXT, category, name),
    FIELD("mandatory", MEMBER_FLAG, category, is_mandatory),
    FIELD_SKIPPED("criteria_ids"),
    FIELD_SKIPPED("count"),
};

static const struct field criterion_fields[] = {
    FIELD("id", MEMBER_TEXT, criterion, id),
    FIELD("category", MEMBER_TEXT, criterion, category, REFERS(ENTITY_CATEGORY)),
    FIELD("series", MEMBER_TEXT, criterion, series),
    FIELD("series_title", MEMBER_TEXT, criterion, series_title),
    FIELD("title", MEMBER_TEXT, criterion, title),
    FIELD("summary", MEMBER_TEXT, criterion, summary),
    FIELD("coso_principle", MEMBER_NUMBER, criterion, coso_principle),
    FIELD("topics", MEMBER_TEXTS, criterion, topics),
    FIELD("topic_controls", MEMBER_TEXTS, criterion, topic_controls, OPTIONAL),
    FIELD("typical_controls", MEMBER_TEXTS, criterion, typical_controls, REFERS(ENTITY_CONTROL)),
    FIELD("all_library_controls", MEMBER_TEXTS, criterion, all_controls, REFERS(ENTITY_CONTROL)),
    FIELD("typical_evidence", MEMBER_TEXTS, criterion, typical_evidence),
    FIELD("population", MEMBER_TEXT, criterion, population),
    FIELD("operating_test", MEMBER_TEXT, criterion, operating_test),
    FIELD("typical_frequency", MEMBER_TEXT, criterion, typical_frequency),
    FIELD("crosswalk", MEMBER_JSON, criterion, crosswalk_json),
    FIELD_SKIPPED("points_of_focus_2022"),
    FIELD_SKIPPED("common"),
    FIELD_SKIPPED("basis"),
};

static const struct field control_fields[] = {
    FIELD("id", MEMBER_TEXT, control, id),
    FIELD("family", MEMBER_TEXT, control, family),
    FIELD("title", MEMBER_TEXT, control, title),
    FIELD("statement", MEMBER_TEXT, control, statement),
    FIELD("owner_role", MEMBER_TEXT, control, owner_role),
    FIELD("type", MEMBER_TEXT, control, type, ALLOWED("preventive detective corrective")),
    FIELD("nature", MEMBER_TEXT, control, nature, ALLOWED("manual automated hybrid")),
    FIELD("frequency", MEMBER_TEXT, control, frequency,
          ALLOWED("continuous multiple_daily daily weekly monthly quarterly semiannual annual per_event")),
    FIELD("core", MEMBER_FLAG, control, is_core),
    FIELD("criteria", MEMBER_TEXTS, control, criteria, REFERS(ENTITY_CRITERION)),
    FIELD("primary_criterion", MEMBER_TEXT, control, primary_criterion, REFERS(ENTITY_CRITERION)),
    FIELD("categories", MEMBER_TEXTS, control, categories, REFERS(ENTITY_CATEGORY)),
    FIELD("assertions", MEMBER_TEXTS, control, assertions, OPTIONAL),
    FIELD("policies", MEMBER_TEXTS, control, policies, REFERS(ENTITY_POLICY)),
    FIELD("evidence", MEMBER_TEXTS, control, evidence),
    FIELD("data_sources", MEMBER_TEXTS, control, data_sources),
    FIELD("failure_modes", MEMBER_TEXTS, control, failure_modes),
    FIELD("cadence", MEMBER_TEXT, control, cadence, OPTIONAL, REFERS(ENTITY_PARAMETER)),
    FIELD("population", MEMBER_TEXT, control, population),
    FIELD("test_design", MEMBER_TEXT, control, test_design),
    FIELD("test_operation", MEMBER_TEXT, control, test_operation),
    FIELD("computation", MEMBER_JSON, control, computation_json),
    FIELD("gap_questions", MEMBER_JSON, control, gap_questions_json),
    FIELD_SKIPPED("sampling"),
};

static const struct field policy_fields[] = {
    FIELD("id", MEMBER_TEXT, policy, id),
    FIELD("title", MEMBER_TEXT, policy, title),
    FIELD("purpose", MEMBER_TEXT, policy, purpose),
    FIELD("sections", MEMBER_TEXTS, policy, sections),
    FIELD("owner", MEMBER_TEXT, policy, owner),
    FIELD("approver", MEMBER_TEXT, policy, approver),
    FIELD("review_cadence", MEMBER_TEXT, policy, review_cadence),
    FIELD("audience", MEMBER_TEXT, policy, audience, ALLOWED("all none"), OPTIONAL),
    FIELD("applies_when", MEMBER_TEXT, policy, applies_when, REFERS(ENTITY_CATEGORY)),
    FIELD("criteria", MEMBER_TEXTS, policy, criteria, REFERS(ENTITY_CRITERION)),
    FIELD("controls", MEMBER_TEXTS, policy, controls, REFERS(ENTITY_CONTROL)),
};

static const struct field risk_fields[] = {
    FIELD("id", MEMBER_TEXT, risk, id),
    FIELD("title", MEMBER_TEXT, risk, title),
    FIELD("category", MEMBER_TEXT, risk, category),
    FIELD("causes", MEMBER_TEXTS, risk, causes),
    FIELD("consequences", MEMBER_TEXTS, risk, consequences),
    FIELD("criteria", MEMBER_TEXTS, risk, criteria, REFERS(ENTITY_CRITERION)),
    FIELD("treatment_controls", MEMBER_TEXTS, risk, controls, REFERS(ENTITY_CONTROL)),
    FIELD_SKIPPED("suggested_inherent"),
};

static const struct field inherent_fields[] = {
    FIELD("likelihood", MEMBER_NUMBER, risk, likelihood),
    FIELD("impact", MEMBER_NUMBER, risk, impact),
};

static const struct field request_fields[] = {
    FIELD("id", MEMBER_TEXT, request, id),
    FIELD("section", MEMBER_TEXT, request, section),
    FIELD("request", MEMBER_TEXT, request, request),
    FIELD("kind", MEMBER_TEXT, request, kind, ALLOWED("document population sample config walkthrough report")),
    FIELD("format", MEMBER_TEXT, request, format),
    FIELD("phase", MEMBER_TEXT, request, phase, ALLOWED("planning fieldwork reporting")),
    FIELD("criteria", MEMBER_TEXTS, request, criteria, REFERS(ENTITY_CRITERION)),
    FIELD("controls", MEMBER_TEXTS, request, controls, REFERS(ENTITY_CONTROL)),
    FIELD("report_types", MEMBER_TEXTS, request, report_types, ALLOWED("type1 type2")),
    FIELD("ipe_required", MEMBER_FLAG, request, ipe_required),
    FIELD("sample_follow_up", MEMBER_FLAG, request, sample_follow_up),
};

static const struct field parameter_fields[] = {
    FIELD("name", MEMBER_TEXT, parameter, name),
    FIELD("label", MEMBER_TEXT, parameter, label),
    FIELD("group", MEMBER_TEXT, parameter, group),
    FIELD("four_eyes", MEMBER_FLAG, parameter, has_four_eyes, OPTIONAL),
    FIELD("type", MEMBER_TEXT, parameter, type, ALLOWED("integer text cadence")),
    FIELD("unit", MEMBER_TEXT, parameter, unit),
    FIELD("default", MEMBER_TEXT, parameter, default_value),
    FIELD("words", MEMBER_TEXT, parameter, words),
    FIELD("min", MEMBER_INTEGER, parameter, min, OPTIONAL),
    FIELD("max", MEMBER_INTEGER, parameter, max, OPTIONAL),
};

static const struct field permission_fields[] = {
    FIELD("id", MEMBER_TEXT, permission_words, id),
    FIELD("words", MEMBER_TEXT, permission_words, words),
};

static const struct field role_fields[] = {
    FIELD("id", MEMBER_TEXT, role, id),
    FIELD("label", MEMBER_TEXT, role, label),
    FIELD("words", MEMBER_TEXT, role, words),
    FIELD("permissions", MEMBER_TEXTS, role, permissions, REFERS(ENTITY_PERMISSION)),
    FIELD("must_end", MEMBER_FLAG, role, must_end, OPTIONAL),
};

static const struct field goal_fields[] = {
    FIELD("id", MEMBER_TEXT, goal_template, id),
    FIELD("title", MEMBER_TEXT, goal_template, title),
    FIELD("why", MEMBER_TEXT, goal_template, why),
    FIELD("metric", MEMBER_TEXT, goal_template, metric),
    FIELD("unit", MEMBER_TEXT, goal_template, unit),
    FIELD("baseline", MEMBER_INTEGER, goal_template, baseline),
    FIELD("target", MEMBER_INTEGER, goal_template, target),
    FIELD("days", MEMBER_INTEGER, goal_template, days),
    FIELD("criteria", MEMBER_TEXTS, goal_template, criteria, REFERS(ENTITY_CRITERION)),
    FIELD("tests", MEMBER_TEXTS, goal_template, tests, OPTIONAL, REFERS(ENTITY_TEST)),
};

static void criterion_finish(struct checker *k, const struct yaml *item, void *ret)
{
    struct criterion *c = ret;
    const struct yaml *focus = yaml_get(item, "points_of_focus_2022"), *total = yaml_get(focus, "total");
    int64_t count = 0, sum = 0;
    YAML_EACH (member, focus) {
        int64_t n = 0;
        if (member->type != YAML_TEXT || !str_to_int64(member->text, &n) || n < 0 || n > 1000)
            problem(k, member, "%s: points_of_focus_2022: \"%s\" must be a number from 0 to 1000", c->id, member->key.data);
        *(member == total ? &count : &sum) += n;
    }
    if (!total || count != sum)
        problem(k, focus ? focus : item, "%s: points_of_focus_2022: \"total\" is %d, the kinds add up to %d", c->id, (int)count,
                (int)sum);
    c->points_of_focus = (int)count;
}

static bool computation_fraction(const struct yaml *node, double *ret)
{
    /* "0.05": 0 to 1 with up to three decimals; anything else is a mistake here. */
    struct str text = node->text, head;
    int64_t whole, thousandths = 0, scale = 1000;
    bool is_cut = str_cut(&text, '.', &head);
    if (!str_to_int64(head, &whole) || whole < 0 || whole > 1 || text.size > 3 || (is_cut && text.size == 0))
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        scale /= 10;
        thousandths += (text.data[i] - '0') * scale;
    }
    *ret = (double)(whole * 1000 + thousandths) / 1000.0;
    return *ret <= 1;
}

static const struct {
    const char *name, *required; /* members that the model needs, " a b " */
} models[] = {
    [MODEL_CONFIG_STATE] = {"config_state", "expected_interval max_staleness subject"},
    [MODEL_PERIODIC] = {"periodic", "cadence grace_days attributes"},
    [MODEL_EVENT_SLA] = {"event_sla", "trigger completion"},
    [MODEL_EVENT_ATTRIBUTES] = {"event_attributes", "event attributes"},
    [MODEL_DOCUMENT] = {"document", "max_age attributes"},
};
static const char computation_members[] =
    " model expected_interval max_staleness subject grace cadence grace_days attributes per trigger completion sla "
    "sla_by_severity extension aggravator event max_age max_fail_fraction max_fail_days ";

static void computation_members_check(struct checker *k, const struct control *c, const struct yaml *computation)
{
    YAML_EACH (member, computation) {
        struct str words = str_of(computation_members), word;
        bool is_known = false;
        while (str_next_word(&words, &word))
            is_known |= str_equal(word, member->key);
        if (!is_known)
            problem_at(k, k->file, member->key_line, member->key_column, "%s: computation: unknown member \"%s\"", c->id,
                       member->key.data);
    }
    struct str needs = str_of(models[c->model].required), need;
    while (str_next_word(&needs, &need))
        if (!yaml_get(computation, arena_str(k->arena, need).data))
            problem(k, computation, "%s: computation: model %s needs \"%.*s\"", c->id, models[c->model].name, STR_ARGS(need));
    if (c->model == MODEL_EVENT_SLA && !yaml_get(computation, "sla") && !yaml_get(computation, "sla_by_severity"))
        problem(k, computation, "%s: computation: model event_sla needs \"sla\" or \"sla_by_severity\"", c->id);
}

/* What its placeholders name is known; `owner` is the entity that the text belongs to. */
void placeholders_check(struct checker *k, const struct yaml *at, const char *owner)
{
    struct str rest = at ? at->text : STR(""), name;
    while (placeholder_next(&rest, NULL, &name)) {
        struct yaml *reference = ARENA_NEW(k->arena, struct yaml);
        *reference = *at;
        reference->text = arena_str(k->arena, name);
        entity_refer(k, reference, ENTITY_PARAMETER, owner);
    }
}

static void control_finish(struct checker *k, const struct yaml *item, void *ret)
{
    struct control *c = ret;
    const struct yaml *computation = yaml_get(item, "computation"), *node;
    c->max_staleness_ms = 3 * MS_DAY;
    c->max_fail_fraction = 0.05;
    c->max_fail_days = 7;
    if (!computation || computation->type != YAML_MAP) {
        problem(k, computation ? computation : item, "%s: \"computation\" must be a map", c->id);
        return;
    }
    struct str model = yaml_text(computation, "model");
    size_t m = 0;
    while (m < COUNT(models) && !str_is(model, models[m].name))
        m++;
    if (m == COUNT(models)) {
        problem(k, computation, "%s: computation: \"%s\" is no model", c->id, model.data);
        return;
    }
    c->model = (enum control_model)m;
    computation_members_check(k, c, computation);
    if ((node = yaml_get(computation, "max_staleness")) && !duration_parse(node->text, &c->max_staleness_ms))
        problem(k, node, "%s: max_staleness: \"%s\" is no duration such as P3D", c->id, node->text.data);
    if ((node = yaml_get(computation, "max_fail_fraction")) && !computation_fraction(node, &c->max_fail_fraction))
        problem(k, node, "%s: max_fail_fraction: \"%s\" is no fraction such as 0.05", c->id, node->text.data);
    int64_t days;
    placeholders_check(k, yaml_get(item, "statement"), c->id);
    if ((node = yaml_get(computation, "max_fail_days"))) {
        if (str_to_int64(node->text, &days) && days >= 0 && days <= 366)
            c->max_fail_days = (int)days;
        else
            problem(k, node, "%s: max_fail_days: must be a number of days from 0 to 366", c->id);
    }
}

static void policy_finish(struct checker *k, const struct yaml *item, void *ret)
{
    struct policy *p = ret;
    (void)k;
    (void)item;
    p->text = "";
    p->audience = p->audience ? p->audience : "none";
}

static void risk_finish(struct checker *k, const struct yaml *item, void *ret)
{
    struct risk *r = ret;
    const struct yaml *inherent = yaml_get(item, "suggested_inherent");
    if (!inherent)
        problem(k, item, "%s: member \"suggested_inherent\" is missing", r->id);
    else
        fields_read(k, inherent, inherent_fields, COUNT(inherent_fields), r->id, r);
    if (inherent && (r->likelihood < 1 || r->likelihood > 5 || r->impact < 1 || r->impact > 5))
        problem(k, inherent, "%s: likelihood and impact must be from 1 to 5", r->id);
}

static void parameter_finish(struct checker *k, const struct yaml *item, void *ret)
{
    struct parameter *p = ret;
    const struct yaml *value = yaml_get(item, "default");
    int64_t number;
    if (!p->type || strcmp(p->type, "text") == 0)
        return;
    if (strcmp(p->type, "cadence") == 0) {
        if (value && (value->type != YAML_TEXT || !cadence_words(value->text)))
            problem(k, value, "%s: \"default\" must be weekly, monthly, quarterly, semiannual or annual", p->name);
        return;
    }
    if (!yaml_get(item, "min") || !yaml_get(item, "max") || p->min > p->max)
        problem(k, item, "%s: an integer needs \"min\" and \"max\", min not above max", p->name);
    else if (value && (value->type != YAML_TEXT || !str_to_int64(value->text, &number) || number < p->min || number > p->max))
        problem(k, value, "%s: \"default\" must be a whole number from min to max", p->name);
}

/* Reads the list of entities in member `list` of root: one array in content.h's order. */
struct reading {
    const char *list, *id_key;
    enum entity entity;
    const struct field *fields;
    size_t field_count, size;
    void (*finish)(struct checker *k, const struct yaml *item, void *ret);
    const char *count_key; /* member of root that says how many there are; NULL: none */
};

static void *list_read(struct checker *k, const struct yaml *root, const struct reading *r, size_t *ret_count)
{
    const struct yaml *list = yaml_get(root, r->list);
    if (!list || list->type != YAML_LIST) {
        problem(k, list ? list : root, "file: \"%s\" must be a list", r->list);
        return NULL;
    }
    char *items = arena_array(k->arena, list->count + 1, r->size);
    size_t n = 0;
    YAML_EACH (item, list) {
        const char *id = entity_define(k, item, r->id_key, r->entity);
        if (*id == '\0')
            continue;
        fields_read(k, item, r->fields, r->field_count, id, items + n * r->size);
        if (r->finish)
            r->finish(k, item, items + n * r->size);
        n++;
    }
    const struct yaml *said = r->count_key ? yaml_get(root, r->count_key) : NULL;
    int64_t count = -1;
    if (said && (!str_to_int64(said->text, &count) || count != (int64_t)list->count))
        problem(k, said, "%s: says \"%s\", the list has %zu", r->count_key, said->text.data, list->count);
    *ret_count = n;
    return items;
}

#define READING(list_, key_, entity_, fields_, type_, finish_, count_)                       \
    &(const struct reading)                                                                  \
    {                                                                                        \
        list_, key_, entity_, fields_, COUNT(fields_), sizeof(struct type_), finish_, count_ \
    }

void check_library(struct checker *k, const struct yaml *root, const char *name)
{
    struct content *c = k->content;
    if (strcmp(name, "criteria") == 0) {
        c->categories = list_read(k, root, READING("categories", "id", ENTITY_CATEGORY, category_fields, category, NULL, NULL),
                                  &c->category_count);
        c->criteria = list_read(
            k, root, READING("criteria", "id", ENTITY_CRITERION, criterion_fields, criterion, criterion_finish, "criteria_count"),
            &c->criterion_count);
    } else if (strcmp(name, "controls") == 0) {
        c->controls = list_read(
            k, root, READING("controls", "id", ENTITY_CONTROL, control_fields, control, control_finish, "control_count"),
            &c->control_count);
    } else if (strcmp(name, "policies") == 0) {
        c->policies = list_read(k, root, READING("policies", "id", ENTITY_POLICY, policy_fields, policy, policy_finish, "policy_count"),
                                &c->policy_count);
    } else if (strcmp(name, "risks") == 0) {
        c->risks =
            list_read(k, root, READING("risks", "id", ENTITY_RISK, risk_fields, risk, risk_finish, "risk_count"), &c->risk_count);
    } else {
        c->requests =
            list_read(k, root, READING("requests", "id", ENTITY_REQUEST, request_fields, request, NULL, "request_count"),
                      &c->request_count);
    }
}

void check_parameters(struct checker *k, const struct yaml *root)
{
    struct content *c = k->content;
    c->parameters =
        list_read(k, root, READING("parameters", "name", ENTITY_PARAMETER, parameter_fields, parameter, parameter_finish, NULL),
                  &c->parameter_count);
}

void check_goals(struct checker *k, const struct yaml *root)
{
    k->content->goals = list_read(k, root, READING("goals", "id", ENTITY_GOAL, goal_fields, goal_template, NULL, NULL), &k->content->goal_count);
}

void check_roles(struct checker *k, const struct yaml *root)
{
    struct content *c = k->content;
    c->permissions = list_read(
        k, root, READING("permissions", "id", ENTITY_PERMISSION, permission_fields, permission_words, NULL, NULL), &c->permission_count);
    c->roles = list_read(k, root, READING("roles", "id", ENTITY_ROLE, role_fields, role, NULL, NULL), &c->role_count);
}
