/* account.set and role.set: who there is, and what they may.
 *
 *   account.set {"type":"account","id","act":"add"|"change","kind","state","until":ms,"roles":[…],"by":actor[,"step"]}
 *               blob {"login","name","email","person"[,"link"]}
 *   role.set    {"type":"role","id","label","words","permissions":[…],"by":actor[,"step"]}; no permissions: the role goes */
#include "account/internal.h"

bool actor_is_known(struct str actor)
{
    uint8_t id[8];
    struct str account = actor_account(actor);
    return str_is(actor, "local:admin") || str_starts(actor, "system:") || hex_decode(account, id, sizeof(id));
}

bool actor_must(struct db *db, const struct op *op, enum permission permission, uint32_t *ret_bits, struct err *e)
{
    if (!actor_permissions(db, op->actor, op_now_ms(op), ret_bits, e))
        return false;
    if (!(*ret_bits & PERMISSION_BIT(permission)))
        return err_set(e, ERR_DENIED, "this takes the permission %s", permission_name(permission));
    return true;
}

struct leaf_draft *draft_new(struct arena *a, const struct op *op, const char *type)
{
    struct leaf_draft *draft = ARENA_NEW(a, struct leaf_draft);
    draft->type = "record";
    draft->stream = str_of(type);
    draft->body = json_object(a);
    json_put_cstr(draft->body, "type", type);
    json_put_str(draft->body, "by", op->actor);
    struct str step = json_text(op->body, "step");
    if (step.size && step.size <= 20)
        json_put_str(draft->body, "step", step);
    return draft;
}

bool id_is_valid(struct str id)
{
    uint8_t bytes[8];
    return hex_decode(id, bytes, sizeof(bytes));
}

/* The leaf's pseudonym belongs to this actor: how a page finds out who did something. */
bool actor_note(struct db *db, const struct leaf_view *leaf, struct err *e)
{
    return db_run(db, e, "insert into actor(pseudonym, actor) values(?1, ?2) on conflict do nothing", A(json_text(leaf->json, "a")),
                  A(json_text(leaf->json, "by")));
}

bool leaf_blob_json(const struct leaf_view *leaf, struct arena *a, const struct blob_reader *blobs, const struct json **ret, struct err *e)
{
    const struct json *blob = json_at(json_get(leaf->json, "b"), 0);
    struct str plain;
    *ret = NULL;
    if (!blob)
        return err_set(e, ERR_CORRUPT, "leaf %llu: has no blob", (unsigned long long)leaf->index);
    if (!blobs->read(blobs->context, a, json_text(blob, "c"), json_text(blob, "x"), &plain, e)) {
        if (e->code != ERR_NOT_FOUND)
            return false;
        *e = (struct err){0}; /* erased: what it said is gone for good */
        return true;
    }
    *ret = json_parse(a, plain, JSON_LIMITS_DEFAULT, e);
    return *ret != NULL;
}

/* ---- account.set ---- */

/* Nobody gives away what they have not got: else whoever may add users may do everything. */
bool roles_may_be_given(struct db *db, const struct json *roles, uint32_t own, int64_t until, struct err *e)
{
    if (!roles || roles->count == 0 || roles->count > ACCOUNT_ROLES_MAX)
        return err_set(e, ERR_INVALID, "roles: at least one, at most %d", ACCOUNT_ROLES_MAX);
    JSON_EACH (role, roles) {
        uint32_t bits = 0;
        const struct role *built_in = content_role(role->text);
        if (!role_bits(db, role->text, &bits, e))
            return false;
        if (!bits)
            return err_set(e, ERR_INVALID, "roles: %.*s: there is no such role", STR_ARGS(role->text));
        if (built_in && built_in->must_end && until == 0)
            return err_set(e, ERR_INVALID, "until: role %s needs a last day", built_in->id);
        if (built_in && (bits & PERMISSION_BIT(PERMISSION_EXAMINE)) && roles->count > 1)
            return err_set(e, ERR_INVALID, "roles: %s stands alone: whoever examines does nothing that is examined", built_in->id);
        /* records come with the lead's role; who runs the system may give it without having it */
        if (bits & ~own & ~(PERMISSION_BIT(PERMISSION_RECORDS) | PERMISSION_BIT(PERMISSION_EXAMINE)))
            return err_set(e, ERR_DENIED, "roles: %.*s may do what you may not", STR_ARGS(role->text));
    }
    return true;
}

