/* post.c - hands notices over to mail servers and webhooks: network and nothing else. Ends when whoever asks is gone. */
#include "notify/post.h"
#include "os/http_client.h"
#include "os/jail.h"
#include "role/recipes.h"
#include <errno.h>
#include <poll.h>

int role_post(int argc, char **argv)
{
    struct err e = {0};
    (void)argv;
    if (argc != 0)
        return 2;
    /* Most servers tell nobody: what a request takes comes with the first one. The library and what it reads before the jail; where it is not
     * installed, each request is told so. */
    while (poll(&(struct pollfd){.fd = ROLE_FIRST_FD, .events = POLLIN}, 1, -1) < 0 && errno == EINTR)
        continue;
    http_client_free(http_client_new(&e));
    struct jail jail = {.kind = JAIL_CONNECT};
    jail_allow(&jail, "/etc", false);
    jail_allow(&jail, "/usr", false);
    jail_allow(&jail, "/lib", false);
    jail_allow(&jail, "/run/systemd/resolve", false);
    jail_allow(&jail, "/run/resolvconf", false);
    e = (struct err){0};
    return jail_enter(&jail, &e) && post_serve(ROLE_FIRST_FD, &e) ? 0 : role_fail("post", &e);
}
