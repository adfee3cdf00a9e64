/*
 * mirror.h - following a log: pulling its files into a mirror here, or pushing them to a mirror elsewhere.
 */
#ifndef ROLE_MIRROR_H
#define ROLE_MIRROR_H

#include "base/err.h"
#include "base/str.h"
#include "ledger/cosigner.h"
#include "ledger/mirror.h"
#include <stdint.h>

struct mirror_pull {
    const char *from; /* "http://…" or "https://…", the prefix before /checkpoint; or a directory */
    const char *dir;  /* of the mirror */
    const char *name;
    const char *ca_file;
    struct str logs;     /* lines of ledger/log_list.h to add first */
    int64_t interval_ms; /* 0: once */
    bool cosigns;
};
/* Pulls and prints a line for each time that something came, until SIGTERM or, with interval_ms 0, once. Returns the exit status.
 */
int mirror_pull_run(const struct mirror_pull *o);

/* Adds what mirror_learned tells to the list of the directory, and says so on standard error. */
bool mirror_learned_keep(struct mirror *m, const struct cosigner *cosigner, struct err *e) MUST_USE;

/* Opens the directory that holds a log's checkpoint: `path` itself, or the only ledger/<hash> below it. -1: ERR_NOT_FOUND,
 * ERR_CONFLICT when there are several. */
int mirror_source_open(const char *path, struct err *e);
/* Pushes that log to the mirror with submission prefix `url`. */
bool mirror_push(int source, const char *url, const char *ca_file, struct buf *ret_lines, struct mirror_sent *ret,
                 struct err *e) MUST_USE;

#endif
