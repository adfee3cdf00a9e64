/* The lines of an access review, what is flagged first: a page of them, and what may be kept together. */
#include "assess/access_review.h"
#include "assess/stored.h"
#include "report/view_access.h"
#include "report/view_record_internal.h"

static const struct {
    const char *id, *label, *condition;
} tabs[] = {{"open", "To decide", "l.state = 'open'"},
            {"mine", "Mine", "l.state = 'open' and coalesce(l.delegate, l.reviewer) = ?5"},
            {"flagged", "Flagged", "l.is_flagged = 1"},
            {"changed", "Not as last time", "l.since_last in ('new', 'changed')"},
            {"todo", "To carry out", "l.state in ('change', 'remove')"},
            {"decided", "Decided", "l.state <> 'open'"},
            {"all", "All", "1"},
            {"own", "Yours", "(l.reviewer = ?5 or l.delegate = ?5)"}}; /* of whoever sees no others */
enum { TABS = sizeof(tabs) / sizeof(tabs[0]) };
/* ?5 is bound in every one of them, so that they differ by the condition alone. */
#define LINES_WHERE " from access_lines l where l.review = ?1 and (?2 = '' or l.system = ?2) and (?3 = '' or l.name like ?3 or l.rights like ?3 or l.flags like ?3) and ifnull(?5, '') = ?5 and "

struct lines {
    struct view *v;
    const struct view_records *r;
    const struct record_type *type;
    struct str review, like, me;
    const struct access_lines_filter *f;
    size_t tab;
    bool is_open, is_own;
};

static struct str lines_url(struct lines *x, const char *show, struct str after)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 2000);
    buf_printf(&b, "/access/%.*s/lines?show=%s", STR_ARGS(x->review), show);
    const struct str values[] = {x->f->system, x->f->q, after};
    static const char *const names[] = {"system", "q", "after"};
    for (size_t i = 0; i < 3; i++) {
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
    return arena_str(x->v->arena, buf_view(&b));
}

/* The same conditions over what is kept of them: as many as it says, without looking at a line. NULL: lines are looked at, by an index. */
static const char *const tab_counts[] = {"state = 'open'", "state = 'open' and coalesce(nullif(delegate, ''), reviewer) = ?5", "flags <> ''", NULL, "state in ('change', 'remove')",
                                         "state <> 'open'", "1", "(reviewer = ?5 or delegate = ?5)"};

static bool tabs_count(struct lines *x, int64_t ret[TABS], struct err *e)
{
    struct view *v = x->v;
    struct buf BUF_AUTO sql;
    buf_init(&sql, 8000);
    for (size_t i = 0; i < TABS; i++)
        buf_printf(&sql, x->like.size ? "%sifnull(sum(%s), 0)" : "%sifnull(sum(n * (%s)), 0)", i ? ", " : "select ", x->like.size ? tabs[i].condition : tab_counts[i] ? tab_counts[i] : "0");
    buf_cstr(&sql, x->like.size ? LINES_WHERE "1" : " from access_lines_counts where review = ?1 and (?2 = '' or system = ?2) and ?3 = '' and ifnull(?5, '') = ?5");
    DB_EACH (row, v->db, e, db_known(v->db, buf_view(&sql)), A(x->review), A(x->f->system), A(x->like), A(0), A(x->me))
        for (int i = 0; i < TABS; i++)
            ret[i] = db_int(row, i);
    for (size_t i = 0; i < TABS && x->like.size == 0; i++)
        if (!tab_counts[i])
            ret[i] = db_one_int(v->db, e, 0, db_known(v->db, arena_printf(v->arena, "select count(*)" LINES_WHERE "%s", tabs[i].condition)), A(x->review), A(x->f->system), A(x->like), A(0), A(x->me));
    return e->code == ERR_NONE;
}

