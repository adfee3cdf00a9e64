/* One engagement: its milestones with their forecast, its team, its walkthroughs, and what the one before it left open. */
#include "assess/duties.h"
#include "assess/milestones.h"
#include "report/view_audit_internal.h"

/* ---- milestones ---- */

struct late_request {
    int64_t open, late, days; /* days: of the latest */
    struct str id, title;
};

/* Requests that we owe an answer to. */
static bool requests_read(struct view *v, struct str engagement, int64_t today, struct late_request *ret, struct err *e)
{
    *ret = (struct late_request){.id = STR(""), .title = STR("")};
    DB_EACH (row, v->db, e,
             "select id, title, due_on from audit_requests_versions where engagement = ?1 and is_deleted = 0 and from_leaf <= ?2 and (to_leaf is null or to_leaf > ?2) and "
             "state in ('open', 'returned') order by due_on",
             A(engagement), A(view_record_limit(v))) {
        int64_t due = audit_day(db_text(row, 2));
        ret->open++;
        if (due == DAY_NONE || due >= today)
            continue;
        ret->late++;
        if (today - due > ret->days) {
            ret->days = today - due;
            ret->id = arena_str(v->arena, db_text(row, 0));
            ret->title = arena_str(v->arena, db_text(row, 1));
        }
    }
    return e->code == ERR_NONE;
}

static size_t place_of(const struct scope_rows *rows, struct str id)
{
    for (size_t i = 0; i < rows->count; i++)
        if (str_equal(rows->items[i].id, id))
            return i;
    return SIZE_MAX;
}

static void milestone_read(struct view *v, const struct scope_rows *rows, size_t i, int64_t today, struct milestone *ret)
{
    const struct record *x = &rows->items[i];
    const struct json *after = scope_list(x, "after");
    size_t *places = arena_array(v->arena, (after ? after->count : 0) + 1, sizeof *places);
    *ret = (struct milestone){.planned = audit_day(scope_text(x, "planned_on")), .actual = audit_day(scope_text(x, "actual_on")), .is_dropped = str_is(x->state, "dropped"),
                              .is_fixed = scope_flag(x, "is_fixed") == 1, .waits_for_requests = scope_flag(x, "waits_for_requests") == 1, .after = places};
    if (!str_is(x->state, "reached") && !(ret->is_fixed && ret->planned <= today))
        ret->actual = DAY_NONE;
    else if (ret->actual == DAY_NONE)
        ret->actual = ret->planned;
    JSON_EACH (id, after)
        if (place_of(rows, id->text) != SIZE_MAX)
            places[ret->after_count++] = place_of(rows, id->text);
}

static struct str cause_words(struct view *v, const struct scope_rows *rows, const struct milestone *m, const struct late_request *late)
{
    if (m->is_in_circle)
        return STR("waits for itself, by what it waits for");
    if (m->forecast <= m->planned || m->actual != DAY_NONE)
        return STR("");
    if (m->cause == CAUSE_REQUESTS)
        return arena_printf(v->arena, "%.*s is %lld day%s late", STR_ARGS(late->id), (long long)late->days, late->days == 1 ? "" : "s");
    if (m->cause == CAUSE_AFTER)
        return arena_printf(v->arena, "waits for \"%.*s\"", STR_ARGS(record_title(&rows->items[m->cause_place])));
    return m->cause == CAUSE_TODAY ? STR("its day has passed") : STR("the next day on which somebody works");
}

static void milestone_put(struct view *v, struct json *list, const struct scope_rows *rows, size_t i, const struct milestone *m, const struct late_request *late, int64_t today)
{
    const struct record *x = &rows->items[i];
    struct json *o = json_push_object(list), *after = json_put_array(o, "after");
    int64_t days = m->forecast - m->planned;
    bool is_done = m->actual != DAY_NONE;
    json_put_str(o, "id", x->id);
    json_put_str(o, "title", record_title(x));
    json_put_str(o, "url", record_url(v, "milestone", x->id));
    json_put_int(o, "version", x->version);
    json_put_str(o, "template", scope_text(x, "template"));
    json_put_str(o, "side", scope_text(x, "side"));
    json_put_str(o, "side_words", scope_choice_label(x, "side"));
    json_put(o, "owner", scope_person(v, scope_text(x, "owner")));
    json_put_str(o, "planned", audit_day_text(v, m->planned));
    json_put_str(o, "forecast", is_done ? STR("") : audit_day_text(v, m->forecast));
    json_put_str(o, "actual", audit_day_text(v, m->actual));
    json_put_int(o, "late_days", days > 0 ? days : 0);
    json_put_str(o, "cause", cause_words(v, rows, m, late));
    json_put_bool(o, "is_fixed", m->is_fixed);
    for (size_t k = 0; k < m->after_count; k++)
        json_push_str(after, record_title(&rows->items[m->after[k]]));
    bool is_late = !is_done && m->forecast > m->planned + (calendar_is_business_day(&(struct calendar){0}, m->planned) ? 0 : 2);
    put_status_as(o, m->is_dropped ? RESULT_SKIP : is_done ? RESULT_PASS : is_late ? RESULT_FAIL : RESULT_UNKNOWN,
                  m->is_dropped ? "Dropped" : is_done ? (m->is_fixed ? "Passed" : "Reached") : m->planned < today && !m->is_fixed ? "Overdue" : is_late ? "Later than planned" : "As planned");
}

