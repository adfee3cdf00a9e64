/* The form of a record, from its type; and what to ask when two have changed one record. */
#include "report/view_record_internal.h"

/* ---- what a reference may name ---- */

struct targets {
    struct json *list;
    size_t content_count;
    bool is_person;
};

static bool each_target(void *context, const struct record *record, struct err *e)
{
    (void)e;
    struct targets *x = context;
    JSON_EACH (known, x->content_count ? x->list : NULL)
        if (str_equal(json_text(known, "id"), record->id))
            return true;
    struct json *o = json_push_object(x->list);
    struct str title = record_title(record);
    json_put_str(o, "id", record->id);
    json_put_str(o, "label",
                 x->is_person || str_equal(title, record->id) ? title : arena_printf(x->list->arena, "%.*s %.*s", STR_ARGS(record->id), STR_ARGS(title)));
    return true;
}

static void add_target(struct json *list, const char *id, const char *title, bool has_id)
{
    struct json *o = json_push_object(list);
    json_put_cstr(o, "id", id);
    json_put_str(o, "label", has_id ? arena_printf(list->arena, "%s %s", id, title) : str_of(title));
}

static struct json *content_targets(struct view *v, const char *kind)
{
    struct json *list = json_array(v->arena);
    if (strcmp(kind, "control") == 0)
        for (size_t i = 0; i < content_control_count; i++)
            add_target(list, content_controls[i].id, content_controls[i].title, true);
    else if (strcmp(kind, "criterion") == 0)
        for (size_t i = 0; i < content_criterion_count; i++)
            add_target(list, content_criteria[i].id, content_criteria[i].title, true);
    else if (strcmp(kind, "test") == 0)
        for (size_t i = 0; i < content_test_count; i++)
            add_target(list, content_tests[i].id, content_tests[i].title, false);
    else if (strcmp(kind, "policy") == 0)
        for (size_t i = 0; i < content_policy_count; i++)
            add_target(list, content_policies[i].id, content_policies[i].title, true);
    else if (strcmp(kind, "library_risk") == 0)
        for (size_t i = 0; i < content_risk_count; i++)
            add_target(list, content_risks[i].id, content_risks[i].title, true);
    else if (strcmp(kind, "request") == 0)
        for (size_t i = 0; i < content_request_count; i++)
            add_target(list, content_requests[i].id, content_requests[i].request, true);
    for (size_t i = 0; strcmp(kind, "course") == 0 && i < content_course_count; i++)
        add_target(list, content_courses[i].id, content_courses[i].title, false);
    return list;
}

struct json *record_targets(struct view *v, const struct view_records *r, const char *target)
{
    const struct record_type *t = record_types_find(r->types, str_of(target));
    /* Records of content (a control that was adopted) bear its ids: those that the organisation added come behind. */
    struct targets x = {.list = content_targets(v, target), .is_person = strcmp(target, "person") == 0};
    if (!t)
        return x.list;
    x.content_count = x.list->count;
    struct record_query q = {.sort = str_of(t->title_field), .page = 1, .per_page = VIEW_CHOICES_MAX + 1, .leaf_limit = view_record_limit(v),
                             .access = r->access, .now_ms = v->at_ms, .is_brief = true};
    struct err why = {0};
    if (!record_list(v->db, v->arena, t, &q, each_target, &x, NULL, &why))
        return x.list; /* then other ids are typed by hand */
    return x.list;
}

/* ---- one field ---- */

static bool is_many(enum field_type type)
{
    return type == FIELD_CHOICES || type == FIELD_REFERENCES;
}

/* What stands in the field: typed, stored, or the default. */
static struct str default_text(struct view *v, const struct view_records *r, const struct record_field *f)
{
    char text[TIME_TEXT_SIZE];
    const char *value = f->default_value ? f->default_value : "";
    if (strcmp(value, "today") == 0)
        return arena_str(v->arena, str_of(time_format_date(v->at_ms, text)));
    if (strcmp(value, "me") == 0)
        return r->access ? r->access->person : STR("");
    if (f->type == FIELD_YES_NO && *value)
        return strcmp(value, "true") == 0 || strcmp(value, "yes") == 0 ? STR("yes") : STR("no");
    return str_of(value);
}

