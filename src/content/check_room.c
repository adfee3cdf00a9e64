/* content/classification.yaml and content/resources.yaml: checked member by member, then kept as JSON texts. */
#include "content/check_internal.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct taken {
    const char *text;
    struct strings list;
};
#define TEXT_OF(key, ...) FIELD(key, MEMBER_TEXT, taken, text, __VA_ARGS__)
#define DUTIES "owner class_fits ai at_rest in_transit masking transfer retention disposal backup access logged"

static const struct field class_fields[] = {TEXT_OF("id", ALLOWED("public internal confidential restricted")), TEXT_OF("label"), TEXT_OF("words"),
                                            FIELD("examples", MEMBER_TEXTS, taken, list), FIELD("duties", MEMBER_TEXTS, taken, list, ALLOWED(DUTIES))};
static const struct field duty_fields[] = {TEXT_OF("id", ALLOWED(DUTIES)), TEXT_OF("label"), TEXT_OF("words")};
static const struct field medium_fields[] = {TEXT_OF("id", ALLOWED("disk database backup email files transit")), TEXT_OF("label")};
static const struct field group_fields[] = {TEXT_OF("id"), TEXT_OF("title"), FIELD_SKIPPED("links")};
static const struct field link_fields[] = {TEXT_OF("title"), TEXT_OF("url"), TEXT_OF("words")};

static const struct yaml *items_check(struct checker *k, const struct yaml *owner, const char *key, const struct field *fields, size_t count)
{
    const struct yaml *list = yaml_get(owner, key);
    if (!list || list->type != YAML_LIST || list->count == 0) {
        problem(k, list ? list : owner, "\"%s\" must be a list that is not empty", key);
        return NULL;
    }
    YAML_EACH (item, list) {
        struct taken ignored = {0};
        fields_read(k, item, fields, count, key, &ignored);
    }
    return list;
}

static const char *json_keep(struct checker *k, const struct yaml *root)
{
    struct buf b BUF_AUTO;
    buf_init(&b, 1 << 20);
    json_of_yaml(&b, root);
    if (b.full)
        problem(k, root, "file: over 1 MiB");
    return arena_str(k->arena, buf_view(&b)).data;
}

static bool has_duty(const struct yaml *class, struct str duty)
{
    YAML_EACH (d, yaml_get(class, "duties"))
        if (str_equal(d->text, duty))
            return true;
    return false;
}

void check_classification(struct checker *k, const struct yaml *root)
{
    const struct yaml *classes = items_check(k, root, "classes", class_fields, COUNT(class_fields)), *before = NULL;
    items_check(k, root, "duties", duty_fields, COUNT(duty_fields));
    items_check(k, root, "mediums", medium_fields, COUNT(medium_fields));
    YAML_EACH (class, classes) {
        YAML_EACH (duty, yaml_get(before, "duties"))
            if (!has_duty(class, duty->text))
                problem(k, class, "%s: lacks the duty \"%s\" of the class below it", yaml_text(class, "id").data, duty->text.data);
        before = class;
    }
    k->content->classification_json = json_keep(k, root);
}

void check_resources(struct checker *k, const struct yaml *root)
{
    const struct yaml *groups = items_check(k, root, "groups", group_fields, COUNT(group_fields));
    YAML_EACH (group, groups) {
        const struct yaml *links = items_check(k, group, "links", link_fields, COUNT(link_fields));
        YAML_EACH (link, links)
            if (!str_starts(yaml_text(link, "url"), "https://"))
                problem(k, link, "%s: \"url\" must begin with https://", yaml_text(link, "title").data);
    }
    k->content->resources_json = json_keep(k, root);
}
