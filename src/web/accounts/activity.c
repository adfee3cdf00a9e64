/* activity.c - what administrators did, from the ledger: Settings → Activity, for them and for the auditor. */
#include "ledger/ledger.h"
#include "web/accounts/accounts.h"

enum { ROWS_MAX = 100 };

static const char *const streams[] = {"account", "credential", "token", "role", "identity", "session", "parameter", "key", "erase", "hold", "anchor", "gap"};

struct entry {
    int64_t leaf, t;
    struct str stream, actor;
};

static int newer_first(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    return (x->leaf < y->leaf) - (x->leaf > y->leaf);
}

static bool is_known_stream(struct str stream)
{
    for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++)
        if (str_is(stream, streams[i]))
            return true;
    return false;
}

/* The newest of every stream, then the newest of these. */
static struct entry *entries_read(struct call *c, struct str stream, int64_t before, size_t *ret_count, struct err *e)
{
    struct entry *list = arena_array(c->arena, sizeof(streams) / sizeof(streams[0]) * (ROWS_MAX + 1), sizeof(*list));
    size_t n = 0;
    for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
        if (stream.size && !str_is(stream, streams[i]))
            continue;
        DB_EACH (row, c->view.db, e,
                 "select l.idx, l.t, l.st, coalesce(o.actor, l.actor, '') from leaf l left join actor o on o.pseudonym = l.actor"
                 " where l.st = ?1 and l.idx < ?2 and l.idx <= ?3 order by l.sq desc limit 101",
                 A(streams[i]), A(before), A(c->view.is_past ? c->view.leaf_limit : INT64_MAX))
            list[n++] = (struct entry){db_int(row, 0), db_int(row, 1), arena_str(c->arena, db_text(row, 2)), arena_str(c->arena, db_text(row, 3))};
    }
    qsort(list, n, sizeof(*list), newer_first);
    *ret_count = n;
    return list;
}

static struct str actor_words(struct call *c, struct str actor, struct err *e)
{
    struct str id = actor_account(actor);
    if (id.size == 0)
        return str_is(actor, "local:admin") ? STR("the local administrator") : str_starts(actor, "system:") ? STR("the program") : actor;
    struct str login = db_one_text(c->arena, c->view.db, e, "select login from account where id = ?1", A(id));
    return login.data ? login : actor;
}

static struct str account_words(struct call *c, struct str id, struct err *e)
{
    struct str login = db_one_text(c->arena, c->view.db, e, "select login from account where id = ?1", A(id));
    return login.data ? login : id;
}

static struct str list_words(struct call *c, const struct json *list)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 4096);
    JSON_EACH (item, list) {
        buf_cstr(&b, b.size ? ", " : "");
        buf_str(&b, item->text);
    }
    return arena_str(c->arena, buf_view(&b));
}

static struct str session_words(struct call *c, const struct json *leaf, struct err *e)
{
    static const struct {
        const char *act, *words;
    } acts[] = {{"sign_in", "signed in"},         {"sign_out", "signed out"},           {"second_factor", "gave the second factor"},
                {"end", "ended a session"},       {"link", "made a sign-in link for"}};
    struct str act = json_text(leaf, "act"), how = json_text(leaf, "how");
    if (str_is(act, "link"))
        return arena_printf(c->arena, "made a sign-in link for %.*s", STR_ARGS(account_words(c, json_text(leaf, "id"), e)));
    for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
        if (str_is(act, acts[i].act))
            return how.size ? arena_printf(c->arena, "%s (%.*s)", acts[i].words, STR_ARGS(how_words(c, arena_str(c->arena, how).data))) : str_of(acts[i].words);
    return act;
}

static const char *credential_words(struct str kind)
{
    return str_is(kind, "recovery") ? "recovery codes" : str_is(kind, "totp") ? "one-time codes" : str_is(kind, "passkey") ? "passkey"
           : str_is(kind, "password") ? "password" : "sign-in elsewhere";
}

static struct str account_leaf_words(struct call *c, const struct json *leaf, struct str type, struct err *e)
{
    struct str act = json_text(leaf, "act");
    if (str_is(type, "account"))
        return arena_printf(c->arena, "%s account %.*s: %.*s, roles %.*s", str_is(act, "add") ? "added" : "changed",
                            STR_ARGS(account_words(c, json_text(leaf, "id"), e)), STR_ARGS(json_text(leaf, "state")),
                            STR_ARGS(list_words(c, json_get(leaf, "roles"))));
    if (str_is(type, "credential") && str_is(act, "remove"))
        return arena_printf(c->arena, "took away %zu of the credentials of %.*s: %.*s", json_get(leaf, "ids") ? json_get(leaf, "ids")->count : 0,
                            STR_ARGS(account_words(c, json_text(leaf, "acct"), e)), STR_ARGS(json_text(leaf, "why")));
    if (str_is(type, "credential"))
        return arena_printf(c->arena, "new %s for %.*s", credential_words(json_text(leaf, "kind")), STR_ARGS(account_words(c, json_text(leaf, "acct"), e)));
    if (str_is(type, "token") && str_is(act, "revoke"))
        return arena_printf(c->arena, "revoked token %.*s", STR_ARGS(json_text(leaf, "id")));
    if (str_is(type, "token"))
        return arena_printf(c->arena, "made token %.*s for %.*s: %.*s", STR_ARGS(json_text(leaf, "id")),
                            STR_ARGS(account_words(c, json_text(leaf, "acct"), e)), STR_ARGS(list_words(c, json_get(leaf, "scope"))));
    struct str list = list_words(c, json_get(leaf, "permissions"));
    return list.size ? arena_printf(c->arena, "set role %.*s: %.*s", STR_ARGS(json_text(leaf, "id")), STR_ARGS(list))
                     : arena_printf(c->arena, "took role %.*s away", STR_ARGS(json_text(leaf, "id")));
}

