#include "notify/post.h"

#include "crypto/crypto.h"
#include "os/http_client.h"
#include "os/ipc.h"
#include "os/mail_client.h"

bool post_ask(int fd, uint32_t type, const struct json *request, struct err *e)
{
    struct buf b BUF_AUTO;
    struct ipc_message answer;
    buf_init(&b, POST_BYTES_MAX);
    json_write(&b, request);
    if (b.full)
        return err_set(e, ERR_TOO_LARGE, "notice: larger than %d bytes", POST_BYTES_MAX);
    struct str part = buf_view(&b);
    if (!ipc_send(fd, type, &part, 1, POST_WAIT_MS, e) || !ipc_receive(fd, POST_BYTES_MAX, POST_WAIT_MS, &answer, NULL, e))
        return err_wrap(e, "post");
    struct arena *a = arena_new("post", POST_BYTES_MAX * 4);
    struct json *v = answer.type == POST_ANSWER ? json_parse(a, buf_view(&answer.body), JSON_LIMITS_DEFAULT, e) : NULL;
    int64_t code = json_int(v, "code", ERR_CORRUPT);
    bool ok = v && code == ERR_NONE;
    if (!ok)
        err_set(e, v ? (enum err_code)code : ERR_CORRUPT, "%.*s", STR_ARGS(v ? json_text(v, "text") : STR("post: an answer that does not read")));
    arena_free(a);
    buf_release(&answer.body);
    return ok;
}

static const char *text_of(struct arena *a, const struct json *v, const char *key)
{
    return arena_str(a, json_text(v, key)).data;
}

static bool mail_post(struct arena *a, const struct json *v, struct err *e)
{
    struct str user = json_text(v, "user");
    struct mail_server server = {.url = text_of(a, v, "url"), .user = user.size > 0 ? text_of(a, v, "user") : NULL, .password = text_of(a, v, "secret"),
                                 .ca_pem = json_text(v, "ca")};
    return mail_send(&server, text_of(a, v, "from"), text_of(a, v, "to"), json_text(v, "message"), e);
}

static bool hook_post(struct arena *a, const struct json *v, struct err *e)
{
    uint8_t mac[SHA256_SIZE];
    char hex[2 * SHA256_SIZE + 1];
    long long t = (long long)json_int(v, "t", 0);
    struct str body = json_text(v, "body");
    hmac_sha256(json_text(v, "secret"), arena_printf(a, "%lld.%.*s", t, STR_ARGS(body)), mac);
    hex_encode(mac, sizeof(mac), hex);
    struct http_client *client = http_client_new(e);
    struct http_answer answer = {0};
    struct http_call call = {.url = text_of(a, v, "url"), .content_type = "application/json", .body = body, .ca_pem = json_text(v, "ca"),
                             .header = arena_printf(a, "Assay-Signature: t=%lld,v1=%s", t, hex).data};
    bool ok = client && http_client_send(client, &call, &answer, e);
    if (ok && (answer.status < 200 || answer.status > 299))
        ok = err_set(e, answer.status == 401 || answer.status == 403 ? ERR_DENIED : ERR_UNAVAILABLE, "%s: answers %d", call.url, answer.status);
    http_answer_release(&answer);
    http_client_free(client);
    return ok;
}

static bool one_serve(int fd, struct arena *a, const struct ipc_message *m, struct err *e)
{
    struct err why = {0};
    struct json *v = json_parse(a, buf_view(&m->body), JSON_LIMITS_DEFAULT, &why);
    if (v && (m->type == POST_MAIL ? mail_post(a, v, &why) : m->type == POST_HOOK ? hook_post(a, v, &why) : err_set(&why, ERR_INVALID, "post: no such request")))
        why = (struct err){0};
    struct json *answer = json_object(a);
    struct buf b BUF_AUTO;
    buf_init(&b, POST_BYTES_MAX);
    json_put_int(answer, "code", why.code);
    json_put_cstr(answer, "text", why.code ? why.text : "");
    json_write(&b, answer);
    struct str part = buf_view(&b);
    return ipc_send(fd, POST_ANSWER, &part, 1, POST_WAIT_MS, e);
}

bool post_serve(int fd, struct err *e)
{
    for (;;) {
        struct ipc_message m;
        bool is_closed = false;
        if (!ipc_receive(fd, POST_BYTES_MAX, -1, &m, &is_closed, e))
            return is_closed;
        struct arena *a = arena_new("post", 8 * POST_BYTES_MAX);
        bool ok = one_serve(fd, a, &m, e);
        arena_free(a);
        buf_release(&m.body);
        if (!ok)
            return false;
    }
}
