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
    int fd; /* -1: there is no file yet (a reader of a ledger without blobs) */
    uint8_t master[32];
    bool is_writer;
    bool is_dirty;
    bool is_failed;
    uint64_t count; /* records, the next one goes behind them */
    struct blob_index index;
};

static bool record_holds(const uint8_t *record)
{
    uint32_t crc = crc32c_add(0, str_make(record, RECORD_SIZE - 4));
    const uint8_t *p = record + RECORD_SIZE - 4;
    return crc == ((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]);
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
    static const char path[] = "keyring/keys";
    const struct os_file_calls *c = k->calls;
    k->fd = c->openat(c->context, private_dir, path, (k->is_writer ? O_RDWR | O_CREAT : O_RDONLY) | O_NOFOLLOW, 0600);
    if (k->fd < 0)
        return (errno == ENOENT && !k->is_writer) || err_errno(e, errno, "open private/%s", path);
    struct stat facts;
    if (fstat(k->fd, &facts) != 0 || !S_ISREG(facts.st_mode))
        return err_set(e, ERR_INVALID, "private/%s is not a regular file", path);
    if (!k->is_writer)
        return true;
    int dir = c->openat(c->context, private_dir, "keyring", O_RDONLY | O_DIRECTORY, 0);
    bool is_ok = (dir >= 0 && c->fsync(c->context, dir) == 0) || err_errno(e, errno, "sync private/keyring");
    if (dir >= 0)
        c->close(c->context, dir);
    return is_ok;
}

struct keyring *keyring_open(const struct os_file_calls *calls, int private_dir, const uint8_t master[32], bool is_writer,
                             struct err *e)
{
    struct keyring *k = calloc(1, sizeof(*k));
    if (!k) {
        err_set(e, ERR_LIMIT, "open the keyring: no memory");
        return NULL;
    }
    *k = (struct keyring){.calls = calls, .fd = -1, .is_writer = is_writer};
    memcpy(k->master, master, sizeof(k->master));
    if ((is_writer && !make_dir(calls, private_dir, e)) || !file_open(k, private_dir, e) || (k->fd >= 0 && !keyring_scan(k, e)))
        return keyring_close(k);
    return k;
}

struct keyring *keyring_close(struct keyring *k)
{
    if (!k)
        return NULL;
    if (k->fd >= 0)
        k->calls->close(k->calls->context, k->fd);
    blob_index_release(&k->index);
    memory_wipe(k->master, sizeof(k->master));
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

bool keyring_add(struct keyring *k, const struct env *env, const char *x, const uint8_t dek[DEK_SIZE], struct err *e)
{
    uint8_t record[RECORD_SIZE], nonce[12], wrapped[WRAPPED_KEY_SIZE], there[DEK_SIZE];
    if (k->is_failed || !k->is_writer)
        return err_set(e, ERR_UNAVAILABLE, "the keyring cannot be written%s", k->is_failed ? " any more" : "");
    if (!hex_decode(str_of(x), record, 32))
        return err_set(e, ERR_INVALID, "blob name: not 64 lower-case hex digits");
    struct err absent = {0};
    if (find(k, record, wrapped, &absent) && key_unwrap(k->master, wrapped, str_make(record, 32), there, &absent)) {
        bool is_same = memcmp(there, dek, DEK_SIZE) == 0;
        memory_wipe(there, sizeof(there));
        return is_same || err_set(e, ERR_CONFLICT, "blob %.16s: the keyring holds another key for it", x);
    }
    env_random(env, nonce, sizeof(nonce));
    key_wrap(k->master, dek, str_make(record, 32), nonce, record + 32);
    uint32_t crc = crc32c_add(0, str_make(record, RECORD_SIZE - 4));
    for (int i = 0; i < 4; i++)
        record[RECORD_SIZE - 4 + i] = (uint8_t)(crc >> (24 - 8 * i));
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

bool keyring_get(struct keyring *k, const char *x, uint8_t ret_dek[DEK_SIZE], struct err *e)
{
    uint8_t name[32], wrapped[WRAPPED_KEY_SIZE];
    if (!hex_decode(str_of(x), name, sizeof(name)))
        return err_set(e, ERR_INVALID, "blob name: not 64 lower-case hex digits");
    bool is_found = k->fd >= 0 && find(k, name, wrapped, e);
    if (!is_found && k->fd >= 0 && !k->is_writer && e->code == ERR_NOT_FOUND) /* the writer may have gone on since */
        is_found = keyring_scan(k, e) && find(k, name, wrapped, e);
    else if (k->fd < 0)
        err_set(e, ERR_NOT_FOUND, "no key");
    return (is_found && key_unwrap(k->master, wrapped, str_make(name, sizeof(name)), ret_dek, e)) ||
           err_wrap(e, "key of blob %.16s", x);
}
