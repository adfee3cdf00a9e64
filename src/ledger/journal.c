/*
 * The journal: segments private/wal/NNNNNNNN.seg of frames. A frame's header holds the hash of the header before it and the root
 * after its leaves, so that a header binds everything up to it; the CRC finds torn writes. Only one frame is ever in flight (it
 * is synced before the next is written), so a broken frame with a later one behind it is damage and not a torn write.
 *
 * A segment that is not needed any more becomes a later one (I6), with its old frames still in it: they are of smaller indices and
 * of another place in the chain, so nobody takes them for what comes next. Overwriting bytes that are on disk already spares the file
 * system its own journal; where the space is new, zeros are written ahead of small frames for the same reason.
 */
#include "ledger/internal.h"

#include "base/cursor.h"
#include "base/limits.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char magic[] = "AFRM";
enum {
    VERSION = 1,
    CRC_OFFSET = JOURNAL_HEADER_SIZE - 4,
    FIRST_ALLOCATION = 1 << 20,
    DAMAGE_SCAN_BYTES = 16 << 20, /* over the largest frame that the keeper writes */
    ZEROS_AHEAD = 128 << 10, /* a sync of new space costs several times one of old space */
    SPARE_SEGMENTS = 2
};

static void segment_name(uint64_t segment, char ret[32])
{
    snprintf(ret, 32, "%08llu.seg", (unsigned long long)segment);
}

static void header_encode(const struct journal_frame *f, struct sha256 previous, uint32_t data_size, struct buf *out)
{
    buf_append(out, magic, 4);
    buf_u16be(out, VERSION);
    buf_u16be(out, 0);
    buf_u32be(out, data_size);
    buf_u32be(out, f->count);
    buf_u64be(out, f->first_index);
    buf_u64be(out, f->size_after);
    buf_u64be(out, (uint64_t)f->t_ms);
    buf_u32be(out, f->blob_count);
    buf_u64be(out, f->blob_bytes);
    buf_append(out, previous.bytes, SHA256_SIZE);
    buf_append(out, f->root_after.bytes, SHA256_SIZE);
    assert(out->size == CRC_OFFSET);
}

static struct sha256 hash_read(struct cursor *c)
{
    struct sha256 h = {{0}};
    struct str bytes = cursor_take(c, SHA256_SIZE);
    if (!c->failed)
        memcpy(h.bytes, bytes.data, SHA256_SIZE);
    return h;
}

static bool header_decode(struct str bytes, struct journal_frame *ret, uint32_t *ret_data_size, struct sha256 *ret_previous,
                          uint32_t *ret_crc)
{
    struct cursor c = cursor_of(bytes);
    if (!str_is(cursor_take(&c, 4), magic) || cursor_u16be(&c) != VERSION || cursor_u16be(&c) != 0)
        return false;
    *ret_data_size = cursor_u32be(&c);
    *ret = (struct journal_frame){.count = cursor_u32be(&c)};
    ret->first_index = cursor_u64be(&c);
    ret->size_after = cursor_u64be(&c);
    ret->t_ms = (int64_t)cursor_u64be(&c);
    ret->blob_count = cursor_u32be(&c);
    ret->blob_bytes = cursor_u64be(&c);
    *ret_previous = hash_read(&c);
    ret->root_after = hash_read(&c);
    *ret_crc = cursor_u32be(&c);
    return !c.failed && ret->count > 0 && ret->size_after - ret->first_index == ret->count &&
           *ret_data_size <= LIMIT_JOURNAL_SEGMENT_BYTES;
}

