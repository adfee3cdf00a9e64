/*
 * connect.h - the messages between whoever lets people in (no network) and the process that asks directories and providers (network, no
 * files), and what that process does with them. Answers of peers are parsed on the far side only; what comes back here is our own JSON.
 *
 * A request is one ipc message CONNECT_ASK, a JSON object {"what","c":{settings of the source},"secret", …}:
 *   ldap   "login","password"           who this is, if the directory says so; without a password only who would be found
 *   people   everybody whom the directory has as a person
 *   begin  "redirect","state","nonce","challenge"[,"again":true]   the address to which the browser goes (OpenID Connect, code flow)
 *   end    "redirect","code","nonce","verifier"          who came back with this code
 * and is answered by one CONNECT_ANSWER {"code":enum err_code,"text"} with either
 *   "who":{"subject","login","name","email","groups":[…],"is_off":bool,"factors":1|2,"auth_ms":when the person was asked, or 0}  ,  "url"  or
 *   "people":[{"dn","name","email","number","type","title","department","team","location","manager":mail, number or name of the entry that it names,"is_off":bool}].
 * ERR_DENIED with "is_unknown": the directory was there and has nobody of this name; else the secret is wrong.
 */
#ifndef ACCOUNT_CONNECT_H
#define ACCOUNT_CONNECT_H

#include "base/json.h"

enum { CONNECT_ASK = 1, CONNECT_ANSWER = 2, CONNECT_BYTES_MAX = 256 << 10, CONNECT_ANSWER_BYTES_MAX = 8 << 20, CONNECT_PEOPLE_MAX = 9999, CONNECT_ALARM_S = 8, CONNECT_WAIT_MS = 10 * 1000 };

/* Asks and waits. ret_answer in `a`. False with what the other side said (*ret_answer is set then too, or NULL), or what went wrong in between. */
bool connect_ask(int fd, struct arena *a, const struct json *request, struct json **ret_answer, struct err *e) MUST_USE;
/* The other side: answers one request. Asks peers, takes their answers apart. False: the answer could not be sent. */
bool connect_answer(int fd, struct str request, struct err *e) MUST_USE;
/* Answers that there is none, in place of a process that ended. */
bool connect_refuse(int fd, enum err_code code, const char *text, struct err *e) MUST_USE;

/* connect_ldap.c, oidc.c: fill `answer`, or say why not. */
bool connect_ldap(struct arena *a, const struct json *request, struct json *answer, struct err *e) MUST_USE;
bool connect_people(struct arena *a, const struct json *request, struct json *answer, struct err *e) MUST_USE;
bool connect_oidc_begin(struct arena *a, const struct json *request, struct json *answer, struct err *e) MUST_USE;
bool connect_oidc_end(struct arena *a, const struct json *request, struct json *answer, struct err *e) MUST_USE;

#endif
