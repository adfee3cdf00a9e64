/* account.c - reading accounts, roles, credentials and tokens. */
#include "account/account.h"

static const char ACCOUNT_PREFIX[] = "account:";

struct str account_actor(struct arena *a, struct str id)
{
    return arena_printf(a, "%s%.*s", ACCOUNT_PREFIX, STR_ARGS(id));
}

struct str actor_account(struct str actor)
{
    return str_starts(actor, ACCOUNT_PREFIX) ? str_slice(actor, sizeof(ACCOUNT_PREFIX) - 1, actor.size) : STR("");
}

static void id_copy(char ret[ACCOUNT_ID_SIZE], struct str id)
{
    snprintf(ret, ACCOUNT_ID_SIZE, "%.*s", STR_ARGS(id));
}

static struct strings texts_of_json(struct arena *a, const struct json *list)
{
    const char **items = arena_array(a, (list ? list->count : 0) + 1, sizeof(*items));
    size_t n = 0;
    JSON_EACH (item, list)
        items[n++] = arena_str(a, item->text).data;
    return (struct strings){items, n};
}

static struct json *json_of_column(struct arena *a, struct db_row *row, int column)
{
    struct err e = {0};
    struct json *v = json_parse(a, arena_str(a, db_text(row, column)), JSON_LIMITS_DEFAULT, &e);
    return v ? v : json_array(a); /* our own writing: never */
}

/* ---- accounts ---- */

#define ACCOUNT_COLUMNS "id, login, name, email, person, kind, state, valid_until, roles, leaf, t, link"

static struct account *account_of_row(struct arena *a, struct db_row *row)
{
    struct account *r = ARENA_NEW(a, struct account);
    id_copy(r->id, db_text(row, 0));
    r->login = arena_str(a, db_text(row, 1));
    r->name = arena_str(a, db_text(row, 2));
    r->email = arena_str(a, db_text(row, 3));
    r->person = arena_str(a, db_text(row, 4));
    r->kind = arena_str(a, db_text(row, 5));
    r->is_disabled = str_is(db_text(row, 6), "disabled");
    r->valid_until_ms = db_int(row, 7);
    r->roles = texts_of_json(a, json_of_column(a, row, 8));
    r->leaf = db_int(row, 9);
    r->t = db_int(row, 10);
    r->link = arena_str(a, db_text(row, 11));
    return r;
}

struct account *account_get(struct db *db, struct arena *a, struct str id, struct err *e)
{
    DB_EACH (row, db, e, "select " ACCOUNT_COLUMNS " from account where id = ?1", A(id))
        return account_of_row(a, row);
    if (!e->code)
        err_set(e, ERR_NOT_FOUND, "account %.*s: there is none", STR_ARGS(id));
    return NULL;
}

struct account *account_by_login(struct db *db, struct arena *a, struct str login, struct err *e)
{
    DB_EACH (row, db, e, "select " ACCOUNT_COLUMNS " from account where login = ?1 collate nocase", A(login))
        return account_of_row(a, row);
    if (!e->code)
        err_set(e, ERR_NOT_FOUND, "account %.*s: there is none", STR_ARGS(login));
    return NULL;
}

struct account *account_by_link(struct db *db, struct arena *a, struct str link, struct err *e)
{
    DB_EACH (row, db, e, "select " ACCOUNT_COLUMNS " from account where link = ?1 and link <> ''", A(link))
        return account_of_row(a, row);
    if (!e->code)
        err_set(e, ERR_NOT_FOUND, "nobody has this link");
    return NULL;
}

bool account_each(struct db *db, struct arena *a, bool (*each)(void *context, const struct account *account, struct err *e), void *context,
                  struct err *e)
{
    DB_EACH (row, db, e, "select " ACCOUNT_COLUMNS " from account order by login collate nocase, id")
        if (!each(context, account_of_row(a, row), e))
            return false;
    return e->code == ERR_NONE;
}

