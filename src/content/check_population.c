/* content/populations.yaml: the library of populations. Checked, then kept as one JSON text. */
#include "content/check_internal.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What is read here is thrown away: the check is what counts. */
struct taken {
    const char *text;
    struct strings list;
};
#define TEXT_OF(key, ...) FIELD(key, MEMBER_TEXT, taken, text, __VA_ARGS__)
#define TEXTS_OF(key, ...) FIELD(key, MEMBER_TEXTS, taken, list, __VA_ARGS__)

static const struct field population_fields[] = {TEXT_OF("id"), TEXT_OF("title"), TEXTS_OF("controls", REFERS(ENTITY_CONTROL)), FIELD_SKIPPED("is_second"), TEXT_OF("system"),
                                                 TEXT_OF("kind", ALLOWED("query import")), TEXT_OF("sql", OPTIONAL), TEXT_OF("ask", OPTIONAL), TEXTS_OF("columns", OPTIONAL),
                                                 TEXT_OF("sla", OPTIONAL), TEXT_OF("complete"), FIELD_SKIPPED("against")};
static const struct field against_fields[] = {TEXT_OF("population"), TEXTS_OF("columns")};

static bool is_parameter(struct checker *k, struct str name)
{
    for (size_t i = 0; i < k->content->parameter_count; i++)
        if (str_is(name, k->content->parameters[i].name))
            return true;
    return false;
}

/* "P{access_removal_business_days}BD": what stands in braces is a parameter. */
static void sla_check(struct checker *k, const struct yaml *item, const char *id)
{
    struct str rest = yaml_text(item, "sla"), name;
    while (str_cut(&rest, '{', &name) && str_cut(&rest, '}', &name))
        if (!is_parameter(k, name))
            problem(k, yaml_get(item, "sla"), "%s: \"sla\" names no parameter", id);
}

static void population_check(struct checker *k, const struct yaml *list, const struct yaml *item)
{
    struct taken ignored = {0};
    const char *id = yaml_text(item, "id").data;
    bool is_query = str_is(yaml_text(item, "kind"), "query");
    const struct yaml *against = yaml_get(item, "against");
    fields_read(k, item, population_fields, COUNT(population_fields), "population", &ignored);
    if (!yaml_get(item, is_query ? "sql" : "ask") || (!is_query && !yaml_get(item, "columns")))
        problem(k, item, "%s: a population of kind %s needs \"%s\"", id, is_query ? "query" : "import", is_query ? "sql" : "ask\" and \"columns");
    sla_check(k, item, id);
    YAML_EACH (other, list)
        if (other < item && str_equal(yaml_text(other, "id"), yaml_text(item, "id")))
            problem(k, item, "%s: there are two", id);
    if (!against)
        return;
    bool is_there = false;
    fields_read(k, against, against_fields, COUNT(against_fields), id, &ignored);
    YAML_EACH (other, list)
        is_there |= str_equal(yaml_text(other, "id"), yaml_text(against, "population"));
    if (!is_there)
        problem(k, against, "%s: \"against\" names no population of this file", id);
}

/* A control whose performance is told by events has to have a population from the system that knows them. */
static void coverage_check(struct checker *k, const struct yaml *root, const struct yaml *list)
{
    for (size_t i = 0; i < k->content->control_count; i++) {
        const struct control *c = &k->content->controls[i];
        bool is_there = c->model != MODEL_EVENT_SLA && c->model != MODEL_EVENT_ATTRIBUTES;
        YAML_EACH (item, list)
            YAML_EACH (control, yaml_get(item, "is_second") ? NULL : yaml_get(item, "controls"))
                is_there |= str_is(control->text, c->id);
        if (!is_there)
            problem(k, root, "%s: no population has it", c->id);
    }
}

void check_populations(struct checker *k, const struct yaml *root)
{
    const struct yaml *list = yaml_get(root, "populations");
    struct buf b BUF_AUTO;
    if (!list || list->type != YAML_LIST || list->count == 0) {
        problem(k, list ? list : root, "\"populations\" must be a list that is not empty");
        return;
    }
    YAML_EACH (item, list)
        population_check(k, list, item);
    coverage_check(k, root, list);
    buf_init(&b, 1 << 20);
    json_of_yaml(&b, root);
    if (b.full)
        problem(k, root, "populations: over 1 MiB");
    k->content->populations_json = arena_str(k->arena, buf_view(&b)).data;
}
