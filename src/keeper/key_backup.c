#include "keeper/key_backup.h"
#include "base/times.h"
#include "blob/blob.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LIST_BYTES_MAX = 4 << 20, LINE_BYTES_MAX = 8 << 10 };
#define KEYS_BYTES_MAX ((size_t)8 << 30)
#define LIST_FILE "private/keyring/backups"
static const char LABEL[] = "assay/keyring-backup@v1\n";

static struct keyring *keyring_at(const struct data_dir *d, bool is_writer, struct err *e)
{
    static const uint8_t no_master[32]; /* nothing is wrapped or unwrapped here */
    int fd = openat(d->fd, "private", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        err_errno(e, errno, "%s/private", d->path);
        return NULL;
    }
    struct keyring *k = keyring_open(&os_file_real, fd, no_master, is_writer, e);
    close(fd);
    return k;
}

/* ---- the list ---- */

static bool list_read(const struct data_dir *d, struct buf *out, struct err *e)
{
    struct err missing = {0};
    if (os_file_read(&os_file_real, d->fd, LIST_FILE, out, &missing) || missing.code == ERR_NOT_FOUND)
        return true;
    return (*e = missing, false);
}

bool key_backup_list(const struct data_dir *d, struct arena *a, struct key_backup **ret, size_t *ret_count, struct err *e)
{
    struct buf BUF_AUTO text;
    buf_init(&text, LIST_BYTES_MAX);
    struct key_backup *list = NULL;
    size_t count = 0, capacity = 0;
    if (!list_read(d, &text, e))
        return false;
    struct str rest = arena_str(a, buf_view(&text)), line;
    while (str_next_line(&rest, &line) && count < KEY_BACKUPS_MAX) {
        struct json *v = json_parse(a, line, JSON_LIMITS_DEFAULT, e);
        if (!v)
            return err_wrap(e, "%s/" LIST_FILE, d->path);
        if (count == capacity)
            list = arena_grow(a, list, count, &capacity, sizeof(*list));
        list[count++] = (struct key_backup){.path = json_text(v, "path"),
                                            .made_at_ms = json_int(v, "made", 0),
                                            .expires_at_ms = json_int(v, "expires", 0),
                                            .keys = (uint64_t)json_int(v, "keys", 0)};
    }
    *ret = list;
    *ret_count = count;
    return true;
}

static bool list_add(const struct data_dir *d, struct arena *a, const struct key_backup *b, struct err *e)
{
    struct buf BUF_AUTO text;
    buf_init(&text, LIST_BYTES_MAX);
    struct json *v = json_object(a);
    json_put_str(v, "path", b->path);
    json_put_int(v, "made", b->made_at_ms);
    json_put_int(v, "expires", b->expires_at_ms);
    json_put_int(v, "keys", (int64_t)b->keys);
    if (!list_read(d, &text, e) || !json_write_canonical(&text, v, e))
        return false;
    buf_char(&text, '\n');
    return os_dir_make(&os_file_real, d->fd, "private/keyring", 0700, e) &&
           os_file_replace(&os_file_real, d->fd, LIST_FILE, buf_view(&text), 0600, e);
}

bool key_backup_is_overdue(const struct key_backup *b, int64_t now_ms)
{
    char path[PATH_MAX];
    struct stat facts;
    if (b->expires_at_ms > now_ms || b->path.size >= sizeof(path))
        return false;
    memcpy(path, b->path.data, b->path.size);
    path[b->path.size] = 0;
    return lstat(path, &facts) == 0;
}

bool key_backup_horizon(const struct data_dir *d, int64_t now_ms, int64_t *ret_days, struct err *e)
{
    struct arena *a = arena_new("key backups", 64 << 20);
    struct key_backup *list = NULL;
    size_t count = 0;
    int64_t days = 0;
    bool ok = key_backup_list(d, a, &list, &count, e);
    for (size_t i = 0; i < count && ok; i++) {
        int64_t left = (list[i].expires_at_ms - now_ms + MS_DAY - 1) / MS_DAY;
        if (key_backup_is_overdue(&list[i], now_ms))
            left = (list[i].expires_at_ms - list[i].made_at_ms) / MS_DAY;
        days = left > days ? left : days;
    }
    arena_free(a);
    if (ok)
        *ret_days = days;
    return ok;
}

/* ---- out ---- */

