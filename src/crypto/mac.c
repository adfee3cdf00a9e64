/* mac.c - HMAC (RFC 2104) and HKDF (RFC 5869) over libcrypto's own hashes: as in digest.c without the provider's dispatch, which costs
 * a small blob's keys ten times what hashing does (three HMACs each, and a new context for every one of them). */
#include "crypto/crypto.h"
#include "crypto/internal.h"

#include <assert.h>

#include <openssl/sha.h>

enum { SHA512_SIZE = 64 };
_Static_assert(SHA512_SIZE == SHA512_DIGEST_LENGTH, "RFC 5869 counts in lengths of the digest");

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

void hmac_sha256(struct str key, struct str data, uint8_t ret_mac[SHA256_SIZE])
{
    uint8_t pad[SHA256_CBLOCK] = {0};
    struct sha256 hashed;
    if (key.size > sizeof(pad)) {
        hashed = sha256_of(key);
        key = str_make(hashed.bytes, sizeof(hashed.bytes));
    }
    if (key.size)
        memcpy(pad, key.data, key.size);
    for (size_t i = 0; i < sizeof(pad); i++)
        pad[i] ^= 0x36;
    struct sha256 inner = sha256_of2(str_make(pad, sizeof(pad)), data);
    for (size_t i = 0; i < sizeof(pad); i++)
        pad[i] ^= 0x36 ^ 0x5c;
    struct sha256 outer = sha256_of2(str_make(pad, sizeof(pad)), str_make(inner.bytes, sizeof(inner.bytes)));
    memcpy(ret_mac, outer.bytes, SHA256_SIZE);
    memory_wipe(pad, sizeof(pad));
}

/* A keyed hash that has taken its key, so that several messages share that. */
struct hmac_key {
    SHA512_CTX inner, outer;
};

static void hmac_key_init(struct hmac_key *k, struct str key)
{
    uint8_t pad[SHA512_CBLOCK] = {0}, hashed[SHA512_SIZE];
    if (key.size > sizeof(pad)) {
        SHA512_Init(&k->inner);
        SHA512_Update(&k->inner, key.data, key.size);
        SHA512_Final(hashed, &k->inner);
        key = str_make(hashed, sizeof(hashed));
    }
    if (key.size)
        memcpy(pad, key.data, key.size);
    for (size_t i = 0; i < sizeof(pad); i++)
        pad[i] ^= 0x36;
    SHA512_Init(&k->inner);
    SHA512_Update(&k->inner, pad, sizeof(pad));
    for (size_t i = 0; i < sizeof(pad); i++)
        pad[i] ^= 0x36 ^ 0x5c;
    SHA512_Init(&k->outer);
    SHA512_Update(&k->outer, pad, sizeof(pad));
    memory_wipe(pad, sizeof(pad));
    memory_wipe(hashed, sizeof(hashed));
}

static void hmac_end(const struct hmac_key *k, SHA512_CTX *message, uint8_t ret[SHA512_SIZE])
{
    SHA512_CTX outer = k->outer;
    SHA512_Final(ret, message);
    SHA512_Update(&outer, ret, SHA512_SIZE);
    SHA512_Final(ret, &outer);
    memory_wipe(message, sizeof(*message));
    memory_wipe(&outer, sizeof(outer));
}

static void hkdf_expand(struct str secret, struct str info, uint8_t *ret_key, size_t size)
{
    struct hmac_key key;
    uint8_t block[SHA512_SIZE], number = 1;
    hmac_key_init(&key, secret);
    for (size_t done = 0; done < size; number++) {
        SHA512_CTX message = key.inner;
        size_t part = size - done < sizeof(block) ? size - done : sizeof(block);
        if (done)
            SHA512_Update(&message, block, sizeof(block));
        SHA512_Update(&message, info.data, info.size);
        SHA512_Update(&message, &number, 1);
        hmac_end(&key, &message, block);
        memcpy(ret_key + done, block, part);
        done += part;
    }
    memory_wipe(&key, sizeof(key));
    memory_wipe(block, sizeof(block));
}

void crypto_hkdf_sha512(enum crypto_hkdf_mode mode, struct str secret, struct str salt, struct str info, uint8_t *ret_key, size_t size)
{
    assert(size <= 255 * SHA512_SIZE); /* RFC 5869 2.3 */
    if (mode == CRYPTO_HKDF_EXPAND) {
        hkdf_expand(secret, info, ret_key, size);
        return;
    }
    struct hmac_key key;
    uint8_t extracted[SHA512_SIZE];
    hmac_key_init(&key, salt); /* an empty salt is one of zeros: the same padded key */
    SHA512_CTX message = key.inner;
    SHA512_Update(&message, secret.data, secret.size);
    hmac_end(&key, &message, extracted);
    hkdf_expand(str_make(extracted, sizeof(extracted)), info, ret_key, size);
    memory_wipe(extracted, sizeof(extracted));
    memory_wipe(&key, sizeof(key));
}
#pragma GCC diagnostic pop

void hkdf_sha512(struct str secret, struct str salt, struct str info, uint8_t *ret_key, size_t size)
{
    crypto_hkdf_sha512(CRYPTO_HKDF_FULL, secret, salt, info, ret_key, size);
}
