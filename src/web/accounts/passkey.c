/* passkey.c - passkeys: what a page asks the browser, and what the browser's answer is worth (crypto/webauthn.h).
 *
 * An answer is JSON, its texts base64url: {"id","client","att"} of a new passkey, {"id","user","client","auth","sig"} of one at hand. */
#include "crypto/webauthn.h"
#include "web/accounts/accounts.h"
#include "web/accounts/challenge.h"

enum { PASSKEYS_MAX = 20 };

/* ---- asking ---- */

/* The name that passkeys are bound to: the host without its port. An address has none. */
static struct str rp_id(struct call *c)
{
    struct str host = c->request->host, name;
    if (str_starts(host, "["))
        return STR("");
    str_cut(&host, ':', &name);
    bool is_name = false;
    for (size_t i = 0; i < name.size; i++)
        is_name |= (name.data[i] >= 'a' && name.data[i] <= 'z') || (name.data[i] >= 'A' && name.data[i] <= 'Z');
    return is_name ? name : STR("");
}

static struct str about(struct call *c)
{
    return arena_printf(c->arena, "passkey %s", c->session.id);
}

static struct str challenge_text(struct call *c)
{
    uint8_t bytes[CHALLENGE_SIZE];
    challenge_make(c->site->challenges, c->site->env, about(c), bytes);
    return base64url_encode(c->arena, str_make(bytes, sizeof(bytes)));
}

struct passkey_list {
    struct call *c;
    struct buf ids;
    struct str wanted; /* id of the credential that answers, bytes */
    const struct credential *found;
    const struct json *secret;
};

static bool passkey_look(void *context, const struct credential *credential, struct err *e)
{
    struct passkey_list *list = context;
    struct str id;
    const struct json *secret = credential_secret(list->c, credential, e);
    if (!secret)
        return false;
    if (list->ids.size)
        buf_char(&list->ids, ' ');
    buf_str(&list->ids, json_text(secret, "cred"));
    if (base64url_decode(list->c->arena, json_text(secret, "cred"), &id) && list->wanted.size && str_equal(id, list->wanted)) {
        list->found = credential;
        list->secret = secret;
    }
    return true;
}

static bool ask(struct call *c, struct json *view, struct str account, bool is_new, struct err *e)
{
    struct passkey_list list = {.c = c};
    struct str rp = rp_id(c);
    buf_init(&list.ids, 64 << 10);
    bool is_ok = !account.size || credential_each(c->view.db, c->arena, account, "passkey", passkey_look, &list, e);
    bool is_wanted = is_ok && rp.size && (is_new || !account.size || list.ids.size);
    if (is_ok && !is_wanted)
        json_put_null(view, "passkey");
    if (is_wanted) {
        struct json *o = json_put_object(view, "passkey");
        uint8_t id[8];
        json_put_str(o, "challenge", challenge_text(c));
        json_put_str(o, "rp", rp);
        json_put_str(o, "ids", arena_str(c->arena, buf_view(&list.ids)));
        json_put_str(o, "user", hex_decode(account, id, sizeof(id)) ? base64url_encode(c->arena, str_make(id, sizeof(id))) : STR(""));
    }
    buf_release(&list.ids);
    return is_ok;
}

bool passkey_ask(struct call *c, struct json *view, struct str account, struct err *e)
{
    return ask(c, view, account, false, e);
}

bool passkey_ask_new(struct call *c, struct json *view, const struct account *account, struct err *e)
{
    return ask(c, view, str_of(account->id), true, e);
}

bool sign_in_page_more(struct call *c, struct json *view, struct err *e)
{
    return passkey_ask(c, view, STR(""), e);
}

/* ---- answers ---- */

/* The challenge that the browser says it answers: one of ours, for this session. What is signed is checked against it. */
static bool expect_read(struct call *c, struct str client, struct webauthn_expect *ret, struct err *e)
{
    struct err broken = {0};
    const struct json *v = json_parse(c->arena, client, (struct json_limits){.depth_max = 8, .nodes_max = 200}, &broken);
    struct str challenge;
    if (!base64url_decode(c->arena, json_text(v, "challenge"), &challenge) ||
        !challenge_is_good(c->site->challenges, c->site->env, about(c), challenge))
        return err_set(e, ERR_DENIED, "passkey: this took too long, or was sent before; load the page again");
    ret->challenge = challenge;
    ret->rp_id = rp_id(c);
    ret->origin = arena_printf(c->arena, "%s://%.*s", c->request->is_tls ? "https" : "http", STR_ARGS(c->request->host));
    return true;
}

static bool bytes_of(struct call *c, const struct json *answer, const char *name, struct str *ret, struct err *e)
{
    struct str text = json_text(answer, name);
    return (text.size && base64url_decode(c->arena, text, ret)) || err_set(e, ERR_DENIED, "passkey: the answer's %s is missing or broken", name);
}

