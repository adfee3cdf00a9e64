/* view_evidence_list.h - evidence that somebody brought, for the list of view_evidence. */
#ifndef REPORT_VIEW_EVIDENCE_LIST_H
#define REPORT_VIEW_EVIDENCE_LIST_H

#include "report/view_internal.h"

/* Adds those that can be on the page that the filter asks for, and how many more match. */
bool view_evidence_uploads(struct view *v, struct list *l, struct err *e) MUST_USE;
/* "missing": {"waiting","expired","unproved","controls_total","controls":[LINK..20]}: adopted controls that nothing accepted shows, except those that
 * tests show; performances without accepted evidence. As of now. */
bool view_evidence_missing(struct view *v, struct json *page, struct err *e) MUST_USE;
/* "late": "" or "9 days", as `assay verify` has it (W51): received longer than the limit after it was taken. */
void view_late_put(struct view *v, struct json *o, int64_t taken_ms, int64_t received_ms, int64_t limit_ms);
/* "AC-06, GAP-0001": what a piece of evidence is attached to. */
struct str view_evidence_used_by(struct view *v, struct str id, struct err *e);

#endif
