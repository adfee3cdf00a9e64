/*
 * subtree.h - proofs that the tree over leaves [start, end) is part of the tree of `size` leaves:
 * draft-ietf-plants-merkle-tree-certs, section 4, as C2SP tlog-mirror uses them. `start` must be a multiple of the smallest power
 * of two that is not below end - start.
 */
#ifndef LEDGER_SUBTREE_H
#define LEDGER_SUBTREE_H

#include "ledger/merkle.h"

bool subtree_is_valid(uint64_t start, uint64_t end) MUST_USE;
/* At most 64 hashes. ERR_INVALID: no such subtree of a tree of that size. */
bool subtree_proof(const struct merkle_nodes *nodes, uint64_t start, uint64_t end, uint64_t size, struct sha256 ret_path[64],
                   size_t *ret_count, struct err *e) MUST_USE;
bool subtree_proof_holds(uint64_t start, uint64_t end, uint64_t size, struct sha256 subtree, struct sha256 root,
                         const struct sha256 *proof, size_t proof_count) MUST_USE;

#endif
