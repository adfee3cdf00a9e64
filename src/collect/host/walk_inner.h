/* walk_inner.h - what the files of the walk share; nobody else includes it. */
#ifndef COLLECT_HOST_WALK_INNER_H
#define COLLECT_HOST_WALK_INNER_H

#include "base/arena.h"
#include "collect/host/walk.h"

struct mount {
    struct str path, parent, name, type, device, root;
    bool is_entered;
};

/* Known ids: a bitmap for the small ones, ranges (subordinate ids of containers) and single large ones in a list. */
struct id_set {
    uint8_t small[65536 / 8];
    struct id_range {
        uint32_t first, last;
    } *ranges;
    size_t range_count, range_capacity;
    bool is_known; /* false: the file of names could not be read, nothing can be said */
};

struct walk {
    struct arena *arena;
    struct source *source;
    struct mount *mounts;
    size_t mount_count;
    bool has_mounts;
    struct id_set users, groups;
    struct walk_finding *findings;
    size_t finding_count, finding_capacity;
    struct walk_gap *gaps;
    size_t gap_count, gap_capacity;
    struct walk_totals totals;
};

/* Reads /proc/self/mountinfo and decides which mount points below `root_fd` are entered. */
void walk_mounts_read(struct walk *w, int root_fd);
/* The mount points directly in `folder`. */
size_t walk_mounts_in(const struct walk *w, struct str folder, const struct mount **ret_first);
void walk_ids_read(struct walk *w);
bool walk_id_is_known(const struct id_set *set, uint32_t id);

#endif
