/*
 * cases.h - worked cases for the period evaluation: a YAML file of inputs and expected values, run through window.h, evaluate.h, sampling.h and
 * readiness.h. Kinds: control, criterion, opinion, type1, readiness, sample_size, risk; doc/evaluate.md describes each field.
 *
 * The file is untrusted: what is malformed is refused with file, line and column. A field that no kind knows is no error, since cases carry
 * remarks, but it is told as a note: a misspelt field must not go unseen.
 */
#ifndef ASSESS_CASES_H
#define ASSESS_CASES_H

#include "base/err.h"
#include "base/json.h"

/* {"cases":[{"id","title","kind","computed":{...},"expected":n,"differences":[{"field","expected","computed"}]}],"notes":[text...]}.
 * Numbers that are no integers have four decimals. NULL: ERR_INVALID "file:line:column: what: why". */
struct json *cases_run(struct arena *a, const char *file, struct str text, struct err *e) MUST_USE;

#endif
