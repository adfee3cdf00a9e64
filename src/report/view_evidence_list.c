/* Evidence that somebody brought, as rows of the list beside the captures. The database filters and sorts; only as many rows are made as can be shown. */
#include "report/view_evidence_list.h"

#include "assess/evidence.h"
#include "ledger/lateness.h"

enum { WHERE_MAX = 2048 };

/* Newest version of each as of the instant. ?1 leaf limit, ?2 words, ?3 group, ?4 state filter. */
#define FROM_SQL                                                                                                                                           \
    " from record_head h join evidence_items_versions v on v.id = h.id and v.from_leaf <= ?1 and (v.to_leaf is null or v.to_leaf > ?1) and v.is_deleted = 0 " \
    "where h.type = 'evidence' and (?2 = '' or instr(lower(v.id || ' ' || v.title || ' ' || coalesce(v.source, '')), ?2) > 0) and ?3 in ('', 'uploads') "
#define STATUS_SQL "(case v.state when 'accepted' then 'pass' when 'rejected' then 'fail' when 'withdrawn' then 'skip' else 'unknown' end)"
#define STATE_SQL "and (?4 = '' or ?4 = v.state or ?4 = " STATUS_SQL " or (?4 = 'attention' and v.state in ('received', 'rejected'))) "

static struct str lowered(struct view *v, struct str text)
{
    char *out = arena_strndup(v->arena, text.data ? text.data : "", text.size);
    for (size_t i = 0; i < text.size; i++)
        out[i] = out[i] >= 'A' && out[i] <= 'Z' ? (char)(out[i] + 32) : out[i];
    return str_make(out, text.size);
}

struct str view_evidence_used_by(struct view *v, struct str id, struct err *e)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 1000);
    DB_EACH (row, v->db, e,
             "select target from record_link where type = 'evidence' and id = ?1 and field in ('controls', 'gaps', 'tasks', 'requests') and from_leaf <= ?2 and "
             "(to_leaf is null or to_leaf > ?2) order by field, place limit 20",
             A(id), A(v->leaf_limit)) {
        buf_cstr(&b, b.size ? ", " : "");
        buf_str(&b, db_text(row, 0));
    }
    return arena_str(v->arena, buf_view(&b));
}

static struct str text_or_empty(struct view *v, struct db_row *row, int column)
{
    return db_is_null(row, column) ? STR("") : arena_str(v->arena, db_text(row, column));
}

static enum result_status state_status_of(struct str state)
{
    return str_is(state, "accepted") ? RESULT_PASS : str_is(state, "rejected") ? RESULT_FAIL : str_is(state, "withdrawn") ? RESULT_SKIP : RESULT_UNKNOWN;
}

/* What is to be known of it at a glance: the machine's problems, and whether it still counts. */
static bool note_put(struct view *v, struct json *o, struct str id, struct str state, struct err *e)
{
    int64_t problems = db_one_int(v->db, e, 0, "select problems from evidence_checked where id = ?1 and leaf <= ?2 order by leaf desc limit 1", A(id), A(v->leaf_limit));
    struct record like = {.id = id, .values = json_object(v->arena)};
    DB_EACH (row, v->db, e, "select period_to, expires_on, occurrence from evidence_items where id = ?1", A(id)) {
        static const char *const fields[] = {"period_to", "expires_on", "occurrence"};
        for (int i = 0; i < 3; i++)
            if (!db_is_null(row, i))
                json_put_str(like.values, fields[i], arena_str(v->arena, db_text(row, i)));
    }
    int64_t expires = e->code ? INT64_MIN : evidence_expires(v->db, &like, e), today = view_today(v);
    bool counts = str_is(state, "accepted") || str_is(state, "received"), is_over = counts && expires != INT64_MIN && expires < today;
    bool is_soon = counts && !is_over && expires != INT64_MIN && expires - today <= EVIDENCE_SOON_DAYS;
    struct str note = STR("");
    if (is_over || is_soon)
        note = arena_printf(v->arena, "%s on %s", is_over ? "expired" : "expires soon,", day_text(v->arena, expires).data);
    if (problems)
        note = arena_printf(v->arena, "%.*s%s%lld problem%s found by machine", STR_ARGS(note), note.size ? "; " : "", (long long)problems, problems == 1 ? "" : "s");
    json_put_str(o, "note", note);
    json_put_bool(o, "is_expired", is_over);
    return e->code == ERR_NONE;
}

