/*
 * tree.c - RFC 6962 over C2SP tiles. The right edge (the partial tile of every level) gives the root; a full tile is right when its
 * own root is what the tile above it says, up to the edge. So every hash that is used hangs under the signed root.
 */
#include "av.h"

static void rows_fill(struct av_tile *t)
{
    for (unsigned r = 1; r <= 8; r++)
        av_node_hashes(av_tile_row(t, r - 1), t->width >> r, av_tile_row(t, r));
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
            const struct av_hash *h = &av_tile_row(t, r)[(width >> r) - 1];
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
    if (!av_hash_equal(av_tile_row(t, 8), &above->nodes[n & 255])) {
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
