/*
 * walk.h - the one walk of a run over the local file systems, and the walk of a live query over a part of them.
 *
 * One getdents64 and one statx an inode, no path built unless somebody wants it. Walks what /proc/self/mountinfo says lies on local,
 * real file systems; not: proc, sys and their like, network file systems and FUSE (they can hang), overlays and layers of containers,
 * read-only images (squashfs), and a second mount of what is walked already. Symbolic links are never followed, so there are no loops.
 *
 *     struct walk *w = walk_new(arena, source);
 *     if (!walk_run(w, &(struct walk_options){.deadline_ms = ...}, &e)) ...
 *     for (i < walk_findings(w, &list)) ...
 */
#ifndef COLLECT_HOST_WALK_H
#define COLLECT_HOST_WALK_H

#include "collect/host/source.h"

struct statx;
struct walk;

enum finding_kind {
    FINDING_SUID,
    FINDING_SGID,
    FINDING_WORLD_WRITABLE,
    FINDING_NO_STICKY,
    FINDING_UNOWNED,
    FINDING_UNGROUPED,
    FINDING_PATH_WRITABLE
};

struct walk_finding {
    enum finding_kind kind;
    struct str path;
    enum file_kind type;
    mode_t mode;
    uid_t uid;
    gid_t gid;
};

/* What could not be walked: which folder, and why. */
struct walk_gap {
    struct str path;
    struct str reason;
};

struct walk_totals {
    uint64_t inodes, folders, mounts, mounts_skipped;
};

/* One file met. `name` is the last part of `path`. */
struct walk_entry {
    struct str folder; /* "/etc", "/" */
    struct str name;
    const struct statx *facts;
};

struct walk_options {
    int64_t deadline_ms;    /* monotonic; 0: none. Reaching it stops the walk with a gap, not an error */
    struct str prefix;      /* only what starts with it (ASCII case ignored); empty: all */
    /* Told of every file met under the prefix. May be NULL: then only findings are kept. False stops the walk. */
    bool (*each)(void *context, const struct walk_entry *entry);
    void *context;
    bool is_without_findings;
};

struct walk *walk_new(struct arena *a, struct source *s);
/* False only if the root itself cannot be read. */
bool walk_run(struct walk *w, const struct walk_options *options, struct err *e) MUST_USE;
size_t walk_findings(const struct walk *w, const struct walk_finding **ret);
size_t walk_gaps(const struct walk *w, const struct walk_gap **ret);
const struct walk_totals *walk_totals(const struct walk *w);
const char *finding_kind_name(enum finding_kind kind);
const char *file_kind_name(enum file_kind kind);

#endif
