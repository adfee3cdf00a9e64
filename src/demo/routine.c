/* routine.c - see routine.h. */
#include "demo/routine.h"

#include "assess/calendar.h"
#include "assess/duties.h"
#include "assess/training.h"
#include "content/content.h"
#include "role/duties_once.h"
#include "role/people_once.h"
#include "role/training_once.h"

enum { BATCH_MAX = 100, WEEKDAY_OF_EPOCH = 3 /* Thursday, counted from Monday */, LESSONS_A_DAY = 100 };

static int weekday(int64_t day)
{
    return (int)((day + WEEKDAY_OF_EPOCH) % 7); /* 0: Monday */
}

bool is_their_day(const struct demo_world *w, struct str key, int64_t since, int64_t least, int64_t most)
{
    int64_t day = since + least + (int64_t)world_pick(w, key, (uint64_t)(most - least + 1));
    return world_today(w) >= day && weekday(world_today(w)) < 5;
}

/* ---- by itself ---- */

bool day_tick(struct demo_world *w, struct err *e)
{
    static struct people_seen seen;
    static struct risk_news news;
    size_t changes;
    int64_t today = world_today(w);
    if (w->tick_day == 0) {
        seen = (struct people_seen){0};
        news = (struct risk_news){0};
    }
    w->tick_day = today;
    return duties_submit(w->keeper, w->db, &w->env, today, &changes, e) && training_submit(w->keeper, w->db, &w->env, today, &changes, e) &&
           people_submit(w->keeper, w->db, &w->env, today, &seen, &changes, e) && risks_submit(w->keeper, w->db, &w->env, today, &news, &changes, e);
}

/* ---- performances ---- */

struct due_now {
    struct str id, title, control, from, to, due, owner, frequency;
    int64_t version, due_day, day;
    bool is_late; /* it was missed, and is made good */
};

/* What content/demo/ says of the performance whose period holds the day: {control, on, missed: true} or {control, on, late: days}. */
static const struct json *performance_said(struct demo_world *w, const struct due_now *o)
{
    struct err ignored = {0};
    JSON_EACH (file, w->content)
        JSON_EACH (said, json_get(file, "performances")) {
            int64_t day;
            if (str_equal(json_text(said, "control"), o->control) && world_day(w, json_text(said, "on"), 0, &day, &ignored)) {
                struct str text = day_text(w->step, day);
                if (str_compare(text, o->from) >= 0 && str_compare(text, o->to) <= 0)
                    return said;
            }
        }
    return NULL;
}

/* A few days before it is due, never on a weekend but for what is done each day. */
static int64_t day_planned(struct demo_world *w, const struct due_now *o)
{
    static const struct {
        const char *frequency;
        int64_t before;
    } rows[] = {{"weekly", 1}, {"monthly", 4}, {"quarterly", 9}, {"semiannual", 15}, {"annual", 25}};
    int64_t before = 0, to;
    struct json *said = (struct json *)(uintptr_t)performance_said(w, o);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (str_is(o->frequency, rows[i].frequency))
            before = rows[i].before;
    if (said && json_bool(said, "missed"))
        return INT64_MAX;
    if (said && json_int(said, "late", 0))
        return o->due_day + json_int(said, "late", 0);
    if (!time_parse(o->to, 0, &to))
        return INT64_MAX;
    to = day_of(to);
    int64_t day = (o->due_day < to ? o->due_day : to) - (before ? (int64_t)world_pick(w, o->id, (uint64_t)before + 1) : 0);
    if (before)
        while (weekday(day) >= 5)
            day--;
    return day;
}

static struct str paper_of(struct demo_world *w, const struct due_now *o, const struct demo_actor *actor)
{
    const struct control *c = content_control(o->control);
    struct buf BUF_AUTO b;
    buf_init(&b, 64 << 10);
    buf_printf(&b, "%.*s\n%.*s to %.*s\n\nWhat the control asks for\n", STR_ARGS(o->title), STR_ARGS(o->from), STR_ARGS(o->to));
    buf_printf(&b, "%.*s\n\nWhat was looked at\n", STR_ARGS(world_text(w, c ? c->statement : "As the organisation wrote it.")));
    for (size_t i = 0; c && i < c->evidence.count; i++)
        buf_printf(&b, "- %.*s\n", STR_ARGS(world_text(w, c->evidence.items[i])));
    uint64_t items = 6 + world_pick(w, o->id, 40);
    uint64_t notes = world_pick(w, arena_printf(w->step, "%.*s notes", STR_ARGS(o->id)), 4);
    buf_printf(&b, "\nResult\n%llu items looked at, %llu with a remark; all remarks have a ticket.\nSigned %.*s on %.*s.\n", (unsigned long long)items, (unsigned long long)notes,
               STR_ARGS(actor->name), STR_ARGS(day_text(w->step, world_today(w))));
    return arena_str(w->step, buf_view(&b));
}

