#include "assess/engagement_plan.h"

#include "assess/duties.h"
#include "base/times.h"

#include <stddef.h>

#define PLAN_FIELD(name_) {#name_, offsetof(struct engagement_plan, name_)}
const struct plan_field plan_fields[] = {PLAN_FIELD(title),     PLAN_FIELD(kind), PLAN_FIELD(as_of), PLAN_FIELD(from),    PLAN_FIELD(to),        PLAN_FIELD(short_reason), PLAN_FIELD(gap_reason),
                                         PLAN_FIELD(time_zone), PLAN_FIELD(firm), PLAN_FIELD(owner), PLAN_FIELD(follows), PLAN_FIELD(report_on), PLAN_FIELD(evidence_until)};
const size_t plan_field_count = sizeof plan_fields / sizeof plan_fields[0];

enum { WINDOWS_MAX = 200, ZONE_BYTES_MAX = 60, TITLE_BYTES_MAX = 200 };

static int64_t day_or_none(struct str text)
{
    int64_t ms;
    return text.size == 10 && time_parse(text, 0, &ms) ? day_of(ms) : DAY_NONE;
}

static struct str text_or_empty(struct arena *a, struct db *db, struct err *e, const char *sql)
{
    struct str s = db_one_text(a, db, e, sql);
    return s.data ? s : STR("");
}

/* ---- what is proposed ---- */

static bool categories_propose(struct db *db, struct arena *a, struct engagement_plan *p, struct err *e)
{
    p->categories = arena_array(a, content_category_count + 1, sizeof *p->categories);
    for (size_t i = 0; i < content_category_count; i++)
        p->categories[i] = content_categories[i].is_mandatory;
    DB_EACH (row, db, e, "select category from categories where is_in = 1")
        for (size_t i = 0; i < content_category_count; i++)
            p->categories[i] |= str_is(db_text(row, 0), content_categories[i].id);
    return e->code == ERR_NONE;
}

static void window_set(struct arena *a, struct engagement_plan *p, struct days window)
{
    struct date end = date_of_day(window.last);
    p->kind = STR("type2");
    p->as_of = STR("");
    p->from = day_text(a, window.first);
    p->to = day_text(a, window.last);
    p->title = arena_printf(a, "SOC 2 Type 2, %d", end.year);
}

static bool common_propose(struct db *db, struct arena *a, struct engagement_plan *p, struct err *e)
{
    *p = (struct engagement_plan){.short_reason = STR(""), .gap_reason = STR(""), .follows = STR(""), .report_on = STR(""), .evidence_until = STR("")};
    p->time_zone = text_or_empty(a, db, e, "select time_zone from organisations where time_zone is not null order by id limit 1");
    p->owner = text_or_empty(a, db, e, "select lead from organisations where lead is not null order by id limit 1");
    p->firm = text_or_empty(a, db, e, "select name from auditor_candidates where state = 'chosen' order by changed_leaf desc limit 1");
    if (p->time_zone.size == 0)
        p->time_zone = STR("UTC");
    return e->code == ERR_NONE && categories_propose(db, a, p, e);
}

bool plan_propose_after(struct db *db, struct arena *a, const struct engagement *g, struct engagement_plan *ret, struct err *e)
{
    if (!common_propose(db, a, ret, e))
        return false;
    ret->follows = g->id;
    ret->firm = g->firm.size ? g->firm : ret->firm;
    ret->owner = g->owner.size ? g->owner : ret->owner;
    ret->time_zone = g->time_zone;
    int64_t first = g->window.last + 1;
    if (g->has_days)
        window_set(a, ret, g->is_type1 ? (struct days){first, day_add_months(first, WINDOW_MONTHS_USUAL) - 1} : window_next(g->window));
    return true;
}

