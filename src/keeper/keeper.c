/* keeper.c - the keeper process: opens everything, then batch after batch. */
#include "keeper/keeper.h"
#include "base/cursor.h"
#include "base/times.h"
#include "keeper/backup.h"
#include "keeper/kinds.h"
#include "keeper/process.h"
#include "os/ipc.h"
#include "os/spawn.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BATCH_ARENA_BYTES_MAX = 0x7fffffff, INTEGRATE_EVERY_MS = 1000, SEND_TIMEOUT_MS = 1000 };

static struct keeper *keeper_free(struct keeper *k)
{
    if (!k)
        return NULL;
    for (size_t i = 0; i < KEEPER_CONNECTIONS_MAX; i++)
        if (k->connections[i].fd >= 0)
            connection_close(&k->connections[i]);
    if (k->listen_fd >= 0) {
        close(k->listen_fd);
        unlinkat(k->private_fd, "keeper.sock", 0); /* still under the lock: nobody else's can stand there */
    }
    ledger_reader_close(k->reader);
    stream_heads_free(k->heads);
    projection_close(&k->projection);
    keyring_close(k->keys);
    pack_close(k->packs);
    ledger_close(k->ledger);
    int fds[] = {k->private_fd, k->blobs_fd, k->ledger_fd};
    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
        if (fds[i] >= 0)
            close(fds[i]);
    data_dir_close(&k->dir);
    if (k->batch.arena)
        arena_free(k->batch.arena);
    buf_release(&k->anchor_note);
    memory_wipe(k->subject_key, sizeof(k->subject_key));
    free(k);
    return NULL;
}

static int open_below(int dir, const char *path, struct err *e)
{
    int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        err_errno(e, errno, "%s", path);
    return fd;
}

/* A path of any length fits into a socket address this way. */
static int listen_at(struct keeper *k, struct err *e)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/fd/%d/keeper.sock", k->private_fd);
    int fd = ipc_listen(path, e);
    if (fd >= 0)
        fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

/* What the signer signed last has to be in this ledger; otherwise somebody set the ledger back, and nothing may be added to it.
 */
static bool check_signed_head(const struct keeper *k, const struct checkpoint *head, struct err *e)
{
    if (head->size > ledger_size(k->ledger))
        return err_set(e, ERR_CORRUPT,
                       "the ledger was set back: the signer signed %llu leaves, the journal holds %llu; nothing is written",
                       (unsigned long long)head->size, (unsigned long long)ledger_size(k->ledger));
    if (head->size == ledger_signed_size(k->ledger) && head->size > 0 && !sha256_equal(head->root, ledger_signed_root(k->ledger)))
        return err_set(e, ERR_CORRUPT,
                       "the ledger is another one: its head of %llu leaves is not what the signer signed; nothing is written",
                       (unsigned long long)head->size);
    return true;
}

/* Which log keys sign now. A signer that started before one of them was registered, or retired, has the wrong ones: once this
 * checkpoint is made, keeper and signer start again. */
static bool signing_keys_load(struct keeper *k, struct err *e)
{
    struct signer_keys now = {.count = 0};
    if (!keys_signing_now(k->projection.db, &now, e))
        return false;
    if (k->signer.by.count > 0 && memcmp(&now, &k->signer.by, sizeof(now)) != 0)
        k->must_start_again = true;
    k->signer.by = now;
    return true;
}

