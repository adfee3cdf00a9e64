#include "assess/engagement.h"

#include "base/times.h"

/* ---- the record ---- */

static int64_t day_or_none(struct str text)
{
    int64_t ms;
    return text.size == 10 && time_parse(text, 0, &ms) ? day_of(ms) : DAY_NONE;
}

static enum sample_risk risk_of(struct str text)
{
    return str_is(text, "low") ? RISK_LOW : str_is(text, "high") ? RISK_HIGH : RISK_MODERATE;
}

static void days_set(struct engagement *g, int64_t from, int64_t to)
{
    g->window = g->is_type1 ? (struct days){g->as_of, g->as_of} : (struct days){from, to};
    g->has_days = g->window.first != DAY_NONE && g->window.last != DAY_NONE && g->window.first <= g->window.last;
    if (!g->has_days)
        g->window = (struct days){1, 0};
    g->instants = (struct interval){zone_instant_ms(g->zone, g->window.first * MS_DAY), zone_instant_ms(g->zone, (g->window.last + 1) * MS_DAY)};
}

static int percent_of(struct db_row *row, int column, int otherwise)
{
    return db_is_null(row, column) ? otherwise : (int)db_int(row, column);
}

static void row_read(struct arena *a, struct db_row *row, struct engagement *g)
{
    g->id = arena_str(a, db_text(row, 0));
    g->title = arena_str(a, db_text(row, 1));
    g->state = arena_str(a, db_text(row, 2));
    g->version = db_int(row, 3);
    g->is_type1 = str_is(db_text(row, 4), "type1");
    g->as_of = g->is_type1 ? day_or_none(db_text(row, 5)) : DAY_NONE;
    g->time_zone = db_is_null(row, 8) ? STR("UTC") : arena_str(a, db_text(row, 8));
    g->zone = zone_open(a, g->time_zone);
    days_set(g, day_or_none(db_text(row, 6)), day_or_none(db_text(row, 7)));
    g->evidence_until = day_or_none(db_text(row, 9));
    g->report_on = day_or_none(db_text(row, 10));
    g->firm = arena_str(a, db_text(row, 11));
    g->owner = arena_str(a, db_text(row, 12));
    g->follows = arena_str(a, db_text(row, 13));
    g->profile = db_is_null(row, 14) ? STR("frequency_table") : arena_str(a, db_text(row, 14));
    g->risk = risk_of(db_text(row, 15));
    g->confidence_percent = percent_of(row, 16, 90);
    g->tolerable_percent = percent_of(row, 17, 10);
    g->limits = EVALUATION_LIMITS_DEFAULT;
    g->limits.confidence = g->confidence_percent / 100.0;
    g->limits.tolerable_rate = g->tolerable_percent / 100.0;
    g->scope_leaf = db_is_null(row, 18) ? -1 : db_int(row, 18);
    g->scope_digest = arena_str(a, db_text(row, 19));
}

static void id_add(struct arena *a, struct strings *list, size_t *capacity, const char *id)
{
    const char **items = (const char **)(uintptr_t)list->items;
    if (list->count == *capacity)
        items = arena_grow(a, items, list->count, capacity, sizeof *items);
    items[list->count] = id;
    *list = (struct strings){items, list->count + 1};
}

static bool links_read(struct db *db, struct arena *a, struct engagement *g, int64_t leaf, struct err *e)
{
    bool *categories = arena_array(a, content_category_count + 1, sizeof(bool));
    size_t capacity = 0;
    for (size_t i = 0; i < content_category_count; i++)
        categories[i] = content_categories[i].is_mandatory;
    DB_EACH (row, db, e,
             "select field, target from record_link where type = 'engagement' and id = ?1 and field in ('categories', 'auditors') and from_leaf <= ?2 and (to_leaf is null or to_leaf > ?2) "
             "order by field, place",
             A(g->id), A(leaf)) {
        struct str target = db_text(row, 1);
        if (str_is(db_text(row, 0), "auditors"))
            id_add(a, &g->auditors, &capacity, arena_str(a, target).data);
        for (size_t i = 0; i < content_category_count; i++)
            categories[i] |= str_is(target, content_categories[i].id);
    }
    g->categories = categories;
    return e->code == ERR_NONE;
}

