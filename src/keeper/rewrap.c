/*
 * rewrap.c - another master key: every key of the keyring is wrapped anew under it, and the old master key is destroyed.
 *
 *   1. somebody makes private/keys/master.next and asks (operation `keyring`): a leaf names the new key by its check value
 *   2. keyring/keys.rewrap gets every key anew, a piece between two batches; when it is whole it takes the place of keyring/keys
 *   3. keys/master becomes keys/master.old, keys/master.next becomes keys/master, keys/check is written, master.old is
 * overwritten and removed
 *   4. a second leaf says so
 *
 * Up to the rename in 2 the old master key opens everything, from there on the new one, and until 3 is through both are there. A
 * keeper that finds the first leaf without the second goes on: with 2 from its beginning, or with 3 where it ended.
 */
#include "keeper/kinds.h"
#include "keeper/process.h"
#include "ledger/verify.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { KEYS_AT_ONCE = 4096, ID_DIGITS = KEY_CHECK_SIZE - 1 };

/* ---- the kind ---- */

static bool id_is_valid(struct str id)
{
    uint8_t bytes[ID_DIGITS / 2];
    return id.size == ID_DIGITS && hex_decode(id, bytes, sizeof(bytes));
}

static struct leaf_draft keyring_draft(struct arena *a, const char *act, struct str id, struct json **ret_statement)
{
    struct json *body = json_object(a), *o;
    json_put_cstr(body, "type", "keyring");
    o = json_put_object(body, "keyring");
    json_put_cstr(o, "act", act);
    json_put_str(o, "id", id);
    *ret_statement = o;
    return (struct leaf_draft){.type = "record", .stream = STR("keyring"), .body = body, .signatures = STR("")};
}

static bool keyring_make(struct db *projection, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e)
{
    struct str id = json_text(op->body, "id"), open_id = {0};
    struct err failed = {0};
    bool is_known = false;
    if (!id_is_valid(id))
        return err_set(e, ERR_INVALID, "keyring: the new master key is named by %d hex digits", ID_DIGITS);
    DB_EACH (row, projection, &failed, "select id, done_leaf is null from keyring_key order by leaf") {
        is_known = is_known || str_equal(db_text(row, 0), id);
        if (db_int(row, 1))
            open_id = arena_str(a, db_text(row, 0));
    }
    if (failed.code)
        return (*e = failed, false);
    if (open_id.size && str_equal(open_id, id)) {
        *ret = (struct leaf_drafts){0}; /* under way */
        return true;
    }
    if (open_id.size)
        return err_set(e, ERR_CONFLICT, "keyring: the keys are being wrapped under master key %.*s", STR_ARGS(open_id));
    if (is_known)
        return err_set(e, ERR_EXISTS, "keyring: master key %.*s was used before", STR_ARGS(id));
    struct leaf_draft *draft = ARENA_NEW(a, struct leaf_draft);
    struct json *ignored;
    *draft = keyring_draft(a, "rewrap", arena_str(a, id), &ignored);
    *ret = (struct leaf_drafts){.items = draft, .count = 1};
    return true;
}

static bool keyring_apply(struct db *projection, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs,
                          struct err *e)
{
    const struct json *o = json_get(leaf->json, "keyring");
    (void)a, (void)blobs;
    if (str_is(json_text(o, "act"), "rewrap"))
        return db_run(projection, e, "insert into keyring_key(leaf, id, t) values (?1, ?2, ?3)", A((int64_t)leaf->index),
                      A(json_text(o, "id")), A(leaf->t));
    return db_run(projection, e, "update keyring_key set done_leaf=?2, done_t=?3, keys=?4 where leaf=?1",
                  A(json_int(o, "of", -1)), A((int64_t)leaf->index), A(leaf->t), A(json_int(o, "keys", 0)));
}

const struct op_kind kind_keyring = {.kind = "keyring", .leaf_type = "record", .make = keyring_make, .apply = keyring_apply};

/* ---- what it sets off ---- */

static void give_up(struct keeper *k, const struct err *why)
{
    k->rewrap.is_on = false;
    snprintf(k->rewrap.error, sizeof(k->rewrap.error), "%.*s", (int)sizeof(k->rewrap.error) - 1, why->text);
}

static bool record_done(struct keeper *k, struct err *e)
{
    struct arena *a = arena_new("rewrap", 1 << 20);
    struct op op = {.kind = "keyring", .actor = STR("system:keeper"), .body = json_object(a)};
    struct json *o;
    struct leaf_draft draft = keyring_draft(a, "rewrapped", str_of(k->rewrap.id), &o);
    op_id_of(arena_printf(a, "rewrapped %s %lld", k->dir.origin, (long long)k->rewrap.leaf), op.id);
    json_put_int(o, "of", k->rewrap.leaf);
    json_put_int(o, "keys", (int64_t)keyring_count(k->keys));
    bool ok = batch_own(k, &op, &draft, e);
    arena_free(a);
    return ok;
}

