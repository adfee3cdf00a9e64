#include "notify/channel.h"

#include "os/http_client.h"
#include "os/mail_client.h"

enum { ID_MAX = 40, SETTING_MAX = 400, CA_MAX = 40 << 10 };

static bool id_check(struct str id, struct err *e)
{
    bool ok = id.size > 0 && id.size <= ID_MAX;
    for (size_t i = 0; ok && i < id.size; i++)
        ok = (id.data[i] >= 'a' && id.data[i] <= 'z') || (id.data[i] >= '0' && id.data[i] <= '9') || id.data[i] == '-';
    return ok || err_set(e, ERR_INVALID, "notify: a channel's name is of a-z, 0-9 and '-', at most %d", ID_MAX);
}

static bool url_is_safe(struct str url)
{
    return str_starts(url, "https://") || str_starts(url, "http://127.0.0.1") || str_starts(url, "http://[::1]") || str_starts(url, "http://localhost");
}

bool channel_check(struct str id, const struct json *settings, struct err *e)
{
    static const char *const known[] = {"url", "user", "from", "base", "ca"};
    struct str url = json_text(settings, "url"), base = json_text(settings, "base");
    bool is_mail = str_is(id, CHANNEL_MAIL);
    if (!id_check(id, e))
        return false;
    JSON_EACH (s, settings) {
        bool is_known = false;
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
            is_known = is_known || str_is(s->key, known[i]);
        bool is_ca = str_is(s->key, "ca");
        if (!is_known || s->type != JSON_STRING || s->text.size > (is_ca ? (size_t)CA_MAX : (size_t)SETTING_MAX))
            return err_set(e, ERR_INVALID, "notify: \"%.*s\" is no setting, or too long", STR_ARGS(str_slice(s->key, 0, 40)));
        for (size_t i = 0; !is_ca && i < s->text.size; i++)
            if ((uint8_t)s->text.data[i] < ' ')
                return err_set(e, ERR_INVALID, "notify: \"%.*s\" has a control character", STR_ARGS(s->key));
    }
    if (base.size > 0 && !http_client_url_check(base, e))
        return err_wrap(e, "notify: base");
    if (is_mail)
        return mail_url_check(url, e) && mail_address_check(json_text(settings, "from"), e);
    return http_client_url_check(url, e) &&
           (url_is_safe(url) || err_set(e, ERR_INVALID, "notify: a webhook's address begins with https:// (http:// only on this machine)"));
}

/* ---- notify.channel ---- */

static bool one_draft(struct arena *a, const struct op *op, struct json *body, struct leaf_drafts *ret)
{
    struct leaf_draft *draft = ARENA_NEW(a, struct leaf_draft);
    *draft = (struct leaf_draft){.type = "record", .stream = STR("notify"), .body = body, .blob_count = op->blob_count};
    *ret = (struct leaf_drafts){draft, 1};
    return true;
}

static bool channel_make(struct db *projection, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e)
{
    struct str id = json_text(op->body, "id"), act = json_text(op->body, "act");
    const struct json *settings = json_get(op->body, "c");
    bool is_set = str_is(act, "set");
    struct err inner = {0};
    int64_t count = db_one_int(projection, &inner, 0, "select count(*) from notify_channel");
    int64_t is_there = db_one_int(projection, &inner, 0, "select count(*) from notify_channel where id = ?1", A(id));
    if (inner.code)
        return (*e = inner, false);
    if (!is_set && !str_is(act, "remove"))
        return err_set(e, ERR_INVALID, "notify: act is set or remove");
    if (!is_set && !is_there)
        return err_set(e, ERR_NOT_FOUND, "notify %.*s: there is no such channel (assay notify list)", STR_ARGS(str_slice(id, 0, 60)));
    if (is_set && !channel_check(id, settings, e))
        return false;
    if (is_set && !is_there && count >= CHANNELS_MAX)
        return err_set(e, ERR_LIMIT, "notify: at most %d channels", CHANNELS_MAX);
    if (op->blob_count > 1 || (op->blob_count && (!is_set || op->blobs[0].plain_size > CHANNEL_SECRET_MAX)))
        return err_set(e, ERR_INVALID, "notify: one secret of at most %d bytes, with set", CHANNEL_SECRET_MAX);
    struct json *body = json_object(a);
    json_put_cstr(body, "type", "notify_channel");
    json_put_str(body, "id", id);
    json_put_str(body, "act", act);
    struct json *kept = is_set ? json_put_object(body, "c") : NULL;
    JSON_EACH (setting, is_set ? settings : NULL)
        json_put_str(kept, arena_str(a, setting->key).data, setting->text);
    return one_draft(a, op, body, ret);
}

