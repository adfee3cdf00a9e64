/*
 * view_access.h - view models of the room Access reviews: campaigns, systems with the age of their lists of accounts, lines to decide, accounts.
 *
 *   REVIEW  {"id","title","url","state","state_words",STATUS,"owner":PERSON,"reviewer":PERSON|null,"due","is_overdue","opened","lines","open","flagged","todo","carried",
 *            "decided_percent","waits_for","changes_due","is_late"}
 *   PERSON  {"id","name"}; null: nobody
 *   FLAG    {"id","words"}
 * Other parts as in view.h and view_record.h. What is shown is what is now; the past of a record stands in its history.
 */
#ifndef REPORT_VIEW_ACCESS_H
#define REPORT_VIEW_ACCESS_H

#include "report/view_record.h"

enum { ACCESS_LINES_PAGE = 50, ACCESS_ACCOUNTS_PAGE = 100, ACCESS_GROUPS_MAX = 8 };

/* {"title","as_of","nav","reviews":[REVIEW],"systems":[{"id","name","url","is_in","owner":PERSON,"extract":{"id","url","taken":TIME,"rows","source_words"}|null,"age_days","is_old",
 *   STATUS,"accounts","orphans","privileged","accounts_url"}],"hosts":[{"subject","name","taken":TIME,"rows","system":LINK|null,"is_new"}],
 *  "people":[{"id","label"}],"me":id or "","me_name","may_create","default_due","extract_days","has_reviews","conflicts":N} */
struct json *view_access(struct view *v, const struct view_records *r, struct err *e);
/* REVIEW, and {"title","as_of","nav","record":as view_record,"previous":LINK|null,"systems":[{"id","name","extract":LINK|null,"lines","open","todo","done","newer":LINK|null}],
 *  "attributes":[{"id","label","words",STATUS}],"reviewers":[{"name","lines","open"}],"flags":[FLAG+"count"],"since":[{"id","words","count"}],
 *  "todo_lines":[{"id","name","system","state_words","why","is_still_there","newer":LINK|null}..100],"tasks":[LINK+"state"],"deviations":[LINK],"evidence":[LINK],"sign":null|{"is_allowed","why_not"},"rules":[text]} */
struct json *view_access_review(struct view *v, const struct view_records *r, struct str id, struct err *e);

struct access_lines_filter {
    struct str show;  /* "open" (those that one may decide and has to), "flagged", "changed", "todo", "decided", "all" */
    struct str system, q;
    struct str after; /* "weight.AL-0001": behind that line */
};
/* REVIEW, and {"title","as_of","nav","show","q","system","tabs":[{"id","label","count","is_current","url"}],"rows":[LINE],"total","is_first","next" or "","limit":bulk,
 *  "groups":[{"like":line,"system","rights","count","take"}],"unflagged":how many could be kept with one decision,"people":[{"id","label"}],"deciders":[{"id","label"}] whose open lines this person may hand over,"may_decide","mine"}
 * LINE = {"id","version","name","display","account_url","url","system":LINK,"person":PERSON,"kind_words","answers":PERSON,"granted_by":PERSON,"rights","last","flags":[FLAG],"flag_words","is_flagged",
 *  "is_privileged","is_disabled","since","since_words","difference","state","state_words",STATUS,"decision":null|{"by":ACTOR,"at":TIME,"why"},"may","why_not","reviewer":PERSON,"delegate":PERSON,
 *  "bulk","proven":LINK|null} */
struct json *view_access_lines(struct view *v, const struct view_records *r, struct str id, const struct access_lines_filter *f, struct err *e);

struct access_accounts_filter {
    struct str system, person, show, q; /* show: "", "orphans", "privileged", "gone", "service" */
    struct str after;                   /* id of an account */
};
/* {"title","as_of","nav","show","q","system":LINK|null,"person":PERSON,"tabs":[…],"rows":[{"id","url","name","display","system":LINK,"person":PERSON,"matched_words","kind_words","owner":PERSON,
 *  "rights","is_privileged","last","state_words",STATUS,"came":TIME,"gone_on"}],"total","next","is_first"} */
struct json *view_access_accounts(struct view *v, const struct view_records *r, const struct access_accounts_filter *f, struct err *e);

/* Shared by the files of the room. */
struct json *access_review_put(struct view *v, struct json *o, struct str id, struct err *e);
struct json *access_person(struct view *v, struct str id, struct str name);
void access_put_flags(struct view *v, struct json *o, struct str flags);

#endif
