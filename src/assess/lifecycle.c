/* lifecycle.c - opens the checklists of joiners, movers and leavers, and follows when their day changes. */
#include "assess/lifecycle_internal.h"

enum { SYSTEMS_MAX = 1000, MOVER_BACK_DAYS = 40 };

/* ---- what all of it stands on ---- */

const struct json *lifecycle_content(struct arena *a, struct err *e)
{
    return json_parse(a, str_of(content_lifecycle_json), JSON_LIMITS_DEFAULT, e);
}

static bool has_text(const struct json *list, struct str text)
{
    JSON_EACH (item, list)
        if (str_equal(item->text, text))
            return true;
    return false;
}

bool lifecycle_concerns(const struct json *content, const char *list, struct str kind)
{
    return has_text(json_get(content, list), kind);
}

int64_t lifecycle_deadline(const struct calendar *c, int64_t day, int64_t within, bool is_business)
{
    return is_business ? calendar_add_business_days(c, day, (int)within) : day + within;
}

int64_t lifecycle_lag_hours(int64_t last_day, int64_t at_ms)
{
    int64_t end_ms = (last_day + 1) * MS_DAY;
    return at_ms <= end_ms ? 0 : (at_ms - end_ms + MS_HOUR - 1) / MS_HOUR;
}

int64_t day_read(struct str text)
{
    int64_t at_ms;
    return text.size > 0 && time_parse(text, 0, &at_ms) ? day_of(at_ms) : 0;
}

void put_given(struct json *set, const char *field, struct str value)
{
    if (value.size > 0)
        json_put_str(set, field, value);
}

struct lifecycle_work *work_add(struct lifecycles *x, struct str key)
{
    if (x->count == x->capacity)
        x->items = arena_grow(x->arena, x->items, x->count, &x->capacity, sizeof *x->items);
    x->items[x->count] = (struct lifecycle_work){.key = key};
    return &x->items[x->count++];
}

struct record_change *work_change(struct lifecycles *x, struct lifecycle_work *w, const char *type, enum record_act act)
{
    if (w->count == w->capacity)
        w->changes = arena_grow(x->arena, w->changes, w->count, &w->capacity, sizeof *w->changes);
    struct record_change *c = &w->changes[w->count++];
    *c = (struct record_change){.type = str_of(type), .act = act, .set = json_object(x->arena)};
    return c;
}

struct record_change *work_move(struct lifecycles *x, const char *type, struct str id, int64_t version, const char *transition)
{
    struct lifecycle_work *w = work_add(x, arena_printf(x->arena, "%s/%.*s/%lld", transition, STR_ARGS(id), (long long)version));
    struct record_change *c = work_change(x, w, type, RECORD_MOVE);
    c->id = arena_str(x->arena, id);
    c->version = version;
    c->transition = str_of(transition);
    return c;
}

int64_t within_days(struct lifecycles *x, const struct json *template, struct err *e)
{
    struct str within = json_text(template, "within");
    int64_t days = 0;
    if (!str_to_int64(within, &days)) {
        struct str value = parameter_value(x->db, x->arena, arena_str(x->arena, within).data, INT64_MAX, e);
        if (!str_to_int64(value, &days) || days < 0)
            days = 0;
    }
    return days;
}

/* ---- an event, and the steps that it takes ---- */

struct event_person {
    struct str id, name, kind, manager, department, team;
    int64_t version, day;
    bool is_involuntary;
    struct str was, becomes;
};

struct place { /* a system in scope */
    struct str id, name, owner;
    bool has_extract, is_expected, has_account, had_account, is_for_people;
};

