/* Journal segments of any bytes: frames are read while they hold together, and nothing is believed of the rest. */
#include "base/limits.h"
#include "ledger/internal.h"
#include "ledger/test_memory_disk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct memory_disk *d = memory_disk_new(false);
    struct journal_position position = {0};
    struct journal_frame frame;
    struct buf BUF_AUTO bytes;
    struct err e = {0};
    uint64_t next = 0;
    int fd = d->calls.openat(d, MEM_FD_BASE, "00000000.seg", O_RDWR | O_CREAT, 0600);
    if (size)
        assert(d->calls.pwrite(d, fd, data, size, 0) == (ssize_t)size);
    d->calls.close(d, fd);
    buf_init(&bytes, JOURNAL_HEADER_SIZE + (size_t)LIMIT_JOURNAL_SEGMENT_BYTES);
    while (journal_read(&d->calls, MEM_FD_BASE, next, &position, &bytes, &frame, &e)) {
        assert(frame.count > 0 && frame.size_after == frame.first_index + frame.count);
        assert(position.offset <= size && frame.leaves.size <= size);
        next = frame.size_after;
    }
    assert(e.code == ERR_NOT_FOUND || e.code == ERR_CORRUPT);
    memory_disk_free(d);
    return 0;
}