bool keyring_export(const struct data_dir *d, struct arena *a, const char *path, int64_t now_ms, int days, struct key_backup *ret,
                    struct err *e)
{
    char absolute[PATH_MAX];
    struct buf BUF_AUTO bytes, records;
    buf_init(&bytes, KEYS_BYTES_MAX);
    buf_init(&records, KEYS_BYTES_MAX);
    struct keyring *k = keyring_at(d, false, e);
    bool ok = k && keyring_records(k, &records, e);
    keyring_close(k);
    struct key_backup b = {
        .made_at_ms = now_ms, .expires_at_ms = now_ms + days * MS_DAY, .keys = keyring_record_count(buf_view(&records))};
    struct json *head = json_object(a);
    json_put_cstr(head, "origin", d->origin);
    json_put_int(head, "made", b.made_at_ms);
    json_put_int(head, "expires", b.expires_at_ms);
    json_put_int(head, "keys", (int64_t)b.keys);
    buf_cstr(&bytes, LABEL);
    ok = ok && json_write_canonical(&bytes, head, e);
    buf_char(&bytes, '\n');
    buf_str(&bytes, buf_view(&records));
    struct stat facts;
    if (ok && lstat(path, &facts) == 0)
        ok = err_set(e, ERR_EXISTS, "%s: is there already", path);
    ok = ok && os_file_create_once(&os_file_real, AT_FDCWD, path, buf_view(&bytes), 0600, e);
    if (ok && !realpath(path, absolute))
        ok = err_errno(e, errno, "%s", path);
    if (ok) {
        b.path = arena_str(a, str_of(absolute));
        ok = list_add(d, a, &b, e) || err_wrap(e, "%s is written, but not noted", path);
    }
    if (ok)
        *ret = b;
    return ok;
}

/* ---- back ---- */

struct erased_names {
    struct arena *kept, *scratch;
    struct sha256 *names;
    size_t count, capacity;
};

static bool erased_name(void *context, uint64_t index, struct str bytes, struct err *e)
{
    struct erased_names *n = context;
    struct leaf leaf;
    struct sha256 one;
    (void)index;
    if (!str_starts(bytes, "assay/leaf@v1 erase\n"))
        return true;
    arena_reset(n->scratch);
    if (!leaf_parse(n->scratch, bytes, &leaf, e))
        return false;
    if (!hex_decode(json_text(leaf.json, "x"), one.bytes, SHA256_SIZE))
        return true;
    if (n->count == n->capacity)
        n->names = arena_grow(n->kept, n->names, n->count, &n->capacity, sizeof(*n->names));
    n->names[n->count++] = one;
    return true;
}

/* From the leaves themselves: a directory made from a backup has no projection until its keys are back. */
static bool erased_names(const struct data_dir *d, struct arena *a, struct sha256 **ret, size_t *ret_count, struct err *e)
{
    struct erased_names n = {.kept = a, .scratch = arena_new("erased", 4 << 20)};
    int dir = data_dir_ledger(d, e);
    struct ledger_reader *r = dir >= 0 ? ledger_reader_open(dir, e) : NULL;
    bool ok = r && ledger_reader_each(r, 0, ledger_reader_head(r)->size, erased_name, &n, e);
    ledger_reader_close(r);
    if (dir >= 0)
        close(dir);
    arena_free(n.scratch);
    *ret = n.names;
    *ret_count = n.count;
    return ok;
}

/* The records behind the two lines of the head. */
static bool head_parse(const struct data_dir *d, struct arena *a, struct str bytes, struct str *ret_records, struct err *e)
{
    struct str label, line;
    struct json *head = NULL;
    if (str_next_line(&bytes, &label) && str_is(label, "assay/keyring-backup@v1") && str_next_line(&bytes, &line))
        head = json_parse(a, line, JSON_LIMITS_DEFAULT, e);
    if (!head)
        return err_set(e, ERR_INVALID, "it is no backup of a keyring");
    if (!str_is(json_text(head, "origin"), d->origin))
        return err_set(e, ERR_INVALID, "it is a backup of another ledger's keys, %.*s", STR_ARGS(json_text(head, "origin")));
    if (keyring_record_count(bytes) != (uint64_t)json_int(head, "keys", -1))
        return err_set(e, ERR_CORRUPT, "it is cut short or damaged");
    *ret_records = bytes;
    return true;
}

/* The writer's lock, so that no keeper runs meanwhile. */
static int lock_take(const struct data_dir *d, struct err *e)
{
    int fd = openat(d->fd, "private/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        err_errno(e, errno, "%s/private/lock", d->path);
    } else if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        err_set(e, ERR_CONFLICT, "%s: a keeper is at work there; stop it first", d->path);
        close(fd);
        fd = -1;
    }
    return fd;
}

bool keyring_import(const struct data_dir *d, const char *path, uint64_t *ret_added, uint64_t *ret_erased, struct err *e)
{
    struct buf BUF_AUTO bytes;
    struct str records;
    struct sha256 *erased = NULL;
    size_t erased_count = 0;
    buf_init(&bytes, KEYS_BYTES_MAX);
    struct arena *a = arena_new("key backup", 1 << 30);
    int lock = lock_take(d, e);
    struct keyring *k = NULL;
    bool ok = lock >= 0 && os_file_read(&os_file_real, AT_FDCWD, path, &bytes, e) &&
              head_parse(d, a, buf_view(&bytes), &records, e) && erased_names(d, a, &erased, &erased_count, e) &&
              (k = keyring_at(d, true, e)) && keyring_merge(k, records, erased, erased_count, ret_added, ret_erased, e) &&
              keyring_sync(k, e);
    keyring_close(k);
    if (lock >= 0)
        close(lock);
    arena_free(a);
    return ok ? true : err_wrap(e, "%s", path);
}
