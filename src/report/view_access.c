/* The room Access reviews: what there is, one campaign, and all accounts. */
#include "report/view_access.h"

#include "assess/access_review.h"
#include "assess/stored.h"
#include "collect/captures.h"
#include "report/view_record_internal.h"

struct json *access_person(struct view *v, struct str id, struct str name)
{
    if (id.size == 0)
        return json_new_null(v->arena);
    struct json *o = json_object(v->arena);
    json_put_str(o, "id", arena_str(v->arena, id));
    json_put_str(o, "name", arena_str(v->arena, name.size ? name : id));
    return o;
}

void access_put_flags(struct view *v, struct json *o, struct str flags)
{
    struct json *list = json_put_array(o, "flags");
    struct str rest = arena_str(v->arena, flags), one;
    while (str_next_word(&rest, &one)) {
        struct json *f = json_push_object(list);
        json_put_str(f, "id", one);
        json_put_cstr(f, "words", access_flag_words(access_flag_of(one)));
    }
}

static struct str today_of(struct view *v)
{
    return day_text(v->arena, view_today(v));
}

static const char *review_status(struct str state)
{
    return str_is(state, "signed") ? "pass" : str_is(state, "cancelled") ? "skip" : "unknown";
}

static const char *state_label(struct str state)
{
    static const char *const words[][2] = {{"preparing", "Being prepared"}, {"open", "Under review"}, {"executing", "Changes are carried out"},
                                           {"proven", "To be signed"},      {"signed", "Signed off"}, {"cancelled", "Cancelled"}};
    for (size_t i = 0; i < 6; i++)
        if (str_is(state, words[i][0]))
            return words[i][1];
    return "";
}

static void put_state(struct view *v, struct json *o, struct str state, bool is_late)
{
    json_put_str(o, "state", arena_str(v->arena, state));
    json_put_cstr(o, "state_words", state_label(state));
    json_put_cstr(o, "status", is_late ? "fail" : review_status(state));
    json_put_cstr(o, "status_words", state_label(state));
}

static void put_counts_of(struct view *v, struct json *o, struct str id, struct err *e)
{
    static const char *const names[] = {"lines", "open", "todo", "carried", "flagged"};
    int64_t n[5] = {0};
    DB_EACH (row, v->db, e,
             "select ifnull(sum(n), 0), ifnull(sum(n * (state = 'open')), 0), ifnull(sum(n * (state in ('change', 'remove'))), 0), ifnull(sum(n * (state = 'done')), 0), "
             "ifnull(sum(n * (flags <> '')), 0) from access_lines_counts where review = ?1",
             A(id))
        for (int i = 0; i < 5; i++)
            n[i] = db_int(row, i);
    for (int i = 0; i < 5; i++)
        json_put_int(o, names[i], n[i]);
    json_put_int(o, "decided_percent", n[0] ? (n[0] - n[1]) * 100 / n[0] : 0);
}

struct json *access_review_put(struct view *v, struct json *o, struct str id, struct err *e)
{
    bool is_there = false;
    struct str today = today_of(v);
    DB_EACH (row, v->db, e,
             "select v.id, v.title, v.state, v.owner, p.name, coalesce(v.reviewer, ''), q.name, v.due_on, coalesce(v.opened_on, ''), coalesce(v.waits_for, ''), coalesce(v.changes_due_on, '') "
             "from access_reviews v left join people p on p.id = v.owner left join people q on q.id = v.reviewer where v.id = ?1",
             A(id)) {
        struct str state = db_text(row, 2), due = arena_str(v->arena, db_text(row, 7)), changes_due = arena_str(v->arena, db_text(row, 10));
        bool is_executing = str_is(state, "executing"), is_early = str_is(state, "open") || str_is(state, "preparing");
        bool is_overdue = is_early && str_compare(due, today) < 0, is_late = is_executing && str_compare(changes_due, today) < 0;
        is_there = true;
        json_put_str(o, "id", arena_str(v->arena, db_text(row, 0)));
        json_put_str(o, "name", arena_str(v->arena, db_text(row, 1)));
        json_put_str(o, "url", arena_printf(v->arena, "/access/%.*s", STR_ARGS(id)));
        put_state(v, o, state, is_overdue || is_late);
        json_put(o, "owner", access_person(v, db_text(row, 3), db_text(row, 4)));
        json_put(o, "reviewer", access_person(v, db_text(row, 5), db_text(row, 6)));
        json_put_str(o, "due", due);
        json_put_bool(o, "is_overdue", is_overdue);
        json_put_str(o, "opened", arena_str(v->arena, db_text(row, 8)));
        json_put_str(o, "waits_for", arena_str(v->arena, db_text(row, 9)));
        json_put_str(o, "changes_due", changes_due);
        json_put_bool(o, "is_late", is_late);
    }
    if (!e->code && !is_there)
        err_set(e, ERR_NOT_FOUND, "there is no access review %.*s", STR_ARGS(str_slice(id, 0, 60)));
    if (e->code)
        return NULL;
    put_counts_of(v, o, arena_str(v->arena, id), e);
    return e->code ? NULL : o;
}

