/*
 * view_scope.h - view models of the Scope room: what the report will speak of, whether that is complete, and what was approved.
 *
 * The room has no records of its own: it shows those of the types below as one thing. What was approved is the state of all of them as of the
 * leaf of the approval; nothing is copied, so that a difference since then is always the difference of two instants of the ledger.
 *
 *   MISSING  {"id":"services","label":"Services","status":"pass"|"fail"|"unknown"|"skip","status_words","words":"what there is, or what to do",
 *             "url","button":"Add a service"}
 *   ITEM     {"type","type_label","id","title","url","is_in","reason","kind","kind_words","owner":{"id","name"},"state":STATE}
 *   SUGGESTION {"key":"program:s:00..:nginx","source":"observed"|"vendor"|"usual","source_words","type","type_label","name","kind_words","why",
 *             "is_in","reason","url" (the evidence, or "")}
 *   VERSION  {"id","url","version","state":STATE,"has_record":true,"values":{},"digest_now","digest_sent" ("" none),"items":N,
 *             "is_same_as_sent","approved":{"leaf","at":TIME,"by":ACTOR,"digest","items","is_recorded"} or null,"sent_by":ACTOR or null,
 *             "changes":{"added","removed","changed","total"}}  changes: since the approval
 *   DIFFERENCE {"type_label","id","title","url","what":"added"|"removed"|"changed","what_words","status","fields":[{"label","old":CELL,"new":CELL}]}
 * Other parts as in view.h and view_record.h.
 */
#ifndef REPORT_VIEW_SCOPE_H
#define REPORT_VIEW_SCOPE_H

#include "report/view_record.h"

enum { SCOPE_CATEGORIES = 5, SCOPE_SHOWN_MAX = 200, SCOPE_CHANGES_MAX = 30, SCOPE_PERSONS_MAX = 200 };

/* {"title","as_of","nav","organisation":{"name","archetype_words","url"} or null,
 *  "kinds":[{"id","label","in":[ITEM],"out":[ITEM],"url"}], "checklist":[MISSING],"missing":N,"version":VERSION,
 *  "categories":[{"id","name","is_in","is_decided","state":STATE or null}],"suggestions":N,
 *  "changes":[{"leaf","at":TIME,"type_label","id","title","url","act_words","actor":ACTOR,"why","fields":["Reason"],"proof",
 *    "also":[{"title","url","proof"}] (what the same act did to others of the type)}]} */
struct json *view_scope(struct view *v, const struct view_records *r, struct err *e);
/* The form of the organisation (as view_record_form), and beside it
 * "advice":[{"status","status_words","text","why"}],"archetype":{"id","label","words","categories":[name],"items":N,"open":N} or null */
struct json *view_scope_profile(struct view *v, const struct view_records *r, struct err *e);
/* {"categories":[{"id","name","tour","promise","asks","criteria":33,"controls":N,"is_mandatory","is_usual","usual_words",
 *    "questions":[{"id","question","answer":"yes"|"no"|"unsure"|""}],"proposal":{"is_in","is_decided","words","rationale"},
 *    "record":{"id","url","version","state":STATE,"is_in","rationale","by":ACTOR,"is_locked","differs":false} or null}],
 *  "proposed":N,"approvable":N,"may_change","answered":N,"questions":N} */
struct json *view_scope_categories(struct view *v, const struct view_records *r, struct err *e);
/* {"inside":[ITEM],"outside":[ITEM],"suggestions":[SUGGESTION],"usual":N,"observed":N,"proposed":N,"approvable":N,"may_create","kinds":[{"id","label"}]} */
struct json *view_scope_boundary(struct view *v, const struct view_records *r, struct err *e);
/* {"rows":[{"id","title","url","text","category","category_name","source","is_principal","metric","target","requirements","service":LINK or null,
 *    "controls":[{"id","title","url","status","status_words","state_words"}],"criteria":[id],"evidence":N,"status","status_words","why"}],
 *  "by_category":[{"id","name","count","principal"}],"may_create"} */
struct json *view_scope_commitments(struct view *v, const struct view_records *r, struct err *e);
/* {"rows":[{"id","title","url","what","method","method_words","rationale","assumed":[text],"criteria":[id],"monitoring":[LINK],"report_until",
 *    "report_status","report_words","state":STATE,"problems":[text]}],"proposed","approvable","vendors":[name of a provider that is none yet],"may_create"} */
struct json *view_scope_subservices(struct view *v, const struct view_records *r, struct err *e);
/* {"people":[{"id","name","job_title","hours":"12.5","is_over"}],"areas":[{"work","words","id","url","is_missing","cells":["RA","","C"],"problem","status",
 *    "status_words","hours"}],"missing":N,"choices":[{"id","name"}] (people to choose from),"area":"the one to assign","may_create"} */
struct json *view_scope_team(struct view *v, const struct view_records *r, struct str area, struct err *e);
/* {"version":VERSION,"difference":[DIFFERENCE],"difference_title","checklist":[MISSING] (what is missing only),"contents":[{"label","count","rows":[{"id","title","url"}]}],
 *  "history":[as view_record_history],"people":[{"id","name"}],"may_create","may_change","steps":[as "next" of view_record]} */
struct json *view_scope_version(struct view *v, const struct view_records *r, struct err *e);

/* What the collector saw, vendors that systems name, and what is usual for the kind of organisation: what nobody has registered yet. [SUGGESTION] */
struct json *scope_suggestions(struct view *v, const struct view_records *r, struct err *e);
/* Content of content/scope.yaml. */
const struct json *scope_content(struct view *v, struct err *e);

/* ---- categories: scope_category.c ---- */

struct scope_proposal {
    bool is_in, is_decided; /* not decided: questions are open and none of the answers suffices */
    struct str rationale;
};
/* What the answers {"AV-1":"yes"|"no"|"unsure"} say for a category of content/scope.yaml. */
void scope_category_propose(struct arena *a, const struct json *category, const struct json *answers, struct scope_proposal *ret);
/* Answers as the record keeps them, a line each ("- AV-1: yes. Do contracts …?"), and back. */
struct str scope_answers_write(struct arena *a, const struct json *category, const struct json *answers);
struct json *scope_answers_read(struct arena *a, struct str text);

/* ---- contents: scope_contents.c ---- */

struct scope_rows {
    const struct record_type *type;
    struct record *items; /* by id */
    size_t count, capacity;
};
/* All records of a type as of a leaf; is_all: also those at their end (retired, removed). Access is not asked. */
bool scope_rows_read(struct view *v, const struct view_records *r, const char *type, int64_t leaf_limit, bool is_all, struct scope_rows *ret,
                     struct err *e) MUST_USE;
/* SHA-256, hex, of all that is in the scope: a line of canonical JSON {"id","type","values"} each record, by type and id. What is retired is not in
 * it, nor states: an approval changes nothing of what is approved. */
bool scope_digest(struct view *v, const struct view_records *r, int64_t leaf_limit, char ret_hex[65], int64_t *ret_count, struct err *e) MUST_USE;
/* [DIFFERENCE] between two instants. */
struct json *scope_difference(struct view *v, const struct view_records *r, int64_t from_leaf, int64_t to_leaf, struct err *e);
/* The types of the contents, in order; NULL ends. */
extern const char *const scope_types[];

#endif
