/* content/classification.yaml, resources.yaml, milestones.yaml and auditor.yaml: checked member by member, then kept as JSON texts. */
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

static const struct field milestone_fields[] = {TEXT_OF("id"), TEXT_OF("kind", ALLOWED("type1 type2")), TEXT_OF("base", ALLOWED("begin end window")), TEXT_OF("days"),
                                                TEXT_OF("side", ALLOWED("ours auditor both")), TEXT_OF("title"), TEXT_OF("fixed", ALLOWED("yes"), OPTIONAL),
                                                TEXT_OF("requests", ALLOWED("yes"), OPTIONAL), FIELD("after", MEMBER_TEXTS, taken, list, OPTIONAL)};

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

/* What comes after stands below: so nothing waits for itself. */
static bool stands_before(const struct yaml *list, const struct yaml *item, struct str id)
{
    YAML_EACH (other, list) {
        if (other == item)
            return false;
        if (str_equal(yaml_text(other, "id"), id) && str_equal(yaml_text(other, "kind"), yaml_text(item, "kind")))
            return true;
    }
    return false;
}

void check_milestones(struct checker *k, const struct yaml *root)
{
    const struct yaml *list = items_check(k, root, "milestones", milestone_fields, COUNT(milestone_fields));
    YAML_EACH (item, list) {
        int64_t days;
        struct str id = yaml_text(item, "id");
        if (!str_to_int64(yaml_text(item, "days"), &days) || days < -400 || days > 400)
            problem(k, item, "%s: \"days\" must be a whole number from -400 to 400", id.data);
        if (stands_before(list, item, id))
            problem(k, item, "%s: stands here twice", id.data);
        YAML_EACH (after, yaml_get(item, "after"))
            if (!stands_before(list, item, after->text))
                problem(k, item, "%s: \"after\": %s does not stand above it", id.data, after->text.data);
    }
    k->content->milestones_json = json_keep(k, root);
}

void check_crosswalk(struct checker *k, const struct yaml *root)
{
    static const char *const levels[] = {"high", "medium", "low"};
    YAML_EACH (criterion, yaml_get(root, "confidence"))
        YAML_EACH (framework, criterion)
            YAML_EACH (level, framework) {
                bool is_known = false;
                for (size_t i = 0; i < COUNT(levels); i++)
                    is_known |= str_is(level->key, levels[i]);
                if (!is_known || level->type != YAML_LIST)
                    problem(k, level, "%s: \"%s\": is high, medium or low with a list of ids", criterion->key.data, framework->key.data);
            }
    k->content->crosswalk_json = json_keep(k, root);
}

/* content/auditor.yaml. */
#define ROWS "all engagement of given"
static const struct field seen_fields[] = {TEXT_OF("type"), TEXT_OF("rows", ALLOWED(ROWS)), TEXT_OF("by", OPTIONAL), FIELD("states", MEMBER_TEXTS, taken, list, OPTIONAL), TEXT_OF("words")};
static const struct field address_fields[] = {TEXT_OF("at"), FIELD("methods", MEMBER_TEXTS, taken, list, OPTIONAL, ALLOWED("GET POST PATCH DELETE")), TEXT_OF("words")};
static const struct field answer_fields[] = {FIELD("requests", MEMBER_TEXTS, taken, list, REFERS(ENTITY_REQUEST)), FIELD("types", MEMBER_TEXTS, taken, list)};
static const struct field never_fields[] = {TEXT_OF("what"), TEXT_OF("why")};

void check_auditor(struct checker *k, const struct yaml *root)
{
    items_check(k, root, "types", seen_fields, COUNT(seen_fields));
    items_check(k, root, "answers", answer_fields, COUNT(answer_fields));
    items_check(k, root, "never", never_fields, COUNT(never_fields));
    const struct yaml *addresses = items_check(k, root, "addresses", address_fields, COUNT(address_fields));
    YAML_EACH (address, addresses)
        if (!str_starts(yaml_text(address, "at"), "/"))
            problem(k, address, "auditor: \"at\" must begin with /");
    k->content->auditor_json = json_keep(k, root);
}
