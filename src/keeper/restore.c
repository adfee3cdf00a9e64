/* restore.c - reading the file of backup.h. Every byte of it may be wrong: names, sizes and hashes are checked before they count.
 */
#include "base/cursor.h"
#include "keeper/backup.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 512, PIECE_BYTES = 256 << 10, NAME_BYTES = 256, SUMS_BYTES_MAX = 1 << 30 };

struct reader {
    int in, root;
    uint64_t offset;
    struct buf lines; /* as members.sha256 must have them */
    struct buf sums;
    bool has_sums;
    struct backup_report *report;
};

static bool take(struct reader *r, char *bytes, size_t size, struct err *e)
{
    while (size > 0) {
        ssize_t n = read(r->in, bytes, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(e, errno, "read the backup");
        if (n == 0)
            return err_set(e, ERR_CORRUPT, "the backup ends at byte %llu, in the middle", (unsigned long long)r->offset);
        bytes += n;
        size -= (size_t)n;
        r->offset += (uint64_t)n;
    }
    return true;
}

static bool octal_read(struct str field, uint64_t *ret)
{
    uint64_t value = 0;
    size_t i = 0;
    for (; i < field.size && field.data[i] >= '0' && field.data[i] <= '7'; i++)
        value = value << 3 | (uint64_t)(field.data[i] - '0');
    *ret = value;
    return i > 0 && (i == field.size || field.data[i] == 0 || field.data[i] == ' ');
}

static struct str text_field(struct str header, size_t from, size_t size)
{
    struct str field = str_slice(header, from, from + size);
    const char *end = memchr(field.data, 0, field.size);
    return end ? str_make(field.data, (size_t)(end - field.data)) : field;
}

/* One of the places that a backup fills: nothing else is ever written, whatever the archive says. */
static bool name_is_ours(const char *name)
{
    static const char *const FOLDERS[] = {"ledger/", "blobs/pack/", "private/keys/", "private/wal/", "private/keyring/"};
    static const char *const FILES[] = {"backup.json",         "config.json",     "members.sha256",
                                        "private/state.0",     "private/state.1", "private/guard",
                                        "private/signer.head", "private/cp.log",  "private/anchors.log"};
    if (strstr(name, "..") || strstr(name, "//") || strstr(name, "/."))
        return false;
    for (const char *p = name; *p; p++)
        if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || strchr("._-/", *p)))
            return false;
    for (size_t i = 0; i < sizeof(FILES) / sizeof(FILES[0]); i++)
        if (strcmp(name, FILES[i]) == 0)
            return true;
    for (size_t i = 0; i < sizeof(FOLDERS) / sizeof(FOLDERS[0]); i++)
        if (strncmp(name, FOLDERS[i], strlen(FOLDERS[i])) == 0 && name[strlen(FOLDERS[i])])
            return true;
    return false;
}

/* False with e, or false without at the end of the archive. */
static bool head_read(struct reader *r, char ret_name[NAME_BYTES + 1], uint64_t *ret_size, struct err *e)
{
    char header[BLOCK];
    if (!take(r, header, BLOCK, e))
        return false;
    struct str view = str_make(header, BLOCK);
    unsigned sum = 0, zeros = 0;
    for (int i = 0; i < BLOCK; i++) {
        sum += i >= 148 && i < 156 ? ' ' : (uint8_t)header[i];
        zeros += header[i] == 0;
    }
    if (zeros == BLOCK)
        return false;
    uint64_t stated = 0;
    struct str prefix = text_field(view, 345, 155), name = text_field(view, 0, 100);
    if (memcmp(header + 257, "ustar", 6) != 0 || !octal_read(str_slice(view, 148, 156), &stated) || stated != sum ||
        header[156] != '0' || !octal_read(str_slice(view, 124, 136), ret_size) || prefix.size + name.size + 1 > NAME_BYTES)
        return err_set(e, ERR_CORRUPT, "the backup is damaged at byte %llu: no header of a file",
                       (unsigned long long)r->offset - BLOCK);
    snprintf(ret_name, NAME_BYTES + 1, "%.*s%s%.*s", STR_ARGS(prefix), prefix.size ? "/" : "", STR_ARGS(name));
    return name_is_ours(ret_name) || err_set(e, ERR_CORRUPT, "the backup is damaged at byte %llu: a file that no backup holds",
                                             (unsigned long long)r->offset - BLOCK);
}

