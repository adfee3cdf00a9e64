/*
 * source.c - reading of the running host, a tree or a record.
 *
 * A file is first opened as a mere place (O_PATH), looked at, and only then opened for reading, through /proc/self/fd: so a FIFO,
 * a socket or a device is never opened at all, whatever stands behind the name by now.
 */
#include "collect/host/source.h"
#include "base/limits.h"
#include "collect/host/directory.h"
#include "collect/host/source_inner.h"
#include "crypto/crypto.h"
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    LIST_NAMES_MAX = 1 << 20,
    LINK_BYTES_MAX = 4096,
    READ_STEP_BYTES = 64 << 10,
    PIECE_BYTES = 256 << 10, PIECES_KEPT_BYTES = 64 << 10,
    RECORDS_BYTES_MAX = 1 << 30
};

static void source_release(void *context)
{
    source_close(context);
}

static struct source *source_new(struct arena *a, enum source_kind kind, int64_t now_ms)
{
    struct source *s = ARENA_NEW(a, struct source);
    *s = (struct source){.kind = kind, .root_fd = -1, .now_ms = now_ms};
    arena_on_free(a, source_release, s);
    return s;
}

struct source *source_live(struct arena *a, int64_t now_ms)
{
    struct source *s = source_new(a, SOURCE_LIVE, now_ms);
    s->root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return s;
}

struct source *source_tree(struct arena *a, const char *path, int64_t now_ms, struct err *e)
{
    int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        err_errno(e, errno, "open the tree %s", path);
        return NULL;
    }
    struct source *s = source_new(a, SOURCE_TREE, now_ms);
    s->root_fd = fd;
    return s;
}

struct source *source_from_record(struct arena *a, struct str record, int64_t now_ms, struct err *e)
{
    struct source *s = source_new(a, SOURCE_RECORD, now_ms);
    return record_parse(s, a, record, e) ? s : NULL;
}

void source_close(struct source *s)
{
    if (s->root_fd >= 0)
        close(s->root_fd);
    s->root_fd = -1;
    s->records = arena_free(s->records);
    s->directory_arena = arena_free(s->directory_arena);
    s->directory = NULL;
}

bool source_is_live(const struct source *s)
{
    return s->kind == SOURCE_LIVE;
}

bool source_is_record(const struct source *s)
{
    return s->kind == SOURCE_RECORD;
}

int64_t source_now_ms(const struct source *s)
{
    return s->now_ms;
}

int source_root_fd(const struct source *s)
{
    return s->root_fd;
}

/* ---- places ---- */

/* An O_PATH descriptor; symbolic links of a tree stay inside it. -1 with errno. */
static int open_place(const struct source *s, const char *path, bool follow)
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC | (follow ? 0u : (unsigned)O_NOFOLLOW),
                           .resolve = s->kind == SOURCE_TREE ? RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS : 0};
    long fd = syscall(SYS_openat2, s->root_fd, path, &how, sizeof(how));
    if (fd < 0 && (errno == ENOSYS || errno == EPERM) && s->kind == SOURCE_LIVE)
        fd = openat(s->root_fd, path, (int)how.flags); /* an old kernel, or a container that hides openat2 */
    return (int)fd;
}

static int64_t ms_of(struct timespec t)
{
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static enum file_kind kind_of(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        return FILE_REGULAR;
    case S_IFDIR:
        return FILE_DIRECTORY;
    case S_IFLNK:
        return FILE_SYMLINK;
    case S_IFIFO:
        return FILE_FIFO;
    case S_IFSOCK:
        return FILE_SOCKET;
    case S_IFBLK:
        return FILE_BLOCK;
    default:
        return FILE_CHARACTER;
    }
}

static struct file_facts facts_of(const struct stat *st)
{
    return (struct file_facts){
        .kind = kind_of(st->st_mode),
        .mode = st->st_mode & 07777,
        .uid = st->st_uid,
        .gid = st->st_gid,
        .size_bytes = st->st_size,
        .mtime_ms = ms_of(st->st_mtim),
        .ctime_ms = ms_of(st->st_ctim),
        .device = st->st_dev,
        .inode = st->st_ino,
        .links = st->st_nlink,
    };
}

