/* users.c - accounts and roles: Settings → Users, Settings → Roles. */
#include "base/times.h"
#include "web/accounts/elsewhere.h"
#include <strings.h>

/* ---- views ---- */

static struct json *role_names(struct call *c, const struct account *account, const struct json *roles)
{
    struct json *list = json_array(c->arena);
    for (size_t i = 0; i < account->roles.count; i++) {
        struct str label = str_of(account->roles.items[i]);
        JSON_EACH (role, roles)
            if (str_is(json_text(role, "id"), account->roles.items[i]))
                label = json_text(role, "label");
        struct json *o = json_push_object(list);
        json_put_cstr(o, "id", account->roles.items[i]);
        json_put_str(o, "label", label);
    }
    return list;
}

static struct json *account_json(struct call *c, const struct account *a, const struct json *roles, struct err *e)
{
    struct json *o = json_object(c->arena);
    struct str id = str_of(a->id);
    bool is_in_force = account_is_in_force(a, c->now_ms);
    json_put_str(o, "id", arena_str(c->arena, id));
    json_put_str(o, "login", a->login);
    json_put_str(o, "name", a->name);
    json_put_str(o, "email", a->email);
    json_put_str(o, "person", a->person);
    json_put_str(o, "kind", a->kind);
    json_put_bool(o, "is_disabled", a->is_disabled);
    json_put_cstr(o, "status", is_in_force ? "pass" : a->is_disabled ? "skip" : "unknown");
    json_put_cstr(o, "status_words", is_in_force ? "In force" : a->is_disabled ? "Disabled" : "Over");
    json_put(o, "roles", role_names(c, a, roles));
    char day[TIME_TEXT_SIZE] = "";
    if (a->valid_until_ms)
        time_format_date(a->valid_until_ms - 1, day);
    json_put_str(o, "last_day", arena_str(c->arena, str_of(day)));
    int64_t second = credential_count(c->view.db, id, "totp", e) + credential_count(c->view.db, id, "passkey", e);
    json_put_bool(o, "has_password", credential_count(c->view.db, id, "password", e) > 0);
    json_put_bool(o, "has_second", second > 0);
    json_put_str(o, "url", arena_printf(c->arena, "/settings/users/%s", a->id));
    json_put_int(o, "leaf", a->leaf);
    put_instant(c, o, "changed", a->t);
    return e->code ? NULL : o;
}

struct user_list {
    struct call *c;
    struct json *rows, *roles;
    struct str q;
};

static bool text_has(struct str text, struct str word)
{
    for (size_t i = 0; word.size && i + word.size <= text.size; i++)
        if (strncasecmp(text.data + i, word.data, word.size) == 0)
            return true;
    return word.size == 0;
}

static bool user_row(void *context, const struct account *account, struct err *e)
{
    struct user_list *list = context;
    if (!text_has(account->login, list->q) && !text_has(account->name, list->q) && !text_has(account->email, list->q))
        return true;
    struct json *o = account_json(list->c, account, list->roles, e);
    return o && json_push(list->rows, o);
}

static struct json *users_view(struct call *c, struct str why, struct err *e)
{
    struct json *v = room_view(c, "Users", e);
    struct user_list list = {.c = c, .rows = json_array(c->arena)};
    if (!v || !call_query(c, "q", &list.q, e) || !(list.roles = roles_json(c->view.db, c->arena, e)) ||
        !account_each(c->view.db, c->arena, user_row, &list, e))
        return NULL;
    json_put_str(v, "why", why);
    json_put_str(v, "q", list.q);
    json_put_int(v, "total", (int64_t)list.rows->count);
    json_put(v, "rows", list.rows);
    json_put(v, "roles", list.roles);
    return v;
}

bool handle_users(struct call *c, struct err *e)
{
    struct json *v = users_view(c, STR(""), e);
    return v && show_view(c, &page_kind_users, v, 200, e);
}

static struct json *user_view(struct call *c, struct str why, struct err *e)
{
    struct json *v = room_view(c, "User", e), *roles = v ? roles_json(c->view.db, c->arena, e) : NULL;
    struct account *account = roles ? account_get(c->view.db, c->arena, c->parameters[0], e) : NULL;
    struct json *o = account ? account_json(c, account, roles, e) : NULL;
    if (!o)
        return NULL;
    JSON_EACH (role, roles) {
        bool has = false;
        for (size_t i = 0; i < account->roles.count; i++)
            has |= str_is(json_text(role, "id"), account->roles.items[i]);
        json_put_bool(role, "has", has);
    }
    size_t sessions;
    sessions_list(c->site->sessions, c->arena, account_actor(c->arena, str_of(account->id)), &sessions);
    json_put(v, "account", o);
    json_put(v, "roles", roles);
    json_put_str(v, "why", why);
    json_put_int(v, "sessions", (int64_t)sessions);
    json_put_int(v, "passkeys", credential_count(c->view.db, str_of(account->id), "passkey", e));
    json_put_int(v, "totp", credential_count(c->view.db, str_of(account->id), "totp", e));
    json_put_int(v, "recovery_left", credential_count(c->view.db, str_of(account->id), "recovery", e));
    return e->code ? NULL : v;
}

