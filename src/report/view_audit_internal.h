/* view_audit_internal.h - what the views of the room Audit share. */
#ifndef REPORT_VIEW_AUDIT_INTERNAL_H
#define REPORT_VIEW_AUDIT_INTERNAL_H

#include "report/view_audit.h"
#include "report/view_scope_internal.h"

/* Records of a type that belong to an engagement, by id; also those at their end. */
bool engagement_rows(struct view *v, const struct view_records *r, const char *type, struct str engagement, struct scope_rows *ret, struct err *e) MUST_USE;
/* The day that it is in the engagement's time zone. */
int64_t engagement_today(const struct view *v, const struct engagement *g);
int64_t audit_day(struct str text); /* DAY_NONE for what is no date */
/* "" for DAY_NONE. */
struct str audit_day_text(struct view *v, int64_t day);
struct json *put_record_link(struct view *v, struct json *o, const char *key, const char *type, const struct record *record); /* null for NULL */

/* "milestones", "issue", "requests": view_engagement_plan.c. */
bool engagement_put_milestones(struct view *v, const struct view_records *r, struct json *page, const struct engagement *g, struct err *e) MUST_USE;
/* "team", "walkthroughs", "carried" */
bool engagement_put_team(struct view *v, const struct view_records *r, struct json *page, const struct engagement *g, const struct engagement_scope *scope, struct err *e) MUST_USE;
bool engagement_put_walkthroughs(struct view *v, const struct view_records *r, struct json *page, const struct engagement *g, struct err *e) MUST_USE;
/* {"exceptions":[EXCEPTION],"has_none"}: what an engagement found and what was done about it. */
bool exceptions_put(struct view *v, const struct view_records *r, struct json *o, const char *key, struct str engagement, bool is_open_only, struct err *e) MUST_USE;

#endif
