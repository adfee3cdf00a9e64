#include "crypto/crypto.h"
#include "crypto/internal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

/* C2SP chunked-encryption with SHA-512 and AES-256-GCM: salt 24 || commitment 32 || chunks of 16 KiB + tag, the last one shorter.
 */
enum { CHUNK_SIZE = 16384, TAG_SIZE = 16, COMMITMENT_SIZE = 32, NONCE_SIZE = 12, HEAD_SIZE = SEALED_SALT_SIZE + COMMITMENT_SIZE };

struct derived {
    uint8_t key[32];
    uint8_t nonce[NONCE_SIZE];
    uint8_t commitment[COMMITMENT_SIZE];
};

static struct derived derive(const uint8_t key[32], const uint8_t salt[SEALED_SALT_SIZE], struct str context)
{
    static const char label[] = "c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM"; /* its NUL is the specification's 0x00 */
    struct derived ret;
    uint8_t bytes[sizeof(ret.key) + sizeof(ret.nonce) + sizeof(ret.commitment)];
    struct buf info;
    buf_init(&info, sizeof(label) + SEALED_SALT_SIZE + context.size);
    buf_append(&info, label, sizeof(label));
    buf_append(&info, salt, SEALED_SALT_SIZE);
    buf_str(&info, context);
    crypto_must(!info.full, "HKDF-Expand");
    crypto_hkdf_sha512(CRYPTO_HKDF_EXPAND, str_make(key, 32), (struct str){"", 0}, buf_view(&info), bytes, sizeof(bytes));
    buf_release(&info);
    memcpy(ret.key, bytes, sizeof(ret.key));
    memcpy(ret.nonce, bytes + sizeof(ret.key), sizeof(ret.nonce));
    memcpy(ret.commitment, bytes + sizeof(ret.key) + sizeof(ret.nonce), sizeof(ret.commitment));
    memory_wipe(bytes, sizeof(bytes));
    return ret;
}

static void cipher_release(void *cipher)
{
    EVP_CIPHER_free(cipher);
}

static EVP_CIPHER_CTX *gcm_start(const uint8_t key[32], bool is_encrypting)
{
    static _Thread_local EVP_CIPHER *cipher;
    if (!cipher) {
        cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
        crypto_keep(cipher, cipher_release);
    }
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    crypto_must(cipher && c && EVP_CipherInit_ex2(c, cipher, key, NULL, is_encrypting, NULL) == 1, "AES-256-GCM");
    return c;
}

/* The nonce of chunk `number`: the base nonce with the number XORed in as a big-endian integer. */
static void chunk_nonce(const uint8_t base[NONCE_SIZE], uint64_t number, uint8_t ret[NONCE_SIZE])
{
    memcpy(ret, base, NONCE_SIZE);
    for (int i = 0; i < 8; i++)
        ret[NONCE_SIZE - 1 - i] ^= (uint8_t)(number >> (8 * i));
}

static void gcm_seal(EVP_CIPHER_CTX *c, const uint8_t nonce[NONCE_SIZE], const uint8_t *in, size_t size, uint8_t *out)
{
    int n = 0;
    uint8_t none[TAG_SIZE];
    crypto_must(EVP_EncryptInit_ex2(c, NULL, NULL, nonce, NULL) == 1 &&
                    (!size || EVP_EncryptUpdate(c, out, &n, in, (int)size) == 1) && EVP_EncryptFinal_ex(c, none, &n) == 1 &&
                    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, out + size) == 1,
                "AES-256-GCM");
}

static bool gcm_open(EVP_CIPHER_CTX *c, const uint8_t nonce[NONCE_SIZE], const uint8_t *in, size_t size, uint8_t *out)
{
    int n = 0;
    uint8_t tag[TAG_SIZE], none[TAG_SIZE];
    memcpy(tag, in + size, TAG_SIZE);
    return EVP_DecryptInit_ex2(c, NULL, NULL, nonce, NULL) == 1 && (!size || EVP_DecryptUpdate(c, out, &n, in, (int)size) == 1) &&
           EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) == 1 && EVP_DecryptFinal_ex(c, none, &n) == 1;
}

