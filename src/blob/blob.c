#include "blob/blob.h"
#include "blob/dictionary.h"

#include <pthread.h>
#include <zstd.h>

enum { ZSTD_LEVEL = 3, SALT_SIZE = 32, RESEALED_SIZE = 4 + SALT_SIZE };
static const char RESEALED[4] = "ASLT"; /* no zstd frame begins so */

/* What the DEK becomes: the key of the sealed bytes and the salt of the commitment. An auditor gets the salt and never the DEK.
 */
struct blob_keys {
    uint8_t key[32];
    uint8_t salt[SALT_SIZE];
};

static struct blob_keys keys_of(const uint8_t dek[DEK_SIZE])
{
    struct blob_keys ret;
    hkdf_sha512(str_make(dek, DEK_SIZE), (struct str){"", 0}, STR("assay/blob@v1 key"), ret.key, sizeof(ret.key));
    hkdf_sha512(str_make(dek, DEK_SIZE), (struct str){"", 0}, STR("assay/blob@v1 salt"), ret.salt, sizeof(ret.salt));
    return ret;
}

void blob_salt(const uint8_t dek[DEK_SIZE], uint8_t ret_salt[32])
{
    struct blob_keys keys = keys_of(dek);
    memcpy(ret_salt, keys.salt, SALT_SIZE);
    memory_wipe(&keys, sizeof(keys));
}

static struct sha256 commitment_of(const uint8_t salt[32], size_t size, const struct sha256 *digest)
{
    static const char label[] = "assay/blob@v1"; /* its NUL is the 00 of the definition */
    uint8_t bytes[sizeof(label) + SALT_SIZE + 8 + SHA256_SIZE];
    memcpy(bytes, label, sizeof(label));
    memcpy(bytes + sizeof(label), salt, SALT_SIZE);
    for (int i = 0; i < 8; i++)
        bytes[sizeof(label) + SALT_SIZE + i] = (uint8_t)((uint64_t)size >> (56 - 8 * i));
    memcpy(bytes + sizeof(label) + SALT_SIZE + 8, digest->bytes, SHA256_SIZE);
    return sha256_of(str_make(bytes, sizeof(bytes)));
}

struct sha256 blob_commitment(const uint8_t salt[32], struct str plaintext)
{
    struct sha256 digest = sha256_of(plaintext);
    return commitment_of(salt, plaintext.size, &digest);
}

static void hash_hex(struct sha256 h, char ret[65])
{
    hex_encode(h.bytes, SHA256_SIZE, ret);
}

/* What a thread keeps to pack and unpack small blobs with: making a context costs more than they do. */
enum { KEPT_BELOW = 64 << 10 };
struct contexts {
    ZSTD_CCtx *pack;
    ZSTD_DCtx *unpack;
};
static _Thread_local struct contexts kept;
static pthread_key_t kept_key; /* only for its destructor */
static pthread_once_t kept_once = PTHREAD_ONCE_INIT;

static void kept_release(void *contexts)
{
    struct contexts *c = contexts;
    ZSTD_freeCCtx(c->pack);
    ZSTD_freeDCtx(c->unpack);
    *c = (struct contexts){0};
}

static void kept_key_make(void)
{
    if (pthread_key_create(&kept_key, kept_release) != 0)
        abort();
}

static struct contexts *contexts_of_thread(void)
{
    pthread_once(&kept_once, kept_key_make);
    if (pthread_setspecific(kept_key, &kept) != 0)
        abort();
    return &kept;
}

