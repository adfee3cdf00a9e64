/* view_room_report.c - the draft of the report as management shares it with its auditor: as it stood at one instant, by management's eyes, to be read and nothing else. */
#include "report/reports/report.h"
#include "report/view_record_internal.h"
#include "report/view_requests.h"

static struct json *draft_make(struct view *v, const struct view_records *r, const struct engagement *g, int64_t at_ms, struct err *e)
{
    struct view *then = ARENA_NEW(v->arena, struct view);
    struct access *management = ARENA_NEW(v->arena, struct access);
    struct view_records *all = ARENA_NEW(v->arena, struct view_records);
    struct report_options o = {.kind = g->is_type1 ? STR("type1") : STR("type2"), .engagement = g->id};
    *then = (struct view){.db = v->db, .arena = v->arena, .now_ms = v->now_ms, .blobs = v->blobs, .ledger = v->ledger, .data = v->data};
    if (!view_open(then, at_ms < v->now_ms ? at_ms : 0, e) || !access_read(v->db, v->arena, STR("local:admin"), v->now_ms, management, e))
        return NULL;
    *all = (struct view_records){.types = r->types, .access = management};
    return report_make(then, all, &o, e);
}

static void copy_put(struct json *to, const char *member, const struct json *from)
{
    const struct json *v = json_get(from, member);
    if (!v)
        return;
    struct json *copy = ARENA_NEW(to->arena, struct json);
    *copy = *v;
    copy->next = NULL;
    json_put(to, member, copy);
}

struct json *view_room_report(struct view *v, const struct view_records *r, struct str id, int64_t part, struct err *e)
{
    struct engagement g;
    struct json *page = engagement_page_new(v, r, STR("The draft of the report"), id, "room", &g, e);
    int64_t at_ms = page ? db_one_int(v->db, e, 0, "select coalesce(draft_at, 0) from engagements where id = ?1", A(g.id)) : 0;
    if (!page || e->code)
        return NULL;
    if (at_ms == 0)
        return err_set(e, ERR_NOT_FOUND, "%.*s: its draft is not shared", STR_ARGS(g.id)), NULL;
    struct json *draft = draft_make(v, r, &g, at_ms, e);
    if (!draft)
        return NULL;
    copy_put(page, "label", draft);
    put_time(v, page, "shared", at_ms);
    json_put_str(page, "base", arena_printf(v->arena, "/audit/%.*s/room/report", STR_ARGS(g.id)));
    json_put_str(page, "room_url", arena_printf(v->arena, "/audit/%.*s/room", STR_ARGS(g.id)));
    if (part < 1) {
        copy_put(page, "document", draft);
        return page;
    }
    const struct json *shown = report_part(v->arena, json_get(draft, "document"), part);
    copy_put(page, "parts", shown);
    copy_put(page, "blocks", shown);
    return page;
}
