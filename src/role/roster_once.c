#include "role/roster_once.h"

#include "account/connect.h"
#include "account/source.h"
#include "assess/duties.h"
#include "base/times.h"
#include "collect/captures.h"
#include "report/roster.h"
#include "role/duties_once.h"

#include <stdio.h>

enum { ARENA_BYTES_MAX = 512 << 20, AGAIN_MS = 30 * 60 * 1000 };

static bool people_ask(struct roster_nights *n, struct arena *a, const struct blob_opener *blobs, const struct identity_source *source, struct json **ret, struct err *e)
{
    struct json *request = json_object(a);
    struct str secret;
    if (source->has_secret) {
        if (!blobs->open(blobs->context, a, (uint64_t)source->leaf, source->c.data, source->x.data, &secret, e))
            return false;
        json_put_str(request, "secret", arena_str(a, secret));
    }
    json_put_cstr(request, "what", "people");
    json_put(request, "c", source->settings);
    return connect_ask(n->fd, a, request, ret, e);
}

static bool changes_submit(struct keeper_client *k, struct arena *a, const struct env *env, const struct roster_plan *plan, struct str key, struct err *e)
{
    struct access system = {.actor = STR(DUTY_ACTOR), .is_system = true};
    struct op op = {.actor = system.actor};
    struct json *answer;
    if (!record_op(env, a, plan->changes, plan->count, &system, &op, e))
        return false;
    op_id_of(key, op.id);
    return keeper_submit(k, a, &op, &answer, e);
}

/* A list with a problem in a row is not taken in part: the row is named, for who can mend it. */
static bool roster_take(struct roster_nights *n, struct keeper_client *k, struct arena *a, const struct blob_opener *blobs, struct db *db, const struct env *env,
                        const struct identity_source *source, int64_t today, struct err *e)
{
    struct json *answer;
    struct roster_plan plan;
    struct access system = {.actor = STR(DUTY_ACTOR), .is_system = true};
    struct roster_source s = {.source = arena_printf(a, "directory %.*s", STR_ARGS(source->id)), .is_full = str_is(json_text(source->settings, "roster"), "nightly_full")};
    struct record_types *types = record_types_open(db, e);
    const struct record_type *person = types ? record_types_find(types, STR("person")) : NULL;
    bool ok = person && people_ask(n, a, blobs, source, &answer, e) &&
              roster_read(db, a, person, roster_of_directory(a, json_get(answer, "people")), &s, &system, env_now_ms(env), &plan, e);
    if (ok && plan.csv.problems->count > 0) {
        const struct json *first = json_at(plan.csv.problems, 0);
        ok = err_set(e, ERR_INVALID, "%zu problems, nothing is taken in; row %lld: %.*s", plan.csv.problems->count, (long long)json_int(first, "row", 0), STR_ARGS(json_text(first, "why")));
    }
    struct str key = ok ? arena_printf(a, "roster/%.*s/%lld/%s", STR_ARGS(source->id), (long long)today, plan.digest) : STR("");
    ok = ok && (plan.count == 0 || changes_submit(k, a, env, &plan, key, e));
    record_types_close(types);
    return ok;
}

static bool all_take(struct roster_nights *n, struct keeper_client *k, struct arena *a, const struct data_dir *d, struct db *db, const struct env *env, int64_t today, bool *ret_again,
                     struct err *e)
{
    struct identity_source sources[SOURCES_MAX];
    size_t count;
    struct blob_opener *blobs = NULL;
    if (!identity_sources_load(db, a, sources, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct err why = {0};
        if (!str_is(sources[i].kind, "ldap") || json_text(sources[i].settings, "roster").size == 0)
            continue;
        if (!blobs && !(blobs = blob_opener_keeper(a, d->path, k, e)))
            return false;
        if (roster_take(n, k, a, blobs, db, env, &sources[i], today, &why))
            continue;
        duty_refused(arena_printf(a, "roster of %.*s on %.*s", STR_ARGS(sources[i].id), STR_ARGS(day_text(a, today))), &why);
        *ret_again = true;
    }
    return true;
}

bool rosters_submit(struct roster_nights *n, struct keeper_client *k, const struct data_dir *d, struct db *db, const struct env *env, int64_t today, int hour, struct err *e)
{
    bool is_again = false;
    if (hour < ROSTER_HOUR || n->asked_day == today || env_monotonic_ms(env) < n->again_ms)
        return true;
    struct arena *a = arena_new("rosters", ARENA_BYTES_MAX);
    bool ok = all_take(n, k, a, d, db, env, today, &is_again, e);
    arena_free(a);
    n->again_ms = is_again ? env_monotonic_ms(env) + AGAIN_MS : 0;
    n->asked_day = is_again ? n->asked_day : today;
    return ok;
}
