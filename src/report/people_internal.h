/* people_internal.h - what the views of the room People share. */
#ifndef REPORT_PEOPLE_INTERNAL_H
#define REPORT_PEOPLE_INTERNAL_H

#include "assess/lifecycle.h"
#include "report/people.h"
#include "report/view_record_internal.h"

/* A row of validity at the leaf ?1. */
#define PEOPLE_AS_OF(alias) alias ".is_deleted = 0 and " alias ".from_leaf <= ?1 and (" alias ".to_leaf is null or " alias ".to_leaf > ?1)"

struct policy_wanted {
    struct str id, title, audience, departments, version;
    int64_t signs_from;
};
/* A book of one person and the policies: what person_duties needs, with no query over all. */
bool people_one_read(struct view *v, struct str id, struct people_book *ret, struct err *e) MUST_USE;
bool policy_is_wanted(const struct policy_wanted *p, const struct owing *who);

struct str people_text(struct view *v, struct db_row *row, int column); /* "" for null */
struct str people_today(struct view *v);
bool names_same(struct str a, struct str b); /* whatever the case of A to Z */
/* {"id","name","url"} of somebody; null for "". */
struct json *people_who(struct view *v, struct json *o, const char *key, struct str id, struct str name);
/* "3 days late", "in 2 days", "today"; "" without a date. */
struct str people_when(struct view *v, struct str date);
/* What there is about a choice: its label. */
struct str people_choice(const struct view_records *r, const char *type, const char *field, struct str id);

/* "lifecycles", "differences": those of one person. */
bool people_put_lifecycles(struct view *v, const struct view_records *r, struct json *page, struct str person, struct err *e) MUST_USE;
bool people_put_differences(struct view *v, const struct view_records *r, struct json *page, struct str person, struct err *e) MUST_USE;

#endif