static bool places_read(struct lifecycles *x, const struct event_person *p, struct place **ret, size_t *ret_count, struct err *e)
{
    struct place *list = arena_array(x->arena, SYSTEMS_MAX, sizeof *list);
    size_t count = 0;
    struct err inner = {0};
    DB_EACH (row, x->db, &inner,
             "select s.id, s.name, s.owner, ifnull(s.account_for, case s.kind when 'identity' then 'everybody' else '' end), s.account_teams, exists(select 1 from account_extracts x where x.system = s.id and x.state = 'taken'), "
             "exists(select 1 from system_accounts a where a.system = s.id and a.person = ?1 and a.state = 'present'), "
             "exists(select 1 from system_accounts_versions a where a.system = s.id and a.person = ?1 and a.is_deleted = 0) "
             "from systems s where s.state = 'in_use' and ifnull(s.is_in, 1) = 1 order by s.id limit ?2",
             A(p->id), A((int64_t)SYSTEMS_MAX)) {
        struct place *s = &list[count++];
        struct str account_for = arena_str(x->arena, db_text(row, 3));
        *s = (struct place){.id = arena_str(x->arena, db_text(row, 0)), .name = arena_str(x->arena, db_text(row, 1)), .owner = arena_str(x->arena, db_text(row, 2)),
                            .has_extract = db_int(row, 5) != 0, .has_account = db_int(row, 6) != 0, .had_account = db_int(row, 7) != 0,
                            .is_for_people = !str_is(account_for, "nobody")};
        s->is_expected = lifecycle_concerns(x->content, "accounted", p->kind) && account_is_expected(account_for, db_text(row, 4), p->department, p->team);
    }
    *ret = list;
    *ret_count = count;
    return inner.code ? (*e = inner, false) : true;
}

/* Joiners get what is expected of them. Who moves or leaves is looked for wherever an account is or was, and where no list of accounts tells. */
static bool is_concerned(struct str kind, const struct place *s)
{
    if (str_is(kind, "joiner"))
        return s->is_expected;
    if (str_is(kind, "mover"))
        return s->has_account || (!s->has_extract && s->is_expected);
    return s->had_account || (!s->has_extract && s->is_for_people);
}

static struct str step_owner(struct lifecycles *x, const struct json *template, const struct event_person *p, const struct place *s)
{
    struct str who = json_text(template, "owner"), owner = STR("");
    if (str_is(who, "manager"))
        owner = p->manager;
    else if (str_is(who, "person"))
        owner = p->id;
    else if (s && str_is(who, "system"))
        owner = s->owner;
    return owner.size ? owner : x->lead;
}

static int64_t step_due(struct lifecycles *x, const struct json *template, int64_t day, bool is_involuntary, struct err *e)
{
    bool is_at_once = is_involuntary && str_is(json_text(template, "what"), "remove_access");
    return lifecycle_deadline(&x->calendar, day, is_at_once ? 0 : within_days(x, template, e), str_is(json_text(template, "days"), "business"));
}

static int64_t step_add(struct lifecycles *x, struct lifecycle_work *w, const struct json *template, const struct event_person *p, const struct place *s, struct err *e)
{
    struct json *set = work_change(x, w, "lifecycle_step", RECORD_CREATE)->set;
    int64_t due = step_due(x, template, p->day, p->is_involuntary, e);
    struct str title = json_text(template, "title");
    json_put_str(set, "title", s ? arena_printf(x->arena, "%.*s %.*s: %.*s", STR_ARGS(title), STR_ARGS(s->name), STR_ARGS(p->name))
                                 : arena_printf(x->arena, "%.*s: %.*s", STR_ARGS(title), STR_ARGS(p->name)));
    json_put_str(set, "lifecycle", STR("new:1"));
    json_put_str(set, "person", p->id);
    json_put_str(set, "kind", json_text(template, "what"));
    json_put_str(set, "template", json_text(template, "id"));
    json_put_str(set, "control", json_text(template, "control"));
    if (s)
        json_put_str(set, "system", s->id);
    put_given(set, "owner", step_owner(x, template, p, s));
    json_put_str(set, "due_on", day_text(x->arena, due));
    return due;
}

