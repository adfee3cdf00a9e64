#include "content/check_internal.h"
#include "content/record_type.h"

#include "base/buf.h"
#include "base/limits.h"
#include <limits.h>
#include <stdarg.h>

static const struct {
    const char *name, *form;
} entities[ENTITY_COUNT] = {
    [ENTITY_CATEGORY] = {"category", "w"},   [ENTITY_CRITERION] = {"criterion", "U+.+"},
    [ENTITY_CONTROL] = {"control", "U-##"},  [ENTITY_POLICY] = {"policy", "POL-##"},
    [ENTITY_RISK] = {"risk", "RISK-###"},    [ENTITY_REQUEST] = {"request", "PBC-###"},
    [ENTITY_PARAMETER] = {"parameter", "w"}, [ENTITY_TEST] = {"test", "k"},
    [ENTITY_PERMISSION] = {"permission", "w"}, [ENTITY_ROLE] = {"role", "w"},
    [ENTITY_GOAL] = {"goal", "w"},
};

const char *entity_name(enum entity entity)
{
    return entities[entity].name;
}

bool text_is(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool strings_hold(struct strings list, const char *item)
{
    for (size_t i = 0; i < list.count; i++)
        if (text_is(list.items[i], item))
            return true;
    return false;
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}
static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}
static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* The length of a word at the start of `s`: a letter, then letters, digits and single separators between them. */
static size_t word_length(struct str s, char separator)
{
    size_t n = 0;
    while (n < s.size && (is_lower(s.data[n]) || (n > 0 && is_digit(s.data[n])) ||
                          (n > 0 && s.data[n] == separator && s.data[n - 1] != separator && n + 1 < s.size)))
        n++;
    return n;
}

bool id_matches(struct str id, const char *form)
{
    size_t at = 0;
    for (; *form; form++) {
        size_t n = 0;
        if (*form == 'U' && form[1] != '\0' && (form[1] == '+' || form[1] == '-')) {
            while (at + n < id.size && n < 4 && is_upper(id.data[at + n]))
                n++;
        } else if (*form == '+') {
            while (at + n < id.size && n < 4 && is_digit(id.data[at + n]))
                n++;
        } else if (*form == '#') {
            n = at < id.size && is_digit(id.data[at]);
        } else if (*form == 'w' || *form == 'k') {
            n = word_length(str_slice(id, at, id.size), *form == 'w' ? '_' : '-');
        } else {
            n = at < id.size && id.data[at] == *form;
        }
        if (n == 0)
            return false;
        at += n;
    }
    return at == id.size && id.size <= 64;
}

static void problem_record(struct checker *k, struct content_problem p)
{
    struct content *c = k->content;
    if (c->problem_count == CONTENT_PROBLEMS_MAX)
        return;
    if (c->problem_count == k->problem_capacity)
        c->problems = arena_grow(k->arena, c->problems, c->problem_count, &k->problem_capacity, sizeof *c->problems);
    c->problems[c->problem_count++] = p;
}

static void problem_add(struct checker *k, const char *file, int line, int column, const char *format, va_list arguments)
{
    char text[700];
    vsnprintf(text, sizeof text, format, arguments);
    for (char *p = text; *p; p++)
        if ((unsigned char)*p < ' ')
            *p = '?';
    const char *whole = arena_printf(k->arena, "%s:%d:%d: %s", file, line, column, text).data;
    problem_record(k, (struct content_problem){.file = file, .line = line, .column = column, .text = whole});
}

void problem_located(struct checker *k, const char *text)
{
    struct str rest = str_slice(str_of(text), strlen(k->file) + 1, SIZE_MAX), line, column;
    int64_t numbers[2] = {1, 1};
    str_cut(&rest, ':', &line);
    str_cut(&rest, ':', &column);
    if (!str_to_int64(line, &numbers[0]) || !str_to_int64(column, &numbers[1]))
        numbers[0] = numbers[1] = 1;
    problem_record(k, (struct content_problem){.file = k->file,
                                               .line = (int)numbers[0],
                                               .column = (int)numbers[1],
                                               .text = arena_str(k->arena, str_of(text)).data});
}

void problem_at(struct checker *k, const char *file, int line, int column, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    problem_add(k, file, line, column, format, arguments);
    va_end(arguments);
}

void problem(struct checker *k, const struct yaml *at, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    problem_add(k, k->file, at ? at->line : 1, at ? at->column : 1, format, arguments);
    va_end(arguments);
}

static void mention_add(struct checker *k, struct mentions *list, struct mention m)
{
    if (list->count == list->capacity)
        list->items = arena_grow(k->arena, list->items, list->count, &list->capacity, sizeof *list->items);
    list->items[list->count++] = m;
}

static const struct mention *mention_find(const struct mentions *list, enum entity entity, const char *id)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].entity == entity && strcmp(list->items[i].id, id) == 0)
            return &list->items[i];
    return NULL;
}

