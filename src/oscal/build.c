/* build.c - what the writers of the models share: values as OSCAL's schema takes them, uuids, records, metadata. */
#include "oscal/internal.h"

#include "crypto/crypto.h"
#include "report/view_parameters.h"

enum { LINE_BYTES_MAX = 1000 };

static const struct model_words {
    const char *name, *words;
} models[OSCAL_MODELS] = {
    [OSCAL_CATALOG] = {"catalog", "The criteria in our own words, with topics and parameters"},
    [OSCAL_PROFILE] = {"profile", "What the scope chooses of them, with the parameters in force"},
    [OSCAL_COMPONENTS] = {"component-definition", "Controls, policies and tests, and the criteria that they serve"},
    [OSCAL_SECURITY_PLAN] = {"system-security-plan",
                             "The system: boundary, components, hosts, vendors, who meets which criterion"},
    [OSCAL_ASSESSMENT_PLAN] = {"assessment-plan", "What is tested how, populations, samples and milestones"},
    [OSCAL_RESULTS] = {"assessment-results", "Observations, findings and risks of a period"},
    [OSCAL_ACTIONS] = {"plan-of-action-and-milestones", "Gaps, deviations and corrective actions"},
    [OSCAL_MAPPING] = {"mapping-collection", "How the criteria relate to other frameworks"},
};

const char *oscal_model_name(enum oscal_model m)
{
    return models[m].name;
}

const char *oscal_model_words(enum oscal_model m)
{
    return models[m].words;
}

bool oscal_model_of(struct str name, enum oscal_model *ret)
{
    for (int m = 0; m < OSCAL_MODELS; m++)
        if (str_is(name, models[m].name)) {
            *ret = (enum oscal_model)m;
            return true;
        }
    return false;
}

/* ---- values ---- */

/* Bytes of a white space or control character at `text`, as JavaScript's \s and "." see them; 0: none. */
static size_t space_at(struct str text)
{
    const unsigned char *t = (const unsigned char *)text.data;
    if (text.size && (t[0] <= ' ' || t[0] == 0x7f))
        return 1;
    if (text.size > 1 && t[0] == 0xc2 && (t[1] == 0xa0 || (t[1] >= 0x80 && t[1] <= 0x9f)))
        return 2;
    bool is_wide =
        text.size > 2 && ((t[0] == 0xe1 && t[1] == 0x9a && t[2] == 0x80) ||
                          (t[0] == 0xe2 && t[1] == 0x80 && (t[2] <= 0x8a || t[2] == 0xa8 || t[2] == 0xa9 || t[2] == 0xaf)) ||
                          (t[0] == 0xe2 && t[1] == 0x81 && t[2] == 0x9f) || (t[0] == 0xe3 && t[1] == 0x80 && t[2] == 0x80) ||
                          (t[0] == 0xef && t[1] == 0xbb && t[2] == 0xbf));
    return is_wide ? 3 : 0;
}

/* Every stretch of white space becomes one space, none at the ends; at most `max` bytes. */
static struct str one_line(struct oscal *o, struct str text, size_t max)
{
    char *out = arena_alloc(o->arena, text.size + 1);
    size_t size = 0;
    bool has_space = false;
    while (text.size) {
        size_t n = space_at(text);
        if (n) {
            has_space = size > 0;
            text = str_slice(text, n, text.size);
            continue;
        }
        if (has_space)
            out[size++] = ' ';
        has_space = false;
        out[size++] = text.data[0];
        text = str_slice(text, 1, text.size);
    }
    if (size > max) {
        size = str_prefix(str_make(out, size), max).size;
        while (size > 0 && out[size - 1] == ' ')
            size--;
    }
    return str_make(out, size);
}

void oscal_put_line(struct oscal *o, struct json *v, const char *key, struct str text)
{
    json_put_str(v, key, one_line(o, text, LINE_BYTES_MAX));
}

void oscal_put_prose(struct oscal *o, struct json *v, const char *key, struct str text)
{
    (void)o;
    json_put_str(v, key, str_trim(text));
}

