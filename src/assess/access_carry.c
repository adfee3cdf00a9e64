/* access_carry.c - what was decided is carried out: tasks, proof by a later extract, lateness, the attributes and the evidence. */
#include "assess/access_review.h"

#include "assess/duties.h"

enum { TASK_LINES_MAX = 40 };


/* ---- all is decided ---- */

/* Who decided all lines alone; empty: several did, or the one has no person. */
static struct str sole_reviewer(struct access_working *w, struct str review, struct err *e)
{
    struct str actor = STR("");
    int64_t count = 0;
    DB_EACH (row, w->db, e, "select count(distinct changed_by), min(changed_by) from access_lines where review = ?1 and state in ('kept', 'change', 'remove')", A(review)) {
        count = db_int(row, 0);
        actor = arena_str(w->a, db_text(row, 1));
    }
    if (e->code || count != 1 || !str_starts(actor, "account:"))
        return STR("");
    struct str person = db_one_text(w->a, w->db, e, "select person from account where id = ?1", A(str_slice(actor, 8, actor.size)));
    return person.data ? person : STR("");
}

static struct str task_words(struct access_working *w, struct str review, struct str system, struct err *e)
{
    struct buf BUF_AUTO b;
    int64_t count = 0;
    buf_init(&b, 16 << 10);
    DB_EACH (row, w->db, e,
             "select l.name, l.state, (select c.why from record_change c where c.type = 'access_line' and c.id = l.id order by c.leaf desc limit 1) from access_lines l "
             "where l.review = ?1 and l.system = ?2 and l.state in ('change', 'remove') order by l.state desc, l.name",
             A(review), A(system))
        if (count++ < TASK_LINES_MAX)
            buf_printf(&b, "- %s %.*s: %.*s\n", str_is(db_text(row, 1), "remove") ? "Remove" : "Change", STR_ARGS(db_text(row, 0)), STR_ARGS(str_slice(db_text(row, 2), 0, 200)));
    if (count > TASK_LINES_MAX)
        buf_printf(&b, "- and %lld more\n", (long long)(count - TASK_LINES_MAX));
    buf_printf(&b, "\n[All changes of this review](/access/%.*s/lines?show=todo). They are proven by the next list of the system's accounts.\n", STR_ARGS(review));
    return arena_str(w->a, buf_view(&b));
}

static void tasks_put(struct access_working *w, struct str review, struct str owner, struct str due, struct err *e)
{
    DB_EACH (row, w->db, e,
             "select s.id, s.name, coalesce(s.owner, ?2), count(*) from access_lines l join systems s on s.id = l.system where l.review = ?1 and l.state in ('change', 'remove') "
             "group by s.id order by s.id",
             A(review), A(owner)) {
        struct str system = arena_str(w->a, db_text(row, 0)), name = arena_str(w->a, db_text(row, 1));
        int64_t n = db_int(row, 3);
        struct str title = arena_printf(w->a, "Carry out the changes of access in %.*s (%.*s)", STR_ARGS(name), STR_ARGS(review));
        if (n == 0 || db_one_int(w->db, e, 0, "select count(*) from tasks where title = ?1 and state = 'open'", A(title)) > 0)
            continue;
        struct json *set = access_change(w, "task", RECORD_CREATE, STR(""), 0)->set;
        json_put_str(set, "title", title);
        json_put_str(set, "what", task_words(w, review, system, e));
        json_put_str(set, "owner", arena_str(w->a, db_text(row, 2)));
        json_put_str(set, "due_on", due);
        json_put_cstr(set, "control", "AC-05");
        json_put_cstr(set, "recurrence", "never");
        json_put_bool(set, "on_business_day", true);
        json_put_int(set, "escalate_days", 1);
    }
}

