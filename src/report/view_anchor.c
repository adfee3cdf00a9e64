/* view_anchor.c - what ties the ledger to the world outside: who vouches for it, how far, and how long ago. */
#include "report/view_internal.h"

#include "keeper/data_dir.h"
#include "keeper/keeper.h"
#include "os/file.h"
#include "report/anchored.h"

enum { STATUS_BYTES_MAX = 256 << 10, LATE_MS = 3 * 60 * 1000 };

/* A small file of the keeper's; empty where it cannot be read. */
static struct str file_of(struct view *v, const char *path)
{
    struct err ignored = {0};
    struct buf BUF_AUTO bytes;
    buf_init(&bytes, STATUS_BYTES_MAX);
    bool is_read = os_file_read(&os_file_real, v->data->fd, path, &bytes, &ignored);
    return is_read ? arena_str(v->arena, buf_view(&bytes)) : STR("");
}

/* What the keeper keeps beside the projection: how it goes with those who are asked, and the newest note they vouch for. Not looked
 * at where nobody is asked. */
static bool known_read(struct view *v, struct anchored *ret, struct json **ret_status, struct err *e)
{
    struct str text = db_one_text(v->arena, v->db, e, "select text from anchor_policy where leaf <= ?1 order by leaf desc limit 1",
                                  A(v->leaf_limit));
    bool is_set_up = text.data || db_one_int(v->db, e, 0, "select count(*) from anchor_tsa") > 0;
    bool can_look = is_set_up && !v->is_past && v->data;
    char path[DATA_DIR_LEDGER_SIZE + 40], ledger[DATA_DIR_LEDGER_SIZE];
    struct str note = {0};
    struct err ignored = {0};
    *ret_status = NULL;
    if (e->code)
        return false;
    if (can_look) {
        struct str status = file_of(v, "private/" ANCHOR_STATUS_FILE);
        *ret_status = status.size ? json_parse(v->arena, status, JSON_LIMITS_DEFAULT, &ignored) : NULL;
        data_dir_ledger_path(v->data, ledger);
        snprintf(path, sizeof(path), "%s/checkpoint.witnessed", ledger);
        note = text.data ? file_of(v, path) : note;
    }
    *ret = anchored_read(v->arena, text.data ? text : STR(""), note);
    return true;
}

static const struct json *state_of(const struct json *status, const char *list, struct str name)
{
    JSON_EACH (peer, json_get(status, list))
        if (str_equal(json_text(peer, "name"), name))
            return peer;
    return NULL;
}

/* ok and slow are told by what came last; a peer that nobody has asked yet is unknown. */
static void peer_put(struct view *v, struct json *o, const struct json *peer)
{
    int64_t asked_ms = json_int(peer, "asked_at", 0), says_ms = json_int(peer, "says", 0), last_ms = asked_ms > says_ms ? asked_ms : says_ms;
    struct str state = json_text(peer, "state");
    /* No server runs, so nobody asks. A contradiction stays one. */
    bool is_old = last_ms && !str_is(state, "fork") && v->now_ms - last_ms > json_int(peer, "every", 0) + LATE_MS;
    state = is_old ? STR("old") : state;
    enum result_status s = str_is(state, "ok") ? RESULT_PASS : str_is(state, "fork") ? RESULT_FAIL : RESULT_UNKNOWN;
    const char *words = str_is(state, "ok")     ? "Answers"
                        : str_is(state, "fork") ? "Contradicts this ledger"
                        : str_is(state, "slow") ? "Has not answered yet"
                        : str_is(state, "down") ? "Does not answer"
                        : is_old                ? "Not asked lately"
                                                : "Not asked yet";
    put_status_as(o, s, words);
    json_put_str(o, "why", json_text(peer, "why"));
    put_time(v, o, "last", json_int(peer, "says", 0));
    put_time(v, o, "asked", json_int(peer, "asked_at", 0));
    json_put_int(o, "leaves", json_int(peer, "size", 0));
}

