/* usb_storage - attached USB storage and what stands in its way. */
#include "collect/host/host.h"

static const struct column columns[] = {
    {"vendor", COLUMN_TEXT, "", "The vendor; null in the row of the policy."},
    {"product", COLUMN_TEXT, "", "The product; null in the row of the policy."},
    {"serial", COLUMN_TEXT, "", "The serial number; null if not told."},
    {"attached", COLUMN_BOOL, "", "1 for a device that is attached, 0 for the row of the policy."},
    {"driver_blocked", COLUMN_BOOL, "", "Whether modprobe.d keeps usb-storage (and uas) from loading."},
    {"driver_loaded", COLUMN_BOOL, "", "Whether usb-storage or uas is loaded now; null on a tree."},
    {"usbguard", COLUMN_TEXT, "", "enabled, disabled (installed but not started at boot) or absent."},
};

static const struct table_schema schema = {
    .name = "usb_storage",
    .version = 1,
    .words = "A row is an attached USB storage device; one more row with attached = 0 always tells the policy.",
    .criteria = "CC6.7",
    .example = "SELECT driver_blocked, usbguard FROM usb_storage WHERE attached = 0",
    .columns = columns,
    .column_count = COLUMN_COUNT(columns),
};

static bool gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "this table is not read yet");
}

const struct host_table usb_storage_table = {
    .schema = &schema,
    .origin = FROM_KERNEL,
    .works_on_tree = true,
    .gather = gather,
};
