/* The Scope room as a whole: what is in and out by kind, what is missing, what was approved and what changed since. */
#include "report/view_scope_internal.h"

enum { CHANGE_SQL_MAX = 4096 };

/* ---- by kind ---- */

static const struct {
    const char *id, *label, *url;
} kinds[] = {{"service", "Services", "/records/service"},     {"system", "Systems", "/records/system"},        {"infrastructure", "Infrastructure", "/scope/boundary"},
             {"software", "Software", "/scope/boundary"},     {"data", "Data", "/scope/boundary"},             {"people", "People", "/scope/boundary"},
             {"procedure", "Procedures", "/scope/boundary"},  {"location", "Locations", "/scope/boundary"},    {"vendor", "Vendors", "/scope/subservices"}};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static void kind_add(const struct scope_facts *f, const struct scope_rows *rows, const char *only, struct json *in, struct json *out)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (only && !str_is(scope_text(&rows->items[i], "kind"), only))
            continue;
        json_push(scope_is_in(&rows->items[i]) ? in : out, scope_item(f, &rows->items[i]));
    }
}

static void put_kinds(const struct scope_facts *f, struct json *page)
{
    struct json *list = json_put_array(page, "kinds");
    for (size_t k = 0; k < KINDS; k++) {
        struct json *o = json_push_object(list);
        json_put_cstr(o, "id", kinds[k].id);
        json_put_cstr(o, "label", kinds[k].label);
        json_put_cstr(o, "url", kinds[k].url);
        struct json *in = json_put_array(o, "in"), *out = json_put_array(o, "out");
        if (k == 0)
            kind_add(f, &f->services, NULL, in, out);
        else if (k == 1)
            kind_add(f, &f->systems, NULL, in, out);
        else
            kind_add(f, &f->items, kinds[k].id, in, out);
        if (strcmp(kinds[k].id, "vendor") == 0)
            kind_add(f, &f->subservices, NULL, in, out);
    }
}

static void put_categories(const struct scope_facts *f, struct json *page)
{
    struct json *list = json_put_array(page, "categories");
    for (size_t k = 0; k < content_category_count && k < SCOPE_CATEGORIES; k++) {
        const struct record *record = NULL;
        for (size_t i = 0; i < f->categories.count; i++)
            if (str_is(scope_text(&f->categories.items[i], "category"), content_categories[k].id))
                record = &f->categories.items[i];
        struct json *o = json_push_object(list);
        bool is_decided = record && !str_starts(scope_text(record, "rationale"), "Not decided yet");
        json_put_cstr(o, "id", content_categories[k].id);
        json_put_cstr(o, "name", content_categories[k].name);
        json_put_bool(o, "is_in", f->is_category_in[k]);
        json_put_bool(o, "is_decided", is_decided);
        json_put_str(o, "rationale", scope_text(record, "rationale"));
        json_put(o, "state", record ? record_state_json(f->v, record->type, record->state) : json_new_null(f->v->arena));
    }
}

/* ---- what was changed ---- */

static struct str change_words(const struct record_type *t, struct str act, struct str transition)
{
    const struct record_transition *move = record_type_transition(t, transition);
    return move                    ? str_of(move->label)
           : str_is(act, "create") ? STR("Added")
           : str_is(act, "delete") ? STR("Deleted")
           : str_is(act, "undo")   ? STR("Undone")
           : str_is(act, "vote")   ? STR("Agreed")
                                   : STR("Changed");
}

static void put_fields(struct view *v, struct json *o, const struct record_type *t, struct str difference)
{
    struct json *list = json_put_array(o, "fields");
    struct err ignored = {0};
    const struct json *diff = json_parse(v->arena, arena_str(v->arena, difference), JSON_LIMITS_DEFAULT, &ignored);
    JSON_EACH (d, diff) {
        const struct record_field *f = record_type_field(t, d->key);
        json_push_str(list, f ? str_of(f->label) : d->key);
    }
}

/* What one operation did to many records of a type is one line. */
static bool is_same_act(const struct json *before, const struct json *o)
{
    int64_t apart = json_int(json_get(before, "at"), "t", 0) - json_int(json_get(o, "at"), "t", 0);
    return before && apart <= MS_SECOND && str_equal(json_text(before, "type_label"), json_text(o, "type_label")) &&
           str_equal(json_text(before, "act_words"), json_text(o, "act_words")) && str_equal(json_path(before, "actor.id")->text, json_path(o, "actor.id")->text) &&
           json_text(o, "why").size == 0;
}

