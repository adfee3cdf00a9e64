/*
 * kernel.c - the running kernel and what it was started with; cpu_vulnerabilities, what it does about faults of the processor.
 */
#include "collect/host/host.h"

static const struct column kernel_columns[] = {
    {"release", COLUMN_TEXT, "", "Release of the running kernel (uname -r).", 0},
    {"version", COLUMN_TEXT, "", "Its build (uname -v).", 0},
    {"cmdline", COLUMN_TEXT, "", "What it was started with; values that look like secrets are replaced by [redacted].", 0},
    {"tainted", COLUMN_INTEGER, "bit mask",
     "/proc/sys/kernel/tainted: 0 is clean, 4096 a module from outside, 8192 an unsigned one.", 0},
    {"taint_flags", COLUMN_TEXT, "", "The same as letters of the kernel's documentation, 'OE'; empty if clean.", 0},
    {"lockdown", COLUMN_TEXT, "",
     "Lockdown mode: 'none', 'integrity', 'confidentiality'; null if the kernel has none or it may not be read.", 0},
    {"lsm", COLUMN_TEXT, "", "Security modules that are active, separated by commas; null if securityfs is not mounted.", 0},
    {"secure_boot", COLUMN_BOOL, "", "1 if UEFI Secure Boot is on, 0 if off; null without UEFI or where it may not be read.", 0},
    {"tpm", COLUMN_TEXT, "", "Version of the TPM, '2' or '1.2'; null if none is seen.", 0},
    {"modules_disabled", COLUMN_BOOL, "", "1 if no module can be loaded until the next boot; null if the kernel has no modules.",
     0},
    {"uefi", COLUMN_BOOL, "", "1 if started by UEFI.", 0},
};

static const struct table_schema kernel_schema = {
    .name = "kernel",
    .version = 1,
    .words = "One row: the running kernel.",
    .criteria = "CC6.8",
    .example = "SELECT release, lockdown, secure_boot FROM kernel",
    .columns = kernel_columns,
    .column_count = COLUMN_COUNT(kernel_columns),
};

static const struct column cpu_vulnerabilities_columns[] = {
    {"name", COLUMN_TEXT, "", "Name that the kernel gives the fault, as 'spectre_v2'.", COLUMN_KEY},
    {"state", COLUMN_TEXT, "", "'not_affected', 'mitigated', 'vulnerable' or 'unknown'.", 0},
    {"detail", COLUMN_TEXT, "", "What the kernel says of it.", 0},
};

static const struct table_schema cpu_vulnerabilities_schema = {
    .name = "cpu_vulnerabilities",
    .version = 1,
    .words = "One row a fault of processors that the kernel knows, from /sys/devices/system/cpu/vulnerabilities.",
    .criteria = "CC6.8, CC7.1",
    .example = "SELECT name, detail FROM cpu_vulnerabilities WHERE state = 'vulnerable'",
    .columns = cpu_vulnerabilities_columns,
    .column_count = COLUMN_COUNT(cpu_vulnerabilities_columns),
};

static bool kernel_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "kernel: not read yet");
}

static bool cpu_vulnerabilities_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "cpu_vulnerabilities: not read yet");
}

const struct host_table kernel_table = {
    .schema = &kernel_schema,
    .origin = FROM_KERNEL,
    .gather = kernel_gather,
};

const struct host_table cpu_vulnerabilities_table = {
    .schema = &cpu_vulnerabilities_schema,
    .origin = FROM_KERNEL,
    .gather = cpu_vulnerabilities_gather,
};
