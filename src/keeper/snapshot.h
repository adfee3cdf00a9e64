/*
 * snapshot.h - private/snapshot/: the files that the keeper overwrites in place (state, guard, signer's head, cp.log, anchors,
 * journal) and the published checkpoint, as they stood together right after an integration. Asked for by a backup over the socket,
 * made between two batches, removed by whoever asked.
 *
 * While it is made nothing is written, so its time has to be bounded: cp.log, which only grows, is not copied but gets a second name
 * here, and cp.log.size says how much of it belongs to the snapshot. The rest is small: the journal, whose segments are used again and again,
 * 16 MiB of cosigned notes.
 */
#ifndef KEEPER_SNAPSHOT_H
#define KEEPER_SNAPSHOT_H

#include "keeper/keeper.h"

#define SNAPSHOT_DIR "snapshot"

void snapshot_remove(int private_fd);
/* How many bytes of snapshot/cp.log belong to it. */
bool snapshot_log_size(int private_fd, uint64_t *ret, struct err *e) MUST_USE;
/* Integrates, then copies; {"size":n}. One at a time: a second one replaces the first. */
bool keeper_take_snapshot(struct keeper_client *k, struct arena *a, struct json **ret, struct err *e) MUST_USE;

#endif
