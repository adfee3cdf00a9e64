/* The room of an engagement: what its auditor may see, and what was read. */
#include "assess/audit_sign.h"
#include "record/examine.h"
#include "report/view_record_internal.h"
#include "report/view_requests.h"

enum { LOG_SHOWN = 200 };

static bool each_nothing(void *context, const struct record *r, struct err *e)
{
    (void)context, (void)r, (void)e;
    return true;
}

static int64_t last_leaf(const struct view *v)
{
    return v->is_past ? v->leaf_limit : INT64_MAX;
}

/* How many records of the type the auditor of this engagement sees. */
static int64_t seen_count(struct view *v, const struct access *auditor, const struct record_type *t, struct err *e)
{
    struct record_query q = {.per_page = -1, .page = 1, .leaf_limit = view_record_limit(v), .access = auditor, .now_ms = v->at_ms};
    int64_t total = 0;
    return record_list(v->db, v->arena, t, &q, each_nothing, NULL, &total, e) ? total : -1;
}

static bool sees_put(struct view *v, const struct view_records *r, struct json *page, const struct access *auditor, struct err *e)
{
    struct json *list = json_put_array(page, "sees");
    JSON_EACH (item, json_get(examine_table(), "types")) {
        const struct record_type *t = record_types_find(r->types, json_text(item, "type"));
        int64_t n = t ? seen_count(v, auditor, t, e) : 0;
        if (n < 0)
            return false;
        if (!t)
            continue;
        struct json *o = json_push_object(list);
        json_put_cstr(o, "type", t->id);
        json_put_cstr(o, "label", t->labels);
        json_put_str(o, "words", json_text(item, "words"));
        json_put_int(o, "count", n);
        json_put_str(o, "url", arena_printf(v->arena, "/records/%s", t->id));
    }
    return true;
}

static void never_put(struct json *page)
{
    struct json *list = json_put_array(page, "never");
    JSON_EACH (item, json_get(examine_table(), "never")) {
        struct json *o = json_push_object(list);
        json_put_str(o, "what", json_text(item, "what"));
        json_put_str(o, "why", json_text(item, "why"));
    }
}

/* The key of their own: what it is to be called, and what is registered under that name. */
static bool key_put(struct view *v, struct json *o, struct str person, struct err *e)
{
    struct auditor_key k;
    if (!auditor_key_of(v->db, v->arena, person, &k, e))
        return false;
    json_put_str(o, "key_name", auditor_key_name(v->db, v->arena, person, e));
    json_put_str(o, "key", k.vkey);
    json_put_bool(o, "key_is_in_force", k.is_in_force);
    json_put_str(o, "key_url", k.leaf >= 0 ? arena_printf(v->arena, "/ledger/%lld", (long long)k.leaf) : STR(""));
    json_put_int(o, "key_leaf", k.leaf);
    return e->code == ERR_NONE;
}

/* Whoever the engagement names, and until when their account lets them in. */
static bool auditors_put(struct view *v, struct json *page, const struct engagement *g, struct err *e)
{
    struct json *list = json_put_array(page, "auditors");
    for (size_t i = 0; i < g->auditors.count; i++) {
        struct json *o = json_push_object(list);
        struct str name = db_one_text(v->arena, v->db, e, "select name from people where id = ?1", A(g->auditors.items[i])), state = STR("has no account of an auditor"), until = STR("");
        const char *status = "unknown";
        DB_EACH (row, v->db, e,
                 "select a.state, ifnull(a.valid_until, 0) from account a join account_role o on o.account = a.id and o.role = 'auditor' where a.person = ?1 order by a.state, a.valid_until desc limit 1",
                 A(g->auditors.items[i])) {
            bool is_over = db_int(row, 1) > 0 && db_int(row, 1) <= v->now_ms, is_active = str_is(db_text(row, 0), "active");
            until = db_int(row, 1) > 0 ? day_text(v->arena, day_of(db_int(row, 1) - 1)) : STR("");
            state = !is_active ? STR("disabled") : is_over ? STR("over") : STR("in force");
            status = is_active && !is_over ? "pass" : "skip";
        }
        json_put_str(o, "name", name.data ? name : str_of(g->auditors.items[i]));
        if (!key_put(v, o, str_of(g->auditors.items[i]), e))
            return false;
        json_put_str(o, "until", until);
        json_put_cstr(o, "status", status);
        json_put_str(o, "status_words", state);
    }
    return e->code == ERR_NONE;
}

