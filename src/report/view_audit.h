/*
 * view_audit.h - view models of the room Audit: engagements, one of them, firms considered, what comes after the report.
 *
 *   ENG   {"id","title","url","kind":"type2","kind_words","state":STATE,"when":"2026-01-01 to 2026-12-31","firm","days","days_done","days_left","percent","owner":PERSON}
 * Other parts as in view.h and view_record.h. What is shown is what is now; the past of a record stands in its history.
 *
 * Every page of an engagement, of whatever room, begins with engagement_page_new, and in its template with `% include audit_nav`.
 */
#ifndef REPORT_VIEW_AUDIT_H
#define REPORT_VIEW_AUDIT_H

#include "assess/engagement.h"
#include "report/view_record.h"

/* {"title","as_of","nav","engagement":ENG,"tabs":[{"id","label","url","count","is_current"}]}. tab: "overview", "requests", "populations", "sheets", "exceptions", "reports", "room".
 * ERR_NOT_FOUND: there is none that `r` may read. NULL on failure. */
struct json *engagement_page_new(struct view *v, const struct view_records *r, struct str title, struct str id, const char *tab, struct engagement *ret, struct err *e);
/* ENG, without a page. */
struct json *engagement_put(struct view *v, const struct view_records *r, struct json *o, const struct engagement *g);
/* May `r` read this engagement? An auditor reads those that name the person. */
bool engagement_may_read(struct view *v, const struct view_records *r, const struct engagement *g, struct err *e) MUST_USE;

/* {"title","as_of","nav","rows":[ENG],"may_create","steps":[{"kind","title","rows":[{"label","when"}]}] (what comes when, of both types)} */
struct json *view_audit(struct view *v, const struct view_records *r, struct err *e);
/* Page, and {"record":as view_record} */
struct json *view_engagement(struct view *v, const struct view_records *r, struct str id, struct err *e);

#endif
