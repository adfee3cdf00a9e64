/* self.c - "My sign-in": one's own password, codes, passkeys, sessions and tokens. */
#include "base/times.h"
#include "crypto/otp.h"
#include "web/accounts/accounts.h"

static const char HOME[] = "/settings/sign-in";

/* ---- the page ---- */

struct self_list {
    struct call *c;
    struct json *passkeys, *totp;
    int64_t password_t, recovery_left;
};

static bool self_credential(void *context, const struct credential *credential, struct err *e)
{
    struct self_list *list = context;
    (void)e;
    if (str_is(credential->kind, "password"))
        list->password_t = credential->t;
    if (str_is(credential->kind, "recovery"))
        list->recovery_left++;
    struct json *where = str_is(credential->kind, "passkey") ? list->passkeys : str_is(credential->kind, "totp") ? list->totp : NULL;
    if (!where)
        return true;
    struct json *o = json_push_object(where);
    json_put_str(o, "id", arena_str(list->c->arena, str_of(credential->id)));
    json_put_str(o, "label", credential->label);
    put_instant(list->c, o, "since", credential->t);
    return true;
}

static void put_sessions(struct call *c, struct json *v)
{
    size_t n;
    struct session *list = sessions_list(c->site->sessions, c->arena, call_actor(c), &n);
    struct json *rows = json_put_array(v, "sessions");
    for (size_t i = 0; i < n; i++) {
        struct json *o = json_push_object(rows);
        json_put_cstr(o, "id", list[i].id);
        json_put_str(o, "how", how_words(c, list[i].how));
        json_put_cstr(o, "peer", list[i].peer);
        json_put_cstr(o, "agent", list[i].agent);
        json_put_bool(o, "is_current", strcmp(list[i].id, c->session.id) == 0);
        put_instant(c, o, "created", list[i].created_at_ms);
        put_instant(c, o, "seen", list[i].seen_at_ms);
    }
}

struct token_list {
    struct call *c;
    struct json *rows;
};

static bool self_token(void *context, const struct token *token, struct err *e)
{
    struct token_list *list = context;
    (void)e;
    if (token->is_revoked)
        return true;
    struct json *o = json_push_object(list->rows);
    json_put_str(o, "id", arena_str(list->c->arena, str_of(token->id)));
    json_put_str(o, "label", token->label);
    json_put(o, "scope", permissions_json(list->c->arena, token->scope));
    json_put_bool(o, "is_over", list->c->now_ms >= token->expires_ms);
    put_instant(list->c, o, "since", token->t);
    put_instant(list->c, o, "expires", token->expires_ms);
    return true;
}

static void put_permissions(struct call *c, struct json *v)
{
    struct json *list = json_put_array(v, "permissions");
    for (size_t i = 0; i < content_permission_count; i++) {
        enum permission p = permission_of_name(str_of(content_permissions[i].id));
        if (!call_may(c, p))
            continue;
        struct json *o = json_push_object(list);
        json_put_cstr(o, "id", content_permissions[i].id);
        json_put_cstr(o, "words", content_permissions[i].words);
        json_put_bool(o, "is_usual", p == PERMISSION_READ);
    }
}

static bool put_account(struct call *c, struct json *v, const struct account *account, struct err *e)
{
    struct json *o = json_put_object(v, "account");
    struct self_list list = {.c = c, .passkeys = json_array(c->arena), .totp = json_array(c->arena)};
    struct token_list tokens = {c, json_array(c->arena)};
    struct str id = str_of(account->id);
    json_put_str(o, "id", arena_str(c->arena, id));
    json_put_str(o, "login", account->login);
    json_put_str(o, "name", account->name.size ? account->name : account->login);
    json_put_bool(o, "is_local", str_is(account->kind, "local"));
    if (!credential_each(c->view.db, c->arena, id, NULL, self_credential, &list, e) ||
        !token_each(c->view.db, c->arena, id, self_token, &tokens, e))
        return false;
    put_instant(c, v, "password_since", list.password_t);
    json_put_int(v, "password_min", password_length_min(c->view.db, e));
    json_put(v, "passkeys", list.passkeys);
    json_put(v, "totp", list.totp);
    json_put_int(v, "recovery_left", list.recovery_left);
    json_put_bool(v, "is_weak", !list.passkeys->count && !list.totp->count);
    json_put(v, "tokens", tokens.rows);
    put_permissions(c, v);
    return e->code == ERR_NONE;
}

