/* My page, Tasks and Calendar: what is due. */
#include "assess/engagement.h"
#include "base/times.h"
#include "report/people_internal.h"
#include "report/view_due.h"
#include "report/view_record_internal.h"

static int64_t today(struct view *v)
{
    return view_today(v);
}

static bool due_read(struct view *v, const struct view_records *r, struct str person, int64_t from, int64_t to, int64_t limit, struct due_item **ret, size_t *ret_count,
                     struct err *e)
{
    size_t count;
    const struct record_type **types = due_types(v->arena, r->types, &count);
    struct due_query q = {.person = person, .today = v->is_past ? 0 : today(v), .from_day = from, .to_day = to, .leaf_limit = view_record_limit(v), .access = r->access, .limit = limit};
    return due_list(v->db, v->arena, types, count, &q, ret, ret_count, e);
}

static bool due_sum(struct view *v, const struct view_records *r, struct str person, struct str type, int64_t from, int64_t to, int64_t *ret, struct err *e)
{
    size_t count;
    const struct record_type **types = due_types(v->arena, r->types, &count);
    struct due_query q = {.person = person, .type = type, .from_day = from, .to_day = to, .leaf_limit = view_record_limit(v), .access = r->access};
    return due_total(v->db, v->arena, types, count, &q, ret, e);
}

bool view_due_counts(struct view *v, const struct view_records *r, int64_t *ret_mine, int64_t *ret_all, struct err *e)
{
    size_t count;
    const struct record_type **types = due_types(v->arena, r->types, &count);
    struct due_query q = {.to_day = today(v) - 1, .leaf_limit = view_record_limit(v), .access = r->access};
    *ret_mine = 0;
    if (!due_count(v->db, v->arena, types, count, &q, DUE_COUNT_MAX, ret_all, e))
        return false;
    q.person = r->access->person;
    q.today = v->is_past ? 0 : today(v);
    return q.person.size == 0 || due_count(v->db, v->arena, types, count, &q, DUE_COUNT_MAX, ret_mine, e);
}

static struct str when_text(struct view *v, int64_t days)
{
    if (days == 0)
        return STR("today");
    if (days == 1)
        return STR("tomorrow");
    int64_t n = days < 0 ? -days : days;
    return arena_printf(v->arena, days < 0 ? "%lld %s late" : "in %lld %s", (long long)n, n == 1 ? "day" : "days");
}

static struct json *put_due(struct view *v, struct json *o, const struct due_item *d)
{
    int64_t days = d->due_day - today(v);
    char date[TIME_TEXT_SIZE];
    json_put_cstr(o, "type", d->type->id);
    json_put_cstr(o, "type_label", d->type->label);
    json_put_str(o, "id", d->id);
    json_put_str(o, "title", d->title);
    json_put_str(o, "url", record_url(v, d->type->id, d->id));
    json_put(o, "state", record_state_json(v, d->type, d->state));
    json_put_str(o, "due", arena_str(v->arena, str_of(time_format_date(d->due_day * MS_DAY, date))));
    json_put_str(o, "when", when_text(v, days));
    json_put_int(o, "days", days);
    struct json *owner = json_put_object(o, "owner");
    json_put_str(owner, "id", d->owner);
    json_put_str(owner, "name", d->owner_name.size ? d->owner_name : d->owner);
    json_put_bool(o, "is_milestone", d->is_milestone);
    if (d->is_milestone)
        put_status_as(o, RESULT_SKIP, "Milestone");
    else
        put_status_as(o, days < 0 ? RESULT_FAIL : days <= VIEW_DUE_WEEK ? RESULT_UNKNOWN : RESULT_SKIP,
                      days < 0 ? "Overdue" : days == 0 ? "Today" : days <= VIEW_DUE_WEEK ? "This week" : "Later");
    return o;
}

/* ---- milestones: the examination's own days ---- */

/* As due_list has them, milestones first on their day. */
static int compare_days(const void *a, const void *b)
{
    const struct due_item *x = a, *y = b;
    int order = (x->due_day > y->due_day) - (x->due_day < y->due_day);
    order = order ? order : y->is_milestone - x->is_milestone;
    order = order ? order : strcmp(x->type->id, y->type->id);
    order = order ? order : str_compare(x->id, y->id);
    return order ? order : str_compare(x->title, y->title);
}

