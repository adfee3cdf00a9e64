#include "assess/duties.h"

#include "assess/policy_duties.h"
#include "assess/stored.h"
#include "content/content.h"

struct duties {
    struct db *db;
    struct arena *arena;
    struct calendar calendar;
    int64_t today;
    struct duty *items;
    size_t count, capacity;
};

bool calendar_load(struct db *db, struct arena *a, struct calendar *ret, struct err *e)
{
    int64_t *days = NULL, at_ms;
    size_t count = 0, capacity = 0;
    DB_EACH (row, db, e, "select on_date from holidays where on_date is not null order by on_date") {
        if (!time_parse(db_text(row, 0), 0, &at_ms))
            continue;
        if (count == capacity)
            days = arena_grow(a, days, count, &capacity, sizeof *days);
        days[count++] = day_of(at_ms);
    }
    *ret = (struct calendar){days, count};
    return e->code == ERR_NONE;
}

/* 0 for null and for what is no date. */
static int64_t day_of_text(struct str text)
{
    int64_t at_ms;
    return text.size > 0 && time_parse(text, 0, &at_ms) ? day_of(at_ms) : 0;
}

static struct record_change *duty_add(struct duties *d, struct str key, const char *type, enum record_act act)
{
    if (d->count == d->capacity)
        d->items = arena_grow(d->arena, d->items, d->count, &d->capacity, sizeof *d->items);
    struct duty *duty = &d->items[d->count++];
    *duty = (struct duty){.key = key, .change = {.type = str_of(type), .act = act, .set = json_object(d->arena)}};
    return &duty->change;
}

static void put_if(struct json *set, const char *field, struct str value)
{
    if (value.size > 0)
        json_put_str(set, field, value);
}

/* ---- performances ---- */

struct owed {
    struct str control, title, owner;
    struct expectation expectation;
};

/* Registered already? What was reckoned before a holiday was listed, or the cadence became another, follows while it is ahead and nobody has changed it by hand. */
static bool registered_follow(struct duties *d, struct str control, struct str to, const struct expected *x, bool *ret_is_registered, struct err *e)
{
    struct str from = day_text(d->arena, x->period.first), due = day_text(d->arena, x->due), grace = day_text(d->arena, x->grace);
    *ret_is_registered = false;
    DB_EACH (row, d->db, e,
             "select o.id, o.version, o.state = 'expected' and o.due_on >= ?3 and o.changed_by = '" DUTY_ACTOR "' and (o.period_from <> ?4 or o.due_on <> ?5 or o.grace_until <> ?6) "
             "from occurrences o where o.control = ?1 and o.period_to = ?2 order by o.id",
             A(control), A(to), A(day_text(d->arena, d->today)), A(from), A(due), A(grace)) {
        *ret_is_registered = true;
        if (!db_int(row, 2))
            continue;
        struct str id = arena_str(d->arena, db_text(row, 0));
        struct record_change *c = duty_add(d, arena_printf(d->arena, "follow/%.*s/%lld", STR_ARGS(id), (long long)db_int(row, 1)), "occurrence", RECORD_CHANGE);
        c->id = id;
        c->version = db_int(row, 1);
        c->why = STR("holidays or the frequency changed");
        json_put_str(c->set, "period_from", from);
        json_put_str(c->set, "due_on", due);
        json_put_str(c->set, "grace_until", grace);
    }
    return e->code == ERR_NONE;
}

static bool owed_register(struct duties *d, const struct owed *o, struct err *e)
{
    struct expected *list = arena_array(d->arena, EXPECTED_MAX, sizeof *list);
    size_t count = expected_list(&d->calendar, &o->expectation, list);
    for (size_t i = 0; i < count && !e->code; i++) {
        struct str to = day_text(d->arena, list[i].period.last);
        bool is_registered;
        if (!registered_follow(d, o->control, to, &list[i], &is_registered, e) || is_registered)
            continue;
        struct str key = arena_printf(d->arena, "occurrence/%.*s/%.*s", STR_ARGS(o->control), STR_ARGS(to));
        struct json *set = duty_add(d, key, "occurrence", RECORD_CREATE)->set;
        json_put_str(set, "title", o->title);
        json_put_str(set, "control", o->control);
        json_put_str(set, "period_from", day_text(d->arena, list[i].period.first));
        json_put_str(set, "period_to", to);
        json_put_str(set, "due_on", day_text(d->arena, list[i].due));
        json_put_str(set, "grace_until", day_text(d->arena, list[i].grace));
        put_if(set, "owner", o->owner);
    }
    return e->code == ERR_NONE;
}

/* Is the control performed by people at intervals? A setting is tested by machine, an event comes when it comes. */
static bool is_periodic(struct str model, const struct control *library)
{
    return model.size > 0 ? str_is(model, "periodic") : library && library->model == MODEL_PERIODIC;
}