/* One operation: the event, and every step of it. */
static bool event_open(struct lifecycles *x, const char *kind, const char *label, const struct event_person *p, struct err *e)
{
    struct place *places;
    size_t place_count;
    if (!places_read(x, p, &places, &place_count, e))
        return false;
    struct str cause = arena_printf(x->arena, "%s/%.*s/%lld", kind, STR_ARGS(p->id), (long long)p->version);
    struct lifecycle_work *w = work_add(x, cause);
    struct json *set = work_change(x, w, "lifecycle", RECORD_CREATE)->set;
    int64_t due = p->day, one;
    JSON_EACH (template, json_get(x->content, "steps")) {
        if (!str_is(json_text(template, "kind"), kind) || !has_text(json_get(template, "who"), p->kind))
            continue;
        bool is_per_system = str_is(json_text(template, "per"), "system");
        for (size_t i = 0; i < (is_per_system ? place_count : 1); i++) {
            if (is_per_system && !is_concerned(str_of(kind), &places[i]))
                continue;
            one = step_add(x, w, template, p, is_per_system ? &places[i] : NULL, e);
            due = one > due ? one : due;
        }
    }
    json_put_str(set, "title", arena_printf(x->arena, "%s: %.*s", label, STR_ARGS(p->name)));
    json_put_cstr(set, "kind", kind);
    json_put_str(set, "person", p->id);
    json_put_str(set, "event_on", day_text(x->arena, p->day));
    json_put_str(set, "cause", cause);
    put_given(set, "was", str_slice(p->was, 0, 400));
    put_given(set, "becomes", str_slice(p->becomes, 0, 400));
    if (p->is_involuntary)
        json_put_bool(set, "is_involuntary", true);
    put_given(set, "owner", p->manager.size ? p->manager : x->lead);
    json_put_str(set, "due_on", day_text(x->arena, due));
    if (w->count == 1) /* nothing is to be done: no list of nothing */
        x->count--;
    return e->code == ERR_NONE;
}

/* ---- who comes, leaves, changes place ---- */

#define PERSON_COLUMNS "p.id, p.name, p.kind, p.manager, p.department, p.team, p.version, p.is_involuntary"

static struct event_person person_of(struct lifecycles *x, struct db_row *row)
{
    struct str text[6];
    for (int i = 0; i < 6; i++)
        text[i] = arena_str(x->arena, db_text(row, i));
    return (struct event_person){.id = text[0], .name = text[1], .kind = text[2], .manager = text[3], .department = text[4], .team = text[5],
                                 .version = db_int(row, 6), .is_involuntary = db_int(row, 7) != 0};
}

struct people {
    struct event_person *items;
    size_t count, capacity;
};

static void people_add(struct lifecycles *x, struct people *list, struct event_person p)
{
    if (list->count == list->capacity)
        list->items = arena_grow(x->arena, list->items, list->count, &list->capacity, sizeof *list->items);
    list->items[list->count++] = p;
}

static bool all_open(struct lifecycles *x, const struct people *list, const char *kind, const char *label, struct err *e)
{
    for (size_t i = 0; i < list->count; i++)
        if (!event_open(x, kind, label, &list->items[i], e))
            return false;
    return true;
}

static bool joiners_open(struct lifecycles *x, struct err *e)
{
    struct people list = {0};
    struct err inner = {0};
    DB_EACH (row, x->db, &inner,
             "select " PERSON_COLUMNS ", p.started_on from people p where p.state = 'active' and p.started_on >= date(p.created_t / 1000, 'unixepoch', ?1) and not exists("
             "select 1 from lifecycles l where l.person = p.id and l.kind = 'joiner' and l.state <> 'dropped' and abs(julianday(l.event_on) - julianday(p.started_on)) <= ?2) "
             "order by p.id",
             A(arena_printf(x->arena, "-%d days", LIFECYCLE_BACK_DAYS)), A((int64_t)LIFECYCLE_SAME_DAYS)) {
        struct event_person p = person_of(x, row);
        p.is_involuntary = false;
        if ((p.day = day_read(db_text(row, 8))) > 0)
            people_add(x, &list, p);
    }
    return inner.code ? (*e = inner, false) : all_open(x, &list, "joiner", "Joiner", e);
}

static bool leavers_open(struct lifecycles *x, struct err *e)
{
    struct people list = {0};
    struct err inner = {0};
    DB_EACH (row, x->db, &inner,
             "select " PERSON_COLUMNS ", p.left_on from people p where p.left_on >= date(p.created_t / 1000, 'unixepoch', ?1) and not exists("
             "select 1 from lifecycles l where l.person = p.id and l.kind = 'leaver' and l.state <> 'dropped' and abs(julianday(l.event_on) - julianday(p.left_on)) <= ?2) "
             "order by p.id",
             A(arena_printf(x->arena, "-%d days", LIFECYCLE_BACK_DAYS)), A((int64_t)LIFECYCLE_SAME_DAYS)) {
        struct event_person p = person_of(x, row);
        if ((p.day = day_read(db_text(row, 8))) > 0)
            people_add(x, &list, p);
    }
    return inner.code ? (*e = inner, false) : all_open(x, &list, "leaver", "Leaver", e);
}

