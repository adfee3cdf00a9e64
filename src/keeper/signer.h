/*
 * signer.h - the process that alone holds the log key. It keeps its own last head and signs nothing that does not extend it: a
 * local witness that survives the takeover of everything else here.
 *
 * private/signer.head is two slots of 512 bytes, written in turn, so that a torn write leaves the other: magic "ASHD", u32be
 * version 1, u64be generation, u64be size, root, SHA-256 of all that. The newest valid slot counts. The file is made with the
 * ledger; a signer that finds none refuses, because a missing head is what a rollback looks like. The new head is on disk before
 * the signature leaves. A signer holds a lock on the file while it lives: never do two of them know a head each.
 *
 *     the process:   struct signer *s = signer_open(data_dir_fd, 3, e);  (jail)  signer_serve(s, 3, e);
 *     the keeper:    struct signer_client c = {.fd = fd};  options.signer = signer_of(&c);
 */
#ifndef KEEPER_SIGNER_H
#define KEEPER_SIGNER_H

#include "ledger/ledger.h"

/* Makes private/signer.head at size 0 if there is none. */
bool signer_head_create(int data_dir_fd, const char *origin, struct err *e) MUST_USE;

/* The head signed last, without the key. ERR_CORRUPT also when there is none. */
bool signer_head_read(int data_dir_fd, struct checkpoint *ret, struct err *e) MUST_USE;

/* Which of the two slots do not hold together (bits 0 and 1), also where bytes behind them are not zero. 0 when it cannot be read. */
unsigned signer_head_damage(int data_dir_fd);

/* While one log key follows another, both sign. The signer signs with those of its keys that are named; none named: with the one
 * it has, which is so before the ledger has registered any. */
enum { SIGNER_KEYS_MAX = 8 };
struct signer_keys {
    uint32_t ids[SIGNER_KEYS_MAX]; /* key ids of C2SP signed-note */
    size_t count;
};

struct signer;
/* Waits while another signer is ending; `peer_fd` (or -1): the socket to whoever asked for this one, which ends the waiting when it
 * closes (ERR_UNAVAILABLE). ERR_CONFLICT: the other one stays. */
struct signer *signer_open(int data_dir_fd, int peer_fd, struct err *e) MUST_USE;
struct signer *signer_close(struct signer *s);
/* Answers requests on `fd` until the peer closes it (true) or a write of the head fails (false: sign nothing any more). */
bool signer_serve(struct signer *s, int fd, struct err *e) MUST_USE;
/* Answers every request on `fd` with `why`, until the peer closes: a signer that could not open. */
void signer_refuse_all(int fd, const struct err *why);
/* One decision, without a process; what signer_serve does for each request. ERR_CONFLICT: `old` is not the head kept here.
 * ERR_DENIED: the proof does not hold, another origin, or none of the keys `by` is here. */
bool signer_sign(struct signer *s, const struct signer_keys *by, const struct checkpoint *old, const struct checkpoint *c,
                 const struct sha256 *proof, size_t proof_count, struct buf *ret_note, struct err *e) MUST_USE;
void signer_head(const struct signer *s, struct checkpoint *ret);

struct signer_client {
    int fd;
    struct signer_keys by; /* what the ledger says counts now */
};
/* The writer's view of a signer process at the other end of c->fd. ERR_UNAVAILABLE when it is gone. */
struct ledger_signer signer_of(struct signer_client *c);
/* The writer's view of a signer in the same process: tests. */
struct ledger_signer signer_local(struct signer *s);

#endif
