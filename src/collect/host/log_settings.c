/* log_settings - how the journal and rsyslog keep what they get. */
#include "collect/host/host.h"

static const struct column columns[] = {
    {"system", COLUMN_TEXT, "", "journald or rsyslog."},
    {"key", COLUMN_TEXT, "",
     "The name, as Storage, SystemMaxUse, MaxRetentionSec, FileCreateMode; persistent (yes or no) is worked out from Storage and /var/log/journal.", COLUMN_KEY},
    {"value", COLUMN_TEXT, "", "The value; empty for a default that systemd works out at run time."},
    {"origin", COLUMN_TEXT, "", "file:line, or \"default\"."},
};

static const struct table_schema schema = {
    .name = "log_settings",
    .version = 1,
    .words = "A row is an effective setting of journald (file and drop-ins; what is left out stands with its "
             "default) or a global one of rsyslog.",
    .criteria = "CC7.2, CC7.3",
    .example = "SELECT key, value FROM log_settings WHERE system = 'journald' AND key IN ('Storage', 'persistent')",
    .columns = columns,
    .column_count = COLUMN_COUNT(columns),
};

static bool gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "this table is not read yet");
}

const struct host_table log_settings_table = {
    .schema = &schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = gather,
};
