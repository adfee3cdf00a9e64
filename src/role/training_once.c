#include "role/training_once.h"

#include "assess/duties.h"
#include "assess/training.h"

#include <stdio.h>

enum { ARENA_BYTES_MAX = 512 << 20, ROUNDS_MAX = 40 };

static bool one_submit(struct keeper_client *k, struct db *db, const struct env *env, struct arena *a, int64_t today, size_t *ret_done, struct err *e)
{
    static char refused[80]; /* said once */
    struct training_work work;
    struct access system = {.actor = STR(DUTY_ACTOR), .is_system = true};
    struct op op = {.actor = system.actor};
    struct err why = {0};
    struct json *answer;
    *ret_done = 0;
    if (!training_due(db, a, today, &work, e))
        return false;
    if (work.count == 0)
        return true;
    bool ok = record_op(env, a, work.changes, work.count, &system, &op, &why);
    op_id_of(work.key, op.id);
    ok = ok && keeper_submit(k, a, &op, &answer, &why);
    if (ok)
        *ret_done = work.count;
    else if (why.code == ERR_UNAVAILABLE || why.code == ERR_UNCERTAIN)
        return (*e = why, false);
    else if (strncmp(refused, work.key.data, sizeof(refused) - 1) != 0) {
        snprintf(refused, sizeof(refused), "%.*s", STR_ARGS(work.key));
        fprintf(stderr, "assay: schedule: %s: %s\n", refused, why.text);
    }
    return true;
}

bool training_submit(struct keeper_client *k, struct db *db, const struct env *env, int64_t today, size_t *ret_count, struct err *e)
{
    size_t done = 1;
    bool ok = true;
    *ret_count = 0;
    for (int round = 0; ok && done > 0 && round < ROUNDS_MAX; round++) {
        struct arena *a = arena_new("training", ARENA_BYTES_MAX);
        ok = one_submit(k, db, env, a, today, &done, e);
        *ret_count += done;
        arena_free(a);
    }
    return ok;
}
