/*
 * print.c - documents as PDF. This process parses nothing and opens no library: it takes one document after the other from who asks and gives each to a child
 * of its own, which may read fonts and libraries and nothing else (no other files, no network, no programs), for so long as is set here.
 *
 *   print      3: socket to who asks
 */
#include "print/print.h"
#include "os/ipc.h"
#include "os/jail.h"
#include "role/recipes.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ARENA_BYTES_MAX = 512 << 20, SEND_TIME_MS = 30000 };

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

/* The child: never comes back. Its answer begins with "+" and the PDF, or "-" and why there is none. */
static _Noreturn void set(int fd, struct str text)
{
    struct err e = {0};
    struct buf pdf, why;
    setrlimit(RLIMIT_CPU, &(struct rlimit){PRINT_CPU_S, PRINT_CPU_S});
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    buf_init(&pdf, PRINT_PDF_BYTES);
    buf_init(&why, 1024);
    struct arena *a = arena_new("a document's text", ARENA_BYTES_MAX);
    const struct json *document = json_parse(a, text, (struct json_limits){.depth_max = 20, .nodes_max = 2000000}, &e);
    bool ok = document && print_pdf(document, &pdf, &e);
    if (!ok)
        buf_printf(&why, "-%s\n%s", err_code_name(e.code), e.text);
    _exit((!ok || write_all(fd, STR("+"))) && write_all(fd, buf_view(ok ? &pdf : &why)) ? 0 : 3);
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* What the child says, until it says no more or its time is over. */
static void listen_to(int fd, pid_t child, struct buf *answer)
{
    int64_t until = now_ms() + PRINT_TIME_MS - 2000;
    for (;;) {
        static char piece[256 << 10];
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

static bool answer_one(struct str text, struct err *e)
{
    struct buf BUF_AUTO answer;
    int ends[2], status = 0;
    buf_init(&answer, PRINT_PDF_BYTES + 1024);
    if (pipe(ends) != 0)
        return err_errno(e, errno, "pipe");
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        close(ROLE_FIRST_FD);
        set(ends[1], text);
    }
    close(ends[1]);
    if (child > 0) {
        listen_to(ends[0], child, &answer);
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            continue;
    }
    close(ends[0]);
    struct str said = buf_view(&answer);
    if (child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 && said.size > 1 && !answer.full) {
        struct str body = str_slice(said, 1, said.size);
        return ipc_send(ROLE_FIRST_FD, said.data[0] == '+' ? PRINT_DONE : PRINT_REFUSED, &body, 1, SEND_TIME_MS, e);
    }
    struct str why = child <= 0 ? STR("unavailable\nno process can be started at the moment") : STR("limit\nthe document took more time or memory than one may");
    return ipc_send(ROLE_FIRST_FD, PRINT_REFUSED, &why, 1, SEND_TIME_MS, e);
}

int role_print(int argc, char **argv)
{
    static const char *const readable[] = {"/usr/share/fonts", "/usr/local/share/fonts", "/etc/fonts", "/usr/share/fontconfig", "/var/cache/fontconfig", "/etc/ld.so.cache",
                                           "/usr/lib", "/lib", "/proc/self"};
    struct err e = {0};
    struct jail jail = {.kind = JAIL_STORE};
    bool is_closed = false, ok = true;
    (void)argv;
    if (argc != 0)
        return 2;
    for (size_t i = 0; i < sizeof(readable) / sizeof(readable[0]); i++)
        jail_allow(&jail, readable[i], false);
    setenv("HOME", "/nonexistent", 1); /* fonts of whoever started it are nobody's business */
    unsetenv("XDG_CACHE_HOME");
    unsetenv("XDG_DATA_HOME");
    unsetenv("XDG_CONFIG_HOME");
    if (!jail_enter(&jail, &e))
        return role_fail("print", &e);
    while (ok) {
        struct ipc_message m;
        ok = ipc_receive(ROLE_FIRST_FD, PRINT_DOCUMENT_BYTES, -1, &m, &is_closed, &e);
        if (!ok)
            break;
        ok = m.type == PRINT_DOCUMENT && answer_one(buf_view(&m.body), &e);
        buf_release(&m.body);
    }
    return is_closed ? 0 : role_fail("print", &e);
}
