#include "role/people_once.h"

#include "assess/duties.h"
#include "assess/reconcile_records.h"
#include "role/duties_once.h"

#include <stdio.h>

enum { ARENA_BYTES_MAX = 512 << 20, ROUNDS_MAX = 8 };

static bool works_submit(struct keeper_client *k, struct db *db, const struct env *env, struct arena *a, struct lifecycle_work *works, size_t count, size_t *done, struct err *e)
{
    struct access system = {.actor = STR(DUTY_ACTOR), .is_system = true};
    for (size_t i = 0; i < count; i++) {
        struct op op = {.actor = system.actor};
        struct err why = {0};
        struct json *answer;
        bool ok = record_number(db, a, works[i].changes, works[i].count, &why) && record_op(env, a, works[i].changes, works[i].count, &system, &op, &why);
        op_id_of(works[i].key, op.id);
        ok = ok && keeper_submit(k, a, &op, &answer, &why);
        if (!ok && (why.code == ERR_UNAVAILABLE || why.code == ERR_UNCERTAIN))
            return (*e = why, false);
        if (ok)
            *done += works[i].count;
        else if (why.code != ERR_CONFLICT) /* somebody was quicker: the next round looks again */
            duty_refused(works[i].key, &why);
    }
    return true;
}

static bool round_submit(struct keeper_client *k, struct db *db, const struct env *env, struct arena *a, int64_t today, struct people_seen *seen, size_t *ret_done, struct err *e)
{
    struct lifecycle_work *works;
    size_t count;
    struct err inner = {0};
    if (!lifecycle_due(db, a, today, &works, &count, e) || !works_submit(k, db, env, a, works, count, ret_done, e))
        return false;
    int64_t newest = reconciliation_newest(db, &inner);
    if (inner.code || (newest == seen->leaf && today == seen->day))
        return inner.code ? (*e = inner, false) : true;
    if (!reconciliation_due(db, a, today, &works, &count, e) || !works_submit(k, db, env, a, works, count, ret_done, e))
        return false;
    *seen = (struct people_seen){newest, today};
    return true;
}

bool people_submit(struct keeper_client *k, struct db *db, const struct env *env, int64_t today, struct people_seen *seen, size_t *ret_count, struct err *e)
{
    size_t done = 1;
    bool ok = true;
    *ret_count = 0;
    for (int round = 0; ok && done > 0 && round < ROUNDS_MAX; round++) {
        struct arena *a = arena_new("people", ARENA_BYTES_MAX);
        done = 0;
        ok = round_submit(k, db, env, a, today, seen, &done, e);
        *ret_count += done;
        arena_free(a);
    }
    return ok;
}
