/*
 * asking.h - the jail of processes that ask others over the network and keep what they hear in a directory of their own (a polling
 * witness, a pulling mirror). Private to src/role.
 */
#ifndef ROLE_ASKING_H
#define ROLE_ASKING_H

#include "os/jail.h"

/* What names and certificates are looked up with. */
void asking_allow(struct jail *j);
/* Writes below `dir`, reads `ca_file` and `from` (both may be NULL), connects to whom it likes, and nothing else. */
bool asking_jail_enter(const char *dir, const char *ca_file, const char *from, struct err *e) MUST_USE;

#endif
