/*
 * view_concern.h - view models of what is reported in confidence: the form, what a reporter sees, what those who receive it see.
 *
 *   CHANNEL {"is_open","open_to":"signed_in"|"anyone"|"nobody"|"","handlers":[{"id","name","has_account"}],"answer_days":7,"words","outside","url","retaliation":text,
 *            "kinds":[{"id","label"}]}
 */
#ifndef REPORT_VIEW_CONCERN_H
#define REPORT_VIEW_CONCERN_H

#include "report/view_record.h"

enum { CONCERN_TEXT_MAX = 20000, CONCERN_ADD_MAX = 8000 };

/* CHANNEL, as it is now: the oldest one in force. It asks nothing about access: all of it is meant to be read. */
struct json *concern_channel(struct view *v, const struct view_records *r, struct err *e);
/* The record of the concern that has this digest of a key; NULL: none, or e. */
struct record *concern_by_key(struct view *v, const struct view_records *r, struct str digest, struct err *e);
/* One more thing said, below what was: quoted, so that nobody's words look like somebody else's. */
struct str concern_say(struct arena *a, struct str talk, struct str day, const char *who, struct str text);

/* Those that whoever asks receives: {"title","as_of","nav","channel":CHANNEL,"is_handler","rows":[{"id","title","url","state":STATE,"received_on","is_anonymous","about","due","lead":
 * {"id","name"},"clock":{"status","status_words"}}],"total","open"} */
struct json *view_concerns(struct view *v, const struct view_records *r, struct err *e);
/* {"title","as_of","nav","record":as view_record,"id","state":STATE,"facts":[{"label","text"}],"text","talk","findings","clock","version","may_say","why_not"} */
struct json *view_concern(struct view *v, const struct view_records *r, struct str id, struct err *e);

#endif
