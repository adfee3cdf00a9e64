/* role.c - finds the recipe of a role. */
#include "role/role.h"
#include "os/ipc.h"
#include "role/recipes.h"
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} RECIPES[] = {{"signer", role_signer},   {"keeper", role_keeper}, {"web", role_web},
               {"collect", role_collect}, {"host", role_host},     {"worker", role_worker},
               {"anchor", role_anchor},   {"scrub", role_scrub}, {"schedule", role_schedule}, {"post", role_post},
               {"connect", role_connect}, {"inspect", role_inspect}, {"print", role_print}, {"bundle", role_bundle}};

int role_fail(const char *role, const struct err *e)
{
    fprintf(stderr, "assay: %s: %s\n", role, e->text);
    return err_exit_status(e->code);
}

bool role_helper_start(const char *role, struct os_child *ret, int *ret_fd, struct err *e)
{
    int pair[2];
    if (!ipc_pair(pair, e))
        return false;
    bool ok = os_spawn(&(struct os_spawn){.role = role, .fds = &pair[1], .fd_count = 1, .is_quiet = true}, ret, e);
    close(pair[1]);
    if (!ok)
        close(pair[0]);
    *ret_fd = ok ? pair[0] : -1;
    return ok;
}

int role_main(int argc, char **argv)
{
    char name[16];
    snprintf(name, sizeof(name), "assay-%.9s", argv[0]);
    prctl(PR_SET_NAME, name);
    for (size_t i = 0; i < sizeof(RECIPES) / sizeof(RECIPES[0]); i++)
        if (strcmp(RECIPES[i].name, argv[0]) == 0)
            return RECIPES[i].run(argc - 1, argv + 1);
    fprintf(stderr, "assay: no such role %.40s\n", argv[0]);
    return 2;
}
