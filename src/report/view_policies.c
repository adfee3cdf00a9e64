/* The list of policies, what each has to say to which criterion, and the rules that a text keeps. */
#include "report/view_policies.h"

#include "base/times.h"
#include "content/policy_text.h"
#include "report/gap_book.h"
#include "report/view_internal.h"
#include "report/view_record_internal.h"

static struct str category_name(struct view *v, struct str group)
{
    (void)v;
    for (size_t i = 0; i < content_category_count; i++)
        if (str_is(group, content_categories[i].id))
            return str_of(content_categories[i].name);
    return str_is(group, "own") ? STR("Your own") : group;
}

static bool is_overdue(struct view *v, const struct policy_entry *p)
{
    return p->review_on.size && str_compare(p->review_on, day_text(v->arena, view_today(v))) < 0;
}

static enum result_status entry_status(struct view *v, const struct policy_entry *p, const char **ret_words)
{
    if (str_is(p->state, "retired"))
        return *ret_words = "Retired", RESULT_SKIP;
    if (p->live)
        return *ret_words = is_overdue(v, p) ? "Review overdue" : "In force", is_overdue(v, p) ? RESULT_FAIL : RESULT_PASS;
    return *ret_words = p->version ? "Not in force" : "Not taken over", RESULT_UNKNOWN;
}

static void review_put(struct view *v, struct json *o, const struct policy_entry *p)
{
    if (p->review_on.size == 0)
        return json_put_null(o, "review"), (void)0;
    struct json *review = json_put_object(o, "review");
    json_put_str(review, "on", p->review_on);
    put_status_as(review, is_overdue(v, p) ? RESULT_FAIL : RESULT_PASS, is_overdue(v, p) ? "Overdue" : "Not due");
}

static const struct record_state *version_state(const struct view_records *r, const struct policy_version *x)
{
    const struct record_type *t = record_types_find(r->types, STR("policy_version"));
    return t ? record_type_state(t, x->state) : NULL;
}

static void open_put(struct view *v, const struct view_records *r, struct json *o, const struct policy_entry *p)
{
    if (!p->open)
        return json_put_null(o, "open"), (void)0;
    const struct record_state *s = version_state(r, p->open);
    struct json *open = json_put_object(o, "open");
    json_put_int(open, "number", p->open->number);
    json_put_cstr(open, "state_words", s ? s->label : "");
    json_put_str(open, "url", arena_printf(v->arena, "/policies/%.*s", STR_ARGS(p->id)));
}

static struct json *entry_row(struct view *v, const struct view_records *r, const struct policy_entry *p, enum result_status *ret_status)
{
    const char *words;
    struct json *o = json_object(v->arena);
    *ret_status = entry_status(v, p, &words);
    json_put_str(o, "id", p->id);
    json_put_str(o, "title", p->title);
    json_put_str(o, "purpose", p->purpose);
    put_person(v, o, "owner", p->owner);
    json_put_cstr(o, "owner_role", p->library ? p->library->owner : "");
    json_put_str(o, "category", p->category);
    json_put_str(o, "category_name", category_name(v, p->category));
    json_put_str(o, "state", p->state);
    put_status_as(o, *ret_status, words);
    json_put_int(o, "number", p->live ? p->live->number : 0);
    json_put_bool(o, "is_library", p->library != NULL);
    review_put(v, o, p);
    open_put(v, r, o, p);
    json_put_int(o, "needed", p->needed);
    json_put_int(o, "signed", p->signed_count);
    json_put_int(o, "share", p->needed ? 100 * p->signed_count / p->needed : 0);
    json_put_int(o, "controls", p->library ? (int64_t)p->library->controls.count : 0);
    json_put_str(o, "url", arena_printf(v->arena, "/policies/%.*s", STR_ARGS(p->id)));
    return o;
}

struct json *view_policies(struct view *v, const struct view_records *r, const struct view_filter *f, struct err *e)
{
    struct json *page = page_new(v, STR("Policies"), e);
    struct policy_book b;
    struct list l;
    struct err why = {0};
    if (!page || !policy_book_read(v, true, &b, e))
        return NULL;
    list_init(&l, v, f);
    int64_t live = 0, needed = 0, done = 0;
    for (size_t i = 0; i < b.count; i++) {
        const struct policy_entry *p = &b.entries[i];
        enum result_status status;
        struct json *row = entry_row(v, r, p, &status);
        live += p->live != NULL;
        needed += p->needed;
        done += p->signed_count;
        list_add(&l, (struct list_row){.row = row,
                                       .text = arena_printf(v->arena, "%.*s %.*s %.*s %s", STR_ARGS(p->id), STR_ARGS(p->title), STR_ARGS(p->purpose), p->library ? p->library->text : ""),
                                       .group = p->category, .status = status,
                                       .sort_number = sort_is(f, "signed") ? json_int(row, "share", 0) : 0,
                                       .sort_text = sort_is(f, "review") ? (p->review_on.size ? p->review_on : STR("9999")) : sort_is(f, "title") ? p->title : p->id});
    }
    list_finish(&l, page, category_name);
    list_name_statuses(page, "Review overdue", "Not in force", "In force", "Retired");
    struct json *sum = json_put_object(page, "sum");
    json_put_int(sum, "total", (int64_t)b.count);
    json_put_int(sum, "in_force", live);
    json_put_int(sum, "needed", needed);
    json_put_int(sum, "signed", done);
    const struct record_type *t = record_types_find(r->types, STR("policy"));
    json_put_bool(page, "may_create", t && !v->is_past && r->access && record_allows(r->access, t, NULL, RECORD_CREATE, NULL, &why));
    return page;
}

