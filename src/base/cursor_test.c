#include "base/cursor.h"
#include "base/test.h"

START_TEST(a_short_read_fails_for_good_and_gives_zero)
{
    struct cursor c = cursor_of(STR("\1\2\3"));
    ck_assert_uint_eq(cursor_u16be(&c), 0x0102);
    ck_assert_uint_eq(cursor_u32be(&c), 0);
    ck_assert(c.failed);
    ck_assert_uint_eq(cursor_u8(&c), 0);
    ck_assert_uint_eq(cursor_left(&c), 0);
    ck_assert(!cursor_at_end(&c));
}
END_TEST

START_TEST(lines_and_literals_are_taken)
{
    struct cursor c = cursor_of(STR("ab\ncd"));
    ck_assert(str_is(cursor_line(&c), "ab"));
    ck_assert(!cursor_accept(&c, "x"));
    ck_assert(cursor_accept(&c, "c"));
    ck_assert_int_eq(cursor_peek(&c, 0), 'd');
    ck_assert_int_eq(cursor_peek(&c, 1), -1);
    (void)cursor_line(&c);
    ck_assert(c.failed);
}
END_TEST

START_TEST(little_and_big_endian_agree_on_reversed_bytes)
{
    struct cursor big = cursor_of(STR("\1\2\3\4\5\6\7\10"));
    struct cursor little = cursor_of(STR("\10\7\6\5\4\3\2\1"));
    ck_assert_uint_eq(cursor_u64be(&big), cursor_u64le(&little));
}
END_TEST

START_TEST(a_huge_size_is_refused_without_overflow)
{
    struct cursor c = cursor_of(STR("abc"));
    cursor_u8(&c);
    (void)cursor_take(&c, SIZE_MAX);
    ck_assert(c.failed);
}
END_TEST

TEST_MAIN("cursor", a_short_read_fails_for_good_and_gives_zero, lines_and_literals_are_taken,
          little_and_big_endian_agree_on_reversed_bytes, a_huge_size_is_refused_without_overflow)
