/* access_review.c - campaigns are opened, and lines written: accounts as the newest extract shows them, with their flags. */
#include "assess/access_review.h"

#include "assess/duties.h"
#include "assess/stored.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS_MAX = 400, WORK_ARENA_BYTES_MAX = 512 << 20, SYSTEMS_MAX = 200 };

struct record_change *access_change(struct access_working *w, const char *type, enum record_act act, struct str id, int64_t version)
{
    struct access_work *k = w->work;
    if (k->count == w->capacity)
        k->changes = arena_grow(w->a, k->changes, k->count, &w->capacity, sizeof *k->changes);
    struct record_change *c = &k->changes[k->count++];
    *c = (struct record_change){.type = str_of(type), .id = id, .version = version, .act = act, .set = json_object(w->a)};
    return c;
}

int64_t access_day(struct str text)
{
    int64_t at_ms;
    return text.size > 0 && time_parse(text, 0, &at_ms) ? day_of(at_ms) : DAY_NONE;
}

int64_t access_parameter(struct access_working *w, const char *name, struct err *e)
{
    int64_t n = 0;
    struct str text = parameter_value(w->db, w->a, name, INT64_MAX, e);
    return str_to_int64(text, &n) ? n : 0;
}

static void put_if(struct json *set, const char *field, struct str value)
{
    if (value.size > 0)
        json_put_str(set, field, value);
}

/* ---- opened by itself ---- */

static bool campaign_due(struct access_working *w, struct err *e)
{
    int64_t days = access_parameter(w, "access_review_open_days", e);
    struct str occurrence = STR(""), owner = STR(""), due = STR(""), title = STR("");
    DB_EACH (row, w->db, e,
             "select o.id, coalesce(o.owner, (select g.lead from organisations g where g.lead is not null order by g.id limit 1)), o.due_on, o.title from occurrences o "
             "where o.control = 'AC-05' and o.state in ('expected', 'missed') and o.due_on <= ?1 and not exists(select 1 from access_reviews v where v.occurrence = o.id and v.state <> 'cancelled') "
             "order by o.due_on limit 1",
             A(day_text(w->a, w->today + days))) {
        occurrence = arena_str(w->a, db_text(row, 0));
        owner = arena_str(w->a, db_text(row, 1));
        due = arena_str(w->a, db_text(row, 2));
        title = arena_str(w->a, db_text(row, 3));
    }
    if (e->code || occurrence.size == 0 || owner.size == 0)
        return e->code == ERR_NONE;
    struct json *systems = json_array(w->a);
    DB_EACH (row, w->db, e,
             "select s.id from systems s where s.state = 'in_use' and s.is_in = 1 and (s.kind in ('application', 'database', 'host', 'identity', 'pipeline') or "
             "exists(select 1 from account_extracts x where x.system = s.id)) order by s.id limit 200")
        json_push_str(systems, arena_str(w->a, db_text(row, 0)));
    if (e->code || systems->count == 0)
        return e->code == ERR_NONE;
    struct json *set = access_change(w, "access_review", RECORD_CREATE, STR(""), 0)->set;
    json_put_str(set, "title", arena_printf(w->a, "%.*s, due %.*s", STR_ARGS(title), STR_ARGS(due)));
    json_put(set, "systems", systems);
    json_put_str(set, "owner", owner);
    json_put_str(set, "due_on", due);
    json_put_str(set, "occurrence", occurrence);
    w->work->key = arena_printf(w->a, "access-review/%.*s/%lld", STR_ARGS(occurrence),
                                (long long)db_one_int(w->db, e, 0, "select count(*) from access_reviews where occurrence = ?1", A(occurrence)));
    return e->code == ERR_NONE;
}

/* ---- lines ---- */

struct system_now {
    struct str id, name, owner, extract;
    int64_t rows, lines, present, missing;
};
struct opening {
    struct access_working *w;
    struct str review, owner, reviewer, second, previous;
    int64_t version, previous_opened_leaf;
    struct str waits_for;
    struct system_now *systems;
    size_t system_count;
    struct held *held; /* all accounts that are there, by id */
    struct str *held_ids;
    size_t held_count;
};