/* ---- the room ---- */

static bool put_reviews(struct view *v, struct json *page, struct err *e)
{
    enum { SHOWN_MAX = 50 };
    struct json *list = json_put_array(page, "reviews");
    struct str ids[SHOWN_MAX];
    size_t count = 0;
    DB_EACH (row, v->db, e, "select id from access_reviews order by state in ('signed', 'cancelled'), due_on desc, id desc limit 50")
        ids[count++] = arena_str(v->arena, db_text(row, 0));
    for (size_t i = 0; i < count && !e->code; i++)
        if (!access_review_put(v, json_push_object(list), ids[i], e))
            return false;
    json_put_bool(page, "has_reviews", count > 0);
    return e->code == ERR_NONE;
}

static void put_extract(struct view *v, struct json *o, struct db_row *row, int column, int64_t days_max, bool *ret_old)
{
    struct str id = db_text(row, column);
    *ret_old = true;
    if (id.size == 0) {
        json_put_null(o, "extract");
        json_put_null(o, "age_days");
        return;
    }
    struct json *x = json_put_object(o, "extract");
    int64_t taken_ms = db_int(row, column + 1), age = view_today(v) - day_of(taken_ms);
    json_put_str(x, "id", arena_str(v->arena, id));
    json_put_str(x, "url", record_url(v, "account_extract", id));
    put_time(v, x, "taken", taken_ms);
    json_put_int(x, "rows", db_int(row, column + 2));
    json_put_cstr(x, "source_words", str_is(db_text(row, column + 3), "table") ? "captured tables" : "file of the system");
    json_put_int(o, "age_days", age);
    *ret_old = age > days_max;
}

static bool put_systems(struct view *v, struct json *page, int64_t days_max, struct err *e)
{
    struct json *list = json_put_array(page, "systems");
    DB_EACH (row, v->db, e,
             "select s.id, s.name, s.is_in, coalesce(s.owner, ''), p.name, coalesce(x.id, ''), x.taken_at, x.rows, x.source, "
             "(select ifnull(sum(a.n), 0) from system_accounts_counts a where a.system = s.id and a.state = 'present'), "
             "(select count(*) from system_accounts a where a.state = 'present' and a.person is null and a.kind = 'person' and a.system = s.id), "
             "(select ifnull(sum(a.n), 0) from system_accounts_counts a where a.system = s.id and a.state = 'present' and a.privileged = '1') "
             "from systems s left join people p on p.id = s.owner left join account_extracts x on x.id = "
             "(select y.id from account_extracts y where y.system = s.id and y.state = 'taken' order by y.changed_leaf desc limit 1) "
             "where s.state = 'in_use' and (s.is_in = 1 or x.id is not null) order by x.id is null, s.name limit 200") {
        struct json *o = json_push_object(list);
        bool is_old;
        struct str id = arena_str(v->arena, db_text(row, 0));
        json_put_str(o, "id", id);
        json_put_str(o, "name", arena_str(v->arena, db_text(row, 1)));
        json_put_str(o, "url", record_url(v, "system", id));
        json_put_bool(o, "is_in", db_int(row, 2) != 0);
        json_put(o, "owner", access_person(v, db_text(row, 3), db_text(row, 4)));
        put_extract(v, o, row, 5, days_max, &is_old);
        json_put_bool(o, "is_old", is_old);
        bool has_none = db_text(row, 5).size == 0;
        json_put_cstr(o, "status", has_none ? "unknown" : is_old ? "fail" : "pass");
        json_put_cstr(o, "status_words", has_none ? "No list yet" : is_old ? "Too old" : "Recent");
        json_put_int(o, "accounts", db_int(row, 9));
        json_put_int(o, "orphans", db_int(row, 10));
        json_put_int(o, "privileged", db_int(row, 11));
        json_put_str(o, "accounts_url", arena_printf(v->arena, "/access/accounts?system=%.*s", STR_ARGS(id)));
    }
    return e->code == ERR_NONE;
}

