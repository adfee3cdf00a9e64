/* The page of a control: what the assessment says of it, and what people decided, performed, brought and found, with the steps that lead on. */
#include "report/gap_book.h"
#include "report/view_room.h"

enum { RELATED_SHOWN_MAX = 20 };

struct linked {
    struct view *v;
    struct json *items;
};

static bool each_linked(void *context, const struct record *record, struct err *e)
{
    (void)e;
    struct linked *x = context;
    struct view *v = x->v;
    const struct record_type *t = record->type;
    struct json *state = record_state_json(v, t, record->state), *o = json_push_object(x->items);
    bool is_gap = strcmp(t->id, "gap") == 0;
    json_put_str(o, "id", record->id);
    json_put_str(o, "title", record_title(record));
    json_put_str(o, "url", is_gap ? arena_printf(v->arena, "/gaps/%.*s", STR_ARGS(record->id)) : record_url(v, t->id, record->id));
    json_put_str(o, "status", json_text(state, "status").size ? json_text(state, "status") : STR("skip"));
    json_put_str(o, "status_words", json_text(state, "label"));
    put_person(v, o, "owner", t->owner_field[0] ? json_text(record->values, t->owner_field) : STR(""));
    json_put_str(o, "due", t->due_field[0] ? json_text(record->values, t->due_field) : STR(""));
    return true;
}

/* Records of a type that name it in a field, as "groups": [{"id","label","words","total","items","all_url","new_url"}]. */
static bool group_put(struct view *v, const struct view_records *r, struct json *groups, const char *type_id, const char *field, const char *words, struct str id, struct err *e)
{
    const struct record_type *t = record_types_find(r->types, str_of(type_id));
    if (!t || !record_may_read_type(r, t))
        return true;
    int64_t total = 0;
    struct linked x = {v, json_array(v->arena)};
    struct err why = {0};
    struct record_query q = {.where = arena_printf(v->arena, "%s=\"%.*s\"", field, STR_ARGS(id)), .sort = t->due_field[0] ? arena_printf(v->arena, "-%s", t->due_field) : STR("-changed"),
                             .page = 1, .per_page = RELATED_SHOWN_MAX, .leaf_limit = view_record_limit(v), .access = r->access, .now_ms = v->at_ms};
    if (!record_list(v->db, v->arena, t, &q, each_linked, &x, &total, e))
        return false;
    struct json *o = json_push_object(groups);
    json_put_cstr(o, "id", t->id);
    json_put_cstr(o, "label", t->labels);
    json_put_cstr(o, "words", words);
    json_put_int(o, "total", total);
    json_put(o, "items", x.items);
    json_put_str(o, "all_url", arena_printf(v->arena, "/records/%s?f.%s=%.*s", t->id, field, STR_ARGS(id)));
    bool may_create = !v->is_past && r->access && record_allows(r->access, t, NULL, RECORD_CREATE, NULL, &why);
    json_put_str(o, "new_url", may_create ? arena_printf(v->arena, "/records/%s/new?v.%s=%.*s&back=/controls/%.*s", t->id, field, STR_ARGS(id), STR_ARGS(id)) : STR(""));
    return true;
}

static bool groups_put(struct view *v, const struct view_records *r, struct json *page, struct str id, struct err *e)
{
    static const struct {
        const char *type, *field, *words;
    } all[] = {{"occurrence", "control", "When it is to be performed, registered ahead: one that never happened is missed, not absent."},
               {"evidence", "controls", "What people brought as proof. It counts when somebody else has accepted it."},
               {"deviation", "control", "It did not operate as designed: cause, effect and answer of each. The auditor sees them."},
               {"exception", "control", "Leave not to meet it for a while, with an end. It never changes what a test found."},
               {"gap", "controls", "What is missing of it."},
               {"task", "control", "What somebody is to do about it."}};
    struct json *groups = json_put_array(page, "groups");
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (!group_put(v, r, groups, all[i].type, all[i].field, all[i].words, id, e))
            return false;
    return true;
}

