/* sudo.c - who may become whom: sudoers with aliases resolved and includes followed. */
#include "collect/host/host.h"

static const struct column sudo_rules_columns[] = {
    {"principal", COLUMN_TEXT, "", "The user, group or netgroup, without its % or + sign; ALL.", COLUMN_PERSONAL},
    {"principal_type", COLUMN_TEXT, "", "user, group, uid, gid, netgroup, nonunix_group or all."},
    {"principal_negated", COLUMN_BOOL, "", "The entry stands with ! and takes out."},
    {"host", COLUMN_TEXT, "", "Host or ALL, as written."},
    {"runas", COLUMN_TEXT, "", "Users it may run as, by commas; root if not said."},
    {"runas_group", COLUMN_TEXT, "", "Groups it may run as; null if not said."},
    {"command", COLUMN_TEXT, "", "The command as written, or ALL."},
    {"negated", COLUMN_BOOL, "", "The command is excluded (!)."},
    {"nopasswd", COLUMN_BOOL, "", "No password is asked for."},
    {"tags", COLUMN_TEXT, "", "All tags in effect, by commas, sorted."},
    {"is_all", COLUMN_BOOL, "", "Amounts to everything: command ALL as any user or root."},
    {"file", COLUMN_TEXT, "", "The file."},
    {"line", COLUMN_INTEGER, "", "Line in it."},
};

static const struct table_schema sudo_rules_schema = {
    .name = "sudo_rules",
    .version = 1,
    .words = "A row is one permission of sudoers with aliases resolved: who may run what as whom where. @include and "
             "@includedir are followed.",
    .criteria = "CC6.1, CC6.3",
    .example = "SELECT principal, command FROM sudo_rules WHERE nopasswd AND NOT negated",
    .columns = sudo_rules_columns,
    .column_count = COLUMN_COUNT(sudo_rules_columns),
};

static const struct column sudo_defaults_columns[] = {
    {"key", COLUMN_TEXT, "", "The setting, without ! in front."},
    {"value", COLUMN_TEXT, "", "true, false (with ! in front) or the value."},
    {"operator", COLUMN_TEXT, "", "=, += or -=; null for flags."},
    {"scope", COLUMN_TEXT, "", "Empty: all; @host, :user, !command or >runas as written."},
    {"file", COLUMN_TEXT, "", "The file."},
    {"line", COLUMN_INTEGER, "", "Line in it."},
};

static const struct table_schema sudo_defaults_schema = {
    .name = "sudo_defaults",
    .version = 1,
    .words = "A row is a Defaults setting of sudoers.",
    .criteria = "CC6.1",
    .example = "SELECT value FROM sudo_defaults WHERE key = 'timestamp_timeout'",
    .columns = sudo_defaults_columns,
    .column_count = COLUMN_COUNT(sudo_defaults_columns),
};

/* GATHER */
static bool sudo_rules_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "this table is not read yet");
}

static bool sudo_defaults_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "this table is not read yet");
}

const struct host_table sudo_rules_table = {
    .schema = &sudo_rules_schema,
    .origin = FROM_FILES,
    .needs = NEED_ROOT,
    .works_on_tree = true,
    .gather = sudo_rules_gather,
};

const struct host_table sudo_defaults_table = {
    .schema = &sudo_defaults_schema,
    .origin = FROM_FILES,
    .needs = NEED_ROOT,
    .works_on_tree = true,
    .gather = sudo_defaults_gather,
};
