#include "os/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* ---- the kernel's calls ---- */

static int real_openat(void *context, int dir, const char *path, int flags, mode_t mode)
{
    (void)context;
    return openat(dir, path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, mode); /* a pipe in a file's place keeps nobody waiting */
}

static ssize_t real_pwrite(void *context, int fd, const void *data, size_t size, off_t offset)
{
    (void)context;
    return pwrite(fd, data, size, offset);
}

static ssize_t real_pread(void *context, int fd, void *data, size_t size, off_t offset)
{
    (void)context;
    return pread(fd, data, size, offset);
}

static int real_fsync(void *context, int fd)
{
    (void)context;
    return fsync(fd);
}

static int real_fdatasync(void *context, int fd)
{
    (void)context;
    return fdatasync(fd);
}

static int real_ftruncate(void *context, int fd, off_t size)
{
    (void)context;
    return ftruncate(fd, size);
}

static int real_fallocate(void *context, int fd, off_t size)
{
    (void)context;
    return fallocate(fd, 0, 0, size);
}

static int real_renameat(void *context, int dir, const char *from, const char *to)
{
    (void)context;
    return renameat(dir, from, dir, to);
}

static int real_linkat(void *context, int dir, const char *from, const char *to)
{
    (void)context;
    return linkat(dir, from, dir, to, 0);
}

static int real_unlinkat(void *context, int dir, const char *path, int flags)
{
    (void)context;
    return unlinkat(dir, path, flags);
}

static int real_mkdirat(void *context, int dir, const char *path, mode_t mode)
{
    (void)context;
    return mkdirat(dir, path, mode);
}

static int real_close(void *context, int fd)
{
    (void)context;
    return close(fd);
}

static int real_fstat(void *context, int fd, struct stat *ret)
{
    (void)context;
    return fstat(fd, ret);
}

static int real_lock(void *context, int fd)
{
    (void)context;
    return flock(fd, LOCK_EX | LOCK_NB);
}

static int real_syncfs(void *context, int fd)
{
    (void)context;
    return syncfs(fd);
}

static int real_free_bytes(void *context, int fd, uint64_t *ret)
{
    struct statvfs facts;
    (void)context;
    if (fstatvfs(fd, &facts) != 0)
        return -1;
    *ret = (uint64_t)facts.f_bavail * facts.f_frsize;
    return 0;
}