static int create(const struct reader *r, const char *name, struct err *e)
{
    char folder[NAME_BYTES + 1];
    const char *slash = strrchr(name, '/');
    bool is_private = strncmp(name, "private/", 8) == 0;
    if (slash) {
        memcpy(folder, name, (size_t)(slash - name));
        folder[slash - name] = 0;
        if (!os_dir_make(&os_file_real, r->root, folder, is_private ? 0700 : 0755, e))
            return -1;
    }
    int fd = openat(r->root, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, is_private ? 0600 : 0644);
    if (fd < 0)
        err_errno(e, errno, "%s", name);
    return fd;
}

static bool write_whole(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, bytes, size); /* a full disk takes a part first, and says why at the next */
        if (n <= 0)
            return false;
        bytes += n;
        size -= (size_t)n;
    }
    return true;
}

static bool member_read(struct reader *r, const char *name, uint64_t size, struct err *e)
{
    bool is_sums = strcmp(name, "members.sha256") == 0, is_head = strcmp(name, "backup.json") == 0;
    int fd = is_sums || is_head ? -1 : create(r, name, e);
    char *piece = fd >= 0 || is_sums || is_head ? malloc(PIECE_BYTES) : NULL;
    struct sha256_stream *sum = sha256_stream_new();
    bool ok = piece != NULL;
    for (uint64_t left = size; ok && left > 0;) {
        size_t want = left < PIECE_BYTES ? (size_t)left : PIECE_BYTES;
        ok = take(r, piece, want, e);
        if (ok && is_sums)
            buf_append(&r->sums, piece, want);
        else if (ok && fd >= 0 && !write_whole(fd, piece, want))
            ok = err_errno(e, errno, "write %s", name);
        sha256_stream_add(sum, piece, ok ? want : 0);
        left -= want;
    }
    struct sha256 hash = sha256_stream_end(sum);
    ok = ok && (r->offset % BLOCK == 0 || take(r, piece, BLOCK - r->offset % BLOCK, e));
    if (ok && fd >= 0 && fsync(fd) != 0)
        ok = err_errno(e, errno, "sync %s", name);
    if (ok && !is_sums) {
        char hex[65];
        hex_encode(hash.bytes, SHA256_SIZE, hex);
        buf_printf(&r->lines, "%s  %s\n", hex, name);
        r->report->members++;
    }
    r->has_sums = r->has_sums || is_sums;
    if (fd >= 0)
        close(fd);
    free(piece);
    return ok;
}

static bool read_all(struct reader *r, struct err *e)
{
    char name[NAME_BYTES + 1];
    uint64_t size = 0;
    while (head_read(r, name, &size, e)) {
        if (r->has_sums)
            return err_set(e, ERR_CORRUPT, "the backup goes on behind its list of members");
        if (!member_read(r, name, size, e))
            return false;
    }
    if (e->code)
        return false;
    if (!r->has_sums || r->sums.full || !str_equal(buf_view(&r->sums), buf_view(&r->lines)))
        return err_set(e, ERR_CORRUPT, "the backup is damaged: its members are not those of its list");
    r->report->bytes = r->offset;
    return true;
}

/* The newest note of the restored ledger; its signature is `verify`'s to check. */
static bool head_load(struct reader *r, const char *data_dir, struct err *e)
{
    struct data_dir d;
    struct buf BUF_AUTO note;
    struct str text, lines;
    char path[32 + DATA_DIR_LEDGER_SIZE], ledger_path[DATA_DIR_LEDGER_SIZE];
    buf_init(&note, 1 << 20);
    if (!data_dir_open(&d, data_dir, e))
        return false;
    data_dir_ledger_path(&d, ledger_path);
    snprintf(path, sizeof(path), "%s/checkpoint", ledger_path);
    bool ok = os_file_read(&os_file_real, d.fd, path, &note, e) &&
              checkpoint_parse(buf_view(&note), &r->report->head, &text, &lines, e);
    data_dir_close(&d);
    return ok;
}

