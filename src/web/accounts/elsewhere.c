/* elsewhere.c - letting people in whom a directory or a provider knows: their accounts, and passwords of a directory. */
#include "web/accounts/elsewhere.h"

#define BY_SOURCE "system:sign-in"

/* ---- accounts ---- */

static struct account_change change_of(const struct account *a)
{
    return (struct account_change){.id = str_of(a->id), .login = a->login, .name = a->name, .email = a->email, .person = a->person, .kind = a->kind,
                                   .is_disabled = a->is_disabled, .valid_until_ms = a->valid_until_ms, .roles = a->roles, .link = a->link};
}

static bool change_submit(struct call *c, const struct account_change *change, char ret_id[ACCOUNT_ID_SIZE], struct err *e)
{
    struct op op;
    return account_op(c->site->env, c->arena, change, STR(BY_SOURCE), "", &op, ret_id, e) && submit(c, &op, e);
}

/* The newest change was ours: then it may be taken back. What a person has disabled stays so. */
static bool was_ended_by_source(struct call *c, const struct account *account, struct err *e)
{
    return db_one_int(c->view.db, e, 0, "select 1 from leaf l join actor o on o.pseudonym = l.actor where l.idx = ?1 and o.actor = '" BY_SOURCE "'",
                      A(account->leaf)) == 1;
}

static bool account_end(struct call *c, const struct account *account, struct err *e)
{
    char id[ACCOUNT_ID_SIZE];
    struct account_change change = change_of(account);
    change.is_disabled = true;
    if (!account->is_disabled && !change_submit(c, &change, id, e))
        return false;
    sessions_end_of(c->site->sessions, account_actor(c->arena, str_of(account->id)), NULL, NULL);
    return true;
}

static bool roles_are(const struct strings *a, const struct strings *b)
{
    size_t same = 0;
    for (size_t i = 0; i < a->count; i++)
        for (size_t k = 0; k < b->count; k++)
            same += strcmp(a->items[i], b->items[k]) == 0;
    return a->count == b->count && same == a->count;
}

/* One line, at most `max` bytes, whole characters; "" where it is no text. */
static struct str clean(struct call *c, struct str text, size_t max)
{
    char *copy = arena_strndup(c->arena, text.data ? text.data : "", text.size);
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)copy[i] < ' ' || copy[i] == 0x7f)
            copy[i] = ' ';
    struct str result = str_trim(str_prefix(str_make(copy, text.size), max));
    return str_is_utf8(result) ? result : STR("");
}

static struct account *account_found(struct call *c, const struct identity_source *source, const char *link, struct str login, struct err *e)
{
    struct err missing = {0};
    struct account *account = account_by_link(c->view.db, c->arena, arena_str(c->arena, str_of(link)), &missing);
    if (!account && missing.code == ERR_NOT_FOUND) {
        missing = (struct err){0};
        account = account_by_login(c->view.db, c->arena, login, &missing);
        bool waits = account && str_is(account->kind, "ldap") && account->link.size == 0 && str_is(source->kind, "ldap");
        /* A directory's names are given by who runs it: an account that was made for one waits for it. A provider's may be of one's own choice. */
        if (account && !waits) {
            err_set(e, ERR_EXISTS, "there is an account %.*s here that is not linked to %.*s; whoever looks after accounts can link it: assay user connect",
                    STR_ARGS(login), STR_ARGS(source->label));
            return NULL;
        }
    }
    if (!account && missing.code && missing.code != ERR_NOT_FOUND)
        *e = missing;
    return account;
}

/* What the account shall be. */
static bool change_make(struct call *c, const struct identity_source *source, const struct json *who, const struct account *account, const char *link,
                        struct account_change *ret, struct err *e)
{
    bool is_ruled;
    struct strings roles;
    *ret = account ? change_of(account) : (struct account_change){0};
    ret->login = clean(c, json_text(who, "login"), ACCOUNT_LOGIN_MAX);
    ret->name = clean(c, json_text(who, "name"), ACCOUNT_TEXT_MAX);
    ret->email = clean(c, json_text(who, "email"), ACCOUNT_TEXT_MAX);
    if (str_find_char(ret->email, '@') < 1 || str_find_char(ret->email, ' ') >= 0)
        ret->email = STR("");
    ret->kind = source->kind;
    ret->link = arena_str(c->arena, str_of(link));
    if (!identity_roles(c->arena, source->settings, json_get(who, "groups"), &roles, &is_ruled, e))
        return false;
    if (!account || is_ruled)
        ret->roles = roles;
    return true;
}

static bool is_same(const struct account *account, const struct account_change *to)
{
    return account && !account->is_disabled == !to->is_disabled && str_equal(account->login, to->login) && str_equal(account->name, to->name) &&
           str_equal(account->email, to->email) && str_equal(account->kind, to->kind) && str_equal(account->link, to->link) &&
           roles_are(&account->roles, &to->roles);
}

