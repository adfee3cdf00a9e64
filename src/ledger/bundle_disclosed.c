/*
 * bundle_disclosed.c - disclosed blobs on their way into the bundle: while the caller opens some (read, decrypt, unpack), a thread hashes those
 * before, compares them with what was committed to and writes them, in their order. Two batches: one is filled, one is written.
 */
#include "ledger/bundle_internal.h"

#include "base/limits.h"

#include <pthread.h>
#include <stdlib.h>

enum { BATCHES = 2, BATCH_BLOBS = 256, BATCH_BYTES = 2 << 20 };

struct batch {
    struct arena *arena;
    struct {
        uint64_t leaf;
        char c[65], x[65];
        struct blob_opened opened;
    } blobs[BATCH_BLOBS];
    size_t count, bytes;
};

struct bundle_disclosed {
    struct spool *out; /* the thread's, while there is one */
    struct batch batches[BATCHES];
    uint64_t filling; /* the batch that the caller fills: number % BATCHES */
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t changed;
    uint64_t handed, written; /* batches below these numbers */
    bool is_over;
    struct err failed; /* the first; nothing is written behind it */
};

struct bundle_disclosed *bundle_disclosed_new(struct spool *out)
{
    struct bundle_disclosed *b = calloc(1, sizeof(*b));
    if (!b)
        return NULL;
    b->out = out;
    for (int i = 0; i < BATCHES; i++)
        b->batches[i].arena = arena_new("bundle: blobs", (size_t)LIMIT_BLOB_BYTES * 3 + 2 * BATCH_BYTES);
    pthread_mutex_init(&b->mutex, NULL);
    pthread_cond_init(&b->changed, NULL);
    return b;
}

struct arena *bundle_disclosed_arena(struct bundle_disclosed *b)
{
    return b->batches[b->filling % BATCHES].arena;
}

static bool batch_write(struct bundle_disclosed *b, struct batch *batch, struct err *e)
{
    bool ok = true;
    for (size_t i = 0; ok && i < batch->count; i++) {
        struct blob_opened *opened = &batch->blobs[i].opened;
        char name[80];
        snprintf(name, sizeof(name), "blobs/%s", batch->blobs[i].c);
        ok = (blob_settle(opened, batch->blobs[i].c, batch->blobs[i].x, e) || err_wrap(e, "leaf %llu", (unsigned long long)batch->blobs[i].leaf)) &&
             spool_member_hashed(b->out, name, opened->plain, opened->hash, e);
    }
    arena_reset(batch->arena);
    batch->count = batch->bytes = 0;
    return ok;
}

static void *writer_run(void *context)
{
    struct bundle_disclosed *b = context;
    pthread_mutex_lock(&b->mutex);
    for (;;) {
        while (b->written == b->handed && !b->is_over)
            pthread_cond_wait(&b->changed, &b->mutex);
        if (b->written == b->handed)
            break;
        struct batch *batch = &b->batches[b->written % BATCHES];
        bool has_failed = b->failed.code != ERR_NONE;
        pthread_mutex_unlock(&b->mutex);
        struct err e = {0};
        if (has_failed)
            batch->count = 0;
        (void)batch_write(b, batch, &e);
        pthread_mutex_lock(&b->mutex);
        if (e.code)
            b->failed = e;
        b->written++;
        pthread_cond_broadcast(&b->changed);
    }
    pthread_mutex_unlock(&b->mutex);
    return NULL;
}

/* Gives the batch away and waits until the next one is free. Where there can be no thread, writes it. */
static bool batch_hand(struct bundle_disclosed *b, struct err *e)
{
    if (!b->has_thread)
        b->has_thread = pthread_create(&b->thread, NULL, writer_run, b) == 0;
    if (!b->has_thread)
        return batch_write(b, &b->batches[b->filling % BATCHES], e);
    pthread_mutex_lock(&b->mutex);
    b->handed = ++b->filling;
    pthread_cond_broadcast(&b->changed);
    while (b->filling >= b->written + BATCHES)
        pthread_cond_wait(&b->changed, &b->mutex);
    bool ok = b->failed.code == ERR_NONE;
    if (!ok)
        *e = b->failed;
    pthread_mutex_unlock(&b->mutex);
    return ok;
}

bool bundle_disclosed_add(struct bundle_disclosed *b, uint64_t leaf, const char *c, const char *x, const struct blob_opened *opened, struct err *e)
{
    struct batch *batch = &b->batches[b->filling % BATCHES];
    batch->blobs[batch->count].leaf = leaf;
    memcpy(batch->blobs[batch->count].c, c, 65);
    memcpy(batch->blobs[batch->count].x, x, 65);
    batch->blobs[batch->count++].opened = *opened;
    batch->bytes += opened->plain.size;
    return (batch->count < BATCH_BLOBS && batch->bytes < BATCH_BYTES) || batch_hand(b, e);
}

bool bundle_disclosed_end(struct bundle_disclosed *b, struct err *e)
{
    bool ok = b->batches[b->filling % BATCHES].count == 0 || batch_hand(b, e);
    if (b->has_thread) {
        pthread_mutex_lock(&b->mutex);
        b->is_over = true;
        pthread_cond_broadcast(&b->changed);
        pthread_mutex_unlock(&b->mutex);
        pthread_join(b->thread, NULL);
        b->has_thread = false;
    }
    if (ok && b->failed.code) {
        *e = b->failed;
        ok = false;
    }
    return ok;
}

struct bundle_disclosed *bundle_disclosed_free(struct bundle_disclosed *b)
{
    struct err ignored = {0};
    if (!b)
        return NULL;
    if (!bundle_disclosed_end(b, &ignored))
        b->failed = ignored; /* whoever ends early has said why */
    for (int i = 0; i < BATCHES; i++)
        arena_free(b->batches[i].arena);
    pthread_mutex_destroy(&b->mutex);
    pthread_cond_destroy(&b->changed);
    free(b);
    return NULL;
}