static bool channel_apply(struct db *projection, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs, struct err *e)
{
    (void)blobs;
    struct str id = json_text(leaf->json, "id");
    const struct json *secret = json_at(json_get(leaf->json, "b"), 0);
    struct buf b BUF_AUTO;
    if (str_is(json_text(leaf->json, "act"), "remove"))
        return db_run(projection, e, "delete from notify_channel where id = ?1", A(id));
    buf_init(&b, 1 << 20);
    if (!json_get(leaf->json, "c") || !json_write_canonical(&b, json_get(leaf->json, "c"), e))
        return err_set(e, ERR_CORRUPT, "leaf %llu: a channel without settings", (unsigned long long)leaf->index);
    struct str settings = arena_str(a, buf_view(&b));
    if (!db_run(projection, e, "insert into notify_channel(id, leaf, t, settings) values(?1, ?2, ?3, ?4) on conflict(id) do update set settings = excluded.settings, t = excluded.t",
                A(id), A((int64_t)leaf->index), A(leaf->t), A(settings)))
        return false;
    return !secret || db_run(projection, e, "update notify_channel set leaf = ?2, secret_c = ?3, secret_x = ?4 where id = ?1", A(id), A((int64_t)leaf->index),
                             A(json_text(secret, "c")), A(json_text(secret, "x")));
}

const struct op_kind op_notify_channel = {.kind = "notify.channel", .leaf_type = "record", .make = channel_make, .apply = channel_apply};

bool channels_load(struct db *db, struct arena *a, struct channel ret[CHANNELS_MAX], size_t *ret_count, struct err *e)
{
    *ret_count = 0;
    DB_EACH (row, db, e, "select id, leaf, settings, secret_c, secret_x from notify_channel order by id") {
        if (*ret_count == CHANNELS_MAX)
            break;
        struct channel *c = &ret[(*ret_count)++];
        *c = (struct channel){.id = arena_str(a, db_text(row, 0)), .leaf = db_int(row, 1), .has_secret = !db_is_null(row, 3),
                              .c = arena_str(a, db_text(row, 3)), .x = arena_str(a, db_text(row, 4))};
        c->settings = json_parse(a, arena_str(a, db_text(row, 2)), JSON_LIMITS_DEFAULT, e);
        if (!c->settings)
            return false;
    }
    return e->code == ERR_NONE;
}

/* ---- notify.sent ---- */

static const char *const outcomes[] = {"sent", "denied", "timeout", "unavailable", "invalid"};

const char *channel_outcome(enum err_code code)
{
    return code == ERR_NONE ? outcomes[0] : code == ERR_DENIED ? outcomes[1] : code == ERR_TIMEOUT ? outcomes[2] : code == ERR_INVALID ? outcomes[4] : outcomes[3];
}

static bool sent_check(const struct json *v, struct err *e)
{
    struct str person = json_text(v, "id"), out = json_text(v, "out");
    bool ok = id_check(json_text(v, "ch"), e) && person.size > 0 && person.size <= 64 && json_text(v, "day").size == 10 && json_int(v, "items", -1) >= 0;
    for (size_t i = 0; ok && i < sizeof(outcomes) / sizeof(outcomes[0]); i++)
        if (str_is(out, outcomes[i]))
            return true;
    return err_set(e, ERR_INVALID, "notify.sent: needs id, day, ch, items, out");
}

static bool sent_make(struct db *projection, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e)
{
    static const char *const texts[] = {"id", "day", "ch", "out"};
    (void)projection;
    if (!sent_check(op->body, e))
        return false;
    if (op->blob_count)
        return err_set(e, ERR_INVALID, "notify.sent: takes no blobs");
    struct json *body = json_object(a);
    json_put_cstr(body, "type", "notify_sent");
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        json_put_str(body, texts[i], json_text(op->body, texts[i]));
    json_put_int(body, "items", json_int(op->body, "items", 0));
    return one_draft(a, op, body, ret);
}

static bool sent_apply(struct db *projection, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs, struct err *e)
{
    const struct json *v = leaf->json;
    (void)a, (void)blobs;
    return db_run(projection, e, "insert into notify_sent(person, day, channel, leaf, t, items, outcome) values(?1, ?2, ?3, ?4, ?5, ?6, ?7) "
                                 "on conflict(person, day, channel) do update set leaf = excluded.leaf, t = excluded.t, items = excluded.items, outcome = excluded.outcome",
                  A(json_text(v, "id")), A(json_text(v, "day")), A(json_text(v, "ch")), A((int64_t)leaf->index), A(leaf->t), A(json_int(v, "items", 0)),
                  A(json_text(v, "out")));
}

const struct op_kind op_notify_sent = {.kind = "notify.sent", .leaf_type = "record", .make = sent_make, .apply = sent_apply};