static bool decided_due(struct access_working *w, struct err *e)
{
    struct str review = STR(""), owner = STR("");
    int64_t version = 0;
    DB_EACH (row, w->db, e,
             "select v.id, v.version, v.owner from access_reviews v where v.state = 'open' and exists(select 1 from access_lines_counts l where l.review = v.id) and "
             "not exists(select 1 from access_lines_counts l where l.review = v.id and l.state = 'open') order by v.id limit 1") {
        review = arena_str(w->a, db_text(row, 0));
        version = db_int(row, 1);
        owner = arena_str(w->a, db_text(row, 2));
    }
    if (e->code || review.size == 0)
        return e->code == ERR_NONE;
    struct calendar calendar;
    if (!calendar_load(w->db, w->a, &calendar, e))
        return false;
    int64_t days = access_parameter(w, "access_review_changes_business_days", e);
    struct str due = day_text(w->a, calendar_add_business_days(&calendar, w->today, (int)days)), sole = sole_reviewer(w, review, e);
    struct record_change *c = access_change(w, "access_review", RECORD_MOVE, review, version);
    c->transition = STR("decide");
    json_put_str(c->set, "decided_on", w->today_text);
    json_put_str(c->set, "changes_due_on", due);
    if (sole.size)
        json_put_str(c->set, "sole_reviewer", sole);
    else
        json_put_null(c->set, "sole_reviewer");
    tasks_put(w, review, owner, due, e);
    w->work->key = arena_printf(w->a, "access-decided/%.*s/%lld", STR_ARGS(review), (long long)version);
    return e->code == ERR_NONE;
}

/* ---- proof ---- */

/* A removal is proven by a later list without the account, or with it closed; a change by one that shows other rights. */
static bool proofs_due(struct access_working *w, struct err *e)
{
    struct str first = STR("");
    DB_EACH (row, w->db, e,
             "select l.id, l.version, x.id, x.taken_at from access_reviews v join access_lines l on l.review = v.id and l.state in ('change', 'remove') "
             "join system_accounts a on a.id = l.account join account_extracts x on x.system = l.system and x.state = 'taken' and x.changed_leaf > l.changed_leaf "
             "where v.state = 'executing' and not exists(select 1 from account_extracts y where y.system = l.system and y.state = 'taken' and y.changed_leaf > x.changed_leaf) and "
             "(a.state = 'gone' or (l.state = 'remove' and a.enabled = 0 and coalesce(l.enabled, 1) = 1) or (l.state = 'change' and "
             "(coalesce(a.rights, '') <> coalesce(l.rights, '') or coalesce(a.privileged, -1) <> coalesce(l.privileged, -1) or coalesce(a.enabled, -1) <> coalesce(l.enabled, -1) or "
             "coalesce(a.owner, '') <> coalesce(l.answers, '') or coalesce(a.person, '') <> coalesce(l.person, '')))) order by l.id limit 5000") {
        struct record_change *c = access_change(w, "access_line", RECORD_MOVE, arena_str(w->a, db_text(row, 0)), db_int(row, 1));
        c->transition = STR("prove");
        json_put_str(c->set, "proven_by", arena_str(w->a, db_text(row, 2)));
        json_put_str(c->set, "proven_on", w->today_text);
        if (first.size == 0)
            first = arena_printf(w->a, "%.*s/%lld/%.*s", STR_ARGS(c->id), (long long)c->version, STR_ARGS(json_text(c->set, "proven_by")));
    }
    w->work->key = arena_printf(w->a, "access-proof/%.*s", STR_ARGS(first));
    return e->code == ERR_NONE;
}

static bool self_reviews(struct db *db, struct str review, int64_t *ret, struct err *e)
{
    *ret = db_one_int(db, e, 0,
                      "select count(*) from account k cross join access_lines_versions l on ((l.person = k.person and l.to_leaf is null) or (l.granted_by = k.person and l.to_leaf is null)) "
                      "and l.to_leaf is null and l.is_deleted = 0 and +l.review = ?1 "
                      "cross join record_change c on c.type = 'access_line' and c.id = l.id and c.act = 'move' and c.transition in "
                      "('keep', 'keep_flagged', 'change', 'remove') and c.actor = 'account:' || k.id where k.person <> ''",
                      A(review));
    return e->code == ERR_NONE;
}

