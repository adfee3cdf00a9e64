/*
 * anchor.c - asks witnesses for cosignatures and authorities for time stamps, and hands what they say to the keeper. The only process
 * of the family that connects out; it reads the published ledger and nothing else of the data directory.
 *
 * A round asks every witness for the newest checkpoint: every interval_ms, also when nothing is new (so that time stays bracketed),
 * and as soon as there is a new checkpoint, but not more often than a fifth of that. Authorities are asked when they are due. Nobody
 * waits for anybody: each peer has its own thread; what has come in COALESCE_MS after the first answer of a round is handed over
 * together, what comes later follows.
 */
#include "base/times.h"
#include "blob/blob.h"
#include "keeper/data_dir.h"
#include "keeper/keeper.h"
#include "os/http_client.h"
#include "os/ipc.h"
#include "os/jail.h"
#include "os/spawn.h"
#include "role/anchor_peer.h"
#include "role/asking.h"
#include "role/recipes.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    PEERS_MAX = POLICY_WITNESSES_MAX + 8,
    COALESCE_MS = 700,
    ONCE_MAX_MS = 60000,
    DEAD_ROUNDS_MAX = 6, /* then we start anew: what the jail shows of /etc may have been replaced */
    LOG_KEYS_MAX = 4
};

struct slot {
    struct peer *peer;
    bool is_tsa;
    char name[ANCHOR_NAME_MAX + 200];
    char url[HTTP_CLIENT_URL_MAX + 1];
    int64_t every_ms, due_ms; /* wall clock; authorities */
    int64_t asked_at_ms, ok_at_ms, says_ms, took_ms;
    uint64_t size;
    enum peer_state state;
    char why[300];
};

struct anchorage {
    const char *data_dir;
    const char *tls_ca; /* absolute, or NULL */
    struct data_dir dir;
    int ledger_dir, event_fd, signals_fd;
    int64_t interval_ms;
    bool is_once;
    bool can_ask; /* libcurl is loaded: only where somebody is to be asked */
    struct keeper_client *keeper;
    struct arena *arena;  /* of the configuration: policy, names */
    struct arena *round;  /* of one exchange with the keeper */
    const struct policy *policy;
    char config_digest[65];
    struct note_key log[LOG_KEYS_MAX];
    size_t log_count;
    int64_t cosig_at_ms;
    bool has_fork_evidence;
    struct slot slots[PEERS_MAX];
    size_t slot_count;
    int64_t round_at_ms;  /* monotonic */
    int64_t hand_over_ms; /* monotonic; 0: nothing waits */
    struct buf pending;   /* a note with the lines that came in; empty: none */
    struct sha256 last_checkpoint;
    int dead_rounds;
    bool is_stale; /* the status changed since it was told */
};

static int64_t mono(void)
{
    return env_monotonic_ms(&env_system);
}

/* ---- whom to ask ---- */

static void slots_drop(struct anchorage *h)
{
    for (size_t i = 0; i < h->slot_count; i++)
        peer_free(h->slots[i].peer);
    h->slot_count = 0;
}

/* A process that cannot ask ends when there is somebody to ask: the parent starts another. */
static bool has_new_task(const struct anchorage *h)
{
    return !h->can_ask && h->slot_count > 0;
}

static void slot_add(struct anchorage *h, const struct peer_options *o, int64_t every_ms, int64_t stamped_ms)
{
    struct err e = {0};
    if (h->slot_count == PEERS_MAX)
        return;
    struct slot *s = &h->slots[h->slot_count++];
    *s = (struct slot){.is_tsa = o->is_tsa, .every_ms = every_ms, .ok_at_ms = stamped_ms, .says_ms = stamped_ms};
    s->due_ms = stamped_ms + every_ms;
    if (stamped_ms + 2 * every_ms > env_now_ms(&env_system) && stamped_ms)
        s->state = PEER_OK; /* what an earlier process of this role heard */
    snprintf(s->name, sizeof(s->name), "%.*s", STR_ARGS(o->name));
    snprintf(s->url, sizeof(s->url), "%.*s", STR_ARGS(o->url));
    if (!h->can_ask)
        return;
    s->peer = peer_new(o, &e);
    if (s->peer)
        return;
    s->state = PEER_DOWN;
    snprintf(s->why, sizeof(s->why), "%.*s", (int)sizeof(s->why) - 1, e.text);
}

