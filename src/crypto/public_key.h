/*
 * public_key.h - public keys of others, as numbers (COSE and JWK have the same ones), for OpenSSL. Private to src/crypto. NULL: no key of
 * its kind. The caller frees with EVP_PKEY_free.
 */
#ifndef CRYPTO_PUBLIC_KEY_H
#define CRYPTO_PUBLIC_KEY_H

#include "base/str.h"
#include <openssl/evp.h>

/* Both of 32 bytes, big-endian; a point that is not on the curve is none. */
EVP_PKEY *public_key_p256(struct str x, struct str y);
/* Modulus of 2048 to 4096 bits, odd exponent above 1. */
EVP_PKEY *public_key_rsa(struct str modulus, struct str public_exponent);
EVP_PKEY *public_key_ed25519(struct str x);

#endif