/* Opens what the place stands for without moving its access time where that is permitted. -1 with errno. */
static int open_for_reading(int place, int flags)
{
    char link[40];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", place);
    int fd = open(link, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | O_NOATIME | flags);
    if (fd < 0 && errno == EPERM)
        fd = open(link, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | flags);
    return fd;
}

/* ---- the running host and trees ---- */

static bool read_all(int fd, struct arena *a, const char *path, size_t size_max, bool is_head, int64_t size_hint, struct str *ret,
                     struct err *e)
{
    struct buf bytes;
    buf_init(&bytes, size_max + 1);
    size_t step = size_hint > 0 && size_hint < READ_STEP_BYTES ? (size_t)size_hint + 1 : READ_STEP_BYTES;
    char *chunk = malloc(step);
    if (!chunk)
        abort();
    ssize_t got;
    do {
        got = read(fd, chunk, step);
        if (got > 0) {
            size_t room = size_max + 1 - bytes.size;
            buf_append(&bytes, chunk, (size_t)got < room ? (size_t)got : room);
        }
    } while ((got > 0 && bytes.size <= size_max) || (got < 0 && errno == EINTR));
    int number = errno;
    free(chunk);
    bool is_ok = true;
    if (got < 0)
        is_ok = err_errno(e, number, "read %s", path);
    else if (bytes.size > size_max && !is_head)
        is_ok = err_set(e, ERR_TOO_LARGE, "read %s: larger than %zu bytes", path, size_max);
    else
        *ret = arena_str(a, str_slice(buf_view(&bytes), 0, size_max));
    buf_release(&bytes);
    return is_ok;
}

static bool host_read(struct source *s, struct arena *a, const char *path, size_t size_max, bool is_head, struct str *ret,
                      struct err *e)
{
    int place = open_place(s, path, true);
    if (place < 0)
        return err_errno(e, errno, "open %s", path);
    struct stat st;
    bool is_ok = false;
    int fd = -1;
    if (fstat(place, &st) != 0)
        err_errno(e, errno, "stat %s", path);
    else if (!S_ISREG(st.st_mode))
        err_set(e, ERR_INVALID, "read %s: not a regular file", path);
    else if (!is_head && (uint64_t)st.st_size > size_max)
        err_set(e, ERR_TOO_LARGE, "read %s: larger than %zu bytes", path, size_max);
    else if ((fd = open_for_reading(place, 0)) < 0)
        err_errno(e, errno, "open %s", path);
    else
        is_ok = read_all(fd, a, path, size_max, is_head, st.st_size, ret, e);
    if (fd >= 0)
        close(fd);
    close(place);
    if (is_ok)
        *ret = redact(a, str_of(path), *ret);
    return is_ok;
}

/* facts.size_bytes of `r` becomes the size of the whole file. */
static bool host_slice(struct source *s, struct arena *a, struct reading *r, struct err *e)
{
    const char *path = r->path.data;
    int place = open_place(s, path, true);
    if (place < 0)
        return err_errno(e, errno, "open %s", path);
    struct stat st;
    bool is_regular = fstat(place, &st) == 0 && S_ISREG(st.st_mode);
    int fd = is_regular ? open_for_reading(place, 0) : -1, number = errno;
    close(place);
    if (fd < 0)
        return is_regular ? err_errno(e, number, "open %s", path) : err_set(e, ERR_INVALID, "read %s: not a regular file", path);
    int64_t start = r->offset >= 0 ? r->offset : st.st_size + r->offset < 0 ? 0 : st.st_size + r->offset;
    size_t size = 0;
    char *bytes = start < st.st_size ? arena_alloc(a, r->size_max < (uint64_t)st.st_size ? r->size_max : (size_t)st.st_size)
                                     : arena_alloc(a, 1);
    ssize_t got = 0;
    while (
        start + (int64_t)size < st.st_size && size < r->size_max &&
        (got = pread(fd, bytes + size, r->size_max - size < (uint64_t)st.st_size ? r->size_max - size : (size_t)st.st_size - size,
                     start + (int64_t)size)) > 0)
        size += (size_t)got;
    number = errno;
    close(fd);
    if (got < 0)
        return err_errno(e, number, "read %s", path);
    r->bytes = str_make(bytes, size);
    r->facts.size_bytes = st.st_size;
    return true;
}

