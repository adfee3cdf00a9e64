/* Assets and data: the register, data stores against the duties of their class, and encryption by class and medium. */
#include "report/view_asset.h"
#include "report/asset_facts.h"
#include "report/kept_tree.h"

/* ---- the register ---- */

struct listing {
    struct view *v;
    struct json *rows;
    const struct asset_facts *f;
};

static bool each_asset(void *context, const struct record *a, struct err *e)
{
    struct listing *x = context;
    struct view *v = x->v;
    (void)e;
    struct json *o = json_push_object(x->rows), *state = record_state_json(v, a->type, a->state);
    bool is_in = scope_flag(a, "in_scope") != 0, is_end = json_bool(state, "is_end");
    json_put_str(o, "id", a->id);
    json_put_str(o, "title", record_title(a));
    json_put_str(o, "url", record_url(v, "asset", a->id));
    json_put_str(o, "kind", scope_text(a, "kind"));
    json_put_str(o, "kind_words", scope_choice_label(a, "kind"));
    json_put_str(o, "environment", scope_choice_label(a, "environment"));
    json_put_str(o, "class", scope_text(a, "class"));
    json_put_str(o, "class_words", scope_choice_label(a, "class"));
    json_put(o, "owner", scope_person(v, scope_text(a, "owner")));
    json_put_bool(o, "is_in", is_in);
    json_put(o, "state", state);
    struct json *problems = json_put_array(o, "problems");
    if (is_in && !is_end && !scope_has(a, "owner"))
        json_push_str(problems, STR("Nobody owns it"));
    if (is_in && !is_end && !scope_has(a, "class"))
        json_push_str(problems, STR("It has no class"));
    if (!is_in && !is_end && !scope_has(a, "reason"))
        json_push_str(problems, STR("Out of scope without a reason"));
    put_status_as(o, is_end || !is_in ? RESULT_SKIP : problems->count ? RESULT_UNKNOWN : RESULT_PASS,
                  is_end ? "Out of use" : !is_in ? "Out of scope" : problems->count ? "Incomplete" : "Complete");
    struct str subject = scope_text(a, "subject");
    struct err ignored = {0};
    json_put_str(o, "subject", subject);
    int64_t seen = subject.size ? db_one_int(v->db, &ignored, 0, "select t from run where subject = ?1 and leaf <= ?2 order by leaf desc limit 1", A(subject), A(v->leaf_limit)) : 0;
    put_time(v, o, "seen", seen);
    return true;
}

/* {"sums":{"in_use","in_scope","unowned","unclassed","retired"},"kinds":{"host":N}} of all assets. */
static struct json *asset_sums_make(struct view *v, void *context, struct err *e)
{
    static const char *const names[] = {"in_use", "in_scope", "unowned", "unclassed", "retired"};
    struct json *made = json_object(v->arena), *sums = json_put_object(made, "sums"), *kinds = json_put_object(made, "kinds");
    int64_t all[5] = {0};
    (void)context;
    struct str sql = arena_printf(v->arena,
                                  "select r.kind, count(*), sum(r.state = 'in_use'), sum(r.state = 'in_use' and ifnull(r.in_scope, 1) = 1), sum(r.state = 'in_use' and ifnull(r.in_scope, 1) = 1 and r.owner is null), "
                                  "sum(r.state = 'in_use' and ifnull(r.in_scope, 1) = 1 and r.class is null), sum(r.state = 'retired') from assets_versions r where %s and r.is_deleted = 0 group by r.kind",
                                  v->is_past ? "r.from_leaf <= ?1 and (r.to_leaf is null or r.to_leaf > ?1)" : "r.to_leaf is null and ?1 is not null");
    DB_EACH (row, v->db, e, db_known(v->db, sql), A(v->leaf_limit)) {
        json_put_int(kinds, arena_str(v->arena, db_text(row, 0)).data, db_int(row, 1));
        for (int i = 0; i < 5; i++)
            all[i] += db_int(row, i + 2);
    }
    for (int i = 0; i < 5; i++)
        json_put_int(sums, names[i], all[i]);
    return e->code ? NULL : made;
}

static void put_kind_groups(struct json *page, const struct record_type *t, const struct json *kinds)
{
    struct json *groups = json_put_array(page, "groups");
    const struct record_field *kind = record_type_field(t, STR("kind"));
    for (size_t i = 0; kind && i < kind->choice_count; i++) {
        struct json *o = json_push_object(groups);
        json_put_cstr(o, "id", kind->choices[i].id);
        json_put_cstr(o, "words", kind->choices[i].label);
        json_put_int(o, "count", json_int(kinds, kind->choices[i].id, 0));
    }
    json_put_array(page, "statuses");
}

