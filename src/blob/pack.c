/*
 * Packs: blobs/pack/NNNNNNNN.pack, each a sequence of records {"ABLB", u32be size, x, bytes}. Where a record is broken, the next
 * one that holds (its bytes hash to its x) is searched: a record that nothing valid follows is the torn end of a crash and is cut
 * by the writer; a broken place in the middle is damage, stays as it is, and the writer goes on in a new pack.
 */
#include "blob/blob.h"
#include "blob/index.h"

#include "base/cursor.h"
#include "base/limits.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static const char magic[] = "ABLB";
enum {
    HEADER_SIZE = 40,
    MOVE_SIZE = 32 + 32 + 4,
    ROLL_BYTES = 256 << 20,
    FDS_MAX = 32,
    WINDOW_SIZE = 1 << 20,
    STORED_BYTES_MAX = LIMIT_BLOB_BYTES + (4 << 20)
};
#define OFFSET_BITS 40

struct pack {
    int fd;
    ino_t inode;
    uint64_t scanned; /* records up to here are in the index */
    uint64_t dead_at; /* size of the file when no record was found behind `scanned` */
    bool is_damaged;
    bool is_final; /* scanned when a later pack was there already: nothing is added any more */
};

struct pack_store {
    const struct os_file_calls *calls;
    int dir; /* blobs/pack, -1 when there is none yet */
    int parent;
    bool is_writer;
    bool is_scanned;
    bool is_dirty;
    bool is_failed;
    bool is_stale; /* a pack was replaced by one from which blobs were erased: what is known of places no longer holds */
    struct pack *packs;
    uint32_t count;
    uint32_t fds;
    uint32_t next_victim;
    uint64_t end; /* of the last pack: where the writer appends */
    uint64_t roll_bytes;
    struct blob_index index;
    struct blob_index moves; /* by the name from which; the place is the number of the record in `moved` */
    uint64_t move_count;
    int moved_fd; /* -1: there is no such file (yet) */
    bool is_moved_dirty;
};

static void pack_name(uint32_t n, char ret[24])
{
    snprintf(ret, 24, "%08u.pack", n);
}

static ino_t file_inode(int fd)
{
    struct stat facts;
    return fstat(fd, &facts) == 0 ? facts.st_ino : 0;
}

/* Descriptor of pack n; at most FDS_MAX stay open. The writer's last pack is never closed here. */
static int pack_fd(struct pack_store *p, uint32_t n, struct err *e)
{
    if (p->packs[n].fd >= 0)
        return p->packs[n].fd;
    while (p->fds >= FDS_MAX) {
        uint32_t victim = p->next_victim++ % p->count;
        if (victim + 1 < p->count && p->packs[victim].fd >= 0) {
            p->calls->close(p->calls->context, p->packs[victim].fd);
            p->packs[victim].fd = -1;
            p->fds--;
        }
    }
    char name[24];
    pack_name(n, name);
    int fd = p->calls->openat(p->calls->context, p->dir, name, (p->is_writer ? O_RDWR : O_RDONLY) | O_NOFOLLOW, 0);
    if (fd < 0) {
        err_errno(e, errno, "open blobs/pack/%s", name);
        return -1;
    }
    p->is_stale = p->is_stale || file_inode(fd) != p->packs[n].inode;
    p->packs[n].fd = fd;
    p->fds++;
    return fd;
}

/* Exactly `size` bytes; ERR_NOT_FOUND when the file ends before. */
static bool read_exact(struct pack_store *p, int fd, void *to, size_t size, uint64_t offset, struct err *e)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = p->calls->pread(p->calls->context, fd, (char *)to + done, size - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(e, errno, "read a pack");
        if (n == 0)
            return err_set(e, ERR_NOT_FOUND, "a pack ends at byte %llu", (unsigned long long)(offset + done));
        done += (size_t)n;
    }
    return true;
}

static bool header_decode(const uint8_t bytes[HEADER_SIZE], uint32_t *ret_size, uint8_t ret_x[32])
{
    struct cursor c = cursor_of(str_make(bytes, HEADER_SIZE));
    bool is_record = str_is(cursor_take(&c, 4), magic);
    *ret_size = cursor_u32be(&c);
    memcpy(ret_x, bytes + 8, 32);
    return is_record && *ret_size <= STORED_BYTES_MAX;
}

