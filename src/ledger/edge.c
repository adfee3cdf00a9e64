#include "ledger/internal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>

void edge_init(struct edge *g, const struct os_file_calls *calls, int dir)
{
    memset(g, 0, sizeof(*g));
    g->calls = calls;
    g->dir = dir;
    buf_init(&g->bundle, BUNDLE_BYTES_MAX);
}

void edge_release(struct edge *g)
{
    for (size_t i = 0; i < g->pending_count && i < PENDING_OPEN; i++) /* after a failure */
        g->calls->close(g->calls->context, g->pending_fds[i]);
    g->pending_count = 0;
    buf_release(&g->bundle);
}

bool durable_dir_make(const struct os_file_calls *calls, int dir, const char *path, mode_t mode, bool is_resuming, struct err *e)
{
    char made[4096], parent[4096] = ".";
    size_t size = strlen(path);
    assert(size < sizeof(made));
    for (size_t i = 1; i <= size; i++) {
        if (path[i] != '/' && path[i] != 0)
            continue;
        memcpy(made, path, i);
        made[i] = 0;
        bool is_made = calls->mkdirat(calls->context, dir, made, mode) == 0;
        if (!is_made && errno != EEXIST)
            return err_errno(e, errno, "make directory %s", made);
        if (is_made || is_resuming) {
            int fd = calls->openat(calls->context, dir, parent, O_RDONLY | O_DIRECTORY, 0);
            if (fd < 0)
                return err_errno(e, errno, "open directory %s", parent);
            bool is_synced = calls->fsync(calls->context, fd) == 0 || err_errno(e, errno, "sync directory %s", parent);
            calls->close(calls->context, fd);
            if (!is_synced)
                return false;
        }
        memcpy(parent, made, i + 1);
    }
    return true;
}

/* A directory whose new names are not durable yet. Syncing it once for all its new files, instead of once for each, halves the
 * syncs of a large batch. */
static bool dirty_sync(struct edge *g, struct err *e)
{
    for (; g->dirty_count > 0; g->dirty_count--) {
        const char *path = g->dirty[g->dirty_count - 1];
        int fd = g->calls->openat(g->calls->context, g->dir, path, O_RDONLY | O_DIRECTORY, 0);
        if (fd < 0)
            return err_errno(e, errno, "open directory %s", path);
        bool is_synced = g->calls->fsync(g->calls->context, fd) == 0 || err_errno(e, errno, "sync directory %s", path);
        g->calls->close(g->calls->context, fd);
        if (!is_synced)
            return false;
    }
    return true;
}

static bool pending_publish(struct edge *g, struct err *e);

static bool dirty_note(struct edge *g, const char *path, struct err *e)
{
    for (size_t i = 0; i < g->dirty_count; i++)
        if (strcmp(g->dirty[i], path) == 0)
            return true;
    if (g->dirty_count == sizeof(g->dirty) / sizeof(g->dirty[0]) && (!pending_publish(g, e) || !dirty_sync(g, e)))
        return false; /* names first: a sync before the renaming would be of nothing */
    memcpy(g->dirty[g->dirty_count++], path, TILE_PATH_SIZE);
    return true;
}