static bool log_keys_read(struct anchorage *h, const struct json *config, struct err *e)
{
    h->log_count = 0;
    JSON_EACH (vkey, json_get(config, "log"))
        if (h->log_count < LOG_KEYS_MAX && !note_key_parse(vkey->text, &h->log[h->log_count++], e))
            return false;
    return h->log_count > 0 || err_set(e, ERR_UNAVAILABLE, "no log key is registered yet");
}

/* What was known of a peer of the same name and address goes on. */
static void slots_remember(struct anchorage *h, const struct slot *old, size_t old_count)
{
    for (size_t i = 0; i < h->slot_count; i++)
        for (size_t k = 0; k < old_count; k++) {
            struct slot *s = &h->slots[i];
            const struct slot *o = &old[k];
            if (s->is_tsa != o->is_tsa || strcmp(s->name, o->name) != 0 || strcmp(s->url, o->url) != 0 || s->is_tsa)
                continue;
            s->ok_at_ms = o->ok_at_ms;
            s->says_ms = o->says_ms;
            s->size = o->size;
        }
}

static bool slots_make(struct anchorage *h, const struct json *config, struct err *e)
{
    static struct slot old[PEERS_MAX];
    size_t old_count = h->slot_count;
    memcpy(old, h->slots, sizeof(old));
    slots_drop(h);
    arena_reset(h->arena);
    h->policy = NULL;
    struct str text = json_text(config, "policy");
    if (!log_keys_read(h, config, e) || (text.size && !(h->policy = policy_parse(h->arena, text, e))))
        return false;
    struct peer_options o = {.log = h->log, .log_count = h->log_count, .ledger_dir = h->ledger_dir, .event_fd = h->event_fd,
                             .env = &env_system, .tls_ca = h->tls_ca};
    for (size_t i = 0; h->policy && i < h->policy->witness_count; i++) {
        o.name = h->policy->witnesses[i].name;
        o.url = h->policy->witnesses[i].url;
        o.key = h->policy->witnesses[i].key;
        if (o.url.size)
            slot_add(h, &o, 0, 0);
    }
    JSON_EACH (tsa, json_get(config, "tsas")) {
        o.is_tsa = true;
        o.name = json_text(tsa, "name");
        o.url = json_text(tsa, "url");
        o.ca_pem = json_text(tsa, "ca");
        slot_add(h, &o, json_int(tsa, "every", MS_HOUR), json_int(tsa, "at", 0));
    }
    slots_remember(h, old, old_count);
    h->is_stale = true;
    return true;
}

/* The working directory is private/ (anchorage_open): the socket is reached without looking at any file, also from inside the jail. */
static bool keeper_reach(struct anchorage *h, struct err *e)
{
    if (h->keeper)
        return true;
    int fd = ipc_connect("keeper.sock", e);
    if (fd < 0)
        return err_set(e, ERR_UNAVAILABLE, "no keeper runs for %s", h->dir.path);
    h->keeper = keeper_open_fd(fd);
    return h->keeper || err_set(e, ERR_UNAVAILABLE, "the keeper does not answer");
}

/* Asks the keeper; new threads only when something changed. */
static bool config_load(struct anchorage *h, struct err *e)
{
    struct json *config;
    arena_reset(h->round);
    if (!keeper_reach(h, e) || !keeper_anchors(h->keeper, h->round, &config, e))
        return false;
    struct buf BUF_AUTO mark;
    char digest[65];
    buf_init(&mark, 1 << 20);
    buf_printf(&mark, "%lld", (long long)json_int(config, "policy_leaf", -1));
    JSON_EACH (vkey, json_get(config, "log"))
        buf_str(&mark, vkey->text);
    JSON_EACH (tsa, json_get(config, "tsas"))
        buf_printf(&mark, " %.*s %lld", STR_ARGS(json_text(tsa, "name")), (long long)json_int(tsa, "leaf", -1));
    struct sha256 d = sha256_of(buf_view(&mark));
    hex_encode(d.bytes, SHA256_SIZE, digest);
    h->cosig_at_ms = json_int(config, "cosig_at", 0);
    h->has_fork_evidence = json_bool(config, "fork");
    if (strcmp(digest, h->config_digest) == 0)
        return true;
    h->config_digest[0] = 0;
    if (!slots_make(h, config, e))
        return false;
    memcpy(h->config_digest, digest, sizeof(digest));
    return true;
}

