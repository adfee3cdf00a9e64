/*
 * env.h - what a process gets from outside: clock and randomness. Passed explicitly, so that tests inject their own.
 * Files of an assessed host come through collect/host/source.h, files of our own through os/file.h.
 */
#ifndef BASE_ENV_H
#define BASE_ENV_H

#include <stddef.h>
#include <stdint.h>

struct env {
    int64_t (*now_ms)(void *context);       /* wall clock, UTC */
    int64_t (*monotonic_ms)(void *context); /* never goes back */
    void (*random)(void *context, void *ret_bytes, size_t size);
    void *context;
};

/* The real one: clock_gettime and getrandom. ASSAY_TEST_NOW_MS in the environment, when set, fixes the wall clock (tests only). */
extern const struct env env_system;

static inline int64_t env_now_ms(const struct env *env) { return env->now_ms(env->context); }
static inline int64_t env_monotonic_ms(const struct env *env) { return env->monotonic_ms(env->context); }
static inline void env_random(const struct env *env, void *ret, size_t size) { env->random(env->context, ret, size); }

#endif
