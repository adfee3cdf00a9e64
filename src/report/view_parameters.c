/* Parameters: the values in force, what uses them, and texts with them filled in. */
#include "report/view_parameters.h"

#include "assess/stored.h"
#include "content/placeholder.h"
#include "content/policy_text.h"
#include "report/view_record_internal.h"

/* ---- values as of the view's instant ---- */

struct view_values {
    struct test_value *items;
    size_t count;
};

static const struct view_values *values_of(struct view *v)
{
    int64_t newest;
    struct err ignored = {0};
    if (v->values)
        return v->values;
    struct view_values *values = ARENA_NEW(v->arena, struct view_values);
    if (!parameter_values(v->db, v->arena, v->leaf_limit, &values->items, &values->count, &newest, &ignored))
        values->count = 0; /* the page's own queries meet the same failure */
    return v->values = values;
}

struct str view_parameter_value(struct view *v, const struct parameter *p)
{
    const struct view_values *values = values_of(v);
    for (size_t i = 0; i < values->count; i++)
        if (str_is(values->items[i].name, p->name))
            return values->items[i].value;
    return str_of(p->default_value);
}

static struct str value_words(void *context, struct str name)
{
    struct view *v = context;
    const struct parameter *p = content_parameter(name);
    return p ? parameter_text(v->arena, p, view_parameter_value(v, p)) : name;
}

struct str view_text(struct view *v, struct str text)
{
    return placeholder_fill(v->arena, text, value_words, v);
}

static void push_part(struct json *list, struct str text, struct str name)
{
    if (text.size == 0)
        return;
    struct json *o = json_push_object(list);
    json_put_str(o, "text", text);
    json_put_str(o, "parameter", name);
}

void put_text_parts(struct view *v, struct json *o, const char *key, struct str text)
{
    struct json *list = json_put_array(o, key);
    struct str before, name;
    while (placeholder_next(&text, &before, &name)) {
        push_part(list, before, STR(""));
        push_part(list, value_words(v, name), content_parameter(name) ? name : STR(""));
    }
    push_part(list, text, STR(""));
}

/* ---- one ---- */

static bool history_put(struct view *v, struct json *o, const struct parameter *p, int64_t *ret_changed_ms, struct err *e)
{
    struct json *list = json_put_array(o, "history");
    *ret_changed_ms = 0;
    DB_EACH (row, v->db, e, "select t, value, reason, leaf, coalesce((select o.actor from actor o where o.pseudonym = p.actor), p.actor) from parameter p where name = ?1 and leaf <= ?2 order by leaf desc", A(p->name),
             A(v->leaf_limit)) {
        struct json *item = json_push_object(list);
        struct str value = arena_str(v->arena, db_text(row, 1));
        put_time(v, item, "at", db_int(row, 0));
        json_put_str(item, "value", value);
        json_put_str(item, "text", parameter_text(v->arena, p, value));
        json_put_str(item, "reason", arena_str(v->arena, db_text(row, 2)));
        json_put_int(item, "leaf", db_int(row, 3));
        json_put_str(item, "url", arena_printf(v->arena, "/ledger/%lld", (long long)db_int(row, 3)));
        json_put(item, "by", actor_new(v, arena_str(v->arena, db_text(row, 4))));
        if (list->count == 1)
            *ret_changed_ms = db_int(row, 0);
    }
    return e->code == ERR_NONE;
}

static bool proposals_put(struct view *v, struct json *o, const struct parameter *p, struct err *e)
{
    struct json *list = json_put_array(o, "proposals");
    DB_EACH (row, v->db, e,
             "select leaf, value, t, actor, reason, decided_leaf, decided_t, decided_by, is_approved, decided_reason from parameter_proposal "
             "where name = ?1 and leaf <= ?2 order by leaf desc",
             A(p->name), A(v->leaf_limit)) {
        struct json *item = json_push_object(list);
        bool is_open = db_is_null(row, 5) || db_int(row, 5) > v->leaf_limit;
        struct str value = arena_str(v->arena, db_text(row, 1));
        json_put_int(item, "leaf", db_int(row, 0));
        json_put_str(item, "url", arena_printf(v->arena, "/ledger/%lld", (long long)db_int(row, 0)));
        json_put_str(item, "value", value);
        json_put_str(item, "text", parameter_text(v->arena, p, value));
        put_time(v, item, "at", db_int(row, 2));
        json_put(item, "by", actor_new(v, arena_str(v->arena, db_text(row, 3))));
        json_put_str(item, "reason", arena_str(v->arena, db_text(row, 4)));
        json_put_bool(item, "is_open", is_open);
        put_status_as(item, is_open ? RESULT_UNKNOWN : db_int(row, 8) ? RESULT_PASS : RESULT_SKIP, is_open ? "Proposed" : db_int(row, 8) ? "Approved" : "Refused");
        put_time(v, item, "decided", is_open ? 0 : db_int(row, 6));
        json_put(item, "decided_by", is_open ? json_new_null(v->arena) : actor_new(v, arena_str(v->arena, db_text(row, 7))));
        json_put_str(item, "receipt", is_open ? STR("") : arena_printf(v->arena, "/receipts/%lld", (long long)db_int(row, 5)));
        json_put_str(item, "decided_reason", is_open ? STR("") : arena_str(v->arena, db_text(row, 9)));
    }
    return e->code == ERR_NONE;
}

