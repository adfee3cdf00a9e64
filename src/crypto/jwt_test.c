/* ID tokens are made here with OpenSSL, as a provider makes them; then each thing that may be wrong with one is. */
#include "crypto/jwt.h"

#include "base/test.h"
#include "crypto/crypto.h"
#include "crypto/webauthn.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

enum { NOW_S = 1800000000 };

static struct arena *a;
static EVP_PKEY *rsa, *ec, *ed;
static struct str keys_text;

static struct str number_text(EVP_PKEY *key, const char *name, int size)
{
    BIGNUM *n = NULL;
    unsigned char bytes[600];
    ck_assert(EVP_PKEY_get_bn_param(key, name, &n) == 1);
    int used = size ? size : BN_num_bytes(n);
    ck_assert(BN_bn2binpad(n, bytes, used) == used);
    BN_free(n);
    return base64url_encode(a, str_make(bytes, (size_t)used));
}

static void setup(void)
{
    unsigned char raw[32];
    size_t size = sizeof(raw);
    a = arena_new("jwt_test", 64 << 20);
    rsa = EVP_RSA_gen(2048);
    ec = EVP_EC_gen("P-256");
    ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    ck_assert(rsa && ec && ed && EVP_PKEY_get_raw_public_key(ed, raw, &size) == 1);
    keys_text = arena_printf(a,
                             "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"r\",\"use\":\"sig\",\"n\":\"%.*s\",\"e\":\"%.*s\"},"
                             "{\"kty\":\"EC\",\"kid\":\"e\",\"crv\":\"P-256\",\"x\":\"%.*s\",\"y\":\"%.*s\"},"
                             "{\"kty\":\"OKP\",\"kid\":\"d\",\"alg\":\"EdDSA\",\"crv\":\"Ed25519\",\"x\":\"%.*s\"},"
                             "{\"kty\":\"oct\",\"kid\":\"s\",\"k\":\"c2VjcmV0\"},{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}]}",
                             STR_ARGS(number_text(rsa, "n", 0)), STR_ARGS(number_text(rsa, "e", 0)), STR_ARGS(number_text(ec, "qx", 32)),
                             STR_ARGS(number_text(ec, "qy", 32)), STR_ARGS(base64url_encode(a, str_make(raw, size))));
}

static void teardown(void)
{
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(ec);
    EVP_PKEY_free(ed);
    arena_free(a);
}

static struct str signature_of(EVP_PKEY *key, struct str text, bool is_pss)
{
    unsigned char bytes[600];
    size_t size = sizeof(bytes);
    EVP_PKEY_CTX *k = NULL;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    ck_assert(EVP_DigestSignInit(context, &k, key == ed ? NULL : EVP_sha256(), NULL, key) == 1);
    if (is_pss)
        ck_assert(EVP_PKEY_CTX_set_rsa_padding(k, RSA_PKCS1_PSS_PADDING) == 1 && EVP_PKEY_CTX_set_rsa_pss_saltlen(k, 32) == 1);
    ck_assert(EVP_DigestSign(context, bytes, &size, (const unsigned char *)text.data, text.size) == 1);
    EVP_MD_CTX_free(context);
    if (key != ec)
        return base64url_encode(a, str_make(bytes, size));
    const unsigned char *p = bytes;
    ECDSA_SIG *s = d2i_ECDSA_SIG(NULL, &p, (long)size);
    unsigned char raw[64];
    ck_assert(s && BN_bn2binpad(ECDSA_SIG_get0_r(s), raw, 32) == 32 && BN_bn2binpad(ECDSA_SIG_get0_s(s), raw + 32, 32) == 32);
    ECDSA_SIG_free(s);
    return base64url_encode(a, str_make(raw, sizeof(raw)));
}

static struct str token_of(EVP_PKEY *key, const char *header, const char *claims, bool is_pss)
{
    struct str text = arena_printf(a, "%.*s.%.*s", STR_ARGS(base64url_encode(a, str_of(header))), STR_ARGS(base64url_encode(a, str_of(claims))));
    return arena_printf(a, "%.*s.%.*s", STR_ARGS(text), STR_ARGS(signature_of(key, text, is_pss)));
}

static const char good[] = "{\"iss\":\"https://id.example.org\",\"aud\":\"assay\",\"nonce\":\"n-1\",\"sub\":\"248289761001\",\"iat\":1799999990,\"exp\":1800000300}";

/* "" when it is taken, or why not. */
static const char *verdict(struct str token)
{
    static struct err e;
    struct jwt_expect expect = {.issuer = STR("https://id.example.org"), .audience = STR("assay"), .nonce = STR("n-1"), .now_ms = INT64_C(1000) * NOW_S};
    e = (struct err){0};
    const struct json *keys = json_parse(a, keys_text, JSON_LIMITS_DEFAULT, &e);
    ck_assert(keys);
    const struct json *claims = jwt_verify(a, token, keys, &expect, &e);
    ck_assert(!claims == (e.code == ERR_DENIED));
    return claims ? "" : e.text;
}

START_TEST(tokens_of_the_four_algorithms_are_taken)
{
    ck_assert_str_eq(verdict(token_of(rsa, "{\"alg\":\"RS256\",\"kid\":\"r\"}", good, false)), "");
    ck_assert_str_eq(verdict(token_of(rsa, "{\"alg\":\"PS256\"}", good, true)), "");
    ck_assert_str_eq(verdict(token_of(ec, "{\"alg\":\"ES256\",\"kid\":\"e\"}", good, false)), "");
    ck_assert_str_eq(verdict(token_of(ed, "{\"alg\":\"EdDSA\",\"kid\":\"d\"}", good, false)), "");
}
END_TEST