/* Up to `size` bytes at `offset`, appended to `out`; short at the end of the file. */
static bool read_at(const struct os_file_calls *calls, int fd, uint64_t offset, size_t size, struct buf *out, struct err *e)
{
    if (!buf_reserve(out, size))
        return err_set(e, ERR_TOO_LARGE, "read the journal: frame of over %zu bytes", out->size_max);
    while (size > 0) {
        ssize_t n = calls->pread(calls->context, fd, out->data + out->size, size, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(e, errno, "read the journal");
        if (n == 0)
            return true;
        out->size += (size_t)n;
        out->data[out->size] = 0;
        offset += (uint64_t)n;
        size -= (size_t)n;
    }
    return true;
}

/* Frame at `offset` of an opened segment. ERR_NOT_FOUND when there is none that holds together; `previous` is not looked at when
 * NULL. */
static bool frame_at(const struct os_file_calls *calls, int fd, uint64_t offset, const struct sha256 *previous, struct buf *bytes,
                     struct journal_frame *ret, struct err *e)
{
    uint32_t data_size = 0, crc = 0;
    struct sha256 frame_previous;
    buf_clear(bytes);
    if (!read_at(calls, fd, offset, JOURNAL_HEADER_SIZE, bytes, e))
        return false;
    if (bytes->size < JOURNAL_HEADER_SIZE || !header_decode(buf_view(bytes), ret, &data_size, &frame_previous, &crc))
        return err_set(e, ERR_NOT_FOUND, "no frame");
    if (!read_at(calls, fd, offset + JOURNAL_HEADER_SIZE, data_size, bytes, e))
        return false;
    if (bytes->size < JOURNAL_HEADER_SIZE + (size_t)data_size)
        return err_set(e, ERR_NOT_FOUND, "frame is cut");
    struct str all = buf_view(bytes);
    if (crc32c_add(crc32c_add(0, str_slice(all, 0, CRC_OFFSET)), str_slice(all, JOURNAL_HEADER_SIZE, all.size)) != crc)
        return err_set(e, ERR_NOT_FOUND, "frame is torn");
    if (previous && !sha256_equal(*previous, frame_previous))
        return err_set(e, ERR_NOT_FOUND, "frame belongs to another chain");
    ret->leaves = str_slice(all, JOURNAL_HEADER_SIZE, all.size);
    return true;
}

/* Whether a frame of leaves from `next_index` on that holds together lies within reach at or behind a broken place. Frames of
 * smaller indices are what the segment held before it was used again. */
static bool frame_behind_find(const struct os_file_calls *calls, int fd, uint64_t offset, uint64_t next_index, bool *ret_found, struct err *e)
{
    struct buf BUF_AUTO reach;
    struct buf BUF_AUTO bytes;
    struct err none = {0};
    struct stat facts;
    *ret_found = false;
    if (calls->fstat(calls->context, fd, &facts) != 0)
        return err_errno(e, errno, "stat journal segment");
    uint64_t size = (uint64_t)facts.st_size > offset ? (uint64_t)facts.st_size - offset : 0;
    buf_init(&reach, DAMAGE_SCAN_BYTES);
    buf_init(&bytes, JOURNAL_HEADER_SIZE + (size_t)LIMIT_JOURNAL_SEGMENT_BYTES);
    if (!read_at(calls, fd, offset, size < DAMAGE_SCAN_BYTES ? size : DAMAGE_SCAN_BYTES, &reach, e))
        return false;
    struct str rest = buf_view(&reach);
    for (size_t at = 0; at + 4 <= rest.size && !*ret_found; at++) {
        const char *hit = memmem(rest.data + at, rest.size - at, magic, 4);
        if (!hit)
            return true;
        at = (size_t)(hit - rest.data);
        struct journal_frame frame;
        *ret_found = frame_at(calls, fd, offset + at, NULL, &bytes, &frame, &none) && frame.first_index >= next_index;
        if (none.code != ERR_NONE && none.code != ERR_NOT_FOUND) {
            *e = none;
            return false;
        }
        none = (struct err){0};
    }
    return true;
}

static int segment_open(const struct os_file_calls *calls, int dir, uint64_t segment, int flags)
{
    char name[32];
    segment_name(segment, name);
    return calls->openat(calls->context, dir, name, flags, 0600);
}

bool journal_read(const struct os_file_calls *calls, int dir, uint64_t next_index, struct journal_position *position,
                  struct buf *frame_bytes, struct journal_frame *ret, struct err *e)
{
    struct journal_position at = *position;
    for (int try = 0; try < 2; try++) {
        int fd = segment_open(calls, dir, at.segment, O_RDONLY);
        if (fd < 0)
            return errno == ENOENT ? err_set(e, ERR_NOT_FOUND, "no further segment")
                                   : err_errno(e, errno, "open journal segment %llu", (unsigned long long)at.segment);
        struct err found = {0};
        bool is_frame = frame_at(calls, fd, at.offset, &at.previous, frame_bytes, ret, &found);
        bool is_damaged = false;
        if (!is_frame && found.code == ERR_NOT_FOUND) {
            struct err scan = {0};
            if (!frame_behind_find(calls, fd, at.offset, next_index, &is_damaged, &scan))
                found = scan;
        }
        calls->close(calls->context, fd);
        if (is_frame) {
            *position = (struct journal_position){at.segment, at.offset + frame_bytes->size,
                                                  sha256_of(str_slice(buf_view(frame_bytes), 0, JOURNAL_HEADER_SIZE))};
            return true;
        }
        if (is_damaged)
            return err_set(e, ERR_CORRUPT, "journal segment %llu is damaged at byte %llu: valid frames follow a broken one",
                           (unsigned long long)at.segment, (unsigned long long)at.offset);
        if (found.code != ERR_NOT_FOUND) {
            *e = found;
            return false;
        }
        at.segment++; /* the writer goes to the next segment when a frame does not fit */
        at.offset = 0;
    }
    return err_set(e, ERR_NOT_FOUND, "end of the journal");
}

static bool uncertain(struct err *e, int number, const char *what)
{
    err_errno(e, number, "%s", what);
    e->code = ERR_UNCERTAIN;
    return false;
}

static bool unavailable(struct err *e)
{
    if (e->code != ERR_UNCERTAIN)
        e->code = ERR_UNAVAILABLE;
    return false;
}

/* The segment at j->end, which begins there: a spare one that is there already, or a new one. */
static bool segment_start(struct journal *j, struct err *e)
{
    struct stat facts;
    j->fd = segment_open(j->calls, j->dir, j->end.segment, O_RDWR | O_CREAT);
    if (j->fd < 0)
        return err_errno(e, errno, "create journal segment %llu", (unsigned long long)j->end.segment);
    j->allocated = j->calls->fstat(j->calls->context, j->fd, &facts) == 0 ? (uint64_t)facts.st_size : 0;
    j->written = 0;
    if (j->end.offset > 0)
        return true;
    bool is_spare = j->end.segment <= j->spare_last && j->allocated >= j->segment_bytes;
    if (is_spare)
        j->written = j->allocated;
    else if (j->allocated > 0 && j->calls->ftruncate(j->calls->context, j->fd, 0) != 0)
        return uncertain(e, errno, "empty a journal segment");
    else
        j->allocated = 0;
    /* I1: the segment's name must survive with its first frame. */
    return j->calls->fsync(j->calls->context, j->dir) == 0 || uncertain(e, errno, "sync the journal's directory");
}

/* I8: space is taken before it is needed. It grows by doubling, so that a small ledger stays small. */
static bool space_take(struct journal *j, uint64_t end, struct err *e)
{
    if (end <= j->allocated)
        return true;
    uint64_t want = j->allocated ? j->allocated * 2 : FIRST_ALLOCATION;
    while (want < end)
        want *= 2;
    if (want > j->segment_bytes)
        want = j->segment_bytes > end ? j->segment_bytes : end;
    if (j->calls->fallocate(j->calls->context, j->fd, (off_t)want) == 0)
        j->allocated = want;
    else if (errno != EOPNOTSUPP)
        return err_errno(e, errno, "reserve %llu bytes for the journal", (unsigned long long)want);
    return true;
}

static bool bytes_write(const struct os_file_calls *calls, int fd, const char *data, size_t size, uint64_t offset, struct err *e)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = calls->pwrite(calls->context, fd, data + done, size - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return uncertain(e, n < 0 ? errno : EIO, "write the journal");
        done += (size_t)n;
    }
    return true;
}