/* Adds those from..to; what is due on the same day comes after. */
bool due_add_milestones(struct view *v, const struct view_records *r, int64_t from, int64_t to, struct due_item **items, size_t *count, struct err *e)
{
    enum { KINDS = 3, ORGANISATIONS_MAX = 4 };
    static const char *const titles[KINDS] = {"The window begins", "The window ends", "Type 1: as of this day"};
    const struct record_type *t = record_types_find(r->types, STR("organisation"));
    struct due_item *all = arena_array(v->arena, *count + KINDS * ORGANISATIONS_MAX, sizeof *all);
    size_t n = 0;
    struct err inner = {0};
    if (!t || !record_may_read_type(r, t))
        return true;
    DB_EACH (row, v->db, &inner,
             "select o.id, o.state, o.from_t, case when o.report_type = 'type1' then null else o.window_from end, case when o.report_type = 'type1' then null else o.window_to end, "
             "case when o.report_type = 'type1' then o.as_of end, o.lead, (select p.name from people p where p.id = o.lead) from organisations_versions o "
             "where o.is_deleted = 0 and o.from_leaf <= ?1 and (o.to_leaf is null or o.to_leaf > ?1) order by o.id limit ?2",
             A(view_record_limit(v)), A((int64_t)ORGANISATIONS_MAX))
        for (int k = 0; k < KINDS; k++) {
            int64_t at_ms;
            if (!db_text(row, 3 + k).size || !time_parse(db_text(row, 3 + k), 0, &at_ms) || day_of(at_ms) < from || day_of(at_ms) > to)
                continue;
            all[n++] = (struct due_item){.type = t, .id = arena_str(v->arena, db_text(row, 0)), .title = str_of(titles[k]), .state = arena_str(v->arena, db_text(row, 1)),
                                         .owner = arena_str(v->arena, db_text(row, 6)), .owner_name = arena_str(v->arena, db_text(row, 7)), .changed_t = db_int(row, 2),
                                         .due_day = day_of(at_ms), .is_milestone = true};
        }
    if (inner.code)
        return *e = inner, false;
    for (size_t i = 0; i < *count; i++)
        all[n++] = (*items)[i];
    if (n > *count)
        qsort(all, n, sizeof *all, compare_days);
    *items = all;
    *count = n;
    return true;
}

/* ---- Overview: this week, and how long until the auditor looks ---- */

bool view_put_week(struct view *v, const struct view_records *r, struct json *page, struct err *e)
{
    enum { SHOWN = 6 };
    struct due_item *items;
    size_t count;
    int64_t day = today(v), late = 0;
    int64_t week = 0;
    if (!due_sum(v, r, STR(""), STR(""), 0, day - 1, &late, e) || !due_sum(v, r, STR(""), STR(""), day, day + VIEW_DUE_WEEK, &week, e) ||
        !due_read(v, r, STR(""), 0, day + VIEW_DUE_WEEK, SHOWN, &items, &count, e))
        return false;
    size_t read = count;
    if (!due_add_milestones(v, r, day, day + VIEW_DUE_WEEK, &items, &count, e))
        return false;
    week += (int64_t)(count - read);
    struct json *o = json_put_object(page, "due"), *rows = json_put_array(o, "rows");
    for (size_t i = 0; i < count && rows->count < SHOWN; i++)
        put_due(v, json_push_object(rows), &items[i]);
    json_put_int(o, "overdue", late);
    json_put_int(o, "week", week);
    json_put_int(o, "more", late + week - (int64_t)rows->count);
    return true;
}

static struct str days_words(struct view *v, const char *words, int64_t days)
{
    return arena_printf(v->arena, "%s in %lld %s", words, (long long)days, days == 1 ? "day" : "days");
}

