/* anchor_store.c - the keeper and its anchors: tells the process that asks outside whom to ask, and keeps what it brings back. */
#include "base/cursor.h"
#include "keeper/kinds.h"
#include "keeper/process.h"
#include "ledger/anchor.h"
#include <fcntl.h>
#include <unistd.h>

enum { CLOCK_SKEW_S = 300 }; /* as verify allows */

static struct json *authorities_json(struct keeper *k, struct json *o, struct err *e)
{
    struct arena *a = k->batch.arena;
    struct json *list = json_put_array(o, "tsas");
    DB_EACH (row, k->projection.db, e,
             "select name, leaf, url, ca, every_ms, coalesce((select max(at) from anchor where kind='tst' and name=anchor_tsa.name and"
             " leaf > anchor_tsa.leaf), 0) from anchor_tsa order by name") {
        struct json *tsa = json_push_object(list);
        json_put_str(tsa, "name", arena_str(a, db_text(row, 0)));
        json_put_int(tsa, "leaf", db_int(row, 1));
        json_put_str(tsa, "url", arena_str(a, db_text(row, 2)));
        json_put_str(tsa, "ca", arena_str(a, db_text(row, 3)));
        json_put_int(tsa, "every", db_int(row, 4));
        json_put_int(tsa, "at", db_int(row, 5));
    }
    return e->code ? NULL : o;
}

static struct json *whom_to_ask(struct keeper *k, struct err *e)
{
    struct arena *a = k->batch.arena;
    struct json *o = json_object(a);
    int64_t policy_leaf = -1;
    DB_EACH (row, k->projection.db, e, "select leaf, text from anchor_policy order by leaf desc limit 1") {
        json_put_str(o, "policy", arena_str(a, db_text(row, 1)));
        policy_leaf = db_int(row, 0);
    }
    json_put_int(o, "policy_leaf", policy_leaf);
    json_put_int(o, "cosig_at", db_one_int(k->projection.db, e, 0, "select coalesce(max(t), 0) from anchor where kind='cosig'"));
    struct json *log = json_put_array(o, "log");
    DB_EACH (row, k->projection.db, e, "select vkey from ledger_key where role='log' order by leaf desc")
        json_push_str(log, arena_str(a, db_text(row, 0)));
    json_put_bool(o, "fork", faccessat(k->private_fd, ANCHOR_FORK_FILE, F_OK, 0) == 0);
    return e->code ? NULL : authorities_json(k, o, e);
}

/* Each line is checked against the policy in force; what is not of it is left out. */
static struct json *take_cosigned(struct keeper *k, struct str note, struct err *e)
{
    struct arena *a = k->batch.arena;
    struct note_key log;
    struct buf BUF_AUTO older, merged;
    struct err missing = {0};
    struct policy_outcome outcome;
    size_t count;
    bool has_new;
    buf_init(&older, ANCHOR_NOTE_BYTES_MAX);
    buf_init(&merged, ANCHOR_NOTE_BYTES_MAX);
    struct str text = db_one_text(a, k->projection.db, e, "select text from anchor_policy order by leaf desc limit 1");
    if (e->code)
        return NULL;
    const struct policy *p = text.data ? policy_parse(a, text, e) : NULL;
    if (!p) {
        if (!e->code)
            err_set(e, ERR_NOT_FOUND, "cosigned note: no policy is set");
        return NULL;
    }
    /* The newest note so far: of the same checkpoint its lines are kept. */
    if (k->anchor_note.size)
        buf_str(&older, buf_view(&k->anchor_note));
    else if (!os_file_read(k->o->calls, k->ledger_fd, ANCHOR_WITNESSED_FILE, &older, &missing))
        buf_clear(&older);
    if (!anchor_log_key(k->projection.db, note, &log, e) ||
        !anchor_note_merge(p, &log, note, buf_view(&older), &merged, &count, &has_new, e) ||
        !policy_evaluate(p, buf_view(&merged), NULL, &outcome, e))
        return NULL;
    for (size_t i = 0; i < POLICY_WITNESSES_MAX; i++) /* kept, it would make every honest cosignature after it look older */
        if (outcome.is_cosigned[i] && (int64_t)outcome.witness_time_s[i] > env_now_ms(k->o->env) / 1000 + CLOCK_SKEW_S) {
            err_set(e, ERR_CONFLICT, "a witness's clock is %lld s ahead of ours: its cosignature is not kept; set the clocks",
                    (long long)outcome.witness_time_s[i] - (long long)(env_now_ms(k->o->env) / 1000));
            return NULL;
        }
    struct json *o = json_object(a);
    json_put_int(o, "count", (int64_t)count);
    json_put_bool(o, "satisfied", outcome.is_satisfied && count > 0);
    json_put_bool(o, "new", has_new);
    json_put_str(o, "note", arena_str(a, buf_view(&merged)));
    if (!has_new)
        return o;
    if (!anchor_log_append(k->o->calls, k->private_fd, ANCHOR_LOG_FILE, buf_view(&merged), e))
        return NULL;
    buf_release(&k->anchor_note);
    k->anchor_note = merged;
    buf_init(&merged, 0);
    if (outcome.is_satisfied && count > 0 &&
        !os_file_replace(k->o->calls, k->ledger_fd, ANCHOR_WITNESSED_FILE, buf_view(&k->anchor_note), 0644, e))
        return NULL;
    return o;
}

/* Two notes that cannot both be of one history are kept for good, whatever else happens. */
static bool take_fork(struct keeper *k, struct str body, struct err *e)
{
    struct cursor c = cursor_of(body);
    struct str theirs = cursor_take(&c, cursor_u32be(&c)), ours = cursor_take(&c, cursor_u32be(&c));
    if (c.failed || !cursor_at_end(&c) || theirs.size == 0 || theirs.size > ANCHOR_NOTE_BYTES_MAX || ours.size > ANCHOR_NOTE_BYTES_MAX)
        return err_set(e, ERR_INVALID, "fork evidence: not two notes");
    return anchor_log_append(k->o->calls, k->private_fd, ANCHOR_FORK_FILE, theirs, e) &&
           anchor_log_append(k->o->calls, k->private_fd, ANCHOR_FORK_FILE, ours, e);
}

void keeper_answer_anchor(struct keeper *k, struct question *q)
{
    enum { STATUS_BYTES_MAX = 256 << 10 };
    struct err e = {0};
    struct str body = q->answer;
    struct json *answer = json_object(k->batch.arena);
    if (q->type == WIRE_ANCHORS)
        answer = whom_to_ask(k, &e);
    else if (q->type == WIRE_COSIGNED)
        answer = take_cosigned(k, body, &e);
    else if (q->type == WIRE_FORK && !take_fork(k, body, &e))
        answer = NULL;
    else if (q->type == WIRE_ANCHOR_STATUS &&
             (body.size > STATUS_BYTES_MAX || !json_parse(k->batch.arena, body, JSON_LIMITS_DEFAULT, &e) ||
              !os_file_replace(k->o->calls, k->private_fd, ANCHOR_STATUS_FILE, body, 0600, &e)))
        answer = NULL;
    if (answer)
        question_answer_json(k, q, answer);
    else
        question_fail(k, q, e.code ? &e : &(struct err){.code = ERR_TOO_LARGE, .text = "anchor status: too large"});
}
