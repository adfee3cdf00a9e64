/*
 * web.h - the web process: pages, API, sign-in, over HTTP. It reads the projection and blobs, never writes them; what changes
 * state goes to the keeper as an operation. Its own volatile.db holds sessions and one-time links.
 *
 * Processes that start it hand over listening sockets and (for "run now") a control socket to the parent. It serves until SIGTERM
 * or until the control socket's peer is gone, keeps serving (read-only, and says so) while the keeper is away, and returns the
 * exit status.
 *
 *     struct web_options o = {.data_dir = "/var/lib/assay", .listen_fds = {3}, .listen_count = 1, .control_fd = 4};
 *     return web_main(&o);
 */
#ifndef WEB_WEB_H
#define WEB_WEB_H

#include "base/env.h"
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>

enum { WEB_LISTEN_MAX = 4, WEB_TOKEN_SIZE = 65 };

struct web_options {
    const char *data_dir;
    int listen_fds[WEB_LISTEN_MAX]; /* bound and listening, TCP on loopback or Unix */
    size_t listen_count;
    const char *keeper_path; /* the keeper's socket; NULL: DATA/private/keeper.sock */
    int control_fd;          /* ipc socket to the parent (ipc.h); 0 or less: none, and "run now" is refused with 503 */
    int print_fd;            /* ipc socket to the process that prints; 0 or less: none */
    int inspect_fd;          /* ipc socket to the process that reads uploaded workbooks; 0 or less: none */
    int connect_fd;          /* ipc socket to the process that asks directories and providers; 0 or less: none */
    bool log_is_private;     /* /log/ only for those who are signed in */
    const char *tls_cert, *tls_key; /* PEM texts; NULL: plain HTTP */
    const struct env *env;   /* NULL: env_system */
};

/* Frames that web sends on control_fd. None is answered. */
enum web_control {
    WEB_CONTROL_READY = 1, /* empty body: listening and able to answer */
    WEB_CONTROL_RUN = 2,   /* body: {"id":operation id,"test":test id or "","actor":"local:admin"}: collect and test now */
    WEB_CONTROL_SCHEDULE = 3, /* empty body: something came that the schedule has to do with: files, checklists, performances */
    WEB_CONTROL_BUNDLE = 4    /* empty body: a bundle was asked for */
};

/* Opens the libraries of the web process, before it enters a jail. ERR_UNSUPPORTED: one is not installed. */
bool web_prepare(struct err *e) MUST_USE;
int web_main(const struct web_options *o);

/* Makes a one-time sign-in token for an actor ("local:admin", "account:7f…") in DATA/volatile.db (made when missing). Any process
 * that may write the data directory can do it. The link is http://HOST:PORT/sign-in?token=TOKEN. */
bool web_link_new(const char *data_dir, const struct env *env, const char *actor, int64_t life_ms, char ret_token[WEB_TOKEN_SIZE],
                  struct err *e) MUST_USE;

#endif
