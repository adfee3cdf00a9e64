/*
 * The journal: segments private/wal/NNNNNNNN.seg of frames. A frame's header holds the hash of the header before it and the root
 * after its leaves, so that a header binds everything up to it; the CRC finds torn writes. Only one frame is ever in flight (it
 * is synced before the next is written), so a broken frame with a valid one behind it is damage and not a torn write.
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
enum { VERSION = 1, CRC_OFFSET = JOURNAL_HEADER_SIZE - 4, FIRST_ALLOCATION = 1 << 20, DAMAGE_SCAN_BYTES = 4 << 20 };

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
    char piece[64 << 10];
    while (size > 0) {
        ssize_t n = calls->pread(calls->context, fd, piece, size < sizeof(piece) ? size : sizeof(piece), (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(e, errno, "read the journal");
        if (n == 0)
            return true;
        buf_append(out, piece, (size_t)n);
        offset += (uint64_t)n;
        size -= (size_t)n;
    }
    return !out->full || err_set(e, ERR_TOO_LARGE, "read the journal: frame of over %zu bytes", out->size_max);
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

/* True if a frame that holds together, of whatever chain, lies within reach at or behind a broken place. */
static bool has_frame_behind(const struct os_file_calls *calls, int fd, uint64_t offset)
{
    struct buf BUF_AUTO reach;
    struct buf BUF_AUTO bytes;
    struct err ignored = {0};
    buf_init(&reach, DAMAGE_SCAN_BYTES);
    buf_init(&bytes, JOURNAL_HEADER_SIZE + (size_t)LIMIT_JOURNAL_SEGMENT_BYTES);
    if (!read_at(calls, fd, offset, DAMAGE_SCAN_BYTES, &reach, &ignored))
        return false;
    struct str rest = buf_view(&reach);
    for (size_t at = 0; at + 4 <= rest.size;) {
        const char *hit = memmem(rest.data + at, rest.size - at, magic, 4);
        if (!hit)
            return false;
        at = (size_t)(hit - rest.data);
        struct journal_frame frame;
        if (frame_at(calls, fd, offset + at, NULL, &bytes, &frame, &ignored))
            return true;
        at++;
    }
    return false;
}

static int segment_open(const struct os_file_calls *calls, int dir, uint64_t segment, int flags)
{
    char name[32];
    segment_name(segment, name);
    return calls->openat(calls->context, dir, name, flags, 0600);
}

