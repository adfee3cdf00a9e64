/* log_files - the log files, how fresh they are, who may read them and how long they are kept. */
#include "collect/host/host.h"

static const struct column columns[] = {
    {"path", COLUMN_TEXT, "", "The file.", COLUMN_KEY},
    {"size", COLUMN_INTEGER, "bytes", "Its size."},
    {"last_write", COLUMN_TIME, "", "When it was last written."},
    {"mode", COLUMN_INTEGER, "permission bits", "Its permission bits (0640 is 416)."},
    {"uid", COLUMN_INTEGER, "user id", "Who owns it."},
    {"gid", COLUMN_INTEGER, "group id", "Its group."},
    {"rotated", COLUMN_BOOL, "", "Whether logrotate is configured to rotate it."},
    {"frequency", COLUMN_TEXT, "",
     "hourly, daily, weekly, monthly, yearly, or size for rotation by size only; null if not rotated."},
    {"rotations", COLUMN_INTEGER, "files", "How many old files are kept; null if not rotated."},
    {"retention_days", COLUMN_INTEGER, "days",
     "For how long old records are kept: rotations times the period, capped by maxage; null if not known."},
    {"compressed", COLUMN_BOOL, "", "Whether old files are compressed; null if not rotated."},
    {"origin", COLUMN_TEXT, "", "file:line of the logrotate rule; null if not rotated."},
};

static const struct table_schema schema = {
    .name = "log_files",
    .version = 1,
    .words = "A row is a file that rsyslog or auditd writes, that logrotate rotates, or that stands in /var/log by "
             "itself, with what logrotate says about it.",
    .criteria = "CC7.2, CC7.3, C1.2",
    .example = "SELECT path, mode FROM log_files WHERE (mode & 7) <> 0",
    .columns = columns,
    .column_count = COLUMN_COUNT(columns),
};

static bool gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "this table is not read yet");
}

const struct host_table log_files_table = {
    .schema = &schema,
    .origin = FROM_FILES,
    .needs = NEED_ROOT,
    .is_volatile = true,
    .works_on_tree = true,
    .gather = gather,
};
