/*
 * password.h - password hashes: argon2id (RFC 9106) with t=2, m=19 MiB, p=1, in the form "$argon2id$v=19$…".
 *
 * libargon2 is opened by the first use; who enters a jail prepares it before. At most two hashes are made at once, others wait: each
 * takes 19 MiB and some 20 ms. Any thread.
 */
#ifndef CRYPTO_PASSWORD_H
#define CRYPTO_PASSWORD_H

#include "base/env.h"
#include "base/err.h"
#include "base/str.h"

enum { PASSWORD_HASH_SIZE = 128, PASSWORD_BYTES_MAX = 1000 };

/* ERR_UNSUPPORTED: libargon2 is not installed. */
bool password_prepare(struct err *e) MUST_USE;
bool password_hash(const struct env *env, struct str password, char ret_hash[PASSWORD_HASH_SIZE], struct err *e) MUST_USE;
/* An empty hash never matches, and takes as long: so nobody can tell who has an account. */
bool password_matches(struct str hash, struct str password);

#endif
