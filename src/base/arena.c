#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { BLOCK_BYTES_MIN = 16 << 10, BLOCK_BYTES_MAX = 1 << 20, ALIGNMENT = 16 };

struct block {
    struct block *next;
    size_t capacity;
    size_t used;
    _Alignas(ALIGNMENT) unsigned char bytes[];
};

struct hook {
    struct hook *next;
    void (*run)(void *);
    void *context;
};

struct arena {
    const char *name;
    size_t size_max;
    size_t total; /* bytes of all blocks */
    struct block *blocks; /* newest first */
    struct hook *hooks;
    jmp_buf *trap;
};

struct arena *arena_new(const char *name, size_t size_max)
{
    struct arena *a = calloc(1, sizeof(*a));
    if (!a) {
        fprintf(stderr, "assay: memory: none left for %s\n", name);
        _exit(3);
    }
    a->name = name;
    a->size_max = size_max;
    return a;
}

static void run_hooks(struct arena *a)
{
    struct hook *hook = a->hooks;
    a->hooks = NULL;
    for (; hook; hook = hook->next)
        hook->run(hook->context);
}

struct arena *arena_free(struct arena *a)
{
    if (!a)
        return NULL;
    run_hooks(a);
    while (a->blocks) {
        struct block *next = a->blocks->next;
        free(a->blocks);
        a->blocks = next;
    }
    free(a);
    return NULL;
}

void arena_reset(struct arena *a)
{
    run_hooks(a);
    struct block *keep = NULL;
    while (a->blocks) {
        struct block *next = a->blocks->next;
        if (!keep && a->blocks->capacity <= BLOCK_BYTES_MAX)
            keep = a->blocks;
        else
            free(a->blocks);
        a->blocks = next;
    }
    a->total = 0;
    if (keep) {
        keep->next = NULL;
        keep->used = 0;
        a->blocks = keep;
        a->total = keep->capacity;
    }
}

static _Noreturn void arena_end(struct arena *a)
{
    if (a->trap)
        longjmp(*a->trap, 1);
    fprintf(stderr, "assay: memory: the limit of %zu bytes for %s is reached\n", a->size_max, a->name);
    _exit(3);
}

static struct block *block_add(struct arena *a, size_t size)
{
    size_t capacity = a->blocks ? a->blocks->capacity * 2 : BLOCK_BYTES_MIN;
    if (capacity > BLOCK_BYTES_MAX)
        capacity = BLOCK_BYTES_MAX;
    if (capacity < size)
        capacity = size;
    if (capacity > a->size_max - a->total)
        capacity = size; /* near the cap: take only what is asked for */
    if (size > a->size_max || a->total > a->size_max - size)
        arena_end(a);
    struct block *b = malloc(sizeof(*b) + capacity);
    if (!b)
        arena_end(a);
    b->capacity = capacity;
    b->used = 0;
    b->next = a->blocks;
    a->blocks = b;
    a->total += capacity;
    return b;
}

static void *arena_take(struct arena *a, size_t size)
{
    if (size > SIZE_MAX - ALIGNMENT)
        arena_end(a);
    size_t rounded = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    struct block *b = a->blocks;
    if (!b || b->capacity - b->used < rounded)
        b = block_add(a, rounded ? rounded : ALIGNMENT);
    void *p = b->bytes + b->used;
    b->used += rounded;
    return p;
}

void *arena_alloc(struct arena *a, size_t size)
{
    return memset(arena_take(a, size), 0, size);
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        arena_end(a);
    return arena_alloc(a, total);
}

char *arena_strndup(struct arena *a, const char *text, size_t size)
{
    char *copy = arena_take(a, size + 1);
    if (size)
        memcpy(copy, text, size);
    copy[size] = 0;
    return copy;
}

struct str arena_str(struct arena *a, struct str s)
{
    return (struct str){arena_strndup(a, s.data, s.size), s.size};
}

/* Most texts are short: they are written once, and copied. */
struct str arena_vprintf(struct arena *a, const char *format, va_list args)
{
    char brief[256];
    va_list again;
    va_copy(again, args);
    int size = vsnprintf(brief, sizeof(brief), format, args);
    char *text = arena_take(a, (size_t)(size < 0 ? 0 : size) + 1);
    text[0] = 0;
    if (size > 0 && (size_t)size < sizeof(brief))
        memcpy(text, brief, (size_t)size + 1);
    else if (size > 0)
        vsnprintf(text, (size_t)size + 1, format, again);
    va_end(again);
    return (struct str){text, (size_t)(size < 0 ? 0 : size)};
}

struct str arena_printf(struct arena *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct str text = arena_vprintf(a, format, args);
    va_end(args);
    return text;
}

void *arena_grow(struct arena *a, void *old, size_t count_old, size_t *capacity, size_t element_size)
{
    if (count_old < *capacity)
        return old;
    size_t grown = *capacity ? *capacity * 2 : 8;
    void *bigger = arena_array(a, grown, element_size);
    if (count_old)
        memcpy(bigger, old, count_old * element_size);
    *capacity = grown;
    return bigger;
}

void arena_on_free(struct arena *a, void (*run)(void *), void *context)
{
    struct hook *hook = arena_alloc(a, sizeof(*hook));
    hook->run = run;
    hook->context = context;
    hook->next = a->hooks;
    a->hooks = hook;
}

void arena_trap(struct arena *a, jmp_buf *trap)
{
    a->trap = trap;
}

size_t arena_used(const struct arena *a)
{
    return a->total;
}
