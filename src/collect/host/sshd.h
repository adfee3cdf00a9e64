/* sshd.h - what other tables ask of the OpenSSH server's configuration. */
#ifndef COLLECT_HOST_SSHD_H
#define COLLECT_HOST_SSHD_H

#include "collect/host/host.h"

/* All values that `key` (lower case) has anywhere, Match blocks included; the built-in default when it is set nowhere outside of
 * them. */
size_t sshd_values(struct gather *g, const char *key, struct str **ret);

#endif
