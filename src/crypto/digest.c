#include "crypto/crypto.h"
#include "crypto/internal.h"

#include <assert.h>
#include <pthread.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/sha.h>

/* What a thread keeps, and gives back when it ends. */
enum { KEPT_MAX = 4 };
struct kept {
    void *object;
    void (*release)(void *object);
};
static _Thread_local struct kept kept[KEPT_MAX];
static _Thread_local size_t kept_count;
static pthread_key_t kept_key; /* only for its destructor */
static pthread_once_t kept_once = PTHREAD_ONCE_INIT;

void crypto_must(bool is_ok, const char *what)
{
    if (is_ok)
        return;
    fprintf(stderr, "assay: crypto: %s failed in OpenSSL\n", what);
    abort();
}

static void kept_release(void *unused)
{
    (void)unused;
    while (kept_count) {
        kept_count--;
        kept[kept_count].release(kept[kept_count].object);
    }
    OPENSSL_thread_stop(); /* releasing may have used the library's own thread state once more */
}

static void kept_key_make(void)
{
    crypto_must(pthread_key_create(&kept_key, kept_release) == 0, "a key for threads");
}

void crypto_keep(void *object, void (*release)(void *object))
{
    pthread_once(&kept_once, kept_key_make);
    crypto_must(kept_count < KEPT_MAX && pthread_setspecific(kept_key, kept) == 0, "keeping a context");
    kept[kept_count++] = (struct kept){object, release};
}

static void kdf_release(void *context)
{
    EVP_KDF_CTX_free(context);
}

/* One-shot hashes take libcrypto's SHA-256 directly: the same code (SHA-NI where there is one) as behind EVP, without the 100 ns of
 * provider dispatch around each, which is twice what hashing a node of the tree costs. Deprecated in OpenSSL 3 in favour of EVP, and
 * there as long as 3.x is. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
struct sha256 sha256_of(struct str data)
{
    struct sha256 ret;
    SHA256_CTX c;
    SHA256_Init(&c);
    SHA256_Update(&c, data.data, data.size);
    SHA256_Final(ret.bytes, &c);
    return ret;
}

struct sha256 sha256_of2(struct str a, struct str b)
{
    struct sha256 ret;
    SHA256_CTX c;
    SHA256_Init(&c);
    SHA256_Update(&c, a.data, a.size);
    SHA256_Update(&c, b.data, b.size);
    SHA256_Final(ret.bytes, &c);
    return ret;
}

struct sha256 sha256_of_pair(uint8_t prefix, struct sha256 left, struct sha256 right)
{
    enum { MESSAGE = 1 + 2 * SHA256_SIZE };
    uint8_t blocks[2 * SHA256_CBLOCK] = {prefix};
    memcpy(blocks + 1, left.bytes, SHA256_SIZE);
    memcpy(blocks + 1 + SHA256_SIZE, right.bytes, SHA256_SIZE);
    blocks[MESSAGE] = 0x80; /* FIPS 180-4 5.1.1: a one bit, zeros, the length in bits */
    blocks[sizeof(blocks) - 2] = MESSAGE * 8 >> 8;
    blocks[sizeof(blocks) - 1] = (uint8_t)(MESSAGE * 8);
    SHA256_CTX c;
    SHA256_Init(&c);
    SHA256_Transform(&c, blocks);
    SHA256_Transform(&c, blocks + SHA256_CBLOCK);
    struct sha256 ret;
    for (int i = 0; i < 8; i++) {
        uint32_t word = __builtin_bswap32(c.h[i]);
        memcpy(ret.bytes + (size_t)i * 4, &word, 4);
    }
    return ret;
}
#pragma GCC diagnostic pop

bool sha256_equal(struct sha256 a, struct sha256 b)
{
    return CRYPTO_memcmp(a.bytes, b.bytes, SHA256_SIZE) == 0;
}

/* A stream is its own EVP context, so that streams and one-shot hashes may alternate. */
struct sha256_stream *sha256_stream_new(void)
{
    EVP_MD *md = EVP_MD_fetch(NULL, "SHA256", NULL);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    crypto_must(md && context && EVP_DigestInit_ex2(context, md, NULL) == 1, "SHA-256");
    EVP_MD_free(md);
    return (struct sha256_stream *)context;
}

void sha256_stream_add(struct sha256_stream *s, const void *data, size_t size)
{
    crypto_must(EVP_DigestUpdate((EVP_MD_CTX *)s, data, size) == 1, "SHA-256");
}

struct sha256 sha256_stream_end(struct sha256_stream *s)
{
    struct sha256 ret = {{0}};
    crypto_must(EVP_DigestFinal_ex((EVP_MD_CTX *)s, ret.bytes, NULL) == 1, "SHA-256");
    EVP_MD_CTX_free((EVP_MD_CTX *)s);
    return ret;
}

void hmac_sha256(struct str key, struct str data, uint8_t ret_mac[SHA256_SIZE])
{
    size_t size = 0;
    crypto_must(EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key.data ? key.data : "", key.size,
                          (const unsigned char *)(data.data ? data.data : ""), data.size, ret_mac, SHA256_SIZE, &size) != NULL &&
                    size == SHA256_SIZE,
                "HMAC-SHA-256");
}

bool crypto_hkdf_sha512(enum crypto_hkdf_mode mode, struct str secret, struct str salt, struct str info, uint8_t *ret_key,
                        size_t size)
{
    static _Thread_local EVP_KDF_CTX *context;
    if (!context) {
        EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
        context = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
        crypto_must(context != NULL, "HKDF");
        EVP_KDF_free(kdf);
        crypto_keep(context, kdf_release);
    }
    int hkdf_mode = mode == CRYPTO_HKDF_EXPAND ? EVP_KDF_HKDF_MODE_EXPAND_ONLY : EVP_KDF_HKDF_MODE_EXTRACT_AND_EXPAND;
    OSSL_PARAM params[6], *p = params;
    char digest[] = "SHA512";
    *p++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
    *p++ = OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &hkdf_mode);
    *p++ =
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)(secret.data ? secret.data : ""), secret.size);
    if (salt.size)
        *p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)(uintptr_t)salt.data, salt.size);
    if (info.size)
        *p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)(uintptr_t)info.data, info.size);
    *p = OSSL_PARAM_construct_end();
    bool is_ok = EVP_KDF_derive(context, ret_key, size, params) == 1;
    EVP_KDF_CTX_reset(context); /* forgets the secret */
    return is_ok;
}

void hkdf_sha512(struct str secret, struct str salt, struct str info, uint8_t *ret_key, size_t size)
{
    assert(size <= 255 * 64); /* RFC 5869 2.3 */
    crypto_must(crypto_hkdf_sha512(CRYPTO_HKDF_FULL, secret, salt, info, ret_key, size), "HKDF-SHA-512");
}

void memory_wipe(void *p, size_t size)
{
    OPENSSL_cleanse(p, size);
}
