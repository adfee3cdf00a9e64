/* Vectors that others wrote, from the data shared with the project; without it these tests say so and pass nothing off as
 * checked. */
#include "base/json.h"
#include "base/test.h"
#include "crypto/crypto.h"

#include <unistd.h>

enum { SKIPPED = 77 }; /* Meson's exit status for a skipped test */

static struct arena *arena;

static struct str file_read(const char *name)
{
    struct str path = arena_printf(arena, "%s/ledger/%s", getenv("ASSAY_SHARED_DATA"), name);
    FILE *f = fopen(path.data, "r");
    ck_assert_msg(f != NULL, "%s is missing", path.data);
    char *text = arena_alloc(arena, 8 << 20);
    size_t size = fread(text, 1, 8 << 20, f);
    fclose(f);
    return str_make(text, size);
}

static const struct json *vectors(const char *name)
{
    struct err e = {0};
    struct json *v = json_parse(arena, file_read(name), JSON_LIMITS_DEFAULT, &e);
    ck_assert_msg(v != NULL, "%s: %s", name, e.text);
    return v;
}

static struct str bytes_of(const struct json *object, const char *key)
{
    struct str hex = json_text(object, key);
    char *bytes = arena_alloc(arena, hex.size / 2 + 1);
    ck_assert(hex_decode(hex, bytes, hex.size / 2));
    return str_make(bytes, hex.size / 2);
}

START_TEST(hkdf_agrees_with_wycheproof)
{
    int n = 0;
    JSON_EACH (group, json_get(vectors("wycheproof/hkdf_sha512_test.json"), "testGroups"))
        JSON_EACH (t, json_get(group, "tests")) {
            uint8_t key[255 * 64];
            size_t size = (size_t)json_int(t, "size", 0);
            if (!str_is(json_text(t, "result"), "valid")) {
                ck_assert_uint_gt(size,
                                  sizeof(key)); /* the only invalid ones ask for more than there is: a programmer's error here */
                continue;
            }
            hkdf_sha512(bytes_of(t, "ikm"), bytes_of(t, "salt"), bytes_of(t, "info"), key, size);
            ck_assert_msg(str_equal(str_make(key, size), bytes_of(t, "okm")), "case %d", (int)json_int(t, "tcId", 0));
            n++;
        }
    ck_assert_int_gt(n, 70);
}
END_TEST

START_TEST(ed25519_agrees_with_wycheproof)
{
    int n = 0;
    JSON_EACH (group, json_get(vectors("wycheproof/ed25519_test.json"), "testGroups")) {
        struct ed25519_public key;
        struct str pk = bytes_of(json_get(group, "publicKey"), "pk");
        ck_assert_uint_eq(pk.size, 32);
        memcpy(key.bytes, pk.data, 32);
        JSON_EACH (t, json_get(group, "tests")) {
            struct str signature = bytes_of(t, "sig");
            bool is_valid = str_is(json_text(t, "result"), "valid");
            n++;
            if (signature.size != ED25519_SIGNATURE_SIZE) {
                ck_assert(!is_valid);
                continue;
            }
            ck_assert_msg(ed25519_verify(&key, bytes_of(t, "msg"), (const uint8_t *)signature.data) == is_valid, "case %d",
                          (int)json_int(t, "tcId", 0));
        }
    }
    ck_assert_int_gt(n, 100);
}
END_TEST

START_TEST(ed25519_accepts_exactly_what_three_other_libraries_accept)
{
    const struct json *accepted = vectors("ed25519/accepted-by-openssl3.0+go1.19+node20.json");
    int n = 0, low_order = 0;
    JSON_EACH (t, vectors("ed25519/ed25519vectors.json")) {
        struct ed25519_public key;
        struct str pk = bytes_of(t, "key"), signature = bytes_of(t, "sig");
        bool is_accepted = false, has_low_order_key = false;
        JSON_EACH (number, accepted)
            is_accepted |= number->integer == json_int(t, "number", -1);
        JSON_EACH (flag, json_get(t, "flags"))
            has_low_order_key |= str_is(flag->text, "low_order_A");
        memcpy(key.bytes, pk.data, 32);
        ck_assert_msg(ed25519_verify(&key, json_text(t, "msg"), (const uint8_t *)signature.data) == is_accepted, "case %d", n);
        ck_assert_msg(ed25519_is_low_order(&key) == has_low_order_key, "case %d", n);
        low_order += has_low_order_key;
        n++;
    }
    ck_assert_int_eq(n, 914);
    ck_assert_int_gt(low_order, 0);
}
END_TEST

static int run(void)
{
    const TTest *tests[] = {hkdf_agrees_with_wycheproof, ed25519_agrees_with_wycheproof,
                            ed25519_accepts_exactly_what_three_other_libraries_accept};
    Suite *s = suite_create("crypto_vectors");
    TCase *c = tcase_create("crypto_vectors");
    tcase_set_timeout(c, 60);
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
        tcase_add_test(c, tests[i]);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(void)
{
    const char *shared = getenv("ASSAY_SHARED_DATA");
    if (!shared || access(shared, R_OK) != 0) {
        printf("skipped: the shared data folder (%s) is not here\n", shared ? shared : "ASSAY_SHARED_DATA");
        return SKIPPED;
    }
    arena = arena_new("vectors", 256 << 20);
    int status = run();
    arena_free(arena);
    return status;
}
