/*
 * connect.c - asks directories and providers who somebody is: network and nothing else. Passes each question unread to a child of its
 * own, so that a peer that breaks what reads its answer breaks one sign-in. Ends when whoever asks is gone.
 *
 *   connect      3: socket to who asks
 */
#include "account/connect.h"
#include "os/ipc.h"
#include "role/asking.h"
#include "role/recipes.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILD_CPU_S = 5 };

static _Noreturn void child_run(struct str request)
{
    struct err e = {0};
    struct rlimit cpu = {CHILD_CPU_S, CHILD_CPU_S};
    alarm(CONNECT_ALARM_S);
    setrlimit(RLIMIT_CPU, &cpu);
    _exit(connect_answer(ROLE_FIRST_FD, request, &e) ? 0 : 3);
}

static bool one_serve(struct str request, struct err *e)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0)
        child_run(request);
    if (pid < 0)
        return connect_refuse(ROLE_FIRST_FD, ERR_UNAVAILABLE, "no process can be started at the moment", e);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    bool is_late = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
    return connect_refuse(ROLE_FIRST_FD, is_late ? ERR_TIMEOUT : ERR_UNAVAILABLE,
                          is_late ? "the other side did not answer in time" : "the process that asked ended before it had an answer", e);
}

int role_connect(int argc, char **argv)
{
    struct err e = {0};
    struct ipc_message m;
    bool is_closed = false;
    (void)argv;
    if (argc != 0)
        return 2;
    struct jail jail = {.kind = JAIL_CONNECT};
    asking_allow(&jail);
    jail_allow(&jail, "/lib", false);
    jail_allow(&jail, "/proc/self", false);
    if (!jail_enter(&jail, &e))
        return role_fail("connect", &e);
    while (ipc_receive(ROLE_FIRST_FD, CONNECT_BYTES_MAX, -1, &m, &is_closed, &e)) {
        bool ok = m.type == CONNECT_ASK && one_serve(buf_view(&m.body), &e);
        buf_release(&m.body);
        if (!ok)
            break;
    }
    return is_closed ? 0 : role_fail("connect", &e);
}
