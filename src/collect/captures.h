/*
 * captures.h - the tables as they were captured: what was known of one subject, or of all, at an instant.
 *
 * `captures_open` reads from the projection which capture of each table counts; rows are decrypted and decoded only when a table
 * is asked for, and then kept until captures_close. Also gives table_status. Not for several threads.
 *
 *     struct blob_opener *blobs = blob_opener_direct(arena, data_dir, &e);          // a process that may read private/keyring
 *     struct captures *c = captures_open(db, blobs, &(struct captures_options){.at_ms = now}, &e);
 *     const struct table_provider *list; size_t n = captures_providers(c, &list);
 *     vtab_register(db_sqlite(memory), list, n, &e) ...
 *     captures_close(c);
 *
 * taken_at and received_at are those of the newest run that saw the table so (an unchanged table is seen again by each run);
 * subject and run_id (the run leaf's index in decimal) likewise. A table that no run of a known subject has ever seen is "none" in
 * table_status: a run may be asked for a few tables only, and what it left out must not look like an empty population.
 */
#ifndef COLLECT_CAPTURES_H
#define COLLECT_CAPTURES_H

#include "base/times.h"
#include "blob/blob.h"
#include "collect/host/host.h"
#include "db/db.h"
#include "keeper/keeper.h"

/* How sealed blobs are opened. */
struct blob_opener {
    /* The plaintext of the blob `x`, which leaf `leaf` names, in `a`. */
    bool (*open)(void *context, struct arena *a, uint64_t leaf, const char *c, const char *x, struct str *ret_plain,
                 struct err *e);
    void *context;
};
/* Packs and keyring of the data directory, by this very process; closed with the arena. */
struct blob_opener *blob_opener_direct(struct arena *a, const char *data_dir, struct err *e) MUST_USE;
/* Packs by this process (read-only), keys one at a time from the keeper. `client` must outlive it. */
struct blob_opener *blob_opener_keeper(struct arena *a, const char *data_dir, struct keeper_client *client,
                                       struct err *e) MUST_USE;

/* As struct bundle_blobs wants it (ledger/bundle.h): not yet held against c. `opener` is one of the two above. */
bool blob_opener_unseal(void *opener, struct arena *a, uint64_t leaf, const char *c, const char *x, struct blob_opened *ret, struct err *e) MUST_USE;

struct captures_options {
    struct str subject;   /* empty: all subjects */
    int64_t at_ms;        /* by received_at; 0: the newest */
    int64_t run_leaf;     /* not 0: as of this run, inclusive (at_ms is ignored) */
    int64_t capture_leaf; /* not 0: only this one capture (a leaf of type item), and its table_status */
    int64_t now_ms;       /* not 0: a table that was last seen more than CAPTURE_STALE_MS before is "none" in table_status */
};
/* The default of a control's max_staleness: what was seen longer ago says nothing of now. */
#define CAPTURE_STALE_MS (3 * MS_DAY)

/* What counts for one (subject, table). */
struct capture {
    struct str subject, table, state, reason; /* state: complete, partial, none */
    int64_t leaf;                             /* of the item */
    int64_t run;                              /* leaf of the newest run that saw it so */
    int64_t version, row_count;
    int64_t taken_at_ms, received_at_ms; /* of that run */
    struct str c, x, bytes_c, bytes_x;   /* bytes_*: data NULL without a record */
    int64_t erased_by;                   /* the erase leaf of its rows, -1: they are there. An erased one has the state none. */
    int64_t record_erased_by;            /* of the bytes that they were read from */
};

struct captures;
struct captures *captures_open(struct db *projection, const struct blob_opener *blobs, const struct captures_options *options,
                               struct err *e) MUST_USE;
struct captures *captures_close(struct captures *c);
/* A provider for every table of host_tables that can be captured, and for table_status. They live as long as `c`. */
size_t captures_providers(struct captures *c, const struct table_provider **ret);
/* The captures themselves, by subject and table. */
size_t captures_list(const struct captures *c, const struct capture **ret);
const struct capture *captures_find(const struct captures *c, struct str subject, struct str table);
/* Rows of one capture, decoded (kept until captures_close). */
bool captures_rows(struct captures *c, const struct capture *which, const struct rows **ret_rows, const struct rows **ret_status,
                   struct err *e) MUST_USE;
/* The plaintext of its rows blob, and of its record (empty when there is none, or it was erased); in `a`. ERR_NOT_FOUND "… was
 * erased by leaf N". */
bool captures_bytes(struct captures *c, struct arena *a, const struct capture *which, struct str *ret_rows,
                    struct str *ret_record, struct err *e) MUST_USE;
/* Splits the plaintext of a rows blob into its two sections: the rows, and the rows of table_status. ERR_CORRUPT. */
bool capture_split(struct str plain, struct str *ret_rows, struct str *ret_status, struct err *e) MUST_USE;

#endif
