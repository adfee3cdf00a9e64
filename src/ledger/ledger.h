/*
 * ledger.h - the append-only Merkle log of evidence: writer, reader. Formats: ledger.md 2.1-2.4, 2.8; C2SP tlog-tiles,
 * tlog-checkpoint, signed-note; RFC 6962 hashing.
 *
 * Writer (the keeper): append a batch -> journal frame -> one fdatasync = durable (I1). Integration turns journalled leaves into
 * entry bundles and tiles, adds a seal leaf, asks the signer for a checkpoint, records it in cp.log, advances the guard, then
 * publishes. Any write or sync error is final: the writer refuses all further work (I7). Reader: immutable files and an
 * atomically replaced checkpoint; no locks.
 */
#ifndef LEDGER_LEDGER_H
#define LEDGER_LEDGER_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/env.h"
#include "base/err.h"
#include "base/json.h"
#include "crypto/crypto.h"
#include "os/file.h"

/* ---- merkle.h: RFC 6962 ---- */
struct sha256 merkle_leaf_hash(struct str leaf);
struct sha256 merkle_node_hash(struct sha256 left, struct sha256 right);
/* Of `count` leaves, several at once where the processor can. */
void merkle_leaf_hashes(const struct str *leaves, size_t count, struct sha256 *ret);
/* RFC 6962 2.1.2 / RFC 9162 2.1.4.2: true if the tree of `size` with `root` extends the tree of `old_size` with `old_root`.
 * old_size 0 needs an empty proof; equal sizes need an empty proof and equal roots. */
bool merkle_consistency_holds(uint64_t old_size, struct sha256 old_root, uint64_t size, struct sha256 root,
                              const struct sha256 *proof, size_t proof_count) MUST_USE;
/* RFC 9162 2.1.3.2. */
bool merkle_inclusion_holds(uint64_t index, uint64_t size, struct sha256 leaf_hash, struct sha256 root,
                            const struct sha256 *proof, size_t proof_count) MUST_USE;

/* ---- note.c: C2SP signed-note; vkey "name+hash+base64(type||key)" ---- */
enum {
    NOTE_KEY_ED25519 = 0x01,     /* signs the text itself: logs, collectors, officers, roots */
    NOTE_KEY_COSIGNATURE = 0x04, /* cosignature/v1 (cosignature.h): signs "cosignature/v1", a time and a checkpoint */
    NOTE_SIGNATURE_BYTES_MAX = 8192, /* of one decoded */
    NOTE_LINES_MAX = 64          /* signature lines of a note that are read; C2SP demands at least 16 */
};
struct note_key {
    char name[256];
    uint32_t id; /* first 4 bytes of SHA-256(name LF type key) */
    uint8_t type;
    struct ed25519_public public_key;
};
/* Either type. ERR_UNSUPPORTED for others, ERR_INVALID for what is malformed, does not belong together or is of low order. */
bool note_key_parse(struct str vkey, struct note_key *ret, struct err *e) MUST_USE;
void note_key_format(const struct note_key *key, struct buf *out);
/* Of type NOTE_KEY_ED25519. */
struct note_key note_key_make(const char *name, struct ed25519_public public_key);
struct note_key note_key_make_typed(const char *name, uint8_t type, struct ed25519_public public_key);
/* What a key may be called: not empty, up to 255 bytes of UTF-8 without white space, control characters and '+'. */
bool note_name_is_valid(struct str name) MUST_USE;
/* One signature line without its LF: the name and the decoded bytes (4 of key id, then the signature). False if malformed. */
bool note_line_parse(struct str line, struct str *ret_name, struct buf *ret_bytes) MUST_USE;
/* Appends "— name base64(id || signature)\n" for signature bytes that were made elsewhere. */
void note_line_format(const struct note_key *key, struct str signature, struct buf *out);
/* Appends the line over `text` (which ends in LF), by a key of type NOTE_KEY_ED25519. */
void note_sign_line(const struct note_key *key, const struct ed25519_private *private_key, struct str text, struct buf *out);
/* True if one of the signature lines is by `key`, of type NOTE_KEY_ED25519, and holds over text; lines by unknown keys are
 * ignored (at most NOTE_LINES_MAX are read). ERR_UNSUPPORTED for a cosigner's key: a cosignature says less, see cosignature.h. */