struct str oscal_title(struct oscal *o, const char *id, const char *title)
{
    return arena_printf(o->arena, "%.*s %.*s", STR_ARGS(str_of(id)), STR_ARGS(str_of(title)));
}

void oscal_put_prop(struct oscal *o, struct json *v, const char *name, struct str value)
{
    value = one_line(o, value, LINE_BYTES_MAX);
    if (value.size == 0)
        return;
    struct json *list = (struct json *)(uintptr_t)json_get(v, "props");
    struct json *p = json_push_object(list ? list : json_put_array(v, "props"));
    json_put_cstr(p, "name", name);
    json_put_cstr(p, "ns", OSCAL_NS);
    json_put_str(p, "value", value);
}

void oscal_put_count(struct oscal *o, struct json *v, const char *name, int64_t value)
{
    oscal_put_prop(o, v, name, arena_printf(o->arena, "%lld", (long long)value));
}

void oscal_push_link(struct oscal *o, struct json *v, const char *href, const char *rel)
{
    (void)o;
    struct json *list = (struct json *)(uintptr_t)json_get(v, "links");
    struct json *l = json_push_object(list ? list : json_put_array(v, "links"));
    json_put_cstr(l, "href", href);
    json_put_cstr(l, "rel", rel);
}

/* Letters and digits stay, small; every other stretch becomes "-", but "." and "_" stay. */
struct str oscal_token(struct oscal *o, struct str text)
{
    char *out = arena_alloc(o->arena, text.size + 2);
    size_t n = 0;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        char small = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
        bool is_letter = small >= 'a' && small <= 'z', is_other = (c >= '0' && c <= '9') || c == '.' || c == '_';
        if (n == 0 && !is_letter && (is_other || c == '-'))
            out[n++] = '_';
        if (is_letter || is_other)
            out[n++] = small;
        else if (n > 0 && out[n - 1] != '-')
            out[n++] = '-';
    }
    while (n > 0 && out[n - 1] == '-')
        n--;
    return n ? str_make(out, n) : STR("_");
}

