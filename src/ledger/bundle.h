/*
 * bundle.h - writing what is handed out: one file (`.slb`, doc/bundle.md) and single proofs (C2SP tlog-proof).
 *
 * The writer goes once over the leaves and blobs and keeps what it makes in unlinked temporary files beside the output, because
 * the members' hashes come first in the file; then it copies them behind one another. Memory does not grow with the ledger but by
 * its key, erase and anchor leaves. The same inputs give the same bytes: no clock, no random numbers, nothing of the machine.
 *
 *     struct bundle_options o = {.ledger_dir = fd, .origin = origin, .mode = BUNDLE_FULL, .blobs = ..., .sign = ...};
 *     if (!bundle_write(&o, out_fd, tmp_dir_fd, &report, &e)) ...
 */
#ifndef LEDGER_BUNDLE_H
#define LEDGER_BUNDLE_H

#include "blob/blob.h"
#include "ledger/ledger.h"

enum bundle_mode { BUNDLE_FULL, BUNDLE_RANGE, BUNDLE_SELECTED };

/* What becomes of a blob. */
enum bundle_disclosure { BUNDLE_WITHHELD, BUNDLE_DISCLOSED, BUNDLE_ERASED };
struct bundle_blobs {
    /* Shall the blobs of this leaf go in? */
    bool (*is_wanted)(void *context, uint64_t index, struct str type, const struct json *leaf);
    void *context; /* of is_wanted */
    /* Plaintext in `a`, and the salt of its commitment (blob_unseal): the writer holds it against c. ERR_NOT_FOUND: its key or bytes are gone. */
    bool (*open)(void *context, struct arena *a, uint64_t leaf, const char *c, const char *x, struct blob_opened *ret, struct err *e);
    void *open_context;
};

/* Where pages and statements go: after README.txt, in bytewise order of their names ("audit/...", "index.html", "pages/..."). */
struct bundle_sink;
bool bundle_page(struct bundle_sink *s, const char *name, struct str bytes, struct err *e) MUST_USE;
/* The same in pieces, for what is large: begin, add, end. One at a time. */
bool bundle_page_begin(struct bundle_sink *s, const char *name, struct err *e) MUST_USE;
bool bundle_page_add(struct bundle_sink *s, struct str bytes, struct err *e) MUST_USE;
bool bundle_page_end(struct bundle_sink *s, struct err *e) MUST_USE;

struct bundle_options {
    int ledger_dir; /* descriptor of ledger/<hash>/ */
    const char *origin;
    enum bundle_mode mode;
    uint64_t from, to;      /* range: widened to whole entry bundles of 256 leaves */
    const uint64_t *leaves; /* selected: ascending, each once */
    size_t leaf_count;
    struct bundle_blobs blobs;
    struct str policy;    /* the tlog-policy in force */
    struct str tsa_chain; /* PEM of the time-stamp authorities, or empty */
    const char *audience, *purpose;
    /* Appends signature lines of the officer over the manifest's text. */
    bool (*sign)(void *context, struct str text, struct buf *lines, struct err *e);
    void *sign_context;
    /* Writes pages, when all else is known; may be NULL. */
    bool (*pages)(void *context, struct bundle_sink *s, struct err *e);
    void *pages_context;
    const char *engagement; /* of which it is made, in the manifest; NULL: none */
    struct str head;        /* the checkpoint that is meant, as it was signed; empty: the newest. The ledger may grow meanwhile */
};

struct bundle_report {
    uint64_t size, from, to;
    uint64_t leaves, blobs, withheld, erased, members, bytes;
    int64_t lag_ms; /* -1: nothing from outside covers any of it */
};

/* Writes to `fd`, which is an empty regular file. tmp_dir: where the unlinked files are made. ERR_INVALID: no such leaves, or none
 * is signed yet; ERR_CORRUPT: the ledger or a blob does not hold. */
bool bundle_write(const struct bundle_options *o, int fd, int tmp_dir, struct bundle_report *ret, struct err *e) MUST_USE;

/* A tlog-proof of the leaf under the checkpoint `note` (of the reader's own head). */
bool proof_write(struct ledger_reader *r, uint64_t index, struct str note, struct buf *out, struct err *e) MUST_USE;
/* The note to prove under: checkpoint.witnessed where it is of the reader's head, else the checkpoint. */
bool proof_note(struct ledger_reader *r, int ledger_dir, struct buf *out, struct err *e) MUST_USE;

#endif