/* ---- rules of a text ---- */

static bool is_parameter(void *context, struct str name)
{
    (void)context;
    return content_parameter(name) != NULL;
}

static bool is_control(void *context, struct str id)
{
    struct view *v = context;
    struct err ignored = {0};
    return content_control(id) || db_one_int(v->db, &ignored, 0, "select count(*) from control_records_versions where id = ?1 and to_leaf is null and is_deleted = 0", A(id)) > 0;
}

struct json *policy_problems(struct view *v, const struct policy_entry *p, struct str text)
{
    struct json *list = json_array(v->arena);
    struct policy_problem *problems = arena_array(v->arena, POLICY_PROBLEMS_MAX, sizeof *problems);
    struct policy_rules rules = {.is_parameter = is_parameter, .is_control = is_control, .context = v};
    if (p && p->library) {
        rules.sections = p->library->sections;
        rules.controls = p->library->controls;
    }
    size_t count = policy_lint(v->arena, text, &rules, problems);
    for (size_t i = 0; i < count; i++) {
        struct json *o = json_push_object(list);
        json_put_int(o, "line", problems[i].line);
        json_put_cstr(o, "text", problems[i].text);
    }
    return list;
}

/* ---- the matrix ---- */

struct matrix {
    struct policy_book book;
    struct json *own; /* {"POL-01 CC1.1":true}: criteria that the organisation added */
};

static bool own_criteria_read(struct view *v, struct matrix *m, struct err *e)
{
    m->own = json_object(v->arena);
    DB_EACH (row, v->db, e, "select id, target from record_link where type = 'policy' and field = 'criteria' and from_leaf <= ?1 and (to_leaf is null or to_leaf > ?1)", A(v->leaf_limit)) {
        struct str key = arena_printf(v->arena, "%.*s %.*s", STR_ARGS(db_text(row, 0)), STR_ARGS(db_text(row, 1)));
        if (!json_get(m->own, key.data))
            json_put_bool(m->own, key.data, true);
    }
    return e->code == ERR_NONE;
}

static bool serves(struct view *v, const struct matrix *m, const struct policy_entry *p, const char *criterion)
{
    for (size_t i = 0; p->library && i < p->library->criteria.count; i++)
        if (strcmp(p->library->criteria.items[i], criterion) == 0)
            return true;
    return m->own->count && json_get(m->own, arena_printf(v->arena, "%.*s %s", STR_ARGS(p->id), criterion).data);
}

static void matrix_row(struct view *v, const struct matrix *m, struct json *rows, const struct criterion_state *s, int64_t *ret_open)
{
    const struct criterion *k = s->criterion;
    struct json *o = json_push_object(rows);
    int64_t count = 0, live = 0;
    json_put_cstr(o, "id", k->id);
    json_put_cstr(o, "title", k->title);
    json_put_str(o, "url", url_criterion(v, k));
    json_put_str(o, "category_name", category_name(v, str_of(k->category)));
    json_put_bool(o, "in_scope", s->is_in_scope);
    struct json *cells = json_put_array(o, "cells");
    for (size_t i = 0; i < m->book.count; i++) {
        const struct policy_entry *p = &m->book.entries[i];
        bool is_served = !str_is(p->state, "retired") && serves(v, m, p, k->id);
        count += is_served;
        live += is_served && p->live;
        json_push_str(cells, is_served ? p->live ? STR("live") : STR("draft") : STR(""));
    }
    json_put_int(o, "count", count);
    json_put_int(o, "live", live);
    put_status_as(o, !s->is_in_scope ? RESULT_SKIP : live ? RESULT_PASS : RESULT_FAIL, !s->is_in_scope ? "Not in scope" : live ? "Covered" : "No policy in force");
    *ret_open += s->is_in_scope && !live;
}

struct json *view_policy_matrix(struct view *v, const struct view_records *r, struct err *e)
{
    struct matrix m;
    int64_t open = 0, in_scope = 0;
    (void)r;
    struct json *page = page_new(v, STR("Policies and criteria"), e);
    const struct assessment *as = page ? view_assessment(v, e) : NULL;
    if (!as || !policy_book_read(v, false, &m.book, e) || !own_criteria_read(v, &m, e))
        return NULL;
    struct json *policies = json_put_array(page, "policies");
    for (size_t i = 0; i < m.book.count; i++) {
        struct json *o = json_push_object(policies);
        json_put_str(o, "id", m.book.entries[i].id);
        json_put_str(o, "title", m.book.entries[i].title);
        json_put_str(o, "url", arena_printf(v->arena, "/policies/%.*s", STR_ARGS(m.book.entries[i].id)));
        json_put_bool(o, "is_live", m.book.entries[i].live != NULL);
    }
    struct json *rows = json_put_array(page, "rows");
    for (size_t i = 0; i < content_criterion_count; i++) {
        matrix_row(v, &m, rows, &as->criteria[i], &open);
        in_scope += as->criteria[i].is_in_scope;
    }
    json_put_int(page, "open", open);
    json_put_int(page, "in_scope", in_scope);
    return page;
}
