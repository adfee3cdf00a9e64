/*
 * view_policies.h - view models of the Policies room, of the handbook that everybody reads, and of receipts. Parts as in view.h and view_record.h.
 *
 *   PERSON   {"id","name"}
 *   APPROVAL {"by":ACTOR,"at":TIME,"factor","factor_words","leaf","receipt":url}
 *   VERSION  {"id","number","version","title","state":STATE,"digest","is_same_digest","author":PERSON,"what_changed","is_material","not_before","published":TIME,
 *             "at":TIME (of its newest step),"approvals":[APPROVAL],"approvals_needed","text":Markdown,"document":{"name","size","media","url"} or null,"url","diff_url","words":N}
 *   PROGRESS {"needed","signed","open","share":0.93,"is_asked","due":TIME,"teams":[{"name","needed","signed","open"}],"missing":[{"id","name","department","url"}..50],"missing_more"}
 *   DRIFT    {"name","label","then","now","url"}
 */
#ifndef REPORT_VIEW_POLICIES_H
#define REPORT_VIEW_POLICIES_H

#include "report/policy_book.h"

enum { POLICY_MISSING_MAX = 50, POLICY_STATEMENTS_MAX = 200 };

/* LIST of {"id":"POL-08","title","purpose","owner":PERSON,"owner_role","category","category_name","state":"in_force" or "",STATUS,"number" (in force; 0 none),"is_library","review":{"on",
 *  STATUS} or null,"open":{"number","state_words","url"} or null,"needed","signed","share","controls":14,"url"}; status: pass in force, fail review overdue, unknown not in force, skip retired;
 *  groups are categories. "sum":{"total","in_force","needed","signed"},"may_create" beside. */
struct json *view_policies(struct view *v, const struct view_records *r, const struct view_filter *f, struct err *e);
/* {"title","as_of","nav","id","name","purpose","owner":PERSON,"owner_role","approver_role","approvers":[PERSON],"approvals","audience_words","cadence_words","review":as above,"state":STATE or null,
 *  "version" (of the record),"is_library","is_taken","live":VERSION or null,"open":VERSION or null,"open_steps":[as "next" of view_record],"steps":[of the policy],"draft_text": shown while nothing is in
 *  force,"drift":[DRIFT],"versions":[VERSION without text],"progress":PROGRESS,"controls":[LINK+"text",STATUS],"criteria":[{"id","title","url"}],"people":[{"id","label"}],"may_take","may_write","url"} */
struct json *view_policy(struct view *v, const struct view_records *r, struct str id, struct err *e);
/* {"title","as_of","nav","id","name","url","one":VERSION,"steps":[]} */
struct json *view_policy_version(struct view *v, const struct view_records *r, struct str id, int64_t number, struct err *e);
/* from 0: the one before `to`. {"title","as_of","nav","id","name","url","from":VERSION,"to":VERSION,"versions":[{"number","is_from","is_to"}],"diff":as text_diff} */
struct json *view_policy_diff(struct view *v, const struct view_records *r, struct str id, int64_t from, int64_t to, struct err *e);
/* The editor; typed NULL: what is stored. {"title","as_of","nav","id","name","url","version_id","version","number","text","what_changed","is_material","not_before","document":as in VERSION,
 *  "problems":[{"line","text"}],"words","preview":Markdown or "","is_preview","live_number","parameters":[{"name","label","text"}],"may_write","why_not"} */
struct policy_typed {
    struct str text, what_changed, not_before;
    bool is_material, is_preview;
};
struct json *view_policy_edit(struct view *v, const struct view_records *r, struct str id, const struct policy_typed *typed, struct err *e);
/* {"title","as_of","nav","policies":[{"id","title","url","is_live"}],"rows":[{"id","title","url","category_name","in_scope","cells":["live"|"draft"|""],"count","live",STATUS}],"open":N,"sum":[…]} */
struct json *view_policy_matrix(struct view *v, const struct view_records *r, struct err *e);
/* What breaks a rule: [{"line","text"}]; of our own policies any title is right. */
struct json *policy_problems(struct view *v, const struct policy_entry *p, struct str text);

/* ---- everybody's: view_handbook.c ---- */

/* LIST of {"id","title","purpose","number","published":TIME,"is_needed","is_signed",STATUS,"signed":TIME,"receipt","due":TIME,"url"}; q searches the texts. "person":PERSON or null */
struct json *view_handbook(struct view *v, const struct view_records *r, const struct view_filter *f, struct err *e);
/* {"title","as_of","nav","id","name","purpose","one":VERSION,"owner":PERSON,"is_needed","is_signed","signed":TIME,"receipt","may_sign","why_not","signed_number" (of an earlier one; 0 none),
 *  "diff":as text_diff or null,"changes":[{"number","what_changed","published":TIME}]} */
struct json *view_handbook_page(struct view *v, const struct view_records *r, struct str id, struct err *e);
/* What a person has still to sign: "policies":[{"id","title","number","version_id","digest","url","due":TIME,"is_late","is_again"}] */
bool view_put_signing(struct view *v, const struct view_records *r, struct json *page, struct err *e) MUST_USE;

/* ---- narratives of controls: view_narrative.c ---- */

/* {"title","as_of","nav","told":N,"approved":N,"rows":[{"id" or "","title","url" or "","control":LINK,"owner":PERSON,"approved":TIME,"review_on",STATUS}]} */
struct json *view_narratives(struct view *v, const struct view_records *r, struct err *e);
/* version 0: as it is now; 1…: as it was approved. {"title","as_of","nav","id","name","control":LINK,"state","owner","review_on","record_url","shown":version or 0,
 * "parts":[{"id","label","text"}],"versions":[{"number","by":ACTOR,"at":TIME,"factor_words","receipt","url","is_shown"}],"compared_with":N,"diff":as text_diff.h|null} */
struct json *view_narrative(struct view *v, const struct view_records *r, struct str id, int64_t version, struct err *e);
/* The narrative of a control that is not retired; "": none. */
struct str view_narrative_of(struct view *v, struct str control, struct err *e);

/* ---- receipts of approvals and signatures: view_receipt.c ---- */

/* {"title","as_of","nav","format":"assay/receipt@v1","kind":"approval"|"signature","type","type_label","id","name","url","version","step","step_label","is_vote","from","to","by":ACTOR,"person":PERSON or null,
 *  "is_entered": somebody else entered the signature,"factor","factor_words","at":TIME,"why","leaf","digest","digest_words","policy":{"id","title","number","version_id","digest","url"} or null,
 *  "origin","proof":as in view_leaf,"json_url"}. ERR_NOT_FOUND: the leaf is neither, or nothing that one may read. */
/* The same of a change of a parameter that took two people: the leaf that decided it. Its type is "parameter", and "proposal" is {"leaf","by":ACTOR,"why"}. */
struct json *view_parameter_receipt(struct view *v, int64_t leaf, struct err *e);
struct json *view_receipt(struct view *v, const struct view_records *r, int64_t leaf, struct err *e);
/* How somebody was asked again: "a passkey". */
const char *factor_words(struct str step, struct str actor);

/* ---- shared ---- */

struct json *policy_version_json(struct view *v, const struct view_records *r, const struct policy_entry *p, const struct policy_version *x, bool with_text, struct err *e);
/* The text without its first line, the title, which the page has already. */
struct str policy_body(struct str text);

#endif
