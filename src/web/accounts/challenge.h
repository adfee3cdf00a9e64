/*
 * challenge.h - random texts that come back in an answer: each counts for five minutes, in the session it was given in, and once.
 *
 * A challenge carries its end and an HMAC, so giving many away costs nothing; only those that came back right are remembered, until
 * they are over. Made anew with each start of the process. Any thread.
 */
#ifndef WEB_ACCOUNTS_CHALLENGE_H
#define WEB_ACCOUNTS_CHALLENGE_H

#include "base/env.h"
#include "base/str.h"
#include <stdbool.h>

enum { CHALLENGE_SIZE = 40, CHALLENGE_LIFE_MS = 5 * 60 * 1000 };

struct challenges;
struct challenges *challenges_new(const struct env *env);
struct challenges *challenges_free(struct challenges *c);
/* `about`: what it is for and in which session: "passkey 0123456789abcdef". */
void challenge_make(struct challenges *c, const struct env *env, struct str about, uint8_t ret[CHALLENGE_SIZE]);
/* Is it ours, of this, not over and not used? */
bool challenge_is_good(struct challenges *c, const struct env *env, struct str about, struct str bytes);
/* The same, and it never is again. */
bool challenge_use(struct challenges *c, const struct env *env, struct str about, struct str bytes);

#endif