/* The paper and the performance, two changes of one operation. */
static bool performance_put(struct demo_world *w, const struct due_now *o, const struct demo_actor *actor, struct record_change *changes, size_t *count, struct err *e)
{
    struct record_change *paper = &changes[(*count)++], *done = &changes[(*count)++];
    struct json *set = json_object(w->step), *value;
    struct op_blob *blob = ARENA_NEW(w->step, struct op_blob);
    struct str today = day_text(w->step, world_today(w));
    *paper = (struct record_change){.type = STR("evidence"), .act = RECORD_CREATE, .set = set, .files = blob, .file_count = 1};
    json_put_str(set, "title", arena_printf(w->step, "%.*s, %.*s to %.*s", STR_ARGS(str_slice(o->title, 0, 150)), STR_ARGS(o->from), STR_ARGS(o->to)));
    if (!file_seal(w, arena_printf(w->step, "%.*s-%.*s.txt", STR_ARGS(o->control), STR_ARGS(o->to)), paper_of(w, o, actor), blob, &value, e))
        return false;
    json_push(json_put_array(set, "files"), value);
    json_put_cstr(set, "kind", str_is(o->frequency, "annual") ? "document" : "report");
    json_put_str(set, "source", STR("Written by who performs the control"));
    json_put_str(set, "taken_on", today);
    json_put_str(set, "period_from", o->from);
    json_put_str(set, "period_to", o->to);
    json_put_str(set, "occurrence", o->id);
    json_push_str(json_put_array(set, "controls"), o->control);
    json_put_str(set, "owner", actor->person);
    struct json *how = json_object(w->step);
    json_put_str(how, "performed_on", today);
    json_put_str(how, "performed_by", actor->person);
    json_push_str(json_put_array(how, "evidence"), arena_printf(w->step, "new:%zu", *count - 1));
    *done = (struct record_change){.type = STR("occurrence"), .id = o->id, .act = RECORD_MOVE, .version = o->version, .transition = o->is_late ? STR("perform_late") : STR("perform"), .set = how,
                                   .why = o->is_late ? STR("Overlooked at quarter's end; found in the weekly look at what is due.") : STR("")};
    return true;
}

/* Access reviews are performed by what happens on their own pages. */
static bool is_by_itself(struct str control)
{
    return str_is(control, "AC-05");
}

static bool performances(struct demo_world *w, struct err *e)
{
    struct due_now *list = arena_array(w->step, 1000, sizeof(*list));
    size_t count = 0;
    int64_t today = world_today(w);
    DB_EACH (row, w->db, e,
             "select o.id, o.version, o.title, o.control, o.period_from, o.period_to, o.due_on, o.owner, coalesce(c.frequency, ''), o.state from occurrences o join control_records c on c.id = o.control "
             "where o.state in ('expected', 'missed') and o.due_on <= ?1 order by o.owner, o.id",
             A(day_text(w->step, today + 60))) {
        struct due_now o = {.id = arena_str(w->step, db_text(row, 0)), .version = db_int(row, 1), .title = arena_str(w->step, db_text(row, 2)), .control = arena_str(w->step, db_text(row, 3)),
                            .from = arena_str(w->step, db_text(row, 4)), .to = arena_str(w->step, db_text(row, 5)), .due = arena_str(w->step, db_text(row, 6)),
                            .owner = arena_str(w->step, db_text(row, 7)), .frequency = arena_str(w->step, db_text(row, 8)), .is_late = str_is(db_text(row, 9), "missed")};
        const struct control *c = content_control(o.control);
        int64_t due;
        if (o.frequency.size == 0 && c)
            o.frequency = str_of(c->frequency);
        if (!time_parse(o.due, 0, &due) || is_by_itself(o.control))
            continue;
        o.due_day = day_of(due);
        if (day_planned(w, &o) <= today && count < 1000)
            list[count++] = o;
    }
    for (size_t i = 0; i < count && !e->code;) {
        struct record_change *changes = arena_array(w->step, 2 * BATCH_MAX, sizeof(*changes));
        const struct demo_actor *actor = world_actor_of_person(w, list[i].owner);
        size_t n = 0;
        struct json *answer;
        actor = actor ? actor : world_actor(w, STR("lead"), e);
        size_t first = i;
        for (; i < count && str_equal(list[i].owner, list[first].owner) && n < BATCH_MAX; i++)
            if (!performance_put(w, &list[i], actor, changes, &n, e))
                return false;
        if (!world_do_typed(w, actor->name, changes, n, &answer, e))
            return err_wrap(e, "performances of %.*s", STR_ARGS(actor->name));
    }
    return e->code == ERR_NONE;
}

