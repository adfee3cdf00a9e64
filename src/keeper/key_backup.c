#include "keeper/key_backup.h"
#include "base/times.h"
#include "blob/blob.h"
#include "ledger/verify.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LIST_BYTES_MAX = 4 << 20, LINE_BYTES_MAX = 8 << 10 };
#define KEYS_BYTES_MAX ((size_t)8 << 30)
#define LIST_FILE      "private/keyring/backups"
static const char LABEL[] = "assay/keyring-backup@v1\n";

static struct keyring *keyring_at(const struct data_dir *d, const uint8_t master[32], bool is_writer, struct err *e)
{
    int fd = openat(d->fd, "private", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        err_errno(e, errno, "%s/private", d->path);
        return NULL;
    }
    struct keyring *k = keyring_open(&os_file_real, fd, master, is_writer, e);
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

/* The master key in force, and its check value. */
static bool master_name(const struct data_dir *d, uint8_t ret[32], char ret_name[KEY_CHECK_SIZE], struct err *e)
{
    if (!keys_load_secret(d->fd, "master", ret, e))
        return false;
    key_check_value("master", ret, ret_name);
    return true;
}

/* While one master key follows another the keys may be wrapped under either. */
static bool master_stands(const struct data_dir *d, struct err *e)
{
    return faccessat(d->fd, "private/keys/master.next", F_OK, AT_SYMLINK_NOFOLLOW) != 0 ||
           err_set(e, ERR_CONFLICT, "the keys are being wrapped under another master key; start it again when that is done");
}

bool keyring_export(const struct data_dir *d, struct arena *a, const char *path, int64_t now_ms, int days, struct key_backup *ret,
                    struct err *e)
{
    char absolute[PATH_MAX];
    struct buf BUF_AUTO bytes, records;
    buf_init(&bytes, KEYS_BYTES_MAX);
    buf_init(&records, KEYS_BYTES_MAX);
    uint8_t master[32];
    char before[KEY_CHECK_SIZE] = "", after[KEY_CHECK_SIZE] = "";
    bool ok = master_stands(d, e) && master_name(d, master, before, e);
    struct keyring *k = ok ? keyring_at(d, master, false, e) : NULL;
    ok = k && keyring_records(k, &records, e) && master_name(d, master, after, e) && master_stands(d, e);
    memory_wipe(master, sizeof(master));
    keyring_close(k);
    if (ok && strcmp(before, after) != 0)
        ok = err_set(e, ERR_CONFLICT, "the master key changed while the keys were read; start it again");
    struct key_backup b = {
        .made_at_ms = now_ms, .expires_at_ms = now_ms + days * MS_DAY, .keys = keyring_record_count(buf_view(&records))};
    struct json *head = json_object(a);
    json_put_cstr(head, "origin", d->origin);
    json_put_int(head, "made", b.made_at_ms);
    json_put_int(head, "expires", b.expires_at_ms);
    json_put_int(head, "keys", (int64_t)b.keys);
    json_put_cstr(head, "master", before);
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

struct move {
    struct sha256 from, to;
};

struct erased_names {
    struct arena *kept, *scratch;
    struct sha256 *names;
    size_t count, capacity;
    struct move *moves;
    size_t move_count, move_capacity;
};

static void name_add(struct erased_names *n, struct sha256 one)
{
    if (n->count == n->capacity)
        n->names = arena_grow(n->kept, n->names, n->count, &n->capacity, sizeof(*n->names));
    n->names[n->count++] = one;
}

/* Moves come in the order of leaves, so one pass follows whole chains. */
static void moves_follow(struct erased_names *n)
{
    size_t erased = n->count;
    for (size_t i = 0; i < n->move_count; i++) {
        bool is_erased = false;
        for (size_t j = 0; j < erased && !is_erased; j++)
            is_erased = sha256_equal(n->names[j], n->moves[i].from);
        if (is_erased) { /* in front, so that what follows it is found, too */
            name_add(n, n->moves[i].to);
            n->names[n->count - 1] = n->names[erased];
            n->names[erased++] = n->moves[i].to;
        }
        name_add(n, n->moves[i].from);
    }
}

static bool erased_name(void *context, uint64_t index, struct str bytes, struct err *e)
{
    struct erased_names *n = context;
    struct leaf leaf;
    struct sha256 one;
    (void)index;
    bool is_erase = str_starts(bytes, "assay/leaf@v1 erase\n");
    if (!is_erase && !str_starts(bytes, "assay/leaf@v1 reencrypt\n"))
        return true;
    arena_reset(n->scratch);
    if (!leaf_parse(n->scratch, bytes, &leaf, e))
        return false;
    if (is_erase) {
        if (hex_decode(json_text(leaf.json, "x"), one.bytes, SHA256_SIZE))
            name_add(n, one);
        return true;
    }
    /* The former key is gone for good; what followed it is, too, when the blob was erased later. */
    struct move move;
    if (!hex_decode(json_text(leaf.json, "from"), move.from.bytes, SHA256_SIZE) ||
        !hex_decode(json_text(leaf.json, "x"), move.to.bytes, SHA256_SIZE))
        return true;
    if (n->move_count == n->move_capacity)
        n->moves = arena_grow(n->kept, n->moves, n->move_count, &n->move_capacity, sizeof(*n->moves));
    n->moves[n->move_count++] = move;
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
    if (ok)
        moves_follow(&n);
    arena_free(n.scratch);
    *ret = n.names;
    *ret_count = n.count;
    return ok;
}

/* The records behind the two lines of the head. */
static bool head_parse(const struct data_dir *d, struct arena *a, struct str bytes, struct str *ret_master,
                       struct str *ret_records, struct err *e)
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
    *ret_master = json_text(head, "master");
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

/* A file with the master key of another time: 64 hex digits. */
static bool master_file_load(const char *path, uint8_t ret[32], struct err *e)
{
    struct buf BUF_AUTO text;
    buf_init(&text, 4096);
    bool ok = os_file_read(&os_file_real, AT_FDCWD, path, &text, e) &&
              (hex_decode(str_trim(buf_view(&text)), ret, 32) || err_set(e, ERR_INVALID, "not 64 hex digits"));
    if (text.data)
        memory_wipe(text.data, text.capacity);
    return ok ? true : err_wrap(e, "%s", path);
}

/* Under which master key the backup is wrapped: ours (ret_is_other false), or the one in the file given. */
static bool source_find(struct str wanted, const char *ours, const char *master_file, struct keyring_source *ret,
                        bool *ret_is_other, struct err *e)
{
    char value[KEY_CHECK_SIZE];
    *ret_is_other = master_file != NULL;
    if (!master_file)
        return wanted.size == 0 || str_is(wanted, ours) || /* older files do not say */
               err_set(
                   e, ERR_INVALID,
                   "it is wrapped under master key %.*s, which another one followed since; a backup of the rest from that time "
                   "holds it, as private/keys/master: assay keyring restore FILE --master THAT",
                   STR_ARGS(wanted));
    if (!master_file_load(master_file, ret->master, e))
        return false;
    key_check_value("master", ret->master, value);
    return wanted.size == 0 || str_is(wanted, value) ||
           err_set(e, ERR_INVALID, "it is wrapped under master key %.*s, and %s is %s", STR_ARGS(wanted), master_file, value);
}

struct importing {
    struct str master, records;
    struct sha256 *erased;
    size_t erased_count;
    struct keyring_source source;
    bool is_other;
};

static bool keys_put_back(const struct data_dir *d, const struct importing *i, const uint8_t master[32], uint64_t *ret_added,
                          uint64_t *ret_erased, struct err *e)
{
    struct keyring *k = keyring_at(d, master, true, e);
    bool ok =
        k &&
        keyring_merge(k, i->records, i->is_other ? &i->source : NULL, i->erased, i->erased_count, ret_added, ret_erased, e) &&
        keyring_sync(k, e);
    keyring_close(k);
    return ok;
}

bool keyring_import(const struct data_dir *d, const char *path, const char *master_file, const struct env *env,
                    uint64_t *ret_added, uint64_t *ret_erased, struct err *e)
{
    struct buf BUF_AUTO bytes;
    struct importing i = {.source.env = env};
    uint8_t master[32];
    char name[KEY_CHECK_SIZE];
    buf_init(&bytes, KEYS_BYTES_MAX);
    struct arena *a = arena_new("key backup", 1 << 30);
    int lock = lock_take(d, e);
    bool ok = lock >= 0 && os_file_read(&os_file_real, AT_FDCWD, path, &bytes, e) &&
              head_parse(d, a, buf_view(&bytes), &i.master, &i.records, e) && master_name(d, master, name, e) &&
              source_find(i.master, name, master_file, &i.source, &i.is_other, e) &&
              erased_names(d, a, &i.erased, &i.erased_count, e) && keys_put_back(d, &i, master, ret_added, ret_erased, e);
    memory_wipe(master, sizeof(master));
    memory_wipe(&i.source, sizeof(i.source));
    if (lock >= 0)
        close(lock);
    arena_free(a);
    return ok ? true : err_wrap(e, "%s", path);
}
