/* The scope as it is sent for approval and approved: what it contains, by which digest, and how it differs from what was approved last. */
#include "report/view_scope_internal.h"

/* The leaf of the last time that a step was taken; -1: never. */
static int64_t step_leaf(struct view *v, const struct record *scope, const char *transition, int64_t *ret_t, struct str *ret_actor, struct err *e)
{
    int64_t leaf = -1;
    DB_EACH (row, v->db, e, "select leaf, t, actor from record_change where type = 'scope' and id = ?1 and transition = ?2 and act = 'move' and leaf <= ?3 order by leaf desc limit 1",
             A(scope->id), A(transition), A(v->leaf_limit)) {
        leaf = db_int(row, 0);
        *ret_t = db_int(row, 1);
        *ret_actor = arena_str(v->arena, db_text(row, 2));
    }
    return leaf;
}

static bool put_approved(const struct scope_facts *f, struct json *o, int64_t *ret_leaf, struct err *e)
{
    struct view *v = f->v;
    int64_t t = 0, count = 0;
    struct str by = STR("");
    *ret_leaf = f->scope ? step_leaf(v, f->scope, "approve", &t, &by, e) : -1;
    if (e->code)
        return false;
    if (*ret_leaf < 0) {
        json_put_null(o, "approved");
        return true;
    }
    char digest[65];
    if (!scope_digest(v, f->r, *ret_leaf, digest, &count, e))
        return false;
    struct record *then = record_get(v->db, v->arena, f->scope->type, f->scope->id, *ret_leaf, e);
    if (!then)
        return false;
    struct str recorded = scope_text(then, "digest");
    struct json *approved = json_put_object(o, "approved");
    json_put_int(approved, "leaf", *ret_leaf);
    put_time(v, approved, "at", t);
    json_put(approved, "by", actor_new(v, by));
    json_put_str(approved, "digest", arena_str(v->arena, str_of(digest)));
    json_put_str(approved, "digest_recorded", recorded);
    json_put_bool(approved, "is_recorded", str_is(recorded, digest));
    json_put_int(approved, "items", count);
    json_put_str(approved, "url", arena_printf(v->arena, "/ledger/%lld", (long long)*ret_leaf));
    return true;
}

static bool put_changed(const struct scope_facts *f, struct json *o, int64_t approved_leaf, struct err *e)
{
    int64_t added = 0, removed = 0, changed = 0;
    struct json *list = approved_leaf >= 0 ? scope_difference(f->v, f->r, approved_leaf, view_record_limit(f->v), e) : json_array(f->v->arena);
    if (!list)
        return false;
    JSON_EACH (d, list) {
        added += str_is(json_text(d, "what"), "added");
        removed += str_is(json_text(d, "what"), "removed");
        changed += str_is(json_text(d, "what"), "changed");
    }
    struct json *sum = json_put_object(o, "changes");
    json_put_int(sum, "added", added);
    json_put_int(sum, "removed", removed);
    json_put_int(sum, "changed", changed);
    json_put_int(sum, "total", added + removed + changed);
    return true;
}

struct json *scope_version(const struct scope_facts *f, struct err *e)
{
    struct view *v = f->v;
    const struct record *scope = f->scope;
    struct json *o = json_object(v->arena);
    char digest[65];
    int64_t count = 0, approved_leaf = -1, t = 0;
    struct str by = STR("");
    if (!scope_digest(v, f->r, view_record_limit(v), digest, &count, e) || !put_approved(f, o, &approved_leaf, e) || !put_changed(f, o, approved_leaf, e))
        return NULL;
    bool is_sent = scope && str_is(scope->state, "in_review");
    if (is_sent && step_leaf(v, scope, "submit", &t, &by, e) < 0 && e->code)
        return NULL;
    struct str sent = is_sent ? scope_text(scope, "digest") : STR("");
    json_put_bool(o, "has_record", scope != NULL);
    json_put_str(o, "id", scope ? scope->id : STR(""));
    json_put_str(o, "url", scope ? record_url(v, "scope", scope->id) : STR(""));
    json_put_int(o, "version", scope ? scope->version : 0);
    json_put(o, "state", scope ? record_state_json(v, scope->type, scope->state) : json_new_null(v->arena));
    json_put_str(o, "digest_now", arena_str(v->arena, str_of(digest)));
    json_put_int(o, "items", count);
    json_put_str(o, "digest_sent", sent);
    json_put_bool(o, "is_same_as_sent", !is_sent || sent.size == 0 || str_is(sent, digest));
    json_put(o, "sent_by", is_sent && by.size ? actor_new(v, by) : json_new_null(v->arena));
    put_time(v, o, "sent", t);
    return o;
}

