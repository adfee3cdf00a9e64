/*
 * internal.h - what the files of src/crypto share; nobody outside includes it.
 */
#ifndef CRYPTO_INTERNAL_H
#define CRYPTO_INTERNAL_H

#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

/* Ends the process when OpenSSL itself breaks (out of memory, provider missing): no caller could do better. */
void crypto_must(bool is_ok, const char *what);
/* Calls release(object) when this thread ends: for what a thread fetches once and keeps. */
void crypto_keep(void *object, void (*release)(void *object));

/* HKDF-SHA-512, whole (RFC 5869) or its second half alone, where `secret` is the pseudorandom key. */
enum crypto_hkdf_mode { CRYPTO_HKDF_FULL, CRYPTO_HKDF_EXPAND };
void crypto_hkdf_sha512(enum crypto_hkdf_mode mode, struct str secret, struct str salt, struct str info, uint8_t *ret_key,
                        size_t size);

#endif
