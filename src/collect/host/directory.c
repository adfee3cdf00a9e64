#include "collect/host/directory.h"
#include "base/buf.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <nss.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ENTRY_BYTES_MIN = 16 << 10, ENTRY_BYTES_MAX = 16 << 20, FLUSH_BYTES = 32 << 10, CPU_SECONDS_MAX = 10 };

/* ---- the process that asks ---- */

static void send_all(int fd, struct buf *out)
{
    for (size_t sent = 0; sent < out->size;) {
        ssize_t n = write(fd, out->data + sent, out->size - sent);
        if (n < 0 && errno != EINTR)
            _exit(0); /* nobody listens any more */
        sent += n > 0 ? (size_t)n : 0;
    }
    buf_clear(out);
}

/* What a module says is untrusted: it must not make fields or lines of its own. */
static void put_field(struct buf *out, const char *text, char end)
{
    for (; text && *text; text++)
        buf_char(out, *text == ':' || *text == '\n' || *text == ',' || *text == 0x7f ? '_' : *text);
    buf_char(out, end);
}

static void put_gecos(struct buf *out, const char *text)
{
    for (; text && *text; text++)
        buf_char(out, *text == ':' || *text == '\n' ? '_' : *text);
    buf_char(out, ':');
}

static const char *password_kind(const char *field)
{
    if (!field || strcmp(field, "x") == 0 || field[0] == '*' || field[0] == '!')
        return "x";
    return field[0] ? "hash" : "";
}

/* The next entry, with a buffer that grows as far as it must. */
static int next_entry(bool is_group, struct passwd *user, struct group *group, char **memory, size_t *size)
{
    for (;;) {
        void *found = NULL;
        int result = is_group ? getgrent_r(group, *memory, *size, (struct group **)&found)
                              : getpwent_r(user, *memory, *size, (struct passwd **)&found);
        if (result != ERANGE || *size >= ENTRY_BYTES_MAX)
            return result == 0 && found ? 1 : 0;
        *size *= 2;
        *memory = realloc(*memory, *size);
        if (!*memory)
            _exit(1);
    }
}

static void put_user(struct buf *out, const struct passwd *user)
{
    put_field(out, user->pw_name, ':');
    put_field(out, password_kind(user->pw_passwd), ':');
    buf_printf(out, "%lu:%lu:", (unsigned long)user->pw_uid, (unsigned long)user->pw_gid);
    put_gecos(out, user->pw_gecos);
    put_field(out, user->pw_dir, ':');
    put_field(out, user->pw_shell, '\n');
}

static void put_group(struct buf *out, const struct group *group)
{
    put_field(out, group->gr_name, ':');
    put_field(out, password_kind(group->gr_passwd), ':');
    buf_printf(out, "%lu:", (unsigned long)group->gr_gid);
    for (char **m = group->gr_mem; m && *m; m++)
        put_field(out, *m, m[1] ? ',' : '\n');
    if (!group->gr_mem || !*group->gr_mem)
        buf_char(out, '\n');
}

/* Never returns. Only the one service is left in the configuration of this process, so that what it gives is its own. */
static _Noreturn void ask_service(int fd, const char *database, const char *service)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_DUMPABLE, 0);
    setrlimit(RLIMIT_CPU, &(struct rlimit){CPU_SECONDS_MAX, CPU_SECONDS_MAX});
    for (int i = 0; i < 1024; i++)
        if (i != fd && i != STDERR_FILENO)
            close(i);
    int null = open("/dev/null", O_RDONLY); /* a module that talks must not write into our pipe */
    if (null >= 0)
        dup2(null, STDERR_FILENO);
    bool is_group = strcmp(database, "group") == 0;
    size_t size = ENTRY_BYTES_MIN;
    char *memory = malloc(size);
    struct buf out;
    struct passwd user;
    struct group group;
    buf_init(&out, DIRECTORY_BYTES_MAX);
    if (!memory || __nss_configure_lookup(database, service) != 0)
        _exit(1);
    is_group ? setgrent() : setpwent();
    while (next_entry(is_group, &user, &group, &memory, &size)) {
        is_group ? put_group(&out, &group) : put_user(&out, &user);
        if (out.size >= FLUSH_BYTES)
            send_all(fd, &out);
    }
    buf_cstr(&out, ".\n"); /* all of it */
    send_all(fd, &out);
    _exit(0);
}

/* ---- who waits for it ---- */

static int64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool read_answer(int fd, struct buf *answer, const char *service, struct err *e)
{
    int64_t until_ms = monotonic_ms() + DIRECTORY_TIME_MS;
    char chunk[16384];
    for (;;) {
        int64_t left_ms = until_ms - monotonic_ms();
        if (left_ms <= 0)
            return err_set(e, ERR_TIMEOUT, "the service %s did not answer within %d s", service, DIRECTORY_TIME_MS / 1000);
        int ready = poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, (int)left_ms);
        if (ready <= 0)
            continue;
        ssize_t n = read(fd, chunk, sizeof(chunk));
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n <= 0)
            break;
        buf_append(answer, chunk, (size_t)n);
        if (answer->full)
            return err_set(e, ERR_TOO_LARGE, "the service %s has more than %d MiB of entries", service, DIRECTORY_BYTES_MAX >> 20);
    }
    struct str all = buf_view(answer);
    if (!str_is(all, ".\n") && !str_ends(all, "\n.\n"))
        return err_set(e, ERR_UNAVAILABLE, "the module of the service %s ended before it had answered", service);
    return true;
}

static int compare_lines(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

/* Services answer in the order of their caches; ours is one that stays. */
static struct str sort_lines(struct arena *a, struct str text)
{
    struct str rest = text, line, *lines;
    size_t count = 0, i = 0;
    while (str_next_line(&rest, &line))
        count++;
    lines = arena_array(a, count, sizeof(*lines));
    for (rest = text; str_next_line(&rest, &line);)
        lines[i++] = line;
    if (count)
        qsort(lines, count, sizeof(*lines), compare_lines);
    char *sorted = arena_alloc(a, text.size + 1);
    size_t size = 0;
    for (i = 0; i < count; i++) {
        memcpy(sorted + size, lines[i].data, lines[i].size);
        size += lines[i].size;
        sorted[size++] = '\n';
    }
    return str_make(sorted, size);
}

bool directory_list(struct arena *a, struct str database, struct str service, struct str *ret_lines, struct err *e)
{
    const char *base = arena_strndup(a, database.data, database.size), *name = arena_strndup(a, service.data, service.size);
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0)
        return err_errno(e, errno, "ask the service %s", name);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        ask_service(fds[1], base, name);
    int number = errno;
    close(fds[1]);
    struct buf answer;
    buf_init(&answer, DIRECTORY_BYTES_MAX);
    bool ok = pid > 0 ? read_answer(fds[0], &answer, name, e) : err_errno(e, number, "ask the service %s", name);
    close(fds[0]);
    if (pid > 0) {
        kill(pid, SIGKILL);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    if (ok)
        *ret_lines = sort_lines(a, str_slice(buf_view(&answer), 0, answer.size - 2));
    buf_release(&answer);
    return ok;
}