static struct json *self_view(struct call *c, struct str why, struct err *e)
{
    struct json *v = room_view(c, "My sign-in", e);
    struct str reason = STR("");
    if (!v || !call_query(c, "why", &reason, e))
        return NULL;
    json_put_str(v, "why", why);
    json_put_cstr(v, "reason", str_is(reason, "second") || str_is(reason, "welcome") ? reason.data : "");
    json_put_str(v, "how", how_words(c, c->session.how));
    json_put_bool(v, "is_one_factor", c->session.factors < 2);
    json_put_bool(v, "is_second_needed", sign_in_factors_min(c->view.db, e) > 1);
    put_sessions(c, v);
    struct str id = actor_account(call_actor(c));
    if (id.size == 0) {
        json_put_null(v, "account");
        return v;
    }
    struct account *account = account_get(c->view.db, c->arena, id, e);
    if (!account || !put_account(c, v, account, e) || !passkey_ask_new(c, v, account, e))
        return NULL;
    return v;
}

static bool show_self(struct call *c, int status, struct str why, struct err *e)
{
    struct json *v = self_view(c, why, e);
    c->response->problem = why;
    return v && show_view(c, &page_kind_self, v, status, e);
}

bool handle_self(struct call *c, struct err *e)
{
    return show_self(c, 200, STR(""), e);
}

/* An error that belongs beside the form. */
bool self_refused(struct call *c, struct err *e)
{
    if (route_is_api(c->route) || (e->code != ERR_INVALID && e->code != ERR_DENIED && e->code != ERR_LIMIT))
        return false;
    struct str why = arena_str(c->arena, str_of(e->text));
    int status = err_http_status(e->code);
    *e = (struct err){0};
    return show_self(c, status, why, e);
}

/* ---- secrets that are shown once ---- */

static bool show_once(struct call *c, const char *title, const char *words, struct json *lines, struct err *e)
{
    struct json *v = room_view(c, title, e);
    if (!v)
        return false;
    json_put_cstr(v, "words", words);
    json_put_bool(v, "is_path_only", false);
    json_put(v, "lines", lines);
    json_put_cstr(v, "next", HOME);
    return show_view(c, &page_kind_once, v, 200, e);
}

static bool recovery_set(struct call *c, struct str account, const char *step, struct json *ret_lines, struct err *e)
{
    struct recovery_codes codes;
    struct op op;
    recovery_codes_new(c->site->env, c->arena, &codes);
    if (!credential_op(c->site->env, c->arena, account, codes.items, RECOVERY_CODES, call_actor(c), step, &op, e) || !submit(c, &op, e))
        return false;
    for (int i = 0; i < RECOVERY_CODES; i++)
        json_push_str(ret_lines, arena_str(c->arena, str_of(codes.text[i])));
    memory_wipe(&codes, sizeof(codes));
    return true;
}

static const char recovery_words[] = "Each of these codes stands in for the second factor once. Print them or write them down: they are not shown again, "
                                     "and the former ones are void.";

bool handle_self_recovery(struct call *c, struct err *e)
{
    if (!only_people(c, e))
        return false;
    if (!call_step_up(c))
        return true;
    struct json *lines = json_array(c->arena);
    if (!call_view(c, e))
        return false;
    struct account *account = own_account(c, e);
    return account && recovery_set(c, str_of(account->id), c->step, lines, e) && show_once(c, "Recovery codes", recovery_words, lines, e);
}

/* ---- passwords ---- */

static bool password_set(struct call *c, struct err *e)
{
    struct str password = form_text(c, "password"), again = form_text(c, "again");
    struct account *account = e->code ? NULL : own_account(c, e);
    if (!account)
        return false;
    if (!str_is(account->kind, "local"))
        return err_set(e, ERR_DENIED, "this account signs in elsewhere and has no password here");
    if (!str_equal(password, again))
        return err_set(e, ERR_INVALID, "password: the two are not the same");
    int64_t min = password_length_min(c->view.db, e);
    struct json *secret = !e->code && password_check(password, account->login, min, e) ? password_secret(c->site->env, c->arena, password, e) : NULL;
    struct credential_new item = {"password", secret};
    struct op op;
    return secret && credential_op(c->site->env, c->arena, str_of(account->id), &item, 1, call_actor(c), c->step, &op, e) && submit(c, &op, e) &&
           sessions_begin_anew(c, str_of(account->id), c->session.how, c->session.factors, e);
}

