#include "web/accounts/guess.h"
#include "crypto/crypto.h"

#include <pthread.h>

struct key {
    uint64_t hash; /* 0: free */
    int wrong;
    int64_t wrong_at_ms, may_at_ms;
};

struct guesses {
    pthread_mutex_t mutex; /* guards keys */
    struct key keys[GUESS_KEYS_MAX];
};

enum { WAYS = 8 }; /* a key has its place among so many */

struct guesses *guesses_new(void)
{
    struct guesses *g = calloc(1, sizeof(*g));
    if (g)
        pthread_mutex_init(&g->mutex, NULL);
    return g;
}

struct guesses *guesses_free(struct guesses *g)
{
    if (g)
        pthread_mutex_destroy(&g->mutex);
    free(g);
    return NULL;
}

static uint64_t key_hash(struct str key)
{
    struct sha256 digest = sha256_of(key);
    uint64_t hash;
    memcpy(&hash, digest.bytes, sizeof(hash));
    return hash ? hash : 1;
}

static struct key *key_find(struct guesses *g, uint64_t hash)
{
    struct key *set = &g->keys[hash % (GUESS_KEYS_MAX / WAYS) * WAYS];
    for (int i = 0; i < WAYS; i++)
        if (set[i].hash == hash)
            return &set[i];
    return NULL;
}

static struct key *key_make(struct guesses *g, uint64_t hash)
{
    struct key *set = &g->keys[hash % (GUESS_KEYS_MAX / WAYS) * WAYS], *oldest = &set[0];
    for (int i = 1; i < WAYS; i++)
        if (!set[i].hash || (oldest->hash && set[i].wrong_at_ms < oldest->wrong_at_ms))
            oldest = &set[i];
    *oldest = (struct key){.hash = hash};
    return oldest;
}

int64_t guess_wait_ms(struct guesses *g, struct str key, int free_tries, int64_t now_ms)
{
    int64_t wait_ms = 0;
    pthread_mutex_lock(&g->mutex);
    const struct key *k = key_find(g, key_hash(key));
    if (k && k->wrong >= free_tries && k->may_at_ms > now_ms)
        wait_ms = k->may_at_ms - now_ms;
    pthread_mutex_unlock(&g->mutex);
    return wait_ms;
}

void guess_was_wrong(struct guesses *g, struct str key, int free_tries, int64_t now_ms)
{
    uint64_t hash = key_hash(key);
    pthread_mutex_lock(&g->mutex);
    struct key *k = key_find(g, hash);
    if (!k)
        k = key_make(g, hash);
    if (now_ms - k->wrong_at_ms > GUESS_FORGET_MS)
        k->wrong = 0;
    k->wrong++;
    k->wrong_at_ms = now_ms;
    int doublings = k->wrong - free_tries;
    int64_t wait_ms = doublings < 0 ? 0 : doublings > 20 ? GUESS_WAIT_MAX_MS : INT64_C(1000) << doublings;
    k->may_at_ms = now_ms + (wait_ms < GUESS_WAIT_MAX_MS ? wait_ms : GUESS_WAIT_MAX_MS);
    pthread_mutex_unlock(&g->mutex);
}

void guess_was_right(struct guesses *g, struct str key)
{
    pthread_mutex_lock(&g->mutex);
    struct key *k = key_find(g, key_hash(key));
    if (k)
        *k = (struct key){0};
    pthread_mutex_unlock(&g->mutex);
}