/* ---- its page ---- */

static bool put_contents(const struct scope_facts *f, struct json *page, struct err *e)
{
    struct view *v = f->v;
    struct json *list = json_put_array(page, "contents");
    for (size_t k = 0; scope_types[k]; k++) {
        struct scope_rows rows;
        if (!scope_rows_read(v, f->r, scope_types[k], view_record_limit(v), false, &rows, e))
            return false;
        if (!record_may_read_type(f->r, rows.type) || strcmp(scope_types[k], "scope") == 0)
            continue;
        struct json *o = json_push_object(list);
        json_put_cstr(o, "label", rows.type->labels);
        json_put_int(o, "count", (int64_t)rows.count);
        json_put_str(o, "url", arena_printf(v->arena, "/records/%s", scope_types[k]));
        struct json *items = json_put_array(o, "rows");
        for (size_t i = 0; i < rows.count && i < 12; i++) {
            struct json *item = json_push_object(items);
            json_put_str(item, "id", rows.items[i].id);
            json_put_str(item, "title", record_title(&rows.items[i]));
            json_put_str(item, "url", record_url(v, scope_types[k], rows.items[i].id));
        }
    }
    return true;
}

static const struct json *step_of(const struct json *steps, const char *id)
{
    JSON_EACH (s, steps)
        if (str_is(json_text(s, "id"), id))
            return s;
    return NULL;
}

/* The steps with their reasons stand on the record's page; here the two that need its contents are singled out. */
static bool put_record(const struct scope_facts *f, struct json *page, struct err *e)
{
    struct view *v = f->v;
    const struct record *scope = f->scope;
    struct json *record = scope ? view_record(v, f->r, scope->type, scope->id, true, e) : NULL;
    if (scope && !record)
        return false;
    const struct json *steps = json_get(record, "next");
    json_put_str(page, "boundary", scope_text(scope, "boundary"));
    json_put_str(page, "rationale", scope_text(scope, "rationale"));
    json_put(page, "owner", scope_person(v, scope_text(scope, "owner")));
    json_put_bool(page, "may_change", json_bool(record, "may_change"));
    static const char *const ids[] = {"submit", "approve", "reject", "reopen"};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        const struct json *s = step_of(steps, ids[i]);
        struct json *o = json_put_object(page, ids[i]);
        struct str why = json_text(s, "why_not");
        json_put_bool(o, "is_there", s != NULL);
        json_put_bool(o, "is_allowed", json_bool(s, "is_allowed"));
        json_put_str(o, "why_not", why.data ? why : STR(""));
    }
    struct json *history = record ? (struct json *)(uintptr_t)json_get(record, "history") : NULL;
    struct json *list = json_put_array(page, "history");
    JSON_EACH (h, history) {
        struct json *o = json_push_object(list);
        json_put_str(o, "words", json_text(h, "act_words"));
        json_put_str(o, "actor", json_text(json_get(h, "actor"), "name"));
        put_time(v, o, "at", json_int(json_get(h, "at"), "t", 0));
        json_put_str(o, "why", json_text(h, "why"));
        json_put_str(o, "url", json_text(h, "url"));
    }
    return true;
}

struct json *view_scope_version(struct view *v, const struct view_records *r, struct err *e)
{
    struct scope_facts f;
    int64_t missing = 0;
    struct json *page = record_page_new(v, STR("Scope version"), true, e);
    struct json *version = page && scope_facts_read(v, r, &f, e) ? scope_version(&f, e) : NULL;
    struct json *checklist = version ? scope_checklist(&f, 0, &missing, e) : NULL;
    if (!checklist)
        return NULL;
    json_put(page, "version", version);
    struct json *open = json_put_array(page, "checklist");
    JSON_EACH (m, checklist)
        if (!str_is(json_text(m, "status"), "pass")) {
            struct json *o = json_push_object(open);
            json_put_str(o, "label", json_text(m, "label"));
            json_put_str(o, "words", json_text(m, "words"));
            json_put_str(o, "url", json_text(m, "url"));
        }
    int64_t leaf = json_int(json_get(version, "approved"), "leaf", -1);
    struct json *difference = leaf >= 0 ? scope_difference(v, r, leaf, view_record_limit(v), e) : json_array(v->arena);
    if (!difference)
        return NULL;
    json_put(page, "difference", difference);
    json_put_bool(page, "may_create", !f.scope && scope_may_create(&f, "scope"));
    json_put(page, "people", record_targets(v, r, "person"));
    json_put_str(page, "me", r->access ? r->access->person : STR(""));
    return put_record(&f, page, e) && put_contents(&f, page, e) ? page : NULL;
}