static struct str leaf_words(struct call *c, const struct entry *entry, const struct json *leaf, struct err *e)
{
    struct str type = json_text(leaf, "type");
    if (str_is(type, "session"))
        return session_words(c, leaf, e);
    if (str_is(type, "account") || str_is(type, "credential") || str_is(type, "token") || str_is(type, "role"))
        return account_leaf_words(c, leaf, type, e);
    if (str_is(type, "parameter"))
        return arena_printf(c->arena, "set parameter %.*s to %.*s: %.*s", STR_ARGS(json_text(leaf, "id")), STR_ARGS(json_text(leaf, "val")),
                            STR_ARGS(json_text(leaf, "why")));
    if (str_is(type, "identity"))
        return arena_printf(c->arena, "%s %.*s, where people sign in elsewhere", str_is(json_text(leaf, "act"), "remove") ? "removed" : "set", STR_ARGS(json_text(leaf, "id")));
    const struct json *key = json_get(leaf, "key");
    if (key)
        return arena_printf(c->arena, "%.*s a key of role %.*s", STR_ARGS(json_text(key, "act")), STR_ARGS(json_text(key, "role")));
    return entry->stream;
}

/* Ten recovery codes are ten leaves; one line says it. */
static bool is_said_already(const struct json *leaf)
{
    return str_is(json_text(leaf, "type"), "credential") && str_is(json_text(leaf, "kind"), "recovery") && !json_bool(leaf, "first");
}

static bool put_entry(struct call *c, struct json *rows, const struct entry *entry, struct err *e)
{
    struct str bytes;
    struct leaf leaf = {0};
    struct err unread = {0};
    /* The newest second is not in the tiles yet: then only the stream is known. */
    bool is_read = c->view.ledger && ledger_reader_leaf(c->view.ledger, c->arena, (uint64_t)entry->leaf, &bytes, &unread) &&
                   leaf_parse(c->arena, bytes, &leaf, &unread);
    if (is_read && is_said_already(leaf.json))
        return true;
    struct json *o = json_push_object(rows);
    json_put_int(o, "leaf", entry->leaf);
    put_instant(c, o, "at", entry->t);
    json_put_str(o, "room", entry->stream);
    struct str by = is_read ? json_text(leaf.json, "by") : STR("");
    json_put_str(o, "who", actor_words(c, by.size ? by : entry->actor, e));
    json_put_str(o, "what", is_read ? leaf_words(c, entry, leaf.json, e) : entry->stream);
    json_put_str(o, "step", is_read ? how_words(c, arena_str(c->arena, json_text(leaf.json, "step")).data) : STR(""));
    return e->code == ERR_NONE;
}

bool handle_activity(struct call *c, struct err *e)
{
    struct json *v = room_view(c, "Activity", e);
    struct str stream, before_text;
    int64_t before = INT64_MAX;
    size_t count = 0;
    if (!v || !call_query(c, "room", &stream, e) || !call_query(c, "before", &before_text, e))
        return false;
    if ((stream.size && !is_known_stream(stream)) || (before_text.size && !str_to_int64(before_text, &before)))
        return err_set(e, ERR_INVALID, "room: one of the list; before: the number of a leaf");
    struct entry *list = entries_read(c, stream, before, &count, e);
    struct json *rows = json_put_array(v, "rows");
    size_t shown = count < ROWS_MAX ? count : ROWS_MAX;
    for (size_t i = 0; i < shown; i++)
        if (!put_entry(c, rows, &list[i], e))
            return false;
    struct json *rooms = json_put_array(v, "rooms");
    for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
        struct json *o = json_push_object(rooms);
        json_put_cstr(o, "id", streams[i]);
        json_put_bool(o, "is_current", str_is(stream, streams[i]));
    }
    json_put_str(v, "filter", stream);
    json_put_str(v, "older",
                 count > shown ? arena_printf(c->arena, "/settings/activity?room=%.*s&before=%lld", STR_ARGS(stream), (long long)list[shown - 1].leaf)
                               : STR(""));
    return !e->code && show_view(c, &page_kind_activity, v, 200, e);
}
