/*
 * keeper.h - the one door for writing. Every change of state is an operation: kind, actor, client-made id, body, blobs.
 *
 * The keeper process (keeper_run) is serial: the next batch is what arrived during the last sync. For a batch it opens a
 * projection transaction; for each operation the kind's `make` checks it against the projection and says what leaf to write; the
 * leaf is applied by the kind's `apply` from the leaf and its blobs alone; blobs go to one pack (one sync), leaves to the journal
 * (one sync), then the projection commits and the answers go out. Rebuild calls the same `apply` over the ledger. Knows operation
 * kinds only as this table.
 */
#ifndef KEEPER_KEEPER_H
#define KEEPER_KEEPER_H

#include "base/arena.h"
#include "base/env.h"
#include "base/json.h"
#include "crypto/crypto.h"
#include "db/db.h"
#include "os/file.h"

/* A blob sealed by whoever holds the plaintext (blob/blob.h): the keeper stores the ciphertext and wraps the key, and parses
 * nothing. */
struct op_blob {
    char c[65];        /* salted commitment, hex */
    char x[65];        /* SHA-256 of the ciphertext, hex */
    const char *media; /* "application/x-assay-rows", "application/json" ... */
    uint8_t dek[DEK_SIZE];
    uint64_t plain_size;
    struct str ciphertext;
};

struct op {
    char id[33];       /* 32 hex, made by the client; the same id again gives the same answer and no second leaf */
    const char *kind;  /* "run", "eval", "catalog", "parameter.set", ... */
    struct str actor;  /* "system:collector", "local:admin" ...; written to the leaf as a pseudonym */
    struct json *body; /* restricted profile of ledger.md 2.2: integers, strings, bools, arrays, objects */
    struct op_blob *blobs;
    size_t blob_count;
    int64_t now_ms;    /* set by the keeper: its clock when it takes the operation. 0: nobody took it yet; see op_now_ms */
};
/* What time it is for a kind's make: the keeper's clock, so that a simulated one rules what an operation may do; without a keeper the system's. */
static inline int64_t op_now_ms(const struct op *op) { return op->now_ms ? op->now_ms : env_now_ms(&env_system); }

/* Seals a plaintext as a blob of an operation, in `a`. media is not copied. */
bool op_blob_make(const struct env *env, struct arena *a, const char *media, struct str plain, struct op_blob *ret, struct err *e) MUST_USE;
/* The same, hung on the operation as its next blob. */
bool op_blob_seal(const struct env *env, struct arena *a, struct op *op, const char *media, struct str plain, struct err *e) MUST_USE;

/* What a kind's make gives: the kind-specific members of the leaf. The keeper adds v, log, n, t, st, sq, sp, op, a (actor), b
 * (blobs). */
struct leaf_draft {
    const char *type; /* a leaf type of ledger.md 2.2 */
    struct str stream;
    struct json *body;     /* members merged into the leaf */
    struct str signatures; /* signature lines under the text, or empty */
    size_t blob_first;     /* the slice of the operation's blobs that this leaf refers to in its member b */
    size_t blob_count;
};

/* One operation makes one or more leaves, written in this order; the last one is the operation's own (its index is in the
 * answer). */
struct leaf_drafts {
    struct leaf_draft *items; /* in the arena given to make */
    size_t count;
};

struct leaf_view {
    uint64_t index;
    int64_t t;
    const char *type;
    const struct json *json; /* the whole leaf */
    struct str text;
    struct sha256 hash;
};

/* Gives the plaintext of a blob of the leaf being applied, from the operation at hand or from the store; in `a`. ERR_NOT_FOUND if
 * erased. */
struct blob_reader {
    bool (*read)(void *context, struct arena *a, struct str c, struct str x, struct str *ret_plain, struct err *e);
    void *context;
};

/* Leaves under the newest checkpoint, for kinds that have to look at one. ERR_CONFLICT: not signed yet. */
struct leaf_source {
    bool (*read)(void *context, struct arena *a, uint64_t index, struct str *ret_leaf, struct err *e);
    /* The newest signed head: how many leaves, and the root of the first `size` of them. ERR_CONFLICT: not signed yet. */
    uint64_t (*head)(void *context);
    bool (*root)(void *context, uint64_t size, struct sha256 *ret, struct err *e);
    struct blob_reader blobs; /* stored ones; an operation's own are in its hands */
    void *context;
};

/* An operation may make leaves of several types (a run makes items): one entry for each type that needs an apply; entries that
 * cannot be asked for have no make. A leaf is applied by the entry whose kind it names in its member `k`, else by the first entry
 * of its type; the keeper writes `k` where the type alone would lead to another entry. */
