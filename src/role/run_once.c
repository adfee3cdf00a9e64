/* run_once.c - see run_once.h. */
#include "role/run_once.h"
#include "collect/captures.h"

static bool assess_captures(struct keeper_client *k, struct db *projection, const struct data_dir *d, struct arena *a, struct run_once *r,
                            struct err *e)
{
    const struct blob_opener *blobs = blob_opener_direct(a, d->path, e);
    struct captures_options options = {.subject = str_of(r->collected.subject), .run_leaf = r->collected.run_leaf,
                                       .now_ms = r->collected.taken_at_ms};
    struct captures *captures = blobs ? captures_open(projection, blobs, &options, e) : NULL;
    if (!captures)
        return false;
    struct assess_run run = {.subject = str_of(r->collected.subject), .run_leaf = r->collected.run_leaf, .taken_at_ms = r->collected.taken_at_ms};
    run.captures = captures;
    bool ok = assess_after_run(k, projection, r->collect->env, a, &run, &r->assessed, e);
    captures_close(captures);
    return ok;
}

bool run_once(struct keeper_client *k, const struct data_dir *d, struct arena *a, struct run_once *r, struct err *e)
{
    struct db *projection = data_dir_projection(d, e);
    bool ok = projection && collect_run(k, projection, d, a, r->collect, &r->collected, e) && assess_captures(k, projection, d, a, r, e);
    db_close(projection);
    return ok;
}
