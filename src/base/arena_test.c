#include "base/arena.h"
#include "base/test.h"

START_TEST(memory_is_zeroed_and_aligned)
{
    struct arena *a = arena_new("test", 1 << 20);
    for (size_t size = 0; size < 5000; size += 37) {
        unsigned char *p = arena_alloc(a, size);
        ck_assert_uint_eq((uintptr_t)p % 16, 0);
        for (size_t i = 0; i < size; i++)
            ck_assert_uint_eq(p[i], 0);
        memset(p, 0xff, size);
    }
    arena_free(a);
}
END_TEST

START_TEST(reaching_the_cap_jumps_to_the_trap)
{
    struct arena *a = arena_new("test", 100000);
    jmp_buf trap;
    arena_trap(a, &trap);
    volatile int count = 0;
    if (setjmp(trap) == 0)
        for (;;) {
            arena_alloc(a, 1000);
            count++;
        }
    ck_assert_int_ge(count, 80);
    ck_assert_int_le(count, 100);
    arena_free(a);
}
END_TEST

START_TEST(an_overflowing_array_ends_at_the_trap)
{
    struct arena *a = arena_new("test", 100000);
    jmp_buf trap;
    arena_trap(a, &trap);
    if (setjmp(trap) == 0) {
        arena_array(a, SIZE_MAX / 2, 3);
        ck_abort_msg("the allocation succeeded");
    }
    arena_free(a);
}
END_TEST

static int order;
static void note_order(void *context)
{
    order = order * 10 + *(int *)context;
}

START_TEST(hooks_run_in_reverse_order)
{
    static int one = 1, two = 2;
    struct arena *a = arena_new("test", 100000);
    arena_on_free(a, note_order, &one);
    arena_on_free(a, note_order, &two);
    order = 0;
    arena_free(a);
    ck_assert_int_eq(order, 21);
}
END_TEST

START_TEST(printf_and_strings_end_in_nul)
{
    struct arena *a = arena_new("test", 100000);
    struct str s = arena_printf(a, "%d-%s", 7, "x");
    ck_assert_str_eq(s.data, "7-x");
    ck_assert_uint_eq(arena_str(a, STR("abc")).data[3], 0);
    arena_free(a);
}
END_TEST

TEST_MAIN("arena", memory_is_zeroed_and_aligned, reaching_the_cap_jumps_to_the_trap, an_overflowing_array_ends_at_the_trap,
          hooks_run_in_reverse_order, printf_and_strings_end_in_nul)
