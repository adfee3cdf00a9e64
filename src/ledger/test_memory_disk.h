/*
 * test_memory_disk.h - a disk in memory that can lose its power, for very many cuts: the same promises as test_disk.h (a name is
 * durable when its directory was synced, bytes when their file was), without a system call.
 *
 * A recording disk notes each operation. A walk goes over them and keeps the image of what is durable behind each; from that image
 * and what is pending, memory_disk_cut makes the disk as it may be found: sectors of 512 bytes or 4 KiB dropped, writes torn or
 * reordered, a bit flipped in a sector that was not synced, names of one directory kept up to some point of their order.
 */
#ifndef LEDGER_TEST_MEMORY_DISK_H
#define LEDGER_TEST_MEMORY_DISK_H

#include "base/test.h"
#include "os/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>

enum memory_kind {
    MEM_WRITE, MEM_TRUNCATE, MEM_EXTEND, MEM_SYNC, MEM_CREATE, MEM_MKDIR, MEM_UNLINK, MEM_RENAME, MEM_SYNC_DIR, MEM_SYNC_ALL
};
enum memory_loss { MEM_LOSE_ALL, MEM_KEEP_ALL, MEM_TORN, MEM_SECTORS_512, MEM_SECTORS_4K, MEM_FLIPS, MEM_LOSSES };
enum { MEM_FRESH_BYTES = 1 << 20, MEM_OPS = 8192, MEM_INODES = 1024, MEM_FDS = 256, MEM_PATH = 128, MEM_FD_BASE = 1 << 20 };

struct memory_op {
    enum memory_kind kind;
    int inode; /* of the bytes, or that the name is for; -1: a directory */
    size_t offset, size;
    char *data;
    char path[MEM_PATH], to[MEM_PATH];
};

struct memory_file {
    char *bytes;
    size_t size, capacity;
    bool is_shared; /* the bytes are another image's */
};

struct memory_name {
    char path[MEM_PATH];
    int inode;
};

/* Files and names at one moment. */
struct memory_image {
    struct memory_file files[MEM_INODES];
    int inode_count;
    struct memory_name names[MEM_INODES];
    int name_count;
};

struct memory_disk {
    struct os_file_calls calls;
    pthread_mutex_t mutex; /* a pipelined ledger calls from three threads */
    struct memory_image now;
    struct {
        bool is_used;
        int inode;
        char path[MEM_PATH];
    } fds[MEM_FDS];
    bool is_recording;
    struct memory_op *ops;
    int op_count;
    long call_count, read_bytes, write_bytes;
    int fail_at, fail_number;  /* when fail_at reaches 0 the call fails; negative: never */
    uint64_t capacity, in_use; /* bytes; 0: no limit */
};

/* ---- images ---- */

static inline void memory_file_own(struct memory_file *f, size_t capacity)
{
    if (!f->is_shared && capacity <= f->capacity)
        return;
    size_t wanted = capacity > f->size ? capacity : f->size;
    char *bytes = malloc(wanted + 1);
    if (f->size)
        memcpy(bytes, f->bytes, f->size);
    if (!f->is_shared)
        free(f->bytes);
    *f = (struct memory_file){bytes, f->size, wanted, false};
}

static inline void memory_file_resize(struct memory_file *f, size_t size)
{
    if (f->size == 0 && size >= MEM_FRESH_BYTES) { /* the reserve, after nearly every cut: pages that nobody touches are not made */
        if (!f->is_shared)
            free(f->bytes);
        *f = (struct memory_file){calloc(size + 1, 1), size, size, false};
        assert(f->bytes);
        return;
    }
    memory_file_own(f, size > f->capacity ? size + size / 4 : size);
    if (size > f->size)
        memset(f->bytes + f->size, 0, size - f->size);
    f->size = size;
}

static inline void memory_file_put(struct memory_file *f, size_t offset, const char *data, size_t size)
{
    if (size == 0)
        return;
    if (offset + size > f->size)
        memory_file_resize(f, offset + size);
    memory_file_own(f, f->size);
    memcpy(f->bytes + offset, data, size);
}

