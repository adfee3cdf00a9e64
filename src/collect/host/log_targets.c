/* log_targets - where log records of this host go. */
#include "collect/host/host.h"

static const struct column columns[] = {
    {"system", COLUMN_TEXT, "", "rsyslog, journald, journal-upload, fluent-bit, vector or syslog-ng."},
    {"kind", COLUMN_TEXT, "", "file, remote, journal, pipe, program, user or discard."},
    {"target", COLUMN_TEXT, "", "The path, host:port or URL (credentials left out)."},
    {"protocol", COLUMN_TEXT, "", "udp, tcp, relp, https and so on; null if not remote."},
    {"tls", COLUMN_BOOL, "", "Whether the way there is encrypted; null if not remote."},
    {"format", COLUMN_TEXT, "", "The template or codec named; null if none is."},
    {"selector", COLUMN_TEXT, "", "Which records, as \"auth,authpriv.*\"; null if not said."},
    {"file", COLUMN_TEXT, "", "The configuration file."},
    {"line", COLUMN_INTEGER, "", "The line in the file."},
};

static const struct table_schema schema = {
    .name = "log_targets",
    .version = 1,
    .words = "A row is a destination in the configuration of rsyslog, journald, journal-upload, Fluent Bit or "
             "Vector: a file, another host, a program.",
    .criteria = "CC7.2, CC7.3",
    .example = "SELECT system, target, protocol, tls FROM log_targets WHERE kind = 'remote'",
    .columns = columns,
    .column_count = COLUMN_COUNT(columns),
};

static bool gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "this table is not read yet");
}

const struct host_table log_targets_table = {
    .schema = &schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = gather,
};
