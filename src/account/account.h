/*
 * account.h - who has an account: accounts, roles, credentials and tokens, as the projection holds them, and the operations that
 * change them. Leaf type `record`, kinds account.set, role.set, credential.add, credential.remove, token.add, token.revoke.
 *
 * An actor is a text: "account:ID" (16 hex digits, random), "local:admin" (whoever may make a one-time link on the machine: roles
 * administrator and compliance_lead), "system:…". A token acts as its account, so that nobody is two people for four eyes. Leaves of
 * this room say in `by` who did it, since ids of accounts are pseudonyms themselves; names, addresses, password hashes, seeds and
 * public keys lie in the leaf's blob and go with it when it is erased.
 *
 * Reading needs any connection to the projection; everything returned lives in the arena given. The operations check the actor's
 * permissions again in the keeper, whatever the caller has checked.
 */
#ifndef ACCOUNT_ACCOUNT_H
#define ACCOUNT_ACCOUNT_H

#include "base/env.h"
#include "base/json.h"
#include "content/content.h"
#include "db/db.h"
#include "keeper/keeper.h"

enum {
    ACCOUNT_ID_SIZE = 17, /* 16 hex digits and NUL: accounts, credentials, tokens */
    ACCOUNT_ROLES_MAX = 16,
    ACCOUNT_LOGIN_MAX = 200,
    ACCOUNT_TEXT_MAX = 300,
    RECOVERY_CODES = 10,
    TOKEN_TEXT_SIZE = 4 + 16 + 1 + 64 + 1 /* asy_ID_SECRET */
};

struct account {
    char id[ACCOUNT_ID_SIZE];
    struct str login, name, email, person; /* person: id of a person's record, or "" */
    struct str kind;                       /* "local", "oidc", "ldap" */
    bool is_disabled;
    int64_t valid_until_ms; /* 0: without end */
    struct strings roles;
    int64_t leaf, t; /* of the newest change */
    struct str link; /* who it is elsewhere (source.h: identity_link), or "" */
};

/* ---- reading: account.c ---- */

/* NULL: ERR_NOT_FOUND. */
struct account *account_get(struct db *db, struct arena *a, struct str id, struct err *e) MUST_USE;
/* By login name, compared without case (ASCII). */
struct account *account_by_login(struct db *db, struct arena *a, struct str login, struct err *e) MUST_USE;
/* By who one is elsewhere. */
struct account *account_by_link(struct db *db, struct arena *a, struct str link, struct err *e) MUST_USE;
/* By login. */
bool account_each(struct db *db, struct arena *a, bool (*each)(void *context, const struct account *account, struct err *e), void *context,
                  struct err *e) MUST_USE;
/* Enabled, and its last day is not over. */
bool account_is_in_force(const struct account *account, int64_t now_ms);
/* "account:7f…" of an id, in `a`. */
struct str account_actor(struct arena *a, struct str id);
/* The id in "account:…", or "". */
struct str actor_account(struct str actor);

/* What an actor may, as PERMISSION_BITs: 0 for who is unknown, disabled or over. */
bool actor_permissions(struct db *db, struct str actor, int64_t now_ms, uint32_t *ret, struct err *e) MUST_USE;
/* What one role may, built in or the organisation's; 0: there is none. */
bool role_bits(struct db *db, struct str role, uint32_t *ret, struct err *e) MUST_USE;
/* [{"id","label","words","permissions":[…],"is_own":bool,"must_end":bool}]: the organisation's last. */
struct json *roles_json(struct db *db, struct arena *a, struct err *e) MUST_USE;

struct credential {
    char id[ACCOUNT_ID_SIZE], account[ACCOUNT_ID_SIZE];
    struct str kind;  /* "password", "passkey", "totp", "recovery", "federated" */
    struct str label; /* as the person calls it */
    struct str c, x;  /* of its blob */
    int64_t leaf, t;
};
/* Those in force, oldest first. `kind` NULL: all. */
bool credential_each(struct db *db, struct arena *a, struct str account, const char *kind,
                     bool (*each)(void *context, const struct credential *credential, struct err *e), void *context, struct err *e) MUST_USE;
/* How many of a kind are in force. */
int64_t credential_count(struct db *db, struct str account, const char *kind, struct err *e);