bool journal_read(const struct os_file_calls *calls, int dir, struct journal_position *position, struct buf *frame_bytes,
                  struct journal_frame *ret, struct err *e)
{
    struct journal_position at = *position;
    for (int try = 0; try < 2; try++) {
        int fd = segment_open(calls, dir, at.segment, O_RDONLY);
        if (fd < 0)
            return errno == ENOENT ? err_set(e, ERR_NOT_FOUND, "no further segment")
                                   : err_errno(e, errno, "open journal segment %llu", (unsigned long long)at.segment);
        struct err found = {0};
        bool is_frame = frame_at(calls, fd, at.offset, &at.previous, frame_bytes, ret, &found);
        bool is_damaged = !is_frame && found.code == ERR_NOT_FOUND && has_frame_behind(calls, fd, at.offset);
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

/* Makes sure that the current segment exists and has room on disk for `size` more bytes. Fails before anything of the frame is
 * written. */
static bool make_room(struct journal *j, uint64_t size, struct err *e)
{
    if (j->fd >= 0 && j->end.offset + size > j->segment_bytes) {
        j->calls->close(j->calls->context, j->fd);
        j->fd = -1;
        j->end.segment++;
        j->end.offset = 0;
    }
    if (j->fd < 0) {
        int fd = segment_open(j->calls, j->dir, j->end.segment, O_RDWR | O_CREAT);
        if (fd < 0)
            return err_errno(e, errno, "create journal segment %llu", (unsigned long long)j->end.segment);
        struct stat facts;
        j->fd = fd;
        j->allocated = fstat(fd, &facts) == 0 ? (uint64_t)facts.st_size : 0;
        if (j->end.offset == 0 && j->allocated > 0 && j->calls->ftruncate(j->calls->context, fd, 0) != 0)
            return uncertain(e, errno, "empty a journal segment");
        if (j->end.offset == 0) {
            j->allocated = 0;
            if (j->calls->fsync(j->calls->context, j->dir) != 0) /* the segment's name must survive with its first frame */
                return uncertain(e, errno, "sync the journal's directory");
        }
    }
    if (j->end.offset + size <= j->allocated)
        return true;
    /* I8: space is taken before it is needed. It grows by doubling, so that a small ledger stays small. */
    uint64_t want = j->allocated ? j->allocated * 2 : FIRST_ALLOCATION;
    while (want < j->end.offset + size)
        want *= 2;
    if (want > j->segment_bytes)
        want = j->segment_bytes > j->end.offset + size ? j->segment_bytes : j->end.offset + size;
    if (j->calls->fallocate(j->calls->context, j->fd, (off_t)want) == 0)
        j->allocated = want;
    else if (errno != EOPNOTSUPP)
        return err_errno(e, errno, "reserve %llu bytes for the journal", (unsigned long long)want);
    return true;
}

static bool write_frame(struct journal *j, struct err *e)
{
    size_t done = 0;
    while (done < j->frame.size) {
        ssize_t n =
            j->calls->pwrite(j->calls->context, j->fd, j->frame.data + done, j->frame.size - done, (off_t)(j->end.offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return uncertain(e, n < 0 ? errno : EIO, "write the journal");
        done += (size_t)n;
    }
    return j->calls->fdatasync(j->calls->context, j->fd) == 0 || uncertain(e, errno, "sync the journal");
}

bool journal_append(struct journal *j, const struct journal_frame *frame, const struct str *leaves, struct err *e)
{
    size_t data_size = 0;
    for (size_t i = 0; i < frame->count; i++)
        data_size += 2 + leaves[i].size;
    size_t size = JOURNAL_HEADER_SIZE + data_size;
    if (size > j->segment_bytes)
        return err_set(e, ERR_TOO_LARGE, "journal: a batch of %zu bytes is over the segment's %llu", data_size,
                       (unsigned long long)j->segment_bytes);
    if (!make_room(j, size, e)) {
        if (e->code != ERR_UNCERTAIN)
            e->code = ERR_UNAVAILABLE;
        return false;
    }
    buf_clear(&j->frame);
    header_encode(frame, j->end.previous, (uint32_t)data_size, &j->frame);
    buf_u32be(&j->frame, 0);
    for (size_t i = 0; i < frame->count; i++) {
        buf_u16be(&j->frame, (uint16_t)leaves[i].size);
        buf_str(&j->frame, leaves[i]);
    }
    if (j->frame.full)
        return err_set(e, ERR_UNAVAILABLE, "journal: no memory for a frame of %zu bytes", size);
    struct str all = buf_view(&j->frame);
    uint32_t crc = crc32c_add(crc32c_add(0, str_slice(all, 0, CRC_OFFSET)), str_slice(all, JOURNAL_HEADER_SIZE, all.size));
    for (int i = 0; i < 4; i++)
        j->frame.data[CRC_OFFSET + i] = (char)(crc >> (24 - 8 * i));
    if (!write_frame(j, e))
        return false;
    j->end.offset += size;
    j->end.previous = sha256_of(str_slice(all, 0, JOURNAL_HEADER_SIZE));
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
    bool is_ok = fstat(fd, &facts) == 0 || err_errno(e, errno, "stat journal segment");
    struct buf BUF_AUTO tail;
    buf_init(&tail, 4096);
    is_ok = is_ok && read_at(j->calls, fd, j->end.offset, 4096, &tail, e);
    bool is_dirty = false;
    for (size_t i = 0; i < tail.size; i++)
        is_dirty |= tail.data[i] != 0;
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
    j->allocated = fstat(fd, &facts) == 0 ? (uint64_t)facts.st_size : 0;
    return true;
}

void journal_drop_before(struct journal *j, uint64_t first_kept, uint64_t *first_present)
{
    char name[32];
    for (; *first_present < first_kept && *first_present < j->end.segment; (*first_present)++) {
        segment_name(*first_present, name);
        j->calls->unlinkat(j->calls->context, j->dir, name, 0); /* a segment that stays is only space */
    }
}
