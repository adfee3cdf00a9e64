/*
 * update_policy.c - how updates are installed without a person: apt.conf(5), and the stamps of the last time it worked.
 */
#include "collect/host/host.h"

static const struct column update_policy_columns[] = {
    {"key", COLUMN_TEXT, "",
     "Name of the setting as apt writes it, as 'APT::Periodic::Unattended-Upgrade'; a list has one row an element. Stamps are "
     "'stamp::update', 'stamp::upgrade', 'stamp::unattended-upgrades', 'stamp::dpkg'.",
     COLUMN_KEY},
    {"value", COLUMN_TEXT, "", "Its value; for stamps the time as text.", 0},
    {"file", COLUMN_TEXT, "", "File that sets it, the last one that does.", 0},
    {"line", COLUMN_INTEGER, "", "Line in that file; null for stamps.", 0},
    {"at", COLUMN_TIME, "ms UTC", "For stamps: when it last happened; null for settings.", 0},
};

static const struct table_schema update_policy_schema = {
    .name = "update_policy",
    .version = 1,
    .words = "One row a setting of /etc/apt/apt.conf and apt.conf.d in force that bears on automatic updates and on trust in "
             "archives, and one a stamp of a job's last run. What no file sets has no row.",
    .criteria = "CC7.1, CC8.1",
    .example = "SELECT value FROM update_policy WHERE key = 'APT::Periodic::Unattended-Upgrade'",
    .columns = update_policy_columns,
    .column_count = COLUMN_COUNT(update_policy_columns),
};

static bool update_policy_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "update_policy: not read yet");
}

const struct host_table update_policy_table = {
    .schema = &update_policy_schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = update_policy_gather,
};
