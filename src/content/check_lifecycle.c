/* content/lifecycle.yaml: what is to do for joiners, movers and leavers, and what rosters are compared by. Checked, then kept as one JSON text. */
#include "content/check_internal.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define WORKS_AS ALLOWED("employee contractor consultant board auditor")

/* What is read here is thrown away: the check is what counts. */
struct taken {
    const char *text;
    struct strings list;
};
#define TEXT_OF(key, ...) FIELD(key, MEMBER_TEXT, taken, text, __VA_ARGS__)
#define TEXTS_OF(key, ...) FIELD(key, MEMBER_TEXTS, taken, list, __VA_ARGS__)

static const struct field step_fields[] = {
    TEXT_OF("id"), TEXT_OF("kind", ALLOWED("joiner mover leaver")),
    TEXT_OF("what", ALLOWED("give_access remove_access confirm_access policies training device nda background_check return other")),
    TEXT_OF("per", ALLOWED("person system")), TEXTS_OF("who", WORKS_AS), TEXT_OF("owner", ALLOWED("manager system person lead")), TEXT_OF("within"),
    TEXT_OF("days", ALLOWED("business calendar")), TEXT_OF("control", REFERS(ENTITY_CONTROL)), TEXT_OF("title")};
static const struct field difference_fields[] = {TEXT_OF("id", ALLOWED("orphan leaver missing early duplicate name")), TEXT_OF("control", REFERS(ENTITY_CONTROL)),
                                                 TEXT_OF("within"), TEXT_OF("label"), TEXT_OF("words")};
static const struct field heading_fields[] = {TEXT_OF("field"), TEXTS_OF("names")};
static const struct field kind_fields[] = {TEXT_OF("kind", WORKS_AS), TEXTS_OF("names")};

static void list_check(struct checker *k, const struct yaml *root, const char *key, const struct field *fields, size_t count)
{
    const struct yaml *list = yaml_get(root, key);
    if (!list || list->type != YAML_LIST || list->count == 0) {
        problem(k, list ? list : root, "lifecycle: \"%s\" must be a list that is not empty", key);
        return;
    }
    YAML_EACH (item, list) {
        struct taken ignored = {0};
        fields_read(k, item, fields, count, key, &ignored);
    }
}

/* A number of days, or a parameter that holds one. */
static void within_check(struct checker *k, const struct yaml *list)
{
    YAML_EACH (item, list) {
        struct str within = item->type == YAML_MAP ? yaml_text(item, "within") : STR("");
        int64_t days;
        bool is_parameter = false;
        for (size_t i = 0; i < k->content->parameter_count; i++)
            is_parameter |= str_is(within, k->content->parameters[i].name);
        if (!is_parameter && !(str_to_int64(within, &days) && days >= 0 && days <= 366))
            problem(k, yaml_get(item, "within"), "lifecycle: \"within\" must be a number of days up to 366, or a parameter");
    }
}

void check_lifecycle(struct checker *k, const struct yaml *root)
{
    list_check(k, root, "steps", step_fields, COUNT(step_fields));
    list_check(k, root, "differences", difference_fields, COUNT(difference_fields));
    list_check(k, root, "headings", heading_fields, COUNT(heading_fields));
    list_check(k, root, "kinds", kind_fields, COUNT(kind_fields));
    within_check(k, yaml_get(root, "steps"));
    within_check(k, yaml_get(root, "differences"));
    struct buf b BUF_AUTO;
    buf_init(&b, 1 << 20);
    json_of_yaml(&b, root);
    if (b.full)
        problem(k, root, "lifecycle: over 1 MiB");
    k->content->lifecycle_json = arena_str(k->arena, buf_view(&b)).data;
}