size_t sealed_size(size_t plain_size)
{
    return HEAD_SIZE + plain_size + (plain_size / CHUNK_SIZE + 1) * TAG_SIZE;
}

void sealed_encrypt_salted(const uint8_t key[32], const uint8_t salt[SEALED_SALT_SIZE], struct str context, struct str plaintext,
                           uint8_t *ret)
{
    struct derived d = derive(key, salt, context);
    memcpy(ret, salt, SEALED_SALT_SIZE);
    memcpy(ret + SEALED_SALT_SIZE, d.commitment, COMMITMENT_SIZE);
    uint8_t *out = ret + HEAD_SIZE;
    EVP_CIPHER_CTX *c = gcm_start(d.key, true);
    size_t offset = 0;
    for (uint64_t number = 0;; number++) {
        uint8_t nonce[NONCE_SIZE];
        size_t size = plaintext.size - offset < CHUNK_SIZE ? plaintext.size - offset : CHUNK_SIZE;
        chunk_nonce(d.nonce, number, nonce);
        gcm_seal(c, nonce, (const uint8_t *)plaintext.data + offset, size, out);
        out += size + TAG_SIZE;
        offset += size;
        if (size < CHUNK_SIZE)
            break; /* the final chunk is always shorter, even when that makes it empty */
    }
    EVP_CIPHER_CTX_free(c);
    memory_wipe(&d, sizeof(d));
}

bool sealed_plain_size(size_t sealed, size_t *ret_size)
{
    if (sealed < HEAD_SIZE + TAG_SIZE)
        return false;
    size_t body = sealed - HEAD_SIZE;
    size_t full = body / (CHUNK_SIZE + TAG_SIZE);
    size_t rest = body % (CHUNK_SIZE + TAG_SIZE);
    if (rest < TAG_SIZE) /* 0: cut at a chunk's border; less than a tag: no whole chunk */
        return false;
    *ret_size = full * CHUNK_SIZE + rest - TAG_SIZE;
    return true;
}

bool sealed_decrypt_into(const uint8_t key[32], struct str context, struct str ciphertext, uint8_t *ret, struct err *e)
{
    size_t plain_size = 0;
    if (!sealed_plain_size(ciphertext.size, &plain_size))
        return err_set(e, ERR_CORRUPT, "sealed bytes: truncated (%zu bytes)", ciphertext.size);
    const uint8_t *in = (const uint8_t *)ciphertext.data;
    struct derived d = derive(key, in, context);
    if (CRYPTO_memcmp(d.commitment, in + SEALED_SALT_SIZE, COMMITMENT_SIZE) != 0) {
        memory_wipe(&d, sizeof(d));
        return err_set(e, ERR_CORRUPT, "sealed bytes: the key does not belong to them, or their head is damaged");
    }
    in += HEAD_SIZE;
    EVP_CIPHER_CTX *c = gcm_start(d.key, false);
    bool is_ok = true;
    uint64_t number = 0;
    for (size_t offset = 0; is_ok; number++) {
        uint8_t nonce[NONCE_SIZE];
        size_t size = plain_size - offset < CHUNK_SIZE ? plain_size - offset : CHUNK_SIZE;
        chunk_nonce(d.nonce, number, nonce);
        is_ok = gcm_open(c, nonce, in, size, ret + offset);
        in += size + TAG_SIZE;
        offset += size;
        if (size < CHUNK_SIZE)
            break;
    }
    EVP_CIPHER_CTX_free(c);
    memory_wipe(&d, sizeof(d));
    return is_ok || err_set(e, ERR_CORRUPT, "sealed bytes: chunk %llu is damaged", (unsigned long long)number - 1);
}

