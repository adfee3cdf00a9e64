/*
 * test_disk.h - a disk that can lose its power. It passes every file operation on to the kernel and writes it down; afterwards it
 * makes the directory as a disk may hold it after a cut behind any operation: what was synced is there, what was not is there, or
 * not, or torn.
 *
 * As strict as POSIX allows: a name is durable when its directory was synced, bytes when their file was; syncing a file says
 * nothing of its name. Unsynced bytes are kept by sectors of 512, in any combination; unsynced names of one directory by a
 * beginning of their order.
 */
#ifndef LEDGER_TEST_DISK_H
#define LEDGER_TEST_DISK_H

#include "base/test.h"
#include "os/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum disk_kind {
    DISK_WRITE,
    DISK_TRUNCATE,
    DISK_EXTEND,
    DISK_SYNC,
    DISK_CREATE,
    DISK_MKDIR,
    DISK_UNLINK,
    DISK_RENAME,
    DISK_SYNC_DIR,
    DISK_SYNC_ALL
};
enum disk_loss { LOSE_ALL, KEEP_ALL, TORN, SECTORS, DISK_LOSSES };
enum { DISK_OPS = 6000, DISK_INODES = 700, DISK_FDS = 1024, DISK_PATH = 200 };

struct disk_op {
    enum disk_kind kind;
    int inode;
    size_t offset, size;
    char *data;
    char path[DISK_PATH], to[DISK_PATH];
};

struct disk_name {
    char path[DISK_PATH];
    int inode; /* -1: a directory */
};

struct disk_file {
    char *bytes;
    size_t size;
};

struct disk {
    struct os_file_calls calls;
    char root[DISK_PATH]; /* as the kernel names it */
    struct disk_op *ops;
    int op_count;
    int inode_count;
    struct disk_file start_files[DISK_INODES]; /* inodes below start_inodes, as they were when recording began */
    struct disk_name *start_names, *names;     /* names now, as the process sees them */
    int start_name_count, name_count;
    int inode_of_fd[DISK_FDS];
    /* When fail_at reaches 0 the call fails with fail_number; negative: never. */
    int fail_at, fail_number;
};

static inline bool disk_fails(struct disk *d)
{
    if (d->fail_at < 0 || d->fail_at-- > 0)
        return false;
    errno = d->fail_number;
    return true;
}

static inline void disk_path(struct disk *d, int dir, const char *path, char ret[DISK_PATH])
{
    char link[64], base[4096];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
    ssize_t n = readlink(link, base, sizeof(base) - 1);
    ck_assert_int_gt(n, 0);
    base[n] = 0;
    ck_assert_msg(strncmp(base, d->root, strlen(d->root)) == 0, "%s is outside of %s", base, d->root);
    const char *below = base + strlen(d->root);
    below += *below == '/';
    if (strcmp(path, ".") == 0)
        snprintf(ret, DISK_PATH, "%.180s", below);
    else
        snprintf(ret, DISK_PATH, "%.100s%s%.90s", below, *below ? "/" : "", path);
}

static inline struct disk_op *disk_note(struct disk *d, enum disk_kind kind, int inode)
{
    ck_assert_int_lt(d->op_count, DISK_OPS);
    struct disk_op *op = &d->ops[d->op_count++];
    *op = (struct disk_op){.kind = kind, .inode = inode};
    return op;
}

static inline int disk_find(struct disk_name *names, int count, const char *path)
{
    for (int i = 0; i < count; i++)
        if (strcmp(names[i].path, path) == 0)
            return i;
    return -1;
}

static inline void disk_name_add(struct disk_name *names, int *count, const char *path, int inode)
{
    ck_assert_int_lt(*count, DISK_INODES);
    memcpy(names[*count].path, path, DISK_PATH);
    names[(*count)++].inode = inode;
}

static inline void disk_name_remove(struct disk_name *names, int *count, const char *path)
{
    int i = disk_find(names, *count, path);
    if (i >= 0) {
        memmove(&names[i], &names[i + 1], (size_t)(*count - i - 1) * sizeof(*names)); /* order is kept: parents come first */
        (*count)--;
    }
}

