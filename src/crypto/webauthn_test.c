#include "crypto/webauthn.h"
#include "crypto/crypto.h"

#include "base/test.h"
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

/* An authenticator of our own: keys by OpenSSL, words as the specification has them. */
static struct arena *arena;
static const struct webauthn_expect expect = {
    .challenge = {"0123456789abcdef0123456789abcdef", 32}, .origin = {"https://assay.example.org", 25}, .rp_id = {"assay.example.org", 17}};

enum { FLAGS = 0x05, FLAGS_NEW = 0x45 };

struct maker {
    EVP_PKEY *key;
    struct buf cose;
};

static void put_bytes(struct buf *b, const void *data, size_t size)
{
    buf_char(b, size < 24 ? (char)(0x40 + size) : size < 256 ? 0x58 : 0x59);
    if (size >= 256)
        buf_u16be(b, (uint16_t)size);
    else if (size >= 24)
        buf_char(b, (char)size);
    buf_append(b, data, size);
}

static struct maker maker_ec(void)
{
    struct maker m = {.key = EVP_EC_gen("P-256")};
    unsigned char point[65];
    size_t size = 0;
    ck_assert(m.key && EVP_PKEY_get_octet_string_param(m.key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point), &size) == 1 && size == 65);
    buf_init(&m.cose, 1000);
    buf_append(&m.cose, "\xa5\x01\x02\x03\x26\x20\x01\x21", 8);
    put_bytes(&m.cose, point + 1, 32);
    buf_char(&m.cose, 0x22);
    put_bytes(&m.cose, point + 33, 32);
    return m;
}

static struct maker maker_ed(void)
{
    struct maker m = {.key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")};
    unsigned char raw[32];
    size_t size = 32;
    ck_assert(m.key && EVP_PKEY_get_raw_public_key(m.key, raw, &size) == 1);
    buf_init(&m.cose, 1000);
    buf_append(&m.cose, "\xa4\x01\x01\x03\x27\x20\x06\x21", 8);
    put_bytes(&m.cose, raw, 32);
    return m;
}

static struct maker maker_rsa(void)
{
    struct maker m = {.key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048)};
    BIGNUM *n = NULL;
    unsigned char bytes[256];
    ck_assert(m.key && EVP_PKEY_get_bn_param(m.key, OSSL_PKEY_PARAM_RSA_N, &n) == 1 && BN_bn2binpad(n, bytes, 256) == 256);
    BN_free(n);
    buf_init(&m.cose, 1000);
    buf_append(&m.cose, "\xa4\x01\x03\x03\x39\x01\x00\x20", 8);
    put_bytes(&m.cose, bytes, 256);
    buf_append(&m.cose, "\x21\x43\x01\x00\x01", 5);
    return m;
}

static void maker_release(struct maker *m)
{
    EVP_PKEY_free(m->key);
    buf_release(&m->cose);
}

static struct str client_data(const char *type, struct str challenge, const char *origin, const char *more)
{
    return arena_printf(arena, "{\"type\":\"%s\",\"challenge\":\"%s\",\"origin\":\"%s\"%s}", type, base64url_encode(arena, challenge).data, origin, more);
}

static struct str auth_data(const char *rp, int flags, uint32_t counter, struct str cose)
{
    struct buf BUF_AUTO b;
    struct sha256 hash = sha256_of(str_of(rp));
    buf_init(&b, 4000);
    buf_append(&b, hash.bytes, 32);
    buf_char(&b, (char)flags);
    buf_u32be(&b, counter);
    if (flags & 0x40) {
        buf_append(&b, "0123456789abcdef", 16);
        buf_u16be(&b, 4);
        buf_cstr(&b, "cred");
        buf_str(&b, cose);
    }
    return arena_str(arena, buf_view(&b));
}

