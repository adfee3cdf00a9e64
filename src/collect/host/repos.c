/*
 * repos.c - where packages come from: sources.list(5), one-line and deb822 style.
 */
#include "collect/host/host.h"

static const struct column repos_columns[] = {
    {"uri", COLUMN_TEXT, "", "Where the archive lies; a password in it is replaced by [redacted].", 0},
    {"suite", COLUMN_TEXT, "", "Suite or exact path, as 'bookworm-security'.", 0},
    {"components", COLUMN_TEXT, "", "Components, separated by blanks; null for an exact path.", 0},
    {"signed_by", COLUMN_TEXT, "",
     "Key file or fingerprints that the archive must be signed by, '(inline)' for a key in the file itself; null if any trusted "
     "key will do.",
     0},
    {"trusted", COLUMN_BOOL, "",
     "1 if signatures are not asked for (trusted=yes), 0 if they always are (trusted=no); null if not set.", 0},
    {"enabled", COLUMN_BOOL, "", "0 for a deb822 entry with Enabled: no.", 0},
    {"type", COLUMN_TEXT, "", "'deb' for programs, 'deb-src' for sources.", 0},
    {"file", COLUMN_TEXT, "", "File that names it.", 0},
    {"line", COLUMN_INTEGER, "", "Line in that file where the entry starts.", 0},
    {"allow_insecure", COLUMN_BOOL, "",
     "1 if the archive may be unsigned or weakly signed (allow-insecure, allow-weak); null if not set.", 0},
    {"check_valid_until", COLUMN_BOOL, "", "0 if an expired archive is accepted (check-valid-until=no); null if not set.", 0},
    {"is_encrypted", COLUMN_BOOL, "",
     "1 for https and for media that need no network (file, cdrom, copy); 0 for http and ftp; null for others.", 0},
};

static const struct table_schema repos_schema = {
    .name = "repos",
    .version = 1,
    .words = "One row an archive, suite and type that apt is told to use in /etc/apt/sources.list and sources.list.d.",
    .criteria = "CC6.8",
    .example = "SELECT uri, file, line FROM repos WHERE enabled = 1 AND (trusted = 1 OR signed_by IS NULL)",
    .columns = repos_columns,
    .column_count = COLUMN_COUNT(repos_columns),
};

static bool repos_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "repos: not read yet");
}

const struct host_table repos_table = {
    .schema = &repos_schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = repos_gather,
};
