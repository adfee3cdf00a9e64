/*
 * inspect.c - looks at files that somebody uploaded. This process parses nothing: it takes one file after the other from who asks and gives each to a
 * child of its own, which may compute and nothing else (no files, no network, no processes), for so long and with so much memory as is set here.
 * What one file does to its reader ends with that child.
 *
 *   inspect      3: socket to who asks
 */
#include "inspect/inspect.h"
#include "os/gunzip.h"
#include "os/ipc.h"
#include "os/jail.h"
#include "role/inspect_once.h"
#include "role/recipes.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 48 << 20, ANSWER_BYTES_MAX = (256 << 10) + INSPECT_TEXT_BYTES + 1, ARENA_BYTES_MAX = 512 << 20, TIME_MAX_S = 20, SEND_TIME_MS = 30000 };

static bool write_all(int fd, struct str bytes)
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

/* The child: never comes back. */
static void look(int fd, struct str name, struct str bytes, bool with_text)
{
    struct err e = {0};
    struct buf text;
    struct inspected found;
    struct jail jail = {.kind = JAIL_COMPUTE};
    setrlimit(RLIMIT_CPU, &(struct rlimit){TIME_MAX_S, TIME_MAX_S});
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    buf_init(&text, ANSWER_BYTES_MAX);
    if (!jail_enter(&jail, &e))
        _exit(3);
    struct arena *a = arena_new("one file", ARENA_BYTES_MAX);
    inspect(a, name, bytes, &found);
    json_write(&text, inspected_json(a, &found));
    if (with_text) {
        buf_char(&text, '\n');
        buf_str(&text, found.text);
    }
    _exit(!text.full && write_all(fd, buf_view(&text)) ? 0 : 3);
}

static int64_t seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

/* What the child says, until it says no more or its time is over. */
static void listen_to(int fd, pid_t child, struct buf *answer)
{
    int64_t until = seconds_now() + TIME_MAX_S + 5;
    for (;;) {
        char piece[65536];
        int64_t left = until - seconds_now();
        int n = left > 0 ? poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, (int)left * 1000) : 0;
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

static bool answer_one(struct str message, bool with_text, struct err *e)
{
    struct str bytes = message, name;
    struct buf BUF_AUTO answer;
    int ends[2], status = 0;
    buf_init(&answer, ANSWER_BYTES_MAX);
    if (!str_cut(&bytes, '\n', &name) || pipe(ends) != 0)
        return err_set(e, ERR_INTERNAL, "inspect: no pipe");
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        close(ROLE_FIRST_FD);
        look(ends[1], name, bytes, with_text);
    }
    close(ends[1]);
    if (child > 0) {
        listen_to(ends[0], child, &answer);
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            continue;
    }
    close(ends[0]);
    if (child <= 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0 || answer.full) {
        buf_clear(&answer);
        buf_printf(&answer, "!looking at it was given up: %s", child <= 0           ? "no process could be started"
                                                             : WIFSIGNALED(status) ? "it took too long, or did what no file should"
                                                                                   : "it took more memory than one file may");
    }
    struct str body = buf_view(&answer);
    return ipc_send(ROLE_FIRST_FD, INSPECT_FOUND, &body, 1, SEND_TIME_MS, e);
}

int role_inspect(int argc, char **argv)
{
    struct err e = {0};
    struct jail jail = {.kind = JAIL_STORE};
    bool is_closed = false, ok = true;
    (void)argv;
    if (argc != 0)
        return 2;
    if (!gunzip_prepare(&e) || !jail_enter(&jail, &e))
        return role_fail("inspect", &e);
    while (ok) {
        struct ipc_message m;
        ok = ipc_receive(ROLE_FIRST_FD, FILE_BYTES_MAX, -1, &m, &is_closed, &e);
        if (!ok)
            break;
        ok = (m.type == INSPECT_FILE || m.type == INSPECT_FILE_TEXT) && answer_one(buf_view(&m.body), m.type == INSPECT_FILE_TEXT, &e);
        buf_release(&m.body);
    }
    return is_closed ? 0 : role_fail("inspect", &e);
}
