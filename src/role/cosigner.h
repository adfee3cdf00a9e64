/*
 * cosigner.h - serving a witness or a mirror over HTTP until SIGTERM: one process, one directory (ledger/cosigner.h).
 */
#ifndef ROLE_COSIGNER_H
#define ROLE_COSIGNER_H

#include "base/err.h"
#include "base/str.h"

enum cosigner_kind { COSIGNER_WITNESS, COSIGNER_MIRROR };

struct cosigner_serve {
    enum cosigner_kind kind;
    const char *dir;
    const char *listen; /* "127.0.0.1:8421", any address of this machine, or unix:/path */
    const char *name;   /* of the key when it is made; NULL: made up */
    struct str logs;    /* lines of ledger/log_list.h to add before serving; may be empty */
};
/* Prints the verifier key and the address on standard output, then serves. Everything that is exchanged is signed, so plain HTTP
 * on any address gives away nothing but origin, size and root. Returns the exit status. */
int cosigner_serve(const struct cosigner_serve *o);

#endif
