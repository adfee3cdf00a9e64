/* extract.c - lists of accounts as systems give them, made from who works here and what content/demo/ says of each system, and the reviews of access over them. */
#include "assess/access_review.h"
#include "demo/routine.h"

enum { LINES_MAX = 90, EVERY_DAYS = 14 };

static const struct json *system_said(const struct demo_world *w, struct str name)
{
    JSON_EACH (file, w->content)
        JSON_EACH (s, json_get(file, "account_systems"))
            if (str_equal(json_text(s, "system"), name))
                return s;
    return NULL;
}

static bool list_has(const struct json *list, struct str text)
{
    JSON_EACH (item, list)
        if (str_equal(item->text, text))
            return true;
    return false;
}

/* {system, person, from: day, until: day}: an account that was given late, or taken away late. */
static const struct json *exception_said(const struct demo_world *w, struct str system, struct str person)
{
    JSON_EACH (file, w->content)
        JSON_EACH (s, json_get(file, "account_exceptions"))
            if (str_equal(json_text(s, "system"), system) && str_equal(world_id(w, json_text(s, "person")), person))
                return s;
    return NULL;
}

static bool day_said(const struct demo_world *w, const struct json *o, const char *member, int64_t *ret, struct err *e)
{
    return json_text(o, member).size == 0 || world_day(w, json_text(o, member), 0, ret, e);
}

struct list_making {
    struct demo_world *w;
    const struct json *said;
    struct str system;
    struct buf *out;
};

static bool person_put(struct list_making *m, struct db_row *row, struct err *e)
{
    struct demo_world *w = m->w;
    struct str id = arena_str(w->step, db_text(row, 0)), email = arena_str(w->step, db_text(row, 2)), login, rest = email;
    int64_t today = world_today(w), started = 0, left = 0, from, until = INT64_MAX, at;
    if (time_parse(db_text(row, 4), 0, &at))
        started = day_of(at);
    if (time_parse(db_text(row, 5), 0, &at))
        left = day_of(at);
    from = started;
    if (left)
        until = left; /* taken away on the evening of the last day */
    const struct json *other = exception_said(w, m->system, id);
    if (!day_said(w, other, "from", &from, e) || !day_said(w, other, "until", &until, e))
        return false;
    if (today < from || today > until)
        return true;
    str_cut(&rest, '@', &login);
    /* What a review had removed is gone. */
    if (db_one_int(w->db, e, 0, "select count(*) from access_lines where system = ?1 and name = ?2 and state in ('remove', 'done')", A(world_id(w, m->system)), A(login)) > 0)
        return true;
    bool is_privileged = false;
    JSON_EACH (p, json_get(m->said, "privileged"))
        is_privileged |= str_equal(world_id(w, p->text), id);
    JSON_EACH (p, json_get(m->said, "once_privileged")) /* until a review took it away */
        if (str_equal(world_id(w, json_text(p, "person")), id)) {
            int64_t end = INT64_MAX;
            if (!day_said(w, p, "until", &end, e))
                return false;
            is_privileged |= today <= end;
        }
    bool is_dormant = list_has(json_get(m->said, "dormant"), login);
    int64_t used = is_dormant ? started + 30 : (left && left < today ? left : today) - (int64_t)world_pick(w, arena_printf(w->step, "%.*s %.*s", STR_ARGS(m->system), STR_ARGS(login)), 6);
    buf_printf(m->out, "%.*s,%.*s,%.*s,%s,%s,yes,yes,%.*s,%.*s\n", STR_ARGS(login), STR_ARGS(db_text(row, 1)), STR_ARGS(email),
               is_privileged ? "admins" : str_is(db_text(row, 3), "Engineering") ? "engineers" : "users", is_privileged ? "yes" : "no",
               STR_ARGS(day_text(w->step, used > from ? used : from)), STR_ARGS(day_text(w->step, from)));
    return true;
}

static struct str list_make(struct list_making *m, struct err *e)
{
    const struct json *teams = json_get(m->said, "departments");
    buf_cstr(m->out, "Login,Display name,E-mail,Groups,Privileged,Enabled,MFA,Last used,Created\n");
    DB_EACH (row, m->w->db, e, "select id, name, coalesce(email, ''), coalesce(department, ''), coalesce(started_on, ''), coalesce(left_on, '') from people where kind in ('employee', 'contractor') order by email")
        if (!teams || list_has(teams, db_text(row, 3)))
            if (!person_put(m, row, e))
                break;
    JSON_EACH (extra, json_get(m->said, "others")) {
        int64_t from = 0, until = INT64_MAX;
        if (!day_said(m->w, extra, "from", &from, e) || !day_said(m->w, extra, "until", &until, e))
            break;
        if (world_today(m->w) >= from && world_today(m->w) <= until)
            buf_printf(m->out, "%.*s\n", STR_ARGS(json_text(extra, "line")));
    }
    return arena_str(m->w->step, buf_view(m->out));
}

