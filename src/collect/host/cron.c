/* cron - what cron, anacron and at run, for whom, and who may change it. */
#include "collect/host/host.h"

static const struct column columns[] = {
    {"source", COLUMN_TEXT, "",
     "Where it stands: crontab, cron.d, cron.hourly, cron.daily, cron.weekly, cron.monthly, spool, anacrontab or at."},
    {"user", COLUMN_TEXT, "", "The account it runs as.", COLUMN_KEY | COLUMN_PERSONAL},
    {"schedule", COLUMN_TEXT, "",
     "The five fields, or @daily and its like, or the period and delay of anacron; the directory name for scripts; null for at."},
    {"command", COLUMN_TEXT, "", "What is run, values that look like secrets replaced; null for a job of at."},
    {"file", COLUMN_TEXT, "", "The file it stands in.", COLUMN_KEY},
    {"line", COLUMN_INTEGER, "", "The line in the file; null for scripts and jobs of at."},
    {"mode", COLUMN_INTEGER, "permission bits", "The permission bits of the file (0644 is 420)."},
    {"uid", COLUMN_INTEGER, "user id", "Who owns the file."},
    {"gid", COLUMN_INTEGER, "group id", "The group of the file."},
};

static const struct table_schema schema = {
    .name = "cron",
    .version = 1,
    .words = "A row is a job: a line of /etc/crontab, /etc/cron.d, a user crontab or anacrontab, a script of "
             "/etc/cron.hourly and its like, or a job of at.",
    .criteria = "CC6.1, CC8.1, A1.2",
    .example = "SELECT file, command FROM cron WHERE user = 'root' AND (mode & 18) <> 0",
    .columns = columns,
    .column_count = COLUMN_COUNT(columns),
};

static bool gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "this table is not read yet");
}

const struct host_table cron_table = {
    .schema = &schema,
    .origin = FROM_FILES,
    .needs = NEED_ROOT,
    .works_on_tree = true,
    .gather = gather,
};