static inline void memory_image_free(struct memory_image *m)
{
    for (int i = 0; i < m->inode_count; i++)
        if (!m->files[i].is_shared)
            free(m->files[i].bytes);
    m->inode_count = m->name_count = 0;
}

/* `to` sees the bytes of `from` and copies a file when it changes it: `from` must outlive it. */
static inline void memory_image_share(struct memory_image *to, const struct memory_image *from)
{
    to->inode_count = from->inode_count;
    to->name_count = from->name_count;
    memcpy(to->names, from->names, (size_t)from->name_count * sizeof(*from->names));
    for (int i = 0; i < from->inode_count; i++)
        to->files[i] = (struct memory_file){from->files[i].bytes, from->files[i].size, from->files[i].size, true};
}

static inline int memory_name_find(const struct memory_image *m, const char *path)
{
    for (int i = m->name_count - 1; i >= 0; i--)
        if (strcmp(m->names[i].path, path) == 0)
            return i;
    return -1;
}

static inline void memory_name_remove(struct memory_image *m, const char *path)
{
    int i = memory_name_find(m, path);
    if (i >= 0) {
        memmove(&m->names[i], &m->names[i + 1], (size_t)(m->name_count - i - 1) * sizeof(*m->names));
        m->name_count--;
    }
}

static inline void memory_name_set(struct memory_image *m, const char *path, int inode)
{
    memory_name_remove(m, path);
    assert(m->name_count < MEM_INODES);
    memcpy(m->names[m->name_count].path, path, strlen(path) + 1);
    m->names[m->name_count++].inode = inode;
}

static inline bool memory_op_is_of_names(const struct memory_op *op)
{
    return op->kind >= MEM_CREATE && op->kind < MEM_SYNC_DIR;
}

static inline void memory_apply(struct memory_image *m, const struct memory_op *op)
{
    struct memory_file *f = op->inode >= 0 ? &m->files[op->inode] : NULL;
    for (; op->inode >= m->inode_count; m->inode_count++)
        m->files[m->inode_count] = (struct memory_file){.bytes = NULL};
    if (op->kind == MEM_WRITE)
        memory_file_put(f, op->offset, op->data, op->size);
    else if (op->kind == MEM_TRUNCATE || (op->kind == MEM_EXTEND && op->size > f->size))
        memory_file_resize(f, op->size);
    else if (op->kind == MEM_CREATE || op->kind == MEM_MKDIR)
        memory_name_set(m, op->path, op->inode);
    else if (op->kind == MEM_UNLINK || op->kind == MEM_RENAME)
        memory_name_remove(m, op->path);
    if (op->kind == MEM_RENAME)
        memory_name_set(m, op->to, op->inode);
}

/* ---- the calls ---- */

static inline void memory_unlock(pthread_mutex_t **mutex)
{
    pthread_mutex_unlock(*mutex);
}

#define MEMORY_LOCK(disk)                                                                                                                   \
    pthread_mutex_t *held __attribute__((cleanup(memory_unlock))) = &(disk)->mutex;                                                         \
    pthread_mutex_lock(held)

static inline bool memory_fails(struct memory_disk *d)
{
    d->call_count++;
    if (d->fail_at < 0 || d->fail_at-- > 0)
        return false;
    errno = d->fail_number;
    return true;
}

static inline int memory_refuse(int number)
{
    errno = number;
    return -1;
}

static inline void memory_path(const struct memory_disk *d, int dir, const char *path, char ret[MEM_PATH])
{
    const char *base = d->fds[dir - MEM_FD_BASE].path;
    int n = strcmp(path, ".") == 0 ? snprintf(ret, MEM_PATH, "%s", base) : snprintf(ret, MEM_PATH, "%s%s%s", base, *base ? "/" : "", path);
    assert(n < MEM_PATH);
}

