/*
 * process.h - the keeper process inside: what it holds, and the batch. Private to src/keeper.
 *
 * One thread. A batch is what has arrived: its operations run one after another in one projection transaction, each in a
 * savepoint; then blobs (one sync for packs, one for the keyring), leaves (one sync), commit, answers in the order of the
 * questions. Whatever fails at or behind the first sync is final: those operations are UNCERTAIN, and the process ends.
 */
#ifndef KEEPER_PROCESS_H
#define KEEPER_PROCESS_H

#include "base/limits.h"
#include "keeper/data_dir.h"
#include "keeper/keeper.h"
#include "keeper/projection.h"
#include "keeper/signer.h"
#include "keeper/wire.h"
#include "ledger/heads.h"

enum { KEEPER_CONNECTIONS_MAX = 128, BATCH_QUESTIONS_MAX = 1024, BATCH_BLOBS_MAX = 16384 };

struct connection {
    int fd; /* -1: free */
    struct buf in;
    bool is_at_end;  /* the peer closed its side, or a frame was malformed: close once nothing whole is left */
    bool is_starter; /* who started this process */
};

/* One message of the batch, and what it will be answered. */
struct question {
    struct connection *from;
    uint32_t type;
    bool makes_leaves; /* its fate hangs on the journal */
    bool is_replayed;  /* an operation seen before */
    char op_id[33];
    uint32_t answer_type;
    struct str answer; /* in the batch's arena */
};

struct batch {
    struct arena *arena;
    struct question questions[BATCH_QUESTIONS_MAX];
    size_t question_count;
    struct str leaves[LIMIT_BATCH_LEAVES];
    size_t leaf_count;
    size_t leaf_bytes;
    const struct op_blob *blobs[BATCH_BLOBS_MAX];
    size_t blob_count;
    size_t move_count; /* of the blobs, those that follow others and are in no leaf's `b` */
    struct {
        struct sha256 from, to;
    } moves[BATCH_BLOBS_MAX];
    bool is_in_transaction;
    int64_t t;
    bool clock_went_back;
};

struct keeper {
    const struct keeper_options *o;
    struct data_dir dir;
    int private_fd;
    int blobs_fd;
    int ledger_fd;
    int listen_fd;
    uint8_t subject_key[32];
    struct signer_client signer;
    struct ledger *ledger;
    struct ledger_reader *reader; /* of what is integrated; NULL until asked for, and again after each integration */
    struct pack_store *packs;
    struct keyring *keys;
    struct blob_store_reader store;
    struct projection projection;
    struct connection connections[KEEPER_CONNECTIONS_MAX];
    struct batch batch;
    int64_t started_at_ms;
    int64_t integrated_at_ms; /* monotonic */
    int64_t sealed_at_ms;     /* monotonic */
    bool clock_back_seen;
    bool must_start_again;
    bool promise_broken;        /* a seal was missing since this process began, or before */
    struct stream_heads *heads; /* NULL until the first seal */
    uint64_t heads_next;        /* leaves that heads knows */
    int64_t erased;             /* `erased` leaves among them */
    bool has_erasures;          /* an erase leaf came in: what it names has to go before anything else is done */
    bool has_reencrypted;       /* former keys and bytes have to go before the next signature */
    bool has_rewrap;            /* another master key was asked for */
    struct {
        bool is_on;
        int64_t leaf; /* which asked for it */
        char id[17];  /* check value of the new master key */
        uint8_t next[32];
        uint64_t done, all;
        char error[256]; /* why it stands still; the next start tries again */
    } rewrap;
    bool has_key_leaves;    /* a key leaf came in: a key that waited may be in force */
    struct buf anchor_note; /* the newest cosigned note, kept in anchors.log; empty until one came */
};

/* What batch_operation did with an operation. */
enum batch_outcome {
    BATCH_TAKEN, /* q has its answer, which holds once the batch is committed */
    BATCH_FULL,  /* does not fit any more: commit, then ask again */
    BATCH_BROKEN /* the projection cannot go on; e is filled */
};
void batch_start(struct keeper *k);
enum batch_outcome batch_operation(struct keeper *k, struct str body, struct question *q, struct err *e);
/* One leaf of the keeper's own, durable when it returns true; no batch may be under way. `draft` is in the caller's memory. */
bool batch_own(struct keeper *k, const struct op *op, struct leaf_draft *draft, struct err *e) MUST_USE;
/* Makes the batch durable and visible. False: final; each question that made leaves is answered UNCERTAIN (or UNAVAILABLE where
 * nothing was journalled) already. */
bool batch_commit(struct keeper *k, struct err *e) MUST_USE;
void question_fail(struct keeper *k, struct question *q, const struct err *e);
void question_answer_json(struct keeper *k, struct question *q, const struct json *answer);

/* Tiles, seal, checkpoint; then the projection takes the seal. */
bool keeper_integrate(struct keeper *k, struct err *e) MUST_USE;
/* snapshot.c. Copies what is overwritten in place to private/snapshot. */
bool keeper_snapshot(struct keeper *k, struct err *e) MUST_USE;
/* gaps.c. Answers ledger_options.seal_facts; context: struct keeper. */
bool keeper_seal_facts(void *context, struct ledger_seal_facts *ret, struct err *e);
/* The beacon goes on where the newest seal left it. */
bool keeper_beacon_load(struct keeper *k, struct err *e) MUST_USE;
/* Writes gap leaves for what is missing; not while answers wait in the batch. with_open: also runs that are still missing. */
bool keeper_notice_gaps(struct keeper *k, bool is_start, bool with_open, struct err *e) MUST_USE;
/* Finishes every erasure whose erase leaf is durable: keys, sealed bytes, rows of the projection, then the `erased` leaf
 * (erasing.c). False is final. */
bool keeper_erase_finish(struct keeper *k, struct err *e) MUST_USE;
/* The second half of a rotation: a collector's or officer's key that waits as <role>.next takes the place of the one that the
 * ledger retired. */
bool keeper_follow_keys(struct keeper *k, struct err *e) MUST_USE;
/* kind_reencrypt.c. Destroys what was sealed anew. False is final. */
bool keeper_reencrypt_finish(struct keeper *k, struct err *e) MUST_USE;
/* rewrap.c. Another master key: takes up what was asked for and is not finished; and one piece of it. What fails on the way is
 * told by the status, and the keyring is as it was; false is final. */
bool keeper_rewrap_resume(struct keeper *k, struct err *e) MUST_USE;
bool keeper_rewrap_step(struct keeper *k, struct err *e) MUST_USE;
/* The key of a blob that the leaf names. */
bool keeper_key_of(struct keeper *k, uint64_t leaf, struct str x, struct keeper_blob *ret, struct err *e) MUST_USE;

/* Answers WIRE_ANCHORS to WIRE_ANCHOR_STATUS; q->answer is the question's body. What fails there fails alone. */
void keeper_answer_anchor(struct keeper *k, struct question *q);

/* ---- connections ---- */
void connections_start(struct keeper *k);
struct connection *connection_add(struct keeper *k, int fd, bool is_starter);
void connection_close(struct connection *c);
/* Takes what waits on the socket. */
void connection_read(struct connection *c);
/* The next whole frame at *offset of c->in; moves *offset behind it. */
bool connection_frame(struct connection *c, size_t *offset, uint32_t *ret_type, struct str *ret_body);
/* Forgets the first `size` bytes that came in. */
void connection_consume(struct connection *c, size_t size);

#endif