bool engagement_read(struct db *db, struct arena *a, struct str id, int64_t leaf_limit, struct engagement *ret, struct err *e)
{
    bool is_there = false;
    *ret = (struct engagement){0};
    DB_EACH (row, db, e,
             "select id, title, state, version, kind, as_of, window_from, window_to, time_zone, evidence_until, report_on, coalesce(firm, ''), coalesce(owner, ''), coalesce(follows, ''), "
             "profile, risk, confidence, tolerable_rate, scope_leaf, coalesce(scope_digest, '') from engagements_versions where id = ?1 and is_deleted = 0 and from_leaf <= ?2 and "
             "(to_leaf is null or to_leaf > ?2)",
             A(id), A(leaf_limit)) {
        row_read(a, row, ret);
        is_there = true;
    }
    if (e->code)
        return false;
    return is_there ? links_read(db, a, ret, leaf_limit, e) : err_set(e, ERR_NOT_FOUND, "there is no engagement %.*s", STR_ARGS(str_slice(id, 0, 60)));
}

struct str engagement_current(struct db *db, struct arena *a, int64_t leaf_limit, struct err *e)
{
    struct str id = db_one_text(a, db, e,
                                "select id from engagements_versions where is_deleted = 0 and from_leaf <= ?1 and (to_leaf is null or to_leaf > ?1) and state in "
                                "('planning', 'open', 'fieldwork', 'reporting') order by state = 'planning', coalesce(window_to, as_of, '9999'), id limit 1",
                                A(leaf_limit));
    return id.data ? id : STR("");
}

bool engagement_has_category(const struct engagement *g, const char *category)
{
    for (size_t i = 0; i < content_category_count; i++)
        if (strcmp(content_categories[i].id, category) == 0)
            return g->categories[i];
    return false;
}

int64_t engagement_days(const struct engagement *g)
{
    return g->has_days ? g->window.last - g->window.first + 1 : 0;
}

int64_t engagement_days_done(const struct engagement *g, int64_t today)
{
    if (!g->has_days || today < g->window.first)
        return 0;
    return (today < g->window.last ? today : g->window.last) - g->window.first + 1;
}

/* ---- scope ---- */

const char *control_role_name(enum control_role role)
{
    return role == ROLE_KEY ? "key" : role == ROLE_COMPENSATING ? "compensating" : "supporting";
}

static bool lists(struct strings list, const char *id)
{
    for (size_t i = 0; i < list.count; i++)
        if (strcmp(list.items[i], id) == 0)
            return true;
    return false;
}

/* The days of the window on which the control was there. */
static struct days in_force(const struct engagement *g, const struct control_program *p)
{
    struct days d = {INT64_MIN / MS_DAY, INT64_MAX / MS_DAY};
    if (p->adoption != ADOPTION_ADOPTED && !(p->adoption == ADOPTION_RETIRED && p->effective_to_ms))
        return (struct days){1, 0};
    if (p->effective_from_ms)
        d.first = day_of(p->effective_from_ms);
    if (p->effective_to_ms)
        d.last = day_of(p->effective_to_ms);
    return days_meet(d, g->window);
}

static bool has_primary(const struct criterion *c)
{
    for (size_t i = 0; i < content_control_count; i++)
        if (strcmp(content_controls[i].primary_criterion, c->id) == 0)
            return true;
    return false;
}

struct scoping {
    struct arena *a;
    struct engagement_scope *s;
    bool *is_primary_named; /* of scope.criteria */
};

