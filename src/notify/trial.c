/* A message that says that a channel works: asked for by a leaf, sent by whoever sends digests, and what came of it is a leaf again. */
#include "notify/channel.h"

static bool trial_draft(struct arena *a, const struct op *op, struct json *body, struct leaf_drafts *ret, struct err *e)
{
    struct leaf_draft *draft = ARENA_NEW(a, struct leaf_draft);
    if (op->blob_count)
        return err_set(e, ERR_INVALID, "notify.trial: takes no blobs");
    *draft = (struct leaf_draft){.type = "record", .stream = STR("notify"), .body = body};
    *ret = (struct leaf_drafts){draft, 1};
    return true;
}

static bool trial_make(struct db *projection, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e)
{
    struct err inner = {0};
    struct str channel = json_text(op->body, "id");
    int64_t is_there = db_one_int(projection, &inner, 0, "select count(*) from notify_channel where id = ?1", A(channel));
    int64_t waiting = db_one_int(projection, &inner, 0, "select count(*) from notify_trial where channel = ?1 and outcome is null", A(channel));
    if (inner.code)
        return *e = inner, false;
    if (!is_there)
        return err_set(e, ERR_NOT_FOUND, "notify %.*s: there is no such channel (assay notify list)", STR_ARGS(str_slice(channel, 0, 60)));
    if (waiting)
        return err_set(e, ERR_EXISTS, "notify %.*s: a test waits to be sent already", STR_ARGS(channel));
    struct json *body = json_object(a);
    json_put_cstr(body, "type", "notify_trial");
    json_put_str(body, "id", channel);
    json_put_str(body, "by", op->actor);
    return trial_draft(a, op, body, ret, e);
}

static bool trial_apply(struct db *projection, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs, struct err *e)
{
    (void)a, (void)blobs;
    return db_run(projection, e, "insert into notify_trial(leaf, channel, actor, t) values(?1, ?2, ?3, ?4)", A((int64_t)leaf->index), A(json_text(leaf->json, "id")),
                  A(json_text(leaf->json, "by")), A(leaf->t));
}

static bool tried_make(struct db *projection, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e)
{
    struct str out = json_text(op->body, "out");
    int64_t of = json_int(op->body, "of", -1);
    struct err inner = {0};
    struct str channel = db_one_text(a, projection, &inner, "select channel from notify_trial where leaf = ?1 and outcome is null", A(of));
    if (inner.code)
        return *e = inner, false;
    if (!channel.data || out.size == 0 || out.size > 20)
        return err_set(e, ERR_INVALID, "notify.tried: needs of (a test that waits) and out");
    struct json *body = json_object(a);
    json_put_cstr(body, "type", "notify_tried");
    json_put_int(body, "of", of);
    json_put_str(body, "id", channel);
    json_put_str(body, "out", out);
    return trial_draft(a, op, body, ret, e);
}

static bool tried_apply(struct db *projection, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs, struct err *e)
{
    (void)a, (void)blobs;
    return db_run(projection, e, "update notify_trial set outcome = ?2, done_leaf = ?3, done_t = ?4 where leaf = ?1", A(json_int(leaf->json, "of", -1)), A(json_text(leaf->json, "out")),
                  A((int64_t)leaf->index), A(leaf->t));
}

const struct op_kind op_notify_trial = {.kind = "notify.trial", .leaf_type = "record", .make = trial_make, .apply = trial_apply};
const struct op_kind op_notify_tried = {.kind = "notify.tried", .leaf_type = "record", .make = tried_make, .apply = tried_apply};
