/*
 * pending_updates.c - installed packages for which apt's lists hold a newer version (/var/lib/dpkg/status against
 * /var/lib/apt/lists).
 */
#include "collect/host/host.h"

static const struct column pending_updates_columns[] = {
    {"pkg", COLUMN_TEXT, "", "Name of the installed package.", COLUMN_KEY},
    {"arch", COLUMN_TEXT, "", "Its architecture.", 0},
    {"installed", COLUMN_TEXT, "", "Version that is installed.", 0},
    {"candidate", COLUMN_TEXT, "", "Newest version in the lists.", 0},
    {"origin", COLUMN_TEXT, "",
     "Archive that offers the candidate, as 'Debian-Security:12/stable-security' (label, version, suite of its Release file).",
     0},
    {"is_security", COLUMN_BOOL, "",
     "1 if a version newer than the installed one is offered by an archive whose label or suite says security.", 0},
    {"security_candidate", COLUMN_TEXT, "", "Newest such version of a security archive; null if there is none.", 0},
    {"published", COLUMN_TIME, "ms UTC",
     "Date of the Release file that offers the update (the security archive's if is_security): it was published then or before.",
     0},
    {"age_days", COLUMN_INTEGER, "days",
     "Whole days from `published` to the time of collecting: the update is at least this old. How long it has been seen pending "
     "is in the history of the test.",
     0},
    {"held", COLUMN_BOOL, "", "1 if upgrades of the package are held back.", 0},
    {"source_name", COLUMN_TEXT, "", "Source package, as security advisories name it.", 0},
};

static const struct table_schema pending_updates_schema = {
    .name = "pending_updates",
    .version = 1,
    .words = "One row an installed package with a newer version in apt's lists (pins are not regarded). Partial when lists are "
             "missing, expired or not refreshed for 7 days: then no rows mean nothing.",
    .criteria = "CC7.1",
    .example = "SELECT pkg, installed, security_candidate FROM pending_updates WHERE is_security = 1",
    .columns = pending_updates_columns,
    .column_count = COLUMN_COUNT(pending_updates_columns),
};

static bool pending_updates_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "pending_updates: not read yet");
}

const struct host_table pending_updates_table = {
    .schema = &pending_updates_schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = pending_updates_gather,
};