bool account_is_in_force(const struct account *account, int64_t now_ms)
{
    return !account->is_disabled && (account->valid_until_ms == 0 || now_ms < account->valid_until_ms);
}

/* ---- roles ---- */

bool role_bits(struct db *db, struct str role, uint32_t *ret, struct err *e)
{
    const struct role *built_in = content_role(role);
    *ret = built_in ? role_permissions(built_in) : 0;
    if (built_in)
        return true;
    DB_EACH (row, db, e, "select permissions from role where id = ?1", A(role))
        *ret = (uint32_t)db_int(row, 0);
    return e->code == ERR_NONE;
}

struct json *permissions_json(struct arena *a, uint32_t bits)
{
    struct json *list = json_array(a);
    for (int i = PERMISSION_PUBLIC + 1; i < PERMISSION_END; i++)
        if (bits & PERMISSION_BIT(i))
            json_push_str(list, str_of(permission_name((enum permission)i)));
    return list;
}

uint32_t permissions_of_json(const struct json *list)
{
    uint32_t bits = 0;
    JSON_EACH (item, list) {
        enum permission p = permission_of_name(item->text);
        bits |= p ? PERMISSION_BIT(p) : 0;
    }
    return bits;
}

bool permissions_parse(struct str text, uint32_t *ret, struct err *e)
{
    uint32_t bits = 0;
    bool is_more = text.size > 0;
    struct str part, word;
    while (is_more) {
        is_more = str_cut(&text, ',', &part);
        while (str_next_word(&part, &word)) {
            enum permission p = permission_of_name(word);
            if (!p)
                return err_set(e, ERR_INVALID, "permission %.*s: there is none of this name", STR_ARGS(word));
            bits |= PERMISSION_BIT(p);
        }
    }
    *ret = bits;
    return true;
}

static struct json *role_json(struct json *list, struct str id, struct str label, struct str words, uint32_t bits, bool is_own, bool must_end)
{
    struct json *o = json_push_object(list);
    json_put_str(o, "id", id);
    json_put_str(o, "label", label);
    json_put_str(o, "words", words);
    json_put(o, "permissions", permissions_json(list->arena, bits));
    json_put_bool(o, "is_own", is_own);
    json_put_bool(o, "must_end", must_end);
    return o;
}

struct json *roles_json(struct db *db, struct arena *a, struct err *e)
{
    struct json *list = json_array(a);
    for (size_t i = 0; i < content_role_count; i++) {
        const struct role *r = &content_roles[i];
        role_json(list, str_of(r->id), str_of(r->label), str_of(r->words), role_permissions(r), false, r->must_end);
    }
    DB_EACH (row, db, e, "select id, label, words, permissions from role order by label, id")
        role_json(list, arena_str(a, db_text(row, 0)), arena_str(a, db_text(row, 1)), arena_str(a, db_text(row, 2)), (uint32_t)db_int(row, 3), true,
                  false);
    return e->code ? NULL : list;
}

static bool local_admin_permissions(struct db *db, uint32_t *ret, struct err *e)
{
    uint32_t administrator, lead;
    if (!role_bits(db, STR("administrator"), &administrator, e) || !role_bits(db, STR("compliance_lead"), &lead, e))
        return false;
    *ret = administrator | lead;
    return true;
}

bool actor_permissions(struct db *db, struct str actor, int64_t now_ms, uint32_t *ret, struct err *e)
{
    struct str id = actor_account(actor);
    *ret = 0;
    if (str_is(actor, "local:admin"))
        return local_admin_permissions(db, ret, e);
    if (str_starts(actor, "system:"))
        return *ret = ~UINT32_C(0), true;
    if (id.size == 0)
        return true;
    /* On the way of every request: no arena. */
    uint32_t bits = 0;
    DB_EACH (row, db, e,
             "select r.role, a.state, a.valid_until, o.permissions from account a join account_role r on r.account = a.id"
             " left join role o on o.id = r.role where a.id = ?1",
             A(id)) {
        int64_t until_ms = db_int(row, 2);
        if (str_is(db_text(row, 1), "disabled") || (until_ms && now_ms >= until_ms))
            return true;
        const struct role *built_in = content_role(db_text(row, 0));
        bits |= built_in ? role_permissions(built_in) : (uint32_t)db_int(row, 3);
    }
    if (e->code)
        return false;
    *ret = bits;
    return true;
}

