/*
 * audit_sign.h - between an auditor's form and the keeper: where a key of their own is registered, what is to be signed is shown first, and the form comes
 * back with it signed (assess/audit_sign.h).
 */
#ifndef WEB_AUDIT_SIGN_H
#define WEB_AUDIT_SIGN_H

#include "web/records.h"

/* Takes `signed` of the form or the JSON into the change. Where it is missing and has to be there, the answer is what there is to sign (a page that keeps the
 * form; of the API {"statement","key"}), and ret_is_answered is set. `back`: where one goes that leaves it. */
bool audit_sign_ask(struct call *c, struct record_change *change, struct str back, bool *ret_is_answered, struct err *e) MUST_USE;

#endif
