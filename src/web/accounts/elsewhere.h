/*
 * elsewhere.h - signing in through a directory (LDAP) or a provider (OpenID Connect): ask.c asks the connecting process, elsewhere.c lets
 * people in by what it says, provider.c sends browsers to providers and takes them back, sources.c are the pages of Settings.
 */
#ifndef WEB_ACCOUNTS_ELSEWHERE_H
#define WEB_ACCOUNTS_ELSEWHERE_H

#include "account/connect.h"
#include "account/source.h"
#include "web/accounts/accounts.h"

/* ---- ask.c ---- */

/* Asks the connecting process about a source; one question at a time. `request` gets the settings and the secret. A source that did not
 * answer is not asked again for some seconds, so that nobody can make all workers wait: ERR_UNAVAILABLE then too. */
bool elsewhere_ask(struct call *c, const struct identity_source *source, struct json *request, struct json **ret_answer, struct err *e) MUST_USE;
struct connector *connector_new(int fd, const struct env *env);
struct connector *connector_free(struct connector *k);
/* Whether the other side is gone, or out of step: the web process then starts anew. */
bool connector_is_broken(const struct connector *k);

/* ---- elsewhere.c ---- */

/* Lets in whom a source vouched for: finds the account by its link, makes or updates it, ends it where the source does not let it in any
 * more. ERR_DENIED, ERR_EXISTS, ERR_INVALID: for the sign-in page. */
bool elsewhere_account(struct call *c, const struct identity_source *source, const struct json *who, struct account **ret, struct err *e) MUST_USE;
/* A name and a password that are no local account's: asks the directories. The answer of the request is made. */
bool by_directory(struct call *c, struct str login, struct str password, struct str back, struct err *e) MUST_USE;
/* Whether a directory takes this password for this account. */
bool directory_password_is(struct call *c, const struct account *account, struct str password, struct err *e) MUST_USE;
bool has_directory(struct call *c, struct err *e);
/* Members "providers" [{"url","label"}]: where else one may sign in, with `more` behind each address. */
bool put_providers(struct call *c, struct json *view, const char *more, struct err *e) MUST_USE;

#endif
