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

#include "assess/engagement_plan.h"
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
/* The form of a new one, as proposed or typed: {"title","as_of","nav","plan":{field: text},"follows":LINK|null,"problems":[{"field","label","why"}],"asks_short","asks_gap",
 *  "categories":[{"id","name"}],"has_scope","firms":[{"name"}],"people":[{"id","label"}]} problems: of plan_problems; NULL: none. */
struct json *view_audit_new(struct view *v, const struct view_records *r, const struct engagement_plan *p, const struct json *problems, struct err *e);
/* Page, and {"record":as view_record,"steps":[as its "next", but for the two below],"begin":{"is_there","is_allowed","why_not","missing":[text]},"intake":{"is_there","is_allowed","why_not"},
 *  "time_zone","evidence_until","before":LINK+"adjoins"|null,"after":the same,
 *  "scope":{"categories":[name],"controls":N,"key","compensating","supporting","partial","unowned","criteria","not_relevant","uncovered":[LINK] (criteria without a key control),
 *    "is_taken","is_there","leaf","digest","is_same" (computed again it is the same),"url","at":TIME,"changes":[DIFFERENCE] (since then)},
 *  "controls":[LINK+"role","model_words","key_for":[id],"supports","compensates","from","to","is_partial","owner"],
 *  "has_window","window":as in the overview|null,"until_begin","until_end","since_end","period_url",
 *  "milestones":[{"id","title","url","version","template","side","side_words","owner":PERSON,"planned","forecast","actual","late_days","cause","is_fixed","after":[title],STATUS}],"reachable":[{"id","title"}],"today",
 *  "issue":{"is_known","planned","forecast","late_days","is_reached","cause"},"requests":{"open","late","late_days","latest","latest_title"},
 *  "team":[{"person":PERSON,"url","until":TIME,"problems":[text],STATUS}],"partner","independence","firm_choice":{"id","url","independence"},
 *  "walkthroughs":[{"id","title","url","mode","mode_words","mode_reason","safeguards","held_on","owner":PERSON,"state":STATE,"corroborated":N,"controls":[id],"problems":[text]}],"may_walk",
 *  "carried":[EXCEPTION] (open ones of the engagement before)}
 * EXCEPTION = {"id","title","url","version","control","items","of_items","cause_words","state":STATE,"response":LINK+"state"|null,"action":LINK+"state","due","owner"|null,STATUS} */
struct json *view_engagement(struct view *v, const struct view_records *r, struct str id, struct err *e);

/* Page, and {"report":null|{"evidence":LINK|null,"digest","dated","words","opinions":[{"label",STATUS}]},"intake":{"is_there","is_allowed","why_not"},"opinions":[{"id","label"}],
 *  "exceptions":[EXCEPTION],"waiting":N (without an action),"may_act","people","due","next":LINK|null,"next_from","next_to"} */
struct json *view_audit_after(struct view *v, const struct view_records *r, struct str id, struct err *e);
/* The newest windows that have begun, the oldest first: {"title","as_of","nav","columns":[ENG+"readiness","exceptions","deviations","requests_back","operated","failed","unknown"],
 *  "rows":[LINK+"cells":[{STATUS,"by":"auditor"|"evidence"|""}],"is_moved"]} */
struct json *view_audit_trend(struct view *v, const struct view_records *r, struct err *e);
/* {"title","as_of","nav","weights":[{"id","label","weight","url"}],"rows":[{"id","name","url","version","state":STATE,"licence","peer_review","peer_review_on","fee","weeks","scores":[{"label","score" or -1,"points"}],
 *  "is_scored","score":percent,"problems":[text],"may_choose","why_not"}] (the chosen one first, then by score),"has_chosen","may_read","may_create"} */
struct json *view_audit_firms(struct view *v, const struct view_records *r, struct err *e);
/* Points times weights in percent of what the weights could give; -1 while one that counts is missing (negative). */
int64_t firm_score(const int64_t *scores, const int64_t *weights, size_t count, int64_t score_max);
/* The scope that an engagement takes when its planning ends now: the leaf of the last approval, and the digest of what was approved. ERR_CONFLICT: none was approved. */
bool engagement_snapshot(struct view *v, const struct view_records *r, int64_t *ret_leaf, char ret_hex[65], struct err *e) MUST_USE;

#endif