/* One name operation on a set of names. */
static inline void disk_name_apply(struct disk_name *names, int *count, const struct disk_op *op)
{
    if (op->kind == DISK_CREATE || op->kind == DISK_MKDIR) {
        disk_name_remove(names, count, op->path);
        disk_name_add(names, count, op->path, op->inode);
    } else if (op->kind == DISK_UNLINK) {
        disk_name_remove(names, count, op->path);
    } else {
        disk_name_remove(names, count, op->path);
        disk_name_remove(names, count, op->to);
        disk_name_add(names, count, op->to, op->inode);
    }
}

static inline void disk_note_name(struct disk *d, enum disk_kind kind, const char *path, const char *to, int inode)
{
    struct disk_op *op = disk_note(d, kind, inode);
    memcpy(op->path, path, DISK_PATH);
    if (to)
        memcpy(op->to, to, DISK_PATH);
    disk_name_apply(d->names, &d->name_count, op);
}

static inline int disk_openat(void *context, int dir, const char *path, int flags, mode_t mode)
{
    struct disk *d = context;
    char full[DISK_PATH];
    if (disk_fails(d))
        return -1;
    disk_path(d, dir, path, full);
    bool is_new = (flags & O_CREAT) && faccessat(dir, path, F_OK, AT_SYMLINK_NOFOLLOW) != 0;
    int fd = openat(dir, path, flags | O_CLOEXEC, mode);
    if (fd < 0)
        return fd;
    ck_assert_int_lt(fd, DISK_FDS);
    if (is_new)
        disk_note_name(d, DISK_CREATE, full, NULL, d->inode_count++);
    int at = disk_find(d->names, d->name_count, full);
    d->inode_of_fd[fd] = at < 0 ? -1 : d->names[at].inode;
    if (!is_new && (flags & O_TRUNC))
        disk_note(d, DISK_TRUNCATE, d->inode_of_fd[fd]);
    return fd;
}

static inline ssize_t disk_pwrite(void *context, int fd, const void *data, size_t size, off_t offset)
{
    struct disk *d = context;
    if (disk_fails(d)) {
        if (size > 1 && d->fail_number == ENOSPC) { /* a full disk takes a part first */
            ssize_t n = pwrite(fd, data, size / 2, offset);
            errno = d->fail_number;
            d->fail_at = 0;
            return n;
        }
        return -1;
    }
    ssize_t n = pwrite(fd, data, size, offset);
    if (n > 0) {
        struct disk_op *op = disk_note(d, DISK_WRITE, d->inode_of_fd[fd]);
        op->offset = (size_t)offset;
        op->size = (size_t)n;
        op->data = malloc((size_t)n);
        memcpy(op->data, data, (size_t)n);
    }
    return n;
}

static inline ssize_t disk_pread(void *context, int fd, void *data, size_t size, off_t offset)
{
    return disk_fails(context) ? -1 : pread(fd, data, size, offset);
}

static inline int disk_fsync(void *context, int fd)
{
    struct disk *d = context;
    struct stat facts;
    if (disk_fails(d))
        return -1;
    ck_assert_int_eq(fstat(fd, &facts), 0);
    if (!S_ISDIR(facts.st_mode)) {
        disk_note(d, DISK_SYNC, d->inode_of_fd[fd]);
        return 0;
    }
    char full[DISK_PATH];
    disk_path(d, fd, ".", full);
    memcpy(disk_note(d, DISK_SYNC_DIR, -1)->path, full, DISK_PATH);
    return 0;
}

static inline int disk_ftruncate(void *context, int fd, off_t size)
{
    struct disk *d = context;
    if (disk_fails(d))
        return -1;
    disk_note(d, DISK_TRUNCATE, d->inode_of_fd[fd])->size = (size_t)size;
    return ftruncate(fd, size);
}

static inline int disk_fallocate(void *context, int fd, off_t size)
{
    struct disk *d = context;
    if (disk_fails(d))
        return -1;
    disk_note(d, DISK_EXTEND, d->inode_of_fd[fd])->size = (size_t)size;
    return fallocate(fd, 0, 0, size);
}