static bool account_make(struct db *db, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e)
{
    struct str id = json_text(op->body, "id"), act = json_text(op->body, "act"), kind = json_text(op->body, "kind");
    struct str state = json_text(op->body, "state");
    int64_t until = json_int(op->body, "until", -1);
    uint32_t own;
    struct err missing = {0};
    if (!actor_must(db, op, PERMISSION_USERS, &own, e))
        return false;
    bool is_add = str_is(act, "add");
    if (!id_is_valid(id) || (!is_add && !str_is(act, "change")) || op->blob_count != 1 || until < 0 ||
        (!str_is(kind, "local") && !str_is(kind, "oidc") && !str_is(kind, "ldap")) || (!str_is(state, "active") && !str_is(state, "disabled")))
        return err_set(e, ERR_INVALID, "account.set: needs id, act, kind, state, until, roles and one blob");
    if (!roles_may_be_given(db, json_get(op->body, "roles"), own, until, e))
        return false;
    bool is_there = account_get(db, a, id, &missing) != NULL;
    if (missing.code && missing.code != ERR_NOT_FOUND)
        return (*e = missing, false);
    if (is_there == is_add)
        return err_set(e, is_add ? ERR_EXISTS : ERR_NOT_FOUND, "account %.*s: is %s", STR_ARGS(id), is_add ? "there already" : "not there");
    struct leaf_draft *draft = draft_new(a, op, "account");
    json_put_str(draft->body, "id", id);
    json_put_str(draft->body, "act", act);
    json_put_str(draft->body, "kind", kind);
    json_put_str(draft->body, "state", state);
    json_put_int(draft->body, "until", until);
    struct json *roles = json_put_array(draft->body, "roles");
    JSON_EACH (role, json_get(op->body, "roles"))
        json_push_str(roles, role->text);
    draft->blob_count = 1;
    *ret = (struct leaf_drafts){draft, 1};
    return true;
}

static bool account_texts(struct db *db, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs,
                          struct account_change *ret, struct err *e)
{
    const struct json *plain;
    struct str id = json_text(leaf->json, "id");
    if (!leaf_blob_json(leaf, a, blobs, &plain, e))
        return false;
    if (!plain) {
        ret->login = arena_printf(a, "erased-%.*s", STR_ARGS(id));
        ret->name = ret->email = ret->person = ret->link = STR("");
        return true;
    }
    ret->login = json_text(plain, "login");
    ret->name = json_text(plain, "name");
    ret->email = json_text(plain, "email");
    ret->person = json_text(plain, "person");
    ret->link = json_text(plain, "link");
    const char *const one[] = {"employee"};
    struct account_change checked = *ret;
    checked.kind = STR("local");
    checked.roles = (struct strings){one, 1};
    if (!account_check(&checked, e))
        return false;
    struct str linked = db_one_text(a, db, e, "select login from account where link = ?1 and link <> '' and id <> ?2", A(ret->link), A(id));
    if (linked.data)
        return err_set(e, ERR_EXISTS, "link: account %.*s is this person's already", STR_ARGS(linked));
    struct str other = db_one_text(a, db, e, "select id from account where login = ?1 collate nocase and id <> ?2", A(ret->login), A(id));
    if (e->code)
        return false;
    return !other.data || err_set(e, ERR_EXISTS, "login: %.*s is taken already", STR_ARGS(ret->login));
}