static bool list_has(const struct json *list, struct str id)
{
    if (list && list->type == JSON_STRING)
        return str_equal(list->text, id);
    JSON_EACH (item, list && list->type == JSON_ARRAY ? list : NULL)
        if (str_equal(item->text, id))
            return true;
    return false;
}

static const char *input_of(const struct record_field *f, size_t choice_count)
{
    bool is_short = choice_count <= VIEW_CHOICES_MAX;
    switch (f->type) {
    case FIELD_MARKDOWN:
        return "textarea";
    case FIELD_NUMBER:
        return "number";
    case FIELD_MONEY:
        return "money";
    case FIELD_DATE:
        return "date";
    case FIELD_INSTANT:
        return "instant";
    case FIELD_DURATION:
        return "duration";
    case FIELD_CHOICE:
    case FIELD_YES_NO:
        return "select";
    case FIELD_CHOICES:
        return "checks";
    case FIELD_REFERENCE:
    case FIELD_PERSON:
        return is_short ? "select" : "id";
    case FIELD_REFERENCES:
        return is_short ? "checks" : "ids";
    case FIELD_FILES:
        return "files";
    case FIELD_TEXT:
    case FIELD_COMPUTED:
        break;
    }
    return "text";
}

static const char *hint_of(const struct record_field *f, const char *input)
{
    if (strcmp(input, "money") == 0)
        return "An amount and its currency: 1250.00 EUR";
    if (strcmp(input, "duration") == 0)
        return "3 days, 4 h, 90 min";
    if (strcmp(input, "instant") == 0)
        return "In UTC";
    if (strcmp(input, "id") == 0)
        return "Its id; names are suggested";
    if (strcmp(input, "ids") == 0)
        return "Ids, with commas between them";
    return f->type == FIELD_MARKDOWN ? "Markdown may be used" : "";
}

static struct json *choices_of(struct view *v, const struct view_records *r, const struct record_field *f)
{
    struct json *list = json_array(v->arena);
    if (f->type == FIELD_PERSON || f->type == FIELD_REFERENCE || f->type == FIELD_REFERENCES)
        return record_targets(v, r, f->type == FIELD_PERSON ? "person" : f->target);
    for (size_t i = 0; i < f->choice_count; i++)
        add_target(list, f->choices[i].id, f->choices[i].label, false);
    if (f->type == FIELD_YES_NO) {
        add_target(list, "yes", "Yes", false);
        add_target(list, "no", "No", false);
    }
    return list;
}

static struct str joined(struct view *v, const struct json *list)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    JSON_EACH (item, list) {
        if (b.size)
            buf_cstr(&b, ", ");
        buf_str(&b, item->text);
    }
    struct str s = arena_str(v->arena, buf_view(&b));
    buf_release(&b);
    return s;
}

static struct str problem_of(const struct view_typed *typed, const char *field)
{
    JSON_EACH (p, typed ? typed->problems : NULL)
        if (str_is(json_text(p, "field"), field))
            return json_text(p, "why");
    return STR("");
}