static inline int disk_renameat(void *context, int dir, const char *from, const char *to)
{
    struct disk *d = context;
    char old_path[DISK_PATH], new_path[DISK_PATH];
    if (disk_fails(d))
        return -1;
    disk_path(d, dir, from, old_path);
    disk_path(d, dir, to, new_path);
    int result = renameat(dir, from, dir, to);
    if (result == 0)
        disk_note_name(d, DISK_RENAME, old_path, new_path, d->names[disk_find(d->names, d->name_count, old_path)].inode);
    return result;
}

static inline int disk_linkat(void *context, int dir, const char *from, const char *to)
{
    struct disk *d = context;
    char old_path[DISK_PATH], new_path[DISK_PATH];
    if (disk_fails(d))
        return -1;
    disk_path(d, dir, from, old_path);
    disk_path(d, dir, to, new_path);
    int result = linkat(dir, from, dir, to, 0);
    if (result == 0)
        disk_note_name(d, DISK_CREATE, new_path, NULL, d->names[disk_find(d->names, d->name_count, old_path)].inode);
    return result;
}

/* What is promised least: that both names may be there after a cut, or neither. */
static inline int disk_rename_new(void *context, int dir, const char *from, const char *to)
{
    struct disk *d = context;
    char old_path[DISK_PATH], new_path[DISK_PATH];
    if (disk_fails(d))
        return -1;
    disk_path(d, dir, from, old_path);
    disk_path(d, dir, to, new_path);
    int result = renameat2(dir, from, dir, to, RENAME_NOREPLACE);
    if (result == 0) {
        disk_note_name(d, DISK_CREATE, new_path, NULL, d->names[disk_find(d->names, d->name_count, old_path)].inode);
        disk_note_name(d, DISK_UNLINK, old_path, NULL, -1);
    }
    return result;
}

static inline void disk_write_begin(void *context, int fd)
{
    (void)context, (void)fd;
}

static inline int disk_unlinkat(void *context, int dir, const char *path, int flags)
{
    struct disk *d = context;
    char full[DISK_PATH];
    if (disk_fails(d))
        return -1;
    disk_path(d, dir, path, full);
    int result = unlinkat(dir, path, flags);
    if (result == 0)
        disk_note_name(d, DISK_UNLINK, full, NULL, -1);
    return result;
}

static inline int disk_mkdirat(void *context, int dir, const char *path, mode_t mode)
{
    struct disk *d = context;
    char full[DISK_PATH];
    if (disk_fails(d))
        return -1;
    disk_path(d, dir, path, full);
    int result = mkdirat(dir, path, mode);
    if (result == 0)
        disk_note_name(d, DISK_MKDIR, full, NULL, -1);
    return result;
}

static inline int disk_close(void *context, int fd)
{
    close(fd); /* also when it fails: as the kernel does */
    return disk_fails(context) ? -1 : 0;
}

static inline int disk_fstat(void *context, int fd, struct stat *ret)
{
    (void)context;
    return fstat(fd, ret);
}

static inline int disk_lock(void *context, int fd)
{
    return disk_fails(context) ? -1 : os_file_real.lock(NULL, fd);
}

static inline int disk_syncfs(void *context, int fd)
{
    (void)fd;
    if (disk_fails(context))
        return -1;
    disk_note(context, DISK_SYNC_ALL, -1);
    return 0;
}

static inline int disk_free_bytes(void *context, int fd, uint64_t *ret)
{
    (void)context, (void)fd;
    *ret = UINT64_C(1) << 40;
    return 0;
}

static inline void disk_walk(struct disk *d, int parent, const char *name, const char *path)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fdopendir(fd);
    ck_assert(list != NULL);
    for (struct dirent *entry; (entry = readdir(list));) {
        char below[DISK_PATH];
        struct stat facts;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(below, sizeof(below), "%.100s%s%.90s", path, *path ? "/" : "", entry->d_name);
        ck_assert_int_eq(fstatat(dirfd(list), entry->d_name, &facts, 0), 0);
        if (S_ISDIR(facts.st_mode)) {
            disk_name_add(d->start_names, &d->start_name_count, below, -1);
            disk_walk(d, dirfd(list), entry->d_name, below);
        } else if (S_ISREG(facts.st_mode)) {
            struct disk_file *f = &d->start_files[d->inode_count];
            f->size = (size_t)facts.st_size;
            f->bytes = calloc(1, f->size + 1);
            int file = openat(dirfd(list), entry->d_name, O_RDONLY | O_CLOEXEC);
            ck_assert_int_eq(pread(file, f->bytes, f->size, 0), (ssize_t)f->size);
            close(file);
            disk_name_add(d->start_names, &d->start_name_count, below, d->inode_count++);
        }
    }
    closedir(list);
}

