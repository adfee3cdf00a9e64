/* view_joiners.c - joiners, movers and leavers with their clocks, and the steps of one. */
#include "report/kept_tree.h"
#include "report/people_internal.h"

enum { CONTRACT_DAYS = 30, LIFECYCLES_MAX = 20000 };

#define LIFECYCLE_COLUMNS(OF)                                                                                                                                                                  \
    "l.id, l.title, l.kind, l.person, (select p.name from people p where p.id = l.person), l.event_on, l.due_on, l.done_on, l.owner, (select p.name from people p where p.id = l.owner), "   \
    "l.worst_lag, l.state, l.was, l.becomes, l.is_involuntary, (select count(*) from lifecycle_steps_versions s where s.lifecycle = l.id and s.state <> 'dropped' and " OF("s")  \
    "), (select count(*) from lifecycle_steps_versions s where s.lifecycle = l.id and s.state = 'open' and " OF("s")                                                            \
    "), (select count(*) from lifecycle_steps_versions s where s.lifecycle = l.id and s.state = 'open' and s.due_on < ?2 and " OF("s")                                          \
    "), (select count(*) from lifecycle_steps_versions s where s.lifecycle = l.id and s.state = 'claimed' and " OF("s") ")"

#define LIFECYCLES_OF_PERSON(OF) "select " LIFECYCLE_COLUMNS(OF) " from lifecycles_versions l where l.person = ?3 and " OF("l") " order by l.event_on desc, l.id"
#define LIFECYCLES_ALL(OF) "select " LIFECYCLE_COLUMNS(OF) " from lifecycles_versions l where " OF("l") " order by l.state = 'open' desc, l.due_on, l.id limit ?3"
#define LIFECYCLE_ONE(OF) "select " LIFECYCLE_COLUMNS(OF) " from lifecycles_versions l where l.id = ?3 and " OF("l")

static enum result_status lifecycle_fill(struct view *v, const struct view_records *r, struct db_row *row, struct json *o)
{
    struct str id = people_text(v, row, 0), kind = people_text(v, row, 2), state = people_text(v, row, 11);
    bool is_open = str_is(state, "open");
    int64_t late = db_int(row, 17);
    json_put_str(o, "id", id);
    json_put_str(o, "title", people_text(v, row, 1));
    json_put_str(o, "url", arena_printf(v->arena, "/people/joiners/%.*s", STR_ARGS(id)));
    json_put_str(o, "record_url", record_url(v, "lifecycle", id));
    json_put_str(o, "kind", kind);
    json_put_str(o, "kind_words", people_choice(r, "lifecycle", "kind", kind));
    people_who(v, o, "person", people_text(v, row, 3), people_text(v, row, 4));
    json_put_str(o, "event_on", people_text(v, row, 5));
    json_put_str(o, "due_on", people_text(v, row, 6));
    json_put_str(o, "when", is_open ? people_when(v, people_text(v, row, 6)) : STR(""));
    json_put_str(o, "done_on", people_text(v, row, 7));
    people_who(v, o, "owner", people_text(v, row, 8), people_text(v, row, 9));
    if (db_is_null(row, 10))
        json_put_null(o, "lag");
    else
        json_put_int(o, "lag", db_int(row, 10));
    json_put_str(o, "was", people_text(v, row, 12));
    json_put_str(o, "becomes", people_text(v, row, 13));
    json_put_bool(o, "is_involuntary", db_int(row, 14) != 0);
    json_put_int(o, "steps", db_int(row, 15));
    json_put_int(o, "done", db_int(row, 15) - db_int(row, 16));
    json_put_int(o, "open", db_int(row, 16));
    json_put_int(o, "late", late);
    json_put_int(o, "claimed", db_int(row, 18));
    enum result_status s = is_open ? (late ? RESULT_FAIL : RESULT_UNKNOWN) : str_is(state, "dropped") ? RESULT_SKIP : RESULT_PASS;
    put_status_as(o, s, is_open ? (late ? "Overdue" : "Open") : str_is(state, "dropped") ? "Dropped" : str_is(state, "claimed") ? "Done, as claimed" : "Done, proven");
    return s;
}

bool people_put_lifecycles(struct view *v, const struct view_records *r, struct json *page, struct str person, struct err *e)
{
    struct json *list = json_put_array(page, "lifecycles");
    struct err inner = {0};
    DB_EACH (row, v->db, &inner, VIEW_SQL(v, LIFECYCLES_OF_PERSON), A(view_record_limit(v)),
             A(people_today(v)), A(person))
        lifecycle_fill(v, r, row, json_push_object(list));
    return inner.code ? (*e = inner, false) : true;
}

#define CONTRACTS(OF) \
    "select p.id, p.name, p.contract_ends_on, p.version from people_versions p where +p.state = 'active' and p.left_on is null and p.contract_ends_on <= ?2 and " OF("p") \
    " order by p.contract_ends_on, p.id limit 100"