bool sealed_encrypt(const uint8_t key[32], struct str plaintext, struct buf *out, struct err *e)
{
    uint8_t salt[SEALED_SALT_SIZE];
    crypto_must(RAND_bytes(salt, sizeof(salt)) == 1, "random bytes");
    uint8_t *bytes = malloc(sealed_size(plaintext.size));
    if (!bytes)
        return err_set(e, ERR_LIMIT, "seal %zu bytes: no memory", plaintext.size);
    sealed_encrypt_salted(key, salt, (struct str){"", 0}, plaintext, bytes);
    buf_append(out, bytes, sealed_size(plaintext.size));
    free(bytes);
    return !out->full ||
           err_set(e, ERR_TOO_LARGE, "seal %zu bytes: over the buffer's maximum of %zu", plaintext.size, out->size_max);
}

bool sealed_decrypt(const uint8_t key[32], struct str ciphertext, struct buf *out, struct err *e)
{
    size_t size = 0;
    if (!sealed_plain_size(ciphertext.size, &size))
        return err_set(e, ERR_CORRUPT, "sealed bytes: truncated (%zu bytes)", ciphertext.size);
    uint8_t *bytes = malloc(size + 1);
    if (!bytes)
        return err_set(e, ERR_LIMIT, "open %zu sealed bytes: no memory", ciphertext.size);
    bool is_ok = sealed_decrypt_into(key, (struct str){"", 0}, ciphertext, bytes, e);
    if (is_ok) {
        buf_append(out, bytes, size);
        if (out->full)
            is_ok = err_set(e, ERR_TOO_LARGE, "sealed bytes: %zu bytes are over the maximum of %zu", size, out->size_max);
    }
    memory_wipe(bytes, size);
    free(bytes);
    return is_ok;
}

void key_wrap(const uint8_t kek[32], const uint8_t key[32], struct str additional, const uint8_t nonce[12],
              uint8_t ret[WRAPPED_KEY_SIZE])
{
    int n = 0;
    EVP_CIPHER_CTX *c = gcm_start(kek, true);
    crypto_must(
        EVP_EncryptInit_ex2(c, NULL, NULL, nonce, NULL) == 1 &&
            (!additional.size || EVP_EncryptUpdate(c, NULL, &n, (const uint8_t *)additional.data, (int)additional.size) == 1) &&
            EVP_EncryptUpdate(c, ret + NONCE_SIZE, &n, key, 32) == 1 && EVP_EncryptFinal_ex(c, ret + NONCE_SIZE + 32, &n) == 1 &&
            EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, ret + NONCE_SIZE + 32) == 1,
        "AES-256-GCM");
    memcpy(ret, nonce, NONCE_SIZE);
    EVP_CIPHER_CTX_free(c);
}

bool key_unwrap(const uint8_t kek[32], const uint8_t wrapped[WRAPPED_KEY_SIZE], struct str additional, uint8_t ret_key[32],
                struct err *e)
{
    int n = 0;
    uint8_t tag[TAG_SIZE], key[32], none[TAG_SIZE];
    memcpy(tag, wrapped + NONCE_SIZE + 32, TAG_SIZE);
    EVP_CIPHER_CTX *c = gcm_start(kek, false);
    bool is_ok =
        EVP_DecryptInit_ex2(c, NULL, NULL, wrapped, NULL) == 1 &&
        (!additional.size || EVP_DecryptUpdate(c, NULL, &n, (const uint8_t *)additional.data, (int)additional.size) == 1) &&
        EVP_DecryptUpdate(c, key, &n, wrapped + NONCE_SIZE, 32) == 1 &&
        EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) == 1 && EVP_DecryptFinal_ex(c, none, &n) == 1;
    EVP_CIPHER_CTX_free(c);
    if (is_ok)
        memcpy(ret_key, key, sizeof(key));
    memory_wipe(key, sizeof(key));
    return is_ok || err_set(e, ERR_CORRUPT, "wrapped key: damaged, or wrapped under another master key");
}
