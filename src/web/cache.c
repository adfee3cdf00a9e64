#include "web/cache.h"
#include <pthread.h>

struct entry {
    char key[CACHE_KEY_MAX];
    size_t key_size;
    char etag[CACHE_ETAG_MAX];
    struct cache_state state;
    struct http_shared *page, *not_modified;
    bool is_being_made; /* again, by the request that found it old */
    int64_t making_since_ms;
    uint64_t used;
};

struct cache {
    pthread_mutex_t mutex;
    struct entry entries[CACHE_ENTRIES_MAX];
    size_t bytes;
    uint64_t clock;
};

struct cache *cache_new(void)
{
    struct cache *c = calloc(1, sizeof(*c));
    if (c)
        pthread_mutex_init(&c->mutex, NULL);
    return c;
}

static void entry_drop(struct cache *c, struct entry *e)
{
    if (!e->page)
        return;
    c->bytes -= http_shared_size(e->page);
    http_shared_drop(e->page);
    http_shared_drop(e->not_modified);
    e->page = e->not_modified = NULL;
    e->key_size = 0;
}

struct cache *cache_free(struct cache *c)
{
    if (!c)
        return NULL;
    for (size_t i = 0; i < CACHE_ENTRIES_MAX; i++)
        entry_drop(c, &c->entries[i]);
    pthread_mutex_destroy(&c->mutex);
    free(c);
    return NULL;
}

static struct entry *entry_find(struct cache *c, struct str key)
{
    for (size_t i = 0; i < CACHE_ENTRIES_MAX; i++) {
        struct entry *e = &c->entries[i];
        if (e->page && e->key_size == key.size && memcmp(e->key, key.data, key.size) == 0)
            return e;
    }
    return NULL;
}

/* Another projection, or a keeper that came or went: nothing to show for even a moment. So is what is older than a minute. */
static bool is_of_another_time(const struct entry *e, const struct cache_state *now)
{
    int64_t age_minutes = now->minute - e->state.minute;
    return e->state.inode != now->inode || e->state.epoch != now->epoch || age_minutes < 0 || age_minutes > 1;
}

static bool is_new(const struct entry *e, const struct cache_state *now)
{
    return !is_of_another_time(e, now) && e->state.data_version == now->data_version && e->state.minute == now->minute;
}

struct http_shared *cache_get(struct cache *c, struct str key, const struct cache_state *state, struct str if_none_match)
{
    struct http_shared *found = NULL;
    pthread_mutex_lock(&c->mutex);
    struct entry *e = entry_find(c, key);
    if (e && is_of_another_time(e, state)) {
        entry_drop(c, e);
        e = NULL;
    } else if (e && !is_new(e, state) && (!e->is_being_made || state->now_ms - e->making_since_ms > CACHE_OLD_MS)) {
        e->is_being_made = true; /* by the caller */
        e->making_since_ms = state->now_ms;
        e = NULL;
    }
    if (e) {
        e->used = ++c->clock;
        bool is_same = if_none_match.size && str_contains(if_none_match, e->etag);
        found = http_shared_hold(is_same ? e->not_modified : e->page);
    }
    pthread_mutex_unlock(&c->mutex);
    return found;
}

struct http_shared *cache_get_new(struct cache *c, struct str key, const struct cache_state *state)
{
    pthread_mutex_lock(&c->mutex);
    struct entry *e = entry_find(c, key);
    struct http_shared *found = e && is_new(e, state) ? http_shared_hold(e->page) : NULL;
    pthread_mutex_unlock(&c->mutex);
    return found;
}

void cache_forget(struct cache *c, struct str session)
{
    pthread_mutex_lock(&c->mutex);
    for (size_t i = 0; i < CACHE_ENTRIES_MAX; i++) {
        struct entry *e = &c->entries[i];
        if (e->page && e->key_size > session.size && e->key[e->key_size - session.size - 1] == '\n' &&
            memcmp(e->key + e->key_size - session.size, session.data, session.size) == 0)
            entry_drop(c, e);
    }
    pthread_mutex_unlock(&c->mutex);
}

static struct entry *entry_oldest(struct cache *c, bool is_in_use)
{
    struct entry *oldest = NULL;
    for (size_t i = 0; i < CACHE_ENTRIES_MAX; i++) {
        struct entry *e = &c->entries[i];
        if (!e->page && !is_in_use)
            return e;
        if (e->page && (!oldest || e->used < oldest->used))
            oldest = e;
    }
    return oldest;
}

void cache_put(struct cache *c, struct str key, const struct cache_state *state, struct str etag, struct http_shared *page,
               struct http_shared *not_modified)
{
    size_t size = http_shared_size(page);
    if (key.size > CACHE_KEY_MAX || etag.size >= CACHE_ETAG_MAX || size > CACHE_BYTES_MAX / 4) {
        http_shared_drop(page);
        http_shared_drop(not_modified);
        return;
    }
    pthread_mutex_lock(&c->mutex);
    struct entry *e = entry_find(c, key);
    if (e)
        entry_drop(c, e);
    while (c->bytes + size > CACHE_BYTES_MAX)
        entry_drop(c, entry_oldest(c, true));
    e = entry_oldest(c, false);
    entry_drop(c, e);
    memcpy(e->key, key.data, key.size);
    e->key_size = key.size;
    memcpy(e->etag, etag.data, etag.size);
    e->etag[etag.size] = 0;
    e->state = *state;
    e->is_being_made = false;
    e->page = page;
    e->not_modified = not_modified;
    e->used = ++c->clock;
    c->bytes += size;
    pthread_mutex_unlock(&c->mutex);
}