bool note_verify(struct str text, struct str signature_lines, const struct note_key *key, struct err *e) MUST_USE;
/* True if a well-formed line claims to be by `key` (name and id), whether its signature holds or not. */
bool note_has_line(struct str signature_lines, const struct note_key *key) MUST_USE;
/* Appends the first line that claims to be by `key`, with its LF; nothing when there is none before a malformed one. */
void note_line_copy(struct str signature_lines, const struct note_key *key, struct buf *out);

/* ---- checkpoints ---- */
struct checkpoint {
    char origin[256];
    uint64_t size;
    struct sha256 root;
};
void checkpoint_text(const struct checkpoint *c, struct buf *out); /* origin LF size LF base64 root LF */
/* Parses a whole note; ret_text is the signed part, ret_lines the signature lines. */
bool checkpoint_parse(struct str note, struct checkpoint *ret, struct str *ret_text, struct str *ret_lines,
                      struct err *e) MUST_USE;
/* "size:root", the root as 64 hex digits: how leaves and options name a checkpoint. Writes size and root only. */
bool checkpoint_name_parse(struct str name, struct checkpoint *ret) MUST_USE;

/* ---- writer ---- */
struct ledger;
/* How the writer gets a checkpoint signed (the signer process, or a local key in tests): the signed note for `c`, which extends
 * `old` (what `head` said) by the consistency proof. */
struct ledger_signer {
    /* The signer's own last head (size 0 and the empty root before the first). Asked before each signing: the proof given to
     * `sign` starts there, because after a crash the signer may have signed a head that cp.log never saw. A head larger than the
     * journal, or one that is no prefix of it, is ERR_CORRUPT: somebody rolled the ledger back. NULL: the writer's own last
     * checkpoint is taken. */
    bool (*head)(void *context, struct checkpoint *ret_head, struct err *e);
    bool (*sign)(void *context, const struct checkpoint *old, const struct checkpoint *c, const struct sha256 *proof,
                 size_t proof_count, struct buf *ret_note, struct err *e);
    void *context;
};
/* What a seal says beside what the ledger knows itself (ledger.md 2.4); the keeper knows it. */
struct ledger_seal_facts {
    struct sha256 heads; /* stream-heads root (heads.h) over all leaves before the seal */
    uint64_t streams;    /* how many streams that covers */
    uint64_t erased;     /* `erased` leaves so far */
    const char *clock_source; /* "ntp": disciplined, "local": runs free, "unknown" */
    int64_t clock_error_ms;   /* estimated, upwards; -1: unknown */
    int64_t every_ms;         /* a seal is promised at least this often from here on; 0: no promise */
};
struct ledger_options {
    const struct os_file_calls *calls;
    const struct env *env;
    int data_dir; /* descriptor of the data directory: ledger/, private/ below it */
    const char *origin;
    struct ledger_signer signer;
    bool (*seal_facts)(void *context, struct ledger_seal_facts *ret, struct err *e); /* NULL: seals go without */
    void *seal_context;
    /* Hash, sync and build tiles side by side: for imports and whoever appends faster than one sync a batch allows. Two threads of the
     * ledger's own; the functions here are still called from one. */
    bool is_pipelined;
    uint64_t journal_segment_bytes; /* 0: LIMIT_JOURNAL_SEGMENT_BYTES. A segment takes its space by doubling from 1 MiB. */
};
/* New empty ledger: directories, state, first checkpoint of size 0 is not signed. ERR_EXISTS. */
bool ledger_create(const struct ledger_options *o, struct err *e) MUST_USE;
/* Opens for writing: takes the lock, recovers (newest state slot, replays frames, drops the torn tail, compares with cp.log and
 * guard). ERR_CONFLICT: another writer. ERR_CORRUPT: refuses to write, the text says what does not agree. */
struct ledger *ledger_open(const struct ledger_options *o, struct err *e) MUST_USE;
struct ledger *ledger_close(struct ledger *l);
uint64_t ledger_size(const struct ledger *l);        /* durable leaves */
uint64_t ledger_signed_size(const struct ledger *l); /* leaves under the newest signed checkpoint */
struct sha256 ledger_signed_root(const struct ledger *l);
/* The keeper's clock: max(now, last t). ret_jumped_back tells of a clock that went back since the last leaf. */
int64_t ledger_clock(struct ledger *l, bool *ret_jumped_back);
/* Tells of blobs that were made durable for the leaves of the next ledger_append: the seal says how many and how many stored
 * bytes. */
void ledger_count_blobs(struct ledger *l, uint32_t count, uint64_t stored_bytes);
/* Durable when it returns true. ret_first_index: index of leaves[0]. At most LIMIT_BATCH_LEAVES, each at most LIMIT_LEAF_BYTES.
 * ERR_TOO_LARGE and ERR_LIMIT refuse this batch alone. After ERR_UNCERTAIN (the write or the sync failed) the ledger answers
 * ERR_UNAVAILABLE to everything. */