static void put_change(struct buf *b, struct str was)
{
    if (was.size)
        buf_printf(b, "%s%.*s", b->size ? ", " : "", STR_ARGS(was));
}

static struct str place_text(struct lifecycles *x, struct db_row *row, int first)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 4096);
    for (int i = 0; i < 3; i++)
        put_change(&b, db_text(row, first + i));
    return arena_str(x->arena, buf_view(&b));
}

/* A position, department or team that was there and became another, of somebody who works here by then. Several changes of one day are one move. */
static bool movers_open(struct lifecycles *x, struct err *e)
{
    struct people list = {0};
    struct err inner = {0};
    int64_t since_ms = (x->today - MOVER_BACK_DAYS) * MS_DAY;
    DB_EACH (row, x->db, &inner,
             "select p.id, p.name, p.kind, p.manager, p.department, p.team, v.version, 0, v.from_t, w.job_title, w.department, w.team, v.job_title, v.department, v.team "
             "from people_versions v join people_versions w on w.id = v.id and w.version = v.version - 1 join people p on p.id = v.id "
             "where v.version > 1 and v.from_t >= ?1 and p.state = 'active' and ((w.job_title is not null and v.job_title is not w.job_title) or "
             "(w.department is not null and v.department is not w.department) or (w.team is not null and v.team is not w.team)) and "
             "(p.started_on is null or p.started_on <= date(v.from_t / 1000, 'unixepoch')) and not exists(select 1 from lifecycles l where l.person = v.id and l.kind = 'mover' and "
             "l.event_on = date(v.from_t / 1000, 'unixepoch')) order by p.id, v.version desc",
             A(since_ms)) {
        struct event_person p = person_of(x, row);
        p.day = day_of(db_int(row, 8));
        p.was = place_text(x, row, 9);
        p.becomes = place_text(x, row, 12);
        struct event_person *last = list.count ? &list.items[list.count - 1] : NULL;
        if (last && str_equal(last->id, p.id) && last->day == p.day)
            last->was = p.was;
        else
            people_add(x, &list, p);
    }
    return inner.code ? (*e = inner, false) : all_open(x, &list, "mover", "Mover", e);
}

/* ---- the day moved, or is no longer ---- */

static const struct json *template_find(struct lifecycles *x, struct str kind, struct str id)
{
    JSON_EACH (template, json_get(x->content, "steps"))
        if (str_equal(json_text(template, "kind"), kind) && str_equal(json_text(template, "id"), id))
            return template;
    return NULL;
}

struct moved {
    struct str id, kind, on;
    int64_t version, person_version;
    bool is_involuntary;
};

static bool day_follow(struct lifecycles *x, const struct moved *m, struct err *e)
{
    struct lifecycle_work *w = work_add(x, arena_printf(x->arena, "day/%.*s/%lld/%lld", STR_ARGS(m->id), (long long)m->version, (long long)m->person_version));
    struct record_change *c = work_change(x, w, "lifecycle", RECORD_CHANGE);
    struct json *set = c->set;
    int64_t day = day_read(m->on), latest = day;
    struct err inner = {0};
    c->id = m->id;
    c->version = m->version;
    c->why = STR("the person's record names another day");
    DB_EACH (row, x->db, &inner, "select id, version, template, due_on from lifecycle_steps where lifecycle = ?1 and state = 'open' order by id", A(m->id)) {
        const struct json *template = template_find(x, m->kind, db_text(row, 2));
        int64_t due = template ? step_due(x, template, day, m->is_involuntary, &inner) : day_read(db_text(row, 3));
        latest = due > latest ? due : latest;
        if (due == day_read(db_text(row, 3)))
            continue;
        struct record_change *step = work_change(x, w, "lifecycle_step", RECORD_CHANGE);
        step->id = arena_str(x->arena, db_text(row, 0));
        step->version = db_int(row, 1);
        step->why = STR("the person's record names another day");
        json_put_str(step->set, "due_on", day_text(x->arena, due));
    }
    json_put_str(set, "event_on", m->on);
    json_put_bool(set, "is_involuntary", m->is_involuntary);
    json_put_str(set, "due_on", day_text(x->arena, latest));
    return inner.code ? (*e = inner, false) : true;
}