static int compare_strs(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

/* The names as one run of bytes, each with a NUL behind it, sorted. */
static bool names_of(DIR *dir, struct arena *a, const char *path, struct str *ret, struct err *e)
{
    struct str *names = NULL;
    size_t count = 0, capacity = 0, total = 0;
    errno = 0;
    for (struct dirent *d; (d = readdir(dir));) {
        if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
            continue;
        if (count == LIST_NAMES_MAX)
            return err_set(e, ERR_TOO_LARGE, "list %s: more than %d names", path, LIST_NAMES_MAX);
        if (count == capacity)
            names = arena_grow(a, names, count, &capacity, sizeof(*names));
        names[count] = arena_str(a, str_of(d->d_name));
        total += names[count++].size + 1;
    }
    if (errno)
        return err_errno(e, errno, "list %s", path);
    if (count)
        qsort(names, count, sizeof(*names), compare_strs);
    char *bytes = arena_alloc(a, total);
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        memcpy(bytes + size, names[i].data, names[i].size + 1);
        size += names[i].size + 1;
    }
    *ret = str_make(bytes, size);
    return true;
}

static bool host_list(struct source *s, struct arena *a, const char *path, struct str *ret, struct err *e)
{
    int place = open_place(s, path, true);
    if (place < 0)
        return err_errno(e, errno, "open %s", path);
    struct stat st;
    int fd = fstat(place, &st) == 0 && S_ISDIR(st.st_mode) ? open_for_reading(place, O_DIRECTORY) : (errno = ENOTDIR, -1);
    int number = errno;
    close(place);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir)
        return err_errno(e, number, "list %s", path);
    bool is_ok = names_of(dir, a, path, ret, e);
    closedir(dir);
    return is_ok;
}

static bool host_stat(struct source *s, const char *path, bool follow, struct file_facts *ret, struct err *e)
{
    struct stat st;
    if (s->kind == SOURCE_LIVE) {
        if (fstatat(s->root_fd, path, &st, AT_NO_AUTOMOUNT | (follow ? 0 : AT_SYMLINK_NOFOLLOW)) != 0)
            return err_errno(e, errno, "stat %s", path);
        *ret = facts_of(&st);
        return true;
    }
    int place = open_place(s, path, follow);
    if (place < 0)
        return err_errno(e, errno, "stat %s", path);
    bool is_ok = fstat(place, &st) == 0 || err_errno(e, errno, "stat %s", path);
    close(place);
    if (is_ok)
        *ret = facts_of(&st);
    return is_ok;
}

static bool host_readlink(struct source *s, struct arena *a, const char *path, struct str *ret, struct err *e)
{
    int place = open_place(s, path, false);
    if (place < 0)
        return err_errno(e, errno, "read the link %s", path);
    char target[LINK_BYTES_MAX];
    ssize_t size = readlinkat(place, "", target, sizeof(target));
    int number = errno == ENOENT ? EINVAL : errno; /* with an empty path, no link gives ENOENT */
    close(place);
    if (size < 0)
        return number == EINVAL ? err_set(e, ERR_INVALID, "read the link %s: not a symbolic link", path)
                                : err_errno(e, number, "read the link %s", path);
    *ret = arena_str(a, str_make(target, (size_t)size));
    return true;
}

#define DIRECTORY_PREFIX "nss:"

/* `path` is "nss:DATABASE:SERVICE". What did not answer once is not waited for again. */
static bool host_directory(struct source *s, struct str path, struct str *ret, struct err *e)
{
    struct directory_answer *answer = s->directory;
    while (answer && !str_equal(answer->path, path))
        answer = answer->next;
    if (!answer) {
        struct str service = str_slice(path, sizeof(DIRECTORY_PREFIX) - 1, path.size), database;
        if (!s->directory_arena)
            s->directory_arena = arena_new("directory services", 8 * (size_t)DIRECTORY_BYTES_MAX);
        answer = ARENA_NEW(s->directory_arena, struct directory_answer);
        *answer = (struct directory_answer){.path = arena_str(s->directory_arena, path), .next = s->directory};
        s->directory = answer;
        str_cut(&service, ':', &database);
        if (s->kind != SOURCE_LIVE)
            err_set(&answer->error, ERR_UNSUPPORTED, "only the running host can ask a directory service");
        else if (!directory_list(s->directory_arena, database, service, &answer->lines, &answer->error))
            answer->lines = STR("");
    }
    *ret = answer->lines;
    *e = answer->error;
    return !e->code;
}

