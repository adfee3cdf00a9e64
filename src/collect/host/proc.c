#include "collect/host/proc.h"
#include "base/times.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

bool proc_read(int dir, const char *path, char *buffer, size_t size, struct str *ret_text)
{
    int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
    if (fd < 0)
        return false;
    size_t filled = 0;
    ssize_t got = 0;
    while (filled < size && (got = read(fd, buffer + filled, size - filled)) > 0) {
        filled += (size_t)got;
        if (filled < size && filled < 1024)
            break; /* a pseudo file gives at least a page at once: a short answer is all of it */
    }
    int number = errno;
    close(fd);
    errno = number;
    if (got < 0 && filled == 0)
        return false;
    *ret_text = str_make(buffer, filled);
    return true;
}

int proc_open_dir(struct gather *g, const char *path)
{
    int root = source_root_fd(g->source);
    if (root < 0) {
        errno = ENOENT;
        return -1;
    }
    return openat(root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

bool proc_read_root(struct gather *g, const char *path, char *buffer, size_t size, struct str *ret_text)
{
    int root = source_root_fd(g->source);
    if (root < 0) {
        errno = ENOENT;
        return false;
    }
    return proc_read(root, path, buffer, size, ret_text);
}

bool proc_has(struct gather *g, const char *path)
{
    int root = source_root_fd(g->source);
    return root >= 0 && faccessat(root, path, F_OK, 0) == 0;
}

bool proc_readlink(int dir, const char *path, char *buffer, size_t size, struct str *ret_target)
{
    ssize_t got = readlinkat(dir, path, buffer, size);
    if (got < 0)
        return false;
    *ret_target = str_make(buffer, (size_t)got);
    return true;
}

bool proc_scan_open(struct proc_scan *s, struct gather *g, struct err *e)
{
    *s = (struct proc_scan){.proc_fd = -1, .pid_fd = -1, .gather = g};
    int fd = proc_open_dir(g, "proc");
    if (fd < 0)
        return err_errno(e, errno, "/proc");
    s->directory = fdopendir(fd);
    if (!s->directory) {
        int number = errno;
        close(fd);
        return err_errno(e, number, "/proc");
    }
    s->proc_fd = fd;
    return true;
}

bool proc_scan_next(struct proc_scan *s)
{
    if (s->pid_fd >= 0)
        close(s->pid_fd);
    s->pid_fd = -1;
    struct dirent *entry;
    while ((entry = readdir(s->directory))) {
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
            continue;
        if (!str_to_int64(str_of(entry->d_name), &s->pid))
            continue;
        if (gather_is_late(s->gather)) {
            s->is_late = true;
            return false;
        }
        s->pid_fd = openat(s->proc_fd, entry->d_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (s->pid_fd >= 0)
            return true;
    }
    return false;
}

void proc_scan_close(struct proc_scan *s)
{
    if (s->pid_fd >= 0)
        close(s->pid_fd);
    if (s->directory)
        closedir(s->directory);
    *s = (struct proc_scan){.proc_fd = -1, .pid_fd = -1};
}

int64_t proc_boot_time_ms(struct gather *g)
{
    char buffer[64 << 10]; /* hosts with many processors have a long first part */
    struct str text, line;
    if (!proc_read_root(g, "proc/stat", buffer, sizeof(buffer), &text))
        return 0;
    while (str_next_line(&text, &line)) {
        int64_t seconds;
        if (str_starts(line, "btime ") && str_to_int64(str_slice(line, 6, line.size), &seconds) && seconds > 0 &&
            seconds < INT64_MAX / MS_SECOND)
            return seconds * MS_SECOND;
    }
    return 0;
}

struct str proc_status_field(struct str status, const char *key)
{
    size_t key_size = strlen(key);
    const char *at = status.data, *end = status.data + status.size;
    while (at < end) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        if (!line_end)
            line_end = end;
        if ((size_t)(line_end - at) > key_size && at[key_size] == ':' && memcmp(at, key, key_size) == 0)
            return str_trim(str_make(at + key_size + 1, (size_t)(line_end - at) - key_size - 1));
        at = line_end + 1;
    }
    return str_make("", 0);
}

struct str proc_cgroup_path(struct str cgroup_file)
{
    struct str line, unified = {0};
    while (str_next_line(&cgroup_file, &line)) {
        struct str hierarchy, controllers;
        if (!str_cut(&line, ':', &hierarchy) || !str_cut(&line, ':', &controllers))
            continue;
        if (str_is(controllers, "name=systemd"))
            return line;
        if (str_is(hierarchy, "0"))
            unified = line;
    }
    return unified;
}

struct str proc_unit_of(struct str cgroup_path)
{
    struct str unit = {0}, part;
    while (cgroup_path.size) {
        str_cut(&cgroup_path, '/', &part);
        if (str_ends(part, ".service") || str_ends(part, ".scope"))
            unit = part;
    }
    return unit;
}

void proc_owner_read(struct gather *g, int64_t pid, struct proc_owner *ret)
{
    *ret = (struct proc_owner){.pid = pid};
    char path[64], buffer[PROC_TEXT_BYTES];
    snprintf(path, sizeof(path), "proc/%lld", (long long)pid);
    int dir = proc_open_dir(g, path);
    if (dir < 0)
        return;
    struct str text;
    if (proc_read(dir, "comm", buffer, sizeof(buffer), &text))
        ret->name = arena_str(g->arena, str_trim(text));
    if (proc_readlink(dir, "exe", buffer, sizeof(buffer), &text)) {
        if (str_ends(text, " (deleted)"))
            text.size -= strlen(" (deleted)");
        ret->path = arena_str(g->arena, text);
    }
    if (proc_read(dir, "cgroup", buffer, sizeof(buffer), &text)) {
        struct str unit = proc_unit_of(proc_cgroup_path(text));
        if (unit.data)
            ret->unit = arena_str(g->arena, unit);
    }
    close(dir);
}
