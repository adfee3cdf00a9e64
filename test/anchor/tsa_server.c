/*
 * A time stamping authority on loopback, for the program tests: makes a certificate authority and a certificate of its own, writes
 * CA (PEM) and its address to files, and answers until it is killed. Never for anything but tests: its key lives in its memory.
 *
 *     tsa-server DIR          DIR/ca.pem, DIR/url
 */
#include "crypto/test_tsa.h"
#include "os/file.h"
#include "os/test_http_server.h"
#include <fcntl.h>

static void answer(void *context, const struct test_request *r, struct buf *out)
{
    struct buf BUF_AUTO stamp;
    buf_init(&stamp, 1 << 20);
    test_tsa_answer(context, r->body, &stamp);
    test_answer(out, 200, "application/timestamp-reply", buf_view(&stamp));
}

int main(int argc, char **argv)
{
    struct err e = {0};
    int dir = argc == 2 ? open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (dir < 0)
        return 2;
    struct test_tsa tsa = test_tsa_make(&(struct test_tsa_options){0});
    struct test_http_server server = {.answer = answer, .context = &tsa};
    if (!test_http_server_start(&server) || !os_file_replace(&os_file_real, dir, "ca.pem", str_of(tsa.ca_pem), 0600, &e) ||
        !os_file_replace(&os_file_real, dir, "url", str_of(server.url), 0600, &e))
        return 3;
    pthread_join(server.thread, NULL);
    return 0;
}
