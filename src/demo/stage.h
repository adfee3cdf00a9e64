/*
 * stage.h - the examinations of the story: opened, planned, populations taken and frozen, samples drawn by commitment and reveal, test sheets filled and signed.
 * Each verb goes through the same functions as the pages (assess/engagement_plan.h, population.h, audit_sample.h, sheet.h, requests.h).
 */
#ifndef DEMO_STAGE_H
#define DEMO_STAGE_H

#include "assess/engagement.h"
#include "assess/population.h"
#include "demo/play.h"

/* The engagement that a step names. */
bool stage_engagement(struct demo_world *w, const struct json *step, struct engagement *g, struct engagement_scope *scope, struct err *e) MUST_USE;
/* A view that can open blobs and look at the ledger, until stage_view_close. */
bool stage_view(struct demo_world *w, struct access *x, struct view *v, struct view_records *r, struct err *e) MUST_USE;
void stage_view_close(struct view *v);

/* populations.c */
bool play_populations_draft(struct demo_world *w, const struct json *step, struct err *e) MUST_USE;
bool play_samples_commit(struct demo_world *w, const struct json *step, struct err *e) MUST_USE;
bool play_populations_freeze(struct demo_world *w, const struct json *step, struct err *e) MUST_USE;
bool play_samples_reveal(struct demo_world *w, const struct json *step, struct err *e) MUST_USE;
bool play_populations_check(struct demo_world *w, const struct json *step, struct err *e) MUST_USE;
/* sheets.c */
bool play_sheets(struct demo_world *w, const struct json *step, struct err *e) MUST_USE;
bool play_sheets_sign(struct demo_world *w, const struct json *step, struct err *e) MUST_USE;

bool play_responses(struct demo_world *w, const struct json *step, struct err *e) MUST_USE;

#endif
