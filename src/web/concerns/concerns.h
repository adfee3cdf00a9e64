/*
 * concerns.h - reporting a concern without leaving a trace of who did.
 *
 * GET and POST /concern and what lies below are not logged (web.c: quiet), are not kept in the cache, and read of a session only that there is
 * one. An anonymous report goes into the box (box.h) and reaches the ledger after midnight, made by "system:concern"; one that gives its name goes at
 * once. Whoever reported it has a key of 100 bits, of which the record has the SHA-256.
 */
#ifndef WEB_CONCERNS_CONCERNS_H
#define WEB_CONCERNS_CONCERNS_H

#include "report/view_record.h"
#include "web/concerns/box.h"
#include "web/site.h"

enum { CONCERN_KEY_SIZE = 25 };

/* Hands over what waited until its day was over. Called about once a second; reads nothing while the box is empty. */
void concerns_tend(struct site *s);
/* "K7QM-…": a new key. */
void concern_key_new(const struct env *env, char ret[CONCERN_KEY_SIZE]);
/* SHA-256, hex, of a key as it was typed: case, blanks and dashes do not count. False: it is none. */
bool concern_key_digest(struct str typed, char ret_hex[65]);
/* The change that an entry of the box asks for: {"kind":"new","day","set":{…}} or {"kind":"add","key":digest,"day","text"}. */
bool concern_change(struct view *v, const struct view_records *r, const struct json *entry, struct record_change *ret, struct err *e) MUST_USE;

#endif
