/*
 * processes.c - what runs, as whom, from which file, with which privileges: /proc/<pid>.
 */
#include "collect/host/conf.h"
#include "collect/host/proc.h"
#include <errno.h>
#include <unistd.h>

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

enum { PROCESS_IS_KERNEL_THREAD = 0x00200000, TICKS_DEFAULT = 100 };

static const char *const capability_names[] = {
    "chown",
    "dac_override",
    "dac_read_search",
    "fowner",
    "fsetid",
    "kill",
    "setgid",
    "setuid",
    "setpcap",
    "linux_immutable",
    "net_bind_service",
    "net_broadcast",
    "net_admin",
    "net_raw",
    "ipc_lock",
    "ipc_owner",
    "sys_module",
    "sys_rawio",
    "sys_chroot",
    "sys_ptrace",
    "sys_pacct",
    "sys_admin",
    "sys_boot",
    "sys_nice",
    "sys_resource",
    "sys_time",
    "sys_tty_config",
    "mknod",
    "lease",
    "audit_write",
    "audit_control",
    "setfcap",
    "mac_override",
    "mac_admin",
    "syslog",
    "wake_alarm",
    "block_suspend",
    "audit_read",
    "perfmon",
    "bpf",
    "checkpoint_restore",
};

/* What is the same for all processes of a run. */
struct processes_run {
    struct gather *gather;
    int64_t boot_ms;
    int64_t ticks_per_second;
    uint64_t all_capabilities;
    bool has_labels; /* a security module answers in attr/current */
    bool has_loginuid;
    size_t hidden_paths; /* processes whose file may not be read */
};

/* From /proc/<pid>/stat: what stands behind the name, which may hold blanks and parentheses. */
struct process_stat {
    struct str name;
    int64_t flags;
    int64_t start_ticks;
};

static bool process_stat_parse(struct str text, struct process_stat *ret)
{
    ptrdiff_t open = str_find_char(text, '('), close = -1;
    for (size_t i = text.size; i-- > 0;) {
        if (text.data[i] == ')') {
            close = (ptrdiff_t)i;
            break;
        }
    }
    if (open < 0 || close < open)
        return false;
    ret->name = str_slice(text, (size_t)open + 1, (size_t)close);
    struct str rest = str_slice(text, (size_t)close + 1, text.size), word;
    for (int field = 3; field <= 22; field++) { /* proc(5) counts from 1; the state is the third */
        if (!str_next_word(&rest, &word))
            return false;
        if (field == 9 && !str_to_int64(word, &ret->flags))
            return false;
        if (field == 22 && !str_to_int64(word, &ret->start_ticks))
            return false;
    }
    return true;
}

static void row_capabilities(struct processes_run *run, struct str hex)
{
    uint64_t mask;
    if (!str_to_uint64_base(hex, 16, &mask)) {
        row_null(run->gather->rows);
        return;
    }
    if (mask != 0 && (mask & run->all_capabilities) == run->all_capabilities) {
        row_cstr(run->gather->rows, "all");
        return;
    }
    char text[1024];
    size_t used = 0;
    for (size_t i = 0; i < 64 && mask; i++, mask >>= 1) {
        if (!(mask & 1))
            continue;
        const char *name = i < COLUMN_COUNT(capability_names) ? capability_names[i] : "unknown";
        int n = snprintf(text + used, sizeof(text) - used, "%s%s", used ? "," : "", name);
        used += (size_t)n < sizeof(text) - used ? (size_t)n : 0;
    }
    row_text(run->gather->rows, str_make(text, used));
}

static void row_number(struct rows *r, struct str text)
{
    int64_t value;
    if (str_to_int64(text, &value))
        row_int(r, value);
    else
        row_null(r);
}

static void row_command_line(struct processes_run *run, int pid_fd)
{
    static const size_t arguments_shown_bytes = 4096;
    char buffer[PROC_CMDLINE_BYTES];
    struct str text;
    if (!proc_read(pid_fd, "cmdline", buffer, sizeof(buffer), &text)) {
        row_null(run->gather->rows);
        return;
    }
    if (text.size > arguments_shown_bytes)
        text.size = arguments_shown_bytes;
    while (text.size && text.data[text.size - 1] == '\0')
        text.size--;
    for (size_t i = 0; i < text.size; i++) {
        if (buffer[i] == '\0')
            buffer[i] = ' ';
    }
    row_text(run->gather->rows, conf_redact(run->gather->arena, text));
}

/* path and deleted */
static void row_executable(struct processes_run *run, int pid_fd)
{
    struct rows *r = run->gather->rows;
    char buffer[PROC_TEXT_BYTES];
    struct str path;
    if (!proc_readlink(pid_fd, "exe", buffer, sizeof(buffer), &path)) {
        run->hidden_paths += errno == EACCES || errno == EPERM;
        row_null(r);
        row_null(r);
        return;
    }
    bool is_deleted = str_ends(path, " (deleted)");
    if (is_deleted)
        path.size -= strlen(" (deleted)");
    row_text(r, path);
    row_bool(r, is_deleted);
}

static void row_cgroup_and_unit(struct rows *r, int pid_fd)
{
    char buffer[PROC_TEXT_BYTES];
    struct str text, path = {0};
    if (proc_read(pid_fd, "cgroup", buffer, sizeof(buffer), &text))
        path = proc_cgroup_path(text);
    row_text(r, path);
    row_text(r, proc_unit_of(path));
}

