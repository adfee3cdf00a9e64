/*
 * systemd_bus_test.c - our questions over D-Bus against a small systemd made of sd-bus: what it answers, and that one that does
 * not answer, or hangs up, is an error soon.
 */
#include "base/env.h"
#include "collect/host/systemd_bus.h"
#include "collect/host/tree_test.h"
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>

enum { ADDRESS_SIZE = 160 };
static const char object[] = "/org/freedesktop/systemd1/unit/ssh_2eservice";

static int list_units(sd_bus_message *m, void *context, sd_bus_error *error)
{
    (void)context;
    (void)error;
    sd_bus_message *reply = NULL;
    if (sd_bus_message_new_method_return(m, &reply) < 0 || sd_bus_message_open_container(reply, 'a', "(ssssssouso)") < 0)
        return -EIO;
    (void)sd_bus_message_append(reply, "(ssssssouso)", "ssh.service", "OpenBSD", "loaded", "active", "running", "", object, 0, "",
                                "/");
    (void)sd_bus_message_append(reply, "(ssssssouso)", "a.timer", "", "loaded", "active", "waiting", "", "/a", 7, "start",
                                "/job");
    (void)sd_bus_message_close_container(reply);
    int r = sd_bus_send(NULL, reply, NULL);
    sd_bus_message_unref(reply);
    return r < 0 ? r : 1;
}

static int get_property(sd_bus *bus, const char *path, const char *interface, const char *name, sd_bus_message *reply,
                        void *context, sd_bus_error *error)
{
    (void)bus;
    (void)path;
    (void)interface;
    (void)context;
    (void)error;
    if (strcmp(name, "MainPID") == 0)
        return sd_bus_message_append(reply, "u", (uint32_t)4711);
    if (strcmp(name, "LastTriggerUSec") == 0)
        return sd_bus_message_append(reply, "t", UINT64_C(1767225600000000));
    return sd_bus_message_append(reply, "s", "success");
}

static const sd_bus_vtable manager[] = {SD_BUS_VTABLE_START(0),
                                        SD_BUS_METHOD("ListUnits", "", "a(ssssssouso)", list_units, SD_BUS_VTABLE_UNPRIVILEGED),
                                        SD_BUS_VTABLE_END};
static const sd_bus_vtable service[] = {SD_BUS_VTABLE_START(0), SD_BUS_PROPERTY("MainPID", "u", get_property, 0, 0),
                                        SD_BUS_PROPERTY("Result", "s", get_property, 0, 0),
                                        SD_BUS_PROPERTY("LastTriggerUSec", "t", get_property, 0, 0), SD_BUS_VTABLE_END};

static void serve(int listening)
{
    int fd = accept(listening, NULL, NULL);
    sd_bus *bus = NULL;
    sd_id128_t id = SD_ID128_MAKE(1, 2, 3, 4, 5, 6, 7, 8, 9, a, b, c, d, e, f, 0);
    if (fd < 0 || sd_bus_new(&bus) < 0 || sd_bus_set_fd(bus, fd, fd) < 0 || sd_bus_set_server(bus, 1, id) < 0 ||
        sd_bus_set_anonymous(bus, 1) < 0 ||
        sd_bus_add_object_vtable(bus, NULL, "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", manager, NULL) < 0 ||
        sd_bus_add_object_vtable(bus, NULL, object, "org.freedesktop.systemd1.Service", service, NULL) < 0 ||
        sd_bus_start(bus) < 0)
        _exit(1);
    for (;;) {
        int r = sd_bus_process(bus, NULL);
        if (r < 0)
            _exit(0);
        if (r == 0)
            (void)sd_bus_wait(bus, 10000000);
    }
}

static void be_silent(int listening)
{
    int fd = accept(listening, NULL, NULL);
    char byte;
    while (fd >= 0 && read(fd, &byte, 1) > 0)
        ;
    _exit(0);
}

static void hang_up(int listening)
{
    close(accept(listening, NULL, NULL));
    _exit(0);
}

/* Starts `how` behind an abstract socket; its address is in `address`. */
static pid_t start(void (*how)(int listening), char address[ADDRESS_SIZE])
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int n = snprintf(at.sun_path + 1, sizeof(at.sun_path) - 1, "assay-test-%d-%p", (int)getpid(), (void *)address);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n)), 0);
    ck_assert_int_eq(listen(fd, 4), 0);
    snprintf(address, ADDRESS_SIZE, "unix:abstract=%s", at.sun_path + 1);
    pid_t pid = fork();
    if (pid == 0)
        how(fd);
    close(fd);
    return pid;
}

static void stop(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

START_TEST(units_and_properties_are_read)
{
    struct arena *a = arena_new("test", 4 << 20);
    struct err e = {0};
    char address[ADDRESS_SIZE];
    pid_t pid = start(serve, address);
    struct systemd_bus *bus = systemd_bus_open(address, &e);
    ck_assert_msg(bus != NULL, "%s", e.text);
    struct systemd_unit *units;
    size_t count;
    ck_assert_msg(systemd_bus_units(bus, a, &units, &count, &e), "%s", e.text);
    ck_assert_uint_eq(count, 2);
    ck_assert(str_is(units[0].name, "a.timer") && str_is(units[0].sub, "waiting"));
    ck_assert(str_is(units[1].name, "ssh.service") && str_is(units[1].load, "loaded") && str_is(units[1].active, "active"));
    uint32_t pid_of_main = 0;
    uint64_t last = 0;
    struct str result;
    ck_assert(systemd_bus_u32(bus, units[1].object, "org.freedesktop.systemd1.Service", "MainPID", &pid_of_main));
    ck_assert_uint_eq(pid_of_main, 4711);
    ck_assert(systemd_bus_u64(bus, units[1].object, "org.freedesktop.systemd1.Service", "LastTriggerUSec", &last));
    ck_assert_uint_eq(last, UINT64_C(1767225600000000));
    ck_assert(systemd_bus_text(bus, a, units[1].object, "org.freedesktop.systemd1.Service", "Result", &result));
    ck_assert(str_is(result, "success"));
    ck_assert(!systemd_bus_u32(bus, units[1].object, "org.freedesktop.systemd1.Service", "NoSuch", &pid_of_main));
    systemd_bus_close(bus);
    stop(pid);
    arena_free(a);
}
END_TEST

START_TEST(a_silent_systemd_is_an_error_in_time)
{
    struct err e = {0};
    char address[ADDRESS_SIZE];
    pid_t pid = start(be_silent, address);
    int64_t began = env_monotonic_ms(&env_system);
    ck_assert_ptr_null(systemd_bus_open(address, &e));
    ck_assert_int_eq(e.code, ERR_UNAVAILABLE);
    ck_assert_int_lt(env_monotonic_ms(&env_system) - began, 3 * SYSTEMD_BUS_TIMEOUT_MS);
    stop(pid);
}
END_TEST

START_TEST(one_that_hangs_up_is_an_error)
{
    struct err e = {0};
    char address[ADDRESS_SIZE];
    pid_t pid = start(hang_up, address);
    ck_assert_ptr_null(systemd_bus_open(address, &e));
    ck_assert_int_eq(e.code, ERR_UNAVAILABLE);
    stop(pid);
    ck_assert_ptr_null(systemd_bus_open("unix:path=/nonexistent", &e));
}
END_TEST

TEST_MAIN("systemd over D-Bus", units_and_properties_are_read, a_silent_systemd_is_an_error_in_time,
          one_that_hangs_up_is_an_error)
