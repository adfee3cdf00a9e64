/* signer.c - the process that holds the log key: open key and head, jail, answer. */
#include "keeper/signer.h"
#include "os/jail.h"
#include "role/recipes.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

int role_signer(int argc, char **argv)
{
    struct err e = {0};
    signal(SIGINT,
           SIG_IGN); /* a terminal's Ctrl-C goes to the whole group: the signer ends when the keeper has closed its socket */
    signal(SIGTERM, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    int dir = argc == 1 ? open(argv[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (dir < 0)
        err_errno(&e, argc == 1 ? errno : EINVAL, "signer: data directory");
    struct signer *s = dir >= 0 ? signer_open(dir, ROLE_FIRST_FD, &e) : NULL;
    if (dir >= 0)
        close(dir);
    struct jail jail = {.kind = JAIL_COMPUTE};
    if (!s || !jail_enter(&jail, &e)) {
        signer_refuse_all(ROLE_FIRST_FD, &e);
        return err_exit_status(e.code);
    }
    bool ok = signer_serve(s, ROLE_FIRST_FD, &e);
    signer_close(s);
    return ok ? 0 : err_exit_status(e.code);
}