static struct str attestation(const char *format, struct str data)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 8000);
    buf_append(&b, "\xa3\x63" "fmt", 5);
    buf_char(&b, (char)(0x60 + strlen(format)));
    buf_cstr(&b, format);
    buf_append(&b, "\x67" "attStmt\xa0\x68" "authData", 18);
    put_bytes(&b, data.data, data.size);
    return arena_str(arena, buf_view(&b));
}

static struct str sign(EVP_PKEY *key, bool has_digest, struct str auth, struct str client)
{
    unsigned char signature[600];
    size_t size = sizeof(signature);
    struct buf BUF_AUTO message;
    struct sha256 digest = sha256_of(client);
    buf_init(&message, 20000);
    buf_str(&message, auth);
    buf_append(&message, digest.bytes, 32);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    ck_assert(EVP_DigestSignInit(context, NULL, has_digest ? EVP_sha256() : NULL, NULL, key) == 1 &&
              EVP_DigestSign(context, signature, &size, (const unsigned char *)message.data, message.size) == 1);
    EVP_MD_CTX_free(context);
    return arena_str(arena, str_make(signature, size));
}

static const char origin[] = "https://assay.example.org", rp[] = "assay.example.org";

static void round_trip(struct maker m, bool has_digest)
{
    struct err e = {0};
    struct webauthn_passkey passkey;
    uint32_t counter = 0;
    arena = arena_new("webauthn_test", 16 << 20);
    ck_assert_msg(webauthn_register(arena, &expect, client_data("webauthn.create", expect.challenge, origin, ",\"crossOrigin\":false"),
                                    attestation("none", auth_data(rp, FLAGS_NEW, 0, buf_view(&m.cose))), &passkey, &e),
                  "%s", e.text);
    ck_assert(str_is(passkey.id, "cred") && str_equal(passkey.key, buf_view(&m.cose)));
    struct str auth = auth_data(rp, FLAGS, 7, STR("")), client = client_data("webauthn.get", expect.challenge, origin, "");
    struct str signature = sign(m.key, has_digest, auth, client);
    ck_assert_msg(webauthn_sign_in(arena, &expect, passkey.key, client, auth, signature, &counter, &e), "%s", e.text);
    ck_assert_uint_eq(counter, 7);
    /* every single bit counts */
    for (size_t i = 0; i < signature.size; i += 7) {
        struct str bad = arena_str(arena, signature);
        *(char *)(uintptr_t)(bad.data + i) ^= 1;
        ck_assert(!webauthn_sign_in(arena, &expect, passkey.key, client, auth, bad, &counter, &e));
    }
    maker_release(&m);
    arena = arena_free(arena);
}

START_TEST(keys_of_three_algorithms_register_and_sign_in)
{
    round_trip(maker_ec(), true);
    round_trip(maker_ed(), false);
    round_trip(maker_rsa(), true);
}
END_TEST