/* ---- one question: to the host and into the recording, or to the record ---- */

static bool ask_record(struct source *s, struct arena *a, struct reading *r, struct err *e)
{
    (void)a;
    const struct reading *known = record_find(s, r);
    if (!known)
        return err_set(e, ERR_UNSUPPORTED, "%.*s: not in the record", STR_ARGS(r->path));
    if (known->error.code) {
        *e = known->error;
        return false;
    }
    if (known->digest[0])
        return err_set(e, ERR_UNSUPPORTED, "%.*s: only its digest is in the record", STR_ARGS(r->path));
    r->bytes = r->op == READ_HEAD ? str_slice(known->bytes, 0, r->size_max) : known->bytes;
    r->facts = known->facts;
    return true;
}

static bool ask(struct source *s, struct arena *a, struct reading *r, struct err *e)
{
    if (s->kind == SOURCE_RECORD)
        return ask_record(s, a, r, e);
    bool is_ok = false;
    struct err failure = {0};
    const char *path = r->path.data;
    switch (r->op) {
    case READ_FILE:
    case READ_HEAD:
        is_ok = str_starts(r->path, DIRECTORY_PREFIX)
                    ? host_directory(s, r->path, &r->bytes, &failure)
                    : host_read(s, a, path, r->size_max, r->op == READ_HEAD, &r->bytes, &failure);
        break;
    case READ_LIST:
        is_ok = host_list(s, a, path, &r->bytes, &failure);
        break;
    case READ_STAT:
    case READ_LSTAT:
        is_ok = host_stat(s, path, r->op == READ_STAT, &r->facts, &failure);
        break;
    case READ_LINK:
        is_ok = host_readlink(s, a, path, &r->bytes, &failure);
        break;
    case READ_SLICE:
        is_ok = host_slice(s, a, r, &failure);
        break;
    }
    r->error = failure;
    r->size_bytes = r->bytes.size;
    record_add(s, r);
    if (!is_ok)
        *e = failure;
    return is_ok;
}

bool source_read(struct source *s, struct arena *a, const char *path, size_t size_max, struct str *ret_bytes, struct err *e)
{
    struct reading r = {.path = str_of(path), .op = READ_FILE, .size_max = size_max};
    if (!ask(s, a, &r, e))
        return false;
    if (r.bytes.size > size_max)
        return err_set(e, ERR_TOO_LARGE, "read %s: larger than %zu bytes", path, size_max);
    *ret_bytes = r.bytes;
    return true;
}

bool source_directory(struct source *s, struct arena *a, const char *database, struct str service, struct str *ret_lines,
                      struct err *e)
{
    struct str path = arena_printf(a, DIRECTORY_PREFIX "%s:%.*s", database, STR_ARGS(service));
    return source_read(s, a, path.data, DIRECTORY_BYTES_MAX, ret_lines, e);
}

bool source_read_head(struct source *s, struct arena *a, const char *path, size_t size_max, struct str *ret_bytes, struct err *e)
{
    struct reading r = {.path = str_of(path), .op = READ_HEAD, .size_max = size_max};
    if (!ask(s, a, &r, e))
        return false;
    *ret_bytes = r.bytes;
    return true;
}

