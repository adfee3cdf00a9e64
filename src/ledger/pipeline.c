/*
 * The writer's two threads (decision 4): while the caller hashes batch k + 1, one thread writes and syncs batch k, and another reads
 * what is synced back and builds tiles of it (I3: on another core than the one that hashed it first). One frame is in flight at a
 * time, as without threads.
 *
 * Everything of struct ledger belongs to the caller, except: edge, tiles_position and read_back, which belong to the tile thread while
 * durable_size != tiled_size; and the frames between begun and synced. The mutex guards struct pipeline.
 */
#include "ledger/internal.h"

#include <pthread.h>

enum { STACK_BYTES = 1 << 20 };

struct pipeline {
    struct ledger *l;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    pthread_t sync_thread, tile_thread;
    bool has_sync_thread, has_tile_thread;
    bool is_stopping;
    struct journal_write writes[2];
    uint64_t sizes[2];           /* leaves after each */
    uint64_t begun, synced;      /* frames */
    uint64_t durable_size;       /* leaves in synced frames */
    uint64_t tiled_size;         /* leaves that the tile thread has done */
    struct err failure;          /* of either thread: both stop */
};

static void *sync_run(void *context)
{
    struct pipeline *p = context;
    pthread_mutex_lock(&p->mutex);
    for (;;) {
        while (p->begun == p->synced && !p->is_stopping)
            pthread_cond_wait(&p->changed, &p->mutex);
        if (p->begun == p->synced || p->failure.code)
            break;
        struct journal_write write = p->writes[p->synced % 2];
        struct err e = {0};
        pthread_mutex_unlock(&p->mutex);
        bool is_ok = journal_commit(&p->l->journal, &write, &e);
        pthread_mutex_lock(&p->mutex);
        if (is_ok) {
            p->durable_size = p->sizes[p->synced % 2];
            p->synced++;
        } else if (!p->failure.code) {
            p->failure = e;
        }
        pthread_cond_broadcast(&p->changed);
    }
    pthread_mutex_unlock(&p->mutex);
    return NULL;
}

static void *tile_run(void *context)
{
    struct pipeline *p = context;
    pthread_mutex_lock(&p->mutex);
    while (!p->is_stopping && !p->failure.code) {
        if (p->tiled_size == p->durable_size) {
            pthread_cond_wait(&p->changed, &p->mutex);
            continue;
        }
        struct err e = {0};
        pthread_mutex_unlock(&p->mutex);
        bool is_ok = ledger_tiles_advance(p->l, &e);
        pthread_mutex_lock(&p->mutex);
        if (is_ok)
            p->tiled_size = p->l->edge.size;
        else if (!p->failure.code)
            p->failure = e;
        if (!is_ok || p->tiled_size == p->durable_size)
            pthread_cond_broadcast(&p->changed);
    }
    pthread_mutex_unlock(&p->mutex);
    return NULL;
}

bool pipeline_start(struct ledger *l, struct err *e)
{
    struct pipeline *p = calloc(1, sizeof(*p));
    if (!p)
        return err_set(e, ERR_LIMIT, "open the ledger: no memory");
    p->l = l;
    p->durable_size = l->durable.size;
    p->tiled_size = l->edge.size; /* what recovery found in the journal is built first */
    pthread_mutex_init(&p->mutex, NULL);
    pthread_cond_init(&p->changed, NULL);
    l->pipeline = p;
    pthread_attr_t small; /* a stack of the usual 8 MB costs a sanitized ledger most of the time it takes to open */
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, STACK_BYTES);
    p->has_sync_thread = pthread_create(&p->sync_thread, &small, sync_run, p) == 0;
    p->has_tile_thread = p->has_sync_thread && pthread_create(&p->tile_thread, &small, tile_run, p) == 0;
    pthread_attr_destroy(&small);
    return p->has_tile_thread || err_set(e, ERR_LIMIT, "open the ledger: no thread");
}

struct pipeline *pipeline_stop(struct pipeline *p)
{
    if (!p)
        return NULL;
    pthread_mutex_lock(&p->mutex);
    p->is_stopping = true; /* frames that were begun are still synced, tiles can wait for the next time */
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->mutex);
    if (p->has_sync_thread)
        pthread_join(p->sync_thread, NULL);
    if (p->has_tile_thread)
        pthread_join(p->tile_thread, NULL);
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->mutex);
    free(p);
    return NULL;
}

static bool failure_tell(const struct pipeline *p, struct err *e)
{
    if (p->failure.code)
        *e = p->failure;
    return !p->failure.code;
}

bool pipeline_frame(struct pipeline *p, bool is_idle, struct buf **ret, struct err *e)
{
    pthread_mutex_lock(&p->mutex);
    while (!p->failure.code && p->begun - p->synced > (is_idle ? 0 : 1))
        pthread_cond_wait(&p->changed, &p->mutex);
    bool is_ok = failure_tell(p, e);
    if (is_ok)
        *ret = &p->l->frames[p->begun % 2];
    pthread_mutex_unlock(&p->mutex);
    return is_ok;
}

void pipeline_commit(struct pipeline *p, const struct journal_write *w, uint64_t size_after)
{
    pthread_mutex_lock(&p->mutex);
    p->writes[p->begun % 2] = *w;
    p->sizes[p->begun % 2] = size_after;
    p->begun++;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->mutex);
}

bool pipeline_wait(struct pipeline *p, bool is_tiled, struct err *e)
{
    pthread_mutex_lock(&p->mutex);
    while (!p->failure.code && (p->begun != p->synced || (is_tiled && p->tiled_size != p->durable_size)))
        pthread_cond_wait(&p->changed, &p->mutex);
    bool is_ok = failure_tell(p, e);
    pthread_mutex_unlock(&p->mutex);
    return is_ok;
}

uint64_t pipeline_durable(struct pipeline *p)
{
    pthread_mutex_lock(&p->mutex);
    uint64_t size = p->durable_size;
    pthread_mutex_unlock(&p->mutex);
    return size;
}
