/*
 * outside.h - assessments that somebody else made: answers and findings from a CSV or JSON file, as changes of answers and gaps.
 *
 * CSV has a heading line; its columns, in any order and case, are the members below. JSON is {"assessor","answers":[{...}],"findings":[{...}]}, or one
 * array of either. A row with a question is an answer (question, answer: yes, partial, no, not_applicable; note); any other is a finding: title, and
 * what there is of control, criterion (several with ; between), severity (low, medium, high, critical), kind (missing, design, operation, evidence,
 * document), effort (s, m, l), owner (a person's e-mail or id), due (a date), note. A finding whose title is a gap already is left as it is.
 * Nothing is written here: the changes go through the keeper as any other, all of them or none.
 *
 *     struct outside o;
 *     if (outside_read(&view, text, STR("Example LLP"), &o, &e) && o.problems->count == 0) ... record_op(..., o.changes, o.count, ...)
 */
#ifndef REPORT_OUTSIDE_H
#define REPORT_OUTSIDE_H

#include "record/record.h"
#include "report/view.h"

enum { OUTSIDE_ROWS_MAX = 5000 };

struct outside {
    struct record_change *changes;
    size_t count;
    size_t answers, findings, same; /* same: rows that are here already */
    struct json *rows;              /* [{"row","kind":"answer"|"gap","act":"new"|"change"|"same","id","title","words"}] */
    struct json *problems;          /* [{"row","column","why"}]; rows from 1 without the heading */
};

/* ERR_INVALID: neither a CSV file with a known heading nor JSON of this shape. */
bool outside_read(struct view *v, struct str text, struct str assessor, struct outside *ret, struct err *e) MUST_USE;

#endif
