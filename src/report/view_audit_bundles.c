/* What the auditor of an engagement takes home: bundles that were asked for, and what became of them. */
#include "record/examine.h"
#include "report/view_record_internal.h"
#include "report/view_requests.h"
#include "report/view_sheets_internal.h"

enum { SHOWN = 50 };

static void row_put(struct view *v, struct json *o, const struct engagement *g, const struct record *x)
{
    const struct json *s = x->values;
    json_put_str(o, "id", x->id);
    json_put(o, "state", record_state_json(v, x->type, x->state));
    json_put(o, "by", actor_new(v, x->created_by));
    json_put_int(o, "leaf", x->created_leaf);
    put_time(v, o, "asked", db_one_int(v->db, &(struct err){0}, 0, "select t from leaf where idx = ?1", A(x->created_leaf)));
    put_time(v, o, "at", json_int(s, "made_at", 0));
    json_put_str(o, "digest", json_text(s, "digest"));
    json_put_int(o, "bytes", json_int(s, "bytes", 0));
    json_put_int(o, "leaves", json_int(s, "leaves", 0));
    json_put_int(o, "blobs", json_int(s, "blobs", 0));
    json_put_int(o, "withheld", json_int(s, "withheld", 0));
    json_put_str(o, "problem", json_text(s, "problem"));
    json_put_bool(o, "is_made", str_is(x->state, "made"));
    json_put_str(o, "name", audit_bundle_name(v->arena, g->id, x->id));
    json_put_str(o, "url", arena_printf(v->arena, "/audit/%.*s/room/bundle/%.*s/file", STR_ARGS(g->id), STR_ARGS(x->id)));
    json_put_str(o, "record_url", arena_printf(v->arena, "/records/audit_bundle/%.*s", STR_ARGS(x->id)));
}

struct str audit_bundle_name(struct arena *a, struct str engagement, struct str id)
{
    return arena_printf(a, "%.*s-%.*s.slb", STR_ARGS(engagement), STR_ARGS(id));
}

struct json *view_audit_bundles(struct view *v, const struct view_records *r, struct str id, struct err *e)
{
    struct engagement g;
    struct str ids[SHOWN];
    size_t count = 0;
    bool is_waiting = false;
    struct json *page = engagement_page_new(v, r, STR("To take home"), id, "room", &g, e);
    if (!page)
        return NULL;
    DB_EACH (row, v->db, e,
             "select id from audit_bundles_versions where engagement = ?1 and is_deleted = 0 and from_leaf <= ?2 and (to_leaf is null or to_leaf > ?2) order by created_leaf desc limit 50",
             A(g.id), A(view_record_limit(v)))
        ids[count++] = arena_str(v->arena, db_text(row, 0));
    struct json *list = json_put_array(page, "rows");
    for (size_t i = 0; i < count && !e->code; i++) {
        struct err hidden = {0};
        struct record *x = audit_record(v, r, "audit_bundle", g.id, ids[i], &hidden);
        if (x)
            row_put(v, json_push_object(list), &g, x);
        bool is_fresh = x && v->now_ms - db_one_int(v->db, e, 0, "select t from leaf where idx = ?1", A(x->created_leaf)) < AUDIT_BUNDLE_PATIENCE_MS;
        is_waiting = is_waiting || (is_fresh && str_is(x->state, "asked"));
    }
    json_put_bool(page, "is_being_made", is_waiting);
    json_put_bool(page, "may_make", !v->is_past && audit_may(v, r, "audit_bundle", NULL, RECORD_CREATE));
    json_put_int(page, "hours", AUDIT_BUNDLE_KEEP_MS / 3600000);
    json_put_str(page, "room_url", arena_printf(v->arena, "/audit/%.*s/room", STR_ARGS(g.id)));
    return e->code ? NULL : page;
}
