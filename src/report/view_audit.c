/* The room Audit: the list of engagements, and what stands above every page of one. */
#include "os/zone.h"
#include "record/examine.h"
#include "report/view_audit_internal.h"

/* ---- one engagement in short ---- */

static struct str when_text(struct view *v, const struct engagement *g)
{
    if (!g->has_days)
        return STR("");
    if (g->is_type1)
        return day_text(v->arena, g->as_of);
    return arena_printf(v->arena, "%.*s to %.*s", STR_ARGS(day_text(v->arena, g->window.first)), STR_ARGS(day_text(v->arena, g->window.last)));
}

int64_t engagement_today(const struct view *v, const struct engagement *g)
{
    return day_of(v->at_ms + zone_seconds_east(g->time_zone, v->at_ms / MS_SECOND) * MS_SECOND);
}

struct json *engagement_put(struct view *v, const struct view_records *r, struct json *o, const struct engagement *g)
{
    const struct record_type *t = record_types_find(r->types, STR("engagement"));
    int64_t today = engagement_today(v, g), days = engagement_days(g), done = engagement_days_done(g, today);
    json_put_str(o, "id", g->id);
    json_put_str(o, "title", g->title);
    json_put_str(o, "url", arena_printf(v->arena, "/audit/%.*s", STR_ARGS(g->id)));
    json_put_cstr(o, "kind", g->is_type1 ? "type1" : "type2");
    json_put_cstr(o, "kind_words", g->is_type1 ? "Type 1" : "Type 2");
    json_put(o, "state", record_state_json(v, t, g->state));
    json_put_int(o, "version", g->version);
    json_put_str(o, "when", when_text(v, g));
    json_put_str(o, "firm", g->firm);
    json_put_int(o, "days", days);
    json_put_int(o, "days_done", done);
    json_put_int(o, "days_left", g->has_days && g->window.last > today ? g->window.last - today : 0);
    json_put_int(o, "percent", days ? done * 100 / days : 0);
    json_put(o, "owner", scope_person(v, g->owner));
    return o;
}

bool engagement_may_read(struct view *v, const struct view_records *r, const struct engagement *g, struct err *e)
{
    const struct record_type *t = record_types_find(r->types, STR("engagement"));
    struct record *record = t ? record_get(v->db, v->arena, t, g->id, view_record_limit(v), e) : NULL;
    if (!record)
        return false;
    if (record->is_deleted || !access_matches(r->access, &t->may_read, record))
        return err_set(e, ERR_NOT_FOUND, "engagement %.*s: there is none of this name that you may read", STR_ARGS(str_slice(g->id, 0, 60)));
    return true;
}

/* ---- above every page of it ---- */

/* What each tab counts: what is open and somebody has to look at. ?1: the engagement. */
static const struct tab {
    const char *id, *label, *path, *sql;
} tabs[] = {
    {"overview", "Overview", "", NULL},
    {"requests", "Requests", "/requests", "select count(*) from audit_requests where engagement = ?1 and state in ('open', 'returned')"},
    {"populations", "Populations", "/populations", "select count(*) from populations where engagement = ?1"},
    {"sheets", "Samples and sheets", "/sheets", "select count(*) from test_sheets where engagement = ?1"},
    {"exceptions", "Exceptions", "/exceptions", "select count(*) from audit_exceptions where engagement = ?1 and state in ('noted', 'agreed')"},
    {"reports", "Reports", "/reports", NULL},
    {"room", "What the auditor sees", "/room", NULL},
    {"after", "After the audit", "/after", NULL},
};

