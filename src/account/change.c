/* change.c - the operations of this room, as clients send them. */
#include "account/account.h"
#include "blob/blob.h"

/* ---- what may be typed ---- */

static bool text_check(const char *what, struct str text, size_t max, bool is_needed, struct err *e)
{
    if (is_needed && text.size == 0)
        return err_set(e, ERR_INVALID, "%s: must not be empty", what);
    if (text.size > max || !str_is_utf8(text))
        return err_set(e, ERR_INVALID, "%s: UTF-8 of at most %zu bytes", what, max);
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] < 0x20 || text.data[i] == 0x7f)
            return err_set(e, ERR_INVALID, "%s: one line, without control characters", what);
    if (str_trim(text).size != text.size)
        return err_set(e, ERR_INVALID, "%s: begins or ends with a space", what);
    return true;
}

static bool login_check(struct str login, struct err *e)
{
    if (!text_check("login", login, ACCOUNT_LOGIN_MAX, true, e))
        return false;
    for (size_t i = 0; i < login.size; i++)
        if (login.data[i] == ' ' || login.data[i] == '<' || login.data[i] == '>' || login.data[i] == '"' || login.data[i] == ':')
            return err_set(e, ERR_INVALID, "login: has no spaces and none of < > \" :");
    return true;
}

bool account_check(const struct account_change *change, struct err *e)
{
    if (!login_check(change->login, e) || !text_check("name", change->name, ACCOUNT_TEXT_MAX, false, e) ||
        !text_check("email", change->email, ACCOUNT_TEXT_MAX, false, e) || !text_check("person", change->person, 64, false, e) || !text_check("link", change->link, 64, false, e))
        return false;
    if (change->email.size && (str_find_char(change->email, '@') < 1 || str_find_char(change->email, ' ') >= 0))
        return err_set(e, ERR_INVALID, "email: %.*s is no address", STR_ARGS(change->email));
    if (!str_is(change->kind, "local") && !str_is(change->kind, "oidc") && !str_is(change->kind, "ldap"))
        return err_set(e, ERR_INVALID, "kind: local, oidc or ldap");
    if (change->valid_until_ms < 0)
        return err_set(e, ERR_INVALID, "until: lies before 1970");
    if (change->roles.count == 0 || change->roles.count > ACCOUNT_ROLES_MAX)
        return err_set(e, ERR_INVALID, "roles: at least one, at most %d", ACCOUNT_ROLES_MAX);
    for (size_t i = 0; i < change->roles.count; i++) {
        const struct role *role = content_role(str_of(change->roles.items[i]));
        if (role && role->must_end && change->valid_until_ms == 0)
            return err_set(e, ERR_INVALID, "until: role %s needs a last day", role->id);
    }
    return true;
}

/* ---- making operations ---- */

static void id_new(const struct env *env, char ret[ACCOUNT_ID_SIZE])
{
    uint8_t bytes[8];
    env_random(env, bytes, sizeof(bytes));
    hex_encode(bytes, sizeof(bytes), ret);
}

static void op_begin(const struct env *env, struct arena *a, struct op *ret, const char *kind, struct str actor, const char *step)
{
    *ret = (struct op){.kind = kind, .actor = actor, .body = json_object(a)};
    op_id_new(env, ret->id);
    if (*step)
        json_put_cstr(ret->body, "step", step);
}

static bool op_seal(const struct env *env, struct arena *a, const struct json *plain, struct op_blob *ret, struct err *e)
{
    struct buf BUF_AUTO text;
    buf_init(&text, 1 << 20);
    bool ok = json_write_canonical(&text, plain, e) && op_blob_make(env, a, "application/json", buf_view(&text), ret, e);
    memory_wipe(text.data, text.size);
    return ok;
}