const char *entity_define(struct checker *k, const struct yaml *map, const char *key, enum entity entity)
{
    const struct yaml *node = yaml_get(map, key);
    if (!node || node->type != YAML_TEXT || node->text.size == 0) {
        problem(k, map, "%s: member \"%s\" is missing", entities[entity].name, key);
        return "";
    }
    const char *id = node->text.data;
    if (!id_matches(node->text, entities[entity].form))
        problem(
            k, node,
            "%s \"%s\": not an id of this kind, which looks like \"%s\" (U capitals, # a digit, + a number, w a_word, k a-word)",
            entities[entity].name, id, entities[entity].form);
    const struct mention *earlier = mention_find(&k->defined, entity, id);
    if (earlier)
        problem(k, node, "%s %s: defined already at %s:%d", entities[entity].name, id, earlier->file, earlier->line);
    else
        mention_add(k, &k->defined, (struct mention){entity, id, k->file, node->line, node->column, ""});
    return id;
}

void entity_refer(struct checker *k, const struct yaml *at, enum entity entity, const char *by)
{
    mention_add(k, &k->referred, (struct mention){entity, at->text.data, k->file, at->line, at->column, by});
}

static void check_references(struct checker *k)
{
    for (size_t i = 0; i < k->referred.count; i++) {
        const struct mention *m = &k->referred.items[i];
        if (!mention_find(&k->defined, m->entity, m->id))
            problem_at(k, m->file, m->line, m->column, "%s: refers to %s \"%s\", which is not defined", m->by,
                       entities[m->entity].name, m->id);
    }
}

/* The part of a path behind its last slash. */
static struct str base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return str_of(slash ? slash + 1 : path);
}

static bool is_record_type(const struct content_source *source)
{
    return str_find(str_of(source->path), STR("records/")) >= 0;
}

static bool is_course(const struct content_source *source)
{
    return str_find(str_of(source->path), STR("courses/")) >= 0;
}

static bool is_policy(const struct content_source *source)
{
    return str_find(str_of(source->path), STR("policies/")) >= 0;
}

static const struct yaml *source_read_yaml(struct checker *k, const struct content_source *source)
{
    struct err e = {0};
    const struct yaml *root = yaml_read(k->arena, source->path, 1, source->text, &e);
    if (!root)
        problem_located(k, e.text);
    else if (root->type != YAML_MAP)
        problem(k, root, "file: the outermost value must be a map");
    return root && root->type == YAML_MAP ? root : NULL;
}

static const char *const library_files[] = {"criteria", "controls", "policies", "risks", "requests", "parameters", "roles", "scope", "goals", "lifecycle",
                                            "classification", "resources", "milestones", "crosswalk", "populations", "auditor"};
enum { FILE_PARAMETERS = 5, FILE_ROLES = 6, FILE_SCOPE = 7, FILE_GOALS = 8, FILE_LIFECYCLE = 9, FILE_CLASSIFICATION = 10, FILE_RESOURCES = 11, FILE_MILESTONES = 12, FILE_CROSSWALK = 13,
       FILE_POPULATIONS = 14, FILE_AUDITOR = 15 };

static void check_yaml_sources(struct checker *k, const struct content_source *sources, size_t count)
{
    for (size_t f = 0; f < sizeof library_files / sizeof library_files[0]; f++) {
        struct str name = arena_printf(k->arena, "%s.yaml", library_files[f]);
        bool is_there = false;
        for (size_t i = 0; i < count; i++) {
            if (is_record_type(&sources[i]) || is_course(&sources[i]) || is_policy(&sources[i]) || !str_equal(base_name(sources[i].path), name))
                continue;
            k->file = sources[i].path;
            if (is_there)
                problem(k, NULL, "file: there is more than one %s", name.data);
            is_there = true;
            const struct yaml *root = source_read_yaml(k, &sources[i]);
            if (root && f == FILE_PARAMETERS)
                check_parameters(k, root);
            else if (root && f == FILE_ROLES)
                check_roles(k, root);
            else if (root && f == FILE_SCOPE)
                check_scope(k, root);
            else if (root && f == FILE_GOALS)
                check_goals(k, root);
            else if (root && f == FILE_LIFECYCLE)
                check_lifecycle(k, root);
            else if (root && f == FILE_CLASSIFICATION)
                check_classification(k, root);
            else if (root && f == FILE_RESOURCES)
                check_resources(k, root);
            else if (root && f == FILE_MILESTONES)
                check_milestones(k, root);
            else if (root && f == FILE_CROSSWALK)
                check_crosswalk(k, root);
            else if (root && f == FILE_POPULATIONS)
                check_populations(k, root);
            else if (root && f == FILE_AUDITOR)
                check_auditor(k, root);
            else if (root)
                check_library(k, root, library_files[f]);
        }
        if (!is_there && f < FILE_GOALS) /* what comes after is a help, not a need */
            problem_at(k, name.data, 1, 1, "file: missing");
    }
}