static bool put_tabs(struct lines *x, struct json *page, struct err *e)
{
    struct json *list = json_put_array(page, "tabs");
    int64_t counts[TABS] = {0};
    if (!tabs_count(x, counts, e))
        return false;
    for (size_t i = 0; i < TABS; i++) {
        if ((str_is(str_of(tabs[i].id), "mine") && x->me.size == 0) || (i == TABS - 1) != x->is_own)
            continue;
        struct json *o = json_push_object(list);
        json_put_cstr(o, "id", tabs[i].id);
        json_put_cstr(o, "label", tabs[i].label);
        json_put_int(o, "count", counts[i]);
        json_put_bool(o, "is_current", i == x->tab);
        json_put_str(o, "url", lines_url(x, tabs[i].id, STR("")));
        if (i == x->tab)
            json_put_int(page, "total", counts[i]);
    }
    return true;
}

/* The columns of the page's query. */
enum { C_ID, C_VERSION, C_NAME, C_ACCOUNT, C_SYSTEM, C_SYSTEM_NAME, C_PERSON, C_PERSON_NAME, C_KIND, C_ANSWERS, C_ANSWERS_NAME, C_GRANTED, C_GRANTED_NAME, C_RIGHTS, C_PRIVILEGED,
       C_ENABLED, C_LAST, C_NEVER, C_FLAGS, C_FLAG_WORDS, C_IS_FLAGGED, C_WEIGHT, C_SINCE, C_DIFFERENCE, C_REVIEWER, C_REVIEWER_NAME, C_DELEGATE, C_DELEGATE_NAME, C_BULK, C_STATE, C_PROVEN,
       C_ACTOR, C_WHEN, C_WHY, C_DISPLAY, C_MATCHED };
#define LINE_COLUMNS \
    "select l.id, l.version, l.name, l.account, l.system, (select s.name from systems s where s.id = l.system), coalesce(l.person, ''), (select p.name from people p where p.id = l.person), " \
    "coalesce(l.kind, ''), coalesce(l.answers, ''), (select p.name from people p where p.id = l.answers), coalesce(l.granted_by, ''), (select p.name from people p where p.id = l.granted_by), " \
    "coalesce(l.rights, ''), l.privileged, l.enabled, coalesce(l.last_used_on, ''), l.never_used, coalesce(l.flags, ''), coalesce(l.flag_words, ''), l.is_flagged, ifnull(l.weight, 0), " \
    "coalesce(l.since_last, ''), coalesce(l.difference, ''), coalesce(l.reviewer, ''), (select p.name from people p where p.id = l.reviewer), coalesce(l.delegate, ''), " \
    "(select p.name from people p where p.id = l.delegate), l.bulk, l.state, coalesce(l.proven_by, ''), d.actor, d.t, d.why, " \
    "(select coalesce(a.display, '') from system_accounts a where a.id = l.account), (select coalesce(a.matched_by, '') from system_accounts a where a.id = l.account) " \
    "from (select l.*" LINES_WHERE "%s and (?4 = -1 or l.weight < ?4 or (l.weight = ?4 and l.id > ?6)) order by l.weight desc, l.id limit %d) l left join record_change d on d.leaf = " \
    "(select max(c.leaf) from record_change c where c.type = 'access_line' and c.id = l.id and c.transition in ('keep', 'keep_flagged', 'change', 'remove')) order by l.weight desc, l.id"

/* May this person decide on it, and if not, why? The keeper asks the same. */
static const char *why_not(const struct lines *x, struct db_row *row)
{
    struct str me = x->me;
    bool is_theirs = me.size && (str_equal(db_text(row, C_REVIEWER), me) || str_equal(db_text(row, C_DELEGATE), me));
    if (!x->is_open)
        return "the review is not open";
    if (str_is(db_text(row, C_STATE), "done"))
        return "it is carried out";
    if (me.size && str_equal(db_text(row, C_PERSON), me))
        return "it is your own account: somebody else decides";
    if (me.size && str_equal(db_text(row, C_GRANTED), me))
        return "you granted it: somebody else decides";
    if (!is_theirs)
        return me.size ? "it is somebody else's to review" : "your account names no person; reviewers are people on the roster";
    return "";
}