/* Nothing was examined yet: what the scope's profile says. */
static bool first_propose(struct db *db, struct arena *a, int64_t today, struct engagement_plan *p, struct err *e)
{
    struct date d = date_of_day(today);
    int64_t first = day_add_months(day_of_date((struct date){d.year, d.month, 1}), 1);
    window_set(a, p, (struct days){first, day_add_months(first, WINDOW_MONTHS_USUAL) - 1});
    DB_EACH (row, db, e, "select report_type, as_of, window_from, window_to from organisations order by id limit 1") {
        struct days said = {day_or_none(db_text(row, 2)), day_or_none(db_text(row, 3))};
        if (said.first != DAY_NONE && said.last != DAY_NONE && said.first < said.last)
            window_set(a, p, said);
        if (str_is(db_text(row, 0), "type1")) {
            p->kind = STR("type1");
            p->as_of = arena_str(a, db_text(row, 1));
            p->from = p->to = STR("");
            p->title = arena_printf(a, "SOC 2 Type 1, %d", date_of_day(day_or_none(p->as_of) != DAY_NONE ? day_or_none(p->as_of) : today).year);
        }
    }
    return e->code == ERR_NONE;
}

bool plan_propose(struct db *db, struct arena *a, int64_t today, struct engagement_plan *ret, struct err *e)
{
    struct engagement last;
    struct str id = db_one_text(a, db, e, "select id from engagements where state <> 'ended' and (window_to is not null or as_of is not null) order by coalesce(window_to, as_of) desc, id desc limit 1");
    if (e->code)
        return false;
    if (id.data)
        return engagement_read(db, a, id, INT64_MAX, &last, e) && plan_propose_after(db, a, &last, ret, e);
    return common_propose(db, a, ret, e) && first_propose(db, a, today, ret, e);
}

/* ---- what is wrong with it ---- */

static void problem_add(struct arena *a, struct json *list, const char *field, struct str why, const char *reason_field)
{
    struct json *o = json_push_object(list);
    json_put_cstr(o, "field", field);
    json_put_str(o, "why", arena_str(a, why));
    json_put_bool(o, "needs_reason", reason_field != NULL);
    json_put_cstr(o, "reason_field", reason_field ? reason_field : "");
}

static struct str reason_of(const struct engagement_plan *p, const char *field)
{
    return str_trim(strcmp(field, "short_reason") == 0 ? p->short_reason : p->gap_reason);
}

static bool window_problems(struct db *db, const struct engagement_plan *p, struct plan_problem found[PLAN_PROBLEMS_MAX], size_t *ret_count, struct err *e)
{
    struct days others[WINDOWS_MAX], before = {1, 0}, window = {day_or_none(p->from), day_or_none(p->to)};
    size_t count = 0;
    DB_EACH (row, db, e, "select window_from, window_to from engagements where kind = 'type2' and state <> 'ended' and window_from is not null and window_to is not null limit 200") {
        struct days d = {day_or_none(db_text(row, 0)), day_or_none(db_text(row, 1))};
        if (d.first == DAY_NONE || d.last == DAY_NONE)
            continue;
        others[count++] = d;
        if (d.last < window.first && (before.first > before.last || d.last > before.last))
            before = d;
    }
    *ret_count = e->code ? 0 : plan_check(str_is(p->kind, "type1"), day_or_none(p->as_of), window, before, others, count, found);
    return e->code == ERR_NONE;
}

struct json *plan_problems(struct db *db, struct arena *a, const struct engagement_plan *p, struct err *e)
{
    struct plan_problem found[PLAN_PROBLEMS_MAX];
    struct json *list = json_array(a);
    size_t count;
    if (str_trim(p->title).size == 0 || p->title.size > TITLE_BYTES_MAX)
        problem_add(a, list, "title", p->title.size ? STR("at most 200 bytes") : STR("say what it is called"), NULL);
    if (!str_is(p->kind, "type1") && !str_is(p->kind, "type2"))
        problem_add(a, list, "kind", STR("choose Type 1 (a day) or Type 2 (a period)"), NULL);
    static const char *const dates[] = {"as_of", "from", "to", "report_on", "evidence_until"};
    for (size_t i = 0; i < plan_field_count; i++)
        for (size_t k = 0; k < sizeof dates / sizeof dates[0]; k++) {
            struct str value = *(const struct str *)(const void *)((const char *)p + plan_fields[i].offset);
            if (strcmp(plan_fields[i].name, dates[k]) == 0 && value.size && day_or_none(value) == DAY_NONE)
                problem_add(a, list, dates[k], STR("no date: write it as 2026-12-31"), NULL);
        }
    for (size_t i = 0; i < p->time_zone.size; i++)
        if (p->time_zone.size > ZONE_BYTES_MAX || !strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_+-", p->time_zone.data[i])) {
            problem_add(a, list, "time_zone", STR("no time zone: write it as UTC or Europe/Berlin"), NULL);
            break;
        }
    if (list->count)
        return list;
    if (!window_problems(db, p, found, &count, e))
        return NULL;
    for (size_t i = 0; i < count; i++) {
        const char *field = strcmp(found[i].field, "window_from") == 0 ? "from" : strcmp(found[i].field, "window_to") == 0 ? "to" : found[i].field;
        if (!found[i].needs_reason || reason_of(p, found[i].reason_field).size == 0)
            problem_add(a, list, field, str_of(found[i].why), found[i].reason_field);
    }
    return list;
}

