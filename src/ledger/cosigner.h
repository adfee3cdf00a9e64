/*
 * cosigner.h - the directory of a witness or a mirror: its key, the list of its logs, a lock so that one process serves it.
 *
 *     key     private key (0600), made at the first opening:  PRIVATE+KEY+name+id+base64(0x04 || seed)
 *     logs    log_list.h; changed by a durable replace, so that a running server sees the old list or the new
 *     lock    held (flock) by the serving process
 */
#ifndef LEDGER_COSIGNER_H
#define LEDGER_COSIGNER_H

#include "ledger/cosignature.h"
#include "ledger/log_list.h"

struct cosigner {
    int dir;
    int lock; /* -1: not held */
    struct note_key key;
    struct ed25519_private private_key;
};

/* Opens `path`, made (0700) when missing, and reads or makes the key. A new key is called `name`, or, if NULL,
 * "<hostname>/assay-<kind>/<8 hex>"; with an existing one `name` must agree (ERR_CONFLICT). is_serving: take the lock,
 * ERR_CONFLICT when another process has it. */
bool cosigner_open(const char *path, const char *kind, const char *name, bool is_serving, const struct env *env,
                   struct cosigner *ret, struct err *e) MUST_USE;
void cosigner_close(struct cosigner *c);
/* The list; empty when there is no file. */
bool cosigner_logs(const struct cosigner *c, struct arena *a, struct log_list *ret, struct err *e) MUST_USE;
/* Adds the lines of `text` that name keys which are not there yet, and gives those that are the address of their new line, if it has
 * one; all are checked first. ret_added (may be NULL): how many lines are new or changed. */
bool cosigner_logs_add(const struct cosigner *c, struct arena *a, struct str text, size_t *ret_added, struct err *e) MUST_USE;

#endif
