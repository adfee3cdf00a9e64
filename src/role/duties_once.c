#include "role/duties_once.h"

#include "assess/access_review.h"
#include "assess/duties.h"
#include "assess/requests.h"
#include "assess/risk_duties.h"
#include "base/times.h"
#include "collect/captures.h"
#include "os/ipc.h"
#include "role/recipes.h"
#include "record/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ARENA_BYTES_MAX = 256 << 20, ROUNDS_MAX = 6 };

/* Said once: a duty that is refused stays due, and would be refused every minute. */
void duty_refused(struct str key, const struct err *e)
{
    enum { KNOWN_MAX = 64 };
    static char known[KNOWN_MAX][80];
    static size_t count;
    char text[80];
    snprintf(text, sizeof(text), "%.*s", STR_ARGS(str_slice(key, 0, 79)));
    for (size_t i = 0; i < count; i++)
        if (strcmp(known[i], text) == 0)
            return;
    if (count < KNOWN_MAX)
        memcpy(known[count++], text, sizeof(text));
    fprintf(stderr, "assay: schedule: %s: %s\n", text, e->text);
}

bool duty_list_submit(struct keeper_client *k, const struct env *env, struct arena *a, const struct duty *duties, size_t count, size_t *ret_done, struct err *e)
{
    struct access system = {.actor = STR(DUTY_ACTOR), .is_system = true};
    *ret_done = 0;
    for (size_t i = 0; i < count; i++) {
        struct op op = {.actor = system.actor};
        struct err why = {0};
        struct json *answer;
        bool ok = record_op(env, a, &duties[i].change, 1, &system, &op, &why);
        op_id_of(duties[i].key, op.id);
        ok = ok && keeper_submit(k, a, &op, &answer, &why);
        if (!ok && (why.code == ERR_UNAVAILABLE || why.code == ERR_UNCERTAIN))
            return (*e = why, false);
        if (ok)
            (*ret_done)++;
        else
            duty_refused(duties[i].key, &why);
    }
    return true;
}

static bool keeper_take(void *context, struct op *op, struct json **ret_answer, struct err *e)
{
    struct arena *a = arena_new("duty", ARENA_BYTES_MAX);
    bool ok = keeper_submit(context, a, op, ret_answer, e);
    *ret_answer = NULL;
    arena_free(a);
    return ok;
}

/* What is refused stays due, and is said once. */
static bool reviews_advance(struct keeper_client *k, struct db *db, const struct env *env, int64_t today, size_t *ret_count, struct err *e)
{
    struct err why = {0};
    size_t done = 0;
    if (access_advance(db, env, today, keeper_take, k, &done, &why)) {
        *ret_count += done;
        return true;
    }
    if (why.code == ERR_UNAVAILABLE || why.code == ERR_UNCERTAIN)
        return (*e = why, false);
    duty_refused(STR("access reviews"), &why);
    return true;
}

static bool samples_advance(struct keeper_client *k, struct db *db, const struct env *env, int64_t today, size_t *ret_count, struct err *e)
{
    struct err why = {0};
    size_t done = 0;
    if (requests_advance(db, env, today, keeper_take, k, &done, &why)) {
        *ret_count += done;
        return true;
    }
    if (why.code == ERR_UNAVAILABLE || why.code == ERR_UNCERTAIN)
        return (*e = why, false);
    duty_refused(STR("requests of the auditor"), &why);
    return true;
}

static bool round_submit(struct keeper_client *k, struct db *db, const struct env *env, struct arena *a, int64_t today, size_t *ret_done, struct err *e)
{
    struct duty *duties;
    size_t count;
    *ret_done = 0;
    return duties_due(db, a, today, &duties, &count, e) && duty_list_submit(k, env, a, duties, count, ret_done, e);
}

static bool risks_round_submit(struct keeper_client *k, struct db *db, const struct env *env, struct arena *a, int64_t today, struct risk_news *news, size_t *ret_done, struct err *e)
{
    struct duty *duties;
    size_t count;
    *ret_done = 0;
    return risk_duties_due(db, a, env, env_now_ms(env), today, news, &duties, &count, e) && duty_list_submit(k, env, a, duties, count, ret_done, e);
}

bool risks_submit(struct keeper_client *k, struct db *db, const struct env *env, int64_t today, struct risk_news *news, size_t *ret_count, struct err *e)
{
    size_t done = 1;
    bool ok = true;
    *ret_count = 0;
    for (int round = 0; ok && done > 0 && round < ROUNDS_MAX; round++) {
        struct arena *a = arena_new("risks", ARENA_BYTES_MAX);
        ok = risks_round_submit(k, db, env, a, today, news, &done, e);
        *ret_count += done;
        arena_free(a);
    }
    return ok;
}

bool duties_submit(struct keeper_client *k, struct db *db, const struct env *env, int64_t today, size_t *ret_count, struct err *e)
{
    size_t done = 1;
    bool ok = true;
    *ret_count = 0;
    for (int round = 0; ok && done > 0 && round < ROUNDS_MAX; round++) {
        struct arena *a = arena_new("duties", ARENA_BYTES_MAX);
        ok = round_submit(k, db, env, a, today, &done, e);
        *ret_count += done;
        arena_free(a);
    }
    return ok && reviews_advance(k, db, env, today, ret_count, e) && samples_advance(k, db, env, today, ret_count, e);
}

bool post_start(struct os_child *ret, int *ret_fd, struct err *e)
{
    return role_helper_start("post", ret, ret_fd, e);
}

static bool send_with(struct arena *a, const struct notices *n, struct str to, struct notices_sent *ret, struct err *e)
{
    if (to.size > 0)
        return notices_try(n, a, to, e);
    return notices_send(n, a, ret, e);
}

bool digests_send(struct keeper_client *k, const struct data_dir *d, struct db *db, const struct env *env, int post_fd, int64_t today, struct str to,
                  struct notices_sent *ret, struct err *e)
{
    struct arena *a = arena_new("digests", ARENA_BYTES_MAX);
    struct record_types *types = record_types_open(db, e);
    struct blob_opener *blobs = types ? blob_opener_keeper(a, d->path, k, e) : NULL;
    bool ok = blobs != NULL;
    if (ok) {
        size_t count = record_types_count(types);
        const struct record_type **list = arena_array(a, count + 1, sizeof *list);
        for (size_t i = 0; i < count; i++)
            list[i] = record_types_at(types, i);
        struct notices n = {.db = db, .keeper = k, .blobs = blobs, .env = env, .post_fd = post_fd, .today = today, .types = list, .type_count = count};
        ok = send_with(a, &n, to, ret, e);
    }
    record_types_close(types);
    arena_free(a);
    return ok;
}

bool trials_once(struct keeper_client *k, const struct data_dir *d, struct db *db, const struct env *env, int post_fd, struct err *e)
{
    if (db_one_int(db, e, 0, "select count(*) from notify_trial where outcome is null") == 0)
        return e->code == ERR_NONE;
    struct arena *a = arena_new("trials", ARENA_BYTES_MAX);
    struct blob_opener *blobs = blob_opener_keeper(a, d->path, k, e);
    struct notices n = {.db = db, .keeper = k, .blobs = blobs, .env = env, .post_fd = post_fd};
    bool ok = blobs && trials_send(&n, a, e);
    arena_free(a);
    return ok;
}