static void put_decision(struct view *v, struct json *o, struct db_row *row)
{
    if (db_is_null(row, C_ACTOR) || str_is(db_text(row, C_STATE), "open")) {
        json_put_null(o, "decision");
        return;
    }
    struct json *d = json_put_object(o, "decision");
    json_put(d, "by", actor_new(v, arena_str(v->arena, db_text(row, C_ACTOR))));
    put_time(v, d, "at", db_int(row, C_WHEN));
    json_put_str(d, "why", arena_str(v->arena, db_text(row, C_WHY)));
}

static void put_facts(struct lines *x, struct json *o, struct db_row *row)
{
    struct view *v = x->v;
    struct arena *a = v->arena;
    struct str kind = db_text(row, C_KIND), system = arena_str(a, db_text(row, C_SYSTEM)), since = arena_str(a, db_text(row, C_SINCE));
    json_put_str(o, "name", arena_str(a, db_text(row, C_NAME)));
    json_put_str(o, "display", arena_str(a, db_text(row, C_DISPLAY)));
    json_put_str(o, "account_url", record_url(v, "system_account", db_text(row, C_ACCOUNT)));
    put_link(v, o, "system", system.data, arena_str(a, db_text(row, C_SYSTEM_NAME)).data, record_url(v, "system", system));
    json_put(o, "person", access_person(v, db_text(row, C_PERSON), db_text(row, C_PERSON_NAME)));
    json_put_str(o, "matched_by", arena_str(a, db_text(row, C_MATCHED)));
    json_put_cstr(o, "kind_words", str_is(kind, "service") ? "a program" : str_is(kind, "shared") ? "several people" : "");
    json_put(o, "answers", access_person(v, db_text(row, C_ANSWERS), db_text(row, C_ANSWERS_NAME)));
    json_put(o, "granted_by", access_person(v, db_text(row, C_GRANTED), db_text(row, C_GRANTED_NAME)));
    json_put_str(o, "rights", arena_str(a, db_text(row, C_RIGHTS)));
    json_put_bool(o, "is_disabled", !db_is_null(row, C_ENABLED) && db_int(row, C_ENABLED) == 0);
    json_put_str(o, "last", db_text(row, C_LAST).size ? arena_str(a, db_text(row, C_LAST)) : db_int(row, C_NEVER) ? STR("never") : STR("not known"));
    access_put_flags(v, o, db_text(row, C_FLAGS));
    json_put_str(o, "flag_words", arena_str(a, db_text(row, C_FLAG_WORDS)));
    json_put_bool(o, "is_flagged", db_int(row, C_IS_FLAGGED) != 0);
    json_put_str(o, "since", since);
    json_put_cstr(o, "since_words", str_is(since, "new") ? "New since the last review" : str_is(since, "changed") ? "Changed since the last review" : str_is(since, "same") ? "As last time" : "");
    json_put_str(o, "difference", arena_str(a, db_text(row, C_DIFFERENCE)));
}

static void put_line(struct lines *x, struct json *list, struct db_row *row)
{
    struct view *v = x->v;
    struct json *o = json_push_object(list);
    struct str id = arena_str(v->arena, db_text(row, C_ID)), state = db_text(row, C_STATE), proven = arena_str(v->arena, db_text(row, C_PROVEN));
    const struct record_state *s = record_type_state(x->type, state);
    const char *why = why_not(x, row);
    json_put_str(o, "id", id);
    json_put_int(o, "version", db_int(row, C_VERSION));
    json_put_str(o, "url", record_url(v, "access_line", id));
    put_facts(x, o, row);
    json_put_str(o, "state", arena_str(v->arena, state));
    json_put_cstr(o, "state_words", s ? s->label : "");
    json_put_cstr(o, "status", s ? s->status : "unknown");
    json_put_cstr(o, "status_words", s ? s->label : "");
    put_decision(v, o, row);
    json_put_bool(o, "may", why[0] == 0 && !v->is_past);
    json_put_cstr(o, "why_not", why);
    json_put(o, "reviewer", access_person(v, db_text(row, C_REVIEWER), db_text(row, C_REVIEWER_NAME)));
    json_put(o, "delegate", access_person(v, db_text(row, C_DELEGATE), db_text(row, C_DELEGATE_NAME)));
    json_put_int(o, "bulk", db_is_null(row, C_BULK) ? 0 : db_int(row, C_BULK));
    if (proven.size)
        put_link(v, o, "proven", proven.data, proven.data, record_url(v, "account_extract", proven));
    else
        json_put_null(o, "proven");
    json_put_cstr(o, "typed", "");   /* what was typed, when it was not taken */
    json_put_cstr(o, "typed_why", "");
    json_put_cstr(o, "problem", "");
}