static bool open_stores(struct keeper *k, struct err *e)
{
    const struct keeper_options *o = k->o;
    uint8_t master[32];
    char ledger_path[DATA_DIR_LEDGER_SIZE];
    data_dir_ledger_path(&k->dir, ledger_path);
    struct ledger_options ledger = {.calls = o->calls,
                                    .env = o->env,
                                    .data_dir = k->dir.fd,
                                    .origin = k->dir.origin,
                                    .signer = signer_of(&k->signer),
                                    .seal_facts = keeper_seal_facts,
                                    .seal_context = k};
    struct checkpoint head;
    k->private_fd = open_below(k->dir.fd, "private", e);
    k->blobs_fd = k->private_fd >= 0 ? open_below(k->dir.fd, "blobs", e) : -1;
    k->ledger_fd = k->blobs_fd >= 0 ? open_below(k->dir.fd, ledger_path, e) : -1;
    if (k->ledger_fd < 0 || !keys_load_secret(k->dir.fd, "subject", k->subject_key, e) ||
        !keys_load_secret(k->dir.fd, "master", master, e))
        return false;
    if (backup_is_marked(k->private_fd))
        return err_set(
            e, ERR_DENIED,
            "this directory was made from a backup, and leaves may have been signed since; show the newest head that a witness, "
            "a mirror or an auditor has seen: assay restore --confirm SIZE:ROOT");
    k->ledger = ledger_open(&ledger, e); /* takes the lock: from here on there is no other writer */
    /* Not before the lock: the signer of the writer before us may have signed until then. One that cannot sign says so now. */
    bool ok = k->ledger && ledger.signer.head(ledger.signer.context, &head, e) && check_signed_head(k, &head, e) &&
              (k->listen_fd = listen_at(k, e)) >= 0 && (k->packs = pack_open(o->calls, k->blobs_fd, true, e)) &&
              (k->keys = keyring_open(o->calls, k->private_fd, master, true, e));
    memory_wipe(master, sizeof(master));
    if (!ok)
        return false;
    k->store = (struct blob_store_reader){.packs = k->packs, .keys = k->keys};
    struct blob_reader blobs = blob_store_reader(&k->store);
    return projection_prepare(&k->projection, k->dir.path, k->dir.origin, o->kinds, o->kind_count, k->ledger, &blobs, e) &&
           keeper_beacon_load(k, e) && signing_keys_load(k, e);
}

static struct keeper *keeper_new(const struct keeper_options *o, struct err *e)
{
    struct keeper *k = calloc(1, sizeof(*k));
    if (!k) {
        err_set(e, ERR_LIMIT, "keeper: no memory");
        return NULL;
    }
    k->o = o;
    k->dir.fd = k->private_fd = k->blobs_fd = k->ledger_fd = k->listen_fd = -1;
    k->signer.fd = o->signer_fd;
    k->started_at_ms = env_now_ms(o->env);
    k->integrated_at_ms = env_monotonic_ms(o->env);
    k->sealed_at_ms = k->integrated_at_ms - o->heartbeat_ms; /* a server begins with a seal, which promises the next */
    connections_start(k);
    k->batch.arena = arena_new("batch", BATCH_ARENA_BYTES_MAX);
    if (!data_dir_open(&k->dir, o->data_dir, e)) {
        k->dir.fd = -1;
        return keeper_free(k);
    }
    /* A crash may have come between an erasure's two leaves, or between the leaves of a rotation and its file. */
    if (!open_stores(k, e) || !keeper_erase_finish(k, e) || !keeper_reencrypt_finish(k, e) || !keeper_follow_keys(k, e) ||
        !keeper_rewrap_resume(k, e))
        return keeper_free(k);
    return k;
}

static bool seal(struct keeper *k, bool is_heartbeat, struct err *e)
{
    k->integrated_at_ms = env_monotonic_ms(k->o->env);
    if (k->has_reencrypted && !keeper_reencrypt_finish(k, e))
        return false;
    if (!is_heartbeat && ledger_signed_size(k->ledger) == ledger_size(k->ledger))
        return true;
    struct blob_reader blobs = blob_store_reader(&k->store);
    if (!signing_keys_load(k, e) || !(is_heartbeat ? ledger_heartbeat(k->ledger, e) : ledger_integrate(k->ledger, e)) ||
        !projection_catch_up(&k->projection, k->ledger, &blobs, e))
        return false;
    k->sealed_at_ms = k->integrated_at_ms;
    k->reader = ledger_reader_close(k->reader);
    return true;
}

bool keeper_integrate(struct keeper *k, struct err *e)
{
    return seal(k, false, e);
}

/* 0: at once; -1: not before something happens. */
static int64_t heartbeat_due_ms(const struct keeper *k)
{
    int64_t due = k->sealed_at_ms + k->o->heartbeat_ms - env_monotonic_ms(k->o->env);
    return k->o->heartbeat_ms <= 0 ? -1 : due < 0 ? 0 : due;
}