/* Hosts whose accounts were captured: a list is there already. */
static bool put_hosts(struct view *v, struct json *page, struct err *e)
{
    struct json *list = json_put_array(page, "hosts");
    struct captures *captures = v->is_past ? NULL : captures_open(v->db, NULL, &(struct captures_options){0}, e);
    const struct capture *items;
    size_t count = captures ? captures_list(captures, &items) : 0;
    for (size_t i = 0; i < count && list->count < 50; i++) {
        const struct capture *k = &items[i];
        if (!str_is(k->table, "users") || !str_is(k->state, "complete") || k->erased_by >= 0)
            continue;
        struct json *o = json_push_object(list);
        struct str subject = arena_str(v->arena, k->subject);
        struct str name = db_one_text(v->arena, v->db, e, "select name from subject where id = ?1", A(subject));
        struct str system = db_one_text(v->arena, v->db, e, "select id from systems where subject = ?1 and state = 'in_use' order by id limit 1", A(subject));
        int64_t used = system.data ? db_one_int(v->db, e, 0, "select max(taken_at) from account_extracts where system = ?1 and state = 'taken'", A(system)) : 0;
        json_put_str(o, "subject", subject);
        json_put_str(o, "name", name.data ? name : subject);
        put_time(v, o, "taken", k->taken_at_ms);
        json_put_int(o, "rows", k->row_count);
        if (system.data)
            put_link(v, o, "system", system.data, system.data, record_url(v, "system", system));
        else
            json_put_null(o, "system");
        json_put_bool(o, "is_new", k->taken_at_ms > used);
    }
    captures_close(captures);
    return e->code == ERR_NONE;
}

static int64_t number_of(struct view *v, const char *name, struct err *e)
{
    int64_t n = 0;
    return str_to_int64(parameter_value(v->db, v->arena, name, view_record_limit(v), e), &n) ? n : 0;
}

static void put_me(struct view *v, const struct view_records *r, struct json *page, struct err *e)
{
    struct str me = r->access && r->access->person.size ? r->access->person : STR("");
    struct str name = me.size ? db_one_text(v->arena, v->db, e, "select name from people where id = ?1", A(me)) : STR("");
    json_put_str(page, "me", me);
    json_put_str(page, "me_name", name.data ? name : me);
    json_put(page, "people", record_targets(v, r, "person"));
}

static bool may_create(struct view *v, const struct view_records *r, const char *type)
{
    struct err ignored = {0};
    const struct record_type *t = record_types_find(r->types, str_of(type));
    return t && r->access && !v->is_past && record_allows(r->access, t, NULL, RECORD_CREATE, NULL, &ignored);
}

struct json *view_access(struct view *v, const struct view_records *r, struct err *e)
{
    struct json *page = page_new(v, STR("Access reviews"), e);
    int64_t days_max = number_of(v, "access_extract_age_days_max", e);
    if (!page || e->code || !put_reviews(v, page, e) || !put_systems(v, page, days_max, e) || !put_hosts(v, page, e))
        return NULL;
    put_me(v, r, page, e);
    json_put_bool(page, "may_create", may_create(v, r, "access_review"));
    json_put_str(page, "default_due", day_text(v->arena, view_today(v) + 14));
    json_put_int(page, "extract_days", days_max);
    json_put_int(page, "conflicts", db_one_int(v->db, e, 0, "select count(*) from duty_conflicts where state = 'in_force'"));
    return e->code ? NULL : page;
}

