/*
 * crypto.h - digests, signatures, key derivation and sealed bytes, all by OpenSSL 3 (EVP; one-shot SHA-256
 * directly). No own cryptography but SHA-256 of many messages at once, checked against OpenSSL's before it is used.
 *
 * Functions that cannot fail for reasons outside the program (hashing) return nothing and end the process if OpenSSL breaks.
 */
#ifndef CRYPTO_CRYPTO_H
#define CRYPTO_CRYPTO_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include <stdint.h>

enum { SHA256_SIZE = 32, ED25519_KEY_SIZE = 32, ED25519_SIGNATURE_SIZE = 64, DEK_SIZE = 32 };

struct sha256 {
    uint8_t bytes[SHA256_SIZE];
};

struct sha256 sha256_of(struct str data);
/* SHA-256 of a || b. */
struct sha256 sha256_of2(struct str a, struct str b);
/* SHA-256 of prefix || left || right: a node of a Merkle tree. */
struct sha256 sha256_of_pair(uint8_t prefix, struct sha256 left, struct sha256 right);
/* Many at once, leaves and nodes of a Merkle tree: SHA-256 of prefix || messages[i], of prefix || hashes[2i] || hashes[2i + 1]. The
 * same as one by one, 16 side by side where the processor has AVX-512 (doc/decisions/multi-lane-sha256.md). `ret` has room for
 * `count` hashes; of pairs it may be `hashes`. */
void sha256_of_each(uint8_t prefix, const struct str *messages, size_t count, struct sha256 *ret);
void sha256_of_pairs(uint8_t prefix, const struct sha256 *hashes, size_t count, struct sha256 *ret);
/* What these two are computed with: "avx512" or "openssl". Tests and benches do without lanes, or let them be chosen anew. */
const char *sha256_kernel(void);
void sha256_use_lanes(bool is_wanted);
bool sha256_equal(struct sha256 a, struct sha256 b);
/* Incremental. */
struct sha256_stream;
struct sha256_stream *sha256_stream_new(void);
void sha256_stream_add(struct sha256_stream *s, const void *data, size_t size);
struct sha256 sha256_stream_end(struct sha256_stream *s); /* and frees it */

void hmac_sha256(struct str key, struct str data, uint8_t ret_mac[SHA256_SIZE]);
/* RFC 5869 with SHA-512. */
void hkdf_sha512(struct str secret, struct str salt, struct str info, uint8_t *ret_key, size_t size);

/* Ed25519 (RFC 8032). Keys are the raw 32 bytes; acceptance is OpenSSL's. */
struct ed25519_private {
    uint8_t seed[ED25519_KEY_SIZE];
};
struct ed25519_public {
    uint8_t bytes[ED25519_KEY_SIZE];
};
struct ed25519_public ed25519_public_of(const struct ed25519_private *key);
void ed25519_sign(const struct ed25519_private *key, struct str message, uint8_t ret_signature[ED25519_SIGNATURE_SIZE]);
bool ed25519_verify(const struct ed25519_public *key, struct str message, const uint8_t signature[ED25519_SIGNATURE_SIZE]);
/* A key of order 1, 2, 4 or 8, under which anybody can sign: refused where keys are registered (note_key_parse). */
bool ed25519_is_low_order(const struct ed25519_public *key);
/* y is below the field's prime: a point has no second spelling then. */
bool ed25519_is_canonical(const struct ed25519_public *key) MUST_USE;

/* C2SP chunked-encryption "Cobblestone-256": AES-256-GCM in 16 KiB chunks, HKDF-SHA-512, key commitment (data/ledger/c2sp-specs).
 */
bool sealed_encrypt(const uint8_t key[32], struct str plaintext, struct buf *out, struct err *e) MUST_USE;
bool sealed_decrypt(const uint8_t key[32], struct str ciphertext, struct buf *out, struct err *e) MUST_USE; /* ERR_CORRUPT */

/* The same for callers who bring the salt (random, or at least never twice under one key) and the context, and own the memory:
 * the result has exactly sealed_size bytes. */
enum { SEALED_SALT_SIZE = 24 };
size_t sealed_size(size_t plain_size);
void sealed_encrypt_salted(const uint8_t key[32], const uint8_t salt[SEALED_SALT_SIZE], struct str context, struct str plaintext,
                           uint8_t *ret);
/* False if no plaintext has that sealed size (cut bytes). */
bool sealed_plain_size(size_t sealed, size_t *ret_size) MUST_USE;
/* `ret` has room for what sealed_plain_size says; its content is only meant when true is returned. ERR_CORRUPT. */
bool sealed_decrypt_into(const uint8_t key[32], struct str context, struct str ciphertext, uint8_t *ret, struct err *e) MUST_USE;

/* AES-256-GCM wrap of a 32-byte key: 12 bytes nonce, 32 bytes, 16 bytes tag. */
enum { WRAPPED_KEY_SIZE = 60 };
void key_wrap(const uint8_t kek[32], const uint8_t key[32], struct str additional, const uint8_t nonce[12],
              uint8_t ret[WRAPPED_KEY_SIZE]);
bool key_unwrap(const uint8_t kek[32], const uint8_t wrapped[WRAPPED_KEY_SIZE], struct str additional, uint8_t ret_key[32],
                struct err *e) MUST_USE;

/* Standard base64 with padding. Decoding is strict (canonical trailing bits, no white space); returns false otherwise. */
void base64_encode(struct str bytes, struct buf *out);
bool base64_decode(struct str text, struct buf *out);

/* CRC-32C (Castagnoli, RFC 3720 B.4) against torn writes, not against people. Start with crc 0. */
uint32_t crc32c_add(uint32_t crc, struct str data);

void memory_wipe(void *p, size_t size);

#endif
