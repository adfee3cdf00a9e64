/*
 * host_run.h - one gathering of a host's tables by a child process, table by table.
 *
 * The child reads the host and writes framed answers to a socket; nothing else. A table over its time limit, or one that ends the
 * child (a crash, no memory), gets the state none with the reason, and a new child goes on with the rest: one bad file never
 * costs a run. The walk over the file systems is made once, by the child that first needs it.
 *
 *     struct host_run run = {.root = NULL, .env = env, .tables = list, .table_count = n, .each = keep, .context = &kept};
 *     if (!host_run(&run, &e)) ...
 */
#ifndef COLLECT_HOST_RUN_H
#define COLLECT_HOST_RUN_H

#include "base/env.h"
#include "collect/host/host.h"

struct collected_table {
    const struct host_table *table;
    enum table_state state;
    int64_t from_ms, to_ms; /* wall clock: when it was read */
    uint64_t row_count;
    struct str reason; /* empty when complete */
    struct str plain;  /* canonical rows, an empty line, canonical rows of table_status */
    struct str record; /* the bytes read; data NULL when there are none to keep */
};

struct host_run {
    const char *root; /* a tree; NULL: the running host */
    const struct env *env;
    const struct host_table *const *tables;
    size_t table_count;
    int64_t now_ms;         /* the clock that gather functions see */
    unsigned time_limit_ms; /* not 0: for every table, instead of its own (tests) */
    /* Told before a table is read; may be NULL. */
    void (*begins)(void *context, const struct host_table *table);
    /* Told of each table once, in the order of `tables`; its bytes are valid during the call. False ends the run. */
    bool (*each)(void *context, const struct collected_table *table, struct err *e);
    void *context;
};

/* ERR_UNAVAILABLE when no child can be started, ERR_NOT_FOUND or ERR_INVALID for a root that is none; else what `each` said. */
bool host_run(const struct host_run *run, struct err *e) MUST_USE;

/* The tables that a run captures: by name, or all; in the order in which to read them. ERR_NOT_FOUND names one that does not
 * exist. */
bool host_run_tables(struct arena *a, const char *const *names, size_t name_count, const struct host_table *const **ret,
                     size_t *ret_count, struct err *e) MUST_USE;

/* Runs a gather function again over the record of a past capture; ret_plain as collected_table.plain, in `a`. ERR_UNSUPPORTED
 * when the record holds a file by its digest only. */
bool host_reperform(struct arena *a, const struct host_table *table, struct str record, int64_t now_ms, struct str *ret_plain,
                    struct err *e) MUST_USE;

#endif
