#include "base/buf.h"
#include "base/csv.h"
#include "base/test.h"

START_TEST(appending_past_the_maximum_sets_full_and_keeps_what_was_there)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 5);
    buf_cstr(&b, "abc");
    buf_cstr(&b, "def");
    ck_assert(b.full);
    ck_assert_str_eq(b.data, "abc");
    buf_cstr(&b, "x");
    ck_assert_str_eq(b.data, "abc");
    buf_clear(&b);
    buf_cstr(&b, "12345");
    ck_assert(!b.full);
}
END_TEST

START_TEST(integers_are_big_endian)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 100);
    buf_u16be(&b, 0x0102);
    buf_u64be(&b, 0x030405060708090a);
    ck_assert_mem_eq(b.data, "\1\2\3\4\5\6\7\10\11\12", 10);
}
END_TEST

START_TEST(csv_quotes_and_disarms_formulas)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 100);
    csv_cell(&b, true, STR("a,b"));
    csv_cell(&b, false, STR("=1+1"));
    csv_cell(&b, false, STR("say \"x\""));
    csv_cell(&b, false, STR("plain"));
    csv_end_line(&b);
    ck_assert_str_eq(b.data, "\"a,b\",\"'=1+1\",\"say \"\"x\"\"\",plain\r\n");
}
END_TEST

TEST_MAIN("buf", appending_past_the_maximum_sets_full_and_keeps_what_was_there, integers_are_big_endian, csv_quotes_and_disarms_formulas)