/* As many lines as the frozen lists have accounts, and none of the lists was taken back. */
static bool population_is_complete(struct db *db, struct str review, bool *ret, struct err *e)
{
    int64_t lines = db_one_int(db, e, 0, "select sum(n) from access_lines_counts where review = ?1", A(review));
    int64_t rows = db_one_int(db, e, -1,
                              "select sum(case when x.state = 'taken' then x.rows else -1000000 end) from record_link k join account_extracts x on x.id = k.target where k.type = 'access_review' "
                              "and k.id = ?1 and k.field = 'extracts' and k.to_leaf is null",
                              A(review));
    int64_t systems = db_one_int(db, e, 0, "select count(*) from record_link where type = 'access_review' and id = ?1 and field = 'systems' and to_leaf is null", A(review));
    int64_t extracts = db_one_int(db, e, 0, "select count(*) from record_link where type = 'access_review' and id = ?1 and field = 'extracts' and to_leaf is null", A(review));
    *ret = lines > 0 && lines == rows && systems == extracts;
    return e->code == ERR_NONE;
}

struct json *access_attributes(struct db *db, struct arena *a, struct str review, struct err *e)
{
    struct json *o = json_object(a);
    bool is_complete;
    int64_t selves;
    struct str due = STR(""), decided = STR(""), changes_due = STR(""), opened = STR("");
    DB_EACH (row, db, e, "select due_on, coalesce(decided_on, ''), coalesce(changes_due_on, ''), coalesce(opened_on, '') from access_reviews where id = ?1", A(review)) {
        due = arena_str(a, db_text(row, 0));
        decided = arena_str(a, db_text(row, 1));
        changes_due = arena_str(a, db_text(row, 2));
        opened = arena_str(a, db_text(row, 3));
    }
    if (e->code || !population_is_complete(db, review, &is_complete, e) || !self_reviews(db, review, &selves, e))
        return NULL;
    int64_t open = db_one_int(db, e, 0, "select sum(n) from access_lines_counts where review = ?1 and state = 'open'", A(review));
    int64_t lines = db_one_int(db, e, 0, "select sum(n) from access_lines_counts where review = ?1", A(review));
    int64_t todo = db_one_int(db, e, 0, "select sum(n) from access_lines_counts where review = ?1 and state in ('change', 'remove')", A(review));
    struct str last = db_one_text(a, db, e, "select max(proven_on) from access_lines where review = ?1 and state = 'done'", A(review));
    if (e->code)
        return NULL;
    bool is_decided = lines > 0 && open == 0;
    if (opened.size)
        json_put_bool(o, "population_complete", is_complete);
    else
        json_put_null(o, "population_complete");
    json_put_bool(o, "no_self_review", selves == 0);
    json_put_bool(o, "all_lines_decided", is_decided);
    json_put_bool(o, "changes_executed", is_decided && todo == 0 && (!last.data || changes_due.size == 0 || str_compare(last, changes_due) <= 0));
    json_put_bool(o, "on_time", is_decided && decided.size > 0 && str_compare(decided, due) <= 0);
    return o;
}

static void tasks_finish(struct access_working *w, struct str review, struct err *e)
{
    DB_EACH (row, w->db, e, "select id, version from tasks where state = 'open' and control = 'AC-05' and title like ?1 order by id", A(arena_printf(w->a, "%% (%.*s)", STR_ARGS(review)))) {
        struct record_change *c = access_change(w, "task", RECORD_MOVE, arena_str(w->a, db_text(row, 0)), db_int(row, 1));
        c->transition = STR("finish");
        c->why = STR("the next list of accounts proves it");
        json_put_str(c->set, "done_on", w->today_text);
    }
}

