/*
 * test_http_server.h - for tests: a small HTTP server on loopback, one thread, one request a connection, whose answers a function
 * of the test makes.
 */
#ifndef OS_TEST_HTTP_SERVER_H
#define OS_TEST_HTTP_SERVER_H

#include "base/buf.h"
#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct test_request {
    struct str line; /* "POST /path HTTP/1.1" */
    struct str head;
    struct str body;
};

struct test_http_server {
    /* Appends the whole answer, head and all. */
    void (*answer)(void *context, const struct test_request *r, struct buf *out);
    void *context;
    int fd;
    char url[64]; /* "http://127.0.0.1:PORT" */
    atomic_int asked;
    pthread_t thread;
};

static inline void test_answer(struct buf *out, int status, const char *type, struct str body)
{
    buf_printf(out, "HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", status, type, body.size);
    buf_str(out, body);
}

/* The whole request, or as much as came. */
static inline void test_request_read(int fd, struct buf *in, struct test_request *ret)
{
    char bytes[4096];
    size_t head = 0, wanted = 0;
    for (;;) {
        ssize_t n = read(fd, bytes, sizeof(bytes));
        if (n <= 0)
            break;
        buf_append(in, bytes, (size_t)n);
        ptrdiff_t end = str_find(buf_view(in), STR("\r\n\r\n"));
        if (end >= 0 && !head) {
            head = (size_t)end + 4;
            const char *length = strcasestr(in->data, "\r\nContent-Length:");
            wanted = length ? strtoul(length + 17, NULL, 10) : 0;
        }
        if (head && in->size >= head + wanted)
            break;
    }
    ret->head = str_slice(buf_view(in), 0, head);
    ret->body = str_slice(buf_view(in), head, in->size);
    struct str rest = ret->head;
    str_next_line(&rest, &ret->line);
}

static inline void *test_http_server_loop(void *context)
{
    struct test_http_server *s = context;
    for (;;) {
        int fd = accept(s->fd, NULL, NULL);
        if (fd < 0)
            return NULL;
        struct buf in, out;
        struct test_request r = {0};
        buf_init(&in, 4 << 20);
        buf_init(&out, 8 << 20);
        test_request_read(fd, &in, &r);
        atomic_fetch_add(&s->asked, 1);
        s->answer(s->context, &r, &out);
        for (size_t sent = 0; sent < out.size;) {
            ssize_t n = send(fd, out.data + sent, out.size - sent, MSG_NOSIGNAL);
            if (n <= 0)
                break;
            sent += (size_t)n;
        }
        close(fd);
        buf_release(&in);
        buf_release(&out);
    }
}

/* s->answer and s->context are set. */
static inline bool test_http_server_start(struct test_http_server *s)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&address, size) != 0 || listen(s->fd, 16) != 0 ||
        getsockname(s->fd, (struct sockaddr *)&address, &size) != 0)
        return false;
    snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%u", ntohs(address.sin_port));
    return pthread_create(&s->thread, NULL, test_http_server_loop, s) == 0;
}

static inline void test_http_server_stop(struct test_http_server *s)
{
    shutdown(s->fd, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->fd);
}

#endif
