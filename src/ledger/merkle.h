/*
 * merkle.h - RFC 6962 trees inside src/ledger: the frontier of a growing tree, and proofs made from perfect subtrees.
 *
 * A frontier is the list of roots of the perfect subtrees that a tree of `size` leaves consists of, one per set bit of the size:
 * all that is needed to append and to know the root, in O(log size) memory and time.
 */
#ifndef LEDGER_MERKLE_H
#define LEDGER_MERKLE_H

#include "crypto/crypto.h"
#include "ledger/ledger.h"

struct merkle_frontier {
    uint64_t size;
    struct sha256 hashes[64]; /* hashes[k] is meant when bit k of size is set */
};
void merkle_frontier_push(struct merkle_frontier *f, struct sha256 leaf_hash);
/* The root of a perfect subtree of 2^height leaves; the size is a multiple of that. */
void merkle_frontier_push_tree(struct merkle_frontier *f, unsigned height, struct sha256 root);
/* The same as pushing `count` hashes one after the other, level by level and many nodes at once; `hashes` is overwritten. */
void merkle_frontier_push_many(struct merkle_frontier *f, struct sha256 *hashes, size_t count);
/* The empty tree's root is SHA-256 of nothing. */
struct sha256 merkle_frontier_root(const struct merkle_frontier *f);

/* Where proofs get their hashes: the perfect subtree over leaves [index << height, (index + 1) << height). */
struct merkle_nodes {
    bool (*node)(void *context, unsigned height, uint64_t index, struct sha256 *ret, struct err *e);
    void *context;
};
/* Root over the first `size` leaves. */
bool merkle_root(const struct merkle_nodes *nodes, uint64_t size, struct sha256 *ret, struct err *e) MUST_USE;
/* RFC 6962 2.1.1: PATH(index, D[size]). */
bool merkle_inclusion(const struct merkle_nodes *nodes, uint64_t index, uint64_t size, struct sha256 ret_path[64],
                      size_t *ret_count, struct err *e) MUST_USE;
/* RFC 6962 2.1.2: PROOF(old_size, D[size]); empty for old_size 0 and old_size == size. */
bool merkle_consistency(const struct merkle_nodes *nodes, uint64_t old_size, uint64_t size, struct sha256 ret_path[128],
                        size_t *ret_count, struct err *e) MUST_USE;

#endif
