/*
 * keys.h - which key counted for what, and from when to when: a fold over the key leaves (ledger.md 2.6).
 *
 * A key leaf holds a statement {"act","role","vkey",...} and signatures over  "assay/key@v1\n" origin "\n" JCS(statement) "\n":
 *
 *   add      a key begins to count with the leaf behind this one. Signed by the root quorum and, where a key of the same role and name
 *            is in force, by that outgoing key too. The very first key is a root key and signs for itself.
 *   retire   it stops to count here; what it signed until now stands. Signed by the root quorum.
 *   revoke   it was stolen: of what it signed counts only what lies below `trust` leaves. Signed by the root quorum, in which a revoked
 *            root key has no voice, unless the others alone are fewer than the quorum: then all of that quorum have to sign, itself too.
 *   quorum   how many root keys must sign from here on (`need`, at most as many as there are; 1 at the start).
 *
 * A key may be added once: not again after it was retired or revoked.
 */
#ifndef LEDGER_KEYS_H
#define LEDGER_KEYS_H

#include "ledger/ledger.h"

enum { LEDGER_KEYS_MAX = 256, LEDGER_KEY_NONE = -1 };

enum key_end { KEY_IN_FORCE, KEY_RETIRED, KEY_REVOKED };

struct ledger_key {
    struct note_key key;
    char role[16];
    uint64_t from; /* the leaf that added it; the first log key counts also before it, because something has to sign until then */
    bool is_first_log;
    enum key_end end;
    uint64_t until;    /* the leaf that retired or revoked it; UINT64_MAX */
    uint64_t trust;    /* revoked: leaves up to which its signatures count */
    int32_t successor; /* of which key: the outgoing one that signed for it, or LEDGER_KEY_NONE */
};

struct ledger_keys {
    struct ledger_key items[LEDGER_KEYS_MAX];
    size_t count;
    uint32_t need; /* root keys that must sign; 0 before the first */
};

/* log, collector, officer, root, witness, mirror, auditor. */
bool key_role_is_known(struct str role);
/* What is signed. */
bool key_statement_text(const char *origin, const struct json *statement, struct buf *out, struct err *e) MUST_USE;
/* Checks a statement and its signatures against the keys as they are, and brings them to what they are behind leaf `index`.
 * ERR_INVALID: no such statement. ERR_EXISTS: the key is there already. ERR_NOT_FOUND: no such key. ERR_DENIED: signatures are
 * missing or do not hold. `k` is unchanged then. */
bool ledger_keys_apply(struct ledger_keys *k, const char *origin, uint64_t index, const struct json *statement,
                       struct str signatures, struct err *e) MUST_USE;
/* The key by its whole vkey text, in force or not; NULL. */
const struct ledger_key *ledger_keys_find(const struct ledger_keys *k, const char *role, struct str vkey);
/* What the key signed for a tree of `size` counts; of a leaf, `size` is its index + 1. */
bool ledger_key_counts(const struct ledger_key *key, uint64_t size);
/* `key` is `first`, or a successor of a successor ... of it, each signed for by the one before. */
bool ledger_keys_follows(const struct ledger_keys *k, const struct ledger_key *key, const struct note_key *first);
bool note_key_equal(const struct note_key *a, const struct note_key *b);

#endif
