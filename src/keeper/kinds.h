/*
 * kinds.h - operation kinds that the keeper brings itself: `key` (a key is added or retired).
 */
#ifndef KEEPER_KINDS_H
#define KEEPER_KINDS_H

#include "keeper/data_dir.h"
#include "keeper/keeper.h"

/* {"act":"add","role":"log|collector|root","vkey":"…"} under the member `key`, signed by the root key over
 * "assay/key@v1\\n" origin "\\n" JCS(key) "\\n"; the root key itself comes first, signed by itself. */
extern const struct op_kind kind_key;

/* Registers log, root and collector key of a new data directory, in this order root, log, collector; repeating it changes
 * nothing. */
bool keeper_register_keys(struct keeper_client *k, const struct data_dir *d, struct err *e) MUST_USE;

#endif
