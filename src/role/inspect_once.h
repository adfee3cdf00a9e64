/*
 * inspect_once.h - has uploaded evidence looked at and says what was found: opens the files (key by key from the keeper), hands them to the role
 * `inspect`, and submits the conclusions (assess/evidence.h). What the schedule of `assay serve` and `assay evidence` do alike.
 */
#ifndef ROLE_INSPECT_ONCE_H
#define ROLE_INSPECT_ONCE_H

#include "inspect/inspect.h"
#include "keeper/data_dir.h"
#include "keeper/keeper.h"
#include "os/spawn.h"

/* Starts the process that looks at files; before any jail. ret_fd: our end. */
bool inspect_start(struct os_child *ret, int *ret_fd, struct err *e) MUST_USE;

struct inspections {
    struct keeper_client *keeper;
    const struct data_dir *dir;
    struct db *db;
    const struct env *env;
    int fd;          /* of inspect_start */
    int64_t since_t; /* changed at or after; moves on with what was looked at */
};
enum { INSPECTIONS_MAX = 20 };
/* All that waits, at most INSPECTIONS_MAX a call, so that other work gets its turn. ret_count: how many were looked at; fewer: nothing waits any more. What one
 * piece of evidence has against it does not hold up the others. False: the keeper or the process is away. */
bool inspections_submit(struct inspections *s, size_t *ret_count, struct err *e) MUST_USE;
/* One piece of evidence now, whether it waits or not. */
bool inspection_submit(struct inspections *s, struct str id, struct err *e) MUST_USE;

/* The same of documents: what was found in their files, and the text for the search (assess/documents.h). */
bool documents_submit(struct inspections *s, size_t *ret_count, struct err *e) MUST_USE;

#endif
