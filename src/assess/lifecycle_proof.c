/* lifecycle_proof.c - what shows that a step is done, when all of them are, and what is late. */
#include "assess/lifecycle_internal.h"

#define LATE_WHY "an extract of accounts says otherwise"

/* Steps that another record shows: id, version, when it was done (ms), what shows it, the day that the event counts from. */
static bool steps_prove(struct lifecycles *x, const char *sql, struct err *e)
{
    struct err inner = {0};
    DB_EACH (row, x->db, &inner, sql) {
        struct record_change *c = work_move(x, "lifecycle_step", db_text(row, 0), db_int(row, 1), "prove");
        json_put_int(c->set, "done_at", db_int(row, 2));
        json_put_str(c->set, "proof", arena_str(x->arena, str_slice(db_text(row, 3), 0, 300)));
    }
    return inner.code ? (*e = inner, false) : true;
}

#define STEP "select s.id, s.version, "
#define OPEN " and s.state in ('open', 'claimed') order by s.id"
#define MS_OF(day) "cast(strftime('%s', " day ") as integer) * 1000"

static const char screening_sql[] = STEP MS_OF("b.done_on") ", 'Background check ' || b.id || ' by ' || b.provider from lifecycle_steps s join background_checks b on b.id = "
    "(select c.id from background_checks c where c.person = s.person and c.state = 'done' and c.is_clear = 1 order by c.done_on limit 1) where s.kind = 'background_check'" OPEN;
static const char device_sql[] = STEP "ifnull(" MS_OF("d.given_on") ", d.from_t), 'Device ' || d.id || ' ' || d.name || ', encrypted and managed' from lifecycle_steps s join devices_versions d "
    "on d.to_leaf is null and d.is_deleted = 0 and d.id = (select c.id from devices c where c.owner = s.person and c.state = 'in_use' and c.is_encrypted = 1 and c.is_managed = 1 "
    "order by c.id limit 1) where s.kind = 'device'" OPEN;
/* All that the person had, and something at all. */
static const char return_sql[] = STEP "(select max(" MS_OF("d.back_on") ") from devices d where d.owner = s.person and d.state in ('spare', 'gone')), "
    "(select group_concat(d.id || ' ' || d.name, ', ') from devices d where d.owner = s.person and d.state in ('spare', 'gone')) || ' back or wiped' from lifecycle_steps s "
    "where s.kind = 'return' and exists(select 1 from devices d where d.owner = s.person and d.state in ('spare', 'gone') and d.back_on is not null) and "
    "not exists(select 1 from devices d where d.owner = s.person and d.state in ('in_use', 'lost'))" OPEN;
static const char account_sql[] = STEP "ifnull(" MS_OF("a.created_on") ", x.taken_at), 'Account in extract ' || x.id || ' of ' || date(x.taken_at / 1000, 'unixepoch') "
    "from lifecycle_steps s join system_accounts a on a.id = (select b.id from system_accounts b where b.person = s.person and b.system = s.system and b.state = 'present' order by b.id limit 1) "
    "join account_extracts x on x.id = (select y.id from account_extracts y where y.system = s.system and y.state = 'taken' order by y.taken_at desc, y.id desc limit 1) "
    "where s.kind = 'give_access'" OPEN;
static const char training_sql[] = STEP "(select max(t.finished_at) from training_completions t where t.person = s.person), (select 'Completion ' || t.id || ' ' || t.title from "
    "training_completions t where t.person = s.person order by t.finished_at desc limit 1) from lifecycle_steps s where s.kind = 'training' and "
    "exists(select 1 from training_completions t where t.person = s.person) and not exists(select 1 from training_assignments t where t.person = s.person and t.state in "
    "('assigned', 'started', 'quiz'))" OPEN;
/* Every policy in force that means the person, from the newest version that was to be signed again. */
static const char policies_sql[] = STEP "(select max(a.created_t) from acknowledgements a where a.person = s.person), 'All policies for this person are signed' from lifecycle_steps s "
    "join people p on p.id = s.person where s.kind = 'policies' and exists(select 1 from acknowledgements a where a.person = s.person) and not exists(select 1 from policies y "
    "join policy_versions x on x.policy = y.id and x.state = 'in_force' where y.state = 'in_force' and (y.audience = 'all' or (y.audience = 'employees' and p.kind = 'employee') or "
    "(y.audience = 'contractors' and p.kind in ('contractor', 'consultant')) or (y.audience = 'board' and p.kind = 'board') or (y.audience = 'departments' and "
    "',' || replace(lower(y.departments), ', ', ',') || ',' like '%,' || lower(p.department) || ',%')) and not exists(select 1 from acknowledgements a join policy_versions z on "
    "z.id = a.policy_version where a.person = p.id and a.digest = z.digest and z.policy = y.id and z.number >= ifnull((select max(w.number) from policy_versions w where "
    "w.policy = y.id and w.is_material = 1 and w.state in ('in_force', 'superseded')), 1)))" OPEN;