struct str oscal_uuid2(struct oscal *o, const char *kind, struct str one, struct str two)
{
    struct sha256 h = sha256_of(
        arena_printf(o->arena, "assay/oscal@v1\n%.*s\n%s\n%.*s\n%.*s", STR_ARGS(o->origin), kind, STR_ARGS(one), STR_ARGS(two)));
    char hex[33];
    h.bytes[6] = (uint8_t)((h.bytes[6] & 0x0f) | 0x50); /* the shape of RFC 9562's version 5, by a better digest */
    h.bytes[8] = (uint8_t)((h.bytes[8] & 0x3f) | 0x80);
    hex_encode(h.bytes, 16, hex);
    return arena_printf(o->arena, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

struct str oscal_uuid(struct oscal *o, const char *kind, struct str id)
{
    return oscal_uuid2(o, kind, id, STR(""));
}

struct json *oscal_push_uuid(struct oscal *o, struct json *list, const char *kind, struct str id)
{
    struct json *v = json_push_object(list);
    json_put_str(v, "uuid", oscal_uuid(o, kind, id));
    return v;
}

struct str oscal_instant(struct oscal *o, int64_t at_ms)
{
    char text[TIME_TEXT_SIZE];
    return at_ms > 0 ? arena_printf(o->arena, "%s", time_format(at_ms, text)) : STR("");
}

struct str oscal_date_start(struct oscal *o, struct str date)
{
    return date.size ? arena_printf(o->arena, "%.*sT00:00:00Z", STR_ARGS(date)) : STR("");
}

struct str oscal_date_end(struct oscal *o, struct str date)
{
    return date.size ? arena_printf(o->arena, "%.*sT23:59:59Z", STR_ARGS(date)) : STR("");
}

struct str oscal_statement(struct oscal *o, const struct criterion *c)
{
    return arena_printf(o->arena, "%.*s_smt", STR_ARGS(oscal_token(o, str_of(c->id))));
}

/* True: it holds nothing. */
static bool tidy(struct json *v)
{
    if (v->type != JSON_ARRAY && v->type != JSON_OBJECT)
        return v->type == JSON_NULL || (v->type == JSON_STRING && v->text.size == 0);
    struct json **place = &v->first;
    v->last = NULL;
    v->count = 0;
    while (*place) {
        if (tidy(*place)) {
            *place = (*place)->next;
            continue;
        }
        v->last = *place;
        v->count++;
        place = &(*place)->next;
    }
    return v->count == 0;
}

void oscal_tidy(struct json *v)
{
    tidy(v);
}

/* ---- records ---- */

struct gathering {
    struct arena *arena;
    struct record_list list;
    size_t capacity;
};

static bool gather(void *context, const struct record *r, struct err *e)
{
    struct gathering *g = context;
    (void)e;
    g->list.items = arena_grow(g->arena, g->list.items, g->list.count, &g->capacity, sizeof *g->list.items);
    g->list.items[g->list.count++] = r;
    return true;
}

struct record_list oscal_records(struct oscal *o, const char *type)
{
    struct gathering g = {.arena = o->arena};
    const struct record_type *t = record_types_find(o->types, str_of(type));
    struct record_query q = {.sort = STR("id"),
                             .per_page = INT64_MAX,
                             .leaf_limit = o->view.leaf_limit,
                             .access = o->access,
                             .now_ms = o->view.now_ms};
    if (!t || o->e->code || !record_list(o->view.db, o->arena, t, &q, gather, &g, NULL, o->e))
        return (struct record_list){0};
    return g.list;
}

const struct record *oscal_record(struct oscal *o, const char *type, struct str id)
{
    struct err ignored = {0};
    const struct record_type *t = id.size ? record_types_find(o->types, str_of(type)) : NULL;
    struct record *r = t ? record_get(o->view.db, o->arena, t, id, o->view.leaf_limit, &ignored) : NULL;
    return r && !r->is_deleted && (!o->access || access_matches(o->access, &t->may_read, r)) ? r : NULL;
}

struct str oscal_value_text(const struct record *r, const char *field)
{
    return r ? json_text(r->values, field) : STR("");
}

bool oscal_value_is(const struct record *r, const char *field)
{
    return r && json_bool(r->values, field);
}

bool oscal_value_has(const struct record *r, const char *field, struct str id)
{
    JSON_EACH (v, r ? json_get(r->values, field) : NULL)
        if (str_equal(v->text, id))
            return true;
    return false;
}

struct str oscal_choice_label(const struct record *r, const char *field)
{
    const struct record_field *f = r ? record_type_field(r->type, str_of(field)) : NULL;
    struct str id = oscal_value_text(r, field);
    for (size_t i = 0; f && i < f->choice_count; i++)
        if (str_is(id, f->choices[i].id))
            return str_of(f->choices[i].label);
    return id;
}

/* ---- controls and criteria ---- */

static bool holds(const size_t *list, size_t count, size_t index)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == index)
            return true;
    return false;
}

bool oscal_control_is_key_for(const struct oscal *o, size_t control, size_t criterion)
{
    return holds(o->as->criteria[criterion].key, o->as->criteria[criterion].key_count, control);
}

bool oscal_control_serves(const struct oscal *o, size_t control, size_t criterion)
{
    return oscal_control_is_key_for(o, control, criterion) ||
           holds(o->as->criteria[criterion].supporting, o->as->criteria[criterion].supporting_count, control);
}

bool oscal_control_is_shown(const struct oscal *o, size_t control)
{
    const struct control_program *p = &o->as->program->controls[control];
    if (o->engagement)
        return engagement_control_find(&o->scope_of, str_of(o->as->controls[control].control->id)) != NULL;
    if (p->adoption == ADOPTION_NA || p->adoption == ADOPTION_RETIRED)
        return false;
    for (size_t i = 0; i < content_criterion_count; i++)
        if (oscal_control_serves(o, control, i) && (o->in_scope[i] || p->adoption == ADOPTION_ADOPTED))
            return true;
    return false;
}

