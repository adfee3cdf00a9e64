/* My page, Tasks and Calendar, and the feed that calendar programs subscribe to. */
#include "pages.h"
#include "report/people.h"
#include "report/view_due.h"
#include "report/view_policies.h"
#include "report/view_settings.h"
#include "web/page_kinds.h"
#include "web/records.h"

enum { FEED_BYTES_MAX = 8 << 20 };

/* What one owes that has no day of its own: the rest stands in the groups by day. */
static bool put_owed(struct call *c, struct json *v, struct err *e)
{
    struct json *owes = json_put_array(v, "owes");
    if (c->access->person.size == 0)
        return true;
    struct json *duties = person_duties(&c->view, c->access->person, e);
    for (struct json *d = duties ? duties->first : NULL, *next; d; d = next) {
        next = d->next;
        struct str kind = json_text(d, "kind");
        if (str_is(kind, "training") || str_is(kind, "step") || str_is(kind, "policy"))
            continue;
        d->next = NULL;
        json_push(owes, d);
    }
    return duties != NULL;
}

static struct json *build_my(struct call *c, struct err *e)
{
    struct json *v = view_my(&c->view, c->records, e);
    struct json *onboarding = v ? view_onboarding(&c->view, c->access, e) : NULL;
    if (!onboarding)
        return NULL;
    if (!view_put_signing(&c->view, c->records, v, e))
        return NULL;
    json_put_bool(v, "may_read", call_may(c, PERMISSION_READ));
    json_put(v, "onboarding", onboarding);
    return view_put_messages(&c->view, c->access->person, v, e) && put_owed(c, v, e) ? v : NULL;
}

static struct json *build_tasks(struct call *c, struct err *e)
{
    struct str person;
    if (!call_query(c, "person", &person, e))
        return NULL;
    struct json *v = view_tasks(&c->view, c->records, &c->filter, person, e);
    if (v)
        json_put_bool(v, "may_create", call_may(c, PERMISSION_RECORDS) && !c->view.is_past);
    return v;
}

static struct json *build_calendar(struct call *c, struct err *e)
{
    struct str month, person;
    if (!call_query(c, "month", &month, e) || !call_query(c, "person", &person, e))
        return NULL;
    return view_calendar(&c->view, c->records, month, person, e);
}

static const struct list_column tasks_columns[] = {{"status", "Due", "", false, "status_words"}, {"due", "On", "", true, NULL},
                                                   {"title", "What", "grow", true, NULL},        {"type", "Type", "wide", true, "type_label"},
                                                   {"owner", "Who", "wide", true, "owner.name"}, {"id", "Id", "wide", false, NULL}};

const struct page page_kind_my = {.nav = "my", .build = build_my, .render = page_my, .words = "What waits for the one who asks"};
const struct page page_kind_tasks = {.nav = "tasks", .build = build_tasks, .render = page_due, .columns = tasks_columns,
                                     .column_count = sizeof(tasks_columns) / sizeof(tasks_columns[0]), .words = "A list of what is due"};
const struct page page_kind_calendar = {.nav = "calendar", .build = build_calendar, .render = page_calendar, .words = "A month of what is due"};

/* The token of the address has been taken for the route by site_identify. */
bool handle_feed(struct call *c, struct err *e)
{
    struct buf b;
    const struct http_request *r = c->request;
    struct str base = r->host.size ? arena_printf(c->arena, "%s://%.*s", r->is_tls ? "https" : "http", STR_ARGS(r->host)) : STR("");
    if (!call_view(c, e))
        return false;
    buf_init(&b, FEED_BYTES_MAX);
    bool ok = view_feed(&c->view, c->records, base, &b, e);
    if (ok && b.full)
        ok = err_set(e, ERR_TOO_LARGE, "the feed is over %d MiB", FEED_BYTES_MAX >> 20);
    if (ok) {
        call_bytes(c, "text/calendar; charset=utf-8", arena_str(c->arena, buf_view(&b)));
        c->response->disposition = STR("inline; filename=\"assay.ics\"");
        c->response->cache = "private, no-cache";
    }
    buf_release(&b);
    return ok;
}
