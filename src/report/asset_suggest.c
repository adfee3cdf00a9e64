/* What the collector sees and nobody registered, and what is registered and no longer seen. */
#include "report/asset_facts.h"
#include "report/seen.h"
#include "report/view_asset.h"

#include "assess/stored.h"

enum { DAYS_DEFAULT = 30 };

struct comparing {
    struct view *v;
    const struct view_records *r;
    struct scope_rows assets, stores; /* also what is retired or emptied: once decided is decided */
    struct seen_list now;
};

static bool compare_open(struct view *v, const struct view_records *r, struct comparing *ret, struct err *e)
{
    int64_t limit = view_record_limit(v);
    *ret = (struct comparing){.v = v, .r = r};
    return scope_rows_read(v, r, "asset", limit, true, &ret->assets, e) && scope_rows_read(v, r, "data_store", limit, true, &ret->stores, e) &&
           seen_read(v, 0, true, &ret->now, e);
}

static bool is_registered(const struct scope_rows *rows, const struct seen *s)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct record *a = &rows->items[i];
        struct str subject = scope_text(a, "subject");
        if (str_equal(scope_text(a, "seen_as"), s->key) || scope_name_equal(record_title(a), s->name))
            return true;
        if (s->kind == SEEN_HOST && subject.size && str_is(scope_text(a, "kind"), "host") && (str_equal(subject, s->subject) || scope_name_equal(subject, s->host)))
            return true;
    }
    return false;
}

static const char *asset_kind(const struct seen *s)
{
    return s->kind == SEEN_HOST ? "host" : s->kind == SEEN_CLOUD ? "cloud_account" : str_is(s->system_kind, "network") ? "network" : "application";
}

static void put_seen(struct comparing *x, struct json *list, const struct seen *s, const char *type)
{
    struct view *v = x->v;
    const struct record_type *t = record_types_find(x->r->types, str_of(type));
    const struct record_field *kind = t ? record_type_field(t, STR("kind")) : NULL;
    bool is_store = strcmp(type, "data_store") == 0;
    const struct field_choice *choice = kind && !is_store ? record_choice(kind, str_of(asset_kind(s))) : NULL;
    struct json *o = json_push_object(list);
    json_put_str(o, "key", arena_printf(v->arena, "%s:%.*s", type, STR_ARGS(s->key)));
    json_put_str(o, "seen_as", s->key);
    json_put_str(o, "subject", s->kind == SEEN_CLOUD ? STR("") : s->subject);
    json_put_str(o, "name", s->name);
    json_put_cstr(o, "kind", is_store ? "" : asset_kind(s));
    json_put_cstr(o, "kind_words", choice ? choice->label : "Data store");
    json_put_cstr(o, "type", type);
    json_put_cstr(o, "type_words", t ? t->label : type);
    json_put_str(o, "why", s->words);
    json_put_str(o, "url", arena_printf(v->arena, "/evidence/%lld", (long long)s->leaf));
}

static struct json *seen_new(struct comparing *x)
{
    struct json *list = json_array(x->v->arena);
    for (size_t i = 0; i < x->now.count; i++) {
        const struct seen *s = &x->now.items[i];
        if (!is_registered(&x->assets, s))
            put_seen(x, list, s, "asset");
        if (s->holds_data && !is_registered(&x->stores, s))
            put_seen(x, list, s, "data_store");
    }
    return list;
}

struct json *asset_suggestions(struct view *v, const struct view_records *r, struct err *e)
{
    struct comparing x;
    return compare_open(v, r, &x, e) ? seen_new(&x) : NULL;
}

/* ---- the reverse ---- */

static int64_t days_of(struct view *v)
{
    struct err ignored = {0};
    int64_t days;
    return str_to_int64(parameter_value(v->db, v->arena, "asset_unseen_days_max", v->leaf_limit, &ignored), &days) && days > 0 ? days : DAYS_DEFAULT;
}

static struct str unseen_why(struct comparing *x, const struct seen_list *before, const struct record *a, int64_t days)
{
    struct view *v = x->v;
    struct str key = scope_text(a, "seen_as"), subject = scope_text(a, "subject");
    struct err ignored = {0};
    if (key.size == 0 && subject.size == 0)
        return STR("");
    int64_t run = subject.size ? db_one_int(v->db, &ignored, 0, "select t from run where subject = ?1 and leaf <= ?2 order by leaf desc limit 1", A(subject), A(v->leaf_limit)) : 0;
    bool is_silent = subject.size && v->at_ms - run > days * MS_DAY;
    if (is_silent && run == 0)
        return STR("Nothing was ever captured of its host");
    if (is_silent) {
        char text[TIME_TEXT_SIZE];
        return arena_printf(v->arena, "Nothing was captured of its host since %s", time_format_date(run, text));
    }
    if (key.size == 0 || str_starts(key, "host/") || seen_find(&x->now, key) || seen_find(before, key))
        return STR("");
    return arena_printf(v->arena, "Neither in the newest capture nor in that of %lld days ago", (long long)days);
}

static bool put_unseen(struct comparing *x, struct json *page, int64_t days, struct err *e)
{
    struct view *v = x->v;
    struct seen_list before;
    struct json *list = json_put_array(page, "unseen");
    if (!seen_read(v, v->at_ms - days * MS_DAY, true, &before, e))
        return false;
    const struct scope_rows *all[] = {&x->assets, &x->stores};
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < all[k]->count; i++) {
            const struct record *a = &all[k]->items[i];
            const struct record_state *s = record_type_state(a->type, a->state);
            struct str why = s && !s->is_end ? unseen_why(x, &before, a, days) : STR("");
            if (why.size == 0 || list->count >= ASSETS_SHOWN_MAX || v->at_ms - a->created_t < days * MS_DAY)
                continue; /* registered within those days: nothing can be said yet */
            struct json *o = json_push_object(list);
            json_put_str(o, "id", a->id);
            json_put_str(o, "title", record_title(a));
            json_put_str(o, "url", record_url(v, a->type->id, a->id));
            json_put_str(o, "kind_words", scope_has(a, "kind") ? scope_choice_label(a, "kind") : str_of(a->type->label));
            json_put(o, "owner", scope_person(v, scope_text(a, "owner")));
            json_put_str(o, "why", why);
        }
    return true;
}

struct json *view_asset_suggestions(struct view *v, const struct view_records *r, struct err *e)
{
    struct comparing x;
    struct json *page = record_page_new(v, STR("Seen and registered"), true, e);
    if (!page || !compare_open(v, r, &x, e))
        return NULL;
    int64_t days = days_of(v), hosts = 0;
    json_put(page, "seen", seen_new(&x));
    if (!put_unseen(&x, page, days, e))
        return NULL;
    for (size_t i = 0; i < x.now.count; i++)
        hosts += x.now.items[i].kind == SEEN_HOST;
    struct err why = {0};
    json_put_int(page, "days", days);
    json_put_int(page, "hosts", hosts);
    json_put_bool(page, "may_create", !v->is_past && r->access && record_allows(r->access, x.assets.type, NULL, RECORD_CREATE, NULL, &why));
    return page;
}
