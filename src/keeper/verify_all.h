/*
 * verify_all.h - `assay verify`: the ledger (ledger/verify.h), and beside it what only this room knows: that the signer has
 * signed nothing that is not there any more, and that the projection, which every page and report is made from, is what the
 * ledger gives.
 *
 *     struct verify_report r;
 *     if (!verify_all(path, &options, kinds, kind_count, arena, &r, &e)) ...    // could not even start
 *
 * Codes: E82 the signer's head is ahead of the journal, E86 the projection says otherwise than the ledger. The projection is made
 * again in memory for it, so that is left out, and said, with options->without_blobs or when it is larger than
 * VERIFY_PROJECTION_BYTES_MAX.
 */
#ifndef KEEPER_VERIFY_ALL_H
#define KEEPER_VERIFY_ALL_H

#include "keeper/keeper.h"
#include "ledger/verify.h"

#define VERIFY_PROJECTION_BYTES_MAX ((int64_t)1 << 30)

bool verify_all(const char *data_dir, const struct verify_options *o, const struct op_kind *kinds, size_t kind_count,
                struct arena *a, struct verify_report *ret, struct err *e) MUST_USE;

#endif
