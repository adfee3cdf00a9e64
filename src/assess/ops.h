/*
 * ops.h - the operation kinds of this room: `catalog` (which tests there are), `parameter.set` (organisation-wide values), `eval`
 * (what the tests of one run found). The keeper is given this table at start; rebuild applies the same functions.
 *
 * Leaves:
 *   catalog  {"digest":hex}, blob: the tests and parameters as catalog.h writes them
 *   record   {"type":"parameter","id":name,"val":value,"why":reason}
 *   record   {"k":"parameter.propose","type":"parameter_proposal","id","val","why"}: of a parameter that takes two people
 *   record   {"k":"parameter.decide","type":"parameter_decision","of":leaf,"act":"approve"|"refuse","id","val","why"}: by somebody else; an
 *            approved value is in force from then on
 *   eval     {"run":leaf,"cat":leaf,"par":leaf or -1,"at":taken_at,"cnt":{"pass","fail","unknown","skip"}}; a blob only when
 * something changed: JSON lines, first {"at":..,"digest":SHA-256 of the whole result set}, then ["+",test,resource,status,reason]
 * for what is new or different and ["-",test,resource] for what is gone, sorted by test and resource Spans are cut at taken_at
 * (never before the subject's last one), so windows count by the source's clock; as-of questions go by leaf.
 *   alert    {"kind":"test-failed","of":run,"sub","ctl":[tests, at most 500],"cnt":how many}: before an eval leaf with which tests of the
 *            subject that passed until then fail
 */
#ifndef ASSESS_OPS_H
#define ASSESS_OPS_H

#include "base/times.h"
#include "keeper/keeper.h"

extern const struct op_kind op_eval;
extern const struct op_kind op_eval_alert;
extern const struct op_kind op_catalog;
extern const struct op_kind op_parameter_set;
extern const struct op_kind op_parameter_propose;
extern const struct op_kind op_parameter_decide;

/* A subject that was not observed for longer than this has a hole in its coverage. Shorter than any control's staleness limit, so
 * that those are computed exactly from the holes; longer than a day, so that daily runs that drift make none. */
#define COVERAGE_BREAK_MS (26 * MS_HOUR)

/* ERR_INVALID, with the limits, unless `value` is fit for the parameter. */
bool parameter_check(struct str name, struct str value, struct err *e) MUST_USE;
/* The body of a parameter.set operation. */
struct json *parameter_body(struct arena *a, struct str name, struct str value, struct str reason);
struct json *parameter_decision_body(struct arena *a, int64_t proposal, bool is_approved, struct str reason);
/* The operation that a wish for a value becomes: "parameter.set", or "parameter.propose" where it takes two people. `name` exists. */
const char *parameter_kind(struct str name);

#endif