/* ---- what they said ---- */

static bool submit(struct anchorage *h, const struct anchor *anchor, struct op_blob *blob, struct err *e)
{
    char hex[2 * SHA256_SIZE + 1];
    struct json *answer;
    hex_encode(anchor->digest.bytes, SHA256_SIZE, hex);
    struct op op = {.kind = "anchor",
                    .actor = STR("system:anchor"),
                    .body = anchor_leaf_body(h->round, anchor),
                    .blobs = blob,
                    .blob_count = blob ? 1 : 0};
    op_id_of(str_of(hex), op.id);
    return keeper_submit(h->keeper, h->round, &op, &answer, e);
}

static bool stamp_record(struct anchorage *h, const struct slot *s, const struct peer_outcome *o, struct err *e)
{
    struct str text, lines, tst = str_make(o->answer, o->answer_size);
    struct op_blob blob;
    struct anchor anchor = {.is_tst = true,
                            .by = str_of(s->name),
                            .at_ms = o->says_ms,
                            .digest = sha256_of(tst),
                            .note = str_make(o->note, o->note_size)};
    arena_reset(h->round);
    if (!checkpoint_parse(anchor.note, &anchor.checkpoint, &text, &lines, e) || !op_blob_make(&env_system, h->round, ANCHOR_MEDIA_TST, tst, &blob, e))
        return false;
    bool ok = submit(h, &anchor, &blob, e);
    memory_wipe(blob.dek, sizeof(blob.dek));
    return ok;
}

static bool cosignatures_record(struct anchorage *h, struct str note, struct err *e)
{
    struct policy_outcome outcome;
    struct str text, lines;
    struct anchor anchor = {.note = note, .digest = sha256_of(note), .at_ms = env_now_ms(&env_system)};
    struct buf BUF_AUTO names;
    buf_init(&names, 4096);
    if (!checkpoint_parse(note, &anchor.checkpoint, &text, &lines, e) || !policy_evaluate(h->policy, note, NULL, &outcome, e))
        return false;
    for (size_t i = 0; i < h->policy->witness_count; i++)
        if (outcome.is_cosigned[i])
            buf_printf(&names, "%s%.*s", names.size ? "," : "", STR_ARGS(h->policy->witnesses[i].name));
    anchor.by = buf_view(&names);
    return submit(h, &anchor, NULL, e);
}

/* What witnesses that come by themselves brought (POST /log/cosignature) is recorded like what we asked for. */
static bool witnessed_record(struct anchorage *h, struct err *e)
{
    struct buf BUF_AUTO note;
    struct policy_outcome outcome;
    struct err ignored = {0};
    buf_init(&note, ANCHOR_NOTE_BYTES_MAX);
    if (!h->policy || env_now_ms(&env_system) - h->cosig_at_ms < MS_HOUR ||
        !os_file_read(&os_file_real, h->ledger_dir, ANCHOR_WITNESSED_FILE, &note, &ignored) ||
        !policy_evaluate(h->policy, buf_view(&note), NULL, &outcome, &ignored) || !outcome.is_satisfied || outcome.cosigned_count == 0 ||
        (int64_t)outcome.quorum_time_s * 1000 <= h->cosig_at_ms)
        return true;
    arena_reset(h->round);
    if (!cosignatures_record(h, buf_view(&note), e))
        return false;
    h->cosig_at_ms = env_now_ms(&env_system);
    return true;
}

/* Hands over the lines that have come in, and records them once an hour. */
static bool hand_over(struct anchorage *h, struct err *e)
{
    struct json *answer;
    h->hand_over_ms = 0;
    if (h->pending.size == 0 || !h->policy)
        return true;
    arena_reset(h->round);
    bool ok = keeper_cosigned(h->keeper, h->round, buf_view(&h->pending), &answer, e);
    buf_clear(&h->pending);
    if (!ok || !json_bool(answer, "satisfied") || env_now_ms(&env_system) - h->cosig_at_ms < MS_HOUR)
        return ok;
    if (!cosignatures_record(h, json_text(answer, "note"), e))
        return false;
    h->cosig_at_ms = env_now_ms(&env_system);
    return true;
}

