/*
 * scrub.h - `assay scrub`: are the stored blobs still what they were? Needs no key and no keeper, and writes nothing but its own
 * progress.
 *
 * Each record of each pack is read and hashed: its hash is its name. Each leaf under the checkpoint is read: every blob that it
 * names is there, or an `erase` leaf names it; what an `erased` leaf says is gone is gone. What the blobs say, and whether they open,
 * is `assay verify`'s.
 *
 * A scheduled scrub goes on where the last one was broken off (private/scrub/state, pack by pack), rests between packs, and leaves
 * its answer in private/scrub/result for doctor. They have a folder of their own, so that the process that scrubs by schedule needs
 * nothing else of private/.
 */
#ifndef KEEPER_SCRUB_H
#define KEEPER_SCRUB_H

#include "base/times.h"
#include "keeper/data_dir.h"

enum { SCRUB_FINDINGS_MAX = 100 };
#define SCRUB_EVERY_MS (7 * MS_DAY)

struct scrub_report {
    uint32_t packs;
    uint64_t records, bytes, leaves, blobs, erased;
    struct str *findings; /* the first SCRUB_FINDINGS_MAX, a line each */
    size_t finding_count;
    bool is_ok;
};

struct scrub_options {
    const struct env *env;
    bool is_scheduled; /* keep the state, go on from it, leave the result, and take it slowly */
    void (*progress)(void *context, uint32_t pack, uint32_t packs, uint64_t bytes); /* may be NULL */
    void *context;
    /* Called when the data directory is open and before anything in it is read, to give up all but SCRUB_DIR to write, and the ledger
     * and the blobs to read. NULL: nothing is given up. */
    bool (*confine)(const struct data_dir *d, struct err *e);
};
#define SCRUB_DIR "private/scrub"

/* False: it could not be done. Findings are in the report. */
bool scrub(const char *data_dir, const struct scrub_options *o, struct arena *a, struct scrub_report *ret, struct err *e) MUST_USE;
struct json *scrub_report_json(struct arena *a, const struct scrub_report *r);
/* The last scheduled scrub's {"at":ms, "ok":bool, …}; NULL when there was none. */
struct json *scrub_result(const struct data_dir *d, struct arena *a);
/* The last one is a week old, or was broken off. */
bool scrub_is_due(const struct data_dir *d, int64_t now_ms);

#endif