/* ---- sentences of policies ---- */

struct policy_use {
    struct str parameter, policy, title, section, sentence;
};

struct policy_uses {
    struct view *v;
    struct policy_use *items;
    size_t count, capacity;
};

static void sentence_uses(struct policy_uses *u, struct str policy, struct str title, struct str section, struct str sentence)
{
    struct str rest = sentence, name;
    size_t first = u->count;
    while (placeholder_next(&rest, NULL, &name)) {
        bool is_there = false;
        for (size_t i = first; i < u->count; i++)
            is_there |= str_equal(u->items[i].parameter, name);
        if (is_there)
            continue;
        if (u->count == u->capacity)
            u->items = arena_grow(u->v->arena, u->items, u->count, &u->capacity, sizeof *u->items);
        u->items[u->count++] = (struct policy_use){name, policy, title, section, sentence};
    }
}

static void text_uses(struct policy_uses *u, struct str policy, struct str title, struct str text)
{
    struct policy_section section;
    struct str sentence;
    int line = 1;
    while (policy_section_next(&text, &line, &section))
        while (policy_sentence_next(&section.body, &sentence))
            sentence_uses(u, policy, title, section.title, sentence);
}

/* All sentences with a parameter in them, in one pass: of our own words where some are in force, else of the library's. */
static bool uses_read(struct view *v, struct policy_uses *ret, struct err *e)
{
    *ret = (struct policy_uses){.v = v};
    struct str *own = arena_array(v->arena, content_policy_count + 1, sizeof *own);
    DB_EACH (row, v->db, e, "select policy, title, text from policy_versions_versions where from_leaf <= ?1 and (to_leaf is null or to_leaf > ?1) and is_deleted = 0 and state = 'in_force' and text <> '' order by policy",
             A(v->leaf_limit)) {
        struct str id = arena_str(v->arena, db_text(row, 0));
        for (size_t i = 0; i < content_policy_count; i++)
            if (str_is(id, content_policies[i].id))
                own[i] = id;
        text_uses(ret, id, arena_str(v->arena, db_text(row, 1)), arena_str(v->arena, db_text(row, 2)));
    }
    for (size_t i = 0; i < content_policy_count; i++)
        if (own[i].size == 0)
            text_uses(ret, str_of(content_policies[i].id), str_of(content_policies[i].title), str_of(content_policies[i].text));
    return e->code == ERR_NONE;
}

static void policies_using(struct view *v, struct json *o, const struct parameter *p, const struct policy_uses *uses)
{
    struct json *list = json_put_array(o, "policies");
    for (size_t i = 0; i < uses->count; i++) {
        const struct policy_use *u = &uses->items[i];
        if (!str_is(u->parameter, p->name))
            continue;
        struct json *item = push_link(v, list, arena_str(v->arena, u->policy).data, arena_str(v->arena, u->title).data, arena_printf(v->arena, "/policies/%.*s", STR_ARGS(u->policy)));
        json_put_str(item, "section", u->section);
        json_put_str(item, "text", view_text(v, u->sentence));
    }
}

static void control_using(struct view *v, struct json *list, const struct parameter *p, const struct control *c)
{
    bool is_cadence = c->cadence && strcmp(c->cadence, p->name) == 0;
    if (!is_cadence && !placeholder_in(c->statement, p->name))
        return;
    struct json *item = push_link(v, list, c->id, c->title, url_control(v, c));
    json_put_str(item, "text", view_text(v, str_of(c->statement)));
    json_put_bool(item, "is_cadence", is_cadence);
}

/* On its own page with the organisation's words and controls of its own; in the list by the library alone. */
static bool controls_using(struct view *v, struct json *o, const struct parameter *p, bool is_whole, struct err *e)
{
    struct json *list = json_put_array(o, "controls");
    const struct assessment *as = is_whole ? view_assessment(v, e) : NULL;
    if (is_whole && !as)
        return false;
    for (size_t i = 0; i < (as ? as->control_count : content_control_count); i++)
        control_using(v, list, p, as ? as->controls[i].control : &content_controls[i]);
    return true;
}