static void audit_put(struct view *v, struct json *page, bool is_type1, int64_t from, int64_t to, struct str url)
{
    int64_t day = today(v);
    struct json *o = json_put_object(page, "audit");
    bool is_set = from >= 0 && to >= from;
    json_put_cstr(o, "report", is_type1 ? "Type 1" : "Type 2");
    json_put_str(o, "url", url);
    json_put_str(o, "from", from >= 0 ? day_text(v->arena, from) : STR(""));
    json_put_str(o, "to", to >= 0 ? day_text(v->arena, to) : STR(""));
    json_put_bool(o, "is_set", is_set);
    int64_t days = day < from ? from - day : to - day;
    json_put_int(o, "days", is_set ? days : 0);
    json_put_str(o, "words", !is_set        ? (is_type1 ? STR("The date of the report is not set") : STR("The window is not set"))
                             : is_type1     ? (days < 0 ? STR("The date has passed") : days_words(v, "The auditor looks", days))
                             : day < from   ? days_words(v, "The window begins", days)
                             : days < 0     ? STR("The window has ended")
                                            : days_words(v, "The window ends", days));
    json_put_str(o, "formula", !is_set || is_type1 || day < from || days < 0 ? STR("") : arena_printf(v->arena, "day %lld of %lld", (long long)(day - from + 1), (long long)(to - from + 1)));
}

/* An engagement, where there is one; else what the profile of the organisation says is wanted. */
bool view_put_audit(struct view *v, struct json *page, struct err *e)
{
    struct engagement g;
    bool is_put = false;
    struct str id = engagement_current(v->db, v->arena, view_record_limit(v), e);
    if (e->code || (id.size && !engagement_read(v->db, v->arena, id, view_record_limit(v), &g, e)))
        return false;
    if (id.size) {
        audit_put(v, page, g.is_type1, g.has_days ? g.window.first : -1, g.has_days ? g.window.last : -1, arena_printf(v->arena, "/audit/%.*s", STR_ARGS(g.id)));
        return true;
    }
    DB_EACH (row, v->db, e,
             "select id, report_type, window_from, window_to, as_of from organisations_versions where is_deleted = 0 and from_leaf <= ?1 and (to_leaf is null or to_leaf > ?1) order by id limit 1",
             A(view_record_limit(v))) {
        bool is_type1 = str_is(db_text(row, 1), "type1");
        int64_t from = -1, to = -1, ms;
        if (time_parse(db_text(row, is_type1 ? 4 : 2), 0, &ms))
            from = day_of(ms);
        if (time_parse(db_text(row, is_type1 ? 4 : 3), 0, &ms))
            to = day_of(ms);
        audit_put(v, page, is_type1, from, to, record_url(v, "organisation", arena_str(v->arena, db_text(row, 0))));
        is_put = true;
    }
    if (!is_put)
        json_put_null(page, "audit");
    return e->code == ERR_NONE;
}

/* ---- My page ---- */

struct deciding {
    struct view *v;
    const struct view_records *records;
    const struct record_type *type;
    struct json *list;
    struct str parent, parent_state; /* the one that was asked for last: lines of one review come one after the other */
};

/* What a step is bound to ("review.open"): is that record in such a state? Else nobody can take it. */
static bool is_possible(struct deciding *x, const struct record_transition *t, const struct record *record, bool *ret, struct err *e)
{
    *ret = t->only_while.count == 0;
    for (size_t i = 0; i < t->only_while.count && !*ret; i++) {
        struct str state = str_of(t->only_while.items[i]), field = {0};
        str_cut(&state, '.', &field);
        const struct record_field *f = record_type_field(x->type, field);
        const struct record_type *target = f ? record_types_find(x->records->types, str_of(f->target)) : NULL;
        struct str id = json_text(record->values, arena_str(x->v->arena, field).data);
        if (!target || id.size == 0)
            continue;
        if (!str_equal(id, x->parent)) {
            struct record *parent = record_get_brief(x->v->db, x->v->arena, target, id, view_record_limit(x->v), e);
            if (!parent)
                return false;
            x->parent = arena_str(x->v->arena, id);
            x->parent_state = parent->state;
        }
        *ret = str_equal(state, x->parent_state);
    }
    return true;
}

static bool comes_from(const struct record_transition *t, struct str state)
{
    for (size_t i = 0; i < t->from.count; i++)
        if (str_is(state, t->from.items[i]))
            return true;
    return false;
}

/* Steps that not everybody may take: those that keep out whoever made it, or that take several. */
static bool is_decision(const struct record_transition *t)
{
    return t->not_by.count > 0 || t->quorum > 1;
}