static uint64_t file_size(int fd)
{
    struct stat facts;
    return fstat(fd, &facts) == 0 ? (uint64_t)facts.st_size : 0;
}

/* True if a whole record whose bytes have the hash of its name starts at `offset`. */
static bool record_holds(struct pack_store *p, int fd, uint64_t offset, uint64_t size)
{
    uint8_t header[HEADER_SIZE], x[32];
    uint32_t stored = 0;
    struct err ignored = {0};
    if (size - offset < HEADER_SIZE || !read_exact(p, fd, header, HEADER_SIZE, offset, &ignored) ||
        !header_decode(header, &stored, x) || size - offset - HEADER_SIZE < stored)
        return false;
    struct sha256_stream *s = sha256_stream_new();
    static _Thread_local uint8_t piece[64 << 10];
    bool is_read = true;
    for (uint64_t done = 0; is_read && done < stored;) {
        size_t n = stored - done < sizeof(piece) ? (size_t)(stored - done) : sizeof(piece);
        is_read = read_exact(p, fd, piece, n, offset + HEADER_SIZE + done, &ignored);
        sha256_stream_add(s, piece, is_read ? n : 0);
        done += n;
    }
    struct sha256 h = sha256_stream_end(s);
    return is_read && memcmp(h.bytes, x, sizeof(x)) == 0;
}

/* The next place at or behind `from` where a record holds; `size` when there is none. */
static uint64_t find_record(struct pack_store *p, int fd, uint64_t from, uint64_t size)
{
    char *window = malloc(WINDOW_SIZE);
    uint64_t found = size;
    while (window && found == size && from + HEADER_SIZE <= size) {
        size_t n = size - from < WINDOW_SIZE ? (size_t)(size - from) : WINDOW_SIZE;
        struct err ignored = {0};
        if (!read_exact(p, fd, window, n, from, &ignored))
            break;
        const char *hit = window;
        while (found == size && (hit = memmem(hit, n - (size_t)(hit - window), magic, 4)) != NULL) {
            if (record_holds(p, fd, from + (uint64_t)(hit - window), size))
                found = from + (uint64_t)(hit - window);
            hit++;
        }
        from += n > 3 ? n - 3 : n;
    }
    free(window);
    return found;
}

/* Puts the records of pack n behind what is scanned into the index. */
static bool pack_scan(struct pack_store *p, uint32_t n, struct err *e)
{
    struct pack *pack = &p->packs[n];
    int fd = pack_fd(p, n, e);
    if (fd < 0)
        return false;
    uint64_t size = file_size(fd), at = pack->scanned;
    if (size == pack->dead_at)
        return true;
    while (at < size) {
        uint8_t header[HEADER_SIZE], x[32];
        uint32_t stored = 0;
        struct err short_read = {0};
        bool is_record = size - at >= HEADER_SIZE && read_exact(p, fd, header, HEADER_SIZE, at, &short_read) &&
                         header_decode(header, &stored, x) && size - at - HEADER_SIZE >= stored;
        if (!is_record) {
            uint64_t next = find_record(p, fd, at + 1, size);
            if (next == size)
                break;
            pack->is_damaged = true;
            at = next;
            continue;
        }
        if (!blob_index_add(&p->index, blob_index_key(x), (uint64_t)n << OFFSET_BITS | at))
            return err_set(e, ERR_LIMIT, "index of blobs: no memory");
        at += HEADER_SIZE + stored;
        pack->scanned = at;
    }
    pack->scanned = at;
    pack->dead_at = size;
    return true;
}

/* Forgets everything that was read: packs and places. */
static void packs_forget(struct pack_store *p)
{
    for (uint32_t n = 0; n < p->count; n++)
        if (p->packs[n].fd >= 0)
            p->calls->close(p->calls->context, p->packs[n].fd);
    free(p->packs);
    p->packs = NULL;
    p->count = p->fds = 0;
    p->is_scanned = p->is_stale = false;
    blob_index_release(&p->index);
}