START_TEST(what_was_said_elsewhere_or_otherwise_is_refused)
{
    arena = arena_new("webauthn_test", 16 << 20);
    struct maker m = maker_ec();
    struct str key = buf_view(&m.cose), get = STR("webauthn.get");
    struct str good_auth = auth_data(rp, FLAGS, 1, STR("")), good_client = client_data(get.data, expect.challenge, origin, "");
    const struct {
        struct str client, auth;
        const char *why;
    } cases[] = {{client_data("webauthn.create", expect.challenge, origin, ""), good_auth, "type"},
                 {client_data(get.data, STR("another challenge of some length"), origin, ""), good_auth, "challenge"},
                 {client_data(get.data, expect.challenge, "https://evil.example.org", ""), good_auth, "another site"},
                 {client_data(get.data, expect.challenge, "http://assay.example.org", ""), good_auth, "another site"},
                 {client_data(get.data, expect.challenge, origin, ",\"crossOrigin\":true"), good_auth, "within another"},
                 {STR("[]"), good_auth, "JSON"},
                 {good_client, auth_data("evil.example.org", FLAGS, 1, STR("")), "another site"},
                 {good_client, auth_data(rp, 0x04, 1, STR("")), "made sure"},
                 {good_client, auth_data(rp, 0x01, 1, STR("")), "made sure"},
                 {good_client, str_slice(good_auth, 0, 36), "cut"},
                 {good_client, arena_printf(arena, "%.*sx", 0, ""), "cut"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err e = {0};
        uint32_t counter;
        struct str signature = sign(m.key, true, cases[i].auth, cases[i].client);
        bool is_ok = webauthn_sign_in(arena, &expect, key, cases[i].client, cases[i].auth, signature, &counter, &e);
        ck_assert_msg(!is_ok && e.code == ERR_DENIED && strstr(e.text, cases[i].why), "case %zu: %s", i, e.text);
    }
    maker_release(&m);
    arena = arena_free(arena);
}
END_TEST

START_TEST(registrations_that_are_cut_or_of_another_form_are_refused)
{
    arena = arena_new("webauthn_test", 64 << 20);
    struct maker m = maker_ec();
    struct webauthn_passkey passkey;
    struct str client = client_data("webauthn.create", expect.challenge, origin, "");
    struct str whole = attestation("none", auth_data(rp, FLAGS_NEW, 0, buf_view(&m.cose)));
    for (size_t i = 0; i < whole.size; i++) {
        struct err e = {0};
        ck_assert(!webauthn_register(arena, &expect, client, str_slice(whole, 0, i), &passkey, &e) && e.code == ERR_DENIED);
    }
    struct err e = {0};
    ck_assert(!webauthn_register(arena, &expect, client, attestation("packed", auth_data(rp, FLAGS_NEW, 0, buf_view(&m.cose))), &passkey, &e));
    ck_assert(!webauthn_register(arena, &expect, client, attestation("none", auth_data(rp, FLAGS, 0, STR(""))), &passkey, &e));
    /* a point that is not on the curve, a key of another algorithm, something behind the key */
    struct str bad = arena_str(arena, buf_view(&m.cose));
    *(char *)(uintptr_t)(bad.data + 20) ^= 1;
    ck_assert(!webauthn_register(arena, &expect, client, attestation("none", auth_data(rp, FLAGS_NEW, 0, bad)), &passkey, &e));
    bad = arena_str(arena, buf_view(&m.cose));
    *(char *)(uintptr_t)(bad.data + 4) = 0x27;
    ck_assert(!webauthn_register(arena, &expect, client, attestation("none", auth_data(rp, FLAGS_NEW, 0, bad)), &passkey, &e));
    bad = arena_printf(arena, "%.*sx", STR_ARGS(STR("")));
    struct str data = auth_data(rp, FLAGS_NEW, 0, buf_view(&m.cose));
    struct buf BUF_AUTO longer;
    buf_init(&longer, 8000);
    buf_str(&longer, data);
    buf_char(&longer, 0);
    ck_assert(!webauthn_register(arena, &expect, client, attestation("none", buf_view(&longer)), &passkey, &e));
    maker_release(&m);
    arena = arena_free(arena);
}
END_TEST

START_TEST(base64url_is_strict)
{
    arena = arena_new("webauthn_test", 1 << 20);
    struct str out;
    ck_assert(base64url_decode(arena, STR("_-8"), &out) && out.size == 2);
    ck_assert_str_eq(base64url_encode(arena, out).data, "_-8");
    static const char *const bad[] = {"a", "YQ==", "Y+8", "Y/8", "Y Q", "YR"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(!base64url_decode(arena, str_of(bad[i]), &out), "%s", bad[i]);
    arena = arena_free(arena);
}
END_TEST

TEST_MAIN("webauthn", keys_of_three_algorithms_register_and_sign_in, what_was_said_elsewhere_or_otherwise_is_refused,
          registrations_that_are_cut_or_of_another_form_are_refused, base64url_is_strict)
