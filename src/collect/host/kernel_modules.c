/*
 * kernel_modules.c - modules that are loaded, that could be, and that modprobe.d(5) forbids.
 */
#include "collect/host/host.h"

static const struct column kernel_modules_columns[] = {
    {"name", COLUMN_TEXT, "", "Name of the module, with '_' for '-'.", COLUMN_KEY},
    {"loaded", COLUMN_BOOL, "", "1 if it is in the running kernel as a module, 0 if not; null on a tree.", 0},
    {"builtin", COLUMN_BOOL, "", "1 if it is built into the kernel (modules.builtin); null if that list is not there.", 0},
    {"available", COLUMN_BOOL, "",
     "1 if the kernel's module directory holds it, so that it could be loaded; null if that list is not there.", 0},
    {"size", COLUMN_INTEGER, "bytes", "Memory that it takes; null if not loaded.", 0},
    {"refcount", COLUMN_INTEGER, "", "Number of its users in the kernel; null if not loaded.", 0},
    {"signed", COLUMN_BOOL, "",
     "1 if its file carries a signature, 0 if not or the kernel marks it as unsigned; null if unknown.", 0},
    {"blacklisted", COLUMN_BOOL, "", "1 if modprobe.d keeps it from being loaded by alias.", 0},
    {"install_override", COLUMN_TEXT, "", "Command that modprobe.d runs instead of loading it, as '/bin/false'; null if none.",
     0},
    {"configured_in", COLUMN_TEXT, "", "File and line of the blacklist or install entry; null if none.", 0},
};

static const struct table_schema kernel_modules_schema = {
    .name = "kernel_modules",
    .version = 1,
    .words = "One row a module that is loaded, that modprobe.d speaks of, or that hardening guides want gone (rare file systems "
             "and protocols, usb-storage), loaded or not.",
    .criteria = "CC6.8",
    .example = "SELECT name FROM kernel_modules WHERE loaded = 1 AND signed = 0",
    .columns = kernel_modules_columns,
    .column_count = COLUMN_COUNT(kernel_modules_columns),
};

static bool kernel_modules_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "kernel_modules: not read yet");
}

const struct host_table kernel_modules_table = {
    .schema = &kernel_modules_schema,
    .origin = FROM_KERNEL,
    .works_on_tree = true,
    .gather = kernel_modules_gather,
};
