/* backup.c - writing the file of backup.h. */
#include "keeper/backup.h"
#include "keeper/snapshot.h"
#include "ledger/anchor.h"
#include "ledger/bundle_spool.h"
#include "ledger/internal.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 512, PIECE_BYTES = 256 << 10, NAME_BYTES = 300 };

struct writer {
    struct data_dir dir;
    int private_fd, out;
    uint64_t offset;
    struct buf lines;
    struct backup_report *report;
    void (*progress)(uint64_t bytes);
};

static bool put(struct writer *w, const void *bytes, size_t size, struct err *e)
{
    for (const char *p = bytes; size > 0;) {
        ssize_t n = write(w->out, p, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_errno(e, n < 0 ? errno : ENOSPC, "write the backup");
        p += n;
        size -= (size_t)n;
        w->offset += (uint64_t)n;
    }
    return true;
}

static bool put_padding(struct writer *w, struct err *e)
{
    static const char zero[BLOCK];
    return put(w, zero, (BLOCK - w->offset % BLOCK) % BLOCK, e);
}

static bool put_head(struct writer *w, const char *name, uint64_t size, struct err *e)
{
    char header[BLOCK];
    if (!ustar_header(name, size, header))
        return err_set(e, ERR_TOO_LARGE, "backup: %.200s: a name over 99 bytes, or over 8 GiB", name);
    return put(w, header, sizeof(header), e);
}

static void note_member(struct writer *w, const char *name, struct sha256 hash)
{
    char hex[65];
    hex_encode(hash.bytes, SHA256_SIZE, hex);
    buf_printf(&w->lines, "%s  %s\n", hex, name);
    w->report->members++;
    if (w->progress)
        w->progress(w->offset);
}

static bool put_bytes(struct writer *w, const char *name, struct str bytes, struct err *e)
{
    if (!put_head(w, name, bytes.size, e) || !put(w, bytes.data, bytes.size, e) || !put_padding(w, e))
        return false;
    note_member(w, name, sha256_of(bytes));
    return true;
}

/* The first size_max bytes of what the file holds now; what is appended meanwhile belongs to the next backup. A file that is not
 * there is left out. */
static bool put_file_to(struct writer *w, int dir, const char *path, const char *name, uint64_t size_max, struct err *e)
{
    struct stat facts;
    int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT ? true : err_errno(e, errno, "%s", name);
    char *piece = malloc(PIECE_BYTES);
    struct sha256_stream *sum = sha256_stream_new();
    bool ok = piece && fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode);
    if (ok && (uint64_t)facts.st_size > size_max)
        facts.st_size = (off_t)size_max;
    ok = ok ? put_head(w, name, (uint64_t)facts.st_size, e) : err_set(e, ERR_INVALID, "%s: not a regular file", name);
    for (off_t at = 0; ok && at < facts.st_size;) {
        size_t want = facts.st_size - at < PIECE_BYTES ? (size_t)(facts.st_size - at) : PIECE_BYTES;
        ssize_t n = pread(fd, piece, want, at);
        if (n < 0 && errno == EINTR)
            continue;
        ok = n > 0 ? put(w, piece, (size_t)n, e) : err_errno(e, n < 0 ? errno : EIO, "read %s", name);
        if (ok) {
            sha256_stream_add(sum, piece, (size_t)n);
            at += n;
        }
    }
    struct sha256 hash = sha256_stream_end(sum);
    ok = ok && put_padding(w, e);
    if (ok)
        note_member(w, name, hash);
    free(piece);
    close(fd);
    return ok;
}

static bool put_file(struct writer *w, int dir, const char *path, const char *name, struct err *e)
{
    return put_file_to(w, dir, path, name, UINT64_MAX, e);
}

/* All regular files of a directory. */
static bool put_directory(struct writer *w, int dir, const char *path, const char *name, struct err *e)
{
    int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    if (!list) {
        int number = errno;
        if (fd >= 0)
            close(fd);
        return number == ENOENT ? true : err_errno(e, number, "%s", name);
    }
    bool ok = true;
    for (struct dirent *entry; ok && (entry = readdir(list));) {
        char member[NAME_BYTES];
        snprintf(member, sizeof(member), "%s/%s", name, entry->d_name);
        ok = entry->d_name[0] == '.' || strstr(entry->d_name, ".tmp") || put_file(w, fd, entry->d_name, member, e);
    }
    closedir(list);
    return ok;
}

