/*
 * kinds.h - operation kinds that the keeper brings itself: `key` (a key is added or retired), `gap` (nothing was recorded where
 * something should have been, and why), and how seals are read back.
 */
#ifndef KEEPER_KINDS_H
#define KEEPER_KINDS_H

#include "keeper/data_dir.h"
#include "keeper/keeper.h"

/* {"act":"add","role":"log|collector|root","vkey":"…"} under the member `key`, signed by the root key over
 * "assay/key@v1\\n" origin "\\n" JCS(key) "\\n"; the root key itself comes first, signed by itself. */
extern const struct op_kind kind_key;

/* Body {"act":"notice","kind":"seal"|"run","why":"off"|"restart"|"clock"|"stall"|"missed","from":ms,"to":ms[,"sub":subject]} by the
 * keeper itself, or {"act":"explain","of":leaf of a gap,"reason":text} by a person. A gap is never taken back. */
extern const struct op_kind kind_gap;
enum { GAP_REASON_MAX = 2000 };
struct json *gap_explain_body(struct arena *a, int64_t leaf, struct str reason);

/* Seals have no operation: the ledger writes them. This applies them. */
extern const struct op_kind kind_seal;

/* Registers log, root and collector key of a new data directory, in this order root, log, collector; repeating it changes
 * nothing. */
bool keeper_register_keys(struct keeper_client *k, const struct data_dir *d, struct err *e) MUST_USE;

#endif
