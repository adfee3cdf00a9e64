/* The room Audit: engagements, one of them. */
#include "pages.h"
#include "report/view_audit.h"
#include "web/page_kinds.h"
#include "web/records.h"

static struct json *offered(struct call *c, struct json *v)
{
    if (v && !route_is_api(c->route)) {
        records_put_done(c, v);
        json_put_bool(v, "may_write", call_may(c, PERMISSION_RECORDS) && !c->view.is_past);
    }
    return v;
}

static struct json *build_audit(struct call *c, struct err *e)
{
    return offered(c, view_audit(&c->view, c->records, e));
}

static struct json *build_engagement(struct call *c, struct err *e)
{
    return offered(c, view_engagement(&c->view, c->records, c->parameters[0], e));
}

const struct page page_kind_audit = {.nav = "audit", .build = build_audit, .render = page_audit, .words = "Engagements: examinations that ran, run and are planned"};
const struct page page_kind_engagement = {.nav = "audit", .build = build_engagement, .render = page_engagement, .words = "One engagement: state, window, milestones, team"};
