/*
 * recipes.h - the recipes that role_main knows. Each takes argv behind the role's name and returns the exit status. Private to
 * src/role.
 */
#ifndef ROLE_RECIPES_H
#define ROLE_RECIPES_H

#include "base/err.h"
#include "os/spawn.h"

enum { ROLE_FIRST_FD = 3 };
/* What the worker sends back: canonical result lines, or why there are none. */
enum { WORKER_RESULTS = 1, WORKER_FAILED = 2 };

int role_signer(int argc, char **argv);
int role_keeper(int argc, char **argv);
int role_web(int argc, char **argv);
int role_collect(int argc, char **argv);
int role_host(int argc, char **argv);
int role_worker(int argc, char **argv);
int role_anchor(int argc, char **argv);
int role_scrub(int argc, char **argv);
int role_schedule(int argc, char **argv);
int role_post(int argc, char **argv);
int role_connect(int argc, char **argv);
int role_inspect(int argc, char **argv);
int role_print(int argc, char **argv);
int role_bundle(int argc, char **argv);

/* Starts a process of another role that answers over a socket; before any jail, which starts nothing. ret_fd: our end. */
bool role_helper_start(const char *role, struct os_child *ret, int *ret_fd, struct err *e) MUST_USE;
/* "assay: ROLE: text" on standard error; the exit status that belongs to it. */
int role_fail(const char *role, const struct err *e);

#endif
