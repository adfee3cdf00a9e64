/* timers - what systemd starts by the clock, and whether it last worked. */
#include "collect/host/host.h"

static const struct column columns[] = {
    {"unit", COLUMN_TEXT, "", "The name of the timer, as apt-daily.timer.", COLUMN_KEY},
    {"activates", COLUMN_TEXT, "", "The unit that it starts."},
    {"schedule", COLUMN_TEXT, "", "The settings that say when, as \"OnCalendar=daily\", joined by \"; \"."},
    {"enabled", COLUMN_TEXT, "", "enabled, disabled, static, masked ...: as services.enabled."},
    {"active", COLUMN_TEXT, "", "active if it waits or runs, inactive, failed; null where systemd does not run."},
    {"persistent", COLUMN_BOOL, "", "Whether a run missed while the host was off is made up for (Persistent=yes)."},
    {"next", COLUMN_TIME, "", "When it will elapse next, to the second; null if not known."},
    {"last", COLUMN_TIME, "", "When it elapsed last, to the second; null if never or not known."},
    {"result", COLUMN_TEXT, "",
     "How the unit that it starts ended last: success, exit-code, timeout ...; null where systemd does not run."},
};

static const struct table_schema schema = {
    .name = "timers",
    .version = 1,
    .words = "A row is a systemd timer. Times and results are known where systemd runs; on a tree the schedule and "
             "whether it is enabled.",
    .criteria = "A1.2, CC7.1",
    .example = "SELECT unit, activates, result FROM timers WHERE result <> 'success'",
    .columns = columns,
    .column_count = COLUMN_COUNT(columns),
};

static bool gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "this table is not read yet");
}

const struct host_table timers_table = {
    .schema = &schema,
    .origin = FROM_KERNEL,
    .works_on_tree = true,
    .gather = gather,
};