/* Fridays: somebody else looks at what was brought. */
static bool papers_accepted(struct demo_world *w, const char *by, struct err *e)
{
    const struct demo_actor *actor = world_actor(w, str_of(by), e);
    struct record_change *changes = arena_array(w->step, BATCH_MAX, sizeof(*changes));
    size_t n = 0;
    struct json *answer;
    if (!actor)
        return false;
    DB_EACH (row, w->db, e,
             "select v.id, v.version from evidence_items v where v.state = 'received' and v.created_by <> ?1 and coalesce(v.owner, '') <> ?2 and coalesce(v.note, '') not like 'Stays%' order by v.id "
             "limit 100",
             A(actor->actor), A(actor->person))
        changes[n++] = (struct record_change){.type = STR("evidence"), .id = arena_str(w->step, db_text(row, 0)), .act = RECORD_MOVE, .version = db_int(row, 1), .transition = STR("accept"),
                                              .set = json_object(w->step)};
    return e->code == ERR_NONE && (n == 0 || world_do_typed(w, str_of(by), changes, n, &answer, e));
}

/* ---- deviations ---- */

static bool deviations_answered(struct demo_world *w, struct err *e)
{
    struct json *answer;
    struct record_change change;
    struct str ids[40], states[40], controls[40];
    int64_t versions[40];
    size_t n = 0;
    DB_EACH (row, w->db, e, "select id, version, state, control from deviations where state in ('open', 'explained') and changed_t < ?1 order by id limit 40",
             A(*w->clock_ms - 7 * MS_DAY)) {
        ids[n] = arena_str(w->step, db_text(row, 0));
        versions[n] = db_int(row, 1);
        states[n] = arena_str(w->step, db_text(row, 2));
        controls[n++] = arena_str(w->step, db_text(row, 3));
    }
    for (size_t i = 0; i < n && !e->code; i++) {
        bool is_open = str_is(states[i], "open");
        if (world_pick(w, ids[i], 7) == 0 || (!is_open && w->end_ms - *w->clock_ms < 30 * MS_DAY))
            continue; /* some wait for an answer */
        struct json *set = json_object(w->step);
        if (is_open) {
            json_put_str(set, "cause", STR("Whoever performs it was away, and nobody stood in."));
            json_put_str(set, "effect", arena_printf(w->step, "%.*s did not work for these days. What it should have caught was looked at afterwards: nothing was found.", STR_ARGS(controls[i])));
            json_put_str(set, "response", STR("A stand-in is named for each owner, and what is due is looked at every Monday."));
        }
        change = (struct record_change){.type = STR("deviation"), .id = ids[i], .act = RECORD_MOVE, .version = versions[i], .transition = is_open ? STR("explain") : STR("close"), .set = set};
        if (!world_do_typed(w, is_open ? STR("lead") : STR("cto"), &change, 1, &answer, e) && e->code == ERR_DENIED)
            *e = (struct err){0};
    }
    return e->code == ERR_NONE;
}

/* ---- policies ---- */

struct owed_signature {
    struct str person, version, digest;
};

