/*
 * kinds.h - operation kinds that the keeper brings itself: `key` (a key is added or retired), `gap` (nothing was recorded where
 * something should have been, and why), and how seals are read back.
 * `erase`, `erased` (a blob goes for good), `hold` (what may not go).
 */
#ifndef KEEPER_KINDS_H
#define KEEPER_KINDS_H

#include "keeper/data_dir.h"
#include "keeper/keeper.h"
#include "keeper/signer.h"
#include "ledger/keys.h"

/* Body {"key": a statement of ledger/keys.h, "sig": signature lines over it}, or {"list":[…]} of such, one leaf each: all of them
 * are recorded, or none. */
extern const struct op_kind kind_key;
/* The fold of ledger/keys.h as the projection has it; in `a`. */
bool keys_of_projection(struct db *projection, struct arena *a, struct ledger_keys **ret, struct err *e) MUST_USE;
/* The log keys that sign now. */
bool keys_signing_now(struct db *projection, struct signer_keys *ret, struct err *e) MUST_USE;

struct key_change {
    const char *act; /* add, retire, revoke, quorum */
    const char *role;
    const struct note_key *key; /* NULL: quorum */
    int64_t number;             /* revoke: leaves that it still counts for; quorum: how many roots */
    const char *actor;
};
/* Signs the statements with all of `signers` and submits them as one operation. The same changes again change nothing. ret_leaf:
 * the last one's. */
bool key_submit(struct keeper_client *k, const struct data_dir *d, const struct key_change *changes, size_t count,
                const struct key_pair *signers, size_t signer_count, int64_t *ret_leaf, struct err *e) MUST_USE;

/* {"text":tlog-policy}: a record of type anchor_policy; the newest is in force. The same text again makes no leaf. */
extern const struct op_kind kind_anchor_policy;
/* {"act":"add","id":name,"url","ca":PEM,"every":ms} or {"act":"remove","id"}: a record of type anchor_tsa. */
extern const struct op_kind kind_anchor_tsa;
/* The members of an anchor leaf (ledger/anchor.h); a time stamp comes with its blob. */
extern const struct op_kind kind_anchor;
/* The registered log key that signed the checkpoint note. ERR_CORRUPT: none did. */
bool anchor_log_key(struct db *projection, struct str note, struct note_key *ret, struct err *e) MUST_USE;

/* Body {"act":"notice","kind":"seal"|"run","why":"off"|"restart"|"clock"|"stall"|"missed","from":ms,"to":ms[,"sub":subject]} by
 * the keeper itself, or {"act":"explain","of":leaf of a gap,"reason":text} by a person. A gap is never taken back. */
extern const struct op_kind kind_gap;
enum { GAP_REASON_MAX = 2000 };
struct json *gap_explain_body(struct arena *a, int64_t leaf, struct str reason);

/* Seals have no operation: the ledger writes them. This applies them. */
extern const struct op_kind kind_seal;

/* {"list":[{"erase":{…},"sig":"…"},…]}, one leaf each (ledger/erase.h); the first blob is the reason. The keeper destroys the
 * blobs as soon as the leaves are durable, makes the projection anew without them, and then writes an `erased` leaf
 * {"of":leaf,"x":…} for each (erasing.c): whoever flushes after the answer finds it done. */
extern const struct op_kind kind_erase;
extern const struct op_kind kind_erased; /* made by the keeper alone */
/* {"hold":{…},"sig":"…"}; the first blob is the reason. */
extern const struct op_kind kind_hold;

/* {"id":check value of the master key in private/keys/master.next}: a record of type keyring,
 * {"keyring":{"act":"rewrap","id":…}}. The keeper then wraps every key of the keyring anew (rewrap.c), and says
 * {"act":"rewrapped","id":…,"of":leaf,"keys":n} when the old master key is destroyed. The same id again while it is under way
 * makes no leaf. */
extern const struct op_kind kind_keyring;

/* {"list":[{"of":leaf,"c":…,"from":x of now},…]}, one leaf each; blob i of the operation is what follows in entry i, the same
 * content and the same c sealed anew (blob_reseal). The keeper destroys the former keys and bytes before the leaves are signed.
 */
extern const struct op_kind kind_reencrypt;
enum { REENCRYPT_AT_ONCE_MAX = 64 };
/* Is x the name that a leaf gives, or one that followed it? */
bool reencrypt_follows(struct db *projection, struct str named, struct str x, bool *ret, struct err *e) MUST_USE;

/* Codes of why a blob may be erased: code, words; ends with NULL. */
extern const char *const erase_bases[][2];
/* The other leaves that name blob x, ascending. */
bool erase_shared_leaves(struct db *projection, struct arena *a, struct str x, int64_t but, int64_t **ret, size_t *ret_count,
                         struct err *e) MUST_USE;
/* The hold in force that covers the leaf: ret_id is empty when there is none. */
bool hold_over_leaf(struct db *projection, struct arena *a, uint64_t index, struct str leaf_bytes, struct str *ret_id,
                    struct err *e) MUST_USE;

/* Registers the keys of a new data directory, in the order root, log, collector, officer; repeating it changes nothing. */
bool keeper_register_keys(struct keeper_client *k, const struct data_dir *d, struct err *e) MUST_USE;
/* The officer's key (signs erasures, holds and bundles) of a directory that was made before there was one: makes it and registers
 * it, which needs the root key here. Repeating it changes nothing. */
bool keeper_officer_ensure(struct keeper_client *k, const struct data_dir *d, const struct env *env, struct err *e) MUST_USE;

#endif
