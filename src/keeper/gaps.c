/*
 * gaps.c - what the keeper tells of time: what a seal says beside the ledger's own words, and gaps.
 *
 * A gap is noticed when it is over, or at the heartbeat while it lasts; it becomes a leaf at once (ledger.md 2.4, 2.12):
 *   seal   since the newest seal more than twice the promised cadence has gone by: nobody was there to record anything.
 *   run    a scheduled run of a subject was due and did not come, for twice its interval.
 */
#include "keeper/process.h"
#include "os/clock.h"

enum { GAPS_AT_ONCE = 64 };

/* ---- what a seal says ---- */

static bool heads_add(struct keeper *k, struct db_row *row, struct err *e)
{
    struct sha256 hash;
    struct str bytes = db_bytes(row, 2);
    if (bytes.size != SHA256_SIZE)
        return err_set(e, ERR_CORRUPT, "projection: a leaf hash of %zu bytes", bytes.size);
    memcpy(hash.bytes, bytes.data, SHA256_SIZE);
    return stream_heads_set(k->heads, db_text(row, 0), db_int(row, 1), hash) || err_set(e, ERR_LIMIT, "stream heads: no memory");
}

static bool heads_load(struct keeper *k, struct err *e)
{
    struct err failed = {0};
    struct db *db = k->projection.db;
    k->heads = stream_heads_new();
    if (!k->heads)
        return err_set(e, ERR_LIMIT, "stream heads: no memory");
    DB_EACH (row, db, &failed, "select st, sq, hash from stream order by st")
        if (!failed.code && !heads_add(k, row, &failed))
            break;
    k->erased = failed.code ? 0 : db_one_int(db, &failed, 0, "select erased from seal_newest");
    k->erased += failed.code ? 0
                             : db_one_int(db, &failed, 0,
                                          "select count(*) from leaf where type='erased' and idx > (select coalesce(max(leaf), -1) from "
                                          "seal_newest)");
    return failed.code ? (*e = failed, false) : true;
}

/* The streams that moved on since the last seal. */
static bool heads_follow(struct keeper *k, struct err *e)
{
    struct err failed = {0};
    DB_EACH (row, k->projection.db, &failed, "select st, sq, hash, type from leaf where idx >= ?1 order by idx",
             A((int64_t)k->heads_next)) {
        k->erased += str_is(db_text(row, 3), "erased");
        if (!failed.code && !heads_add(k, row, &failed))
            break;
    }
    return failed.code ? (*e = failed, false) : true;
}

bool keeper_seal_facts(void *context, struct ledger_seal_facts *ret, struct err *e)
{
    struct keeper *k = context;
    struct blob_reader blobs = blob_store_reader(&k->store);
    struct err failed = {0};
    if (k->projection.next != ledger_size(k->ledger) && !projection_catch_up(&k->projection, k->ledger, &blobs, e))
        return false;
    bool ok = k->heads ? heads_follow(k, e) : heads_load(k, e);
    k->heads_next = k->projection.next;
    if (!ok || !stream_heads_root(k->heads, &ret->heads)) {
        k->heads = stream_heads_free(k->heads); /* half of it may have moved on */
        return ok ? err_set(e, ERR_LIMIT, "stream heads: no memory") : false;
    }
    struct clock_state clock = os_clock_state();
    ret->streams = stream_heads_count(k->heads);
    ret->erased = (uint64_t)k->erased;
    ret->clock_source = os_clock_source_name(clock.source);
    ret->clock_error_ms = clock.error_ms;
    /* What a server promised holds, also for commands beside and after it, until it was broken: the gap tells of that, and from
     * then on nothing is promised until the next server. */
    ret->every_ms = k->o->heartbeat_ms > 0 ? k->o->heartbeat_ms
                    : k->promise_broken    ? 0
                                           : db_one_int(k->projection.db, &failed, 0, "select every from seal_newest");
    return failed.code ? (*e = failed, false) : true;
}

bool keeper_beacon_load(struct keeper *k, struct err *e)
{
    struct err failed = {0};
    struct sha256 digest;
    struct arena *a = arena_new("beacon", 1 << 16);
    struct str text = db_one_text(a, k->projection.db, &failed, "select bea from seal_newest");
    if (text.size == 2 * SHA256_SIZE && hex_decode(text, digest.bytes, SHA256_SIZE))
        ledger_set_beacon(k->ledger, digest);
    arena_free(a);
    return failed.code ? (*e = failed, false) : true;
}

/* ---- gaps ---- */

struct noticed {
    const char *kind, *why;
    char subject[SUBJECT_TEXT_SIZE];
    int64_t from_ms, to_ms;
};

