#include "notify/send.h"

#include "base/times.h"
#include "notify/channel.h"
#include "notify/digest.h"
#include "notify/message.h"
#include "notify/post.h"

#include <stdio.h>

#define BASE_DEFAULT "http://127.0.0.1:8420"

struct open_channel {
    struct channel channel;
    struct str secret, base;
};

static bool channel_open(const struct notices *n, struct arena *a, struct open_channel *o, struct err *e)
{
    o->base = json_text(o->channel.settings, "base");
    if (o->base.size == 0)
        o->base = STR(BASE_DEFAULT);
    if (!o->channel.has_secret)
        return true;
    return n->blobs->open(n->blobs->context, a, (uint64_t)o->channel.leaf, arena_str(a, o->channel.c).data, arena_str(a, o->channel.x).data, &o->secret, e) ||
           err_wrap(e, "notify %.*s: its secret", STR_ARGS(o->channel.id));
}

static bool mail_ask(const struct notices *n, struct arena *a, const struct open_channel *o, const struct message *m, struct err *e)
{
    static const char *const copied[] = {"url", "user", "from", "ca"};
    struct json *v = json_object(a);
    struct buf b BUF_AUTO;
    for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
        json_put_str(v, copied[i], json_text(o->channel.settings, copied[i]));
    buf_init(&b, POST_BYTES_MAX / 2);
    message_write(m, &b);
    json_put_str(v, "secret", o->secret);
    json_put_str(v, "to", m->to);
    json_put_str(v, "message", arena_str(a, buf_view(&b)));
    return post_ask(n->post_fd, POST_MAIL, v, e);
}

static bool digest_mail(const struct notices *n, struct arena *a, const struct open_channel *o, const struct digest *d, struct str day, struct err *e)
{
    struct buf text BUF_AUTO, subject BUF_AUTO;
    buf_init(&text, POST_BYTES_MAX / 4);
    buf_init(&subject, 1000);
    digest_write(d, n->today, o->base, &text, &subject);
    struct message m = {.from_name = STR("Assay"), .from = json_text(o->channel.settings, "from"), .to_name = d->name, .to = d->email,
                        .subject = buf_view(&subject), .text = buf_view(&text), .at_ms = env_now_ms(n->env),
                        .id = arena_printf(a, "digest.%.*s.%.*s", STR_ARGS(d->person), STR_ARGS(day))};
    return mail_ask(n, a, o, &m, e);
}

static bool digest_hook(const struct notices *n, struct arena *a, const struct open_channel *o, const struct digest *d, struct str day, struct err *e)
{
    struct json *body = json_object(a), *request = json_object(a);
    struct buf b BUF_AUTO;
    json_put_cstr(body, "kind", "digest");
    json_put_str(body, "day", day);
    json_put_str(body, "person", d->person);
    struct json *items = json_put_array(body, "items");
    for (size_t i = 0; i < d->item_count; i++) {
        const struct digest_item *item = &d->items[i];
        struct json *v = json_push_object(items);
        json_put_cstr(v, "type", item->type->id);
        json_put_str(v, "id", item->id);
        json_put_str(v, "title", item->title);
        json_put_str(v, "text", item->text);
        json_put_str(v, "due", day_text(a, item->due_day));
        json_put_int(v, "days_late", n->today - item->due_day);
        json_put_str(v, "url", arena_printf(a, "%.*s/records/%s/%.*s", STR_ARGS(o->base), item->type->id, STR_ARGS(item->id)));
    }
    buf_init(&b, POST_BYTES_MAX / 2);
    json_write(&b, body);
    json_put_str(request, "url", json_text(o->channel.settings, "url"));
    json_put_str(request, "ca", json_text(o->channel.settings, "ca"));
    json_put_str(request, "secret", o->secret);
    json_put_str(request, "body", arena_str(a, buf_view(&b)));
    json_put_int(request, "t", env_now_ms(n->env) / MS_SECOND);
    return post_ask(n->post_fd, POST_HOOK, request, e);
}

static bool outcome_record(const struct notices *n, struct arena *a, const struct open_channel *o, const struct digest *d, struct str day, const char *outcome,
                           struct err *e)
{
    struct op op = {.kind = "notify.sent", .actor = STR("system:schedule"), .body = json_object(a)};
    struct json *answer;
    op_id_of(arena_printf(a, "notify/%.*s/%.*s/%.*s/%s", STR_ARGS(o->channel.id), STR_ARGS(d->person), STR_ARGS(day), outcome), op.id);
    json_put_str(op.body, "id", d->person);
    json_put_str(op.body, "day", day);
    json_put_str(op.body, "ch", o->channel.id);
    json_put_cstr(op.body, "out", outcome);
    json_put_int(op.body, "items", (int64_t)(d->item_count + d->more_count));
    return keeper_submit(n->keeper, a, &op, &answer, e);
}

static bool one_send(const struct notices *n, struct arena *a, const struct open_channel *o, const struct digest *d, struct str day, struct notices_sent *ret,
                     struct err *e)
{
    struct err why = {0};
    struct str earlier = db_one_text(a, n->db, e, "select outcome from notify_sent where person = ?1 and day = ?2 and channel = ?3", A(d->person), A(day), A(o->channel.id));
    if (e->code)
        return false;
    if (str_is(earlier, "sent")) {
        ret->kept++;
        return true;
    }
    bool is_sent = str_is(o->channel.id, CHANNEL_MAIL) ? digest_mail(n, a, o, d, day, &why) : digest_hook(n, a, o, d, day, &why);
    ret->sent += is_sent;
    ret->failed += !is_sent;
    if (!is_sent && ret->why[0] == '\0')
        snprintf(ret->why, sizeof(ret->why), "%.*s: %.250s", STR_ARGS(o->channel.id), why.text);
    return outcome_record(n, a, o, d, day, channel_outcome(is_sent ? ERR_NONE : why.code), e);
}