bool elsewhere_account(struct call *c, const struct identity_source *source, const struct json *who, struct account **ret, struct err *e)
{
    char link[SOURCE_LINK_SIZE], id[ACCOUNT_ID_SIZE];
    struct account_change to;
    identity_link(source, json_text(who, "subject"), link);
    struct account *account = account_found(c, source, link, clean(c, json_text(who, "login"), ACCOUNT_LOGIN_MAX), e);
    if (e->code || !change_make(c, source, who, account, link, &to, e))
        return false;
    if (to.roles.count == 0 || json_bool(who, "is_off")) {
        if (account && !account_end(c, account, e))
            return false;
        return err_set(e, ERR_DENIED, "%.*s knows you, but nothing here is open to you; ask whoever looks after accounts", STR_ARGS(source->label));
    }
    if (account && account->is_disabled && !was_ended_by_source(c, account, e))
        return e->code ? false : err_set(e, ERR_DENIED, "this account is disabled, or over");
    to.is_disabled = false;
    bool is_changed = !is_same(account, &to);
    if (is_changed && !change_submit(c, &to, id, e))
        return false;
    if (is_changed && account && !roles_are(&account->roles, &to.roles))
        sessions_end_of(c->site->sessions, account_actor(c->arena, str_of(account->id)), NULL, NULL); /* other rights, other sessions */
    if (!account) {
        account = ARENA_NEW(c->arena, struct account);
        memcpy(account->id, id, sizeof(id));
    }
    account->is_disabled = false;
    if (!account_is_in_force(account, c->now_ms))
        return err_set(e, ERR_DENIED, "this account is disabled, or over");
    *ret = account;
    return true;
}

/* ---- directories ---- */

bool has_directory(struct call *c, struct err *e)
{
    return db_one_int(c->view.db, e, 0, "select count(*) from identity_source where settings ->> 'kind' = 'ldap'") > 0;
}

static bool directory_ask(struct call *c, const struct identity_source *source, struct str login, struct str password, struct json **ret, struct err *e)
{
    struct json *request = json_object(c->arena);
    json_put_cstr(request, "what", "ldap");
    json_put_str(request, "login", login);
    json_put_str(request, "password", password);
    return elsewhere_ask(c, source, request, ret, e);
}

/* The directory was there and has nobody of this name any more: an account that came from it ends. */
static bool gone_end(struct call *c, const struct account *account, const struct json *answer, size_t directories, struct err *e)
{
    bool is_gone = account && str_is(account->kind, "ldap") && account->link.size && json_bool(answer, "is_unknown") && directories == 1;
    return !is_gone || account_end(c, account, e);
}

static bool directory_let_in(struct call *c, const struct identity_source *source, const struct json *answer, struct str login, struct str back, struct err *e)
{
    struct account *account;
    const struct json *who = json_get(answer, "who");
    struct err why = {0};
    guess_done(c, "login", login, true);
    if (elsewhere_account(c, source, who, &account, &why))
        return signed_in(c, account, "ldap", (int)json_int(who, "factors", 1), back, e);
    if (why.code == ERR_INTERNAL || why.code == ERR_CORRUPT)
        return (*e = why, false);
    return sign_in_refused(c, err_http_status(why.code), login, arena_str(c->arena, str_of(why.text)), e);
}

static size_t directories_of(struct identity_source all[SOURCES_MAX], size_t count)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (str_is(all[i].kind, "ldap"))
            all[n++] = all[i];
    return n;
}

bool by_directory(struct call *c, struct str login, struct str password, struct str back, struct err *e)
{
    struct identity_source all[SOURCES_MAX];
    struct err missing = {0}, down = {0};
    struct str label = STR("");
    size_t count;
    if (!identity_sources_load(c->view.db, c->arena, all, &count, e))
        return false;
    count = directories_of(all, count);
    struct account *account = account_by_login(c->view.db, c->arena, login, &missing);
    for (size_t i = 0; password.size && i < count; i++) {
        struct json *answer;
        struct err why = {0};
        if (directory_ask(c, &all[i], login, password, &answer, &why))
            return directory_let_in(c, &all[i], answer, login, back, e);
        if (why.code == ERR_DENIED && !gone_end(c, account, answer, count, e))
            return false;
        if (why.code != ERR_DENIED) {
            down = why;
            label = all[i].label;
        }
    }
    if (!down.code) {
        guess_done(c, "login", login, false);
        return sign_in_refused(c, 403, login, STR(SIGN_IN_WRONG), e);
    }
    bool ok = sign_in_refused(c, err_http_status(down.code), login,
                              down.code == ERR_LIMIT ? arena_str(c->arena, str_of(down.text))
                                                     : arena_printf(c->arena, "%.*s does not answer at the moment, so nobody can sign in through it; accounts with a "
                                                                              "password here, passkeys and one-time links work as ever", STR_ARGS(label)), e);
    c->response->problem = arena_str(c->arena, str_of(down.text)); /* the log says why; the page says it to nobody who has not signed in */
    return ok;
}

bool directory_password_is(struct call *c, const struct account *account, struct str password, struct err *e)
{
    struct identity_source all[SOURCES_MAX];
    char link[SOURCE_LINK_SIZE];
    size_t count;
    if (!password.size || !account->link.size || !identity_sources_load(c->view.db, c->arena, all, &count, e))
        return false;
    count = directories_of(all, count);
    for (size_t i = 0; i < count; i++) {
        struct json *answer;
        struct err why = {0};
        if (!directory_ask(c, &all[i], account->login, password, &answer, &why))
            continue;
        identity_link(&all[i], json_text(json_get(answer, "who"), "subject"), link);
        if (str_is(account->link, link))
            return true;
    }
    return false;
}

/* ---- providers ---- */

bool put_providers(struct call *c, struct json *view, const char *more, struct err *e)
{
    struct identity_source all[SOURCES_MAX];
    size_t count;
    struct json *list = json_put_array(view, "providers");
    if (!identity_sources_load(c->view.db, c->arena, all, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!str_is(all[i].kind, "oidc"))
            continue;
        struct json *o = json_push_object(list);
        json_put_str(o, "label", all[i].label);
        json_put_str(o, "url", arena_printf(c->arena, "/sign-in/with/%.*s%s", STR_ARGS(all[i].id), more));
    }
    return true;
}