bool handle_self_password(struct call *c, struct err *e)
{
    if (!only_people(c, e))
        return false;
    if (!call_step_up(c))
        return true;
    if (!call_view(c, e))
        return false;
    if (!password_set(c, e))
        return self_refused(c, e);
    return answer_done(c, json_object(c->arena), STR(HOME), e);
}

/* ---- one-time passwords ---- */

static bool show_totp(struct call *c, int status, struct str seed, struct str why, struct err *e)
{
    struct json *v = room_view(c, "Add one-time codes", e);
    struct account *account = v ? own_account(c, e) : NULL;
    if (!account)
        return false;
    struct buf BUF_AUTO spaced;
    buf_init(&spaced, 256);
    for (size_t i = 0; i < seed.size; i += 4) {
        buf_str(&spaced, str_slice(seed, i, i + 4));
        buf_char(&spaced, ' ');
    }
    struct buf BUF_AUTO uri;
    buf_init(&uri, 4096);
    buf_cstr(&uri, "otpauth://totp/Assay:");
    for (size_t i = 0; i < account->login.size; i++) {
        unsigned char letter = (unsigned char)account->login.data[i];
        bool is_plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') || strchr("-._@", letter);
        if (is_plain)
            buf_char(&uri, (char)letter);
        else
            buf_printf(&uri, "%%%02X", letter);
    }
    buf_printf(&uri, "?secret=%.*s&issuer=Assay", STR_ARGS(seed));
    json_put_str(v, "seed", seed);
    json_put_str(v, "spaced", arena_str(c->arena, str_trim(buf_view(&spaced))));
    json_put_str(v, "uri", arena_str(c->arena, buf_view(&uri)));
    put_qr(c, v, buf_view(&uri));
    json_put_str(v, "why", why);
    return show_view(c, &page_kind_totp, v, status, e);
}

static bool totp_set(struct call *c, struct str seed, struct str code, bool *ret_is_right, struct err *e)
{
    struct buf BUF_AUTO bytes;
    uint64_t counter;
    buf_init(&bytes, 256);
    if (!base32_decode(seed, &bytes) || bytes.size != OTP_SEED_SIZE)
        return err_set(e, ERR_INVALID, "seed: is not the one that was shown");
    *ret_is_right = totp_matches(buf_view(&bytes), code, c->now_ms, 0, &counter);
    struct account *account = *ret_is_right ? own_account(c, e) : NULL;
    if (!account)
        return !*ret_is_right;
    struct json *secret = json_object(c->arena);
    json_put_cstr(secret, "label", "Authenticator program");
    json_put_str(secret, "seed", seed);
    struct credential_new item = {"totp", secret};
    struct op op;
    if (!credential_op(c->site->env, c->arena, str_of(account->id), &item, 1, call_actor(c), c->step, &op, e) || !submit(c, &op, e))
        return false;
    const struct json *first = json_at(json_get(op.body, "items"), 0);
    sessions_otp_use(c->site->sessions, json_text(first, "id").data, counter);
    return second_factor_added(c, account, "totp", e);
}

/* Whoever has just shown a second factor has signed in with two. */
bool second_factor_added(struct call *c, const struct account *account, const char *kind, struct err *e)
{
    char how[24];
    if (c->session.factors >= 2)
        return true;
    snprintf(how, sizeof(how), "%.*s+%s", (int)strcspn(c->session.how, "+"), c->session.how, kind);
    snprintf(c->session.how, sizeof(c->session.how), "%s", how);
    return session_note(c, &c->session, "second_factor", e) && sessions_begin_anew(c, str_of(account->id), how, 2, e);
}

bool recovery_if_none(struct call *c, struct str account, const char *step, struct err *e)
{
    struct json *lines = json_array(c->arena);
    if (credential_count(c->view.db, account, "recovery", e) > 0 || e->code)
        return !e->code && call_redirect(c, STR(HOME));
    return recovery_set(c, account, step, lines, e) && show_once(c, "Recovery codes", recovery_words, lines, e);
}

bool handle_self_totp(struct call *c, struct err *e)
{
    if (!only_people(c, e))
        return false;
    struct str seed = form_text(c, "seed"), code = form_text(c, "code");
    bool is_right = false;
    if (e->code)
        return false;
    if (!call_step_up(c))
        return true;
    if (!call_view(c, e))
        return false;
    if (!seed.size) {
        uint8_t bytes[OTP_SEED_SIZE];
        struct buf BUF_AUTO text;
        buf_init(&text, 256);
        env_random(c->site->env, bytes, sizeof(bytes));
        base32_encode(str_make(bytes, sizeof(bytes)), &text);
        return show_totp(c, 200, arena_str(c->arena, buf_view(&text)), STR(""), e);
    }
    if (!totp_set(c, seed, str_trim(code), &is_right, e))
        return self_refused(c, e);
    if (!is_right)
        return show_totp(c, 403, seed, STR("the code does not belong to this key; look at the clock of the device"), e);
    return recovery_if_none(c, actor_account(call_actor(c)), c->step, e);
}

