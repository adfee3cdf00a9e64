/*
 * private/keyring/keys: records of 96 bytes {x, wrapped DEK, CRC-32C of both}. Records that do not hold at the very end are the
 * torn end of a crash and are overwritten; elsewhere they are skipped, and their blobs have no key.
 */
#include "blob/blob.h"
#include "blob/index.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

enum { RECORD_SIZE = 32 + WRAPPED_KEY_SIZE + 4, RECORDS_AT_ONCE = 512 };

struct keyring {
    const struct os_file_calls *calls;
    int dir; /* private/keyring; -1: not there yet */
    int fd;  /* -1: there is no file yet (a reader of a ledger without blobs) */
    uint8_t master[32];
    uint8_t others[2][32]; /* while the master key changes, and for a reader that opened before it did: what is in private/keys */
    int other_count;
    bool is_writer;
    bool is_dirty;
    bool is_failed;
    uint64_t count; /* records, the next one goes behind them */
    struct blob_index index;
    struct {
        int fd;              /* keys.rewrap; -1: nothing is being wrapped anew */
        uint64_t from, kept; /* records of the old file that were looked at, records of the new one */
    } rewrap;
};

static bool record_holds(const uint8_t *record)
{
    uint32_t crc = crc32c_add(0, str_make(record, RECORD_SIZE - 4));
    const uint8_t *p = record + RECORD_SIZE - 4;
    return crc == ((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]);
}

/* A record whose name is set, complete. */
static void record_wrap(uint8_t record[RECORD_SIZE], const uint8_t master[32], const uint8_t dek[DEK_SIZE], const struct env *env)
{
    uint8_t nonce[12];
    env_random(env, nonce, sizeof(nonce));
    key_wrap(master, dek, str_make(record, 32), nonce, record + 32);
    uint32_t crc = crc32c_add(0, str_make(record, RECORD_SIZE - 4));
    for (int i = 0; i < 4; i++)
        record[RECORD_SIZE - 4 + i] = (uint8_t)(crc >> (24 - 8 * i));
}

