/*
 * view_settings.h - how the program is set up, and what is left to set up. Parts as in view.h.
 */
#ifndef REPORT_VIEW_SETTINGS_H
#define REPORT_VIEW_SETTINGS_H

#include "report/view.h"

struct access;

/* {"title":"Settings","as_of","nav","parts":[{"id":"users","title","status","status_words","words","facts":[{"name","value"}],"links":[{"label","url"}],
 *  "commands":[{"words","command"}]}]}. What can be done in a terminal only says so with its exact command. */
struct json *view_settings(struct view *v, struct err *e);
/* {"title","as_of","nav","channels":[{"id","is_mail","url","from","user","base","has_secret","last":{"at":TIME,"out","status",
 *  "status_words"} or null,"trial":the same with "is_waiting"} or null}],"has_mail","sent":[{"day","channel","count","failed"}..14 days]} */
struct json *view_notifications(struct view *v, struct err *e);

/* The first ten minutes of whoever asks: {"role":"lead"|"owner"|"employee"|"auditor","words","steps":[{"id","title","why","is_done","status","status_words",
 *  "detail","url","label","command"}],"done":3,"total":8,"is_done","is_aside","next":{"title","why","url","command"} of the first that is not done}. A step is done by what is
 *  in the records, never by having looked. */
struct json *view_onboarding(struct view *v, const struct access *x, struct err *e);
/* When the last backup that this directory knows of was made; 0: none. */
int64_t view_backup_ms(struct view *v);
/* The id of the record in which somebody puts it aside: "account-7f…". */
struct str onboarding_id(struct arena *a, const struct access *x);

#endif
