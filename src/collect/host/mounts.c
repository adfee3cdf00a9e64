/* mounts - what is mounted where, with which options, how full, and whether it lies on encrypted storage. */
#include "collect/host/host.h"

static const struct column columns[] = {
    {"source", COLUMN_TEXT, "", "The device or what the file system calls its source."},
    {"target", COLUMN_TEXT, "", "Where it is mounted.", COLUMN_KEY},
    {"fstype", COLUMN_TEXT, "", "ext4, xfs, tmpfs, nfs4, overlay and so on."},
    {"options", COLUMN_TEXT, "", "The options of the mount and of the file system, by commas, without repetition."},
    {"total", COLUMN_INTEGER, "bytes", "The size; null for file systems without storage and those that did not answer."},
    {"free", COLUMN_INTEGER, "bytes", "What ordinary users may still write, rounded down to a hundredth of total."},
    {"free_percent", COLUMN_INTEGER, "percent", "The same as a share of what ordinary users may use."},
    {"inodes_free", COLUMN_INTEGER, "inodes",
     "How many more files fit, rounded down to a hundredth; null if the file system does not count."},
    {"inodes_free_percent", COLUMN_INTEGER, "percent",
     "The same as a share of all inodes; null if the file system does not count."},
    {"encrypted", COLUMN_BOOL, "",
     "Whether every block device below it is dm-crypt (or the file system is an encrypting one); null without local storage."},
    {"backing", COLUMN_TEXT, "", "The chain of block devices, as \"dm-1 < dm-0 < sda3\"; null without local storage."},
};

static const struct table_schema schema = {
    .name = "mounts",
    .version = 1,
    .words = "A row is a mount of this mount namespace (mountinfo and statvfs). Free space is rounded down to whole "
             "hundredths, so that an unchanged disk gives an unchanged table.",
    .criteria = "CC6.1, CC6.7, A1.1",
    .example = "SELECT target, free_percent FROM mounts WHERE total > 0 AND free_percent < 10",
    .columns = columns,
    .column_count = COLUMN_COUNT(columns),
};

static bool gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "this table is not read yet");
}

const struct host_table mounts_table = {
    .schema = &schema,
    .origin = FROM_KERNEL,
    .gather = gather,
};
