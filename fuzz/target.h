/* target.h - what the targets share: the entry point that libFuzzer and replay.c call, and files that live in memory. */
#ifndef FUZZ_TARGET_H
#define FUZZ_TARGET_H

#include "base/str.h"
#include "os/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The one file of a directory that has nothing else in it. */
struct memory_file {
    char path[64];
    int fd;
};

static inline int memory_openat(void *context, int dir, const char *path, int flags, mode_t mode)
{
    const struct memory_file *f = context;
    (void)dir, (void)flags, (void)mode;
    if (strcmp(path, f->path) != 0) {
        errno = ENOENT;
        return -1;
    }
    return fcntl(f->fd, F_DUPFD_CLOEXEC, 0);
}

static inline int memory_sync(void *context, int fd)
{
    (void)context, (void)fd;
    return 0;
}

static inline struct os_file_calls memory_calls(struct memory_file *f, const char *path, struct str bytes)
{
    struct os_file_calls calls = os_file_real;
    if (f->fd <= 0)
        f->fd = memfd_create("input", MFD_CLOEXEC);
    snprintf(f->path, sizeof(f->path), "%s", path);
    if (ftruncate(f->fd, 0) != 0 || pwrite(f->fd, bytes.data, bytes.size, 0) != (ssize_t)bytes.size)
        abort();
    calls.openat = memory_openat;
    calls.fsync = memory_sync;
    calls.fdatasync = memory_sync;
    calls.context = f;
    return calls;
}

#endif
