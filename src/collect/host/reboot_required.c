/*
 * reboot_required.c - whether an installed update waits for a restart: of the host (kernel, flag file) or of a program (replaced
 * libraries).
 */
#include "collect/host/host.h"

static const struct column reboot_required_columns[] = {
    {"reason", COLUMN_TEXT, "",
     "What was looked at: 'flag_file' (/run/reboot-required), 'kernel' (running against newest installed), 'libraries' (mapped "
     "files that were replaced).",
     COLUMN_KEY},
    {"required", COLUMN_BOOL, "", "1 if a restart is needed for this reason.", 0},
    {"since", COLUMN_TIME, "ms UTC",
     "Since when: the time of the flag file, of the newest kernel's file; null if unknown or not required.", 0},
    {"detail", COLUMN_TEXT, "", "Packages of the flag file, the kernels' versions, or the replaced files (at most 8).", 0},
    {"pid", COLUMN_INTEGER, "", "Process that still runs the replaced files; null for the other reasons.", 0},
    {"name", COLUMN_TEXT, "", "Short name of that process.", 0},
    {"unit", COLUMN_TEXT, "", "systemd unit to restart; null outside of one.", 0},
};

static const struct table_schema reboot_required_schema = {
    .name = "reboot_required",
    .version = 1,
    .words = "One row for the flag file, one for the kernel, and one a process that runs replaced programs or libraries (or one "
             "row with required 0 if none does). A reason that could not be looked at is missing and said in table_status.",
    .criteria = "CC7.1",
    .example = "SELECT reason, detail, since FROM reboot_required WHERE required = 1",
    .columns = reboot_required_columns,
    .column_count = COLUMN_COUNT(reboot_required_columns),
};

static bool reboot_required_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "reboot_required: not read yet");
}

const struct host_table reboot_required_table = {
    .schema = &reboot_required_schema,
    .origin = FROM_KERNEL,
    .needs = NEED_ROOT,
    .gather = reboot_required_gather,
};