static bool tabs_put(struct view *v, const struct view_records *r, struct json *page, const struct engagement *g, const char *current, struct err *e)
{
    struct json *list = json_put_array(page, "tabs");
    for (size_t i = 0; i < sizeof tabs / sizeof tabs[0]; i++) {
        if (r->access && r->access->examined && !examine_address(STR("GET"), arena_printf(v->arena, "/audit/:id%s", tabs[i].path)))
            continue; /* no door that an auditor cannot open */
        struct json *o = json_push_object(list);
        json_put_cstr(o, "id", tabs[i].id);
        json_put_cstr(o, "label", tabs[i].label);
        json_put_str(o, "url", arena_printf(v->arena, "/audit/%.*s%s", STR_ARGS(g->id), tabs[i].path));
        json_put_int(o, "count", tabs[i].sql && !v->is_past ? db_one_int(v->db, e, 0, tabs[i].sql, A(g->id)) : 0);
        json_put_bool(o, "is_current", strcmp(tabs[i].id, current) == 0);
    }
    return e->code == ERR_NONE;
}

struct json *engagement_page_new(struct view *v, const struct view_records *r, struct str title, struct str id, const char *tab, struct engagement *ret, struct err *e)
{
    struct json *page = record_page_new(v, title, true, e);
    if (!page || !engagement_read(v->db, v->arena, id, view_record_limit(v), ret, e) || !engagement_may_read(v, r, ret, e))
        return NULL;
    engagement_put(v, r, json_put_object(page, "engagement"), ret);
    ((struct json *)(uintptr_t)json_get(page, "title"))->text = arena_printf(v->arena, "%.*s: %.*s", STR_ARGS(ret->id), STR_ARGS(title));
    return tabs_put(v, r, page, ret, tab, e) ? page : NULL;
}

/* ---- the list ---- */

static bool rows_put(struct view *v, const struct view_records *r, struct json *page, struct err *e)
{
    enum { SHOWN_MAX = 100 };
    struct json *list = json_put_array(page, "rows");
    struct str ids[SHOWN_MAX];
    size_t count = 0;
    DB_EACH (row, v->db, e,
             "select id from engagements_versions where is_deleted = 0 and from_leaf <= ?1 and (to_leaf is null or to_leaf > ?1) order by state in ('closed', 'ended'), "
             "coalesce(window_to, as_of, '9999') desc, id desc limit 100",
             A(view_record_limit(v)))
        ids[count++] = arena_str(v->arena, db_text(row, 0));
    for (size_t i = 0; i < count && !e->code; i++) {
        struct engagement g;
        struct err hidden = {0};
        if (!engagement_read(v->db, v->arena, ids[i], view_record_limit(v), &g, e))
            return false;
        if (engagement_may_read(v, r, &g, &hidden))
            engagement_put(v, r, json_push_object(list), &g);
        else if (hidden.code != ERR_NOT_FOUND)
            *e = hidden;
    }
    return e->code == ERR_NONE;
}

/* When a template's day is, in words. */
static struct str template_when(struct view *v, const struct json *t)
{
    bool is_type1 = str_is(json_text(t, "kind"), "type1"), is_begin = str_is(json_text(t, "base"), "begin");
    const char *of = is_type1 ? "the as-of day" : is_begin ? "its beginning" : "its end";
    int64_t days = 0;
    if (!str_to_int64(json_text(t, "days"), &days))
        days = 0; /* content is checked */
    if (str_is(json_text(t, "base"), "window"))
        return arena_printf(v->arena, "%lld %% of the window", (long long)days);
    if (days == 0)
        return arena_printf(v->arena, "%s", of);
    int64_t size = days < 0 ? -days : days;
    const char *side = days < 0 ? "before" : "after";
    return size % 7 ? arena_printf(v->arena, "%lld day%s %s %s", (long long)size, size == 1 ? "" : "s", side, of)
                    : arena_printf(v->arena, "%lld week%s %s %s", (long long)(size / 7), size == 7 ? "" : "s", side, of);
}

