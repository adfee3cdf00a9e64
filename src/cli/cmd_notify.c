/* cmd_notify.c - where notices go, and sending them now. */
#include "cli/open_view.h"
#include "notify/channel.h"
#include "os/file.h"
#include "role/duties_once.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { SECRET_FILE_MAX = 4096, CA_FILE_MAX = 40 << 10 };

static const struct cli_option options[] = {
    {"from", 0, "ADDRESS", "mail: who the messages come from"},
    {"user", 0, "NAME", "mail: sign in to the server as"},
    {"secret-file", 0, "FILE", "mail: the password; webhook: the key of the signature (its first line); kept sealed"},
    {"base-url", 0, "URL", "where the pages are, for the links in messages"},
    {"tls-ca", 0, "FILE", "authorities (PEM) that the server must be under; otherwise the system's"},
    {0},
};

static int submit(struct cli_context *c, struct op *op, const char *done)
{
    struct err e = {0};
    struct json *answer = NULL;
    struct keeper_client *k = keeper_open(c->data_dir, &e);
    op->kind = "notify.channel";
    op->actor = STR("local:admin");
    op_id_new(c->env, op->id);
    bool ok = k && keeper_submit(k, c->arena, op, &answer, &e) && keeper_flush(k, &e);
    keeper_close(k);
    if (!ok)
        return cli_fail(&e);
    return c->json ? cli_print_json(answer) : cli_print(arena_printf(c->arena, "%s, leaf %lld\n", done, (long long)json_int(answer, "leaf", -1)));
}

static int set(struct cli_context *c, const char *id, const char *url)
{
    struct err e = {0};
    struct op op = {.body = json_object(c->arena)};
    struct json *settings = json_object(c->arena);
    const char *secret = cli_option(c, "secret-file"), *ca = cli_option(c, "tls-ca");
    static const char *const copied[][2] = {{"from", "from"}, {"user", "user"}, {"base-url", "base"}};
    struct str text, line;
    json_put_cstr(settings, "url", url);
    for (size_t i = 0; i < 3; i++)
        if (cli_option(c, copied[i][0]))
            json_put_cstr(settings, copied[i][1], cli_option(c, copied[i][0]));
    if (ca && !cli_file_read(c, ca, CA_FILE_MAX, &text, &e))
        return cli_fail(&e);
    if (ca)
        json_put_str(settings, "ca", text);
    json_put_cstr(op.body, "id", id);
    json_put_cstr(op.body, "act", "set");
    json_put(op.body, "c", settings);
    if (!channel_check(str_of(id), settings, &e))
        return cli_fail(&e);
    if (secret && (!cli_file_read(c, secret, SECRET_FILE_MAX, &text, &e) || !str_next_line(&text, &line) ||
                   !op_blob_seal(c->env, c->arena, &op, "text/plain", line, &e)))
        return e.code ? cli_fail(&e) : cli_wrong_use(c, "--secret-file %.80s: it is empty", secret);
    return submit(c, &op, "notices go there");
}

static int drop(struct cli_context *c, const char *id)
{
    struct op op = {.body = json_object(c->arena)};
    json_put_cstr(op.body, "id", id);
    json_put_cstr(op.body, "act", "remove");
    return submit(c, &op, "removed");
}

static int list(struct cli_context *c)
{
    struct err e = {0};
    struct opened_view o = {0};
    struct channel channels[CHANNELS_MAX];
    size_t count;
    struct buf b BUF_AUTO;
    buf_init(&b, 1 << 20);
    if (!open_view(c, NULL, &o, &e))
        return cli_fail(&e);
    struct json *all = json_array(c->arena);
    bool ok = channels_load(o.view.db, c->arena, channels, &count, &e);
    for (size_t i = 0; ok && i < count; i++) {
        struct json *v = json_push_object(all);
        json_put_str(v, "id", channels[i].id);
        json_put(v, "settings", channels[i].settings);
        json_put_bool(v, "has_secret", channels[i].has_secret);
        buf_printf(&b, "%-20.*s %.*s%s\n", STR_ARGS(channels[i].id), STR_ARGS(json_text(channels[i].settings, "url")),
                   channels[i].has_secret ? "  (with a secret)" : "");
    }
    close_view(&o);
    if (!ok)
        return cli_fail(&e);
    if (c->json)
        return cli_print_json(all);
    return cli_print(count ? buf_view(&b) : STR("Nobody is told anything yet: assay notify mail smtp://HOST:587 --from ADDRESS\n"));
}

/* Today's digests, or a message that says that mail works. */
static int send_now(struct cli_context *c, const char *to)
{
    struct err e = {0};
    struct data_dir d = {.fd = -1};
    struct os_child post = OS_CHILD_NONE;
    struct notices_sent sent = {0};
    struct db *db = NULL;
    int post_fd = -1, hour;
    int64_t today;
    struct keeper_client *k = keeper_open(c->data_dir, &e);
    bool ok = k && post_start(&post, &post_fd, &e) && data_dir_open(&d, c->data_dir, &e) && (db = data_dir_projection(&d, &e)) &&
              local_date(db, env_now_ms(c->env), &today, &hour, &e) &&
              digests_send(k, &d, db, c->env, post_fd, today, str_of(to ? to : ""), &sent, &e);
    db_close(db);
    data_dir_close(&d);
    os_child_end(&post, 2000);
    keeper_close(k);
    if (!ok)
        return cli_fail(&e);
    if (to)
        return cli_print(arena_printf(c->arena, "sent to %s\n", to));
    if (sent.failed)
        fprintf(stderr, "assay: notify: %s\n", sent.why);
    int status = cli_print(arena_printf(c->arena, "%zu sent, %zu failed, %zu told earlier today\n", sent.sent, sent.failed, sent.kept));
    return sent.failed ? 3 : status;
}

static int run(struct cli_context *c)
{
    const char *what = c->arguments[0], *first = c->argument_count > 1 ? c->arguments[1] : NULL, *second = c->argument_count > 2 ? c->arguments[2] : NULL;
    if (strcmp(what, "list") == 0 && !first)
        return list(c);
    if (strcmp(what, "mail") == 0 && first && !second)
        return cli_option(c, "from") ? set(c, CHANNEL_MAIL, first) : cli_wrong_use(c, "mail wants --from ADDRESS");
    if (strcmp(what, "webhook") == 0 && first && second)
        return strcmp(first, CHANNEL_MAIL) == 0 ? cli_wrong_use(c, "\"mail\" is the mail server's name") : set(c, first, second);
    if (strcmp(what, "remove") == 0 && first && !second)
        return drop(c, first);
    if (strcmp(what, "test") == 0 && first && !second)
        return send_now(c, first);
    if (strcmp(what, "send") == 0 && !first)
        return send_now(c, NULL);
    return cli_wrong_use(c, "%.40s: list, mail URL, webhook NAME URL, remove NAME, test ADDRESS or send", what);
}

const struct cli_command cli_command_notify = {
    .name = "notify",
    .summary = "say where notices go (mail, webhooks), and send them now",
    .usage = "list | mail URL --from ADDRESS | webhook NAME URL | remove NAME | test ADDRESS | send",
    .example = "assay notify mail smtp://mail.example.org:587 --from assay@example.org --user assay --secret-file password",
    .options = options,
    .details = "Everybody with something due gets one digest a day, from eight in the morning where the organisation is. The secret stays sealed. A webhook gets\n"
               "the digest as JSON, signed in the header Assay-Signature: t=SECONDS,v1=HMAC-SHA-256 of \"SECONDS.BODY\".",
    .arguments_min = 1,
    .arguments_max = 3,
    .run = run,
};
