/*
 * What nobody has placed inside or outside the boundary yet: hosts and programs that the collector saw, clouds they run in, providers that systems
 * name, and what is usual for the kind of organisation. Only what was observed is called so; the rest is advice.
 */
#include "report/seen.h"
#include "report/view_scope_internal.h"

struct suggesting {
    struct view *v;
    const struct view_records *r;
    const struct json *content;
    struct scope_rows services, systems, items, subservices; /* also what is retired: once decided is decided */
    struct record *organisation;
    struct json *list;
};

static bool is_named(const struct scope_rows *rows, struct str name)
{
    for (size_t i = 0; i < rows->count; i++)
        if (scope_name_equal(record_title(&rows->items[i]), name))
            return true;
    return false;
}

static bool is_suggested(const struct suggesting *x, struct str key)
{
    JSON_EACH (s, x->list)
        if (str_equal(json_text(s, "key"), key))
            return true;
    return false;
}

struct suggestion {
    struct str key, name, why, reason, url;
    const char *source, *source_words, *type, *kind;
    bool is_in;
};

static void suggest(struct suggesting *x, const struct suggestion *s)
{
    const struct record_type *t = record_types_find(x->r->types, str_of(s->type));
    if (!t || is_suggested(x, s->key))
        return;
    const struct record_field *f = record_type_field(t, STR("kind"));
    const struct field_choice *choice = f ? record_choice(f, str_of(s->kind)) : NULL;
    struct json *o = json_push_object(x->list);
    json_put_str(o, "key", s->key);
    json_put_cstr(o, "source", s->source);
    json_put_cstr(o, "source_words", s->source_words);
    json_put_cstr(o, "type", s->type);
    json_put_cstr(o, "type_label", t->label);
    json_put_str(o, "name", s->name);
    json_put_cstr(o, "kind", s->kind);
    json_put_cstr(o, "kind_words", choice ? choice->label : t->label);
    json_put_str(o, "why", s->why);
    json_put_bool(o, "is_in", s->is_in);
    json_put_str(o, "reason", s->reason);
    json_put_str(o, "url", s->url.data ? s->url : STR(""));
}

/* ---- what was observed ---- */

static const struct record *system_of_subject(const struct suggesting *x, struct str subject, struct str host)
{
    for (size_t i = 0; i < x->systems.count; i++) {
        struct str own = scope_text(&x->systems.items[i], "subject");
        if ((own.size && (str_equal(own, subject) || scope_name_equal(own, host))) || scope_name_equal(record_title(&x->systems.items[i]), host))
            return &x->systems.items[i];
    }
    return NULL;
}

static void suggest_seen(struct suggesting *x, const struct seen *s)
{
    struct suggestion one = {.key = s->key, .name = s->name, .why = s->words, .source = "observed", .source_words = "Observed", .type = "system", .is_in = true,
                             .kind = arena_str(x->v->arena, s->system_kind).data, .url = arena_printf(x->v->arena, "/evidence/%lld", (long long)s->leaf)};
    if (s->kind == SEEN_CLOUD) {
        one.type = "subservice";
        one.kind = "vendor";
        one.is_in = false;
        one.reason = STR("Carved out: its own report covers its part, and is reviewed each year.");
        if (is_named(&x->subservices, s->name) || is_named(&x->items, s->name))
            return;
    } else if (s->kind == SEEN_HOST) {
        one.reason = STR("It is a host of the service, and its evidence is collected.");
        if (system_of_subject(x, s->subject, s->host))
            return;
    } else {
        one.reason = s->holds_data ? STR("It may hold customers' data.") : STR("It can be reached from outside the host.");
        if (is_named(&x->systems, s->name))
            return;
    }
    suggest(x, &one);
}

static bool suggest_observed(struct suggesting *x, struct err *e)
{
    struct seen_list list;
    if (!seen_read(x->v, 0, false, &list, e))
        return false;
    for (size_t i = 0; i < list.count; i++)
        suggest_seen(x, &list.items[i]);
    return true;
}

/* ---- what is registered, and what is usual ---- */

