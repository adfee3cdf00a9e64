/*
 * routine.h - what people of the company do on any day: perform what their controls owe, sign policies, take courses, carry out checklists, bring lists of
 * accounts, answer deviations. Who is late with what stands in content/demo/, all else is in time. Each is an operation of that person's account.
 */
#ifndef DEMO_ROUTINE_H
#define DEMO_ROUTINE_H

#include "demo/play.h"

/* What happens by itself on a day (role `schedule` does it in a running server). */
bool day_tick(struct demo_world *w, struct err *e) MUST_USE;
/* All of the people's routine for today. */
bool day_routine(struct demo_world *w, struct err *e) MUST_USE;

/* For both: may `who` be asked today whether something with this key is done, given that it takes from `least` to `most` days since `since`? */
bool is_their_day(const struct demo_world *w, struct str key, int64_t since, int64_t least, int64_t most);
/* extract.c: the list of a system's accounts as it is today, brought in. */
bool extract_bring(struct demo_world *w, struct str system_name, struct err *e) MUST_USE;
bool extracts_routine(struct demo_world *w, struct err *e) MUST_USE;
bool reviews_routine(struct demo_world *w, struct err *e) MUST_USE;

#endif