struct json *view_assets(struct view *v, const struct view_records *r, const struct view_filter *f, struct err *e)
{
    struct json *page = record_page_new(v, STR("Assets"), true, e);
    const struct record_type *t = record_types_find(r->types, STR("asset"));
    if (!page || !t)
        return NULL;
    struct listing x = {.v = v, .rows = json_put_array(page, "rows")};
    const struct record_field *kind = record_type_field(t, STR("kind"));
    bool is_known = f->group.size == 0 || (kind && record_choice(kind, f->group));
    int64_t total = 0;
    int64_t per_page = f->per_page > 0 ? f->per_page : ASSETS_PER_PAGE;
    struct record_query q = {.q = f->q, .where = f->group.size && is_known ? arena_printf(v->arena, "kind=%.*s", STR_ARGS(f->group)) : STR(""), .state = STR("open"),
                             .page = f->page > 0 ? f->page : 1, .per_page = per_page, .leaf_limit = view_record_limit(v), .access = r->access, .now_ms = v->at_ms};
    if (is_known && !record_list(v->db, v->arena, t, &q, each_asset, &x, &total, e))
        return NULL;
    const struct json *made = kept_tree_get(v, STR("assets"), "[\"record/asset\"]", asset_sums_make, NULL, e), *sums = json_get(made, "sums");
    if (!made)
        return NULL;
    put_kind_groups(page, t, json_get(made, "kinds"));
    list_put_page(v, page, f, total, json_int(sums, "in_use", 0));
    json_put(page, "sums", json_copy(v->arena, sums));
    struct err why = {0};
    json_put_bool(page, "may_create", !v->is_past && r->access && record_allows(r->access, t, NULL, RECORD_CREATE, NULL, &why));
    return page;
}

/* ---- data stores ---- */

static void put_judged(const struct asset_facts *f, struct json *list, const struct judged *j)
{
    struct json *o = json_push_object(list);
    json_put_cstr(o, "id", classification_duty_id(j->duty));
    json_put_str(o, "label", asset_label(f, "duties", str_of(classification_duty_id(j->duty))));
    json_put_cstr(o, "why", j->why);
}

static struct json *store_new(const struct asset_facts *f, const struct record *s)
{
    struct view *v = f->v;
    struct judged judged[DUTIES];
    struct store_facts facts = asset_store_facts(f, s);
    size_t count = store_judge(&f->rules, &facts, judged), kept = 0;
    struct json *o = json_object(v->arena), *broken = json_array(v->arena), *unknown = json_array(v->arena);
    bool is_in = scope_flag(s, "in_scope") != 0;
    for (size_t i = 0; i < count; i++)
        if (judged[i].verdict == VERDICT_KEPT)
            kept++;
        else
            put_judged(f, judged[i].verdict == VERDICT_BROKEN ? broken : unknown, &judged[i]);
    json_put_str(o, "id", s->id);
    json_put_str(o, "title", record_title(s));
    json_put_str(o, "url", record_url(v, "data_store", s->id));
    json_put_str(o, "class", scope_text(s, "class"));
    json_put_str(o, "class_words", scope_has(s, "class") ? scope_choice_label(s, "class") : STR("No class"));
    json_put(o, "owner", scope_person(v, scope_text(s, "owner")));
    json_put_str(o, "region", scope_text(s, "region"));
    json_put_bool(o, "is_in", is_in);
    json_put_int(o, "kept", (int64_t)kept);
    json_put_int(o, "duties", (int64_t)count);
    put_status_as(o, !is_in ? RESULT_SKIP : broken->count ? RESULT_FAIL : unknown->count ? RESULT_UNKNOWN : RESULT_PASS,
                  !is_in ? "Out of scope" : broken->count ? "A duty is broken" : unknown->count ? "Not all is said" : "All duties kept");
    json_put(o, "broken", broken);
    json_put(o, "unknown", unknown);
    return o;
}

/* What is wrong first. */
static const char *const store_order[] = {"fail", "unknown", "pass", "skip"};