bool handle_user(struct call *c, struct err *e)
{
    struct json *v = user_view(c, STR(""), e);
    return v && show_view(c, &page_kind_user, v, 200, e);
}

/* ---- changes ---- */

/* The last day counts whole. */
static bool read_last_day(struct call *c, int64_t *ret, struct err *e)
{
    struct str text = str_trim(form_text(c, "until"));
    *ret = 0;
    if (e->code || !text.size)
        return !e->code;
    int64_t at_ms;
    if (text.size != 10 || !time_parse(text, c->now_ms, &at_ms))
        return err_set(e, ERR_INVALID, "until: %.*s is no day; write 2026-11-30", STR_ARGS(text));
    *ret = at_ms + MS_DAY;
    return true;
}

static bool read_change(struct call *c, struct account_change *ret, struct err *e)
{
    struct str state = form_text(c, "state"), kind = form_text(c, "kind");
    ret->login = str_trim(form_text(c, "login"));
    ret->name = str_trim(form_text(c, "name"));
    ret->email = str_trim(form_text(c, "email"));
    ret->person = str_trim(form_text(c, "person"));
    ret->kind = kind.size ? kind : STR("local");
    ret->is_disabled = str_is(state, "disabled");
    ret->roles = form_list(c, "roles");
    return !e->code && read_last_day(c, &ret->valid_until_ms, e);
}

static bool users_refused(struct call *c, bool is_one, struct err *e)
{
    if (route_is_api(c->route) || (e->code != ERR_INVALID && e->code != ERR_DENIED && e->code != ERR_LIMIT && e->code != ERR_EXISTS))
        return false;
    struct str why = arena_str(c->arena, str_of(e->text));
    int status = err_http_status(e->code);
    *e = (struct err){0};
    struct json *v = is_one ? user_view(c, why, e) : users_view(c, why, e);
    c->response->problem = why;
    return v && show_view(c, is_one ? &page_kind_user : &page_kind_users, v, status, e);
}

bool handle_user_add(struct call *c, struct err *e)
{
    struct account_change change = {0};
    struct op op;
    char id[ACCOUNT_ID_SIZE];
    if (!call_step_up(c))
        return true;
    if (!call_view(c, e))
        return false;
    if (!read_change(c, &change, e) || !account_op(c->site->env, c->arena, &change, call_actor(c), c->step, &op, id, e) || !submit(c, &op, e))
        return users_refused(c, false, e);
    struct json *answer = json_object(c->arena);
    json_put_str(answer, "id", arena_str(c->arena, str_of(id)));
    return answer_done(c, answer, arena_printf(c->arena, "/settings/users/%s", id), e);
}

bool handle_user_change(struct call *c, struct err *e)
{
    struct account_change change = {.id = c->parameters[0]};
    struct op op;
    char id[ACCOUNT_ID_SIZE];
    if (!call_step_up(c))
        return true;
    struct account *account = call_view(c, e) ? account_get(c->view.db, c->arena, change.id, e) : NULL;
    if (!account)
        return false;
    bool is_read = read_change(c, &change, e);
    if (str_equal(change.kind, account->kind))
        change.link = account->link; /* who signs in elsewhere stays the same one there */
    if (!is_read || !account_op(c->site->env, c->arena, &change, call_actor(c), c->step, &op, id, e) || !submit(c, &op, e))
        return users_refused(c, true, e);
    /* Other rights, other sessions. */
    if (!sessions_begin_anew(c, change.id, c->session.how, c->session.factors, e))
        return false;
    return answer_done(c, json_object(c->arena), arena_printf(c->arena, "/settings/users/%s", id), e);
}

/* ---- links, and starting over ---- */

static bool show_link(struct call *c, const struct account *account, const char *words, struct err *e)
{
    char token[WEB_TOKEN_SIZE];
    const char *actor = account_actor(c->arena, str_of(account->id)).data;
    if (!web_link_new(c->site->dir.path, c->site->env, actor, INVITE_LIFE_MS, token, e))
        return false;
    struct json *v = room_view(c, "A sign-in link", e), *lines = json_array(c->arena);
    if (!v)
        return false;
    struct str base = site_base(c->view.db, c->arena, e); /* what a request calls this program may be of somebody's making */
    json_push_str(lines, arena_printf(c->arena, "%.*s/sign-in?token=%s", STR_ARGS(base), token));
    json_put_bool(v, "is_path_only", base.size == 0);
    memory_wipe(token, sizeof(token));
    json_put_cstr(v, "words", words);
    json_put(v, "lines", lines);
    json_put_str(v, "next", arena_printf(c->arena, "/settings/users/%s", account->id));
    return show_view(c, &page_kind_once, v, 200, e);
}

static bool reset_ids(void *context, const struct credential *credential, struct err *e)
{
    struct strings *list = context;
    (void)e;
    ((const char **)(uintptr_t)list->items)[list->count++] = credential->id;
    return true;
}

