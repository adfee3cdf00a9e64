/*
 * erasing.c - what happens between the two leaves of an erasure, in this order, each step durable before the next:
 *
 *   1. the wrapped keys are overwritten, and the keyring is written again without them
 *   2. the packs are written again without the sealed bytes
 *   3. the projection is made anew from what is left, as `assay rebuild` would make it, and synced
 *   4. an `erased` leaf {"of": index of the erase leaf, "x": …}
 *
 * Each step can be repeated. A keeper that finds an erase leaf without its erased leaf at the start does all of them before it
 * takes anything; one that finds a key or sealed bytes again that were erased (a backup was put back) destroys them again.
 */
#include "keeper/process.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

struct erasure {
    int64_t leaf;
    char x[65];
    struct sha256 name;
    bool is_done;
};

struct erasures {
    struct arena *arena;
    struct erasure *items;
    struct sha256 *names; /* of items, in their order; then the names that followed theirs */
    size_t count, capacity, name_count;
    size_t unfinished;
};

static bool erasures_read(struct keeper *k, struct erasures *all, struct err *e)
{
    struct err failed = {0};
    DB_EACH (row, k->projection.db, &failed, "select distinct leaf, x, erased_leaf is not null from erasure order by leaf") {
        struct erasure one = {.leaf = db_int(row, 0), .is_done = db_int(row, 2) != 0};
        struct str x = db_text(row, 1);
        if (x.size != 64 || !hex_decode(x, one.name.bytes, SHA256_SIZE))
            return err_set(e, ERR_CORRUPT, "erase leaf %lld: no name of a blob", (long long)one.leaf);
        memcpy(one.x, x.data, 64);
        if (all->count == all->capacity)
            all->items = arena_grow(all->arena, all->items, all->count, &all->capacity, sizeof(*all->items));
        all->items[all->count++] = one;
        all->unfinished += !one.is_done;
    }
    if (failed.code)
        return (*e = failed, false);
    int64_t followers = db_one_int(k->projection.db, e, 0, "select count(*) from reencryption");
    all->names = arena_array(all->arena, all->count + (size_t)followers + 1, sizeof(*all->names));
    for (size_t i = 0; i < all->count; i++)
        all->names[i] = all->items[i].name;
    all->name_count = all->count;
    if (e->code)
        return false;
    /* What was sealed anew goes with what it followed. */
    DB_EACH (row, k->projection.db, e,
             "with recursive chain(x) as (select r.new_x from reencryption as r join erasure on r.old_x = erasure.x union select "
             "r.new_x from reencryption as r join chain on r.old_x = chain.x) select x from chain") {
        if (all->name_count < all->count + (size_t)followers &&
            hex_decode(db_text(row, 0), all->names[all->name_count].bytes, SHA256_SIZE))
            all->name_count++;
    }
    return e->code == ERR_NONE;
}

/* Is anything there that should be gone? */
static bool is_anything_left(struct keeper *k, const struct erasures *all, bool *ret, struct err *e)
{
    *ret = all->unfinished > 0;
    for (size_t i = 0; i < all->name_count && !*ret; i++) {
        if (!pack_has(k->packs, &all->names[i], ret, e))
            return false;
        *ret = *ret || keyring_has(k->keys, &all->names[i]);
    }
    return true;
}

static bool sync_path(int dir, const char *path, struct err *e)
{
    int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
    bool ok = (fd >= 0 && fsync(fd) == 0) || err_errno(e, errno, "sync %s", path);
    if (fd >= 0)
        close(fd);
    return ok;
}

/* The projection as it is without the blobs. It is synced, unlike otherwise: behind the erased leaf, no older one may come back. */
static bool projection_renew(struct keeper *k, struct err *e)
{
    const struct keeper_options *o = k->o;
    struct blob_reader blobs = blob_store_reader(&k->store);
    projection_close(&k->projection);
    return projection_rebuild(k->dir.path, k->dir.origin, o->kinds, o->kind_count, k->ledger, &blobs, NULL, e) &&
           sync_path(k->dir.fd, PROJECTION_FILE, e) && sync_path(k->dir.fd, "db", e) &&
           projection_open(&k->projection, k->dir.path, k->dir.origin, o->kinds, o->kind_count, e);
}

static bool record_erased(struct keeper *k, struct arena *a, const struct erasure *one, struct err *e)
{
    struct op op = {.kind = "erased", .actor = STR("system:keeper"), .body = json_object(a)};
    struct leaf_draft draft = {.type = "erased", .stream = STR("erase"), .body = json_object(a)};
    op_id_of(arena_printf(a, "erased %s %lld", k->dir.origin, (long long)one->leaf), op.id);
    json_put_int(draft.body, "of", one->leaf);
    json_put_cstr(draft.body, "x", one->x);
    return batch_own(k, &op, &draft, e);
}

bool keeper_erase_finish(struct keeper *k, struct err *e)
{
    struct erasures all = {.arena = arena_new("erasures", 256 << 20)};
    bool is_left = false;
    k->has_erasures = false;
    bool ok = erasures_read(k, &all, e) && is_anything_left(k, &all, &is_left, e);
    if (ok && is_left) {
        ok = keyring_erase(k->keys, all.names, all.name_count, e) && pack_erase(k->packs, all.names, all.name_count, e) &&
             projection_renew(k, e);
        for (size_t i = 0; ok && i < all.count; i++)
            ok = all.items[i].is_done || record_erased(k, all.arena, &all.items[i], e);
    }
    arena_free(all.arena);
    return ok ? true : err_wrap(e, "erasure (it is finished at the next start)");
}
