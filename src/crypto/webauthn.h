/*
 * webauthn.h - passkeys, the relying party's half of W3C Web Authentication level 2: registering (7.1) and signing in (7.2).
 *
 * Attestation is "none": whose make an authenticator is does not matter here. User verification is asked for, so that a passkey is two
 * factors. Algorithms ES256, EdDSA (Ed25519) and RS256. Everything that a browser sends is read by bounds-checked cursors: CBOR of
 * definite lengths only, at most WEBAUTHN_BYTES_MAX and four levels deep. Pure: the challenge's freshness and single use, and the
 * counter's memory, are the caller's.
 */
#ifndef CRYPTO_WEBAUTHN_H
#define CRYPTO_WEBAUTHN_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include <stdint.h>

enum { WEBAUTHN_BYTES_MAX = 16 << 10, WEBAUTHN_ID_MAX = 1023 };

struct webauthn_expect {
    struct str challenge; /* bytes, as they were given to the browser */
    struct str origin;    /* "https://assay.example.org" */
    struct str rp_id;     /* "assay.example.org" */
};

struct webauthn_passkey {
    struct str id;    /* the credential's, at most WEBAUTHN_ID_MAX bytes */
    struct str key;   /* COSE_Key as it came: RFC 9053 */
    uint32_t counter; /* 0 where the authenticator does not count */
};

/* All texts are bytes, already out of base64url. ret_passkey's views are in `attestation`. ERR_DENIED: anything that is not as it should be,
 * and why. */
bool webauthn_register(struct arena *a, const struct webauthn_expect *expect, struct str client_data, struct str attestation,
                       struct webauthn_passkey *ret_passkey, struct err *e) MUST_USE;
/* ret_counter: the authenticator's; the caller refuses one that is not above the last where it counts. */
bool webauthn_sign_in(struct arena *a, const struct webauthn_expect *expect, struct str key, struct str client_data, struct str authenticator_data,
                      struct str signature, uint32_t *ret_counter, struct err *e) MUST_USE;
/* RFC 4648 section 5, without padding; false for anything else. In `a`. */
bool base64url_decode(struct arena *a, struct str text, struct str *ret);
struct str base64url_encode(struct arena *a, struct str bytes);

#endif
