/* Sealed chunks against Wycheproof's AES-GCM, canonical JSON against RFC 8785's own examples, a time stamp made by OpenSSL: see
 * vectors.h. Ed25519 and HKDF are in src/crypto/crypto_vectors_test.c. */
#include "crypto/seal.c" /* its chunks have no other door */
#include "crypto/tst.h"
#include "ledger/ledger.h"
#include "vectors.h"
#include "verify/av.h"

static struct arena *arena;

static void setup(void) { arena = arena_new("vectors", 64 << 20); }
static void teardown(void) { arena_free(arena); }

/* Both directions of what seals a chunk: keys of 256 bits, nonces of 96, no additional data; others we do not make. */
START_TEST(chunks_are_sealed_and_opened_as_wycheproof_says)
{
    const struct json *v = vector_json(arena, "wycheproof/aes_gcm_test.json");
    int valid = 0, invalid = 0;
    if (!v)
        return;
    JSON_EACH (group, json_get(v, "testGroups")) {
        if (json_int(group, "keySize", 0) != 256 || json_int(group, "ivSize", 0) != 96 || json_int(group, "tagSize", 0) != 128)
            continue;
        JSON_EACH (t, json_get(group, "tests")) {
            struct str key = vector_hex(arena, json_text(t, "key")), nonce = vector_hex(arena, json_text(t, "iv"));
            struct str plain = vector_hex(arena, json_text(t, "msg")), cipher = vector_hex(arena, json_text(t, "ct"));
            uint8_t sealed[1024], opened[1024], again[1024];
            bool is_valid = str_is(json_text(t, "result"), "valid");
            if (json_text(t, "aad").size > 0)
                continue;
            ck_assert_uint_le(cipher.size, sizeof(sealed) - TAG_SIZE);
            memcpy(sealed, cipher.data, cipher.size);
            hex_decode(json_text(t, "tag"), sealed + cipher.size, TAG_SIZE);
            EVP_CIPHER_CTX *c = gcm_start((const uint8_t *)key.data, false);
            ck_assert_msg(gcm_open(c, (const uint8_t *)nonce.data, sealed, cipher.size, opened) == is_valid, "case %d",
                          (int)json_int(t, "tcId", 0));
            EVP_CIPHER_CTX_free(c);
            if (is_valid) {
                ck_assert(memcmp(opened, plain.data, plain.size) == 0);
                c = gcm_start((const uint8_t *)key.data, true);
                gcm_seal(c, (const uint8_t *)nonce.data, opened, plain.size, again);
                EVP_CIPHER_CTX_free(c);
                ck_assert(memcmp(again, sealed, plain.size + TAG_SIZE) == 0);
            }
            valid += is_valid;
            invalid += !is_valid;
        }
    }
    ck_assert_msg(valid == 21 && invalid == 27, "%d valid, %d invalid", valid, invalid);
}
END_TEST

START_TEST(canonical_json_is_that_of_rfc8785_or_refused)
{
    static const struct {
        const char *name;
        bool is_written; /* without fractions and exponents */
    } cases[] = {{"arrays", true}, {"french", true}, {"structures", false}, {"unicode", true}, {"values", false}, {"weird", true}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str wanted, hex, word;
        struct err e = {0};
        struct buf BUF_AUTO out, digits;
        buf_init(&out, 1 << 16);
        buf_init(&digits, 1 << 16);
        const struct json *v = vector_json(arena, arena_printf(arena, "jcs/input/%s.json", cases[i].name).data);
        if (!v)
            return;
        ck_assert(vector_read(arena, arena_printf(arena, "jcs/output/%s.json", cases[i].name).data, &wanted));
        ck_assert(vector_read(arena, arena_printf(arena, "jcs/outhex/%s.txt", cases[i].name).data, &hex));
        bool is_written = json_write_canonical(&out, v, &e);
        ck_assert_msg(is_written == cases[i].is_written, "%s: %s", cases[i].name, e.text);
        if (is_written) {
            ck_assert_msg(str_equal(buf_view(&out), wanted), "%s: %.*s", cases[i].name, STR_ARGS(buf_view(&out)));
            for (size_t k = 0; k < hex.size; k++)
                if (hex.data[k] > ' ')
                    buf_char(&digits, hex.data[k]);
            word = buf_view(&digits);
            ck_assert(str_equal(vector_hex(arena, word), wanted));
        }
        /* In a leaf none of them may stand: null, upper-case and long keys, arrays at the top. */
        struct buf BUF_AUTO leaf;
        struct leaf parsed;
        struct av_object object;
        buf_init(&leaf, 1 << 16);
        ck_assert(!leaf_compose("record", v, STR(""), &leaf, &e));
        struct str text = arena_printf(arena, "assay/leaf@v1 record\n%.*s\n", STR_ARGS(wanted));
        ck_assert_msg(!leaf_parse(arena, text, &parsed, &e), "%s", cases[i].name);
        ck_assert_msg(av_object_read((struct av_text){wanted.data, wanted.size}, &object) != NULL, "%s", cases[i].name);
    }
}
END_TEST

START_TEST(a_time_stamp_that_openssl_made_verifies_over_its_checkpoint_alone)
{
    struct str token, ca, note, old;
    struct tst_info info;
    struct err e = {0};
    if (!vector_read(arena, "selfmade-log/checkpoint.tsr", &token))
        return;
    ck_assert(vector_read(arena, "selfmade-log/tsa-root.pem", &ca) && vector_read(arena, "selfmade-log/checkpoint", &note) &&
              vector_read(arena, "selfmade-log/checkpoint.old", &old));
    ck_assert_msg(tst_verify(token, ca, &info, &e), "%s", e.text);
    ck_assert(tst_answers(&info, note, NULL, &e) && !tst_answers(&info, old, NULL, &e));
    char *bytes = arena_alloc(arena, token.size);
    int accepted = 0;
    for (size_t i = 0; i < token.size; i += 7) {
        memcpy(bytes, token.data, token.size);
        bytes[i] ^= 1;
        struct tst_info other;
        bool holds = tst_verify(str_make(bytes, token.size), ca, &other, &e) && tst_answers(&other, note, NULL, &e);
        accepted += holds && other.time_ms != info.time_ms; /* a certificate that nobody needs may change */
    }
    ck_assert_int_eq(accepted, 0);
}
END_TEST

VECTORS_MAIN("conformance_small", chunks_are_sealed_and_opened_as_wycheproof_says, canonical_json_is_that_of_rfc8785_or_refused,
             a_time_stamp_that_openssl_made_verifies_over_its_checkpoint_alone)