/* Notes the operation when recording, and does it. */
static inline void memory_do(struct memory_disk *d, struct memory_op op)
{
    if (d->is_recording) {
        assert(d->op_count < MEM_OPS);
        struct memory_op *kept = &d->ops[d->op_count++];
        *kept = op;
        if (op.kind == MEM_WRITE) {
            kept->data = malloc(op.size);
            memcpy(kept->data, op.data, op.size);
        }
    }
    memory_apply(&d->now, &op);
}

static inline void memory_do_name(struct memory_disk *d, enum memory_kind kind, const char *path, const char *to, int inode)
{
    struct memory_op op = {.kind = kind, .inode = inode};
    snprintf(op.path, sizeof(op.path), "%s", path);
    snprintf(op.to, sizeof(op.to), "%s", to ? to : "");
    memory_do(d, op);
}

static inline int memory_openat(void *context, int dir, const char *path, int flags, mode_t mode)
{
    struct memory_disk *d = context;
    MEMORY_LOCK(d);
    char full[MEM_PATH];
    (void)mode;
    if (memory_fails(d))
        return -1;
    memory_path(d, dir, path, full);
    int at = *full ? memory_name_find(&d->now, full) : 0, inode = !*full ? -1 : at >= 0 ? d->now.names[at].inode : -1;
    char parent[MEM_PATH] = "";
    if (strrchr(full, '/'))
        snprintf(parent, sizeof(parent), "%.*s", (int)(strrchr(full, '/') - full), full);
    if (at < 0 && (!(flags & O_CREAT) || (*parent && memory_name_find(&d->now, parent) < 0)))
        return memory_refuse(ENOENT);
    if (at >= 0 && (flags & O_EXCL))
        return memory_refuse(EEXIST);
    if (at >= 0 && inode >= 0 && (flags & O_DIRECTORY))
        return memory_refuse(ENOTDIR);
    if (at < 0) {
        inode = d->now.inode_count;
        assert(inode < MEM_INODES);
        memory_do_name(d, MEM_CREATE, full, NULL, inode);
    }
    for (int i = 0; i < MEM_FDS; i++)
        if (!d->fds[i].is_used) {
            d->fds[i].is_used = true;
            d->fds[i].inode = inode;
            memcpy(d->fds[i].path, full, sizeof(full));
            return MEM_FD_BASE + i;
        }
    assert(false && "descriptors leak");
    return -1;
}

/* A full disk: false when `more` bytes do not go in. */
static inline bool memory_has_room(struct memory_disk *d, int inode, size_t size)
{
    size_t there = d->now.files[inode].size;
    if (d->capacity == 0 || size <= there)
        return true;
    uint64_t in_use = 0; /* what has a name, or is open */
    bool seen[MEM_INODES] = {false};
    for (int i = 0; i < d->now.name_count; i++)
        if (d->now.names[i].inode >= 0 && !seen[d->now.names[i].inode]) {
            seen[d->now.names[i].inode] = true;
            in_use += d->now.files[d->now.names[i].inode].size;
        }
    d->in_use = in_use;
    return in_use + size - there <= d->capacity;
}

static inline ssize_t memory_pwrite(void *context, int fd, const void *data, size_t size, off_t offset)
{
    struct memory_disk *d = context;
    MEMORY_LOCK(d);
    int inode = d->fds[fd - MEM_FD_BASE].inode;
    bool is_failing = memory_fails(d);
    if (is_failing && (size < 2 || d->fail_number != ENOSPC))
        return -1;
    if (is_failing) { /* a full disk takes a part first */
        size /= 2;
        d->fail_at = 0;
    }
    if (!memory_has_room(d, inode, (size_t)offset + size))
        return memory_refuse(ENOSPC);
    d->write_bytes += (long)size;
    memory_do(d, (struct memory_op){.kind = MEM_WRITE, .inode = inode, .offset = (size_t)offset, .size = size, .data = (char *)(uintptr_t)data});
    return (ssize_t)size;
}

