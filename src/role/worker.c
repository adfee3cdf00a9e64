/*
 * worker.c - evaluates the tests over the captures of one run: reads the database and the packs, asks the keeper for the key of
 * one blob at a time, and gives the results to who started it. Jailed before it looks at a row: no network, no exec, writes
 * nothing but the database's own shared memory.
 *
 *   worker DATA SUBJECT RUN_LEAF TAKEN_AT_MS PARAMETER_LEAF      3: socket to who asks
 */
#include "assess/after_run.h"
#include "base/limits.h"
#include "collect/captures.h"
#include "keeper/data_dir.h"
#include "os/ipc.h"
#include "os/jail.h"
#include "role/recipes.h"
#include <stdio.h>

enum { WORKER_ARENA_BYTES_MAX = 1 << 30, ANSWER_TIME_MAX_MS = 30000 };

struct work {
    const char *data_dir;
    struct str subject;
    int64_t run_leaf, taken_at_ms, parameter_leaf;
};

static bool read_arguments(int argc, char **argv, struct work *ret)
{
    if (argc != 5)
        return false;
    *ret = (struct work){.data_dir = argv[0], .subject = str_of(argv[1])};
    return str_to_int64(str_of(argv[2]), &ret->run_leaf) && str_to_int64(str_of(argv[3]), &ret->taken_at_ms) &&
           str_to_int64(str_of(argv[4]), &ret->parameter_leaf);
}

static bool evaluate(const struct work *w, struct keeper_client *k, const struct data_dir *d, struct results *ret, struct err *e)
{
    struct db *projection = data_dir_projection(d, e);
    struct arena *a = ret->arena;
    const struct blob_opener *blobs = projection ? blob_opener_keeper(a, d->path, k, e) : NULL;
    struct captures_options options = {.subject = w->subject, .run_leaf = w->run_leaf, .now_ms = w->taken_at_ms};
    struct captures *captures = blobs ? captures_open(projection, blobs, &options, e) : NULL;
    bool ok = captures != NULL;
    if (ok) {
        ok = assess_evaluate(projection, captures, w->subject, w->taken_at_ms, w->parameter_leaf, ret, e);
        captures_close(captures);
    }
    db_close(projection);
    return ok;
}

static bool work_jailed(const struct work *w, struct results *ret, struct err *e)
{
    char database[4096];
    struct data_dir d = {.fd = -1};
    snprintf(database, sizeof(database), "%s/db", w->data_dir);
    struct jail jail = {.kind = JAIL_STORE};
    jail_allow(&jail, w->data_dir, false);
    jail_allow(&jail, database, true);
    struct keeper_client *k = keeper_connect(w->data_dir, e);
    bool ok = k && jail_enter(&jail, e) && data_dir_open(&d, w->data_dir, e) && evaluate(w, k, &d, ret, e);
    data_dir_close(&d);
    keeper_close(k);
    return ok;
}

int role_worker(int argc, char **argv)
{
    struct err e = {0};
    struct work w;
    if (!read_arguments(argc, argv, &w))
        return 2;
    struct arena *a = arena_new("worker", WORKER_ARENA_BYTES_MAX);
    struct results results;
    results_init(&results, a);
    struct buf answer;
    buf_init(&answer, LIMIT_MESSAGE_BYTES);
    bool ok = work_jailed(&w, &results, &e);
    if (ok)
        results_encode(&results, &answer);
    if (ok && answer.full)
        ok = err_set(&e, ERR_TOO_LARGE, "the results are larger than %d bytes", LIMIT_MESSAGE_BYTES);
    struct str body = ok ? buf_view(&answer) : str_of(e.text);
    struct err unsent = {0};
    bool is_sent = ipc_send(ROLE_FIRST_FD, ok ? WORKER_RESULTS : WORKER_FAILED, &body, 1, ANSWER_TIME_MAX_MS, &unsent);
    buf_release(&answer);
    arena_free(a);
    return is_sent ? 0 : 3;
}
