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

/* target of a finding: a criterion's statement. */
void oscal_put_target(struct oscal *o, struct json *v, size_t criterion, bool is_satisfied, const char *reason);

/* ---- conclusions.c: what an examination came to ---- */

/* An observation for each population that was frozen: how complete and accurate it was found, with its rows by their digest. */
void oscal_put_populations(struct oscal *o, struct json *observations, struct json *resources);
/* On the observation of a control: from which populations it was computed. */
void oscal_put_fed(struct oscal *o, struct json *observation, size_t control);
/* A finding for each test sheet that is signed off, at each criterion that it is about. */
void oscal_put_conclusions(struct oscal *o, struct json *findings);

#endif
