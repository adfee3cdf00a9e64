/*
 * play.h - the story as data: steps with an instant, who does it, and what. A step is one of
 *
 *     {at, who, new: TYPE, rows: [{as: NAME, id: ID (types whose ids are given), FIELD: VALUE …}], why}      records are made, all in one operation
 *     {at, who, change: TYPE/NAME, set: {…}, why}                                                            one is changed
 *     {at, who, move: TRANSITION, of: [TYPE/NAME …], set: {…}, why}                                          some are moved, each by its own operation
 *     {at, who, do: VERB, …}                                                                                 more than records: play_verbs
 *
 * NAME is a name of the story, or an id. A value "=w-3.2" is a day of the story, and so is "{=w-3.2}" within words. A value of a field of files is a list of {name, text}.
 */
#ifndef DEMO_PLAY_H
#define DEMO_PLAY_H

#include "demo/world.h"

struct demo_step {
    int64_t at_ms;
    size_t place; /* among all: steps of one instant stay in their order */
    const struct json *json;
    const char *file;
};
/* All steps of all files, in their order. ERR_INVALID names the one that does not read. */
bool steps_load(struct demo_world *w, struct demo_step **ret, size_t *ret_count, struct err *e) MUST_USE;
bool step_play(struct demo_world *w, const struct demo_step *s, struct err *e) MUST_USE;

struct demo_verb {
    const char *name;
    bool (*play)(struct demo_world *w, const struct json *step, struct err *e);
};
extern const struct demo_verb verbs_program[], verbs_audit[]; /* NULL at the end */

/* Values with files sealed into `change`; the rest of the members of `row` but for `as` and `id`. */
bool row_change(struct demo_world *w, const char *type, const struct json *row, struct record_change *ret, struct err *e) MUST_USE;
/* "policy/POL-01", "risk/r_ransom": type and id. */
bool target_read(struct demo_world *w, struct str text, struct str *ret_type, struct str *ret_id, struct err *e) MUST_USE;
bool file_seal(struct demo_world *w, struct str name, struct str text, struct op_blob *ret, struct json **ret_value, struct err *e) MUST_USE;

#endif