START_TEST(none_and_keyed_digests_are_no_signatures)
{
    struct str text = arena_printf(a, "%.*s.%.*s", STR_ARGS(base64url_encode(a, STR("{\"alg\":\"none\"}"))), STR_ARGS(base64url_encode(a, str_of(good))));
    ck_assert(*verdict(arena_printf(a, "%.*s.", STR_ARGS(text))));
    ck_assert(*verdict(arena_printf(a, "%.*s.AA", STR_ARGS(text))));
    /* HS256 under what everybody knows: the set of public keys, a public number, the symmetric key of the set. */
    text = arena_printf(a, "%.*s.%.*s", STR_ARGS(base64url_encode(a, STR("{\"alg\":\"HS256\",\"kid\":\"s\"}"))), STR_ARGS(base64url_encode(a, str_of(good))));
    const struct str secrets[] = {keys_text, number_text(rsa, "n", 0), STR("secret")};
    for (size_t i = 0; i < 3; i++) {
        uint8_t mac[SHA256_SIZE];
        hmac_sha256(secrets[i], text, mac);
        ck_assert(strstr(verdict(arena_printf(a, "%.*s.%.*s", STR_ARGS(text), STR_ARGS(base64url_encode(a, str_make(mac, sizeof(mac)))))), "HS256"));
    }
}
END_TEST

START_TEST(an_algorithm_belongs_to_its_kind_of_key)
{
    ck_assert(*verdict(token_of(rsa, "{\"alg\":\"ES256\"}", good, false)));
    ck_assert(*verdict(token_of(ec, "{\"alg\":\"RS256\",\"kid\":\"r\"}", good, false)));
    ck_assert(*verdict(token_of(rsa, "{\"alg\":\"PS256\"}", good, false)));
    ck_assert(*verdict(token_of(rsa, "{\"alg\":\"RS256\",\"kid\":\"other\"}", good, false)));
    ck_assert(*verdict(token_of(rsa, "{\"alg\":\"RS256\",\"crit\":[\"b64\"],\"b64\":false}", good, false)));
    EVP_PKEY *stranger = EVP_RSA_gen(2048);
    ck_assert(strstr(verdict(token_of(stranger, "{\"alg\":\"RS256\",\"kid\":\"r\"}", good, false)), "not its provider's"));
    EVP_PKEY_free(stranger);
}
END_TEST

START_TEST(claims_that_are_not_for_us_are_refused)
{
    static const struct {
        const char *from, *to, *why;
    } cases[] = {
        {"https://id.example.org", "https://id.example.org/", "another provider"},
        {"\"aud\":\"assay\"", "\"aud\":\"other\"", "another program"},
        {"\"aud\":\"assay\"", "\"aud\":[\"assay\",\"other\"]", "another program"},
        {"\"aud\":\"assay\"", "\"aud\":[\"assay\",\"other\"],\"azp\":\"other\"", "another program"},
        {"\"aud\":\"assay\"", "\"aud\":[]", "another program"},
        {"\"nonce\":\"n-1\"", "\"nonce\":\"n-2\"", "nonce"},
        {"\"nonce\":\"n-1\",", "", "nonce"},
        {"\"exp\":1800000300", "\"exp\":1799999939", "over"},
        {",\"exp\":1800000300", "", "over"},
        {"\"exp\":1800000300", "\"exp\":\"1800000300\"", "over"},
        {"1799999990", "1800000061", "future"},
        {"\"iat\":1799999990", "\"iat\":1799999990,\"nbf\":1800000061", "future"},
        {"\"sub\":\"248289761001\"", "\"sub\":\"\"", "nobody"},
        {"\"sub\":\"248289761001\"", "\"sub\":1", "nobody"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *at = strstr(good, cases[i].from);
        ck_assert(at != NULL);
        struct str claims = arena_printf(a, "%.*s%s%s", (int)(at - good), good, cases[i].to, at + strlen(cases[i].from));
        const char *why = verdict(token_of(ec, "{\"alg\":\"ES256\"}", claims.data, false));
        ck_assert_msg(strstr(why, cases[i].why), "%s: %s", claims.data, why);
    }
}
END_TEST

START_TEST(two_audiences_are_taken_when_we_are_the_party_and_clocks_may_differ_a_minute)
{
    const char *both = "{\"iss\":\"https://id.example.org\",\"aud\":[\"other\",\"assay\"],\"azp\":\"assay\",\"nonce\":\"n-1\",\"sub\":\"x\",\"iat\":1800000059.5,\"exp\":1799999941}";
    ck_assert_str_eq(verdict(token_of(ed, "{\"alg\":\"EdDSA\"}", both, false)), "");
}
END_TEST

START_TEST(a_token_with_any_byte_changed_or_cut_is_refused)
{
    struct str token = token_of(ed, "{\"alg\":\"EdDSA\"}", good, false);
    char *copy = arena_strndup(a, token.data, token.size);
    for (size_t i = 0; i < token.size; i++) {
        char was = copy[i];
        copy[i] = was == 'A' ? 'B' : 'A';
        ck_assert_msg(*verdict(str_make(copy, token.size)), "byte %zu", i);
        copy[i] = was;
    }
    for (size_t i = 0; i < token.size; i++)
        ck_assert(*verdict(str_make(copy, i)));
    ck_assert(*verdict(arena_printf(a, "%s.AA", copy)));
    ck_assert(*verdict(arena_printf(a, "%s=", copy)));
}
END_TEST

TEST_MAIN_WITH("jwt", setup, teardown, tokens_of_the_four_algorithms_are_taken, none_and_keyed_digests_are_no_signatures, an_algorithm_belongs_to_its_kind_of_key,
               claims_that_are_not_for_us_are_refused, two_audiences_are_taken_when_we_are_the_party_and_clocks_may_differ_a_minute,
               a_token_with_any_byte_changed_or_cut_is_refused)
