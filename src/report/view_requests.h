/*
 * view_requests.h - view models of the auditor's requests, and of the room: what an auditor may see, and what was read.
 *
 *   SIDE  "management" (open, sent back: it is ours to answer), "auditor" (submitted: it is theirs to look at), "" (done)
 *   REQ   {"id","title","url","firm_id","template","kind","kind_words","phase_words","owner":PERSON|null,"due","late_days","open_days","state":STATE,"side","sent_back","comments","given"}
 * Pages of an engagement begin as view_audit.h says. What they say depends on what `r->access` may see and on nothing else of who asks: an auditor and the
 * lead's view as the auditor get the same bytes.
 */
#ifndef REPORT_VIEW_REQUESTS_H
#define REPORT_VIEW_REQUESTS_H

#include "report/view_audit.h"

struct requests_filter {
    struct str show;  /* "waiting" (of our side, or of the auditor for an auditor), "late", "submitted", "done", "all"; "" waiting, or all where nothing waits */
    struct str owner; /* id of a person */
    struct str kind, q;
};
/* Page, and {"rows":[REQ],"total","shows":[{"id","label","count","is_current","url"}],"show","owners":[{"id","name"}],"owner","kind","kinds":[{"id","label"}],"q",
 *  "counts":{"management","auditor","done","late","all"},"percent_done",
 *  "ageing":[{"words","management","auditor","management_level","auditor_level"}],"by_owner":[{"id","name","url","open","late","oldest_days","level","late_level"}],"max",
 *  "missing": requests of the list that are not asked yet (0 for an auditor),"may_ask","is_auditor","owner_name","board":[{"id","label","status","rows":[REQ] (the first ten),"total","more"}]} */
struct json *view_requests(struct view *v, const struct view_records *r, struct str id, const struct requests_filter *f, struct err *e);

/* Page, and {"request":REQ,"version","details","controls":[LINK],"criteria":[LINK],"population":LINK|null,"follows":LINK|null,"followed_by":[LINK],"asked_on","submitted_on",
 *  "answer","evidence":[{"id","title","url","period","state_words","files":[{"name","url","size"}]}],"policies":[LINK],"files":[{"name","url","size","digest"}],
 *  "comments_list":[{"id","side","side_words","by":ACTOR,"at":TIME,"text"}],"rounds":[{"act_words","by":ACTOR,"at":TIME,"why"}],
 *  "suggestions":[as requests_suggest; empty for an auditor, and where it is not ours to answer],"steps":[{"id","label","needs_reason"}],
 *  "may_answer","may_comment","record_url"} */
struct json *view_request(struct view *v, const struct view_records *r, struct str engagement, struct str id, struct err *e);

/* Page, and {"auditors":[{"name","until",STATUS,"key_name","key":vkey or "","key_is_in_force","key_leaf","key_url"}],"sees":[{"label","words","count","url"}],"never":[{"what","why"}],"reads","reads_auditor","last_read":TIME,
 *  "preview_url"} */
struct json *view_audit_room(struct view *v, const struct view_records *r, struct str id, struct err *e);
/* Page, and {"rows":[{"id","state":STATE,"by":ACTOR,"leaf","asked":TIME,"at":TIME,"digest","bytes","leaves","blobs","withheld","problem","is_made","name","url","record_url"}] newest first,
 *  "is_being_made","may_make","hours" (how long a file stays),"room_url"}; the web adds "is_there" to each row. */
enum { AUDIT_BUNDLE_KEEP_MS = 24 * 3600 * 1000, AUDIT_BUNDLE_PATIENCE_MS = 2 * 3600 * 1000 /* what was asked for longer ago is given up on */ };
struct json *view_audit_bundles(struct view *v, const struct view_records *r, struct str id, struct err *e);
/* What a bundle's file is called by who fetches it. */
struct str audit_bundle_name(struct arena *a, struct str engagement, struct str id);
/* The draft of the report as management shared it: page, and {"label","shared":TIME,"parts","blocks" (report_part),"document" (the tree; without a part)}. ERR_NOT_FOUND: it is not shared. */
struct json *view_room_report(struct view *v, const struct view_records *r, struct str id, int64_t part, struct err *e);
/* Page, and {"rows":[{"at":TIME,"who","side","side_words","address","what","leaf"}],"total","before": leaf or ""} newest first, 200 at a time. */
struct json *view_audit_log(struct view *v, const struct view_records *r, struct str id, struct str before, struct err *e);

#endif