/* A zstd frame of the plaintext: small ones with the dictionary, which the frame names. */
static size_t pack(struct str plaintext, void *to, size_t size)
{
    const ZSTD_CDict *dictionary = plaintext.size < BLOB_DICTIONARY_BELOW ? blob_dictionary_newest(ZSTD_LEVEL) : NULL;
    struct contexts *own = plaintext.size < KEPT_BELOW ? contexts_of_thread() : NULL;
    if (own && !own->pack)
        own->pack = ZSTD_createCCtx();
    if (!own || !own->pack)
        return ZSTD_compress(to, size, plaintext.data, plaintext.size, ZSTD_LEVEL);
    return dictionary ? ZSTD_compress_usingCDict(own->pack, to, size, plaintext.data, plaintext.size, dictionary)
                      : ZSTD_compressCCtx(own->pack, to, size, plaintext.data, plaintext.size, ZSTD_LEVEL);
}

/* old_salt: of the commitment that the blob has; it stands before the frame then. NULL: a new one, from the key. */
static bool seal(const struct env *env, struct arena *a, struct str plaintext, const uint8_t *old_salt, struct blob_sealed *ret,
                 struct err *e)
{
    size_t bound = ZSTD_compressBound(plaintext.size), before = old_salt ? RESEALED_SIZE : 0;
    char *packed = malloc(before + bound + 1);
    if (!packed)
        return err_set(e, ERR_LIMIT, "seal a blob of %zu bytes: no memory", plaintext.size);
    size_t packed_size = pack(plaintext, packed + before, bound);
    if (ZSTD_isError(packed_size)) {
        free(packed);
        return err_set(e, ERR_LIMIT, "seal a blob of %zu bytes: %s", plaintext.size, ZSTD_getErrorName(packed_size));
    }
    packed_size += before;
    struct blob_sealed sealed = {.plain_size = plaintext.size};
    uint8_t salt[SEALED_SALT_SIZE];
    env_random(env, sealed.dek, sizeof(sealed.dek));
    env_random(env, salt, sizeof(salt));
    struct blob_keys keys = keys_of(sealed.dek);
    if (old_salt) {
        memcpy(packed, RESEALED, sizeof(RESEALED));
        memcpy(packed + sizeof(RESEALED), old_salt, SALT_SIZE);
        memcpy(keys.salt, old_salt, SALT_SIZE);
    }
    size_t size = sealed_size(packed_size);
    uint8_t *bytes = arena_alloc(a, size);
    sealed_encrypt_salted(keys.key, salt, (struct str){"", 0}, str_make(packed, packed_size), bytes);
    memory_wipe(packed, packed_size);
    free(packed);
    sealed.bytes = str_make(bytes, size);
    hash_hex(blob_commitment(keys.salt, plaintext), sealed.c);
    hash_hex(sha256_of(sealed.bytes), sealed.x);
    memory_wipe(&keys, sizeof(keys));
    *ret = sealed;
    memory_wipe(&sealed, sizeof(sealed));
    return true;
}

bool blob_seal(const struct env *env, struct arena *a, struct str plaintext, struct blob_sealed *ret, struct err *e)
{
    return seal(env, a, plaintext, NULL, ret, e);
}

bool blob_reseal(const struct env *env, struct arena *a, struct str plaintext, const uint8_t salt[32], struct blob_sealed *ret,
                 struct err *e)
{
    return seal(env, a, plaintext, salt, ret, e);
}

/* zstd frame of known size into the arena. */
static bool unpack(struct arena *a, const void *packed, size_t packed_size, size_t size_max, struct str *ret, struct err *e)
{
    unsigned long long size = ZSTD_getFrameContentSize(packed, packed_size);
    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN)
        return err_set(e, ERR_CORRUPT, "blob: what was sealed is not a zstd frame with its size");
    if (size > size_max)
        return err_set(e, ERR_TOO_LARGE, "blob: %llu bytes, at most %zu", size, size_max);
    unsigned id = ZSTD_getDictID_fromFrame(packed, packed_size);
    const ZSTD_DDict *dictionary = id ? blob_dictionary_of(id) : NULL;
    if (id && !dictionary)
        return err_set(e, ERR_UNSUPPORTED, "blob: packed with dictionary %u, which this program does not have", id);
    char *plain = arena_alloc(a, (size_t)size + 1);
    struct contexts *own = contexts_of_thread();
    if (!own->unpack)
        own->unpack = ZSTD_createDCtx();
    ZSTD_DCtx *c = own->unpack;
    if (!c)
        return err_set(e, ERR_LIMIT, "blob: no memory");
    size_t got = dictionary ? ZSTD_decompress_usingDDict(c, plain, (size_t)size, packed, packed_size, dictionary)
                            : ZSTD_decompressDCtx(c, plain, (size_t)size, packed, packed_size);
    if (ZSTD_isError(got) || got != size)
        return err_set(e, ERR_CORRUPT, "blob: zstd: %s", ZSTD_isError(got) ? ZSTD_getErrorName(got) : "short frame");
    *ret = str_make(plain, (size_t)size);
    return true;
}

