/*
 * reboot_required.c - whether an installed update waits for a restart: of the host (kernel, flag file) or of a program (replaced
 * libraries).
 */
#include "base/buf.h"
#include "collect/host/dpkg.h"
#include "collect/host/proc.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

static const struct column reboot_required_columns[] = {
    {"reason", COLUMN_TEXT, "",
     "What was looked at: 'flag_file' (/run/reboot-required), 'kernel' (running against newest installed), 'libraries' (mapped "
     "files that were replaced).",
     COLUMN_KEY},
    {"required", COLUMN_BOOL, "",
     "1 if a restart is needed for this reason, 0 if not; null if it cannot be told (a kernel that does not come from /boot).",
     0},
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

enum { REPLACED_SHOWN_MAX = 8, MAPS_BYTES_MAX = 8 << 20, MAPS_STEP_BYTES = 64 << 10, FLAG_FILE_BYTES_MAX = 64 << 10 };

/* Whether a restart is needed. */
enum required { REQUIRED_NO, REQUIRED_YES, REQUIRED_UNKNOWN };

static void row_reason(struct gather *g, const char *reason, enum required required, int64_t since_ms, struct str detail,
                       const struct proc_owner *owner)
{
    struct rows *r = g->rows;
    struct str nothing = {0};
    row_begin(r);
    row_cstr(r, reason);
    if (required == REQUIRED_UNKNOWN)
        row_null(r);
    else
        row_bool(r, required == REQUIRED_YES);
    if (since_ms)
        row_int(r, since_ms);
    else
        row_null(r);
    row_text(r, detail);
    if (owner)
        row_int(r, owner->pid);
    else
        row_null(r);
    row_text(r, owner ? owner->name : nothing);
    row_text(r, owner ? owner->unit : nothing);
    row_end(r);
}

/* Debian's hooks write /run/reboot-required and, beside it, which packages asked for it. */
static void flag_file_look(struct gather *g)
{
    struct file_facts facts;
    struct err failed = {0};
    struct str text, line;
    if (!source_stat(g->source, "/run/reboot-required", true, &facts, &failed)) {
        if (failed.code == ERR_NOT_FOUND)
            row_reason(g, "flag_file", REQUIRED_NO, 0, (struct str){0}, NULL);
        else
            gather_missing(g, STR("flag_file"), "/run/reboot-required", arena_printf(g->arena, "%s", failed.text).data);
        return;
    }
    struct buf packages;
    buf_init(&packages, FLAG_FILE_BYTES_MAX);
    if (source_read(g->source, g->arena, "/run/reboot-required.pkgs", FLAG_FILE_BYTES_MAX, &text, &failed)) {
        while (str_next_line(&text, &line)) {
            if (packages.size)
                buf_char(&packages, ' ');
            buf_str(&packages, str_trim(line));
        }
    }
    row_reason(g, "flag_file", REQUIRED_YES, facts.mtime_ms, packages.size ? buf_view(&packages) : (struct str){0}, NULL);
    buf_release(&packages);
}

/* "amd64" of "6.1.0-37-amd64": only kernels of one flavour are compared. */
static struct str kernel_flavour(struct str release)
{
    for (size_t i = release.size; i-- > 0;) {
        if (release.data[i] == '-')
            return str_slice(release, i + 1, release.size);
    }
    return str_make("", 0);
}

static void kernel_look(struct gather *g)
{
    struct utsname name;
    struct str *names, newest = {0};
    size_t count;
    struct err failed = {0};
    if (uname(&name) != 0)
        return;
    struct str running = str_of(name.release);
    if (!source_list(g->source, g->arena, "/boot", &names, &count, &failed)) {
        gather_missing(g, STR("kernel"), "installed kernels", arena_printf(g->arena, "%s", failed.text).data);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (!str_starts(names[i], "vmlinuz-"))
            continue;
        struct str release = str_slice(names[i], strlen("vmlinuz-"), names[i].size);
        if (str_equal(kernel_flavour(release), kernel_flavour(running)) &&
            (!newest.data || dpkg_version_compare(release, newest) > 0))
            newest = release;
    }
    if (!newest.data) {
        row_reason(g, "kernel", REQUIRED_UNKNOWN, 0,
                   arena_printf(g->arena, "running %s; no kernel of its kind in /boot", name.release), NULL);
        return;
    }
    struct file_facts facts = {0};
    bool is_required = dpkg_version_compare(newest, running) > 0;
    struct str path = arena_printf(g->arena, "/boot/vmlinuz-%.*s", STR_ARGS(newest));
    if (is_required && !source_stat(g->source, path.data, true, &facts, &failed))
        facts.mtime_ms = 0;
    row_reason(g, "kernel", is_required ? REQUIRED_YES : REQUIRED_NO, facts.mtime_ms,
               arena_printf(g->arena, "running %s, newest installed %.*s", name.release, STR_ARGS(newest)), NULL);
}

/* The replaced files of one process, one by one as they come. */
struct replaced {
    struct arena *arena;
    struct str names[REPLACED_SHOWN_MAX];
    size_t count;
    size_t more;
};

/* Programs and libraries live below these; deleted files elsewhere are temporary ones. */
static bool is_program_path(struct str path)
{
    static const char *const parents[] = {"/usr/", "/lib", "/bin/", "/sbin/", "/opt/"};
    for (size_t i = 0; i < COLUMN_COUNT(parents); i++) {
        if (str_starts(path, parents[i]))
            return true;
    }
    return false;
}

/* "address perms offset dev inode   path (deleted)", of which only mappings of code matter. */
static void maps_line(struct replaced *replaced, struct str line)
{
    static const char mark[] = " (deleted)";
    if (!str_ends(line, mark))
        return;
    ptrdiff_t blank = str_find_char(line, ' '), slash = str_find_char(line, '/');
    if (blank < 0 || slash < 0 || (size_t)blank + 4 > line.size || line.data[blank + 3] != 'x')
        return;
    struct str path = str_slice(line, (size_t)slash, line.size - (sizeof(mark) - 1));
    if (!is_program_path(path))
        return;
    for (size_t i = 0; i < replaced->count; i++) {
        if (str_equal(replaced->names[i], path))
            return;
    }
    if (replaced->count == REPLACED_SHOWN_MAX)
        replaced->more++;
    else
        replaced->names[replaced->count++] = arena_str(replaced->arena, path);
}

/* False with errno if the maps cannot be read. */
static bool maps_read(int pid_fd, char *buffer, struct replaced *replaced)
{
    int fd = openat(pid_fd, "maps", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    size_t filled = 0, total = 0;
    ssize_t got;
    while (total < MAPS_BYTES_MAX && (got = read(fd, buffer + filled, MAPS_STEP_BYTES - filled)) > 0) {
        total += (size_t)got;
        filled += (size_t)got;
        char *end = memrchr(buffer, '\n', filled);
        size_t whole = end ? (size_t)(end - buffer) + 1 : 0;
        if (memmem(buffer, whole, "(deleted)\n", 10)) {
            struct str text = str_make(buffer, whole), line;
            while (str_next_line(&text, &line))
                maps_line(replaced, line);
        }
        if (whole == 0 && filled == MAPS_STEP_BYTES)
            whole = filled; /* no line is that long */
        memmove(buffer, buffer + whole, filled - whole);
        filled -= whole;
    }
    close(fd);
    return true;
}

static void replaced_row(struct gather *g, int64_t pid, const struct replaced *replaced)
{
    struct proc_owner owner;
    struct buf detail;
    buf_init(&detail, 64 << 10);
    for (size_t i = 0; i < replaced->count; i++) {
        if (i)
            buf_char(&detail, ' ');
        buf_str(&detail, replaced->names[i]);
    }
    if (replaced->more)
        buf_printf(&detail, " and %zu more", replaced->more);
    proc_owner_read(g, pid, &owner);
    row_reason(g, "libraries", REQUIRED_YES, 0, buf_view(&detail), &owner);
    buf_release(&detail);
}

static void libraries_look(struct gather *g)
{
    struct proc_scan scan;
    struct err failed = {0};
    size_t denied = 0, found = 0;
    if (!proc_scan_open(&scan, g, &failed)) {
        gather_missing(g, STR("libraries"), "mapped files of processes", arena_printf(g->arena, "%s", failed.text).data);
        return;
    }
    char *buffer = arena_alloc(g->arena, MAPS_STEP_BYTES);
    while (proc_scan_next(&scan)) {
        struct replaced replaced = {.arena = g->arena};
        if (!maps_read(scan.pid_fd, buffer, &replaced))
            denied += errno == EACCES || errno == EPERM;
        if (replaced.count == 0)
            continue;
        replaced_row(g, scan.pid, &replaced);
        found++;
    }
    bool is_late = scan.is_late;
    proc_scan_close(&scan);
    if (is_late)
        gather_missing(g, STR("libraries"), "mapped files of further processes", "time limit reached");
    if (denied)
        gather_missing(g, STR("libraries"), arena_printf(g->arena, "mapped files of %zu processes", denied).data,
                       "not permitted: needs root (CAP_SYS_PTRACE)");
    if (found == 0 && !denied && !is_late)
        row_reason(g, "libraries", REQUIRED_NO, 0, (struct str){0}, NULL);
}

static bool reboot_required_gather(struct gather *g, struct err *e)
{
    if (!source_is_live(g->source))
        return err_set(e, ERR_UNSUPPORTED, "only a running host can need a restart");
    flag_file_look(g);
    kernel_look(g);
    libraries_look(g);
    return true;
}

const struct host_table reboot_required_table = {
    .schema = &reboot_required_schema,
    .origin = FROM_KERNEL,
    .needs = NEED_ROOT,
    .gather = reboot_required_gather,
};
