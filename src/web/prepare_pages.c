/* What helps to prepare: steps and documents, stakeholders and their reports, what to read. */
#include "report/view_prepare.h"
#include "pages.h"
#include "web/page_kinds.h"
#include "web/records.h"

static struct json *build_prepare(struct call *c, struct err *e)
{
    struct str show;
    return call_query(c, "show", &show, e) ? view_prepare(&c->view, c->records, show, e) : NULL;
}

static struct json *build_stakeholders(struct call *c, struct err *e)
{
    return view_stakeholders(&c->view, c->records, e);
}

static struct json *build_resources(struct call *c, struct err *e)
{
    return view_resources(&c->view, c->records, e);
}

const struct page page_kind_prepare = {.nav = "prepare", .build = build_prepare, .render = page_prepare, .words = "Steps and documents, computed from records"};
const struct page page_kind_stakeholders = {.nav = "prepare", .build = build_stakeholders, .render = page_stakeholders, .words = "Who relies on the program, and who received which report"};
const struct page page_kind_resources = {.nav = "prepare", .build = build_resources, .render = page_resources, .words = "Links to read on"};