static bool performances_register(struct duties *d, struct err *e)
{
    struct owed *owed = NULL;
    size_t count = 0, capacity = 0;
    DB_EACH (row, d->db, e,
             "select c.id, c.title, coalesce(c.performer, c.owner), c.frequency, c.model, c.effective_from, c.effective_to, "
             "(select min(v.from_t) from control_records_versions v where v.id = c.id and v.state = 'adopted'), "
             "(select max(coalesce(o.performed_on, '')) from occurrences o where o.control = c.id and o.state in ('performed', 'late')) "
             "from control_records c where c.state = 'adopted' order by c.id") {
        const struct control *library = content_control(db_text(row, 0));
        struct str frequency = arena_str(d->arena, db_text(row, 3));
        if (frequency.size == 0 && library && library->cadence)
            frequency = parameter_value(d->db, d->arena, library->cadence, INT64_MAX, e);
        enum cadence cadence = cadence_of(frequency.size > 0 ? frequency.data : library ? library->frequency : "");
        if (cadence == CADENCE_NONE || !is_periodic(db_text(row, 4), library))
            continue;
        int64_t from = day_of_text(db_text(row, 5)), to = day_of_text(db_text(row, 6));
        if (count == capacity)
            owed = arena_grow(d->arena, owed, count, &capacity, sizeof *owed);
        owed[count++] = (struct owed){.control = arena_str(d->arena, db_text(row, 0)),
                                      .title = arena_str(d->arena, db_text(row, 1)),
                                      .owner = arena_str(d->arena, db_text(row, 2)),
                                      .expectation = {cadence, from ? from : day_of(db_int(row, 7)), to ? to : INT64_MAX, day_of_text(db_text(row, 8)),
                                                      d->today + (cadence == CADENCE_ANNUAL ? 366 : cadence <= CADENCE_WEEKLY ? 14 : DUTY_HORIZON_DAYS)}};
    }
    for (size_t i = 0; i < count && !e->code; i++)
        if (!owed_register(d, &owed[i], e))
            return false;
    return e->code == ERR_NONE;
}

static bool missed_mark(struct duties *d, struct err *e)
{
    DB_EACH (row, d->db, e, "select id, version from occurrences where state = 'expected' and coalesce(grace_until, due_on) < ?1 order by id",
             A(day_text(d->arena, d->today))) {
        struct str id = arena_str(d->arena, db_text(row, 0));
        struct record_change *c = duty_add(d, arena_printf(d->arena, "missed/%.*s/%lld", STR_ARGS(id), (long long)db_int(row, 1)), "occurrence", RECORD_MOVE);
        c->id = id;
        c->version = db_int(row, 1);
        c->transition = STR("miss");
    }
    return e->code == ERR_NONE;
}

static bool deviations_open(struct duties *d, struct err *e)
{
    DB_EACH (row, d->db, e,
             "select o.id, o.title, o.control, o.due_on, o.owner, o.state from occurrences o where o.state in ('missed', 'late') and "
             "not exists(select 1 from deviations v where v.occurrence = o.id) order by o.id") {
        struct str id = arena_str(d->arena, db_text(row, 0));
        struct json *set = duty_add(d, arena_printf(d->arena, "deviation/%.*s", STR_ARGS(id)), "deviation", RECORD_CREATE)->set;
        json_put_str(set, "title", arena_printf(d->arena, "%s: %.*s", str_is(db_text(row, 5), "late") ? "Performed late" : "Not performed", STR_ARGS(db_text(row, 1))));
        json_put_str(set, "control", arena_str(d->arena, db_text(row, 2)));
        json_put_str(set, "occurrence", id);
        put_if(set, "happened_on", arena_str(d->arena, db_text(row, 3)));
        put_if(set, "owner", arena_str(d->arena, db_text(row, 4)));
        json_put_str(set, "due_on", day_text(d->arena, calendar_business_day(&d->calendar, d->today + DUTY_ANSWER_DAYS)));
    }
    return e->code == ERR_NONE;
}

/* ---- tasks and exceptions ---- */

static bool tasks_follow(struct duties *d, struct err *e)
{
    static const char *const copied[] = {"title", "what", "owner", "recurrence", "counted_from", "escalate_to", "control", "criterion"};
    enum { COPIED = sizeof(copied) / sizeof(copied[0]) };
    DB_EACH (row, d->db, e,
             "select title, what, owner, recurrence, counted_from, escalate_to, control, criterion, id, due_on, done_on, on_business_day, escalate_days "
             "from tasks t where state = 'done' and recurrence != 'never' and not exists(select 1 from tasks f where f.follows = t.id) order by id") {
        struct str id = arena_str(d->arena, db_text(row, 8)), recurrence = arena_str(d->arena, db_text(row, 3));
        int64_t due = day_of_text(db_text(row, 9)), done = day_of_text(db_text(row, 10));
        enum cadence cadence = cadence_of(recurrence.data);
        if (cadence == CADENCE_NONE || due == 0)
            continue;
        int64_t next = cadence_next(cadence, str_is(db_text(row, 4), "done") && done ? done : due);
        while (next < d->today) /* it was done very late: the row goes on, it does not pile up */
            next = cadence_next(cadence, next);
        if (db_int(row, 11))
            next = calendar_business_day(&d->calendar, next);
        struct json *set = duty_add(d, arena_printf(d->arena, "task/%.*s", STR_ARGS(id)), "task", RECORD_CREATE)->set;
        for (int i = 0; i < COPIED; i++)
            put_if(set, copied[i], arena_str(d->arena, db_text(row, i)));
        json_put_bool(set, "on_business_day", db_int(row, 11) != 0);
        if (!db_is_null(row, 12))
            json_put_int(set, "escalate_days", db_int(row, 12));
        json_put_str(set, "due_on", day_text(d->arena, next));
        json_put_str(set, "follows", id);
    }
    return e->code == ERR_NONE;
}

