/* Long bodies wait in files without a name, so that a slow sender of many megabytes costs disk and not memory. */
#include "web/http_internal.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

bool body_spool_open(struct body_spool *s, _Atomic int *count, const char *dir)
{
    if (atomic_fetch_add(count, 1) >= HTTP_SPOOLS_MAX) {
        atomic_fetch_sub(count, 1);
        return false;
    }
    int fd = dir ? open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) : -1;
    if (fd < 0) /* no such directory, or a file system that cannot */
        fd = memfd_create("body", MFD_CLOEXEC);
    if (fd < 0) {
        atomic_fetch_sub(count, 1);
        return false;
    }
    *s = (struct body_spool){.is_open = true, .fd = fd};
    return true;
}

bool body_spool_append(struct body_spool *s, struct str bytes)
{
    while (bytes.size) {
        ssize_t n = pwrite(s->fd, bytes.data, bytes.size, (off_t)s->size);
        if (n <= 0)
            return false;
        bytes = str_slice(bytes, (size_t)n, bytes.size);
        s->size += (size_t)n;
    }
    return true;
}

bool body_spool_map(struct body_spool *s)
{
    void *at = s->size ? mmap(NULL, s->size, PROT_READ, MAP_PRIVATE, s->fd, 0) : MAP_FAILED;
    if (at == MAP_FAILED)
        return false;
    s->bytes = str_make(at, s->size);
    return true;
}

void body_spool_close(struct body_spool *s, _Atomic int *count)
{
    if (!s->is_open)
        return;
    if (s->bytes.data)
        munmap((void *)(uintptr_t)s->bytes.data, s->bytes.size);
    close(s->fd);
    s->is_open = false;
    atomic_fetch_sub(count, 1);
}
