/*
 * verify_internal.h - what the files of the verifier share.
 *
 * verify.c          the order of checks, findings, checkpoint and cp.log       verify_tree.c     tiles, bundles, files that do
 * not belong verify_leaf.c     one leaf after the other: profile, types, chains, time     verify_private.c  state, guard, journal
 * verify_blob.c     packs, names, commitments
 */
#ifndef LEDGER_VERIFY_INTERNAL_H
#define LEDGER_VERIFY_INTERNAL_H

#include "ledger/internal.h"
#include "ledger/keys.h"
#include "ledger/verify.h"

enum { VERIFY_SUBJECTS_MAX = 4096 };

struct verify_stream {
    struct str name;
    uint64_t next;
    struct sha256 last;
    struct sha256 rows; /* c of the first blob of its newest item */
    bool has_rows;
};

/* The chain of the runs of one subject. */
struct verify_subject {
    struct str id;
    int64_t next;
    struct sha256 last; /* leaf hash of its last run */
};

struct verify_seal {
    uint64_t size; /* its b: leaves up to and with the seal */
    struct sha256 root;
};

struct verify_blob {
    uint8_t x[32], c[32];
    uint64_t leaf;
};

/* What an erase leaf says. */
struct verify_erasure {
    uint64_t leaf, target;
    struct sha256 x, target_hash;
    struct str c;
    uint64_t *also;
    size_t also_count;
    bool is_valid;   /* signed, and it matches its target */
    bool has_second; /* a second officer or the root key signed, too */
    bool is_done;    /* its erased leaf is there */
};
/* What a reencrypt leaf says. */
struct verify_move {
    uint64_t leaf, target;
    struct sha256 from, to;
    struct str c;
    bool is_valid; /* it matches its target, and is the first that follows `from` */
};
struct verify_hold;
struct verify_catalog;

struct verify {
    struct arena *arena;   /* the caller's: what the report holds */
    struct arena *scratch; /* one leaf at a time */
    struct arena *kept;    /* as long as the check */
    const struct verify_options *options;
    struct verify_report *report;
    size_t displaced; /* findings that made room for others, from the end of the list */
    int data_dir, ledger_dir, private_dir; /* private_dir -1: not there */
    char origin[256];
    uint64_t published; /* leaves under the newest checkpoint that the state slots know as published */
    struct checkpoint head; /* the published one */
    struct checkpoint guard; /* a head ahead of the one that the state slots know; its root is held against the tree. Size 0: none */
    bool has_head;
    uint64_t durable; /* leaves the journal holds; at least head.size */
    struct tile_store store;
    struct merkle_frontier tree; /* of the leaves checked so far */

    struct verify_stream *streams; /* open addressing; capacity a power of two */
    size_t stream_capacity, stream_count;
    struct ledger_keys keys;
    uint64_t last_signed[LEDGER_KEYS_MAX]; /* of each: the newest leaf with its signature; 0: none */
    uint64_t stolen_heads, stolen_from, stolen_to; /* earlier checkpoints by keys found stolen later, and the sizes between which they lie */
    struct verify_subject *subjects;
    size_t subject_count;
    struct verify_seal *seals;
    size_t seal_count, seal_capacity;
    uint64_t sealed_to;
    uint64_t blobs_since_seal;
    int64_t last_t;
    struct verify_blob *blobs;
    size_t blob_count, blob_capacity;
    struct verify_erasure *erasures; /* in the order of leaves, and from verify_erasures on by name */
    size_t erasure_count, erasure_capacity;
    struct verify_move *moves; /* in the order of leaves, and from verify_reencryptions on by `from` */
    size_t move_count, move_capacity;
    struct verify_hold *holds;
    size_t hold_count, hold_capacity;
    size_t erased_stream_capacity;
    struct verify_time *time; /* verify_time.c */
    struct verify_anchors *anchors; /* verify_anchor.c */
    struct verify_catalog *catalogs; /* verify_catalog.c */
    size_t catalog_count, catalog_capacity;
    struct verify_draws *draws; /* verify_draw.c */
    char master_now[KEY_CHECK_SIZE], master_next[KEY_CHECK_SIZE]; /* verify_keyring.c: check values; empty: the first one, none */
    uint64_t master_leaf, master_next_leaf;
};

