#include "web/accounts/accounts.h"

bool passkey_ask(struct call *c, struct json *view, struct str account, struct err *e)
{
    (void)c, (void)account, (void)e;
    json_put_null(view, "passkey");
    return true;
}

bool passkey_ask_new(struct call *c, struct json *view, const struct account *account, struct err *e)
{
    (void)c, (void)account, (void)e;
    json_put_null(view, "passkey");
    return true;
}

bool passkey_is(struct call *c, struct str account, struct str answer, struct err *e)
{
    (void)c, (void)account, (void)answer;
    return err_set(e, ERR_DENIED, "no passkey");
}

bool sign_in_page_more(struct call *c, struct json *view, struct err *e)
{
    return passkey_ask(c, view, STR(""), e);
}

bool handle_self_passkey(struct call *c, struct err *e)
{
    (void)c;
    return err_set(e, ERR_UNSUPPORTED, "no passkeys yet");
}
