#include "base/test.h"
#include "crypto/crypto.h"

enum { BYTES = 1 << 20, MANY = 400 };
static uint8_t bytes[BYTES];
static uint64_t seed;

static uint64_t next_random(void)
{
    return test_random(&seed);
}

static void start(uint64_t number)
{
    seed = number;
    for (size_t i = 0; i < BYTES; i++)
        bytes[i] = (uint8_t)next_random();
    sha256_use_lanes(true);
}

/* Both ways of computing, against OpenSSL's EVP stream; what lies behind the last hash must stay. */
static void check_each(const struct str *messages, size_t count)
{
    static struct sha256 found[MANY + 1];
    for (int is_wanted = 0; is_wanted < 2; is_wanted++) {
        uint8_t prefix = (uint8_t)next_random();
        sha256_use_lanes(is_wanted);
        memset(found, 0x5a, sizeof(found));
        sha256_of_each(prefix, messages, count, found);
        for (size_t i = 0; i < count; i++) {
            struct sha256_stream *s = sha256_stream_new();
            sha256_stream_add(s, &prefix, 1);
            sha256_stream_add(s, messages[i].data, messages[i].size);
            ck_assert_msg(sha256_equal(found[i], sha256_stream_end(s)), "%s: message %zu of %zu, %zu bytes", sha256_kernel(), i,
                          count, messages[i].size);
        }
        ck_assert_int_eq(found[count].bytes[0], 0x5a);
    }
}

START_TEST(every_length_up_to_five_blocks_agrees_with_openssl)
{
    struct str messages[MANY];
    start(1);
    for (size_t i = 0; i < 5 * 64; i++)
        messages[i] = str_make(bytes + i, i);
    check_each(messages, 5 * 64);
}
END_TEST

START_TEST(every_count_of_messages_agrees_with_openssl)
{
    struct str messages[MANY];
    start(2);
    for (size_t count = 0; count <= 50; count++) {
        for (size_t i = 0; i < count; i++)
            messages[i] = str_make(bytes + i * 1024, 1024);
        check_each(messages, count);
    }
}
END_TEST

/* The property: whatever the number, the lengths and the places of the messages, no matter which lane ends first. */
START_TEST(messages_of_random_lengths_agree_with_openssl)
{
    struct str messages[MANY];
    start(3);
    for (int round = 0; round < 60; round++) {
        size_t count = 1 + next_random() % (MANY - 1), longest = (size_t)1 << (next_random() % 13);
        for (size_t i = 0; i < count; i++) {
            size_t size = next_random() % 50 == 0 ? next_random() % 65535 : next_random() % longest;
            messages[i] = str_make(bytes + next_random() % (BYTES - 65536), size);
        }
        check_each(messages, count);
    }
}
END_TEST

START_TEST(pairs_agree_with_openssl_also_in_their_own_place)
{
    static struct sha256 hashes[2 * MANY], found[MANY + 1], in_place[2 * MANY];
    start(4);
    memcpy(hashes, bytes, sizeof(hashes));
    for (int is_wanted = 0; is_wanted < 2; is_wanted++)
        for (size_t count = 0; count < MANY; count += count < 70 ? 1 : 33) {
            sha256_use_lanes(is_wanted);
            memset(found, 0x5a, sizeof(found));
            memcpy(in_place, hashes, sizeof(hashes));
            sha256_of_pairs(1, hashes, count, found);
            sha256_of_pairs(1, in_place, count, in_place);
            for (size_t i = 0; i < count; i++)
                ck_assert_msg(sha256_equal(found[i], sha256_of_pair(1, hashes[2 * i], hashes[2 * i + 1])), "%s: pair %zu of %zu",
                              sha256_kernel(), i, count);
            ck_assert_mem_eq(found, in_place, count * sizeof(found[0]));
            ck_assert_int_eq(found[count].bytes[0], 0x5a);
        }
}
END_TEST

START_TEST(a_processor_that_has_the_lanes_uses_them)
{
    sha256_use_lanes(false);
    ck_assert_str_eq(sha256_kernel(), "openssl");
    sha256_use_lanes(true);
#if defined(__x86_64__)
    bool has_them = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
    ck_assert_str_eq(sha256_kernel(), has_them ? "avx512" : "openssl"); /* "openssl" on one that has them: they did not agree */
#endif
}
END_TEST

TEST_MAIN("sha256_lanes", every_length_up_to_five_blocks_agrees_with_openssl, every_count_of_messages_agrees_with_openssl,
          messages_of_random_lengths_agree_with_openssl, pairs_agree_with_openssl_also_in_their_own_place,
          a_processor_that_has_the_lanes_uses_them)
