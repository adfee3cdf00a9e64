/*
 * send.h - sends today's digests over every channel, and records that they went out (or why not): one operation a person, day and channel, so
 * that nobody is told the same twice, whoever asks again.
 */
#ifndef NOTIFY_SEND_H
#define NOTIFY_SEND_H

#include "collect/captures.h"
#include "content/record_type.h"
#include "keeper/keeper.h"

struct notices {
    struct db *db;
    struct keeper_client *keeper;
    const struct blob_opener *blobs; /* for the secrets of channels */
    const struct env *env;
    int post_fd;                     /* to a process that runs post_serve */
    int64_t today;                   /* a local date */
    const struct record_type *const *types; /* those in force */
    size_t type_count;
};

struct notices_sent {
    size_t sent, failed, kept; /* kept: went out earlier today */
    char why[300];             /* of the first failure */
};

/* False only where the projection or the keeper fail; what a channel refuses is counted and recorded. */
bool notices_send(const struct notices *n, struct arena *a, struct notices_sent *ret, struct err *e) MUST_USE;
/* One mail that says that mail works. */
bool notices_try(const struct notices *n, struct arena *a, struct str to, struct err *e) MUST_USE;

/* Sends the tests that wait (channel.h), each to who asked for it, and records what came of it. */
bool trials_send(const struct notices *n, struct arena *a, struct err *e) MUST_USE;

#endif
