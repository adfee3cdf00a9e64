/* fstab, crypttab, swaps - what is mounted and opened at boot, and where memory may be swapped to. */
#include "collect/host/host.h"

static const struct column fstab_columns[] = {
    {"source", COLUMN_TEXT, "", "The device, as UUID=... or /dev/..."},
    {"target", COLUMN_TEXT, "", "Where it is mounted; none for swap.", COLUMN_KEY},
    {"fstype", COLUMN_TEXT, "", "The type, as ext4."},
    {"options", COLUMN_TEXT, "", "The options, by commas."},
    {"dump", COLUMN_INTEGER, "", "The fifth field; 0 if left out."},
    {"pass", COLUMN_INTEGER, "", "The order of checking at boot; 0 if left out."},
    {"line", COLUMN_INTEGER, "", "The line in the file."},
};

static const struct table_schema fstab_schema = {
    .name = "fstab",
    .version = 1,
    .words = "A row is a line of /etc/fstab. Passwords in options are replaced.",
    .criteria = "CC6.1, CC6.7",
    .example = "SELECT target, options FROM fstab WHERE target = '/tmp'",
    .columns = fstab_columns,
    .column_count = COLUMN_COUNT(fstab_columns),
};

static bool fstab_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "this table is not read yet");
}

const struct host_table fstab_table = {
    .schema = &fstab_schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = fstab_gather,
};

static const struct column crypttab_columns[] = {
    {"name", COLUMN_TEXT, "", "The name of the opened volume.", COLUMN_KEY},
    {"device", COLUMN_TEXT, "", "The encrypted device."},
    {"key_file", COLUMN_TEXT, "", "The file with the key; null if a passphrase, TPM or token opens it."},
    {"key_mode", COLUMN_INTEGER, "permission bits",
     "The permission bits of the key file; null without a key file or if it is missing."},
    {"options", COLUMN_TEXT, "", "The options, by commas."},
    {"line", COLUMN_INTEGER, "", "The line in the file."},
};

static const struct table_schema crypttab_schema = {
    .name = "crypttab",
    .version = 1,
    .words = "A row is a line of /etc/crypttab: a volume opened at boot.",
    .criteria = "CC6.1, CC6.7",
    .example = "SELECT name, key_file FROM crypttab WHERE key_mode IS NOT NULL AND (key_mode & 63) <> 0",
    .columns = crypttab_columns,
    .column_count = COLUMN_COUNT(crypttab_columns),
};

static bool crypttab_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "this table is not read yet");
}

const struct host_table crypttab_table = {
    .schema = &crypttab_schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = crypttab_gather,
};

static const struct column swaps_columns[] = {
    {"name", COLUMN_TEXT, "", "The device or file.", COLUMN_KEY},
    {"type", COLUMN_TEXT, "", "partition, file or zram."},
    {"size", COLUMN_INTEGER, "bytes", "Its size."},
    {"priority", COLUMN_INTEGER, "", "Its priority; higher is used first."},
    {"encrypted", COLUMN_BOOL, "",
     "Whether it lies on dm-crypt; null for zram, which stays in memory, and where the device is not found."},
    {"backing", COLUMN_TEXT, "", "The chain of block devices below it; null if not found."},
};

static const struct table_schema swaps_schema = {
    .name = "swaps",
    .version = 1,
    .words = "A row is an active swap area (/proc/swaps).",
    .criteria = "CC6.1, CC6.7",
    .example = "SELECT name FROM swaps WHERE encrypted = 0",
    .columns = swaps_columns,
    .column_count = COLUMN_COUNT(swaps_columns),
};

static bool swaps_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "this table is not read yet");
}

const struct host_table swaps_table = {
    .schema = &swaps_schema,
    .origin = FROM_KERNEL,
    .gather = swaps_gather,
};