struct json *view_audit_room(struct view *v, const struct view_records *r, struct str id, struct err *e)
{
    struct engagement g;
    struct access auditor;
    struct json *page = engagement_page_new(v, r, STR("The audit room"), id, "room", &g, e);
    if (!page || !examine_preview(v->db, v->arena, g.id, v->now_ms, &auditor, e))
        return NULL;
    auditor.is_own_only = auditor.changes_own_only = true;
    if (!auditors_put(v, page, &g, e) || !sees_put(v, r, page, &auditor, e))
        return NULL;
    never_put(page);
    json_put_int(page, "reads", db_one_int(v->db, e, 0, "select count(*) from room_read where engagement = ?1 and leaf <= ?2", A(g.id), A(last_leaf(v))));
    put_time(v, page, "last_read", db_one_int(v->db, e, 0, "select coalesce(max(t), 0) from room_read where engagement = ?1 and leaf <= ?2", A(g.id), A(last_leaf(v))));
    json_put_str(page, "log_url", arena_printf(v->arena, "/audit/%.*s/room/log", STR_ARGS(g.id)));
    json_put_bool(page, "is_auditor", r->access && r->access->examined);
    put_time(v, page, "draft_at", db_one_int(v->db, e, 0, "select coalesce(draft_at, 0) from engagements where id = ?1", A(g.id)));
    json_put_str(page, "draft_url", arena_printf(v->arena, "/audit/%.*s/room/report", STR_ARGS(g.id)));
    json_put_bool(page, "may_share", r->access && !r->access->examined && !v->is_past && g.has_days && (access_has_role(r->access, "compliance_lead") || access_has_role(r->access, "administrator")));
    return e->code ? NULL : page;
}

/* ---- the log ---- */

/* "/audit/ENG-0001/requests/REQ-0001" in words. */
static struct str address_words(struct view *v, struct str address)
{
    struct str rest = address, path, part, words = STR("");
    bool is_more = true;
    str_cut(&rest, '?', &path);
    bool is_api = str_starts(path, "/api/v1/");
    path = is_api ? str_slice(path, 7, path.size) : path;
    while (is_more) {
        is_more = str_cut(&path, '/', &part);
        if (part.size && !str_is(part, "audit"))
            words = arena_printf(v->arena, "%.*s%s%.*s", STR_ARGS(words), words.size ? " › " : "", STR_ARGS(str_slice(part, 0, 24)));
    }
    return is_api ? arena_printf(v->arena, "%.*s (API)", STR_ARGS(words)) : words;
}

static void read_put(struct view *v, struct json *list, struct db_row *row)
{
    struct json *o = json_push_object(list);
    struct str actor = arena_str(v->arena, db_text(row, 2)), address = arena_str(v->arena, db_text(row, 4));
    struct err ignored = {0};
    bool is_auditor = side_is_auditor(v->db, actor, &ignored);
    put_time(v, o, "at", db_int(row, 3));
    json_put(o, "by", actor_new(v, actor));
    json_put_cstr(o, "side", is_auditor ? "auditor" : "management");
    json_put_cstr(o, "side_words", is_auditor ? "Auditor" : "Organisation");
    json_put_str(o, "address", address);
    json_put_str(o, "what", address_words(v, address));
    json_put_int(o, "leaf", db_int(row, 0));
}

struct json *view_audit_log(struct view *v, const struct view_records *r, struct str id, struct str before, struct err *e)
{
    struct engagement g;
    int64_t limit = INT64_MAX, last = 0;
    struct json *page = engagement_page_new(v, r, STR("What was read"), id, "room", &g, e);
    if (!page)
        return NULL;
    if (before.size && (!str_to_int64(before, &limit) || limit < 0))
        return err_set(e, ERR_INVALID, "before: the number of a leaf"), NULL;
    struct json *list = json_put_array(page, "rows");
    /* Reads of addresses that name no engagement are shown with each of those that name who read. */
    DB_EACH (row, v->db, e,
             "select leaf, n, actor, t, address from room_read where leaf < ?2 and leaf <= ?3 and (engagement = ?1 or (engagement = '' and exists(select 1 from account a join record_link l on "
             "l.target = a.person and l.type = 'engagement' and l.id = ?1 and l.field = 'auditors' and l.to_leaf is null where 'account:' || a.id = room_read.actor))) "
             "order by leaf desc, n desc limit ?4",
             A(g.id), A(limit), A(last_leaf(v)), A((int64_t)LOG_SHOWN)) {
        read_put(v, list, row);
        last = db_int(row, 0);
    }
    json_put_int(page, "total", db_one_int(v->db, e, 0, "select count(*) from room_read where engagement = ?1 and leaf <= ?2", A(g.id), A(last_leaf(v))));
    json_put_str(page, "before", list->count == LOG_SHOWN ? arena_printf(v->arena, "%lld", (long long)last) : STR(""));
    json_put_str(page, "room_url", arena_printf(v->arena, "/audit/%.*s/room", STR_ARGS(g.id)));
    return e->code ? NULL : page;
}