/* Who decided that it does not apply, where that is so. */
static void na_put(struct view *v, struct json *page, const struct json *record)
{
    struct json *o = json_put_object(page, "not_applicable");
    struct str state = json_text(json_get(record, "state"), "id");
    bool is_asked = str_is(state, "na_asked"), is_so = str_is(state, "not_applicable");
    const struct json *ask = NULL, *approve = NULL;
    JSON_EACH (h, json_get(record, "history")) {
        ask = !ask && str_is(json_text(h, "transition"), "ask_na") ? h : ask;
        approve = !approve && str_is(json_text(h, "transition"), "approve_na") ? h : approve;
    }
    json_put_bool(o, "is_asked", is_asked);
    json_put_bool(o, "is_so", is_so);
    json_put_str(o, "reason", json_text(json_get(record, "values"), "na_reason"));
    json_put_str(o, "asked_by", is_asked || is_so ? json_text(json_get(ask, "actor"), "name") : STR(""));
    json_put_str(o, "approved_by", is_so ? json_text(json_get(approve, "actor"), "name") : STR(""));
    (void)v;
}

/* The statement is versioned with the record: how many wordings there were, and since when this one holds. */
static void versions_put(struct json *page, const struct json *record)
{
    struct json *list = json_put_array(page, "statements");
    JSON_EACH (h, json_get(record, "history"))
        JSON_EACH (d, json_get(h, "diff"))
            if (str_is(json_text(d, "field"), "statement")) {
                struct json *o = json_push_object(list);
                json_put_str(o, "at", json_text(json_get(h, "at"), "text"));
                json_put_str(o, "date", json_text(json_get(h, "at"), "date"));
                json_put_str(o, "by", json_text(json_get(h, "actor"), "name"));
                json_put_str(o, "old", json_text(json_get(d, "old"), "text"));
                json_put_str(o, "new", json_text(json_get(d, "new"), "text"));
                json_put_str(o, "url", json_text(h, "url"));
            }
}

struct json *view_criterion_room(struct view *v, const struct view_records *r, struct str id, struct err *e)
{
    struct json *page = view_criterion(v, id, e);
    const struct record_type *t = page ? record_types_find(r->types, STR("criterion")) : NULL;
    struct err missing = {0}, why = {0};
    if (!page)
        return NULL;
    struct json *record = t ? view_record(v, r, t, id, true, &missing) : NULL;
    if (!record && missing.code && missing.code != ERR_NOT_FOUND) {
        *e = missing;
        return NULL;
    }
    json_put_bool(page, "may_decide", t && !record && !v->is_past && r->access && record_allows(r->access, t, NULL, RECORD_CREATE, NULL, &why));
    json_put_bool(page, "is_not_relevant", record && !json_bool(json_get(record, "values"), "is_relevant"));
    json_put(page, "record", record ? record : json_new_null(v->arena));
    return page;
}

struct json *view_control_room(struct view *v, const struct view_records *r, struct str id, struct err *e)
{
    struct json *page = view_control(v, id, e);
    const struct record_type *t = page ? record_types_find(r->types, STR("control")) : NULL;
    struct err missing = {0};
    if (!page)
        return NULL;
    struct json *record = t ? view_record(v, r, t, id, true, &missing) : NULL;
    if (!record && missing.code && missing.code != ERR_NOT_FOUND) {
        *e = missing;
        return NULL;
    }
    struct err why = {0};
    bool may_adopt = t && !record && !v->is_past && r->access && record_allows(r->access, t, NULL, RECORD_CREATE, NULL, &why);
    json_put_bool(page, "may_adopt", may_adopt);
    na_put(v, page, record);
    versions_put(page, record);
    if (!people_put(v, page, e) || !groups_put(v, r, page, id, e))
        return NULL;
    json_put(page, "record", record ? record : json_new_null(v->arena));
    return page;
}
