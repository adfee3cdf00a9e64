/*
 * jwt.h - ID tokens (OpenID Connect Core 1.0, 3.1.3.7): a compact JWS (RFC 7515) under a key of the provider's set (RFC 7517).
 *
 * The algorithm is one of RS256, PS256, ES256 and EdDSA, and must belong to the kind of the key that is used: a token says neither "none"
 * nor HS256 here, nor brings its own key (jku, jwk, x5u are not looked at; crit is refused). Pure computation, any thread.
 */
#ifndef CRYPTO_JWT_H
#define CRYPTO_JWT_H

#include "base/json.h"

enum { JWT_BYTES_MAX = 16 << 10, JWT_KEYS_MAX = 32, JWT_SKEW_MS = 60 * 1000, JWT_SUBJECT_MAX = 255 };

struct jwt_expect {
    struct str issuer, audience, nonce; /* all needed; audience: our client id */
    int64_t now_ms;
};

/* The claims of a token that is ours, in force and signed; NULL: ERR_DENIED says which of these it is not. `keys`: {"keys":[…]}. */
const struct json *jwt_verify(struct arena *a, struct str token, const struct json *keys, const struct jwt_expect *expect, struct err *e) MUST_USE;

#endif