bool notices_send(const struct notices *n, struct arena *a, struct notices_sent *ret, struct err *e)
{
    struct channel channels[CHANNELS_MAX];
    struct digest *digests;
    size_t channel_count, digest_count;
    *ret = (struct notices_sent){0};
    if (!channels_load(n->db, a, channels, &channel_count, e))
        return false;
    if (channel_count == 0)
        return true;
    if (!digests_due(n->db, a, n->types, n->type_count, n->today, &digests, &digest_count, e))
        return false;
    struct str day = day_text(a, n->today);
    for (size_t i = 0; i < channel_count; i++) {
        struct open_channel o = {.channel = channels[i]};
        if (digest_count > 0 && !channel_open(n, a, &o, e))
            return false;
        for (size_t k = 0; k < digest_count; k++)
            if (!one_send(n, a, &o, &digests[k], day, ret, e))
                return false;
    }
    return true;
}

static bool mail_try(const struct notices *n, struct arena *a, const struct open_channel *o, struct str to, struct err *e)
{
    struct message m = {.from_name = STR("Assay"), .from = json_text(o->channel.settings, "from"), .to = to, .subject = STR("Mail from Assay works"),
                        .text = STR("This is a test. Digests of what is due will come from this address.\n"), .at_ms = env_now_ms(n->env),
                        .id = arena_printf(a, "test.%lld", (long long)env_now_ms(n->env))};
    return mail_ask(n, a, o, &m, e);
}

bool notices_try(const struct notices *n, struct arena *a, struct str to, struct err *e)
{
    struct channel channels[CHANNELS_MAX];
    size_t count;
    if (!channels_load(n->db, a, channels, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct open_channel o = {.channel = channels[i]};
        if (str_is(o.channel.id, CHANNEL_MAIL))
            return channel_open(n, a, &o, e) && mail_try(n, a, &o, to, e);
    }
    return err_set(e, ERR_NOT_FOUND, "notify: no mail server is set (assay notify mail URL --from ADDRESS)");
}

/* ---- tests that somebody asked for in the pages ---- */

static bool hook_try(const struct notices *n, struct arena *a, const struct open_channel *o, struct err *e)
{
    struct json *request = json_object(a);
    json_put_str(request, "url", json_text(o->channel.settings, "url"));
    json_put_str(request, "ca", json_text(o->channel.settings, "ca"));
    json_put_str(request, "secret", o->secret);
    json_put_cstr(request, "body", "{\"kind\":\"test\",\"text\":\"This is a test. Digests of what is due will come to this address.\"}");
    json_put_int(request, "t", env_now_ms(n->env) / MS_SECOND);
    return post_ask(n->post_fd, POST_HOOK, request, e);
}

/* Who asked gets it; somebody without an address, or no account at all: the address that the digests come from. */
static bool trial_send(const struct notices *n, struct arena *a, struct open_channel *o, struct str actor, struct err *e)
{
    struct str to = {0};
    if (!channel_open(n, a, o, e))
        return false;
    if (!str_is(o->channel.id, CHANNEL_MAIL))
        return hook_try(n, a, o, e);
    if (str_starts(actor, "account:"))
        to = db_one_text(a, n->db, e, "select email from account where id = ?1", A(str_slice(actor, 8, actor.size)));
    return e->code == ERR_NONE && mail_try(n, a, o, to.size > 0 ? to : json_text(o->channel.settings, "from"), e);
}

static bool tried_record(const struct notices *n, struct arena *a, int64_t of, const char *outcome, struct err *e)
{
    struct op op = {.kind = "notify.tried", .actor = STR("system:schedule"), .body = json_object(a)};
    struct json *answer;
    op_id_of(arena_printf(a, "notify/tried/%lld", (long long)of), op.id);
    json_put_int(op.body, "of", of);
    json_put_cstr(op.body, "out", outcome);
    return keeper_submit(n->keeper, a, &op, &answer, e);
}

bool trials_send(const struct notices *n, struct arena *a, struct err *e)
{
    struct channel channels[CHANNELS_MAX];
    struct {
        int64_t leaf;
        struct str channel, actor;
    } waiting[CHANNELS_MAX];
    size_t count, waiting_count = 0;
    struct err inner = {0};
    DB_EACH (row, n->db, &inner, "select leaf, channel, actor from notify_trial where outcome is null order by leaf limit ?1", A((int64_t)CHANNELS_MAX)) {
        waiting[waiting_count].leaf = db_int(row, 0);
        waiting[waiting_count].channel = arena_str(a, db_text(row, 1));
        waiting[waiting_count++].actor = arena_str(a, db_text(row, 2));
    }
    if (inner.code)
        return *e = inner, false;
    if (waiting_count == 0 || !channels_load(n->db, a, channels, &count, e))
        return waiting_count == 0;
    for (size_t i = 0; i < waiting_count; i++) {
        struct err why = {.code = ERR_INVALID}; /* the channel is gone by now */
        for (size_t k = 0; k < count; k++) {
            struct open_channel o = {.channel = channels[k]};
            if (str_equal(o.channel.id, waiting[i].channel) && (why = (struct err){0}, trial_send(n, a, &o, waiting[i].actor, &why)))
                why.code = ERR_NONE;
        }
        if (!tried_record(n, a, waiting[i].leaf, channel_outcome(why.code), e))
            return false;
    }
    return true;
}
