/* One engagement: what to do next, its scope as it was approved and as it is, its window. */
#include "base/times.h"
#include "report/view_audit_internal.h"

int64_t audit_day(struct str text)
{
    int64_t ms;
    return text.size == 10 && time_parse(text, 0, &ms) ? day_of(ms) : DAY_NONE;
}

struct str audit_day_text(struct view *v, int64_t day)
{
    return day == DAY_NONE ? STR("") : day_text(v->arena, day);
}

struct json *put_record_link(struct view *v, struct json *o, const char *key, const char *type, const struct record *record)
{
    if (!record)
        return json_put(o, key, json_new_null(v->arena));
    struct json *l = json_put_object(o, key);
    json_put_str(l, "id", record->id);
    json_put_str(l, "title", record_title(record));
    json_put_str(l, "url", record_url(v, type, record->id));
    return l;
}

bool engagement_rows(struct view *v, const struct view_records *r, const char *type, struct str engagement, struct scope_rows *ret, struct err *e)
{
    size_t kept = 0;
    if (!scope_rows_read(v, r, type, view_record_limit(v), true, ret, e))
        return false;
    for (size_t i = 0; i < ret->count; i++)
        if (str_equal(scope_text(&ret->items[i], "engagement"), engagement))
            ret->items[kept++] = ret->items[i];
    ret->count = kept;
    return true;
}

/* ---- the scope ---- */

bool engagement_snapshot(struct view *v, const struct view_records *r, int64_t *ret_leaf, char ret_hex[65], struct err *e)
{
    int64_t count;
    *ret_leaf = db_one_int(v->db, e, -1, "select max(leaf) from record_change where type = 'scope' and transition = 'approve' and act = 'move' and leaf <= ?1", A(view_record_limit(v)));
    if (e->code)
        return false;
    if (*ret_leaf < 0)
        return err_set(e, ERR_CONFLICT, "the scope was never approved: planning ends with a scope that somebody approved (/scope/version)");
    return scope_digest(v, r, *ret_leaf, ret_hex, &count, e);
}

static bool snapshot_put(struct view *v, const struct view_records *r, struct json *o, const struct engagement *g, struct err *e)
{
    struct err none = {0};
    int64_t leaf = g->scope_leaf, count = 0;
    char digest[65] = "";
    bool is_taken = leaf >= 0, is_there = is_taken || engagement_snapshot(v, r, &leaf, digest, &none);
    if (is_taken && !scope_digest(v, r, leaf, digest, &count, e))
        return false;
    json_put_bool(o, "is_taken", is_taken);
    json_put_bool(o, "is_there", is_there);
    json_put_int(o, "leaf", is_there ? leaf : -1);
    json_put_str(o, "digest", is_taken ? g->scope_digest : arena_str(v->arena, str_of(is_there ? digest : "")));
    json_put_bool(o, "is_same", is_taken && str_is(g->scope_digest, digest));
    json_put_str(o, "url", is_there ? arena_printf(v->arena, "/ledger/%lld", (long long)leaf) : STR(""));
    put_time(v, o, "at", is_there ? db_one_int(v->db, e, 0, "select t from leaf where idx = ?1", A(leaf)) : 0);
    struct json *changes = is_there ? scope_difference(v, r, leaf, view_record_limit(v), e) : json_array(v->arena);
    if (!changes || e->code)
        return false;
    json_put(o, "changes", changes);
    return true;
}

static bool is_covered(const struct engagement_criterion *c)
{
    return c->key_count > 0;
}

