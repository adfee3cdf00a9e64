/*
 * family.h - keeper and signer as children of a bench, which keeps its own clock and sends operations without waiting for each.
 *
 * Every failure ends the program: a bench that could not write has nothing to say.
 */
#ifndef BENCH_FAMILY_H
#define BENCH_FAMILY_H

#include "base/env.h"
#include "keeper/data_dir.h"
#include "keeper/keeper.h"

struct family {
    const char *program; /* named before what went wrong */
    const struct env *env;
    int fd;
    struct keeper_client *client;
};

_Noreturn void family_die(const struct family *f, const char *what, const struct err *e);
/* `env` is the keeper's, too, and has to outlive it. */
void family_start(struct family *f, const struct data_dir *data);
/* Gives the operation an id and sends it. */
void family_send(struct family *f, struct op *op);
/* The next answer, in the order of sending: the operation's leaf. */
int64_t family_receive(struct family *f, struct arena *a, const char *kind);
/* Waits until everything is signed, and for the end of both. */
void family_end(struct family *f);

#endif