static bool steps_put(struct view *v, struct json *page, struct err *e)
{
    static const char *const kinds[][3] = {{"type1", "Type 1: as of a day", "Are the controls suitably designed and in place? One setting or one performance of each is enough."},
                                           {"type2", "Type 2: over a period", "Did the controls operate on every day of a window, usually six to twelve months? Populations, samples and tests show it."}};
    const struct json *templates = milestone_templates(v->arena, e);
    struct json *list = json_put_array(page, "steps");
    for (size_t k = 0; k < 2 && templates; k++) {
        struct json *o = json_push_object(list);
        json_put_cstr(o, "kind", kinds[k][0]);
        json_put_cstr(o, "title", kinds[k][1]);
        json_put_cstr(o, "words", kinds[k][2]);
        struct json *rows = json_put_array(o, "rows");
        JSON_EACH (t, templates) {
            if (!str_is(json_text(t, "kind"), kinds[k][0]))
                continue;
            struct json *row = json_push_object(rows);
            json_put_str(row, "label", json_text(t, "title"));
            json_put_str(row, "when", template_when(v, t));
        }
    }
    return templates != NULL;
}

struct json *view_audit(struct view *v, const struct view_records *r, struct err *e)
{
    struct json *page = record_page_new(v, STR("Audit"), true, e);
    const struct record_type *t = record_types_find(r->types, STR("engagement"));
    struct err why = {0};
    if (!page || !t || !rows_put(v, r, page, e) || !steps_put(v, page, e))
        return NULL;
    json_put_bool(page, "may_create", !v->is_past && record_allows(r->access, t, NULL, RECORD_CREATE, NULL, &why));
    return page;
}

/* ---- the form of a new one ---- */

static const char *plan_label(struct str field)
{
    static const char *const labels[][2] = {{"title", "Name"},         {"kind", "Type"},          {"as_of", "As of"},          {"from", "Window from"},
                                            {"to", "Window to"},       {"time_zone", "Time zone"}, {"report_on", "Report expected on"}, {"evidence_until", "Evidence until"}};
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++)
        if (str_is(field, labels[i][0]))
            return labels[i][1];
    return "Plan";
}

static void problems_put(struct json *page, const struct json *problems)
{
    bool asks_short = false, asks_gap = false;
    struct json *list = json_put_array(page, "problems");
    JSON_EACH (p, problems) {
        struct json *o = json_push_object(list);
        json_put_str(o, "field", json_bool(p, "needs_reason") ? json_text(p, "reason_field") : json_text(p, "field"));
        json_put_cstr(o, "label", plan_label(json_text(p, "field")));
        json_put_str(o, "why", json_text(p, "why"));
        asks_short |= str_is(json_text(p, "reason_field"), "short_reason");
        asks_gap |= str_is(json_text(p, "reason_field"), "gap_reason");
    }
    json_put_bool(page, "asks_short", asks_short);
    json_put_bool(page, "asks_gap", asks_gap);
}

struct json *view_audit_new(struct view *v, const struct view_records *r, const struct engagement_plan *p, const struct json *problems, struct err *e)
{
    struct json *page = record_page_new(v, STR("Open an engagement"), true, e);
    if (!page)
        return NULL;
    struct json *plan = json_put_object(page, "plan"), *categories, *firms;
    for (size_t i = 0; i < plan_field_count; i++)
        json_put_str(plan, plan_fields[i].name, *(const struct str *)(const void *)((const char *)p + plan_fields[i].offset));
    json_put_bool(page, "follows", p->follows.size > 0);
    problems_put(page, problems);
    categories = json_put_array(page, "categories");
    for (size_t i = 0; i < content_category_count; i++)
        if (p->categories[i]) {
            struct json *o = json_push_object(categories);
            json_put_cstr(o, "id", content_categories[i].id);
            json_put_cstr(o, "name", content_categories[i].name);
        }
    json_put_bool(page, "has_scope", db_one_int(v->db, e, 0, "select count(*) from scopes where state = 'approved'") > 0);
    firms = json_put_array(page, "firms");
    DB_EACH (row, v->db, e, "select name from auditor_candidates where state <> 'declined' order by state = 'chosen' desc, name limit 50")
        json_put_str(json_push_object(firms), "name", arena_str(v->arena, db_text(row, 0)));
    json_put(page, "people", record_targets(v, r, "person"));
    return e->code ? NULL : page;
}