static bool each_undecided(void *context, const struct record *record, struct err *e)
{
    struct deciding *x = context;
    struct json *steps = json_array(x->v->arena);
    for (size_t i = 0; i < x->type->transition_count; i++) {
        const struct record_transition *t = &x->type->transitions[i];
        const char *other;
        bool is_now;
        if (!is_decision(t) || !comes_from(t, record->state) || !access_matches(x->records->access, &t->who, record))
            continue;
        if (!is_possible(x, t, record, &is_now, e))
            return false;
        if (!is_now)
            continue;
        if (!record_other_eyes(x->v->db, x->v->arena, x->records->access, record, t, &other, e))
            return false;
        if (!other)
            json_push_str(steps, str_of(t->label));
    }
    if (steps->count == 0)
        return true;
    struct json *o = json_push_object(x->list);
    json_put_cstr(o, "type_label", x->type->label);
    json_put_str(o, "id", record->id);
    json_put_str(o, "title", record_title(record));
    json_put_str(o, "url", record_url(x->v, x->type->id, record->id));
    json_put(o, "state", record_state_json(x->v, x->type, record->state));
    json_put(o, "steps", steps);
    put_time(x->v, o, "since", record->t);
    return true;
}

static bool put_decisions(struct view *v, const struct view_records *r, struct json *page, struct err *e)
{
    struct deciding x = {.v = v, .records = r, .list = json_put_array(page, "decisions")};
    for (size_t i = 0; i < record_types_count(r->types); i++) {
        x.type = record_types_at(r->types, i);
        x.parent = STR("");
        for (size_t s = 0; s < x.type->state_count; s++) {
            bool is_decided_here = false;
            for (size_t k = 0; k < x.type->transition_count; k++)
                is_decided_here |= is_decision(&x.type->transitions[k]) && comes_from(&x.type->transitions[k], str_of(x.type->states[s].id));
            struct record_query q = {.state = str_of(x.type->states[s].id), .sort = STR("changed"), .page = 1, .per_page = VIEW_MY_MAX,
                                     .leaf_limit = view_record_limit(v), .access = r->access, .now_ms = v->at_ms};
            if (is_decided_here && !record_list(v->db, v->arena, x.type, &q, each_undecided, &x, NULL, e))
                return false;
        }
    }
    return true;
}

static void put_group(struct view *v, struct json *groups, const char *id, const char *label, struct str person, const struct due_item *items, size_t count,
                      int64_t from, int64_t to)
{
    struct json *rows = json_array(v->arena);
    int64_t more = 0;
    for (size_t i = 0; i < count; i++) {
        if (items[i].due_day < from || items[i].due_day > to)
            continue;
        if (rows->count < VIEW_MY_MAX)
            json_put_bool(put_due(v, json_push_object(rows), &items[i]), "is_other", !str_equal(items[i].owner, person));
        else
            more++;
    }
    if (rows->count == 0)
        return;
    struct json *o = json_push_object(groups);
    json_put_cstr(o, "id", id);
    json_put_cstr(o, "label", label);
    json_put(o, "rows", rows);
    json_put_int(o, "more", more);
}

#define MESSAGES(OF) \
    "select m.id, m.title, m.text, coalesce(m.department, '') from awareness_messages_versions m where " OF("m") " and m.state = 'sent' and m.shown_from <= ?2 and m.shown_until >= ?2 " \
    "order by m.shown_from desc, m.id desc"

bool view_put_messages(struct view *v, struct str person, struct json *page, struct err *e)
{
    struct json *list = json_put_array(page, "messages");
    struct str department = db_one_text(v->arena, v->db, e, "select coalesce(department, '') from people where id = ?1", A(person));
    if (e->code)
        return false;
    DB_EACH (row, v->db, e, VIEW_SQL(v, MESSAGES), A(view_record_limit(v)), A(day_text(v->arena, today(v)))) {
        struct str departments = db_text(row, 3);
        if (list->count == VIEW_MESSAGES_MAX || (str_trim(departments).size && !people_word_in(departments, department)))
            continue;
        struct json *o = json_push_object(list);
        json_put_str(o, "id", arena_str(v->arena, db_text(row, 0)));
        json_put_str(o, "title", arena_str(v->arena, db_text(row, 1)));
        json_put_str(o, "text", arena_str(v->arena, db_text(row, 2)));
    }
    return e->code == ERR_NONE;
}