/* The leaf as it is in the tiles names the blob: only then its key is handed out. */
bool keeper_key_of(struct keeper *k, uint64_t leaf, struct str x, struct keeper_blob *ret, struct err *e)
{
    struct str bytes;
    struct leaf parsed;
    char name[65];
    if (x.size != 64)
        return err_set(e, ERR_INVALID, "blob key: x is not 64 hex digits");
    if (leaf >= ledger_signed_size(k->ledger) && !keeper_integrate(k, e))
        return false;
    if (!k->reader)
        k->reader = ledger_reader_open(k->ledger_fd, e);
    struct arena *a = arena_new("key", 16 << 20);
    bool ok = k->reader && ledger_reader_leaf(k->reader, a, leaf, &bytes, e) && leaf_parse(a, bytes, &parsed, e);
    bool is_named = false;
    if (ok)
        JSON_EACH (blob, json_get(parsed.json, "b"))
            ok = ok && (is_named || reencrypt_follows(k->projection.db, json_text(blob, "x"), x, &is_named, e));
    arena_free(a);
    if (!ok)
        return false;
    if (!is_named)
        return err_set(e, ERR_NOT_FOUND, "blob key: leaf %llu does not name blob %.*s", (unsigned long long)leaf, STR_ARGS(x));
    memcpy(name, x.data, 64);
    name[64] = 0;
    if (!pack_current(k->packs, name, ret->x, e) || !keyring_get(k->keys, ret->x, ret->dek, e))
        return false;
    struct err nowhere = {0};
    if (!pack_place(k->packs, ret->x, &ret->place, &nowhere))
        ret->place = UINT64_MAX; /* whoever reads it will find out, and say so */
    return true;
}

static struct json *status_json(struct keeper *k)
{
    struct json *o = json_object(k->batch.arena);
    json_put_int(o, "size", (int64_t)ledger_size(k->ledger));
    json_put_int(o, "signed", (int64_t)ledger_signed_size(k->ledger));
    json_put_int(o, "pid", getpid());
    json_put_int(o, "started", k->started_at_ms);
    json_put_bool(o, "clock_back", k->clock_back_seen);
    if (k->rewrap.is_on || k->rewrap.error[0]) {
        struct json *rewrap = json_put_object(o, "rewrap");
        json_put_int(rewrap, "done", (int64_t)k->rewrap.done);
        json_put_int(rewrap, "all", (int64_t)k->rewrap.all);
        if (k->rewrap.error[0])
            json_put_cstr(rewrap, "error", k->rewrap.error);
    }
    return o;
}

static void answer_key(struct keeper *k, struct question *q, struct str body, struct err *ret_fatal)
{
    struct cursor c = cursor_of(body);
    uint64_t leaf = cursor_u64be(&c);
    struct str x = cursor_take(&c, cursor_left(&c));
    struct keeper_blob blob;
    struct err e = {0};
    uint64_t signed_before = ledger_signed_size(k->ledger);
    if (keeper_key_of(k, leaf, x, &blob, &e)) {
        struct buf BUF_AUTO answer;
        buf_init(&answer, 256);
        buf_append(&answer, blob.dek, DEK_SIZE);
        buf_append(&answer, blob.x, 64);
        buf_u64be(&answer, blob.place);
        q->answer_type = WIRE_KEY;
        q->answer = arena_str(k->batch.arena, buf_view(&answer));
        memory_wipe(answer.data, answer.size);
        memory_wipe(&blob, sizeof(blob));
        return;
    }
    question_fail(k, q, &e);
    /* An integration that failed is final for the writer. */
    if (leaf >= signed_before && ledger_signed_size(k->ledger) == signed_before && signed_before != ledger_size(k->ledger))
        *ret_fatal = e;
}

/* Takes questions from all connections in turn until the batch is full or nothing whole is left. */
static bool batch_gather(struct keeper *k, size_t offsets[KEEPER_CONNECTIONS_MAX], struct err *e)
{
    struct batch *b = &k->batch;
    bool is_full = false;
    for (size_t i = 0; i < KEEPER_CONNECTIONS_MAX && !is_full; i++) {
        struct connection *c = &k->connections[i];
        struct str body;
        uint32_t type;
        size_t at = offsets[i] = 0;
        while (c->fd >= 0 && b->question_count < BATCH_QUESTIONS_MAX && connection_frame(c, &at, &type, &body)) {
            struct question *q = &b->questions[b->question_count];
            *q = (struct question){.from = c, .type = type};
            enum batch_outcome outcome = type == WIRE_OP ? batch_operation(k, body, q, e) : BATCH_TAKEN;
            if (outcome == BATCH_BROKEN)
                return false;
            is_full = outcome == BATCH_FULL;
            if (is_full)
                break;
            if (type != WIRE_OP)
                q->answer = body; /* kept until the leaves before it are durable */
            b->question_count++;
            offsets[i] = at;
        }
    }
    return true;
}

