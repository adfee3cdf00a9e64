/*
 * readiness_report.h - the readiness report: one document for management and the auditor, as of an instant.
 *
 * JSON: {"kind":"readiness","as_of","overview":view_overview,"criteria":[view_criteria rows],"controls":[rows],"tests":[rows]}.
 * HTML: the same, self-contained (its one style sheet inside, no script, nothing fetched), made to be printed on A4.
 */
#ifndef REPORT_READINESS_REPORT_H
#define REPORT_READINESS_REPORT_H

#include "base/buf.h"
#include "report/view.h"

struct json *readiness_report(struct view *v, struct err *e);
/* `report` is what readiness_report gave. */
void readiness_report_html(const struct json *report, struct buf *out);

#endif
