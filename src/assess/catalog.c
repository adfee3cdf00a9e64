#include "assess/catalog.h"


static void put_strings(struct json *object, const char *key, struct strings s)
{
    struct json *list = json_put_array(object, key);
    for (size_t i = 0; i < s.count; i++)
        json_push_str(list, str_of(s.items[i]));
}

struct str catalog_compose(struct arena *a)
{
    struct json *o = json_object(a);
    json_put_cstr(o, "digest", content_digest);
    struct json *tests = json_put_array(o, "tests");
    for (size_t i = 0; i < content_test_count; i++) {
        const struct test *t = &content_tests[i];
        struct json *test = json_push_object(tests);
        json_put_cstr(test, "id", t->id);
        json_put_cstr(test, "source", t->source);
        json_put_cstr(test, "digest", t->digest);
        put_strings(test, "tables", t->tables);
        put_strings(test, "parameters", t->parameters);
        json_put_cstr(test, "empty", t->empty == EMPTY_NOT_APPLICABLE ? "not_applicable" : "unknown");
        json_put_cstr(test, "sql", t->sql);
    }
    struct json *parameters = json_put_array(o, "parameters");
    for (size_t i = 0; i < content_parameter_count; i++) {
        struct json *p = json_push_object(parameters);
        json_put_cstr(p, "name", content_parameters[i].name);
        json_put_cstr(p, "type", content_parameters[i].type);
        json_put_cstr(p, "default", content_parameters[i].default_value);
    }
    struct buf b BUF_AUTO;
    buf_init(&b, (size_t)64 << 20);
    json_write(&b, o);
    return arena_str(a, buf_view(&b));
}

static const char *text_z(struct arena *a, const struct json *o, const char *key)
{
    struct str s = json_text(o, key);
    return arena_strndup(a, s.data ? s.data : "", s.size);
}

static struct strings strings_of(struct arena *a, const struct json *list)
{
    size_t count = list ? list->count : 0;
    const char **items = arena_array(a, count + 1, sizeof(char *));
    size_t n = 0;
    JSON_EACH (item, list)
        items[n++] = arena_strndup(a, item->text.data, item->text.size);
    return (struct strings){items, n};
}

bool catalog_parse(struct arena *a, struct str text, struct catalog *ret, struct err *e)
{
    struct json *o = json_parse(a, text, JSON_LIMITS_DEFAULT, e);
    if (!o)
        return err_wrap(e, "catalogue");
    const struct json *tests = json_get(o, "tests"), *parameters = json_get(o, "parameters");
    if (!tests || !parameters || json_text(o, "digest").size != 64)
        return err_set(e, ERR_CORRUPT, "catalogue: it does not hold tests, parameters and a digest");
    struct catalog c = {.digest = json_text(o, "digest")};
    c.tests = arena_array(a, tests->count + 1, sizeof(struct test));
    JSON_EACH (item, tests) {
        struct test *t = &c.tests[c.test_count++];
        t->id = text_z(a, item, "id");
        t->source = text_z(a, item, "source");
        t->digest = text_z(a, item, "digest");
        t->sql = text_z(a, item, "sql");
        t->tables = strings_of(a, json_get(item, "tables"));
        t->parameters = strings_of(a, json_get(item, "parameters"));
        t->empty = str_is(json_text(item, "empty"), "not_applicable") ? EMPTY_NOT_APPLICABLE : EMPTY_UNKNOWN;
    }
    c.parameters = arena_array(a, parameters->count + 1, sizeof(struct parameter));
    JSON_EACH (item, parameters) {
        struct parameter *p = &c.parameters[c.parameter_count++];
        p->name = text_z(a, item, "name");
        p->type = text_z(a, item, "type");
        p->default_value = text_z(a, item, "default");
    }
    *ret = c;
    return true;
}

bool catalog_ensure(struct keeper_client *k, struct db *projection, const struct env *env, struct arena *a, int64_t *ret_leaf,
                    struct err *e)
{
    struct err none = {0};
    int64_t leaf =
        db_one_int(projection, &none, -1, "select leaf from catalog where digest = ?1 and leaf = (select max(leaf) from catalog)",
                   A(content_digest));
    if (none.code) {
        *e = none;
        return false;
    }
    if (leaf >= 0) {
        *ret_leaf = leaf;
        return true;
    }
    struct op op = {.kind = "catalog", .actor = STR("system:assess"), .body = json_object(a)};
    struct json *answer;
    op_id_new(env, op.id);
    json_put_cstr(op.body, "digest", content_digest);
    if (!op_blob_seal(env, a, &op, "application/json", catalog_compose(a), e) || !keeper_submit(k, a, &op, &answer, e))
        return err_wrap(e, "record the catalogue of tests");
    *ret_leaf = json_int(answer, "leaf", -1);
    return true;
}
