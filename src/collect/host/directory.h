/*
 * directory.h - asking the NSS services of the running host (sssd, LDAP, winbind) for the accounts and groups that they know.
 *
 * The host's own modules do the work (nsswitch.conf(5), getpwent(3)), each in a process of its own: a service that hangs or a module
 * that crashes costs its time limit and no more. Nothing is asked of it but the list; hashes never leave that process.
 *
 *     struct str lines;   // "ann:x:10001:10001:Ann:/home/ann:/bin/bash\n" as in passwd(5) or group(5)
 *     if (!directory_list(arena, "passwd", "sss", &lines, &e)) ...
 */
#ifndef COLLECT_HOST_DIRECTORY_H
#define COLLECT_HOST_DIRECTORY_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum { DIRECTORY_TIME_MS = 4000, DIRECTORY_BYTES_MAX = 64 << 20 };

/* All entries of `database` ("passwd" or "group") that `service` gives by itself; sorted lines. The password field is x, empty or, when
 * the service hands out a hash, "hash". No entry at all is no error: services may refuse to list. ERR_TIMEOUT after DIRECTORY_TIME_MS,
 * ERR_UNAVAILABLE when the module ended on its own, ERR_TOO_LARGE. Blocks at most for the time limit; forks. */
bool directory_list(struct arena *a, struct str database, struct str service, struct str *ret_lines, struct err *e) MUST_USE;

#endif
