/* run_once.c - see run_once.h. */
#include "role/run_once.h"
#include "base/limits.h"
#include "os/ipc.h"
#include "os/spawn.h"
#include "role/recipes.h"
#include <stdio.h>
#include <unistd.h>

enum { WORKER_TIME_MAX_MS = 10 * 60 * 1000 };

struct evaluating {
    const struct data_dir *d;
    const struct run_once *r;
};

/* Has the worker evaluate: a process that may read the database and nothing else, so that SQL and rows from outside harm nobody.
 */
static bool ask_worker(void *context, int64_t parameter_leaf, struct results *ret, struct err *e)
{
    const struct evaluating *v = context;
    char run_leaf[24], taken_at[24], parameter[24];
    snprintf(run_leaf, sizeof(run_leaf), "%lld", (long long)v->r->collected.run_leaf);
    snprintf(taken_at, sizeof(taken_at), "%lld", (long long)v->r->collected.taken_at_ms);
    snprintf(parameter, sizeof(parameter), "%lld", (long long)parameter_leaf);
    const char *arguments[] = {v->d->path, v->r->collected.subject, run_leaf, taken_at, parameter, NULL};
    int pair[2];
    struct os_child child = OS_CHILD_NONE;
    struct os_spawn spawn = {.role = "worker", .arguments = arguments, .fds = &pair[1], .fd_count = 1, .is_quiet = true};
    if (!ipc_pair(pair, e))
        return false;
    bool ok = os_spawn(&spawn, &child, e);
    close(pair[1]);
    struct ipc_message answer;
    bool is_closed = false;
    ok = ok && ipc_receive(pair[0], LIMIT_MESSAGE_BYTES, WORKER_TIME_MAX_MS, &answer, &is_closed, e);
    close(pair[0]);
    if (!ok && is_closed)
        err_set(e, ERR_INTERNAL, "the worker ended without an answer, status %d", os_child_end(&child, 100));
    os_child_end(&child, 1000);
    if (!ok)
        return false;
    ok = answer.type == WORKER_RESULTS
             ? results_decode(buf_view(&answer.body), ret, e)
             : err_set(e, ERR_INTERNAL, "worker: %.*s", STR_ARGS(str_slice(buf_view(&answer.body), 0, 400)));
    buf_release(&answer.body);
    return ok;
}

bool run_once(struct keeper_client *k, const struct data_dir *d, struct arena *a, struct run_once *r, struct err *e)
{
    struct db *projection = data_dir_projection(d, e);
    bool ok = projection && collect_run(k, projection, d, a, r->collect, &r->collected, e);
    if (ok) {
        struct evaluating v = {d, r};
        struct assess_run run = {.subject = str_of(r->collected.subject),
                                 .run_leaf = r->collected.run_leaf,
                                 .taken_at_ms = r->collected.taken_at_ms,
                                 .evaluate = ask_worker,
                                 .context = &v};
        ok = assess_after_run(k, projection, r->collect->env, a, &run, &r->assessed, e);
    }
    db_close(projection);
    return ok;
}