static bool proven_due(struct access_working *w, struct err *e)
{
    struct str review = STR("");
    int64_t version = 0;
    DB_EACH (row, w->db, e,
             "select v.id, v.version from access_reviews v where v.state = 'executing' and not exists(select 1 from access_lines_counts l where l.review = v.id and l.state in ('open', 'change', "
             "'remove')) order by v.id limit 1") {
        review = arena_str(w->a, db_text(row, 0));
        version = db_int(row, 1);
    }
    if (e->code || review.size == 0)
        return e->code == ERR_NONE;
    const struct json *attributes = access_attributes(w->db, w->a, review, e);
    if (!attributes)
        return false;
    struct record_change *c = access_change(w, "access_review", RECORD_MOVE, review, version);
    c->transition = STR("prove");
    json_put_str(c->set, "proven_on", w->today_text);
    JSON_EACH (v, attributes)
        json_put_bool(c->set, arena_str(w->a, v->key).data, v->boolean);
    tasks_finish(w, review, e);
    w->work->key = arena_printf(w->a, "access-proven/%.*s/%lld", STR_ARGS(review), (long long)version);
    return e->code == ERR_NONE;
}

/* ---- lateness ---- */

static bool late_due(struct access_working *w, struct err *e)
{
    DB_EACH (row, w->db, e,
             "select v.id, v.owner, v.changes_due_on, (select ifnull(sum(l.n), 0) from access_lines_counts l where l.review = v.id and l.state in ('change', 'remove')) as n from access_reviews v "
             "where v.state = 'executing' and v.changes_due_on < ?1 and n > 0 and not exists(select 1 from deviations d where d.title like '%(' || v.id || ')') order by v.id limit 1",
             A(w->today_text)) {
        struct str review = arena_str(w->a, db_text(row, 0));
        struct calendar calendar;
        if (!calendar_load(w->db, w->a, &calendar, e))
            return false;
        int64_t n = db_int(row, 3);
        struct json *set = access_change(w, "deviation", RECORD_CREATE, STR(""), 0)->set;
        json_put_str(set, "title", arena_printf(w->a, "%lld change%s of access not carried out in time (%.*s)", (long long)n, n == 1 ? "" : "s", STR_ARGS(review)));
        json_put_cstr(set, "control", "AC-05");
        json_put_str(set, "happened_on", arena_str(w->a, db_text(row, 2)));
        json_put_str(set, "owner", arena_str(w->a, db_text(row, 1)));
        json_put_str(set, "due_on", day_text(w->a, calendar_business_day(&calendar, w->today + DUTY_ANSWER_DAYS)));
        w->work->key = arena_printf(w->a, "access-late/%.*s", STR_ARGS(review));
    }
    return e->code == ERR_NONE;
}

/* ---- evidence ---- */

static const char *cadence_words(struct access_working *w, struct err *e)
{
    static const char *const known[] = {"monthly", "quarterly", "semiannual", "annual"};
    struct str text = db_one_text(w->a, w->db, e, "select value from parameter where name = 'access_review_cadence' order by leaf desc limit 1");
    for (size_t i = 0; text.data && i < 4; i++)
        if (str_is(text, known[i]))
            return known[i];
    return "quarterly";
}

/* "2026-Q4", "2026-11", "2026-H2", "2026". */
static struct str period_name(struct arena *a, const char *cadence, int64_t day)
{
    struct date d = date_of_day(day);
    if (strcmp(cadence, "monthly") == 0)
        return arena_printf(a, "%04d-%02d", d.year, d.month);
    if (strcmp(cadence, "semiannual") == 0)
        return arena_printf(a, "%04d-H%d", d.year, d.month > 6 ? 2 : 1);
    return strcmp(cadence, "annual") == 0 ? arena_printf(a, "%04d", d.year) : arena_printf(a, "%04d-Q%d", d.year, (d.month + 2) / 3);
}

struct period_of_review {
    int64_t first, last; /* of the period that it is about */
    struct str performed;
};