/* Before anything else is there: whatever ends the extraction, what it leaves is written to by nobody. */
static bool mark(const struct reader *r, struct err *e)
{
    return os_dir_make(&os_file_real, r->root, "private", 0700, e) &&
           os_file_replace(&os_file_real, r->root, "private/" RESTORED_FILE, STR("from a backup\n"), 0600, e);
}

bool backup_extract(const char *file, const char *data_dir, struct backup_report *ret, struct err *e)
{
    struct reader r = {.in = -1, .root = -1, .report = ret};
    *ret = (struct backup_report){.members = 0};
    r.in = open(file, O_RDONLY | O_CLOEXEC);
    if (r.in < 0)
        return err_errno(e, errno, "%s", file);
    if ((mkdir(data_dir, 0700) != 0 && errno != EEXIST) || rmdir(data_dir) != 0) { /* only an empty one is taken */
        const int why = errno;
        close(r.in);
        return why == ENOTEMPTY || why == EEXIST
                   ? err_set(e, ERR_EXISTS, "%s: is not empty; name a directory that is not there yet", data_dir)
                   : err_errno(e, why, "%s", data_dir);
    }
    buf_init(&r.lines, SUMS_BYTES_MAX);
    buf_init(&r.sums, SUMS_BYTES_MAX);
    bool ok = mkdir(data_dir, 0700) == 0 && (r.root = open(data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0;
    ok = ok ? mark(&r, e) && read_all(&r, e) : err_errno(e, errno, "%s", data_dir);
    static const char *const DIRECTORIES[] = {"private/wal", "private/keyring", "blobs/pack", "db"};
    for (size_t i = 0; ok && i < sizeof(DIRECTORIES) / sizeof(DIRECTORIES[0]); i++)
        ok = os_dir_make(&os_file_real, r.root, DIRECTORIES[i], 0700, e);
    ok = ok && head_load(&r, data_dir, e);
    buf_release(&r.lines);
    buf_release(&r.sums);
    close(r.in);
    if (r.root >= 0)
        close(r.root);
    return ok ? true : err_wrap(e, "%s", file);
}

/* Everything below; the mark is the last file to go, so that what is left of a removal that broke off can be removed again. */
static bool empty(int dir, struct err *e)
{
    DIR *list = fdopendir(dir);
    bool ok = list != NULL;
    for (struct dirent *entry; ok && (entry = readdir(list));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 || strcmp(entry->d_name, RESTORED_FILE) == 0)
            continue;
        int below = openat(dir, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (below >= 0)
            ok = empty(below, e) && (strcmp(entry->d_name, "private") == 0 || unlinkat(dir, entry->d_name, AT_REMOVEDIR) == 0);
        else
            ok = unlinkat(dir, entry->d_name, 0) == 0;
    }
    if (!ok && !e->code)
        err_errno(e, errno, "remove what was extracted");
    if (list)
        closedir(list);
    else
        close(dir);
    return ok;
}

bool backup_discard(const char *path, struct err *e)
{
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (dir < 0)
        return errno == ENOENT || err_errno(e, errno, "%s", path);
    if (rmdir(path) == 0) {
        close(dir);
        return true;
    }
    int private = openat(dir, "private", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    bool ok =
        (private >= 0 && backup_is_marked(private)) || err_set(e, ERR_EXISTS, "%s: is there, and no restore has left it", path);
    int again = ok ? fcntl(dir, F_DUPFD_CLOEXEC, 0) : -1;
    ok = ok && again >= 0 && empty(again, e);
    ok = ok && ((unlinkat(private, RESTORED_FILE, 0) == 0 && unlinkat(dir, "private", AT_REMOVEDIR) == 0 && rmdir(path) == 0) ||
                err_errno(e, errno, "remove %s", path));
    if (private >= 0)
        close(private);
    close(dir);
    return ok;
}

bool backup_is_marked(int private_fd)
{
    return faccessat(private_fd, RESTORED_FILE, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

bool backup_confirm(const struct data_dir *d, struct err *e)
{
    int fd = openat(d->fd, "private", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && (unlinkat(fd, RESTORED_FILE, 0) == 0 || errno == ENOENT) && fsync(fd) == 0;
    if (!ok)
        err_errno(e, errno, "private/" RESTORED_FILE);
    if (fd >= 0)
        close(fd);
    return ok;
}
