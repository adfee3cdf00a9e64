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

/* The newest cosigned note so far; empty: none. */
static bool newest_note(struct keeper *k, struct buf *out, struct err *e)
{
    struct err missing = {0};
    if (k->anchor_note.size) {
        buf_str(out, buf_view(&k->anchor_note));
        return true;
    }
    if (anchor_log_newest(k->o->calls, k->private_fd, ANCHOR_LOG_FILE, out, &missing) ||
        os_file_read(k->o->calls, k->ledger_fd, ANCHOR_WITNESSED_FILE, out, &missing))
        return true;
    buf_clear(out);
    return missing.code == ERR_NOT_FOUND || (*e = missing, false);
}

/* What comes in is not kept when a larger checkpoint is cosigned already: who brings it asks again with the newest. */
static bool is_older(struct str note, struct str newest)
{
    struct checkpoint a, b;
    struct str text, lines;
    struct err ignored = {0};
    return newest.size && checkpoint_parse(note, &a, &text, &lines, &ignored) && checkpoint_parse(newest, &b, &text, &lines, &ignored) &&
           a.size < b.size;
}

static bool is_ahead_of_us(const struct policy_outcome *o, int64_t now_s, struct err *e)
{
    for (size_t i = 0; i < POLICY_WITNESSES_MAX; i++) /* kept, it would make every honest cosignature after it look older */
        if (o->is_cosigned[i] && (int64_t)o->witness_time_s[i] > now_s + CLOCK_SKEW_S)
            return err_set(e, ERR_CONFLICT, "a witness's clock is %lld s ahead of ours: its cosignature is not kept; set the clocks",
                           (long long)o->witness_time_s[i] - (long long)now_s),
                   true;
    return false;
}

/* Kept in the log of notes, which stays within its bounds; published where the policy is satisfied. */
static bool cosigned_store(struct keeper *k, struct buf *merged, bool is_satisfied, struct err *e)
{
    if (!anchor_log_append(k->o->calls, k->private_fd, ANCHOR_LOG_FILE, buf_view(merged), e) ||
        !anchor_log_trim(k->o->calls, k->private_fd, ANCHOR_LOG_FILE, ANCHOR_LOG_MAX, ANCHOR_LOG_KEPT, e))
        return false;
    buf_release(&k->anchor_note);
    k->anchor_note = *merged;
    buf_init(merged, 0);
    return !is_satisfied ||
           os_file_replace(k->o->calls, k->ledger_fd, ANCHOR_WITNESSED_FILE, buf_view(&k->anchor_note), 0644, e);
}

/* Each line is checked against the policy in force; what is not of it is left out. */
static struct json *take_cosigned(struct keeper *k, struct str note, struct err *e)
{
    struct arena *a = k->batch.arena;
    struct note_key log;
    struct buf BUF_AUTO older, BUF_AUTO merged;
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
    /* Of the same checkpoint the lines that are here already are kept. */
    if (!newest_note(k, &older, e) || !anchor_log_key(k->projection.db, note, &log, e) ||
        !anchor_note_merge(p, &log, note, buf_view(&older), &merged, &count, &has_new, e) ||
        !policy_evaluate(p, buf_view(&merged), NULL, &outcome, e) || is_ahead_of_us(&outcome, env_now_ms(k->o->env) / 1000, e))
        return NULL;
    bool is_behind = is_older(note, buf_view(&older)), is_satisfied = outcome.is_satisfied && count > 0;
    struct json *o = json_object(a);
    json_put_int(o, "count", (int64_t)count);
    json_put_bool(o, "satisfied", is_satisfied && !is_behind);
    json_put_bool(o, "new", has_new && !is_behind);
    json_put_bool(o, "older", is_behind);
    json_put_str(o, "note", arena_str(a, buf_view(&merged)));
    return !has_new || is_behind || cosigned_store(k, &merged, is_satisfied, e) ? o : NULL;
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