/* The last one of the report's way: what the reader waits for. */
static size_t issue_of(const struct scope_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        if (str_ends(scope_text(&rows->items[i], "template"), "_issue"))
            return i;
    return SIZE_MAX;
}

static size_t *order_of(struct view *v, const struct scope_rows *rows)
{
    size_t *order = arena_array(v->arena, rows->count + 1, sizeof *order);
    for (size_t i = 0; i < rows->count; i++) {
        size_t at = i;
        for (; at > 0 && str_compare(scope_text(&rows->items[order[at - 1]], "planned_on"), scope_text(&rows->items[i], "planned_on")) > 0; at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    return order;
}

static void issue_put(struct view *v, struct json *page, const struct scope_rows *rows, const struct milestone *items, const struct late_request *late)
{
    size_t place = issue_of(rows);
    struct json *o = json_put_object(page, "issue");
    json_put_bool(o, "is_known", place != SIZE_MAX);
    json_put_str(o, "planned", place == SIZE_MAX ? STR("") : audit_day_text(v, items[place].planned));
    json_put_str(o, "forecast", place == SIZE_MAX ? STR("") : audit_day_text(v, items[place].forecast));
    json_put_int(o, "late_days", place == SIZE_MAX || items[place].forecast <= items[place].planned ? 0 : items[place].forecast - items[place].planned);
    json_put_bool(o, "is_reached", place != SIZE_MAX && items[place].actual != DAY_NONE);
    json_put_str(o, "cause", place == SIZE_MAX ? STR("") : cause_words(v, rows, &items[place], late));
}

bool engagement_put_milestones(struct view *v, const struct view_records *r, struct json *page, const struct engagement *g, struct err *e)
{
    struct scope_rows rows;
    struct calendar calendar;
    struct late_request late;
    int64_t today = engagement_today(v, g);
    if (!engagement_rows(v, r, "milestone", g->id, &rows, e) || !calendar_load(v->db, v->arena, &calendar, e) || !requests_read(v, g->id, today, &late, e))
        return false;
    struct milestone *items = arena_array(v->arena, rows.count + 1, sizeof *items);
    for (size_t i = 0; i < rows.count; i++)
        milestone_read(v, &rows, i, today, &items[i]);
    milestones_forecast(&calendar, items, rows.count, today, late.days);
    struct json *list = json_put_array(page, "milestones");
    const size_t *order = order_of(v, &rows);
    for (size_t i = 0; i < rows.count; i++)
        milestone_put(v, list, &rows, order[i], &items[order[i]], &late, today);
    struct json *reachable = json_put_array(page, "reachable");
    for (size_t i = 0; i < rows.count; i++) {
        const struct milestone *m = &items[order[i]];
        if (v->is_past || m->actual != DAY_NONE || m->is_dropped || m->is_fixed)
            continue;
        struct json *one = json_push_object(reachable);
        json_put_str(one, "id", rows.items[order[i]].id);
        json_put_str(one, "title", record_title(&rows.items[order[i]]));
    }
    json_put_str(page, "today", day_text(v->arena, today));
    issue_put(v, page, &rows, items, &late);
    struct json *o = json_put_object(page, "requests");
    json_put_int(o, "open", late.open);
    json_put_int(o, "late", late.late);
    json_put_int(o, "late_days", late.days);
    json_put_str(o, "latest", late.id);
    json_put_str(o, "latest_title", late.title);
    return true;
}

/* ---- team and independence ---- */

static void member_problem(struct json *problems, struct str words)
{
    json_push_str(problems, words);
}

/* What an auditor must not do here: operate a control, own one, bring evidence, work for us. */
static bool auditor_check(struct view *v, struct json *problems, struct str person, const struct engagement_scope *scope, struct err *e)
{
    int64_t owned = 0, brought;
    for (size_t i = 0; i < scope->control_count; i++)
        owned += str_equal(scope->controls[i].owner, person);
    if (owned)
        member_problem(problems, arena_printf(v->arena, "owns %lld control%s that %s examined", (long long)owned, owned == 1 ? "" : "s", owned == 1 ? "is" : "are"));
    int64_t performs = db_one_int(v->db, e, 0, "select count(*) from control_records where performer = ?1 or reviewer = ?1", A(person));
    if (performs)
        member_problem(problems, STR("performs or reviews a control"));
    brought = db_one_int(v->db, e, 0, "select count(*) from evidence_items where owner = ?1 and state <> 'withdrawn'", A(person));
    if (brought)
        member_problem(problems, STR("brought evidence"));
    if (db_one_int(v->db, e, 0, "select count(*) from people where id = ?1 and kind in ('employee', 'contractor', 'consultant', 'board')", A(person)))
        member_problem(problems, STR("is on our roster as somebody who works for us"));
    return e->code == ERR_NONE;
}

static bool account_put(struct view *v, struct json *o, struct json *problems, struct str person, struct err *e)
{
    bool has_account = false;
    int64_t until = 0;
    DB_EACH (row, v->db, e, "select coalesce(valid_until, 0), roles from account where person = ?1 and state = 'active'", A(person)) {
        has_account = true;
        until = db_int(row, 0);
        if (!str_is(db_text(row, 1), "[\"auditor\"]"))
            member_problem(problems, STR("has an account with other roles than auditor"));
    }
    if (!has_account)
        member_problem(problems, STR("has no account of the role auditor"));
    else if (until == 0)
        member_problem(problems, STR("has an account without a last day"));
    put_time(v, o, "until", until);
    return e->code == ERR_NONE;
}

bool engagement_put_team(struct view *v, const struct view_records *r, struct json *page, const struct engagement *g, const struct engagement_scope *scope, struct err *e)
{
    struct json *team = json_put_array(page, "team");
    const struct record_type *t = record_types_find(r->types, STR("engagement"));
    struct record *record = record_get(v->db, v->arena, t, g->id, view_record_limit(v), e);
    if (!record)
        return false;
    for (size_t i = 0; i < g->auditors.count; i++) {
        struct json *o = json_push_object(team);
        struct str id = str_of(g->auditors.items[i]);
        json_put(o, "person", scope_person(v, id));
        json_put_str(o, "url", record_url(v, "person", id));
        struct json *problems = json_put_array(o, "problems");
        if (!account_put(v, o, problems, id, e) || !auditor_check(v, problems, id, scope, e))
            return false;
        put_status_as(o, problems->count ? RESULT_FAIL : RESULT_PASS, problems->count ? "To be settled" : "Nothing stands against it");
    }
    json_put_str(page, "partner", scope_text(record, "partner"));
    json_put_str(page, "independence", scope_text(record, "independence"));
    struct json *firm = json_put_object(page, "firm_choice");
    struct str chosen = db_one_text(v->arena, v->db, e, "select id from auditor_candidates where name = ?1 order by state = 'chosen' desc limit 1", A(g->firm));
    json_put_str(firm, "id", chosen.data ? chosen : STR(""));
    json_put_str(firm, "url", chosen.data ? record_url(v, "auditor_candidate", chosen) : STR(""));
    json_put_str(firm, "independence", chosen.data ? db_one_text(v->arena, v->db, e, "select coalesce(independence, '') from auditor_candidates where id = ?1", A(chosen)) : STR(""));
    return e->code == ERR_NONE;
}

/* ---- walkthroughs ---- */

static bool touches_place(const struct json *controls)
{
    JSON_EACH (c, controls)
        if (str_starts(c->text, "PHY-") || str_starts(c->text, "ENV-"))
            return true;
    return false;
}

static void walkthrough_put(struct view *v, struct json *list, const struct record *x, int64_t today)
{
    struct json *o = json_push_object(list), *controls = json_put_array(o, "controls"), *problems = json_put_array(o, "problems");
    const struct json *of = scope_list(x, "controls"), *shown = scope_list(x, "corroborated_by");
    bool is_remote = str_is(scope_text(x, "mode"), "remote"), is_open = !str_is(x->state, "cancelled") && !str_is(x->state, "concluded");
    json_put_str(o, "id", x->id);
    json_put_str(o, "title", record_title(x));
    json_put_str(o, "url", record_url(v, "walkthrough", x->id));
    json_put_str(o, "mode", scope_text(x, "mode"));
    json_put_str(o, "mode_words", scope_choice_label(x, "mode"));
    json_put_str(o, "mode_reason", scope_text(x, "mode_reason"));
    json_put_str(o, "safeguards", scope_text(x, "safeguards"));
    json_put_str(o, "held_on", scope_text(x, "held_on"));
    json_put(o, "owner", scope_person(v, scope_text(x, "owner")));
    json_put(o, "state", record_state_json(v, x->type, x->state));
    json_put_int(o, "corroborated", shown ? (int64_t)shown->count : 0);
    JSON_EACH (c, of)
        json_push_str(controls, c->text);
    if (!is_open)
        return;
    if (scope_text(x, "mode_reason").size == 0)
        json_push_str(problems, is_remote ? STR("say why remote is enough") : STR("say why on the spot"));
    if (is_remote && touches_place(of))
        json_push_str(problems, STR("a physical control wants eyes on the spot"));
    if (is_remote && scope_text(x, "safeguards").size == 0)
        json_push_str(problems, STR("say how the session is protected"));
    if (str_is(x->state, "held") && (!shown || shown->count == 0))
        json_push_str(problems, STR("nothing but words so far: name what was inspected"));
    if (str_is(x->state, "booked") && audit_day(scope_text(x, "held_on")) < today)
        json_push_str(problems, STR("its day has passed"));
}

bool engagement_put_walkthroughs(struct view *v, const struct view_records *r, struct json *page, const struct engagement *g, struct err *e)
{
    struct scope_rows rows;
    struct err why = {0};
    if (!engagement_rows(v, r, "walkthrough", g->id, &rows, e))
        return false;
    struct json *list = json_put_array(page, "walkthroughs");
    for (size_t i = 0; i < rows.count; i++)
        walkthrough_put(v, list, &rows.items[i], engagement_today(v, g));
    json_put_bool(page, "may_walk", !v->is_past && record_allows(r->access, rows.type, NULL, RECORD_CREATE, NULL, &why));
    return true;
}

/* ---- what was found ---- */

static const struct record *response_of(const struct scope_rows *rows, struct str exception)
{
    for (size_t i = 0; i < rows->count; i++)
        if (str_equal(scope_text(&rows->items[i], "exception"), exception))
            return &rows->items[i];
    return NULL;
}

static bool action_put(struct view *v, const struct view_records *r, struct json *o, struct str exception, bool *ret_closed, struct err *e)
{
    const struct record_type *t = record_types_find(r->types, STR("gap"));
    struct str id = db_one_text(v->arena, v->db, e, "select id from gap_records where audit_exception = ?1 order by id limit 1", A(exception));
    struct record *gap = id.data && t ? record_get(v->db, v->arena, t, id, view_record_limit(v), e) : NULL;
    *ret_closed = gap && str_is(gap->state, "closed");
    struct json *l = put_record_link(v, o, "action", "gap", gap);
    if (gap) {
        json_put(l, "state", record_state_json(v, t, gap->state));
        json_put_str(l, "due", scope_text(gap, "due_on"));
        json_put(l, "owner", scope_person(v, scope_text(gap, "owner")));
    }
    return e->code == ERR_NONE;
}

bool exceptions_put(struct view *v, const struct view_records *r, struct json *o, const char *key, struct str engagement, bool is_open_only, struct err *e)
{
    struct json *list = json_put_array(o, key);
    struct scope_rows rows, responses;
    if (engagement.size == 0)
        return true;
    if (!engagement_rows(v, r, "audit_exception", engagement, &rows, e) || !scope_rows_read(v, r, "response", view_record_limit(v), true, &responses, e))
        return false;
    for (size_t i = 0; i < rows.count; i++) {
        const struct record *x = &rows.items[i], *response = response_of(&responses, x->id);
        bool is_closed = false, is_verified = response && str_is(response->state, "verified");
        if (str_is(x->state, "withdrawn"))
            continue;
        struct json *one = json_object(v->arena);
        json_put_str(one, "id", x->id);
        json_put_str(one, "title", record_title(x));
        json_put_str(one, "url", record_url(v, "audit_exception", x->id));
        json_put_int(one, "version", x->version);
        json_put_str(one, "control", scope_text(x, "control"));
        json_put_int(one, "items", json_int(x->values, "items", 0));
        json_put_int(one, "of_items", json_int(x->values, "of_items", 0));
        json_put_str(one, "cause_words", scope_choice_label(x, "cause"));
        json_put(one, "state", record_state_json(v, x->type, x->state));
        struct json *l = put_record_link(v, one, "response", "response", response);
        if (response)
            json_put(l, "state", record_state_json(v, responses.type, response->state));
        if (!action_put(v, r, one, x->id, &is_closed, e))
            return false;
        bool is_settled = is_closed || (is_verified && json_get(one, "action")->type == JSON_NULL);
        put_status_as(one, is_settled ? RESULT_PASS : response || json_get(one, "action")->type == JSON_OBJECT ? RESULT_UNKNOWN : RESULT_FAIL, is_settled ? "Settled" : response || json_get(one, "action")->type == JSON_OBJECT ? "Being settled" : "Nothing was done yet");
        if (!is_open_only || !is_settled)
            json_push(list, one);
    }
    return true;
}
