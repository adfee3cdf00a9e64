/* case_control.h - a worked case of kind control: one control over a window. */
#ifndef ASSESS_CASE_CONTROL_H
#define ASSESS_CASE_CONTROL_H

#include "assess/case_read.h"

/* What the file says for all its cases. */
struct case_defaults {
    struct evaluation_limits limits;
};

/* Values by name that replace those in *limits: "tolerable_rate", "max_gap_days" ... */
bool case_limits(struct case_reader *r, const struct yaml *parameters, struct evaluation_limits *limits);
/* Puts what is computed into `computed`. */
bool case_control(struct case_reader *r, const struct yaml *c, const struct case_defaults *defaults, struct json *computed);
/* A number with four decimals at most. */
struct json *case_number_new(struct arena *a, double value);

#endif
