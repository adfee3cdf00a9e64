/* web.c - pages and API: hands the sockets over and lets web_main do the rest. */
#include "web/web.h"
#include "base/str.h"
#include "os/jail.h"
#include "role/recipes.h"
#include <stdio.h>

int role_web(int argc, char **argv)
{
    int64_t count;
    struct err e = {0};
    bool log_is_private = argc == 3 && str_is(str_of(argv[2]), "private-log");
    if ((argc != 2 && !log_is_private) || !str_to_int64(str_of(argv[1]), &count) || count < 1 || count > WEB_LISTEN_MAX)
        return 2;
    struct web_options o = {.data_dir = argv[0], .listen_count = (size_t)count, .control_fd = ROLE_FIRST_FD + (int)count,
                            .log_is_private = log_is_private};
    for (size_t i = 0; i < o.listen_count; i++)
        o.listen_fds[i] = ROLE_FIRST_FD + (int)i;
    char temporary[4096];
    snprintf(temporary, sizeof(temporary), "%s/db", argv[0]);
    setenv("SQLITE_TMPDIR", temporary, 1);
    if (!web_prepare(&e))
        return role_fail("web", &e);
    struct jail jail = {.kind = JAIL_SERVE};
    jail_allow(&jail, argv[0], true);
    jail_allow(&jail, "/proc/self", false);
    if (!jail_enter(&jail, &e))
        return role_fail("web", &e);
    return web_main(&o);
}
