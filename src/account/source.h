/*
 * source.h - where else people may sign in: directories (LDAP) and providers (OpenID Connect), and this program's own address. Set by
 * an operation, read by whoever lets people in.
 *
 * Leaf (type record): {"type":"identity","id":name,"act":"set"|"remove","c":{settings},"by"[,"step"]}; the secret (of the account that
 * searches a directory, of the client at a provider) in a blob: set without one keeps the secret that is there.
 *
 * Settings are texts; "kind" says which there are:
 *   ldap  url, tls ("" or "none"), ca, bind_dn, base, filter, group_base, group_filter, attr_login, attr_name, attr_mail, attr_groups,
 *         roster ("", "nightly", "nightly_full": its people are read into the roster every night, as some or as all who work here)
 *   oidc  issuer, client_id, scope, ca, claim_login, claim_name, claim_mail, claim_groups
 *   site  base (https://assay.example.org: for links and where providers send people back to); its id is "site"
 * and for both of the first label (what the sign-in page calls it), roles, default_roles, second ("" or "trusted": it has asked for a second
 * factor itself). `roles` are lines "role: group": who is in none of the groups and has no default role is not let in, and where there are
 * such lines they rule at every sign-in. `default_roles`, separated by commas, are for everybody (where there are no lines: at the first sign-in).
 */
#ifndef ACCOUNT_SOURCE_H
#define ACCOUNT_SOURCE_H

#include "account/account.h"

extern const struct op_kind op_identity_set;

#define SOURCE_SITE "site"

enum { SOURCE_SECRET_MAX = 1000, SOURCES_MAX = 8, SOURCE_LINK_SIZE = 65, SOURCE_GROUPS_MAX = 500 };

struct identity_source {
    struct str id, kind, label;
    struct json *settings;
    bool has_secret;
    int64_t leaf; /* of the secret */
    struct str c, x;
};

/* In order of their ids; "site" is among them. */
bool identity_sources_load(struct db *db, struct arena *a, struct identity_source ret[SOURCES_MAX], size_t *ret_count, struct err *e) MUST_USE;
/* ERR_NOT_FOUND. */
bool identity_source_get(struct db *db, struct arena *a, struct str id, struct identity_source *ret, struct err *e) MUST_USE;
/* ERR_INVALID names the setting. */
bool identity_source_check(struct str id, const struct json *settings, struct err *e) MUST_USE;
/* A setting, or what it is where nothing was set: "(uid={login})" for filter, "openid profile email" for scope … */
struct str identity_setting(const struct json *settings, const char *key);
/* The operation. `secret` empty: the one that is there stays. `step`: how the person was asked again. */
bool identity_set_op(const struct env *env, struct arena *a, struct str id, struct json *settings, struct str secret, struct str actor,
                     const char *step, struct op *ret, struct err *e) MUST_USE;
void identity_remove_op(const struct env *env, struct arena *a, struct str id, struct str actor, const char *step, struct op *ret);

/* The roles of somebody in these groups, each once; count 0: nobody that is let in. ret_is_ruled: the groups say it at every sign-in. */
bool identity_roles(struct arena *a, const struct json *settings, const struct json *groups, struct strings *ret, bool *ret_is_ruled,
                    struct err *e) MUST_USE;
/* What an account is known by at this source: the digest of (issuer, subject), never a mail address. For a directory the issuer is the
 * source's name. */
void identity_link(const struct identity_source *source, struct str subject, char ret[SOURCE_LINK_SIZE]);
/* The address of this program for links, without a slash at its end; "" where none is set. */
struct str site_base(struct db *db, struct arena *a, struct err *e);

#endif
