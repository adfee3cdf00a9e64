/* results.h - what assessment plan, results and plan of action share. */
#ifndef OSCAL_RESULTS_H
#define OSCAL_RESULTS_H

#include "oscal/internal.h"

void oscal_put_assets(struct oscal *o, struct json *v); /* assessment-assets: this program */
void oscal_put_actor(struct oscal *o, struct json *v);  /* origins: it observed that */
void oscal_push_system(struct oscal *o, struct json *list);
/* Of content_criteria; NULL: none. */
bool *oscal_criteria_of_control(struct oscal *o, size_t control); /* in scope that it serves */
bool *oscal_criteria_of_record(struct oscal *o,
                               const struct record *r); /* that its field criteria names, else those of its control */
bool oscal_is_engaged(const struct oscal *o, const struct record *r);
const char *oscal_method_of(struct str method); /* of a test sheet, as OSCAL calls it */
/* A risk of a deviation or of an auditor's exception, with what was answered. */
void oscal_push_deviation_risk(struct oscal *o, struct json *list, const struct record *r);
void oscal_push_exception_risk(struct oscal *o, struct json *list, const struct record *r, const struct record *response);
const struct record *oscal_response_to(struct oscal *o, const struct record *exception);
/* One remediation of a risk. */
struct json *oscal_put_remediation(struct oscal *o, struct json *risk, struct str id, const char *lifecycle, struct str title,
                                   struct str words, struct str due);

#endif