static void criteria_fill(struct scoping *x, const struct engagement *g)
{
    struct engagement_scope *s = x->s;
    s->criteria = arena_array(x->a, content_criterion_count + 1, sizeof *s->criteria);
    s->not_relevant = arena_array(x->a, content_criterion_count + 1, sizeof *s->not_relevant);
    x->is_primary_named = arena_array(x->a, content_criterion_count + 1, sizeof(bool));
    for (size_t i = 0; i < content_criterion_count; i++) {
        const struct criterion *c = &content_criteria[i];
        if (!engagement_has_category(g, c->category))
            continue;
        if (s->program->criterion_not_relevant[i]) {
            s->not_relevant[s->not_relevant_count++] = c;
            continue;
        }
        x->is_primary_named[s->criterion_count] = has_primary(c);
        s->criteria[s->criterion_count++].criterion = c;
    }
}

/* Which criteria in scope it serves: as the organisation says, else as the library does. */
static void serves_fill(struct scoping *x, struct engagement_control *c)
{
    const struct control_program *p = &x->s->program->controls[c->index];
    size_t keys = 0, supported = 0;
    for (size_t i = 0; i < x->s->criterion_count; i++) {
        const char *id = x->s->criteria[i].criterion->id;
        bool is_primary = strcmp(c->control->primary_criterion, id) == 0;
        bool is_key = p->has_roles ? lists(p->key_for, id) : is_primary || (!x->is_primary_named[i] && lists(c->control->criteria, id));
        bool is_supporting = p->has_roles ? lists(p->supports, id) : lists(c->control->criteria, id);
        if (is_key)
            id_add(x->a, &c->key_for, &keys, id);
        else if (is_supporting)
            id_add(x->a, &c->supports, &supported, id);
    }
}

static void controls_fill(struct scoping *x, const struct engagement *g)
{
    struct engagement_scope *s = x->s;
    s->controls = arena_array(x->a, s->program->control_count + 1, sizeof *s->controls);
    for (size_t i = 0; i < s->program->control_count; i++) {
        const struct control_program *p = &s->program->controls[i];
        struct days d = in_force(g, p);
        if (d.first > d.last)
            continue;
        struct engagement_control *c = &s->controls[s->control_count];
        *c = (struct engagement_control){.control = s->program->definitions[i], .index = i, .role = ROLE_SUPPORTING, .in_force = d, .owner = p->owner, .owner_name = p->owner_name};
        c->is_partial = d.first != g->window.first || d.last != g->window.last;
        serves_fill(x, c);
        if (c->key_for.count)
            c->role = ROLE_KEY;
        s->control_count += c->key_for.count + c->supports.count > 0 || p->compensates.count > 0;
    }
}

/* What makes up for a control that is in scope is in scope; what makes up for none, and serves no criterion, is not. */
static void compensation_fill(struct scoping *x)
{
    struct engagement_scope *s = x->s;
    size_t kept = 0;
    for (size_t i = 0; i < s->control_count; i++) {
        struct engagement_control *c = &s->controls[i];
        struct strings named = s->program->controls[c->index].compensates;
        size_t capacity = 0;
        for (size_t k = 0; k < named.count; k++)
            if (engagement_control_find(s, str_of(named.items[k])))
                id_add(x->a, &c->compensates, &capacity, named.items[k]);
        if (c->role != ROLE_KEY && c->compensates.count)
            c->role = ROLE_COMPENSATING;
    }
    for (size_t i = 0; i < s->control_count; i++)
        if (s->controls[i].key_for.count + s->controls[i].supports.count + s->controls[i].compensates.count > 0)
            s->controls[kept++] = s->controls[i];
    s->control_count = kept;
}

static void criterion_fill(struct scoping *x, struct engagement_criterion *c)
{
    size_t *places = arena_array(x->a, x->s->control_count + 1, sizeof *places);
    for (size_t i = 0; i < x->s->control_count; i++)
        if (lists(x->s->controls[i].key_for, c->criterion->id))
            places[c->key_count++] = i;
    c->control_count = c->key_count;
    for (size_t i = 0; i < x->s->control_count; i++)
        if (lists(x->s->controls[i].supports, c->criterion->id))
            places[c->control_count++] = i;
    c->controls = places;
}

