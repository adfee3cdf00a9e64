/*
 * Bundles in order, made ready by as many threads as there are cores: read, split, hashed, compared with their tile, leaves parsed.
 * All of that looks at one bundle alone. What follows from one leaf to the next is the caller's, in one thread. The caller works too:
 * while the bundle it waits for is in other hands, it makes a later one ready.
 */
#include "ledger/verify_internal.h"

#include <pthread.h>
#include <unistd.h>

enum { SLOTS = 32, THREADS_MAX = 8, PARSED_BYTES_MAX = 1 << 20, ARENA_BYTES_MAX = 256 << 20 };

struct verify_bundles {
    const struct verify *v;
    uint64_t count;
    unsigned thread_count;
    pthread_t threads[THREADS_MAX];
    pthread_mutex_t mutex; /* guards all below, and the slots' states */
    pthread_cond_t changed;
    uint64_t taken, released; /* bundles below `taken` are in somebody's hands or done, those below `released` are done with */
    uint64_t ahead;           /* so many at most are between the two */
    bool is_stopping;
    struct verify_bundle *ready[SLOTS]; /* of bundle n at n % SLOTS; NULL while it is in work */
    struct verify_bundle *unused[SLOTS]; /* what was used last is used next: its memory is still in the processor's cache */
    size_t unused_count;
    struct verify_bundle slots[SLOTS];
};

/* The entries of a bundle, and whether one of them is a seal. */
static bool leaves_take(const struct verify_bundle *b, struct str ret_leaves[TILE_WIDTH])
{
    static const char seal[] = "assay/leaf@v1 seal\n";
    bool has_seal = false;
    for (unsigned k = 0; k < b->width; k++) {
        const char *leaf = b->bundle.data + b->offsets[k] + 2;
        ret_leaves[k] = (struct str){leaf, b->offsets[k + 1] - b->offsets[k] - 2};
        has_seal |= ret_leaves[k].size >= sizeof(seal) - 1 && memcmp(leaf, seal, sizeof(seal) - 1) == 0;
    }
    return has_seal;
}

static void leaves_hash(const struct verify *v, struct verify_bundle *b)
{
    const struct sha256 *expected = (const struct sha256 *)(const void *)b->tile.data;
    struct str leaves[TILE_WIDTH];
    b->wrong = -1;
    b->has_seal = b->has_bundle && leaves_take(b, leaves);
    if (b->has_bundle)
        merkle_leaf_hashes(leaves, b->width, b->hashes);
    else
        memset(b->hashes, 0, sizeof(b->hashes));
    bool is_wrong = b->has_bundle && b->has_tile && memcmp(b->hashes, expected, b->width * sizeof(*expected)) != 0;
    for (unsigned k = 0; is_wrong && b->wrong < 0; k++)
        if (!sha256_equal(b->hashes[k], expected[k]))
            b->wrong = (int)k;
    bool is_parsed = b->has_bundle && !v->options->is_tree_only && b->bundle.size <= PARSED_BYTES_MAX;
    memset(b->is_parsed, 0, sizeof(b->is_parsed));
    for (unsigned k = 0; is_parsed && k < b->width; k++) {
        struct err ignored = {0};
        b->is_parsed[k] = leaf_parse(b->arena, leaves[k], &b->leaves[k], &ignored);
    }
    b->nodes = b->has_tile ? expected : b->hashes;
    if (b->width == TILE_WIDTH)
        b->root = tile_full_root(b->nodes);
}

static void bundle_fill(const struct verify *v, struct verify_bundle *b, uint64_t n)
{
    if (!b->arena) {
        b->arena = arena_new("verify: one bundle", ARENA_BYTES_MAX);
        buf_init(&b->tile, TILE_WIDTH * SHA256_SIZE);
        buf_init(&b->bundle, BUNDLE_BYTES_MAX);
    }
    arena_reset(b->arena);
    b->n = n;
    b->width = tile_width(LEVEL_ENTRIES, n, v->head.size);
    b->tile_error = b->bundle_error = (struct err){0};
    b->has_tile = tile_read(&v->store, 0, n, &b->tile, &b->tile_error);
    b->has_bundle = bundle_read(&v->store, n, &b->bundle, b->offsets, &b->bundle_error);
    leaves_hash(v, b);
}

/* Takes the next bundle that has a free slot, makes it ready. False when there is none; the mutex is held before and after. */
static bool bundle_take(struct verify_bundles *s)
{
    if (s->taken >= s->count || s->taken >= s->released + s->ahead)
        return false;
    uint64_t n = s->taken++;
    struct verify_bundle *b = s->unused[--s->unused_count];
    pthread_mutex_unlock(&s->mutex);
    bundle_fill(s->v, b, n);
    pthread_mutex_lock(&s->mutex);
    s->ready[n % SLOTS] = b;
    pthread_cond_broadcast(&s->changed);
    return true;
}

static void *helper_run(void *context)
{
    struct verify_bundles *s = context;
    pthread_mutex_lock(&s->mutex);
    while (!s->is_stopping && s->taken < s->count)
        if (!bundle_take(s))
            pthread_cond_wait(&s->changed, &s->mutex);
    pthread_mutex_unlock(&s->mutex);
    return NULL;
}

struct verify_bundles *verify_bundles_new(const struct verify *v, uint64_t count)
{
    struct verify_bundles *s = calloc(1, sizeof(*s));
    long cores = v->options->threads ? (long)v->options->threads : sysconf(_SC_NPROCESSORS_ONLN);
    if (!s)
        return NULL;
    s->v = v;
    s->count = count;
    for (; s->unused_count < SLOTS; s->unused_count++)
        s->unused[s->unused_count] = &s->slots[SLOTS - 1 - s->unused_count];
    pthread_mutex_init(&s->mutex, NULL);
    pthread_cond_init(&s->changed, NULL);
    while (count > 4 && (long)s->thread_count + 1 < cores && s->thread_count < THREADS_MAX &&
           pthread_create(&s->threads[s->thread_count], NULL, helper_run, s) == 0)
        s->thread_count++; /* without threads the caller does it all */
    s->ahead = 2 + 3 * (uint64_t)s->thread_count;
    return s;
}

struct verify_bundle *verify_bundles_next(struct verify_bundles *s)
{
    pthread_mutex_lock(&s->mutex);
    uint64_t n = s->released;
    while (s->taken <= n || !s->ready[n % SLOTS])
        if (!bundle_take(s))
            pthread_cond_wait(&s->changed, &s->mutex);
    pthread_mutex_unlock(&s->mutex);
    return s->ready[n % SLOTS];
}

void verify_bundles_release(struct verify_bundles *s)
{
    pthread_mutex_lock(&s->mutex);
    struct verify_bundle *b = s->ready[s->released % SLOTS];
    if (b->bundle.size > (8u << 20)) { /* give back what an unusual bundle took */
        buf_release(&b->bundle);
        buf_init(&b->bundle, BUNDLE_BYTES_MAX);
    }
    s->ready[s->released++ % SLOTS] = NULL;
    s->unused[s->unused_count++] = b;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->mutex);
}

void verify_bundles_free(struct verify_bundles *s)
{
    pthread_mutex_lock(&s->mutex);
    s->is_stopping = true;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->mutex);
    for (unsigned i = 0; i < s->thread_count; i++)
        pthread_join(s->threads[i], NULL);
    for (size_t i = 0; i < SLOTS; i++) {
        arena_free(s->slots[i].arena);
        buf_release(&s->slots[i].tile);
        buf_release(&s->slots[i].bundle);
    }
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->mutex);
    free(s);
}