/* Tiles and bundles of the tree of `size`, partial ones as they were then. */
static bool put_tiles(struct writer *w, const char *ledger_path, uint64_t size, struct err *e)
{
    int dir = data_dir_ledger(&w->dir, e);
    if (dir < 0)
        return false;
    struct tile_store store;
    struct buf BUF_AUTO bytes;
    buf_init(&bytes, BUNDLE_BYTES_MAX);
    tile_store_init(&store, &os_file_real, dir, size);
    bool ok = true;
    for (int level = LEVEL_ENTRIES; ok && level < TILE_LEVELS; level++) {
        unsigned width;
        for (uint64_t n = 0; ok && (width = tile_width(level, n, size)) > 0; n++) {
            char path[TILE_PATH_SIZE], member[NAME_BYTES];
            tile_path(level, n, width, path);
            snprintf(member, sizeof(member), "%s/%s", ledger_path, path);
            buf_clear(&bytes);
            ok = tile_read(&store, level, n, &bytes, e) && put_bytes(w, member, buf_view(&bytes), e);
        }
    }
    tile_store_release(&store);
    close(dir);
    return ok;
}

static bool put_head_json(struct writer *w, struct err *e)
{
    struct arena *a = arena_new("backup", 1 << 16);
    struct buf BUF_AUTO text;
    buf_init(&text, 4096);
    struct json *o = json_object(a);
    json_put_int(o, "format", 1);
    json_put_cstr(o, "origin", w->dir.origin);
    json_put_int(o, "size", (int64_t)w->report->head.size);
    json_put_hex(o, "root", w->report->head.root.bytes, SHA256_SIZE);
    json_put_bool(o, "keyring", w->report->with_keyring);
    bool ok = json_write_canonical(&text, o, e);
    buf_char(&text, '\n');
    ok = ok && put_bytes(w, "backup.json", buf_view(&text), e);
    arena_free(a);
    return ok;
}

static bool put_all(struct writer *w, struct err *e)
{
    char ledger_path[DATA_DIR_LEDGER_SIZE], member[NAME_BYTES], witnessed[NAME_BYTES];
    static const char zero[2 * BLOCK];
    data_dir_ledger_path(&w->dir, ledger_path);
    snprintf(member, sizeof(member), "%s/checkpoint", ledger_path);
    snprintf(witnessed, sizeof(witnessed), "%s/" ANCHOR_WITNESSED_FILE, ledger_path);
    bool ok = put_head_json(w, e) && put_file(w, w->dir.fd, "config.json", "config.json", e) &&
              put_file(w, w->private_fd, SNAPSHOT_DIR "/checkpoint", member, e) &&
              put_file(w, w->private_fd, SNAPSHOT_DIR "/" ANCHOR_WITNESSED_FILE, witnessed, e) &&
              put_tiles(w, ledger_path, w->report->head.size, e) && put_directory(w, w->dir.fd, "blobs/pack", "blobs/pack", e) &&
              put_directory(w, w->private_fd, "keys", "private/keys", e);
    uint64_t log_size = 0;
    ok = ok && snapshot_log_size(w->private_fd, &log_size, e) &&
         put_file_to(w, w->private_fd, SNAPSHOT_DIR "/cp.log", "private/cp.log", log_size, e);
    static const char *const NAMES[] = {"state.0", "state.1", "guard", "signer.head", "anchors.log"};
    for (size_t i = 0; ok && i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        char path[64];
        snprintf(path, sizeof(path), SNAPSHOT_DIR "/%s", NAMES[i]);
        snprintf(member, sizeof(member), "private/%s", NAMES[i]);
        ok = put_file(w, w->private_fd, path, member, e);
    }
    /* Of the keyring at least which backups of it there are: an erasure says how long they live. */
    ok = ok && put_directory(w, w->private_fd, SNAPSHOT_DIR "/wal", "private/wal", e) &&
         (w->report->with_keyring ? put_directory(w, w->private_fd, "keyring", "private/keyring", e)
                                  : put_file(w, w->private_fd, "keyring/backups", "private/keyring/backups", e));
    struct str lines = buf_view(&w->lines);
    ok = ok && put_head(w, "members.sha256", lines.size, e) && put(w, lines.data, lines.size, e) && put_padding(w, e) &&
         put(w, zero, sizeof(zero), e);
    w->report->bytes = w->offset;
    return ok && (fsync(w->out) == 0 || err_errno(e, errno, "sync the backup"));
}

static int64_t erasures(const struct data_dir *d, struct err *e)
{
    struct db *db = data_dir_projection(d, e);
    int64_t n = db ? db_one_int(db, e, -1,
                                "select (select count(*) from leaf where type in ('erase', 'erased', 'reencrypt')) + (select "
                                "count(done_leaf) from keyring_key)")
                   : -1;
    db_close(db);
    return n;
}