/* ---- accounts that are to go ---- */

struct removal {
    struct str id, state, extract;
    int64_t version, last_day, done_at, live, ever, first_without, newest;
};

/* first_without: the extract that first had none of the person's accounts able to sign in; newest: the last there is. */
static const char removals_sql[] =
    "select s.id, s.state, x.id, s.version, l.event_on, ifnull(s.done_at, 0), "
    "(select count(*) from system_accounts a where a.person = s.person and a.system = s.system and a.state = 'present' and ifnull(a.enabled, 1) = 1), "
    "(select count(*) from system_accounts_versions a where a.person = s.person and a.system = s.system and a.is_deleted = 0), "
    "(select max(case when a.gone_on is not null then (select min(y.taken_at) from account_extracts y where y.system = s.system and y.state = 'taken' and "
    "date(y.taken_at / 1000, 'unixepoch') >= a.gone_on) else (select z.taken_at from account_extracts z where z.id = a.extract) end) "
    "from system_accounts a where a.person = s.person and a.system = s.system), x.taken_at "
    "from lifecycle_steps s join lifecycles l on l.id = s.lifecycle join account_extracts x on x.id = "
    "(select y.id from account_extracts y where y.system = s.system and y.state = 'taken' order by y.taken_at desc, y.id desc limit 1) "
    "where s.kind = 'remove_access' and s.state in ('open', 'claimed', 'proven') and l.kind = 'leaver' and l.state <> 'dropped' "
    "and exists(select 1 from people p where p.id = s.person and p.left_on = l.event_on) order by s.id";

static void removal_prove(struct lifecycles *x, const struct removal *r)
{
    int64_t end_ms = (r->last_day + 1) * MS_DAY;
    int64_t at = r->ever == 0 ? end_ms : r->first_without ? r->first_without : r->newest;
    bool is_claimed_before = str_is(r->state, "claimed") && r->done_at > 0 && r->done_at < at;
    at = is_claimed_before ? r->done_at : at;
    struct record_change *c = work_move(x, "lifecycle_step", r->id, r->version, "prove");
    json_put_int(c->set, "done_at", at);
    json_put_int(c->set, "lag", lifecycle_lag_hours(r->last_day, at));
    json_put_str(c->set, "proof", arena_printf(x->arena, r->ever ? "No account that can sign in is in extract %.*s" : "Extract %.*s has no account of this person, and none had", STR_ARGS(r->extract)));
}

static bool removals_look(struct lifecycles *x, struct err *e)
{
    struct err inner = {0};
    DB_EACH (row, x->db, &inner, removals_sql) {
        struct removal r = {.id = arena_str(x->arena, db_text(row, 0)), .state = arena_str(x->arena, db_text(row, 1)), .extract = arena_str(x->arena, db_text(row, 2)),
                            .version = db_int(row, 3), .last_day = day_read(db_text(row, 4)), .done_at = db_int(row, 5), .live = db_int(row, 6), .ever = db_int(row, 7),
                            .first_without = db_int(row, 8), .newest = db_int(row, 9)};
        bool is_open = str_is(r.state, "open"), is_proven = str_is(r.state, "proven"), is_later = r.newest > (r.last_day + 1) * MS_DAY;
        if (!is_proven && r.live == 0 && is_later)
            removal_prove(x, &r);
        else if (!is_open && r.live > 0 && r.newest > r.done_at && is_later) {
            struct record_change *c = work_move(x, "lifecycle_step", r.id, r.version, "contradict");
            c->why = STR(LATE_WHY);
            json_put_null(c->set, "done_at");
            json_put_null(c->set, "lag");
        }
    }
    return inner.code ? (*e = inner, false) : true;
}

