/*
 * conformance_test.c - malformed requests over a raw socket: each must be refused (an error and a closed connection, or just
 * closed), and nothing behind it on the connection may be answered. The few that libmicrohttpd hides from us are listed with what
 * we can see.
 */
#include "base/test.h"
#include "web/http.h"
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- a server that answers everything with 200 ---- */

static enum http_next head(void *context, struct http_request *r, struct http_response *ret, size_t *ret_body_max)
{
    (void)context;
    (void)ret;
    *ret_body_max = str_is(r->path, "/large") ? 100 : str_is(r->path, "/upload") ? 1 << 20 : 4096;
    if (str_is(r->path, "/now")) {
        *ret = (struct http_response){.status = 200, .type = "text/plain", .body = STR("now"), .is_constant = true};
        return HTTP_ANSWER;
    }
    return HTTP_WORK;
}

static void work(void *context, void *worker, struct http_request *r, struct http_response *ret)
{
    (void)context;
    (void)worker;
    if (str_is(r->path, "/slow"))
        poll(NULL, 0, 300);
    struct str text = arena_printf(r->arena, "%.*s %zu", STR_ARGS(r->path), r->body.size);
    *ret = (struct http_response){.status = 200, .type = "text/plain", .body = text};
}

static const struct http_handler handler = {.head = head, .work = work};
static struct http_server *server;
static uint16_t port;

static void start_with_queue(size_t queue_max)
{
    signal(SIGPIPE, SIG_IGN);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(fd, 64), 0);
    getsockname(fd, (struct sockaddr *)&address, &size);
    port = ntohs(address.sin_port);
    struct http_options o = {.listen_fds = &fd,
                             .listen_count = 1,
                             .worker_count = 2,
                             .queue_max = queue_max,
                             .handler = &handler,
                             .env = &env_system,
                             .log_fd = -1};
    struct err e = {0};
    server = http_start(&o, &e);
    ck_assert_msg(server, "%s", e.text);
}

static void start(void)
{
    start_with_queue(0);
}