/* ---- one campaign ---- */

static bool put_review_systems(struct view *v, struct json *page, struct str id, struct err *e)
{
    struct json *list = json_put_array(page, "systems");
    DB_EACH (row, v->db, e,
             "select s.id, s.name, coalesce((select x.id from account_extracts x where x.system = s.id and x.id in (select target from record_link where type = 'access_review' and id = ?1 and "
             "field = 'extracts' and to_leaf is null)), ''), coalesce((select x.id from account_extracts x where x.system = s.id and x.state = 'taken' order by x.changed_leaf desc limit 1), ''), "
             "ifnull(c.lines, 0), ifnull(c.open, 0), ifnull(c.todo, 0), ifnull(c.done, 0) from record_link k join systems s on s.id = k.target left join "
             "(select system, sum(n) as lines, sum(n * (state = 'open')) as open, sum(n * (state in ('change', 'remove'))) as todo, sum(n * (state = 'done')) as done "
             "from access_lines_counts where review = ?1 group by system) c on c.system = s.id "
             "where k.type = 'access_review' and k.id = ?1 and k.field = 'systems' and k.to_leaf is null order by k.place",
             A(id)) {
        static const char *const names[] = {"lines", "open", "todo", "done"};
        struct json *o = json_push_object(list);
        struct str frozen = arena_str(v->arena, db_text(row, 2)), newest = arena_str(v->arena, db_text(row, 3));
        json_put_str(o, "id", arena_str(v->arena, db_text(row, 0)));
        json_put_str(o, "name", arena_str(v->arena, db_text(row, 1)));
        if (frozen.size)
            put_link(v, o, "extract", frozen.data, frozen.data, record_url(v, "account_extract", frozen));
        else
            json_put_null(o, "extract");
        if (newest.size && frozen.size && !str_equal(newest, frozen))
            put_link(v, o, "newer", newest.data, newest.data, record_url(v, "account_extract", newest));
        else
            json_put_null(o, "newer");
        for (int i = 0; i < 4; i++)
            json_put_int(o, names[i], db_int(row, 4 + i));
    }
    return e->code == ERR_NONE;
}

static bool put_attributes(struct view *v, struct json *page, struct str id, struct err *e)
{
    static const char *const words[][4] = {
        {"population_complete", "The list was complete", "As many lines as the frozen lists have accounts.", "The lines are not all accounts of the lists that were frozen."},
        {"no_self_review", "Nobody reviewed themselves", "No decision was made by whom the account belongs to, or who granted it.", "Somebody decided about their own access."},
        {"all_lines_decided", "All lines decided", "Every line has a decision.", "Lines are still open."},
        {"changes_executed", "Changes carried out in time", "Later lists prove every change, by the day it was due.", "Changes are not proven yet, or were late."},
        {"on_time", "On time", "All lines were decided by the day the review was due.", "Not all lines were decided by the day the review was due."}};
    const struct json *now = access_attributes(v->db, v->arena, id, e);
    struct json *list = json_put_array(page, "attributes");
    bool is_open = !str_is(json_text(page, "state"), "signed") && !str_is(json_text(page, "state"), "proven");
    for (size_t i = 0; now && i < 5; i++) {
        const struct json *value = json_get(now, words[i][0]);
        bool holds = value && value->type == JSON_BOOL && value->boolean, is_pending = !holds && is_open && !(i < 2 && value->type == JSON_BOOL);
        struct json *o = json_push_object(list);
        json_put_cstr(o, "id", words[i][0]);
        json_put_cstr(o, "label", words[i][1]);
        json_put_cstr(o, "words", is_pending ? "Not yet." : words[i][holds ? 2 : 3]);
        json_put_cstr(o, "status", holds ? "pass" : is_pending ? "unknown" : "fail");
        json_put_cstr(o, "status_words", holds ? "Yes" : is_pending ? "Not yet" : "No");
    }
    return e->code == ERR_NONE;
}