static bool opening_load(struct opening *o, struct str review, struct err *e)
{
    struct access_working *w = o->w;
    o->systems = arena_array(w->a, SYSTEMS_MAX, sizeof *o->systems);
    o->review = review;
    DB_EACH (row, w->db, e, "select id, version, owner, reviewer, second_reviewer, waits_for from access_reviews where id = ?1", A(review)) {
        o->version = db_int(row, 1);
        o->owner = arena_str(w->a, db_text(row, 2));
        o->reviewer = arena_str(w->a, db_text(row, 3));
        o->second = arena_str(w->a, db_text(row, 4));
        o->waits_for = arena_str(w->a, db_text(row, 5));
    }
    DB_EACH (row, w->db, e,
             "select s.id, s.name, coalesce(s.owner, ''), coalesce((select x.id from account_extracts x where x.system = s.id and x.state = 'taken' order by x.changed_leaf desc limit 1), '') "
             "from record_link k join systems s on s.id = k.target where k.type = 'access_review' and k.id = ?1 and k.field = 'systems' and k.to_leaf is null order by k.place limit 200",
             A(o->review))
        o->systems[o->system_count++] = (struct system_now){.id = arena_str(w->a, db_text(row, 0)), .name = arena_str(w->a, db_text(row, 1)), .owner = arena_str(w->a, db_text(row, 2)),
                                                            .extract = arena_str(w->a, db_text(row, 3))};
    for (size_t i = 0; i < o->system_count && !e->code; i++) {
        struct system_now *s = &o->systems[i];
        s->rows = db_one_int(w->db, e, 0, "select rows from account_extracts where id = ?1", A(s->extract));
        s->present = db_one_int(w->db, e, 0, "select count(*) from system_accounts where system = ?1 and state = 'present'", A(s->id));
        s->lines = db_one_int(w->db, e, 0, "select count(*) from access_lines where review = ?1 and system = ?2", A(o->review), A(s->id));
        s->missing = db_one_int(w->db, e, 0,
                                "select count(*) from system_accounts a where a.system = ?2 and a.state = 'present' and not exists(select 1 from access_lines l where l.account = a.id "
                                "and l.review = ?1)",
                                A(o->review), A(s->id));
    }
    return e->code == ERR_NONE;
}

/* What keeps it from being opened, in words; empty: nothing. */
static struct str why_waiting(struct opening *o, struct err *e)
{
    struct access_working *w = o->w;
    int64_t days = access_parameter(w, "access_extract_age_days_max", e);
    struct buf BUF_AUTO b;
    buf_init(&b, 950);
    for (size_t i = 0; i < o->system_count; i++) {
        const struct system_now *s = &o->systems[i];
        int64_t taken = s->extract.size ? day_of(db_one_int(w->db, e, 0, "select taken_at from account_extracts where id = ?1", A(s->extract))) : 0;
        const char *between = buf_view(&b).size ? "; " : "";
        if (s->extract.size == 0)
            buf_printf(&b, "%sa list of the accounts of %.*s", between, STR_ARGS(s->name));
        else if (w->today - taken > days)
            buf_printf(&b, "%sa newer list of the accounts of %.*s: %.*s is %lld days old", between, STR_ARGS(s->name), STR_ARGS(s->extract), (long long)(w->today - taken));
        else if (s->present != s->rows && s->lines == 0)
            buf_printf(&b, "%sthe list of the accounts of %.*s to be read to its end: bring it again", between, STR_ARGS(s->name));
    }
    if (o->system_count == 0)
        buf_cstr(&b, "systems to review");
    return arena_str(w->a, buf_view(&b));
}

static int by_id(const void *x, const void *y)
{
    return str_compare(*(const struct str *)x, *(const struct str *)y);
}