static bool put_rows(struct lines *x, struct json *page, struct err *e)
{
    struct view *v = x->v;
    struct json *list = json_put_array(page, "rows");
    struct str id = x->f->after, weight_text, last = STR("");
    int64_t weight = -1;
    if (id.size && (!str_cut(&id, '.', &weight_text) || !str_to_int64(weight_text, &weight)))
        return err_set(e, ERR_INVALID, "after: no line of this review");
    struct str sql = arena_printf(v->arena, LINE_COLUMNS, tabs[x->tab].condition, ACCESS_LINES_PAGE + 1);
    bool is_more = false;
    DB_EACH (row, v->db, e, db_known(v->db, sql), A(x->review), A(x->f->system), A(x->like), A(weight), A(x->me), A(id.size ? id : STR(""))) {
        is_more = list->count == ACCESS_LINES_PAGE;
        if (is_more)
            break;
        last = arena_printf(v->arena, "%lld.%.*s", (long long)db_int(row, C_WEIGHT), STR_ARGS(db_text(row, C_ID)));
        put_line(x, list, row);
    }
    json_put_str(page, "next", is_more ? lines_url(x, tabs[x->tab].id, last) : STR(""));
    json_put_bool(page, "is_first", weight < 0);
    json_put_str(page, "first", lines_url(x, tabs[x->tab].id, STR("")));
    return e->code == ERR_NONE;
}

/* Open lines without flags that have the same rights in the same system: what may be kept with one decision. */
static bool put_groups(struct lines *x, struct json *page, struct err *e)
{
    struct view *v = x->v;
    struct json *list = json_put_array(page, "groups");
    int64_t limit = 0;
    if (!str_to_int64(parameter_value(v->db, v->arena, "access_bulk_keep_max", INT64_MAX, e), &limit))
        limit = 0;
    json_put_int(page, "limit", limit);
    if (e->code || limit == 0 || !x->is_open || x->me.size == 0 || v->is_past) {
        json_put_int(page, "unflagged", 0);
        return e->code == ERR_NONE;
    }
    DB_EACH (row, v->db, e,
             "select min(l.id), (select s.name from systems s where s.id = l.system), coalesce(l.rights, ''), count(*) as n from access_lines_versions l where +l.review = ?1 and +l.state = 'open' and "
             "l.is_flagged = 0 and l.is_deleted = 0 and l.to_leaf is null and ((l.reviewer = ?2 and l.to_leaf is null) or (l.delegate = ?2 and l.to_leaf is null)) and "
             "coalesce(l.delegate, l.reviewer) = ?2 and coalesce(l.person, '') <> ?2 and coalesce(l.granted_by, '') <> ?2 group by l.system, l.rights having n > 1 "
             "order by n desc, 1 limit 8",
             A(x->review), A(x->me)) {
        struct json *o = json_push_object(list);
        int64_t n = db_int(row, 3);
        json_put_str(o, "like", arena_str(v->arena, db_text(row, 0)));
        json_put_str(o, "system", arena_str(v->arena, db_text(row, 1)));
        json_put_str(o, "rights", arena_str(v->arena, db_text(row, 2)));
        json_put_int(o, "count", n);
        json_put_int(o, "take", n < limit ? n : limit);
    }
    int64_t all = db_one_int(v->db, e, 0,
                             "select count(*) from access_lines_versions l where +l.review = ?1 and +l.state = 'open' and l.is_flagged = 0 and l.is_deleted = 0 and l.to_leaf is null and "
                             "((l.reviewer = ?2 and l.to_leaf is null) or (l.delegate = ?2 and l.to_leaf is null)) and coalesce(l.delegate, l.reviewer) = ?2 and coalesce(l.person, '') <> ?2 and "
                             "coalesce(l.granted_by, '') <> ?2 and (?3 = '' or l.system = ?3)",
                             A(x->review), A(x->me), A(x->f->system));
    json_put_int(page, "unflagged", all < limit ? all : limit);
    return e->code == ERR_NONE;
}

