#include "ledger/internal.h"

#include <assert.h>

static void group_put(char *at, uint64_t n)
{
    at[0] = (char)('0' + n / 100 % 10);
    at[1] = (char)('0' + n / 10 % 10);
    at[2] = (char)('0' + n % 10);
}

/* C2SP tlog-tiles: the index in groups of three digits, all but the last with an x in front. */
void tile_path(int level, uint64_t n, unsigned width, char ret[TILE_PATH_SIZE])
{
    char index[40], *end = index + sizeof(index), *at = end - 3;
    char folder[16] = "tile/entries/";
    size_t size = sizeof("tile/entries/") - 1;
    if (level != LEVEL_ENTRIES)
        size = (size_t)snprintf(folder, sizeof(folder), "tile/%d/", level);
    assert(size < sizeof(folder));
    group_put(at, n);
    for (n /= 1000; n > 0; n /= 1000) {
        at -= 5;
        at[0] = 'x';
        group_put(at + 1, n);
        at[4] = '/';
    }
    memcpy(ret, folder, size);
    memcpy(ret + size, at, (size_t)(end - at));
    ret[size + (size_t)(end - at)] = 0;
    if (width < TILE_WIDTH)
        snprintf(ret + size + (end - at), TILE_PATH_SIZE - size - (size_t)(end - at), ".p/%u", width);
}

unsigned tile_width(int level, uint64_t n, uint64_t size)
{
    uint64_t hashes = level == LEVEL_ENTRIES ? size : level < TILE_LEVELS ? size >> (8 * level) : 0;
    if (n >= (hashes >> 8) + ((hashes & 255) != 0))
        return 0;
    return n < hashes >> 8 ? TILE_WIDTH : (unsigned)(hashes & 255);
}

void tile_store_init(struct tile_store *s, const struct os_file_calls *calls, int dir, uint64_t size)
{
    *s = (struct tile_store){.calls = calls, .dir = dir, .size = size, .bundle_n = UINT64_MAX};
    buf_init(&s->bytes, TILE_WIDTH * SHA256_SIZE);
    buf_init(&s->bundle, BUNDLE_BYTES_MAX);
}

void tile_store_release(struct tile_store *s)
{
    for (int i = 0; i < TILE_CACHE; i++)
        free(s->cache[i]);
    buf_release(&s->bytes);
    buf_release(&s->bundle);
}

bool bundle_split(struct str bytes, unsigned width, uint32_t ret_offsets[TILE_WIDTH + 1])
{
    const uint8_t *p = (const uint8_t *)bytes.data;
    size_t at = 0;
    for (unsigned i = 0; i < width; i++) {
        ret_offsets[i] = (uint32_t)at;
        if (bytes.size - at < 2)
            return false;
        size_t size = (size_t)p[at] << 8 | p[at + 1];
        at += 2;
        if (bytes.size - at < size)
            return false;
        at += size;
    }
    ret_offsets[width] = (uint32_t)at;
    return true;
}

bool framed_take(struct str *framed, size_t count, struct str *ret_leaves)
{
    for (size_t i = 0; i < count; i++) {
        size_t size = framed->size < 2 ? 0 : (size_t)(uint8_t)framed->data[0] << 8 | (uint8_t)framed->data[1];
        if (size == 0 || size > framed->size - 2)
            return false;
        ret_leaves[i] = str_slice(*framed, 2, 2 + size);
        *framed = str_slice(*framed, 2 + size, framed->size);
    }
    return true;
}

/* A partial tile may have been collected since its full one exists: then the first `width` hashes of that one are the same bytes.
 */
static bool file_read(const struct tile_store *s, int level, uint64_t n, struct buf *out, uint32_t ret_offsets[TILE_WIDTH + 1], struct err *e)
{
    char path[TILE_PATH_SIZE];
    unsigned width = tile_width(level, n, s->size);
    if (width == 0)
        return err_set(e, ERR_NOT_FOUND, "a tree of %llu has no tile %llu on level %d", (unsigned long long)s->size,
                       (unsigned long long)n, level);
    buf_clear(out);
    tile_path(level, n, width, path);
    bool is_read = os_file_read(s->calls, s->dir, path, out, e);
    bool is_cut = false;
    if (!is_read && e->code == ERR_NOT_FOUND && width < TILE_WIDTH) {
        tile_path(level, n, TILE_WIDTH, path);
        buf_clear(out);
        is_read = is_cut = os_file_read(s->calls, s->dir, path, out, e);
    }
    if (!is_read)
        return e->code == ERR_NOT_FOUND   ? err_set(e, ERR_NOT_FOUND, "%s is missing", path)
               : e->code == ERR_TOO_LARGE ? err_set(e, ERR_CORRUPT, "%s is too long", path)
                                          : false;
    size_t size = (size_t)width * SHA256_SIZE;
    if (level == LEVEL_ENTRIES) {
        if (!bundle_split(buf_view(out), width, ret_offsets))
            return err_set(e, ERR_CORRUPT, "%s: the framing is broken", path);
        size = ret_offsets[width];
    }
    if (out->size < size || (!is_cut && out->size != size))
        return err_set(e, ERR_CORRUPT, "%s: %zu bytes where %zu belong", path, out->size, size);
    out->size = size;
    return true;
}