static inline ssize_t memory_pread(void *context, int fd, void *data, size_t size, off_t offset)
{
    struct memory_disk *d = context;
    MEMORY_LOCK(d);
    if (memory_fails(d))
        return -1;
    const struct memory_file *f = &d->now.files[d->fds[fd - MEM_FD_BASE].inode];
    if ((size_t)offset >= f->size)
        return 0;
    size_t n = f->size - (size_t)offset < size ? f->size - (size_t)offset : size;
    memcpy(data, f->bytes + offset, n);
    d->read_bytes += (long)n;
    return (ssize_t)n;
}

static inline int memory_fsync(void *context, int fd)
{
    struct memory_disk *d = context;
    MEMORY_LOCK(d);
    int inode = d->fds[fd - MEM_FD_BASE].inode;
    if (memory_fails(d))
        return -1;
    if (inode >= 0)
        memory_do(d, (struct memory_op){.kind = MEM_SYNC, .inode = inode});
    else
        memory_do_name(d, MEM_SYNC_DIR, d->fds[fd - MEM_FD_BASE].path, NULL, -1);
    return 0;
}

static inline int memory_syncfs(void *context, int fd)
{
    struct memory_disk *d = context;
    MEMORY_LOCK(d);
    (void)fd;
    if (memory_fails(d))
        return -1;
    memory_do(d, (struct memory_op){.kind = MEM_SYNC_ALL, .inode = -1});
    return 0;
}

static inline int memory_ftruncate(void *context, int fd, off_t size)
{
    struct memory_disk *d = context;
    MEMORY_LOCK(d);
    if (memory_fails(d))
        return -1;
    memory_do(d, (struct memory_op){.kind = MEM_TRUNCATE, .inode = d->fds[fd - MEM_FD_BASE].inode, .size = (size_t)size});
    return 0;
}

static inline int memory_fallocate(void *context, int fd, off_t size)
{
    struct memory_disk *d = context;
    MEMORY_LOCK(d);
    int inode = d->fds[fd - MEM_FD_BASE].inode;
    if (memory_fails(d))
        return -1;
    if (!memory_has_room(d, inode, (size_t)size))
        return memory_refuse(ENOSPC);
    memory_do(d, (struct memory_op){.kind = MEM_EXTEND, .inode = inode, .size = (size_t)size});
    return 0;
}

/* Rename, link, unlink and mkdir. */
static inline int memory_name_call(struct memory_disk *d, enum memory_kind kind, int dir, const char *from, const char *to)
{
    char old_path[MEM_PATH], new_path[MEM_PATH] = "";
    MEMORY_LOCK(d);
    if (memory_fails(d))
        return -1;
    memory_path(d, dir, from, old_path);
    if (to)
        memory_path(d, dir, to, new_path);
    int at = memory_name_find(&d->now, old_path);
    if (kind == MEM_MKDIR ? at >= 0 : at < 0)
        return memory_refuse(at < 0 ? ENOENT : EEXIST);
    if (kind == MEM_CREATE && memory_name_find(&d->now, new_path) >= 0)
        return memory_refuse(EEXIST);
    if (kind == MEM_CREATE)
        memory_do_name(d, kind, new_path, NULL, d->now.names[at].inode);
    else
        memory_do_name(d, kind, old_path, new_path, at < 0 ? -1 : d->now.names[at].inode);
    return 0;
}

static inline int memory_renameat(void *context, int dir, const char *from, const char *to)
{
    return memory_name_call(context, MEM_RENAME, dir, from, to);
}

static inline int memory_linkat(void *context, int dir, const char *from, const char *to)
{
    return memory_name_call(context, MEM_CREATE, dir, from, to);
}

/* What is promised least: that both names may be there after a cut, or neither. */
static inline int memory_rename_new(void *context, int dir, const char *from, const char *to)
{
    struct memory_disk *d = context;
    char old_path[MEM_PATH];
    if (memory_linkat(context, dir, from, to) != 0)
        return -1;
    MEMORY_LOCK(d);
    memory_path(d, dir, from, old_path);
    memory_do_name(d, MEM_UNLINK, old_path, NULL, -1);
    return 0;
}

static inline void memory_write_begin(void *context, int fd)
{
    (void)context, (void)fd;
}

