/*
 * spawn.h - the processes of the family: this program, run again under a role's name.
 *
 * A child gets exactly the descriptors it is handed, as 3, 4, 5 ... in that order, standard streams, nothing else; its command line is
 * `assay --role NAME ARGUMENT…` (main hands it to role_main). It ends when its parent dies, unless asked otherwise. A child is held by a pidfd, so no signal can
 * reach a stranger that got its number. Not for threads: call from the thread that lives as long as the children should.
 *
 *     struct os_child child;
 *     if (!os_spawn(&(struct os_spawn){.role = "keeper", .fds = fds, .fd_count = 1, .arguments = args}, &child, e)) ...
 *     ... poll on child.pidfd ...
 *     os_child_end(&child, 2000);
 */
#ifndef OS_SPAWN_H
#define OS_SPAWN_H

#include "base/err.h"
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct os_spawn {
    const char *role;
    const char *const *arguments; /* NULL at the end, or NULL */
    const int *fds;               /* become 3, 4, ... in the child; stay open here */
    size_t fd_count;
    bool outlives_us;             /* is not killed with us: ends by itself when its descriptors close */
    bool is_quiet;                /* standard output goes to /dev/null (standard error stays) */
};

struct os_child {
    pid_t pid;  /* 0: none */
    int pidfd;  /* readable when the child has ended; -1: none */
};
#define OS_CHILD_NONE ((struct os_child){0, -1})

/* The program that is run: "/proc/self/exe"; tests set another. */
extern const char *os_spawn_program;

/* Whether so many files may be open as our processes need; raises the soft limit as far as it may. os_spawn asks too. ERR_LIMIT: says
 * how many may and how many must. */
bool os_descriptors_suffice(struct err *e) MUST_USE;
bool os_spawn(const struct os_spawn *o, struct os_child *ret, struct err *e) MUST_USE;
/* Waits for the end, at most timeout_ms (negative: for ever). True: ended and reaped, ret_status (may be NULL) is the exit status, 128 + number
 * for a signal. False: still running. */
bool os_child_wait(struct os_child *c, int timeout_ms, int *ret_status);
/* SIGTERM, then after grace_ms SIGKILL; reaps. Nothing happens for OS_CHILD_NONE. Returns the exit status. */
int os_child_end(struct os_child *c, int grace_ms);
/* Lets a child that outlives us go: closes the pidfd. */
void os_child_forget(struct os_child *c);
bool os_child_signal(const struct os_child *c, int number);

/* Restarting with patience: 0.1 s, then twice as long each time up to 30 s; a child that lived for a minute starts from 0.1 s again. */
struct os_backoff {
    int64_t delay_ms;
};
int64_t os_backoff_next(struct os_backoff *b, int64_t lived_ms);

/* SIGPIPE is ignored; SIGTERM, SIGINT and SIGHUP make the returned descriptor (a signalfd, close-on-exec) readable. */
int os_signals_open(struct err *e) MUST_USE;
/* The number of the next signal that waits on it, 0 if none. */
int os_signals_next(int fd);

/* sd_notify: "READY=1" and the like, to $NOTIFY_SOCKET; nothing happens without one. */
void os_notify(const char *state);
/* LISTEN_FDS: how many sockets systemd passed (from descriptor 3), 0 if none. */
int os_listen_fds(void);

#endif