static bool submit(void *context, struct op *op, struct json **ret_answer, struct err *e)
{
    return world_submit(context, op, ret_answer, e);
}

bool extract_bring(struct demo_world *w, struct str system_name, struct err *e)
{
    struct buf BUF_AUTO out;
    buf_init(&out, 1 << 20);
    struct list_making m = {.w = w, .said = system_said(w, system_name), .system = system_name, .out = &out};
    struct extract list;
    struct extract_person *people;
    struct extract_plan plan = {0};
    struct access x;
    size_t count;
    struct str id;
    if (!m.said)
        return err_set(e, ERR_INVALID, "%.*s: no system with accounts", STR_ARGS(system_name));
    struct str text = list_make(&m, e), who = json_text(m.said, "by");
    struct extract_facts f = {.system = world_id(w, system_name), .source = "csv", .query = json_text(m.said, "query"), .complete = json_text(m.said, "complete"), .subject = STR(""),
                              .captures = STR(""), .taken_ms = *w->clock_ms, .file_name = arena_printf(w->step, "%.*s-%.*s.csv", STR_ARGS(system_name), STR_ARGS(day_text(w->step, world_today(w)))),
                              .file = text};
    if (e->code || !world_access(w, who, &x, e))
        return false;
    f.taken_by = x.person;
    extract_read_csv(w->step, text, NULL, &list);
    const struct json *problem = json_at(list.problems, 0);
    if (problem)
        return err_set(e, ERR_INVALID, "accounts of %.*s: row %lld: %.*s", STR_ARGS(system_name), (long long)json_int(problem, "row", 0), STR_ARGS(json_text(problem, "why")));
    if (!extract_people(w->db, w->step, w->types, &people, &count, e))
        return false;
    extract_match(&list, people, count);
    return extract_plan(w->db, w->step, w->types, &list, &f, &plan, e) && extract_write(w->db, &w->env, w->step, &f, &plan, &x, submit, w, &id, e);
}

/* Every second Monday, and the day after somebody's last day, which is when it is looked whether the accounts are gone. */
bool extracts_routine(struct demo_world *w, struct err *e)
{
    int64_t today = world_today(w), day = today - w->monday;
    bool is_regular = day % EVERY_DAYS == 0 || day % EVERY_DAYS == -0;
    struct str before = day_text(w->step, today - 4), yesterday = day_text(w->step, today - 1);
    bool is_after = db_one_int(w->db, e, 0, "select count(*) from people where left_on = ?1 or started_on in (?1, ?2)", A(yesterday), A(day_text(w->step, today))) > 0;
    bool is_promised = db_one_int(w->db, e, 0, "select count(*) from access_reviews where state = 'executing' and decided_on = ?1", A(before)) > 0;
    if (e->code || !(is_regular || is_after || is_promised))
        return e->code == ERR_NONE;
    JSON_EACH (file, w->content)
        JSON_EACH (s, json_get(file, "account_systems")) {
            int64_t from = 0;
            if (!day_said(w, s, "from", &from, e))
                return false;
            if (today >= from && world_id(w, json_text(s, "system")).size && !extract_bring(w, json_text(s, "system"), e))
                return false;
            world_step_done(w);
        }
    return !is_after || day_tick(w, e); /* whoever brought them looks what they show */
}

/* ---- reviews ---- */

struct line_now {
    struct str id, name, flags, why;
    int64_t version;
    bool is_flagged;
};

/* What is decided of a line: flagged ones take a reason. */
static void line_decide(struct demo_world *w, const struct line_now *l, struct record_change *ret)
{
    bool is_leaver = str_contains(l->flags, "leaver") || str_contains(l->flags, "orphan"), is_dormant = str_contains(l->flags, "dormant");
    *ret = (struct record_change){.type = STR("access_line"), .id = l->id, .act = RECORD_MOVE, .version = l->version, .set = json_object(w->step), .why = STR("")};
    if (is_leaver || is_dormant) {
        ret->transition = STR("remove");
        ret->why = is_leaver ? STR("Nobody here uses it any more.") : STR("Not used for three months; it can be asked for again.");
    } else if (l->is_flagged) {
        ret->transition = STR("keep_flagged");
        ret->why = STR("Needed for on-call; looked at with the manager.");
    } else {
        ret->transition = STR("keep");
    }
}

