/*
 * role.h - one recipe per process: start, take the descriptors it was handed, drop, jail, loop.
 *
 * The parent (`assay serve`, or a command that needs a keeper) runs this program again as `assay --role NAME ARGUMENT…`;
 * role_main finds the recipe. Roles are no commands: nobody types them.
 *
 *   signer  DATA              3: socket to the keeper
 *   keeper  DATA              3: socket to who started it
 *   web     DATA COUNT LOG [CERT KEY]   3: listening sockets; LOG: private-log or public-log
 *   collect DATA …            schedules; starts one `host` child a run
 *   host    DATA              one scheduled run
 *   worker  DATA SUBJECT RUN_LEAF TAKEN_AT_MS PARAMETER_LEAF    3: socket to who asks; evaluates the tests of one run
 *   schedule DATA SECONDS    3: socket to the parent; does what a day asks for, sends digests
 *   inspect                  3: socket to who asks; looks at uploaded files, each in a process of its own that may only compute
 *   print                    3: socket to who asks; documents as PDF, each in a process of its own that may read fonts
 *   bundle  DATA             makes the bundles that were asked for, and ends
 *   post                     3: socket to who asks; hands notices to mail servers and webhooks
 *   connect                  3: socket to web; asks directories and providers who somebody is
 *   anchor  DATA INTERVAL_MS once|always [TLS_CA]   3: socket to the parent (not for once); witnesses and time stamping authorities
 */
#ifndef ROLE_ROLE_H
#define ROLE_ROLE_H

#include "base/err.h"
#include "keeper/keeper.h"

/* argv[0] is the role's name. Returns the exit status. */
int role_main(int argc, char **argv);

/* Every operation kind of the program: the keeper's table, put together from all floors. */
const struct op_kind *role_op_kinds(size_t *ret_count);

/* `assay serve`: starts the family and keeps it running until SIGTERM. */
/* A round takes up to ten seconds where a witness is down: with this, what is recorded is vouched for within a minute. */
enum { ANCHOR_INTERVAL_MS = 50 * 1000 };
struct serve_options {
    const char *data_dir;
    const char *listen;  /* "127.0.0.1:8420", "[::1]:8420", or "unix:/path"; NULL: the first of these, or systemd's socket */
    int64_t interval_ms;  /* between two collections; 0: none */
    int64_t heartbeat_ms; /* between two seals of an idle ledger */
    int64_t anchor_interval_ms; /* between two rounds of asking witnesses; 0: ANCHOR_INTERVAL_MS; below 0: nobody is asked */
    const char *anchor_ca; /* file of the authorities that https witnesses and time stamping servers must be under; NULL: the system's */
    const char *tls_cert, *tls_key; /* files (PEM): the web is served over TLS; NULL: plain, on loopback only */
    bool log_is_private; /* /log/ only for those who are signed in */
    bool prints_link;    /* print a one-time sign-in link once the web answers */
};
int role_serve(const struct serve_options *o);

#endif
