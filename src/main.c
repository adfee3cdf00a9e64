/* main.c - the one program: a command, or, re-executed by itself, one role of the family. */
#include "cli/cli.h"
#include "role/role.h"
#include <signal.h>

int main(int argc, char **argv)
{
    signal(SIGXFSZ, SIG_IGN); /* a file size limit is a failed write like any other, not a death */
    if (argc >= 3 && strcmp(argv[1], "--role") == 0)
        return role_main(argc - 2, argv + 2);
    return cli_main(argc, argv);
}