/* Whole records [from, ...) of the file, at most RECORDS_AT_ONCE. */
static bool records_read(struct keyring *k, uint64_t from, uint8_t *to, size_t *ret_count, struct err *e)
{
    size_t size = (size_t)RECORDS_AT_ONCE * RECORD_SIZE, done = 0;
    while (done < size) {
        ssize_t n = k->calls->pread(k->calls->context, k->fd, to + done, size - done, (off_t)(from * RECORD_SIZE + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(e, errno, "read private/keyring");
        if (n == 0)
            break;
        done += (size_t)n;
    }
    *ret_count = done / RECORD_SIZE;
    return true;
}

/* Records behind what is known. Only those up to the last one that holds count. */
static bool keyring_scan(struct keyring *k, struct err *e)
{
    uint8_t *records = malloc((size_t)RECORDS_AT_ONCE * RECORD_SIZE);
    if (!records)
        return err_set(e, ERR_LIMIT, "open the keyring: no memory");
    bool is_ok = true;
    size_t count = RECORDS_AT_ONCE;
    for (uint64_t from = k->count; is_ok && count == RECORDS_AT_ONCE; from += count) {
        is_ok = records_read(k, from, records, &count, e);
        for (size_t i = 0; is_ok && i < count; i++) {
            if (!record_holds(records + i * RECORD_SIZE))
                continue;
            if (!blob_index_add(&k->index, blob_index_key(records + i * RECORD_SIZE), from + i))
                is_ok = err_set(e, ERR_LIMIT, "open the keyring: no memory");
            k->count = from + i + 1;
        }
    }
    free(records);
    return is_ok;
}

static bool make_dir(const struct os_file_calls *calls, int private_dir, struct err *e)
{
    if (calls->mkdirat(calls->context, private_dir, "keyring", 0700) != 0 && errno != EEXIST)
        return err_errno(e, errno, "make private/keyring");
    return calls->fsync(calls->context, private_dir) == 0 || err_errno(e, errno, "sync private");
}

static bool file_open(struct keyring *k, int private_dir, struct err *e)
{
    const struct os_file_calls *c = k->calls;
    if (k->dir < 0)
        k->dir = c->openat(c->context, private_dir, "keyring", O_RDONLY | O_DIRECTORY, 0);
    if (k->dir < 0)
        return (errno == ENOENT && !k->is_writer) || err_errno(e, errno, "open private/keyring");
    k->fd = c->openat(c->context, k->dir, "keys", (k->is_writer ? O_RDWR | O_CREAT : O_RDONLY) | O_NOFOLLOW, 0600);
    if (k->fd < 0)
        return (errno == ENOENT && !k->is_writer) || err_errno(e, errno, "open private/keyring/keys");
    struct stat facts;
    if (fstat(k->fd, &facts) != 0 || !S_ISREG(facts.st_mode))
        return err_set(e, ERR_INVALID, "private/keyring/keys is not a regular file");
    return !k->is_writer || c->fsync(c->context, k->dir) == 0 || err_errno(e, errno, "sync private/keyring");
}

struct keyring *keyring_open(const struct os_file_calls *calls, int private_dir, const uint8_t master[32], bool is_writer,
                             struct err *e)
{
    struct keyring *k = calloc(1, sizeof(*k));
    if (!k) {
        err_set(e, ERR_LIMIT, "open the keyring: no memory");
        return NULL;
    }
    *k = (struct keyring){.calls = calls, .dir = -1, .fd = -1, .is_writer = is_writer, .rewrap.fd = -1};
    memcpy(k->master, master, sizeof(k->master));
    if ((is_writer && !make_dir(calls, private_dir, e)) || !file_open(k, private_dir, e) ||
        (is_writer && !keyring_rewrap_stop(k, e)) || (k->fd >= 0 && !keyring_scan(k, e)))
        return keyring_close(k);
    return k;
}

struct keyring *keyring_close(struct keyring *k)
{
    if (!k)
        return NULL;
    if (k->fd >= 0)
        k->calls->close(k->calls->context, k->fd);
    if (k->rewrap.fd >= 0)
        k->calls->close(k->calls->context, k->rewrap.fd);
    if (k->dir >= 0)
        k->calls->close(k->calls->context, k->dir);
    blob_index_release(&k->index);
    memory_wipe(k->master, sizeof(k->master));
    memory_wipe(k->others, sizeof(k->others));
    free(k);
    return NULL;
}

static bool find(struct keyring *k, const uint8_t x[32], uint8_t ret_wrapped[WRAPPED_KEY_SIZE], struct err *e)
{
    uint64_t cursor = 0, n = 0;
    while (blob_index_next(&k->index, blob_index_key(x), &cursor, &n)) {
        uint8_t record[RECORD_SIZE];
        ssize_t got = k->calls->pread(k->calls->context, k->fd, record, RECORD_SIZE, (off_t)(n * RECORD_SIZE));
        if (got < 0)
            return err_errno(e, errno, "read private/keyring");
        if (got != RECORD_SIZE || !record_holds(record) || memcmp(record, x, 32) != 0)
            continue;
        memcpy(ret_wrapped, record + 32, WRAPPED_KEY_SIZE);
        return true;
    }
    return err_set(e, ERR_NOT_FOUND, "no key");
}

/* A master key from private/keys into the others. */
static void other_load(struct keyring *k, const char *path)
{
    struct buf BUF_AUTO text;
    struct err absent = {0};
    buf_init(&text, 4096);
    if (k->dir >= 0 && os_file_read(k->calls, k->dir, path, &text, &absent) &&
        hex_decode(str_trim(buf_view(&text)), k->others[k->other_count], 32))
        k->other_count++;
    if (text.data)
        memory_wipe(text.data, text.capacity);
}

static bool unwrap_with_others(struct keyring *k, const uint8_t wrapped[WRAPPED_KEY_SIZE], const uint8_t x[32],
                               uint8_t ret_dek[DEK_SIZE])
{
    struct err other = {0};
    for (int i = 0; i < k->other_count; i++)
        if (key_unwrap(k->others[i], wrapped, str_make(x, 32), ret_dek, &other))
            return true;
    return false;
}

static bool unwrap(struct keyring *k, const uint8_t wrapped[WRAPPED_KEY_SIZE], const uint8_t x[32], uint8_t ret_dek[DEK_SIZE],
                   struct err *e)
{
    struct err first = {0};
    if (key_unwrap(k->master, wrapped, str_make(x, 32), ret_dek, &first) || unwrap_with_others(k, wrapped, x, ret_dek))
        return true;
    k->other_count = 0; /* the master key may have changed since */
    other_load(k, "../keys/master");
    other_load(k, "../keys/master.next");
    return unwrap_with_others(k, wrapped, x, ret_dek) || (*e = first, false);
}

bool keyring_add(struct keyring *k, const struct env *env, const char *x, const uint8_t dek[DEK_SIZE], struct err *e)
{
    uint8_t record[RECORD_SIZE], wrapped[WRAPPED_KEY_SIZE], there[DEK_SIZE];
    if (k->is_failed || !k->is_writer)
        return err_set(e, ERR_UNAVAILABLE, "the keyring cannot be written%s", k->is_failed ? " any more" : "");
    if (!hex_decode(str_of(x), record, 32))
        return err_set(e, ERR_INVALID, "blob name: not 64 lower-case hex digits");
    struct err absent = {0};
    if (find(k, record, wrapped, &absent) && unwrap(k, wrapped, record, there, &absent)) {
        bool is_same = memcmp(there, dek, DEK_SIZE) == 0;
        memory_wipe(there, sizeof(there));
        return is_same || err_set(e, ERR_CONFLICT, "blob %.16s: the keyring holds another key for it", x);
    }
    record_wrap(record, k->master, dek, env);
    k->is_dirty = true;
    for (size_t done = 0; done < RECORD_SIZE;) {
        ssize_t n =
            k->calls->pwrite(k->calls->context, k->fd, record + done, RECORD_SIZE - done, (off_t)(k->count * RECORD_SIZE + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            k->is_failed = true;
            return err_errno(e, n < 0 ? errno : EIO, "write private/keyring");
        }
        done += (size_t)n;
    }
    if (!blob_index_add(&k->index, blob_index_key(record), k->count))
        return err_set(e, ERR_LIMIT, "the keyring: no memory");
    k->count++;
    return true;
}

bool keyring_sync(struct keyring *k, struct err *e)
{
    if (k->is_failed)
        return err_set(e, ERR_UNAVAILABLE, "the keyring cannot be written any more");
    if (!k->is_dirty)
        return true;
    if (k->calls->fdatasync(k->calls->context, k->fd) != 0) {
        k->is_failed = true;
        return err_errno(e, errno, "sync private/keyring");
    }
    k->is_dirty = false;
    return true;
}

/* A reader whose file has no name any more: the writer erased keys and put another one in its place. */
static bool reopen_if_replaced(struct keyring *k, struct err *e)
{
    struct stat facts;
    if (k->is_writer || fstat(k->fd, &facts) != 0 || facts.st_nlink > 0)
        return true;
    k->calls->close(k->calls->context, k->fd);
    k->fd = -1;
    k->count = 0;
    blob_index_release(&k->index);
    return file_open(k, -1, e);
}

bool keyring_get(struct keyring *k, const char *x, uint8_t ret_dek[DEK_SIZE], struct err *e)
{
    uint8_t name[32], wrapped[WRAPPED_KEY_SIZE];
    if (!hex_decode(str_of(x), name, sizeof(name)))
        return err_set(e, ERR_INVALID, "blob name: not 64 lower-case hex digits");
    bool is_found = k->fd >= 0 && find(k, name, wrapped, e);
    if (!is_found && k->fd >= 0 && !k->is_writer && e->code == ERR_NOT_FOUND) /* the writer may have gone on since */
        is_found = reopen_if_replaced(k, e) && k->fd >= 0 && keyring_scan(k, e) && find(k, name, wrapped, e);
    else if (k->fd < 0)
        err_set(e, ERR_NOT_FOUND, "no key");
    return (is_found && unwrap(k, wrapped, name, ret_dek, e)) || err_wrap(e, "key of blob %.16s", x);
}

bool keyring_has(struct keyring *k, const struct sha256 *name)
{
    uint8_t wrapped[WRAPPED_KEY_SIZE];
    struct err absent = {0};
    return k->fd >= 0 && find(k, name->bytes, wrapped, &absent);
}

/* ---- erasing ---- */

static bool fail(struct keyring *k, struct err *e, const char *what)
{
    int number = errno;
    k->is_failed = true;
    return err_errno(e, number ? number : EIO, "%s", what);
}

static bool write_at(struct keyring *k, int fd, const uint8_t *bytes, size_t size, uint64_t offset, struct err *e)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = k->calls->pwrite(k->calls->context, fd, bytes + done, size - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return fail(k, e, "write private/keyring");
        done += (size_t)n;
    }
    return true;
}

/* Zeros over every record of these names. */
static bool records_overwrite(struct keyring *k, const struct sha256 *names, size_t count, bool *ret_any, struct err *e)
{
    static const uint8_t zeros[RECORD_SIZE];
    for (size_t i = 0; i < count; i++) {
        uint64_t cursor = 0, n = 0;
        while (blob_index_next(&k->index, blob_index_key(names[i].bytes), &cursor, &n)) {
            uint8_t record[RECORD_SIZE];
            if (k->calls->pread(k->calls->context, k->fd, record, RECORD_SIZE, (off_t)(n * RECORD_SIZE)) != RECORD_SIZE)
                return fail(k, e, "read private/keyring");
            if (memcmp(record, names[i].bytes, 32) != 0)
                continue;
            *ret_any = true;
            if (!write_at(k, k->fd, zeros, RECORD_SIZE, n * RECORD_SIZE, e))
                return false;
        }
    }
    return !*ret_any || k->calls->fdatasync(k->calls->context, k->fd) == 0 || fail(k, e, "sync private/keyring");
}

/* All records that hold to `to`: overwritten ones do not, whole or torn. */
static bool records_copy(struct keyring *k, int to, struct err *e)
{
    uint8_t *records = malloc((size_t)RECORDS_AT_ONCE * RECORD_SIZE);
    bool is_ok = records || err_set(e, ERR_LIMIT, "the keyring: no memory");
    uint64_t kept = 0;
    size_t count = RECORDS_AT_ONCE;
    for (uint64_t from = 0; is_ok && count == RECORDS_AT_ONCE && from < k->count; from += count) {
        is_ok = records_read(k, from, records, &count, e);
        size_t n = 0;
        for (size_t i = 0; is_ok && i < count && from + i < k->count; i++)
            if (record_holds(records + i * RECORD_SIZE))
                memmove(records + n++ * RECORD_SIZE, records + i * RECORD_SIZE, RECORD_SIZE);
        is_ok = is_ok && write_at(k, to, records, n * RECORD_SIZE, kept * RECORD_SIZE, e);
        kept += n;
    }
    if (records)
        memory_wipe(records, (size_t)RECORDS_AT_ONCE * RECORD_SIZE);
    free(records);
    return is_ok;
}

/* Has the file a record that does not hold, as a crash in the middle of an erasure leaves it? */
static bool has_broken(struct keyring *k)
{
    uint8_t record[RECORD_SIZE];
    for (uint64_t n = 0; n < k->count; n++) {
        if (k->calls->pread(k->calls->context, k->fd, record, RECORD_SIZE, (off_t)(n * RECORD_SIZE)) != RECORD_SIZE)
            return false;
        if (!record_holds(record))
            return true;
    }
    return false;
}

static bool keyring_compact(struct keyring *k, struct err *e)
{
    const struct os_file_calls *c = k->calls;
    if (c->unlinkat(c->context, k->dir, "keys.new", 0) != 0 && errno != ENOENT)
        return fail(k, e, "remove what a broken-off erasure left");
    int fresh = c->openat(c->context, k->dir, "keys.new", O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    if (fresh < 0)
        return fail(k, e, "create private/keyring/keys.new");
    bool is_ok = records_copy(k, fresh, e) && (c->fsync(c->context, fresh) == 0 || fail(k, e, "sync private/keyring")) &&
                 (c->renameat(c->context, k->dir, "keys.new", "keys") == 0 || fail(k, e, "put the keyring in its place")) &&
                 (c->fsync(c->context, k->dir) == 0 || fail(k, e, "sync private/keyring"));
    if (!is_ok) {
        c->close(c->context, fresh);
        k->is_failed = true;
        return false;
    }
    c->close(c->context, k->fd);
    k->fd = fresh;
    k->count = 0;
    blob_index_release(&k->index);
    return keyring_scan(k, e);
}

bool keyring_erase(struct keyring *k, const struct sha256 *names, size_t count, struct err *e)
{
    bool has_any = false;
    if (k->is_failed || !k->is_writer)
        return err_set(e, ERR_UNAVAILABLE, "the keyring cannot be written%s", k->is_failed ? " any more" : "");
    if (!keyring_sync(k, e) || !keyring_rewrap_stop(k, e) || !records_overwrite(k, names, count, &has_any, e))
        return false;
    return (has_any || has_broken(k)) ? keyring_compact(k, e) : true;
}

/* ---- another master key ---- */

/* The keys of blobs that were erased are in it, too, if the erasure came while it was written. */
bool keyring_rewrap_stop(struct keyring *k, struct err *e)
{
    static const uint8_t zeros[4096];
    const struct os_file_calls *c = k->calls;
    struct stat facts;
    if (k->rewrap.fd < 0)
        k->rewrap.fd = c->openat(c->context, k->dir, "keys.rewrap", O_RDWR | O_NOFOLLOW, 0);
    if (k->rewrap.fd < 0)
        return errno == ENOENT || err_errno(e, errno, "private/keyring/keys.rewrap");
    bool ok = c->fstat(c->context, k->rewrap.fd, &facts) == 0;
    for (off_t at = 0; ok && at < facts.st_size; at += (off_t)sizeof(zeros))
        ok = c->pwrite(c->context, k->rewrap.fd, zeros, sizeof(zeros), at) == (ssize_t)sizeof(zeros);
    ok = ok && c->fdatasync(c->context, k->rewrap.fd) == 0 && c->unlinkat(c->context, k->dir, "keys.rewrap", 0) == 0;
    if (!ok)
        err_errno(e, errno ? errno : EIO, "remove private/keyring/keys.rewrap");
    c->close(c->context, k->rewrap.fd);
    k->rewrap.fd = -1;
    return ok;
}

static bool rewrap_records(struct keyring *k, const struct env *env, const uint8_t next[32], uint8_t *records, size_t count,
                           size_t *ret_kept, struct err *e)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        uint8_t *record = records + i * RECORD_SIZE, dek[DEK_SIZE];
        char name[65];
        if (!record_holds(record))
            continue;
        hex_encode(record, 32, name);
        if (!unwrap(k, record + 32, record, dek, e))
            return err_wrap(e, "the key of blob %.16s does not open under the master key", name);
        memmove(records + n * RECORD_SIZE, record, 32);
        record_wrap(records + n * RECORD_SIZE, next, dek, env);
        memory_wipe(dek, sizeof(dek));
        n++;
    }
    *ret_kept = n;
    return true;
}

static bool rewrap_piece(struct keyring *k, const struct env *env, const uint8_t next[32], struct err *e)
{
    const struct os_file_calls *c = k->calls;
    uint8_t *records = malloc((size_t)RECORDS_AT_ONCE * RECORD_SIZE);
    size_t count = 0, n = 0;
    if (!records)
        return err_set(e, ERR_LIMIT, "the keyring: no memory");
    bool ok = records_read(k, k->rewrap.from, records, &count, e);
    if (count > k->count - k->rewrap.from)
        count = (size_t)(k->count - k->rewrap.from);
    ok = ok && rewrap_records(k, env, next, records, count, &n, e);
    for (size_t done = 0; ok && done < n * RECORD_SIZE;) {
        ssize_t written = c->pwrite(c->context, k->rewrap.fd, records + done, n * RECORD_SIZE - done,
                                    (off_t)(k->rewrap.kept * RECORD_SIZE + done));
        ok = written > 0 || (written < 0 && errno == EINTR) || err_errno(e, written < 0 ? errno : EIO, "write keys.rewrap");
        done += written > 0 ? (size_t)written : 0;
    }
    free(records);
    k->rewrap.from += ok ? count : 0;
    k->rewrap.kept += ok ? n : 0;
    return ok;
}

/* From here on the new file is the keyring: what was added meanwhile is in it. */
static bool rewrap_switch(struct keyring *k, const uint8_t next[32], struct err *e)
{
    const struct os_file_calls *c = k->calls;
    if (c->fsync(c->context, k->rewrap.fd) != 0 || c->renameat(c->context, k->dir, "keys.rewrap", "keys") != 0)
        return err_errno(e, errno, "put the keyring in its place");
    int old = k->fd;
    memcpy(k->others[0], k->master, sizeof(k->master));
    k->other_count = 1;
    memcpy(k->master, next, sizeof(k->master));
    k->fd = k->rewrap.fd;
    k->rewrap.fd = -1;
    k->is_dirty = false;
    k->count = 0;
    blob_index_release(&k->index);
    c->close(c->context, old);
    return (c->fsync(c->context, k->dir) == 0 || fail(k, e, "sync private/keyring")) && keyring_scan(k, e);
}

bool keyring_rewrap(struct keyring *k, const struct env *env, const uint8_t next[32], uint64_t at_once, uint64_t *ret_done,
                    uint64_t *ret_all, bool *ret_is_done, struct err *e)
{
    const struct os_file_calls *c = k->calls;
    if (k->is_failed || !k->is_writer)
        return err_set(e, ERR_UNAVAILABLE, "the keyring cannot be written%s", k->is_failed ? " any more" : "");
    *ret_is_done = false;
    if (k->rewrap.fd < 0) {
        k->rewrap.fd = c->openat(c->context, k->dir, "keys.rewrap", O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
        if (k->rewrap.fd < 0)
            return err_errno(e, errno, "create private/keyring/keys.rewrap");
        k->rewrap.from = k->rewrap.kept = 0;
    }
    for (uint64_t until = k->rewrap.from + at_once; k->rewrap.from < k->count && k->rewrap.from < until;)
        if (!rewrap_piece(k, env, next, e))
            return false;
    *ret_done = k->rewrap.kept;
    *ret_all = k->count;
    if (k->rewrap.from < k->count)
        return true;
    *ret_is_done = rewrap_switch(k, next, e);
    *ret_all = k->count;
    return *ret_is_done;
}

uint64_t keyring_count(const struct keyring *k)
{
    return k->count;
}

/* ---- backups ---- */

bool keyring_records(struct keyring *k, struct buf *out, struct err *e)
{
    uint8_t *records = malloc((size_t)RECORDS_AT_ONCE * RECORD_SIZE);
    bool is_ok = records || err_set(e, ERR_LIMIT, "the keyring: no memory");
    size_t count = RECORDS_AT_ONCE;
    for (uint64_t from = 0; is_ok && k->fd >= 0 && count == RECORDS_AT_ONCE; from += count) {
        is_ok = records_read(k, from, records, &count, e);
        for (size_t i = 0; is_ok && i < count; i++)
            if (record_holds(records + i * RECORD_SIZE))
                buf_str(out, str_make(records + i * RECORD_SIZE, RECORD_SIZE));
    }
    free(records);
    return is_ok && (!out->full || err_set(e, ERR_TOO_LARGE, "the keyring is too large for one file"));
}

uint64_t keyring_record_count(struct str records)
{
    uint64_t count = 0;
    for (size_t at = 0; at + RECORD_SIZE <= records.size; at += RECORD_SIZE)
        count += record_holds((const uint8_t *)records.data + at);
    return records.size % RECORD_SIZE == 0 ? count : UINT64_MAX;
}

static bool is_among(const uint8_t *name, const struct sha256 *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (memcmp(names[i].bytes, name, 32) == 0)
            return true;
    return false;
}

/* A record that was wrapped under another master key, under ours. */
static bool record_translate(struct keyring *k, const uint8_t *record, const struct keyring_source *from,
                             uint8_t ret[RECORD_SIZE], struct err *e)
{
    uint8_t dek[DEK_SIZE];
    memcpy(ret, record, RECORD_SIZE);
    if (!from)
        return true;
    if (!key_unwrap(from->master, record + 32, str_make(record, 32), dek, e))
        return err_wrap(e, "a key of the backup does not open under that master key");
    record_wrap(ret, k->master, dek, from->env);
    memory_wipe(dek, sizeof(dek));
    return true;
}

bool keyring_merge(struct keyring *k, struct str records, const struct keyring_source *from, const struct sha256 *erased,
                   size_t erased_count, uint64_t *ret_added, uint64_t *ret_erased, struct err *e)
{
    uint8_t ours[RECORD_SIZE];
    *ret_added = *ret_erased = 0;
    if (k->is_failed || !k->is_writer)
        return err_set(e, ERR_UNAVAILABLE, "the keyring cannot be written");
    for (size_t at = 0; at + RECORD_SIZE <= records.size; at += RECORD_SIZE) {
        const uint8_t *record = (const uint8_t *)records.data + at;
        struct sha256 name;
        memcpy(name.bytes, record, sizeof(name.bytes));
        if (!record_holds(record) || keyring_has(k, &name))
            continue;
        if (is_among(record, erased, erased_count)) {
            (*ret_erased)++;
            continue;
        }
        if (!record_translate(k, record, from, ours, e))
            return false;
        k->is_dirty = true;
        if (!write_at(k, k->fd, ours, RECORD_SIZE, k->count * RECORD_SIZE, e))
            return false;
        if (!blob_index_add(&k->index, blob_index_key(record), k->count))
            return err_set(e, ERR_LIMIT, "the keyring: no memory");
        k->count++;
        (*ret_added)++;
    }
    return true;
}
