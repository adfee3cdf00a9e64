/*
 * host.h - the tables of a Linux host. Each table is one file of this folder with one `const struct host_table`; host_tables lists them.
 *
 * A gather function reads its source and adds rows; it never writes, never blocks without limit, and treats every byte as untrusted.
 * What it could not read it says with gather_missing (a row of table_status: the table is then partial, or none if it returns false).
 * Order of rows does not matter: encoding sorts. Facts must be deterministic: no counters that tick between two reads of an unchanged
 * host where it can be helped (mark such a table `is_volatile`).
 */
#ifndef COLLECT_HOST_HOST_H
#define COLLECT_HOST_HOST_H

#include "collect/host/source.h"
#include "table/table.h"
#include "table/vtab.h"

struct walk; /* collect/host/walk.h: the one file walk of a run */

enum table_origin {
    FROM_FILES,  /* bytes are recorded; works on a tree and on a record */
    FROM_KERNEL, /* proc, sys, netlink, system calls: only rows are kept; only on the running host */
    FROM_WALK    /* the one file walk: rows only; works on a tree */
};

enum table_need {
    NEED_NOTHING = 0,
    NEED_ROOT = 1,         /* complete only for root (or the capability); otherwise partial */
    NEED_INIT_NETNS = 2,   /* tells of the network namespace it runs in */
    NEED_INIT_USERNS = 4,
    NEED_SYSTEMD = 8
};

struct gather {
    struct arena *arena; /* of this table's run: scratch and rows */
    struct source *source;
    struct rows *rows;   /* to fill */
    struct rows *status; /* table_status rows, see gather_missing */
    struct walk *walk;   /* for FROM_WALK tables: done already; else NULL */
    const struct hint *hints; /* live queries: what is asked for; may be ignored */
    size_t hint_count;
    int64_t deadline_ms; /* monotonic; long loops ask gather_is_late */
};

struct host_table {
    const struct table_schema *schema;
    enum table_origin origin;
    unsigned needs;       /* enum table_need */
    unsigned time_limit_ms; /* 0: LIMIT_TABLE_TIME_MS */
    bool is_live_only;    /* never captured (files) */
    bool uses_hints;      /* a live query gathers again for each scan, with hints; otherwise once, and equality is answered by an index */
    bool is_volatile;     /* changes at every run by nature (processes, uptime) */
    bool works_on_tree;   /* gives rows under --root */
    bool (*gather)(struct gather *g, struct err *e); /* false: nothing could be read, the table's state is none with e's text */
};

extern const struct host_table *const host_tables[]; /* by name; NULL at the end (tables.c) */
const struct host_table *host_table_find(struct str name);
unsigned host_table_time_limit_ms(const struct host_table *t);

/* What one run of a gather function gave. status has one row "complete", or a row for each part that is missing. */
struct gathered {
    struct rows *rows;
    struct rows *status;
    enum table_state state;
};
/* Runs the gather function of `t` in `a`. `walk` may be NULL for other tables than FROM_WALK. Never fails: what went wrong is in the status. */
struct gathered host_table_gather(const struct host_table *t, struct arena *a, struct source *source, struct walk *walk, const struct hint *hints,
                                  size_t hint_count);
/* The answer for a table of which nothing could be read. */
struct gathered host_table_none(struct arena *a, const struct table_schema *schema, const char *reason);

/* Says that part of the table could not be read: `scope` which part (a path, a user), `missing` what, and why. */
void gather_missing(struct gather *g, struct str scope, const char *missing, const char *reason);
bool gather_is_late(const struct gather *g);
/* True and the value if the query asks for column = value. */
bool gather_hint_equal(const struct gather *g, const char *column, struct cell *ret);
bool gather_hint_prefix(const struct gather *g, const char *column, struct str *ret);

#endif
