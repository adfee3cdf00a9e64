#include "content/check_internal.h"

#include "base/json.h"

/* Integers and decimals without leading zeros: what JSON takes for a number. */
static bool is_json_number(struct str s)
{
    size_t i = 0, digits = 0;
    if (i < s.size && s.data[i] == '-')
        i++;
    bool is_zero_first = i < s.size && s.data[i] == '0';
    for (; i < s.size && s.data[i] >= '0' && s.data[i] <= '9'; i++)
        digits++;
    if (digits == 0 || digits > 15 || (is_zero_first && digits > 1))
        return false;
    if (i == s.size)
        return true;
    if (s.data[i++] != '.' || i == s.size)
        return false;
    for (; i < s.size && s.data[i] >= '0' && s.data[i] <= '9'; i++)
        digits++;
    return i == s.size && digits <= 15;
}

static void json_of_text(struct buf *b, const struct yaml *v)
{
    if (v->is_plain &&
        (is_json_number(v->text) || str_is(v->text, "true") || str_is(v->text, "false") || str_is(v->text, "null")))
        buf_str(b, v->text);
    else
        json_write_string(b, v->text);
}

/* The one place where plain scalars get a type: numbers, true, false and null stay what JSON would read, all else is a string.
 * Recursion is bounded by LIMIT_YAML_DEPTH. */
void json_of_yaml(struct buf *b, const struct yaml *v)
{
    if (v->type == YAML_TEXT) {
        json_of_text(b, v);
        return;
    }
    buf_char(b, v->type == YAML_MAP ? '{' : '[');
    YAML_EACH (member, v) {
        if (member != v->first)
            buf_char(b, ',');
        if (v->type == YAML_MAP) {
            json_write_string(b, member->key);
            buf_char(b, ':');
        }
        json_of_yaml(b, member);
    }
    buf_char(b, v->type == YAML_MAP ? '}' : ']');
}

static void text_check(struct checker *k, const struct yaml *node, const struct field *f, const char *who)
{
    if (f->refers != ENTITY_NONE)
        entity_refer(k, node, f->refers, who);
    if (!f->allowed)
        return;
    struct str words = str_of(f->allowed), word;
    while (str_next_word(&words, &word))
        if (str_equal(word, node->text))
            return;
    problem(k, node, "%s: \"%s\" must be one of%s, not \"%s\"", who, f->key, f->allowed, node->text.data);
}

static bool text_is_given(struct checker *k, const struct yaml *node, const struct field *f, const char *who)
{
    if (node->type == YAML_TEXT && str_trim(node->text).size > 0)
        return true;
    problem(k, node, "%s: \"%s\" must be a text that is not empty", who, f->key);
    return false;
}

static struct strings texts_read(struct checker *k, const struct yaml *node, const struct field *f, const char *who)
{
    struct strings ret = {0};
    if (node->type != YAML_LIST || (node->count == 0 && f->kind == MEMBER_TEXTS)) {
        problem(k, node, "%s: \"%s\" must be a list of texts%s", who, f->key, f->kind == MEMBER_TEXTS ? ", at least one" : "");
        return ret;
    }
    const char **items = arena_array(k->arena, node->count + 1, sizeof *items);
    YAML_EACH (item, node) {
        if (!text_is_given(k, item, f, who))
            continue;
        text_check(k, item, f, who);
        for (size_t i = 0; i < ret.count; i++)
            if (strcmp(items[i], item->text.data) == 0)
                problem(k, item, "%s: \"%s\" names \"%s\" twice", who, f->key, items[i]);
        items[ret.count++] = item->text.data;
    }
    ret.items = items;
    return ret;
}

static int64_t integer_read(struct checker *k, const struct yaml *node, const struct field *f, const char *who)
{
    int64_t value = 0;
    bool is_null = f->kind == MEMBER_NUMBER && node->type == YAML_TEXT && node->is_plain && str_is(node->text, "null");
    if (is_null)
        return 0;
    if (node->type != YAML_TEXT || !node->is_plain || !str_to_int64(node->text, &value))
        problem(k, node, "%s: \"%s\" must be a whole number", who, f->key);
    else if (f->kind == MEMBER_NUMBER && (value < 0 || value > 1000000)) {
        problem(k, node, "%s: \"%s\" must be from 0 to 1000000", who, f->key);
        return 0;
    }
    return value;
}

static bool flag_read(struct checker *k, const struct yaml *node, const struct field *f, const char *who)
{
    bool is_true = node->type == YAML_TEXT && str_is(node->text, "true");
    if (!is_true && !(node->type == YAML_TEXT && str_is(node->text, "false")))
        problem(k, node, "%s: \"%s\" must be true or false", who, f->key);
    return is_true;
}

static const char *json_read(struct checker *k, const struct yaml *node)
{
    struct buf b BUF_AUTO;
    buf_init(&b, 1 << 20);
    json_of_yaml(&b, node);
    if (b.full)
        problem(k, node, "%s: too large", node->key.data);
    return arena_str(k->arena, buf_view(&b)).data;
}

static void field_read(struct checker *k, const struct yaml *node, const struct field *f, const char *who, char *at)
{
    switch (f->kind) {
    case MEMBER_TEXT:
        if (text_is_given(k, node, f, who)) {
            text_check(k, node, f, who);
            *(const char **)(void *)at = node->text.data;
        }
        return;
    case MEMBER_TEXTS:
    case MEMBER_TEXTS_0:
        *(struct strings *)(void *)at = texts_read(k, node, f, who);
        return;
    case MEMBER_FLAG:
        *(bool *)(void *)at = flag_read(k, node, f, who);
        return;
    case MEMBER_NUMBER:
        *(int *)(void *)at = (int)integer_read(k, node, f, who);
        return;
    case MEMBER_INTEGER:
        *(int64_t *)(void *)at = integer_read(k, node, f, who);
        return;
    case MEMBER_JSON:
        *(const char **)(void *)at = json_read(k, node);
        return;
    case MEMBER_IGNORED:
        return;
    }
}

static const struct field *field_find(const struct field *fields, size_t count, struct str key)
{
    for (size_t i = 0; i < count; i++)
        if (str_is(key, fields[i].key))
            return &fields[i];
    return NULL;
}

void fields_read(struct checker *k, const struct yaml *map, const struct field *fields, size_t count, const char *who, void *ret)
{
    if (map->type != YAML_MAP) {
        problem(k, map, "%s: must be a map", who);
        return;
    }
    YAML_EACH (member, map) {
        const struct field *f = field_find(fields, count, member->key);
        if (f)
            field_read(k, member, f, who, (char *)ret + f->offset);
        else
            problem_at(k, k->file, member->key_line, member->key_column, "%s: unknown member \"%s\"", who, member->key.data);
    }
    for (size_t i = 0; i < count; i++)
        if (fields[i].kind != MEMBER_IGNORED && !fields[i].is_optional && !yaml_get(map, fields[i].key))
            problem(k, map, "%s: member \"%s\" is missing", who, fields[i].key);
}
