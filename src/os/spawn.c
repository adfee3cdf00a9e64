/* spawn.c - fork, exec of our own program, pidfds, signals as a descriptor. */
#include "os/spawn.h"
#include "base/limits.h"
#include "base/str.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SPAWN_FDS_MAX = 16, SPAWN_ARGUMENTS_MAX = 16, SPAWN_FIRST_FD = 3, SPAWN_HIGH_FD = 64 };

const char *os_spawn_program = "/proc/self/exe";

static void child_signals_reset(void)
{
    sigset_t none;
    sigemptyset(&none);
    for (int number = 1; number < NSIG; number++)
        if (number != SIGKILL && number != SIGSTOP)
            signal(number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the child, between fork and exec: only calls that are safe there. */
static void __attribute__((noreturn)) child_exec(const struct os_spawn *o, const char *const *argv, pid_t parent)
{
    if (!o->outlives_us) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(3);
    }
    child_signals_reset();
    int high[SPAWN_FDS_MAX];
    for (size_t i = 0; i < o->fd_count; i++)
        high[i] = fcntl(o->fds[i], F_DUPFD_CLOEXEC, SPAWN_HIGH_FD);
    for (size_t i = 0; i < o->fd_count; i++)
        if (high[i] < 0 || dup2(high[i], SPAWN_FIRST_FD + (int)i) < 0)
            _exit(3);
    syscall(SYS_close_range, SPAWN_FIRST_FD + (unsigned)o->fd_count, ~0u, 0);
    if (o->is_quiet) {
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        if (null >= 0)
            dup2(null, STDOUT_FILENO);
    }
    execv(os_spawn_program, (char *const *)(uintptr_t)argv);
    _exit(126);
}

/* A child that cannot open its files would only end: the parent says why, while somebody listens. */
bool os_descriptors_suffice(struct err *e)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return err_errno(e, errno, "the limit of open files");
    if (limit.rlim_cur >= LIMIT_DESCRIPTORS_ASKED)
        return true;
    limit.rlim_cur = limit.rlim_max < LIMIT_DESCRIPTORS_ASKED ? limit.rlim_max : LIMIT_DESCRIPTORS_ASKED;
    if (limit.rlim_cur >= LIMIT_DESCRIPTORS_MIN)
        return setrlimit(RLIMIT_NOFILE, &limit) == 0 || err_errno(e, errno, "the limit of open files");
    return err_set(e, ERR_LIMIT, "only %llu files may be open at once here, at least %d are needed; raise it: ulimit -n %d",
                   (unsigned long long)limit.rlim_cur, LIMIT_DESCRIPTORS_MIN, LIMIT_DESCRIPTORS_ASKED);
}

bool os_spawn(const struct os_spawn *o, struct os_child *ret, struct err *e)
{
    if (!os_descriptors_suffice(e))
        return false;
    if (o->fd_count > SPAWN_FDS_MAX)
        return err_set(e, ERR_INTERNAL, "start %s: too many descriptors", o->role);
    const char *argv[SPAWN_ARGUMENTS_MAX + 4] = {"assay", "--role", o->role};
    size_t n = 3;
    for (size_t i = 0; o->arguments && o->arguments[i]; i++) {
        if (i == SPAWN_ARGUMENTS_MAX)
            return err_set(e, ERR_INTERNAL, "start %s: too many arguments", o->role);
        argv[n++] = o->arguments[i];
    }
    argv[n] = NULL;
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid < 0)
        return err_errno(e, errno, "start the %s process", o->role);
    if (pid == 0)
        child_exec(o, argv, parent);
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (pidfd < 0) {
        int number = errno;
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        return err_errno(e, number, "start the %s process: pidfd_open", o->role);
    }
    *ret = (struct os_child){.pid = pid, .pidfd = pidfd};
    return true;
}

bool os_child_wait(struct os_child *c, int timeout_ms, int *ret_status)
{
    if (!c->pid)
        return true;
    struct pollfd p = {.fd = c->pidfd, .events = POLLIN};
    int ready;
    do
        ready = poll(&p, 1, timeout_ms);
    while (ready < 0 && errno == EINTR && timeout_ms < 0);
    if (ready <= 0)
        return false;
    int status = 0;
    while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR) {
    }
    close(c->pidfd);
    *c = OS_CHILD_NONE;
    if (ret_status)
        *ret_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return true;
}

void os_child_forget(struct os_child *c)
{
    if (c->pid)
        close(c->pidfd);
    *c = OS_CHILD_NONE;
}

bool os_child_signal(const struct os_child *c, int number)
{
    return c->pid && syscall(SYS_pidfd_send_signal, c->pidfd, number, NULL, 0) == 0;
}

int os_child_end(struct os_child *c, int grace_ms)
{
    int status = 0;
    if (!c->pid)
        return 0;
    os_child_signal(c, SIGTERM);
    if (os_child_wait(c, grace_ms, &status))
        return status;
    os_child_signal(c, SIGKILL);
    os_child_wait(c, -1, &status);
    return status;
}

int64_t os_backoff_next(struct os_backoff *b, int64_t lived_ms)
{
    if (b->delay_ms == 0 || lived_ms > 60 * 1000)
        b->delay_ms = 100;
    else
        b->delay_ms = b->delay_ms * 2 > 30 * 1000 ? 30 * 1000 : b->delay_ms * 2;
    return b->delay_ms;
}

int os_signals_open(struct err *e)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    signal(SIGPIPE, SIG_IGN);
    int fd = -1;
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0 || (fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) < 0)
        err_errno(e, errno, "signalfd");
    return fd;
}

int os_signals_next(int fd)
{
    struct signalfd_siginfo info;
    return read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info) ? (int)info.ssi_signo : 0;
}

void os_notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t size = path ? strlen(path) : 0;
    if (size < 2 || size >= sizeof(to.sun_path) || (path[0] != '/' && path[0] != '@'))
        return;
    memcpy(to.sun_path, path, size);
    if (path[0] == '@')
        to.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size));
    close(fd);
}

int os_listen_fds(void)
{
    const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
    int64_t pid_number, count;
    if (!pid || !fds || !str_to_int64(str_of(pid), &pid_number) || !str_to_int64(str_of(fds), &count) || pid_number != getpid() || count < 0 ||
        count > 16)
        return 0;
    return (int)count;
}
