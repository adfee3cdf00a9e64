/*
 * erase.h - what is signed when a blob is erased or evidence is put on hold, and what a hold covers (doc/ledger.md#erasure).
 *
 * An `erase` leaf has the members tgt (index of the leaf whose blob goes), lh (its leaf hash), c and x (of the blob), also (other
 * leaves that name the same x), basis (a code), req (when it was asked for), hor (days until no backup of keys holds it any more),
 * why (c of the blob with the reason). Its signature lines are by an officer's key over
 *     "assay/erase@v1\n" origin "\n" JCS of exactly these members "\n"
 * and, where what goes is on hold, by a second key: another officer's or the root key. A hold is a `record` leaf of type hold,
 * signed in the same way over "assay/hold@v1\n" origin "\n" JCS of its member hold "\n"; to release one takes two signatures.
 */
#ifndef LEDGER_ERASE_H
#define LEDGER_ERASE_H

#include "ledger/ledger.h"

/* `leaf`: an erase leaf, or an object that has these members. ERR_INVALID when one is missing. */
bool erase_statement_text(struct arena *a, struct str origin, const struct json *leaf, struct buf *out, struct err *e) MUST_USE;
/* `hold`: {"act":"add|release","id":16 hex,"why":c} and for add one of "leaf":index, "ctl":control with "tbls":[tables],
 * "per":[from,to] (ms UTC). */
bool hold_statement_text(struct str origin, const struct json *hold, struct buf *out, struct err *e) MUST_USE;
/* Well formed? */
bool hold_check(const struct json *hold, struct err *e) MUST_USE;
/* Does the hold cover the blobs of this leaf? */
bool hold_covers(const struct json *hold, uint64_t index, struct str type, const struct json *leaf);
/* The leaf names x with c, or with any c where c is empty. */
bool leaf_names_blob(const struct json *leaf, struct str x, struct str c);

#endif