static bool bytes_write(const struct os_file_calls *c, int fd, const char *path, struct str bytes, struct err *e)
{
    for (size_t done = 0; done < bytes.size;) {
        ssize_t n = c->pwrite(c->context, fd, bytes.data + done, bytes.size - done, (off_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_errno(e, n < 0 ? errno : EIO, "write %s", path);
        done += (size_t)n;
    }
    return true;
}

/* A writer that crashed may have written this tile already: then it must be the same. */
static bool is_same(struct edge *g, const char *path, struct str bytes, struct err *e)
{
    struct buf BUF_AUTO there;
    buf_init(&there, bytes.size + 1);
    bool is_read = os_file_read(g->calls, g->dir, path, &there, e);
    if (!is_read && e->code != ERR_TOO_LARGE)
        return false;
    return (is_read && str_equal(buf_view(&there), bytes)) || err_set(e, ERR_CORRUPT, "%s exists with other bytes", path);
}

static void temporary_name(size_t i, char ret[32])
{
    snprintf(ret, 32, "tile/new.tmp%u", (unsigned)i);
}

static bool pending_sync(struct edge *g, struct err *e)
{
    const struct os_file_calls *c = g->calls;
    bool is_many = g->pending_count > PENDING_OPEN, is_ok = true;
    if (is_many && c->syncfs(c->context, g->dir) != 0)
        is_ok = err_errno(e, errno, "sync %zu tiles", g->pending_count);
    for (size_t i = 0; i < g->pending_count && i < PENDING_OPEN; i++) {
        if (!is_many && is_ok && c->fsync(c->context, g->pending_fds[i]) != 0)
            is_ok = err_errno(e, errno, "sync %s", g->pending[i]);
        if (c->close(c->context, g->pending_fds[i]) != 0 && is_ok)
            is_ok = err_errno(e, errno, "close %s", g->pending[i]);
    }
    return is_ok;
}

/* I5: tiles are whole and synced under temporary names, then renamed, never over another; their directories are synced before a
 * checkpoint needs them. Many at once share one sync of the file system: one of each would cost more than everything else. */
static bool pending_publish(struct edge *g, struct err *e)
{
    const struct os_file_calls *c = g->calls;
    bool is_ok = pending_sync(g, e);
    for (size_t i = 0; i < g->pending_count; i++) {
        const char *path = g->pending[i];
        char temporary[32];
        temporary_name(i, temporary);
        if (is_ok && c->rename_new(c->context, g->dir, temporary, path) == 0)
            continue;
        if (is_ok) {
            struct buf BUF_AUTO bytes;
            buf_init(&bytes, BUNDLE_BYTES_MAX);
            is_ok = errno != EEXIST ? err_errno(e, errno, "rename to %s", path)
                                    : os_file_read(c, g->dir, temporary, &bytes, e) && is_same(g, path, buf_view(&bytes), e);
        }
        c->unlinkat(c->context, g->dir, temporary, 0);
    }
    g->pending_count = 0;
    return is_ok;
}

static bool tile_write(struct edge *g, int level, uint64_t n, unsigned width, struct str bytes, struct err *e)
{
    const struct os_file_calls *c = g->calls;
    char path[TILE_PATH_SIZE], parent[TILE_PATH_SIZE], temporary[32];
    if (g->pending_count == PENDING_TILES && !pending_publish(g, e))
        return false;
    tile_path(level, n, width, path);
    memcpy(parent, path, sizeof(parent));
    *strrchr(parent, '/') = 0;
    bool is_new_dir = width < TILE_WIDTH || n % 1000 == 0 || g->is_resuming;
    if ((is_new_dir && !durable_dir_make(c, g->dir, parent, 0755, g->is_resuming, e)) || !dirty_note(g, parent, e))
        return false;
    if (width == TILE_WIDTH && g->filled_count < sizeof(g->filled) / sizeof(g->filled[0]))
        memcpy(g->filled[g->filled_count++], path, TILE_PATH_SIZE);
    temporary_name(g->pending_count, temporary);
    int fd = c->openat(c->context, g->dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0644);
    if (fd < 0 && errno == EEXIST) { /* left by a crash, maybe under both names: truncating it would truncate the tile */
        c->unlinkat(c->context, g->dir, temporary, 0);
        fd = c->openat(c->context, g->dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0644);
    }
    if (fd < 0)
        return err_errno(e, errno, "create %s", temporary);
    memcpy(g->pending[g->pending_count], path, sizeof(path));
    bool is_ok = bytes_write(c, fd, path, bytes, e);
    if (is_ok && g->pending_count >= PENDING_OPEN) /* one sync for many: by then most of it is on its way */
        c->write_begin(c->context, fd);
    if (is_ok && g->pending_count < PENDING_OPEN)
        g->pending_fds[g->pending_count] = fd;
    else if (c->close(c->context, fd) != 0 && is_ok)
        is_ok = err_errno(e, errno, "close %s", path);
    g->pending_count += is_ok;
    return is_ok;
}

static struct str hashes_view(const struct sha256 *hashes, unsigned width)
{
    return str_make(hashes, (size_t)width * SHA256_SIZE);
}

/* Takes the bundle and the tiles that are full out of memory; `bundle` is the full one. */
static bool full_write(struct edge *g, struct str bundle, struct err *e)
{
    uint64_t n = g->size / TILE_WIDTH - 1;
    if (!tile_write(g, LEVEL_ENTRIES, n, TILE_WIDTH, bundle, e))
        return false;
    buf_clear(&g->bundle);
    for (int level = 0; level < TILE_LEVELS && g->levels[level].width == TILE_WIDTH; level++, n /= TILE_WIDTH) {
        struct edge_level *at = &g->levels[level];
        if (!tile_write(g, level, n, TILE_WIDTH, hashes_view(at->hashes, TILE_WIDTH), e))
            return false;
        at->width = at->written = 0;
        if (level + 1 < TILE_LEVELS)
            at[1].hashes[at[1].width++] = tile_full_root(at->hashes);
    }
    return true;
}

/* Leaves that go into the same bundle, framed; their hashes are in the tile already. */
static bool piece_push(struct edge *g, struct str framed, size_t count, struct err *e)
{
    g->size += count;
    g->levels[0].width += (unsigned)count;
    bool is_full = g->levels[0].width == TILE_WIDTH;
    if (is_full && count == TILE_WIDTH)
        return full_write(g, framed, e); /* as it lies in the journal */
    buf_str(&g->bundle, framed);
    if (g->bundle.full)
        return err_set(e, ERR_LIMIT, "no memory for an entry bundle");
    return !is_full || full_write(g, buf_view(&g->bundle), e);
}

bool edge_push(struct edge *g, struct str leaf, struct err *e)
{
    buf_u16be(&g->bundle, (uint16_t)leaf.size);
    g->levels[0].hashes[g->levels[0].width] = merkle_leaf_hash(leaf);
    return piece_push(g, leaf, 1, e);
}

bool edge_push_framed(struct edge *g, struct str framed, size_t count, struct err *e)
{
    while (count > 0) {
        struct edge_level *at = &g->levels[0];
        struct str leaves[TILE_WIDTH];
        struct str rest = framed;
        size_t room = TILE_WIDTH - at->width, taken = count < room ? count : room;
        if (!framed_take(&rest, taken, leaves))
            return err_set(e, ERR_CORRUPT, "a journal frame is shorter than its leaves");
        merkle_leaf_hashes(leaves, taken, at->hashes + at->width);
        if (!piece_push(g, str_slice(framed, 0, framed.size - rest.size), taken, e))
            return false;
        framed = rest;
        count -= taken;
    }
    return true;
}

bool edge_flush(struct edge *g, struct err *e)
{
    for (int level = 0; level < TILE_LEVELS; level++) {
        struct edge_level *at = &g->levels[level];
        if (at->width == at->written)
            continue;
        uint64_t n = g->size >> (8 * level) >> 8;
        if (level == 0 && !tile_write(g, LEVEL_ENTRIES, n, at->width, buf_view(&g->bundle), e))
            return false;
        if (!tile_write(g, level, n, at->width, hashes_view(at->hashes, at->width), e))
            return false;
        at->written = at->width;
    }
    return pending_publish(g, e) && dirty_sync(g, e);
}

/* From the partial tiles, without the tree to the left: RFC 6962's root folds the perfect subtrees from right to left. */
struct sha256 edge_root(const struct edge *g)
{
    struct merkle_frontier f = {.size = g->size};
    struct sha256 row[TILE_WIDTH];
    for (int level = 0; level < TILE_LEVELS; level++) {
        unsigned width = g->levels[level].width;
        memcpy(row, g->levels[level].hashes, (size_t)width * SHA256_SIZE);
        for (unsigned r = 0; width > 0; r++) {
            if (width & 1)
                f.hashes[8 * (unsigned)level + r] = row[width - 1];
            width /= 2;
            for (unsigned k = 0; k < width; k++)
                row[k] = merkle_node_hash(row[2 * k], row[2 * k + 1]);
        }
    }
    return merkle_frontier_root(&f);
}

bool edge_load(struct edge *g, uint64_t size, struct sha256 root, struct err *e)
{
    struct tile_store store;
    struct buf BUF_AUTO bytes;
    tile_store_init(&store, g->calls, g->dir, size);
    buf_init(&bytes, TILE_WIDTH * SHA256_SIZE);
    bool is_ok = true;
    g->size = size;
    for (int level = 0; is_ok && level < TILE_LEVELS; level++) {
        struct edge_level *at = &g->levels[level];
        uint64_t hashes = size >> (8 * level);
        at->width = at->written = (unsigned)(hashes & 255);
        if (at->width == 0)
            continue;
        is_ok = tile_read(&store, level, hashes >> 8, &bytes, e);
        if (is_ok)
            memcpy(at->hashes, bytes.data, bytes.size);
    }
    is_ok = is_ok && (sha256_equal(edge_root(g), root) ||
                      err_set(e, ERR_CORRUPT, "the tiles do not have the root that was recorded for %llu leaves",
                              (unsigned long long)size));
    unsigned width = g->levels[0].width;
    buf_clear(&g->bundle);
    is_ok = is_ok && (width == 0 || tile_read(&store, LEVEL_ENTRIES, size / TILE_WIDTH, &g->bundle, e));
    uint32_t offsets[TILE_WIDTH + 1];
    is_ok = is_ok && (width == 0 || bundle_split(buf_view(&g->bundle), width, offsets));
    for (unsigned k = 0; is_ok && k < width; k++) {
        struct str leaf = str_slice(buf_view(&g->bundle), offsets[k] + 2, offsets[k + 1]);
        if (!sha256_equal(merkle_leaf_hash(leaf), g->levels[0].hashes[k]))
            is_ok =
                err_set(e, ERR_CORRUPT, "leaf %llu does not match its hash in the tile", (unsigned long long)(size - width + k));
    }
    tile_store_release(&store);
    if (!is_ok && e->code == ERR_NOT_FOUND)
        e->code = ERR_CORRUPT;
    return is_ok;
}

/* tlog-tiles: a partial tile may go once its full tile is there. What cannot be removed only takes space. */
void edge_collect(struct edge *g)
{
    for (size_t i = 0; i < g->filled_count; i++) {
        char path[TILE_PATH_SIZE + 8];
        snprintf(path, sizeof(path), "%s.p", g->filled[i]);
        int fd = g->calls->openat(g->calls->context, g->dir, path, O_RDONLY | O_DIRECTORY, 0);
        if (fd < 0)
            continue;
        for (unsigned width = 1; width < TILE_WIDTH; width++) {
            char name[8];
            snprintf(name, sizeof(name), "%u", width);
            g->calls->unlinkat(g->calls->context, fd, name, 0);
        }
        g->calls->close(g->calls->context, fd);
        g->calls->unlinkat(g->calls->context, g->dir, path, AT_REMOVEDIR);
    }
    g->filled_count = 0;
}