static void tests_using(struct view *v, struct json *o, const struct parameter *p)
{
    struct json *ids = json_put_array(o, "tests"), *list = json_put_array(o, "test_links");
    for (size_t t = 0; t < content_test_count; t++)
        for (size_t k = 0; k < content_tests[t].parameters.count; k++)
            if (strcmp(content_tests[t].parameters.items[k], p->name) == 0) {
                json_push_str(ids, str_of(content_tests[t].id));
                push_link(v, list, content_tests[t].id, content_tests[t].title, url_test(v, &content_tests[t]));
            }
}

static bool parameter_put(struct view *v, struct json *o, const struct parameter *p, const struct policy_uses *uses, bool is_whole, struct err *e)
{
    struct str value = view_parameter_value(v, p);
    int64_t changed_ms;
    json_put_cstr(o, "name", p->name);
    json_put_cstr(o, "label", p->label);
    json_put_cstr(o, "group", p->group);
    json_put_str(o, "value", value);
    json_put_str(o, "text", parameter_text(v->arena, p, value));
    json_put_cstr(o, "default", p->default_value);
    json_put_str(o, "default_text", parameter_text(v->arena, p, str_of(p->default_value)));
    json_put_cstr(o, "unit", p->unit);
    json_put_cstr(o, "words", p->words);
    json_put_cstr(o, "type", p->type);
    json_put_int(o, "min", p->min);
    json_put_int(o, "max", p->max);
    json_put_bool(o, "is_default", str_is(value, p->default_value));
    json_put_bool(o, "has_four_eyes", p->has_four_eyes);
    json_put_str(o, "url", arena_printf(v->arena, "/parameters/%s", p->name));
    if (!history_put(v, o, p, &changed_ms, e) || !proposals_put(v, o, p, e))
        return false;
    put_time(v, o, "changed", changed_ms);
    const struct json *newest = json_get(o, "proposals")->first;
    json_put_bool(o, "is_proposed", newest && json_bool(newest, "is_open"));
    tests_using(v, o, p);
    policies_using(v, o, p, uses);
    return controls_using(v, o, p, is_whole, e);
}

struct json *view_parameters(struct view *v, const struct view_filter *f, struct err *e)
{
    struct err inner = {0};
    struct json *page = page_new(v, STR("Parameters"), e);
    struct policy_uses uses;
    struct list l;
    if (!page || !uses_read(v, &uses, e))
        return NULL;
    list_init(&l, v, f);
    for (size_t i = 0; i < content_parameter_count; i++) {
        const struct parameter *p = &content_parameters[i];
        struct json *o = json_object(v->arena);
        if (!parameter_put(v, o, p, &uses, false, &inner))
            return *e = inner, NULL;
        list_add(&l, (struct list_row){.row = o,
                                       .text = arena_printf(v->arena, "%s %s %s %s", p->name, p->label, p->group, p->words),
                                       .group = str_of(p->group),
                                       .status = json_bool(o, "is_proposed") ? RESULT_UNKNOWN : RESULT_PASS,
                                       .sort_text = str_of(p->name)});
    }
    list_finish(&l, page, NULL);
    return page;
}

struct json *view_parameter(struct view *v, struct str name, struct err *e)
{
    static const char *const cadences[] = {"weekly", "monthly", "quarterly", "semiannual", "annual"};
    const struct parameter *p = content_parameter(name);
    struct err inner = {0};
    if (!p) {
        err_set(e, ERR_NOT_FOUND, "parameter %.*s: there is none of this name", STR_ARGS(str_slice(name, 0, 80)));
        return NULL;
    }
    struct json *page = page_new(v, str_of(p->label), e);
    struct policy_uses uses;
    if (!page || !uses_read(v, &uses, e))
        return NULL;
    if (!parameter_put(v, page, p, &uses, true, &inner))
        return *e = inner, NULL;
    struct json *choices = json_put_array(page, "choices");
    for (size_t i = 0; i < sizeof cadences / sizeof cadences[0] && strcmp(p->type, "cadence") == 0; i++) {
        struct json *o = json_push_object(choices);
        json_put_cstr(o, "id", cadences[i]);
        json_put_cstr(o, "label", cadence_words(str_of(cadences[i])));
    }
    struct json *program = json_put_array(page, "program");
    if (str_is(name, "password_length_min"))
        json_push_str(program, STR("Assay itself takes no shorter password for an account."));
    if (str_is(name, "sign_in_factors_min"))
        json_push_str(program, STR("Assay itself opens more than one's own page only with so many factors."));
    return page;
}