/* Zeros behind a small frame in new space: they are synced with it, and the next frames find their space on disk. */
static bool zeros_write(struct journal *j, uint64_t end, struct err *e)
{
    static const char zeros[ZEROS_AHEAD];
    uint64_t to = end + ZEROS_AHEAD < j->allocated ? end + ZEROS_AHEAD : j->allocated;
    if (end - j->end.offset >= ZEROS_AHEAD / 4 || end <= j->written || to <= end)
        return true;
    if (!bytes_write(j->calls, j->fd, zeros, (size_t)(to - end), end, e))
        return false;
    j->written = to;
    return true;
}

static bool frame_encode(struct buf *out, const struct journal_frame *frame, struct sha256 previous, const struct str *leaves,
                         size_t data_size, struct err *e)
{
    buf_clear(out);
    header_encode(frame, previous, (uint32_t)data_size, out);
    buf_u32be(out, 0);
    if (!buf_reserve(out, data_size))
        return err_set(e, ERR_UNAVAILABLE, "journal: no memory for a frame of %zu bytes", data_size);
    char *p = out->data + out->size;
    for (size_t i = 0; i < frame->count; i++) {
        *p++ = (char)(leaves[i].size >> 8);
        *p++ = (char)leaves[i].size;
        memcpy(p, leaves[i].data, leaves[i].size);
        p += leaves[i].size;
    }
    out->size += data_size;
    struct str all = buf_view(out);
    uint32_t crc = crc32c_add(crc32c_add(0, str_slice(all, 0, CRC_OFFSET)), str_slice(all, JOURNAL_HEADER_SIZE, all.size));
    for (int i = 0; i < 4; i++)
        out->data[CRC_OFFSET + i] = (char)(crc >> (24 - 8 * i));
    return true;
}

bool journal_fits(const struct journal *j, uint64_t size)
{
    return j->fd >= 0 && j->end.offset + size <= j->segment_bytes;
}

uint64_t journal_frame_size(const struct str *leaves, size_t count)
{
    uint64_t size = JOURNAL_HEADER_SIZE;
    for (size_t i = 0; i < count; i++)
        size += 2 + leaves[i].size;
    return size;
}