static void row_label(struct processes_run *run, int pid_fd)
{
    char buffer[PROC_TEXT_BYTES];
    struct str text;
    if (!run->has_labels || !proc_read(pid_fd, "attr/current", buffer, sizeof(buffer), &text)) {
        row_null(run->gather->rows);
        return;
    }
    while (text.size && (text.data[text.size - 1] == '\n' || text.data[text.size - 1] == '\0'))
        text.size--;
    if (text.size == 0)
        text.data = NULL;
    row_text(run->gather->rows, text);
}

static void row_loginuid(struct processes_run *run, int pid_fd)
{
    char buffer[32];
    struct str text;
    int64_t uid;
    if (run->has_loginuid && proc_read(pid_fd, "loginuid", buffer, sizeof(buffer), &text) && str_to_int64(str_trim(text), &uid) &&
        uid != UINT32_MAX)
        row_int(run->gather->rows, uid);
    else
        row_null(run->gather->rows);
}

static void row_seccomp(struct rows *r, struct str mode)
{
    static const char *const names[] = {"none", "strict", "filter"};
    bool is_known = mode.size == 1 && mode.data[0] >= '0' && mode.data[0] <= '2';
    row_cstr(r, is_known ? names[mode.data[0] - '0'] : NULL);
}

static void process_add(struct processes_run *run, const struct proc_scan *scan)
{
    struct rows *r = run->gather->rows;
    char stat_buffer[PROC_TEXT_BYTES], status_buffer[PROC_TEXT_BYTES];
    struct str stat_text, status;
    struct process_stat stat;
    if (!proc_read(scan->pid_fd, "stat", stat_buffer, sizeof(stat_buffer), &stat_text) || !process_stat_parse(stat_text, &stat))
        return; /* it ended meanwhile */
    if (!proc_read(scan->pid_fd, "status", status_buffer, sizeof(status_buffer), &status))
        return;
    bool is_kernel = (stat.flags & PROCESS_IS_KERNEL_THREAD) != 0;
    struct str uids = proc_status_field(status, "Uid"), real = {0}, effective = {0};
    str_next_word(&uids, &real);
    str_next_word(&uids, &effective);
    row_begin(r);
    row_int(r, scan->pid);
    row_number(r, proc_status_field(status, "PPid"));
    row_number(r, real);
    row_number(r, effective);
    row_text(r, stat.name);
    if (is_kernel) {
        for (int i = 0; i < 3; i++)
            row_null(r);
    } else {
        row_executable(run, scan->pid_fd);
        row_command_line(run, scan->pid_fd);
    }
    row_int(r, run->boot_ms + stat.start_ticks / run->ticks_per_second * 1000);
    if (is_kernel) {
        row_null(r);
        row_null(r);
        row_null(r);
    } else {
        row_cgroup_and_unit(r, scan->pid_fd);
        row_label(run, scan->pid_fd);
    }
    row_capabilities(run, proc_status_field(status, "CapEff"));
    if (is_kernel)
        row_null(r);
    else
        row_loginuid(run, scan->pid_fd);
    row_number(r, proc_status_field(status, "NoNewPrivs"));
    row_seccomp(r, proc_status_field(status, "Seccomp"));
    row_bool(r, is_kernel);
    row_end(r);
}

static void processes_run_init(struct processes_run *run, struct gather *g)
{
    char buffer[PROC_TEXT_BYTES];
    struct str text;
    int64_t last_capability = COLUMN_COUNT(capability_names) - 1;
    *run = (struct processes_run){.gather = g};
    long ticks = sysconf(_SC_CLK_TCK);
    run->ticks_per_second = ticks > 0 ? ticks : TICKS_DEFAULT;
    run->boot_ms = proc_boot_time_ms(g);
    if (proc_read_root(g, "proc/sys/kernel/cap_last_cap", buffer, sizeof(buffer), &text))
        (void)!str_to_int64(str_trim(text), &last_capability);
    run->all_capabilities = last_capability >= 63 ? UINT64_MAX : (UINT64_C(1) << (last_capability + 1)) - 1;
    int self = proc_open_dir(g, "proc/self/");
    run->has_labels = proc_read(self, "attr/current", buffer, sizeof(buffer), &text);
    run->has_loginuid = proc_read(self, "loginuid", buffer, sizeof(buffer), &text);
    if (self >= 0)
        close(self);
}

static bool processes_gather(struct gather *g, struct err *e)
{
    struct processes_run run;
    struct proc_scan scan;
    if (!proc_scan_open(&scan, g, e))
        return false;
    processes_run_init(&run, g);
    while (proc_scan_next(&scan))
        process_add(&run, &scan);
    bool is_late = scan.is_late;
    proc_scan_close(&scan);
    if (is_late)
        gather_missing(g, STR("all"), "the processes behind the last row", "time limit reached");
    if (run.hidden_paths) {
        struct str missing = arena_printf(g->arena, "path of %zu processes", run.hidden_paths);
        gather_missing(g, STR("path"), missing.data, "not permitted: needs root (CAP_SYS_PTRACE)");
    }
    if (g->rows->row_count == 0)
        return err_set(e, ERR_NOT_FOUND, "/proc: no process is seen there");
    return true;
}

const struct host_table processes_table = {
    .schema = &processes_schema,
    .origin = FROM_KERNEL,
    .needs = NEED_ROOT,
    .is_volatile = true,
    .gather = processes_gather,
};
