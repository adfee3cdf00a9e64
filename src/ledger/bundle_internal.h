/*
 * bundle_internal.h - what the files of the bundle writer share.
 *
 * bundle.c the order of members, keys, checkpoints, tiles, manifest    bundle_leaves.c leaves, blobs, salts, states
 * bundle_disclosed.c disclosed blobs    bundle_pages.c what is written for people    bundle_spool.c the container    bundle_proof.c tlog-proof
 * bundle_readme.c the words in the bundle
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

struct bundle_sink {
    struct spool *to;
    int tmp_dir;
    struct spool_file open; /* of the page that is being written */
    char name[128];         /* of it; of the one before */
    bool is_open;
};

struct bundle_writer {
    const struct bundle_options *o;
    struct bundle_report *report;
    int tmp_dir;
    struct arena *kept, *scratch;
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
    struct bundle_disclosed *disclosed;
    uint64_t anchored; /* the largest size that something from outside covers */
    int64_t first_t, last_t;
    bool has_t;
};

bool bundle_pages_write(struct bundle_writer *w, struct err *e) MUST_USE;

/* bundle_disclosed.c: blobs are held against what was committed to and become members of `out` in the order in which they were added, by a thread. Until the end nobody else touches `out`. NULL: no memory. */
struct bundle_disclosed;
struct bundle_disclosed *bundle_disclosed_new(struct spool *out);
/* Where the next one is opened into; new behind each add. */
struct arena *bundle_disclosed_arena(struct bundle_disclosed *b);
bool bundle_disclosed_add(struct bundle_disclosed *b, uint64_t leaf, const char *c, const char *x, const struct blob_opened *opened, struct err *e) MUST_USE;
/* All of them are written, or the first failure. */
bool bundle_disclosed_end(struct bundle_disclosed *b, struct err *e) MUST_USE;
struct bundle_disclosed *bundle_disclosed_free(struct bundle_disclosed *b);

/* Blobs, salts.jsonl, state.jsonl. */
bool bundle_leaves_write(struct bundle_writer *w, struct err *e) MUST_USE;
extern const char bundle_readme[];

#endif