bool tile_read(const struct tile_store *s, int level, uint64_t n, struct buf *out, struct err *e)
{
    uint32_t offsets[TILE_WIDTH + 1];
    return file_read(s, level, n, out, offsets, e);
}

bool bundle_read(const struct tile_store *s, uint64_t n, struct buf *out, uint32_t ret_offsets[TILE_WIDTH + 1], struct err *e)
{
    return file_read(s, LEVEL_ENTRIES, n, out, ret_offsets, e);
}

bool tile_get(struct tile_store *s, int level, uint64_t n, struct tile **ret, struct err *e)
{
    unsigned width = tile_width(level, n, s->size);
    int slot = -1; /* a free one, otherwise the least recently used */
    for (int i = 0; i < TILE_CACHE; i++) {
        struct tile *t = s->cache[i];
        if (t && t->is_used && t->level == level && t->n == n && t->width == width) {
            t->used_at = ++s->clock;
            *ret = t;
            return true;
        }
        if (slot < 0 || (s->cache[slot] && (!t || t->used_at < s->cache[slot]->used_at)))
            slot = i;
    }
    if (!tile_read(s, level, n, &s->bytes, e))
        return false;
    if (!s->cache[slot])
        s->cache[slot] = calloc(1, sizeof(struct tile));
    struct tile *t = s->cache[slot];
    if (!t)
        return err_set(e, ERR_LIMIT, "no memory for a tile");
    t->is_used = true;
    t->is_expanded = false;
    t->level = level;
    t->n = n;
    t->width = width;
    t->used_at = ++s->clock;
    memcpy(t->nodes[0], s->bytes.data, (size_t)width * SHA256_SIZE);
    *ret = t;
    return true;
}

static void tile_expand(struct tile *t)
{
    for (unsigned r = 1; r < 8; r++)
        sha256_of_pairs(1, t->nodes[r - 1], t->width >> r, t->nodes[r]);
    t->is_expanded = true;
}

static bool store_node(void *context, unsigned height, uint64_t index, struct sha256 *ret, struct err *e)
{
    struct tile_store *s = context;
    struct tile *t = NULL;
    unsigned r = height % 8;
    uint64_t first = index << r;
    if (!tile_get(s, (int)(height / 8), first >> 8, &t, e))
        return false;
    unsigned k = (unsigned)(first & 255) >> r;
    if (k >= t->width >> r)
        return err_set(e, ERR_CORRUPT, "a proof asks for a node that the tree does not have");
    if (r > 0 && !t->is_expanded)
        tile_expand(t);
    *ret = t->nodes[r][k];
    return true;
}

struct merkle_nodes tile_store_nodes(struct tile_store *s)
{
    return (struct merkle_nodes){.node = store_node, .context = s};
}

bool tile_store_leaf(struct tile_store *s, uint64_t index, struct str *ret_leaf, struct err *e)
{
    struct tile *t = NULL;
    if (index >= s->size)
        return err_set(e, ERR_NOT_FOUND, "leaf %llu: the tree has %llu", (unsigned long long)index, (unsigned long long)s->size);
    uint64_t n = index / TILE_WIDTH;
    unsigned k = (unsigned)(index % TILE_WIDTH), width = tile_width(LEVEL_ENTRIES, n, s->size);
    if (s->bundle_n != n || s->bundle_width != width) {
        s->bundle_n = UINT64_MAX;
        if (!bundle_read(s, n, &s->bundle, s->bundle_offsets, e))
            return false;
        s->bundle_n = n;
        s->bundle_width = width;
    }
    if (!tile_get(s, 0, n, &t, e))
        return false;
    struct str leaf = str_slice(buf_view(&s->bundle), s->bundle_offsets[k] + 2, s->bundle_offsets[k + 1]);
    if (!sha256_equal(merkle_leaf_hash(leaf), t->nodes[0][k]))
        return err_set(e, ERR_CORRUPT, "leaf %llu does not match its hash in the tile", (unsigned long long)index);
    *ret_leaf = leaf;
    return true;
}

struct sha256 tile_full_root(const struct sha256 hashes[TILE_WIDTH])
{
    struct sha256 row[TILE_WIDTH / 2];
    sha256_of_pairs(1, hashes, TILE_WIDTH / 2, row);
    for (unsigned count = TILE_WIDTH / 4; count > 0; count /= 2)
        sha256_of_pairs(1, row, count, row);
    return row[0];
}
