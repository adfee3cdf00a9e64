#include "base/test.h"
#include "os/http_client.h"
#include "os/test_http_server.h"

static struct test_http_server server;
static struct http_client *client;
static struct err e;

static void answer(void *context, const struct test_request *r, struct buf *out)
{
    (void)context;
    if (str_starts(r->line, "POST /echo "))
        test_answer(out, 200, "Text/Plain; charset=utf-8", r->body);
    else if (str_starts(r->line, "GET /head "))
        test_answer(out, 200, "text/plain", r->head);
    else if (str_starts(r->line, "GET /conflict "))
        test_answer(out, 409, "text/x.tlog.size", STR("17\n"));
    else if (str_starts(r->line, "GET /moved "))
        buf_cstr(out, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    else if (str_starts(r->line, "GET /slow "))
        usleep(400 * 1000);
    else if (str_starts(r->line, "GET /short "))
        buf_cstr(out, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nhalf");
    else if (str_starts(r->line, "GET /endless ")) {
        buf_cstr(out, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        for (int i = 0; i < 100000; i++)
            buf_cstr(out, "0123456789abcdef");
    }
}

/* Each test runs in a process of its own: its server and client go with it. */
static void start(void)
{
    server = (struct test_http_server){.answer = answer};
    client = http_client_new(&e);
    ck_assert_msg(client != NULL, "%s", e.text);
    ck_assert(test_http_server_start(&server));
}

static void stop(void)
{
    client = http_client_free(client);
    test_http_server_stop(&server);
}

static bool ask(const char *path, struct http_call call, struct http_answer *ret)
{
    char url[256];
    snprintf(url, sizeof(url), "%s%s", server.url, path);
    call.url = url;
    e = (struct err){0};
    return http_client_send(client, &call, ret, &e);
}

START_TEST(bytes_are_posted_and_the_answer_comes_back_whole)
{
    struct http_answer got = {0};
    start();
    char bytes[70000];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i * 31);
    struct http_call call = {.body = str_make(bytes, sizeof(bytes)), .content_type = "application/octet-stream"};
    ck_assert_msg(ask("/echo", call, &got), "%s", e.text);
    ck_assert_int_eq(got.status, 200);
    ck_assert_str_eq(got.content_type, "text/plain");
    ck_assert(str_equal(buf_view(&got.body), str_make(bytes, sizeof(bytes))));
    call.body = (struct str){0};
    ck_assert_msg(ask("/echo", call, &got), "%s", e.text);
    ck_assert_uint_eq(got.body.size, 0);
    ck_assert(ask("/head", (struct http_call){.accept = "text/x.tlog.size"}, &got));
    ck_assert(str_contains(buf_view(&got.body), "Accept: text/x.tlog.size\r\n"));
    http_answer_release(&got);
    stop();
}
END_TEST

START_TEST(every_status_is_an_answer_and_redirects_are_not_followed)
{
    struct http_answer got = {0};
    start();
    ck_assert(ask("/conflict", (struct http_call){0}, &got));
    ck_assert_int_eq(got.status, 409);
    ck_assert_str_eq(got.content_type, "text/x.tlog.size");
    ck_assert(str_is(buf_view(&got.body), "17\n"));
    ck_assert(ask("/moved", (struct http_call){0}, &got));
    ck_assert_int_eq(got.status, 302);
    http_answer_release(&got);
    stop();
}
END_TEST

START_TEST(a_slow_a_large_and_a_cut_answer_are_told_apart)
{
    struct http_answer got = {0};
    start();
    ck_assert(!ask("/slow", (struct http_call){.total_ms = 50}, &got) && e.code == ERR_TIMEOUT);
    ck_assert(!ask("/endless", (struct http_call){.answer_bytes_max = 4096}, &got) && e.code == ERR_TOO_LARGE);
    struct http_call call = {.body = STR("0123456789"), .content_type = "text/plain", .answer_bytes_max = 9};
    ck_assert(!ask("/echo", call, &got) && e.code == ERR_TOO_LARGE);
    ck_assert(!ask("/short", (struct http_call){0}, &got) && e.code == ERR_UNAVAILABLE);
    ck_assert(strstr(e.text, "/short: "));
    ck_assert(ask("/conflict", (struct http_call){0}, &got)); /* none of it harms the next one */
    http_answer_release(&got);
    stop();
}
END_TEST

START_TEST(only_plain_web_addresses_are_asked)
{
    static const char *const bad[] = {"file:///etc/passwd", "ftp://127.0.0.1/", "gopher://x/", "127.0.0.1", "http://", "https:///x", "",
                                      "http://ann:secret@127.0.0.1/", "http://127.0.0.1/a b", "http://127.0.0.1/\r\nX: y", "HTTP://x"};
    struct http_answer got = {0};
    start();
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        e = (struct err){0};
        ck_assert_msg(!http_client_send(client, &(struct http_call){.url = bad[i]}, &got, &e) && e.code == ERR_INVALID, "%s", bad[i]);
    }
    ck_assert(http_client_url_check(STR("https://witness.example/w1/"), &e));
    ck_assert(http_client_url_check(STR("http://[::1]:8080"), &e));
    http_answer_release(&got);
    stop();
}
END_TEST

START_TEST(nobody_there_and_no_tls_are_one_error_each)
{
    struct http_answer got = {0};
    start();
    e = (struct err){0};
    ck_assert(!http_client_send(client, &(struct http_call){.url = "http://127.0.0.1:1/x"}, &got, &e));
    ck_assert_int_eq(e.code, ERR_UNAVAILABLE);
    ck_assert(str_starts(str_of(e.text), "http://127.0.0.1:1/x: "));
    char url[80];
    snprintf(url, sizeof(url), "https%s", server.url + 4);
    e = (struct err){0};
    ck_assert(!http_client_send(client, &(struct http_call){.url = url, .total_ms = 3000}, &got, &e));
    e = (struct err){0};
    ck_assert(!http_client_send(client, &(struct http_call){.url = url, .ca_file = "/nonexistent"}, &got, &e));
    ck_assert_int_eq(e.code, ERR_DENIED);
    http_answer_release(&got);
    stop();
}
END_TEST

TEST_MAIN("http_client", bytes_are_posted_and_the_answer_comes_back_whole, every_status_is_an_answer_and_redirects_are_not_followed,
          a_slow_a_large_and_a_cut_answer_are_told_apart, only_plain_web_addresses_are_asked, nobody_there_and_no_tls_are_one_error_each)