static bool put_contracts(struct view *v, struct json *page, struct err *e)
{
    struct json *list = json_put_array(page, "contracts");
    struct err inner = {0};
    DB_EACH (row, v->db, &inner,
             VIEW_SQL(v, CONTRACTS),
             A(view_record_limit(v)), A(day_text(v->arena, view_today(v) + CONTRACT_DAYS))) {
        struct json *o = json_push_object(list);
        struct str on = people_text(v, row, 2);
        people_who(v, o, "person", people_text(v, row, 0), people_text(v, row, 1));
        json_put_str(o, "ends_on", on);
        json_put_str(o, "when", people_when(v, on));
        json_put_int(o, "version", db_int(row, 3));
        put_status_as(o, str_compare(on, people_today(v)) < 0 ? RESULT_FAIL : RESULT_UNKNOWN, str_compare(on, people_today(v)) < 0 ? "Over" : "Ends");
    }
    return inner.code ? (*e = inner, false) : true;
}

static void put_kinds(struct json *page, const int64_t counts[3], struct str kind)
{
    static const char *const kinds[3][2] = {{"joiner", "Joiners"}, {"mover", "Movers"}, {"leaver", "Leavers"}};
    struct json *list = json_put_array(page, "kinds");
    for (int i = 0; i < 3; i++) {
        struct json *o = json_push_object(list);
        json_put_cstr(o, "id", kinds[i][0]);
        json_put_cstr(o, "label", kinds[i][1]);
        json_put_int(o, "count", counts[i]);
        json_put_bool(o, "is_current", str_is(kind, kinds[i][0]));
    }
}

/* [{"kind","is_open","status":enum,"id","title","person","event_on","row":packed}]: all of them, in their order. */
static struct json *joiners_make(struct view *v, void *context, struct err *e)
{
    const struct view_records *r = context;
    struct json *list = json_array(v->arena);
    DB_EACH (row, v->db, e, VIEW_SQL(v, LIFECYCLES_ALL), A(view_record_limit(v)), A(people_today(v)), A((int64_t)LIFECYCLES_MAX)) {
        struct json *o = json_object(v->arena), *one = json_push_object(list);
        json_put_int(one, "status", lifecycle_fill(v, r, row, o));
        json_put_bool(one, "is_open", str_is(db_text(row, 11), "open"));
        json_put_str(one, "kind", json_text(o, "kind"));
        json_put_str(one, "person", json_text(json_get(o, "person"), "name"));
        json_put_str(one, "event_on", json_text(o, "event_on"));
        json_put_str(one, "text", arena_printf(v->arena, "%.*s %.*s", STR_ARGS(json_text(o, "id")), STR_ARGS(json_text(o, "title"))));
        json_put(one, "row", kept_row(v->arena, o));
    }
    return e->code ? NULL : list;
}

static struct json *joiner_open(const void *context, const void *of)
{
    const struct view *v = context;
    return kept_row_open(v->arena, json_get(of, "row"));
}

struct json *view_joiners(struct view *v, const struct view_records *r, const struct view_filter *f, struct str kind, struct err *e)
{
    struct list l;
    int64_t place = 0, counts[3] = {0};
    struct json *page = record_page_new(v, STR("Joiners, movers, leavers"), true, e);
    const struct json *all = page ? kept_tree_get(v, STR("joiners"), "[\"record/lifecycle\",\"record/lifecycle_step\",\"record/person\"]", joiners_make, (void *)(uintptr_t)r, e) : NULL;
    if (!all)
        return NULL;
    list_init(&l, v, f);
    l.make = joiner_open;
    l.context = v;
    JSON_EACH (one, all) {
        struct str its = json_text(one, "kind");
        counts[str_is(its, "joiner") ? 0 : str_is(its, "mover") ? 1 : 2] += json_bool(one, "is_open");
        if (kind.size && !str_equal(kind, its))
            continue;
        struct str by = sort_is(f, "person") ? json_text(one, "person") : sort_is(f, "event_on") ? json_text(one, "event_on") : STR("");
        list_add(&l, (struct list_row){.of = one, .status = (enum result_status)json_int(one, "status", RESULT_UNKNOWN), .group = STR(""), .sort_number = by.size ? 0 : place++, .sort_text = by,
                                       .text = json_text(one, "text")});
    }
    list_finish(&l, page, NULL);
    list_name_statuses(page, "Overdue", "Open", "Done", "Dropped");
    json_put_str(page, "kind", kind.data ? kind : STR(""));
    put_kinds(page, counts, kind);
    return put_contracts(v, page, e) ? page : NULL;
}

/* ---- one ---- */