bool account_op(const struct env *env, struct arena *a, const struct account_change *change, struct str actor, const char *step, struct op *ret,
                char ret_id[ACCOUNT_ID_SIZE], struct err *e)
{
    if (!account_check(change, e))
        return false;
    op_begin(env, a, ret, "account.set", actor, step);
    char id[ACCOUNT_ID_SIZE];
    if (change->id.size)
        snprintf(id, sizeof(id), "%.*s", STR_ARGS(change->id));
    else
        id_new(env, id);
    json_put_str(ret->body, "id", arena_str(a, str_of(id)));
    json_put_cstr(ret->body, "act", change->id.size ? "change" : "add");
    json_put_str(ret->body, "kind", change->kind);
    json_put_cstr(ret->body, "state", change->is_disabled ? "disabled" : "active");
    json_put_int(ret->body, "until", change->valid_until_ms);
    struct json *roles = json_put_array(ret->body, "roles");
    for (size_t i = 0; i < change->roles.count; i++)
        json_push_str(roles, str_of(change->roles.items[i]));
    struct json *plain = json_object(a);
    json_put_str(plain, "login", change->login);
    json_put_str(plain, "name", change->name);
    json_put_str(plain, "email", change->email);
    json_put_str(plain, "person", change->person);
    if (change->link.size)
        json_put_str(plain, "link", change->link);
    ret->blobs = ARENA_NEW(a, struct op_blob);
    ret->blob_count = 1;
    memcpy(ret_id, id, sizeof(id));
    return op_seal(env, a, plain, &ret->blobs[0], e);
}

bool credential_op(const struct env *env, struct arena *a, struct str account, const struct credential_new *items, size_t count, struct str actor,
                   const char *step, struct op *ret, struct err *e)
{
    op_begin(env, a, ret, "credential.add", actor, step);
    json_put_str(ret->body, "acct", account);
    struct json *list = json_put_array(ret->body, "items");
    ret->blobs = arena_array(a, count, sizeof(*ret->blobs));
    ret->blob_count = count;
    for (size_t i = 0; i < count; i++) {
        char id[ACCOUNT_ID_SIZE];
        id_new(env, id);
        struct json *item = json_push_object(list);
        json_put_str(item, "id", arena_str(a, str_of(id)));
        json_put_cstr(item, "kind", items[i].kind);
        if (!op_seal(env, a, items[i].secret, &ret->blobs[i], e))
            return false;
    }
    return true;
}

void credential_remove_op(const struct env *env, struct arena *a, struct str account, const struct str *ids, size_t count, const char *why,
                          struct str actor, const char *step, struct op *ret)
{
    op_begin(env, a, ret, "credential.remove", actor, step);
    json_put_str(ret->body, "acct", account);
    json_put_cstr(ret->body, "why", why);
    struct json *list = json_put_array(ret->body, "ids");
    for (size_t i = 0; i < count; i++)
        json_push_str(list, ids[i]);
}

bool token_op(const struct env *env, struct arena *a, struct str account, struct str label, uint32_t scope, int64_t expires_ms, struct str actor,
              const char *step, struct op *ret, char ret_text[TOKEN_TEXT_SIZE], struct err *e)
{
    char id[ACCOUNT_ID_SIZE], secret[65];
    uint8_t bytes[32];
    if (!text_check("label", label, ACCOUNT_TEXT_MAX, true, e))
        return false;
    op_begin(env, a, ret, "token.add", actor, step);
    id_new(env, id);
    env_random(env, bytes, sizeof(bytes));
    hex_encode(bytes, sizeof(bytes), secret);
    memory_wipe(bytes, sizeof(bytes));
    struct sha256 digest = sha256_of(str_of(secret));
    json_put_str(ret->body, "id", arena_str(a, str_of(id)));
    json_put_str(ret->body, "acct", account);
    json_put(ret->body, "scope", permissions_json(a, scope));
    json_put_int(ret->body, "exp", expires_ms);
    struct json *plain = json_object(a);
    json_put_str(plain, "label", label);
    json_put_hex(plain, "hash", digest.bytes, sizeof(digest.bytes));
    ret->blobs = ARENA_NEW(a, struct op_blob);
    ret->blob_count = 1;
    snprintf(ret_text, TOKEN_TEXT_SIZE, "asy_%s_%s", id, secret);
    memory_wipe(secret, sizeof(secret));
    return op_seal(env, a, plain, &ret->blobs[0], e);
}

void token_revoke_op(const struct env *env, struct arena *a, struct str id, struct str actor, struct op *ret)
{
    op_begin(env, a, ret, "token.revoke", actor, "");
    json_put_str(ret->body, "id", id);
}

bool role_op(const struct env *env, struct arena *a, struct str id, struct str label, struct str words, uint32_t permissions, struct str actor,
             const char *step, struct op *ret, struct err *e)
{
    if (!text_check("id", id, 40, true, e) || !text_check("label", label, 80, permissions != 0, e) || !text_check("words", words, 500, false, e))
        return false;
    op_begin(env, a, ret, "role.set", actor, step);
    json_put_str(ret->body, "id", id);
    json_put_str(ret->body, "label", label);
    json_put_str(ret->body, "words", words);
    json_put(ret->body, "permissions", permissions_json(a, permissions));
    return true;
}