static void put_field(struct view *v, const struct view_records *r, struct json *fields, const struct record_field *f, const struct record *record,
                      const struct view_typed *typed)
{
    const struct json *stored = record ? json_get(record->values, f->id) : NULL;
    const struct json *given = typed && typed->values ? json_get(typed->values, f->id) : NULL;
    struct json *choices = choices_of(v, r, f);
    const char *input = input_of(f, choices->count);
    const struct json *chosen = given ? given : stored;
    struct str value = given                      ? (given->type == JSON_ARRAY ? joined(v, given) : given->text)
                       : stored && is_many(f->type) ? joined(v, stored)
                       : record                   ? view_record_typed(v, f, stored)
                                                  : default_text(v, r, f);
    if (f->type == FIELD_FILES)
        value = STR("");
    struct json *o = json_push_object(fields);
    json_put_cstr(o, "id", f->id);
    json_put_cstr(o, "label", f->label);
    json_put_cstr(o, "words", f->words ? f->words : "");
    json_put_cstr(o, "input", input);
    json_put_cstr(o, "hint", hint_of(f, input));
    json_put_str(o, "value", value.data ? value : STR(""));
    json_put_bool(o, "required", f->is_required);
    json_put_bool(o, "is_personal", f->is_personal);
    json_put_str(o, "problem", problem_of(typed, f->id));
    json_put_cstr(o, "step", f->type == FIELD_NUMBER && f->decimals == 0 ? "1" : "any");
    json_put_int(o, "max", (f->type == FIELD_TEXT || f->type == FIELD_MARKDOWN) && f->max > 0 ? f->max : 0);
    bool has_chosen = false;
    JSON_EACH (c, choices) {
        struct str id = json_text(c, "id");
        bool is_chosen = is_many(f->type) ? list_has(chosen, id) : str_equal(value, id);
        has_chosen |= is_chosen;
        json_put_bool(c, "is_chosen", is_chosen);
        const struct field_choice *choice = record_choice(f, id);
        json_put_cstr(c, "words", choice && choice->words ? choice->words : "");
    }
    /* What is stored stays to be chosen, even if it would not be offered any more. */
    if (!has_chosen && value.size && strcmp(input, "select") == 0) {
        struct json *c = json_push_object(choices);
        json_put_str(c, "id", value);
        json_put_str(c, "label", value);
        json_put_bool(c, "is_chosen", true);
        json_put_cstr(c, "words", "");
    }
    json_put(o, "choices", choices);
    struct view_records own = *r;
    own.at = record ? record_url(v, record->type->id, record->id) : STR("");
    struct json *files = f->type == FIELD_FILES ? view_record_cell(v, &own, f, stored, true) : NULL;
    const struct json *items = files ? json_get(files, "items") : NULL;
    json_put(o, "files", items ? (struct json *)(uintptr_t)items : json_array(v->arena));
    struct buf b;
    buf_init(&b, 4096);
    for (size_t i = 0; i < f->media.count; i++)
        buf_printf(&b, "%s%s", i ? "," : "", f->media.items[i]);
    json_put_str(o, "accept", arena_str(v->arena, buf_view(&b)));
    buf_release(&b);
}

static void put_form_groups(struct view *v, const struct view_records *r, struct json *page, const struct record_type *t, const struct record *record,
                            const struct view_typed *typed)
{
    struct json *groups = json_put_array(page, "groups"), *fields = NULL;
    const char *current = NULL;
    for (size_t i = 0; i < t->field_count; i++) {
        const struct record_field *f = &t->fields[i];
        if (f->is_retired || f->type == FIELD_COMPUTED)
            continue;
        const char *group = f->group ? f->group : "";
        if (!current || strcmp(current, group) != 0) {
            current = group;
            struct json *g = json_push_object(groups);
            json_put_cstr(g, "label", group);
            fields = json_put_array(g, "fields");
        }
        put_field(v, r, fields, f, record, typed);
    }
}

