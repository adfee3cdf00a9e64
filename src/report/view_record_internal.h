/* view_record_internal.h - what the views of records share. */
#ifndef REPORT_VIEW_RECORD_INTERNAL_H
#define REPORT_VIEW_RECORD_INTERNAL_H

#include "report/view_internal.h"
#include "report/view_record.h"

/* The leaf that record_get and record_list go by. */
static inline int64_t view_record_limit(const struct view *v)
{
    return v->is_past ? v->leaf_limit : INT64_MAX;
}
/* A row of validity at the leaf ?1. What is now has indexes (partial ones), which takes another text: `sql` is a macro that takes one of the two as its argument. */
#define VIEW_AS_OF(alias) alias ".is_deleted = 0 and " alias ".from_leaf <= ?1 and (" alias ".to_leaf is null or " alias ".to_leaf > ?1)"
#define VIEW_NOW(alias) alias ".is_deleted = 0 and " alias ".to_leaf is null and ?1 is not null"
#define VIEW_SQL(v, sql) ((v)->is_past ? sql(VIEW_AS_OF) : sql(VIEW_NOW))
struct json *actor_new(struct view *v, struct str actor);
struct str record_url(struct view *v, const char *type, struct str id);
const struct field_choice *record_choice(const struct record_field *f, struct str id);
struct json *record_state_json(struct view *v, const struct record_type *t, struct str state);
struct json *record_type_brief(struct view *v, const struct record_type *t);
/* {"title","as_of"}, for pages also "nav". NULL on failure. */
struct json *record_page_new(struct view *v, struct str title, bool is_page, struct err *e);
struct str record_room_label(struct view *v, const char *room);
/* Ids and titles of a reference's targets, at most VIEW_CHOICES_MAX + 1: [{"id","label"}]. */
struct json *record_targets(struct view *v, const struct view_records *r, const char *target);
/* A month's whole weeks, from Monday to Sunday. */
struct month {
    struct date first;
    int64_t start, end; /* days; the end is behind them */
};
/* "2026-11"; empty: the month of the view's instant. */
bool month_open(struct view *v, struct str month, struct month *ret, struct err *e) MUST_USE;
/* "month","month_words","before","after" */
void month_put(struct view *v, struct json *page, const struct month *m);
/* "date","day","is_other","is_today" */
void month_put_day(struct view *v, struct json *o, const struct month *m, int64_t day);
bool record_may_read_type(const struct view_records *r, const struct record_type *t);

#endif
