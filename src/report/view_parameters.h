/*
 * view_parameters.h - parameters, and texts with their values: one value for the policy, the control and the test. Parts as in view.h.
 *
 *   PARAMETER {"name","label","group","value","text":"12 characters","default","default_text","unit","words","type","min","max","is_default","has_four_eyes",
 *              "is_proposed","changed":TIME,"url","tests":[ids],"test_links":[LINK],"policies":[LINK+"section","text"],"controls":[LINK+"text","is_cadence"],
 *              "history":[{"at":TIME,"value","text","reason","leaf","url","by":ACTOR}],
 *              "proposals":[{"leaf","url","value","text","at":TIME,"by":ACTOR,"reason","is_open","status","status_words","decided":TIME,"decided_by":ACTOR,
 *                            "decided_reason"}]}, newest first
 */
#ifndef REPORT_VIEW_PARAMETERS_H
#define REPORT_VIEW_PARAMETERS_H

#include "content/content.h"
#include "report/view.h"

/* The value in force as of the view's instant. */
struct str view_parameter_value(struct view *v, const struct parameter *p);
/* A text of the content or of the organisation with its placeholders filled. */
struct str view_text(struct view *v, struct str text);
/* The same in parts, so that each value can lead to its parameter: [{"text","parameter":name or ""}]. */
void put_text_parts(struct view *v, struct json *o, const char *key, struct str text);

/* LIST of PARAMETER; group: its group; status "unknown": a change is proposed. */
struct json *view_parameters(struct view *v, const struct view_filter *f, struct err *e);
/* PARAMETER with "title","as_of","nav","choices":[{"id","label"}] (of a cadence),"program":[text] */
struct json *view_parameter(struct view *v, struct str name, struct err *e);
#endif