static bool signatures(struct demo_world *w, struct err *e)
{
    struct owed_signature *list = arena_array(w->step, 4000, sizeof(*list));
    size_t count = 0;
    DB_EACH (row, w->db, e,
             "select p.id, v.id, v.digest, max(v.changed_t, (select min(q.from_t) from people_versions q where q.id = p.id)) as since, p.started_on > date(?1, '-40 days'), coalesce(p.started_on, '') from policy_versions v "
             "join policies y on y.id = v.policy cross join people p "
             "where v.state = 'in_force' and (v.is_material = 1 or not exists(select 1 from acknowledgements k join policy_versions o on o.id = k.policy_version where o.policy = v.policy and k.person = p.id)) "
             "and p.state = 'active' and y.audience <> 'none' and (y.audience = 'all' or (y.audience = 'employees' and p.kind = 'employee') or "
             "(y.audience = 'departments' and p.department = y.departments)) and p.kind in ('employee', 'contractor') and coalesce(p.started_on, '') <= ?1 and "
             "not exists(select 1 from acknowledgements k where k.person = p.id and k.policy_version = v.id) order by p.id, v.id",
             A(day_text(w->step, world_today(w)))) {
        int64_t since = day_of(db_int(row, 3)), started;
        if (time_parse(db_text(row, 5), 0, &started) && day_of(started) > since)
            since = day_of(started);
        struct str person = arena_str(w->step, db_text(row, 0));
        /* Most within nine days; a few need to be reminded, and some of those are late. */
        bool is_new = !db_is_null(row, 4) && db_int(row, 4);
        bool is_slow = !is_new && world_pick(w, arena_printf(w->step, "slow %.*s", STR_ARGS(person)), 13) == 0;
        if (count < 4000 && is_their_day(w, arena_printf(w->step, "sign %.*s %lld", STR_ARGS(person), (long long)since), since, is_slow ? 12 : 1, is_slow ? 40 : is_new ? 3 : 9))
            list[count++] = (struct owed_signature){person, arena_str(w->step, db_text(row, 1)), arena_str(w->step, db_text(row, 2))};
    }
    for (size_t i = 0; i < count && !e->code;) {
        struct record_change *changes = arena_array(w->step, BATCH_MAX, sizeof(*changes));
        const struct demo_actor *actor = world_actor_of_person(w, list[i].person);
        size_t n = 0, first = i;
        struct json *answer;
        for (; i < count && str_equal(list[i].person, list[first].person); i++) {
            if (!actor || n == BATCH_MAX)
                continue;
            struct json *set = json_object(w->step);
            json_put_str(set, "person", list[i].person);
            json_put_str(set, "policy_version", list[i].version);
            json_put_str(set, "digest", list[i].digest);
            changes[n++] = (struct record_change){.type = STR("acknowledgement"), .act = RECORD_CREATE, .set = set};
        }
        if (n && !world_do_typed(w, actor->name, changes, n, &answer, e))
            return err_wrap(e, "signatures of %.*s", STR_ARGS(actor->name));
    }
    return e->code == ERR_NONE;
}

/* ---- courses ---- */

struct course_taken {
    struct str id, person, name, course, campaign, title;
    int64_t version, attempt;
};

static bool training_do(struct demo_world *w, struct record_change *changes, size_t n, struct err *e)
{
    struct access system = {.actor = STR(TRAINING_ACTOR), .is_system = true};
    struct op op;
    struct json *answer;
    return n == 0 || (record_number(w->db, w->step, changes, n, e) && record_op(&w->env, w->step, changes, n, &system, &op, e) && world_submit(w, &op, &answer, e));
}