static bool scope_put(struct view *v, const struct view_records *r, struct json *page, const struct engagement *g, const struct engagement_scope *s, struct err *e)
{
    int64_t roles[3] = {0}, partial = 0, unowned = 0;
    struct json *o = json_put_object(page, "scope");
    struct json *categories = json_put_array(o, "categories"), *open = json_put_array(o, "uncovered");
    for (size_t i = 0; i < content_category_count; i++)
        if (g->categories[i])
            json_push_str(categories, str_of(content_categories[i].name));
    for (size_t i = 0; i < s->control_count; i++) {
        roles[s->controls[i].role]++;
        partial += s->controls[i].is_partial;
        unowned += s->controls[i].owner.size == 0;
    }
    for (size_t i = 0; i < s->criterion_count; i++)
        if (!is_covered(&s->criteria[i]))
            push_link(v, open, s->criteria[i].criterion->id, s->criteria[i].criterion->title, url_criterion(v, s->criteria[i].criterion));
    json_put_int(o, "controls", (int64_t)s->control_count);
    json_put_int(o, "key", roles[ROLE_KEY]);
    json_put_int(o, "compensating", roles[ROLE_COMPENSATING]);
    json_put_int(o, "supporting", roles[ROLE_SUPPORTING]);
    json_put_int(o, "partial", partial);
    json_put_int(o, "unowned", unowned);
    json_put_int(o, "criteria", (int64_t)s->criterion_count);
    json_put_int(o, "not_relevant", (int64_t)s->not_relevant_count);
    return snapshot_put(v, r, o, g, e);
}

/* Its controls and criteria, one by one: for the API and for rooms that show them. */
static void controls_put(struct view *v, struct json *page, const struct engagement_scope *s)
{
    struct json *list = json_put_array(page, "controls");
    for (size_t i = 0; i < s->control_count; i++) {
        const struct engagement_control *c = &s->controls[i];
        struct json *o = push_link(v, list, c->control->id, c->control->title, url_control(v, c->control));
        json_put_cstr(o, "role", control_role_name(c->role));
        json_put_cstr(o, "model_words", control_model_words(c->control->model));
        put_strings(o, "key_for", c->key_for);
        put_strings(o, "supports", c->supports);
        put_strings(o, "compensates", c->compensates);
        json_put_str(o, "from", day_text(v->arena, c->in_force.first));
        json_put_str(o, "to", day_text(v->arena, c->in_force.last));
        json_put_bool(o, "is_partial", c->is_partial);
        json_put_str(o, "owner", c->owner_name);
    }
}

/* ---- the window ---- */

static bool window_put(struct view *v, struct json *page, const struct engagement *g, struct err *e)
{
    int64_t today = engagement_today(v, g);
    bool has_begun = g->has_days && !g->is_type1 && g->window.first <= today && g->window.last - g->window.first < WINDOW_DAYS_MAX;
    json_put_bool(page, "has_window", has_begun);
    json_put_int(page, "until_begin", g->has_days && g->window.first > today ? g->window.first - today : 0);
    json_put_int(page, "until_end", g->has_days && g->window.last > today ? g->window.last - today : 0);
    json_put_int(page, "since_end", g->has_days && g->window.last < today ? today - g->window.last : 0);
    if (!has_begun) {
        json_put_null(page, "window");
        json_put_str(page, "period_url", STR(""));
        return true;
    }
    struct str from = day_text(v->arena, g->window.first), to = day_text(v->arena, g->window.last < today ? g->window.last : today);
    json_put_str(page, "period_url", arena_printf(v->arena, "/controls/period?from=%.*s&to=%.*s", STR_ARGS(from), STR_ARGS(to)));
    if (!view_days(v, from, to, e))
        return false;
    const struct assessment *as = view_over_days(v, e);
    if (!as)
        return false;
    put_window_days(v, page, as);
    return true;
}

/* ---- what to do next ---- */

static const struct json *step_of(const struct json *record, const char *id)
{
    JSON_EACH (s, json_get(record, "next"))
        if (str_is(json_text(s, "id"), id))
            return s;
    return NULL;
}