static int real_rename_new(void *context, int dir, const char *from, const char *to)
{
    if (renameat2(dir, from, dir, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    /* A file system that cannot do it in one step. */
    return real_linkat(context, dir, from, to) == 0 ? real_unlinkat(context, dir, from, 0) : -1;
}

static void real_write_begin(void *context, int fd)
{
    (void)context;
    (void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

const struct os_file_calls os_file_real = {
    .openat = real_openat,
    .pwrite = real_pwrite,
    .pread = real_pread,
    .fsync = real_fsync,
    .fdatasync = real_fdatasync,
    .ftruncate = real_ftruncate,
    .fallocate = real_fallocate,
    .renameat = real_renameat,
    .linkat = real_linkat,
    .unlinkat = real_unlinkat,
    .mkdirat = real_mkdirat,
    .close = real_close,
    .fstat = real_fstat,
    .lock = real_lock,
    .syncfs = real_syncfs,
    .free_bytes = real_free_bytes,
    .rename_new = real_rename_new,
    .write_begin = real_write_begin,
};

/* ---- whole files ---- */

/* `size` is what the file has now: a hint, it may grow or shrink. */
static bool read_all(const struct os_file_calls *calls, int fd, const char *path, uint64_t size, struct buf *out, struct err *e)
{
    off_t offset = 0;
    for (;;) {
        size_t room = out->size_max - out->size, want = size > (uint64_t)offset ? (size_t)(size - (uint64_t)offset) + 1 : 4096;
        char past[1];
        want = want < room ? want : room;
        if (want && !buf_reserve(out, want))
            return err_set(e, ERR_LIMIT, "read %s: no memory", path);
        ssize_t n = want ? calls->pread(calls->context, fd, out->data + out->size, want, offset)
                         : calls->pread(calls->context, fd, past, 1, offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(e, errno, "read %s", path);
        if (n == 0)
            return true;
        if (!want) {
            out->full = true;
            return err_set(e, ERR_TOO_LARGE, "read %s: more than %zu bytes", path, out->size_max);
        }
        out->size += (size_t)n;
        out->data[out->size] = 0;
        offset += n;
        if (size > 0 && (uint64_t)offset == size && (size_t)n < want)
            return true; /* one more was asked for, and was not there */
    }
}

bool os_file_read(const struct os_file_calls *calls, int dir, const char *path, struct buf *out, struct err *e)
{
    int fd = calls->openat(calls->context, dir, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
    if (fd < 0)
        return err_errno(e, errno, "open %s", path);
    struct stat facts;
    bool has_facts = calls->fstat(calls->context, fd, &facts) == 0;
    bool ok = !has_facts || S_ISREG(facts.st_mode) ? true : err_set(e, ERR_INVALID, "open %s: not a regular file", path);
    ok = ok && read_all(calls, fd, path, has_facts && facts.st_size > 0 ? (uint64_t)facts.st_size : 0, out, e);
    calls->close(calls->context, fd);
    return ok;
}

static bool write_all(const struct os_file_calls *calls, int fd, const char *path, struct str bytes, struct err *e)
{
    size_t done = 0;
    while (done < bytes.size) {
        ssize_t n = calls->pwrite(calls->context, fd, bytes.data + done, bytes.size - done, (off_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_errno(e, n < 0 ? errno : EIO, "write %s", path);
        done += (size_t)n;
    }
    return true;
}

/* The directory that `path` lies in, opened: renames and links are durable only when it is synced. */
static int open_parent(const struct os_file_calls *calls, int dir, const char *path, struct err *e)
{
    const char *slash = strrchr(path, '/');
    char parent[4096] = ".";
    if (slash) {
        size_t size = slash == path ? 1 : (size_t)(slash - path);
        if (size >= sizeof(parent)) {
            err_set(e, ERR_INVALID, "path is too long: %.100s...", path);
            return -1;
        }
        memcpy(parent, path, size);
        parent[size] = 0;
    }
    int fd = calls->openat(calls->context, dir, parent, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0)
        err_errno(e, errno, "open directory %s", parent);
    return fd;
}

/* Temporary file beside the target, written and synced; its name in `temporary`. */
static bool write_temporary(const struct os_file_calls *calls, int dir, const char *path, struct str bytes, mode_t mode, char *temporary,
                            size_t temporary_size, struct err *e)
{
    int n = snprintf(temporary, temporary_size, "%s.tmp%d", path, (int)getpid());
    if (n < 0 || (size_t)n >= temporary_size)
        return err_set(e, ERR_INVALID, "path is too long: %.100s...", path);
    int fd = calls->openat(calls->context, dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
    if (fd < 0 && errno == EEXIST) { /* left by a crash, maybe linked to its target already: truncating it would truncate that */
        calls->unlinkat(calls->context, dir, temporary, 0);
        fd = calls->openat(calls->context, dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
    }
    if (fd < 0)
        return err_errno(e, errno, "create %s", temporary);
    bool ok = write_all(calls, fd, temporary, bytes, e);
    if (ok && calls->fsync(calls->context, fd) != 0)
        ok = err_errno(e, errno, "sync %s", temporary);
    if (calls->close(calls->context, fd) != 0 && ok)
        ok = err_errno(e, errno, "close %s", temporary);
    if (!ok)
        calls->unlinkat(calls->context, dir, temporary, 0);
    return ok;
}

static bool sync_parent(const struct os_file_calls *calls, int parent, const char *path, struct err *e)
{
    if (calls->fsync(calls->context, parent) != 0)
        return err_errno(e, errno, "sync the directory of %s", path);
    return true;
}

bool os_file_replace(const struct os_file_calls *calls, int dir, const char *path, struct str bytes, mode_t mode, struct err *e)
{
    char temporary[4096];
    int parent = open_parent(calls, dir, path, e);
    if (parent < 0)
        return false;
    bool ok = write_temporary(calls, dir, path, bytes, mode, temporary, sizeof(temporary), e);
    if (ok && calls->renameat(calls->context, dir, temporary, path) != 0) {
        ok = err_errno(e, errno, "rename %s", path);
        calls->unlinkat(calls->context, dir, temporary, 0);
    }
    ok = ok && sync_parent(calls, parent, path, e);
    calls->close(calls->context, parent);
    return ok;
}

static bool is_same(const struct os_file_calls *calls, int dir, const char *path, struct str bytes, struct err *e)
{
    struct buf BUF_AUTO there;
    buf_init(&there, bytes.size + 1);
    if (!os_file_read(calls, dir, path, &there, e))
        return e->code == ERR_TOO_LARGE ? err_set(e, ERR_CORRUPT, "%s exists with other bytes", path) : false;
    if (!str_equal(buf_view(&there), bytes))
        return err_set(e, ERR_CORRUPT, "%s exists with other bytes", path);
    return true;
}

bool os_file_create_once(const struct os_file_calls *calls, int dir, const char *path, struct str bytes, mode_t mode, struct err *e)
{
    char temporary[4096];
    int parent = open_parent(calls, dir, path, e);
    if (parent < 0)
        return false;
    bool ok = write_temporary(calls, dir, path, bytes, mode, temporary, sizeof(temporary), e);
    if (ok) {
        if (calls->linkat(calls->context, dir, temporary, path) != 0)
            ok = errno == EEXIST ? is_same(calls, dir, path, bytes, e) : err_errno(e, errno, "link %s", path);
        calls->unlinkat(calls->context, dir, temporary, 0);
    }
    ok = ok && sync_parent(calls, parent, path, e);
    calls->close(calls->context, parent);
    return ok;
}

bool os_dir_make(const struct os_file_calls *calls, int dir, const char *path, mode_t mode, struct err *e)
{
    char partial[4096];
    size_t size = strlen(path);
    if (size >= sizeof(partial))
        return err_set(e, ERR_INVALID, "path is too long: %.100s...", path);
    for (size_t i = 1; i <= size; i++) {
        if (path[i] != '/' && path[i] != 0)
            continue;
        memcpy(partial, path, i);
        partial[i] = 0;
        if (calls->mkdirat(calls->context, dir, partial, mode) != 0 && errno != EEXIST)
            return err_errno(e, errno, "make directory %s", partial);
    }
    return true;
}
