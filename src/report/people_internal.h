/* people_internal.h - what the views of the room People share. */
#ifndef REPORT_PEOPLE_INTERNAL_H
#define REPORT_PEOPLE_INTERNAL_H

#include "assess/lifecycle.h"
#include "report/people.h"
#include "report/view_record_internal.h"

/* The open lines of access reviews that somebody decides on, by their indexes. */
#define PEOPLE_LINES(OF, who) \
    "select l.review from access_lines_versions l where l.reviewer = " who " and l.delegate is null and +l.state = 'open' and " OF("l") \
    " union all select l.review from access_lines_versions l where l.delegate = " who " and +l.state = 'open' and " OF("l")

struct policy_wanted {
    struct str id, title, audience, departments, version;
    int64_t signs_from;
};
/* A book of one person and the policies: what person_duties needs, with no query over all. */
bool people_one_read(struct view *v, struct str id, struct people_book *ret, struct err *e) MUST_USE;
/* Only the policies in force. */
bool people_policies_read(struct people_book *b, struct err *e) MUST_USE;
/* A copy in the view's arena that people_book_renew may change, with room for so many more; texts are those of `from`. */
bool people_book_copy(struct view *v, const struct people_book *from, size_t more, struct people_book *ret, struct err *e) MUST_USE;
/* Reads one person again: there may be none any more, or one more. */
bool people_book_renew(struct people_book *b, struct str id, struct err *e) MUST_USE;
/* by_name, the values, and what each person says of them. */
void people_book_index(struct people_book *b, struct arena *a);
struct str owing_team(const struct owing *p); /* of the department, where the team is not said */
bool policy_is_wanted(const struct policy_wanted *p, const struct owing *who);

struct str people_text(struct view *v, struct db_row *row, int column); /* "" for null */
struct str people_today(struct view *v);
bool names_same(struct str a, struct str b); /* whatever the case of A to Z */
bool people_word_in(struct str list, struct str word); /* one of those between commas */
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
