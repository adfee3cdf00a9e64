/*
 * repos.h - the archives that apt is told to use: sources.list(5). Read by the tables repos and pending_updates.
 */
#ifndef COLLECT_HOST_REPOS_H
#define COLLECT_HOST_REPOS_H

#include "collect/host/host.h"

enum repo_switch { REPO_UNSET = -1, REPO_NO = 0, REPO_YES = 1 };

struct repo {
    struct str type;
    struct str uri; /* as written, with a password if there is one */
    struct str suite;
    struct str components; /* data NULL: an exact path */
    struct str signed_by;  /* data NULL: not set */
    enum repo_switch trusted;
    enum repo_switch allow_insecure;
    enum repo_switch check_valid_until;
    bool is_enabled;
    struct str file;
    int64_t line;
};

struct repo_list {
    struct repo *items;
    size_t count;
    size_t capacity;
};

/* All entries, one a type, archive and suite, in g->arena. What cannot be read is said with gather_missing. */
void repos_read(struct gather *g, struct repo_list *ret);

#endif
