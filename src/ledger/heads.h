/*
 * heads.h - where every stream stands, as one hash: the stream-heads root of a seal (ledger.md 2.4).
 *
 * It is the RFC 6962 root over one line a stream, "st sq sp\n", where sq is the number and sp the leaf hash (hex) of the newest leaf
 * of the stream st; lines are sorted bytewise by st. One inclusion proof in it shows that a stream has exactly sq + 1 leaves at
 * that point. Hashes of lines and of inner nodes are kept, so that a root after k streams moved on costs k times log n hashes, and a
 * new stream costs n hashes once.
 *
 *     struct stream_heads *h = stream_heads_new();
 *     if (!stream_heads_set(h, stream, sq, leaf_hash)) ...      // no memory
 *     struct sha256 root = stream_heads_root(h);
 *     h = stream_heads_free(h);
 */
#ifndef LEDGER_HEADS_H
#define LEDGER_HEADS_H

#include "base/str.h"
#include "crypto/crypto.h"

#include <stddef.h>

struct stream_heads;
struct stream_heads *stream_heads_new(void); /* NULL: no memory */
struct stream_heads *stream_heads_free(struct stream_heads *h);
/* The newest leaf of `stream`. Cheapest when new streams come in sorted order. */
bool stream_heads_set(struct stream_heads *h, struct str stream, int64_t sq, struct sha256 leaf_hash) MUST_USE;
size_t stream_heads_count(const struct stream_heads *h);
/* Of no stream: SHA-256 of nothing. False only when there is no memory. */
bool stream_heads_root(struct stream_heads *h, struct sha256 *ret) MUST_USE;

#endif
