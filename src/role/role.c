/* role.c - finds the recipe of a role. */
#include "role/role.h"
#include <stdio.h>

int role_main(int argc, char **argv)
{
    (void)argc;
    fprintf(stderr, "assay: no such role %.40s\n", argv[0]);
    return 2;
}