/* All rights of everybody, for the duty matrix: conflicts reach across systems. */
static bool conflicts_load(struct opening *o, struct err *e)
{
    struct access_working *w = o->w;
    size_t capacity = 0, id_capacity = 0, id_count = 0, rule_count = 0, rule_capacity = 0;
    struct duty_rule *rules = NULL;
    DB_EACH (row, w->db, e, "select id, title, coalesce(left_system, ''), left_right, coalesce(right_system, ''), right_right from duty_conflicts where state = 'in_force' order by id limit 500") {
        if (rule_count == rule_capacity)
            rules = arena_grow(w->a, rules, rule_count, &rule_capacity, sizeof *rules);
        rules[rule_count++] = (struct duty_rule){arena_str(w->a, db_text(row, 0)), arena_str(w->a, db_text(row, 1)), arena_str(w->a, db_text(row, 2)),
                                                 arena_str(w->a, db_text(row, 3)), arena_str(w->a, db_text(row, 4)), arena_str(w->a, db_text(row, 5))};
    }
    if (rule_count == 0 || e->code)
        return e->code == ERR_NONE;
    DB_EACH (row, w->db, e, "select id, coalesce(nullif(person, ''), id), system, coalesce(rights, ''), coalesce(privileged, 0) from system_accounts where state = 'present' order by id") {
        if (o->held_count == capacity)
            o->held = arena_grow(w->a, o->held, o->held_count, &capacity, sizeof *o->held);
        if (id_count == id_capacity)
            o->held_ids = arena_grow(w->a, o->held_ids, id_count, &id_capacity, sizeof *o->held_ids);
        o->held_ids[id_count++] = arena_str(w->a, db_text(row, 0));
        o->held[o->held_count++] = (struct held){.holder = arena_str(w->a, db_text(row, 1)), .system = arena_str(w->a, db_text(row, 2)), .rights = arena_str(w->a, db_text(row, 3)),
                                                 .is_privileged = db_int(row, 4) != 0};
    }
    access_conflicts(w->a, o->held, o->held_count, rules, rule_count);
    return e->code == ERR_NONE;
}

static struct str conflicts_of(const struct opening *o, struct str account)
{
    const struct str *found = o->held_count ? bsearch(&account, o->held_ids, o->held_count, sizeof *o->held_ids, by_id) : NULL;
    return found ? o->held[found - o->held_ids].conflicts : STR("");
}

static enum known known_of(struct db_row *row, int column)
{
    return db_is_null(row, column) ? KNOWN_NOT : db_int(row, column) ? KNOWN_YES : KNOWN_NO;
}

static enum account_kind kind_of(struct str name)
{
    return str_is(name, "service") ? ACCOUNT_SERVICE : str_is(name, "shared") ? ACCOUNT_SHARED : ACCOUNT_PERSON;
}

/* The columns of line_sql. */
enum { L_ID, L_NAME, L_PERSON, L_GRANTED, L_KIND, L_OWNER, L_PRIVILEGED, L_RIGHTS, L_ENABLED, L_LAST, L_NEVER, L_CREATED, L_PERSON_LEFT, L_LEFT_ON, L_OWNER_LEFT,
       L_THEN, L_THEN_STATE, L_THEN_RIGHTS, L_THEN_PRIVILEGED, L_THEN_PERSON, L_THEN_ENABLED, L_MANAGER, L_MATCHED };
static const char line_sql[] =
    "select a.id, a.name, coalesce(a.person, ''), coalesce(a.granted_by, ''), a.kind, coalesce(a.owner, ''), a.privileged, coalesce(a.rights, ''), a.enabled, "
    "coalesce(a.last_used_on, ''), a.never_used, coalesce(a.created_on, ''), coalesce(p.state = 'left' or p.left_on < ?4, 0), coalesce(p.left_on, ''), "
    "coalesce(q.state = 'left' or q.left_on < ?4, 0), l.id is not null, coalesce(l.state, ''), coalesce(l.rights, ''), l.privileged, coalesce(l.person, ''), l.enabled, "
    "coalesce(r.manager, ''), coalesce(a.matched_by, 'none') "
    "from system_accounts a left join people p on p.id = a.person left join people q on q.id = a.owner left join people r on r.id = ?6 "
    "left join access_lines l on l.account = a.id and l.review = ?3 "
    "where a.system = ?1 and a.state = 'present' and not exists(select 1 from access_lines n where n.account = a.id and n.review = ?2) order by a.name limit ?5";

struct line {
    struct access_account facts;
    struct str id, name, person, granted, kind, owner, rights, last, created, left_on, conflicts;
    unsigned flags;
};