struct str oscal_control_statement(struct oscal *o, const struct control *c)
{
    struct str words = view_text(&o->view, str_of(c->statement));
    return words.size ? words : str_of(c->title);
}

void oscal_put_reviewed(struct oscal *o, struct json *v, const char *key, const bool *wanted)
{
    struct json *selection = json_push_object(json_put_array(json_put_object(v, key), "control-selections"));
    struct json *list = json_put_array(selection, "include-controls");
    for (size_t i = 0; i < content_criterion_count; i++)
        if (wanted ? wanted[i] : o->in_scope[i])
            json_put_str(json_push_object(list), "control-id", oscal_token(o, str_of(content_criteria[i].id)));
}

struct json *oscal_push_host(struct oscal *o, struct json *list, size_t subject)
{
    struct json *s = json_push_object(list);
    json_put_str(s, "subject-uuid", oscal_uuid(o, "host", o->as->subjects[subject].id));
    json_put_cstr(s, "type", "inventory-item");
    return s;
}

/* ---- metadata ---- */

struct str oscal_role(struct oscal *o, struct str words)
{
    if (str_trim(words).size == 0)
        return STR("");
    struct str id = oscal_token(o, words);
    JSON_EACH (r, o->roles)
        if (str_equal(json_text(r, "id"), id))
            return id;
    struct json *r = json_push_object(o->roles);
    json_put_str(r, "id", id);
    oscal_put_line(o, r, "title", words);
    return id;
}

void oscal_put_role(struct oscal *o, struct json *v, struct str words)
{
    if (str_trim(words).size)
        json_put_str(json_push_object(json_put_array(v, "responsible-roles")), "role-id", oscal_role(o, words));
}

struct str oscal_party_self(struct oscal *o)
{
    return oscal_uuid(o, "party", STR("self"));
}

struct str oscal_party_add(struct oscal *o, struct json *body, const char *kind, struct str id, struct str name)
{
    struct json *p = oscal_push_uuid(o, (struct json *)(uintptr_t)json_get(json_get(body, "metadata"), "parties"), kind, id);
    json_put_cstr(p, "type", "organization");
    oscal_put_line(o, p, "name", name);
    return json_text(p, "uuid");
}

struct json *oscal_document_new(struct oscal *o, enum oscal_model m, const char *title, struct json **ret_body)
{
    struct json *root = json_object(o->arena), *body = json_put_object(root, oscal_model_name(m));
    struct str leaf = arena_printf(o->arena, "%lld", (long long)o->view.leaf_limit),
               name = oscal_value_text(o->organisation, "name");
    struct str engagement = o->engagement ? o->engagement->id : STR("");
    json_put_str(body, "uuid", oscal_uuid2(o, models[m].name, leaf, engagement));
    struct json *d = json_put_object(body, "metadata");
    struct str of = o->engagement ? record_title(o->engagement) : name;
    oscal_put_line(o, d, "title", of.size ? arena_printf(o->arena, "%s: %.*s", title, STR_ARGS(of)) : str_of(title));
    json_put_str(d, "last-modified", o->stamp);
    json_put_str(d, "version", arena_printf(o->arena, "leaf-%.*s", STR_ARGS(leaf)));
    json_put_cstr(d, "oscal-version", OSCAL_VERSION);
    oscal_put_prop(o, d, "ledger-origin", o->origin);
    oscal_put_prop(o, d, "ledger-leaf", leaf);
    if (o->engagement)
        oscal_put_prop(o, d, "engagement", engagement);
    o->roles = json_put_array(d, "roles");
    struct json *party = json_push_object(json_put_array(d, "parties"));
    json_put_str(party, "uuid", oscal_party_self(o));
    json_put_cstr(party, "type", "organization");
    oscal_put_line(o, party, "name", name.size ? name : STR("The organisation"));
    struct json *responsible = json_push_object(json_put_array(d, "responsible-parties"));
    json_put_str(responsible, "role-id", oscal_role(o, STR("Prepared by")));
    json_push_str(json_put_array(responsible, "party-uuids"), oscal_party_self(o));
    *ret_body = body;
    return root;
}
