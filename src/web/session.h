/*
 * session.h - who is signed in: sessions and one-time links, in memory and in DATA/volatile.db (decisions.md 11: outside the
 * projection).
 *
 * A session is a random 256-bit token in a cookie; stored is only its SHA-256. It ends after 30 idle minutes or 12 hours. Its
 * CSRF token is an HMAC of that hash under a secret of this directory. A session remembers how its person signed in, with how many
 * factors, and when they were last asked again (step-up). What changes its rights gives it another token (sessions_renew). A
 * one-time link's token is 256 random bits too, stored hashed, for one actor, until its end and once. All functions may be called
 * from any thread; one mutex guards everything.
 */
#ifndef WEB_SESSION_H
#define WEB_SESSION_H

#include "base/arena.h"
#include "base/env.h"
#include "base/err.h"
#include "base/str.h"
#include <stdint.h>

enum { SESSION_TOKEN_SIZE = 65, SESSION_ACTOR_SIZE = 64, SESSIONS_MAX = 1024, SESSIONS_PER_ACTOR_MAX = 20 };

#define SESSION_IDLE_MS    (30 * MS_MINUTE)
#define SESSION_LIFE_MS    (12 * MS_HOUR)
#define SESSION_STEP_UP_MS (5 * MS_MINUTE)
#define LINK_LIFE_MS       (15 * MS_MINUTE)
#define INVITE_LIFE_MS     (72 * MS_HOUR)

struct session {
    char id[17]; /* the first 16 hex digits of the hash: names the session in the ledger and in logs */
    char csrf[65];
    char actor[SESSION_ACTOR_SIZE]; /* "local:admin", "account:7f…" */
    char how[24];                   /* "link", "password", "password+totp", "password+recovery", "passkey", "oidc", "ldap" */
    int factors;                    /* 1 or 2 */
    char peer[64], agent[128];      /* where from and with what, as it was at sign-in */
    int64_t created_at_ms, seen_at_ms, stepped_up_at_ms; /* the last: 0 never */
    bool is_unasked; /* at its beginning: nobody was asked just now who they are, so that it does not count as such */
};

struct sessions;
/* Opens or makes volatile.db. A damaged one is replaced (it holds nothing that is missed but sign-ins). */
struct sessions *sessions_open(const char *data_dir, const struct env *env, struct err *e) MUST_USE;
struct sessions *sessions_close(struct sessions *s);
/* Finds the session of a cookie's token and marks it seen. */
bool sessions_find(struct sessions *s, struct str token, struct session *ret);

typedef bool session_record(void *context, const struct session *session, struct err *e);
/* Begins a session as `like` says (actor, how, factors, peer, agent): `record` is called before it counts (it asks the keeper to
 * record the sign-in); when it fails there is none. ret_token is the cookie's value. The oldest of too many ends. */
bool sessions_begin(struct sessions *s, const struct session *like, session_record *record, void *context, char ret_token[SESSION_TOKEN_SIZE],
                    struct err *e) MUST_USE;
/* Whose link this is, without using it up. ERR_DENIED: unknown, used or expired; ERR_LIMIT: too many attempts. */
bool sessions_link_actor(struct sessions *s, struct str link_token, char ret_actor[SESSION_ACTOR_SIZE], struct err *e) MUST_USE;
/* Redeems a one-time token: as sessions_begin for the link's actor, with `like` for peer and agent. When `record` fails, the link
 * stays valid. */
bool sessions_redeem(struct sessions *s, struct str link_token, const struct session *like, session_record *record, void *context,
                     char ret_token[SESSION_TOKEN_SIZE], struct err *e) MUST_USE;
/* Uses a link up, without a session: to show once more who one is. */
bool sessions_link_use(struct sessions *s, struct str link_token, struct str actor, struct err *e) MUST_USE;
/* The session of `token` under another token, with what it is from now on; the old token is nothing any more. */
bool sessions_renew(struct sessions *s, struct str token, const char *how, int factors, char ret_token[SESSION_TOKEN_SIZE], struct err *e) MUST_USE;
/* The person was just asked again. */
void sessions_stepped_up(struct sessions *s, const char *id);
/* Those of an actor, newest first; an empty actor: all. */
struct session *sessions_list(struct sessions *s, struct arena *a, struct str actor, size_t *ret_count);
/* Ends the session of a cookie's token; false when there is none. */
bool sessions_end(struct sessions *s, struct str token);
/* Ends one of an actor's by its id, or (id NULL) all but `except` (may be NULL). Returns how many. */
int sessions_end_of(struct sessions *s, struct str actor, const char *id, const char *except);
/* The newest counter that a one-time password of this credential was used with: remembered when it is later than the one known. */
uint64_t sessions_otp_counter(struct sessions *s, const char *credential);
bool sessions_otp_use(struct sessions *s, const char *credential, uint64_t counter);
/* Forgets what is over and writes when sessions were last seen; about once a minute. */
void sessions_tidy(struct sessions *s);

#endif