/* A witness without an address, which comes by itself (assay witness --poll): what its newest line says. */
static void caller_put(struct view *v, struct json *o, const struct anchored_witness *witness, uint64_t leaves)
{
    bool is_here = witness->cosigned_ms > 0, is_old = is_here && v->now_ms - witness->cosigned_ms > LATE_MS;
    put_status_as(o, is_here && !is_old ? RESULT_PASS : RESULT_UNKNOWN, !is_here ? "Has not come yet" : is_old ? "Has not come lately" : "Comes by itself");
    json_put_cstr(o, "why", is_here ? "" : "the policy gives no address to ask it at: it has to come by itself");
    put_time(v, o, "last", witness->cosigned_ms);
    put_time(v, o, "asked", 0);
    json_put_int(o, "leaves", is_here ? (int64_t)leaves : 0);
}

static void witnesses_put(struct view *v, struct json *page, const struct anchored *w, const struct json *status)
{
    struct json *list = json_put_array(page, "witnesses");
    for (size_t i = 0; i < w->witness_count; i++) {
        const struct anchored_witness *witness = &w->witnesses[i];
        struct json *o = json_push_object(list);
        json_put_str(o, "name", witness->name);
        json_put_str(o, "key", witness->key);
        json_put_str(o, "address", witness->url);
        if (witness->url.size) {
            peer_put(v, o, state_of(status, "witnesses", witness->name));
            continue;
        }
        caller_put(v, o, witness, w->leaves);
    }
}

static bool authorities_put(struct view *v, struct json *page, const struct json *status, struct err *e)
{
    struct json *list = json_put_array(page, "authorities");
    DB_EACH (row, v->db, e, "select name, url, every_ms, (select count(*) from anchor where kind='tst' and anchor.name=anchor_tsa.name)"
                            " from anchor_tsa where leaf <= ?1 order by name", A(v->leaf_limit)) {
        struct json *o = json_push_object(list);
        struct str name = arena_str(v->arena, db_text(row, 0));
        char every[TIME_TEXT_SIZE];
        json_put_str(o, "name", name);
        json_put_str(o, "address", arena_str(v->arena, db_text(row, 1)));
        json_put_str(o, "every", arena_printf(v->arena, "%s", duration_format(db_int(row, 2), every)));
        json_put_int(o, "every_ms", db_int(row, 2));
        json_put_int(o, "stamps", db_int(row, 3));
        peer_put(v, o, state_of(status, "authorities", name));
    }
    return e->code == ERR_NONE;
}

/* The newest time stamp. */
static bool stamped_put(struct view *v, struct json *page, int64_t *ret_at_ms, struct err *e)
{
    struct json *o = NULL;
    *ret_at_ms = 0;
    DB_EACH (row, v->db, e, "select leaf, name, size, at from anchor where kind='tst' and leaf <= ?1 order by at desc limit 1", A(v->leaf_limit)) {
        o = json_put_object(page, "stamped");
        json_put_int(o, "leaf", db_int(row, 0));
        json_put_str(o, "by", arena_str(v->arena, db_text(row, 1)));
        json_put_int(o, "leaves", db_int(row, 2));
        put_time(v, o, "at", db_int(row, 3));
        *ret_at_ms = db_int(row, 3);
    }
    if (!o)
        json_put_null(page, "stamped");
    return e->code == ERR_NONE;
}

static void witnessed_put(struct view *v, struct json *page, const struct anchored *w)
{
    if (!w->holds) {
        json_put_null(page, "witnessed");
        return;
    }
    struct json *o = json_put_object(page, "witnessed");
    json_put_int(o, "leaves", (int64_t)w->leaves);
    json_put_int(o, "count", (int64_t)w->cosigned_count);
    json_put_int(o, "of", (int64_t)w->witness_count);
    put_time(v, o, "at", w->at_ms);
}

