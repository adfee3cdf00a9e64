/*
 * arena.h - memory by lifetime: everything allocated from an arena goes when the arena goes.
 *
 * An arena has a cap. Reaching it ends the request or job that owns the arena: if a trap is set, control jumps there; otherwise the
 * process prints one line and exits with status 3 (its parent restarts it). So arena_alloc never returns NULL and callers do not check.
 * Not thread-safe: one owner at a time.
 *
 *     struct arena *a = arena_new("request", 8 << 20);
 *     char *name = arena_strndup(a, text.data, text.size);
 *     arena_free(a);
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/str.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

struct arena;

/* `name` (static) is what the message at the cap names. */
struct arena *arena_new(const char *name, size_t size_max);
/* Runs cleanup hooks in reverse order, returns all memory. NULL is fine. Returns NULL. */
struct arena *arena_free(struct arena *a);
/* Everything allocated so far goes, one block is kept for reuse; hooks run. */
void arena_reset(struct arena *a);
/* Zeroed, aligned to 16 bytes. size 0 gives a valid pointer. */
void *arena_alloc(struct arena *a, size_t size);
/* count * size with overflow check. */
void *arena_array(struct arena *a, size_t count, size_t size);
char *arena_strndup(struct arena *a, const char *text, size_t size); /* NUL-terminated */
struct str arena_str(struct arena *a, struct str s);                 /* a copy, NUL behind it */
struct str arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct str arena_vprintf(struct arena *a, const char *format, va_list arguments) __attribute__((format(printf, 2, 0)));
/* Grows an array in an arena: returns storage for `count` elements holding the old ones; capacity doubles. */
void *arena_grow(struct arena *a, void *old, size_t count_old, size_t *capacity, size_t element_size);
void arena_on_free(struct arena *a, void (*hook)(void *), void *context);
/* While set, reaching the cap does longjmp(*trap, 1). NULL removes it. */
void arena_trap(struct arena *a, jmp_buf *trap);
size_t arena_used(const struct arena *a);

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))

#endif
