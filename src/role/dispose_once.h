/*
 * dispose_once.h - carries out what was approved: dispositions of documents (assess/documents.h). What the schedule of `assay serve` and
 * `assay document dispose` do alike.
 *
 * Each document is reckoned again: what is on hold by then, or no longer due, stays and is named. The files of all versions and their texts are
 * erased through the ledger (erase leaves signed by the officer's key), then one operation moves the documents and the disposition, with the
 * certificate. What broke off in between goes on at the next time.
 */
#ifndef ROLE_DISPOSE_ONCE_H
#define ROLE_DISPOSE_ONCE_H

#include "base/env.h"
#include "keeper/data_dir.h"
#include "keeper/keeper.h"

/* All that are approved, one after the other. What is refused is said on standard error and stays approved. False: the keeper is away. */
bool dispositions_carry_out(struct keeper_client *k, const struct data_dir *d, struct db *db, const struct env *env, int64_t today, struct err *e) MUST_USE;
/* One of them. ERR_CONFLICT: its documents are not those that were approved any more. */
bool disposition_carry_out(struct keeper_client *k, const struct data_dir *d, struct db *db, const struct env *env, struct arena *a, int64_t today, struct str id, struct err *e) MUST_USE;

#endif
