/*
 * file.h - file operations of our own durable state. They go through a table of functions, so that tests make the k-th call fail,
 * cut the power after any operation, and see every write and sync. All paths are relative to a directory descriptor or absolute.
 */
#ifndef OS_FILE_H
#define OS_FILE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/* The system calls that may fail, be delayed or be lost. `os_file_real` is the kernel's. Semantics as the call of the same name. */
struct os_file_calls {
    int (*openat)(void *context, int dir, const char *path, int flags, mode_t mode);
    ssize_t (*pwrite)(void *context, int fd, const void *data, size_t size, off_t offset);
    ssize_t (*pread)(void *context, int fd, void *data, size_t size, off_t offset);
    int (*fsync)(void *context, int fd);
    int (*fdatasync)(void *context, int fd);
    int (*ftruncate)(void *context, int fd, off_t size);
    int (*fallocate)(void *context, int fd, off_t size);
    int (*renameat)(void *context, int dir, const char *from, const char *to);
    int (*linkat)(void *context, int dir, const char *from, const char *to);
    int (*unlinkat)(void *context, int dir, const char *path, int flags);
    int (*mkdirat)(void *context, int dir, const char *path, mode_t mode);
    int (*close)(void *context, int fd);
    int (*fstat)(void *context, int fd, struct stat *ret);
    int (*lock)(void *context, int fd);                      /* flock: exclusive, EWOULDBLOCK when somebody has it */
    int (*syncfs)(void *context, int fd);                    /* everything of that file system, names and bytes: for many files at once */
    int (*free_bytes)(void *context, int fd, uint64_t *ret); /* what an ordinary user may still write there */
    int (*rename_new)(void *context, int dir, const char *from, const char *to); /* never over another: EEXIST */
    void (*write_begin)(void *context, int fd); /* its bytes may go to the disk from now on: a hint before a sync, no promise */
    void *context;
};
extern const struct os_file_calls os_file_real;

/* Whole file into `out` (up to its maximum: ERR_TOO_LARGE). ERR_NOT_FOUND when missing. Refuses what is not a regular file. */
bool os_file_read(const struct os_file_calls *calls, int dir, const char *path, struct buf *out, struct err *e) MUST_USE;
/* Durable replace: temporary file, write, fsync, rename, fsync of the directory. Readers see the old bytes or the new. */
bool os_file_replace(const struct os_file_calls *calls, int dir, const char *path, struct str bytes, mode_t mode, struct err *e) MUST_USE;
/* Durable create: as replace, but an existing file must be byte-equal (then nothing is written), otherwise ERR_CORRUPT. */
bool os_file_create_once(const struct os_file_calls *calls, int dir, const char *path, struct str bytes, mode_t mode, struct err *e) MUST_USE;
/* mkdir -p below `dir`, mode 0700 or as given. */
bool os_dir_make(const struct os_file_calls *calls, int dir, const char *path, mode_t mode, struct err *e) MUST_USE;

#endif