static void change_add(struct json *list, struct json *o)
{
    const struct json *before = list->last;
    if (before && is_same_act(before, o)) {
        struct json *also = (struct json *)(uintptr_t)json_get(before, "also"), *x = json_push_object(also);
        json_put_str(x, "title", json_text(o, "title"));
        json_put_str(x, "url", json_text(o, "url"));
        json_put_str(x, "proof", json_text(o, "proof"));
    } else if (list->count < SCOPE_CHANGES_MAX) {
        json_put_array(json_push(list, o), "also");
    }
}

static bool put_changes(const struct scope_facts *f, struct json *page, struct err *e)
{
    struct view *v = f->v;
    struct json *list = json_put_array(page, "changes");
    struct buf BUF_AUTO sql;
    buf_init(&sql, CHANGE_SQL_MAX);
    buf_cstr(&sql, "select leaf, t, type, id, act, transition, actor, why, difference, is_erased from record_change where leaf <= ?1 and type in (''");
    for (size_t k = 0; scope_types[k]; k++) {
        const struct record_type *t = record_types_find(f->r->types, str_of(scope_types[k]));
        if (t && record_may_read_type(f->r, t))
            buf_printf(&sql, ",'%s'", scope_types[k]);
    }
    buf_printf(&sql, ") order by leaf desc limit %d", 4 * SCOPE_CHANGES_MAX);
    DB_EACH (row, v->db, e, arena_str(v->arena, buf_view(&sql)).data, A(v->leaf_limit)) {
        const struct record_type *t = record_types_find(f->r->types, arena_str(v->arena, db_text(row, 2)));
        struct err gone = {0};
        struct str id = arena_str(v->arena, db_text(row, 3));
        const struct record *record = t ? record_get(v->db, v->arena, t, id, view_record_limit(v), &gone) : NULL;
        if (!t)
            continue;
        struct json *o = json_object(v->arena);
        json_put_int(o, "leaf", db_int(row, 0));
        put_time(v, o, "at", db_int(row, 1));
        json_put_cstr(o, "type_label", t->label);
        json_put_str(o, "id", id);
        json_put_str(o, "title", record ? record_title(record) : id);
        json_put_str(o, "url", record_url(v, t->id, id));
        json_put_str(o, "act_words", change_words(t, db_text(row, 4), db_text(row, 5)));
        json_put(o, "actor", actor_new(v, arena_str(v->arena, db_text(row, 6))));
        json_put_str(o, "why", arena_str(v->arena, db_text(row, 7)));
        put_fields(v, o, t, str_is(db_text(row, 4), "create") ? STR("[]") : db_text(row, 8));
        json_put_str(o, "proof", arena_printf(v->arena, "/ledger/%lld", (long long)db_int(row, 0)));
        change_add(list, o);
    }
    return e->code == ERR_NONE;
}

/* ---- the page ---- */

static int64_t count_observed(const struct json *suggestions)
{
    int64_t n = 0;
    JSON_EACH (s, suggestions)
        n += !str_is(json_text(s, "source"), "usual");
    return n;
}

struct json *view_scope(struct view *v, const struct view_records *r, struct err *e)
{
    struct scope_facts f;
    int64_t missing = 0;
    struct json *page = record_page_new(v, STR("Scope"), true, e);
    struct json *suggestions = page && scope_facts_read(v, r, &f, e) ? scope_suggestions(v, r, e) : NULL;
    if (!suggestions)
        return NULL;
    struct json *organisation = f.organisation ? json_put_object(page, "organisation") : json_put(page, "organisation", json_new_null(v->arena));
    if (f.organisation) {
        json_put_str(organisation, "name", record_title(f.organisation));
        json_put_str(organisation, "archetype_words", scope_choice_label(f.organisation, "archetype"));
        json_put_str(organisation, "report_words", scope_choice_label(f.organisation, "report_type"));
        json_put_str(organisation, "url", record_url(v, "organisation", f.organisation->id));
    }
    put_kinds(&f, page);
    put_categories(&f, page);
    int64_t observed = count_observed(suggestions);
    struct json *checklist = scope_checklist(&f, observed, &missing, e);
    struct json *version = checklist ? scope_version(&f, e) : NULL;
    if (!version)
        return NULL;
    json_put(page, "checklist", checklist);
    json_put_int(page, "missing", missing);
    json_put(page, "version", version);
    json_put_int(page, "suggestions", observed);
    json_put_bool(page, "may_create", scope_may_create(&f, "service"));
    return put_changes(&f, page, e) ? page : NULL;
}