/* An open pack that has no name any more was replaced by its compaction. */
static bool is_replaced(const struct pack *pack)
{
    struct stat facts;
    return pack->fd >= 0 && fstat(pack->fd, &facts) == 0 && facts.st_nlink == 0;
}

/* Packs that came since, none that was replaced. */
static bool packs_list(struct pack_store *p, struct err *e)
{
    for (uint32_t n = 0; n < p->count && !p->is_writer; n++)
        p->is_stale = p->is_stale || is_replaced(&p->packs[n]);
    if (p->is_stale)
        packs_forget(p);
    if (p->dir < 0) {
        p->dir = p->calls->openat(p->calls->context, p->parent, "pack", O_RDONLY | O_DIRECTORY, 0);
        if (p->dir < 0)
            return errno == ENOENT || err_errno(e, errno, "open blobs/pack");
    }
    for (;;) { /* packs are numbered without gaps */
        char name[24];
        pack_name(p->count, name);
        int fd = p->calls->openat(p->calls->context, p->dir, name, (p->is_writer ? O_RDWR : O_RDONLY) | O_NOFOLLOW, 0);
        if (fd < 0 && errno == ENOENT)
            break;
        if (fd < 0)
            return err_errno(e, errno, "open blobs/pack/%s", name);
        struct pack *grown = realloc(p->packs, (p->count + 1) * sizeof(*grown));
        if (!grown) {
            p->calls->close(p->calls->context, fd);
            return err_set(e, ERR_LIMIT, "list of packs: no memory");
        }
        p->packs = grown;
        p->packs[p->count++] = (struct pack){.fd = fd, .inode = file_inode(fd), .dead_at = UINT64_MAX};
        p->fds++;
    }
    return true;
}

static bool packs_refresh(struct pack_store *p, struct err *e)
{
    if (!packs_list(p, e))
        return false;
    for (uint32_t n = 0; n < p->count; n++) {
        if (!p->packs[n].is_final && !pack_scan(p, n, e))
            return false;
        p->packs[n].is_final = n + 1 < p->count;
    }
    p->is_scanned = true;
    return true;
}

/* Cuts the torn end of the last pack, or leaves a damaged pack alone and plans for a new one. */
static bool writer_prepare(struct pack_store *p, struct err *e)
{
    if (p->count == 0)
        return true;
    struct pack *last = &p->packs[p->count - 1];
    int fd = pack_fd(p, p->count - 1, e);
    if (fd < 0)
        return false;
    p->end = last->is_damaged ? p->roll_bytes : last->scanned;
    if (last->is_damaged || file_size(fd) <= last->scanned)
        return true;
    if (p->calls->ftruncate(p->calls->context, fd, (off_t)last->scanned) != 0 || p->calls->fsync(p->calls->context, fd) != 0)
        return err_errno(e, errno, "cut the torn end of the last pack");
    last->dead_at = last->scanned;
    return true;
}

static bool writer_make_dir(struct pack_store *p, struct err *e)
{
    if (p->calls->mkdirat(p->calls->context, p->parent, "pack", 0700) != 0 && errno != EEXIST)
        return err_errno(e, errno, "make blobs/pack");
    if (p->calls->fsync(p->calls->context, p->parent) != 0)
        return err_errno(e, errno, "sync blobs");
    return true;
}

static bool moves_refresh(struct pack_store *p, struct err *e);

struct pack_store *pack_open(const struct os_file_calls *calls, int dir, bool is_writer, struct err *e)
{
    struct pack_store *p = calloc(1, sizeof(*p));
    if (!p) {
        err_set(e, ERR_LIMIT, "open the packs: no memory");
        return NULL;
    }
    *p = (struct pack_store){.calls = calls,
                             .moved_fd = -1,
                             .dir = -1,
                             .parent = fcntl(dir, F_DUPFD_CLOEXEC, 0),
                             .is_writer = is_writer,
                             .roll_bytes = ROLL_BYTES};
    bool is_ok = p->parent >= 0 || err_errno(e, errno, "open blobs");
    if (is_writer)
        is_ok = is_ok && writer_make_dir(p, e) && packs_refresh(p, e) && writer_prepare(p, e) && moves_refresh(p, e);
    return is_ok ? p : pack_close(p);
}

