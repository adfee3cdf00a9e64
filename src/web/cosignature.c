/*
 * POST /log/cosignature: a witness that nobody can reach brings its cosignature by itself. The body is a checkpoint of this log with the
 * log's signature and cosignatures. Anybody may send one, so everything about it is checked here before the keeper, which alone
 * writes, hears of it: the log's signature, the policy in force, and that one of its witnesses says something newer than it said
 * before. What is public already, sent again, gets no further than this file.
 */
#include "keeper/kinds.h"
#include "ledger/anchor.h"
#include "web/site.h"

enum { CLOCK_SLACK_S = 300 };

/* What each witness said last, by key. `mutex` guards all of it. */
static struct {
    pthread_mutex_t mutex;
    struct {
        struct ed25519_public key;
        uint64_t time_s;
    } last[POLICY_WITNESSES_MAX];
    size_t count;
} heard = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static bool answer(struct call *c, int status, const char *text)
{
    *c->response = (struct http_response){
        .status = status, .type = "text/plain; charset=utf-8", .body = arena_printf(c->arena, "%s\n", text)};
    return true;
}

/* True if a witness of the policy is here with a later time than before; notes it where `keep`. A full table forgets the oldest. */
static bool is_news(const struct policy *p, const struct policy_outcome *o, bool keep)
{
    bool has_news = false;
    pthread_mutex_lock(&heard.mutex);
    for (size_t i = 0; i < p->witness_count; i++) {
        const struct note_key *key = &p->witnesses[i].key;
        size_t at = 0, oldest = 0;
        if (!o->is_cosigned[i])
            continue;
        for (; at < heard.count && memcmp(&heard.last[at].key, &key->public_key, sizeof(key->public_key)) != 0; at++)
            oldest = heard.last[at].time_s < heard.last[oldest].time_s ? at : oldest;
        has_news |= at == heard.count || o->witness_time_s[i] > heard.last[at].time_s;
        if (!keep)
            continue;
        if (at == heard.count && heard.count < POLICY_WITNESSES_MAX)
            heard.last[heard.count++].time_s = 0;
        at = at < heard.count ? at : oldest;
        heard.last[at].key = key->public_key;
        heard.last[at].time_s = o->witness_time_s[i];
    }
    pthread_mutex_unlock(&heard.mutex);
    return has_news;
}

/* Old ones are public and could be sent by anybody for ever. */
static bool is_of_now(const struct policy *p, const struct policy_outcome *o, int64_t now_s)
{
    for (size_t i = 0; i < p->witness_count; i++)
        if (o->is_cosigned[i] && (int64_t)o->witness_time_s[i] > now_s - CLOCK_SLACK_S && (int64_t)o->witness_time_s[i] < now_s + CLOCK_SLACK_S)
            return true;
    return false;
}

bool handle_cosignature(struct call *c, struct err *e)
{
    struct str note = c->request->body, text, lines;
    struct checkpoint head;
    struct note_key log;
    struct policy_outcome outcome;
    struct err why = {0};
    struct json *kept;
    if (c->request->query.size || !checkpoint_parse(note, &head, &text, &lines, &why))
        return answer(c, 400, "the body has to be a checkpoint with signatures (C2SP tlog-checkpoint, tlog-cosignature)");
    if (!call_view(c, e))
        return false;
    struct str policy = db_one_text(c->arena, c->view.db, e, "select text from anchor_policy order by leaf desc limit 1");
    const struct policy *p = policy.data ? policy_parse(c->arena, policy, &why) : NULL;
    if (e->code)
        return false;
    if (!p)
        return answer(c, 404, "this ledger has no witness policy");
    if (!anchor_log_key(c->view.db, note, &log, &why))
        return answer(c, 403, "this is no checkpoint that this ledger signed");
    if (!policy_evaluate(p, note, NULL, &outcome, &why) || outcome.cosigned_count == 0)
        return answer(c, 403, why.code ? "a cosignature does not hold" : "no witness of this ledger's policy cosigned it");
    if (!is_of_now(p, &outcome, c->now_ms / 1000))
        return answer(c, 403, "these cosignatures are not of now: more than five minutes from the clock here");
    if (!is_news(p, &outcome, false))
        return answer(c, 200, "known already");
    if (!keeper_link_cosigned(c->site->keeper, c->arena, note, &kept, e))
        return false;
    (void)is_news(p, &outcome, true);
    if (json_bool(kept, "older"))
        return answer(c, 409, "a larger checkpoint is cosigned already: cosign the newest");
    return answer(c, 200, json_bool(kept, "new") ? "kept" : "known already");
}