static bool period_read(struct access_working *w, const char *cadence, struct str review, struct period_of_review *ret, struct err *e)
{
    *ret = (struct period_of_review){0};
    DB_EACH (row, w->db, e,
             "select coalesce(o.period_from, ''), coalesce(o.period_to, ''), coalesce(v.opened_on, v.due_on), coalesce(v.proven_on, v.decided_on, '') from access_reviews v "
             "left join occurrences o on o.id = v.occurrence where v.id = ?1",
             A(review)) {
        int64_t first = access_day(db_text(row, 0)), last = access_day(db_text(row, 1)), opened = access_day(db_text(row, 2));
        struct period p = cadence_period(cadence_of(cadence), opened);
        *ret = (struct period_of_review){first != DAY_NONE ? first : p.first, last != DAY_NONE ? last : p.last, arena_str(w->a, db_text(row, 3))};
    }
    return e->code == ERR_NONE;
}

static void instances_put(struct access_working *w, struct json *scenario, struct str review, const char *cadence, const struct period_of_review *p, struct err *e)
{
    const struct json *attributes = access_attributes(w->db, w->a, review, e);
    struct json *systems = json_put_array(scenario, "systems"), *list = json_put_array(scenario, "instances");
    DB_EACH (row, w->db, e, "select target from record_link where type = 'access_review' and id = ?1 and field = 'systems' and to_leaf is null order by place", A(review)) {
        struct str id = arena_str(w->a, db_text(row, 0));
        json_put_str(json_push_object(systems), "id", id);
        if (p->performed.size == 0)
            continue; /* nothing was performed yet */
        struct json *o = json_push_object(list), *map;
        json_put_str(o, "id", arena_printf(w->a, "%.*s/%.*s", STR_ARGS(review), STR_ARGS(id)));
        json_put_str(o, "system", id);
        json_put_str(o, "period", period_name(w->a, cadence, p->last));
        json_put_str(o, "performed_at", p->performed);
        map = json_put_object(o, "attributes");
        JSON_EACH (v, attributes)
            json_put_bool(map, arena_str(w->a, v->key).data, v->boolean);
    }
}

struct json *access_case(struct db *db, struct arena *a, struct str review, struct err *e)
{
    struct access_working w = {.db = db, .a = a};
    struct period_of_review p;
    const char *cadence = cadence_words(&w, e);
    if (e->code || !period_read(&w, cadence, review, &p, e))
        return NULL;
    struct json *doc = json_object(a), *s = json_push_object(json_put_array(doc, "scenarios"));
    json_put_str(s, "id", review);
    json_put_str(s, "title", db_one_text(a, db, e, "select title from access_reviews where id = ?1", A(review)));
    json_put_cstr(s, "kind", "control");
    json_push_str(json_put_array(s, "library_controls"), STR("AC-05"));
    struct json *window = json_put_object(s, "window"), *control;
    json_put_str(window, "start", day_text(a, p.first));
    json_put_str(window, "end", day_text(a, p.last));
    json_put_str(s, "evaluation_at", day_text(a, p.last + cadence_grace_days(cadence_of(cadence)) + 1));
    control = json_put_object(s, "control");
    json_put_cstr(control, "id", "AC-05");
    json_put_cstr(control, "model", "periodic");
    json_put_cstr(control, "cadence", cadence);
    json_put_int(control, "grace_days", cadence_grace_days(cadence_of(cadence)));
    instances_put(&w, s, review, cadence, &p, e);
    return e->code ? NULL : doc;
}

struct signed_review {
    struct str id, owner, occurrence, title;
    int64_t leaf, version;
};