static bool head_of_snapshot(struct writer *w, struct err *e)
{
    struct buf BUF_AUTO note;
    struct str text, lines;
    buf_init(&note, 1 << 20);
    return os_file_read(&os_file_real, w->private_fd, SNAPSHOT_DIR "/checkpoint", &note, e) &&
           checkpoint_parse(buf_view(&note), &w->report->head, &text, &lines, e);
}

static bool write_beside(struct writer *w, const char *data_dir, const char *temporary, struct err *e)
{
    struct keeper_client *keeper = keeper_open(data_dir, e);
    struct arena *a = arena_new("backup", 1 << 20);
    struct json *answer;
    int64_t erased_before = keeper ? erasures(&w->dir, e) : -1;
    bool ok = erased_before >= 0 && keeper_take_snapshot(keeper, a, &answer, e) && head_of_snapshot(w, e);
    /* Made here and now: a file that somebody else put there, and could read, is no place for keys. */
    if (ok && unlink(temporary) != 0 && errno != ENOENT)
        ok = err_errno(e, errno, "%s", temporary);
    w->out = ok ? open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
    if (ok && w->out < 0)
        ok = err_errno(e, errno, "%s", temporary);
    ok = ok && put_all(w, e);
    if (ok && erasures(&w->dir, e) != erased_before)
        ok = e->code ? false
                     : err_set(e, ERR_CONFLICT,
                               "something was erased or encrypted anew, or the master key changed, while the backup was written; "
                               "start it again");
    if (w->out >= 0)
        close(w->out);
    snapshot_remove(w->private_fd);
    keeper_close(keeper);
    arena_free(a);
    return ok;
}

/* There is one private/snapshot: two backups at once would mix theirs. */
static bool private_open(struct writer *w, const char *data_dir, struct err *e)
{
    w->private_fd = openat(w->dir.fd, "private", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (w->private_fd < 0)
        return err_errno(e, errno, "%s/private", data_dir);
    return flock(w->private_fd, LOCK_EX | LOCK_NB) == 0 ||
           err_set(e, ERR_CONFLICT, "%s: another backup of it is being written; start this one again afterwards", data_dir);
}

/* The new name, on disk. */
static bool put_in_place(const char *temporary, const char *file, struct err *e)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(file, '/');
    snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - file) + 1 : 1, slash ? file : ".");
    if (rename(temporary, file) != 0)
        return err_errno(e, errno, "%s", file);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = (fd >= 0 && fsync(fd) == 0) || err_errno(e, errno, "sync %s", folder);
    if (fd >= 0)
        close(fd);
    return ok;
}

bool backup_write(const char *data_dir, const char *file, bool with_keyring, void (*progress)(uint64_t bytes),
                  struct backup_report *ret, struct err *e)
{
    struct writer w = {.private_fd = -1, .out = -1, .report = ret, .progress = progress};
    char temporary[PATH_MAX];
    *ret = (struct backup_report){.with_keyring = with_keyring};
    if (access(file, F_OK) == 0)
        return err_set(e, ERR_EXISTS, "%s: is there already; a backup never overwrites one", file);
    if ((size_t)snprintf(temporary, sizeof(temporary), "%s.part", file) >= sizeof(temporary))
        return err_set(e, ERR_INVALID, "%.100s...: the name is too long", file);
    if (!data_dir_open(&w.dir, data_dir, e))
        return false;
    buf_init(&w.lines, 1 << 30);
    bool ok = private_open(&w, data_dir, e) && write_beside(&w, data_dir, temporary, e) && put_in_place(temporary, file, e);
    if (!ok && w.out >= 0)
        unlink(temporary);
    if (w.private_fd >= 0)
        close(w.private_fd);
    buf_release(&w.lines);
    data_dir_close(&w.dir);
    return ok;
}

bool backup_note(const char *data_dir, const struct env *env, const struct backup_report *r, struct err *e)
{
    struct data_dir d;
    struct buf BUF_AUTO b = {0};
    char root[65];
    if (!data_dir_open(&d, data_dir, e))
        return false;
    hex_encode(r->head.root.bytes, SHA256_SIZE, root);
    buf_init(&b, 1024);
    buf_printf(&b, "{\"t\":%lld,\"leaves\":%llu,\"root\":\"%s\",\"bytes\":%llu,\"keyring\":%s}", (long long)env_now_ms(env), (unsigned long long)r->head.size, root,
               (unsigned long long)r->bytes, r->with_keyring ? "true" : "false");
    int private_fd = openat(d.fd, "private", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = (private_fd >= 0 || err_errno(e, errno, "private")) && os_file_replace(&os_file_real, private_fd, BACKUP_NOTE_FILE, buf_view(&b), 0600, e);
    if (private_fd >= 0)
        close(private_fd);
    data_dir_close(&d);
    return ok;
}