struct json *view_my(struct view *v, const struct view_records *r, struct err *e)
{
    struct str person = r->access->person;
    struct due_item *items = NULL;
    size_t count = 0, late = 0;
    if (person.size && !due_read(v, r, person, 0, INT64_MAX, 0, &items, &count, e))
        return NULL;
    struct json *page = record_page_new(v, STR("My page"), true, e);
    if (!page)
        return NULL;
    if (person.size) {
        struct err failed = {0};
        struct json *who = json_put_object(page, "person");
        struct str name = db_one_text(v->arena, v->db, &failed, "select name from people where id = ?1", A(person));
        json_put_str(who, "id", person);
        json_put_str(who, "name", name.size ? name : person);
    } else {
        json_put_null(page, "person");
    }
    int64_t day = today(v);
    while (late < count && items[late].due_day < day)
        late++;
    json_put_int(page, "total", (int64_t)count);
    json_put_int(page, "overdue", (int64_t)late);
    struct json *groups = json_put_array(page, "groups");
    put_group(v, groups, "overdue", "Overdue", person, items, count, INT64_MIN, day - 1);
    put_group(v, groups, "today", "Today", person, items, count, day, day);
    put_group(v, groups, "week", "This week", person, items, count, day + 1, day + VIEW_DUE_WEEK);
    put_group(v, groups, "later", "Later", person, items, count, day + VIEW_DUE_WEEK + 1, INT64_MAX);
    return put_decisions(v, r, page, e) ? page : NULL;
}

/* ---- Tasks ---- */

static struct str owner_key(const struct due_item *d)
{
    return d->owner.size ? d->owner : STR("none");
}

static int compare_owners(const void *a, const void *b)
{
    const struct due_item *const *x = a, *const *y = b;
    int order = str_compare((*x)->owner_name, (*y)->owner_name);
    return order ? order : str_compare((*x)->owner, (*y)->owner);
}

/* At most PEOPLE_SHOWN, and whoever is chosen: the page stays small. */
static void put_people(struct view *v, struct json *page, const struct due_item *items, size_t count, struct str person)
{
    enum { PEOPLE_SHOWN = 200 };
    const struct due_item **sorted = arena_array(v->arena, count + 1, sizeof(*sorted));
    struct json *people = json_put_array(page, "people");
    for (size_t i = 0; i < count; i++)
        sorted[i] = &items[i];
    if (count)
        qsort(sorted, count, sizeof(*sorted), compare_owners);
    for (size_t i = 0, next; i < count; i = next) {
        for (next = i + 1; next < count && str_equal(sorted[next]->owner, sorted[i]->owner);)
            next++;
        struct str key = owner_key(sorted[i]);
        if (people->count >= PEOPLE_SHOWN && !str_equal(key, person))
            continue;
        struct json *o = json_push_object(people);
        json_put_str(o, "id", key);
        json_put_str(o, "name", sorted[i]->owner_name.size ? sorted[i]->owner_name : str_is(key, "none") ? STR("Nobody") : key);
        json_put_int(o, "count", (int64_t)(next - i));
        json_put_bool(o, "is_current", str_equal(key, person));
    }
}

static struct json *task_row(struct view *v, const struct due_item *d, enum result_status *ret_status)
{
    int64_t days = d->due_day - today(v);
    struct json *row = json_object(v->arena);
    put_due(v, row, d);
    *ret_status = days < 0 ? RESULT_FAIL : days <= VIEW_DUE_WEEK ? RESULT_UNKNOWN : RESULT_SKIP;
    return row;
}

/* The days that a status means. */
static bool status_days(struct view *v, struct str status, int64_t *ret_from, int64_t *ret_to)
{
    int64_t day = today(v), week = day + VIEW_DUE_WEEK;
    bool is_late = str_is(status, "fail") || str_is(status, "overdue"), is_week = str_is(status, "unknown"), is_later = str_is(status, "skip"), is_soon = str_is(status, "attention");
    *ret_from = is_week ? day : is_later ? week + 1 : 0;
    *ret_to = is_late ? day - 1 : is_week || is_soon ? week : INT64_MAX;
    return status.size == 0 || is_late || is_week || is_later || is_soon;
}