/* How long nobody outside has vouched for what is recorded, and what that means. */
static void lag_put(struct view *v, struct json *page, const struct anchored *w, int64_t stamped_ms, bool is_forked)
{
    const struct json *authorities = json_get(page, "authorities");
    int64_t witnessed_ms = w->holds ? w->at_ms : 0, every_ms = 0;
    int64_t anchored_ms = witnessed_ms > stamped_ms ? witnessed_ms : stamped_ms;
    bool has_witnesses = w->witness_count > 0, is_set_up = has_witnesses || authorities->count > 0;
    JSON_EACH (tsa, authorities)
        if (every_ms == 0 || json_int(tsa, "every_ms", 0) < every_ms)
            every_ms = json_int(tsa, "every_ms", 0);
    int64_t lag_ms = anchored_ms ? (v->at_ms > anchored_ms ? v->at_ms - anchored_ms : 0) : -1;
    int64_t allowed_ms = has_witnesses ? LATE_MS : 2 * every_ms;
    bool is_late = lag_ms < 0 || lag_ms > allowed_ms;
    char text[TIME_TEXT_SIZE], allowed[TIME_TEXT_SIZE];
    duration_format(lag_ms < 0 ? 0 : lag_ms - lag_ms % MS_SECOND, text);
    duration_format(allowed_ms, allowed);
    json_put_bool(page, "is_set_up", is_set_up);
    json_put_bool(page, "is_forked", is_forked);
    if (lag_ms < 0)
        json_put_null(page, "lag_ms");
    else
        json_put_int(page, "lag_ms", lag_ms);
    put_status_as(page, is_forked ? RESULT_FAIL : !is_set_up || is_late ? RESULT_UNKNOWN : RESULT_PASS,
                  is_forked ? "Forked" : !is_set_up ? "Nobody is asked" : is_late ? "Late" : "Anchored");
    struct str words;
    if (is_forked)
        words = STR("A witness holds a checkpoint that this ledger's key signed and that is not of this history");
    else if (!is_set_up)
        words = STR("Nobody outside has seen this ledger: whoever controls this machine could write it anew");
    else if (v->is_past)
        words = lag_ms < 0 ? STR("No time stamp had been made by then; what witnesses said is in private/anchors.log")
                           : arena_printf(v->arena, "The newest time stamp was %s old", text);
    else if (lag_ms < 0)
        words = STR("Set up, but nobody outside has vouched for this ledger yet");
    else if (w->holds && witnessed_ms >= stamped_ms)
        words = arena_printf(v->arena, "%zu of %zu witnesses vouch for the first %llu leaves, as of %s ago%s%s",
                             w->cosigned_count, w->witness_count, (unsigned long long)w->leaves, text,
                             is_late ? "; it should be less than " : "", is_late ? allowed : "");
    else
        words = arena_printf(v->arena, "The newest time stamp is %s old%s%s", text, is_late ? "; it should be less than " : "", is_late ? allowed : "");
    json_put_str(page, "words", words);
    json_put_cstr(page, "strength", stamped_ms && stamped_ms >= witnessed_ms ? "timestamped" : w->holds ? "witnessed" : "signed");
}

struct json *view_anchor(struct view *v, struct err *e)
{
    struct anchored w;
    int64_t stamped_ms;
    struct json *o = json_object(v->arena), *status;
    if (!known_read(v, &w, &status, e))
        return NULL;
    witnesses_put(v, o, &w, status);
    if (!authorities_put(v, o, status, e) || !stamped_put(v, o, &stamped_ms, e))
        return NULL;
    witnessed_put(v, o, &w);
    bool is_forked = json_bool(status, "fork");
    JSON_EACH (peer, json_get(o, "witnesses"))
        is_forked = is_forked || str_is(json_text(peer, "status"), "fail");
    lag_put(v, o, &w, stamped_ms, is_forked);
    return o;
}
