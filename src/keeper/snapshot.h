/*
 * snapshot.h - private/snapshot/: the files that the keeper overwrites in place (state, guard, signer's head, cp.log, anchors,
 * journal) and the published checkpoint, as they stood together right after an integration. Asked for by a backup over the socket,
 * made between two batches, removed by whoever asked.
 */
#ifndef KEEPER_SNAPSHOT_H
#define KEEPER_SNAPSHOT_H

#include "keeper/keeper.h"

#define SNAPSHOT_DIR "snapshot"

void snapshot_remove(int private_fd);
/* Integrates, then copies; {"size":n}. One at a time: a second one replaces the first. */
bool keeper_take_snapshot(struct keeper_client *k, struct arena *a, struct json **ret, struct err *e) MUST_USE;

#endif