/* How many of a type are overdue, within a week, and later. */
struct due_sums {
    const struct record_type *type;
    int64_t late, week, later;
};

static int64_t sum_shown(const struct due_sums *x, struct str status)
{
    bool is_late = str_is(status, "fail") || str_is(status, "overdue"), is_week = str_is(status, "unknown"), is_later = str_is(status, "skip"), is_soon = str_is(status, "attention");
    bool is_all = status.size == 0;
    return (is_all || is_late || is_soon ? x->late : 0) + (is_all || is_week || is_soon ? x->week : 0) + (is_all || is_later ? x->later : 0);
}

/* Of those types that have any. */
static bool sums_read(struct view *v, const struct view_records *r, struct str person, struct due_sums **ret, size_t *ret_count, struct err *e)
{
    size_t type_count;
    const struct record_type **types = due_types(v->arena, r->types, &type_count);
    int64_t day = today(v), all, late, week;
    *ret = arena_array(v->arena, type_count + 1, sizeof **ret);
    *ret_count = 0;
    for (size_t i = 0; i < type_count; i++) {
        struct due_query q = {.person = person, .to_day = INT64_MAX, .leaf_limit = view_record_limit(v), .access = r->access};
        if (!due_total(v->db, v->arena, &types[i], 1, &q, &all, e))
            return false;
        if (all == 0)
            continue;
        q.to_day = day - 1;
        if (!due_total(v->db, v->arena, &types[i], 1, &q, &late, e))
            return false;
        q.from_day = day;
        q.to_day = day + VIEW_DUE_WEEK;
        if (!due_total(v->db, v->arena, &types[i], 1, &q, &week, e))
            return false;
        (*ret)[(*ret_count)++] = (struct due_sums){types[i], late, week, all - late - week};
    }
    return true;
}

/* Of very many: the database counts, sorts by day and gives what the page shows. Whose they are is offered of those on the page; a search finds others. */
static bool tasks_paged(struct view *v, const struct view_records *r, struct json *page, const struct view_filter *f, struct str person, struct err *e)
{
    static const char *const kinds[] = {"fail", "unknown", "pass", "skip"};
    struct json *groups = json_array(v->arena), *statuses = json_array(v->arena), *rows = json_array(v->arena);
    struct due_sums *sums;
    struct due_item *items;
    size_t type_count, count;
    int64_t from, to, total = 0, all = 0, of_kind[4] = {0}, first = (filter_page(f) - 1) * filter_per_page(f), end = first + filter_per_page(f);
    if (!sums_read(v, r, person, &sums, &type_count, e))
        return false;
    const struct record_type **types = arena_array(v->arena, type_count + 1, sizeof *types);
    for (size_t i = 0; i < type_count; i++) {
        int64_t n = sum_shown(&sums[i], f->status);
        bool is_asked = f->group.size == 0 || str_is(f->group, sums[i].type->id);
        types[i] = sums[i].type;
        all += sum_shown(&sums[i], STR(""));
        total += is_asked ? n : 0;
        for (int k = 0; k < 4; k++)
            of_kind[k] += is_asked && k != 2 ? sum_shown(&sums[i], str_of(kinds[k])) : 0;
        if (n == 0)
            continue;
        struct json *o = json_push_object(groups);
        json_put_cstr(o, "id", types[i]->id);
        json_put_cstr(o, "words", types[i]->id);
        json_put_int(o, "count", n);
    }
    for (int k = 0; k < 4; k++) {
        enum result_status status = RESULT_SKIP;
        struct json *o = json_push_object(statuses);
        if (!result_status_parse(str_of(kinds[k]), &status))
            return err_set(e, ERR_INTERNAL, "%s", kinds[k]);
        put_status_as(o, status, result_status_words(status));
        json_put_cstr(o, "words", result_status_words(status));
        json_put_int(o, "count", of_kind[k]);
    }
    status_days(v, f->status, &from, &to);
    struct due_query q = {.person = person, .type = f->group, .from_day = from, .to_day = to, .leaf_limit = view_record_limit(v), .access = r->access, .limit = end};
    if (!due_list(v->db, v->arena, types, type_count, &q, &items, &count, e))
        return false;
    size_t skipped = (size_t)first < count ? (size_t)first : count, shown = count - skipped < (size_t)filter_per_page(f) ? count - skipped : (size_t)filter_per_page(f);
    for (size_t i = skipped; i < skipped + shown; i++) {
        enum result_status status;
        json_push(rows, task_row(v, &items[i], &status));
    }
    put_people(v, page, items + skipped, shown, person);
    json_put(page, "groups", groups);
    json_put(page, "statuses", statuses);
    json_put(page, "rows", rows);
    list_put_page(v, page, f, total, all);
    return true;
}

