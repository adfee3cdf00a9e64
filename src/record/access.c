/* access.c - who asks, and what the type's lists say to that. */
#include "content/permission.h"
#include "record/examine.h"
#include "record/internal.h"

static void role_add(struct access *x, const char *role)
{
    if (x->role_count < sizeof(x->roles) / sizeof(x->roles[0]))
        x->roles[x->role_count++] = role;
}

static bool account_read(struct db *db, struct arena *a, struct str account, int64_t now_ms, struct access *ret, struct err *e)
{
    struct err failed = {0};
    DB_EACH (row, db, &failed, "select person, roles from account where id=?1 and state='active' and (ifnull(valid_until, 0) = 0 or valid_until > ?2)",
             A(account), A(now_ms)) {
        ret->account = arena_str(a, account);
        ret->person = arena_str(a, db_text(row, 0));
        struct json *roles = json_parse(a, arena_str(a, db_text(row, 1)), JSON_LIMITS_DEFAULT, &failed);
        JSON_EACH (role, roles)
            if (role->type == JSON_STRING)
                role_add(ret, arena_strndup(a, role->text.data, role->text.size));
    }
    return failed.code ? (*e = failed, false) : true;
}

static bool who_read(struct db *db, struct arena *a, struct str actor, int64_t now_ms, struct access *ret, struct err *e)
{
    struct err failed = {0};
    *ret = (struct access){.actor = arena_str(a, actor), .account = STR(""), .person = STR("")};
    if (str_starts(actor, "system:")) {
        ret->is_system = true;
        return true;
    }
    if (str_is(actor, "local:admin")) {
        role_add(ret, "administrator");
        role_add(ret, "compliance_lead");
        return true;
    }
    struct str account = str_slice(actor, 8, actor.size);
    if (str_starts(actor, "token:"))
        account = db_one_text(a, db, &failed, "select account from token where id=?1 and revoked_leaf is null and expires_t > ?2",
                              A(str_slice(actor, 6, actor.size)), A(now_ms));
    else if (!str_starts(actor, "account:"))
        return true;
    if (failed.code)
        return (*e = failed, false);
    if (account.data && str_starts(actor, "token:"))
        ret->who = arena_printf(a, "account:%.*s", STR_ARGS(account));
    return !account.data || account_read(db, a, account, now_ms, ret, e);
}

bool access_read(struct db *db, struct arena *a, struct str actor, int64_t now_ms, struct access *ret, struct err *e)
{
    return who_read(db, a, actor, now_ms, ret, e) && examine_read(db, a, ret, e) && (ret->is_system || (ret->role_count == 0 && ret->person.size == 0) || folders_read(db, a, ret, &ret->folders, e));
}

bool access_has_role(const struct access *x, const char *role)
{
    for (size_t i = 0; i < x->role_count; i++)
        if (strcmp(x->roles[i], role) == 0)
            return true;
    return false;
}

struct str access_who(const struct access *x)
{
    return x->who.size ? x->who : x->actor;
}

/* A relation names a field that holds a person, or several; or one that says whether it is for everybody. */
static bool is_related(const struct access *x, const char *field, const struct record *r)
{
    if (strcmp(field, "self") == 0)
        return r && x->person.size && strcmp(r->type->id, "person") == 0 && str_equal(r->id, x->person);
    const struct json *value = r ? json_get(r->values, field) : NULL;
    if (value && value->type == JSON_BOOL)
        return value->boolean && !x->is_own_only && (x->role_count > 0 || x->account.size > 0);
    if (x->person.size == 0)
        return false;
    if (value && value->type == JSON_STRING)
        return str_equal(value->text, x->person);
    JSON_EACH (item, value && value->type == JSON_ARRAY ? value : NULL)
        if (item->type == JSON_STRING && str_equal(item->text, x->person))
            return true;
    return false;
}

/* A role that sees its own page only: a type that names it means that. */
static bool role_is_own(const char *name)
{
    const struct role *role = content_role(str_of(name));
    return role && !(role_permissions(role) & (PERMISSION_BIT(PERMISSION_READ) | PERMISSION_BIT(PERMISSION_RECORDS)));
}

/* Who examines from outside, until a set day: a type that names that role means it, although it may not change records as such. */
static bool role_is_outside(const char *name)
{
    const struct role *role = content_role(str_of(name));
    return role && role->must_end;
}

/* It names the person in some field, is theirs to have made, or is about them. */
static bool is_own(const struct access *x, const struct record *r)
{
    bool is_mine = r && (str_equal(r->created_by, access_who(x)) || is_related(x, "self", r));
    for (size_t i = 0; r && !is_mine && i < r->type->field_count; i++)
        is_mine = r->type->fields[i].type == FIELD_PERSON && is_related(x, r->type->fields[i].id, r);
    return is_mine;
}

static bool matches(const struct access *x, const struct strings *who, const struct record *r)
{
    for (size_t i = 0; i < who->count; i++) {
        const char *name = who->items[i];
        if (strcmp(name, "@everyone") == 0 ? (x->is_own_only ? is_own(x, r) : x->role_count > 0 || x->account.size > 0)
            : strcmp(name, "@nobody") == 0 ? false
            : strcmp(name, "@author") == 0 ? r && str_equal(r->created_by, access_who(x))
            : strcmp(name, "@folder") == 0 ? folder_matches(x, who, r)
            : name[0] == '@'               ? is_related(x, name + 1, r)
                                           : access_has_role(x, name) && (!x->is_own_only || role_is_own(name)))
            return true;
    }
    return x->is_system;
}

