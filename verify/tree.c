/*
 * tree.c - RFC 6962 over C2SP tiles. The right edge (the partial tile of every level) gives the root; a full tile is right when its
 * own root is what the tile above it says, up to the edge. So every hash that is used hangs under the signed root.
 */
#include "av.h"

/* Row r of a tile holds the roots over 2^r of its hashes; rows lie one behind the other. */
static struct av_hash *row_of(struct av_tile *t, unsigned r)
{
    return t->nodes + (512 - (512u >> r));
}

static void rows_fill(struct av_tile *t)
{
    for (unsigned r = 1; r <= 8; r++)
        av_node_hashes(row_of(t, r - 1), t->width >> r, row_of(t, r));
}

/* Reads n's hashes into t and computes the rows above them; NULL, or why not. */
static const char *tile_read(struct av *v, int level, uint64_t n, unsigned width, struct av_tile *t)
{
    struct av_text bytes;
    bool is_longer = false;
    const char *fault = av_load(v, level, n, width, &v->tile_buffer, &bytes, &is_longer);
    if (fault || bytes.size < (size_t)width * 32)
        return fault ? fault : "it is too short";
    memcpy(t->nodes, bytes.data, (size_t)width * 32);
    t->n = n;
    t->width = width;
    rows_fill(t);
    v->tiles_checked++;
    return NULL;
}

static void tile_fault(struct av *v, int level, uint64_t n, unsigned width, const char *fault)
{
    char path[64];
    av_tile_path(level, n, width, path);
    av_find(v, strstr(fault, "size") ? "E30" : "E31", "%s: %s", path, fault);
}

/* Adds what the first `width` hashes of a tile make to the left of what *root covers so far. */
static void fold(struct av_tile *t, unsigned width, struct av_hash *root, bool *has_root)
{
    for (unsigned r = 0; r < 8; r++)
        if (width >> r & 1) {
            const struct av_hash *h = &row_of(t, r)[(width >> r) - 1];
            *root = *has_root ? av_node_hash(h, root) : *h;
            *has_root = true;
        }
}

void av_tree_open(struct av *v)
{
    struct av_hash root = av_sha256_of("", 0);
    bool has_root = false;
    for (int level = 0; level < AV_LEVELS; level++) {
        struct av_tile *t = &v->edge[level];
        uint64_t n = v->size >> (8 * level) >> 8;
        unsigned width = av_tile_width(level, n, v->size);
        const char *fault = width ? tile_read(v, level, n, width, t) : NULL;
        if (fault)
            return tile_fault(v, level, n, width, fault);
        t->is_there = width > 0;
        if (width)
            fold(t, width, &root, &has_root);
    }
    v->has_tree = av_hash_equal(&root, &v->root);
    if (!v->has_tree)
        av_find(v, "E30", "the tiles at the right edge do not have the root of the checkpoint of %llu leaves", (av_llu)v->size);
}

struct av_tile *av_tile_get(struct av *v, int level, uint64_t n, bool is_quiet)
{
    if (!v->has_tree || level >= AV_LEVELS)
        return NULL;
    struct av_tile *t = &v->edge[level];
    if (t->is_there && t->n == n)
        return t;
    t = &v->tiles[level];
    if (t->is_there && t->n == n)
        return t;
    if (av_tile_width(level, n, v->size) != AV_TILE)
        return NULL;
    struct av_tile *above = av_tile_get(v, level + 1, n >> 8, is_quiet); /* levels go up, so this ends at the edge */
    if (!above)
        return NULL;
    t->is_there = false;
    const char *fault = tile_read(v, level, n, AV_TILE, t);
    if (fault && !is_quiet)
        tile_fault(v, level, n, AV_TILE, fault);
    if (fault)
        return NULL;
    if (!av_hash_equal(row_of(t, 8), &above->nodes[n & 255])) {
        char path[64];
        av_tile_path(level, n, AV_TILE, path);
        av_find(v, "E30", "%s is not what the tile above it was made of", path);
        return NULL;
    }
    t->is_there = true;
    return t;
}

bool av_root_at(struct av *v, uint64_t size, struct av_hash *ret)
{
    bool has_root = false;
    *ret = av_sha256_of("", 0);
    if (size > v->size)
        return false;
    for (int level = 0; level < AV_LEVELS; level++) {
        unsigned width = (unsigned)(size >> (8 * level) & 255);
        if (width == 0)
            continue;
        struct av_tile *t = av_tile_get(v, level, size >> (8 * level) >> 8, true);
        if (!t || t->width < width)
            return false;
        fold(t, width, ret, &has_root);
    }
    return true;
}

/* ---- proofs ---- */

static bool node_get(struct av *v, int height, uint64_t index, struct av_hash *ret)
{
    unsigned r = (unsigned)height % 8;
    uint64_t first = index << r;
    struct av_tile *t = av_tile_get(v, height / 8, first >> 8, true);
    if (!t || (first & 255) + (1u << r) > t->width)
        return false;
    *ret = row_of(t, r)[(first & 255) >> r];
    return true;
}

/* RFC 6962 MTH(D[from:to]); from is aligned as the algorithm cuts. */
static bool range_root(struct av *v, uint64_t from, uint64_t to, struct av_hash *ret)
{
    bool has_root = false;
    while (from < to) { /* from the right, one perfect subtree after the other */
        int height = 0;
        while (height < 62 && !((to - from) >> height & 1))
            height++;
        struct av_hash h;
        if (!node_get(v, height, (to >> height) - 1, &h))
            return false;
        *ret = has_root ? av_node_hash(&h, ret) : h;
        has_root = true;
        to -= UINT64_C(1) << height;
    }
    return has_root;
}

int av_inclusion_path(struct av *v, uint64_t index, uint64_t size, struct av_hash ret[64])
{
    struct {
        uint64_t from, to;
    } siblings[64];
    int count = 0;
    for (uint64_t from = 0, to = size; to - from > 1;) { /* RFC 6962 2.1.1, from the root down */
        uint64_t half = 1;
        while (half * 2 < to - from)
            half *= 2;
        if (index - from < half) {
            siblings[count].from = from + half;
            siblings[count++].to = to;
            to = from + half;
        } else {
            siblings[count].from = from;
            siblings[count++].to = from + half;
            from += half;
        }
    }
    for (int i = 0; i < count; i++)
        if (!range_root(v, siblings[count - 1 - i].from, siblings[count - 1 - i].to, &ret[i]))
            return -1;
    return count;
}

bool av_inclusion_holds(uint64_t index, uint64_t size, struct av_hash leaf, const struct av_hash *path, int count,
                        const struct av_hash *root)
{
    if (index >= size)
        return false;
    struct av_hash h = leaf; /* RFC 9162 2.1.3.2 */
    uint64_t at = index, last = size - 1;
    for (int i = 0; i < count; i++) {
        if (last == 0)
            return false;
        if (at & 1 || at == last) {
            h = av_node_hash(&path[i], &h);
            while (!(at & 1) && at != 0) {
                at >>= 1;
                last >>= 1;
            }
        } else {
            h = av_node_hash(&h, &path[i]);
        }
        at >>= 1;
        last >>= 1;
    }
    return last == 0 && av_hash_equal(&h, root);
}