/* Who has lines to decide: theirs can be handed over, by themselves or by who leads the program. */
static bool put_deciders(struct lines *x, struct json *page, struct err *e)
{
    struct view *v = x->v;
    struct json *list = json_put_array(page, "deciders");
    bool is_lead = x->r->access && access_has_role(x->r->access, "compliance_lead");
    DB_EACH (row, v->db, e,
             "select w.who, p.name, w.n from (select coalesce(nullif(delegate, ''), reviewer) as who, sum(n) as n from access_lines_counts where review = ?1 and state = 'open' group by who) w "
             "left join people p on p.id = w.who where w.n > 0 and (?3 or w.who = ?2) order by w.who <> ?2, 2 limit 100",
             A(x->review), A(x->me), A((int64_t)is_lead)) {
        struct json *o = json_push_object(list);
        struct str id = arena_str(v->arena, db_text(row, 0)), name = arena_str(v->arena, db_text(row, 1));
        json_put_str(o, "id", id);
        json_put_str(o, "label", arena_printf(v->arena, "%.*s: %lld", STR_ARGS(name.size ? name : id), (long long)db_int(row, 2)));
    }
    return e->code == ERR_NONE;
}

struct json *view_access_lines(struct view *v, const struct view_records *r, struct str id, const struct access_lines_filter *f, struct err *e)
{
    struct lines x = {.v = v, .r = r, .review = arena_str(v->arena, id), .f = f, .type = record_types_find(r->types, STR("access_line")),
                      .me = r->access && r->access->person.size ? r->access->person : STR(""), .like = STR("")};
    struct str title = db_one_text(v->arena, v->db, e, "select title from access_reviews where id = ?1", A(id));
    struct json *page = e->code ? NULL : page_new(v, title.data ? title : id, e);
    if (!page || !x.type || !access_review_put(v, page, id, e))
        return NULL;
    x.is_own = r->access && !access_matches(r->access, &x.type->may_read, NULL);
    if (x.is_own && (x.me.size == 0 || db_one_int(v->db, e, 0, "select count(*) from access_lines where review = ?1 and (reviewer = ?2 or delegate = ?2)", A(id), A(x.me)) == 0)) {
        err_set(e, ERR_NOT_FOUND, "there is no access review %.*s", STR_ARGS(str_slice(id, 0, 60)));
        return NULL;
    }
    x.is_open = str_is(json_text(page, "state"), "open");
    x.tab = x.is_own ? TABS - 1 : x.is_open ? 0 : TABS - 2;
    for (size_t i = 0; i < TABS - 1 && !x.is_own; i++)
        x.tab = str_is(f->show, tabs[i].id) ? i : x.tab;
    if (f->q.size)
        x.like = arena_printf(v->arena, "%%%.*s%%", STR_ARGS(str_slice(f->q, 0, 100)));
    json_put_cstr(page, "show", tabs[x.tab].id);
    json_put_str(page, "q", f->q);
    json_put_str(page, "system", f->system);
    json_put_bool(page, "is_open", x.is_open);
    json_put_str(page, "me", x.me);
    json_put(page, "people", record_targets(v, r, "person"));
    return put_tabs(&x, page, e) && put_rows(&x, page, e) && put_groups(&x, page, e) && put_deciders(&x, page, e) ? page : NULL;
}
