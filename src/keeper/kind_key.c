/* kind_key.c - keys are registered in the ledger, so that a verifier knows which key counted from which leaf on. */
#include "keeper/kinds.h"
#include <stdio.h>

enum { KEY_TEXT_BYTES_MAX = 4096 };

/* What the root key signs. */
static bool key_statement(struct str origin, const struct json *key, struct buf *out, struct err *e)
{
    buf_printf(out, "assay/key@v1\n%.*s\n", STR_ARGS(origin));
    if (!json_write_canonical(out, key, e))
        return false;
    buf_char(out, '\n');
    return !out->full || err_set(e, ERR_TOO_LARGE, "key: the statement is over %d bytes", KEY_TEXT_BYTES_MAX);
}

/* The root key in force: the registered one, or, as the very first key, the one that is being registered. */
static bool root_in_force(struct db *projection, struct arena *a, struct str role, struct str vkey, struct note_key *ret,
                          struct err *e)
{
    struct err failed = {0};
    struct str root =
        db_one_text(a, projection, &failed, "select vkey from ledger_key where role='root' and retired_leaf is null");
    if (failed.code)
        return (*e = failed, false);
    if (!root.data && !str_is(role, "root"))
        return err_set(e, ERR_INVALID, "key: the root key has to be registered first");
    return note_key_parse(root.data ? root : vkey, ret, e);
}

static bool is_role(struct str role)
{
    static const char *const ROLES[] = {"root", "log", "collector", "officer", "witness", "mirror", "auditor"};
    for (size_t i = 0; i < sizeof(ROLES) / sizeof(ROLES[0]); i++)
        if (str_is(role, ROLES[i]))
            return true;
    return false;
}

static bool key_make(struct db *projection, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e)
{
    const struct json *key = json_get(op->body, "key");
    struct str act = json_text(key, "act"), role = json_text(key, "role"), vkey = json_text(key, "vkey"),
               signatures = json_text(op->body, "sig");
    struct note_key parsed, root;
    struct err failed = {0};
    if (!str_is(act, "add") || !is_role(role) || key->count != 3)
        return err_set(e, ERR_INVALID, "key: wants act \"add\", a role that there is, and vkey");
    if (!note_key_parse(vkey, &parsed, e) || !root_in_force(projection, a, role, vkey, &root, e))
        return err_wrap(e, "key");
    if (db_one_int(projection, &failed, 0, "select count(*) from ledger_key where vkey=?1", A(vkey)) > 0)
        return err_set(e, ERR_EXISTS, "key: %s is registered already", parsed.name);
    struct str origin = db_one_text(a, projection, &failed, "select value from meta where key='origin'");
    if (failed.code)
        return (*e = failed, false);
    struct buf BUF_AUTO text;
    buf_init(&text, KEY_TEXT_BYTES_MAX);
    if (!key_statement(origin, key, &text, e) || !note_verify(buf_view(&text), signatures, &root, e))
        return err_wrap(e, "key: the root key's signature");
    struct json *body = json_object(a);
    struct json *copy = json_put_object(body, "key");
    json_put_str(copy, "act", act);
    json_put_str(copy, "role", role);
    json_put_str(copy, "vkey", vkey);
    struct leaf_draft *draft = ARENA_NEW(a, struct leaf_draft);
    *draft = (struct leaf_draft){.type = "key", .stream = STR("key"), .body = body, .signatures = signatures};
    *ret = (struct leaf_drafts){.items = draft, .count = 1};
    return true;
}

static bool key_apply(struct db *projection, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs,
                      struct err *e)
{
    (void)blobs, (void)a;
    const struct json *key = json_get(leaf->json, "key");
    struct str name = json_text(key, "vkey"), head;
    str_cut(&name, '+', &head);
    return db_run(projection, e, "insert into ledger_key(leaf, role, name, vkey, t) values (?1, ?2, ?3, ?4, ?5)",
                  A((int64_t)leaf->index), A(json_text(key, "role")), A(head), A(json_text(key, "vkey")), A(leaf->t));
}

const struct op_kind kind_key = {.kind = "key", .leaf_type = "key", .make = key_make, .apply = key_apply};

static bool register_one(struct keeper_client *k, const struct data_dir *d, const char *role, struct err *e)
{
    struct note_key key, root;
    struct ed25519_private private_key, root_private;
    if (!keys_load_signing(d->fd, role, &key, &private_key, e) || !keys_load_signing(d->fd, "root", &root, &root_private, e))
        return false;
    struct arena *a = arena_new("key", 1 << 20);
    struct buf BUF_AUTO vkey, text, lines;
    buf_init(&vkey, KEY_TEXT_BYTES_MAX);
    buf_init(&text, KEY_TEXT_BYTES_MAX);
    buf_init(&lines, KEY_TEXT_BYTES_MAX);
    note_key_format(&key, &vkey);
    struct json *body = json_object(a), *statement = json_put_object(body, "key"), *answer;
    json_put_cstr(statement, "act", "add");
    json_put_cstr(statement, "role", role);
    json_put_str(statement, "vkey", str_trim(buf_view(&vkey)));
    bool ok = key_statement(str_of(d->origin), statement, &text, e);
    if (ok) {
        note_sign_line(&root, &root_private, buf_view(&text), &lines);
        json_put_str(body, "sig", buf_view(&lines));
        struct op op = {.kind = "key", .actor = STR("local:init"), .body = body};
        op_id_of(buf_view(&vkey), op.id);
        ok = keeper_submit(k, a, &op, &answer, e);
    }
    memory_wipe(&private_key, sizeof(private_key));
    memory_wipe(&root_private, sizeof(root_private));
    arena_free(a);
    return ok ? true : err_wrap(e, "register the %s key", role);
}

bool keeper_register_keys(struct keeper_client *k, const struct data_dir *d, struct err *e)
{
    return register_one(k, d, "root", e) && register_one(k, d, "log", e) && register_one(k, d, "collector", e) &&
           register_one(k, d, "officer", e);
}

bool keeper_officer_ensure(struct keeper_client *k, const struct data_dir *d, const struct env *env, struct err *e)
{
    return data_dir_officer_make(d, env, e) && register_one(k, d, "officer", e);
}
