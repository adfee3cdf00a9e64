/* kind_key.c - keys are registered in the ledger, so that a verifier knows which key counted for what (ledger/keys.h). */
#include "keeper/data_dir.h"
#include "keeper/kinds.h"
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { KEY_TEXT_BYTES_MAX = 64 << 10, KEY_CHANGES_MAX = 16 };

bool keys_of_projection(struct db *projection, struct arena *a, struct ledger_keys **ret, struct err *e)
{
    struct ledger_keys *k = ARENA_NEW(a, struct ledger_keys);
    struct err failed = {0};
    DB_EACH (row, projection, &failed,
             "select leaf, role, vkey, retired_leaf, trust, outgoing_leaf from ledger_key order by leaf limit ?1",
             A(LEDGER_KEYS_MAX)) {
        struct ledger_key *key = &k->items[k->count];
        struct str role = db_text(row, 1);
        if (!note_key_parse(db_text(row, 2), &key->key, e) || role.size >= sizeof(key->role))
            return err_set(e, ERR_CORRUPT, "ledger_key: a row that does not read");
        memcpy(key->role, role.data, role.size);
        key->from = (uint64_t)db_int(row, 0);
        key->until = db_is_null(row, 3) ? UINT64_MAX : (uint64_t)db_int(row, 3);
        key->trust = db_is_null(row, 4) ? UINT64_MAX : (uint64_t)db_int(row, 4);
        key->end = key->trust != UINT64_MAX ? KEY_REVOKED : key->until != UINT64_MAX ? KEY_RETIRED : KEY_IN_FORCE;
        key->successor = LEDGER_KEY_NONE;
        for (size_t i = 0; i < k->count && !db_is_null(row, 5); i++)
            if (k->items[i].from == (uint64_t)db_int(row, 5))
                key->successor = (int32_t)i;
        k->count++;
    }
    int64_t need =
        failed.code ? 0 : db_one_int(projection, &failed, k->count > 0, "select need from key_quorum order by leaf desc limit 1");
    k->need = (uint32_t)need;
    *ret = k;
    return failed.code ? (*e = failed, false) : true;
}

bool keys_signing_now(struct db *projection, struct signer_keys *ret, struct err *e)
{
    struct err failed = {0};
    ret->count = 0;
    DB_EACH (row, projection, &failed, "select vkey from ledger_key where role='log' and retired_leaf is null order by leaf") {
        struct note_key key;
        if (!note_key_parse(db_text(row, 0), &key, e))
            return err_wrap(e, "ledger_key");
        if (ret->count < SIGNER_KEYS_MAX)
            ret->ids[ret->count++] = key.id;
    }
    return failed.code ? (*e = failed, false) : true;
}

/* Without a log key nothing could be signed any more. What the verifier takes is wider: another ledger may have ended so. */
static bool has_log_key_left(const struct ledger_keys *k, struct err *e)
{
    bool has_had = false;
    for (size_t i = 0; i < k->count; i++) {
        if (strcmp(k->items[i].role, "log") != 0)
            continue;
        if (k->items[i].end == KEY_IN_FORCE)
            return true;
        has_had = true;
    }
    return !has_had || err_set(e, ERR_CONFLICT, "key: the last log key cannot go; make another one first: assay key rotate log");
}

static bool key_draft(struct ledger_keys *keys, struct arena *a, const char *origin, uint64_t index, const struct json *entry,
                      struct leaf_draft *ret, struct err *e)
{
    const struct json *key = json_get(entry, "key");
    struct str signatures = json_text(entry, "sig");
    if (!ledger_keys_apply(keys, origin, index, key, signatures, e))
        return false;
    struct json *body = json_object(a), *copy = json_put_object(body, "key");
    static const char *const texts[] = {"act", "role", "vkey"}, *const numbers[] = {"trust", "need"};
    for (size_t i = 0; i < 3; i++)
        if (json_get(key, texts[i]))
            json_put_str(copy, texts[i], json_text(key, texts[i]));
    for (size_t i = 0; i < 2; i++)
        if (json_get(key, numbers[i]))
            json_put_int(copy, numbers[i], json_int(key, numbers[i], 0));
    *ret = (struct leaf_draft){.type = "key", .stream = STR("key"), .body = body, .signatures = signatures};
    return true;
}

static bool key_make(struct db *projection, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e)
{
    const struct json *list = json_get(op->body, "list");
    struct err failed = {0};
    struct ledger_keys *keys;
    struct str origin = db_one_text(a, projection, &failed, "select value from meta where key='origin'");
    int64_t next = db_one_int(projection, &failed, 0, "select cast(value as integer) from meta where key='next'");
    size_t count = list ? list->count : 1, n = 0;
    if (failed.code)
        return (*e = failed, false);
    if (list && (list->type != JSON_ARRAY || count == 0 || count > KEY_CHANGES_MAX))
        return err_set(e, ERR_INVALID, "key: wants a list of 1 to %d changes", KEY_CHANGES_MAX);
    if (!keys_of_projection(projection, a, &keys, e))
        return false;
    struct leaf_draft *drafts = arena_array(a, count, sizeof(*drafts));
    const char *name = arena_str(a, origin).data;
    if (!list && !key_draft(keys, a, name, (uint64_t)next, op->body, &drafts[n++], e))
        return false;
    if (list)
        JSON_EACH (entry, list) {
            if (!key_draft(keys, a, name, (uint64_t)next + n, entry, &drafts[n], e))
                return false;
            n++;
        }
    *ret = (struct leaf_drafts){.items = drafts, .count = n};
    return has_log_key_left(keys, e);
}