static bool put_reviewers(struct view *v, struct json *page, struct str id, struct err *e)
{
    struct json *list = json_put_array(page, "reviewers");
    DB_EACH (row, v->db, e,
             "select l.who, p.name, l.lines, l.open from (select coalesce(nullif(delegate, ''), reviewer) as who, sum(n) as lines, sum(n * (state = 'open')) as open "
             "from access_lines_counts where review = ?1 group by 1) l left join people p on p.id = l.who order by 4 desc, 1 limit 50",
             A(id)) {
        struct json *o = json_push_object(list);
        json_put_str(o, "id", arena_str(v->arena, db_text(row, 0)));
        json_put_str(o, "name", arena_str(v->arena, db_text(row, 1)));
        json_put_int(o, "lines", db_int(row, 2));
        json_put_int(o, "open", db_int(row, 3));
    }
    return e->code == ERR_NONE;
}

static bool put_flag_counts(struct view *v, struct json *page, struct str id, struct err *e)
{
    enum { FLAGS_MAX = 32 };
    struct json *list = json_put_array(page, "flag_counts");
    int64_t counts[FLAGS_MAX] = {0};
    DB_EACH (row, v->db, e, "select flags, sum(n) from access_lines_counts where review = ?1 and flags <> '' group by flags", A(id)) {
        struct str rest = db_text(row, 0), one;
        while (str_next_word(&rest, &one))
            for (unsigned flag = 1, i = 0; flag <= ACCESS_NEW && i < FLAGS_MAX; flag <<= 1, i++)
                if (access_flag_of(one) == flag)
                    counts[i] += db_int(row, 1);
    }
    for (unsigned flag = 1, i = 0; flag <= ACCESS_NEW && i < FLAGS_MAX; flag <<= 1, i++) {
        if (counts[i] == 0)
            continue;
        struct json *o = json_push_object(list);
        json_put_cstr(o, "id", access_flag_name(flag));
        json_put_cstr(o, "words", access_flag_words(flag));
        json_put_int(o, "count", counts[i]);
    }
    return e->code == ERR_NONE;
}

static bool put_todo(struct view *v, struct json *page, struct str id, struct err *e)
{
    struct json *list = json_put_array(page, "todo_lines");
    DB_EACH (row, v->db, e,
             "select l.id, l.name, s.name, l.state, (select c.why from record_change c where c.type = 'access_line' and c.id = l.id and c.transition in ('change', 'remove') order by c.leaf desc "
             "limit 1), coalesce((select x.id from account_extracts x where x.system = l.system and x.state = 'taken' and x.changed_leaf > coalesce((select min(c.leaf) from record_change c where "
             "c.type = 'access_line' and c.id = l.id and c.transition in ('change', 'remove')), l.changed_leaf) order by x.changed_leaf desc limit 1), ''), coalesce(l.proven_by, ''), "
             "coalesce(l.proven_on, '') from access_lines l join systems s on s.id = l.system where l.review = ?1 and l.state in ('change', 'remove', 'done') order by l.state = 'done', l.id limit 100",
             A(id)) {
        struct json *o = json_push_object(list);
        struct str state = db_text(row, 3), newer = arena_str(v->arena, db_text(row, 5)), proof = arena_str(v->arena, db_text(row, 6));
        bool is_done = str_is(state, "done"), is_there = !is_done && newer.size > 0;
        json_put_str(o, "id", arena_str(v->arena, db_text(row, 0)));
        json_put_str(o, "name", arena_str(v->arena, db_text(row, 1)));
        json_put_str(o, "system", arena_str(v->arena, db_text(row, 2)));
        json_put_cstr(o, "what", str_is(state, "remove") ? "Remove" : str_is(state, "change") ? "Change" : "Carried out");
        json_put_str(o, "why", arena_str(v->arena, db_text(row, 4)));
        json_put_cstr(o, "status", is_done ? "pass" : is_there ? "fail" : "unknown");
        json_put_cstr(o, "status_words", is_done ? "Proven" : is_there ? "Still there" : "Waits for the next list");
        json_put_str(o, "proof", proof.size ? proof : is_there ? newer : STR(""));
        json_put_str(o, "proof_url", proof.size || is_there ? record_url(v, "account_extract", proof.size ? proof : newer) : STR(""));
        json_put_str(o, "proven_on", arena_str(v->arena, db_text(row, 7)));
    }
    return e->code == ERR_NONE;
}