struct pack_store *pack_close(struct pack_store *p)
{
    if (!p)
        return NULL;
    packs_forget(p);
    blob_index_release(&p->moves);
    if (p->moved_fd >= 0)
        p->calls->close(p->calls->context, p->moved_fd);
    if (p->dir >= 0)
        p->calls->close(p->calls->context, p->dir);
    if (p->parent >= 0)
        p->calls->close(p->calls->context, p->parent);
    free(p);
    return NULL;
}

void pack_set_roll_bytes(struct pack_store *p, uint64_t bytes)
{
    p->roll_bytes = bytes;
}

/* A record in a pack. */
struct spot {
    int fd;
    uint32_t size; /* of the sealed bytes */
    uint64_t offset;
    uint64_t place;
};

/* Does the record named x lie there? */
static bool spot_look(struct pack_store *p, uint64_t place, const uint8_t x[32], struct spot *ret, bool *ret_is_it, struct err *e)
{
    uint64_t offset = place & ((UINT64_C(1) << OFFSET_BITS) - 1);
    uint8_t header[HEADER_SIZE], there[32];
    uint32_t size = 0;
    int fd = pack_fd(p, (uint32_t)(place >> OFFSET_BITS), e);
    if (fd < 0 || !read_exact(p, fd, header, HEADER_SIZE, offset, e))
        return false;
    *ret_is_it = header_decode(header, &size, there) && memcmp(there, x, 32) == 0;
    if (*ret_is_it)
        *ret = (struct spot){fd, size, offset + HEADER_SIZE, place};
    return true;
}

/* The newest record named x. ERR_NOT_FOUND. */
static bool locate(struct pack_store *p, const uint8_t x[32], struct spot *ret, struct err *e)
{
    uint64_t cursor = 0, place = 0;
    bool is_found = false, is_it;
    while (blob_index_next(&p->index, blob_index_key(x), &cursor, &place)) {
        if (!spot_look(p, place, x, ret, &is_it, e))
            return false;
        is_found |= is_it;
    }
    return is_found || err_set(e, ERR_NOT_FOUND, "no such blob");
}

static bool name_decode(const char *x, uint8_t ret[32], struct err *e)
{
    return hex_decode(str_of(x), ret, 32) || err_set(e, ERR_INVALID, "blob name: not 64 lower-case hex digits");
}

static bool spot_find(struct pack_store *p, const char *x, struct spot *ret, struct err *e)
{
    uint8_t name[32];
    struct err first = {0};
    if (!name_decode(x, name, e))
        return false;
    bool is_there = p->is_scanned && locate(p, name, ret, &first);
    if (!is_there &&
        (first.code == ERR_NONE || (first.code == ERR_NOT_FOUND && !p->is_writer))) /* the writer may have gone on since */
        is_there = packs_refresh(p, e) && locate(p, name, ret, e);
    else if (!is_there)
        *e = first;
    return is_there || err_wrap(e, "blob %.16s", x);
}

static bool spot_read(struct pack_store *p, struct arena *a, const char *x, const struct spot *s, struct str *ret_bytes, struct err *e)
{
    char *bytes = arena_alloc(a, s->size);
    if (!read_exact(p, s->fd, bytes, s->size, s->offset, e)) {
        e->code = e->code == ERR_NOT_FOUND ? ERR_CORRUPT : e->code;
        return err_wrap(e, "blob %.16s", x);
    }
    *ret_bytes = str_make(bytes, s->size);
    return true;
}

bool pack_read(struct pack_store *p, struct arena *a, const char *x, struct str *ret_bytes, struct err *e)
{
    struct spot s;
    return spot_find(p, x, &s, e) && spot_read(p, a, x, &s, ret_bytes, e);
}

bool pack_place(struct pack_store *p, const char *x, uint64_t *ret_place, struct err *e)
{
    struct spot s;
    return spot_find(p, x, &s, e) && (*ret_place = s.place, true);
}

