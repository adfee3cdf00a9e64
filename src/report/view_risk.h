/*
 * view_risk.h - view models of the room Risks. As in view.h and view_record.h: JSON trees in the view's arena, as of the view's instant.
 *
 *   LEVEL   {"l":3,"i":4,"score":12,"band":"high","band_words":"High",STATUS (against the appetite),"mark":"H","sp800":"moderate","sp800_value":48}; l, i 0 and
 *           band "" where nobody has typed them
 *   RISK    {"id","name","category","category_words","state":STATE,STATUS+words of its need,"need":"values"|"nothing"|"covered"|"treatment","need_words",
 *            "inherent":LEVEL,"residual":LEVEL,"appetite":"moderate","appetite_words","appetite_why","owner":PERSON,"treatment","treatment_words","due","review_on",
 *            "is_review_late","is_proposed","is_closed","reopened":{"by","by_words","why","on"}|null,"covered_by":{"id","words","url"}|null,"controls_count",
 *            "failing" (controls that count for nothing),"url"}
 */
#ifndef REPORT_VIEW_RISK_H
#define REPORT_VIEW_RISK_H

#include "report/view_record.h"

struct risk_filter {
    struct str by;       /* "inherent": the map shows what is without controls; else what remains */
    struct str cell;     /* "4.3": likelihood and impact by `by` */
    struct str band, need, state, owner, treatment; /* owner "none"; empty: all */
};

/* LIST of RISK, the greatest residual first (group: category); and
 * "by","by_words","other_url","heat":{"rows":[{"l":5,"words","cells":[{"l","i","score","band","band_words","mark","count","url","is_current","label"}x5]}],"unplaced":N},
 * "cell":null|{"words","url"},"filters":[{"name","label","value","choices":[{"id","label","count"}]}],
 * "sums":{"all","open","above","uncovered","proposed","review","unassessed","without_owner"},"worst":[RISK..5] (uncovered),
 * "library":{"count","categories":[{"words","count"}]} (not adopted yet, for the categories in scope),"assessment":{"is_current","last":TIME,"running":LINK|null,
 * "url","due_words"},"may_create","may_import" */
struct json *view_risks(struct view *v, const struct view_records *r, const struct view_filter *f, const struct risk_filter *more, struct err *e);
/* RISK, and {"title","as_of","nav","library":{"id","title","causes":[text],"consequences":[text]}|null,"criteria":[LINK],"systems":[LINK],
 *  "controls":[{"id","title","url","state",STATUS,"owner","l","i","counts":"1"|"0.5"|"0","lowers":"1 of 2 on likelihood","why","since":TIME,"tests":[LINK+STATUS]}],
 *  "sums":{"l":"1.5","l_steps":1,"i":"0","i_steps":0,"words"},"decided":TIME,"history":as view_risk_history,
 *  "acceptances":[ITEM+"until","reason","score"],"treatments":[ITEM+"progress","done","tasks"],"tasks":[ITEM],"reviews":[{"campaign":LINK,"on","inherent":LEVEL,
 *  "residual":LEVEL,"assessor":PERSON,"conclusion","url"}],"lessons":[ITEM],"people","executives","may_decide","may_accept","record":as view_record} */
struct json *view_risk_one(struct view *v, const struct view_records *r, struct str id, struct err *e);
/* What remained, day by day over the window: {"from","to","days","points":[{"date","l","i","score","band"}],"moves":[{"date","from","to","is_up","why":[text],
 *  "controls":[{"id","title","url","from","to"}]}],"chart":{"width","height","line","area","appetite_y","bands":[{"y","height","band"}],"ticks":[{"x","text","anchor"}],
 *  "marks":[{"x","y","words"}],"words"}} */
struct json *view_risk_history(struct view *v, const struct view_records *r, struct str id, struct err *e);
/* {"title","as_of","nav",…campaign's facts,"record":as view_record,"rows":[RISK+"line":null|{"on","assessor","inherent":LEVEL,"residual":LEVEL,"moved"}],
 *  "mandatory":[{"category","words",STATUS,"count"}],"progress":{"done","all","percent"},"people","may_assess"} */
struct json *view_risk_campaign(struct view *v, const struct view_records *r, struct str id, struct err *e);
/* The method with its scale and what is in force. */
struct json *view_risk_method(struct view *v, const struct view_records *r, struct err *e);

/* What the library has for the categories in scope and nobody has taken: places in content_risks. `ret` has room for content_risk_count. */
bool risk_library_open(struct view *v, size_t *ret, size_t *ret_count, struct err *e) MUST_USE;
/* What the library proposes of one: a record's values, with the effect of its controls by their kind (preventive ones lower likelihood, others impact). */
struct json *risk_library_values(struct arena *a, const struct risk *library);

#endif
