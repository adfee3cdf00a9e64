/* web.c - pages and API: hands the sockets over and lets web_main do the rest. */
#include "web/web.h"
#include "base/str.h"
#include "os/ipc.h"
#include "os/jail.h"
#include "os/spawn.h"
#include "role/recipes.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Certificate and key are read here, before the jail closes. */
static char *pem_read(const char *path, struct err *e)
{
    enum { PEM_BYTES_MAX = 256 << 10 };
    FILE *f = fopen(path, "re");
    char *text = f ? calloc(1, PEM_BYTES_MAX) : NULL;
    size_t n = text ? fread(text, 1, PEM_BYTES_MAX - 1, f) : 0;
    int number = errno;
    if (f)
        fclose(f);
    if (n > 0 && n < PEM_BYTES_MAX - 1 && strstr(text, "-----BEGIN "))
        return text;
    free(text);
    if (f)
        err_set(e, ERR_INVALID, "%s: is no PEM file of at most %d KiB", path, PEM_BYTES_MAX >> 10);
    else
        err_errno(e, number, "%s", path);
    return NULL;
}

int role_web(int argc, char **argv)
{
    int64_t count;
    struct err e = {0};
    bool has_tls = argc == 5, log_is_private = argc >= 3 && str_is(str_of(argv[2]), "private-log");
    if ((argc != 3 && !has_tls) || !str_to_int64(str_of(argv[1]), &count) || count < 1 || count > WEB_LISTEN_MAX)
        return 2;
    struct web_options o = {.data_dir = argv[0], .listen_count = (size_t)count, .control_fd = ROLE_FIRST_FD + (int)count,
                            .log_is_private = log_is_private};
    for (size_t i = 0; i < o.listen_count; i++)
        o.listen_fds[i] = ROLE_FIRST_FD + (int)i;
    char temporary[4096];
    snprintf(temporary, sizeof(temporary), "%s/db", argv[0]);
    setenv("SQLITE_TMPDIR", temporary, 1);
    if (has_tls && (!(o.tls_cert = pem_read(argv[3], &e)) || !(o.tls_key = pem_read(argv[4], &e))))
        return role_fail("web", &e);
    struct os_child connect = OS_CHILD_NONE, print = OS_CHILD_NONE, inspect = OS_CHILD_NONE;
    if (!role_helper_start("connect", &connect, &o.connect_fd, &e) || !role_helper_start("print", &print, &o.print_fd, &e) ||
        !role_helper_start("inspect", &inspect, &o.inspect_fd, &e) || !web_prepare(&e))
        return role_fail("web", &e);
    struct jail jail = {.kind = JAIL_SERVE};
    jail_allow(&jail, argv[0], true);
    jail_allow(&jail, "/proc/self", false);
    jail_allow(&jail, "/usr/share/zoneinfo", false);
    if (!jail_enter(&jail, &e))
        return role_fail("web", &e);
    int status = web_main(&o);
    close(o.connect_fd);
    close(o.print_fd);
    close(o.inspect_fd);
    os_child_end(&inspect, 1000);
    os_child_end(&print, 1000);
    os_child_end(&connect, 1000);
    return status;
}
