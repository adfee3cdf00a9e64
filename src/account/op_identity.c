/* identity.set: where else people may sign in, and reading it (source.h has the leaf's form). */
#include "account/internal.h"
#include "account/source.h"
#include "blob/blob.h"

/* ---- making the operation ---- */

static void op_begin(const struct env *env, struct arena *a, struct str id, const char *act, struct str actor, const char *step, struct op *ret)
{
    *ret = (struct op){.kind = "identity.set", .actor = actor, .body = json_object(a)};
    op_id_new(env, ret->id);
    json_put_str(ret->body, "id", id);
    json_put_cstr(ret->body, "act", act);
    if (*step)
        json_put_cstr(ret->body, "step", step);
}

bool identity_set_op(const struct env *env, struct arena *a, struct str id, struct json *settings, struct str secret, struct str actor,
                     const char *step, struct op *ret, struct err *e)
{
    if (secret.size > SOURCE_SECRET_MAX)
        return err_set(e, ERR_INVALID, "secret: at most %d bytes", SOURCE_SECRET_MAX);
    if (!identity_source_check(id, settings, e))
        return false;
    op_begin(env, a, id, "set", actor, step, ret);
    json_put(ret->body, "c", settings);
    return !secret.size || op_blob_seal(env, a, ret, "text/plain", secret, e);
}

void identity_remove_op(const struct env *env, struct arena *a, struct str id, struct str actor, const char *step, struct op *ret)
{
    op_begin(env, a, id, "remove", actor, step, ret);
}

/* ---- what the keeper does with it ---- */

/* Who sets a source lets people in as what it says, and may take over accounts that come from it: that takes both permissions, and every
 * role that it gives. */
static bool may_set(struct db *db, struct arena *a, const struct op *op, struct err *e)
{
    uint32_t own;
    if (!actor_must(db, op, PERMISSION_SETTINGS, &own, e) || !actor_must(db, op, PERMISSION_USERS, &own, e))
        return false;
    struct json *roles = identity_roles_named(a, json_get(op->body, "c"));
    return roles->count == 0 || roles_may_be_given(db, roles, own, 0, e);
}

static bool identity_make(struct db *db, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e)
{
    struct str id = json_text(op->body, "id"), act = json_text(op->body, "act");
    const struct json *settings = json_get(op->body, "c");
    bool is_set = str_is(act, "set");
    struct err inner = {0};
    int64_t count = db_one_int(db, &inner, 0, "select count(*) from identity_source");
    int64_t is_there = db_one_int(db, &inner, 0, "select count(*) from identity_source where id = ?1", A(id));
    if (inner.code)
        return (*e = inner, false);
    if (!is_set && !str_is(act, "remove"))
        return err_set(e, ERR_INVALID, "identity.set: act is set or remove");
    if (!may_set(db, a, op, e) || (is_set && !identity_source_check(id, settings, e)))
        return false;
    if (!is_set && !is_there)
        return err_set(e, ERR_NOT_FOUND, "sign-in source %.*s: there is none (assay sign-in list)", STR_ARGS(str_slice(id, 0, 60)));
    if (is_set && !is_there && count >= SOURCES_MAX)
        return err_set(e, ERR_LIMIT, "sign-in sources: at most %d", SOURCES_MAX);
    if (op->blob_count > 1 || (op->blob_count && (!is_set || op->blobs[0].plain_size > SOURCE_SECRET_MAX)))
        return err_set(e, ERR_INVALID, "identity.set: one secret of at most %d bytes, with set", SOURCE_SECRET_MAX);
    struct leaf_draft *draft = draft_new(a, op, "identity");
    json_put_str(draft->body, "id", id);
    json_put_str(draft->body, "act", act);
    struct json *kept = is_set ? json_put_object(draft->body, "c") : NULL;
    JSON_EACH (setting, is_set ? settings : NULL)
        if (setting->text.size)
            json_put_str(kept, arena_str(a, setting->key).data, setting->text);
    draft->blob_count = op->blob_count;
    *ret = (struct leaf_drafts){draft, 1};
    return true;
}

static bool identity_apply(struct db *db, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs, struct err *e)
{
    struct str id = json_text(leaf->json, "id");
    const struct json *secret = json_at(json_get(leaf->json, "b"), 0), *settings = json_get(leaf->json, "c");
    struct buf BUF_AUTO b = {0};
    (void)a, (void)blobs;
    if (!actor_note(db, leaf, e))
        return false;
    if (str_is(json_text(leaf->json, "act"), "remove"))
        return db_run(db, e, "delete from identity_source where id = ?1", A(id));
    buf_init(&b, 1 << 20);
    if (!settings || !json_write_canonical(&b, settings, e))
        return err_set(e, ERR_CORRUPT, "leaf %llu: a sign-in source without settings", (unsigned long long)leaf->index);
    if (!db_run(db, e,
                "insert into identity_source(id, leaf, t, settings) values(?1, ?2, ?3, ?4)"
                " on conflict(id) do update set leaf = ?2, t = ?3, settings = ?4",
                A(id), A((int64_t)leaf->index), A(leaf->t), A(buf_view(&b))))
        return false;
    return !secret || db_run(db, e, "update identity_source set secret_leaf = ?2, secret_c = ?3, secret_x = ?4 where id = ?1", A(id), A((int64_t)leaf->index),
                             A(json_text(secret, "c")), A(json_text(secret, "x")));
}

const struct op_kind op_identity_set = {.kind = "identity.set", .leaf_type = "record", .make = identity_make, .apply = identity_apply};

/* ---- reading ---- */

bool identity_sources_load(struct db *db, struct arena *a, struct identity_source ret[SOURCES_MAX], size_t *ret_count, struct err *e)
{
    *ret_count = 0;
    DB_EACH (row, db, e, "select id, settings, secret_leaf, secret_c, secret_x from identity_source order by id") {
        if (*ret_count == SOURCES_MAX)
            break;
        struct identity_source *s = &ret[(*ret_count)++];
        *s = (struct identity_source){.id = arena_str(a, db_text(row, 0)), .leaf = db_int(row, 2), .has_secret = !db_is_null(row, 3),
                                      .c = arena_str(a, db_text(row, 3)), .x = arena_str(a, db_text(row, 4))};
        s->settings = json_parse(a, arena_str(a, db_text(row, 1)), JSON_LIMITS_DEFAULT, e);
        if (!s->settings)
            return false;
        s->kind = json_text(s->settings, "kind");
        struct str label = json_text(s->settings, "label");
        s->label = label.size ? label : s->id;
    }
    return e->code == ERR_NONE;
}

bool identity_source_get(struct db *db, struct arena *a, struct str id, struct identity_source *ret, struct err *e)
{
    struct identity_source all[SOURCES_MAX];
    size_t count;
    if (!identity_sources_load(db, a, all, &count, e))
        return false;
    for (size_t i = 0; i < count; i++)
        if (str_equal(all[i].id, id))
            return *ret = all[i], true;
    return err_set(e, ERR_NOT_FOUND, "sign-in source %.*s: there is none", STR_ARGS(str_slice(id, 0, 60)));
}

struct str site_base(struct db *db, struct arena *a, struct err *e)
{
    struct str text = db_one_text(a, db, e, "select settings ->> 'base' from identity_source where id = 'site'");
    return text.data ? text : STR("");
}
