/* bootloader - what the boot loader starts, and whether changing it asks for a password. */
#include "collect/host/host.h"

static const struct column columns[] = {
    {"loader", COLUMN_TEXT, "", "grub or systemd-boot."},
    {"file", COLUMN_TEXT, "", "The configuration file."},
    {"entry", COLUMN_TEXT, "", "The title of the entry; null if the configuration has none."},
    {"cmdline", COLUMN_TEXT, "", "The kernel command line of the entry, without the image; null if none."},
    {"password_set", COLUMN_BOOL, "",
     "Whether editing entries asks for a password: superusers and a password (GRUB), editor off (systemd-boot)."},
    {"is_unrestricted", COLUMN_BOOL, "", "Whether the entry starts without a password though one is set (--unrestricted)."},
    {"cfg_mode", COLUMN_INTEGER, "permission bits", "The permission bits of the configuration file (0600 is 384)."},
    {"cfg_uid", COLUMN_INTEGER, "user id", "Who owns the configuration file."},
    {"cfg_gid", COLUMN_INTEGER, "group id", "The group of the configuration file."},
};

static const struct table_schema schema = {
    .name = "bootloader",
    .version = 1,
    .words = "A row is an entry of GRUB (grub.cfg, user.cfg, loader entries) or systemd-boot; a configuration "
             "without entries gives one row. Hashes of passwords are never kept.",
    .criteria = "CC6.1, CC6.8",
    .example = "SELECT file, entry FROM bootloader WHERE password_set = 0",
    .columns = columns,
    .column_count = COLUMN_COUNT(columns),
};

static bool gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "this table is not read yet");
}

const struct host_table bootloader_table = {
    .schema = &schema,
    .origin = FROM_FILES,
    .needs = NEED_ROOT,
    .works_on_tree = true,
    .gather = gather,
};
