/* content/scope.yaml: what the Scope room asks and suggests. Checked member by member, then kept as one JSON text (content_scope_json). */
#include "content/check_internal.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What is read here is thrown away: the check is what counts. */
struct taken {
    const char *text;
    struct strings list;
    bool flag;
};
#define TEXT_OF(key, ...) FIELD(key, MEMBER_TEXT, taken, text, __VA_ARGS__)
#define KINDS ALLOWED("infrastructure software people procedure data location vendor")

static const struct field category_fields[] = {TEXT_OF("id", REFERS(ENTITY_CATEGORY)), TEXT_OF("tour"), TEXT_OF("promise"), TEXT_OF("asks"),
                                               FIELD_SKIPPED("questions")};
static const struct field question_fields[] = {TEXT_OF("id"), TEXT_OF("weight", ALLOWED("in lean")), TEXT_OF("question"), TEXT_OF("why_yes"),
                                               TEXT_OF("why_no")};
static const struct field archetype_fields[] = {TEXT_OF("id"), TEXT_OF("words"), FIELD("categories", MEMBER_TEXTS, taken, list, REFERS(ENTITY_CATEGORY)),
                                                FIELD_SKIPPED("items")};
static const struct field item_fields[] = {TEXT_OF("kind", KINDS), TEXT_OF("name"), FIELD("is_in", MEMBER_FLAG, taken, flag), TEXT_OF("reason")};
static const struct field area_fields[] = {TEXT_OF("id"), TEXT_OF("work"), TEXT_OF("role"), TEXT_OF("words")};
static const struct field program_fields[] = {
    TEXT_OF("name"), TEXT_OF("kind", ALLOWED("application database host network storage identity pipeline monitoring endpoint tool")),
    FIELD("match", MEMBER_TEXTS, taken, list)};
static const struct field cloud_fields[] = {TEXT_OF("id"), TEXT_OF("name")};

static void list_check(struct checker *k, const struct yaml *owner, const char *key, const struct field *fields, size_t count, bool may_be_empty)
{
    const struct yaml *list = yaml_get(owner, key);
    if (!list || list->type != YAML_LIST || (list->count == 0 && !may_be_empty)) {
        problem(k, list ? list : owner, "scope: \"%s\" must be a list%s", key, may_be_empty ? "" : " that is not empty");
        return;
    }
    YAML_EACH (item, list) {
        struct taken ignored = {0};
        struct str id = item->type == YAML_MAP ? yaml_text(item, yaml_get(item, "id") ? "id" : "name") : str_of(key);
        fields_read(k, item, fields, count, id.size ? id.data : key, &ignored);
        YAML_EACH (before, list)
            if (before == item)
                break;
            else if (yaml_text(item, "id").size && str_equal(yaml_text(before, "id"), yaml_text(item, "id")))
                problem(k, yaml_get(item, "id"), "%s: there are two of this id", id.data);
    }
}

void check_scope(struct checker *k, const struct yaml *root)
{
    static const char *const members[] = {"categories", "archetypes", "areas", "programs", "clouds", "assumed_of_a_cloud"};
    YAML_EACH (member, root) {
        bool is_known = false;
        for (size_t i = 0; i < COUNT(members); i++)
            is_known |= str_is(member->key, members[i]);
        if (!is_known)
            problem_at(k, k->file, member->key_line, member->key_column, "scope: unknown member \"%s\"", member->key.data);
    }
    list_check(k, root, "categories", category_fields, COUNT(category_fields), false);
    YAML_EACH (category, yaml_get(root, "categories"))
        list_check(k, category, "questions", question_fields, COUNT(question_fields), true);
    list_check(k, root, "archetypes", archetype_fields, COUNT(archetype_fields), false);
    YAML_EACH (archetype, yaml_get(root, "archetypes"))
        list_check(k, archetype, "items", item_fields, COUNT(item_fields), false);
    list_check(k, root, "areas", area_fields, COUNT(area_fields), false);
    list_check(k, root, "programs", program_fields, COUNT(program_fields), false);
    list_check(k, root, "clouds", cloud_fields, COUNT(cloud_fields), false);
    if (yaml_text(root, "assumed_of_a_cloud").size == 0)
        problem(k, root, "scope: \"assumed_of_a_cloud\" must be a text that is not empty");
    struct buf b BUF_AUTO;
    buf_init(&b, 1 << 20);
    json_of_yaml(&b, root);
    if (b.full)
        problem(k, root, "scope: over 1 MiB");
    k->content->scope_json = arena_str(k->arena, buf_view(&b)).data;
}
