#include "base/test.h"
#include "os/ipc.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(a_large_message_arrives_whole)
{
    struct err e = {0};
    int fds[2];
    ck_assert(ipc_pair(fds, &e));
    size_t size = 5 << 20;
    char *data = malloc(size);
    for (size_t i = 0; i < size; i++)
        data[i] = (char)(i * 7);
    pid_t pid = fork();
    if (pid == 0) {
        struct str parts[2] = {str_make(data, 100), str_make(data + 100, size - 100)};
        _exit(ipc_send(fds[1], 9, parts, 2, 10000, &e) ? 0 : 1);
    }
    struct ipc_message m;
    ck_assert_msg(ipc_receive(fds[0], size, 10000, &m, NULL, &e), "%s", e.text);
    ck_assert_uint_eq(m.type, 9);
    ck_assert(str_equal(buf_view(&m.body), str_make(data, size)));
    buf_release(&m.body);
    waitpid(pid, NULL, 0);
    free(data);
}
END_TEST

START_TEST(too_large_late_and_closed_are_told_apart)
{
    struct err e = {0};
    int fds[2];
    bool is_closed;
    struct ipc_message m;
    ck_assert(ipc_pair(fds, &e));
    ck_assert(!ipc_receive(fds[0], 10, 20, &m, &is_closed, &e));
    ck_assert(e.code == ERR_TIMEOUT && !is_closed);
    struct str part = STR("twelve bytes");
    ck_assert(ipc_send(fds[1], 1, &part, 1, 1000, &e));
    ck_assert(!ipc_receive(fds[0], 5, 1000, &m, &is_closed, &e));
    ck_assert(e.code == ERR_TOO_LARGE && !is_closed);
    ck_assert(ipc_pair(fds, &e));
    close(fds[1]);
    ck_assert(!ipc_receive(fds[0], 5, 1000, &m, &is_closed, &e));
    ck_assert(e.code == ERR_UNAVAILABLE && is_closed);
    ck_assert(!ipc_send(fds[0], 1, &part, 1, 1000, &e));
}
END_TEST

START_TEST(a_half_message_is_an_error)
{
    struct err e = {0};
    int fds[2];
    bool is_closed;
    struct ipc_message m;
    ck_assert(ipc_pair(fds, &e));
    ck_assert_int_eq(send(fds[1], "\0\0\0\1\0\0\0\5ab", 10, 0), 10);
    close(fds[1]);
    ck_assert(!ipc_receive(fds[0], 100, 1000, &m, &is_closed, &e));
    ck_assert(e.code == ERR_UNAVAILABLE && !is_closed);
}
END_TEST

START_TEST(a_second_listener_is_refused_and_a_stale_socket_replaced)
{
    struct err e = {0};
    char path[64];
    snprintf(path, sizeof(path), "/tmp/assay-ipc-test-%d", (int)getpid());
    int fd = ipc_listen(path, &e);
    ck_assert_msg(fd >= 0, "%s", e.text);
    ck_assert_int_eq(ipc_listen(path, &e), -1);
    ck_assert_int_eq(e.code, ERR_CONFLICT);
    close(fd);
    fd = ipc_listen(path, &e);
    ck_assert_int_ge(fd, 0);
    close(fd);
    unlink(path);
}
END_TEST

TEST_MAIN("ipc", a_large_message_arrives_whole, too_large_late_and_closed_are_told_apart, a_half_message_is_an_error,
          a_second_listener_is_refused_and_a_stale_socket_replaced)