/* Reading, the draw, the answers: what the pages do for whoever takes it. */
static bool course_taking(struct demo_world *w, const struct course_taken *t, const char *step, struct record_change *changes, size_t *n, struct err *e)
{
    struct course_in_force in_force;
    const struct course *course;
    struct json *set = json_object(w->step);
    struct quiz quiz;
    char seed[TRAINING_SEED_SIZE];
    if (!course_in_force(w->db, w->step, t->course, &in_force, &course, e))
        return false;
    struct sha256 number = sha256_of(arena_printf(w->step, "%.*s %llu", STR_ARGS(t->id), (unsigned long long)w->pick_seed));
    hex_encode(number.bytes, 16, seed);
    struct record_change change = {.type = STR("training_assignment"), .id = t->id, .act = RECORD_MOVE, .version = t->version, .transition = str_of(step), .set = set};
    if (strcmp(step, "begin") == 0) {
        json_put_str(set, "course_digest", arena_str(w->step, str_of(in_force.digest)));
        json_put_int(set, "lessons_read", 0);
        json_put_int(set, "started_at", *w->clock_ms);
    } else if (strcmp(step, "read") == 0) {
        change.act = RECORD_CHANGE;
        change.transition = STR("");
        json_put_int(set, "lessons_read", (int64_t)course->lesson_count);
    } else if (strcmp(step, "draw") == 0) {
        json_put_str(set, "seed", arena_str(w->step, str_of(seed)));
        json_put_int(set, "attempts", 1);
        json_put_int(set, "drawn_at", *w->clock_ms);
    } else {
        if (!quiz_draw(w->step, course, str_of(seed), &quiz, e))
            return false;
        int *chosen = arena_array(w->step, quiz.count + 1, sizeof(*chosen));
        struct str text;
        uint64_t wrong = world_pick(w, t->id, quiz.count * 3); /* one of three gets one wrong */
        for (size_t i = 0; i < quiz.count; i++)
            for (size_t k = 0; k < quiz.items[i].answers; k++)
                if ((quiz.items[i].order[k] == 0) == (i != wrong))
                    chosen[i] = (int)k;
        size_t right = quiz_score(w->step, course, &quiz, chosen, &text);
        struct json *done = json_object(w->step);
        json_put_str(done, "title", in_force.title);
        json_put_str(done, "course", in_force.id);
        json_put_str(done, "course_digest", arena_str(w->step, str_of(in_force.digest)));
        json_put_str(done, "person", t->person);
        json_put_str(done, "name", t->name);
        json_put_str(done, "assignment", t->id);
        if (t->campaign.size)
            json_put_str(done, "campaign", t->campaign);
        json_put_int(done, "score", quiz_percent(right, quiz.count));
        json_put_int(done, "right", (int64_t)right);
        json_put_int(done, "asked", (int64_t)quiz.count);
        json_put_int(done, "pass_percent", course->pass_percent);
        json_put_int(done, "attempt", 1);
        json_put_str(done, "seed", arena_str(w->step, str_of(seed)));
        json_put_str(done, "answers", text);
        const struct demo_actor *actor = world_actor_of_person(w, t->person);
        json_put_str(done, "answered_by", actor ? actor->actor : STR("local:admin"));
        json_put_int(done, "started_at", *w->clock_ms - 40 * MS_MINUTE);
        json_put_int(done, "finished_at", *w->clock_ms);
        json_put_str(done, "expires_on", day_text(w->step, cadence_next(CADENCE_ANNUAL, world_today(w))));
        changes[(*n)++] = (struct record_change){.type = STR("training_completion"), .act = RECORD_CREATE, .set = done};
        json_put_int(set, "last_score", quiz_percent(right, quiz.count));
        json_put_str(set, "completion", arena_printf(w->step, "new:%zu", *n));
        change.transition = STR("complete");
    }
    changes[(*n)++] = change;
    return true;
}

static bool courses_step(struct demo_world *w, const char *step, const char *state, struct err *e)
{
    struct record_change *changes = arena_array(w->step, 2 * BATCH_MAX, sizeof(*changes));
    struct course_taken *list = arena_array(w->step, BATCH_MAX, sizeof(*list));
    size_t n = 0, count = 0;
    DB_EACH (row, w->db, e,
             "select t.id, t.version, t.person, p.name, t.course, coalesce(t.campaign, ''), t.assigned_on from training_assignments t join people p on p.id = t.person "
             "where t.state = ?1 and p.state = 'active' order by t.id",
             A(state)) {
        int64_t assigned = 0;
        struct str id = arena_str(w->step, db_text(row, 0)), person = arena_str(w->step, db_text(row, 2));
        if (!time_parse(db_text(row, 6), 0, &assigned) || count == BATCH_MAX)
            continue;
        bool is_slow = world_pick(w, arena_printf(w->step, "course %.*s", STR_ARGS(person)), 23) == 0;
        if (strcmp(state, "assigned") == 0 && !is_their_day(w, id, day_of(assigned), is_slow ? 33 : 2, is_slow ? 75 : 24))
            continue;
        list[count++] = (struct course_taken){.id = id, .version = db_int(row, 1), .person = person, .name = arena_str(w->step, db_text(row, 3)), .course = arena_str(w->step, db_text(row, 4)),
                                              .campaign = arena_str(w->step, db_text(row, 5))};
    }
    for (size_t i = 0; i < count && !e->code; i++)
        if (!course_taking(w, &list[i], step, changes, &n, e))
            return false;
    return e->code == ERR_NONE && training_do(w, changes, n, e);
}

