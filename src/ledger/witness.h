/*
 * witness.h - what a C2SP tlog-witness does with a checkpoint, without the network: `add-checkpoint` from request to answer, and
 * the note that monitors read. The mirror uses it for its pending checkpoints, without cosigning.
 *
 * For each origin it keeps the newest note that it accepted, in one file: that is the state (size, root). It is replaced durably,
 * under the log's mutex, after the comparison with the old size and before the answer: compare and swap, so that there is one
 * cosigned root for every size and sizes only grow, whatever happens to the process. A line in history/ for every cosignature is
 * the second record: a state that is behind it was rolled back, and that log is refused until somebody has looked.
 *
 *     heads/<sha256 of origin>      the note: text, the log's verified signature lines, our cosignature
 *     history/<sha256 of origin>    "time size root" LF, root in hex; our own work paper
 *     conflicts/<hash>-<n>          proof of misbehaviour: two notes of one size with different roots, both signed by the log
 *
 * Any number of threads may call; logs do not wait for each other. Only origin, size and root ever get here.
 */
#ifndef LEDGER_WITNESS_H
#define LEDGER_WITNESS_H

#include "base/arena.h"
#include "ledger/cosigner.h"

enum {
    WITNESS_PROOF_MAX = 63,
    WITNESS_REQUEST_BYTES_MAX = 128 << 10,
    WITNESS_CONFLICTS_MAX = 16, /* files kept of one log */
    WITNESS_RECENT_MAX = 16     /* notes before the newest one that are kept in memory */
};

struct witness;
struct witness_options {
    const struct os_file_calls *calls;
    const struct env *env;
    int dir;                    /* heads/, history/, conflicts/ are made in it */
    const struct note_key *key; /* NULL: cosigns nothing (a mirror's pending checkpoints) */
    const struct ed25519_private *private_key;
};
/* Keeps copies of the keys and a descriptor of its own. */
struct witness *witness_open(const struct witness_options *o, struct err *e) MUST_USE;
struct witness *witness_close(struct witness *w);
/* Takes another list of logs; the arena goes to the witness, which frees it when it is replaced in turn. */
void witness_set_logs(struct witness *w, struct arena *owner, struct log_list logs);

/* An answer in HTTP's terms. */
struct witness_answer {
    int status;        /* 200, 400, 403, 404, 409, 422, 500 */
    const char *type;  /* constant */
    struct buf body;   /* made by witness_answer_init */
    char problem[200]; /* why, in words; empty for 200 */
};
void witness_answer_init(struct witness_answer *answer);
void witness_answer_release(struct witness_answer *answer);
/* Fills status, problem, and the problem as body; returns false. */
bool witness_refuse(struct witness_answer *answer, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* tlog-witness "add-checkpoint": the whole request body to the whole answer. Blocks while it syncs. */
void witness_add_checkpoint(struct witness *w, struct str request, struct witness_answer *ret);
/* The newest accepted note of the log with this origin hash. ERR_NOT_FOUND: there is none, or no such log. */
bool witness_note(struct witness *w, struct str hash, struct buf *out, struct err *e) MUST_USE;
/* The accepted note of exactly this size, if it is the newest or one of the last WITNESS_RECENT_MAX before it (of this run of the
 * program). ERR_NOT_FOUND. */
bool witness_note_of_size(struct witness *w, struct str hash, uint64_t size, struct buf *out, struct err *e) MUST_USE;

/* What the records of one log say; for `assay witness list`. Reads the files, needs no open witness. */
struct witness_facts {
    bool is_seen; /* a head was accepted */
    struct checkpoint head;
    uint64_t cosignatures; /* lines in history/ */
    uint64_t first_s, last_s;
    uint64_t longest_gap_s; /* between two cosignatures that follow each other */
    size_t conflicts;       /* files in conflicts/ */
};
bool witness_facts(int dir, const struct log_entry *log, struct witness_facts *ret, struct err *e) MUST_USE;

#endif
