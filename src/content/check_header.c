#include "content/check_internal.h"

static const struct field test_fields[] = {
    FIELD("id", MEMBER_TEXT, test, id),
    FIELD("title", MEMBER_TEXT, test, title),
    FIELD("topic", MEMBER_TEXT, test, topic),
    FIELD("why", MEMBER_TEXT, test, why),
    FIELD("severity", MEMBER_TEXT, test, severity, ALLOWED("low medium high critical")),
    FIELD("tables", MEMBER_TEXTS, test, tables),
    FIELD("parameters", MEMBER_TEXTS_0, test, parameters, OPTIONAL, REFERS(ENTITY_PARAMETER)),
    FIELD("paths", MEMBER_TEXTS_0, test, paths, OPTIONAL),
    FIELD("references", MEMBER_TEXTS, test, references),
    FIELD("fix", MEMBER_TEXT, test, fix),
    FIELD_SKIPPED("empty"),
    FIELD_SKIPPED("controls"),
};

static const struct field mapping_fields[] = {
    FIELD("control", MEMBER_TEXT, test_mapping, control, REFERS(ENTITY_CONTROL)),
    FIELD("reason", MEMBER_TEXT, test_mapping, reason),
};

/* The YAML between the opening and the closing line of the block comment, and the SQL behind it. */
static bool source_split(struct checker *k, struct str text, struct str *ret_header, struct str *ret_sql)
{
    if (!str_starts(text, "/*\n")) {
        problem(k, NULL, "header: the file must begin with a line \"/*\"");
        return false;
    }
    struct str body = str_slice(text, 3, text.size);
    ptrdiff_t end = str_find(body, STR("*/"));
    if (end < 1 || body.data[end - 1] != '\n') {
        problem(k, NULL, "header: it must end with a line \"*/\", and nothing before may hold these two characters");
        return false;
    }
    *ret_header = str_slice(body, 0, (size_t)end);
    *ret_sql = str_slice(body, (size_t)end + 2, body.size);
    return true;
}

static void mappings_read(struct checker *k, const struct yaml *header, struct test *ret)
{
    const struct yaml *controls = yaml_get(header, "controls");
    if (!controls || controls->type != YAML_LIST || controls->count == 0) {
        problem(k, controls ? controls : header, "%s: \"controls\" must be a list of control and reason, at least one", ret->id);
        return;
    }
    struct test_mapping *mappings = arena_array(k->arena, controls->count, sizeof *mappings);
    YAML_EACH (item, controls) {
        struct test_mapping *m = &mappings[ret->control_count++];
        *m = (struct test_mapping){"", ""};
        fields_read(k, item, mapping_fields, sizeof mapping_fields / sizeof mapping_fields[0], ret->id, m);
        for (size_t i = 0; i + 1 < ret->control_count; i++)
            if (strcmp(mappings[i].control, m->control) == 0)
                problem(k, item, "%s: \"controls\" names %s twice", ret->id, m->control);
    }
    ret->controls = mappings;
}

static void empty_read(struct checker *k, const struct yaml *header, struct test *ret)
{
    const struct yaml *empty = yaml_get(header, "empty");
    if (!empty || (empty->type == YAML_TEXT && str_is(empty->text, "unknown")))
        ret->empty = EMPTY_UNKNOWN;
    else if (empty->type == YAML_TEXT && str_is(empty->text, "not_applicable"))
        ret->empty = EMPTY_NOT_APPLICABLE;
    else
        problem(k, empty, "%s: \"empty\" must be unknown or not_applicable", ret->id);
}

static void names_check(struct checker *k, const struct yaml *header, struct test *ret)
{
    const char *slash = strrchr(k->file, '/');
    struct str stem = str_of(slash ? slash + 1 : k->file);
    stem.size -= strlen(".sql");
    if (!str_is(stem, ret->id))
        problem(k, yaml_get(header, "id"), "%s: the id must be the file's name", ret->id);
    const struct yaml *topic = yaml_get(header, "topic");
    if (topic && topic->type == YAML_TEXT && !id_matches(topic->text, "k"))
        problem(k, topic, "%s: \"topic\" must be a word in lower case", ret->id);
    YAML_EACH (item, yaml_get(header, "tables"))
        if (item->type == YAML_TEXT && !id_matches(item->text, "w"))
            problem(k, item, "%s: \"%s\" cannot be the name of a table", ret->id, item->text.data);
    YAML_EACH (item, yaml_get(header, "paths"))
        if (item->type == YAML_TEXT &&
            (!str_starts(item->text, "/") || str_contains(item->text, "/../") || str_ends(item->text, "/")))
            problem(k, item, "%s: \"%s\" must be an absolute path without \"..\" and without a slash at its end", ret->id,
                    item->text.data);
    const struct yaml *title = yaml_get(header, "title");
    if (title && title->type == YAML_TEXT && title->text.size > 100)
        problem(k, title, "%s: the title is longer than 100 bytes", ret->id);
}

/* {a_name} with an underscore is a parameter, and a declared one; ${a_name} is the shell's, and so is {print}. */
static void fix_check(struct checker *k, const struct yaml *header, const struct test *t)
{
    struct str fix = str_of(t->fix);
    for (size_t i = 0; i < fix.size; i++) {
        if (fix.data[i] != '{' || (i > 0 && fix.data[i - 1] == '$'))
            continue;
        size_t end = i + 1;
        bool has_underscore = false;
        for (; end < fix.size && ((fix.data[end] >= 'a' && fix.data[end] <= 'z') || fix.data[end] == '_'); end++)
            has_underscore |= fix.data[end] == '_';
        struct str name = str_slice(fix, i + 1, end);
        if (has_underscore && end < fix.size && fix.data[end] == '}' &&
            !strings_hold(t->parameters, arena_str(k->arena, name).data))
            problem(k, yaml_get(header, "fix"), "%s: \"fix\" has {%.*s}, but the header's \"parameters\" does not name it", t->id,
                    STR_ARGS(name));
    }
}

void check_test(struct checker *k, const struct content_source *source, struct test *ret)
{
    struct str header_text, sql;
    struct err e = {0};
    *ret = (struct test){.id = "", .title = "", .why = "", .severity = "", .topic = "", .fix = "", .sql = ""};
    ret->source = arena_str(k->arena, source->text).data;
    if (strlen(ret->source) != source->text.size) {
        problem(k, NULL, "file: holds a NUL");
        return;
    }
    if (!source_split(k, source->text, &header_text, &sql))
        return;
    const struct yaml *header = yaml_read(k->arena, source->path, 2, header_text, &e);
    if (!header) {
        problem_located(k, e.text);
        return;
    }
    ret->id = entity_define(k, header, "id", ENTITY_TEST);
    if (*ret->id == '\0')
        return;
    fields_read(k, header, test_fields, sizeof test_fields / sizeof test_fields[0], ret->id, ret);
    mappings_read(k, header, ret);
    empty_read(k, header, ret);
    names_check(k, header, ret);
    fix_check(k, header, ret);
    ret->sql = arena_str(k->arena, str_trim(sql)).data;
}
