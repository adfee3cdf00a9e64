/*
 * serve.c - the parent: starts keeper (which starts its signer), web, collect and anchor, starts them again with patience, passes
 * sockets. It parses nothing from outside: a frame from web is passed on to collect unread.
 */
#include "base/times.h"
#include "keeper/data_dir.h"
#include "keeper/scrub.h"
#include "os/ipc.h"
#include "os/spawn.h"
#include "role/listen.h"
#include "role/recipes.h"
#include "role/role.h"
#include "web/web.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

enum { MEMBER_KEEPER, MEMBER_WEB, MEMBER_COLLECT, MEMBER_ANCHOR, MEMBER_SCHEDULE, MEMBER_COUNT };
enum {
    GRACE_MS = 3000,
    KEEPER_GRACE_MS = 20000,
    CONTROL_BYTES_MAX = 64 << 10,
    SEND_TIMEOUT_MS = 100,
    SCRUB_FIRST_LOOK_MS = 10 * 60 * 1000,
    SCRUB_LOOK_MS = 60 * 60 * 1000,
    KEEPER_FATAL = 2,
    KEEPER_READY = 1
};
static const char *const MEMBER_NAMES[] = {"keeper", "web", "collect", "anchor", "schedule"};

struct member {
    struct os_child child;
    struct os_backoff backoff;
    int control_fd;         /* our end of its socket, -1 */
    int64_t started_at_ms;  /* monotonic */
    int64_t start_again_ms; /* monotonic; 0: runs, or is not wanted */
    bool is_ready;
    char last_words[512]; /* what it said before it ended */
};

struct family {
    const struct serve_options *o;
    struct data_dir dir;
    struct member members[MEMBER_COUNT];
    int signals_fd;
    int listen_fds[WEB_LISTEN_MAX];
    size_t listen_count;
    char url[LISTEN_URL_SIZE];
    bool is_announced;
    bool is_ending;
    struct os_child scrub; /* of the stored blobs, now and then */
    int64_t scrub_look_ms; /* monotonic: when to look whether one is due */
    struct os_child bundle; /* makes what was asked for, and ends */
    bool is_bundle_asked;   /* again, while it ran */
};

static int64_t now_ms(void)
{
    return env_monotonic_ms(&env_system);
}

static bool member_spawn(struct family *f, int which, struct err *e)
{
    struct member *m = &f->members[which];
    int pair[2], fds[WEB_LISTEN_MAX + 1];
    char count[24], interval[24], heartbeat[24], anchors[24];
    size_t n = 0;
    if (!ipc_pair(pair, e))
        return false;
    if (which == MEMBER_WEB)
        for (; n < f->listen_count; n++)
            fds[n] = f->listen_fds[n];
    fds[n++] = pair[1];
    snprintf(count, sizeof(count), "%zu", f->listen_count);
    snprintf(interval, sizeof(interval), "%lld", (long long)f->o->interval_ms);
    snprintf(heartbeat, sizeof(heartbeat), "%lld", (long long)f->o->heartbeat_ms);
    snprintf(anchors, sizeof(anchors), "%lld", (long long)(f->o->anchor_interval_ms ? f->o->anchor_interval_ms : ANCHOR_INTERVAL_MS));
    const char *const argument[] = {heartbeat, count, interval, anchors, "60"}; /* by member */
    const char *third = which == MEMBER_ANCHOR ? "always" : which != MEMBER_WEB ? NULL : f->o->log_is_private ? "private-log" : "public-log";
    const char *fourth = which == MEMBER_ANCHOR ? f->o->anchor_ca : which == MEMBER_WEB ? f->o->tls_cert : NULL;
    const char *arguments[] = {f->dir.path, argument[which], third, fourth, which == MEMBER_WEB ? f->o->tls_key : NULL, NULL};
    struct os_spawn spawn = {.role = MEMBER_NAMES[which],
                             .arguments = arguments,
                             .fds = fds,
                             .fd_count = n,
                             .outlives_us =
                                 which == MEMBER_KEEPER}; /* when we are killed it still signs what it has taken, then ends */
    bool ok = os_spawn(&spawn, &m->child, e);
    close(pair[1]);
    if (!ok) {
        close(pair[0]);
        return false;
    }
    m->control_fd = pair[0];
    m->started_at_ms = now_ms();
    m->start_again_ms = 0;
    m->is_ready = false;
    m->last_words[0] = 0;
    return true;
}

