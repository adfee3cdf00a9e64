/*
 * otp.h - one-time passwords: HOTP (RFC 4226) and TOTP (RFC 6238), six digits, HMAC-SHA-1, steps of 30 seconds.
 */
#ifndef CRYPTO_OTP_H
#define CRYPTO_OTP_H

#include "base/buf.h"
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

enum { OTP_SEED_SIZE = 20, OTP_STEP_MS = 30000 };

/* RFC 4226 5.3: the last `digits` (6 to 8) decimal digits. */
uint32_t hotp(struct str seed, uint64_t counter, int digits);
/* Six digits, spaces between them ignored, of this step, the one before or the one after, and of none up to `last_counter` (0: none
 * was used yet). ret_counter: the step it belongs to, to be kept as last_counter. Takes the same time for every wrong code. */
bool totp_matches(struct str seed, struct str typed, int64_t now_ms, uint64_t last_counter, uint64_t *ret_counter);
/* RFC 4648, without padding: as authenticator programs want it. */
void base32_encode(struct str bytes, struct buf *out);
/* Case, spaces and hyphens don't count. False: another character, or no whole number of bytes. */
bool base32_decode(struct str text, struct buf *out);

#endif