/* Ending the planning takes the scope that was approved: so it has a button of its own; the other steps stand as on every record. */
static void steps_put(struct view *v, struct json *page, const struct json *record, const struct engagement *g)
{
    const struct json *s = step_of(record, "begin"), *take = step_of(record, "intake");
    struct json *o = json_put_object(page, "begin"), *missing = json_put_array(o, "missing"), *intake = json_put_object(page, "intake");
    bool lacks_scope = json_int(json_get(page, "scope"), "leaf", -1) < 0;
    JSON_EACH (m, json_get(s, "missing"))
        if (!str_starts(json_text(m, "id"), "scope_"))
            json_push_str(missing, json_text(m, "label"));
    if (lacks_scope)
        json_push_str(missing, STR("an approved scope"));
    if (!g->has_days)
        json_push_str(missing, g->is_type1 ? STR("the as-of day") : STR("the window"));
    json_put_bool(o, "is_there", s != NULL);
    json_put_bool(o, "is_allowed", s && missing->count == 0 && json_text(s, "why_not").size == 0);
    json_put_str(o, "why_not", s && json_text(s, "why_not").data ? json_text(s, "why_not") : STR(""));
    struct str why = take ? json_text(take, "why_not") : STR("");
    json_put_bool(intake, "is_there", take != NULL);
    json_put_bool(intake, "is_allowed", take && why.size == 0);
    json_put_str(intake, "why_not", why.data ? why : STR(""));
    struct json *others = json_put_array(page, "steps");
    JSON_EACH (n, json_get(record, "next")) {
        if (str_is(json_text(n, "id"), "begin") || str_is(json_text(n, "id"), "intake"))
            continue;
        struct json *copy = ARENA_NEW(v->arena, struct json);
        *copy = *n;
        copy->next = NULL;
        json_push(others, copy);
    }
}

static bool put_follows(struct view *v, struct json *page, const struct engagement *g, struct err *e)
{
    struct str next = db_one_text(v->arena, v->db, e, "select id from engagements where follows = ?1 and state <> 'ended' order by id limit 1", A(g->id));
    struct str before = g->follows;
    struct str ids[2] = {before, next.data ? next : STR("")};
    static const char *const keys[] = {"before", "after"};
    for (int i = 0; i < 2 && !e->code; i++) {
        struct engagement other;
        struct err gone = {0};
        if (ids[i].size == 0 || !engagement_read(v->db, v->arena, ids[i], view_record_limit(v), &other, &gone)) {
            json_put_null(page, keys[i]);
            continue;
        }
        struct json *o = json_put_object(page, keys[i]);
        json_put_str(o, "id", other.id);
        json_put_str(o, "title", other.title);
        json_put_str(o, "url", arena_printf(v->arena, "/audit/%.*s", STR_ARGS(other.id)));
        bool is_gap = other.has_days && g->has_days && (i == 0 ? g->window.first != other.window.last + 1 : other.window.first != g->window.last + 1);
        json_put_bool(o, "adjoins", !is_gap);
    }
    return e->code == ERR_NONE;
}

struct json *view_engagement(struct view *v, const struct view_records *r, struct str id, struct err *e)
{
    struct engagement g;
    struct engagement_scope scope;
    struct json *page = engagement_page_new(v, r, STR("Engagement"), id, "overview", &g, e);
    const struct record_type *t = record_types_find(r->types, STR("engagement"));
    struct json *record = page ? view_record(v, r, t, g.id, true, e) : NULL;
    if (!record || !engagement_scope(v->db, v->arena, &g, v->leaf_limit, &scope, e))
        return NULL;
    json_put(page, "record", record);
    if (!scope_put(v, r, page, &g, &scope, e) || !window_put(v, page, &g, e) || !put_follows(v, page, &g, e))
        return NULL;
    controls_put(v, page, &scope);
    steps_put(v, page, record, &g);
    json_put_str(page, "time_zone", g.time_zone);
    json_put_str(page, "evidence_until", audit_day_text(v, g.evidence_until));
    return engagement_put_milestones(v, r, page, &g, e) && engagement_put_team(v, r, page, &g, &scope, e) && engagement_put_walkthroughs(v, r, page, &g, e) &&
                   exceptions_put(v, r, page, "carried", g.follows, true, e)
               ? page
               : NULL;
}