static const struct json *answer_read(struct call *c, struct str text, struct err *e)
{
    struct err broken = {0};
    const struct json *answer = json_parse(c->arena, text, (struct json_limits){.depth_max = 4, .nodes_max = 50}, &broken);
    if (!answer || answer->type != JSON_OBJECT) {
        err_set(e, ERR_DENIED, "passkey: the answer is not JSON");
        return NULL;
    }
    return answer;
}

static bool answer_holds(struct call *c, struct str account, const struct json *answer, struct err *e)
{
    struct passkey_list list = {.c = c};
    struct webauthn_expect expect;
    struct str client, auth, signature, key;
    uint32_t counter;
    if (!bytes_of(c, answer, "id", &list.wanted, e) || !bytes_of(c, answer, "client", &client, e) || !bytes_of(c, answer, "auth", &auth, e) ||
        !bytes_of(c, answer, "sig", &signature, e) || !expect_read(c, client, &expect, e))
        return false;
    buf_init(&list.ids, 64 << 10);
    bool is_read = credential_each(c->view.db, c->arena, account, "passkey", passkey_look, &list, e);
    buf_release(&list.ids);
    if (!is_read)
        return false;
    if (!list.found || !base64url_decode(c->arena, json_text(list.secret, "key"), &key))
        return err_set(e, ERR_DENIED, "passkey: this account has no such passkey");
    if (!webauthn_sign_in(c->arena, &expect, key, client, auth, signature, &counter, e))
        return false;
    if (!challenge_use(c->site->challenges, c->site->env, about(c), expect.challenge))
        return err_set(e, ERR_DENIED, "passkey: this answer was sent before");
    /* An authenticator that counts never says a number twice: else there are two of it. */
    if (counter && !sessions_otp_use(c->site->sessions, list.found->id, counter))
        return err_set(e, ERR_DENIED, "passkey: its counter went back, as that of a copy would");
    return true;
}

bool passkey_is(struct call *c, struct str account, struct str answer, struct err *e)
{
    const struct json *v = answer_read(c, answer, e);
    return v && answer_holds(c, account, v, e);
}

struct account *passkey_account(struct call *c, struct str answer, struct err *e)
{
    const struct json *v = answer_read(c, answer, e);
    struct str user;
    char id[ACCOUNT_ID_SIZE];
    struct err missing = {0};
    if (!v || !bytes_of(c, v, "user", &user, e))
        return NULL;
    if (user.size != 8) {
        err_set(e, ERR_DENIED, "passkey: it names no account of ours");
        return NULL;
    }
    hex_encode(user.data, 8, id);
    struct account *account = account_get(c->view.db, c->arena, str_of(id), &missing);
    if (!account || !account_is_in_force(account, c->now_ms)) {
        err_set(e, ERR_DENIED, "passkey: its account is not there, or not in force");
        return NULL;
    }
    return answer_holds(c, str_of(account->id), v, e) ? account : NULL;
}

/* ---- a new one ---- */

static bool passkey_add(struct call *c, const struct account *account, struct err *e)
{
    struct str label = str_trim(form_text(c, "label")), client, attestation;
    struct webauthn_expect expect;
    struct webauthn_passkey passkey;
    const struct json *answer = answer_read(c, form_text(c, "passkey"), e);
    if (label.size == 0 || label.size > 100)
        return err_set(e, ERR_INVALID, "label: a name of at most 100 bytes is needed");
    if (!answer || !bytes_of(c, answer, "client", &client, e) || !bytes_of(c, answer, "att", &attestation, e) || !expect_read(c, client, &expect, e) ||
        !webauthn_register(c->arena, &expect, client, attestation, &passkey, e))
        return false;
    if (!challenge_use(c->site->challenges, c->site->env, about(c), expect.challenge))
        return err_set(e, ERR_DENIED, "passkey: this answer was sent before");
    if (credential_count(c->view.db, str_of(account->id), "passkey", e) >= PASSKEYS_MAX)
        return err_set(e, ERR_LIMIT, "passkey: at most %d; remove one first", PASSKEYS_MAX);
    struct json *secret = json_object(c->arena);
    json_put_str(secret, "label", label);
    json_put_str(secret, "cred", base64url_encode(c->arena, passkey.id));
    json_put_str(secret, "key", base64url_encode(c->arena, passkey.key));
    struct credential_new item = {"passkey", secret};
    struct op op;
    return credential_op(c->site->env, c->arena, str_of(account->id), &item, 1, call_actor(c), c->step, &op, e) && submit(c, &op, e) &&
           second_factor_added(c, account, "passkey", e);
}

bool handle_self_passkey(struct call *c, struct err *e)
{
    if (!only_people(c, e))
        return false;
    if (!call_step_up(c))
        return true;
    if (!call_view(c, e))
        return false;
    struct account *account = own_account(c, e);
    if (!account)
        return false;
    if (!passkey_add(c, account, e))
        return self_refused(c, e);
    return recovery_if_none(c, str_of(account->id), c->step, e);
}
