#include "crypto/crypto.h"
#include "crypto/internal.h"

#include <assert.h>
#include <pthread.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
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

void memory_wipe(void *p, size_t size)
{
    OPENSSL_cleanse(p, size);
}