/* {"stores":[{"class","status","row":packed}],"classes":{"<class>":count}}: every store against the duties of its class. */
static struct json *stores_make(struct view *v, void *context, struct err *e)
{
    struct asset_facts f;
    if (!asset_facts_read(v, context, true, &f, e))
        return NULL;
    struct json *made = json_object(v->arena), **rows = arena_array(v->arena, f.stores.count + 1, sizeof *rows), *list = json_put_array(made, "stores");
    for (size_t i = 0; i < f.stores.count; i++)
        rows[i] = store_new(&f, &f.stores.items[i]);
    for (size_t k = 0; k < 4; k++)
        for (size_t i = 0; i < f.stores.count; i++) {
            if (!str_is(json_text(rows[i], "status"), store_order[k]))
                continue;
            struct json *o = json_push_object(list);
            json_put_str(o, "class", json_text(rows[i], "class"));
            json_put_cstr(o, "status", store_order[k]);
            json_put(o, "row", kept_row(v->arena, rows[i]));
        }
    return made;
}

/* Made from what may be read of these types, which not everybody may. */
static struct str facts_key(struct view *v, const struct view_records *r, const char *name)
{
    return arena_printf(v->arena, "%s %d%d%d", name, record_may_read_type(r, record_types_find(r->types, STR("asset"))), record_may_read_type(r, record_types_find(r->types, STR("data_store"))),
                        record_may_read_type(r, record_types_find(r->types, STR("system"))));
}
#define FACTS_STREAMS "[\"record/asset\",\"record/data_store\",\"record/system\",\"record/person\",\"run\",\"parameter\"]"

static void put_classes(struct view *v, const struct json *content, const struct json *stores, struct json *page)
{
    struct json *list = json_put_array(page, "classes");
    JSON_EACH (class, json_get(content, "classes")) {
        struct json *o = json_push_object(list), *examples = NULL;
        int64_t count = 0;
        json_put_str(o, "id", json_text(class, "id"));
        json_put_str(o, "label", json_text(class, "label"));
        json_put_str(o, "words", json_text(class, "words"));
        examples = json_put_array(o, "examples");
        JSON_EACH (x, json_get(class, "examples"))
            json_push_str(examples, x->text);
        struct json *duties = json_put_array(o, "duties");
        JSON_EACH (d, json_get(class, "duties")) {
            struct json *duty = json_push_object(duties);
            json_put_str(duty, "id", d->text);
            JSON_EACH (x, json_get(content, "duties"))
                if (str_equal(json_text(x, "id"), d->text)) {
                    json_put_str(duty, "label", json_text(x, "label"));
                    json_put_str(duty, "words", json_text(x, "words"));
                }
        }
        JSON_EACH (s, stores)
            count += str_equal(json_text(s, "class"), json_text(class, "id"));
        json_put_int(o, "count", count);
    }
    (void)v;
}

struct json *view_asset_stores(struct view *v, const struct view_records *r, const struct view_filter *filter, struct str class, struct err *e)
{
    const struct record_type *t = record_types_find(r->types, STR("data_store"));
    struct json *page = record_page_new(v, STR("Data stores"), true, e), *content = page ? json_parse(v->arena, str_of(content_classification_json), JSON_LIMITS_DEFAULT, e) : NULL;
    const struct json *made = content ? kept_tree_get(v, facts_key(v, r, "stores"), FACTS_STREAMS, stores_make, (void *)(uintptr_t)r, e) : NULL, *stores = json_get(made, "stores");
    if (!made)
        return NULL;
    struct view_filter asked = filter ? *filter : view_filter_none;
    asked.per_page = asked.per_page > 0 ? asked.per_page : STORES_PER_PAGE;
    struct json *rows = json_put_array(page, "rows");
    int64_t counts[4] = {0}, at = 0, first = (filter_page(&asked) - 1) * filter_per_page(&asked), end = first + filter_per_page(&asked);
    JSON_EACH (s, stores) {
        if (class.size && !str_equal(json_text(s, "class"), class))
            continue;
        for (size_t k = 0; k < 4; k++)
            counts[k] += str_is(json_text(s, "status"), store_order[k]);
        if (at >= first && at < end)
            json_push(rows, kept_row_open(v->arena, json_get(s, "row")));
        at++;
    }
    json_put_array(page, "groups");
    json_put_array(page, "statuses");
    list_put_page(v, page, &asked, at, (int64_t)stores->count);
    struct json *sums = json_put_object(page, "sums");
    json_put_int(sums, "total", at);
    json_put_int(sums, "broken", counts[0]);
    json_put_int(sums, "unknown", counts[1]);
    json_put_int(sums, "kept", counts[2]);
    put_classes(v, content, stores, page);
    json_put_str(page, "class", class.data ? class : STR(""));
    struct err why = {0};
    json_put_bool(page, "may_create", !v->is_past && r->access && record_allows(r->access, t, NULL, RECORD_CREATE, NULL, &why));
    return page;
}

/* ---- encryption ---- */

