#include "crypto/password.h"
#include "os/library.h"

#include <argon2.h>
#include <pthread.h>
#include <stdio.h>

#define ARGON2_FUNCTIONS(F) F(argon2id_, hash_encoded) F(argon2id_, verify)
static struct {
    ARGON2_FUNCTIONS(LIBRARY_POINTER)
} argon2;
static const char *const argon2_names[] = {ARGON2_FUNCTIONS(LIBRARY_NAME)};
static struct library argon2_library = LIBRARY("libargon2.so.1", "libargon2-1", argon2_names, argon2);

enum { TIME_COST = 2, MEMORY_KIB = 19 << 10, LANES = 1, SALT_SIZE = 16, HASH_SIZE = 32, AT_ONCE = 2 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* guards running */
static pthread_cond_t is_free = PTHREAD_COND_INITIALIZER;
static int running;

static void turn_take(void)
{
    pthread_mutex_lock(&mutex);
    while (running == AT_ONCE)
        pthread_cond_wait(&is_free, &mutex);
    running++;
    pthread_mutex_unlock(&mutex);
}

static void turn_end(void)
{
    pthread_mutex_lock(&mutex);
    running--;
    pthread_cond_signal(&is_free);
    pthread_mutex_unlock(&mutex);
}

bool password_prepare(struct err *e)
{
    return library_open(&argon2_library, e);
}

bool password_hash(const struct env *env, struct str password, char ret_hash[PASSWORD_HASH_SIZE], struct err *e)
{
    uint8_t salt[SALT_SIZE];
    if (!password_prepare(e))
        return false;
    env_random(env, salt, sizeof(salt));
    turn_take();
    int code = argon2.hash_encoded(TIME_COST, MEMORY_KIB, LANES, password.data, password.size, salt, sizeof(salt), HASH_SIZE, ret_hash,
                                   PASSWORD_HASH_SIZE);
    turn_end();
    return code == 0 || err_set(e, ERR_LIMIT, "password: argon2id ended with %d", code);
}

/* The hash of nothing that anybody knows: the same work as a real one. */
static const char nobody[] = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

bool password_matches(struct str hash, struct str password)
{
    struct err e = {0};
    char text[PASSWORD_HASH_SIZE];
    if (!password_prepare(&e) || hash.size >= sizeof(text) || password.size > PASSWORD_BYTES_MAX)
        return false;
    bool is_somebody = hash.size > 0;
    snprintf(text, sizeof(text), "%.*s", STR_ARGS(is_somebody ? hash : str_of(nobody)));
    turn_take();
    int code = argon2.verify(text, password.data, password.size);
    turn_end();
    return code == 0 && is_somebody;
}