static void member_start(struct family *f, int which)
{
    struct err e = {0};
    struct member *m = &f->members[which];
    if (member_spawn(f, which, &e))
        return;
    int64_t delay_ms = os_backoff_next(&m->backoff, 0);
    m->start_again_ms = now_ms() + delay_ms;
    fprintf(stderr, "assay: %s; again in %lld ms\n", e.text, (long long)delay_ms);
}

static void member_closed(struct member *m)
{
    if (m->control_fd >= 0)
        close(m->control_fd);
    m->control_fd = -1;
}

static void member_ended(struct family *f, int which)
{
    struct member *m = &f->members[which];
    int status = 0;
    if (!os_child_wait(&m->child, 0, &status))
        return;
    member_closed(m);
    if (f->is_ending)
        return;
    int64_t delay_ms = os_backoff_next(&m->backoff, now_ms() - m->started_at_ms);
    m->start_again_ms = now_ms() + delay_ms;
    if (which == MEMBER_ANCHOR && status == 0)
        return; /* it wants to start anew, with other tasks */
    char how[64];
    snprintf(how, sizeof(how), status >= 128 ? "ended by signal %d" : "ended with status %d",
             status >= 128 ? status - 128 : status);
    fprintf(stderr, "assay: %s: %s; again in %lld ms\n", MEMBER_NAMES[which], m->last_words[0] ? m->last_words : how,
            (long long)delay_ms);
}

static void announce(struct family *f)
{
    if (f->is_announced || !f->members[MEMBER_WEB].is_ready || !f->members[MEMBER_KEEPER].is_ready)
        return;
    f->is_announced = true;
    os_notify("READY=1");
    struct err e = {0};
    char token[WEB_TOKEN_SIZE];
    if (f->o->prints_link && f->url[0] && web_link_new(f->dir.path, &env_system, "local:admin", 15 * MS_MINUTE, token, &e))
        printf("Assay is at %s\nSign in once, within 15 minutes: %s/sign-in?token=%s\n", f->url, f->url, token);
    else if (f->o->prints_link && e.code)
        fprintf(stderr, "assay: sign-in link: %s\n", e.text);
    else
        printf("Assay is at %s\n", f->url[0] ? f->url : f->o->listen);
    fflush(stdout);
}

static void keeper_said(struct member *m, const struct ipc_message *message)
{
    struct str text = buf_view(&message->body), code;
    m->is_ready = message->type == KEEPER_READY;
    if (message->type == KEEPER_FATAL && str_cut(&text, '\n', &code))
        snprintf(m->last_words, sizeof(m->last_words), "%.*s", STR_ARGS(text));
}

/* What was asked for stands in the database: the process looks there, and ends when nothing is left. */
static void bundle_look(struct family *f)
{
    struct err e = {0};
    if (f->bundle.pid && os_child_wait(&f->bundle, 0, NULL))
        f->bundle = OS_CHILD_NONE;
    if (!f->is_bundle_asked || f->bundle.pid)
        return;
    f->is_bundle_asked = false;
    const char *arguments[] = {f->dir.path, NULL};
    if (!os_spawn(&(struct os_spawn){.role = "bundle", .arguments = arguments}, &f->bundle, &e))
        fprintf(stderr, "assay: %s\n", e.text);
}

/* "Run now": to collect, as it is. */
static void web_said(struct family *f, const struct ipc_message *message)
{
    struct err e = {0};
    struct str body = buf_view(&message->body);
    if (message->type == WEB_CONTROL_READY)
        f->members[MEMBER_WEB].is_ready = true;
    else if (message->type == WEB_CONTROL_RUN &&
             (f->members[MEMBER_COLLECT].control_fd < 0 ||
              !ipc_send(f->members[MEMBER_COLLECT].control_fd, WEB_CONTROL_RUN, &body, 1, SEND_TIMEOUT_MS, &e)))
        fprintf(stderr, "assay: run now: the collecting process is not there\n");
    else if (message->type == WEB_CONTROL_BUNDLE)
        f->is_bundle_asked = true;
    else if (message->type == WEB_CONTROL_SCHEDULE && f->members[MEMBER_SCHEDULE].control_fd >= 0 &&
             !ipc_send(f->members[MEMBER_SCHEDULE].control_fd, WEB_CONTROL_SCHEDULE, NULL, 0, SEND_TIMEOUT_MS, &e))
        e = (struct err){0}; /* it looks once a minute anyway */
}

