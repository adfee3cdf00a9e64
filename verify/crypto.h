/*
 * crypto.h - SHA-256, SHA-512 and Ed25519 verification, written out here so that this program needs no library.
 *
 * The one exception to "no own cryptography" in the project (doc/decisions/): only public data is handled, nothing is signed and
 * nothing is secret, so that timing does not matter and the code can be plain. It is held against OpenSSL, the CCTV vectors and
 * Wycheproof by crypto_test.c. All functions may be called by several threads.
 */
#ifndef AV_CRYPTO_H
#define AV_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct av_hash {
    uint8_t bytes[32];
};
/* A message is given in pieces that lie anywhere. */
struct av_piece {
    const void *data;
    size_t size;
};

struct av_hash av_sha256_of(const void *data, size_t size);
/* RFC 6962 2.1: SHA-256(00 || leaf) and SHA-256(01 || left || right). Two at a time are faster than one after the other. */
struct av_hash av_leaf_hash(const void *leaf, size_t size);
void av_leaf_hashes(const struct av_piece *leaves, size_t count, struct av_hash *ret);
struct av_hash av_node_hash(const struct av_hash *left, const struct av_hash *right);
/* ret[k] = node(below[2k], below[2k + 1]) for `count` nodes. */
void av_node_hashes(const struct av_hash *below, size_t count, struct av_hash *ret);
static inline bool av_hash_equal(const struct av_hash *a, const struct av_hash *b)
{
    return memcmp(a->bytes, b->bytes, 32) == 0;
}
/* Forces the plain C code where the processor has SHA instructions: for the test that both agree. */
void av_sha256_use_plain(bool is_plain);

void av_sha512(const struct av_piece *pieces, int count, uint8_t ret[64]);

enum { AV_PIECES_MAX = 6 };
/* RFC 8032 Ed25519, cofactorless, R compared as bytes: accepts exactly what OpenSSL 3.0 accepts. */
bool av_ed25519_verify(const uint8_t key[32], const struct av_piece *message, int count, const uint8_t signature[64]);
/* A key of order 1, 2, 4 or 8, under which anybody can sign; also what is no point at all, or another spelling (y >= p) of one. Not
 * accepted as a key. */
bool av_ed25519_is_weak(const uint8_t key[32]);

#endif