static void words_add(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void words_add(struct buf *b, const char *format, ...)
{
    char text[700];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    buf_printf(b, "%s%s", buf_view(b).size ? "; " : "", text);
}

static struct str flag_words(struct access_working *w, const struct line *l)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 1900);
    if (l->flags & ACCESS_LEAVER)
        words_add(&b, "whoever it belongs to has left%s%.*s", l->left_on.size ? " on " : "", STR_ARGS(l->left_on));
    if (l->flags & ACCESS_DUTY_CONFLICT)
        words_add(&b, "holds rights that are to be kept apart: %.*s", STR_ARGS(str_slice(l->conflicts, 0, 500)));
    if (l->flags & ACCESS_ORPHAN)
        words_add(&b, "nobody on the roster has its e-mail, employee number or login");
    if (l->flags & ACCESS_NO_OWNER)
        words_add(&b, "%s, and nobody answers for it", l->facts.kind == ACCOUNT_SERVICE ? "a program uses it" : "several people use it");
    if (l->flags & ACCESS_DORMANT && l->facts.last_used_day != DAY_NONE)
        words_add(&b, "last used %lld days ago", (long long)(w->today - l->facts.last_used_day));
    else if (l->flags & ACCESS_DORMANT)
        words_add(&b, "was never used");
    if (l->flags & ACCESS_PRIVILEGED)
        words_add(&b, "may administer the system");
    if (l->flags & ACCESS_USE_UNKNOWN)
        words_add(&b, "nobody knows when it was last used");
    if (l->flags & ACCESS_NOT_REVIEWED)
        words_add(&b, "the last review did not decide on it");
    if (l->flags & ACCESS_NEW)
        words_add(&b, "came after the last review");
    return arena_str(w->a, buf_view(&b));
}

static void line_read(struct opening *o, struct db_row *row, struct line *l)
{
    struct arena *a = o->w->a;
    *l = (struct line){.id = arena_str(a, db_text(row, L_ID)), .name = arena_str(a, db_text(row, L_NAME)), .person = arena_str(a, db_text(row, L_PERSON)),
                       .granted = arena_str(a, db_text(row, L_GRANTED)), .kind = arena_str(a, db_text(row, L_KIND)), .owner = arena_str(a, db_text(row, L_OWNER)),
                       .rights = arena_str(a, db_text(row, L_RIGHTS)), .last = arena_str(a, db_text(row, L_LAST)), .created = arena_str(a, db_text(row, L_CREATED)),
                       .left_on = arena_str(a, db_text(row, L_LEFT_ON))};
    l->conflicts = conflicts_of(o, l->id);
    struct str state = db_text(row, L_THEN_STATE);
    l->facts = (struct access_account){.kind = kind_of(l->kind),
                                       .has_person = l->person.size > 0,
                                       .has_person_left = db_int(row, L_PERSON_LEFT) != 0,
                                       .has_owner = l->owner.size > 0,
                                       .has_owner_left = db_int(row, L_OWNER_LEFT) != 0,
                                       .privileged = known_of(row, L_PRIVILEGED),
                                       .enabled = known_of(row, L_ENABLED),
                                       .never_used = known_of(row, L_NEVER),
                                       .last_used_day = access_day(l->last),
                                       .created_day = access_day(l->created),
                                       .has_conflict = l->conflicts.size > 0,
                                       .has_last_review = o->previous.size > 0,
                                       .was_there_then = db_int(row, L_THEN) != 0,
                                       .was_decided_then = state.size > 0 && !str_is(state, "open")};
}

/* What is another than in the last review, in words. */
static void put_difference(struct opening *o, struct db_row *row, const struct line *l, struct json *set)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 1900);
    if (o->previous.size == 0 || !l->facts.was_there_then) {
        json_put_cstr(set, "since_last", o->previous.size ? "new" : "first");
        return;
    }
    if (!str_equal(db_text(row, L_THEN_RIGHTS), l->rights))
        words_add(&b, "rights were: %.*s", STR_ARGS(db_text(row, L_THEN_RIGHTS).size ? str_slice(db_text(row, L_THEN_RIGHTS), 0, 600) : STR("none")));
    if (known_of(row, L_THEN_PRIVILEGED) != l->facts.privileged)
        words_add(&b, "%s", l->facts.privileged == KNOWN_YES ? "was not privileged" : "was privileged, or that was not known");
    if (known_of(row, L_THEN_ENABLED) != l->facts.enabled)
        words_add(&b, "%s", l->facts.enabled == KNOWN_YES ? "could not sign in" : "could sign in, or that was not known");
    if (!str_equal(db_text(row, L_THEN_PERSON), l->person))
        words_add(&b, "belonged to %.*s", STR_ARGS(db_text(row, L_THEN_PERSON).size ? db_text(row, L_THEN_PERSON) : STR("nobody")));
    json_put_cstr(set, "since_last", buf_view(&b).size ? "changed" : "same");
    put_if(set, "difference", arena_str(o->w->a, buf_view(&b)));
}