/* Adds a witness's line to what waits; a line over another checkpoint sends off what waits first. */
static bool line_add(struct anchorage *h, const struct peer_outcome *o, struct err *e)
{
    struct str note = str_make(o->note, o->note_size);
    if (h->pending.size && !str_starts(buf_view(&h->pending), o->note) && !hand_over(h, e))
        return false;
    if (h->pending.size == 0)
        buf_str(&h->pending, note);
    buf_str(&h->pending, str_make(o->answer, o->answer_size));
    if (!h->hand_over_ms)
        h->hand_over_ms = mono() + COALESCE_MS;
    return true;
}

static bool outcome_use(struct anchorage *h, struct slot *s, const struct peer_outcome *o, struct err *e)
{
    s->state = o->state;
    s->took_ms = o->took_ms;
    snprintf(s->why, sizeof(s->why), "%s", o->why);
    h->is_stale = true;
    if (o->state == PEER_FORK)
        fprintf(stderr, "assay: anchor: LOUD: %s: %s%s\n", s->name, o->why,
                o->answer_size ? "; both checkpoints are kept in private/" ANCHOR_FORK_FILE : "");
    if (o->state == PEER_FORK && o->answer_size && !h->has_fork_evidence)
        return keeper_fork(h->keeper, str_make(o->answer, o->answer_size), str_make(o->note, o->note_size), e);
    if (o->state != PEER_OK)
        return true;
    bool ok = s->is_tsa ? stamp_record(h, s, o, e) : line_add(h, o, e);
    if (ok) {
        s->ok_at_ms = o->at_ms;
        s->says_ms = o->says_ms;
        s->size = o->size;
        s->due_ms = o->at_ms + s->every_ms;
    }
    return ok;
}

/* What is done by now. */
static bool outcomes_take(struct anchorage *h, struct err *e)
{
    eventfd_t count;
    eventfd_read(h->event_fd, &count);
    bool ok = true, is_any_busy = false;
    for (size_t i = 0; i < h->slot_count; i++) {
        struct slot *s = &h->slots[i];
        struct peer_outcome o;
        if (s->peer && peer_take(s->peer, &o)) {
            ok = (!ok || outcome_use(h, s, &o, e)) && ok;
            peer_outcome_release(&o);
        }
        is_any_busy = is_any_busy || (s->peer && !s->is_tsa && peer_is_busy(s->peer));
    }
    if (ok && h->pending.size && (!is_any_busy || mono() >= h->hand_over_ms))
        ok = hand_over(h, e);
    return ok;
}

/* ---- how it goes ---- */

static void slot_put(struct json *list, struct slot *s)
{
    static const char *const states[] = {"new", "ok", "down", "fork"};
    struct json *o = json_push_object(list);
    bool is_slow = s->peer && peer_is_busy(s->peer) && s->asked_at_ms && env_now_ms(&env_system) - s->asked_at_ms > 2 * MS_SECOND;
    json_put_cstr(o, "name", s->name);
    json_put_cstr(o, "url", s->url);
    json_put_cstr(o, "state", is_slow && s->state != PEER_FORK ? "slow" : states[s->state]);
    json_put_cstr(o, "why", s->why);
    json_put_int(o, "asked_at", s->asked_at_ms);
    json_put_int(o, "ok_at", s->ok_at_ms);
    json_put_int(o, "says", s->says_ms);
    json_put_int(o, "took", s->took_ms);
    json_put_int(o, "size", (int64_t)s->size);
    if (s->is_tsa) {
        json_put_int(o, "every", s->every_ms);
        json_put_int(o, "due", s->due_ms);
    }
}