struct json *view_record_form(struct view *v, const struct view_records *r, const struct record_type *t, const struct record *record,
                              const struct view_typed *typed, struct err *e)
{
    struct str title = record ? arena_printf(v->arena, "Edit %.*s", STR_ARGS(record_title(record))) : arena_printf(v->arena, "New: %s", t->label);
    struct json *page = record_page_new(v, title, true, e);
    if (!page)
        return NULL;
    json_put(page, "type", record_type_brief(v, t));
    json_put_bool(page, "is_new", record == NULL);
    json_put_bool(page, "id_is_given", !record && (!t->prefix || !*t->prefix));
    json_put_str(page, "id", record ? record->id : typed && typed->values ? json_text(typed->values, "id") : STR(""));
    json_put_str(page, "id_problem", problem_of(typed, "id"));
    json_put_int(page, "version", record ? record->version : 0);
    json_put_int(page, "base", record ? record->leaf : 0);
    json_put_str(page, "url", record ? record_url(v, t->id, record->id) : arena_printf(v->arena, "/records/%s", t->id));
    json_put_str(page, "why", typed ? typed->why : STR(""));
    struct json *problems = json_put_array(page, "problems");
    JSON_EACH (p, typed ? typed->problems : NULL) {
        struct str id = json_text(p, "field");
        const struct record_field *f = record_type_field(t, id);
        struct json *o = json_push_object(problems);
        json_put_str(o, "field", id);
        json_put_str(o, "label", f ? str_of(f->label) : id);
        json_put_str(o, "why", json_text(p, "why"));
    }
    put_form_groups(v, r, page, t, record, typed);
    bool has_personal = false;
    for (size_t i = 0; i < t->field_count; i++)
        has_personal |= t->fields[i].is_personal && !t->fields[i].is_retired;
    json_put_bool(page, "has_personal", has_personal);
    return page;
}

struct json *view_record_bulk(struct view *v, const struct view_records *r, const struct record_type *t, struct str title, const struct record_field *field,
                              const struct view_typed *typed, struct err *e)
{
    struct json *page = record_page_new(v, title, true, e);
    if (!page)
        return NULL;
    json_put(page, "type", record_type_brief(v, t));
    struct json *groups = json_put_array(page, "groups"), *group = field ? json_push_object(groups) : NULL;
    if (group) {
        json_put_cstr(group, "label", "");
        put_field(v, r, json_put_array(group, "fields"), field, NULL, typed);
    }
    return page;
}

/* ---- two at once ---- */

static struct json *typed_list(struct view *v, const struct record_field *f, const struct json *value)
{
    struct json *list = json_array(v->arena);
    if (value && is_many(f->type))
        JSON_EACH (item, value)
            json_push_str(list, item->text);
    else
        json_push_str(list, view_record_typed(v, f, value));
    return list;
}

struct json *view_record_conflict(struct view *v, const struct view_records *r, const struct record *base, const struct record *theirs,
                                  const struct json *mine, struct err *e)
{
    const struct record_type *t = theirs->type;
    struct json *page = record_page_new(v, arena_printf(v->arena, "%.*s has changed meanwhile", STR_ARGS(record_title(theirs))), true, e);
    if (!page)
        return NULL;
    json_put(page, "type", record_type_brief(v, t));
    json_put_str(page, "id", theirs->id);
    json_put_str(page, "url", record_url(v, t->id, theirs->id));
    json_put_int(page, "version", theirs->version);
    json_put_int(page, "base", theirs->leaf);
    json_put(page, "by", actor_new(v, theirs->changed_by));
    put_time(v, page, "at", theirs->t);
    struct json *fields = json_put_array(page, "fields");
    for (size_t i = 0; i < t->field_count; i++) {
        const struct record_field *f = &t->fields[i];
        const struct json *was = base ? json_get(base->values, f->id) : NULL, *is = json_get(theirs->values, f->id), *my = json_get(mine, f->id);
        bool they = !view_record_equal(was, is), me = my && !view_record_equal(was, my);
        if (f->type == FIELD_COMPUTED || (!they && !me))
            continue;
        struct json *o = json_push_object(fields);
        json_put_cstr(o, "id", f->id);
        json_put_cstr(o, "label", f->label);
        json_put(o, "was", view_record_cell(v, r, f, was, true));
        json_put(o, "theirs", view_record_cell(v, r, f, is, true));
        json_put(o, "mine", view_record_cell(v, r, f, me ? my : was, true));
        json_put_bool(o, "is_theirs", they);
        json_put_bool(o, "is_mine", me);
        json_put_bool(o, "is_both", they && me && !view_record_equal(is, my));
        json_put(o, "typed", me ? typed_list(v, f, my) : json_array(v->arena));
    }
    return page;
}
