#include "web/accounts/challenge.h"
#include "crypto/crypto.h"

#include <pthread.h>

enum { USED_MAX = 4096, CHANCE_SIZE = 16, MAC_SIZE = 16 };

struct challenges {
    pthread_mutex_t mutex; /* guards used and next */
    uint8_t secret[32];
    uint8_t used[USED_MAX][CHANCE_SIZE]; /* the newest: more than can come back right in five minutes */
    size_t next;
};

struct challenges *challenges_new(const struct env *env)
{
    struct challenges *c = calloc(1, sizeof(*c));
    if (!c)
        return NULL;
    pthread_mutex_init(&c->mutex, NULL);
    env_random(env, c->secret, sizeof(c->secret));
    return c;
}

struct challenges *challenges_free(struct challenges *c)
{
    if (!c)
        return NULL;
    pthread_mutex_destroy(&c->mutex);
    memory_wipe(c, sizeof(*c));
    free(c);
    return NULL;
}

static void mac_of(const struct challenges *c, const uint8_t *head, struct str about, uint8_t ret[SHA256_SIZE])
{
    struct buf BUF_AUTO text;
    buf_init(&text, 4096);
    buf_append(&text, head, 8 + CHANCE_SIZE);
    buf_str(&text, about);
    hmac_sha256(str_make(c->secret, sizeof(c->secret)), buf_view(&text), ret);
}

void challenge_make(struct challenges *c, const struct env *env, struct str about, uint8_t ret[CHALLENGE_SIZE])
{
    uint64_t end_ms = (uint64_t)(env_monotonic_ms(env) + CHALLENGE_LIFE_MS);
    uint8_t mac[SHA256_SIZE];
    for (int i = 0; i < 8; i++)
        ret[i] = (uint8_t)(end_ms >> (56 - 8 * i));
    env_random(env, ret + 8, CHANCE_SIZE);
    mac_of(c, ret, about, mac);
    memcpy(ret + 8 + CHANCE_SIZE, mac, MAC_SIZE);
}

static bool is_ours(const struct challenges *c, const struct env *env, struct str about, struct str bytes)
{
    uint8_t mac[SHA256_SIZE];
    uint64_t end_ms = 0;
    if (bytes.size != CHALLENGE_SIZE)
        return false;
    const uint8_t *b = (const uint8_t *)bytes.data;
    for (int i = 0; i < 8; i++)
        end_ms = (end_ms << 8) | b[i];
    mac_of(c, b, about, mac);
    unsigned difference = 0;
    for (int i = 0; i < MAC_SIZE; i++)
        difference |= (unsigned)(mac[i] ^ b[8 + CHANCE_SIZE + i]);
    return !difference && env_monotonic_ms(env) <= (int64_t)end_ms;
}

static bool is_used(const struct challenges *c, struct str bytes)
{
    for (size_t i = 0; i < USED_MAX; i++)
        if (memcmp(c->used[i], bytes.data + 8, CHANCE_SIZE) == 0)
            return true;
    return false;
}

bool challenge_is_good(struct challenges *c, const struct env *env, struct str about, struct str bytes)
{
    pthread_mutex_lock(&c->mutex);
    bool is_good = is_ours(c, env, about, bytes) && !is_used(c, bytes);
    pthread_mutex_unlock(&c->mutex);
    return is_good;
}

bool challenge_use(struct challenges *c, const struct env *env, struct str about, struct str bytes)
{
    pthread_mutex_lock(&c->mutex);
    bool is_good = is_ours(c, env, about, bytes) && !is_used(c, bytes);
    if (is_good) {
        memcpy(c->used[c->next], bytes.data + 8, CHANCE_SIZE);
        c->next = (c->next + 1) % USED_MAX;
    }
    pthread_mutex_unlock(&c->mutex);
    return is_good;
}
