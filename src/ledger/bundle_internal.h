/*
 * bundle_internal.h - what the files of the bundle writer share.
 *
 * bundle.c the order of members, keys, checkpoints, tiles, manifest    bundle_leaves.c leaves, blobs, salts, states
 * bundle_spool.c the container    bundle_proof.c tlog-proof    bundle_readme.c the words in the bundle
 */
#ifndef LEDGER_BUNDLE_INTERNAL_H
#define LEDGER_BUNDLE_INTERNAL_H

#include "ledger/bundle.h"
#include "ledger/bundle_spool.h"
#include "ledger/internal.h"

enum bundle_part { BEFORE, SALTS, BLOBS, AFTER, PARTS };

/* A key or erase leaf, of anywhere in the ledger. */
struct bundle_special {
    uint64_t index;
    bool is_key;
    struct str bytes;
    struct sha256 x; /* erase */
};

struct bundle_anchor {
    uint64_t index;
    bool is_tst;
    struct checkpoint checkpoint;
    struct str note;
    char c[65], x[65];
};

/* Blobs that were given already, by their c. */
struct bundle_given {
    struct bundle_given_entry {
        uint8_t c[32];
        uint64_t leaf; /* + 1; 0: free */
    } *entries;
    size_t capacity, count;
};

struct bundle_writer {
    const struct bundle_options *o;
    struct bundle_report *report;
    int tmp_dir;
    struct arena *kept, *scratch, *blob;
    struct ledger_reader *reader;
    struct tile_store store;
    const struct checkpoint *head;
    struct policy *policy;
    uint64_t from, to, pairs;
    struct spool parts[PARTS];
    struct spool_file salts, state;
    struct bundle_special *specials;
    size_t special_count, special_capacity;
    struct bundle_anchor *anchors;
    size_t anchor_count, anchor_capacity;
    struct bundle_given given;
    uint64_t anchored; /* the largest size that something from outside covers */
    int64_t first_t, last_t;
    bool has_t;
};

/* Blobs, salts.jsonl, state.jsonl. */
bool bundle_leaves_write(struct bundle_writer *w, struct err *e) MUST_USE;
extern const char bundle_readme[];

#endif
