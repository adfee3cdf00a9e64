/* data_dir.c - opening a data directory, its keys, its projection for readers. */
#include "keeper/data_dir.h"
#include "keeper/projection.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CONFIG_BYTES_MAX = 64 << 10, CONFIG_FORMAT = 1 };

static bool config_read(struct data_dir *d, struct err *e)
{
    struct buf BUF_AUTO text;
    buf_init(&text, CONFIG_BYTES_MAX);
    if (!os_file_read(&os_file_real, d->fd, "config.json", &text, e)) {
        if (e->code == ERR_NOT_FOUND)
            return err_set(e, ERR_NOT_FOUND, "%s: no data directory here; make one with: assay init --data %s", d->path, d->path);
        return err_wrap(e, "%s/config.json", d->path);
    }
    struct arena *a = arena_new("config", 1 << 20);
    struct json *config = json_parse(a, buf_view(&text), JSON_LIMITS_DEFAULT, e);
    struct str origin = json_text(config, "origin");
    bool ok = config != NULL;
    if (!ok)
        e->code = ERR_CORRUPT;
    else if (json_int(config, "format", 0) != CONFIG_FORMAT)
        ok = err_set(e, ERR_UNSUPPORTED, "format %lld, this program knows %d", (long long)json_int(config, "format", 0),
                     CONFIG_FORMAT);
    else if (origin.size == 0 || origin.size >= sizeof(d->origin))
        ok = err_set(e, ERR_CORRUPT, "no origin");
    if (ok) {
        memcpy(d->origin, origin.data, origin.size);
        d->origin[origin.size] = 0;
        d->created_at_ms = json_int(config, "created", 0);
    }
    arena_free(a);
    return ok ? true : err_wrap(e, "%s/config.json", d->path);
}

bool data_dir_open(struct data_dir *ret, const char *path, struct err *e)
{
    struct data_dir d = {.fd = -1};
    if (!realpath(path, d.path)) {
        if (errno == ENOENT)
            return err_set(e, ERR_NOT_FOUND, "%s: no data directory here; make one with: assay init --data %s", path, path);
        return err_errno(e, errno, "%s", path);
    }
    d.fd = open(d.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (d.fd < 0)
        return err_errno(e, errno, "%s", d.path);
    if (!config_read(&d, e)) {
        close(d.fd);
        return false;
    }
    *ret = d;
    return true;
}

void data_dir_close(struct data_dir *d)
{
    if (d->fd >= 0)
        close(d->fd);
    d->fd = -1;
}

struct db *data_dir_projection(const struct data_dir *d, struct err *e)
{
    char path[PATH_MAX + 32];
    snprintf(path, sizeof(path), "%s/%s", d->path, PROJECTION_FILE);
    if (access(path, R_OK) != 0 && errno == ENOENT) {
        err_set(e, ERR_UNAVAILABLE, "%s: the projection is missing; make it with: assay rebuild --data %s", path, d->path);
        return NULL;
    }
    struct db *db = db_open(path, DB_READ, e);
    if (!db) {
        if (e->code == ERR_CORRUPT)
            err_set(e, ERR_CORRUPT, "%s: damaged; make it again with: assay rebuild --data %s", path, d->path);
        return NULL;
    }
    if (!projection_has_schema(db)) {
        err_set(e, ERR_UNAVAILABLE, "%s: made by another version or damaged; make it again with: assay rebuild --data %s", path,
                d->path);
        return db_close(db);
    }
    return db;
}

uint64_t data_dir_projection_inode(const struct data_dir *d)
{
    struct stat st;
    return fstatat(d->fd, PROJECTION_FILE, &st, 0) == 0 ? st.st_ino : 0;
}

bool data_dir_projection_is_current(const struct data_dir *d, uint64_t inode)
{
    return data_dir_projection_inode(d) == inode;
}

void data_dir_ledger_path(const struct data_dir *d, char ret[DATA_DIR_LEDGER_SIZE])
{
    struct sha256 name = sha256_of(str_of(d->origin));
    memcpy(ret, "ledger/", 7);
    hex_encode(name.bytes, sizeof(name.bytes), ret + 7);
}

int data_dir_ledger(const struct data_dir *d, struct err *e)
{
    char path[DATA_DIR_LEDGER_SIZE];
    data_dir_ledger_path(d, path);
    int fd = openat(d->fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        err_errno(e, errno, "%s/%s", d->path, path);
    return fd;
}

void subject_pseudonym(const uint8_t subject_key[32], struct str id, char ret[SUBJECT_TEXT_SIZE])
{
    uint8_t mac[SHA256_SIZE];
    hmac_sha256(str_make(subject_key, 32), id, mac);
    memcpy(ret, "s:", 2);
    hex_encode(mac, 16, ret + 2);
}
