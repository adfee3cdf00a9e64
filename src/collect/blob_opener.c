/* blob_opener.c - opening of sealed blobs: packs here, keys from the keyring or from the keeper. */
#include "base/limits.h"
#include "collect/captures.h"
#include "keeper/data_dir.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

struct opener {
    struct blob_opener base;
    int blobs_fd, private_fd;
    struct pack_store *packs;
    struct keyring *keys; /* NULL: keys come from the keeper */
    struct keeper_client *client;
};

static void opener_release(void *context)
{
    struct opener *o = context;
    if (o->keys)
        keyring_close(o->keys);
    if (o->packs)
        pack_close(o->packs);
    if (o->private_fd >= 0)
        close(o->private_fd);
    if (o->blobs_fd >= 0)
        close(o->blobs_fd);
}

static bool opener_read(struct opener *o, struct arena *a, uint64_t leaf, const char *x, struct blob_opened *ret, char ret_now[65], struct err *e)
{
    struct keeper_blob blob;
    struct str stored;
    bool is_ok = o->keys ? pack_current(o->packs, x, blob.x, e) && pack_read(o->packs, a, blob.x, &stored, e) && keyring_get(o->keys, blob.x, blob.dek, e)
                         : keeper_blob_key(o->client, leaf, x, &blob, e) && pack_read_at(o->packs, a, blob.x, blob.place, &stored, e);
    is_ok = is_ok && blob_unseal(a, stored, blob.x, blob.dek, LIMIT_BLOB_BYTES, ret, e);
    if (is_ok)
        memcpy(ret_now, blob.x, sizeof(blob.x));
    memory_wipe(&blob, sizeof(blob));
    return is_ok;
}

static bool opener_open(void *context, struct arena *a, uint64_t leaf, const char *c, const char *x, struct str *ret_plain,
                        struct err *e)
{
    struct blob_opened opened;
    char now[65];
    bool is_ok = opener_read(context, a, leaf, x, &opened, now, e) && blob_settle(&opened, c, now, e);
    if (is_ok)
        *ret_plain = opened.plain;
    memory_wipe(&opened, sizeof(opened));
    return is_ok;
}

bool blob_opener_unseal(void *opener, struct arena *a, uint64_t leaf, const char *c, const char *x, struct blob_opened *ret, struct err *e)
{
    char now[65];
    (void)c;
    return opener_read(((struct blob_opener *)opener)->context, a, leaf, x, ret, now, e);
}

static struct opener *opener_new(struct arena *a, const struct data_dir *d, struct err *e)
{
    struct opener *o = ARENA_NEW(a, struct opener);
    *o = (struct opener){.base = {.open = opener_open, .context = o}, .blobs_fd = -1, .private_fd = -1};
    arena_on_free(a, opener_release, o);
    o->blobs_fd = openat(d->fd, "blobs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (o->blobs_fd < 0) {
        err_errno(e, errno, "open %s/blobs", d->path);
        return NULL;
    }
    o->packs = pack_open(&os_file_real, o->blobs_fd, false, e);
    return o->packs ? o : NULL;
}

struct blob_opener *blob_opener_direct(struct arena *a, const char *data_dir, struct err *e)
{
    struct data_dir d;
    if (!data_dir_open(&d, data_dir, e))
        return NULL;
    uint8_t master[32];
    struct opener *o = opener_new(a, &d, e);
    if (o && keys_load_secret(d.fd, "master", master, e)) {
        o->private_fd = openat(d.fd, "private", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (o->private_fd < 0)
            err_errno(e, errno, "open %s/private", d.path);
        else
            o->keys = keyring_open(&os_file_real, o->private_fd, master, false, e);
        memory_wipe(master, sizeof(master));
    }
    data_dir_close(&d);
    return o && o->keys ? &o->base : NULL;
}

struct blob_opener *blob_opener_keeper(struct arena *a, const char *data_dir, struct keeper_client *client, struct err *e)
{
    struct data_dir d;
    if (!data_dir_open(&d, data_dir, e))
        return NULL;
    struct opener *o = opener_new(a, &d, e);
    data_dir_close(&d);
    if (!o)
        return NULL;
    o->client = client;
    return &o->base;
}
