/* A course (content/courses/ID.yaml, or an organisation's own): checked, then kept as one line of JSON. */
#include "content/check_internal.h"
#include "content/course.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { LIBRARY_LESSONS_MIN = 12, LIBRARY_POOL_MIN = 30, WRONG_MIN = 2, ITEMS_MIN = 2, ITEMS_MAX = 8, ITEM_BYTES_MAX = 90, TITLE_BYTES_MAX = 160, ANSWER_BYTES_MAX = 300 };

/* What is read here is thrown away: the check is what counts. */
struct taken {
    const char *text;
    struct strings list;
    int64_t n;
};
#define TEXT_OF(key, ...) FIELD(key, MEMBER_TEXT, taken, text, __VA_ARGS__)
static const struct field course_fields[] = {TEXT_OF("id"), TEXT_OF("title"), TEXT_OF("words"), TEXT_OF("for"),
                                             FIELD("policies", MEMBER_TEXTS_0, taken, list, REFERS(ENTITY_POLICY), OPTIONAL),
                                             FIELD("controls", MEMBER_TEXTS_0, taken, list, REFERS(ENTITY_CONTROL), OPTIONAL),
                                             FIELD("pass_percent", MEMBER_INTEGER, taken, n), FIELD("questions_drawn", MEMBER_INTEGER, taken, n),
                                             FIELD_SKIPPED("lessons"), FIELD_SKIPPED("pool")};
static const struct field lesson_fields[] = {TEXT_OF("id"), TEXT_OF("title"), FIELD("minutes", MEMBER_INTEGER, taken, n), TEXT_OF("text"), FIELD_SKIPPED("diagram")};
static const struct field diagram_fields[] = {TEXT_OF("kind", ALLOWED("flow layers compare timeline")), TEXT_OF("title"), FIELD_SKIPPED("items")};
static const struct field point_fields[] = {TEXT_OF("at"), TEXT_OF("what")};
static const struct field side_fields[] = {TEXT_OF("side"), FIELD("points", MEMBER_TEXTS, taken, list)};
static const struct field question_fields[] = {TEXT_OF("id"), TEXT_OF("lesson"), TEXT_OF("text"), TEXT_OF("right"), FIELD("wrong", MEMBER_TEXTS, taken, list), TEXT_OF("why")};

static const struct yaml *list_of(struct checker *k, const struct yaml *owner, const char *key, size_t min, size_t max)
{
    const struct yaml *list = yaml_get(owner, key);
    if (!list || list->type != YAML_LIST)
        problem(k, list ? list : owner, "course: \"%s\" must be a list", key);
    else if (list->count < min || list->count > max)
        problem(k, list, "course: \"%s\" has %zu, and needs %zu to %zu", key, list->count, min, max);
    else
        return list;
    return NULL;
}

static void too_long(struct checker *k, const struct yaml *at, const char *who, size_t max)
{
    if (at && at->type == YAML_TEXT && at->text.size > max)
        problem(k, at, "%s: at most %zu bytes", who, max);
}

/* A mark that no member of the list has twice. */
static void ids_differ(struct checker *k, const struct yaml *list, const char *key)
{
    YAML_EACH (item, list)
        YAML_EACH (before, list) {
            if (before == item)
                break;
            if (yaml_text(item, key).size && str_equal(yaml_text(item, key), yaml_text(before, key)))
                problem(k, yaml_get(item, key), "%s: there are two of this id", yaml_text(item, key).data);
        }
}

static void map_read(struct checker *k, const struct yaml *map, const struct field *fields, size_t count, const char *who)
{
    struct taken ignored = {0};
    if (map->type != YAML_MAP)
        problem(k, map, "%s: must be a map", who);
    else
        fields_read(k, map, fields, count, who, &ignored);
}

static void diagram_check(struct checker *k, const struct yaml *lesson, const char *who)
{
    const struct yaml *d = yaml_get(lesson, "diagram");
    if (!d || d->type != YAML_MAP) {
        problem(k, d ? d : lesson, "%s: a lesson has a diagram", who);
        return;
    }
    map_read(k, d, diagram_fields, COUNT(diagram_fields), who);
    bool is_compare = str_is(yaml_text(d, "kind"), "compare"), is_timeline = str_is(yaml_text(d, "kind"), "timeline");
    const struct yaml *items = list_of(k, d, "items", ITEMS_MIN, is_compare ? 2 : ITEMS_MAX);
    too_long(k, yaml_get(d, "title"), who, TITLE_BYTES_MAX);
    YAML_EACH (item, items) {
        if (is_timeline || is_compare)
            map_read(k, item, is_timeline ? point_fields : side_fields, is_timeline ? COUNT(point_fields) : COUNT(side_fields), who);
        else if (item->type != YAML_TEXT || item->text.size == 0)
            problem(k, item, "%s: an item of this kind of diagram is a text", who);
        too_long(k, item, who, ITEM_BYTES_MAX);
        YAML_EACH (part, item->type == YAML_MAP ? item : NULL)
            too_long(k, part, who, ITEM_BYTES_MAX);
        YAML_EACH (point, yaml_get(item, "points"))
            too_long(k, point, who, ITEM_BYTES_MAX);
    }
}