struct token {
    char id[ACCOUNT_ID_SIZE], account[ACCOUNT_ID_SIZE];
    struct str label;
    uint32_t scope; /* PERMISSION_BITs */
    int64_t t, expires_ms, leaf;
    bool is_revoked;
};
/* Looks a bearer's text up. ERR_DENIED: not of this form, unknown, revoked, expired, or another secret (one text for all). */
struct token *token_find(struct db *db, struct arena *a, struct str text, int64_t now_ms, struct err *e) MUST_USE;
/* Newest first. `account` empty: everybody's. */
bool token_each(struct db *db, struct arena *a, struct str account, bool (*each)(void *context, const struct token *token, struct err *e),
                void *context, struct err *e) MUST_USE;

/* ---- changing: change.c makes operations, op_*.c are what the keeper does with them ---- */

struct account_change {
    struct str id; /* empty: a new account */
    struct str login, name, email, person, kind;
    bool is_disabled;
    int64_t valid_until_ms;
    struct strings roles;
    struct str link; /* empty: signs in nowhere else */
};
/* "Ann@Example.org": what may stand in these texts, before anybody is asked. ERR_INVALID names the field. */
bool account_check(const struct account_change *change, struct err *e) MUST_USE;
/* The operation that makes the account so: all members count. ret_id: the account's. `step`: how the person was asked again
 * ("passkey", "password", "totp", "link", "cli"), or "". */
bool account_op(const struct env *env, struct arena *a, const struct account_change *change, struct str actor, const char *step, struct op *ret,
                char ret_id[ACCOUNT_ID_SIZE], struct err *e) MUST_USE;

struct credential_new {
    const char *kind;
    struct json *secret; /* goes into the blob, with "label" */
};
/* A password or a set of recovery codes takes the place of the one before. */
bool credential_op(const struct env *env, struct arena *a, struct str account, const struct credential_new *items, size_t count, struct str actor,
                   const char *step, struct op *ret, struct err *e) MUST_USE;
/* why: "removed", "used", "reset". */
void credential_remove_op(const struct env *env, struct arena *a, struct str account, const struct str *ids, size_t count, const char *why,
                          struct str actor, const char *step, struct op *ret);
/* ret_text is shown once: only its digest is kept. */
bool token_op(const struct env *env, struct arena *a, struct str account, struct str label, uint32_t scope, int64_t expires_ms, struct str actor,
              const char *step, struct op *ret, char ret_text[TOKEN_TEXT_SIZE], struct err *e) MUST_USE;
void token_revoke_op(const struct env *env, struct arena *a, struct str id, struct str actor, struct op *ret);
/* permissions 0: the role goes. */
bool role_op(const struct env *env, struct arena *a, struct str id, struct str label, struct str words, uint32_t permissions, struct str actor,
             const char *step, struct op *ret, struct err *e) MUST_USE;
struct json *permissions_json(struct arena *a, uint32_t bits);
/* "read,run" or "read run"; an unknown name is ERR_INVALID. */
bool permissions_parse(struct str text, uint32_t *ret, struct err *e) MUST_USE;
uint32_t permissions_of_json(const struct json *list);

extern const struct op_kind op_account_set, op_role_set, op_credential_add, op_credential_remove, op_token_add, op_token_revoke;

/* ---- secrets: secret.c ---- */

/* Ten codes like "k3mf-9wq2-xr7t" (60 bits) and what is kept of them. */
struct recovery_codes {
    char text[RECOVERY_CODES][15];
    struct credential_new items[RECOVERY_CODES];
};
void recovery_codes_new(const struct env *env, struct arena *a, struct recovery_codes *ret);
/* Is it the code of this secret? Spaces, hyphens and case don't count. */
bool recovery_code_matches(const struct json *secret, struct str typed);
/* A new password: at least `min` characters, no control characters, not the login, not one of the most common. ERR_INVALID. */
bool password_check(struct str password, struct str login, int64_t min, struct err *e) MUST_USE;
/* The organisation's parameter, or its default. */
int64_t password_length_min(struct db *db, struct err *e);
/* How many factors more than one's own page takes: the organisation's parameter, or its default; 2 when it cannot be read. */
int64_t sign_in_factors_min(struct db *db, struct err *e);
/* A password's secret {"hash":…}; takes some 20 ms and 19 MiB. */
struct json *password_secret(const struct env *env, struct arena *a, struct str password, struct err *e) MUST_USE;

#endif
