#include "base/test.h"
#include "crypto/crypto.h"

static const char *hex_of(const void *bytes, size_t size)
{
    static char text[4][513];
    static int next;
    char *t = text[next++ % 4];
    hex_encode(bytes, size, t);
    return t;
}

START_TEST(sha256_matches_fips_180_and_its_parts_may_be_split)
{
    struct sha256 h = sha256_of(STR("abc"));
    ck_assert_str_eq(hex_of(h.bytes, 32), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    ck_assert(sha256_equal(h, sha256_of2(STR("a"), STR("bc"))));
    struct sha256_stream *s = sha256_stream_new();
    sha256_stream_add(s, "ab", 2);
    ck_assert(sha256_equal(h, sha256_of(STR("abc")))); /* a one-shot hash in between does not disturb the stream */
    sha256_stream_add(s, "c", 1);
    ck_assert(sha256_equal(h, sha256_stream_end(s)));
    h = sha256_of(STR(""));
    ck_assert_str_eq(hex_of(h.bytes, 32), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
END_TEST

START_TEST(hmac_matches_rfc_4231_case_2)
{
    uint8_t mac[32];
    hmac_sha256(STR("Jefe"), STR("what do ya want for nothing?"), mac);
    ck_assert_str_eq(hex_of(mac, 32), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}
END_TEST

START_TEST(ed25519_matches_rfc_8032_test_1_and_refuses_a_changed_bit)
{
    struct ed25519_private key;
    uint8_t signature[64];
    ck_assert(hex_decode(STR("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"), key.seed, 32));
    struct ed25519_public public_key = ed25519_public_of(&key);
    ck_assert_str_eq(hex_of(public_key.bytes, 32), "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    ed25519_sign(&key, STR(""), signature);
    ck_assert_str_eq(hex_of(signature, 64),
                     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
                     "d25bf5f0595bbe24655141438e7a100b");
    ck_assert(ed25519_verify(&public_key, STR(""), signature));
    ck_assert(!ed25519_verify(&public_key, STR("x"), signature));
    for (int i = 0; i < 512; i += 37) {
        signature[i / 8] ^= (uint8_t)(1 << i % 8);
        ck_assert(!ed25519_verify(&public_key, STR(""), signature));
        signature[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    ck_assert(!ed25519_is_low_order(&public_key));
    struct ed25519_public one = {{1}}, one_negative = {{1}};
    one_negative.bytes[31] = 0x80;
    ck_assert(ed25519_is_low_order(&one) && ed25519_is_low_order(&one_negative));
}
END_TEST

/* Expected values come from a separate implementation in Go (crypto/aes, crypto/hmac), with key 00 01 .., salt 40 41 .., context
 * "ctx". */
START_TEST(sealing_matches_another_implementation_of_cobblestone_256)
{
    static const struct {
        size_t size, sealed;
        const char *digest;
    } cases[] = {{0, 72, "4a0aee667d59e464493f1c331ef8087b6a643f991396aa777f530165d8dfd9de"},
                 {5, 77, "79fb55acee1cca336b51289617132dceb110959aef4f202b52ab0f116307e08e"},
                 {16383, 16455, "51b9b16b1a472e7d8b8bfd91778acf0c6d83cb6cb10e7b0cb233fbb585bf434b"},
                 {16384, 16472, "b0c0b8717e0d8197ca9c95243b7e8dbeb00a795cb52aed540fc25db27ae1e604"},
                 {40000, 40104, "c683fabb525df09b8470f4a596a07c9e581449b7dae174644fb7edd8d5a4545c"}};
    uint8_t key[32], salt[SEALED_SALT_SIZE];
    static uint8_t plain[40000], sealed[40200], back[40000];
    for (size_t i = 0; i < sizeof(key); i++)
        key[i] = (uint8_t)i;
    for (size_t i = 0; i < sizeof(salt); i++)
        salt[i] = (uint8_t)(0x40 + i);
    for (size_t i = 0; i < sizeof(plain); i++)
        plain[i] = (uint8_t)(i * 7 + (i >> 8));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err e = {0};
        size_t size = 0;
        ck_assert_uint_eq(sealed_size(cases[i].size), cases[i].sealed);
        sealed_encrypt_salted(key, salt, STR("ctx"), str_make(plain, cases[i].size), sealed);
        struct sha256 h = sha256_of(str_make(sealed, cases[i].sealed));
        ck_assert_str_eq(hex_of(h.bytes, 32), cases[i].digest);
        ck_assert(sealed_plain_size(cases[i].sealed, &size) && size == cases[i].size);
        ck_assert(sealed_decrypt_into(key, STR("ctx"), str_make(sealed, cases[i].sealed), back, &e));
        ck_assert(memcmp(back, plain, size) == 0);
        ck_assert(!sealed_decrypt_into(key, STR("other"), str_make(sealed, cases[i].sealed), back, &e));
    }
}
END_TEST

START_TEST(sealed_bytes_that_were_changed_cut_or_extended_do_not_open)
{
    uint8_t key[32] = {7};
    static char plain[33000];
    struct err e = {0};
    struct buf BUF_AUTO sealed;
    struct buf BUF_AUTO back;
    buf_init(&sealed, 1 << 20);
    buf_init(&back, 1 << 20);
    ck_assert(sealed_encrypt(key, str_make(plain, sizeof(plain)), &sealed, &e));
    ck_assert(sealed_decrypt(key, buf_view(&sealed), &back, &e));
    ck_assert(back.size == sizeof(plain) && memcmp(back.data, plain, back.size) == 0);
    uint64_t seed = 1;
    for (int i = 0; i < 300; i++) {
        size_t at = i < 80 ? (size_t)i : test_random(&seed) % sealed.size;
        sealed.data[at] ^= (char)(1 << i % 8);
        ck_assert(!sealed_decrypt(key, buf_view(&sealed), &back, &e));
        ck_assert_int_eq(e.code, ERR_CORRUPT);
        sealed.data[at] ^= (char)(1 << i % 8);
    }
    for (size_t size = 0; size < sealed.size; size += size < 100 || size > 16400 ? 1 : 97) {
        ck_assert(!sealed_decrypt(key, str_slice(buf_view(&sealed), 0, size), &back, &e));
        if (size > 16500)
            size += 211;
    }
    buf_char(&sealed, 0);
    ck_assert(!sealed_decrypt(key, buf_view(&sealed), &back, &e));
}
END_TEST

START_TEST(a_wrapped_key_opens_only_with_its_master_key_and_its_name)
{
    uint8_t master[32] = {1}, key[32] = {2}, nonce[12] = {3}, back[32], wrapped[WRAPPED_KEY_SIZE];
    struct err e = {0};
    key_wrap(master, key, STR("name"), nonce, wrapped);
    ck_assert(key_unwrap(master, wrapped, STR("name"), back, &e) && memcmp(back, key, 32) == 0);
    ck_assert(!key_unwrap(master, wrapped, STR("other"), back, &e));
    ck_assert_int_eq(e.code, ERR_CORRUPT);
    for (size_t i = 0; i < sizeof(wrapped); i++) {
        wrapped[i] ^= 0x40;
        ck_assert(!key_unwrap(master, wrapped, STR("name"), back, &e));
        wrapped[i] ^= 0x40;
    }
    master[5] = 1;
    ck_assert(!key_unwrap(master, wrapped, STR("name"), back, &e));
}
END_TEST

START_TEST(base64_follows_rfc_4648_and_has_one_spelling)
{
    static const char *const pairs[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"}};
    static const char *const bad[] = {"Z",     "Zg",       "Zg=",  "Zg===", "Zh==", "Zm9=", "Zm9v\n",
                                      " Zm9v", "Zg==Zg==", "Z===", "====",  "Zm9-", "Zm=v"};
    struct buf BUF_AUTO b;
    buf_init(&b, 64);
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        buf_clear(&b);
        base64_encode(str_of(pairs[i][0]), &b);
        ck_assert(str_is(buf_view(&b), pairs[i][1]));
        buf_clear(&b);
        ck_assert(base64_decode(str_of(pairs[i][1]), &b));
        ck_assert(str_is(buf_view(&b), pairs[i][0]));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        buf_clear(&b);
        ck_assert_msg(!base64_decode(str_of(bad[i]), &b), "%s", bad[i]);
    }
}
END_TEST

START_TEST(crc32c_matches_rfc_3720_b4)
{
    uint8_t zeros[32] = {0}, ones[32];
    memset(ones, 0xff, sizeof(ones));
    ck_assert_uint_eq(crc32c_add(0, str_make(zeros, 32)), 0x8a9136aau);
    ck_assert_uint_eq(crc32c_add(0, str_make(ones, 32)), 0x62a8ab43u);
    ck_assert_uint_eq(crc32c_add(0, STR("123456789")), 0xe3069283u);
    ck_assert_uint_eq(crc32c_add(crc32c_add(0, STR("1234")), STR("56789")), 0xe3069283u);
}
END_TEST

START_TEST(the_hash_of_a_pair_is_that_of_its_65_bytes)
{
    uint64_t seed = 9;
    for (int round = 0; round < 100; round++) {
        uint8_t bytes[65];
        struct sha256 left, right;
        for (size_t i = 0; i < sizeof(bytes); i++)
            bytes[i] = (uint8_t)test_random(&seed);
        memcpy(left.bytes, bytes + 1, SHA256_SIZE);
        memcpy(right.bytes, bytes + 33, SHA256_SIZE);
        ck_assert(sha256_equal(sha256_of_pair(bytes[0], left, right), sha256_of(str_make(bytes, sizeof(bytes)))));
    }
}
END_TEST

START_TEST(crc32c_of_much_is_that_of_its_pieces)
{
    static uint8_t bytes[40000];
    uint64_t seed = 5;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)test_random(&seed);
    for (size_t size = 3000; size < sizeof(bytes); size += 1021) { /* lanes take 3 KiB at a time, pieces are below that */
        uint32_t pieces = 0;
        for (size_t at = 0; at < size; at += 1000)
            pieces = crc32c_add(pieces, str_make(bytes + at, size - at < 1000 ? size - at : 1000));
        ck_assert_uint_eq(crc32c_add(0, str_make(bytes, size)), pieces);
    }
}
END_TEST

TEST_MAIN("crypto", sha256_matches_fips_180_and_its_parts_may_be_split, hmac_matches_rfc_4231_case_2,
          ed25519_matches_rfc_8032_test_1_and_refuses_a_changed_bit, sealing_matches_another_implementation_of_cobblestone_256,
          sealed_bytes_that_were_changed_cut_or_extended_do_not_open, a_wrapped_key_opens_only_with_its_master_key_and_its_name,
          base64_follows_rfc_4648_and_has_one_spelling, crc32c_matches_rfc_3720_b4,
          the_hash_of_a_pair_is_that_of_its_65_bytes, crc32c_of_much_is_that_of_its_pieces)