bool pack_read_at(struct pack_store *p, struct arena *a, const char *x, uint64_t place, struct str *ret_bytes, struct err *e)
{
    uint8_t name[32];
    struct spot s;
    struct err elsewhere = {0};
    bool is_it = false;
    if (!name_decode(x, name, e) || !packs_list(p, e))
        return false;
    bool is_known = place >> OFFSET_BITS < p->count && spot_look(p, place, name, &s, &is_it, &elsewhere);
    return is_known && is_it ? spot_read(p, a, x, &s, ret_bytes, e) : pack_read(p, a, x, ret_bytes, e);
}

static bool fail(struct pack_store *p, struct err *e, int number, const char *what)
{
    p->is_failed = true;
    return err_errno(e, number, "%s", what);
}

/* The next pack. What the one before it holds is synced first, so that one descriptor is all that a sync has to know. */
static bool roll(struct pack_store *p, struct err *e)
{
    char name[24];
    if (p->count > 0 && !pack_sync(p, e))
        return false;
    pack_name(p->count, name);
    int fd = p->calls->openat(p->calls->context, p->dir, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    if (fd < 0)
        return fail(p, e, errno, "create a pack");
    p->calls->close(p->calls->context, fd);
    if (p->calls->fsync(p->calls->context, p->dir) != 0)
        return fail(p, e, errno, "sync blobs/pack");
    p->end = 0;
    return packs_refresh(p, e);
}

static bool write_all(struct pack_store *p, int fd, struct str bytes, uint64_t offset, struct err *e)
{
    for (size_t done = 0; done < bytes.size;) {
        ssize_t n = p->calls->pwrite(p->calls->context, fd, bytes.data + done, bytes.size - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return fail(p, e, n < 0 ? errno : EIO, "write a pack");
        done += (size_t)n;
    }
    return true;
}

/* An equal name with the same bytes is there already when a client asks again; with other bytes it is a torn record that was
 * never acknowledged. */
static bool is_stored(struct pack_store *p, const uint8_t x[32], struct str bytes)
{
    struct spot s;
    struct err ignored = {0};
    return locate(p, x, &s, &ignored) && s.size == bytes.size &&
           record_holds(p, s.fd, s.offset - HEADER_SIZE, s.offset + s.size);
}

bool pack_add(struct pack_store *p, const char *x, struct str bytes, struct err *e)
{
    uint8_t header[HEADER_SIZE];
    if (p->is_failed || !p->is_writer)
        return err_set(e, ERR_UNAVAILABLE, "the packs cannot be written%s", p->is_failed ? " any more" : "");
    if (!name_decode(x, header + 8, e))
        return false;
    if (bytes.size > STORED_BYTES_MAX)
        return err_set(e, ERR_TOO_LARGE, "blob %.16s: %zu stored bytes, at most %d", x, bytes.size, STORED_BYTES_MAX);
    if (is_stored(p, header + 8, bytes))
        return true;
    if ((p->count == 0 || p->end + HEADER_SIZE + bytes.size > p->roll_bytes) && (p->count == 0 || p->end > 0) && !roll(p, e))
        return false;
    memcpy(header, magic, 4);
    for (int i = 0; i < 4; i++)
        header[4 + i] = (uint8_t)(bytes.size >> (24 - 8 * i));
    uint32_t n = p->count - 1;
    int fd = pack_fd(p, n, e);
    p->is_dirty = true;
    if (fd < 0 || !write_all(p, fd, str_make(header, HEADER_SIZE), p->end, e) ||
        !write_all(p, fd, bytes, p->end + HEADER_SIZE, e))
        return false;
    if (!blob_index_add(&p->index, blob_index_key(header + 8), (uint64_t)n << OFFSET_BITS | p->end))
        return err_set(e, ERR_LIMIT, "index of blobs: no memory");
    p->end += HEADER_SIZE + bytes.size;
    p->packs[n].scanned = p->packs[n].dead_at = p->end;
    return true;
}

bool pack_sync(struct pack_store *p, struct err *e)
{
    if (p->is_failed)
        return err_set(e, ERR_UNAVAILABLE, "the packs cannot be written any more");
    if (p->is_moved_dirty && p->calls->fdatasync(p->calls->context, p->moved_fd) != 0)
        return fail(p, e, errno, "sync blobs/pack/moved");
    p->is_moved_dirty = false;
    if (!p->is_dirty)
        return true;
    int fd = pack_fd(p, p->count - 1, e);
    if (fd < 0)
        return false;
    if (p->calls->fdatasync(p->calls->context, fd) != 0)
        return fail(p, e, errno, "sync a pack");
    p->is_dirty = false;
    return true;
}

bool pack_each_in(struct pack_store *p, uint32_t n,
                  bool (*each)(void *context, const char x[65], struct str bytes, struct err *e), void *context, struct err *e)
{
    int fd = pack_fd(p, n, e);
    uint64_t size = p->packs[n].scanned;
    bool is_ok = fd >= 0;
    for (uint64_t at = 0; is_ok && at < size;) {
        uint8_t header[HEADER_SIZE], x[32];
        uint32_t stored = 0;
        char name[65];
        struct err short_read = {0};
        if (size - at < HEADER_SIZE || !read_exact(p, fd, header, HEADER_SIZE, at, &short_read) ||
            !header_decode(header, &stored, x) || size - at - HEADER_SIZE < stored) {
            at = find_record(p, fd, at + 1, size);
            continue;
        }
        char *piece = malloc((size_t)stored + 1);
        is_ok =
            (piece || err_set(e, ERR_LIMIT, "read a blob: no memory")) && read_exact(p, fd, piece, stored, at + HEADER_SIZE, e);
        hex_encode(x, sizeof(x), name);
        is_ok = is_ok && each(context, name, str_make(piece, stored), e);
        free(piece);
        at += HEADER_SIZE + stored;
    }
    return is_ok;
}

bool pack_count(struct pack_store *p, uint32_t *ret, struct err *e)
{
    if (!packs_refresh(p, e))
        return false;
    *ret = p->count;
    return true;
}

bool pack_each(struct pack_store *p, bool (*each)(void *context, const char x[65], struct str bytes, struct err *e),
               void *context, struct err *e)
{
    uint32_t count = 0;
    bool is_ok = pack_count(p, &count, e);
    for (uint32_t n = 0; is_ok && n < count; n++)
        is_ok = pack_each_in(p, n, each, context, e);
    return is_ok;
}

uint32_t pack_damaged_count(struct pack_store *p)
{
    uint32_t count = 0;
    for (uint32_t n = 0; n < p->count; n++)
        count += p->packs[n].is_damaged;
    return count;
}

/* ---- names that follow others ---- */

static bool move_read(struct pack_store *p, uint64_t n, uint8_t ret[MOVE_SIZE])
{
    struct err ignored = {0};
    if (!read_exact(p, p->moved_fd, ret, MOVE_SIZE, n * MOVE_SIZE, &ignored))
        return false;
    uint32_t crc = crc32c_add(0, str_make(ret, 64));
    return crc == ((uint32_t)ret[64] << 24 | (uint32_t)ret[65] << 16 | (uint32_t)ret[66] << 8 | ret[67]);
}

/* Records behind what is known. One that does not hold is the torn end of a crash: the leaf behind it was never written. */
static bool moves_refresh(struct pack_store *p, struct err *e)
{
    uint8_t record[MOVE_SIZE];
    if (p->moved_fd < 0 && p->dir < 0)
        return true;
    if (p->moved_fd < 0)
        p->moved_fd = p->calls->openat(p->calls->context, p->dir, "moved", (p->is_writer ? O_RDWR : O_RDONLY) | O_NOFOLLOW, 0);
    if (p->moved_fd < 0)
        return errno == ENOENT || err_errno(e, errno, "open blobs/pack/moved");
    for (; move_read(p, p->move_count, record); p->move_count++)
        if (!blob_index_add(&p->moves, blob_index_key(record), p->move_count))
            return err_set(e, ERR_LIMIT, "names that follow others: no memory");
    return true;
}

/* The newest record that says so. */
static bool move_find(struct pack_store *p, const uint8_t from[32], uint8_t ret[32])
{
    uint64_t cursor = 0, n = 0;
    uint8_t record[MOVE_SIZE];
    bool is_found = false;
    while (p->moved_fd >= 0 && blob_index_next(&p->moves, blob_index_key(from), &cursor, &n))
        if (move_read(p, n, record) && memcmp(record, from, 32) == 0) {
            memcpy(ret, record + 32, 32);
            is_found = true;
        }
    return is_found;
}

bool pack_move(struct pack_store *p, const struct sha256 *from, const struct sha256 *to, struct err *e)
{
    uint8_t record[MOVE_SIZE], there[32];
    if (p->is_failed || !p->is_writer)
        return err_set(e, ERR_UNAVAILABLE, "the packs cannot be written%s", p->is_failed ? " any more" : "");
    if (move_find(p, from->bytes, there) && memcmp(there, to->bytes, 32) == 0)
        return true;
    if (p->moved_fd < 0) {
        p->moved_fd = p->calls->openat(p->calls->context, p->dir, "moved", O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
        if (p->moved_fd < 0 || p->calls->fsync(p->calls->context, p->dir) != 0)
            return fail(p, e, errno, "create blobs/pack/moved");
    }
    memcpy(record, from->bytes, 32);
    memcpy(record + 32, to->bytes, 32);
    uint32_t crc = crc32c_add(0, str_make(record, 64));
    for (int i = 0; i < 4; i++)
        record[64 + i] = (uint8_t)(crc >> (24 - 8 * i));
    p->is_moved_dirty = true;
    if (!write_all(p, p->moved_fd, str_make(record, MOVE_SIZE), p->move_count * MOVE_SIZE, e))
        return false;
    return blob_index_add(&p->moves, blob_index_key(record), p->move_count++) ||
           err_set(e, ERR_LIMIT, "names that follow others: no memory");
}

static bool is_there_now(struct pack_store *p, const uint8_t x[32], bool *ret, struct err *e)
{
    struct spot s;
    struct err absent = {0};
    struct stat facts;
    *ret = p->is_scanned && locate(p, x, &s, &absent);
    if (*ret && !p->is_writer && fstat(s.fd, &facts) == 0 && facts.st_nlink == 0)
        *ret = false; /* in a pack that was replaced under us: perhaps without it */
    if (*ret || (p->is_writer && p->is_scanned))
        return *ret || absent.code == ERR_NOT_FOUND ? true : (*e = absent, false);
    absent = (struct err){0};
    if (!packs_refresh(p, e)) /* the writer may have gone on since */
        return false;
    *ret = locate(p, x, &s, &absent);
    return *ret || absent.code == ERR_NOT_FOUND ? true : (*e = absent, false);
}

bool pack_current(struct pack_store *p, const char *x, char ret[65], struct err *e)
{
    uint8_t now[32], next[32];
    bool is_there = false;
    if (!name_decode(x, now, e) || !is_there_now(p, now, &is_there, e))
        return false;
    if (!is_there && !moves_refresh(p, e))
        return false;
    for (uint64_t steps = 0; !is_there && steps <= p->move_count && move_find(p, now, next); steps++) {
        memcpy(now, next, sizeof(now));
        if (!is_there_now(p, now, &is_there, e))
            return false;
    }
    hex_encode(now, sizeof(now), ret);
    return true;
}

/* ---- erasing ---- */

struct span {
    uint64_t place; /* pack and offset, as in the index */
    uint64_t size;
};

static int span_compare(const void *a, const void *b)
{
    const struct span *x = a, *y = b;
    return (x->place > y->place) - (x->place < y->place);
}

/* Every record of the names, sorted by place. The caller frees *ret. */
static bool spans_find(struct pack_store *p, const struct sha256 *names, size_t count, struct span **ret, size_t *ret_count,
                       struct err *e)
{
    struct span *spans = NULL;
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t cursor = 0, place = 0;
        while (blob_index_next(&p->index, blob_index_key(names[i].bytes), &cursor, &place)) {
            uint8_t header[HEADER_SIZE], there[32];
            uint32_t size = 0;
            int fd = pack_fd(p, (uint32_t)(place >> OFFSET_BITS), e);
            struct span *grown = fd < 0 ? NULL : realloc(spans, (found + 1) * sizeof(*grown));
            if (!grown || !read_exact(p, fd, header, HEADER_SIZE, place & ((UINT64_C(1) << OFFSET_BITS) - 1), e)) {
                free(grown ? grown : spans);
                return fd >= 0 && !grown ? err_set(e, ERR_LIMIT, "erase: no memory") : false;
            }
            spans = grown;
            if (header_decode(header, &size, there) && memcmp(there, names[i].bytes, 32) == 0)
                spans[found++] = (struct span){place, HEADER_SIZE + (uint64_t)size};
        }
    }
    if (found > 0)
        qsort(spans, found, sizeof(*spans), span_compare);
    *ret = spans;
    *ret_count = found;
    return true;
}

/* [from, to) of `source` to the end of `target`, which is at *at. */
static bool copy_range(struct pack_store *p, int source, int target, uint64_t from, uint64_t to, uint64_t *at, struct err *e)
{
    char *window = malloc(WINDOW_SIZE);
    bool is_ok = window || err_set(e, ERR_LIMIT, "erase: no memory");
    while (is_ok && from < to) {
        size_t n = to - from < WINDOW_SIZE ? (size_t)(to - from) : WINDOW_SIZE;
        is_ok = read_exact(p, source, window, n, from, e) && write_all(p, target, str_make(window, n), *at, e);
        from += n;
        *at += n;
    }
    free(window);
    return is_ok;
}

/* Pack n again without the spans: complete beside the old one, synced, and then in its place. A crash leaves the one or the
 * other. */
static bool pack_rewrite(struct pack_store *p, uint32_t n, const struct span *spans, size_t count, struct err *e)
{
    char name[24], fresh[32];
    pack_name(n, name);
    snprintf(fresh, sizeof(fresh), "%s.new", name);
    int source = pack_fd(p, n, e);
    if (source < 0)
        return false;
    if (p->calls->unlinkat(p->calls->context, p->dir, fresh, 0) != 0 && errno != ENOENT)
        return fail(p, e, errno, "remove what a broken-off erasure left");
    int target = p->calls->openat(p->calls->context, p->dir, fresh, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    if (target < 0)
        return fail(p, e, errno, "create a pack");
    uint64_t at = 0, from = 0;
    bool is_ok = true;
    for (size_t i = 0; i < count && is_ok; i++) {
        uint64_t offset = spans[i].place & ((UINT64_C(1) << OFFSET_BITS) - 1);
        is_ok = copy_range(p, source, target, from, offset, &at, e);
        from = offset + spans[i].size;
    }
    is_ok = is_ok && copy_range(p, source, target, from, file_size(source), &at, e) &&
            (p->calls->fsync(p->calls->context, target) == 0 || fail(p, e, errno, "sync a pack")) &&
            (p->calls->renameat(p->calls->context, p->dir, fresh, name) == 0 || fail(p, e, errno, "put a pack in its place")) &&
            (p->calls->fsync(p->calls->context, p->dir) == 0 || fail(p, e, errno, "sync blobs/pack"));
    p->calls->close(p->calls->context, target);
    return is_ok;
}

bool pack_erase(struct pack_store *p, const struct sha256 *names, size_t count, struct err *e)
{
    struct span *spans = NULL;
    size_t found = 0;
    if (!p->is_writer || p->is_failed)
        return err_set(e, ERR_UNAVAILABLE, "the packs cannot be written");
    if (!pack_sync(p, e) || !spans_find(p, names, count, &spans, &found, e))
        return false;
    bool is_ok = true;
    for (size_t i = 0; i < found && is_ok;) {
        uint32_t n = (uint32_t)(spans[i].place >> OFFSET_BITS);
        size_t first = i;
        while (i < found && spans[i].place >> OFFSET_BITS == n)
            i++;
        is_ok = pack_rewrite(p, n, spans + first, i - first, e);
    }
    free(spans);
    if (!is_ok)
        return (p->is_failed = true, false);
    if (found == 0)
        return true;
    packs_forget(p); /* every place behind an erased record has moved */
    return packs_refresh(p, e) && writer_prepare(p, e);
}

bool pack_has(struct pack_store *p, const struct sha256 *name, bool *ret_is_there, struct err *e)
{
    struct spot s;
    struct err absent = {0};
    *ret_is_there = false;
    if (!p->is_scanned && !packs_refresh(p, e))
        return false;
    *ret_is_there = locate(p, name->bytes, &s, &absent);
    return *ret_is_there || absent.code == ERR_NOT_FOUND ? true : (*e = absent, false);
}
