#include "crypto/otp.h"

#include "base/test.h"

static const char seed[] = "12345678901234567890";

START_TEST(codes_are_those_of_rfc_4226)
{
    static const uint32_t wanted[] = {755224, 287082, 359152, 969429, 338314, 254676, 287922, 162583, 399871, 520489};
    for (uint64_t i = 0; i < 10; i++)
        ck_assert_uint_eq(hotp(STR(seed), i, 6), wanted[i]);
}
END_TEST

START_TEST(codes_are_those_of_rfc_6238)
{
    static const struct {
        uint64_t seconds;
        uint32_t code;
    } vectors[] = {{59, 94287082}, {1111111109, 7081804}, {1111111111, 14050471}, {1234567890, 89005924}, {2000000000, 69279037}, {20000000000, 65353130}};
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
        ck_assert_uint_eq(hotp(STR(seed), vectors[i].seconds / 30, 8), vectors[i].code);
}
END_TEST

START_TEST(a_code_counts_one_step_around_now_and_once)
{
    int64_t now_ms = INT64_C(1111111109000);
    uint64_t step = (uint64_t)now_ms / OTP_STEP_MS, counter = 0;
    char text[16];
    for (int64_t by = -2; by <= 2; by++) {
        snprintf(text, sizeof(text), "%06u", hotp(STR(seed), step + (uint64_t)by, 6));
        bool is_near = by >= -1 && by <= 1;
        ck_assert_int_eq(totp_matches(STR(seed), str_of(text), now_ms, 0, &counter), is_near);
        if (is_near)
            ck_assert_uint_eq(counter, step + (uint64_t)by);
    }
    snprintf(text, sizeof(text), "%06u", hotp(STR(seed), step, 6));
    ck_assert(!totp_matches(STR(seed), str_of(text), now_ms, step, &counter));
    ck_assert(totp_matches(STR(seed), str_of(text), now_ms, step - 1, &counter));
    snprintf(text, sizeof(text), " %03u %03u ", hotp(STR(seed), step, 6) / 1000, hotp(STR(seed), step, 6) % 1000);
    ck_assert(totp_matches(STR(seed), str_of(text), now_ms, 0, &counter));
    static const char *const wrong[] = {"", "12345", "1234567", "-12345", "12345a", "     "};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        ck_assert(!totp_matches(STR(seed), str_of(wrong[i]), now_ms, 0, &counter));
}
END_TEST

START_TEST(seeds_are_written_as_rfc_4648_says)
{
    static const char *const pairs[][2] = {{"", ""}, {"f", "MY"}, {"fo", "MZXQ"}, {"foo", "MZXW6"}, {"foob", "MZXW6YQ"}, {"fooba", "MZXW6YTB"}, {"foobar", "MZXW6YTBOI"}};
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        struct buf BUF_AUTO text, BUF_AUTO bytes;
        buf_init(&text, 100);
        buf_init(&bytes, 100);
        base32_encode(str_of(pairs[i][0]), &text);
        ck_assert_str_eq(buf_view(&text).data, pairs[i][1]);
        ck_assert(base32_decode(buf_view(&text), &bytes));
        ck_assert(str_is(buf_view(&bytes), pairs[i][0]));
    }
    struct buf BUF_AUTO out;
    buf_init(&out, 100);
    ck_assert(!base32_decode(STR("M1"), &out));
    ck_assert(!base32_decode(STR("MZ"), &out));
    ck_assert(!base32_decode(STR("M"), &out));
    buf_clear(&out);
    ck_assert(base32_decode(STR("mzxw-6ytb oi"), &out) && str_is(buf_view(&out), "foobar"));
}
END_TEST

TEST_MAIN("otp", codes_are_those_of_rfc_4226, codes_are_those_of_rfc_6238, a_code_counts_one_step_around_now_and_once,
          seeds_are_written_as_rfc_4648_says)
