/* host.c - one scheduled run: collect this host, then evaluate the tests. */
#include "role/recipes.h"
#include <stdio.h>

int role_host(int argc, char **argv)
{
    (void)argv;
    return argc == 1 ? 0 : 2;
}