static bool tasks_read(struct view *v, const struct view_records *r, struct json *page, const struct view_filter *f, struct str person, struct err *e)
{
    struct due_item *items;
    size_t count;
    if (!due_read(v, r, STR(""), 0, INT64_MAX, 0, &items, &count, e))
        return false;
    put_people(v, page, items, count, person);
    struct list l;
    list_init(&l, v, f);
    for (size_t i = 0; i < count; i++) {
        const struct due_item *d = &items[i];
        enum result_status status;
        if (person.size && !str_equal(person, owner_key(d)))
            continue;
        struct json *row = task_row(v, d, &status);
        struct str text = arena_printf(v->arena, "%.*s %.*s %s %.*s", STR_ARGS(d->id), STR_ARGS(d->title), d->type->label, STR_ARGS(d->owner_name));
        bool is_sorted = sort_is(f, "title") || sort_is(f, "type") || sort_is(f, "owner");
        struct str by = sort_is(f, "title") ? d->title : sort_is(f, "type") ? str_of(d->type->label) : sort_is(f, "owner") ? d->owner_name : STR("");
        list_add(&l, (struct list_row){.row = row, .text = text, .group = str_of(d->type->id), .sort_text = by, .status = status,
                                       .state = status == RESULT_FAIL ? "overdue" : NULL, .sort_number = is_sorted ? 0 : (int64_t)i});
    }
    list_finish(&l, page, NULL);
    return true;
}

struct json *view_tasks(struct view *v, const struct view_records *r, const struct view_filter *f, struct str person, struct err *e)
{
    enum { READ_MAX = 2000 };
    int64_t all, ignored;
    f = f ? f : &view_filter_none;
    struct json *page = record_page_new(v, STR("Tasks"), true, e);
    if (!page || !due_sum(v, r, STR(""), STR(""), 0, INT64_MAX, &all, e))
        return NULL;
    json_put_str(page, "person", person.data ? person : STR(""));
    bool is_by_day = f->q.size == 0 && f->sort.size == 0 && !f->is_descending && !str_is(person, "none") && status_days(v, f->status, &ignored, &ignored);
    if (!(all > READ_MAX && is_by_day ? tasks_paged(v, r, page, f, person.data ? person : STR(""), e) : tasks_read(v, r, page, f, person, e)))
        return NULL;
    list_name_statuses(page, "Overdue", "Within a week", "Later", "Later");
    return page;
}

/* ---- Calendar ---- */

static void put_holidays(struct view *v, struct str *names, int64_t start, int64_t end, struct err *e)
{
    char from[TIME_TEXT_SIZE], to[TIME_TEXT_SIZE];
    DB_EACH (row, v->db, e,
             "select on_date, name from holidays_versions where is_deleted = 0 and from_leaf <= ?3 and (to_leaf is null or to_leaf > ?3) "
             "and on_date >= ?1 and on_date < ?2",
             A(str_of(time_format_date(start * MS_DAY, from))), A(str_of(time_format_date(end * MS_DAY, to))), A(view_record_limit(v))) {
        int64_t at_ms;
        if (time_parse(db_text(row, 0), 0, &at_ms) && day_of(at_ms) >= start && day_of(at_ms) < end)
            names[day_of(at_ms) - start] = arena_str(v->arena, db_text(row, 1));
    }
}

/* Of a full month only what its days show is read, and how many there are besides is counted: each type once for all days, and each day's types in
 * their order until the day is full. */