/* An auditor sees what the table for auditors says, and nothing by being somebody in particular; of what is not there yet, nothing is known. */
bool access_matches(const struct access *x, const struct strings *who, const struct record *r)
{
    if (!x->examined)
        return matches(x, who, r);
    return r && (who->items == r->type->may_read.items ? examine_sees(x, r) : matches(x, who, r));
}

static bool denied(const struct strings *who, const char *what, const struct record_type *t, struct err *e)
{
    struct buf BUF_AUTO names;
    buf_init(&names, 400);
    for (size_t i = 0; i < who->count; i++)
        buf_printf(&names, "%s%s", i ? ", " : "", who->items[i]);
    return err_set(e, ERR_DENIED, "%s: %s takes one of: %s", t->label, what, who->count ? buf_view(&names).data : "nobody");
}

static bool allows(const struct access *x, const struct record_type *t, const struct record *r, enum record_act act,
                   const struct record_transition *transition, struct err *e)
{
    switch (act) {
    case RECORD_CREATE:
        return matches(x, &t->may_create, r) || denied(&t->may_create, "making one", t, e);
    case RECORD_DELETE:
        return matches(x, &t->may_delete, r) || denied(&t->may_delete, "deleting it", t, e);
    case RECORD_MOVE:
        return !transition || matches(x, &transition->who, r) || denied(&transition->who, transition->label, t, e);
    case RECORD_CHANGE:
        break;
    case RECORD_UNDO: /* of a deletion: whoever may delete */
        if (r && r->is_deleted)
            return matches(x, &t->may_delete, r) || denied(&t->may_delete, "bringing it back", t, e);
    }
    return matches(x, &t->may_change, r) || denied(&t->may_change, "changing it", t, e);
}

bool record_allows(const struct access *x, const struct record_type *t, const struct record *r, enum record_act act,
                   const struct record_transition *transition, struct err *e)
{
    struct access own = *x;
    if (x->changes_own_only)
        own.role_count = 0;
    for (size_t i = 0; i < x->role_count && x->changes_own_only; i++)
        if (role_is_own(x->roles[i]) || role_is_outside(x->roles[i]))
            own.roles[own.role_count++] = x->roles[i];
    return allows(&own, t, r, act, transition, e);
}

/* The same human being: this account, or another one of the same person. */
static bool is_same_person(struct db *db, struct arena *a, const struct access *x, struct str actor, struct err *e)
{
    if (str_equal(actor, access_who(x)))
        return true;
    if (x->person.size == 0 || !str_starts(actor, "account:"))
        return false;
    struct str person = db_one_text(a, db, e, "select person from account where id=?1", A(str_slice(actor, 8, actor.size)));
    return person.data && str_equal(person, x->person);
}

/* Whether a change said something of the record, and not only who is to decide on it: fields that `who` names as relations, and those that the step
 * itself sets, don't count. */
static bool says_something(const struct json *difference, const struct record_transition *transition)
{
    JSON_EACH (field, difference) {
        bool is_of_who = false;
        for (size_t i = 0; i < transition->who.count; i++)
            is_of_who |= transition->who.items[i][0] == '@' && str_is(field->key, transition->who.items[i] + 1);
        for (size_t i = 0; i < transition->sets.count; i++)
            is_of_who |= str_is(field->key, transition->sets.items[i]);
        if (!is_of_who)
            return true;
    }
    return false;
}

/* Who last changed what it says: made by one and rewritten by another, it is the other's word that is decided on. */
static bool last_word(struct db *db, struct arena *a, const struct record *r, const struct record_transition *transition, struct str *ret, struct err *e)
{
    struct err failed = {0};
    *ret = STR("");
    DB_EACH (row, db, &failed, "select actor, difference from record_change where type=?1 and id=?2 and actor not like 'system:%' order by leaf desc limit 100",
             A(r->type->id), A(r->id)) {
        struct err ignored = {0};
        if (!says_something(json_parse(a, arena_str(a, db_text(row, 1)), JSON_LIMITS_DEFAULT, &ignored), transition))
            continue;
        *ret = arena_str(a, db_text(row, 0));
        break;
    }
    return failed.code ? (*e = failed, false) : true;
}

int64_t record_quorum(const struct record *r, const struct record_transition *transition)
{
    int64_t needed = transition->quorum_field && transition->quorum_field[0] && r ? json_int(r->values, transition->quorum_field, 1) : 1;
    return needed > transition->quorum ? needed : transition->quorum;
}

bool record_other_eyes(struct db *db, struct arena *a, const struct access *x, const struct record *r, const struct record_transition *transition,
                       const char **ret_other, struct err *e)
{
    *ret_other = NULL;
    for (size_t i = 0; i < transition->not_by.count && !x->is_system && !*ret_other; i++) {
        const char *other = transition->not_by.items[i];
        struct strings relation = {&other, 1};
        struct err failed = {0};
        struct str last = STR("");
        if (strcmp(other, "@author") == 0) {
            if (!last_word(db, a, r, transition, &last, e))
                return false;
            *ret_other = is_same_person(db, a, x, r->created_by, &failed) ? other : is_same_person(db, a, x, last, &failed) ? RECORD_LAST_WORD : NULL;
        } else if (other[0] == '@') {
            *ret_other = access_matches(x, &relation, r) ? other : NULL;
        } else {
            last = db_one_text(a, db, &failed,
                               "select actor from record_change where type=?1 and id=?2 and transition=?3 and act='move' order by leaf desc limit 1",
                               A(r->type->id), A(r->id), A(other));
            *ret_other = last.data && is_same_person(db, a, x, last, &failed) ? other : NULL;
        }
        if (failed.code)
            return (*e = failed, false);
    }
    return true;
}
