#include "account/connect.h"
#include "os/ipc.h"

bool connect_ask(int fd, struct arena *a, const struct json *request, struct json **ret_answer, struct err *e)
{
    struct buf BUF_AUTO b;
    struct ipc_message answer;
    *ret_answer = NULL;
    buf_init(&b, CONNECT_BYTES_MAX);
    json_write(&b, request);
    if (b.full)
        return err_set(e, ERR_TOO_LARGE, "sign-in: a question of more than %d bytes", CONNECT_BYTES_MAX);
    struct str part = buf_view(&b);
    if (!ipc_send(fd, CONNECT_ASK, &part, 1, CONNECT_WAIT_MS, e) || !ipc_receive(fd, CONNECT_ANSWER_BYTES_MAX, CONNECT_WAIT_MS, &answer, NULL, e))
        return err_wrap(e, "connect");
    struct str text = arena_str(a, buf_view(&answer.body));
    buf_release(&answer.body);
    struct json *v = answer.type == CONNECT_ANSWER ? json_parse(a, text, JSON_LIMITS_DEFAULT, e) : NULL;
    if (!v)
        return err_set(e, ERR_CORRUPT, "connect: an answer that does not read");
    *ret_answer = v;
    int64_t code = json_int(v, "code", ERR_CORRUPT);
    return code == ERR_NONE || err_set(e, (enum err_code)code, "%.*s", STR_ARGS(json_text(v, "text")));
}

static bool answer_send(int fd, const struct json *answer, struct err *e)
{
    struct buf BUF_AUTO b;
    buf_init(&b, CONNECT_ANSWER_BYTES_MAX);
    json_write(&b, answer);
    if (b.full)
        return connect_refuse(fd, ERR_TOO_LARGE, "the peer says more than fits into an answer", e);
    struct str part = buf_view(&b);
    return ipc_send(fd, CONNECT_ANSWER, &part, 1, CONNECT_WAIT_MS, e);
}

bool connect_refuse(int fd, enum err_code code, const char *text, struct err *e)
{
    struct arena *a = arena_new("connect", 1 << 20);
    struct json *answer = json_object(a);
    json_put_int(answer, "code", code);
    json_put_cstr(answer, "text", text);
    bool ok = answer_send(fd, answer, e);
    arena_free(a);
    return ok;
}

static bool what_do(struct arena *a, const struct json *request, struct json *answer, struct err *e)
{
    struct str what = json_text(request, "what");
    if (str_is(what, "ldap"))
        return connect_ldap(a, request, answer, e);
    if (str_is(what, "people"))
        return connect_people(a, request, answer, e);
    if (str_is(what, "begin"))
        return connect_oidc_begin(a, request, answer, e);
    if (str_is(what, "end"))
        return connect_oidc_end(a, request, answer, e);
    return err_set(e, ERR_INVALID, "connect: no such question");
}

bool connect_answer(int fd, struct str text, struct err *e)
{
    struct arena *a = arena_new("connect", 128 << 20);
    struct err why = {0};
    struct json *answer = json_object(a), *request = json_parse(a, text, JSON_LIMITS_DEFAULT, &why);
    bool is_ok = request && what_do(a, request, answer, &why);
    json_put_int(answer, "code", is_ok ? ERR_NONE : why.code);
    json_put_str(answer, "text", arena_str(a, str_of(is_ok ? "" : why.text)));
    bool ok = answer_send(fd, answer, e);
    arena_free(a);
    return ok;
}