bool journal_prepare(struct journal *j, const struct journal_frame *frame, const struct str *leaves, struct buf *out,
                     struct journal_write *ret, struct err *e)
{
    uint64_t size = journal_frame_size(leaves, frame->count);
    if (size > j->segment_bytes)
        return err_set(e, ERR_TOO_LARGE, "journal: a batch of %llu bytes is over the segment's %llu", (unsigned long long)size,
                       (unsigned long long)j->segment_bytes);
    if (!frame_encode(out, frame, j->end.previous, leaves, size - JOURNAL_HEADER_SIZE, e))
        return false;
    if (j->fd >= 0 && !journal_fits(j, size)) {
        j->calls->close(j->calls->context, j->fd);
        j->fd = -1;
        j->end.segment++;
        j->end.offset = 0;
    }
    if ((j->fd < 0 && !segment_start(j, e)) || !space_take(j, j->end.offset + size, e) ||
        !zeros_write(j, j->end.offset + size, e))
        return unavailable(e);
    *ret = (struct journal_write){j->fd, j->end.offset, buf_view(out)};
    j->end.offset += size;
    j->end.previous = sha256_of(str_slice(buf_view(out), 0, JOURNAL_HEADER_SIZE));
    return true;
}

bool journal_commit(const struct journal *j, const struct journal_write *w, struct err *e)
{
    return bytes_write(j->calls, w->fd, w->bytes.data, w->bytes.size, w->offset, e) &&
           (j->calls->fdatasync(j->calls->context, w->fd) == 0 || uncertain(e, errno, "sync the journal"));
}

/* True if something else than zeros lies within the next 4 KiB. */
static bool tail_is_dirty(struct journal *j, int fd, bool *ret_dirty, struct err *e)
{
    struct buf BUF_AUTO tail;
    buf_init(&tail, 4096);
    if (!read_at(j->calls, fd, j->end.offset, 4096, &tail, e))
        return false;
    *ret_dirty = false;
    for (size_t i = 0; i < tail.size; i++)
        *ret_dirty |= tail.data[i] != 0;
    return true;
}

bool journal_trim(struct journal *j, struct err *e)
{
    int fd = segment_open(j->calls, j->dir, j->end.segment, O_RDWR);
    if (fd < 0 && errno == ENOENT && j->end.offset == 0)
        return true;
    if (fd < 0)
        return err_set(e, errno == ENOENT ? ERR_CORRUPT : ERR_UNAVAILABLE, "journal segment %llu cannot be opened: %s",
                       (unsigned long long)j->end.segment, strerror(errno));
    struct stat facts;
    bool is_dirty = false;
    bool is_ok = j->calls->fstat(j->calls->context, fd, &facts) == 0 || err_errno(e, errno, "stat journal segment");
    is_ok = is_ok && tail_is_dirty(j, fd, &is_dirty, e);
    if (is_ok && is_dirty) {
        off_t size = facts.st_size;
        is_ok = (j->calls->ftruncate(j->calls->context, fd, (off_t)j->end.offset) == 0 &&
                 (j->calls->fallocate(j->calls->context, fd, size) == 0 || errno == EOPNOTSUPP) &&
                 j->calls->fsync(j->calls->context, fd) == 0) ||
                err_errno(e, errno, "cut the torn end of the journal");
    }
    if (!is_ok) {
        j->calls->close(j->calls->context, fd);
        return false;
    }
    j->fd = fd;
    j->allocated = j->calls->fstat(j->calls->context, fd, &facts) == 0 ? (uint64_t)facts.st_size : 0;
    j->written = j->end.offset;
    return true;
}

void journal_drop_before(struct journal *j, uint64_t first_kept, uint64_t *first_present)
{
    char name[32], spare[32];
    for (; *first_present < first_kept && *first_present < j->end.segment; (*first_present)++) {
        struct stat facts = {.st_size = 0};
        segment_name(*first_present, name);
        if (j->spare_last < j->end.segment)
            j->spare_last = j->end.segment;
        int fd = j->spare_last < j->end.segment + SPARE_SEGMENTS ? segment_open(j->calls, j->dir, *first_present, O_RDONLY) : -1;
        bool is_whole = fd >= 0 && j->calls->fstat(j->calls->context, fd, &facts) == 0 &&
                        (uint64_t)facts.st_size == j->segment_bytes;
        if (fd >= 0)
            j->calls->close(j->calls->context, fd);
        segment_name(j->spare_last + 1, spare);
        if (is_whole && j->calls->renameat(j->calls->context, j->dir, name, spare) == 0)
            j->spare_last++;
        else
            j->calls->unlinkat(j->calls->context, j->dir, name, 0); /* a segment that stays is only space */
    }
}
