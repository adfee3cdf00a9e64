/* training_due.c - who is to take which course by when: what a campaign lacks, and what follows by itself. */
#include "assess/stored.h"
#include "assess/training.h"
#include "base/times.h"

enum { RENEWAL_DAYS = 30, LEAVERS_MAX = 500 };

/* Active people whom a campaign (k) is for. */
#define AUDIENCE                                                                                                                                          \
    "p.state = 'active' and p.kind in ('employee', 'contractor', 'consultant') and (p.started_on is null or p.started_on <= ?2) and case k.audience "        \
    "when 'employees' then p.kind = 'employee' when 'contractors' then p.kind in ('contractor', 'consultant') "                                             \
    "when 'department' then p.department is not null and instr(',' || replace(lower(ifnull(k.department, '')), ', ', ',') || ',', ',' || lower(p.department) || ',') > 0 " \
    "when 'chosen' then exists(select 1 from record_link l where l.type = 'campaign' and l.id = k.id and l.field = 'people' and l.target = p.id and l.to_leaf is null) " \
    "else 1 end "

static int64_t parameter_number(struct db *db, struct arena *a, const char *name, struct err *e)
{
    int64_t n = 0;
    struct str text = parameter_value(db, a, name, INT64_MAX, e);
    return !e->code && str_to_int64(text, &n) ? n : 0;
}

static int64_t day_of_date_text(struct str text)
{
    int64_t at_ms;
    return text.size > 0 && time_parse(text, 0, &at_ms) ? day_of(at_ms) : 0;
}

struct missing {
    struct db *db;
    struct arena *a;
    struct str campaign, course, title;
    int64_t today, due, start_days;
    struct record_change *changes;
    size_t count, capacity;
};

static void missing_add(struct missing *m, struct db_row *row)
{
    int64_t started = day_of_date_text(db_text(row, 1)), expires = day_of_date_text(db_text(row, 3));
    bool is_new = started > 0 && started + m->start_days > m->due;
    int64_t due = expires > 0 ? expires : is_new ? started + m->start_days : m->due;
    if (due < m->today + TRAINING_GRACE_DAYS && (expires > 0 || due < m->today))
        due = m->today + TRAINING_GRACE_DAYS; /* nobody is late on the day on which they are told */
    if (m->count == m->capacity)
        m->changes = arena_grow(m->a, m->changes, m->count, &m->capacity, sizeof *m->changes);
    struct record_change *c = &m->changes[m->count++];
    *c = (struct record_change){.type = STR("training_assignment"), .act = RECORD_CREATE, .set = json_object(m->a)};
    json_put_str(c->set, "title", m->title);
    json_put_str(c->set, "course", m->course);
    json_put_str(c->set, "person", arena_str(m->a, db_text(row, 0)));
    json_put_str(c->set, "campaign", m->campaign);
    json_put_cstr(c->set, "cause", expires > 0 ? "renewal" : is_new ? "newcomer" : "campaign");
    json_put_str(c->set, "assigned_on", day_text(m->a, m->today));
    json_put_str(c->set, "due_on", day_text(m->a, due));
    json_put_int(c->set, "lessons_read", 0);
    json_put_int(c->set, "attempts", 0);
    json_put_int(c->set, "escalate_days", 3);
    if (db_text(row, 2).size)
        json_put_str(c->set, "escalate_to", arena_str(m->a, db_text(row, 2)));
}

bool campaign_missing(struct db *db, struct arena *a, struct str campaign, int64_t today, struct record_change **ret, size_t *ret_count, struct err *e)
{
    struct err failed = {0};
    struct missing m = {.db = db, .a = a, .campaign = campaign, .today = today};
    DB_EACH (row, db, &failed, "select course, due_on from campaigns where id = ?1", A(campaign)) {
        m.course = arena_str(a, db_text(row, 0));
        m.due = day_of_date_text(db_text(row, 1));
    }
    m.start_days = parameter_number(db, a, "training_start_days", &failed);
    struct course_in_force in_force;
    if (failed.code || !m.course.size || !course_in_force(db, a, m.course, &in_force, NULL, &failed))
        return failed.code ? (*e = failed, false) : err_set(e, ERR_NOT_FOUND, "campaign %.*s: there is none", STR_ARGS(campaign));
    m.title = in_force.title;
    DB_EACH (row, db, &failed,
             "select p.id, p.started_on, (select w.id from people w where w.id = p.manager and w.state = 'active'), "
             "(select max(c.expires_on) from training_completions c where c.person = p.id and c.course = k.course) as expires "
             "from campaigns k join people p where k.id = ?1 and " AUDIENCE
             "and not exists(select 1 from training_assignments t where t.person = p.id and t.course = k.course and (t.state in ('assigned', 'started', 'quiz') or "
             "(t.state = 'dropped' and t.campaign = k.id))) and (expires is null or expires <= ?3) order by p.id limit ?4",
             A(campaign), A(day_text(a, today)), A(day_text(a, today + RENEWAL_DAYS)), A((int64_t)TRAINING_CHANGES_MAX))
        missing_add(&m, row);
    if (failed.code)
        return (*e = failed, false);
    *ret = m.changes;
    *ret_count = m.count;
    return true;
}

