/* The draft of the report in the audit room: the lead shares it as it is now, the auditor reads it so. */
#include "assess/engagement.h"
#include "pages.h"
#include "report/view_requests.h"
#include "web/page_kinds.h"
#include "web/records.h"

static struct json *build_report(struct call *c, struct err *e)
{
    struct str text = STR("");
    struct err ignored = {0};
    int64_t part = 1;
    if (route_is_api(c->route))
        return view_room_report(&c->view, c->records, c->parameters[0], 0, e);
    if (!call_query(c, "part", &text, &ignored) || !str_to_int64(text, &part) || part < 1)
        part = 1;
    struct json *v = view_room_report(&c->view, c->records, c->parameters[0], part, e);
    if (v)
        records_put_done(c, v);
    return v;
}

const struct page page_kind_room_report = {.nav = "audit", .build = build_report, .render = page_room_report, .words = "The draft of the report as management shares it"};

bool handle_room_report_share(struct call *c, struct err *e)
{
    struct engagement g;
    struct json *answer;
    bool is_shared = !str_is(form_value(&c->form, "share"), "no");
    if (!call_view(c, e) || !engagement_read(c->view.db, c->arena, c->parameters[0], INT64_MAX, &g, e) || !engagement_may_read(&c->view, c->records, &g, e))
        return false;
    struct record_change change = {.type = STR("engagement"), .id = g.id, .act = RECORD_CHANGE, .version = g.version, .set = json_object(c->arena),
                                   .why = is_shared ? STR("The draft of the report is shared with the auditor") : STR("The draft of the report is shared no longer")};
    if (is_shared)
        json_put_int(change.set, "draft_at", c->now_ms);
    else
        json_put_null(change.set, "draft_at");
    return records_submit_all(c, &change, 1, NULL, &answer, e) && call_redirect(c, arena_printf(c->arena, "/audit/%.*s/room?done=%s", STR_ARGS(g.id), is_shared ? "shared" : "unshared"));
}
