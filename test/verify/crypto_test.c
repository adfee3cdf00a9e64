/* The own SHA-256, SHA-512 and Ed25519 of assay-verify against OpenSSL's, CCTV's edge cases and Wycheproof's. */
#include "base/test.h"

#include "base/arena.h"
#include "base/json.h"
#include "crypto/crypto.h"
#include "os/file.h"
#include "verify/av.h"

#include <openssl/evp.h>

START_TEST(sha256_is_openssls_for_all_sizes_plain_and_by_instructions)
{
    static uint8_t data[1100];
    uint64_t seed = 1;
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)test_random(&seed);
    for (size_t size = 0; size <= sizeof(data); size++) {
        struct sha256 wanted = sha256_of(str_make(data, size));
        for (int plain = 0; plain < 2; plain++) {
            av_sha256_use_plain(plain);
            struct av_hash whole = av_sha256_of(data, size);
            ck_assert_mem_eq(whole.bytes, wanted.bytes, 32);
        }
    }
    av_sha256_use_plain(false);
}
END_TEST

/* Leaves have a byte in front and go through in pairs, of which either may be the longer. */
START_TEST(leaf_and_node_hashes_are_openssls_two_at_a_time_and_alone)
{
    static uint8_t data[1 + 2048];
    struct av_piece leaves[7];
    struct av_hash there[7], nodes[3];
    uint64_t seed = 4;
    for (size_t i = 1; i < sizeof(data); i++)
        data[i] = (uint8_t)test_random(&seed);
    for (int n = 0; n < 6000; n++) {
        size_t count = 1 + (size_t)(test_random(&seed) % 7), size_max = n % 3 ? 2048 : 140;
        for (size_t i = 0; i < count; i++)
            leaves[i] = (struct av_piece){data + 1, (size_t)(test_random(&seed) % size_max)};
        av_sha256_use_plain(n % 2);
        av_leaf_hashes(leaves, count, there);
        for (size_t i = 0; i < count; i++) {
            struct sha256 wanted = sha256_of(str_make(data, 1 + leaves[i].size)); /* data[0] is 0 */
            ck_assert_mem_eq(there[i].bytes, wanted.bytes, 32);
            struct av_hash alone = av_leaf_hash(leaves[i].data, leaves[i].size);
            ck_assert_mem_eq(there[i].bytes, alone.bytes, 32);
        }
        av_node_hashes(there, count / 2, nodes);
        for (size_t i = 0; i < count / 2; i++) {
            uint8_t both[65] = {1};
            memcpy(both + 1, there + 2 * i, 64);
            struct sha256 wanted = sha256_of(str_make(both, sizeof(both)));
            struct av_hash alone = av_node_hash(&there[2 * i], &there[2 * i + 1]);
            ck_assert_mem_eq(nodes[i].bytes, wanted.bytes, 32);
            ck_assert_mem_eq(alone.bytes, wanted.bytes, 32);
        }
    }
    av_sha256_use_plain(false);
}
END_TEST

START_TEST(sha512_is_openssls_for_all_sizes)
{
    static uint8_t data[700];
    uint8_t wanted[64], there[64];
    uint64_t seed = 2;
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)test_random(&seed);
    for (size_t size = 0; size <= sizeof(data); size++) {
        size_t half = size / 3;
        EVP_Digest(data, size, wanted, NULL, EVP_sha512(), NULL);
        av_sha512((struct av_piece[]){{data, half}, {data + half, size - half}}, 2, there);
        ck_assert_mem_eq(wanted, there, 64);
    }
}
END_TEST

/* The message in one piece and in three has to give the same answer. */
static bool verifies(const uint8_t key[32], const void *message, size_t size, const uint8_t signature[64])
{
    const uint8_t *p = message;
    size_t third = size / 3;
    bool whole = av_ed25519_verify(key, &(struct av_piece){message, size}, 1, signature);
    struct av_piece pieces[] = {{p, third}, {p + third, third}, {p + 2 * third, size - 2 * third}};
    ck_assert_int_eq(av_ed25519_verify(key, pieces, 3, signature), whole);
    return whole;
}

START_TEST(ed25519_agrees_with_openssl_on_signatures_whole_and_damaged)
{
    uint64_t seed = 3;
    int accepted = 0;
    for (int n = 0; n < 1500; n++) {
        struct ed25519_private key;
        uint8_t message[200], signature[64];
        size_t size = (size_t)(test_random(&seed) % sizeof(message));
        for (int i = 0; i < 32; i++)
            key.seed[i] = (uint8_t)test_random(&seed);
        for (size_t i = 0; i < sizeof(message); i++)
            message[i] = (uint8_t)test_random(&seed);
        struct ed25519_public public_key = ed25519_public_of(&key);
        ed25519_sign(&key, str_make(message, size), signature);
        int what = n % 4;
        if (what == 1)
            signature[test_random(&seed) % 64] ^= (uint8_t)(1u << (test_random(&seed) % 8));
        else if (what == 2)
            public_key.bytes[test_random(&seed) % 32] ^= (uint8_t)(1u << (test_random(&seed) % 8));
        else if (what == 3 && size)
            message[test_random(&seed) % size] ^= 1;
        bool wanted = ed25519_verify(&public_key, str_make(message, size), signature);
        ck_assert_int_eq(verifies(public_key.bytes, message, size, signature), wanted);
        ck_assert_int_eq(av_ed25519_is_weak(public_key.bytes) && what != 2, false);
        accepted += wanted;
    }
    ck_assert_int_ge(accepted, 375);
}
END_TEST

