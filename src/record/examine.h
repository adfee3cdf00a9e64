/*
 * examine.h - what somebody of the role auditor may see: the one table content/auditor.yaml, asked by record access, the keeper and the web.
 *
 * Whoever has that role is bounded by it, whatever other roles they have. A record is seen where its type is in the table, its row is (of an
 * engagement that names the person, or given), its state is, and the type's `may` lists the auditor or everyone. Everything else is not there.
 *
 *     access_read(db, a, actor, now, &x, &e);       // x.examined is set for an auditor, NULL for all others
 *     examine_narrow(db, a, &x, STR("ENG-0001"));   // the room of one engagement
 *     examine_preview(db, a, STR("ENG-0001"), now, &x, &e);   // the access of its auditor, for whoever leads it
 */
#ifndef RECORD_EXAMINE_H
#define RECORD_EXAMINE_H

#include "record/record.h"

struct examined; /* of one actor, in an arena */

/* Fills x->examined where the actor has the role auditor. */
bool examine_read(struct db *db, struct arena *a, struct access *x, struct err *e) MUST_USE;
/* May it see this record? Asks the table alone; not what the type's `may` says. */
bool examine_sees(const struct access *x, const struct record *r);
/* Is the type in the table at all; are all of its records seen? */
bool examine_knows(const struct access *x, const struct record_type *t);
bool examine_sees_all(const struct access *x, const struct record_type *t);
/* Of a record that is seen in some states only: the leaf at which it first was in one; what was before is not shown. 0: all of it. */
int64_t examine_first_leaf(struct db *db, struct arena *a, const struct access *x, const struct record *r, struct err *e);
/* Is the auditor assigned to the engagement? */
bool examine_has(const struct access *x, struct str engagement);
/* From now on only this one, for pages of its room: the same for every auditor of it. */
void examine_narrow(struct db *db, struct arena *a, struct access *x, struct str engagement);
/* The access of an auditor of the engagement: the first one that it names, or one without a name where it names none. ERR_NOT_FOUND: no such engagement. */
bool examine_preview(struct db *db, struct arena *a, struct str engagement, int64_t now_ms, struct access *ret, struct err *e) MUST_USE;
/* May an auditor ask for this address? `path` as in src/web/route.c: "/audit/:id/requests". */
bool examine_address(struct str method, struct str path);
/* The whole table as JSON (content/auditor.yaml). */
const struct json *examine_table(void);
/* The types of records that answer a request of the library; items of the array of texts, NULL: none. */
const struct json *examine_answers(struct str request);

/* Is it of an engagement, so that two sides stand by it? */
bool examine_is_between(const struct record_type *t);
/* Which side an account is on: whoever has the role auditor, or has had it. */
bool side_is_auditor(struct db *db, struct str actor, struct err *e);

#endif