static void put_related(struct view *v, struct json *page, const char *key, const char *type, const char *sql, struct str match, struct err *e)
{
    struct json *list = json_put_array(page, key);
    DB_EACH (row, v->db, e, sql, A(match)) {
        struct str id = arena_str(v->arena, db_text(row, 0)), state = arena_str(v->arena, db_text(row, 2));
        struct json *o = push_link(v, list, id.data, arena_str(v->arena, db_text(row, 1)).data, record_url(v, type, id));
        json_put_str(o, "state", state);
    }
}

struct json *view_access_review(struct view *v, const struct view_records *r, struct str id, struct err *e)
{
    const struct record_type *t = record_types_find(r->types, STR("access_review"));
    struct str title = db_one_text(v->arena, v->db, e, "select title from access_reviews where id = ?1", A(id));
    struct json *page = e->code ? NULL : page_new(v, title.data ? title : id, e);
    struct json *record = page && t ? view_record(v, r, t, id, true, e) : NULL;
    if (!record || !access_review_put(v, page, id, e))
        return NULL;
    json_put(page, "record", record);
    struct str previous = db_one_text(v->arena, v->db, e, "select previous from access_reviews where id = ?1", A(id));
    if (previous.data && previous.size)
        put_link(v, page, "previous", previous.data, previous.data, arena_printf(v->arena, "/access/%.*s", STR_ARGS(previous)));
    else
        json_put_null(page, "previous");
    if (!put_review_systems(v, page, id, e) || !put_attributes(v, page, id, e) || !put_reviewers(v, page, id, e) || !put_flag_counts(v, page, id, e) || !put_todo(v, page, id, e))
        return NULL;
    struct str like = arena_printf(v->arena, "%%(%.*s)", STR_ARGS(id));
    put_related(v, page, "tasks", "task", "select id, title, state from tasks where control = 'AC-05' and title like ?1 order by id", like, e);
    put_related(v, page, "deviations", "deviation", "select id, title, state from deviations where title like ?1 order by id", like, e);
    put_related(v, page, "evidence", "evidence", "select id, title, state from evidence_items where source = ?1 order by id", arena_printf(v->arena, "access review %.*s", STR_ARGS(id)), e);
    put_me(v, r, page, e);
    return e->code ? NULL : page;
}

/* ---- accounts ---- */

static void put_account(struct view *v, struct json *list, struct db_row *row)
{
    static const char *const rules[][2] = {{"email", "by e-mail"}, {"employee_no", "by employee number"}, {"login", "by login"}, {"name", "by full name"}, {"hand", "said by hand"}};
    struct json *o = json_push_object(list);
    struct str id = arena_str(v->arena, db_text(row, 0)), system = arena_str(v->arena, db_text(row, 3)), rule = db_text(row, 7), kind = db_text(row, 8);
    bool is_gone = str_is(db_text(row, 14), "gone");
    json_put_str(o, "id", id);
    json_put_str(o, "url", record_url(v, "system_account", id));
    json_put_str(o, "name", arena_str(v->arena, db_text(row, 1)));
    json_put_str(o, "display", arena_str(v->arena, db_text(row, 2)));
    put_link(v, o, "system", system.data, arena_str(v->arena, db_text(row, 4)).data, record_url(v, "system", system));
    json_put(o, "person", access_person(v, db_text(row, 5), db_text(row, 6)));
    json_put_cstr(o, "matched_words", "");
    for (size_t i = 0; i < 5; i++)
        if (str_is(rule, rules[i][0]))
            o->last->text = str_of(rules[i][1]);
    json_put_cstr(o, "kind_words", str_is(kind, "service") ? "program" : str_is(kind, "shared") ? "several people" : "person");
    json_put(o, "owner", access_person(v, db_text(row, 9), db_text(row, 10)));
    json_put_str(o, "rights", arena_str(v->arena, db_text(row, 11)));
    json_put_bool(o, "is_privileged", db_int(row, 12) != 0);
    json_put_str(o, "last", db_text(row, 13).size ? arena_str(v->arena, db_text(row, 13)) : db_int(row, 16) ? STR("never") : STR(""));
    json_put_cstr(o, "status", is_gone ? "skip" : "pass");
    json_put_cstr(o, "status_words", is_gone ? "Gone" : "There");
    put_time(v, o, "came", db_int(row, 15));
    json_put_str(o, "gone_on", arena_str(v->arena, db_text(row, 17)));
}