static bool lines_of(struct demo_world *w, const struct demo_actor *actor, struct err *e)
{
    struct record_change *changes = arena_array(w->step, LINES_MAX, sizeof(*changes));
    size_t n = 0;
    struct json *answer;
    DB_EACH (row, w->db, e,
             "select l.id, l.version, l.name, coalesce(l.flags, ''), coalesce(l.is_flagged, 0) from access_lines l join access_reviews r on r.id = l.review "
             "where r.state = 'open' and l.state = 'open' and (l.delegate = ?1 or (l.delegate is null and l.reviewer = ?1)) and coalesce(l.person, '') <> ?1 and coalesce(l.granted_by, '') <> ?1 "
             "and r.opened_on <= ?2 order by l.id limit 90",
             A(actor->person), A(day_text(w->step, world_today(w) - 3))) {
        struct line_now l = {.id = arena_str(w->step, db_text(row, 0)), .version = db_int(row, 1), .flags = arena_str(w->step, db_text(row, 3)), .is_flagged = db_int(row, 4) != 0};
        line_decide(w, &l, &changes[n++]);
    }
    return e->code == ERR_NONE && (n == 0 || world_do_typed(w, actor->name, changes, n, &answer, e) || err_wrap(e, "lines of %.*s", STR_ARGS(actor->name)));
}

/* Nobody decides about their own account: it goes to somebody else. */
static bool lines_handed_over(struct demo_world *w, const struct demo_actor *actor, struct err *e)
{
    const struct demo_actor *other = world_actor(w, str_is(actor->name, "cto") ? STR("lead") : STR("cto"), e);
    struct record_change *changes = arena_array(w->step, LINES_MAX, sizeof(*changes));
    size_t n = 0;
    struct json *answer;
    DB_EACH (row, w->db, e,
             "select l.id, l.version from access_lines l join access_reviews r on r.id = l.review where r.state = 'open' and l.state = 'open' and l.delegate is null and l.reviewer = ?1 and "
             "(l.person = ?1 or l.granted_by = ?1) order by l.id limit 90",
             A(actor->person)) {
        struct json *set = json_object(w->step);
        json_put_str(set, "delegate", other->person);
        changes[n++] = (struct record_change){.type = STR("access_line"), .id = arena_str(w->step, db_text(row, 0)), .act = RECORD_MOVE, .version = db_int(row, 1), .transition = STR("hand_over"),
                                              .set = set, .why = STR("My own account.")};
    }
    return e->code == ERR_NONE && (n == 0 || world_do_typed(w, actor->name, changes, n, &answer, e) || err_wrap(e, "lines of %.*s", STR_ARGS(actor->name)));
}

static bool reviews_signed(struct demo_world *w, struct err *e)
{
    struct str ids[8], owners[8];
    size_t n = 0;
    DB_EACH (row, w->db, e, "select id, owner from access_reviews where state = 'proven' order by id limit 8") {
        ids[n] = arena_str(w->step, db_text(row, 0));
        owners[n++] = arena_str(w->step, db_text(row, 1));
    }
    for (size_t i = 0; i < n && !e->code; i++) {
        const struct demo_actor *actor = world_actor_of_person(w, owners[i]);
        struct record_change change;
        struct json *answer;
        if (!actor || !world_change(w, "access_review", RECORD_MOVE, ids[i], "sign", NULL, "", &change, e))
            return e->code == ERR_NONE;
        if (!world_do_typed(w, actor->name, &change, 1, &answer, e))
            return err_wrap(e, "sign %.*s", STR_ARGS(ids[i]));
    }
    return e->code == ERR_NONE;
}

static bool advance(struct demo_world *w, struct err *e)
{
    size_t done = 0;
    return access_advance(w->db, &w->env, world_today(w), submit, w, &done, e);
}

bool reviews_routine(struct demo_world *w, struct err *e)
{
    if (db_one_int(w->db, e, 0, "select count(*) from access_reviews where state in ('preparing', 'open', 'executing', 'proven')") == 0)
        return e->code == ERR_NONE;
    if (!advance(w, e))
        return false;
    for (size_t i = 0; i < w->actor_count; i++)
        if (w->actors[i].person.size && !(lines_handed_over(w, &w->actors[i], e) && lines_of(w, &w->actors[i], e)))
            return false;
    return advance(w, e) && reviews_signed(w, e) && advance(w, e);
}