bool ledger_append(struct ledger *l, const struct str *leaves, size_t count, uint64_t *ret_first_index, struct err *e) MUST_USE;
/* The same in two steps: begin returns when the batch has its place in the order, wait when all that was begun is durable (only then
 * is any of it acknowledged). At most two batches are on their way; begin waits for the one before them. In a ledger that is not
 * pipelined begin does it all. */
bool ledger_append_begin(struct ledger *l, const struct str *leaves, size_t count, uint64_t *ret_first_index,
                         struct err *e) MUST_USE;
bool ledger_append_wait(struct ledger *l, struct err *e) MUST_USE;
/* Integrates everything durable, adds a seal if there is anything new, signs, publishes. No-op when clean. A signer that fails
 * leaves the ledger as it is: call again when there is one. Any other failure is final. */
bool ledger_integrate(struct ledger *l, struct err *e) MUST_USE;
/* The same, and a seal also when nothing is new: the heartbeat of an idle ledger. */
bool ledger_heartbeat(struct ledger *l, struct err *e) MUST_USE;
/* The newest thing from outside that nobody could know before (digest of a cosignature set or a time stamp): every seal from now
 * on names it as `bea`, which proves the seal to be younger. */
void ledger_set_beacon(struct ledger *l, struct sha256 digest);
/* Of the running kernel, as seals name it. */
const char *ledger_boot_id(struct ledger *l);
/* Calls each for leaves [from, ledger_size) in order, journal included: for the projection's catch-up. */
bool ledger_replay(struct ledger *l, uint64_t from, bool (*each)(void *context, uint64_t index, struct str leaf, struct err *e),
                   void *context, struct err *e) MUST_USE;

/* ---- reader: public part only ---- */
struct ledger_reader;
struct ledger_reader *ledger_reader_open(int ledger_dir, struct err *e) MUST_USE; /* descriptor of ledger/<hash>/ */
/* Under the head that this checkpoint says, which was the ledger's once: it may have grown since. */
struct ledger_reader *ledger_reader_at(int ledger_dir, struct str note, struct err *e) MUST_USE;
struct ledger_reader *ledger_reader_close(struct ledger_reader *r);
const struct checkpoint *ledger_reader_head(const struct ledger_reader *r);
struct str ledger_reader_note(const struct ledger_reader *r); /* the whole checkpoint file */
/* The leaf's bytes, checked against its level-0 tile hash. */
bool ledger_reader_leaf(struct ledger_reader *r, struct arena *a, uint64_t index, struct str *ret_leaf, struct err *e) MUST_USE;
bool ledger_reader_each(struct ledger_reader *r, uint64_t from, uint64_t to,
                        bool (*each)(void *context, uint64_t index, struct str leaf, struct err *e), void *context,
                        struct err *e) MUST_USE;
/* RFC 6962 audit path of leaf `index` in the tree of `size`. At most 64 hashes. */
bool ledger_reader_inclusion(struct ledger_reader *r, uint64_t index, uint64_t size, struct sha256 ret_path[64],
                             size_t *ret_count, struct err *e) MUST_USE;
/* The root of the tree of its first `size` leaves; they have to be signed. */
bool ledger_reader_root(struct ledger_reader *r, uint64_t size, struct sha256 *ret, struct err *e) MUST_USE;
bool ledger_reader_consistency(struct ledger_reader *r, uint64_t old_size, uint64_t size, struct sha256 ret_path[128],
                               size_t *ret_count, struct err *e) MUST_USE;

/* ---- leaves (ledger.md 2.2) ---- */
struct leaf {
    struct str type;
    struct str text;       /* first line, JSON line, both with LF */
    struct str signatures; /* lines, or empty */
    const struct json *json;
};
/* Parses and checks framing, closed list of types, restricted profile, and that re-encoding gives the same bytes. ERR_CORRUPT. */
bool leaf_parse(struct arena *a, struct str bytes, struct leaf *ret, struct err *e) MUST_USE;
/* "assay/leaf@v1 type\n" + JCS + "\n" (+ "\n" + signatures). ERR_INVALID when the body breaks the profile, ERR_TOO_LARGE. */
bool leaf_compose(const char *type, const struct json *body, struct str signatures, struct buf *out, struct err *e) MUST_USE;

/* Checking a whole data directory: verify.h. */

#endif