/* The answer of a background check stays with those who may read it: to others it is a step of which nothing is said. */
static bool step_is_hidden(const struct view_records *r, struct db_row *row, struct str owner)
{
    return str_is(db_text(row, 2), "background_check") && !people_sees_check(r, db_text(row, 15)) && !(owner.size && str_equal(owner, r->access->person));
}

static void step_fill(struct view *v, const struct view_records *r, struct db_row *row, struct json *o)
{
    const struct record_type *t = record_types_find(r->types, STR("lifecycle_step"));
    struct str id = people_text(v, row, 0), state = people_text(v, row, 8), due = people_text(v, row, 6), owner = people_text(v, row, 4), deviation = people_text(v, row, 12);
    bool is_hidden = step_is_hidden(r, row, owner), is_open = str_is(state, "open") && !is_hidden, is_late = is_open && str_compare(due, people_today(v)) < 0;
    struct str control = people_text(v, row, 14);
    json_put_str(o, "id", id);
    json_put_str(o, "title", people_text(v, row, 1));
    json_put_str(o, "url", record_url(v, "lifecycle_step", id));
    json_put_str(o, "kind", people_text(v, row, 2));
    json_put_str(o, "kind_words", people_choice(r, "lifecycle_step", "kind", people_text(v, row, 2)));
    json_put_str(o, "system", people_text(v, row, 3));
    people_who(v, o, "owner", owner, people_text(v, row, 5));
    json_put_str(o, "due_on", due);
    json_put_str(o, "when", is_open ? people_when(v, due) : STR(""));
    put_time(v, o, "done", is_hidden ? 0 : db_int(row, 7));
    json_put(o, "state", record_state_json(v, t, is_hidden ? STR("open") : state));
    if (is_hidden || db_is_null(row, 9))
        json_put_null(o, "lag");
    else
        json_put_int(o, "lag", db_int(row, 9));
    json_put_str(o, "proof", is_hidden ? STR("") : people_text(v, row, 10));
    json_put_int(o, "version", db_int(row, 11));
    json_put_str(o, "control", control);
    if (deviation.size && !is_hidden)
        put_link(v, o, "deviation", deviation.data, arena_str(v->arena, people_text(v, row, 13)).data, record_url(v, "deviation", deviation));
    else
        json_put_null(o, "deviation");
    bool is_lead = !r->access->changes_own_only && (access_has_role(r->access, "compliance_lead") || access_has_role(r->access, "administrator"));
    json_put_bool(o, "may_claim", is_open && !v->is_past && (is_lead || (owner.size && str_equal(owner, r->access->person))));
    json_put_bool(o, "may_reopen", str_is(state, "claimed") && !v->is_past && is_lead);
    if (is_hidden) {
        put_status_as(o, RESULT_SKIP, "Not shown");
        return;
    }
    put_status_as(o, is_late ? RESULT_FAIL : is_open ? RESULT_UNKNOWN : str_is(state, "dropped") ? RESULT_SKIP : RESULT_PASS,
                  is_late ? "Overdue" : is_open ? "Open" : str_is(state, "dropped") ? "Not needed" : str_is(state, "claimed") ? "Claimed" : "Proven");
}

#define LIFECYCLE_STEPS(OF) \
    "select s.id, s.title, s.kind, (select y.name from systems y where y.id = s.system), s.owner, (select p.name from people p where p.id = s.owner), s.due_on, ifnull(s.done_at, 0), s.state, s.lag, s.proof, " \
    "s.version, (select d.id from deviations d where d.step = s.id), (select d.title from deviations d where d.step = s.id), s.control, s.person from lifecycle_steps_versions s where s.lifecycle = ?2 and " \
    OF("s") " order by s.due_on, s.id"
struct json *view_lifecycle(struct view *v, const struct view_records *r, struct str id, struct err *e)
{
    struct err inner = {0};
    struct json *one = NULL;
    struct json *page = record_page_new(v, id, true, e);
    if (!page)
        return NULL;
    DB_EACH (row, v->db, &inner, VIEW_SQL(v, LIFECYCLE_ONE), A(view_record_limit(v)), A(people_today(v)), A(id)) {
        one = json_put_object(page, "lifecycle");
        lifecycle_fill(v, r, row, one);
    }
    if (inner.code)
        return *e = inner, NULL;
    if (!one)
        return err_set(e, ERR_NOT_FOUND, "%.*s: there is no joiner, mover or leaver of this id", STR_ARGS(str_slice(id, 0, 64))), NULL;
    struct json *steps = json_put_array(page, "steps");
    DB_EACH (row, v->db, &inner,
             VIEW_SQL(v, LIFECYCLE_STEPS),
             A(view_record_limit(v)), A(id))
        step_fill(v, r, row, json_push_object(steps));
    if (inner.code)
        return *e = inner, NULL;
    JSON_EACH (member, page)
        if (str_is(member->key, "title"))
            member->text = json_text(one, "title");
    return page;
}