static bool credentials_reset(struct call *c, const struct account *account, struct err *e)
{
    struct strings ids = {.items = arena_array(c->arena, 100, sizeof(char *))};
    if (!credential_each(c->view.db, c->arena, str_of(account->id), NULL, reset_ids, &ids, e))
        return false;
    struct str *list = arena_array(c->arena, ids.count + 1, sizeof(*list));
    for (size_t i = 0; i < ids.count; i++)
        list[i] = str_of(ids.items[i]);
    struct op op;
    credential_remove_op(c->site->env, c->arena, str_of(account->id), list, ids.count, "reset", call_actor(c), c->step, &op);
    return ids.count == 0 || submit(c, &op, e);
}

static bool link_or_reset(struct call *c, bool is_reset, struct err *e)
{
    if (!only_people(c, e))
        return false;
    if (!call_step_up(c))
        return true;
    if (!call_view(c, e))
        return false;
    struct account *account = account_get(c->view.db, c->arena, c->parameters[0], e);
    uint32_t rights;
    if (!account || !actor_permissions(c->view.db, account_actor(c->arena, str_of(account->id)), c->now_ms, &rights, e))
        return false;
    if (rights & ~(c->permissions | PERMISSION_BIT(PERMISSION_RECORDS)))
        return err_set(e, ERR_DENIED, "this account may do what you may not: you cannot sign in as it, nor let anybody do so");
    if (is_reset && !credentials_reset(c, account, e))
        return false;
    if (is_reset)
        sessions_end_of(c->site->sessions, account_actor(c->arena, str_of(account->id)), NULL, NULL);
    struct json *body = json_object(c->arena);
    struct op note = {.kind = "session", .actor = call_actor(c), .body = body};
    op_id_new(c->site->env, note.id);
    json_put_str(body, "id", str_slice(str_of(account->id), 0, 16));
    json_put_cstr(body, "act", "link");
    json_put_cstr(body, "how", c->step);
    return submit(c, &note, e) &&
           show_link(c, account,
                     is_reset ? "Everything this person signed in with is void. The link lets them in once, within three days, to begin anew."
                              : "This link lets its person in once, within three days, to set a password or a passkey. Send it where nobody else reads it.",
                     e);
}

bool handle_user_link(struct call *c, struct err *e)
{
    return link_or_reset(c, false, e);
}

bool handle_user_reset(struct call *c, struct err *e)
{
    return link_or_reset(c, true, e);
}

/* ---- roles ---- */

static struct json *roles_view(struct call *c, struct str why, struct err *e)
{
    struct json *v = room_view(c, "Roles", e), *roles = v ? roles_json(c->view.db, c->arena, e) : NULL;
    if (!roles)
        return NULL;
    JSON_EACH (role, roles) {
        int64_t count = db_one_int(c->view.db, e, 0, "select count(*) from account_role where role = ?1", A(json_text(role, "id")));
        json_put_int(role, "accounts", count);
    }
    struct json *permissions = json_put_array(v, "permissions");
    for (size_t i = 0; i < content_permission_count; i++) {
        struct json *o = json_push_object(permissions);
        json_put_cstr(o, "id", content_permissions[i].id);
        json_put_cstr(o, "words", content_permissions[i].words);
    }
    json_put(v, "rows", roles);
    json_put_str(v, "why", why);
    return e->code ? NULL : v;
}

bool handle_roles(struct call *c, struct err *e)
{
    struct json *v = roles_view(c, STR(""), e);
    return v && show_view(c, &page_kind_roles, v, 200, e);
}

static bool role_set(struct call *c, struct err *e)
{
    struct str id = str_trim(form_text(c, "id")), label = str_trim(form_text(c, "label")), words = str_trim(form_text(c, "words"));
    struct strings list = form_list(c, "permissions");
    bool is_gone = str_is(form_text(c, "act"), "remove");
    uint32_t bits = 0, one;
    for (size_t i = 0; i < list.count && !e->code; i++)
        bits |= permissions_parse(str_of(list.items[i]), &one, e) ? one : 0;
    if (e->code)
        return false;
    if (!is_gone && !bits)
        return err_set(e, ERR_INVALID, "permissions: choose at least one");
    struct op op;
    return role_op(c->site->env, c->arena, id, is_gone ? STR("") : label, is_gone ? STR("") : words, is_gone ? 0 : bits | PERMISSION_BIT(PERMISSION_OWN_PAGE),
                   call_actor(c), c->step, &op, e) &&
           submit(c, &op, e);
}

bool handle_role_set(struct call *c, struct err *e)
{
    if (!call_step_up(c))
        return true;
    if (!call_view(c, e))
        return false;
    if (role_set(c, e))
        return answer_done(c, json_object(c->arena), STR("/settings/roles"), e);
    if (route_is_api(c->route) || (e->code != ERR_INVALID && e->code != ERR_DENIED && e->code != ERR_EXISTS && e->code != ERR_CONFLICT))
        return false;
    struct str why = arena_str(c->arena, str_of(e->text));
    int status = err_http_status(e->code);
    *e = (struct err){0};
    struct json *v = roles_view(c, why, e);
    c->response->problem = why;
    return v && show_view(c, &page_kind_roles, v, status, e);
}
