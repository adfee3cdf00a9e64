/* What the palette finds, and the organisation-wide parameters. */
#include "report/view_internal.h"

static void item_push(struct view *v, struct json *items, const char *id, const char *title, const char *kind, struct str url)
{
    json_put_cstr(push_link(v, items, id, title, url), "kind", kind);
}

struct json *view_own_index(struct view *v)
{
    struct json *o = json_object(v->arena), *items = json_put_array(o, "items");
    item_push(v, items, "my", "My page", "page", STR("/my"));
    item_push(v, items, "records", "My records", "page", STR("/records"));
    item_push(v, items, "sign-in", "How I sign in", "page", STR("/settings/sign-in"));
    return o;
}

struct json *view_search_index(struct view *v, struct err *e)
{
    static const struct {
        const char *id, *title, *url;
    } pages[] = {{"overview", "Overview", "/"},
                 {"criteria", "Criteria", "/criteria"},
                 {"controls", "Controls", "/controls"},
                 {"tests", "Tests", "/tests"},
                 {"evidence", "Evidence", "/evidence"}};
    struct err inner = {0};
    const struct assessment *as = view_assessment(v, e);
    if (!as)
        return NULL;
    struct json *o = json_object(v->arena), *items = json_put_array(o, "items");
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++)
        item_push(v, items, pages[i].id, pages[i].title, "page", str_of(pages[i].url));
    for (size_t i = 0; i < content_criterion_count; i++)
        item_push(v, items, content_criteria[i].id, content_criteria[i].title, "criterion",
                  url_criterion(v, &content_criteria[i]));
    for (size_t i = 0; i < as->control_count; i++)
        item_push(v, items, as->controls[i].control->id, as->controls[i].control->title, "control", url_control(v, as->controls[i].control));
    for (size_t i = 0; i < content_test_count; i++)
        item_push(v, items, content_tests[i].id, content_tests[i].title, "test", url_test(v, &content_tests[i]));
    for (size_t i = 0; i < content_parameter_count; i++)
        item_push(v, items, content_parameters[i].name, content_parameters[i].words, "parameter",
                  arena_printf(v->arena, "/tests?q=%s", content_parameters[i].name));
    DB_EACH (row, v->db, &inner, "select id, name from subject where first_leaf <= ?1 order by name", A(v->leaf_limit)) {
        struct str id = arena_str(v->arena, db_text(row, 0)), name = arena_str(v->arena, db_text(row, 1));
        item_push(v, items, id.data, name.data, "subject", arena_printf(v->arena, "/evidence?group=%.*s", STR_ARGS(id)));
    }
    DB_EACH (row, v->db, &inner,
             "select n.leaf, n.tbl, s.name from capture_newest n join subject s on s.id = n.subject where n.leaf <= ?1 order by "
             "n.tbl, s.name",
             A(v->leaf_limit)) {
        struct str leaf = arena_printf(v->arena, "%lld", (long long)db_int(row, 0));
        struct str title = arena_printf(v->arena, "%.*s of %.*s", STR_ARGS(db_text(row, 1)), STR_ARGS(db_text(row, 2)));
        item_push(v, items, leaf.data, title.data, "capture", url_of(v, "evidence", leaf));
    }
    if (inner.code) {
        *e = inner;
        return NULL;
    }
    return o;
}

static bool history_put(struct view *v, struct json *o, const struct parameter *p, struct str *ret_value, int64_t *ret_changed_ms,
                        struct err *e)
{
    struct json *list = json_put_array(o, "history");
    *ret_value = str_of(p->default_value);
    *ret_changed_ms = 0;
    DB_EACH (row, v->db, e, "select t, value, reason, leaf from parameter where name = ?1 and leaf <= ?2 order by leaf desc",
             A(p->name), A(v->leaf_limit)) {
        struct json *item = json_push_object(list);
        struct str value = arena_str(v->arena, db_text(row, 1));
        put_time(v, item, "at", db_int(row, 0));
        json_put_str(item, "value", value);
        json_put_str(item, "reason", arena_str(v->arena, db_text(row, 2)));
        json_put_int(item, "leaf", db_int(row, 3));
        if (list->count == 1) {
            *ret_value = value;
            *ret_changed_ms = db_int(row, 0);
        }
    }
    return e->code == ERR_NONE;
}

struct json *view_parameters(struct view *v, const struct view_filter *f, struct err *e)
{
    struct err inner = {0};
    struct json *page = page_new(v, STR("Parameters"), e);
    struct list l;
    if (!page)
        return NULL;
    list_init(&l, v, f);
    for (size_t i = 0; i < content_parameter_count; i++) {
        const struct parameter *p = &content_parameters[i];
        struct json *o = json_object(v->arena);
        struct str value;
        int64_t changed_ms;
        json_put_cstr(o, "name", p->name);
        if (!history_put(v, o, p, &value, &changed_ms, &inner)) {
            *e = inner;
            return NULL;
        }
        json_put_str(o, "value", value);
        json_put_cstr(o, "default", p->default_value);
        json_put_cstr(o, "unit", p->unit);
        json_put_cstr(o, "words", p->words);
        json_put_cstr(o, "type", p->type);
        json_put_int(o, "min", p->min);
        json_put_int(o, "max", p->max);
        json_put_bool(o, "is_default", str_is(value, p->default_value));
        put_time(v, o, "changed", changed_ms);
        struct json *tests = json_put_array(o, "tests");
        for (size_t t = 0; t < content_test_count; t++)
            for (size_t k = 0; k < content_tests[t].parameters.count; k++)
                if (strcmp(content_tests[t].parameters.items[k], p->name) == 0)
                    json_push_str(tests, str_of(content_tests[t].id));
        list_add(&l, (struct list_row){.row = o,
                                       .text = arena_printf(v->arena, "%s %s", p->name, p->words),
                                       .status = RESULT_PASS,
                                       .sort_text = str_of(p->name)});
    }
    list_finish(&l, page, NULL);
    return page;
}