/* Starts recording; what is in `root` now counts as durable. */
static inline struct disk *disk_new(const char *root)
{
    struct disk *d = calloc(1, sizeof(*d));
    d->calls = (struct os_file_calls){
        disk_openat, disk_pwrite,   disk_pread,   disk_fsync, disk_fsync, disk_ftruncate, disk_fallocate, disk_renameat,
        disk_linkat, disk_unlinkat, disk_mkdirat, disk_close, disk_fstat, disk_lock, disk_syncfs, disk_free_bytes,
        disk_rename_new, disk_write_begin, d};
    char real[4096];
    ck_assert(realpath(root, real) != NULL);
    snprintf(d->root, sizeof(d->root), "%.190s", real);
    d->ops = calloc(DISK_OPS, sizeof(*d->ops));
    d->names = calloc(DISK_INODES, sizeof(*d->names));
    d->start_names = calloc(DISK_INODES, sizeof(*d->start_names));
    d->fail_at = -1;
    disk_walk(d, AT_FDCWD, d->root, "");
    memcpy(d->names, d->start_names, (size_t)d->start_name_count * sizeof(*d->names));
    d->name_count = d->start_name_count;
    return d;
}

static inline void disk_free(struct disk *d)
{
    for (int i = 0; i < d->op_count; i++)
        free(d->ops[i].data);
    for (int i = 0; i < DISK_INODES; i++)
        free(d->start_files[i].bytes);
    free(d->ops);
    free(d->names);
    free(d->start_names);
    free(d);
}

/* ---- after the cut ---- */

static inline void disk_resize(struct disk_file *f, size_t size)
{
    f->bytes = realloc(f->bytes, size + 1);
    if (size > f->size)
        memset(f->bytes + f->size, 0, size - f->size);
    f->size = size;
}

static inline void disk_put(struct disk_file *f, size_t offset, const char *data, size_t size)
{
    if (size == 0)
        return;
    if (offset + size > f->size)
        disk_resize(f, offset + size);
    memcpy(f->bytes + offset, data, size);
}

static inline void disk_apply(struct disk_file *f, const struct disk_op *op)
{
    if (op->kind == DISK_WRITE)
        disk_put(f, op->offset, op->data, op->size);
    else if (op->kind == DISK_TRUNCATE || op->size > f->size)
        disk_resize(f, op->size);
}

/* Some of a write's sectors. */
static inline void disk_apply_sectors(struct disk_file *f, const struct disk_op *op, uint64_t *seed)
{
    if (op->kind != DISK_WRITE) {
        if (test_random(seed) & 1)
            disk_apply(f, op);
        return;
    }
    for (size_t at = 0; at < op->size;) {
        size_t to = (op->offset + at) / 512 * 512 + 512 - op->offset;
        to = to > op->size ? op->size : to;
        if (test_random(seed) & 1)
            disk_put(f, op->offset + at, op->data + at, to - at);
        at = to;
    }
}

