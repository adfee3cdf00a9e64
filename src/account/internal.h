/* internal.h - what the operations of this room share: op_account.c. */
#ifndef ACCOUNT_INTERNAL_H
#define ACCOUNT_INTERNAL_H

#include "account/account.h"

bool actor_is_known(struct str actor);
/* ERR_DENIED unless the actor has the permission now. ret_bits: all that it has. */
bool actor_must(struct db *db, const struct op *op, enum permission permission, uint32_t *ret_bits, struct err *e) MUST_USE;
/* A leaf of this type in the stream of its name, with `by` and `step`. */
struct leaf_draft *draft_new(struct arena *a, const struct op *op, const char *type);
/* Whether an actor with these rights may give these roles: [ids]; until 0: without end. */
bool roles_may_be_given(struct db *db, const struct json *roles, uint32_t own, int64_t until, struct err *e) MUST_USE;
/* [ids] of every role that a source may give: who sets it must be able to give them. */
struct json *identity_roles_named(struct arena *a, const struct json *settings);
bool id_is_valid(struct str id);
bool actor_note(struct db *db, const struct leaf_view *leaf, struct err *e) MUST_USE;
/* The leaf's first blob; NULL when it is erased. */
bool leaf_blob_json(const struct leaf_view *leaf, struct arena *a, const struct blob_reader *blobs, const struct json **ret, struct err *e) MUST_USE;

#endif
