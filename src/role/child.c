/* child.c - one piece of work in a process of its own. */
#include "role/child.h"
#include "role/recipes.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

bool child_say(int fd, struct str bytes)
{
    while (bytes.size > 0) {
        ssize_t n = write(fd, bytes.data, bytes.size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes = str_slice(bytes, (size_t)n, bytes.size);
    }
    return true;
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* What the child says, until it says no more or its time is over. */
static void listen_to(int fd, pid_t child, int64_t time_ms, struct buf *answer)
{
    static char piece[256 << 10];
    int64_t until = now_ms() + time_ms;
    for (;;) {
        int64_t left = until - now_ms();
        int n = left > 0 ? poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, (int)left) : 0;
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            kill(child, SIGKILL);
            return;
        }
        ssize_t got = read(fd, piece, sizeof(piece));
        if (got <= 0)
            return;
        buf_append(answer, piece, (size_t)got);
    }
}

enum child_end child_run(const struct child_work *work, struct buf *answer)
{
    int ends[2], status = 0;
    if (pipe(ends) != 0)
        return CHILD_NOT_STARTED;
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        close(ROLE_FIRST_FD);
        setrlimit(RLIMIT_CPU, &(struct rlimit){(rlim_t)work->cpu_s, (rlim_t)work->cpu_s});
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        _exit(work->run(work->context, ends[1]) ? 0 : 3);
    }
    close(ends[1]);
    if (child > 0) {
        listen_to(ends[0], child, work->time_ms, answer);
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            continue;
    }
    close(ends[0]);
    return child < 0 ? CHILD_NOT_STARTED : WIFSIGNALED(status) ? CHILD_ENDED : WEXITSTATUS(status) != 0 || answer->full ? CHILD_REFUSED : CHILD_DONE;
}
