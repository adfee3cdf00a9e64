/*
 * view_sheets.h - view models of what the auditor does: samples, test sheets, exceptions with their responses.
 *
 * Each page is engagement_page_new (view_audit.h) with more members; parts as in view.h and view_record.h. What is shown is what is now.
 */
#ifndef REPORT_VIEW_SHEETS_H
#define REPORT_VIEW_SHEETS_H

#include "assess/sheet.h"
#include "report/view_audit.h"

enum { SHEET_CELLS_MAX = 4, SHEET_LIST_MAX = 300 };

/* {"rows":[{"id","title","url","state":STATE,"population":LINK,"population_words","size","items","is_late","profile_words"}],
 *  "populations":[{"id","label","rows","state_words","definition","is_frozen","proposed","why"}],"profiles":[{"id","label"}],"may_create"} */
struct json *view_samples(struct view *v, const struct view_records *r, struct str engagement, struct err *e);
/* {"id","name","version","state":STATE,"population":LINK,"facts":[{"label","value","words","is_code"}],"steps":[{"label","words","leaf","at":TIME|null,"is_done","proof"}],"is_committed","is_drawn",
 *  "can_reveal","why_not","items":[{"item","from","instead","is_replaced","stratum","cells":[text]}],"columns":[text],"item_count","log":[…as view_record_history],"sheets":[LINK],
 *  "again":as sample_again or null,"may"} */
struct json *view_sample(struct view *v, const struct view_records *r, struct str engagement, struct str id, struct err *e);

/* {"rows":[{"id","url","control","title","state":STATE,"tested","planned","open","deviations","result",STATUS,"exceptions","unanswered"}],"missing":controls in scope without a sheet,"may_create"} */
struct json *view_sheets(struct view *v, const struct view_records *r, struct str engagement, struct err *e);
/* {"id","name","version","state":STATE,"control":LINK+"statement","criteria":[LINK],"objective","procedure","methods":[{"id","label","is_chosen"}],"attributes":[{"letter","words"}],"attributes_text",
 *  "columns":[text],"rows":[{"item","cells":[text],"marks":[{"letter","mark","short"}],"evidence","note","from","is_replaced","is_done","deviates"}],
 *  "population":LINK|null,"population_is_checked","sample":LINK|null,"samples":[{"id","label","is_chosen"}],"populations":[same],"evidence_ids","evidence":[LINK],
 *  "count":{"planned","tested","deviations","open","targeted","targeted_deviations","upper_limit":"9.4 %","tolerable":"10 %","confidence"},
 *  "conclusion","conclusion_words","conclusion_more" (behind the status: what it does not say itself),"why_not_conclude","extension":{"to","why"},"exceptions":[{"id","url","title","state":STATE,"items","of","has_response"}],
 *  "addenda":[text],"is_draft","is_prepared","is_locked","may","may_sign","why_not_sign","me","reason","preparer","prepared_on","reviewer","reviewed_on","opinion":{"leaf","proof"}|null,
 *  "history":[…],"new_exception":address} */
struct json *view_sheet(struct view *v, const struct view_records *r, struct str engagement, struct str id, struct err *e);

/* {"rows":[{"id","title","url","state":STATE,"control","sheet":LINK,"items","of","cause_words","response":{"id","state":STATE}|null,"is_unanswered","due"}],"unanswered":N} */
struct json *view_exceptions(struct view *v, const struct view_records *r, struct str engagement, struct err *e);
/* The row, and {"record":as view_record,"prints":text of the report,"response_record":as view_record or null,"new_response":address,"projected":{"rate","upper"}|null} */
struct json *view_exception(struct view *v, const struct view_records *r, struct str engagement, struct str id, struct err *e);

/* Roots from the view's ledger, rows from its blobs. */
struct sample_source view_sample_source(struct view *v);
/* The same as the keeper has it, to say beforehand what it will say. */
struct leaf_source view_leaf_source(struct view *v);

#endif