static bool has_left(struct access_working *w, struct str person, struct err *e)
{
    return db_one_int(w->db, e, 0, "select state = 'left' or coalesce(left_on < ?2, 0) from people where id = ?1", A(person), A(w->today_text)) != 0;
}

/* The first who may be asked: nobody about themselves, nor about what they granted, and nobody who has left. Empty: none of them. */
static struct str first_allowed(struct access_working *w, const struct str *candidates, size_t count, struct str person, struct str granted, struct err *e)
{
    for (size_t i = 0; i < count && !e->code; i++)
        if (candidates[i].size && !str_equal(candidates[i], person) && !str_equal(candidates[i], granted) && !has_left(w, candidates[i], e))
            return candidates[i];
    return STR("");
}

static struct str reviewer_of(const struct opening *o, const struct system_now *s, const struct line *l, struct str manager, struct err *e)
{
    struct str first = o->reviewer.size ? o->reviewer : s->owner.size ? s->owner : o->owner;
    const struct str others[] = {first, o->second, manager, s->owner, o->owner};
    struct str one = first_allowed(o->w, others, sizeof(others) / sizeof(others[0]), l->person, l->granted, e);
    return one.size ? one : first;
}

static void put_known(struct json *set, const char *field, enum known k)
{
    if (k != KNOWN_NOT)
        json_put_bool(set, field, k == KNOWN_YES);
}

static void line_put(struct opening *o, const struct system_now *s, struct db_row *row, int64_t dormant_days, struct err *e)
{
    struct access_working *w = o->w;
    struct line l;
    line_read(o, row, &l);
    l.flags = access_flags(&l.facts, w->today, dormant_days);
    struct json *set = access_change(w, "access_line", RECORD_CREATE, STR(""), 0)->set;
    json_put_str(set, "review", o->review);
    json_put_str(set, "account", l.id);
    json_put_str(set, "system", s->id);
    json_put_str(set, "name", l.name);
    put_if(set, "person", l.person);
    put_if(set, "granted_by", l.granted);
    put_if(set, "kind", l.kind);
    put_if(set, "answers", l.owner);
    put_known(set, "privileged", l.facts.privileged);
    put_if(set, "rights", l.rights);
    put_known(set, "enabled", l.facts.enabled);
    put_if(set, "last_used_on", l.last);
    put_known(set, "never_used", l.facts.never_used);
    put_if(set, "flags", access_flags_text(w->a, l.flags));
    put_if(set, "flag_words", flag_words(w, &l));
    json_put_bool(set, "is_flagged", l.flags != 0);
    json_put_int(set, "weight", access_flags_weight(l.flags));
    put_difference(o, row, &l, set);
    json_put_str(set, "reviewer", reviewer_of(o, s, &l, arena_str(w->a, db_text(row, L_MANAGER)), e));
}

/* The newest review before this one that decided on this system. */
static bool previous_find(struct opening *o, const struct system_now *s, struct err *e)
{
    o->previous = db_one_text(o->w->a, o->w->db, e,
                              "select v.id from access_reviews v where v.state in ('executing', 'proven', 'signed') and v.id <> ?1 and exists(select 1 from record_link k where k.type = "
                              "'access_review' and k.id = v.id and k.field = 'systems' and k.target = ?2 and k.to_leaf is null) order by v.opened_on desc, v.changed_leaf desc limit 1",
                              A(o->review), A(s->id));
    if (!o->previous.data)
        o->previous = STR("");
    return e->code == ERR_NONE;
}

static bool lines_put(struct opening *o, const struct system_now *s, struct err *e)
{
    struct access_working *w = o->w;
    int64_t dormant_days = access_parameter(w, "account_dormant_days_max", e);
    struct str first = o->reviewer.size ? o->reviewer : s->owner.size ? s->owner : o->owner;
    if (e->code || !previous_find(o, s, e) || !conflicts_load(o, e))
        return false;
    DB_EACH (row, w->db, e, line_sql, A(s->id), A(o->review), A(o->previous), A(w->today_text), A((int64_t)EXTRACT_OP_CHANGES_MAX), A(first))
        line_put(o, s, row, dormant_days, e);
    w->work->key = arena_printf(w->a, "access-lines/%.*s/%.*s/%lld", STR_ARGS(o->review), STR_ARGS(s->id), (long long)s->lines);
    return e->code == ERR_NONE;
}

