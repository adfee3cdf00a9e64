/*
 * processes.c - what runs, as whom, from which file, with which privileges: /proc/<pid>.
 */
#include "collect/host/host.h"

static const struct column processes_columns[] = {
    {"pid", COLUMN_INTEGER, "", "Number of the process in the process namespace of the collector.", COLUMN_KEY},
    {"ppid", COLUMN_INTEGER, "", "Number of its parent; 0 for the first process and for kernel threads' ancestor.", 0},
    {"uid", COLUMN_INTEGER, "", "Real user id: who started it.", 0},
    {"euid", COLUMN_INTEGER, "", "Effective user id: whose rights it has now.", 0},
    {"name", COLUMN_TEXT, "", "Short name, at most 15 bytes, which the process may set itself.", COLUMN_KEY},
    {"path", COLUMN_TEXT, "", "The file it runs; null for kernel threads and where it may not be read.", COLUMN_KEY},
    {"deleted", COLUMN_BOOL, "", "1 if that file was removed or replaced since it was started; null if the path is unknown.", 0},
    {"cmdline_redacted", COLUMN_TEXT, "",
     "Command line; values that look like secrets are replaced by [redacted]; null for kernel threads.", COLUMN_PERSONAL},
    {"start", COLUMN_TIME, "ms UTC", "When it was started, to about a second.", 0},
    {"cgroup", COLUMN_TEXT, "", "Control group path (version 2, or the systemd hierarchy of version 1).", 0},
    {"unit", COLUMN_TEXT, "", "systemd unit that the control group names; null outside of one.", COLUMN_KEY},
    {"label", COLUMN_TEXT, "", "Security label (AppArmor profile and mode, SELinux context); null if there is none.", 0},
    {"caps", COLUMN_TEXT, "", "Effective capabilities by name, separated by commas; 'all' for every one, empty for none.", 0},
    {"loginuid", COLUMN_INTEGER, "", "User id of the login that it descends from (audit); null if it comes from no login.", 0},
    {"no_new_privs", COLUMN_BOOL, "", "1 if it can never gain privileges by running a set-uid file.", 0},
    {"seccomp", COLUMN_TEXT, "", "System call filter: 'none', 'strict' or 'filter'.", 0},
    {"is_kernel", COLUMN_BOOL, "", "1 for a thread of the kernel.", 0},
};

static const struct table_schema processes_schema = {
    .name = "processes",
    .version = 1,
    .words =
        "One row a process, read from /proc. Only the numbers and the name of other users' processes can be read without root.",
    .criteria = "CC6.8, CC7.2",
    .example = "SELECT pid, name, path FROM processes WHERE deleted = 1 AND euid = 0",
    .columns = processes_columns,
    .column_count = COLUMN_COUNT(processes_columns),
};

static bool processes_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "processes: not read yet");
}

const struct host_table processes_table = {
    .schema = &processes_schema,
    .origin = FROM_KERNEL,
    .needs = NEED_ROOT,
    .is_volatile = true,
    .gather = processes_gather,
};
