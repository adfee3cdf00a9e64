/* keeper.c - the only writer: start the signer, open, jail, batch after batch. */
#include "keeper/keeper.h"
#include "os/ipc.h"
#include "os/jail.h"
#include "os/spawn.h"
#include "role/recipes.h"
#include "role/role.h"
#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

static bool keeper_jail(void *context, struct err *e)
{
    struct jail jail = {.kind = JAIL_STORE};
    jail_allow(&jail, context, true);
    jail_allow(&jail, "/proc/sys/kernel/random", false); /* the boot id, for seals */
    jail_allow(&jail, "/usr/share/zoneinfo", false);     /* days of an examination are those of its place */
    return jail_enter(&jail, e);
}

int role_keeper(int argc, char **argv)
{
    mallopt(M_MMAP_THRESHOLD, 1 << 20); /* tables grow by moving: what they leave goes back to the kernel at once */
    struct err e = {0};
    char temporary[4096];
    int64_t heartbeat_ms = 0; /* of a server: the cadence that it promises */
    if (argc < 1 || argc > 2 || (argc == 2 && !str_to_int64(str_of(argv[1]), &heartbeat_ms)))
        return 2;
    /* What the database spills while it sorts stays inside the data directory. */
    snprintf(temporary, sizeof(temporary), "%s/db", argv[0]);
    setenv("SQLITE_TMPDIR", temporary, 1);
    int pair[2];
    struct os_child signer = OS_CHILD_NONE;
    const char *arguments[] = {argv[0], NULL};
    struct os_spawn spawn = {.role = "signer", .arguments = arguments, .fds = &pair[1], .fd_count = 1, .is_quiet = true};
    if (!ipc_pair(pair, &e) || !os_spawn(&spawn, &signer, &e))
        return role_fail("keeper", &e);
    close(pair[1]);
    size_t kind_count;
    const struct op_kind *kinds = role_op_kinds(&kind_count);
    struct keeper_options o = {.data_dir = argv[0],
                               .kinds = kinds,
                               .kind_count = kind_count,
                               .env = &env_system,
                               .calls = &os_file_real,
                               .signer_fd = pair[0],
                               .client_fd = ROLE_FIRST_FD,
                               .heartbeat_ms = heartbeat_ms,
                               .signals_fd = os_signals_open(&e),
                               .jail = keeper_jail,
                               .jail_context = argv[0]};
    bool is_told = false;
    bool ok = o.signals_fd >= 0 && keeper_run(&o, &is_told, &e);
    close(pair[0]);
    os_child_wait(&signer, 1000, NULL);
    if (ok)
        return 0;
    return is_told ? err_exit_status(e.code) : role_fail("keeper", &e);
}
