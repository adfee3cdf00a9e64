/* clang -fsanitize=fuzzer: whatever a provider says is refused or taken apart, and never taken under a key that nobody has. The first byte says where
 * the words are cut into a token and a set of keys. */
#include "crypto/jwt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char nobodys[] = "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"YXNzYXktbm9ib2R5LWhhcy10aGlzLXByaXZhdGUta2U\"}]}";
    struct err e = {0};
    if (size == 0)
        return 0;
    struct arena *a = arena_new("jwt_fuzz", 64 << 20);
    struct jwt_expect expect = {.issuer = STR("https://id.example.org"), .audience = STR("assay"), .nonce = STR("n-1"), .now_ms = INT64_C(1800000000000)};
    struct str rest = str_make(data + 1, size - 1);
    size_t cut = rest.size * data[0] / 255;
    const struct json *keys = json_parse(a, STR(nobodys), JSON_LIMITS_DEFAULT, &e);
    if (!keys || jwt_verify(a, rest, keys, &expect, &e))
        abort();
    e = (struct err){0};
    const struct json *theirs = json_parse(a, str_slice(rest, cut, rest.size), (struct json_limits){.depth_max = 12, .nodes_max = 10000}, &e);
    const struct json *claims = theirs ? jwt_verify(a, str_slice(rest, 0, cut), theirs, &expect, &e) : NULL;
    if (claims && json_text(claims, "sub").size == 0)
        abort();
    arena_free(a);
    return 0;
}
