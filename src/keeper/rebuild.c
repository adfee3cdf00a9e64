/* rebuild.c - holds the ledger's lock, reads keys and packs, and lets projection_rebuild do the rest. */
#include "keeper/rebuild.h"
#include "keeper/data_dir.h"
#include "keeper/projection.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static bool refuse_to_sign(void *context, const struct checkpoint *old, const struct checkpoint *c, const struct sha256 *proof,
                           size_t proof_count, struct buf *ret_note, struct err *e)
{
    (void)context, (void)old, (void)c, (void)proof, (void)proof_count, (void)ret_note;
    return err_set(e, ERR_INTERNAL, "a rebuild signs nothing");
}

static bool move_again(void *context, uint64_t index, struct str bytes, struct err *e)
{
    struct pack_store *packs = context;
    struct leaf leaf;
    struct sha256 from, to;
    (void)index;
    if (!str_starts(bytes, "assay/leaf@v1 reencrypt\n"))
        return true;
    struct arena *a = arena_new("reencrypt leaf", 1 << 20);
    bool ok = leaf_parse(a, bytes, &leaf, e);
    if (ok && hex_decode(json_text(leaf.json, "from"), from.bytes, SHA256_SIZE) &&
        hex_decode(json_text(leaf.json, "x"), to.bytes, SHA256_SIZE))
        ok = pack_move(packs, &from, &to, e);
    arena_free(a);
    return ok;
}

/* blobs/pack/moved is an index, too: what it lost, the leaves say. */
static bool moves_renew(struct ledger *l, int blobs_fd, struct err *e)
{
    struct pack_store *packs = pack_open(&os_file_real, blobs_fd, true, e);
    bool ok = packs && ledger_replay(l, 0, move_again, packs, e) && pack_sync(packs, e);
    pack_close(packs);
    return ok;
}

static bool rebuild_open(const struct data_dir *d, const struct op_kind *kinds, size_t kind_count, const struct env *env,
                         struct rebuild_report *ret, struct err *e)
{
    uint8_t master[32];
    struct ledger_options o = {
        .calls = &os_file_real, .env = env, .data_dir = d->fd, .origin = d->origin, .signer = {.sign = refuse_to_sign}};
    int private_fd = openat(d->fd, "private", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int blobs_fd = openat(d->fd, "blobs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct blob_store_reader store = {0};
    struct ledger *l = NULL;
    bool ok = private_fd >= 0 && blobs_fd >= 0 ? true : err_errno(e, errno, "%s", d->path);
    ok = ok && keys_load_secret(d->fd, "master", master, e) && (l = ledger_open(&o, e)) && moves_renew(l, blobs_fd, e) &&
         (store.packs = pack_open(&os_file_real, blobs_fd, false, e)) &&
         (store.keys = keyring_open(&os_file_real, private_fd, master, false, e));
    memory_wipe(master, sizeof(master));
    struct blob_reader blobs = blob_store_reader(&store);
    ok = ok && projection_rebuild(d->path, d->origin, kinds, kind_count, l, &blobs, &ret->leaves, e);
    keyring_close(store.keys);
    pack_close(store.packs);
    ledger_close(l);
    if (private_fd >= 0)
        close(private_fd);
    if (blobs_fd >= 0)
        close(blobs_fd);
    return ok;
}

bool keeper_rebuild(const char *data_dir, const struct op_kind *kinds, size_t kind_count, const struct env *env,
                    struct rebuild_report *ret, struct err *e)
{
    struct data_dir d;
    if (!data_dir_open(&d, data_dir, e))
        return false;
    mode_t old = umask(0077);
    mkdirat(d.fd, "db", 0700); /* a cache may be thrown away whole; what else is wrong with it, the database says */
    bool ok = rebuild_open(&d, kinds, kind_count, env, ret, e);
    umask(old);
    data_dir_close(&d);
    return ok;
}
