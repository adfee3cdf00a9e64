/* What the palette finds. */
#include "report/view_internal.h"

static void item_push(struct view *v, struct json *items, const char *id, const char *title, const char *kind, struct str url)
{
    json_put_cstr(push_link(v, items, id, title, url), "kind", kind);
}

struct json *view_search_index(struct view *v, struct err *e)
{
    struct err inner = {0};
    const struct assessment *as = view_assessment(v, e);
    if (!as)
        return NULL;
    struct json *o = json_object(v->arena), *items = json_put_array(o, "items");
    for (size_t i = 0; i < content_criterion_count; i++)
        item_push(v, items, content_criteria[i].id, content_criteria[i].title, "criterion",
                  url_criterion(v, &content_criteria[i]));
    for (size_t i = 0; i < as->control_count; i++)
        item_push(v, items, as->controls[i].control->id, as->controls[i].control->title, "control", url_control(v, as->controls[i].control));
    for (size_t i = 0; i < content_test_count; i++)
        item_push(v, items, content_tests[i].id, content_tests[i].title, "test", url_test(v, &content_tests[i]));
    for (size_t i = 0; i < content_parameter_count; i++)
        item_push(v, items, content_parameters[i].name, content_parameters[i].label, "parameter",
                  arena_printf(v->arena, "/parameters/%s", content_parameters[i].name));
    for (size_t i = 0; i < content_policy_count; i++)
        item_push(v, items, content_policies[i].id, content_policies[i].title, "policy", arena_printf(v->arena, "/policies/%s", content_policies[i].id));
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

/* ---- what has all the words in its name ---- */

struct finding {
    struct view *v;
    struct str words;
    struct json *list;
    int64_t total, max;
};

static bool has_words(const char *id, const char *title, struct str words)
{
    struct str word;
    while (str_next_word(&words, &word))
        if (!text_matches(str_of(id), word) && !text_matches(str_of(title), word))
            return false;
    return true;
}

static void find(struct finding *f, const char *id, const char *title, const char *kind, const char *room)
{
    if (!has_words(id, title, f->words) || ++f->total > f->max)
        return;
    item_push(f->v, f->list, id, title, kind, arena_printf(f->v->arena, "/%s/%s", room, id));
}

/* The organisation's own controls are records, and found as such: nothing here takes the assessment. */
bool view_search(struct view *v, struct str words, int64_t max, struct json *list, int64_t *ret_total, struct err *e)
{
    struct finding f = {.v = v, .words = words, .list = list, .max = max};
    struct err inner = {0};
    for (size_t i = 0; i < content_criterion_count; i++)
        find(&f, content_criteria[i].id, content_criteria[i].title, "criterion", "criteria");
    for (size_t i = 0; i < content_control_count; i++)
        find(&f, content_controls[i].id, content_controls[i].title, "control", "controls");
    for (size_t i = 0; i < content_test_count; i++)
        find(&f, content_tests[i].id, content_tests[i].title, "test", "tests");
    for (size_t i = 0; i < content_parameter_count; i++)
        find(&f, content_parameters[i].name, content_parameters[i].label, "parameter", "parameters");
    for (size_t i = 0; i < content_policy_count; i++)
        find(&f, content_policies[i].id, content_policies[i].title, "policy", "policies");
    DB_EACH (row, v->db, &inner, "select id, name from subject where first_leaf <= ?1 order by name", A(v->leaf_limit)) {
        struct str id = arena_str(v->arena, db_text(row, 0)), name = arena_str(v->arena, db_text(row, 1));
        if (has_words(id.data, name.data, words) && ++f.total <= max)
            item_push(v, list, id.data, name.data, "subject", arena_printf(v->arena, "/evidence?group=%.*s", STR_ARGS(id)));
    }
    DB_EACH (row, v->db, &inner,
             "select n.leaf, n.tbl, s.name from capture_newest n join subject s on s.id = n.subject where n.leaf <= ?1 order by n.tbl, s.name",
             A(v->leaf_limit))
        find(&f, arena_printf(v->arena, "%lld", (long long)db_int(row, 0)).data,
             arena_printf(v->arena, "%.*s of %.*s", STR_ARGS(db_text(row, 1)), STR_ARGS(db_text(row, 2))).data, "capture", "evidence");
    *ret_total = f.total;
    return inner.code ? (*e = inner, false) : true;
}