/* `master` alone in keys/check; the lines of other keys stay. */
static bool check_write(struct keeper *k, int keys, struct err *e)
{
    struct buf BUF_AUTO old, text;
    struct err absent = {0};
    struct str line;
    buf_init(&old, 1 << 16);
    buf_init(&text, 1 << 16);
    if (!os_file_read(&os_file_real, keys, KEY_CHECK_FILE, &old, &absent) && absent.code != ERR_NOT_FOUND)
        return (*e = absent, false);
    buf_printf(&text, "master %s\n", k->rewrap.id);
    for (struct str rest = buf_view(&old); str_next_line(&rest, &line);)
        if (!str_starts(line, "master "))
            buf_printf(&text, "%.*s\n", STR_ARGS(line));
    return os_file_replace(k->o->calls, keys, KEY_CHECK_FILE, buf_view(&text), 0600, e);
}

static bool old_destroy(struct keeper *k, int keys, struct err *e)
{
    static const uint8_t zeros[128];
    const struct os_file_calls *c = k->o->calls;
    int fd = c->openat(c->context, keys, "master.old", O_WRONLY | O_NOFOLLOW, 0);
    if (fd < 0)
        return errno == ENOENT || err_errno(e, errno, "private/keys/master.old");
    bool ok = c->pwrite(c->context, fd, zeros, sizeof(zeros), 0) == (ssize_t)sizeof(zeros) && c->fdatasync(c->context, fd) == 0 &&
              c->unlinkat(c->context, keys, "master.old", 0) == 0 && c->fsync(c->context, keys) == 0;
    if (!ok)
        err_errno(e, errno ? errno : EIO, "destroy private/keys/master.old");
    c->close(c->context, fd);
    return ok;
}

/* Step 3; each part of it may have been done before. */
static bool files_switch(struct keeper *k, bool has_next, struct err *e)
{
    const struct os_file_calls *c = k->o->calls;
    int keys = openat(k->private_fd, "keys", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    bool ok = keys >= 0;
    if (ok && has_next)
        ok = (c->linkat(c->context, keys, "master", "master.old") == 0 || errno == EEXIST) && c->fsync(c->context, keys) == 0 &&
             c->renameat(c->context, keys, "master.next", "master") == 0 && c->fsync(c->context, keys) == 0;
    if (!ok)
        err_errno(e, errno, "put private/keys/master in its place");
    ok = ok && check_write(k, keys, e) && old_destroy(k, keys, e);
    if (keys >= 0)
        close(keys);
    return ok;
}

/* Steps 3 and 4. A failure in 3 is for the next start; one in 4 is final. */
static bool rewrap_end(struct keeper *k, bool has_next, struct err *e)
{
    struct err failed = {0};
    k->rewrap.is_on = false;
    if (!files_switch(k, has_next, &failed)) {
        give_up(k, &failed);
        return true;
    }
    memory_wipe(k->rewrap.next, sizeof(k->rewrap.next));
    return record_done(k, e);
}

/* Is the key in that file the one that the leaf names? */
static bool is_named(const struct keeper *k, const char *file, uint8_t ret[32], struct err *e)
{
    char value[KEY_CHECK_SIZE];
    if (!keys_load_secret(k->dir.fd, file, ret, e))
        return false;
    key_check_value("master", ret, value);
    return strcmp(value, k->rewrap.id) == 0 ||
           err_set(e, ERR_CONFLICT, "private/keys/%s is not the key that leaf %lld names", file, (long long)k->rewrap.leaf);
}

bool keeper_rewrap_resume(struct keeper *k, struct err *e)
{
    struct err failed = {0}, other = {0};
    uint8_t now[32];
    k->has_rewrap = false;
    if (k->rewrap.is_on)
        return true;
    k->rewrap.leaf = -1;
    DB_EACH (row, k->projection.db, &failed, "select leaf, id from keyring_key where done_leaf is null order by leaf limit 1") {
        k->rewrap.leaf = db_int(row, 0);
        snprintf(k->rewrap.id, sizeof(k->rewrap.id), "%.*s", STR_ARGS(db_text(row, 1)));
    }
    if (failed.code)
        return (*e = failed, false);
    k->rewrap.error[0] = 0;
    if (k->rewrap.leaf < 0)
        return true;
    bool is_switched = is_named(k, "master", now, &other);
    memory_wipe(now, sizeof(now));
    if (is_switched)
        return rewrap_end(k, false, e);
    k->rewrap.is_on = is_named(k, "master.next", k->rewrap.next, &failed);
    if (!k->rewrap.is_on)
        give_up(k, &failed);
    return true;
}

bool keeper_rewrap_step(struct keeper *k, struct err *e)
{
    struct err failed = {0};
    bool is_done = false;
    if (!k->rewrap.is_on)
        return true;
    if (!keyring_rewrap(k->keys, k->o->env, k->rewrap.next, KEYS_AT_ONCE, &k->rewrap.done, &k->rewrap.all, &is_done, &failed)) {
        give_up(k, &failed); /* the keyring is as it was; the next start tries again */
        return true;
    }
    return !is_done || rewrap_end(k, true, e);
}
