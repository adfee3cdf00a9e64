/*
 * proc.h - quick reading of /proc and /sys of the assessed root: relative to a directory descriptor, one read into a caller's
 * buffer.
 *
 * For FROM_KERNEL tables only: nothing is recorded. All reads are of pseudo files that answer at once; descriptors are opened
 * with O_NONBLOCK and never followed outside of what is named.
 *
 *     struct proc_scan scan;
 *     if (!proc_scan_open(&scan, g, e)) return false;
 *     while (proc_scan_next(&scan)) proc_read(scan.pid_fd, "stat", buffer, sizeof(buffer), &text);
 *     proc_scan_close(&scan);
 */
#ifndef COLLECT_HOST_PROC_H
#define COLLECT_HOST_PROC_H

#include "collect/host/host.h"
#include <dirent.h>

enum { PROC_TEXT_BYTES = 4096, PROC_CMDLINE_BYTES = 16384 };

/* Reads at most `size` bytes of `path` relative to `dir` into `buffer`; ret_text views it. False leaves errno. */
bool proc_read(int dir, const char *path, char *buffer, size_t size, struct str *ret_text) MUST_USE;
/* As above, relative to the root of the source; a path starts without '/'. False also for a record, with errno ENOENT. */
bool proc_read_root(struct gather *g, const char *path, char *buffer, size_t size, struct str *ret_text) MUST_USE;
/* The target of a symbolic link. */
bool proc_readlink(int dir, const char *path, char *buffer, size_t size, struct str *ret_target) MUST_USE;
/* Whether something stands at a path below the root of the source. */
bool proc_has(struct gather *g, const char *path);
/* Opens a directory below the root of the source; -1 and errno. */
int proc_open_dir(struct gather *g, const char *path);

struct proc_scan {
    DIR *directory;
    int proc_fd;
    int pid_fd; /* of /proc/<pid>; closed by the next step */
    int64_t pid;
    struct gather *gather;
    bool is_late; /* the time limit ended the scan */
};
/* ERR_NOT_FOUND when there is no process file system. */
bool proc_scan_open(struct proc_scan *s, struct gather *g, struct err *e) MUST_USE;
/* The next process in the order of numbers; false at the end. Processes that ended meanwhile are left out. */
bool proc_scan_next(struct proc_scan *s);
void proc_scan_close(struct proc_scan *s);

/* When the host was started, by the btime line of /proc/stat; 0 if unknown. */
int64_t proc_boot_time_ms(struct gather *g);

/* The value of "Key:\tvalue" in a status file; empty if it is not there. */
struct str proc_status_field(struct str status, const char *key);
/* The systemd control group path of /proc/<pid>/cgroup; data NULL if there is none. */
struct str proc_cgroup_path(struct str cgroup_file);
/* The unit that a control group path names (its last .service or .scope); data NULL if none. */
struct str proc_unit_of(struct str cgroup_path);
/* Short name, file and unit of one process, copied into the arena; data NULL where unknown. */
struct proc_owner {
    int64_t pid;
    struct str name;
    struct str path;
    struct str unit;
};
void proc_owner_read(struct gather *g, int64_t pid, struct proc_owner *ret);

#endif
