/* token.add and token.revoke: what programs sign in with.
 *
 *   token.add    {"type":"token","act":"add","id","acct","scope":[permissions],"exp":ms,"by"[,"step"]}, blob {"label","hash"}
 *   token.revoke {"type":"token","act":"revoke","id","by"} */
#include "account/internal.h"

enum { TOKENS_MAX = 50 };

static bool token_make(struct db *db, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e)
{
    struct str account = json_text(op->body, "acct");
    uint32_t bits, scope = permissions_of_json(json_get(op->body, "scope"));
    int64_t expires_ms = json_int(op->body, "exp", 0), now_ms = op_now_ms(op);
    bool is_own = str_equal(actor_account(op->actor), account);
    if (!actor_must(db, op, is_own ? PERMISSION_OWN_PAGE : PERMISSION_USERS, &bits, e) || !account_get(db, a, account, e))
        return false;
    if (!id_is_valid(json_text(op->body, "id")) || !scope || op->blob_count != 1 || expires_ms <= now_ms || expires_ms > now_ms + 366 * INT64_C(86400000))
        return err_set(e, ERR_INVALID, "token.add: needs an id, a scope, a blob, and an end within a year");
    if (is_own && (scope & ~bits))
        return err_set(e, ERR_DENIED, "scope: a token may not do what its account may not");
    int64_t there = db_one_int(db, e, 0, "select count(*) from token where account = ?1 and revoked_leaf is null and expires_t > ?2", A(account), A(now_ms));
    if (e->code)
        return false;
    if (there >= TOKENS_MAX)
        return err_set(e, ERR_LIMIT, "token.add: more than %d for one account; revoke one first", TOKENS_MAX);
    struct leaf_draft *draft = draft_new(a, op, "token");
    json_put_cstr(draft->body, "act", "add");
    json_put_str(draft->body, "id", json_text(op->body, "id"));
    json_put_str(draft->body, "acct", account);
    json_put(draft->body, "scope", permissions_json(a, scope));
    json_put_int(draft->body, "exp", expires_ms);
    draft->blob_count = 1;
    *ret = (struct leaf_drafts){draft, 1};
    return true;
}

static bool revoke_make(struct db *db, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e)
{
    struct str id = json_text(op->body, "id");
    uint32_t bits;
    struct str account = db_one_text(a, db, e, "select account from token where id = ?1 and revoked_leaf is null", A(id));
    if (e->code)
        return false;
    if (!account.data)
        return err_set(e, ERR_NOT_FOUND, "token %.*s: there is none in force", STR_ARGS(id));
    bool is_own = str_equal(actor_account(op->actor), account);
    if (!actor_must(db, op, is_own ? PERMISSION_OWN_PAGE : PERMISSION_USERS, &bits, e))
        return false;
    struct leaf_draft *draft = draft_new(a, op, "token");
    json_put_cstr(draft->body, "act", "revoke");
    json_put_str(draft->body, "id", id);
    *ret = (struct leaf_drafts){draft, 1};
    return true;
}

static bool token_apply(struct db *db, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs, struct err *e)
{
    struct str id = json_text(leaf->json, "id");
    const struct json *plain;
    uint8_t hash[SHA256_SIZE];
    if (!actor_note(db, leaf, e))
        return false;
    if (str_is(json_text(leaf->json, "act"), "revoke"))
        return db_run(db, e, "update token set revoked_leaf = ?2 where id = ?1", A(id), A(leaf->index));
    if (!leaf_blob_json(leaf, a, blobs, &plain, e))
        return false;
    bool has_hash = hex_decode(json_text(plain, "hash"), hash, sizeof(hash));
    struct str label = json_text(plain, "label");
    return db_run(db, e, "insert into token(id, account, label, scope, hash, t, leaf, expires_t) values(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)", A(id),
                  A(json_text(leaf->json, "acct")), A(label.data ? label : STR("")), A(permissions_of_json(json_get(leaf->json, "scope"))),
                  A(has_hash ? db_blob(hash, sizeof(hash)) : DB_NULL), A(leaf->t), A(leaf->index), A(json_int(leaf->json, "exp", 0)));
}

const struct op_kind op_token_add = {.kind = "token.add", .leaf_type = "record", .make = token_make, .apply = token_apply};
const struct op_kind op_token_revoke = {.kind = "token.revoke", .leaf_type = "record", .make = revoke_make, .apply = token_apply};