static void lessons_check(struct checker *k, const struct yaml *root, bool is_library)
{
    const struct yaml *list = list_of(k, root, "lessons", is_library ? LIBRARY_LESSONS_MIN : 1, COURSE_LESSONS_MAX);
    YAML_EACH (lesson, list) {
        const char *who = lesson->type == YAML_MAP && yaml_text(lesson, "id").size ? yaml_text(lesson, "id").data : "lesson";
        map_read(k, lesson, lesson_fields, COUNT(lesson_fields), who);
        if (lesson->type == YAML_MAP)
            diagram_check(k, lesson, who);
        if (yaml_get(lesson, "text"))
            placeholders_check(k, yaml_get(lesson, "text"), who);
        too_long(k, yaml_get(lesson, "title"), who, TITLE_BYTES_MAX);
    }
    ids_differ(k, list, "id");
}

static bool lesson_is_there(const struct yaml *root, struct str id)
{
    YAML_EACH (lesson, yaml_get(root, "lessons"))
        if (str_equal(yaml_text(lesson, "id"), id))
            return true;
    return false;
}

/* One right answer, and wrong ones that are not it. */
static void answers_check(struct checker *k, const struct yaml *question, const char *who)
{
    const struct yaml *wrong = list_of(k, question, "wrong", WRONG_MIN, COURSE_WRONG_MAX);
    struct str right = yaml_text(question, "right");
    too_long(k, yaml_get(question, "right"), who, ANSWER_BYTES_MAX);
    YAML_EACH (w, wrong) {
        too_long(k, w, who, ANSWER_BYTES_MAX);
        if (w->type == YAML_TEXT && str_equal(str_trim(w->text), str_trim(right)))
            problem(k, w, "%s: the right answer stands among the wrong ones", who);
        YAML_EACH (before, wrong)
            if (before == w)
                break;
            else if (str_equal(before->text, w->text))
                problem(k, w, "%s: an answer stands there twice", who);
    }
}

static void pool_check(struct checker *k, const struct yaml *root, bool is_library)
{
    int64_t drawn = 0, percent = 0;
    const struct yaml *list = list_of(k, root, "pool", is_library ? LIBRARY_POOL_MIN : 1, COURSE_POOL_MAX);
    YAML_EACH (question, list) {
        const char *who = question->type == YAML_MAP && yaml_text(question, "id").size ? yaml_text(question, "id").data : "question";
        map_read(k, question, question_fields, COUNT(question_fields), who);
        if (question->type != YAML_MAP)
            continue;
        if (!lesson_is_there(root, yaml_text(question, "lesson")))
            problem(k, question, "%s: there is no lesson \"%.*s\"", who, STR_ARGS(yaml_text(question, "lesson")));
        if (!id_matches(yaml_text(question, "id"), "w"))
            problem(k, question, "%s: an id is a word of small letters and digits", who);
        answers_check(k, question, who);
    }
    ids_differ(k, list, "id");
    if (list && (!str_to_int64(yaml_text(root, "questions_drawn"), &drawn) || drawn < 1 || drawn > (int64_t)list->count || drawn > 100))
        problem(k, root, "course: \"questions_drawn\" is 1 to 100, and no more than the pool has");
    if (!str_to_int64(yaml_text(root, "pass_percent"), &percent) || percent < 1 || percent > 100)
        problem(k, root, "course: \"pass_percent\" is 1 to 100");
}

const char *check_course(struct checker *k, const struct yaml *root, bool is_library)
{
    struct buf b BUF_AUTO;
    map_read(k, root, course_fields, COUNT(course_fields), "course");
    if (!id_matches(yaml_text(root, "id"), "w"))
        problem(k, root, "course: the id is a word of small letters, digits and underscores");
    too_long(k, yaml_get(root, "title"), "course", TITLE_BYTES_MAX);
    lessons_check(k, root, is_library);
    pool_check(k, root, is_library);
    buf_init(&b, 1 << 20);
    json_of_yaml(&b, root);
    if (b.full)
        problem(k, root, "course: over 1 MiB");
    return arena_str(k->arena, buf_view(&b)).data;
}

const struct course *course_read(struct arena *a, const char *file, struct str text, struct err *e)
{
    struct checker k = {.arena = a, .content = ARENA_NEW(a, struct content), .file = file};
    const struct yaml *root = yaml_read(a, file, 1, text, e);
    if (!root)
        return NULL;
    if (root->type != YAML_MAP) {
        err_set(e, ERR_INVALID, "%s:1:1: course: the outermost value must be a map", file);
        return NULL;
    }
    const char *json = check_course(&k, root, false);
    size_t problems = k.content->problem_count;
    if (problems > 0) {
        err_set(e, ERR_INVALID, "%.380s%s", k.content->problems[0].text, problems > 1 ? arena_printf(a, " (and %zu more)", problems - 1).data : "");
        return NULL;
    }
    return course_of_json(a, str_of(json), e);
}
