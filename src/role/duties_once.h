/*
 * duties_once.h - does what a day asks for: submits the duties that are due (assess/duties.h), sends the digests (notify/send.h). What the schedule of
 * `assay serve` and the commands do alike.
 */
#ifndef ROLE_DUTIES_ONCE_H
#define ROLE_DUTIES_ONCE_H

#include "record/local_day.h"
#include "assess/risk_duties.h"
#include "base/env.h"
#include "keeper/data_dir.h"
#include "keeper/keeper.h"
#include "notify/send.h"
#include "os/spawn.h"

/* ret_count: changes made. What is refused is said on standard error, once a process and key, and does not hold up the rest. */
bool duties_submit(struct keeper_client *k, struct db *db, const struct env *env, int64_t today, size_t *ret_count, struct err *e) MUST_USE;

/* The same for risks: news stays with the caller from one time to the next, zeroed at first (NULL: look in any case). */
bool risks_submit(struct keeper_client *k, struct db *db, const struct env *env, int64_t today, struct risk_news *news, size_t *ret_count, struct err *e) MUST_USE;
/* Submits each duty as an operation of its own. ret_done: those that the keeper took. */
bool duty_list_submit(struct keeper_client *k, const struct env *env, struct arena *a, const struct duty *duties, size_t count, size_t *ret_done, struct err *e) MUST_USE;

/* Says on standard error why `key` was refused, once a process and key. */
void duty_refused(struct str key, const struct err *e);

/* Starts a process that hands notices over (role `post`); before any jail. ret_fd: our end. */
bool post_start(struct os_child *ret, int *ret_fd, struct err *e) MUST_USE;
/* to: a test message there; empty: today's digests. */
bool digests_send(struct keeper_client *k, const struct data_dir *d, struct db *db, const struct env *env, int post_fd, int64_t today, struct str to,
                  struct notices_sent *ret, struct err *e) MUST_USE;

/* Sends the tests of channels that somebody asked for in the pages. */
bool trials_once(struct keeper_client *k, const struct data_dir *d, struct db *db, const struct env *env, int post_fd, struct err *e) MUST_USE;

#endif
