/*
 * collect.c - the schedule: one `host` child a run, so that what a run needs goes with it. A run that is missed is not made up
 * for; the hole it leaves is what makes tests UNKNOWN.
 */
#include "base/times.h"
#include "keeper/data_dir.h"
#include "os/ipc.h"
#include "os/jail.h"
#include "os/spawn.h"
#include "role/recipes.h"
#include "web/web.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

enum { CONTROL_BYTES_MAX = 64 << 10, RUN_TIME_MAX_MS = 30 * 60 * 1000, FIRST_RUN_DELAY_MS = 300 };

struct schedule {
    const char *data_dir;
    int64_t interval_ms;
    int64_t due_ms;     /* monotonic */
    int64_t kill_at_ms; /* monotonic, while a child runs */
    bool runs_again;    /* asked for while a run was on */
    int signals_fd;
    struct os_child child;
};

/* An interval after the newest run of this host, or at once. A wall clock that lies in the past of that run counts as at once
 * too. */
static int64_t first_due_ms(const struct schedule *s)
{
    struct err e = {0};
    struct data_dir d;
    int64_t now_ms = env_now_ms(&env_system), last_ms = 0, wait_ms = FIRST_RUN_DELAY_MS;
    if (data_dir_open(&d, s->data_dir, &e)) {
        struct db *db = data_dir_projection(&d, &e);
        if (db)
            last_ms = db_one_int(db, &e, 0, "select max(t) from run");
        db_close(db);
        data_dir_close(&d);
    }
    if (last_ms > 0 && last_ms <= now_ms && last_ms + s->interval_ms - now_ms > wait_ms)
        wait_ms = last_ms + s->interval_ms - now_ms;
    return env_monotonic_ms(&env_system) + wait_ms;
}

static void run_start(struct schedule *s)
{
    struct err e = {0};
    char every[24];
    snprintf(every, sizeof(every), "%lld", (long long)s->interval_ms);
    const char *arguments[] = {s->data_dir, every, NULL};
    struct os_spawn spawn = {.role = "host", .arguments = arguments, .is_quiet = true};
    int64_t now_ms = env_monotonic_ms(&env_system);
    s->due_ms = now_ms + s->interval_ms;
    s->kill_at_ms = now_ms + RUN_TIME_MAX_MS;
    s->runs_again = false;
    if (!os_spawn(&spawn, &s->child, &e))
        role_fail("collect", &e);
}

static void run_ended(struct schedule *s)
{
    int status = 0;
    if (os_child_wait(&s->child, 0, &status) && status != 0 && status != 1)
        fprintf(stderr, "assay: collect: the run ended with status %d; the next one is due in %lld s\n", status,
                (long long)(s->due_ms - env_monotonic_ms(&env_system)) / 1000);
    if (s->runs_again)
        s->due_ms = 0;
}

/* False: the parent is gone, or asked to end. */
static bool schedule_step(struct schedule *s)
{
    int64_t now_ms = env_monotonic_ms(&env_system);
    if (!s->child.pid && s->due_ms <= now_ms)
        run_start(s);
    if (s->child.pid && s->kill_at_ms <= now_ms)
        os_child_signal(&s->child, SIGKILL);
    int64_t next_ms = s->child.pid ? s->kill_at_ms : s->due_ms;
    int64_t left_ms = next_ms - now_ms < 10 ? 10 : next_ms - now_ms;
    struct pollfd fds[] = {{.fd = ROLE_FIRST_FD, .events = POLLIN},
                           {.fd = s->signals_fd, .events = POLLIN},
                           {.fd = s->child.pid ? s->child.pidfd : -1, .events = POLLIN}};
    if (poll(fds, 3, left_ms > MS_HOUR ? (int)MS_HOUR : (int)left_ms) < 0 && errno != EINTR)
        return false;
    if (fds[1].revents) {
        int number = os_signals_next(s->signals_fd);
        if (number == SIGTERM || number == SIGINT)
            return false;
    }
    if (fds[2].revents)
        run_ended(s);
    if (fds[0].revents) {
        struct ipc_message m;
        struct err e = {0};
        if (!ipc_receive(ROLE_FIRST_FD, CONTROL_BYTES_MAX, 1000, &m, NULL, &e))
            return false;
        if (m.type == WEB_CONTROL_RUN && s->child.pid)
            s->runs_again = true;
        else if (m.type == WEB_CONTROL_RUN)
            s->due_ms = 0;
        buf_release(&m.body);
    }
    return true;
}

int role_collect(int argc, char **argv)
{
    struct err e = {0};
    struct schedule s = {.child = OS_CHILD_NONE};
    if (argc != 2 || !str_to_int64(str_of(argv[1]), &s.interval_ms) || s.interval_ms < 1000)
        return 2;
    s.data_dir = argv[0];
    s.signals_fd = os_signals_open(&e);
    if (s.signals_fd < 0)
        return role_fail("collect", &e);
    s.due_ms = first_due_ms(&s);
    /* Its children inherit this; what they need (files, netlink, exec of the worker) stays. */
    struct jail jail = {.kind = JAIL_START};
    if (!jail_enter(&jail, &e))
        return role_fail("collect", &e);
    while (schedule_step(&s)) {
    }
    os_child_end(&s.child, 2000);
    return 0;
}