/* ---- taking away ---- */

bool handle_self_remove(struct call *c, struct err *e)
{
    if (!only_people(c, e))
        return false;
    struct str id = form_text(c, "id");
    if (e->code)
        return false;
    if (!call_step_up(c))
        return true;
    if (!call_view(c, e))
        return false;
    struct account *account = own_account(c, e);
    struct op op;
    if (!account)
        return false;
    credential_remove_op(c->site->env, c->arena, str_of(account->id), &id, 1, "removed", call_actor(c), c->step, &op);
    if (!submit(c, &op, e))
        return self_refused(c, e);
    sessions_end_of(c->site->sessions, call_actor(c), NULL, c->session.id);
    return answer_done(c, json_object(c->arena), STR(HOME), e);
}

bool handle_self_sessions(struct call *c, struct err *e)
{
    if (!only_people(c, e))
        return false;
    struct str id = form_text(c, "id");
    if (e->code)
        return false;
    size_t n;
    struct session *list = sessions_list(c->site->sessions, c->arena, call_actor(c), &n);
    int ended = 0;
    for (size_t i = 0; i < n; i++) {
        bool is_meant = str_is(id, "others") ? strcmp(list[i].id, c->session.id) != 0 : str_is(id, list[i].id);
        if (!is_meant || !sessions_end_of(c->site->sessions, call_actor(c), list[i].id, NULL))
            continue;
        struct err why = {0};
        if (!session_note(c, &list[i], "end", &why))
            c->response->problem = arena_str(c->arena, str_of(why.text)); /* it is over all the same */
        ended++;
    }
    struct json *answer = json_object(c->arena);
    json_put_int(answer, "ended", ended);
    return answer_done(c, answer, STR(HOME), e);
}

/* ---- tokens ---- */

static bool token_make(struct call *c, char ret_text[TOKEN_TEXT_SIZE], struct err *e)
{
    struct str label = form_text(c, "label"), days_text = form_text(c, "days");
    struct strings scope = form_list(c, "scope");
    int64_t days = 0;
    uint32_t bits = 0;
    struct account *account = e->code ? NULL : own_account(c, e);
    if (!account)
        return false;
    if (!str_to_int64(days_text, &days) || days < 1 || days > 365)
        return err_set(e, ERR_INVALID, "days: from 1 to 365");
    for (size_t i = 0; i < scope.count; i++) {
        uint32_t one;
        if (!permissions_parse(str_of(scope.items[i]), &one, e))
            return false;
        bits |= one;
    }
    if (!bits)
        return err_set(e, ERR_INVALID, "scope: choose what the token may do");
    if (bits & ~c->permissions)
        return err_set(e, ERR_DENIED, "scope: a token may not do what you may not");
    struct op op;
    return token_op(c->site->env, c->arena, str_of(account->id), str_trim(label), bits, c->now_ms + days * MS_DAY, call_actor(c), c->step, &op, ret_text, e) &&
           submit(c, &op, e);
}

bool handle_self_token(struct call *c, struct err *e)
{
    char text[TOKEN_TEXT_SIZE];
    if (c->is_token)
        return err_set(e, ERR_DENIED, "a token cannot make tokens");
    if (!call_step_up(c))
        return true;
    if (!call_view(c, e))
        return false;
    if (!token_make(c, text, e))
        return self_refused(c, e);
    struct json *lines = json_array(c->arena);
    json_push_str(lines, arena_str(c->arena, str_of(text)));
    memory_wipe(text, sizeof(text));
    return show_once(c, "A new token", "This is the token. It is not shown again: only its digest is kept. Send it as the header Authorization: Bearer.", lines, e);
}

bool handle_self_token_revoke(struct call *c, struct err *e)
{
    struct str id = form_text(c, "id");
    struct op op;
    if (e->code)
        return false;
    token_revoke_op(c->site->env, c->arena, id, call_actor(c), &op);
    if (!submit(c, &op, e))
        return self_refused(c, e);
    return answer_done(c, json_object(c->arena), STR(HOME), e);
}