static void member_said(struct family *f, int which)
{
    struct member *m = &f->members[which];
    struct ipc_message message;
    struct err e = {0};
    if (!ipc_receive(m->control_fd, CONTROL_BYTES_MAX, GRACE_MS, &message, NULL, &e)) {
        member_closed(m); /* it is ending; its pidfd will say so */
        return;
    }
    if (which == MEMBER_KEEPER)
        keeper_said(m, &message);
    else if (which == MEMBER_WEB)
        web_said(f, &message);
    buf_release(&message.body);
    announce(f);
}

/* The scrub ends by itself; what it found lies in its result, and it says so once. */
static void scrub_look(struct family *f)
{
    int status = 0;
    struct err e = {0};
    if (f->scrub.pid && os_child_wait(&f->scrub, 0, &status))
        f->scrub = OS_CHILD_NONE;
    if (now_ms() < f->scrub_look_ms)
        return;
    f->scrub_look_ms = now_ms() + SCRUB_LOOK_MS;
    if (f->scrub.pid || !scrub_is_due(&f->dir, env_now_ms(&env_system)))
        return;
    const char *arguments[] = {f->dir.path, NULL};
    if (!os_spawn(&(struct os_spawn){.role = "scrub", .arguments = arguments}, &f->scrub, &e))
        fprintf(stderr, "assay: %s\n", e.text);
}

static int family_timeout(struct family *f)
{
    int64_t earliest = f->scrub_look_ms;
    for (int i = 0; i < MEMBER_COUNT; i++)
        if (f->members[i].start_again_ms && (!earliest || f->members[i].start_again_ms < earliest))
            earliest = f->members[i].start_again_ms;
    int64_t left = earliest - now_ms();
    return !earliest ? -1 : left < 0 ? 0 : (int)left;
}

/* One round. False: SIGTERM or SIGINT came. */
static bool family_step(struct family *f)
{
    struct pollfd fds[3 + 2 * MEMBER_COUNT];
    fds[2 + 2 * MEMBER_COUNT] = (struct pollfd){.fd = f->bundle.pid ? f->bundle.pidfd : -1, .events = POLLIN};
    fds[1 + 2 * MEMBER_COUNT] = (struct pollfd){.fd = f->scrub.pid ? f->scrub.pidfd : -1, .events = POLLIN};
    fds[0] = (struct pollfd){.fd = f->signals_fd, .events = POLLIN};
    for (int i = 0; i < MEMBER_COUNT; i++) {
        fds[1 + i] = (struct pollfd){.fd = f->members[i].child.pid ? f->members[i].child.pidfd : -1, .events = POLLIN};
        fds[1 + MEMBER_COUNT + i] = (struct pollfd){.fd = f->members[i].control_fd, .events = POLLIN};
    }
    if (poll(fds, 3 + 2 * MEMBER_COUNT, family_timeout(f)) < 0 && errno != EINTR)
        return false;
    if (fds[0].revents) {
        int number = os_signals_next(f->signals_fd);
        if (number != 0 && number != SIGHUP)
            return false;
    }
    for (int i = 0; i < MEMBER_COUNT; i++)
        if (fds[1 + MEMBER_COUNT + i].revents) /* before its end, so that last words are heard */
            member_said(f, i);
    for (int i = 0; i < MEMBER_COUNT; i++)
        if (fds[1 + i].revents)
            member_ended(f, i);
    for (int i = 0; i < MEMBER_COUNT; i++)
        if (f->members[i].start_again_ms && f->members[i].start_again_ms <= now_ms())
            member_start(f, i);
    scrub_look(f);
    bundle_look(f);
    return true;
}

