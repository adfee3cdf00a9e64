/*
 * digest.h - who is to be told what today: one digest a person with what is overdue, due and soon due, and what was escalated to them.
 *
 * From the records as they are: every type with a `due` and an `owner` field. A reminder of the type (content/records/) fires on its days;
 * a person gets a digest on a day on which at least one fires for them, with everything that is open and due within a week beside it.
 * What somebody has still to sign (policy_duty) is told on the day after it came into force, a week before it is due, on the day, and each week after.
 * Whoever is away is stood in for by their delegate, who gets the same. People without an address and people who left get none.
 */
#ifndef NOTIFY_DIGEST_H
#define NOTIFY_DIGEST_H

#include "content/record_type.h"
#include "db/db.h"

enum { DIGEST_AHEAD_DAYS = 7, DIGEST_ITEMS_MAX = 200 };

struct digest_item {
    const struct record_type *type;
    struct str id, title, text; /* text: what the reminder says */
    int64_t due_day;
    bool is_reminder;           /* fires today */
    bool is_escalated;          /* somebody else's, who is late */
    struct str owner_name;
    struct str path;            /* of its page, where that is not the record's; else empty */
};

struct digest {
    struct str person, name, email;
    struct digest_item *items; /* by due day */
    size_t item_count;         /* at most DIGEST_ITEMS_MAX; more_count says what is left out */
    size_t more_count;
};

/* Only digests that are to be sent on `today`; by person. `types`: those in force. */
bool digests_due(struct db *db, struct arena *a, const struct record_type *const *types, size_t type_count, int64_t today, struct digest **ret,
                 size_t *ret_count, struct err *e) MUST_USE;
/* The text of a message, and its subject. `base_url`: where the pages are, without a slash at its end. */
void digest_write(const struct digest *d, int64_t today, struct str base_url, struct buf *ret_text, struct buf *ret_subject);

#endif
