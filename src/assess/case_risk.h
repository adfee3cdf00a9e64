/* case_risk.h - worked cases of the kind risk (risk.h); doc/evaluate.md describes the fields. */
#ifndef ASSESS_CASE_RISK_H
#define ASSESS_CASE_RISK_H

#include "assess/case_control.h"

bool case_risk(struct case_reader *r, const struct yaml *c, const struct case_defaults *defaults, struct json *computed);

#endif