/* What an owner claims has its lag, too. */
static bool claims_measure(struct lifecycles *x, struct err *e)
{
    struct err inner = {0};
    DB_EACH (row, x->db, &inner,
             "select s.id, s.version, s.done_at, l.event_on from lifecycle_steps s join lifecycles l on l.id = s.lifecycle where s.kind = 'remove_access' and s.state = 'claimed' and s.lag is null "
             "and s.done_at is not null order by s.id") {
        struct lifecycle_work *w = work_add(x, arena_printf(x->arena, "lag/%.*s/%lld", STR_ARGS(db_text(row, 0)), (long long)db_int(row, 1)));
        struct record_change *c = work_change(x, w, "lifecycle_step", RECORD_CHANGE);
        c->id = arena_str(x->arena, db_text(row, 0));
        c->version = db_int(row, 1);
        json_put_int(c->set, "lag", lifecycle_lag_hours(day_read(db_text(row, 3)), db_int(row, 2)));
    }
    return inner.code ? (*e = inner, false) : true;
}

bool lifecycle_proofs(struct lifecycles *x, struct err *e)
{
    return steps_prove(x, screening_sql, e) && steps_prove(x, device_sql, e) && steps_prove(x, return_sql, e) && steps_prove(x, account_sql, e) && steps_prove(x, training_sql, e) &&
           steps_prove(x, policies_sql, e) && removals_look(x, e) && claims_measure(x, e);
}

/* ---- all steps are done ---- */

bool lifecycle_ends(struct lifecycles *x, struct err *e)
{
    struct err inner = {0};
    DB_EACH (row, x->db, &inner,
             "select l.id, l.version, l.state, sum(s.state = 'open'), sum(s.state = 'claimed'), max(s.done_at), max(s.lag) from lifecycles l join lifecycle_steps s on s.lifecycle = l.id "
             "where l.state in ('open', 'claimed', 'done') group by l.id having (l.state = 'open') <> (sum(s.state = 'open') > 0) or (l.state = 'claimed' and sum(s.state = 'claimed') = 0) "
             "order by l.id") {
        bool is_left = db_int(row, 3) > 0, is_claimed = db_int(row, 4) > 0;
        struct record_change *c = work_move(x, "lifecycle", db_text(row, 0), db_int(row, 1), is_left ? "reopen" : is_claimed ? "claim" : "finish");
        if (is_left) {
            c->why = STR("a step is open again");
            json_put_null(c->set, "done_on");
            continue;
        }
        json_put_str(c->set, "done_on", day_text(x->arena, db_is_null(row, 5) ? x->today : day_of(db_int(row, 5))));
        if (!db_is_null(row, 6))
            json_put_int(c->set, "worst_lag", db_int(row, 6));
    }
    return inner.code ? (*e = inner, false) : true;
}

/* ---- late ---- */

bool lifecycle_deviations(struct lifecycles *x, struct err *e)
{
    struct err inner = {0};
    DB_EACH (row, x->db, &inner,
             "select s.id, s.title, s.control, s.due_on, s.owner, s.state, s.lag from lifecycle_steps s where s.control is not null and "
             "((s.state = 'open' and s.due_on < ?1) or (s.state in ('claimed', 'proven') and s.done_at >= " MS_OF("s.due_on") " + 86400000)) and "
             "not exists(select 1 from deviations v where v.step = s.id) order by s.id",
             A(day_text(x->arena, x->today))) {
        struct str id = arena_str(x->arena, db_text(row, 0));
        struct lifecycle_work *w = work_add(x, arena_printf(x->arena, "deviation/step/%.*s", STR_ARGS(id)));
        struct json *set = work_change(x, w, "deviation", RECORD_CREATE)->set;
        bool is_open = str_is(db_text(row, 5), "open");
        json_put_str(set, "title", arena_printf(x->arena, "%s: %.*s", is_open ? "Overdue" : "Late", STR_ARGS(str_slice(db_text(row, 1), 0, 180))));
        json_put_str(set, "control", arena_str(x->arena, db_text(row, 2)));
        json_put_str(set, "step", id);
        put_given(set, "happened_on", arena_str(x->arena, db_text(row, 3)));
        put_given(set, "owner", arena_str(x->arena, db_text(row, 4)));
        json_put_str(set, "due_on", day_text(x->arena, calendar_business_day(&x->calendar, x->today + LIFECYCLE_ANSWER_DAYS)));
    }
    return inner.code ? (*e = inner, false) : true;
}