static bool status_tell(struct anchorage *h, struct err *e)
{
    arena_reset(h->round);
    struct json *o = json_object(h->round);
    json_put_int(o, "at", env_now_ms(&env_system));
    json_put_int(o, "interval", h->interval_ms);
    struct json *witnesses = json_put_array(o, "witnesses"), *authorities = json_put_array(o, "authorities");
    for (size_t i = 0; i < h->slot_count; i++)
        slot_put(h->slots[i].is_tsa ? authorities : witnesses, &h->slots[i]);
    json_put_bool(o, "fork", h->has_fork_evidence);
    struct buf BUF_AUTO text;
    buf_init(&text, 256 << 10);
    json_write(&text, o);
    h->is_stale = false;
    return keeper_anchor_status(h->keeper, buf_view(&text), e);
}

/* ---- rounds ---- */

/* Whether there is another checkpoint than at the last round. */
static bool checkpoint_is_new(struct anchorage *h, struct sha256 *ret)
{
    struct buf BUF_AUTO note;
    struct err e = {0};
    buf_init(&note, ANCHOR_NOTE_BYTES_MAX);
    if (!os_file_read(&os_file_real, h->ledger_dir, "checkpoint", &note, &e))
        return false; /* nothing is signed yet */
    *ret = sha256_of(buf_view(&note));
    return !sha256_equal(*ret, h->last_checkpoint);
}

static void round_start(struct anchorage *h)
{
    size_t down = 0;
    int64_t now_ms = env_now_ms(&env_system);
    h->round_at_ms = mono();
    for (size_t i = 0; i < h->slot_count; i++) {
        struct slot *s = &h->slots[i];
        down += s->state == PEER_DOWN;
        if (s->peer && !s->is_tsa && peer_start(s->peer))
            s->asked_at_ms = now_ms;
    }
    h->dead_rounds = h->slot_count && down == h->slot_count ? h->dead_rounds + 1 : 0;
    h->is_stale = true;
}

static void authorities_start(struct anchorage *h)
{
    int64_t now_ms = env_now_ms(&env_system);
    for (size_t i = 0; i < h->slot_count; i++) {
        struct slot *s = &h->slots[i];
        bool is_due = h->is_once || s->due_ms <= now_ms || s->due_ms > now_ms + s->every_ms;
        if (!s->is_tsa || !s->peer || !is_due || !peer_start(s->peer))
            continue;
        s->asked_at_ms = now_ms;
        s->due_ms = now_ms + h->interval_ms; /* one that is down is asked again with the next round */
    }
}

/* Everything that is due now. */
static bool step(struct anchorage *h, struct err *e)
{
    struct sha256 checkpoint = h->last_checkpoint;
    int64_t since_ms = mono() - h->round_at_ms;
    if (!outcomes_take(h, e))
        return false;
    bool is_new = checkpoint_is_new(h, &checkpoint);
    bool has_checkpoint = is_new || !sha256_equal(h->last_checkpoint, (struct sha256){{0}});
    if (has_checkpoint && (since_ms >= h->interval_ms || (is_new && since_ms >= h->interval_ms / 5))) {
        if (!config_load(h, e) || !witnessed_record(h, e))
            return false;
        h->last_checkpoint = checkpoint;
        round_start(h);
        authorities_start(h);
    }
    return !h->is_stale || status_tell(h, e);
}

/* False: asked to end. */
static bool wait_for_something(struct anchorage *h)
{
    int64_t left_ms = h->hand_over_ms ? h->hand_over_ms - mono() : h->interval_ms / 10;
    struct pollfd fds[] = {{.fd = h->event_fd, .events = POLLIN},
                           {.fd = h->signals_fd, .events = POLLIN},
                           {.fd = h->is_once ? -1 : ROLE_FIRST_FD, .events = POLLIN}};
    if (poll(fds, 3, left_ms < 5 ? 5 : left_ms > 5000 ? 5000 : (int)left_ms) < 0 && errno != EINTR)
        return false;
    if (fds[2].revents & (POLLHUP | POLLERR))
        return false;
    int number = fds[1].revents ? os_signals_next(h->signals_fd) : 0;
    return number == 0 || number == SIGHUP;
}

static bool is_any_busy(struct anchorage *h)
{
    for (size_t i = 0; i < h->slot_count; i++)
        if (h->slots[i].peer && peer_is_busy(h->slots[i].peer))
            return true;
    return h->pending.size > 0;
}

