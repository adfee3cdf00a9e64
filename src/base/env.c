#include "base/env.h"

#include "base/str.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

static int64_t clock_ms(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t system_now_ms(void *context)
{
    (void)context;
    const char *fixed = getenv("ASSAY_TEST_NOW_MS");
    int64_t at_ms;
    if (fixed && str_to_int64(str_of(fixed), &at_ms))
        return at_ms;
    return clock_ms(CLOCK_REALTIME);
}

static int64_t system_monotonic_ms(void *context)
{
    (void)context;
    return clock_ms(CLOCK_MONOTONIC);
}

static void system_random(void *context, void *ret_bytes, size_t size)
{
    (void)context;
    unsigned char *p = ret_bytes;
    while (size) {
        ssize_t n = getrandom(p, size, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            fprintf(stderr, "assay: random: the kernel gives none\n");
            _exit(3);
        }
        p += n;
        size -= (size_t)n;
    }
}

const struct env env_system = {
    .now_ms = system_now_ms,
    .monotonic_ms = system_monotonic_ms,
    .random = system_random,
};