static const struct {
    const char *id, *label, *condition;
} account_tabs[] = {{"", "There", "a.state = 'present'"},
                    {"orphans", "Belong to nobody", "a.state = 'present' and a.person is null and a.kind = 'person'"},
                    {"privileged", "Privileged", "a.state = 'present' and a.privileged = 1"},
                    {"service", "Programs and shared", "a.state = 'present' and a.kind in ('service', 'shared')"},
                    {"gone", "Gone", "a.state = 'gone'"}};
enum { ACCOUNT_TABS = sizeof(account_tabs) / sizeof(account_tabs[0]) };
/* How many of each tab, as they are kept: of all, or of one system. Those that belong to nobody have an index. */
static const char *const account_tab_counts[] = {
    "select sum(n) from system_accounts_counts where state = 'present'", "select count(*) from system_accounts where state = 'present' and person is null and kind = 'person'",
    "select sum(n) from system_accounts_counts where state = 'present' and privileged = '1'", "select sum(n) from system_accounts_counts where state = 'present' and kind in ('service', 'shared')",
    "select sum(n) from system_accounts_counts where state = 'gone'"};

/* What is asked for leads to its index; ?1 to ?3 are bound in any case. */
static struct str account_where(struct view *v, const struct access_accounts_filter *f)
{
    return arena_printf(v->arena,
                        " from system_accounts a left join systems s on s.id = a.system left join people p on p.id = a.person left join people q on q.id = a.owner where %s and %s and %s and ",
                        f->system.size ? "a.system = ?1" : "?1 = ''", f->person.size ? "(a.person = ?2 or a.owner = ?2)" : "?2 = ''",
                        f->q.size ? "(a.name like ?3 or a.display like ?3 or p.name like ?3 or a.rights like ?3)" : "?3 = ''");
}

static bool put_account_counts(struct view *v, const struct access_accounts_filter *f, struct str like, int64_t ret[ACCOUNT_TABS], struct err *e)
{
    if (f->person.size == 0 && f->q.size == 0) {
        for (size_t i = 0; i < ACCOUNT_TABS; i++)
            ret[i] = db_one_int(v->db, e, 0, db_known(v->db, arena_printf(v->arena, "%s and %s", account_tab_counts[i], f->system.size ? "system = ?1" : "?1 = ''")), A(f->system));
        return e->code == ERR_NONE;
    }
    struct buf BUF_AUTO sql;
    buf_init(&sql, 8000);
    for (size_t i = 0; i < ACCOUNT_TABS; i++)
        buf_printf(&sql, "%sifnull(sum(%s), 0)", i ? ", " : "select ", account_tabs[i].condition);
    buf_printf(&sql, "%.*s1", STR_ARGS(account_where(v, f)));
    DB_EACH (row, v->db, e, db_known(v->db, buf_view(&sql)), A(f->system), A(f->person), A(like))
        for (int i = 0; i < ACCOUNT_TABS; i++)
            ret[i] = db_int(row, i);
    return e->code == ERR_NONE;
}

static struct str accounts_url(struct view *v, const struct access_accounts_filter *f, const char *show, struct str after)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 2000);
    buf_printf(&b, "/access/accounts?show=%s", show);
    const struct str values[] = {f->system, f->person, f->q, after};
    static const char *const names[] = {"system", "person", "q", "after"};
    for (size_t i = 0; i < 4; i++) {
        if (values[i].size == 0)
            continue;
        buf_printf(&b, "&%s=", names[i]);
        for (size_t k = 0; k < values[i].size && k < 200; k++) {
            unsigned char c = (unsigned char)values[i].data[k];
            bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
            if (is_plain)
                buf_char(&b, (char)c);
            else
                buf_printf(&b, "%%%02X", c);
        }
    }
    return arena_str(v->arena, buf_view(&b));
}

