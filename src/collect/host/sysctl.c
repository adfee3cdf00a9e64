/*
 * sysctl.c - kernel parameters: as they are (/proc/sys) and as the files say they shall be at the next boot (sysctl.d(5)).
 */
#include "collect/host/host.h"

static const struct column sysctl_columns[] = {
    {"name", COLUMN_TEXT, "",
     "Name with dots, as 'net.ipv4.ip_forward'; a dot inside of a part (an interface's name) stands as '/'.", COLUMN_KEY},
    {"value", COLUMN_TEXT, "",
     "Value now, runs of white space as one blank; null if the running kernel has no such parameter or it may not be read.", 0},
    {"configured", COLUMN_TEXT, "", "Value that the files set, by the precedence of sysctl.d(5); null if none does.", 0},
    {"configured_in", COLUMN_TEXT, "", "File and line that win, as '/etc/sysctl.d/99-x.conf:3'.", 0},
    {"drift", COLUMN_BOOL, "", "1 if both values are known and differ; null if one is not known.", 0},
};

static const struct table_schema sysctl_schema = {
    .name = "sysctl",
    .version = 1,
    .words = "One row a kernel parameter of the running kernel or of the files. Left out are counters that change by themselves "
             "and the parameters of each veth, neigh and debug entry.",
    .criteria = "CC6.6, CC6.8",
    .example = "SELECT name, value, configured FROM sysctl WHERE drift = 1",
    .columns = sysctl_columns,
    .column_count = COLUMN_COUNT(sysctl_columns),
};

static bool sysctl_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "sysctl: not read yet");
}

const struct host_table sysctl_table = {
    .schema = &sysctl_schema,
    .origin = FROM_KERNEL,
    .needs = NEED_ROOT,
    .works_on_tree = true,
    .gather = sysctl_gather,
};