static void evidence_put(struct access_working *w, const struct signed_review *r, const struct period_of_review *p, struct json *file, struct op_blob *blob)
{
    struct record_change *c = access_change(w, "evidence", RECORD_CREATE, STR(""), 0);
    json_put_str(c->set, "title", arena_printf(w->a, "Access review %.*s: decisions and attributes", STR_ARGS(r->id)));
    json_put_cstr(c->set, "kind", "attestation");
    json_put_str(c->set, "source", arena_printf(w->a, "access review %.*s", STR_ARGS(r->id)));
    json_put_str(c->set, "period_from", day_text(w->a, p->first));
    json_put_str(c->set, "period_to", day_text(w->a, p->last));
    json_put_str(c->set, "taken_on", w->today_text);
    json_put_str(c->set, "owner", r->owner);
    json_push_str(json_put_array(c->set, "controls"), STR("AC-05"));
    if (r->occurrence.size)
        json_put_str(c->set, "occurrence", r->occurrence);
    json_put_str(c->set, "note", arena_printf(w->a, "Signed off: [%.*s](/access/%.*s). Every decision is a change of its line; the proof of each is in its history.",
                                              STR_ARGS(r->id), STR_ARGS(r->id)));
    json_push(json_put_array(c->set, "files"), file);
    c->files = blob;
    c->file_count = 1;
}

static void occurrence_perform(struct access_working *w, const struct signed_review *r, const struct period_of_review *p, struct err *e)
{
    DB_EACH (row, w->db, e, "select version, state from occurrences where id = ?1 and state in ('expected', 'missed')", A(r->occurrence)) {
        bool is_missed = str_is(db_text(row, 1), "missed");
        struct record_change *c = access_change(w, "occurrence", RECORD_MOVE, r->occurrence, db_int(row, 0));
        c->transition = is_missed ? STR("perform_late") : STR("perform");
        c->why = arena_printf(w->a, "access review %.*s", STR_ARGS(r->id));
        json_put_str(c->set, "performed_on", p->performed.size ? p->performed : w->today_text);
        json_put_str(c->set, "performed_by", r->owner);
        json_push_str(json_put_array(c->set, "evidence"), STR("new:1"));
    }
}

static bool evidence_due(struct access_working *w, struct err *e)
{
    struct signed_review r = {0};
    struct period_of_review p;
    DB_EACH (row, w->db, e,
             "select v.id, v.owner, coalesce(v.occurrence, ''), v.title, v.version from access_reviews v where v.state = 'signed' and not exists(select 1 from evidence_items x where x.source = "
             "'access review ' || v.id) order by v.id limit 1")
        r = (struct signed_review){.id = arena_str(w->a, db_text(row, 0)), .owner = arena_str(w->a, db_text(row, 1)), .occurrence = arena_str(w->a, db_text(row, 2)),
                                   .title = arena_str(w->a, db_text(row, 3)), .version = db_int(row, 4)};
    if (e->code || r.id.size == 0)
        return e->code == ERR_NONE;
    struct json *doc = access_case(w->db, w->a, r.id, e), *file;
    if (!doc || !period_read(w, cadence_words(w, e), r.id, &p, e))
        return false;
    struct buf BUF_AUTO b;
    struct op_blob *blob = ARENA_NEW(w->a, struct op_blob);
    buf_init(&b, 1 << 20);
    json_write_pretty(&b, doc);
    buf_char(&b, '\n');
    if (!record_seal_file(w->env, w->a, arena_printf(w->a, "%.*s.json", STR_ARGS(r.id)), "application/json", buf_view(&b), blob, &file, e))
        return false;
    evidence_put(w, &r, &p, file, blob);
    if (r.occurrence.size)
        occurrence_perform(w, &r, &p, e);
    w->work->key = arena_printf(w->a, "access-evidence/%.*s/%lld", STR_ARGS(r.id), (long long)r.version);
    return e->code == ERR_NONE;
}

bool access_carry_due(struct access_working *w, struct err *e)
{
    bool (*const steps[])(struct access_working *, struct err *) = {decided_due, proofs_due, proven_due, late_due, evidence_due};
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (!steps[i](w, e))
            return false;
        if (w->work->count > 0)
            return true;
    }
    return true;
}
