/* host.c - one scheduled run. */
#include "role/recipes.h"
#include "role/run_once.h"
#include <stdio.h>
#include <unistd.h>

enum { RUN_ARENA_BYTES_MAX = 1 << 30, KEEPER_PATIENCE_MS = 10000, KEEPER_RETRY_MS = 50 };

/* The keeper of this server may just be starting. */
static struct keeper_client *connect_patiently(const char *data_dir, struct err *e)
{
    for (int64_t until_ms = env_monotonic_ms(&env_system) + KEEPER_PATIENCE_MS;;) {
        struct keeper_client *k = keeper_connect(data_dir, e);
        if (k || e->code != ERR_UNAVAILABLE || env_monotonic_ms(&env_system) > until_ms)
            return k;
        usleep(KEEPER_RETRY_MS * 1000);
    }
}

int role_host(int argc, char **argv)
{
    struct err e = {0};
    struct data_dir d = {.fd = -1};
    int64_t every_ms = 0;
    if (argc != 2 || !str_to_int64(str_of(argv[1]), &every_ms))
        return 2;
    struct keeper_client *k = connect_patiently(argv[0], &e);
    struct arena *a = arena_new("run", RUN_ARENA_BYTES_MAX);
    struct collect_options options = {.env = &env_system, .every_ms = every_ms};
    struct run_once run = {.collect = &options};
    e = k ? (struct err){0} : e;
    bool ok = k && data_dir_open(&d, argv[0], &e) && run_once(k, &d, a, &run, &e);
    keeper_close(k);
    data_dir_close(&d);
    arena_free(a);
    return ok ? 0 : role_fail("collect", &e);
}
