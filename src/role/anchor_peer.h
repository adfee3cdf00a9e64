/*
 * anchor_peer.h - one witness or one time stamping authority, each with a thread of its own, so that one that is slow or gone keeps
 * nobody else waiting. The owner gives work (peer_start), hears through an eventfd that something is done, and takes it (peer_take).
 *
 * A thread reads the published ledger by itself: it always sends the newest checkpoint. One mutex guards all peers' shared parts.
 */
#ifndef ROLE_ANCHOR_PEER_H
#define ROLE_ANCHOR_PEER_H

#include "base/arena.h"
#include "base/env.h"
#include "ledger/anchor.h"
#include <stdatomic.h>

enum { PEER_URL_MAX = 1100, PEER_TIME_MAX_MS = 15000, PEER_CONNECT_MAX_MS = 4000 };

enum peer_state { PEER_NEW, PEER_OK, PEER_DOWN, PEER_FORK };

struct peer_outcome {
    enum peer_state state;
    char why[300];    /* unless PEER_OK */
    char *note;       /* what was sent; owned by who took it, freed with peer_outcome_release */
    size_t note_size;
    char *answer;     /* witness: its signature line; authority: the TimeStampResp; a fork: the other note, or NULL */
    size_t answer_size;
    int64_t at_ms;    /* when the answer was here */
    int64_t says_ms;  /* by the peer's clock */
    uint64_t size;    /* leaves under the note */
    int64_t took_ms;
};
void peer_outcome_release(struct peer_outcome *o);

struct peer;
struct peer_options {
    bool is_tsa;
    struct str name;
    struct str url;
    struct note_key key;  /* witness */
    struct str ca_pem;    /* authority */
    const char *tls_ca;   /* file of the authorities that https servers must be under; NULL: the system's; stays the owner's */
    struct note_key *log; /* the log's keys, to judge what a witness shows of this ledger */
    size_t log_count;
    int ledger_dir; /* descriptor; stays the owner's */
    int event_fd;
    const struct env *env;
};
struct peer *peer_new(const struct peer_options *o, struct err *e) MUST_USE;
/* Lets go: the thread ends by itself after what it is doing. NULL. */
struct peer *peer_free(struct peer *p);
/* False: it is still busy with the last work. */
bool peer_start(struct peer *p);
bool peer_is_busy(struct peer *p);
/* True: something is done; ret is the caller's. */
bool peer_take(struct peer *p, struct peer_outcome *ret);

#endif
