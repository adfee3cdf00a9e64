/*
 * accounts.h - the room of accounts in the web process: who asks (identity.c), how people sign in (sign_in.c, second.c, passkey.c),
 * how they are asked again before what matters (step_up.c), and the pages on which accounts, roles, credentials, sessions and tokens
 * are kept (self.c, users.c, roles.c, tokens.c, activity.c). What is stored, and how it changes, is src/account.
 *
 * For other rooms: `permissions` of struct call says what this request may; call_step_up asks again.
 */
#ifndef WEB_ACCOUNTS_ACCOUNTS_H
#define WEB_ACCOUNTS_ACCOUNTS_H

#include "account/account.h"
#include "web/accounts/guess.h"
#include "web/site.h"

/* ---- sign_in.c ---- */

/* The cookie that carries a session's token. */
struct str session_cookie(struct call *c, const char *token);
/* A session of this request's peer and program, to be filled further. */
struct session session_like(struct call *c, const char *actor, const char *how, int factors);
/* "sign_in", "sign_out", "second_factor", "end": a leaf. */
bool session_note(struct call *c, const struct session *session, const char *what, struct err *e) MUST_USE;
/* Signs in: begins the session, sets the cookie, and leads to the second factor where there is one, else to `back`. */
bool signed_in(struct call *c, const struct account *account, const char *how, int factors, struct str back, struct err *e) MUST_USE;
/* The same; was_asked false: it may have been a while since the person was asked anything, and what matters asks again. */
bool signed_in_when(struct call *c, const struct account *account, const char *how, int factors, bool was_asked, struct str back, struct err *e) MUST_USE;
/* The sign-in page once more, with why it was not. */
bool sign_in_refused(struct call *c, int status, struct str login, struct str why, struct err *e) MUST_USE;
#define SIGN_IN_WRONG "the name or the password is not right, or the account is not in force"
/* A cookie that scripts do not see; life 0: it goes. */
struct str with_cookie(struct call *c, const char *name, struct str value, int64_t life_ms);
/* Was this tried too often? ERR_LIMIT says for how long to wait. `who`: a login name, or an account's id; may be empty. */
bool guess_may(struct call *c, const char *what, struct str who, struct err *e) MUST_USE;
void guess_done(struct call *c, const char *what, struct str who, bool is_right);

/* ---- second.c ---- */

/* The account of who asks; NULL (ERR_DENIED) for local:admin, who has none. */
struct account *own_account(struct call *c, struct err *e) MUST_USE;
/* The secret in a credential's blob. */
const struct json *credential_secret(struct call *c, const struct credential *credential, struct err *e) MUST_USE;
/* Whether an account's password, one-time password or recovery code is this one; the latter two are used up by it. */
bool password_is(struct call *c, struct str account, struct str password, struct err *e) MUST_USE;
enum code_kind { CODE_WRONG, CODE_TOTP, CODE_RECOVERY };
enum code_kind code_is(struct call *c, struct str account, struct str code, struct err *e) MUST_USE;

/* ---- passkey.c ---- */

/* What a page needs to ask for a passkey: members "passkey" {"challenge","rp","ids":[…]} (null where the account has none). An empty
 * account: any. */
bool passkey_ask(struct call *c, struct json *view, struct str account, struct err *e) MUST_USE;
/* The same for a new passkey of this account. */
bool passkey_ask_new(struct call *c, struct json *view, const struct account *account, struct err *e) MUST_USE;
/* Whether the browser's answer (JSON) is a passkey's of this account over a challenge that we gave. False with ERR_DENIED says why. */
bool passkey_is(struct call *c, struct str account, struct str answer, struct err *e) MUST_USE;
/* The account of the passkey that answers, where nobody has said a name; NULL with ERR_DENIED. */
struct account *passkey_account(struct call *c, struct str answer, struct err *e) MUST_USE;
/* What the sign-in page offers beside passwords: passkeys, other systems. */
bool sign_in_page_more(struct call *c, struct json *view, struct err *e) MUST_USE;

/* ---- qr.c ---- */

/* Member "qr" {"size","path"}: the text as the d of an SVG path in a square of `size`; null where the library is not installed. */
void put_qr(struct call *c, struct json *view, struct str text);
/* Opens the library, before the jail. ERR_UNSUPPORTED. */
bool qr_prepare(struct err *e) MUST_USE;

/* ---- step_up.c ---- */

/* A field of the form, or a member of the JSON that was sent; "" when it is not there. The list: all of that name. */
struct str form_text(struct call *c, const char *name);
struct strings form_list(struct call *c, const char *name);

/* ---- self.c ---- */

/* What was wrong, on one's own page; false: for the page of errors. */
bool self_refused(struct call *c, struct err *e) MUST_USE;
/* A session that began with one factor goes on with two, once its person has added and shown one. */
bool second_factor_added(struct call *c, const struct account *account, const char *kind, struct err *e) MUST_USE;
/* The answer after a second factor was added: recovery codes when there are none, else one's own page. */
bool recovery_if_none(struct call *c, struct str account, const char *step, struct err *e) MUST_USE;

/* Tokens are for programs: they never change credentials, nor end sessions. */
bool only_people(struct call *c, struct err *e) MUST_USE;
/* "password+totp" as "password and one-time code". */
struct str how_words(struct call *c, const char *how);

/* ---- handing operations over, and answering ---- */

/* {"title","nav"}: what every page of this room begins with. */
struct json *room_view(struct call *c, const char *title, struct err *e) MUST_USE;
/* The view as a page, or for the API as it is. */
bool show_view(struct call *c, const struct page *page, struct json *view, int status, struct err *e) MUST_USE;
struct json *put_instant(struct call *c, struct json *o, const char *key, int64_t ms);
/* Ends all sessions of an account but this one's, and gives this one a new token: its rights have changed. */
bool sessions_begin_anew(struct call *c, struct str account, const char *how, int factors, struct err *e) MUST_USE;

struct str call_actor(struct call *c);
bool submit(struct call *c, const struct op *op, struct err *e) MUST_USE;
/* 303 to `page` for a form; for the API 200 with `answer`. */
bool answer_done(struct call *c, struct json *answer, struct str page, struct err *e) MUST_USE;

#endif
