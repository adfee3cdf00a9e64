/* credential.add and credential.remove: how people prove who they are.
 *
 *   credential.add    a leaf each: {"type":"credential","act":"add","acct","id","kind","by"[,"step","first":true]}, blob {"label", …secret}
 *   credential.remove {"type":"credential","act":"remove","acct","ids":[…],"why":"removed"|"used"|"reset","by"[,"step"]}
 *
 * `first` stands on the first leaf of an operation whose kind takes the place of what was there: password, recovery, federated. */
#include "account/internal.h"

enum { ITEMS_MAX = 20, PER_ACCOUNT_MAX = 40 };

static const struct {
    const char *kind;
    bool replaces;
} kinds[] = {{"password", true}, {"recovery", true}, {"federated", true}, {"passkey", false}, {"totp", true}};

static int kind_of(struct str kind)
{
    for (int i = 0; i < (int)(sizeof(kinds) / sizeof(kinds[0])); i++)
        if (str_is(kind, kinds[i].kind))
            return i;
    return -1;
}

/* One's own, or everybody's for who looks after accounts. */
static bool may_change(struct db *db, const struct op *op, struct str account, struct err *e)
{
    uint32_t bits;
    bool is_own = str_equal(actor_account(op->actor), account);
    return actor_must(db, op, is_own ? PERMISSION_OWN_PAGE : PERMISSION_USERS, &bits, e);
}

static bool credential_make(struct db *db, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e)
{
    struct str account = json_text(op->body, "acct");
    const struct json *items = json_get(op->body, "items");
    size_t count = items ? items->count : 0;
    if (!may_change(db, op, account, e) || !account_get(db, a, account, e))
        return false;
    if (count == 0 || count > ITEMS_MAX || op->blob_count != count)
        return err_set(e, ERR_INVALID, "credential.add: needs 1 to %d items and a blob each", ITEMS_MAX);
    int64_t there = db_one_int(db, e, 0, "select count(*) from credential where account = ?1 and removed_leaf is null", A(account));
    if (e->code)
        return false;
    if (there > PER_ACCOUNT_MAX)
        return err_set(e, ERR_LIMIT, "credential.add: more than %d for one account; remove one first", PER_ACCOUNT_MAX);
    struct leaf_draft *drafts = arena_array(a, count, sizeof(*drafts));
    size_t n = 0;
    JSON_EACH (item, items) {
        int kind = kind_of(json_text(item, "kind"));
        struct str id = json_text(item, "id");
        if (kind < 0 || !id_is_valid(id) || !str_equal(json_text(item, "kind"), json_text(items->first, "kind")))
            return err_set(e, ERR_INVALID, "credential.add: an item has an id and a kind, the same for all");
        drafts[n] = *draft_new(a, op, "credential");
        json_put_cstr(drafts[n].body, "act", "add");
        json_put_str(drafts[n].body, "acct", account);
        json_put_str(drafts[n].body, "id", id);
        json_put_cstr(drafts[n].body, "kind", kinds[kind].kind);
        if (n == 0 && kinds[kind].replaces)
            json_put_bool(drafts[n].body, "first", true);
        drafts[n].blob_first = n;
        drafts[n].blob_count = 1;
        n++;
    }
    *ret = (struct leaf_drafts){drafts, n};
    return true;
}

static bool remove_make(struct db *db, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e)
{
    struct str account = json_text(op->body, "acct"), why = json_text(op->body, "why");
    const struct json *ids = json_get(op->body, "ids");
    if (!may_change(db, op, account, e))
        return false;
    if (!ids || ids->count == 0 || ids->count > PER_ACCOUNT_MAX + ITEMS_MAX || op->blob_count ||
        (!str_is(why, "removed") && !str_is(why, "used") && !str_is(why, "reset")))
        return err_set(e, ERR_INVALID, "credential.remove: needs acct, ids and why");
    struct leaf_draft *draft = draft_new(a, op, "credential");
    json_put_cstr(draft->body, "act", "remove");
    json_put_str(draft->body, "acct", account);
    json_put_str(draft->body, "why", why);
    struct json *list = json_put_array(draft->body, "ids");
    JSON_EACH (id, ids) {
        int64_t is_there = db_one_int(db, e, 0, "select 1 from credential where id = ?1 and account = ?2 and removed_leaf is null", A(id->text),
                                      A(account));
        if (e->code)
            return false;
        if (!is_there)
            return err_set(e, ERR_NOT_FOUND, "credential %.*s: the account has none of this id", STR_ARGS(id->text));
        json_push_str(list, id->text);
    }
    *ret = (struct leaf_drafts){draft, 1};
    return true;
}

static bool add_apply(struct db *db, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs, struct err *e)
{
    struct str account = json_text(leaf->json, "acct"), kind = json_text(leaf->json, "kind");
    const struct json *blob = json_at(json_get(leaf->json, "b"), 0), *secret;
    if (!leaf_blob_json(leaf, a, blobs, &secret, e))
        return false;
    if (json_bool(leaf->json, "first") && !db_run(db, e, "update credential set removed_leaf = ?3 where account = ?1 and kind = ?2 and removed_leaf is null",
                                                  A(account), A(kind), A(leaf->index)))
        return false;
    struct str label = json_text(secret, "label");
    return db_run(db, e, "insert into credential(id, account, kind, label, c, x, leaf, t) values(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                  A(json_text(leaf->json, "id")), A(account), A(kind), A(label.data ? label : STR("")), A(json_text(blob, "c")), A(json_text(blob, "x")),
                  A(leaf->index), A(leaf->t));
}

static bool remove_apply(struct db *db, const struct leaf_view *leaf, struct err *e)
{
    JSON_EACH (id, json_get(leaf->json, "ids"))
        if (!db_run(db, e, "update credential set removed_leaf = ?2 where id = ?1 and removed_leaf is null", A(id->text), A(leaf->index)))
            return false;
    return true;
}

static bool credential_apply(struct db *db, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs, struct err *e)
{
    if (!actor_note(db, leaf, e))
        return false;
    return str_is(json_text(leaf->json, "act"), "remove") ? remove_apply(db, leaf, e) : add_apply(db, a, leaf, blobs, e);
}

const struct op_kind op_credential_add = {.kind = "credential.add", .leaf_type = "record", .make = credential_make, .apply = credential_apply};
const struct op_kind op_credential_remove = {.kind = "credential.remove", .leaf_type = "record", .make = remove_make, .apply = credential_apply};