static bool batch_answer_others(struct keeper *k, struct err *e)
{
    struct err fatal = {0};
    for (size_t i = 0; i < k->batch.question_count && !fatal.code; i++) {
        struct question *q = &k->batch.questions[i];
        struct err unknown = {0};
        if (q->type == WIRE_OP)
            continue;
        if (q->type == WIRE_BLOB_KEY) {
            answer_key(k, q, q->answer, &fatal);
        } else if (q->type >= WIRE_ANCHORS && q->type <= WIRE_ANCHOR_STATUS) {
            keeper_answer_anchor(k, q);
        } else if ((q->type == WIRE_FLUSH || q->type == WIRE_SNAPSHOT) && !keeper_integrate(k, &fatal)) {
            question_fail(k, q, &fatal);
        } else if (q->type == WIRE_SNAPSHOT && !keeper_snapshot(k, &unknown)) {
            question_fail(k, q, &unknown);
        } else if (q->type == WIRE_FLUSH || q->type == WIRE_STATUS || q->type == WIRE_SNAPSHOT) {
            question_answer_json(k, q, status_json(k));
        } else {
            err_set(&unknown, ERR_INVALID, "keeper: no such question %u", q->type);
            question_fail(k, q, &unknown);
        }
    }
    return fatal.code ? (*e = fatal, false) : true;
}

static size_t batch_send(struct keeper *k)
{
    size_t sent = 0;
    for (size_t i = 0; i < k->batch.question_count; i++) {
        struct question *q = &k->batch.questions[i];
        struct err gone = {0};
        if (q->from->fd < 0 || q->answer_type == 0)
            continue;
        if (ipc_send(q->from->fd, q->answer_type, &q->answer, 1, SEND_TIMEOUT_MS, &gone))
            sent++;
        else
            connection_close(q->from);
    }
    return sent;
}

/* One batch; ret_more: whole questions are left for the next one. */
static bool batch_run(struct keeper *k, bool *ret_more, bool *ret_told, struct err *e)
{
    size_t offsets[KEEPER_CONNECTIONS_MAX] = {0};
    batch_start(k);
    bool ok = batch_gather(k, offsets, e);
    if (!ok && k->batch.is_in_transaction) {
        db_rollback(k->projection.db);
        for (size_t i = 0; i < k->batch.question_count; i++)
            if (k->batch.questions[i].type == WIRE_OP)
                question_fail(k, &k->batch.questions[i], e);
    }
    ok = ok && batch_commit(k, e) && batch_answer_others(k, e);
    size_t sent = batch_send(k);
    *ret_told = !ok && sent > 0;
    *ret_more = false;
    for (size_t i = 0; i < KEEPER_CONNECTIONS_MAX; i++) {
        struct connection *c = &k->connections[i];
        uint32_t type;
        struct str body;
        size_t at = 0;
        if (c->fd < 0)
            continue;
        connection_consume(c, offsets[i]);
        if (connection_frame(c, &at, &type, &body))
            *ret_more = true;
        else if (c->is_at_end)
            connection_close(c);
    }
    return ok;
}

static void greet(struct keeper *k, int fd, bool is_starter)
{
    struct err gone = {0};
    struct connection *c = connection_add(k, fd, is_starter);
    if (!c)
        close(fd);
    else if (!ipc_send(fd, WIRE_READY, NULL, 0, SEND_TIMEOUT_MS, &gone))
        connection_close(c);
}

static void accept_all(struct keeper *k)
{
    for (int fd; (fd = accept4(k->listen_fd, NULL, NULL, SOCK_CLOEXEC)) >= 0;)
        greet(k, fd, false);
}