void verify_find(struct verify *v, const char *code, const char *format, ...) __attribute__((format(printf, 3, 4)));
void verify_note(struct verify *v, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A bundle with its tile of level 0, read and hashed. */
struct verify_bundle {
    uint64_t n;
    unsigned width;
    bool has_tile, has_bundle, has_seal;
    int wrong; /* the first leaf that is not of its hash in the tile; -1: none */
    struct err tile_error, bundle_error;
    struct buf tile, bundle;
    uint32_t offsets[TILE_WIDTH + 1];
    struct sha256 hashes[TILE_WIDTH]; /* of the leaves */
    const struct sha256 *nodes;       /* what goes into the tree: the tile's hashes, or else the leaves', or else zeros */
    struct sha256 root;               /* over the nodes, when there are 256 */
    struct arena *arena;
    bool is_parsed[TILE_WIDTH];
    struct leaf leaves[TILE_WIDTH];
};
static inline struct str verify_bundle_leaf(const struct verify_bundle *b, unsigned k)
{
    return str_slice(buf_view(&b->bundle), b->offsets[k] + 2, b->offsets[k + 1]);
}
struct verify_bundles;
/* The first `count` bundles in order. NULL: no memory. */
struct verify_bundles *verify_bundles_new(const struct verify *v, uint64_t count);
struct verify_bundle *verify_bundles_next(struct verify_bundles *s);
void verify_bundles_release(struct verify_bundles *s);
void verify_bundles_free(struct verify_bundles *s);

/* One leaf in order; signed or not. `parsed` is NULL when it was not parsed yet or cannot be. */
void verify_leaf_parsed(struct verify *v, uint64_t index, struct str bytes, const struct leaf *parsed, struct sha256 hash);
/* verify_time.c: stream heads, lateness, gaps, the order of beacons. The seal is looked at before it is in its own stream. */
bool verify_time_begin(struct verify *v) MUST_USE;
void verify_time_seal(struct verify *v, uint64_t index, const struct json *seal);
void verify_time_leaf(struct verify *v, uint64_t index, const struct leaf *leaf, struct sha256 hash);
void verify_time_end(struct verify *v);
/* verify_key.c. A key leaf: E42 its statement, E43 who has to sign it. */
void verify_key_leaf(struct verify *v, uint64_t index, const struct leaf *leaf);
/* The keys that the caller trusts against those that the ledger registers (E01). */
void verify_pins(struct verify *v);
/* W43: what a key signed that was found stolen later, behind the leaves for which it is trusted. */
void verify_stolen(struct verify *v);
/* Once everything signed was looked at: how many earlier checkpoints are by such a key. */
void verify_stolen_heads(struct verify *v);
void verify_signed(struct verify *v, const struct ledger_key *key, uint64_t index);
/* True if a note of `size` leaves is signed by a log key that counts for it and that the caller has reason to trust. Of a note in
 * cp.log (`is_past`) one by a key that was found stolen later is noted, not refused: the head behind it vouches for it. */
bool verify_log_signature(struct verify *v, uint64_t size, struct str text, struct str lines, bool is_past, struct err *e) MUST_USE;

void verify_leaf(struct verify *v, uint64_t index, struct str bytes, struct sha256 hash);
/* Tiles and bundles of the signed tree; calls verify_leaf for each leaf that can be read. */
void verify_tree(struct verify *v);
/* Files below ledger/<hash>/ that do not belong there, and partial tiles that are kept. */
void verify_files(struct verify *v);
/* State slots and guard; must come before the tree because it tells how far the journal reaches. */
void verify_state(struct verify *v);
/* Leaves that are journalled but not signed; continues the chains where the tree ended. */
void verify_journal(struct verify *v);
void verify_cp_log(struct verify *v);
/* E87: every file of private/keys. Needs the keys that the leaves register. */
void verify_key_files(struct verify *v);
/* verify_keyring.c. As each leaf passes; then: may the master key of this check value be in private/keys? */
void verify_keyring_leaf(struct verify *v, uint64_t index, const struct leaf *leaf);
bool verify_master_is_in_force(const struct verify *v, const char *value);
/* verify_erase.c. As each leaf passes; then, with all of them seen, before verify_blobs. */
void verify_erase_leaf(struct verify *v, uint64_t index, const struct leaf *leaf, struct str bytes);
void verify_erasures(struct verify *v);
/* The valid erasure of blob x, NULL when there is none. After verify_erasures. */
const struct verify_erasure *verify_erasure_of(const struct verify *v, const uint8_t x[32]);
/* verify_reencrypt.c. As each leaf passes; then, with all of them seen, before verify_blobs. */
void verify_reencrypt_leaf(struct verify *v, uint64_t index, const struct leaf *leaf);
void verify_reencryptions(struct verify *v);
/* What follows the sealed bytes x; NULL: nothing. After verify_reencryptions. */
const struct verify_move *verify_move_of(const struct verify *v, const uint8_t x[32]);
void verify_blobs(struct verify *v);
/* The keyring under the master key when both can be read; NULL with a note or a finding otherwise. */
struct keyring *verify_keyring(struct verify *v);
/* verify_anchor.c. At the beginning; as each leaf passes; when the tree is checked. ERR_INVALID: the policy given does not parse. */
bool verify_anchor_begin(struct verify *v, struct err *e) MUST_USE;
void verify_anchor_leaf(struct verify *v, uint64_t index, const struct leaf *leaf);
void verify_anchors_look(struct verify *v); /* before the head is read */
void verify_anchors(struct verify *v);
/* verify_catalog.c: E70, the tests in a catalog's blob are those that its leaf names. As each leaf passes; after verify_erasures. */
void verify_catalog_leaf(struct verify *v, uint64_t index, const struct leaf *leaf);
void verify_catalogs(struct verify *v);
/* verify_draw.c: E72, samples are those that their numbers and heads give; E71, opinions lie after what they cite. As each leaf passes; at the end. */
void verify_draw_leaf(struct verify *v, uint64_t index, const struct leaf *leaf);
void verify_auditor_leaf(struct verify *v, uint64_t index, const struct leaf *leaf);
/* The leaf's signature lines hold for `key` over label, origin and statement. */
bool verify_statement_holds(struct verify *v, const struct leaf *leaf, const char *label, const struct json *statement, const struct note_key *key, struct err *e) MUST_USE;
void verify_draws(struct verify *v);
/* The root that a seal recorded for a tree of `size`: false if there was none. */
bool verify_seal_root(const struct verify *v, uint64_t size, struct sha256 *ret);

/* verify_copy.c: a directory without config.json and private/: fills origin and ledger_dir from the only checkpoint below it. */
bool verify_copy_find(struct verify *v, struct err *e) MUST_USE;

#endif