static bool account_apply(struct db *db, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs, struct err *e)
{
    struct account_change texts = {0};
    struct buf BUF_AUTO roles;
    buf_init(&roles, 4096);
    if (!account_texts(db, a, leaf, blobs, &texts, e) || !actor_note(db, leaf, e))
        return false;
    json_write(&roles, json_get(leaf->json, "roles"));
    if (!db_run(db, e, "delete from account_role where account = ?1", A(json_text(leaf->json, "id"))))
        return false;
    JSON_EACH (role, json_get(leaf->json, "roles"))
        if (!db_run(db, e, "insert into account_role(account, role) values(?1, ?2) on conflict do nothing", A(json_text(leaf->json, "id")),
                    A(role->text)))
            return false;
    return db_run(db, e,
                  "insert into account(id, leaf, t, login, name, email, person, kind, state, valid_until, roles, first_leaf, link)"
                  " values(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?2, ?12)"
                  " on conflict(id) do update set leaf = ?2, t = ?3, login = ?4, name = ?5, email = ?6, person = ?7, kind = ?8, state = ?9,"
                  " valid_until = ?10, roles = ?11, link = ?12",
                  A(json_text(leaf->json, "id")), A(leaf->index), A(leaf->t), A(texts.login), A(texts.name), A(texts.email), A(texts.person),
                  A(json_text(leaf->json, "kind")), A(json_text(leaf->json, "state")), A(json_int(leaf->json, "until", 0)), A(buf_view(&roles)), A(texts.link.data ? texts.link : STR("")));
}

const struct op_kind op_account_set = {.kind = "account.set", .leaf_type = "record", .make = account_make, .apply = account_apply};

/* ---- role.set ---- */

static bool role_make(struct db *db, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e)
{
    struct str id = json_text(op->body, "id");
    uint32_t own, bits = permissions_of_json(json_get(op->body, "permissions"));
    if (!actor_must(db, op, PERMISSION_USERS, &own, e))
        return false;
    if (id.size == 0 || id.size > 40 || op->blob_count || json_text(op->body, "label").size > 80 || json_text(op->body, "words").size > 500)
        return err_set(e, ERR_INVALID, "role.set: needs an id of at most 40 bytes, a label of 80, words of 500, and no blobs");
    for (size_t i = 0; i < id.size; i++)
        if (!((id.data[i] >= 'a' && id.data[i] <= 'z') || (id.data[i] >= '0' && id.data[i] <= '9' && i) || (id.data[i] == '_' && i)))
            return err_set(e, ERR_INVALID, "role: an id is lower-case letters, digits and _");
    if (content_role(id))
        return err_set(e, ERR_EXISTS, "role %.*s: is built in, and stays as it is", STR_ARGS(id));
    if (bits & PERMISSION_BIT(PERMISSION_EXAMINE))
        return err_set(e, ERR_INVALID, "permissions: examine is the auditor's alone");
    if (bits & ~own & ~PERMISSION_BIT(PERMISSION_RECORDS))
        return err_set(e, ERR_DENIED, "permissions: you cannot give what you have not got");
    int64_t used = db_one_int(db, e, 0, "select count(*) from account_role where role = ?1", A(id));
    if (e->code)
        return false;
    if (!bits && used)
        return err_set(e, ERR_CONFLICT, "role %.*s: %lld accounts have it", STR_ARGS(id), (long long)used);
    struct leaf_draft *draft = draft_new(a, op, "role");
    json_put_str(draft->body, "id", id);
    json_put_str(draft->body, "label", json_text(op->body, "label"));
    json_put_str(draft->body, "words", json_text(op->body, "words"));
    json_put(draft->body, "permissions", permissions_json(a, bits));
    *ret = (struct leaf_drafts){draft, 1};
    return true;
}

static bool role_apply(struct db *db, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs, struct err *e)
{
    (void)a;
    (void)blobs;
    uint32_t bits = permissions_of_json(json_get(leaf->json, "permissions"));
    struct str id = json_text(leaf->json, "id");
    if (!actor_note(db, leaf, e))
        return false;
    if (!bits)
        return db_run(db, e, "delete from role where id = ?1", A(id));
    return db_run(db, e,
                  "insert into role(id, label, words, permissions, leaf, t) values(?1, ?2, ?3, ?4, ?5, ?6)"
                  " on conflict(id) do update set label = ?2, words = ?3, permissions = ?4, leaf = ?5, t = ?6",
                  A(id), A(json_text(leaf->json, "label")), A(json_text(leaf->json, "words")), A(bits), A(leaf->index), A(leaf->t));
}

const struct op_kind op_role_set = {.kind = "role.set", .leaf_type = "record", .make = role_make, .apply = role_apply};