static bool put_accounts(struct view *v, struct json *page, const struct access_accounts_filter *f, size_t tab, struct err *e)
{
    struct json *list = json_put_array(page, "rows"), *tabs = json_put_array(page, "tabs");
    struct str like = f->q.size ? arena_printf(v->arena, "%%%.*s%%", STR_ARGS(str_slice(f->q, 0, 100))) : STR("");
    int64_t counts[ACCOUNT_TABS];
    if (!put_account_counts(v, f, like, counts, e))
        return false;
    for (size_t i = 0; i < ACCOUNT_TABS; i++) {
        struct json *o = json_push_object(tabs);
        json_put_cstr(o, "id", account_tabs[i].id);
        json_put_cstr(o, "label", account_tabs[i].label);
        json_put_int(o, "count", counts[i]);
        json_put_bool(o, "is_current", i == tab);
        json_put_str(o, "url", accounts_url(v, f, account_tabs[i].id, STR("")));
        if (i == tab)
            json_put_int(page, "total", counts[i]);
    }
    struct str last = STR(""), sql = arena_printf(v->arena,
        "select a.id, a.name, coalesce(a.display, ''), a.system, s.name, coalesce(a.person, ''), p.name, a.matched_by, a.kind, coalesce(a.owner, ''), q.name, coalesce(a.rights, ''), a.privileged, "
        "coalesce(a.last_used_on, ''), a.state, a.created_t, coalesce(a.never_used, 0), coalesce(a.gone_on, '')%.*s%s and %s order by a.created_leaf limit %d", STR_ARGS(account_where(v, f)),
        account_tabs[tab].condition, f->after.size ? "a.created_leaf > (select b.created_leaf from system_accounts b where b.id = ?4)" : "?4 = ''", ACCESS_ACCOUNTS_PAGE + 1);
    bool is_more = false;
    DB_EACH (row, v->db, e, db_known(v->db, sql), A(f->system), A(f->person), A(like), A(f->after)) {
        is_more = list->count == ACCESS_ACCOUNTS_PAGE;
        if (is_more)
            break;
        last = arena_str(v->arena, db_text(row, 0));
        put_account(v, list, row);
    }
    json_put_str(page, "next", is_more ? accounts_url(v, f, account_tabs[tab].id, last) : STR(""));
    json_put_bool(page, "is_first", f->after.size == 0);
    json_put_str(page, "first", accounts_url(v, f, account_tabs[tab].id, STR("")));
    return e->code == ERR_NONE;
}

struct json *view_access_accounts(struct view *v, const struct view_records *r, const struct access_accounts_filter *f, struct err *e)
{
    size_t tab = 0;
    struct str system = db_one_text(v->arena, v->db, e, "select name from systems where id = ?1", A(f->system));
    struct str person = db_one_text(v->arena, v->db, e, "select name from people where id = ?1", A(f->person));
    const struct record_type *t = record_types_find(r->types, STR("system_account"));
    if (e->code)
        return NULL;
    if (t && r->access && !access_matches(r->access, &t->may_read, NULL)) {
        err_set(e, ERR_DENIED, "accounts: your role does not see them");
        return NULL;
    }
    struct json *page = page_new(v, system.data ? arena_printf(v->arena, "Accounts of %.*s", STR_ARGS(system)) : person.data ? arena_printf(v->arena, "Accounts of %.*s", STR_ARGS(person)) : STR("Accounts"), e);
    for (size_t i = 0; i < ACCOUNT_TABS; i++)
        tab = str_is(f->show, account_tabs[i].id) ? i : tab;
    if (!page)
        return NULL;
    json_put_cstr(page, "show", account_tabs[tab].id);
    json_put_str(page, "q", f->q);
    json_put(page, "system", access_person(v, f->system, system.data ? system : STR("")));
    json_put(page, "person", access_person(v, f->person, person.data ? person : STR("")));
    return put_accounts(v, page, f, tab, e) ? page : NULL;
}
