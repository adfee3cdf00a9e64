#include "assess/policy_duties.h"

#include "assess/stored.h"
#include "base/times.h"

struct work {
    struct db *db;
    struct arena *arena;
    int64_t today;
    struct duty *items;
    size_t count, capacity;
};

#define NOW(t) t ".to_leaf is null and " t ".is_deleted = 0"

static struct record_change *work_add(struct work *w, struct str key, const char *type, struct str id, enum record_act act, int64_t version)
{
    if (w->count == w->capacity)
        w->items = arena_grow(w->arena, w->items, w->count, &w->capacity, sizeof *w->items);
    struct duty *d = &w->items[w->count++];
    *d = (struct duty){.key = key, .change = {.type = str_of(type), .id = id, .act = act, .version = version, .set = json_object(w->arena)}};
    return &d->change;
}

/* Approved, and its day has come. */
static bool publish(struct work *w, struct err *e)
{
    DB_EACH (row, w->db, e,
             "select v.id, v.version from policy_versions_versions v join policies_versions p on p.id = v.policy and " NOW("p") " and p.state <> 'retired' and p.owner is not null "
             "where v.state = 'approved' and " NOW("v") " and v.not_before <= ?1 order by v.id", A(day_text(w->arena, w->today))) {
        struct str id = arena_str(w->arena, db_text(row, 0));
        struct record_change *c = work_add(w, arena_printf(w->arena, "policy/publish/%.*s/%lld", STR_ARGS(id), (long long)db_int(row, 1)), "policy_version", id, RECORD_MOVE, db_int(row, 1));
        c->transition = STR("publish");
        c->why = STR("its day has come");
    }
    return e->code == ERR_NONE;
}

/* One of a policy is in force: the newest. */
static bool supersede(struct work *w, struct err *e)
{
    DB_EACH (row, w->db, e,
             "select v.id, v.version from policy_versions_versions v where v.state = 'in_force' and " NOW("v") " and exists(select 1 from policy_versions_versions n where n.policy = v.policy "
             "and n.state = 'in_force' and " NOW("n") " and n.number > v.number) order by v.id") {
        struct str id = arena_str(w->arena, db_text(row, 0));
        struct record_change *c = work_add(w, arena_printf(w->arena, "policy/supersede/%.*s/%lld", STR_ARGS(id), (long long)db_int(row, 1)), "policy_version", id, RECORD_MOVE, db_int(row, 1));
        c->transition = STR("supersede");
        c->why = STR("a later version takes its place");
    }
    return e->code == ERR_NONE;
}

/* A policy whose version came into force is in force itself, and its next review counts from that day. */
static bool begin(struct work *w, struct err *e)
{
    struct str cadence = parameter_value(w->db, w->arena, "policy_review_cadence", INT64_MAX, e);
    if (e->code)
        return false;
    DB_EACH (row, w->db, e,
             "select p.id, p.version, p.state, p.cadence, max(v.from_t) from policies_versions p join policy_versions_versions v on v.policy = p.id and v.state = 'in_force' and " NOW("v") " where " NOW("p")
             " and p.owner is not null and (p.state = 'draft' or (p.state = 'in_force' and (p.review_on is null or p.review_on <= date(v.from_t / 1000, 'unixepoch')))) group by p.id order by p.id") {
        struct str id = arena_str(w->arena, db_text(row, 0));
        bool is_draft = str_is(db_text(row, 2), "draft");
        enum cadence own = cadence_of(arena_str(w->arena, db_text(row, 3)).data), common = cadence_of(cadence.size ? cadence.data : "annual");
        int64_t next = cadence_next(own != CADENCE_NONE ? own : common != CADENCE_NONE ? common : CADENCE_ANNUAL, day_of(db_int(row, 4)));
        struct record_change *c = work_add(w, arena_printf(w->arena, "policy/begin/%.*s/%lld", STR_ARGS(id), (long long)db_int(row, 1)), "policy", id, is_draft ? RECORD_MOVE : RECORD_CHANGE, db_int(row, 1));
        c->transition = is_draft ? STR("begin") : STR("");
        c->why = STR("a version came into force");
        json_put_str(c->set, "review_on", day_text(w->arena, next));
    }
    return e->code == ERR_NONE;
}

static bool review_tasks(struct work *w, struct err *e)
{
    DB_EACH (row, w->db, e,
             "select p.id, p.title, p.owner, p.review_on from policies_versions p where p.state = 'in_force' and " NOW("p") " and p.owner is not null and p.review_on <= ?1 and not exists(select 1 from tasks_versions t "
             "where t.owner = p.owner and t.due_on = p.review_on and t.title = 'Review ' || p.id || ' ' || p.title and " NOW("t") ") order by p.id",
             A(day_text(w->arena, w->today + POLICY_TASK_DAYS))) {
        struct str id = arena_str(w->arena, db_text(row, 0)), due = arena_str(w->arena, db_text(row, 3));
        struct record_change *c = work_add(w, arena_printf(w->arena, "policy/task/%.*s/%.*s", STR_ARGS(id), STR_ARGS(due)), "task", STR(""), RECORD_CREATE, 0);
        json_put_str(c->set, "title", arena_printf(w->arena, "Review %.*s %.*s", STR_ARGS(id), STR_ARGS(db_text(row, 1))));
        json_put_str(c->set, "owner", arena_str(w->arena, db_text(row, 2)));
        json_put_str(c->set, "due_on", due);
        json_put_str(c->set, "what", arena_printf(w->arena, "Read [%.*s](/policies/%.*s): is it still right? Say so there, or write a new version.", STR_ARGS(id), STR_ARGS(id)));
    }
    return e->code == ERR_NONE;
}

bool policy_duties_due(struct db *db, struct arena *a, int64_t today, struct duty **ret, size_t *ret_count, struct err *e)
{
    struct work w = {.db = db, .arena = a, .today = today};
    struct err inner = {0};
    if (!publish(&w, &inner) || !supersede(&w, &inner) || !begin(&w, &inner) || !review_tasks(&w, &inner))
        return *e = inner, false;
    *ret = w.items;
    *ret_count = w.count;
    return true;
}