/* `assay anchor now`: everybody once. */
static bool run_once_only(struct anchorage *h, struct err *e)
{
    int64_t deadline_ms = mono() + ONCE_MAX_MS;
    struct sha256 checkpoint;
    if (!config_load(h, e))
        return false;
    if (!checkpoint_is_new(h, &checkpoint))
        return err_set(e, ERR_UNAVAILABLE, "no checkpoint has been signed yet: collect something first");
    h->last_checkpoint = checkpoint;
    round_start(h);
    authorities_start(h);
    while (is_any_busy(h) && mono() < deadline_ms) {
        if (!wait_for_something(h) || !outcomes_take(h, e))
            return e->code == ERR_NONE;
    }
    return outcomes_take(h, e) && witnessed_record(h, e) && status_tell(h, e);
}

static bool run_for_ever(struct anchorage *h, struct err *e)
{
    h->round_at_ms = mono() - h->interval_ms;
    while (wait_for_something(h)) {
        struct err failed = {0};
        if (h->dead_rounds >= DEAD_ROUNDS_MAX || has_new_task(h))
            return true; /* the parent starts us again */
        if (step(h, &failed))
            continue;
        /* The keeper may be starting again; whatever else it is will be there at the next step too. */
        h->keeper = keeper_close(h->keeper);
        h->round_at_ms = mono();
        if (failed.code != ERR_UNAVAILABLE)
            role_fail("anchor", &failed);
    }
    (void)e;
    return true;
}

static bool anchor_jail(const struct anchorage *h, struct err *e)
{
    static char ledger[PATH_MAX + 100], below[DATA_DIR_LEDGER_SIZE];
    struct jail jail = {.kind = JAIL_CONNECT};
    data_dir_ledger_path(&h->dir, below);
    snprintf(ledger, sizeof(ledger), "%s/%s", h->dir.path, below);
    jail_allow(&jail, ledger, false);
    if (h->tls_ca)
        jail_allow(&jail, h->tls_ca, false);
    asking_allow(&jail);
    return jail_enter(&jail, e);
}

static bool anchorage_open(struct anchorage *h, struct err *e)
{
    if (!data_dir_open(&h->dir, h->data_dir, e))
        return false;
    int private_dir = openat(h->dir.fd, "private", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (private_dir < 0 || fchdir(private_dir) != 0)
        return err_errno(e, errno, "%s/private", h->dir.path);
    close(private_dir);
    h->ledger_dir = data_dir_ledger(&h->dir, e);
    h->signals_fd = h->ledger_dir >= 0 ? os_signals_open(e) : -1;
    h->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (h->ledger_dir < 0 || h->signals_fd < 0 || h->event_fd < 0)
        return e->code ? false : err_errno(e, errno, "eventfd");
    h->arena = arena_new("anchor", 32 << 20);
    h->round = arena_new("anchor: round", 32 << 20);
    buf_init(&h->pending, ANCHOR_NOTE_BYTES_MAX);
    /* libcurl is opened before the jail closes, and not at all where nobody is to be asked. */
    struct json *config;
    struct err unknown = {0};
    if (keeper_reach(h, &unknown) && keeper_anchors(h->keeper, h->round, &config, &unknown))
        h->can_ask = json_text(config, "policy").size > 0 || json_get(config, "tsas")->count > 0;
    struct http_client *loaded = h->can_ask ? http_client_new(e) : NULL;
    if (h->can_ask && !loaded)
        return false;
    http_client_free(loaded);
    return anchor_jail(h, e);
}

int role_anchor(int argc, char **argv)
{
    struct err e = {0};
    struct anchorage *h = calloc(1, sizeof(*h));
    if (!h || argc < 3 || argc > 4 || !str_to_int64(str_of(argv[1]), &h->interval_ms) || h->interval_ms < 100)
        return 2;
    h->data_dir = argv[0];
    h->is_once = strcmp(argv[2], "once") == 0;
    h->tls_ca = argc == 4 ? argv[3] : NULL;
    bool ok = anchorage_open(h, &e) && (h->is_once ? run_once_only(h, &e) : run_for_ever(h, &e));
    /* Threads may be in the middle of something: the process ends with them, nothing of theirs is freed. */
    h->keeper = keeper_close(h->keeper);
    fflush(NULL);
    _exit(ok ? 0 : role_fail("anchor", &e));
}
