/*
 * view_room.h - view models of the rooms Gaps, Controls and Criteria that are about records: the register of gaps, the plan, goals, how readiness
 * moved, what a change affects, what is complete. As in view.h and view_record.h: JSON trees in the view's arena, as of the view's instant.
 *
 *   PERSON  {"id","name"}; null: nobody
 *   GAP     {"id","name","kind","kind_words","severity":"high","severity_words","severity_score":6,STATUS,"state":STATE,"rank":1 (0: closed),"effort_days",
 *            "lead_days","slack_days","is_short","order_words","owner":PERSON,"due":"2026-12-01" or "","is_overdue","controls":[LINK],"criteria":[LINK],
 *            "source","tasks":2,"evidence":1,"url"}
 *   ITEM    {"id","title","url",STATUS,"owner":PERSON,"due"}
 */
#ifndef REPORT_VIEW_ROOM_H
#define REPORT_VIEW_ROOM_H

#include "report/view_record.h"

struct register_filter {
    struct str kind, severity, owner; /* owner "none": nobody's; empty: all */
};

/* LIST of GAP in the order in which they are to be worked at; and "proposals":[{"id":"test:…","name","why","kind","kind_words","severity",
 * "severity_words","impact","likelihood","before":"GAP-0001" or "","controls":[LINK],"criteria":[LINK],"url"}..60],"proposal_count","may_create","open",
 * "window":{"is_known","from","days","has_begun"},"order":"how it is ordered","filters":[{"name","label","value","choices":[{"id","label","count"}]}] */
struct json *view_register(struct view *v, const struct view_records *r, const struct view_filter *f, const struct register_filter *more, struct err *e);
/* GAP, and {"title","as_of","nav","window","people","adoptable","planned":{"start","done","shown","is_in_circle","is_late"},
 *  "trace":[{"kind":"Found by","items":[ITEM]}],"offered":[ITEM] (evidence of its controls),"record":as view_record} */
struct json *view_gap_one(struct view *v, const struct view_records *r, struct str id, struct err *e);
/* {"title","as_of","nav","window","forecast":{"is_known","from","words","last":LINK|null,"all","effort_days","gaps","circles","late","is_late"},
 *  "rows":[GAP+"start","done","shown","waits":[ids],"budget":text],"owners":[{"owner":PERSON,"gaps","days","until","is_over"}],"budget":[text],
 *  "uncounted":N (key controls that are not in place and have no gap),"uncounted_controls":["CHG-01"],"unowned":N} */
struct json *view_plan(struct view *v, const struct view_records *r, struct err *e);
/* {"title","as_of","nav","rows":[{"id","name","metric","unit","baseline","target","current","progress":50,"is_measured","measured_words",STATUS,"state",
 *   "owner":PERSON,"due","is_overdue","expected":40 (where a straight line would be),"gaps":[LINK],"criteria":[LINK],"url"}],
 *  "templates":[{"id","title","why","metric","unit","baseline","target","due","criteria":[ids],"tests":[ids],"is_taken"}],"may_create"} */
struct json *view_goals(struct view *v, const struct view_records *r, struct err *e);
/* How readiness moved since the baseline of the newest project that runs:
 * {"title","as_of","nav","project":null|{"id","name",STATUS,"owner":PERSON,"target","url"},"may_create","now":{"score","band_words","status"},
 *  "then":null|{"at":TIME,"score","band_words","status"},"moved":7,"forecast":as in the plan,
 *  "criteria":[{"id","title","from","to","url","status"}] (those that moved),"controls":[{"id","title","from","to","is_up","why","url"}],
 *  "closed":[ITEM] (gaps),"opened":[ITEM],"evidence":N,"adopted":N,"blockers_gone":[text],"blockers_new":[text]} */
struct json *view_progress(struct view *v, const struct view_records *r, struct err *e);
/* As view_control, and {"people","may_adopt","record":as view_record or null,"not_applicable":{"is_asked","is_so","reason","asked_by","approved_by"},
 *  "statements":[{"at","date","by","old","new","url"}] (changes of its wording, newest first),
 *  "groups":[{"id":"occurrence","label","words","total","items":[ITEM],"all_url","new_url":"" or where one is made}]} */
struct json *view_control_room(struct view *v, const struct view_records *r, struct str id, struct err *e);
/* As view_criterion, and {"record":as view_record (whether it is relevant) or null,"is_not_relevant","may_decide"} */
struct json *view_criterion_room(struct view *v, const struct view_records *r, struct str id, struct err *e);
/* What a change of a control or a system touches: {"title","as_of","nav","kind":"control","kind_words","id","name","url","words",
 *  "groups":[{"label","words","items":[ITEM]}],"total","people":[PERSON] (owners of what is touched),"may_create"} */
struct json *view_impact(struct view *v, const struct view_records *r, struct str kind, struct str id, struct err *e);
/* {"title","as_of","nav","sums":[{"id":"policies","label","done","total","status"}],
 *  "policies":[{"id","title",STATUS,"why","owner","controls":[LINK],"evidence":[LINK]}],"controls":[{"family","adopted","owned","shown","total"}],
 *  "criteria":[{"id","title","url","why",STATUS}] (not covered),"documents":[{"control":LINK,"text",STATUS}],"not_relevant":[{"id","title","reason","url"}]} */
/* Every topic of the programme (a family of controls) and every series of criteria in one table:
 * {"title","as_of","nav","levels":[text x6],"topics":[{"name","url",STATUS,"maturity":1.4,"lowest":0,"lowest_words","in_scope","adopted","owned",
 *  "failing","unknown","tests","tests_failing","gaps","worst":[LINK+STATUS x3]}],"series":[{"id":"CC6","name","maturity","lowest","lowest_words","in_scope",STATUS}]} */
struct json *view_topics(struct view *v, const struct view_records *r, struct err *e);

struct json *view_completeness(struct view *v, const struct view_records *r, struct err *e);

#endif