static bool open_put(struct opening *o, struct err *e)
{
    struct access_working *w = o->w;
    struct record_change *c = access_change(w, "access_review", RECORD_MOVE, o->review, o->version);
    struct json *extracts = json_put_array(c->set, "extracts");
    c->transition = STR("open");
    for (size_t i = 0; i < o->system_count; i++)
        json_push_str(extracts, o->systems[i].extract);
    json_put_str(c->set, "opened_on", w->today_text);
    if (o->waits_for.size)
        json_put_null(c->set, "waits_for");
    if (o->system_count && previous_find(o, &o->systems[0], e))
        put_if(c->set, "previous", o->previous);
    w->work->key = arena_printf(w->a, "access-open/%.*s/%lld", STR_ARGS(o->review), (long long)o->version);
    return e->code == ERR_NONE;
}

static bool opening_step(struct access_working *w, struct str review, struct err *e)
{
    struct opening o = {.w = w};
    if (!opening_load(&o, review, e))
        return false;
    struct str waits = why_waiting(&o, e);
    if (e->code)
        return false;
    if (waits.size > 0) {
        if (!str_equal(waits, o.waits_for)) {
            struct record_change *c = access_change(w, "access_review", RECORD_CHANGE, o.review, o.version);
            json_put_str(c->set, "waits_for", waits);
            w->work->key = arena_printf(w->a, "access-waits/%.*s/%lld", STR_ARGS(o.review), (long long)o.version);
        }
        return true;
    }
    for (size_t i = 0; i < o.system_count; i++)
        if (o.systems[i].missing > 0)
            return lines_put(&o, &o.systems[i], e);
    return open_put(&o, e);
}

static bool opening_due(struct access_working *w, struct err *e)
{
    enum { PREPARING_MAX = 50 };
    struct str ids[PREPARING_MAX];
    size_t count = 0;
    DB_EACH (row, w->db, e, "select id from access_reviews where state = 'preparing' order by id limit 50")
        ids[count++] = arena_str(w->a, db_text(row, 0));
    for (size_t i = 0; i < count && !e->code && w->work->count == 0; i++)
        if (!opening_step(w, ids[i], e))
            return false;
    return e->code == ERR_NONE;
}

/* ---- somebody is away ---- */

/* Who has open lines of open reviews, by what is counted of them: some dozens where there are thousands of lines, which are looked at only where they are
 * theirs (a plus keeps the state's index away, which has all of them). */
#define DECIDERS                                                                                                                                             \
    "with decider as materialized (select distinct c.review, coalesce(nullif(c.delegate, ''), c.reviewer) as who, c.delegate <> '' as is_delegate from access_reviews v " \
    "cross join access_lines_counts c on c.review = v.id and c.state = 'open' where v.state = 'open')"

static bool away_due(struct access_working *w, struct err *e)
{
    struct str first = STR("");
    DB_EACH (row, w->db, e,
             DECIDERS " select l.id, l.version, p.delegate from decider d cross join people p on p.id = d.who cross join access_reviews v on v.id = d.review "
             "cross join access_lines l on l.reviewer = p.id and +l.review = d.review and +l.state = 'open' and l.delegate is null "
             "where not d.is_delegate and p.delegate is not null and p.away_from <= ?1 and p.away_until >= ?1 and v.due_on <= p.away_until and p.delegate <> coalesce(l.person, '') and "
             "p.delegate <> coalesce(l.granted_by, '') order by l.id limit 5000",
             A(w->today_text)) {
        struct record_change *c = access_change(w, "access_line", RECORD_MOVE, arena_str(w->a, db_text(row, 0)), db_int(row, 1));
        c->transition = STR("hand_over");
        c->why = STR("the reviewer is away");
        json_put_str(c->set, "delegate", arena_str(w->a, db_text(row, 2)));
        first = first.size ? first : c->id;
    }
    w->work->key = arena_printf(w->a, "access-away/%.*s/%.*s", STR_ARGS(first), STR_ARGS(w->today_text));
    return e->code == ERR_NONE;
}

/* Whoever is to decide a line has left, or would decide about themselves (a delegate to whom it was handed, say): it goes to the second reviewer, the
 * reviewer's manager, the system's owner or whoever signs, the first of them who may. */
