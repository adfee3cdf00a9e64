/* block_devices - disks, partitions and what is made of them; LUKS headers. */
#include "collect/host/host.h"

static const struct column columns[] = {
    {"name", COLUMN_TEXT, "", "The name in the kernel, as sda1.", COLUMN_KEY},
    {"type", COLUMN_TEXT, "", "disk, part, crypt, lvm, raid, dm, loop, zram or rom."},
    {"size", COLUMN_INTEGER, "bytes", "Its size."},
    {"removable", COLUMN_BOOL, "", "Whether the kernel says that it, or its disk, is removable or sits on USB."},
    {"model", COLUMN_TEXT, "", "The model of the disk; null if not told."},
    {"fs", COLUMN_TEXT, "",
     "What is on it: ext4, xfs, crypto_LUKS, swap, LVM2_member and so on; null if nothing known was found."},
    {"encrypted", COLUMN_BOOL, "", "Whether it holds LUKS or lies, directly or by way of others, on dm-crypt only."},
    {"luks_version", COLUMN_INTEGER, "", "1 or 2; null without a LUKS header or without permission to read it."},
    {"luks_cipher", COLUMN_TEXT, "", "The cipher and mode of the data, as aes-xts-plain64."},
    {"luks_key_bits", COLUMN_INTEGER, "bits", "The size of the volume key."},
    {"luks_kdf", COLUMN_TEXT, "", "The weakest key derivation among the key slots: pbkdf2, argon2i or argon2id."},
    {"keyslots", COLUMN_INTEGER, "slots", "How many key slots are in use."},
    {"parent", COLUMN_TEXT, "", "The devices it is made of, by commas; null for a disk."},
};

static const struct table_schema schema = {
    .name = "block_devices",
    .version = 1,
    .words = "A row is a block device of /sys/class/block (empty loop and ram devices left out). LUKS facts are read"
             " from the header of the device, which takes root.",
    .criteria = "CC6.1, CC6.7",
    .example = "SELECT name, size, fs FROM block_devices WHERE type = 'part' AND luks_version IS NULL AND encrypted "
               "= 0",
    .columns = columns,
    .column_count = COLUMN_COUNT(columns),
};

static bool gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "this table is not read yet");
}

const struct host_table block_devices_table = {
    .schema = &schema,
    .origin = FROM_KERNEL,
    .needs = NEED_ROOT,
    .gather = gather,
};
