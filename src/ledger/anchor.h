/*
 * anchor.h - what ties a ledger to the world outside: cosigned checkpoints and time stamps, as they are sent, stored and recorded.
 *
 * Three places: `private/anchors.log` (every cosigned note, in the order in which they came; framed as cp.log),
 * `ledger/<hash>/checkpoint.witnessed` (the newest note that satisfies the policy), and leaves of type `anchor`:
 *     {"kind":"cosig"|"tst","cp":"SIZE:ROOT","by":NAMES,"at":ms,"d":SHA-256 of the note or of the time stamp,"note":the whole note}
 * For a time stamp `note` is what it is over, and the TimeStampResp is the leaf's blob. So a leaf can be checked from public bytes
 * alone: the note's signatures, its root against the tree, the imprint against the note.
 *
 * The client's side of C2SP tlog-witness is here without the network: what to send, and what an answer means.
 */
#ifndef LEDGER_ANCHOR_H
#define LEDGER_ANCHOR_H

#include "ledger/policy.h"

#define ANCHOR_WITNESSED_FILE "checkpoint.witnessed"
#define ANCHOR_LOG_FILE "anchors.log"
#define ANCHOR_FORK_FILE "fork-evidence"
#define ANCHOR_MEDIA_TST "application/timestamp-reply"
enum { ANCHOR_NOTE_BYTES_MAX = 32 << 10, ANCHOR_POLICY_BYTES_MAX = 32 << 10, ANCHOR_NAME_MAX = 64 };

/* ---- asking a witness (tlog-witness, add-checkpoint) ---- */

/* The request's body: old size, proof, checkpoint. */
void cosign_request(uint64_t old_size, const struct sha256 *proof, size_t proof_count, struct str note, struct buf *out);

enum cosign_verdict {
    COSIGN_DONE,     /* ret->line is its signature line, which holds */
    COSIGN_ELSEWHERE,  /* 409: it stands at ret->size; ask again with a proof from there */
    COSIGN_PROOF_FAILED, /* 422: from where we said it stands, this is no continuation */
    COSIGN_REFUSED       /* anything else; e says what */
};
struct cosign_answer {
    struct str line; /* a view into the body, with its LF */
    uint64_t time_s;
    uint64_t size;
};
/* What status and body mean for the note that was sent. Never trusts more than `key` signed. e is filled unless COSIGN_DONE or
 * ELSEWHERE. */
enum cosign_verdict cosign_answer_read(const struct note_key *key, struct str note, int status, struct str body,
                                         struct cosign_answer *ret, struct err *e);

/* ---- notes ---- */

/* `note` with only what counts: the text, its lines by `log` (which must hold), and for each witness of the policy its newest line
 * from `note` or from `older` (an earlier note over the same text, or empty). ret_count: witnesses in it; ret_has_new: one is new or
 * newer than in `older`. ERR_CORRUPT: the note is to be thrown away. */
bool anchor_note_merge(const struct policy *p, const struct note_key *log, struct str note, struct str older, struct buf *out,
                       size_t *ret_count, bool *ret_has_new, struct err *e) MUST_USE;

/* ---- anchors.log ---- */

/* It is cut to the newest ANCHOR_LOG_KEPT bytes when it is longer than ANCHOR_LOG_MAX. Even of the largest notes, one every 50 seconds,
 * that is more than comes in between two anchor leaves, which are an hour apart: whatever satisfied the policy and is cut off lies
 * between two leaves that hold their notes. */
enum { ANCHOR_LOG_MAX = 16 << 20, ANCHOR_LOG_KEPT = 8 << 20 };

bool anchor_log_append(const struct os_file_calls *calls, int private_dir, const char *file, struct str note, struct err *e) MUST_USE;
/* The record at *offset, and moves on; false at the end or where it is damaged (then *offset is not the end). */
bool anchor_log_next(struct str bytes, uint64_t *offset, struct str *ret_note);
/* Cuts the file, when it is longer than `max`, to the whole records among its last `kept` bytes. A new file takes the place of the old
 * one in one durable step, so a crash leaves either; who reads has one of them open. */
bool anchor_log_trim(const struct os_file_calls *calls, int private_dir, const char *file, size_t max, size_t kept, struct err *e) MUST_USE;
/* The newest whole record; ERR_NOT_FOUND: none, or no file. */
bool anchor_log_newest(const struct os_file_calls *calls, int private_dir, const char *file, struct buf *out, struct err *e) MUST_USE;

/* ---- leaves ---- */

struct anchor {
    bool is_tst; /* else cosignatures */
    struct checkpoint checkpoint;
    struct str by;
    int64_t at_ms;
    struct sha256 digest;
    struct str note;
};
/* ERR_CORRUPT with what is wrong; checks that cp, d (for cosignatures) and note agree, no signatures. Views into `leaf`. */
bool anchor_leaf_read(const struct json *leaf, struct anchor *ret, struct err *e) MUST_USE;
/* The members of such a leaf, in `a`. */
struct json *anchor_leaf_body(struct arena *a, const struct anchor *anchor);

#endif
