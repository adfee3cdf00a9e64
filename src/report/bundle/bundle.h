/*
 * bundle.h - what an auditor takes home: everything that content/auditor.yaml lets them see of one engagement, in one file (doc/bundle.md), and the same
 * worked out again from that file alone.
 *
 * Writing: audit_bundle_open settles what is seen; audit_bundle_wants says of each leaf whether its blobs go in; audit_bundle_pages writes audit/ (what the
 * program states: records, evaluation, proofs, drafts of the report), index.html and pages/. Nothing looks at the clock: "now" is the time of the newest leaf.
 *
 * Again: bundle_again makes a projection from the leaves and blobs in the file, runs every test, draws every sample, counts and where it can selects every
 * population, evaluates every control and criterion, and compares each with what the bundle states.
 */
#ifndef REPORT_BUNDLE_BUNDLE_H
#define REPORT_BUNDLE_BUNDLE_H

#include "assess/engagement.h"
#include "assess/population_events.h"
#include "assess/reperform.h"
#include "ledger/bundle.h"
#include "record/examine.h"
#include "report/view_record.h"

enum { BUNDLE_PROOFS_MAX = 50000, AUDIT_BUNDLE_BYTES_MAX = 1 << 30 };

/* ---- writing ---- */

struct audit_bundle;
struct audit_bundle_options {
    struct db *db; /* whose newest leaf is the last one under the ledger's head */
    struct record_types *types;
    struct ledger_reader *ledger;
    int ledger_dir;
    const struct blob_opener *blobs;
    struct str engagement;
    /* A report as a file, or false where it cannot be made (a library is missing); may be NULL. */
    bool (*print)(void *context, struct arena *a, const struct json *document, const char *format, struct str *ret, struct err *e);
    void *print_context;
};
/* In `a`. ERR_NOT_FOUND: no such engagement. */
struct audit_bundle *audit_bundle_open(struct arena *a, const struct audit_bundle_options *o, struct err *e);
void audit_bundle_close(struct audit_bundle *b); /* NULL is fine */
const char *audit_bundle_audience(const struct audit_bundle *b); /* for the manifest */
const char *audit_bundle_purpose(const struct audit_bundle *b);
/* For struct bundle_blobs and struct bundle_options; context is the audit_bundle. */
bool audit_bundle_wants(void *context, uint64_t index, struct str type, const struct json *leaf);
bool audit_bundle_pages(void *context, struct bundle_sink *s, struct err *e);

/* ---- the whole of it ---- */

struct audit_bundle_job {
    struct db *db; /* the projection; no transaction is open */
    struct keeper_client *keeper; /* is asked to sign what is not signed yet */
    const struct blob_opener *blobs;
    const char *engagement;
    bool (*print)(void *context, struct arena *a, const struct json *document, const char *format, struct str *ret, struct err *e); /* as above */
    void *print_context;
    struct bundle_options *base; /* ledger_dir, origin, policy, tsa_chain, sign and blobs.open are the caller's; all else is filled in */
};
struct audit_bundle_moment {
    struct ledger_reader *ledger;
    struct record_types *types;
    struct audit_bundle *bundle;
    struct db *db; /* reads as of the moment until done */
};
/* Settles the moment: a reading transaction whose newest leaf is the last one that is signed. From then on bundle_write(job->base) writes that, whatever is
 * recorded meanwhile. What is made lives in `a` and in ret, which audit_bundle_done ends, in any case. ERR_NOT_FOUND: no such engagement; ERR_UNAVAILABLE:
 * the ledger is written to without a pause. */
bool audit_bundle_prepare(struct arena *a, const struct audit_bundle_job *job, struct audit_bundle_moment *ret, struct err *e) MUST_USE;
void audit_bundle_done(struct audit_bundle_moment *m);
/* The tlog-policy in force for asking witnesses; before there is one, the log alone. Buffers as large as these take. */
enum { BUNDLE_POLICY_BYTES_MAX = 64 << 10, BUNDLE_CHAIN_BYTES_MAX = 1 << 20 };
bool bundle_policy_read(struct db *db, struct buf *out, struct err *e) MUST_USE;
/* Certificates of the time-stamp authorities that are asked now, and of those that made a stamp which is still here. */
bool bundle_chain_read(struct db *db, struct buf *out, struct err *e) MUST_USE;

/* ---- what is stated, and computed again ---- */

/* What the tests of a setting observed of one subject: how many stretches, and the digest over them. Of control C and subject S at C * subject_count + S. */
struct bundle_observed {
    size_t count;
    struct sha256 digest;
};
/* The evaluation of an engagement over its window (or what has passed of it) at an instant; ret NULL: it has no days yet, or none has come. */
bool bundle_assess(struct db *db, struct arena *a, const struct blob_opener *blobs, const struct engagement *g, int64_t at_ms, int64_t leaf_limit, struct assessment **ret,
                   struct population_result **ret_fed, struct bundle_observed **ret_seen, struct err *e) MUST_USE;
/* One line: what a control's conclusion rests on, and the conclusion. */
struct json *bundle_control_state(struct arena *a, const struct assessment *as, const struct population_result *fed, const struct bundle_observed *seen, size_t control);
/* {"id","title","state","type","ver","leaf","t","values"}; canonical lines. */
struct json *bundle_record_state(struct arena *a, const struct record *r);

/* ---- again ---- */

struct op_kind;
struct bundle_again_options {
    const char *path;
    const struct op_kind *kinds;
    size_t kind_count;
    const char *scratch; /* an empty directory that nobody else reads; the caller removes it */
    int64_t last;        /* as in struct reperform_options */
    void (*progress)(void *context, uint64_t done, uint64_t all);
    void *context;
};
struct bundle_again_report {
    struct reperform_report tests;   /* its differences and what was left out: everybody's */
    struct str origin, engagement, audience;
    uint64_t leaves, members, bytes, blobs, withheld, erased;
    uint64_t records, records_stated;          /* compared; of them some changes are withheld, so that values are as stated */
    uint64_t populations;                      /* counted and hashed again */
    uint64_t populations_selected;             /* of them selected again: by their query from captures and records in here */
    uint64_t populations_imported;             /* or from the file as it came */
    uint64_t samples, sample_items;
    uint64_t controls, controls_from_source;   /* evaluated again; of them from sources in here, not from stated counts */
    uint64_t controls_listed;                  /* of those from sources: from performances, whose days and evidence are as stated, line by line */
    uint64_t performances;                     /* such lines; their states are those of leaves in here */
    uint64_t criteria;
    struct reperform_difference *not_done;     /* what was not done again, and why: kinds "population", "control" */
    size_t not_done_kept;
    uint64_t not_done_count;
    bool is_part;   /* not a full bundle: nothing can be performed again */
    bool is_broken; /* something else than blobs is damaged: nothing was performed again */
};
/* False: it could not be done. */
bool bundle_again(const struct bundle_again_options *o, struct arena *a, struct bundle_again_report *ret, struct err *e) MUST_USE;

#endif