static inline int memory_unlinkat(void *context, int dir, const char *path, int flags)
{
    (void)flags;
    return memory_name_call(context, MEM_UNLINK, dir, path, NULL);
}

static inline int memory_mkdirat(void *context, int dir, const char *path, mode_t mode)
{
    (void)mode;
    return memory_name_call(context, MEM_MKDIR, dir, path, NULL);
}

static inline int memory_close(void *context, int fd)
{
    struct memory_disk *d = context;
    MEMORY_LOCK(d);
    d->fds[fd - MEM_FD_BASE].is_used = false;
    return memory_fails(d) ? -1 : 0;
}

static inline int memory_fstat(void *context, int fd, struct stat *ret)
{
    struct memory_disk *d = context;
    MEMORY_LOCK(d);
    int inode = d->fds[fd - MEM_FD_BASE].inode;
    *ret = (struct stat){.st_mode = inode < 0 ? S_IFDIR : S_IFREG, .st_size = inode < 0 ? 0 : (off_t)d->now.files[inode].size};
    return 0;
}

static inline int memory_lock(void *context, int fd)
{
    (void)fd;
    return memory_fails(context) ? -1 : 0;
}

static inline int memory_free_bytes(void *context, int fd, uint64_t *ret)
{
    struct memory_disk *d = context;
    MEMORY_LOCK(d);
    (void)fd;
    *ret = UINT64_C(1) << 40;
    if (d->capacity && memory_has_room(d, 0, SIZE_MAX / 4))
        return 0;
    if (d->capacity)
        *ret = d->capacity > d->in_use ? d->capacity - d->in_use : 0;
    return 0;
}

/* An empty disk; descriptor MEM_FD_BASE is its root. */
static inline struct memory_disk *memory_disk_new(bool is_recording)
{
    struct memory_disk *d = calloc(1, sizeof(*d));
    d->calls = (struct os_file_calls){memory_openat,    memory_pwrite,   memory_pread,    memory_fsync,   memory_fsync,
                                      memory_ftruncate, memory_fallocate, memory_renameat, memory_linkat,  memory_unlinkat,
                                      memory_mkdirat,   memory_close,    memory_fstat,    memory_lock,    memory_syncfs,
                                      memory_free_bytes, memory_rename_new, memory_write_begin, d};
    pthread_mutex_init(&d->mutex, NULL);
    d->fds[0].is_used = true;
    d->fds[0].inode = -1;
    d->fail_at = -1;
    d->is_recording = is_recording;
    if (is_recording)
        d->ops = calloc(MEM_OPS, sizeof(*d->ops));
    return d;
}

static inline void memory_disk_forget(struct memory_disk *d)
{
    for (int i = 0; i < d->op_count; i++)
        free(d->ops[i].data);
    if (d->ops)
        memset(d->ops, 0, (size_t)d->op_count * sizeof(*d->ops));
    d->op_count = 0;
}

static inline void memory_disk_free(struct memory_disk *d)
{
    memory_disk_forget(d);
    memory_image_free(&d->now);
    free(d->ops);
    free(d);
}

/* ---- cuts ---- */

/* What is durable behind the first `at` operations, and which of them are not. */
struct memory_walk {
    struct memory_image durable;
    const struct memory_op *ops;
    int at, pending[MEM_OPS], pending_count;
};

static inline bool memory_in_dir(const char *path, const char *dir)
{
    const char *slash = strrchr(path, '/');
    size_t size = slash ? (size_t)(slash - path) : 0;
    return strlen(dir) == size && strncmp(path, dir, size) == 0;
}

static inline void memory_walk_step(struct memory_walk *w)
{
    const struct memory_op *op = &w->ops[w->at];
    if (op->kind != MEM_SYNC && op->kind < MEM_SYNC_DIR) {
        w->pending[w->pending_count++] = w->at++;
        return;
    }
    int kept = 0;
    for (int i = 0; i < w->pending_count; i++) {
        const struct memory_op *p = &w->ops[w->pending[i]];
        bool is_durable = op->kind == MEM_SYNC_ALL || (op->kind == MEM_SYNC && !memory_op_is_of_names(p) && p->inode == op->inode) ||
                          (op->kind == MEM_SYNC_DIR && memory_op_is_of_names(p) && memory_in_dir(p->path, op->path));
        if (is_durable)
            memory_apply(&w->durable, p);
        else
            w->pending[kept++] = w->pending[i];
    }
    w->pending_count = kept;
    w->at++;
}