struct json *plan_warnings(struct db *db, struct arena *a, const struct engagement_plan *p, struct err *e)
{
    struct plan_problem found[PLAN_PROBLEMS_MAX];
    struct json *list = json_array(a);
    size_t count;
    if (!window_problems(db, p, found, &count, e))
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (found[i].needs_reason && reason_of(p, found[i].reason_field).size)
            problem_add(a, list, found[i].field, str_of(found[i].why), found[i].reason_field);
    if (db_one_int(db, e, 0, "select count(*) from scopes where state = 'approved'") == 0)
        problem_add(a, list, "categories", STR("the scope is not approved: planning cannot end before it is"), NULL);
    if (p->firm.size == 0)
        problem_add(a, list, "firm", STR("no firm is chosen yet: planning cannot end without one"), NULL);
    return e->code ? NULL : list;
}

/* ---- what it becomes ---- */

static void text_put(struct json *set, const char *field, struct str value)
{
    if (str_trim(value).size)
        json_put_str(set, field, str_trim(value));
}

/* The milestones of the templates of one kind; `self`: what the engagement is called in this operation, `place` of its first milestone, from 1. */
static size_t milestones_make(struct arena *a, const struct json *templates, const char *kind, struct days window, const struct calendar *c, struct str self, struct str owner, size_t place,
                              struct record_change *ret)
{
    size_t count = 0;
    JSON_EACH (t, templates) {
        if (!str_is(json_text(t, "kind"), kind))
            continue;
        struct json *set = json_object(a);
        ret[count++] = (struct record_change){.type = STR("milestone"), .act = RECORD_CREATE, .set = set};
        json_put_str(set, "title", json_text(t, "title"));
        json_put_str(set, "engagement", self);
        json_put_str(set, "template", json_text(t, "id"));
        json_put_str(set, "planned_on", day_text(a, milestone_day(t, window, c)));
        json_put_str(set, "side", json_text(t, "side"));
        json_put_bool(set, "is_fixed", str_is(json_text(t, "fixed"), "yes"));
        json_put_bool(set, "waits_for_requests", str_is(json_text(t, "requests"), "yes"));
        if (owner.size && !str_is(json_text(t, "side"), "auditor"))
            json_put_str(set, "owner", owner);
        if (!json_get(t, "after"))
            continue;
        struct json *after = json_put_array(set, "after");
        JSON_EACH (id, json_get(t, "after")) {
            size_t at = 0;
            JSON_EACH (other, templates) {
                if (!str_is(json_text(other, "kind"), kind))
                    continue;
                if (str_equal(json_text(other, "id"), id->text))
                    json_push_str(after, arena_printf(a, "new:%zu", place + at));
                at++;
            }
        }
    }
    return count;
}

static int64_t template_day(const struct json *templates, const char *id, struct days window, const struct calendar *c)
{
    JSON_EACH (t, templates)
        if (str_is(json_text(t, "id"), id))
            return milestone_day(t, window, c);
    return DAY_NONE;
}

