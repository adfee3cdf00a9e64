/* view_population_internal.h - what the two views of populations share. */
#ifndef REPORT_VIEW_POPULATION_INTERNAL_H
#define REPORT_VIEW_POPULATION_INTERNAL_H

#include "assess/population.h"
#include "report/view_internal.h"

/* POP. */
void population_put(struct view *v, struct json *o, const struct population *p, struct err *e);

#endif