static bool event_drop(struct lifecycles *x, const struct moved *m, struct err *e)
{
    struct lifecycle_work *w = work_add(x, arena_printf(x->arena, "back/%.*s/%lld", STR_ARGS(m->id), (long long)m->version));
    struct record_change *c = work_change(x, w, "lifecycle", RECORD_MOVE);
    struct err inner = {0};
    c->id = m->id;
    c->version = m->version;
    c->transition = STR("drop");
    c->why = STR("the day was taken out of the person's record");
    DB_EACH (row, x->db, &inner, "select id, version from lifecycle_steps where lifecycle = ?1 and state = 'open' order by id", A(m->id)) {
        struct record_change *step = work_change(x, w, "lifecycle_step", RECORD_MOVE);
        step->id = arena_str(x->arena, db_text(row, 0));
        step->version = db_int(row, 1);
        step->transition = STR("drop");
        step->why = STR("the day was taken out of the person's record");
    }
    return inner.code ? (*e = inner, false) : true;
}

static bool days_follow(struct lifecycles *x, struct err *e)
{
    struct moved *list = NULL;
    size_t count = 0, capacity = 0;
    struct err inner = {0};
    DB_EACH (row, x->db, &inner,
             "select l.id, l.kind, case l.kind when 'joiner' then p.started_on else p.left_on end as day, l.version, p.version, l.kind = 'leaver' and ifnull(p.is_involuntary, 0) "
             "from lifecycles l join people p on p.id = l.person where l.state = 'open' and l.kind in ('joiner', 'leaver') and "
             "(day is not l.event_on or ifnull(l.is_involuntary, 0) <> (l.kind = 'leaver' and ifnull(p.is_involuntary, 0))) order by l.id") {
        if (count == capacity)
            list = arena_grow(x->arena, list, count, &capacity, sizeof *list);
        list[count++] = (struct moved){arena_str(x->arena, db_text(row, 0)), arena_str(x->arena, db_text(row, 1)), arena_str(x->arena, db_text(row, 2)),
                                       db_int(row, 3), db_int(row, 4), db_int(row, 5) != 0};
    }
    if (inner.code)
        return *e = inner, false;
    for (size_t i = 0; i < count; i++)
        if (!(list[i].on.size ? day_follow(x, &list[i], e) : event_drop(x, &list[i], e)))
            return false;
    return true;
}

/* Whoever's last day is over has left. */
static bool people_leave(struct lifecycles *x, struct err *e)
{
    struct err inner = {0};
    DB_EACH (row, x->db, &inner, "select id, version from people where state = 'active' and left_on < ?1 order by id", A(day_text(x->arena, x->today))) {
        struct record_change *c = work_move(x, "person", db_text(row, 0), db_int(row, 1), "leave");
        c->is_sure = true;
        c->why = STR("the last day is over");
    }
    return inner.code ? (*e = inner, false) : true;
}

bool lifecycle_due(struct db *db, struct arena *a, int64_t today, struct lifecycle_work **ret, size_t *ret_count, struct err *e)
{
    struct lifecycles x = {.db = db, .arena = a, .today = today};
    struct err inner = {0};
    x.content = lifecycle_content(a, &inner);
    x.lead = db_one_text(a, db, &inner, "select lead from organisations where lead is not null order by id limit 1");
    bool ok = !inner.code && calendar_load(db, a, &x.calendar, &inner) && joiners_open(&x, &inner) && movers_open(&x, &inner) && leavers_open(&x, &inner) &&
              days_follow(&x, &inner) && lifecycle_proofs(&x, &inner) && lifecycle_ends(&x, &inner) && lifecycle_deviations(&x, &inner) && people_leave(&x, &inner);
    if (!ok) {
        *e = inner;
        return false;
    }
    *ret = x.items;
    *ret_count = x.count;
    return true;
}