static bool courses(struct demo_world *w, struct err *e)
{
    /* Later steps first: so each takes the next day's stretch of the quiz, and a course takes half an hour of four days. */
    return courses_step(w, "complete", "quiz", e) && (world_clock(w, *w->clock_ms + MS_MINUTE), true) && courses_step(w, "begin", "assigned", e) &&
           (world_clock(w, *w->clock_ms + 30 * MS_MINUTE), true) && courses_step(w, "read", "started", e) && courses_step(w, "draw", "started", e);
}

/* ---- checklists of who comes and goes ---- */

static bool steps_claimed(struct demo_world *w, struct err *e)
{
    struct record_change *changes = arena_array(w->step, BATCH_MAX, sizeof(*changes));
    size_t n = 0;
    struct json *answer;
    DB_EACH (row, w->db, e,
             "select s.id, s.version, s.due_on, s.kind from lifecycle_steps s join lifecycles l on l.id = s.lifecycle where s.state = 'open' and s.kind in ('nda', 'other', 'return', 'confirm_access') and "
             "l.event_on <= ?1 order by s.id limit 100",
             A(day_text(w->step, world_today(w)))) {
        int64_t due = 0;
        struct str id = arena_str(w->step, db_text(row, 0));
        if (!time_parse(db_text(row, 2), 0, &due) || (!str_is(db_text(row, 3), "nda") && world_pick(w, id, 9) == 0 && world_today(w) < day_of(due) + 6))
            continue; /* now and then one is late */
        struct json *set = json_object(w->step);
        json_put_int(set, "done_at", *w->clock_ms);
        changes[n++] = (struct record_change){.type = STR("lifecycle_step"), .id = id, .act = RECORD_MOVE, .version = db_int(row, 1), .transition = STR("claim"), .set = set};
    }
    return e->code == ERR_NONE && (n == 0 || world_do_typed(w, STR("lead"), changes, n, &answer, e));
}

static bool checks_answered(struct demo_world *w, struct err *e)
{
    struct record_change *changes = arena_array(w->step, BATCH_MAX, sizeof(*changes));
    size_t n = 0;
    struct json *answer;
    DB_EACH (row, w->db, e, "select b.id, b.version, b.person from background_checks b where b.state = 'asked' order by b.id limit 100") {
        struct json *set = json_object(w->step);
        json_put_str(set, "provider", STR("Hollin Screening"));
        json_put_str(set, "done_on", day_text(w->step, world_today(w)));
        json_put_bool(set, "is_clear", true);
        changes[n++] = (struct record_change){.type = STR("background_check"), .id = arena_str(w->step, db_text(row, 0)), .act = RECORD_MOVE, .version = db_int(row, 1), .transition = STR("answer"), .set = set};
    }
    return e->code == ERR_NONE && (n == 0 || world_do_typed(w, STR("lead"), changes, n, &answer, e));
}

static bool done(struct demo_world *w, bool ok)
{
    world_step_done(w);
    return ok;
}

bool day_routine(struct demo_world *w, struct err *e)
{
    bool is_friday = weekday(world_today(w)) == 4, is_monday = weekday(world_today(w)) == 0;
    return done(w, extracts_routine(w, e)) && done(w, performances(w, e)) && done(w, signatures(w, e)) && done(w, courses(w, e)) && done(w, steps_claimed(w, e)) && done(w, checks_answered(w, e)) &&
           done(w, reviews_routine(w, e)) && (!is_monday || done(w, deviations_answered(w, e))) &&
           (!is_friday || (done(w, papers_accepted(w, "lead", e)) && done(w, papers_accepted(w, "cto", e))));
}
