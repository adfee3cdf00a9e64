/*
 * boots.c - boot_history and uptime: when this host was started and stopped, and whether it went down cleanly (wtmp, /proc).
 */
#include "collect/host/host.h"

static const struct column boot_history_columns[] = {
    {"boot_id", COLUMN_TEXT, "", "The kernel's id of the boot; known of the running one only, else null.", 0},
    {"start", COLUMN_TIME, "ms UTC", "When it was started.", 0},
    {"end", COLUMN_TIME, "ms UTC",
     "When it was shut down, or for an unclean end the last sign of life in wtmp; null for the running one.", 0},
    {"kernel", COLUMN_TEXT, "", "Release of the kernel; null if not recorded.", 0},
    {"clean", COLUMN_BOOL, "",
     "1 if a shutdown was recorded before the next start, 0 if not (crash, power, reset); null for the running one.", 0},
    {"is_current", COLUMN_BOOL, "", "1 for the boot that runs now.", 0},
};

static const struct table_schema boot_history_schema = {
    .name = "boot_history",
    .version = 1,
    .words = "One row a start of the host, from wtmp and its rotated files, and the running one. Hosts without wtmp show the "
             "running one only, and say so.",
    .criteria = "A1.1, CC7.4",
    .example = "SELECT start, end, kernel FROM boot_history WHERE clean = 0",
    .columns = boot_history_columns,
    .column_count = COLUMN_COUNT(boot_history_columns),
};

static const struct column uptime_columns[] = {
    {"seconds", COLUMN_INTEGER, "seconds", "Time since the host was started.", 0},
    {"booted_at", COLUMN_TIME, "ms UTC", "When it was started, to the second.", 0},
};

static const struct table_schema uptime_schema = {
    .name = "uptime",
    .version = 1,
    .words = "One row: how long the host has been running.",
    .criteria = "A1.1, CC7.4",
    .example = "SELECT seconds / 86400 AS days FROM uptime",
    .columns = uptime_columns,
    .column_count = COLUMN_COUNT(uptime_columns),
};

static bool boot_history_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "boot_history: not read yet");
}

static bool uptime_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "uptime: not read yet");
}

const struct host_table boot_history_table = {
    .schema = &boot_history_schema,
    .origin = FROM_KERNEL,
    .works_on_tree = true,
    .gather = boot_history_gather,
};

const struct host_table uptime_table = {
    .schema = &uptime_schema,
    .origin = FROM_KERNEL,
    .is_volatile = true,
    .gather = uptime_gather,
};