/* Of the CCTV edge cases: number, key, signature, message; accepted by OpenSSL 3.0 or not. */
START_TEST(ed25519_edge_cases_are_decided_as_openssl_decides)
{
    static const struct {
        const char *key, *sig;
        bool is_accepted;
    } cases[] = {
        {"0000000000000000000000000000000000000000000000000000000000000000",
         "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
         false},
        {"0000000000000000000000000000000000000000000000000000000000000000",
         "36684ea91032ba5b1dbab2d02f4debc74c3327f2b3802e2e4d371aa42b12b56b05ba9a796274d80437afa36f1236563f2f3b0aa84cecddc3d20914615ba4fe02",
         true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t key[32], signature[64];
        ck_assert(hex_decode(str_of(cases[i].key), key, 32) && hex_decode(str_of(cases[i].sig), signature, 64));
        ck_assert_int_eq(verifies(key, "ed25519vectors 3", 16, signature), cases[i].is_accepted);
        ck_assert(av_ed25519_is_weak(key));
    }
}
END_TEST

static struct json *shared(struct arena *a, const char *name)
{
    const char *root = getenv("ASSAY_SHARED_DATA");
    struct err e = {0};
    struct buf *text = ARENA_NEW(a, struct buf);
    buf_init(text, 64 << 20);
    char path[4096];
    snprintf(path, sizeof(path), "%s/ledger/%s", root ? root : "", name);
    if (!root || !os_file_read(&os_file_real, -1, path, text, &e)) {
        printf("skipped: %s is not here\n", path);
        buf_release(text);
        return NULL;
    }
    struct str kept = arena_str(a, buf_view(text));
    buf_release(text);
    struct json *v = json_parse(a, kept, JSON_LIMITS_DEFAULT, &e);
    ck_assert_msg(v != NULL, "%s: %s", path, e.text);
    return v;
}

START_TEST(of_the_cctv_vectors_exactly_those_are_accepted_that_openssl_accepts)
{
    struct arena *a = arena_new("vectors", 256 << 20);
    struct json *vectors = shared(a, "ed25519/ed25519vectors.json");
    struct json *accepted = shared(a, "ed25519/accepted-by-openssl3.0+go1.19+node20.json");
    int count = 0, all = 0;
    if (vectors && accepted) {
        JSON_EACH (vector, vectors) {
            uint8_t key[32], signature[64];
            struct str message = json_text(vector, "msg");
            bool wanted = false;
            JSON_EACH (number, accepted)
                wanted = wanted || number->integer == json_int(vector, "number", -1);
            ck_assert(hex_decode(json_text(vector, "key"), key, 32) && hex_decode(json_text(vector, "sig"), signature, 64));
            bool there = verifies(key, message.data, message.size, signature);
            ck_assert_msg(there == wanted, "vector %lld", (long long)json_int(vector, "number", -1));
            count += there;
            all++;
        }
        ck_assert_int_eq(count, 208);
        ck_assert_int_eq(all, 914);
    }
    arena_free(a);
}
END_TEST

START_TEST(wycheproofs_ed25519_cases_come_out_as_they_should)
{
    struct arena *a = arena_new("vectors", 256 << 20);
    struct json *file = shared(a, "wycheproof/ed25519_test.json");
    int count = 0;
    if (file) {
        JSON_EACH (group, json_get(file, "testGroups")) {
            uint8_t key[32];
            ck_assert(hex_decode(json_text(json_get(group, "publicKey"), "pk"), key, 32));
            JSON_EACH (test, json_get(group, "tests")) {
                uint8_t message[4096], signature[64];
                struct str m = json_text(test, "msg"), s = json_text(test, "sig");
                ck_assert(hex_decode(m, message, m.size / 2));
                bool there = s.size == 128 && hex_decode(s, signature, 64) && verifies(key, message, m.size / 2, signature);
                ck_assert_msg(there == str_is(json_text(test, "result"), "valid"), "case %lld", (long long)json_int(test, "tcId", -1));
                count++;
            }
        }
        ck_assert_int_ge(count, 100);
    }
    arena_free(a);
}
END_TEST

TEST_MAIN("verify crypto", sha256_is_openssls_for_all_sizes_plain_and_by_instructions,
          leaf_and_node_hashes_are_openssls_two_at_a_time_and_alone, sha512_is_openssls_for_all_sizes,
          ed25519_agrees_with_openssl_on_signatures_whole_and_damaged, ed25519_edge_cases_are_decided_as_openssl_decides,
          of_the_cctv_vectors_exactly_those_are_accepted_that_openssl_accepts, wycheproofs_ed25519_cases_come_out_as_they_should)
