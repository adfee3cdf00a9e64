/*
 * due.h - what is due: of every type in force that has a due field and an owner field, in the states in which there is still something to do.
 *
 * The one question behind Tasks, Calendar, My page, the counts in the navigation, the feed for calendar programs and the digests.
 */
#ifndef RECORD_DUE_H
#define RECORD_DUE_H

#include "record/record.h"

enum { DUE_MAX = 20000 }; /* of one type, the earliest first */

struct due_item {
    const struct record_type *type;
    struct str id, title, state;
    struct str owner, owner_name; /* the person and their name now; empty: nobody */
    struct str created_by, author;/* actor, and the person that it is; empty: none */
    struct str escalate_to;       /* who was told that it is late, else who is to be: where the type has these fields */
    int64_t escalate_days;
    bool is_milestone;            /* a day to know of, with nothing to do on it */
    int64_t due_day;
    int64_t changed_t;
};

struct due_query {
    struct str person;           /* whose; empty: everybody's */
    int64_t today;               /* with person, also what they stand in for on this day and what was escalated to them; 0: their own alone */
    struct str type;             /* of one type alone; empty: all */
    int64_t from_day, to_day;    /* both belong to it; a due day is a date as written, for an instant its day in UTC */
    int64_t leaf_limit;          /* as of that leaf; INT64_MAX: now */
    const struct access *access; /* only what it may read; NULL: all */
    int64_t limit;               /* of one type, the earliest; 0: DUE_MAX */
};

/* Is there something to do in this state? Not in one that ends, nor where an expected performance has happened. */
bool due_is_open(const struct record_type *t, const struct record_state *s);
/* By due day, then type and id. */
bool due_list(struct db *db, struct arena *a, const struct record_type *const *types, size_t type_count, const struct due_query *q,
              struct due_item **ret, size_t *ret_count, struct err *e) MUST_USE;
/* How many, counted up to `max` of each type. */
bool due_count(struct db *db, struct arena *a, const struct record_type *const *types, size_t type_count, const struct due_query *q, int64_t max,
               int64_t *ret, struct err *e) MUST_USE;
/* How many, of all. */
bool due_total(struct db *db, struct arena *a, const struct record_type *const *types, size_t type_count, const struct due_query *q, int64_t *ret, struct err *e) MUST_USE;
/* How many of one type on each day from q->from_day to q->to_day: added to ret, whose first is from_day's. */
bool due_days(struct db *db, struct arena *a, const struct record_type *t, const struct due_query *q, int64_t *ret, struct err *e) MUST_USE;
/* The types in force of which something can be due, by id, as due_list takes them. */
const struct record_type **due_types(struct arena *a, const struct record_types *types, size_t *ret_count);

#endif
