/*
 * audit_sample.h - samples of the audit as records: what an auditor commits to, what is drawn from it, and what is added later (ledger/draw.h has the draw).
 *
 *   committed   {commitment, definition, profile, method, strata, size}: none of it changes any more
 *   revealed    {nonce, seed, close_leaf, head_size, root, rows, digest, is_late, drawn, items}: sample_show computes all of it from the nonce; the keeper
 *               does the same and refuses what differs (audit_guard.c)
 *
 * `drawn` has a line an item, in the order they came:
 *   17 draw          drawn; "17 draw 2026-03": for that stratum
 *   9 instead 17     17 was void or out of scope; 9 has the next smallest hash
 *   5 extend         the one extension
 *   3 target         picked for a reason: marked, and never projected
 *   all 412          everything
 */
#ifndef ASSESS_AUDIT_SAMPLE_H
#define ASSESS_AUDIT_SAMPLE_H

#include "ledger/draw.h"
#include "record/record.h"

enum { SAMPLE_ITEMS_MAX = 20000 };

/* ---- the population ---- */

struct sampling_frame {
    struct record *record;
    struct str engagement, digest, definition; /* definition: SHA-256 of what is asked of which system for which days, hex */
    int64_t rows;        /* -1: not said */
    int64_t freeze_leaf; /* -1: not frozen */
    int64_t close_leaf;  /* -1: not closed */
    bool is_checked, is_gone; /* complete and accurate; replaced by another one */
    struct str c, x;     /* of its rows; "" none */
    int64_t file_leaf;
};
bool sampling_frame_read(struct db *db, struct arena *a, struct str id, struct sampling_frame *ret, struct err *e) MUST_USE;

/* ---- what is drawn ---- */

enum sample_from { SAMPLE_DRAWN, SAMPLE_INSTEAD, SAMPLE_EXTENSION, SAMPLE_TARGETED };
struct sample_item {
    int64_t item, instead; /* instead: of which, or 0 */
    enum sample_from from;
    bool is_replaced;
    struct str stratum;
};
struct sample_items {
    struct sample_item *items;
    size_t count;
    bool is_all;
};
const char *sample_from_name(enum sample_from f); /* "draw", "instead", "extend", "target" */
/* ERR_INVALID: a line that is none of the above. */
bool sample_items_read(struct arena *a, struct str drawn, struct sample_items *ret, struct err *e) MUST_USE;
const struct sample_item *sample_item_find(const struct sample_items *s, int64_t item);

/* Where roots and rows come from: the keeper's ledger, or readers of it. */
struct sample_source {
    bool (*root)(void *context, uint64_t size, struct sha256 *ret, struct err *e); /* ERR_CONFLICT: not signed yet */
    bool (*rows)(void *context, struct arena *a, int64_t leaf, struct str c, struct str x, struct str *ret, struct err *e);
    void *context;
};

/* What is set by the step `reveal`: all members but those of the commitment. ERR_CONFLICT says what is still missing: frozen, sealed. */
struct json *sample_show(struct db *db, struct arena *a, const struct sample_source *s, const struct record *sample, struct str nonce, struct err *e);
/* The steps after it; each gives {"drawn","items"} (extend: and "extended_to","is_extension"). */
struct json *sample_replace(struct db *db, struct arena *a, const struct sample_source *s, const struct record *sample, int64_t item, struct err *e);
struct json *sample_target(struct arena *a, const struct record *sample, const int64_t *items, size_t count, struct err *e);
struct json *sample_extend(struct db *db, struct arena *a, const struct sample_source *s, const struct record *sample, int64_t to, struct err *e);
/* Draws a sample again from what is stored: {"id","is_same","differences":[text],"checks":[{"what","is_ok","words"}],"drawn"}. */
struct json *sample_again(struct db *db, struct arena *a, const struct sample_source *s, const struct record *sample, struct err *e);

/* The size that the engagement's auditor uses for so many occurrences: {"size","why"}; `profile` "" is the engagement's. */
struct json *sample_propose(struct db *db, struct arena *a, struct str engagement, struct str profile, int64_t population, bool is_automated, struct err *e);

/* Leaves that came with samples, populations and sheets: projection table audit_leaf(leaf, kind, subject, engagement, t, statement). -1: there is none. */
int64_t audit_leaf_of(struct db *db, const char *kind, struct str subject, int64_t after, struct err *e);

#endif