static bool days_read(struct view *v, const struct view_records *r, int64_t start, int64_t end, struct due_item **ret, size_t *ret_count, int64_t *more, struct err *e)
{
    size_t type_count, days = (size_t)(end - start);
    const struct record_type **types = due_types(v->arena, r->types, &type_count);
    struct due_item *all = arena_array(v->arena, days * VIEW_DAY_MAX + 1, sizeof *all);
    int64_t *counts = arena_array(v->arena, type_count * days + 1, sizeof *counts);
    struct due_query q = {.from_day = start, .to_day = end - 1, .leaf_limit = view_record_limit(v), .access = r->access};
    *ret_count = 0;
    for (size_t i = 0; i < type_count; i++)
        if (!due_days(v->db, v->arena, types[i], &q, counts + i * days, e))
            return false;
    for (size_t day = 0; day < days; day++) {
        size_t shown = 0;
        int64_t n = 0;
        for (size_t i = 0; i < type_count; i++) {
            struct due_item *items;
            size_t count = 0;
            n += counts[i * days + day];
            if (counts[i * days + day] == 0 || shown == VIEW_DAY_MAX)
                continue;
            q.from_day = q.to_day = start + (int64_t)day;
            q.limit = VIEW_DAY_MAX - (int64_t)shown;
            if (!due_list(v->db, v->arena, &types[i], 1, &q, &items, &count, e))
                return false;
            if (count)
                memcpy(all + *ret_count, items, count * sizeof *all);
            *ret_count += count;
            shown += count;
        }
        more[day] = n > VIEW_DAY_MAX ? n - VIEW_DAY_MAX : 0;
    }
    *ret = all;
    return true;
}

struct json *view_calendar(struct view *v, const struct view_records *r, struct str month, struct str person, struct err *e)
{
    enum { READ_MAX = 1000 };
    struct month m;
    struct due_item *items;
    struct err failed = {0};
    size_t count, at = 0;
    int64_t total = 0;
    if (!month_open(v, month, &m, e) || (!person.size && !due_sum(v, r, STR(""), STR(""), m.start, m.end - 1, &total, e)))
        return NULL;
    int64_t *unread = arena_array(v->arena, (size_t)(m.end - m.start), sizeof *unread);
    if (!(total > READ_MAX ? days_read(v, r, m.start, m.end, &items, &count, unread, e) : due_read(v, r, person, m.start, m.end - 1, 0, &items, &count, e)))
        return NULL;
    if (!person.size && !due_add_milestones(v, r, m.start, m.end - 1, &items, &count, e))
        return NULL;
    struct json *page = record_page_new(v, STR("Calendar"), true, e);
    if (!page)
        return NULL;
    month_put(v, page, &m);
    json_put_str(page, "person", person.data ? person : STR(""));
    for (int64_t day = m.start; day < m.end; day++)
        total = day == m.start ? (int64_t)count + unread[0] : total + unread[day - m.start];
    json_put_int(page, "total", total);
    struct str *holidays = arena_array(v->arena, (size_t)(m.end - m.start), sizeof(*holidays));
    put_holidays(v, holidays, m.start, m.end, &failed);
    if (failed.code) {
        *e = failed;
        return NULL;
    }
    struct json *weeks = json_put_array(page, "weeks"), *week = weeks;
    for (int64_t day = m.start; day < m.end; day++) {
        if ((day - m.start) % 7 == 0)
            week = json_push(weeks, json_array(v->arena));
        struct json *o = json_push_object(week);
        struct str holiday = holidays[day - m.start];
        month_put_day(v, o, &m, day);
        json_put_bool(o, "is_free", (day - m.start) % 7 >= 5 || holiday.size > 0);
        json_put_str(o, "holiday", holiday.data ? holiday : STR(""));
        struct json *list = json_put_array(o, "items"), *rest = json_put_array(o, "rest");
        int64_t more = unread[day - m.start];
        for (size_t n = 0; at < count && items[at].due_day == day; at++, n++) {
            if (n < VIEW_DAY_MAX)
                put_due(v, json_push_object(list), &items[at]);
            else if (more++ < VIEW_DAY_REST_MAX)
                put_due(v, json_push_object(rest), &items[at]);
        }
        json_put_int(o, "more", more);
    }
    return page;
}