struct op_kind {
    const char *kind;
    const char *leaf_type;
    /* Checks the operation against the projection (read only here). False refuses it with e, alone. No drafts: nothing to do, the
     * answer is
     * {"leaf":-1}. */
    bool (*make)(struct db *projection, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e);
    /* The same for a kind that looks at leaves; set instead of make. */
    bool (*make_over)(struct db *projection, const struct leaf_source *leaves, struct arena *a, const struct op *op,
                      struct leaf_drafts *ret, struct err *e);
    /* Applies a leaf; used live and in rebuild. Must depend on nothing but leaf, blobs and the projection as the leaves before
     * left it. */
    bool (*apply)(struct db *projection, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs,
                  struct err *e);
    /* Fills the answer's members from the leaf after apply; may be NULL (answer: {"leaf":N,"t":ms}). */
    bool (*answer)(struct db *projection, struct arena *a, const struct leaf_view *leaf, struct json *ret_answer, struct err *e);
};

/* ---- the client's side: commands, web, collect ---- */

struct keeper_client;
/* Connects to the running keeper of `data_dir`, or, when none runs, spawns signer and keeper for the life of the client. */
struct keeper_client *keeper_open(const char *data_dir, struct err *e) MUST_USE;
/* Over a connected descriptor, which it owns from here on; NULL (and closed) when the keeper at its other end is not ready. */
struct keeper_client *keeper_open_fd(int fd);
/* Sends one operation and waits. ret_answer lives in `a`. ERR_UNCERTAIN: ask again with the same id. */
bool keeper_submit(struct keeper_client *k, struct arena *a, const struct op *op, struct json **ret_answer,
                   struct err *e) MUST_USE;
/* The key of one blob, by leaf index and x, and where it lies: under which name now, if it was sealed anew since (pack_current), and at which place for
 * pack_read_at; UINT64_MAX where there is none. Wipe it after use. */
struct keeper_blob {
    uint8_t dek[DEK_SIZE];
    char x[65];
    uint64_t place;
};
bool keeper_blob_key(struct keeper_client *k, uint64_t leaf, const char x[65], struct keeper_blob *ret, struct err *e) MUST_USE;
/* Waits until all that was acknowledged is integrated and signed (tiles, seal, checkpoint). */
bool keeper_flush(struct keeper_client *k, struct err *e) MUST_USE;
struct keeper_client *keeper_close(struct keeper_client *k); /* flushes and ends what it spawned */
/* Only connects to a running keeper, never starts one: the roles of `assay serve`. ERR_UNAVAILABLE: none runs just now. */
struct keeper_client *keeper_connect(const char *data_dir, struct err *e) MUST_USE;
/* {"size":leaves,"signed":leaves,"pid":…,"started":ms,"clock_back":bool[,"rewrap":{"done":keys,"all":keys[,"error":why it stands
 * still]}]} */
bool keeper_status(struct keeper_client *k, struct arena *a, struct json **ret, struct err *e) MUST_USE;
/* ---- anchors: the process that asks witnesses and time stamping authorities ---- */
#define ANCHOR_STATUS_FILE "anchors.json" /* below private/: what keeper_anchor_status was given last */
/* {"policy":text (absent before the first),"policy_leaf":N,"cosig_at":ms of the newest anchor leaf of
 * cosignatures,"log":[vkey…],"fork":there is evidence of one, "tsas":[{"name","leaf","url","ca","every":ms,"at":ms of its newest
 * stamp, 0}]} */
bool keeper_anchors(struct keeper_client *k, struct arena *a, struct json **ret, struct err *e) MUST_USE;
/* A note with cosignatures: checked against the policy, kept in anchors.log, published when the policy is satisfied. Answer:
 * {"count":witnesses,"satisfied":bool,"new":bool,"note":the note as it stands now} */
bool keeper_cosigned(struct keeper_client *k, struct arena *a, struct str note, struct json **ret, struct err *e) MUST_USE;
bool keeper_fork(struct keeper_client *k, struct str theirs, struct str ours, struct err *e) MUST_USE;
bool keeper_anchor_status(struct keeper_client *k, struct str json, struct err *e) MUST_USE;
void op_id_new(const struct env *env, char ret_id[33]);
/* An operation id that belongs to `text`: the same text again is the same operation. */
void op_id_of(struct str text, char ret_id[33]);

/* ---- the keeper's side ---- */

struct keeper_options {
    const char *data_dir;
    const struct op_kind *kinds;
    size_t kind_count;
    const struct env *env;
    const struct os_file_calls *calls;
    int signer_fd; /* socket to the signer process */
    int client_fd; /* the connection of who started it, gets READY or FATAL first; the keeper ends when the last connection is
                      gone */
    int64_t heartbeat_ms;                       /* an idle ledger is sealed this often; 0: only when something is new */
    int signals_fd;                             /* from os_signals_open, or -1: SIGTERM makes it integrate and end */
    bool (*jail)(void *context, struct err *e); /* called once everything is open; may be NULL */
    void *jail_context;
};
/* Runs until the last connection is gone or SIGTERM. ret_told: somebody heard of the failure, so that nobody says it twice. */
bool keeper_run(const struct keeper_options *o, bool *ret_told, struct err *e) MUST_USE;

#endif
