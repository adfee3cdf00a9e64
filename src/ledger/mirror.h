/*
 * mirror.h - a follower that holds the bytes: C2SP tlog-mirror without the network. A signed checkpoint becomes pending
 * (add-checkpoint, as at a witness); entries arrive in packages of at most 256, each with a proof that it belongs to the pending
 * checkpoint (add-entries); when all are there and synced, the checkpoint is published with the mirror's cosignature.
 *
 *     key, logs                       cosigner.h
 *     pending/heads/<hash>            the pending checkpoint
 *     ledger/<sha256 of origin>/      the copy, in the layout of tlog-tiles: any tool reads it, `assay verify` checks it
 *
 * Nothing is written that was not proven to be under a checkpoint which the log signed and which extends all earlier ones. After
 * a crash the copy is at its published checkpoint or further; what was pending is sent again.
 *
 * A log's successor keys are learned from the key leaves of its copy (mirror_keys.h) when a checkpoint is signed by none of the list.
 * The copy's own checkpoint may also be signed by a key that left the list.
 *
 * One thread at a time works on one log, any number on different ones.
 */
#ifndef LEDGER_MIRROR_H
#define LEDGER_MIRROR_H

#include "ledger/witness.h"

enum {
    MIRROR_PACKAGES_MAX = 32,            /* of one request that our client sends, and the most it may repeat */
    MIRROR_REQUEST_BYTES_MAX = 24 << 20, /* largest body that is taken; a package is at most 16 MiB */
    MIRROR_SEND_BYTES = 4 << 20          /* our client ends a request behind the package with which it gets longer */
};

struct mirror;
/* `o` as for witness_open; o->key NULL: publishes without a cosignature. */
struct mirror *mirror_open(const struct witness_options *o, struct err *e) MUST_USE;
struct mirror *mirror_close(struct mirror *m);
void mirror_set_logs(struct mirror *m, struct arena *owner, struct log_list logs);

/* Log keys that are not in the list, but which a key of the list signed for in a key leaf of the copy: lines for the list. They count
 * already, and until another list is set. False: none. */
bool mirror_learned(struct mirror *m, struct buf *lines);

/* Request body to answer, as tlog-mirror says. */
void mirror_add_checkpoint(struct mirror *m, struct str request, struct witness_answer *ret);
void mirror_add_entries(struct mirror *m, struct str request, struct witness_answer *ret);
/* The directory of the copy with this origin hash, opened; -1 (ERR_NOT_FOUND) when there is none. */
int mirror_log_dir(struct mirror *m, struct str hash, struct err *e);

/* ---- the other side: who has the log and brings it to a mirror ---- */

/* How requests get there: `what` is "add-checkpoint" or "add-entries". False: no answer was had. */
struct mirror_target {
    bool (*post)(void *context, const char *what, const char *content_type, struct str body, struct witness_answer *ret,
                 struct err *e);
    void *context;
};
/* A mirror in this process. */
struct mirror_target mirror_local_target(struct mirror *m);

struct mirror_sent {
    struct checkpoint checkpoint; /* what the mirror is at now */
    uint64_t entries;             /* that were sent */
    uint64_t requests;
};
/* Brings the mirror to the checkpoint in the log's directory `dir` (read through `calls`, which may fetch what is missing).
 * ret_lines: the mirror's answer, signature lines over that checkpoint, not checked. ERR_CONFLICT: the mirror is ahead of us, or
 * saw another history (the text says which); ERR_NOT_FOUND: it does not know this log; ERR_DENIED: it does not take the
 * signature. */
bool mirror_send(const struct os_file_calls *calls, int dir, const struct mirror_target *target, struct buf *ret_lines,
                 struct mirror_sent *ret, struct err *e) MUST_USE;

#endif