static const char *medium_why(const struct store_facts *s, enum medium m)
{
    enum fact fact = store_encryption(s, m);
    return fact == FACT_NO                        ? "Not encrypted"
           : fact == FACT_NONE                    ? "Does not lie there"
           : fact == FACT_YES                     ? (s->encrypted[m] == FACT_YES ? (s->seen[m] == FACT_YES ? "Encrypted, and seen so" : "Encrypted, as somebody said") : "Seen encrypted")
           : s->seen[m] != FACT_NO                ? "Nobody has said"
           : s->encrypted[m] == FACT_YES          ? (m == MEDIUM_TRANSIT ? "Said to be encrypted; its host listens for clear text as well" : "Said to be encrypted; its host shows no encryption")
           : m == MEDIUM_TRANSIT                  ? "Nobody has said; its host listens for clear text"
                                                  : "Nobody has said; its host shows no encryption";
}

static enum result_status fact_status(enum fact fact)
{
    return fact == FACT_YES ? RESULT_PASS : fact == FACT_NO ? RESULT_FAIL : fact == FACT_NONE ? RESULT_SKIP : RESULT_UNKNOWN;
}

static const char *fact_words(enum fact fact)
{
    return fact == FACT_YES ? "Covered" : fact == FACT_NO ? "Not covered" : fact == FACT_NONE ? "Not there" : "Unknown";
}

/* `all`: the facts of every store, in their order. */
static void put_cell(const struct asset_facts *f, const struct store_facts *all, struct json *cells, enum data_class class, int m, bool is_current)
{
    int64_t counts[4] = {0};
    for (size_t i = 0; i < f->stores.count; i++)
        if (all[i].class == class && scope_flag(&f->stores.items[i], "in_scope") != 0)
            counts[store_encryption(&all[i], (enum medium)m)]++;
    int64_t total = counts[FACT_YES] + counts[FACT_NO] + counts[FACT_UNKNOWN];
    struct str medium = json_text(json_at(json_get(f->content, "mediums"), (size_t)m), "id");
    struct json *o = json_push_object(cells);
    json_put_str(o, "medium", medium);
    json_put_int(o, "covered", counts[FACT_YES]);
    json_put_int(o, "clear", counts[FACT_NO]);
    json_put_int(o, "unknown", counts[FACT_UNKNOWN]);
    json_put_int(o, "none", counts[FACT_NONE]);
    json_put_int(o, "total", total);
    /* Public and internal data need no encryption: that it is missing there is a fact, no fault. */
    bool is_needed = class == CLASS_UNKNOWN || class >= CLASS_CONFIDENTIAL;
    put_status_as(o, total == 0 ? RESULT_SKIP : counts[FACT_NO] ? (is_needed ? RESULT_FAIL : RESULT_SKIP) : counts[FACT_UNKNOWN] ? (is_needed ? RESULT_UNKNOWN : RESULT_SKIP) : RESULT_PASS,
                  total == 0 ? "None" : counts[FACT_NO] ? "Not covered" : counts[FACT_UNKNOWN] ? "Not all is known" : "Covered");
    json_put_str(o, "url", arena_printf(f->v->arena, "/assets/encryption?class=%s&medium=%.*s#list", class == CLASS_UNKNOWN ? "none" : classification_class_id(class), STR_ARGS(medium)));
    json_put_bool(o, "is_current", is_current);
}

static void put_list(const struct asset_facts *f, struct json *page, enum data_class class, enum medium m)
{
    struct json *list = json_put_object(page, "list");
    struct str medium = json_text(json_at(json_get(f->content, "mediums"), (size_t)m), "label");
    json_put_str(list, "class_words", class == CLASS_UNKNOWN ? STR("No class") : asset_label(f, "classes", str_of(classification_class_id(class))));
    json_put_str(list, "medium_words", medium);
    struct json *rows = json_put_array(list, "rows");
    for (size_t i = 0; i < f->stores.count && rows->count < ASSETS_SHOWN_MAX; i++) {
        const struct record *store = &f->stores.items[i];
        struct store_facts s = asset_store_facts(f, store);
        if (s.class != class || scope_flag(store, "in_scope") == 0)
            continue;
        enum fact fact = store_encryption(&s, m);
        struct json *o = json_push_object(rows);
        json_put_str(o, "id", store->id);
        json_put_str(o, "title", record_title(store));
        json_put_str(o, "url", record_url(f->v, "data_store", store->id));
        put_status_as(o, fact_status(fact), fact_words(fact));
        json_put_cstr(o, "why", medium_why(&s, m));
    }
}

