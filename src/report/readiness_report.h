/*
 * readiness_report.h - what the readiness report is made of, as of an instant; reports/state_reports.c puts it on paper.
 *
 * {"kind":"readiness","as_of","overview":view_overview,"criteria":[view_criteria rows],"controls":[rows],"tests":[rows],"gaps":[GAP]}.
 */
#ifndef REPORT_READINESS_REPORT_H
#define REPORT_READINESS_REPORT_H

#include "report/view.h"

struct json *readiness_report(struct view *v, struct err *e);

#endif
