#include "crypto/crypto.h"
#include "crypto/internal.h"

#include <openssl/evp.h>

struct ed25519_public ed25519_public_of(const struct ed25519_private *key)
{
    struct ed25519_public ret = {{0}};
    size_t size = sizeof(ret.bytes);
    EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, key->seed, sizeof(key->seed));
    crypto_must(pkey && EVP_PKEY_get_raw_public_key(pkey, ret.bytes, &size) == 1 && size == sizeof(ret.bytes), "Ed25519");
    EVP_PKEY_free(pkey);
    return ret;
}

void ed25519_sign(const struct ed25519_private *key, struct str message, uint8_t ret_signature[ED25519_SIGNATURE_SIZE])
{
    size_t size = ED25519_SIGNATURE_SIZE;
    EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, key->seed, sizeof(key->seed));
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    crypto_must(pkey && context && EVP_DigestSignInit(context, NULL, NULL, NULL, pkey) == 1 &&
                    EVP_DigestSign(context, ret_signature, &size, (const unsigned char *)(message.data ? message.data : ""),
                                   message.size) == 1 &&
                    size == ED25519_SIGNATURE_SIZE,
                "Ed25519 signing");
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(pkey);
}

bool ed25519_verify(const struct ed25519_public *key, struct str message, const uint8_t signature[ED25519_SIGNATURE_SIZE])
{
    EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key->bytes, sizeof(key->bytes));
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    crypto_must(context != NULL, "Ed25519 verification");
    bool is_ok = pkey && EVP_DigestVerifyInit(context, NULL, NULL, NULL, pkey) == 1 &&
                 EVP_DigestVerify(context, signature, ED25519_SIGNATURE_SIZE,
                                  (const unsigned char *)(message.data ? message.data : ""), message.size) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(pkey);
    return is_ok;
}

/*
 * The eight points of order 1, 2, 4 and 8, y-coordinates little-endian with the sign bit cleared, and their encodings with y >=
 * p. Under such a key anybody can make a signature that holds for any text. Source: RFC 7748 section 6.1's check in Edwards form;
 * test vectors: C2SP/CCTV ed25519.
 */
static const uint8_t low_order_y[][ED25519_KEY_SIZE] = {
    {0}, /* y = 0, order 4 */
    {1}, /* y = 1, order 1 */
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
     0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05}, /* order 8 */
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
     0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a}, /* order 8 */
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, /* y = -1, order 2 */
    {0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, /* y = p, is 0 */
    {0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, /* y = p + 1, is 1 */
};

bool ed25519_is_low_order(const struct ed25519_public *key)
{
    struct ed25519_public y = *key;
    y.bytes[ED25519_KEY_SIZE - 1] &= 0x7f;
    for (size_t i = 0; i < sizeof(low_order_y) / sizeof(low_order_y[0]); i++)
        if (memcmp(y.bytes, low_order_y[i], ED25519_KEY_SIZE) == 0)
            return true;
    return false;
}

bool ed25519_is_canonical(const struct ed25519_public *key)
{
    bool is_below = key->bytes[0] < 0xed || (key->bytes[ED25519_KEY_SIZE - 1] & 0x7f) != 0x7f;
    for (size_t i = 1; i < ED25519_KEY_SIZE - 1 && !is_below; i++)
        is_below = key->bytes[i] != 0xff;
    return is_below;
}
