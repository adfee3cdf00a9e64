/*
 * view_prepare.h - view models of what helps to prepare: what to read, which steps are done as records say, which documents an auditor asks for, and who
 * relies on the report. As in view.h and view_record.h. Nothing is done by looking.
 */
#ifndef REPORT_VIEW_PREPARE_H
#define REPORT_VIEW_PREPARE_H

#include "report/view_record.h"

enum { STAKEHOLDERS_SHOWN_MAX = 500, RECEIPTS_SHOWN_MAX = 1000 };

/* content/resources.yaml: {"groups":[{"id","title","links":[{"title","url","words","host"}]}]} */
struct json *view_resources(struct view *v, const struct view_records *r, struct err *e);
/* {"steps":[{"id","title","words","done":N,"total":N,"status","status_words","url","button"}],"done","total","next":null|STEP (the first that is not done),
 *  "documents":{"there","waiting","missing","total"},"shown":"missing"|"all",
 *  "sections":[{"title","there","total","rows":[{"id","text","kind","kind_words","format","phase","controls":[LINK],"evidence":[LINK],"status","status_words","url"}]}]}
 * show "all": what is there already, too. Requests of categories out of scope, and of another type of report, are not in it. */
struct json *view_prepare(struct view *v, const struct view_records *r, struct str show, struct err *e);
/* {"rows":[{"id","title","url","kind_words","owner":{"id","name"},"next_on","nda_until","last":null|{"report","sent_on","url"},"received":N,"status","status_words","why"}],
 *  "reports":[{"report","kind_words","count","unconfirmed","rows":[{"id","to","to_url","sent_on","by","state":STATE,"edition","is_unbound","url"}]}],
 *  "sums":{"stakeholders","received","due","unbound"},"may_create"} */
struct json *view_stakeholders(struct view *v, const struct view_records *r, struct err *e);

#endif