bool engagement_scope(struct db *db, struct arena *a, const struct engagement *g, int64_t leaf_limit, struct engagement_scope *ret, struct err *e)
{
    struct scoping x = {.a = a, .s = ret};
    struct interval days = {g->window.first * MS_DAY, (g->window.last + 1) * MS_DAY}; /* what people did is known by its day */
    *ret = (struct engagement_scope){.program = program_load(db, a, days, leaf_limit, e)};
    if (!ret->program)
        return false;
    criteria_fill(&x, g);
    controls_fill(&x, g);
    compensation_fill(&x);
    for (size_t i = 0; i < ret->criterion_count; i++)
        criterion_fill(&x, &ret->criteria[i]);
    return true;
}

const struct engagement_control *engagement_control_find(const struct engagement_scope *s, struct str id)
{
    for (size_t i = 0; i < s->control_count; i++)
        if (str_is(id, s->controls[i].control->id))
            return &s->controls[i];
    return NULL;
}

const struct engagement_criterion *engagement_criterion_find(const struct engagement_scope *s, struct str id)
{
    for (size_t i = 0; i < s->criterion_count; i++)
        if (str_is(id, s->criteria[i].criterion->id))
            return &s->criteria[i];
    return NULL;
}

/* ---- the days of a plan ---- */

static bool is_some(struct days d)
{
    return d.first <= d.last;
}

static bool is_shorter_than(struct days window, int months)
{
    return window.last + 1 < day_add_months(window.first, months);
}

static void problem(struct plan_problem *ret, size_t *count, const char *field, const char *why, const char *reason_field)
{
    if (*count < PLAN_PROBLEMS_MAX)
        ret[(*count)++] = (struct plan_problem){.field = field, .why = why, .needs_reason = reason_field != NULL, .reason_field = reason_field};
}

size_t plan_check(bool is_type1, int64_t as_of, struct days window, struct days before, const struct days *others, size_t other_count, struct plan_problem ret[PLAN_PROBLEMS_MAX])
{
    size_t count = 0;
    if (is_type1) {
        if (as_of == DAY_NONE)
            problem(ret, &count, "as_of", "a Type 1 report speaks of one day: say which", NULL);
        return count;
    }
    if (window.first == DAY_NONE || window.last == DAY_NONE) {
        problem(ret, &count, window.first == DAY_NONE ? "window_from" : "window_to", "a Type 2 report speaks of a period: say its first and its last day", NULL);
        return count;
    }
    if (!is_some(window)) {
        problem(ret, &count, "window_to", "the window ends before it begins", NULL);
        return count;
    }
    if (is_shorter_than(window, WINDOW_MONTHS_MIN))
        problem(ret, &count, "window_to", "under three months nobody can say that controls operated: choose a later end", NULL);
    else if (is_shorter_than(window, WINDOW_MONTHS_USUAL))
        problem(ret, &count, "window_to", "most readers expect six months or more: say why it is shorter", "short_reason");
    bool is_overlapping = false;
    for (size_t i = 0; i < other_count; i++)
        is_overlapping |= is_some(others[i]) && is_some(days_meet(others[i], window));
    if (is_overlapping)
        problem(ret, &count, "window_from", "some of these days are in another examination's window already: say why", "gap_reason");
    else if (is_some(before) && window.first > before.last + 1)
        problem(ret, &count, "window_from", "days between the last window and this one would be in no report: say why", "gap_reason");
    return count;
}

struct days window_next(struct days window)
{
    struct days next = {window.last + 1, window.last + (window.last - window.first + 1)};
    for (int months = 1; months <= 24; months++)
        if (day_add_months(window.first, months) == window.last + 1)
            next.last = day_add_months(next.first, months) - 1;
    return next;
}
