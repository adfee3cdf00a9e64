/* clang -fsanitize=fuzzer: whatever a browser sends is refused or taken apart, and never signs in under a key that nobody has. The first byte
 * says where the words are cut. */
#include "crypto/crypto.h"
#include "crypto/webauthn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* An Ed25519 key whose other half is not known: y = 2^254 - 3 or whatever it decodes to. */
    static const char key[] = "\xa4\x01\x01\x03\x27\x20\x06\x21\x58\x20"
                              "assay-nobody-has-this-private-ke";
    struct err e = {0};
    struct webauthn_passkey passkey;
    uint32_t counter;
    if (size == 0)
        return 0;
    struct arena *a = arena_new("webauthn_fuzz", 16 << 20);
    struct webauthn_expect expect = {.challenge = STR("0123456789abcdef"), .origin = STR("https://assay.example.org"), .rp_id = STR("assay.example.org")};
    struct str all = str_make(data, size), rest = str_slice(all, 1, size);
    size_t cut = rest.size * data[0] / 255;
    struct str one = str_slice(rest, 0, cut), two = str_slice(rest, cut, rest.size);
    static const char client[] = "{\"type\":\"webauthn.create\",\"challenge\":\"MDEyMzQ1Njc4OWFiY2RlZg\",\"origin\":\"https://assay.example.org\"}";
    static const char client_get[] = "{\"type\":\"webauthn.get\",\"challenge\":\"MDEyMzQ1Njc4OWFiY2RlZg\",\"origin\":\"https://assay.example.org\"}";
    if (webauthn_register(a, &expect, STR(client), rest, &passkey, &e) && (passkey.id.size == 0 || passkey.key.size == 0))
        abort();
    e = (struct err){0};
    if (webauthn_register(a, &expect, one, two, &passkey, &e) && one.size == 0)
        abort();
    e = (struct err){0};
    if (webauthn_sign_in(a, &expect, str_make(key, sizeof(key) - 1), STR(client_get), one, two, &counter, &e))
        abort();
    e = (struct err){0};
    if (webauthn_sign_in(a, &expect, one, STR(client_get), two, one, &counter, &e))
        abort();
    arena_free(a);
    return 0;
}
