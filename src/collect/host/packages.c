/*
 * packages.c - packages and package_files: what dpkg has installed (deb-control(5), /var/lib/dpkg).
 */
#include "collect/host/host.h"

static const struct column packages_columns[] = {
    {"manager", COLUMN_TEXT, "", "'dpkg'.", 0},
    {"name", COLUMN_TEXT, "", "Name of the package.", COLUMN_KEY},
    {"version", COLUMN_TEXT, "", "Version; null if nothing of it is installed.", 0},
    {"arch", COLUMN_TEXT, "", "Architecture it was built for, 'all' for every one.", 0},
    {"status", COLUMN_TEXT, "",
     "'installed', 'config-files' (removed, its configuration is left), or a state of unfinished work as in dpkg(1).", 0},
    {"source_name", COLUMN_TEXT, "", "Source package it was built from; security advisories name this one.", 0},
    {"source_version", COLUMN_TEXT, "", "Version of the source package.", 0},
    {"install_time", COLUMN_TIME, "ms UTC",
     "When its file list was last written: the last installation or upgrade; null if unknown.", 0},
    {"maintainer", COLUMN_TEXT, "", "Who maintains the package.", 0},
    {"held", COLUMN_BOOL, "", "1 if upgrades of it are held back.", 0},
    {"section", COLUMN_TEXT, "", "Section of the archive, as 'net' or 'non-free/libs'; null if not said.", 0},
};

static const struct table_schema packages_schema = {
    .name = "packages",
    .version = 1,
    .words = "One row a package that dpkg knows, from /var/lib/dpkg/status.",
    .criteria = "CC6.8, CC7.1, CC8.1",
    .example = "SELECT name, version, install_time FROM packages WHERE status = 'installed' ORDER BY install_time DESC LIMIT 20",
    .columns = packages_columns,
    .column_count = COLUMN_COUNT(packages_columns),
};

static const struct column package_files_columns[] = {
    {"pkg", COLUMN_TEXT, "", "Package that owns the path.", COLUMN_KEY},
    {"path", COLUMN_TEXT, "", "Absolute path of a file or directory.", COLUMN_KEY},
    {"md5", COLUMN_TEXT, "",
     "MD5 that the package was shipped with, hexadecimal; null for directories, links and files made later.", 0},
    {"is_conffile", COLUMN_BOOL, "", "1 for configuration that an administrator may change.", 0},
};

static const struct table_schema package_files_schema = {
    .name = "package_files",
    .version = 1,
    .words = "One row a path of an installed package, from /var/lib/dpkg/info. Asked live only, as it is long.",
    .criteria = "CC6.8",
    .example = "SELECT pkg FROM package_files WHERE path = '/usr/bin/ssh'",
    .columns = package_files_columns,
    .column_count = COLUMN_COUNT(package_files_columns),
};

static bool packages_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "packages: not read yet");
}

static bool package_files_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "package_files: not read yet");
}

const struct host_table packages_table = {
    .schema = &packages_schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = packages_gather,
};

const struct host_table package_files_table = {
    .schema = &package_files_schema,
    .origin = FROM_FILES,
    .is_live_only = true,
    .works_on_tree = true,
    .gather = package_files_gather,
};