static int dial(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void send_all(int fd, const char *data, size_t size)
{
    while (size) {
        ssize_t n = send(fd, data, size, MSG_NOSIGNAL);
        if (n <= 0)
            return; /* closed on us: that is an answer too */
        data += n;
        size -= (size_t)n;
    }
}

/* What comes back until the peer closes or is silent for `silence_ms`; ret_is_closed says which. */
static size_t receive(int fd, char *ret, size_t size, int silence_ms, bool *ret_is_closed)
{
    size_t n = 0;
    *ret_is_closed = false;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (n + 1 < size && poll(&p, 1, silence_ms) > 0) {
        ssize_t got = recv(fd, ret + n, size - 1 - n, 0);
        if (got <= 0) {
            *ret_is_closed = true;
            break;
        }
        n += (size_t)got;
    }
    ret[n] = 0;
    return n;
}

static int status_of(const char *answer)
{
    return strncmp(answer, "HTTP/1.", 7) == 0 ? (int)strtol(answer + 9, NULL, 10) : 0;
}

/* ---- the 34 ---- */

#define H "Host: 127.0.0.1\r\n"

enum verdict {
    REFUSED, /* an error or a closed connection; never 200 */
    UNSEEN   /* libmicrohttpd mends it before we see it (doc/http.md): one request, one answer, nothing smuggled */
};

static const struct vector {
    const char *name, *request;
    size_t size; /* 0: strlen */
    enum verdict verdict;
} vectors[] = {
    {"missing Host", "GET /x HTTP/1.1\r\n\r\n", 0, REFUSED},
    {"two Hosts", "GET /x HTTP/1.1\r\n" H "Host: b\r\n\r\n", 0, REFUSED},
    {"bare LF", "GET /x HTTP/1.1\nHost: 127.0.0.1\n\n", 0, REFUSED},
    {"space before the colon", "GET /x HTTP/1.1\r\n" H "X-A : 1\r\n\r\n", 0, REFUSED},
    {"folded line", "GET /x HTTP/1.1\r\n" H "X-A: 1\r\n 2\r\n\r\n", 0, REFUSED},
    {"NUL in a value", "GET /x HTTP/1.1\r\n" H "X-A: 1\0002\r\n\r\n", sizeof("GET /x HTTP/1.1\r\n" H "X-A: 1\0002\r\n\r\n") - 1,
     REFUSED},
    {"CR in a value", "GET /x HTTP/1.1\r\n" H "X-A: 1\r2\r\n\r\n", 0, REFUSED},
    {"length and encoding", "POST /x HTTP/1.1\r\n" H "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0,
     REFUSED},
    {"two lengths", "POST /x HTTP/1.1\r\n" H "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", 0, REFUSED},
    {"length +5", "POST /x HTTP/1.1\r\n" H "Content-Length: +5\r\n\r\nhello", 0, REFUSED},
    {"length 5,5", "POST /x HTTP/1.1\r\n" H "Content-Length: 5,5\r\n\r\nhello", 0, REFUSED},
    {"length -1", "POST /x HTTP/1.1\r\n" H "Content-Length: -1\r\n\r\nhello", 0, REFUSED},
    {"length 2^64+5", "POST /x HTTP/1.1\r\n" H "Content-Length: 18446744073709551621\r\n\r\nhello", 0, REFUSED},
    {"encoding xchunked", "POST /x HTTP/1.1\r\n" H "Transfer-Encoding: xchunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 0, REFUSED},
    {"encoding identity, chunked", "POST /x HTTP/1.1\r\n" H "Transfer-Encoding: identity, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
     0, REFUSED},
    {"chunk size 0x5", "POST /x HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n", 0, REFUSED},
    {"chunk size -1", "POST /x HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n-1\r\nhello\r\n0\r\n\r\n", 0, REFUSED},
    {"chunks with LF", "POST /x HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n", 0, REFUSED},
    {"chunk overrun", "POST /x HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n", 0, REFUSED},
    {"HTTP/1.2", "GET /x HTTP/1.2\r\n" H "\r\n", 0, REFUSED},
    {"HTTP/9.9", "GET /x HTTP/9.9\r\n" H "\r\n", 0, REFUSED},
    {"HTTP/2.0", "GET /x HTTP/2.0\r\n" H "\r\n", 0, REFUSED},
    {"HTTP/0.9", "GET /x\r\n\r\n", 0, REFUSED},
    {"space in the target", "GET /x y HTTP/1.1\r\n" H "\r\n", 0, REFUSED},
    {"control character in the target", "GET /x\001y HTTP/1.1\r\n" H "\r\n", 0, REFUSED},
    {"two spaces", "GET  /x HTTP/1.1\r\n" H "\r\n", 0, REFUSED},
    {"tabs as separators", "GET\t/x\tHTTP/1.1\r\n" H "\r\n", 0, REFUSED},
    {"relative target", "GET x HTTP/1.1\r\n" H "\r\n", 0, REFUSED},
    {"lower-case method", "get /x HTTP/1.1\r\n" H "\r\n", 0, REFUSED},
    {"header without a colon", "GET /x HTTP/1.1\r\n" H "X-A\r\n\r\n", 0, REFUSED},
    {"empty header name", "GET /x HTTP/1.1\r\n" H ": 1\r\n\r\n", 0, REFUSED},
    {"control character in a name", "GET /x HTTP/1.1\r\n" H "X\001A: 1\r\n\r\n", 0, REFUSED},
};

/* Sends the request with another behind it; the second must not be answered after a refusal. */
static void probe(const struct vector *v, int *ret_status, int *ret_answers)
{
    static const char second[] = "GET /now HTTP/1.1\r\n" H "Connection: close\r\n\r\n";
    char answer[65536];
    bool is_closed;
    int fd = dial();
    send_all(fd, v->request, v->size ? v->size : strlen(v->request));
    send_all(fd, second, sizeof(second) - 1);
    receive(fd, answer, sizeof(answer), 3000, &is_closed);
    close(fd);
    *ret_status = status_of(answer);
    *ret_answers = 0;
    for (const char *p = answer; (p = strstr(p, "HTTP/1.1 200")); p++)
        ++*ret_answers;
    ck_assert_msg(is_closed, "%s: the connection stays open", v->name);
}

START_TEST(malformed_requests_are_refused_and_the_connection_closes)
{
    start();
    int wrong = 0;
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        const struct vector *v = &vectors[i];
        int status, answers;
        probe(v, &status, &answers);
        if (getenv("HTTP_TEST_SHOW"))
            printf("%-34s status %d, %d answered with 200\n", v->name, status, answers);
        bool is_right = v->verdict == UNSEEN ? answers <= 2 : answers == 0 && (status == 0 || status >= 400);
        if (!is_right)
            printf("%s: status %d, %d answered with 200\n", v->name, status, answers);
        wrong += !is_right;
    }
    ck_assert_int_eq(wrong, 0);
    server = http_stop(server);
}
END_TEST

START_TEST(a_head_of_100_kilobytes_is_refused)
{
    start();
    size_t size = 100 << 10;
    char *request = malloc(size + 256);
    int n = snprintf(request, 256, "GET /x HTTP/1.1\r\n" H "X-Long: ");
    memset(request + n, 'a', size);
    memcpy(request + (size_t)n + size, "\r\n\r\n", 5);
    int status, answers;
    probe(&(struct vector){"100 KB header", request, 0, REFUSED}, &status, &answers);
    ck_assert_int_eq(answers, 0);
    ck_assert(status == 0 || status == 431 || status == 413 || status == 400);
    free(request);
    server = http_stop(server);
}
END_TEST

START_TEST(three_thousand_header_fields_are_refused)
{
    start();
    struct buf b;
    buf_init(&b, 1 << 20);
    buf_cstr(&b, "GET /x HTTP/1.1\r\n" H);
    for (int i = 0; i < 3000; i++)
        buf_printf(&b, "a%d:1\r\n", i);
    buf_cstr(&b, "\r\n");
    int status, answers;
    probe(&(struct vector){"3000 fields", b.data, b.size, REFUSED}, &status, &answers);
    ck_assert_int_eq(answers, 0);
    buf_release(&b);
    server = http_stop(server);
}
END_TEST

/* ---- what must work ---- */

static int ask(const char *request, char *ret_answer, size_t size)
{
    bool is_closed;
    int fd = dial();
    send_all(fd, request, strlen(request));
    receive(fd, ret_answer, size, 3000, &is_closed);
    close(fd);
    return status_of(ret_answer);
}

START_TEST(well_formed_requests_are_answered)
{
    start();
    char answer[8192];
    ck_assert_int_eq(ask("GET /now HTTP/1.1\r\n" H "Connection: close\r\n\r\n", answer, sizeof(answer)), 200);
    ck_assert(strstr(answer, "Content-Security-Policy: default-src 'none'"));
    ck_assert(strstr(answer, "X-Content-Type-Options: nosniff"));
    ck_assert(strstr(answer, "Referrer-Policy: same-origin"));
    ck_assert(strstr(answer, "Cross-Origin-Opener-Policy: same-origin"));
    ck_assert(strstr(answer, "Cache-Control: no-store"));
    ck_assert_int_eq(ask("GET /work HTTP/1.0\r\n\r\n", answer, sizeof(answer)), 200);
    ck_assert(strstr(answer, "/work 0"));
    ck_assert_int_eq(
        ask("POST /work HTTP/1.1\r\n" H "Connection: close\r\nContent-Length: 5\r\n\r\nhello", answer, sizeof(answer)), 200);
    ck_assert(strstr(answer, "/work 5"));
    ck_assert_int_eq(ask("HEAD /now HTTP/1.1\r\n" H "Connection: close\r\n\r\n", answer, sizeof(answer)), 200);
    ck_assert(!strstr(answer, "\r\n\r\nnow"));
    server = http_stop(server);
}
END_TEST

START_TEST(a_connection_serves_one_request_after_another)
{
    start();
    char answer[8192];
    int status =
        ask("GET /work HTTP/1.1\r\n" H "\r\nGET /now HTTP/1.1\r\n" H "\r\nGET /work HTTP/1.1\r\n" H "Connection: close\r\n\r\n",
            answer, sizeof(answer));
    ck_assert_int_eq(status, 200);
    int answers = 0;
    for (const char *p = answer; (p = strstr(p, "HTTP/1.1 200")); p++)
        answers++;
    ck_assert_msg(answers == 3, "%d answers: %s", answers, answer);
    server = http_stop(server);
}
END_TEST

START_TEST(methods_targets_and_bodies_have_their_own_errors)
{
    start();
    char answer[8192], request[4096];
    ck_assert_int_eq(ask("TRACE /x HTTP/1.1\r\n" H "\r\n", answer, sizeof(answer)), 501);
    ck_assert_int_eq(ask("POST /x HTTP/1.1\r\n" H "\r\n", answer, sizeof(answer)), 411);
    ck_assert_int_eq(ask("POST /large HTTP/1.1\r\n" H "Content-Length: 101\r\n\r\n", answer, sizeof(answer)), 413);
    ck_assert_int_eq(ask("GET /x HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nabc", answer, sizeof(answer)), 400);
    ck_assert_int_eq(ask("GET http://a/x HTTP/1.1\r\n" H "\r\n", answer, sizeof(answer)), 400);
    ck_assert_int_eq(ask("GET /x HTTP/1.1\r\nHost: a b\r\n\r\n", answer, sizeof(answer)), 400);
    int n = snprintf(request, sizeof(request), "GET /");
    memset(request + n, 'a', 3000);
    snprintf(request + n + 3000, sizeof(request) - (size_t)n - 3000, " HTTP/1.1\r\n" H "\r\n");
    ck_assert_int_eq(ask(request, answer, sizeof(answer)), 414);
    server = http_stop(server);
}
END_TEST

START_TEST(a_full_queue_answers_503_with_retry_after)
{
    enum { CLIENTS = 20, QUEUE = 4, WORKERS = 2 };
    static const char slow[] = "GET /slow HTTP/1.1\r\n" H "Connection: close\r\n\r\n";
    start_with_queue(QUEUE);
    int fds[CLIENTS], served = 0, refused = 0;
    for (int i = 0; i < CLIENTS; i++) {
        fds[i] = dial();
        send_all(fds[i], slow, sizeof(slow) - 1);
    }
    for (int i = 0; i < CLIENTS; i++) {
        char answer[4096];
        bool is_closed;
        receive(fds[i], answer, sizeof(answer), 10000, &is_closed);
        served += status_of(answer) == 200;
        refused += status_of(answer) == 503 && strstr(answer, "Retry-After: 1");
        close(fds[i]);
    }
    ck_assert_int_eq(served + refused, CLIENTS);
    ck_assert_int_ge(served, QUEUE);
    ck_assert_int_ge(refused, 1);
    server = http_stop(server);
}
END_TEST

START_TEST(clients_that_go_away_while_a_worker_is_busy_harm_nothing)
{
    start();
    static const char slow[] = "GET /slow HTTP/1.1\r\n" H "\r\n";
    for (int i = 0; i < 20; i++) {
        int fd = dial();
        send_all(fd, slow, sizeof(slow) - 1);
        close(fd);
    }
    char answer[4096];
    ck_assert_int_eq(ask("GET /now HTTP/1.1\r\n" H "Connection: close\r\n\r\n", answer, sizeof(answer)), 200);
    server = http_stop(server);
}
END_TEST

START_TEST(a_long_body_is_kept_in_a_file_and_comes_back_whole)
{
    start();
    char head[200], answer[8192], block[4096];
    memset(block, 'x', sizeof(block));
    enum { SIZE = 800 << 10 };
    int n = snprintf(head, sizeof(head), "PUT /upload HTTP/1.1\r\n" H "Content-Length: %d\r\nConnection: close\r\n\r\n", SIZE);
    int fd = dial();
    send_all(fd, head, (size_t)n);
    for (int sent = 0; sent < SIZE; sent += (int)sizeof(block))
        send_all(fd, block, sizeof(block));
    bool is_closed;
    receive(fd, answer, sizeof(answer), 5000, &is_closed);
    close(fd);
    ck_assert_int_eq(status_of(answer), 200);
    ck_assert_msg(strstr(answer, "/upload 819200") != NULL, "%s", answer);
    http_stop(server);
}
END_TEST

START_TEST(a_body_of_100_megabytes_is_refused_before_it_is_read)
{
    start();
    char answer[8192];
    static const char head[] = "POST /upload HTTP/1.1\r\n" H "Content-Length: 104857600\r\n\r\nbeginning";
    ck_assert_int_eq(ask(head, answer, sizeof(answer)), 413);
    ck_assert_int_eq(ask("PATCH /x HTTP/1.1\r\n" H "\r\n", answer, sizeof(answer)), 411);
    ck_assert_int_eq(ask("DELETE /x HTTP/1.1\r\n" H "Connection: close\r\n\r\n", answer, sizeof(answer)), 200);
    ck_assert_int_eq(ask("GET /x HTTP/1.1\r\n" H "Content-Length: 1\r\n\r\nx", answer, sizeof(answer)), 400);
    http_stop(server);
}
END_TEST

TEST_MAIN("http", malformed_requests_are_refused_and_the_connection_closes, a_head_of_100_kilobytes_is_refused,
          three_thousand_header_fields_are_refused, well_formed_requests_are_answered,
          a_connection_serves_one_request_after_another, methods_targets_and_bodies_have_their_own_errors,
          a_full_queue_answers_503_with_retry_after, clients_that_go_away_while_a_worker_is_busy_harm_nothing,
          a_long_body_is_kept_in_a_file_and_comes_back_whole, a_body_of_100_megabytes_is_refused_before_it_is_read)