/* Waits for something to do. Returns false when the process should end: a signal, or nobody is left. */
static bool wait_for_work(struct keeper *k, bool has_more)
{
    struct pollfd fds[KEEPER_CONNECTIONS_MAX + 2];
    struct connection *owners[KEEPER_CONNECTIONS_MAX + 2] = {0};
    nfds_t n = 0;
    fds[n++] = (struct pollfd){.fd = k->listen_fd, .events = POLLIN};
    fds[n++] = (struct pollfd){.fd = k->o->signals_fd, .events = POLLIN};
    for (size_t i = 0; i < KEEPER_CONNECTIONS_MAX; i++)
        if (k->connections[i].fd >= 0) {
            owners[n] = &k->connections[i];
            fds[n++] = (struct pollfd){.fd = k->connections[i].fd, .events = POLLIN};
        }
    if (n == 2)
        return false;
    int64_t heartbeat_ms = heartbeat_due_ms(k);
    int timeout_ms = heartbeat_ms > MS_HOUR ? (int)MS_HOUR : (int)heartbeat_ms;
    if (has_more) {
        timeout_ms = 0;
    } else if (ledger_signed_size(k->ledger) != ledger_size(k->ledger)) {
        int64_t due = k->integrated_at_ms + INTEGRATE_EVERY_MS - env_monotonic_ms(k->o->env);
        timeout_ms = due < 0 ? 0 : due > INTEGRATE_EVERY_MS ? INTEGRATE_EVERY_MS : (int)due;
    }
    if (poll(fds, n, timeout_ms) < 0 && errno != EINTR)
        return false;
    for (nfds_t i = 2; i < n; i++)
        if (fds[i].revents)
            connection_read(owners[i]);
    if (fds[0].revents & POLLIN)
        accept_all(k);
    if (k->o->signals_fd >= 0 && fds[1].revents) {
        int number = os_signals_next(k->o->signals_fd);
        return number == 0 || number == SIGHUP;
    }
    return true;
}

static bool keeper_loop(struct keeper *k, bool *ret_told, struct err *e)
{
    bool has_more = false;
    if (!keeper_notice_gaps(k, true, false, e))
        return false;
    while (wait_for_work(k, has_more || k->rewrap.is_on)) {
        if (!batch_run(k, &has_more, ret_told, e) || (k->has_erasures && !keeper_erase_finish(k, e)) ||
            (k->has_key_leaves && !keeper_follow_keys(k, e)) || (k->has_rewrap && !keeper_rewrap_resume(k, e)) ||
            !keeper_rewrap_step(k, e))
            return false;
        bool is_due = env_monotonic_ms(k->o->env) - k->integrated_at_ms >= INTEGRATE_EVERY_MS;
        bool is_idle = heartbeat_due_ms(k) == 0;
        if ((is_due || is_idle) && !(keeper_notice_gaps(k, false, is_idle, e) && seal(k, is_idle, e)))
            return false;
        if (k->must_start_again)
            break;
    }
    while (k->rewrap.is_on) /* else a keeper that lives as long as one command would never come to its end */
        if (!keeper_rewrap_step(k, e))
            return false;
    /* A server ends with a seal too, so that a gap begins where it begins. */
    return keeper_notice_gaps(k, false, false, e) && seal(k, k->o->heartbeat_ms > 0, e);
}

/* Everybody who is still connected hears why; who waits for an answer takes it as one. */
static size_t tell_all(struct keeper *k, const struct err *why)
{
    struct buf BUF_AUTO text;
    buf_init(&text, 1024);
    wire_error_encode(why, &text);
    struct str body = buf_view(&text);
    size_t told = 0;
    for (size_t i = 0; i < KEEPER_CONNECTIONS_MAX; i++) {
        struct err gone = {0};
        if (k->connections[i].fd >= 0 && ipc_send(k->connections[i].fd, WIRE_FATAL, &body, 1, SEND_TIMEOUT_MS, &gone))
            told++;
    }
    return told;
}

static void tell_starter(int fd, const struct err *why, bool *ret_told)
{
    struct buf BUF_AUTO text;
    buf_init(&text, 1024);
    wire_error_encode(why, &text);
    struct str body = buf_view(&text);
    struct err gone = {0};
    *ret_told = fd >= 0 && ipc_send(fd, WIRE_FATAL, &body, 1, SEND_TIMEOUT_MS, &gone);
}

bool keeper_run(const struct keeper_options *o, bool *ret_told, struct err *e)
{
    *ret_told = false;
    umask(0077);
    struct keeper *k = keeper_new(o, e);
    if (!k) {
        tell_starter(o->client_fd, e, ret_told);
        return false;
    }
    if (o->jail && !o->jail(o->jail_context, e)) {
        tell_starter(o->client_fd, e, ret_told);
        keeper_free(k);
        return false;
    }
    if (o->client_fd >= 0)
        greet(k, o->client_fd, true);
    bool ok = keeper_loop(k, ret_told, e);
    if (!ok && tell_all(k, e) > 0)
        *ret_told = true;
    keeper_free(k);
    return ok;
}
