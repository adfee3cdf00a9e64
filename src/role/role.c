/* role.c - finds the recipe of a role. */
#include "role/role.h"
#include "role/recipes.h"
#include <stdio.h>
#include <sys/prctl.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} RECIPES[] = {{"signer", role_signer},   {"keeper", role_keeper}, {"web", role_web},
               {"collect", role_collect}, {"host", role_host},     {"worker", role_worker},
               {"anchor", role_anchor},   {"scrub", role_scrub}, {"schedule", role_schedule}, {"post", role_post},
               {"connect", role_connect}, {"inspect", role_inspect}, {"print", role_print}};

int role_fail(const char *role, const struct err *e)
{
    fprintf(stderr, "assay: %s: %s\n", role, e->text);
    return err_exit_status(e->code);
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
