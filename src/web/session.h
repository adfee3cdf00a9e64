/*
 * session.h - who is signed in: sessions and one-time links, in memory and in DATA/volatile.db (decisions.md 11: outside the
 * projection).
 *
 * A session is a random 256-bit token in a cookie; stored is only its SHA-256. It ends after 30 idle minutes or 12 hours. Its
 * CSRF token is an HMAC of that hash under a secret of this directory. A one-time link's token is 256 random bits too, stored
 * hashed, valid for 15 minutes and once. All functions may be called from any thread; one mutex guards everything.
 */
#ifndef WEB_SESSION_H
#define WEB_SESSION_H

#include "base/env.h"
#include "base/err.h"
#include "base/str.h"
#include <stdint.h>

enum { SESSION_TOKEN_SIZE = 65, SESSION_ACTOR_SIZE = 64, SESSIONS_MAX = 64 };

#define SESSION_IDLE_MS (30 * MS_MINUTE)
#define SESSION_LIFE_MS (12 * MS_HOUR)
#define LINK_LIFE_MS    (15 * MS_MINUTE)

struct session {
    char id[17]; /* the first 16 hex digits of the hash: names the session in the ledger and in logs */
    char csrf[65];
    char actor[SESSION_ACTOR_SIZE]; /* "local:admin" */
    int64_t created_at_ms, seen_at_ms;
};

struct sessions;
/* Opens or makes volatile.db. A damaged one is replaced (it holds nothing that is missed but sign-ins). */
struct sessions *sessions_open(const char *data_dir, const struct env *env, struct err *e) MUST_USE;
struct sessions *sessions_close(struct sessions *s);
/* Finds the session of a cookie's token and marks it seen. */
bool sessions_find(struct sessions *s, struct str token, struct session *ret);
/* Redeems a one-time token: `record` is called between checking it and using it up (it asks the keeper to record the sign-in);
 * when it fails, the link stays valid. ERR_DENIED: unknown, used or expired; ERR_LIMIT: too many attempts. ret_token is the
 * cookie's value. */
bool sessions_redeem(struct sessions *s, struct str link_token,
                     bool (*record)(void *context, const struct session *session, struct err *e), void *context,
                     char ret_token[SESSION_TOKEN_SIZE], struct err *e) MUST_USE;
/* Ends the session of a cookie's token; false when there is none. */
bool sessions_end(struct sessions *s, struct str token);
/* Forgets what is over and writes when sessions were last seen; about once a minute. */
void sessions_tidy(struct sessions *s);

#endif