static bool seal_gap_look(struct keeper *k, bool is_start, struct noticed *ret, bool *ret_is_there, struct err *e)
{
    struct err failed = {0};
    const struct env *env = k->o->env;
    *ret_is_there = false;
    DB_EACH (row, k->projection.db, &failed, /* what a gap leaf tells of already is not told again */
             "select max(t, coalesce((select max(to_t) from gap where kind = 'seal'), 0)), mono, boot_id, every from seal_newest") {
        int64_t now_ms = env_now_ms(env), t = db_int(row, 0), every = db_int(row, 3);
        bool is_same_boot = str_is(db_text(row, 2), ledger_boot_id(k->ledger));
        bool is_clock = is_same_boot && env_monotonic_ms(env) - db_int(row, 1) <= 2 * every; /* the wall clock alone went on */
        *ret_is_there = every > 0 && now_ms - t > 2 * every;
        k->promise_broken = k->promise_broken || *ret_is_there;
        *ret = (struct noticed){.kind = "seal",
                                .why = is_clock       ? "clock"
                                       : !is_start    ? "stall"
                                       : is_same_boot ? "off"
                                                      : "restart",
                                .from_ms = t,
                                .to_ms = now_ms};
    }
    return failed.code ? (*e = failed, false) : true;
}

/* Runs that came too late (a hole that their leaf left), and, at the heartbeat, those that are still missing. */
static bool run_gaps_look(struct keeper *k, bool with_open, struct noticed *ret, size_t *ret_count, struct err *e)
{
    struct err failed = {0};
    int64_t now_ms = env_now_ms(k->o->env);
    *ret_count = 0;
    DB_EACH (row, k->projection.db, &failed,
             "select subject, hole_from, hole_to from schedule where hole_to > 0 union all "
             "select subject, seen_t + every, ?1 from schedule where ?2 and every > 0 and hole_to = 0 and noticed_t = 0 and "
             "?1 - seen_t > 2 * every limit ?3",
             A(now_ms), A((int64_t)with_open), A((int64_t)GAPS_AT_ONCE)) {
        struct noticed *n = &ret[(*ret_count)++];
        *n = (struct noticed){.kind = "run", .why = "missed", .from_ms = db_int(row, 1), .to_ms = db_int(row, 2)};
        snprintf(n->subject, sizeof(n->subject), "%.*s", STR_ARGS(str_slice(db_text(row, 0), 0, sizeof(n->subject) - 1)));
    }
    return failed.code ? (*e = failed, false) : true;
}

/* An operation of the keeper's own, in a batch of its own. */
static bool note_gap(struct keeper *k, const struct noticed *n, struct err *e)
{
    struct question q = {0};
    struct buf BUF_AUTO body;
    char text[200];
    buf_init(&body, 64 << 10);
    batch_start(k);
    struct op op = {.kind = "gap", .actor = STR("system:keeper"), .body = json_object(k->batch.arena)};
    snprintf(text, sizeof(text), "gap %s %s %lld %lld", n->kind, n->subject, (long long)n->from_ms, (long long)n->to_ms);
    op_id_of(str_of(text), op.id);
    json_put_cstr(op.body, "act", "notice");
    json_put_cstr(op.body, "kind", n->kind);
    json_put_cstr(op.body, "why", n->why);
    json_put_int(op.body, "from", n->from_ms);
    json_put_int(op.body, "to", n->to_ms);
    if (n->subject[0])
        json_put_cstr(op.body, "sub", n->subject);
    if (!wire_op_encode(&op, &body, e))
        return false;
    if (batch_operation(k, buf_view(&body), &q, e) == BATCH_BROKEN) {
        if (k->batch.is_in_transaction)
            db_rollback(k->projection.db);
        return false;
    }
    if (!batch_commit(k, e))
        return false;
    return q.answer_type != WIRE_ERROR || (wire_error_decode(q.answer, e), err_wrap(e, "note a gap"));
}

bool keeper_notice_gaps(struct keeper *k, bool is_start, bool with_open, struct err *e)
{
    struct noticed gaps[1 + GAPS_AT_ONCE];
    bool has_kind = false, has_seal = false;
    size_t count = 0;
    for (size_t i = 0; i < k->o->kind_count; i++)
        has_kind = has_kind || strcmp(k->o->kinds[i].kind, "gap") == 0;
    if (!has_kind)
        return true;
    if (!seal_gap_look(k, is_start, &gaps[0], &has_seal, e) || !run_gaps_look(k, with_open, &gaps[1], &count, e))
        return false;
    for (size_t i = has_seal ? 0 : 1; i <= count; i++)
        if (!note_gap(k, &gaps[i], e))
            return false;
    return true;
}