struct upload {
    struct str id, title, state, source, from, to, taken, digest;
    int64_t leaf, t;
};

static bool upload_row(struct view *v, struct list *l, const struct upload *u, struct err *e)
{
    struct json *o = json_object(v->arena), *subject;
    enum result_status status = state_status_of(u->state);
    int64_t taken_ms = 0;
    static const char *const words[] = {"Withdrawn", "Accepted", "Claimed", "Not sufficient"};
    json_put_cstr(o, "kind", "upload");
    json_put_int(o, "leaf", u->leaf);
    json_put_str(o, "id", u->id);
    json_put_str(o, "title", u->title);
    json_put_cstr(o, "table", "");
    json_put_cstr(o, "words", "");
    json_put_str(o, "source", u->source);
    subject = json_put_object(o, "subject");
    json_put_cstr(subject, "id", "");
    json_put_str(subject, "name", u->source.size ? u->source : STR("somebody"));
    json_put_str(o, "state", u->state);
    put_status_as(o, status, words[status]);
    if (!note_put(v, o, u->id, u->state, e))
        return false;
    json_put_str(o, "period", str_equal(u->from, u->to) ? u->from : arena_printf(v->arena, "%.*s to %.*s", STR_ARGS(u->from), STR_ARGS(u->to)));
    json_put_int(o, "rows", 0);
    json_put_int(o, "version", 0);
    if (time_parse(u->taken.size ? u->taken : u->to, 0, &taken_ms))
        put_time(v, o, "taken", taken_ms);
    else
        json_put_null(o, "taken");
    put_time(v, o, "received", u->t);
    put_time(v, o, "confirmed", u->t);
    json_put_int(o, "tests", 0);
    view_late_put(v, o, taken_ms ? taken_ms + MS_DAY - 1 : 0, u->t, LATE_BY_HAND_MS);
    json_put_str(o, "digest", u->digest);
    json_put_str(o, "used_by", view_evidence_used_by(v, u->id, e));
    json_put_str(o, "url", arena_printf(v->arena, "/records/evidence/%.*s", STR_ARGS(u->id)));
    int64_t number = sort_is(l->filter, "taken")    ? -taken_ms
                     : sort_is(l->filter, "rows")   ? 0
                     : sort_is(l->filter, "table")  ? 0
                     : sort_is(l->filter, "state")  ? -(int64_t)status
                                                    : -u->t;
    list_add(l, (struct list_row){.row = o,
                                  .text = arena_printf(v->arena, "%.*s %.*s %.*s", STR_ARGS(u->id), STR_ARGS(u->title), STR_ARGS(u->source)),
                                  .status = status,
                                  .state = arena_strndup(v->arena, u->state.data, u->state.size),
                                  .group = STR("uploads"),
                                  .sort_number = number,
                                  .sort_text = sort_is(l->filter, "table") ? lowered(v, u->title) : u->id});
    return e->code == ERR_NONE;
}

/* In the order of the list, so that the first so many are what can be on this page. */
static const char *order_of(const struct view_filter *f)
{
    bool down = f->is_descending;
    if (sort_is(f, "taken"))
        return down ? "coalesce(v.taken_on, v.period_to), v.id" : "coalesce(v.taken_on, v.period_to) desc, v.id";
    if (sort_is(f, "table"))
        return down ? "lower(v.title) desc" : "lower(v.title)";
    if (sort_is(f, "state"))
        return down ? STATUS_SQL " = 'fail', " STATUS_SQL " = 'unknown', " STATUS_SQL " = 'pass', v.id desc"
                    : STATUS_SQL " = 'fail' desc, " STATUS_SQL " = 'unknown' desc, " STATUS_SQL " = 'pass' desc, v.id";
    return down ? "h.number" : "h.number desc";
}

static bool counts_read(struct view *v, struct list *l, struct str q, struct str status, int64_t *ret_matching, struct err *e)
{
    DB_EACH (row, v->db, e, "select " STATUS_SQL ", count(*)" FROM_SQL "group by 1", A(v->leaf_limit), A(q), A(l->filter->group.data ? l->filter->group : STR(""))) {
        enum result_status s;
        if (result_status_parse(db_text(row, 0), &s))
            l->unseen_status[s] += db_int(row, 1);
    }
    *ret_matching = 0;
    if (!status.size)
        for (int s = 0; s < 4; s++)
            *ret_matching += l->unseen_status[s];
    else if (!e->code)
        *ret_matching = db_one_int(v->db, e, 0, "select count(*)" FROM_SQL STATE_SQL, A(v->leaf_limit), A(q), A(l->filter->group.data ? l->filter->group : STR("")), A(status));
    return e->code == ERR_NONE;
}

