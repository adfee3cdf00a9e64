/*
 * witness_poll.h - a witness that only connects out: it asks the logs of its list for their heads, and brings each of them its
 * cosignature. For a laptop behind a router, or wherever nobody can connect to.
 */
#ifndef ROLE_WITNESS_POLL_H
#define ROLE_WITNESS_POLL_H

#include "base/err.h"
#include "base/str.h"
#include <stdint.h>

struct witness_poll {
    const char *dir;     /* of the witness */
    const char *name;    /* of the key when it is made; NULL: made up */
    const char *ca_file; /* authorities that https logs must be under; NULL: the system's */
    struct str logs;     /* lines of ledger/log_list.h to add first */
    int64_t interval_ms; /* 0: once */
};
/* Polls every log of the list that has an address until SIGTERM, or once, and prints a line when something changes. Exit status: 0;
 * 1 when a log shows less than what was cosigned, or another history; 3 when one could not be asked (with interval_ms 0). */
int witness_poll_run(const struct witness_poll *o);

#endif