static void put_ports(struct json *o, const char *key, const int64_t *ports, size_t count)
{
    struct json *list = json_put_array(o, key);
    for (size_t i = 0; i < count; i++)
        json_push(list, json_new_int(list->arena, ports[i]));
}

static void put_hosts(const struct asset_facts *f, struct json *page)
{
    struct json *list = json_put_array(page, "hosts");
    for (size_t i = 0; i < f->host_count && i < ASSETS_SHOWN_MAX; i++) {
        const struct host_facts *h = &f->hosts[i];
        struct json *o = json_push_object(list);
        int64_t encrypted = 0;
        json_put_str(o, "subject", h->subject);
        json_put_str(o, "name", h->name);
        json_put_str(o, "url", h->leaf >= 0 ? arena_printf(f->v->arena, "/evidence/%lld", (long long)h->leaf) : STR(""));
        struct json *clear = json_put_array(o, "clear");
        for (size_t k = 0; k < h->mount_count; k++) {
            encrypted += h->mounts[k].encrypted == FACT_YES;
            if (h->mounts[k].encrypted == FACT_NO)
                json_push_str(clear, h->mounts[k].target);
        }
        json_put_int(o, "encrypted", encrypted);
        put_ports(o, "tls", h->encrypted, h->encrypted_count);
        put_ports(o, "plain", h->clear, h->clear_count);
        put_ports(o, "unknown", h->unknown, h->unknown_count);
        bool is_known = h->has_mounts && h->mount_count > 0;
        put_status_as(o, !is_known ? RESULT_UNKNOWN : clear->count ? RESULT_UNKNOWN : RESULT_PASS,
                      !is_known ? "No local storage is seen" : clear->count ? "Not by the host itself" : "All storage encrypted");
    }
}

struct chosen {
    const struct view_records *r;
    enum data_class class;
    enum medium medium;
    bool is_set;
};

/* The members of the page that no other than these facts decide. */
static struct json *encryption_make(struct view *v, void *context, struct err *e)
{
    const struct chosen *chosen = context;
    struct asset_facts f;
    if (!asset_facts_read(v, chosen->r, true, &f, e))
        return NULL;
    struct store_facts *all = arena_array(v->arena, f.stores.count + 1, sizeof *all);
    for (size_t i = 0; i < f.stores.count; i++)
        all[i] = asset_store_facts(&f, &f.stores.items[i]);
    struct json *made = json_object(v->arena), *mediums = json_put_array(made, "mediums"), *rows = json_put_array(made, "rows");
    JSON_EACH (m, json_get(f.content, "mediums")) {
        struct json *o = json_push_object(mediums);
        json_put_str(o, "id", json_text(m, "id"));
        json_put_str(o, "label", json_text(m, "label"));
    }
    for (int k = CLASS_RESTRICTED; k >= CLASS_UNKNOWN; k--) {
        struct json *o = json_push_object(rows);
        json_put_cstr(o, "class", classification_class_id((enum data_class)k));
        json_put_str(o, "label", k == CLASS_UNKNOWN ? STR("No class") : asset_label(&f, "classes", str_of(classification_class_id((enum data_class)k))));
        struct json *cells = json_put_array(o, "cells");
        for (int m = 0; m < MEDIUMS; m++)
            put_cell(&f, all, cells, (enum data_class)k, m, chosen->is_set && (int)chosen->medium == m && chosen->class == (enum data_class)k);
    }
    if (chosen->is_set)
        put_list(&f, made, chosen->class, chosen->medium);
    else
        json_put_null(made, "list");
    put_hosts(&f, made);
    json_put_int(made, "total", (int64_t)f.stores.count);
    return made;
}

struct json *view_asset_encryption(struct view *v, const struct view_records *r, struct str class, struct str medium, struct err *e)
{
    struct chosen chosen = {.r = r, .class = classification_class(class), .medium = classification_medium(medium)};
    struct json *page = record_page_new(v, STR("Encryption"), true, e);
    chosen.is_set = chosen.medium < (enum medium)MEDIUMS && (chosen.class != CLASS_UNKNOWN || str_is(class, "none"));
    struct str key = arena_printf(v->arena, "encryption %d %d.%d", chosen.is_set, chosen.is_set ? (int)chosen.class : 0, chosen.is_set ? (int)chosen.medium : 0);
    const struct json *made = page ? kept_tree_get(v, facts_key(v, r, key.data), FACTS_STREAMS, encryption_make, &chosen, e) : NULL;
    JSON_EACH (member, made)
        json_put(page, member->key.data, json_copy(v->arena, member));
    return made ? page : NULL;
}
