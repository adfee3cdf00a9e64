/*
 * rebuild.h - `assay rebuild`: the projection from leaves and blobs alone, by a process of its own, while no keeper runs.
 */
#ifndef KEEPER_REBUILD_H
#define KEEPER_REBUILD_H

#include "keeper/keeper.h"

struct rebuild_report {
    uint64_t leaves;
};
/* ERR_CONFLICT while a keeper runs. */
bool keeper_rebuild(const char *data_dir, const struct op_kind *kinds, size_t kind_count, const struct env *env,
                    struct rebuild_report *ret, struct err *e) MUST_USE;

#endif