static void check_record_sources(struct checker *k, const struct content_source *sources, size_t count)
{
    struct content *c = k->content;
    c->record_types = arena_array(k->arena, count + 1, sizeof(*c->record_types));
    for (size_t i = 0; i < count; i++) {
        if (!is_record_type(&sources[i]))
            continue;
        k->file = sources[i].path;
        const struct yaml *root = source_read_yaml(k, &sources[i]);
        struct record_type *t = root ? check_record_type(k, root, NULL) : NULL;
        if (!t)
            continue;
        if (!str_equal(base_name(k->file), arena_printf(k->arena, "%s.yaml", t->id)))
            problem(k, yaml_get(root, "id"), "%s: the id must be the file's name", t->id);
        c->record_types[c->record_type_count++] = t;
    }
    check_record_types(k);
}

static void check_course_sources(struct checker *k, const struct content_source *sources, size_t count)
{
    struct content *c = k->content;
    c->courses = arena_array(k->arena, count + 1, sizeof(*c->courses));
    for (size_t i = 0; i < count; i++) {
        if (!is_course(&sources[i]))
            continue;
        k->file = sources[i].path;
        const struct yaml *root = source_read_yaml(k, &sources[i]);
        if (!root)
            continue;
        struct str id = yaml_text(root, "id");
        if (!str_equal(base_name(k->file), arena_printf(k->arena, "%.*s.yaml", STR_ARGS(id))))
            problem(k, root, "%.*s: the id must be the file's name", STR_ARGS(id));
        c->courses[c->course_count++] = (struct library_course){.id = id.data, .title = yaml_text(root, "title").data, .json = check_course(k, root, true)};
    }
}

static int compare_tests(const void *a, const void *b)
{
    return strcmp(((const struct test *)a)->id, ((const struct test *)b)->id);
}

static void check_test_sources(struct checker *k, const struct content_source *sources, size_t count)
{
    struct content *c = k->content;
    c->tests = arena_array(k->arena, count + 1, sizeof *c->tests);
    for (size_t i = 0; i < count; i++) {
        struct str name = base_name(sources[i].path);
        k->file = sources[i].path;
        if (is_record_type(&sources[i]) || is_course(&sources[i]) || is_policy(&sources[i]))
            continue;
        if (str_ends(name, ".sql")) {
            check_test(k, &sources[i], &c->tests[c->test_count]);
            check_test_uses(k, &c->tests[c->test_count++], sources[i].path);
            continue;
        }
        bool is_known = false;
        for (size_t f = 0; f < sizeof library_files / sizeof library_files[0]; f++)
            is_known |= str_equal(name, arena_printf(k->arena, "%s.yaml", library_files[f]));
        if (!is_known)
            problem(k, NULL, "file: no kind of content has this name");
    }
    qsort(c->tests, c->test_count, sizeof *c->tests, compare_tests);
}

static void check_policy_sources(struct checker *k, const struct content_source *sources, size_t count)
{
    bool has_texts = false;
    for (size_t i = 0; i < count; i++) {
        if (!is_policy(&sources[i]))
            continue;
        struct str name = base_name(sources[i].path);
        struct policy *p = NULL;
        for (size_t j = 0; j < k->content->policy_count && !p; j++)
            p = str_equal(name, arena_printf(k->arena, "%s.md", k->content->policies[j].id)) ? &k->content->policies[j] : NULL;
        has_texts = true;
        k->file = sources[i].path;
        if (p)
            check_policy(k, p, sources[i].text);
        else
            problem(k, NULL, "file: policies.yaml has no policy of this name");
    }
    for (size_t j = 0; has_texts && j < k->content->policy_count; j++)
        if (!k->content->policies[j].text[0])
            problem_at(k, "policies.yaml", 1, 1, "%s: it has no text policies/%s.md", k->content->policies[j].id, k->content->policies[j].id);
}

static int compare_problems(const void *a, const void *b)
{
    const struct content_problem *x = a, *y = b;
    int order = strcmp(x->file, y->file);
    if (order == 0)
        order = (x->line > y->line) - (x->line < y->line);
    if (order == 0)
        order = (x->column > y->column) - (x->column < y->column);
    return order ? order : strcmp(x->text, y->text);
}

struct content *content_check(struct arena *a, const struct content_source *sources, size_t count)
{
    struct checker k = {.arena = a, .content = ARENA_NEW(a, struct content)};
    check_yaml_sources(&k, sources, count);
    check_test_sources(&k, sources, count);
    check_record_sources(&k, sources, count);
    check_course_sources(&k, sources, count);
    check_policy_sources(&k, sources, count);
    check_references(&k);
    check_coverage(&k);
    if (k.content->problem_count)
        qsort(k.content->problems, k.content->problem_count, sizeof *k.content->problems, compare_problems);
    return k.content;
}
