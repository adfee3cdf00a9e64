/* time_sync - what keeps the clock, from which sources, and whether it is synchronised. */
#include "collect/host/host.h"

static const struct column columns[] = {
    {"kind", COLUMN_TEXT, "", "kernel, daemon or source."},
    {"daemon", COLUMN_TEXT, "", "systemd-timesyncd, chrony, ntp, ntpsec, openntpd; kernel in the row of the kernel."},
    {"enabled", COLUMN_BOOL, "", "Whether the daemon starts at boot; null in the row of the kernel."},
    {"running", COLUMN_BOOL, "", "Whether the daemon runs now; null on a tree and in the row of the kernel."},
    {"synced", COLUMN_BOOL, "",
     "Whether the kernel holds its clock for synchronised; only in the row of the kernel, null on a tree."},
    {"source", COLUMN_TEXT, "", "The server, pool or device; null but in the rows of sources."},
    {"authenticated", COLUMN_BOOL, "", "Whether the source is used with NTS or a key; null but in the rows of sources."},
    {"stratum", COLUMN_INTEGER, "", "The stratum told for the host itself (chrony local); null if not known."},
    {"offset", COLUMN_INTEGER, "milliseconds",
     "The remaining offset that the kernel is told to correct; only in the row of the kernel."},
    {"last_update", COLUMN_TIME, "",
     "When the daemon last recorded a synchronised clock, from the file it keeps; null if not known."},
    {"origin", COLUMN_TEXT, "", "file:line that names the source, or the unit of the daemon."},
};

static const struct table_schema schema = {
    .name = "time_sync",
    .version = 1,
    .words = "One row for the clock of the kernel (adjtimex), one for every time daemon that is installed, one for "
             "every time source that is configured.",
    .criteria = "CC7.2",
    .example = "SELECT daemon, enabled FROM time_sync WHERE kind = 'daemon'",
    .columns = columns,
    .column_count = COLUMN_COUNT(columns),
};

static bool gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "this table is not read yet");
}

const struct host_table time_sync_table = {
    .schema = &schema,
    .origin = FROM_KERNEL,
    .works_on_tree = true,
    .gather = gather,
};