static void family_end(struct family *f)
{
    f->is_ending = true;
    os_notify("STOPPING=1");
    os_child_signal(&f->scrub, SIGTERM);
    os_child_signal(&f->bundle, SIGTERM);
    os_child_signal(&f->members[MEMBER_COLLECT].child, SIGTERM);
    os_child_signal(&f->members[MEMBER_WEB].child, SIGTERM);
    os_child_signal(&f->members[MEMBER_ANCHOR].child, SIGTERM);
    os_child_end(&f->members[MEMBER_COLLECT].child, GRACE_MS);
    os_child_end(&f->members[MEMBER_WEB].child, GRACE_MS);
    os_child_end(&f->members[MEMBER_ANCHOR].child, GRACE_MS);
    os_child_end(&f->scrub, GRACE_MS);
    os_child_end(&f->bundle, GRACE_MS);
    os_child_end(&f->members[MEMBER_KEEPER].child, KEEPER_GRACE_MS);
    for (int i = 0; i < MEMBER_COUNT; i++)
        member_closed(&f->members[i]);
}

/* One server a directory. The descriptor stays open for good: its lock is the claim. */
static bool claim(const struct data_dir *d, struct err *e)
{
    int fd = openat(d->fd, "private/serve.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_errno(e, errno, "%s/private/serve.lock", d->path);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        char pid[16] = {0};
        ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);
        close(fd);
        return err_set(e, ERR_CONFLICT, "%s: is served already, by process %s", d->path, n > 0 ? pid : "unknown");
    }
    if (ftruncate(fd, 0) != 0 || dprintf(fd, "%d", getpid()) < 0)
        return err_errno(e, errno, "%s/private/serve.lock", d->path);
    return true;
}

static bool family_listen(struct family *f, struct err *e)
{
    int passed = f->o->listen ? 0 : os_listen_fds();
    for (int i = 0; i < passed && f->listen_count < WEB_LISTEN_MAX; i++) {
        fcntl(ROLE_FIRST_FD + i, F_SETFD, FD_CLOEXEC);
        f->listen_fds[f->listen_count++] = ROLE_FIRST_FD + i;
    }
    if (passed) {
        snprintf(f->url, sizeof(f->url), "%s", "");
        return true;
    }
    const char *address = f->o->listen ? f->o->listen : "127.0.0.1:8420";
    int fd = f->o->tls_cert ? listen_open_any(address, f->url, e) : listen_open(address, f->url, e);
    if (fd < 0)
        return false;
    if (f->o->tls_cert && strncmp(f->url, "http://", 7) == 0) {
        char rest[LISTEN_URL_SIZE];
        snprintf(rest, sizeof(rest), "%s", f->url + 7);
        snprintf(f->url, sizeof(f->url), "https://%.280s", rest);
    }
    f->listen_fds[f->listen_count++] = fd;
    return true;
}

int role_serve(const struct serve_options *o)
{
    struct err e = {0};
    struct family f = {
        .o = o, .signals_fd = -1, .scrub = OS_CHILD_NONE, .bundle = OS_CHILD_NONE, .scrub_look_ms = now_ms() + SCRUB_FIRST_LOOK_MS};
    for (int i = 0; i < MEMBER_COUNT; i++)
        f.members[i] = (struct member){.child = OS_CHILD_NONE, .control_fd = -1};
    bool ok = os_descriptors_suffice(&e) && data_dir_open(&f.dir, o->data_dir, &e) && claim(&f.dir, &e) && family_listen(&f, &e) &&
              (f.signals_fd = os_signals_open(&e)) >= 0;
    if (!ok) {
        fprintf(stderr, "assay: %s\n", e.text);
        return err_exit_status(e.code);
    }
    member_start(&f, MEMBER_WEB);
    member_start(&f, MEMBER_KEEPER);
    if (o->interval_ms > 0)
        member_start(&f, MEMBER_COLLECT);
    if (o->anchor_interval_ms >= 0)
        member_start(&f, MEMBER_ANCHOR);
    member_start(&f, MEMBER_SCHEDULE);
    while (family_step(&f)) {
    }
    family_end(&f);
    data_dir_close(&f.dir);
    return 0;
}