/* The pieces of an open file; its digest is kept as far as all of it was read. */
static bool read_pieces(struct source *s, int fd, const char *path, size_t size_max,
                        bool (*take)(void *context, struct str piece), void *context, struct err *e)
{
    char *piece = malloc(PIECE_BYTES);
    if (!piece)
        abort();
    struct sha256_stream *digest = s->is_recording ? sha256_stream_new() : NULL;
    struct reading r = {.path = str_of(path), .op = READ_FILE, .bytes = STR("")};
    bool is_ok = true;
    ssize_t got;
    while (is_ok && ((got = read(fd, piece, PIECE_BYTES)) > 0 || (got < 0 && errno == EINTR))) {
        if (got < 0)
            continue;
        r.size_bytes += (uint64_t)got;
        if (digest)
            sha256_stream_add(digest, piece, (size_t)got);
        if (r.size_bytes > size_max)
            is_ok = err_set(e, ERR_TOO_LARGE, "read %s: larger than %zu bytes", path, size_max);
        else if (!take(context, str_make(piece, (size_t)got)))
            is_ok = err_set(e, ERR_CANCELLED, "read %s: stopped", path);
    }
    if (is_ok && got < 0)
        is_ok = err_errno(e, errno, "read %s", path);
    if (digest) {
        struct sha256 sum = sha256_stream_end(digest);
        hex_encode(sum.bytes, sizeof(sum.bytes), r.digest);
        record_add(s, &r);
    }
    free(piece);
    return is_ok;
}

bool source_read_pieces(struct source *s, struct arena *a, const char *path, size_t size_max,
                        bool (*take)(void *context, struct str piece), void *context, struct err *e)
{
    int place = s->kind == SOURCE_RECORD ? -1 : open_place(s, path, true);
    struct stat st;
    bool is_large = place >= 0 && fstat(place, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > PIECES_KEPT_BYTES;
    if (!is_large) {
        struct str all;
        if (place >= 0)
            close(place);
        if (!source_read(s, a, path, size_max, &all, e))
            return false;
        return take(context, all) || err_set(e, ERR_CANCELLED, "read %s: stopped", path);
    }
    int fd = open_for_reading(place, 0), number = errno;
    close(place);
    if (fd < 0)
        return err_errno(e, number, "open %s", path);
    bool is_ok = read_pieces(s, fd, path, size_max, take, context, e);
    close(fd);
    return is_ok;
}

bool source_read_slice(struct source *s, struct arena *a, const char *path, int64_t offset, size_t size_max,
                       struct str *ret_bytes, uint64_t *ret_file_size, struct err *e)
{
    struct reading r = {.path = str_of(path), .op = READ_SLICE, .size_max = size_max, .offset = offset};
    if (!ask(s, a, &r, e))
        return false;
    *ret_bytes = r.bytes;
    if (ret_file_size)
        *ret_file_size = (uint64_t)r.facts.size_bytes;
    return true;
}

bool source_list(struct source *s, struct arena *a, const char *path, struct str **ret_names, size_t *ret_count, struct err *e)
{
    struct reading r = {.path = str_of(path), .op = READ_LIST};
    if (!ask(s, a, &r, e))
        return false;
    size_t count = 0;
    for (size_t i = 0; i < r.bytes.size; i++)
        count += r.bytes.data[i] == '\0';
    struct str *names = arena_array(a, count, sizeof(*names));
    struct str left = r.bytes;
    for (size_t i = 0; i < count; i++)
        str_cut(&left, '\0', &names[i]);
    *ret_names = names;
    *ret_count = count;
    return true;
}

bool source_stat(struct source *s, const char *path, bool follow, struct file_facts *ret, struct err *e)
{
    struct reading r = {.path = str_of(path), .op = follow ? READ_STAT : READ_LSTAT};
    if (!ask(s, NULL, &r, e))
        return false;
    *ret = r.facts;
    return true;
}

bool source_readlink(struct source *s, struct arena *a, const char *path, struct str *ret_target, struct err *e)
{
    struct reading r = {.path = str_of(path), .op = READ_LINK};
    if (!ask(s, a, &r, e))
        return false;
    *ret_target = r.bytes;
    return true;
}

/* ---- recording ---- */

void source_record_begin(struct source *s)
{
    assert(s->kind != SOURCE_RECORD);
    s->records = arena_free(s->records);
    s->records = arena_new("the bytes read for one table", RECORDS_BYTES_MAX);
    s->readings = NULL;
    s->reading_count = s->reading_capacity = 0;
    s->is_recording = true;
}