static void days_put(struct arena *a, const struct engagement_plan *p, const struct json *templates, struct days window, const struct calendar *c, struct json *set)
{
    bool is_type1 = str_is(p->kind, "type1");
    int64_t issue = template_day(templates, is_type1 ? "t1_issue" : "t2_issue", window, c), until = template_day(templates, is_type1 ? "t1_walkthroughs" : "t2_fieldwork", window, c);
    if (p->report_on.size)
        json_put_str(set, "report_on", p->report_on);
    else if (issue != DAY_NONE)
        json_put_str(set, "report_on", day_text(a, issue));
    if (p->evidence_until.size)
        json_put_str(set, "evidence_until", p->evidence_until);
    else if (until != DAY_NONE)
        json_put_str(set, "evidence_until", day_text(a, until));
}

/* A title of the program's own that names the other type: proposed before somebody chose this one. */
static struct str plan_title(struct arena *a, const struct engagement_plan *p, struct days window)
{
    bool is_type1 = str_is(p->kind, "type1");
    struct str other = is_type1 ? STR("SOC 2 Type 2, ") : STR("SOC 2 Type 1, "), title = str_trim(p->title);
    int64_t year;
    if (title.size != other.size + 4 || !str_starts(title, other.data) || !str_to_int64(str_slice(title, other.size, title.size), &year) || window.last == DAY_NONE)
        return p->title;
    return arena_printf(a, "SOC 2 Type %d, %d", is_type1 ? 1 : 2, date_of_day(window.last).year);
}

bool plan_changes(struct db *db, struct arena *a, const struct engagement_plan *p, struct record_change **ret, size_t *ret_count, struct err *e)
{
    const struct json *templates = milestone_templates(a, e);
    struct calendar calendar;
    bool is_type1 = str_is(p->kind, "type1");
    struct days window = is_type1 ? (struct days){day_or_none(p->as_of), day_or_none(p->as_of)} : (struct days){day_or_none(p->from), day_or_none(p->to)};
    if (!templates || !calendar_load(db, a, &calendar, e))
        return false;
    struct record_change *changes = arena_array(a, templates->count + 1, sizeof *changes);
    struct json *set = json_object(a);
    changes[0] = (struct record_change){.type = STR("engagement"), .act = RECORD_CREATE, .set = set};
    text_put(set, "title", plan_title(a, p, window));
    json_put_str(set, "kind", p->kind);
    text_put(set, is_type1 ? "as_of" : "window_from", is_type1 ? p->as_of : p->from);
    if (!is_type1)
        text_put(set, "window_to", p->to);
    text_put(set, "short_reason", p->short_reason);
    text_put(set, "gap_reason", p->gap_reason);
    text_put(set, "time_zone", p->time_zone);
    text_put(set, "firm", p->firm);
    text_put(set, "owner", p->owner);
    text_put(set, "follows", p->follows);
    struct json *categories = json_put_array(set, "categories");
    for (size_t i = 0; i < content_category_count; i++)
        if (p->categories[i] || content_categories[i].is_mandatory)
            json_push_str(categories, str_of(content_categories[i].id));
    days_put(a, p, templates, window, &calendar, set);
    *ret_count = 1 + milestones_make(a, templates, is_type1 ? "type1" : "type2", window, &calendar, STR("new:1"), p->owner, 2, changes + 1);
    *ret = changes;
    return record_number(db, a, changes, *ret_count, e);
}

bool plan_milestones(struct db *db, struct arena *a, const struct engagement *g, struct record_change **ret, size_t *ret_count, struct err *e)
{
    const struct json *templates = milestone_templates(a, e);
    struct calendar calendar;
    *ret_count = 0;
    if (!templates || !calendar_load(db, a, &calendar, e))
        return false;
    if (!g->has_days || db_one_int(db, e, 0, "select count(*) from milestones where engagement = ?1 and template is not null", A(g->id)) > 0)
        return e->code == ERR_NONE;
    struct record_change *changes = arena_array(a, templates->count + 1, sizeof *changes);
    *ret_count = milestones_make(a, templates, g->is_type1 ? "type1" : "type2", g->window, &calendar, g->id, g->owner, 1, changes);
    *ret = changes;
    return e->code == ERR_NONE && record_number(db, a, changes, *ret_count, e);
}