static void suggest_vendors(struct suggesting *x)
{
    struct arena *a = x->v->arena;
    for (size_t i = 0; i < x->systems.count; i++) {
        const struct record *s = &x->systems.items[i];
        struct str provider = str_trim(scope_text(s, "provider"));
        if (provider.size == 0 || scope_flag(s, "is_in") != 1 || is_named(&x->subservices, provider) || is_named(&x->items, provider))
            continue;
        suggest(x, &(struct suggestion){.key = arena_printf(a, "vendor/%s", s->id.data), .name = provider, .source = "vendor", .source_words = "Named by a system", .type = "subservice",
                                        .kind = "vendor", .is_in = false, .url = record_url(x->v, "system", s->id),
                                        .why = arena_printf(a, "%.*s is run by it", STR_ARGS(record_title(s))),
                                        .reason = STR("Carved out: its own report covers its part, and is reviewed each year.")});
    }
}

static void suggest_usual(struct suggesting *x)
{
    struct arena *a = x->v->arena;
    struct str id = scope_text(x->organisation, "archetype");
    if (id.size == 0)
        return;
    JSON_EACH (archetype, json_get(x->content, "archetypes")) {
        int64_t n = 0;
        if (!str_equal(json_text(archetype, "id"), id))
            continue;
        JSON_EACH (item, json_get(archetype, "items")) {
            n++;
            if (is_named(&x->items, json_text(item, "name")))
                continue;
            suggest(x, &(struct suggestion){.key = arena_printf(a, "usual/%.*s/%lld", STR_ARGS(id), (long long)n), .name = json_text(item, "name"), .source = "usual",
                                            .source_words = "Usual", .type = "boundary_item", .kind = arena_str(a, json_text(item, "kind")).data,
                                            .is_in = json_bool(item, "is_in"), .reason = json_text(item, "reason"),
                                            .why = arena_printf(a, "Usual for %.*s", STR_ARGS(scope_choice_label(x->organisation, "archetype")))});
        }
    }
}

struct json *scope_suggestions(struct view *v, const struct view_records *r, struct err *e)
{
    struct suggesting x = {.v = v, .r = r, .list = json_array(v->arena), .content = scope_content(v, e)};
    struct scope_rows organisations;
    int64_t limit = view_record_limit(v);
    if (!x.content || !scope_rows_read(v, r, "service", limit, true, &x.services, e) || !scope_rows_read(v, r, "system", limit, true, &x.systems, e) ||
        !scope_rows_read(v, r, "boundary_item", limit, true, &x.items, e) || !scope_rows_read(v, r, "subservice", limit, true, &x.subservices, e) ||
        !scope_rows_read(v, r, "organisation", limit, false, &organisations, e))
        return NULL;
    x.organisation = organisations.count ? &organisations.items[0] : NULL;
    if (!suggest_observed(&x, e))
        return NULL;
    suggest_vendors(&x);
    suggest_usual(&x);
    return x.list;
}

/* ---- the page of the boundary ---- */

struct json *view_scope_boundary(struct view *v, const struct view_records *r, struct err *e)
{
    struct scope_facts f;
    struct json *page = record_page_new(v, STR("Boundary"), true, e);
    struct json *suggestions = page && scope_facts_read(v, r, &f, e) ? scope_suggestions(v, r, e) : NULL;
    if (!suggestions)
        return NULL;
    struct json *inside = json_put_array(page, "inside"), *outside = json_put_array(page, "outside");
    const struct scope_rows *all[] = {&f.services, &f.systems, &f.items, &f.subservices};
    for (size_t k = 0; k < 4; k++)
        for (size_t i = 0; i < all[k]->count; i++) {
            struct json *o = json_push(scope_is_in(&all[k]->items[i]) ? inside : outside, scope_item(&f, &all[k]->items[i]));
            json_put_bool(o, "needs_reason", !scope_is_in(&all[k]->items[i]) && json_text(o, "reason").size == 0);
        }
    int64_t usual = 0, observed = 0;
    JSON_EACH (s, suggestions) {
        bool is_usual = str_is(json_text(s, "source"), "usual");
        usual += is_usual;
        observed += !is_usual;
    }
    json_put(page, "suggestions", suggestions);
    json_put_int(page, "usual", usual);
    json_put_int(page, "observed", observed);
    json_put_bool(page, "has_archetype", scope_has(f.organisation, "archetype"));
    scope_put_approvable(&f, page, &f.items);
    json_put_bool(page, "may_create", scope_may_create(&f, "boundary_item"));
    const struct record_field *kind = record_type_field(f.items.type, STR("kind"));
    struct json *kinds = json_put_array(page, "kinds");
    for (size_t i = 0; kind && i < kind->choice_count; i++) {
        struct json *o = json_push_object(kinds);
        json_put_cstr(o, "id", kind->choices[i].id);
        json_put_cstr(o, "label", kind->choices[i].label);
    }
    return page;
}