bool view_evidence_uploads(struct view *v, struct list *l, struct err *e)
{
    const struct view_filter *f = l->filter;
    struct str q = lowered(v, str_trim(f->q)), status = f->status.data ? f->status : STR(""), group = f->group.data ? f->group : STR("");
    int64_t matching, wanted = filter_page(f) * filter_per_page(f);
    struct err inner = {0};
    if (!counts_read(v, l, q, status, &matching, e))
        return false;
    char sql[WHERE_MAX];
    snprintf(sql, sizeof(sql),
             "select v.id, v.title, v.state, v.source, v.period_from, v.period_to, v.taken_on, v.created_leaf, v.created_t, (select r.digest from record_file r where "
             "r.type = 'evidence' and r.id = v.id and r.to_leaf is null order by r.place limit 1)%s%sorder by %s limit ?5",
             FROM_SQL, STATE_SQL, order_of(f));
    size_t before = l->count;
    DB_EACH (row, v->db, &inner, sql, A(v->leaf_limit), A(q), A(group), A(status), A(wanted)) {
        struct upload u = {.id = arena_str(v->arena, db_text(row, 0)), .title = arena_str(v->arena, db_text(row, 1)), .state = arena_str(v->arena, db_text(row, 2)),
                           .source = text_or_empty(v, row, 3), .from = text_or_empty(v, row, 4), .to = text_or_empty(v, row, 5), .taken = text_or_empty(v, row, 6),
                           .leaf = db_int(row, 7), .t = db_int(row, 8), .digest = text_or_empty(v, row, 9)};
        struct err made = {0};
        if (!upload_row(v, l, &u, &made))
            return *e = made, false;
    }
    if (inner.code)
        return *e = inner, false;
    int64_t shown = (int64_t)(l->count - before);
    for (size_t i = before; i < l->count; i++) /* those the list counts itself */
        l->unseen_status[l->rows[i].status]--;
    l->unseen = matching > shown ? matching - shown : 0;
    return true;
}

bool view_evidence_missing(struct view *v, struct json *page, struct err *e)
{
    struct json *m = json_put_object(page, "missing");
    char today[TIME_TEXT_SIZE];
    time_format_date(v->at_ms, today);
    json_put_int(m, "waiting", db_one_int(v->db, e, 0, "select count(*) from evidence_items where state = 'received'"));
    json_put_int(m, "expired", db_one_int(v->db, e, 0, "select count(*) from evidence_items where state in ('accepted', 'received') and expires_on < ?1", A(str_of(today))));
    json_put_int(m, "unproved", db_one_int(v->db, e, 0,
                                           "select count(*) from occurrences o where o.state in ('performed', 'late') and not exists(select 1 from evidence_items v where "
                                           "v.occurrence = o.id and v.state = 'accepted')"));
    struct json *list = json_put_array(m, "controls");
    if (e->code)
        return false;
    struct err inner = {0};
    int64_t total = 0;
    DB_EACH (row, v->db, &inner,
             "select c.id, c.title from control_records c where c.state = 'adopted' and coalesce(c.model, '') <> 'config_state' and not exists(select 1 from record_link l join "
             "evidence_items v on v.id = l.id where l.type = 'evidence' and l.field = 'controls' and l.target = c.id and l.to_leaf is null and v.state = 'accepted') and not "
             "exists(select 1 from occurrences o join evidence_items v on v.occurrence = o.id and v.state = 'accepted' where o.control = c.id) order by c.id") {
        struct str id = arena_str(v->arena, db_text(row, 0));
        const struct control *library = content_control(id);
        if (library && library->model == MODEL_CONFIG_STATE)
            continue;
        if (total++ < 20)
            push_link(v, list, id.data, arena_str(v->arena, db_text(row, 1)).data, arena_printf(v->arena, "/controls/%.*s", STR_ARGS(id)));
    }
    json_put_int(m, "controls_total", total);
    return inner.code ? (*e = inner, false) : true;
}
