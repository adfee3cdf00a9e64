/*
 * recipes.h - the recipes that role_main knows. Each takes argv behind the role's name and returns the exit status. Private to src/role.
 */
#ifndef ROLE_RECIPES_H
#define ROLE_RECIPES_H

#include "base/err.h"

enum { ROLE_FIRST_FD = 3 };

int role_signer(int argc, char **argv);
int role_keeper(int argc, char **argv);
int role_web(int argc, char **argv);
int role_collect(int argc, char **argv);
int role_host(int argc, char **argv);

/* "assay: ROLE: text" on standard error; the exit status that belongs to it. */
int role_fail(const char *role, const struct err *e);

#endif
