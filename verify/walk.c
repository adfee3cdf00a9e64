/*
 * walk.c - all leaves in order. What can be said of an entry bundle alone (framing, hashes, the form of each leaf, a collector's
 * signature) is prepared for a few of them at a time, half of them by a second thread; what follows from the order is checked then.
 */
#include "av.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { BATCHES = 4, FORGET_ROUNDS = 16 }; /* entry bundles at a time */

struct batch {
    unsigned count; /* leaves whose framing holds */
    const char *fault, *code;
    struct av_buffer buffer;
    struct av_leaf leaves[AV_TILE];
};

struct share {
    const struct av *v;
    struct batch *batches;
    uint64_t n;   /* the entry bundle of the first of them */
    int count;
};

static void prepare(const struct av *v, struct batch *b, uint64_t n)
{
    struct av_text rest;
    struct av_piece pieces[AV_TILE];
    struct av_hash hashes[AV_TILE];
    bool is_longer = false;
    unsigned width = av_tile_width(AV_ENTRIES, n, v->size);
    b->count = 0;
    b->code = "E31";
    b->fault = av_load(v, AV_ENTRIES, n, width, &b->buffer, &rest, &is_longer);
    if (b->fault)
        return;
    for (struct av_leaf *leaf = b->leaves; b->count < width && av_entry_next(&rest, &leaf->bytes); leaf++, b->count++) {
        leaf->index = n * AV_TILE + b->count;
        pieces[b->count] = (struct av_piece){leaf->bytes.data, leaf->bytes.size};
    }
    av_leaf_hashes(pieces, b->count, hashes);
    for (unsigned k = 0; k < b->count; k++) {
        b->leaves[k].hash = hashes[k];
        av_leaf_parse(v, &b->leaves[k]);
    }
    b->code = "E33";
    b->fault = b->count < width ? "the framing is broken" : rest.size > 0 && !is_longer ? "bytes behind the last leaf" : NULL;
}

static void *share_prepare(void *context)
{
    const struct share *s = context;
    for (int i = 0; i < s->count; i++)
        prepare(s->v, &s->batches[i], s->n + (uint64_t)i);
    return NULL;
}

/* `count` entry bundles from n on. */
static void all_prepare(const struct av *v, struct batch *batches, uint64_t n, int count)
{
    pthread_t thread;
    struct share first = {v, batches, n, count / 2}, second = {v, batches + count / 2, n + (uint64_t)count / 2, count - count / 2};
    bool has_thread = first.count > 0 && pthread_create(&thread, NULL, share_prepare, &first) == 0;
    (void)share_prepare(&second);
    if (has_thread)
        pthread_join(thread, NULL);
    else
        (void)share_prepare(&first);
}

/* E34 a leaf that is not the hash's. False: the rest cannot be relied on. */
static bool batch_check(struct av *v, struct batch *b, uint64_t n)
{
    char path[64];
    struct av_hash hashes[AV_TILE];
    av_tile_path(AV_ENTRIES, n, av_tile_width(AV_ENTRIES, n, v->size), path);
    const struct av_tile *tile = av_tile_get(v, 0, n, false);
    if (!tile)
        return false;
    memcpy(hashes, tile->nodes, sizeof(hashes)); /* what a leaf names may lie under another tile */
    for (unsigned k = 0; k < b->count; k++) {
        if (!av_hash_equal(&b->leaves[k].hash, &hashes[k])) {
            av_find(v, "E34", "leaf %llu is not the one that its hash in the tree is of", (av_llu)(n * AV_TILE + k));
            return false;
        }
        av_leaf_check(v, &b->leaves[k], true);
    }
    if (b->fault)
        av_find(v, b->code, "%s: %s", path, b->fault);
    return !b->fault;
}

/* The whole tree, or the range of a bundle, which is one of whole entry bundles. */
void av_leaves_walk(struct av *v)
{
    static struct batch batches[BATCHES]; /* one check at a time */
    uint64_t from = v->mode == AV_DIRECTORY ? 0 : v->bundle.from, to = v->mode == AV_DIRECTORY ? v->size : v->bundle.to;
    uint64_t n = from / AV_TILE, end = v->has_tree ? (to + AV_TILE - 1) / AV_TILE : 0;
    bool ok = true;
    for (uint64_t round = 1; ok && n < end; round++) {
        int count = end - n < BATCHES ? (int)(end - n) : BATCHES;
        all_prepare(v, batches, n, count);
        for (int i = 0; ok && i < count; i++, n++) {
            ok = batch_check(v, &batches[i], n);
            if (!ok)
                av_note(v, "leaves from %llu on: the tree is damaged there", (av_llu)(n * AV_TILE));
        }
        if (v->mode != AV_DIRECTORY && round % FORGET_ROUNDS == 0) /* only the memory */
            (void)madvise((void *)(uintptr_t)v->map.data, v->map.size, MADV_DONTNEED);
    }
    for (int i = 0; i < BATCHES; i++) {
        free(batches[i].buffer.data);
        batches[i].buffer = (struct av_buffer){NULL, 0};
    }
}

const char *av_leaf_read(struct av *v, uint64_t index, size_t *ret_size)
{
    struct av_text rest, leaf;
    uint64_t n = index / AV_TILE;
    bool is_longer = false;
    if (index >= v->size)
        return NULL;
    if (!v->leaf_bundle.data || v->leaf_bundle_n != n) {
        if (av_load(v, AV_ENTRIES, n, av_tile_width(AV_ENTRIES, n, v->size), &v->leaf_buffer, &rest, &is_longer))
            rest = (struct av_text){NULL, 0};
        v->leaf_bundle = rest;
        v->leaf_bundle_n = n;
    }
    rest = v->leaf_bundle;
    for (uint64_t k = 0; k <= index % AV_TILE; k++)
        if (!av_entry_next(&rest, &leaf))
            return NULL;
    const struct av_tile *tile = av_tile_get(v, 0, n, true);
    struct av_hash hash = av_leaf_hash(leaf.data, leaf.size);
    if (!tile || !av_hash_equal(&hash, &tile->nodes[index % AV_TILE]))
        return NULL;
    *ret_size = leaf.size;
    return leaf.data;
}

bool av_leaf_at(struct av *v, uint64_t index, struct av_leaf *ret)
{
    size_t size = 0;
    const char *bytes = av_leaf_read(v, index, &size);
    if (!bytes)
        return false;
    *ret = (struct av_leaf){.index = index, .bytes = {bytes, size}, .hash = av_leaf_hash(bytes, size)};
    av_leaf_parse(v, ret);
    return !ret->fault && !ret->rule;
}
