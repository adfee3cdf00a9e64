#include "os/ipc.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { HEADER_BYTES = 8, PARTS_MAX = 64 };

static int64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits for `events` until `deadline_ms` (negative: for ever). */
static bool wait_for(int fd, short events, int64_t deadline_ms, struct err *e)
{
    for (;;) {
        int left = -1;
        if (deadline_ms >= 0) {
            int64_t ms = deadline_ms - monotonic_ms();
            left = ms < 0 ? 0 : ms > INT32_MAX ? INT32_MAX : (int)ms;
        }
        struct pollfd p = {.fd = fd, .events = events};
        int n = poll(&p, 1, left);
        if (n > 0)
            return true;
        if (n == 0)
            return err_set(e, ERR_TIMEOUT, "message: the other process does not answer");
        if (errno != EINTR)
            return err_errno(e, errno, "message: poll");
    }
}

static int64_t deadline_of(int timeout_ms)
{
    return timeout_ms < 0 ? -1 : monotonic_ms() + timeout_ms;
}

static void put_u32be(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

static uint32_t get_u32be(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool send_parts(int fd, struct iovec *v, size_t count, int64_t deadline_ms, struct err *e)
{
    size_t at = 0;
    while (at < count) {
        struct msghdr m = {.msg_iov = v + at, .msg_iovlen = count - at};
        ssize_t n = sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            if (!wait_for(fd, POLLOUT, deadline_ms, e))
                return false;
            continue;
        }
        if (n < 0)
            return err_set(e, ERR_UNAVAILABLE, "message: the other process is gone");
        size_t left = (size_t)n;
        while (at < count && left >= v[at].iov_len)
            left -= v[at++].iov_len;
        if (at < count) {
            v[at].iov_base = (char *)v[at].iov_base + left;
            v[at].iov_len -= left;
        }
    }
    return true;
}

bool ipc_send(int fd, uint32_t type, const struct str *parts, size_t part_count, int timeout_ms, struct err *e)
{
    size_t size = 0;
    if (part_count > PARTS_MAX)
        return err_set(e, ERR_INTERNAL, "message: more than %d parts", PARTS_MAX);
    struct iovec v[PARTS_MAX + 1];
    for (size_t i = 0; i < part_count; i++) {
        if (__builtin_add_overflow(size, parts[i].size, &size))
            size = SIZE_MAX;
        v[i + 1].iov_base = (void *)(uintptr_t)parts[i].data;
        v[i + 1].iov_len = parts[i].size;
    }
    if (size > UINT32_MAX)
        return err_set(e, ERR_TOO_LARGE, "message: more than 4 GiB");
    uint8_t header[HEADER_BYTES];
    put_u32be(header, type);
    put_u32be(header + 4, (uint32_t)size);
    v[0].iov_base = header;
    v[0].iov_len = sizeof(header);
    return send_parts(fd, v, part_count + 1, deadline_of(timeout_ms), e);
}

/* Exactly `size` bytes. ret_got tells how many came before a failure. */
static bool receive_exact(int fd, void *data, size_t size, int64_t deadline_ms, size_t *ret_got, struct err *e)
{
    size_t got = 0;
    while (got < size) {
        ssize_t n = recv(fd, (char *)data + got, size - got, MSG_DONTWAIT);
        if (n > 0) {
            got += (size_t)n;
            *ret_got = got;
            continue;
        }
        if (n == 0)
            return err_set(e, ERR_UNAVAILABLE, "message: the other process is gone");
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK)
            return err_set(e, ERR_UNAVAILABLE, "message: the other process is gone");
        if (!wait_for(fd, POLLIN, deadline_ms, e))
            return false;
    }
    return true;
}

bool ipc_receive(int fd, size_t size_max, int timeout_ms, struct ipc_message *ret, bool *ret_is_closed, struct err *e)
{
    int64_t deadline_ms = deadline_of(timeout_ms);
    uint8_t header[HEADER_BYTES];
    size_t got = 0;
    if (ret_is_closed)
        *ret_is_closed = false;
    if (!receive_exact(fd, header, sizeof(header), deadline_ms, &got, e)) {
        if (ret_is_closed && got == 0 && e->code == ERR_UNAVAILABLE)
            *ret_is_closed = true;
        return false;
    }
    size_t size = get_u32be(header + 4);
    if (size > size_max)
        return err_set(e, ERR_TOO_LARGE, "message: %zu bytes, at most %zu are taken", size, size_max);
    struct buf body;
    buf_init(&body, size_max);
    char piece[64 << 10];
    while (body.size < size) {
        size_t want = size - body.size < sizeof(piece) ? size - body.size : sizeof(piece);
        if (!receive_exact(fd, piece, want, deadline_ms, &got, e)) {
            buf_release(&body);
            return false;
        }
        buf_append(&body, piece, want);
        if (body.full) {
            buf_release(&body);
            return err_set(e, ERR_LIMIT, "message: no memory for %zu bytes", size);
        }
    }
    ret->type = get_u32be(header);
    ret->body = body;
    return true;
}

bool ipc_pair(int ret_fds[2], struct err *e)
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ret_fds) != 0)
        return err_errno(e, errno, "message: socketpair");
    return true;
}

static bool address_of(const char *path, struct sockaddr_un *ret, struct err *e)
{
    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(ret->sun_path))
        return err_set(e, ERR_INVALID, "socket %s: the path is longer than %zu bytes; use a shorter data directory", path,
                       sizeof(ret->sun_path) - 1);
    memcpy(ret->sun_path, path, strlen(path) + 1);
    return true;
}

int ipc_connect(const char *path, struct err *e)
{
    struct sockaddr_un address;
    if (!address_of(path, &address, e))
        return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        err_errno(e, errno, "socket %s", path);
        return -1;
    }
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        err_errno(e, errno, "connect to %s", path);
        close(fd);
        return -1;
    }
    return fd;
}

int ipc_listen(const char *path, struct err *e)
{
    struct sockaddr_un address;
    if (!address_of(path, &address, e))
        return -1;
    struct err ignored = {0};
    int other = ipc_connect(path, &ignored);
    if (other >= 0) {
        close(other);
        err_set(e, ERR_CONFLICT, "socket %s: another process listens there", path);
        return -1;
    }
    unlink(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        err_errno(e, errno, "socket %s", path);
        return -1;
    }
    mode_t old = umask(0177);
    int bound = bind(fd, (struct sockaddr *)&address, sizeof(address));
    int number = errno;
    umask(old);
    if (bound != 0 || listen(fd, 64) != 0) {
        err_errno(e, bound != 0 ? number : errno, "listen on %s", path);
        close(fd);
        return -1;
    }
    return fd;
}
