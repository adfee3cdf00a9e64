/*
 * scrub.c - one scheduled scrub of the stored blobs: at the lowest priority, without any key, reading ledger and blobs and writing only
 * its own progress and answer in private/scrub. Serve starts it when the last answer is a week old, or one was broken off.
 *
 *   scrub DATA
 */
#include "keeper/scrub.h"
#include "os/jail.h"
#include "role/recipes.h"
#include <stdio.h>
#include <sys/resource.h>

/* Nothing else of private/: no key, no journal, no socket. */
static bool confine(const struct data_dir *d, struct err *e)
{
    static char ledger[PATH_MAX + 20], blobs[PATH_MAX + 20], own[PATH_MAX + 20];
    struct jail jail = {.kind = JAIL_STORE};
    snprintf(ledger, sizeof(ledger), "%s/ledger", d->path);
    snprintf(blobs, sizeof(blobs), "%s/blobs", d->path);
    snprintf(own, sizeof(own), "%s/" SCRUB_DIR, d->path);
    jail_allow(&jail, ledger, false);
    jail_allow(&jail, blobs, false);
    jail_allow(&jail, own, true);
    return jail_enter(&jail, e);
}

int role_scrub(int argc, char **argv)
{
    struct err e = {0};
    struct scrub_report report;
    if (argc != 1)
        return 2;
    setpriority(PRIO_PROCESS, 0, 19);
    struct scrub_options o = {.env = &env_system, .is_scheduled = true, .confine = confine};
    struct arena *a = arena_new("scrub", 64 << 20);
    bool ok = scrub(argv[0], &o, a, &report, &e);
    if (ok && !report.is_ok)
        fprintf(stderr, "assay: scrub: %zu findings among the stored blobs; assay scrub names them\n", report.finding_count);
    arena_free(a);
    return !ok ? role_fail("scrub", &e) : report.is_ok ? 0 : 1;
}
