/*
 * scrub.c - one scheduled scrub of the stored blobs: at the lowest priority, without any key, reading everything and writing only
 * its own progress and answer below private/. Serve starts it when the last answer is a week old, or one was broken off.
 *
 *   scrub DATA
 */
#include "keeper/scrub.h"
#include "os/jail.h"
#include "role/recipes.h"
#include <sys/resource.h>
#include <stdio.h>

int role_scrub(int argc, char **argv)
{
    struct err e = {0};
    struct scrub_report report;
    struct jail jail = {.kind = JAIL_STORE};
    char own[4096];
    if (argc != 1)
        return 2;
    snprintf(own, sizeof(own), "%s/private", argv[0]);
    jail_allow(&jail, argv[0], false);
    jail_allow(&jail, own, true);
    setpriority(PRIO_PROCESS, 0, 19);
    struct scrub_options o = {.env = &env_system, .is_scheduled = true};
    struct arena *a = arena_new("scrub", 64 << 20);
    bool ok = jail_enter(&jail, &e) && scrub(argv[0], &o, a, &report, &e);
    if (ok && !report.is_ok)
        fprintf(stderr, "assay: scrub: %zu findings among the stored blobs; assay scrub names them\n", report.finding_count);
    arena_free(a);
    return !ok ? role_fail("scrub", &e) : report.is_ok ? 0 : 1;
}