/* While the owner is away, whoever stands in for them is written into the task: may finish it, and the history says so. */
static bool tasks_delegate(struct duties *d, struct err *e)
{
    DB_EACH (row, d->db, e,
             "select t.id, t.version, p.delegate, p.away_from, p.away_until from tasks t join people p on p.id = t.owner where t.state = 'open' and t.delegate is null "
             "and p.delegate is not null and p.away_from <= ?1 and p.away_until >= ?1 and t.due_on <= p.away_until order by t.id",
             A(day_text(d->arena, d->today))) {
        struct str id = arena_str(d->arena, db_text(row, 0));
        struct record_change *c = duty_add(d, arena_printf(d->arena, "delegate/%.*s/%.*s", STR_ARGS(id), STR_ARGS(db_text(row, 3))), "task", RECORD_CHANGE);
        c->id = id;
        c->version = db_int(row, 1);
        c->why = STR("the owner is away");
        json_put_str(c->set, "delegate", arena_str(d->arena, db_text(row, 2)));
        json_put_str(c->set, "delegate_until", arena_str(d->arena, db_text(row, 4)));
    }
    return e->code == ERR_NONE;
}

/* Who is told that a task is late: whom it names, else the owner's manager, else the compliance lead. Nobody tells themselves. */
static bool tasks_escalate(struct duties *d, struct err *e)
{
    DB_EACH (row, d->db, e,
             "select t.id, t.version, t.due_on, coalesce(t.escalate_to, (select p.manager from people p where p.id = t.owner), "
             "(select o.lead from organisations o where o.lead is not null order by o.id limit 1)) as told, t.owner, ifnull(t.escalate_days, 3) "
             "from tasks t where t.state = 'open' and t.due_on < ?1 and (t.escalated_on is null or t.escalated_on <= t.due_on) and told is not null and told <> t.owner order by t.id",
             A(day_text(d->arena, d->today))) {
        int64_t days = db_int(row, 5);
        if (d->today - day_of_text(db_text(row, 2)) < (days > 0 ? days : 1))
            continue;
        struct str id = arena_str(d->arena, db_text(row, 0));
        struct record_change *c = duty_add(d, arena_printf(d->arena, "escalate/%.*s/%.*s", STR_ARGS(id), STR_ARGS(db_text(row, 2))), "task", RECORD_CHANGE);
        c->id = id;
        c->version = db_int(row, 1);
        c->why = STR("overdue");
        json_put_str(c->set, "escalated_to", arena_str(d->arena, db_text(row, 3)));
        json_put_str(c->set, "escalated_on", day_text(d->arena, d->today));
    }
    return e->code == ERR_NONE;
}

static bool exceptions_end(struct duties *d, struct err *e)
{
    DB_EACH (row, d->db, e, "select id, version from exceptions where state = 'approved' and expires_on < ?1 order by id", A(day_text(d->arena, d->today))) {
        struct str id = arena_str(d->arena, db_text(row, 0));
        struct record_change *c = duty_add(d, arena_printf(d->arena, "exception/%.*s/%lld", STR_ARGS(id), (long long)db_int(row, 1)), "exception", RECORD_MOVE);
        c->id = id;
        c->version = db_int(row, 1);
        c->transition = STR("end");
    }
    return e->code == ERR_NONE;
}

bool duties_due(struct db *db, struct arena *a, int64_t today, struct duty **ret, size_t *ret_count, struct err *e)
{
    struct duties d = {.db = db, .arena = a, .today = today};
    struct err inner = {0};
    bool ok = calendar_load(db, a, &d.calendar, &inner) && performances_register(&d, &inner) && missed_mark(&d, &inner) && deviations_open(&d, &inner) &&
              tasks_follow(&d, &inner) && tasks_delegate(&d, &inner) && tasks_escalate(&d, &inner) && exceptions_end(&d, &inner);
    struct duty *policies;
    size_t policy_count = 0;
    ok = ok && policy_duties_due(db, a, today, &policies, &policy_count, &inner);
    for (size_t i = 0; ok && i < policy_count; i++) {
        if (d.count == d.capacity)
            d.items = arena_grow(a, d.items, d.count, &d.capacity, sizeof *d.items);
        d.items[d.count++] = policies[i];
    }
    if (!ok) {
        *e = inner;
        return false;
    }
    *ret = d.items;
    *ret_count = d.count;
    return true;
}
