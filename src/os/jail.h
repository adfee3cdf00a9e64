/*
 * jail.h - what a process gives up after it has opened what it needs: seccomp (libseccomp) and Landlock (raw calls, by the ABI that the
 * kernel reports). Off under sanitizers, which need calls of their own. Where the kernel lacks one of them, the other still holds, and
 * `assay doctor` says which is which.
 *
 *     struct jail jail = {.kind = JAIL_KEEPER};
 *     jail_allow(&jail, data_dir, true);
 *     if (!jail_enter(&jail, e)) ...
 */
#ifndef OS_JAIL_H
#define OS_JAIL_H

#include "base/err.h"
#include <stddef.h>

enum jail_kind {
    JAIL_COMPUTE, /* descriptors that are open, memory, clock: no files, no sockets, no processes (signer, parsers) */
    JAIL_STORE,   /* files below the allowed paths, local sockets: no network, no exec (keeper, worker) */
    JAIL_SERVE,   /* as STORE, and accepting connections that come in on sockets it was handed; no new network sockets (web) */
    JAIL_CONNECT, /* reads the allowed paths, connects to whom it likes: changes nothing on disk, no exec (anchor) */
    JAIL_FETCH,   /* as CONNECT, and writes where it may: files below the allowed paths, no exec (polling witness, pulling mirror) */
    JAIL_READ,    /* reads the host: changes nothing on disk, no network sockets but netlink, no exec; its paths are not looked at (host
                     collector) */
    JAIL_READ_TREE, /* as READ, for a tree that is not running: keeps openat2, with which links stay inside the tree, and looks into no
                     process, so that Landlock (give "/" to read) refuses the writing that a filter cannot see in openat2 */
    JAIL_START    /* starts processes that have jails of their own and inherit this one: exec and files, no network sockets but netlink, no
                     change of the system; its paths are not looked at (the scheduler of collecting) */
};

enum { JAIL_PATHS_MAX = 20 };
struct jail {
    enum jail_kind kind;
    struct {
        const char *path;
        bool may_write;
    } paths[JAIL_PATHS_MAX];
    size_t path_count;
};

/* What holds in a process, or what this kernel could do. */
struct jail_state {
    int landlock_abi;      /* 0: the kernel has none, or it is switched off */
    bool has_seccomp;      /* the kernel has filters */
    bool is_sanitized;     /* this build runs without jails */
    bool no_new_privileges; /* of the calling process */
    int seccomp_mode;      /* of the calling process: 0 none, 2 filter */
};

/* A path below which files may be read, and written. A path that does not exist is left out. `path` must live until jail_enter. */
void jail_allow(struct jail *j, const char *path, bool may_write);
/* For good. What the kernel lacks is left out; what it has and refuses is an error. */
bool jail_enter(const struct jail *j, struct err *e) MUST_USE;
void jail_probe(struct jail_state *ret);

#endif
