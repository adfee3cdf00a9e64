/* snapshot.c - the keeper's part of a backup: what it overwrites in place, copied between two batches. */
#include "keeper/process.h"
#include "ledger/anchor.h"
#include "keeper/snapshot.h"
#include "os/file.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE_BYTES = 64 << 10 };
#define LOG_FILE "cp.log"

static bool copy_piece(int to, const char *piece, size_t size, off_t at)
{
    bool is_zero = true;
    for (size_t i = 0; i < size && is_zero; i++)
        is_zero = piece[i] == 0;
    return is_zero || pwrite(to, piece, size, at) == (ssize_t)size;
}

/* Zeros are left out, so that the space a segment of the journal took ahead is a hole here and ends before it. */
static bool copy_file(int private_fd, const char *from, const char *to, struct err *e)
{
    char piece[PIECE_BYTES];
    int in = openat(private_fd, from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), out = -1;
    if (in < 0)
        return errno == ENOENT ? true : err_errno(e, errno, "private/%s", from);
    out = openat(private_fd, to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool ok = out >= 0;
    off_t at = 0;
    for (ssize_t n = 0; ok && (n = pread(in, piece, sizeof(piece), at)) != 0; at += n) {
        ok = n > 0 && copy_piece(out, piece, (size_t)n, at);
        if (n < 0)
            break;
    }
    if (!ok)
        err_errno(e, errno, "private/%s", to);
    if (out >= 0)
        close(out);
    close(in);
    return ok;
}

/* A second name for a file that only grows, and its length as of now. A file system without such names gets a copy. */
static bool hold_log(int private_fd, struct err *e)
{
    struct stat facts;
    char text[32];
    if (fstatat(private_fd, LOG_FILE, &facts, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? true : err_errno(e, errno, "private/" LOG_FILE);
    if (linkat(private_fd, LOG_FILE, private_fd, SNAPSHOT_DIR "/" LOG_FILE, 0) != 0 &&
        !copy_file(private_fd, LOG_FILE, SNAPSHOT_DIR "/" LOG_FILE, e))
        return false;
    snprintf(text, sizeof(text), "%lld\n", (long long)facts.st_size);
    return os_file_replace(&os_file_real, private_fd, SNAPSHOT_DIR "/" LOG_FILE ".size", str_of(text), 0600, e);
}

bool snapshot_log_size(int private_fd, uint64_t *ret, struct err *e)
{
    struct buf BUF_AUTO text;
    int64_t size;
    buf_init(&text, 64);
    if (!os_file_read(&os_file_real, private_fd, SNAPSHOT_DIR "/" LOG_FILE ".size", &text, e)) {
        *ret = 0;
        return e->code == ERR_NOT_FOUND ? (*e = (struct err){0}, true) : false; /* there was no cp.log */
    }
    if (!str_to_int64(str_trim(buf_view(&text)), &size) || size < 0)
        return err_set(e, ERR_CORRUPT, "private/" SNAPSHOT_DIR "/" LOG_FILE ".size: no number");
    *ret = (uint64_t)size;
    return true;
}

static void remove_below(int private_fd, const char *path)
{
    int fd = openat(private_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlinkat(fd, entry->d_name, 0);
    if (dir)
        closedir(dir);
    else if (fd >= 0)
        close(fd);
    unlinkat(private_fd, path, AT_REMOVEDIR);
}

void snapshot_remove(int private_fd)
{
    remove_below(private_fd, SNAPSHOT_DIR "/wal");
    remove_below(private_fd, SNAPSHOT_DIR);
}

static bool copy_journal(int private_fd, struct err *e)
{
    int fd = openat(private_fd, "wal", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    bool ok = dir ? true : err_errno(e, errno, "private/wal");
    for (struct dirent *entry; ok && (entry = readdir(dir));) {
        char from[300], to[300];
        snprintf(from, sizeof(from), "wal/%.200s", entry->d_name);
        snprintf(to, sizeof(to), SNAPSHOT_DIR "/wal/%.200s", entry->d_name);
        ok = !strstr(entry->d_name, ".seg") || copy_file(private_fd, from, to, e);
    }
    if (dir)
        closedir(dir);
    else if (fd >= 0)
        close(fd);
    return ok;
}

bool keeper_snapshot(struct keeper *k, struct err *e)
{
    char checkpoint[32 + DATA_DIR_LEDGER_SIZE], witnessed[32 + DATA_DIR_LEDGER_SIZE], ledger_path[DATA_DIR_LEDGER_SIZE];
    snapshot_remove(k->private_fd);
    data_dir_ledger_path(&k->dir, ledger_path);
    snprintf(checkpoint, sizeof(checkpoint), "../%s/checkpoint", ledger_path);
    snprintf(witnessed, sizeof(witnessed), "../%s/" ANCHOR_WITNESSED_FILE, ledger_path);
    if (mkdirat(k->private_fd, SNAPSHOT_DIR, 0700) != 0 || mkdirat(k->private_fd, SNAPSHOT_DIR "/wal", 0700) != 0)
        return err_errno(e, errno, "private/" SNAPSHOT_DIR);
    static const char *const NAMES[] = {"state.0", "state.1", "guard", "signer.head", "anchors.log"};
    bool ok = copy_file(k->private_fd, checkpoint, SNAPSHOT_DIR "/checkpoint", e) &&
              copy_file(k->private_fd, witnessed, SNAPSHOT_DIR "/" ANCHOR_WITNESSED_FILE, e) && hold_log(k->private_fd, e);
    for (size_t i = 0; ok && i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        char to[64];
        snprintf(to, sizeof(to), SNAPSHOT_DIR "/%s", NAMES[i]);
        ok = copy_file(k->private_fd, NAMES[i], to, e);
    }
    ok = ok && copy_journal(k->private_fd, e);
    if (!ok)
        snapshot_remove(k->private_fd);
    return ok;
}