/* ---- by itself ---- */

/* A campaign that goes on looks after newcomers and renewals; one that does not assigns once. */
static bool campaigns_due(struct db *db, struct arena *a, int64_t today, struct training_work *ret, struct err *e)
{
    struct str *ids = NULL;
    size_t count = 0, capacity = 0;
    struct err failed = {0};
    DB_EACH (row, db, &failed,
             "select id from campaigns k where state = 'running' and (is_standing = 1 or not exists(select 1 from training_assignments t where t.campaign = k.id)) order by id") {
        if (count == capacity)
            ids = arena_grow(a, ids, count, &capacity, sizeof *ids);
        ids[count++] = arena_str(a, db_text(row, 0));
    }
    for (size_t i = 0; i < count && !failed.code && ret->count == 0; i++) {
        struct err why = {0};
        if (!campaign_missing(db, a, ids[i], today, &ret->changes, &ret->count, &why)) {
            if (why.code != ERR_NOT_FOUND && why.code != ERR_INVALID)
                failed = why;
            ret->count = 0; /* its course was retired: its page says so */
            continue;
        }
        int64_t made = db_one_int(db, &failed, 0, "select count(*) from training_assignments_versions where campaign = ?1 and version = 1", A(ids[i]));
        ret->key = arena_printf(a, "training/%.*s/%lld/%lld/%zu", STR_ARGS(ids[i]), (long long)today, (long long)made, ret->count);
    }
    return failed.code ? (*e = failed, false) : true;
}

static bool leavers_drop(struct db *db, struct arena *a, struct training_work *ret, struct err *e)
{
    struct err failed = {0};
    ret->changes = arena_array(a, LEAVERS_MAX, sizeof *ret->changes);
    DB_EACH (row, db, &failed,
             "select t.id, t.version from training_assignments t join people p on p.id = t.person where t.state in ('assigned', 'started', 'quiz') and p.state = 'left' order by t.id "
             "limit ?1", A((int64_t)LEAVERS_MAX)) {
        struct record_change *c = &ret->changes[ret->count++];
        *c = (struct record_change){.type = STR("training_assignment"), .id = arena_str(a, db_text(row, 0)), .act = RECORD_MOVE, .version = db_int(row, 1),
                                    .transition = STR("drop"), .set = json_object(a), .why = STR("has left")};
        ret->key = arena_printf(a, "training/left/%.*s/%lld/%zu", STR_ARGS(c->id), (long long)c->version, ret->count);
    }
    return failed.code ? (*e = failed, false) : true;
}

/* Whoever manages somebody who is late is told: it stands on their page and in their digest. */
static bool managers_tell(struct db *db, struct arena *a, int64_t today, struct training_work *ret, struct err *e)
{
    struct err failed = {0};
    ret->changes = arena_array(a, LEAVERS_MAX, sizeof *ret->changes);
    DB_EACH (row, db, &failed,
             "select t.id, t.version, p.manager from training_assignments t join people p on p.id = t.person join people w on w.id = p.manager and w.state = 'active' "
             "where t.state in ('assigned', 'started', 'quiz') and t.escalated_to is null and date(t.due_on, '+' || ifnull(t.escalate_days, 3) || ' days') <= ?1 and p.manager <> p.id "
             "order by t.id limit ?2", A(day_text(a, today)), A((int64_t)LEAVERS_MAX)) {
        struct record_change *c = &ret->changes[ret->count++];
        *c = (struct record_change){.type = STR("training_assignment"), .id = arena_str(a, db_text(row, 0)), .act = RECORD_CHANGE, .version = db_int(row, 1), .set = json_object(a),
                                    .why = STR("overdue")};
        json_put_str(c->set, "escalated_to", arena_str(a, db_text(row, 2)));
        json_put_str(c->set, "escalated_on", day_text(a, today));
        ret->key = arena_printf(a, "training/late/%.*s/%lld/%zu", STR_ARGS(c->id), (long long)c->version, ret->count);
    }
    return failed.code ? (*e = failed, false) : true;
}

bool training_due(struct db *db, struct arena *a, int64_t today, struct training_work *ret, struct err *e)
{
    *ret = (struct training_work){0};
    return leavers_drop(db, a, ret, e) && (ret->count > 0 || managers_tell(db, a, today, ret, e)) && (ret->count > 0 || campaigns_due(db, a, today, ret, e));
}