bool blob_open(struct arena *a, struct str stored, const char *c, const char *x, const uint8_t dek[DEK_SIZE], size_t size_max,
               struct str *ret_plain, struct err *e)
{
    struct blob_opened opened;
    bool is_ok = blob_open_whole(a, stored, c, x, dek, size_max, &opened, e);
    if (is_ok)
        *ret_plain = opened.plain;
    memory_wipe(&opened, sizeof(opened));
    return is_ok;
}

bool blob_open_whole(struct arena *a, struct str stored, const char *c, const char *x, const uint8_t dek[DEK_SIZE], size_t size_max, struct blob_opened *ret,
                     struct err *e)
{
    struct blob_opened opened;
    bool is_ok = blob_unseal(a, stored, x, dek, size_max, &opened, e) && blob_settle(&opened, c, x, e);
    if (is_ok)
        *ret = opened;
    memory_wipe(&opened, sizeof(opened));
    return is_ok;
}

bool blob_settle(struct blob_opened *opened, const char *c, const char *x, struct err *e)
{
    char hex[65];
    opened->hash = sha256_of(opened->plain);
    hash_hex(commitment_of(opened->salt, opened->plain.size, &opened->hash), hex);
    return strcmp(hex, c) == 0 || err_set(e, ERR_CORRUPT, "blob %.16s: the plaintext is not what was committed to (c)", x);
}

bool blob_unseal(struct arena *a, struct str stored, const char *x, const uint8_t dek[DEK_SIZE], size_t size_max, struct blob_opened *ret, struct err *e)
{
    char hex[65];
    hash_hex(sha256_of(stored), hex);
    if (strcmp(hex, x) != 0)
        return err_set(e, ERR_CORRUPT, "blob %.16s: the stored bytes do not have the hash of their name (x): stored digest %s, computed %s", x, x, hex);
    size_t packed_size = 0;
    if (!sealed_plain_size(stored.size, &packed_size))
        return err_set(e, ERR_CORRUPT, "blob %.16s: sealed bytes of an impossible size", x);
    uint8_t *packed = malloc(packed_size + 1);
    if (!packed)
        return err_set(e, ERR_LIMIT, "open a blob of %zu bytes: no memory", stored.size);
    struct blob_keys keys = keys_of(dek);
    struct str plain = {"", 0};
    size_t before = 0;
    bool is_ok = sealed_decrypt_into(keys.key, (struct str){"", 0}, stored, packed, e);
    if (is_ok && packed_size >= RESEALED_SIZE && memcmp(packed, RESEALED, sizeof(RESEALED)) == 0) {
        memcpy(keys.salt, packed + sizeof(RESEALED), SALT_SIZE);
        before = RESEALED_SIZE;
    }
    is_ok = (is_ok && unpack(a, packed + before, packed_size - before, size_max, &plain, e)) || err_wrap(e, "blob %.16s", x);
    memory_wipe(packed, packed_size);
    free(packed);
    if (is_ok) {
        *ret = (struct blob_opened){.plain = plain};
        memcpy(ret->salt, keys.salt, SALT_SIZE);
    }
    memory_wipe(&keys, sizeof(keys));
    return is_ok;
}
