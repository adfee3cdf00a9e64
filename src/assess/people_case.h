/*
 * people_case.h - joiners, movers and leavers of a period as the population of a people control, for the evaluator (`assay evaluate`, assess/evaluate.h).
 *
 * The population comes from the people's records, as the roster keeps them, never from the checklists: whoever came or left without a checklist is
 * listed and not completed, and the count of both stands in "population_check". AC-04, AC-08, HR-04, HR-09 are events with a deadline; HR-01 asks of each joiner
 * whether the background check was answered before the first day and the first account.
 */
#ifndef ASSESS_PEOPLE_CASE_H
#define ASSESS_PEOPLE_CASE_H

#include "assess/calendar.h"
#include "base/json.h"
#include "db/db.h"

/* {"scenarios":[{"id","title","kind":"control","window","evaluation_at","control":{…},"events" or "items","population_check","holidays"}]}. first, last: days, both belong to it.
 * ERR_NOT_FOUND: no such control has people as its population. */
struct json *people_case(struct db *db, struct arena *a, struct str control, int64_t first, int64_t last, int64_t at_ms, struct err *e);

#endif