static bool stand_in_due(struct access_working *w, struct err *e)
{
    struct str first = STR("");
    DB_EACH (row, w->db, e,
             DECIDERS ", gone as (select d.* from decider d cross join people p on p.id = d.who where p.state = 'left' or p.left_on < ?1), "
             "found as (select l.id from gone d cross join access_lines l on l.reviewer = d.who and l.delegate is null and +l.review = d.review and +l.state = 'open' "
             "union select l.id from gone d cross join access_lines l on l.delegate = d.who and +l.review = d.review and +l.state = 'open' "
             "union select l.id from decider d cross join access_lines l on l.person = d.who and +l.review = d.review and +l.state = 'open' and coalesce(l.delegate, +l.reviewer) = d.who "
             "union select l.id from decider d cross join access_lines l on l.granted_by = d.who and +l.review = d.review and +l.state = 'open' and coalesce(l.delegate, +l.reviewer) = d.who) "
             "select l.id, l.version, coalesce(l.person, ''), coalesce(l.granted_by, ''), coalesce(v.second_reviewer, ''), coalesce(p.manager, ''), coalesce(s.owner, ''), v.owner, "
             "coalesce(v.reviewer, ''), p.state = 'left' or coalesce(p.left_on < ?1, 0) from found f cross join access_lines l on l.id = f.id cross join access_reviews v on v.id = l.review "
             "cross join people p on p.id = coalesce(l.delegate, l.reviewer) left join systems s on s.id = l.system order by l.id limit 5000",
             A(w->today_text)) {
        struct str candidates[5], granted = arena_str(w->a, db_text(row, 3));
        for (int i = 0; i < 5; i++)
            candidates[i] = arena_str(w->a, db_text(row, 4 + i));
        struct str to = first_allowed(w, candidates, 5, arena_str(w->a, db_text(row, 2)), granted, e);
        if (to.size == 0)
            continue; /* nobody is left who may: it stays where it is, and the page says so */
        struct record_change *c = access_change(w, "access_line", RECORD_MOVE, arena_str(w->a, db_text(row, 0)), db_int(row, 1));
        c->transition = STR("hand_over");
        c->why = db_int(row, 9) ? STR("the reviewer has left") : STR("nobody decides about themselves, nor about what they granted");
        json_put_str(c->set, "delegate", to);
        first = first.size ? first : arena_printf(w->a, "%.*s/%lld", STR_ARGS(c->id), (long long)c->version);
    }
    w->work->key = arena_printf(w->a, "access-stand-in/%.*s", STR_ARGS(first));
    return e->code == ERR_NONE;
}

/* ---- all of it ---- */

bool access_due(struct db *db, const struct env *env, struct arena *a, int64_t today, struct access_work *ret, struct err *e)
{
    struct access_working w = {.db = db, .env = env, .a = a, .today = today, .today_text = day_text(a, today), .work = ret};
    bool (*const steps[])(struct access_working *, struct err *) = {opening_due, campaign_due, stand_in_due, away_due, access_carry_due};
    struct err inner = {0};
    *ret = (struct access_work){0};
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (!steps[i](&w, &inner))
            return (*e = inner, false);
        if (ret->count > 0)
            return true;
    }
    return true;
}

static bool round_submit(struct db *db, const struct env *env, struct arena *a, int64_t today, extract_submit *submit, void *context, size_t *ret_done, struct err *e)
{
    struct access system = {.actor = STR(DUTY_ACTOR), .is_system = true};
    struct access_work work;
    struct op op = {0};
    struct json *answer;
    *ret_done = 0;
    if (!access_due(db, env, a, today, &work, e) || work.count == 0)
        return e->code == ERR_NONE;
    if (!record_number(db, a, work.changes, work.count, e) || !record_op(env, a, work.changes, work.count, &system, &op, e))
        return false;
    op_id_of(work.key, op.id);
    *ret_done = work.count;
    return submit(context, &op, &answer, e) || err_wrap(e, "%.*s", STR_ARGS(work.key));
}

bool access_advance(struct db *db, const struct env *env, int64_t today, extract_submit *submit, void *context, size_t *ret_done, struct err *e)
{
    bool ok = true;
    size_t done = 1;
    *ret_done = 0;
    for (int round = 0; ok && done > 0 && round < ROUNDS_MAX; round++) {
        struct arena *a = arena_new("access review", WORK_ARENA_BYTES_MAX);
        ok = round_submit(db, env, a, today, submit, context, &done, e);
        *ret_done += done;
        arena_free(a);
    }
    return ok;
}
