/*
 * projection.h - the database that is computed from the ledger: opening, catching up, applying leaves, rebuild, dump.
 *
 * The same function applies a leaf in the keeper, at catch-up and in rebuild, from the leaf and its blobs alone; so rebuild gives
 * the same rows, and a projection that is behind, missing, damaged or of another schema mends itself when a keeper starts.
 */
#ifndef KEEPER_PROJECTION_H
#define KEEPER_PROJECTION_H

#include "blob/blob.h"
#include "keeper/keeper.h"
#include "ledger/ledger.h"

#define PROJECTION_FILE "db/assay.db"

struct projection {
    struct db *db;
    const struct op_kind *kinds;
    size_t kind_count;
    uint64_t next;         /* index of the next leaf to apply */
    struct arena *scratch; /* of one leaf */
};

/* Was it made with the schema that is compiled in? */
bool projection_has_schema(struct db *db);

/* Opens DATA/db/assay.db for writing. A missing, damaged or differently shaped file is moved out of the way and an empty one
 * made: the caller catches up. */
bool projection_open(struct projection *p, const char *data_path, const char *origin, const struct op_kind *kinds,
                     size_t kind_count, struct err *e) MUST_USE;
/* An empty one in memory, which nobody else sees: to compare with. */
bool projection_open_memory(struct projection *p, const char *origin, const struct op_kind *kinds, size_t kind_count,
                            struct err *e) MUST_USE;
void projection_close(struct projection *p);
/* Applies the leaf of index p->next inside the caller's transaction, and moves p->next on. ret_answer (may be NULL): what the
 * operation of this leaf is answered, canonical JSON in `a`. */
bool projection_apply(struct projection *p, struct arena *a, struct str leaf, const struct blob_reader *blobs,
                      struct str *ret_answer, struct err *e) MUST_USE;
/* Writes p->next; once before each commit. */
bool projection_note_next(struct projection *p, struct err *e) MUST_USE;
/* Applies what the ledger has and the projection has not, in transactions of a thousand leaves. ERR_CORRUPT when the projection
 * is ahead of the ledger or holds another leaf at its end: the caller starts it anew. */
bool projection_catch_up(struct projection *p, struct ledger *l, const struct blob_reader *blobs, struct err *e) MUST_USE;

/* Opens, checks that what it holds is of this ledger, catches up; starts anew where it does not fit. */
bool projection_prepare(struct projection *p, const char *data_path, const char *origin, const struct op_kind *kinds,
                        size_t kind_count, struct ledger *l, const struct blob_reader *blobs, struct err *e) MUST_USE;
/* Makes db/assay.db anew beside the old one and puts it in its place. */
bool projection_rebuild(const char *data_path, const char *origin, const struct op_kind *kinds, size_t kind_count,
                        struct ledger *l, const struct blob_reader *blobs, uint64_t *ret_leaves, struct err *e) MUST_USE;

/* Every row of every table as canonical JSON lines ["table", column…], tables by name, rows by all their columns, bytes as
 * {"hex":"…"}. Calls `write` with pieces of the text. */
bool projection_dump(struct db *db, bool (*write)(void *context, struct str text, struct err *e), void *context,
                     struct err *e) MUST_USE;

/* Reads a leaf's blobs from packs and keyring. */
struct blob_store_reader {
    struct pack_store *packs;
    struct keyring *keys;
};
struct blob_reader blob_store_reader(struct blob_store_reader *s);

#endif