/* Some of a write's sectors, some with a bit flipped. */
static inline void memory_apply_sectors(struct memory_image *m, const struct memory_op *op, enum memory_loss loss, uint64_t *seed)
{
    size_t sector = loss == MEM_SECTORS_4K ? 4096 : 512;
    for (; op->inode >= m->inode_count; m->inode_count++)
        m->files[m->inode_count] = (struct memory_file){.bytes = NULL};
    struct memory_file *f = &m->files[op->inode];
    for (size_t at = 0; at < op->size;) {
        size_t to = (op->offset + at) / sector * sector + sector - op->offset;
        to = to > op->size ? op->size : to;
        if (loss == MEM_FLIPS || (test_random(seed) & 1))
            memory_file_put(f, op->offset + at, op->data + at, to - at);
        if (loss == MEM_FLIPS && test_random(seed) % 4 == 0)
            f->bytes[op->offset + at + test_random(seed) % (to - at)] ^= (char)(1 << test_random(seed) % 8);
        at = to;
    }
}

/* Names of one directory are kept up to some point of their order, a point of its own for each directory. */
static inline void memory_cut_names(const struct memory_walk *w, enum memory_loss loss, int reached, uint64_t seed, struct memory_image *m)
{
    for (int i = 0; i < w->pending_count; i++) {
        const struct memory_op *op = &w->ops[w->pending[i]];
        if (!memory_op_is_of_names(op))
            continue;
        uint64_t order = 14695981039346656037u ^ seed;
        const char *slash = strrchr(op->path, '/');
        for (const char *p = op->path; slash && p < slash; p++)
            order = (order ^ (uint8_t)*p) * 1099511628211u;
        int until = loss == MEM_KEEP_ALL ? w->at : loss == MEM_TORN ? reached : (int)(test_random(&order) % (uint64_t)(w->at + 1));
        if (w->pending[i] < until)
            memory_apply(m, op);
    }
}

/* The disk as it may be found after a cut at w->at; `seed` chooses among the many. */
static inline void memory_walk_cut(const struct memory_walk *w, enum memory_loss loss, uint64_t seed, struct memory_disk *found)
{
    struct memory_image *m = &found->now;
    memory_image_free(m);
    memory_image_share(m, &w->durable);
    if (loss == MEM_LOSE_ALL)
        return;
    int first = w->pending_count ? w->pending[0] : 0;
    int reached = first + (int)(test_random(&seed) % (uint64_t)(w->at - first + 1));
    bool is_late = loss >= MEM_SECTORS_512 && (test_random(&seed) & 1);
    memory_cut_names(w, loss, reached, seed, m);
    for (int pass = 0; pass < (is_late ? 2 : 1); pass++) /* reordered: the later half of the writes reaches the disk first */
        for (int i = 0; i < w->pending_count; i++) {
            const struct memory_op *op = &w->ops[w->pending[i]];
            if (memory_op_is_of_names(op) || (is_late && (i >= w->pending_count / 2) != (pass == 0)))
                continue;
            if (loss == MEM_KEEP_ALL || (loss == MEM_TORN && w->pending[i] < reached)) {
                memory_apply(m, op);
            } else if (loss == MEM_TORN) {
                struct memory_op torn = *op;
                torn.size = op->kind == MEM_WRITE ? (size_t)(test_random(&seed) % (op->size + 1)) : op->size;
                if (w->pending[i] == reached)
                    memory_apply(m, &torn);
            } else if (op->kind == MEM_WRITE) {
                memory_apply_sectors(m, op, loss, &seed);
            } else if (test_random(&seed) & 1) {
                memory_apply(m, op);
            }
        }
}

#endif