static bool key_apply(struct db *projection, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs,
                      struct err *e)
{
    (void)blobs, (void)a;
    const struct json *key = json_get(leaf->json, "key");
    struct str act = json_text(key, "act"), role = json_text(key, "role"), vkey = json_text(key, "vkey"), rest = vkey, name;
    int64_t index = (int64_t)leaf->index;
    str_cut(&rest, '+', &name);
    if (str_is(act, "retire") || str_is(act, "revoke"))
        return db_run(projection, e, "update ledger_key set retired_leaf=coalesce(retired_leaf, ?2), trust=?3 where vkey=?1",
                      A(vkey), A(index), str_is(act, "revoke") ? db_arg_int(json_int(key, "trust", 0)) : DB_NULL);
    if (str_is(act, "quorum"))
        return db_run(projection, e, "insert into key_quorum(leaf, need) values (?1, ?2)", A(index), A(json_int(key, "need", 0)));
    return db_run(projection, e,
                  "insert into ledger_key(leaf, role, name, vkey, t, outgoing_leaf) values (?1, ?2, ?3, ?4, ?5, "
                  "(select max(leaf) from ledger_key where role=?2 and name=?3 and retired_leaf is null and role not in "
                  "('witness', 'mirror')))",
                  A(index), A(role), A(name), A(vkey), A(leaf->t));
}

const struct op_kind kind_key = {.kind = "key", .leaf_type = "key", .make = key_make, .apply = key_apply};

/* {"key":…,"sig":…} into `entry`; the statement's text behind `all`. */
static bool change_put(const struct data_dir *d, struct arena *a, const struct key_change *change, const struct key_pair *signers,
                       size_t signer_count, struct json *entry, struct buf *all, struct err *e)
{
    struct buf BUF_AUTO vkey, text, lines;
    buf_init(&vkey, KEY_TEXT_BYTES_MAX);
    buf_init(&text, KEY_TEXT_BYTES_MAX);
    buf_init(&lines, KEY_TEXT_BYTES_MAX);
    struct json *statement = json_put_object(entry, "key");
    json_put_cstr(statement, "act", change->act);
    json_put_cstr(statement, "role", change->role);
    if (change->key) {
        note_key_format(change->key, &vkey);
        json_put_str(statement, "vkey", arena_str(a, buf_view(&vkey)));
    }
    if (strcmp(change->act, "revoke") == 0)
        json_put_int(statement, "trust", change->number);
    else if (strcmp(change->act, "quorum") == 0)
        json_put_int(statement, "need", change->number);
    if (!key_statement_text(d->origin, statement, &text, e))
        return false;
    for (size_t i = 0; i < signer_count; i++)
        note_sign_line(&signers[i].key, &signers[i].private_key, buf_view(&text), &lines);
    json_put_str(entry, "sig", arena_str(a, buf_view(&lines)));
    buf_str(all, buf_view(&text));
    return true;
}

bool key_submit(struct keeper_client *k, const struct data_dir *d, const struct key_change *changes, size_t count,
                const struct key_pair *signers, size_t signer_count, int64_t *ret_leaf, struct err *e)
{
    struct arena *a = arena_new("key", 1 << 20);
    struct buf BUF_AUTO text;
    buf_init(&text, KEY_TEXT_BYTES_MAX);
    struct json *body = json_object(a), *list = count > 1 ? json_put_array(body, "list") : NULL, *answer;
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++)
        ok = change_put(d, a, &changes[i], signers, signer_count, list ? json_push_object(list) : body, &text, e);
    struct op op = {.kind = "key", .actor = str_of(changes[0].actor), .body = body};
    op_id_of(buf_view(&text), op.id); /* the same changes again are the same operation */
    ok = ok && keeper_submit(k, a, &op, &answer, e);
    if (ok && ret_leaf)
        *ret_leaf = json_int(answer, "leaf", -1);
    arena_free(a);
    return ok;
}

static bool register_one(struct keeper_client *k, const struct data_dir *d, const char *role, struct err *e)
{
    struct key_pair root, own;
    struct key_change change = {.act = "add", .role = role, .key = &own.key, .actor = "local:init"};
    bool ok = keys_load_signing(d->fd, role, &own.key, &own.private_key, e) &&
              keys_load_signing(d->fd, "root", &root.key, &root.private_key, e) &&
              key_submit(k, d, &change, 1, &root, 1, NULL, e);
    memory_wipe(&root.private_key, sizeof(root.private_key));
    memory_wipe(&own.private_key, sizeof(own.private_key));
    return ok ? true : err_wrap(e, "register the %s key", role);
}

bool keeper_register_keys(struct keeper_client *k, const struct data_dir *d, struct err *e)
{
    return register_one(k, d, "root", e) && register_one(k, d, "log", e) && register_one(k, d, "collector", e) &&
           register_one(k, d, "officer", e);
}

bool keeper_officer_ensure(struct keeper_client *k, const struct data_dir *d, const struct env *env, struct err *e)
{
    struct err failed = {0};
    if (!keeper_flush(k, e)) /* so that the projection holds what was registered */
        return false;
    struct db *db = data_dir_projection(d, e);
    if (!db)
        return false;
    int64_t known = db_one_int(db, &failed, 0, "select count(*) from ledger_key where role = 'officer' and retired_leaf is null");
    db_close(db);
    if (failed.code)
        return (*e = failed, false);
    if (known == 0)
        return data_dir_officer_make(d, env, e) && register_one(k, d, "officer", e);
    return faccessat(d->fd, "private/keys/officer", F_OK, 0) == 0 || /* never another in its place: that needs `assay key` */
           err_set(e, ERR_UNAVAILABLE, "the officer key that the ledger registers is not here: private/keys/officer is missing");
}
