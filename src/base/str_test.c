#include "base/err.h"
#include "base/str.h"
#include "base/test.h"
#include <errno.h>

START_TEST(cutting_walks_through_fields)
{
    struct str s = STR("a:b::c"), head;
    const char *expected[] = {"a", "b", "", "c"};
    for (int i = 0; i < 4; i++) {
        bool more = str_cut(&s, ':', &head);
        ck_assert(str_is(head, expected[i]));
        ck_assert_int_eq(more, i < 3);
    }
    ck_assert_uint_eq(s.size, 0);
}
END_TEST

START_TEST(lines_lose_their_line_ends)
{
    struct str s = STR("one\r\ntwo\n\nlast"), line;
    ck_assert(str_next_line(&s, &line) && str_is(line, "one"));
    ck_assert(str_next_line(&s, &line) && str_is(line, "two"));
    ck_assert(str_next_line(&s, &line) && str_is(line, ""));
    ck_assert(str_next_line(&s, &line) && str_is(line, "last"));
    ck_assert(!str_next_line(&s, &line));
}
END_TEST

START_TEST(integers_are_exact_or_refused)
{
    int64_t v = 1;
    ck_assert(str_to_int64(STR("-9223372036854775808"), &v) && v == INT64_MIN);
    ck_assert(str_to_int64(STR("9223372036854775807"), &v) && v == INT64_MAX);
    const char *bad[] = {"", "-", "+1", " 1", "1 ", "9223372036854775808", "1e3", "0x1"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(!str_to_int64(str_of(bad[i]), &v), "%s", bad[i]);
}
END_TEST

START_TEST(utf8_is_checked_strictly)
{
    ck_assert(str_is_utf8(STR("plain ascii of some length")));
    ck_assert(str_is_utf8(STR("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80")));
    const char *bad[] = {"\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80", "\xff", "abcdefgh\xc3"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(!str_is_utf8(str_of(bad[i])), "case %zu", i);
}
END_TEST

START_TEST(hex_is_lower_case_and_exact)
{
    unsigned char bytes[2];
    char text[5];
    ck_assert(hex_decode(STR("00ff"), bytes, 2));
    hex_encode(bytes, 2, text);
    ck_assert_str_eq(text, "00ff");
    ck_assert(!hex_decode(STR("00FF"), bytes, 2));
    ck_assert(!hex_decode(STR("00f"), bytes, 2));
}
END_TEST

START_TEST(errors_are_one_line_and_keep_their_code_when_wrapped)
{
    struct err e = {0};
    ck_assert(!err_errno(&e, ENOSPC, "write %s", "a\nb"));
    ck_assert_int_eq(e.code, ERR_UNAVAILABLE);
    ck_assert_str_eq(e.text, "write a?b: No space left on device");
    err_wrap(&e, "journal");
    ck_assert_str_eq(e.text, "journal: write a?b: No space left on device");
    ck_assert_int_eq(err_exit_status(e.code), 3);
    for (int code = ERR_NONE; code <= ERR_INTERNAL; code++)
        ck_assert_int_eq(err_code_from_name(err_code_name((enum err_code)code)), code);
}
END_TEST

TEST_MAIN("str", cutting_walks_through_fields, lines_lose_their_line_ends, integers_are_exact_or_refused, utf8_is_checked_strictly,
          hex_is_lower_case_and_exact, errors_are_one_line_and_keep_their_code_when_wrapped)