/* The bytes of every file: synced operations whole and in order, the others as `loss` says. */
static inline void disk_files(const struct disk *d, int cut, enum disk_loss loss, uint64_t *seed, struct disk_file *files)
{
    bool *is_synced = calloc((size_t)cut + 1, sizeof(*is_synced)), *has_sync = calloc(DISK_INODES, sizeof(*has_sync));
    int *pending = calloc(DISK_INODES, sizeof(*pending)), *seen = calloc(DISK_INODES, sizeof(*seen));
    for (int i = cut - 1; i >= 0; i--) {
        const struct disk_op *op = &d->ops[i];
        if (op->kind == DISK_SYNC)
            has_sync[op->inode] = true;
        else if (op->kind == DISK_SYNC_ALL)
            memset(has_sync, true, DISK_INODES * sizeof(*has_sync));
        else if (op->kind < DISK_SYNC)
            is_synced[i] = has_sync[op->inode];
    }
    for (int inode = 0; inode < d->inode_count; inode++)
        if (d->start_files[inode].bytes)
            disk_put(&files[inode], 0, d->start_files[inode].bytes, d->start_files[inode].size);
    for (int i = 0; i < cut; i++)
        if (is_synced[i])
            disk_apply(&files[d->ops[i].inode], &d->ops[i]);
        else if (d->ops[i].kind < DISK_SYNC)
            pending[d->ops[i].inode]++;
    for (int inode = 0; inode < d->inode_count; inode++) /* how many of a file's operations came through */
        pending[inode] = loss == KEEP_ALL ? pending[inode]
                         : loss == TORN   ? (int)(test_random(seed) % (uint64_t)(pending[inode] + 1))
                                          : 0;
    for (int i = 0; i < cut; i++) {
        const struct disk_op *op = &d->ops[i];
        if (op->kind >= DISK_SYNC || is_synced[i])
            continue;
        int n = seen[op->inode]++;
        if (n < pending[op->inode])
            disk_apply(&files[op->inode], op);
        else if (loss == SECTORS)
            disk_apply_sectors(&files[op->inode], op, seed);
        else if (loss == TORN && n == pending[op->inode] && op->kind == DISK_WRITE)
            disk_put(&files[op->inode], op->offset, op->data, (size_t)(test_random(seed) % (op->size + 1)));
    }
    free(is_synced);
    free(has_sync);
    free(pending);
    free(seen);
}

static inline bool disk_in_dir(const char *path, const char *dir)
{
    const char *slash = strrchr(path, '/');
    size_t size = slash ? (size_t)(slash - path) : 0;
    return strlen(dir) == size && strncmp(path, dir, size) == 0;
}

/* Writes into the empty directory `to` what a disk may hold when the power goes behind operation `cut`. */
static inline void disk_materialize(const struct disk *d, int cut, enum disk_loss loss, uint64_t seed, int to)
{
    struct disk_file *files = calloc(DISK_INODES, sizeof(*files));
    struct disk_name *names = calloc(DISK_INODES, sizeof(*names));
    int name_count = d->start_name_count;
    memcpy(names, d->start_names, (size_t)name_count * sizeof(*names));
    disk_files(d, cut, loss, &seed, files);
    /* Names: the operations of one directory are durable in order; its last sync makes all before durable. */
    for (int i = 0; i < cut; i++) {
        const struct disk_op *op = &d->ops[i];
        if (op->kind < DISK_CREATE || op->kind >= DISK_SYNC_DIR)
            continue;
        bool is_synced = false;
        for (int k = i + 1; k < cut && !is_synced; k++)
            is_synced = d->ops[k].kind == DISK_SYNC_ALL || (d->ops[k].kind == DISK_SYNC_DIR && disk_in_dir(op->path, d->ops[k].path));
        uint64_t order =
            14695981039346656037u ^ seed; /* how far this directory came: the same answer for all of its operations */
        const char *slash = strrchr(op->path, '/');
        for (const char *p = op->path; slash && p < slash; p++)
            order = (order ^ (uint8_t)*p) * 1099511628211u;
        int reached = (int)(test_random(&order) % (uint64_t)(cut + 1));
        if (is_synced || loss == KEEP_ALL || (loss != LOSE_ALL && i < reached))
            disk_name_apply(names, &name_count, op);
    }
    for (int i = 0; i < name_count; i++) {
        if (names[i].inode < 0) {
            mkdirat(to, names[i].path, 0700); /* fails when its parent was lost, and so does everything below */
            continue;
        }
        int fd = openat(to, names[i].path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        const struct disk_file *f = &files[names[i].inode];
        if (fd >= 0) {
            ck_assert_int_eq(pwrite(fd, f->bytes ? f->bytes : "", f->size, 0), (ssize_t)f->size);
            close(fd);
        }
    }
    for (int inode = 0; inode < d->inode_count; inode++)
        free(files[inode].bytes);
    free(files);
    free(names);
}

#endif