/* ---- credentials ---- */

bool credential_each(struct db *db, struct arena *a, struct str account, const char *kind,
                     bool (*each)(void *context, const struct credential *credential, struct err *e), void *context, struct err *e)
{
    DB_EACH (row, db, e,
             "select id, account, kind, label, c, x, leaf, t from credential where account = ?1 and removed_leaf is null and (?2 is null or kind = ?2)"
             " order by leaf, id",
             A(account), A(kind)) {
        struct credential *r = ARENA_NEW(a, struct credential);
        id_copy(r->id, db_text(row, 0));
        id_copy(r->account, db_text(row, 1));
        r->kind = arena_str(a, db_text(row, 2));
        r->label = arena_str(a, db_text(row, 3));
        r->c = arena_str(a, db_text(row, 4));
        r->x = arena_str(a, db_text(row, 5));
        r->leaf = db_int(row, 6);
        r->t = db_int(row, 7);
        if (!each(context, r, e))
            return false;
    }
    return e->code == ERR_NONE;
}

int64_t credential_count(struct db *db, struct str account, const char *kind, struct err *e)
{
    return db_one_int(db, e, 0, "select count(*) from credential where account = ?1 and removed_leaf is null and kind = ?2", A(account), A(kind));
}

/* ---- tokens ---- */

static struct token *token_of_row(struct arena *a, struct db_row *row)
{
    struct token *r = ARENA_NEW(a, struct token);
    id_copy(r->id, db_text(row, 0));
    id_copy(r->account, db_text(row, 1));
    r->label = arena_str(a, db_text(row, 2));
    r->scope = (uint32_t)db_int(row, 3);
    r->t = db_int(row, 4);
    r->leaf = db_int(row, 5);
    r->expires_ms = db_int(row, 6);
    r->is_revoked = !db_is_null(row, 7);
    return r;
}

struct token *token_find(struct db *db, struct arena *a, struct str text, int64_t now_ms, struct err *e)
{
    uint8_t id[8], secret[SHA256_SIZE];
    struct token *found = NULL;
    bool is_of_form = text.size == TOKEN_TEXT_SIZE - 1 && str_starts(text, "asy_") && text.data[20] == '_' &&
                      hex_decode(str_slice(text, 4, 20), id, sizeof(id)) && hex_decode(str_slice(text, 21, text.size), secret, sizeof(secret));
    if (is_of_form) {
        struct sha256 digest = sha256_of(str_slice(text, 21, text.size));
        DB_EACH (row, db, e, "select id, account, label, scope, t, leaf, expires_t, revoked_leaf, hash from token where id = ?1",
                 A(str_slice(text, 4, 20))) {
            struct str hash = db_bytes(row, 8);
            struct sha256 kept;
            if (hash.size != sizeof(kept.bytes))
                continue;
            memcpy(kept.bytes, hash.data, sizeof(kept.bytes));
            if (sha256_equal(digest, kept))
                found = token_of_row(a, row);
        }
        memory_wipe(secret, sizeof(secret));
    }
    if (e->code)
        return NULL;
    if (!found || found->is_revoked || now_ms >= found->expires_ms) {
        err_set(e, ERR_DENIED, "this token is not known, was revoked, or is over");
        return NULL;
    }
    return found;
}

bool token_each(struct db *db, struct arena *a, struct str account, bool (*each)(void *context, const struct token *token, struct err *e),
                void *context, struct err *e)
{
    DB_EACH (row, db, e,
             "select id, account, label, scope, t, leaf, expires_t, revoked_leaf from token where ?1 = '' or account = ?1 order by leaf desc",
             A(account))
        if (!each(context, token_of_row(a, row), e))
            return false;
    return e->code == ERR_NONE;
}
